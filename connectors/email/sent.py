"""Files a copy of what left into the mailbox's folder for sent mail, once, whatever breaks in between."""

from __future__ import annotations

import datetime as dt

from imapclient import SEEN, IMAPClient

from connectors.base import ConnectorError, Outgoing
from connectors.email import compose, imap
from connectors.email.config import EmailConfig

__all__ = ["folder_of", "keep", "wanted"]

SENT = rb"\sent"
NEW = "Sent"
#: What mail programs call the folder, where the server does not mark it (RFC 6154).
NAMES = (
    *("sent", "sent items", "sent messages", "sent mail", "posta inviata", "inviata", "inviati", "elementi inviati"),
    *("gesendet", "gesendete elemente", "gesendete objekte", "envoyés", "éléments envoyés", "messages envoyés"),
    *("enviados", "elementos enviados", "mensajes enviados", "verzonden", "verzonden items", "wysłane", "skickat"),
)
#: Hosts whose SMTP files what it takes by itself.
BY_THEMSELVES = ("gmail.com", "googlemail.com", "office365.com", "outlook.com", "hotmail.com", "exchange.microsoft.com")


def wanted(config: EmailConfig) -> bool:
    """Whether copies of this mailbox's mail are ours to file: by its setting, else unless its host does it."""
    if not (config.imap_host and config.smtp_host) or config.sent_copies == "off":
        return False
    host = config.smtp_host.lower().rstrip(".")
    alone = any(host == one or host.endswith(f".{one}") for one in BY_THEMSELVES)
    return config.sent_copies == "on" or not alone


def keep(config: EmailConfig, outgoing: Outgoing, at: dt.datetime) -> bool:
    """Files the mail as one that was read, unless a mail of its id lies there; gives whether it did.

    ``at`` is when it was sent. Raises :class:`ConnectorError`; ``permanent`` where there is no such folder.
    """
    message, _recipients = compose.mail(config, outgoing, at)
    with imap.opened(config) as client:
        folder = folder_of(client, config)
        client.select_folder(folder, readonly=True)
        if client.search(["HEADER", "Message-ID", str(message["Message-ID"])]):
            return False
        client.append(folder, message.as_bytes(), flags=(SEEN,), msg_time=at)
    return True


def folder_of(client: IMAPClient, config: EmailConfig) -> str:
    """The folder's name: as set, as the server marks it, as it is usually called; made where it is asked for by name
    or by ``on``. Raises :class:`ConnectorError`."""
    folders = [
        (flags, _text(delimiter), _text(name))
        for flags, delimiter, name in client.list_folders()
        if b"\\noselect" not in {flag.lower() for flag in flags}
    ]
    names = {name for _flags, _delimiter, name in folders}
    if config.sent_folder:
        if config.sent_folder not in names:
            client.create_folder(config.sent_folder)
        return config.sent_folder
    for flags, _delimiter, name in folders:
        if SENT in {flag.lower() for flag in flags}:
            return name
    called = {(name.rpartition(delimiter)[2] if delimiter else name).lower(): name for _f, delimiter, name in folders}
    found = next((called[one] for one in NAMES if one in called), "")
    if found:
        return found
    if config.sent_copies == "on":
        client.create_folder(NEW)
        return NEW
    raise ConnectorError("the mailbox has no folder for sent mail", code="config", permanent=True)


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
