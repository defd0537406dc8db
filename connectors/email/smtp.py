"""Hands mails to an SMTP server step by step, so that it is always known how far one got."""

from __future__ import annotations

import base64
import datetime as dt
import re
import smtplib
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from connectors.base import ConnectorError, Outgoing, Receipt
from connectors.email import compose, tls
from connectors.email.config import EmailConfig
from connectors.email.oauth import xoauth2
from connectors.grants import SIGN_IN

__all__ = ["check", "send"]

CONNECT_S = 20.0
ANSWER_S = 120.0  # after the dot a server may look into the mail before it answers
SLOWEST = 20_000  # bytes per second
RATE_LIMIT_S = 300.0
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_LOGIN_CODES = frozenset({530, 534, 535, 538})
_SES = re.compile(r"\bOk ([0-9a-f]{10,}-[0-9a-f-]+)", re.IGNORECASE)
_SES_HOST = re.compile(r"email-smtp\.([a-z0-9-]+)\.amazonaws\.com\Z")


def send(config: EmailConfig, outgoing: Outgoing, going_out: Callable[[], None]) -> Receipt:
    """Sends one mail; all recipients or none. Raises :class:`ConnectorError`, ``ambiguous`` only where the whole mail
    was on its way and no answer came."""
    now = dt.datetime.now(dt.UTC)
    message, recipients = compose.mail(config, outgoing, now)
    content = message.as_bytes()
    with _session(config) as smtp:
        _before_content(config, smtp, recipients, content)
        going_out()
        reply = _content(config, smtp, content)
    external_id = str(message["Message-ID"])
    return Receipt(external_id, "sent", dt.datetime.now(dt.UTC), also=_renamed(config, reply, external_id))


def check(config: EmailConfig) -> None:
    """Connects and signs in; sends nothing. Raises :class:`ConnectorError`."""
    with _session(config) as smtp:
        _expect(config, smtp.docmd("NOOP"), 250)


@contextmanager
def _session(config: EmailConfig) -> Iterator[smtplib.SMTP]:
    """A line on which mail can be sent. What breaks on it before the content is temporary and certain."""
    if not config.smtp_host:
        raise ConnectorError("this channel has no SMTP server", code="config", permanent=True)
    smtp = _connected(config)
    try:
        _sign_in(config, smtp)
        yield smtp
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()
    except smtplib.SMTPResponseException as error:
        raise _refusal(config, error.smtp_code, error.smtp_error) from None
    except (smtplib.SMTPException, OSError) as error:
        raise tls.unreachable(error, "SMTP", config.smtp_host, config.smtp_port) from None
    finally:
        smtp.close()


def _connected(config: EmailConfig) -> smtplib.SMTP:
    """A greeted line, encrypted unless it stays on this machine."""
    host, port, name = config.smtp_host, config.smtp_port, _own_name(config)
    security = config.smtp_security
    context = tls.context(config.ca_file)
    smtp: smtplib.SMTP | None = None
    try:
        if security == "tls":
            smtp = smtplib.SMTP_SSL(host, port, name, timeout=CONNECT_S, context=context)
        else:
            smtp = smtplib.SMTP(host, port, name, timeout=CONNECT_S)
        if security == "plain" and smtp.sock:
            tls.checked(smtp.sock, host)
        _greet(smtp)
        if security == "starttls":
            if not smtp.has_extn("starttls"):
                raise ConnectorError(f"{host} offers no STARTTLS", code="tls", permanent=False, whole=True)
            smtp.starttls(context=context)
            _greet(smtp)
        if smtp.sock:
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException as error:
        if smtp is not None:
            smtp.close()
        if isinstance(error, smtplib.SMTPResponseException):
            # A server that will not talk at all says nothing about the mail: always for now.
            raise _refusal(config, error.smtp_code, error.smtp_error, about_mail=False) from None
        if isinstance(error, smtplib.SMTPException | OSError):
            away = tls.unreachable(error, "SMTP", host, port)
            away.whole = True
            raise away from None
        raise
    return smtp


def _greet(smtp: smtplib.SMTP) -> None:
    """EHLO, and HELO only for a server that does not know it: one that is merely busy would seem to offer nothing."""
    code, said = smtp.ehlo()
    if 400 <= code < 500:
        raise smtplib.SMTPHeloError(code, said)
    smtp.ehlo_or_helo_if_needed()


def _own_name(config: EmailConfig) -> str:
    """What we call ourselves in EHLO: the domain we write from, which resolves where a machine's own name may not."""
    return compose.recipient(config.sender).partition("@")[2]


def _sign_in(config: EmailConfig, smtp: smtplib.SMTP) -> None:
    user, password = config.smtp_login
    if config.bearer is None and not password:
        return
    host = config.smtp_host
    try:
        if config.bearer is not None:
            _bearer(smtp, user, config.bearer)
        elif user.isascii() and password.isascii():
            smtp.login(user, password)
        else:  # the library knows ASCII only
            token = base64.b64encode(f"\0{user}\0{password}".encode()).decode("ascii")
            code, said = smtp.docmd("AUTH", "PLAIN " + token)
            if code not in (235, 503):
                raise smtplib.SMTPAuthenticationError(code, said)
    except smtplib.SMTPNotSupportedError:
        raise ConnectorError(f"{host} offers no login", code="config", permanent=True) from None
    except smtplib.SMTPAuthenticationError as error:
        if 400 <= error.smtp_code < 500:
            raise ConnectorError(
                f"{host} takes no login now", code=str(error.smtp_code), permanent=False, whole=True
            ) from None
        words = f"{host} does not accept the user or the password"
        if config.bearer is not None:
            words = f"{host} does not accept the sign-in for {user}"
        raise ConnectorError(words, code="login", permanent=True, reauth=True) from None


def _bearer(smtp: smtplib.SMTP, user: str, token: str) -> None:
    """Signs in with a token; the challenge in which a server explains its refusal is answered with nothing."""
    if not token:
        raise ConnectorError("nobody has signed in to this account yet", code=SIGN_IN, permanent=True, reauth=True)
    offered = smtp.esmtp_features.get("auth", "").upper().split()
    mechanism = "OAUTHBEARER" if "XOAUTH2" not in offered and "OAUTHBEARER" in offered else "XOAUTH2"
    if not offered:
        raise smtplib.SMTPNotSupportedError
    first = base64.b64encode(xoauth2(user, token, mechanism).encode()).decode("ascii")
    code, said = smtp.docmd("AUTH", f"{mechanism} {first}")
    if code == 334:
        code, said = smtp.docmd("")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, said)


def _before_content(config: EmailConfig, smtp: smtplib.SMTP, recipients: list[str], content: bytes) -> None:
    """The envelope, up to the server's word to go ahead. Any refused recipient ends it: a copy that silently failed
    would be worse than an answer that waits for its Cc to be corrected."""
    _fits(config, smtp, len(content))
    sender = compose.recipient(config.sender)
    options = [f"SIZE={len(content)}"] if smtp.has_extn("size") else []
    if not all(one.isascii() for one in (sender, *recipients)):
        if not smtp.has_extn("smtputf8"):
            raise ConnectorError(
                f"{config.smtp_host} cannot carry addresses beyond ASCII", code="5.6.7", permanent=True
            )
        options += ["SMTPUTF8", "BODY=8BITMIME"]
    _expect(config, smtp.mail(sender, options), 250)
    refused = [
        (one, code, said)
        for one, (code, said) in ((one, smtp.rcpt(one)) for one in recipients)
        if code not in (250, 251)
    ]
    if refused:
        with suppress(smtplib.SMTPException, OSError):
            smtp.rset()
        one, code, said = max(refused, key=lambda each: each[1])  # the most final one
        raise _refusal(config, code, said, recipient=one)
    _expect(config, smtp.docmd("DATA"), 354)


def _fits(config: EmailConfig, smtp: smtplib.SMTP, size: int) -> None:
    limit = smtp.esmtp_features.get("size", "")
    if limit.isdecimal() and 0 < int(limit) < size:
        raise ConnectorError(
            f"the mail has {size / 1e6:.1f} MB, {config.smtp_host} takes {int(limit) / 1e6:.1f} MB",
            code="5.3.4",
            permanent=True,
        )


def _content(config: EmailConfig, smtp: smtplib.SMTP, content: bytes) -> str:
    """Sends the mail and its final dot; gives what the server said. The dot leaves alone: while it has not, no server
    may take the mail, and a broken line is certain; afterwards it is not."""
    ended = content if content.endswith(b"\r\n") else content + b"\r\n"
    if smtp.sock:
        # The limit is for a whole call: a large mail may take its time on a slow line.
        smtp.sock.settimeout(ANSWER_S + len(ended) / SLOWEST)
    smtp.send(re.sub(rb"(?m)^\.", b"..", ended))
    try:
        smtp.send(b".\r\n")
        code, said = smtp.getreply()
    except (smtplib.SMTPException, OSError) as error:
        timeout = isinstance(error, TimeoutError) or "timed out" in str(error)
        raise ConnectorError(
            f"{config.smtp_host} had the whole mail and gave no answer",
            code="timeout" if timeout else "connect",
            permanent=False,
            ambiguous=True,
        ) from None
    if code == -1:
        raise ConnectorError(
            f"{config.smtp_host} had the whole mail and gave an unreadable answer",
            code="connect",
            permanent=False,
            ambiguous=True,
        )
    _expect(config, (code, said), 250)
    return said.decode("utf-8", "replace")


def _expect(config: EmailConfig, answer: tuple[int, bytes], wanted: int) -> None:
    code, said = answer
    if code != wanted and not (wanted == 250 and 200 <= code < 300):
        raise _refusal(config, code, said)


def _refusal(
    config: EmailConfig, code: int, said: bytes | str, *, recipient: str = "", about_mail: bool = True
) -> ConnectorError:
    """What a server's no means: 4xx for now, 5xx for good; the enhanced code where there is one."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    secrets = (config.smtp_password.get_secret_value(), config.imap_password.get_secret_value(), config.bearer)
    for secret in secrets:
        text = text.replace(secret, "…") if secret else text
    text = " ".join(text.replace("\x00", "").split())[:400]
    found = _ENHANCED.search(text)
    status = found[1] if found and found[1][0] == str(code)[0] else ""
    slow = status.startswith("4.7.")  # a limit of theirs, or greylisting where it is about one recipient
    who = f" {recipient}" if recipient else ""
    return ConnectorError(
        f"{config.smtp_host} refused{who}: {code} {text}".rstrip(),
        code=status or str(code),
        permanent=about_mail and 500 <= code < 600,
        retry_after=RATE_LIMIT_S if slow else None,
        whole=not about_mail or code == 421 or (slow and not recipient),
        reauth=about_mail and (code in _LOGIN_CODES or status in {"5.7.8", "5.7.30"}),
    )


def _renamed(config: EmailConfig, reply: str, external_id: str) -> tuple[str, ...]:
    """The id under which answers come where the server gives the mail a new one, as Amazon does."""
    host, given = _SES_HOST.search(config.smtp_host.lower()), _SES.search(reply)
    if host is None or given is None:
        return ()
    domain = "email.amazonses.com" if host[1] == "us-east-1" else f"{host[1]}.amazonses.com"
    new = f"<{given[1]}@{domain}>"
    return (new,) if new != external_id else ()
