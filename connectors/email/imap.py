"""A line to an IMAP server: encrypted, signed in, every failure one sentence."""

from __future__ import annotations

import base64
import imaplib
import logging
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from imapclient import IMAPClient, SocketTimeout

from connectors.base import ConnectorError
from connectors.email import tls
from connectors.email.config import EmailConfig
from connectors.email.oauth import xoauth2
from connectors.grants import SIGN_IN

__all__ = ["broken", "check", "folders", "opened"]

log = logging.getLogger(__name__)

CONNECT_S = 20.0
READ_S = 60.0
_FOR_NOW = re.compile(
    r"\[(?:unavailable|inuse|limit|serverbug)\]|too many|temporar|try again|simultaneous|internal error|timed? ?out",
    re.IGNORECASE,
)


@contextmanager
def opened(config: EmailConfig) -> Iterator[IMAPClient]:
    """A signed-in connection; closed at the end. Raises :class:`ConnectorError`."""
    client = _connected(config)
    try:
        _sign_in(config, client)
        yield client
        with suppress(imaplib.IMAP4.error, OSError):
            client.logout()
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        raise broken(config, error) from None
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            client.shutdown()


def check(config: EmailConfig) -> None:
    """Signs in and looks at every folder. Raises :class:`ConnectorError`."""
    with opened(config) as client:
        for folder in config.folders:
            try:
                client.select_folder(folder, readonly=True)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error:
                raise ConnectorError(f"there is no folder {folder}", code="config", permanent=True) from None


def folders(client: IMAPClient, config: EmailConfig) -> tuple[tuple[str, ...], str]:
    """The folders to read, and which of them is the spam folder, empty for none: the one that the server itself calls
    so (RFC 6154), where the settings want it."""
    if not config.junk:
        return config.folders, ""
    found = next((str(name) for flags, _, name in client.list_folders() if rb"\Junk" in flags), "")
    if not found:
        log.warning("%s names no spam folder", config.imap_host)
        return config.folders, ""
    return tuple(dict.fromkeys((*config.folders, found))), found


def _connected(config: EmailConfig) -> IMAPClient:
    host, port, security = config.imap_host, config.imap_port, config.imap_security
    context = tls.context(config.ca_file)
    client: IMAPClient | None = None
    try:
        client = IMAPClient(
            host,
            port,
            ssl=security == "tls",
            ssl_context=context if security == "tls" else None,
            timeout=SocketTimeout(CONNECT_S, READ_S),
        )
        client.normalise_times = False  # aware times, as the server gives them
        if security == "starttls":
            if not client.has_capability("STARTTLS"):
                raise ConnectorError(f"{host} offers no STARTTLS", code="tls", permanent=False)
            client.starttls(context)
        elif security == "plain":
            tls.checked(client.socket(), host)
    except BaseException as error:
        if client is not None:
            with suppress(OSError, imaplib.IMAP4.error):
                client.shutdown()
        if isinstance(error, ssl.SSLError | OSError | imaplib.IMAP4.error | ValueError):
            raise broken(config, error) from None
        raise
    return client


def _sign_in(config: EmailConfig, client: IMAPClient) -> None:
    user, password = config.imap_login
    try:
        if config.bearer is not None:
            _bearer(client, user, config.bearer)
        elif user.isascii() and password.isascii():
            client.login(user, password)
        else:  # LOGIN carries ASCII only
            token = f"\0{user}\0{password}".encode()
            client.sasl_login("PLAIN", lambda _challenge: token)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        said = _said(config, error)
        if _FOR_NOW.search(said):
            raise ConnectorError(
                f"{config.imap_host} takes no login now: {said}", code="login", permanent=False
            ) from None
        words = f"{config.imap_host} does not accept the user or the password"
        if config.bearer is not None:
            words = f"{config.imap_host} does not accept the sign-in for {user}"
        raise ConnectorError(words, code="login", permanent=True, reauth=True) from None


def _bearer(client: IMAPClient, user: str, token: str) -> None:
    """Signs in with a token; the challenge in which a server explains its refusal is answered with nothing."""
    if not token:
        raise ConnectorError("nobody has signed in to this account yet", code=SIGN_IN, permanent=True, reauth=True)
    better = not client.has_capability("AUTH=XOAUTH2") and client.has_capability("AUTH=OAUTHBEARER")
    mechanism = "OAUTHBEARER" if better else "XOAUTH2"
    answers = iter([xoauth2(user, token, mechanism).encode()])
    client.sasl_login(mechanism, lambda _challenge: next(answers, b""))


def broken(config: EmailConfig, error: Exception) -> ConnectorError:
    """The sentence for a line that did not come about, broke, or was not understood."""
    if isinstance(error, imaplib.IMAP4.error):
        return ConnectorError(f"{config.imap_host} said: {_said(config, error)}", code="imap", permanent=False)
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        return ConnectorError(f"{config.imap_host} answered what nobody understands", code="imap", permanent=False)
    return tls.unreachable(error, "IMAP", config.imap_host, config.imap_port)


def _said(config: EmailConfig, error: Exception) -> str:
    text = " ".join(str(error).replace("\x00", "").split())
    for secret in filter(None, (config.imap_password.get_secret_value(), config.bearer)):
        for shape in (secret, base64.b64encode(secret.encode()).decode()):
            text = text.replace(shape, "…")
    return text[:300]
