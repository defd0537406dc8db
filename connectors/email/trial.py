"""One part of a mailbox tried after the other, as a wizard does: reading, sending, and whether a mail came back."""

from __future__ import annotations

import imaplib
from collections.abc import Callable

from imapclient import IMAPClient

from connectors.base import ConnectorError, Outgoing
from connectors.email import imap, smtp
from connectors.email.config import EmailConfig

__all__ = ["arrived", "reads", "sends", "writes"]

#: The header in which certified mail (Italy's PEC) names the mail that it wraps, and how its wrapping is called.
WRAPPED, WRAPPING = "X-Riferimento-Message-ID", "POSTA CERTIFICATA"


def reads(config: EmailConfig) -> str:
    """Signs in and looks at every folder. Raises :class:`ConnectorError`."""
    if not config.imap_host:
        raise ConnectorError("this channel has no IMAP server", code="config", permanent=True)
    imap.check(config)
    return f"{config.imap_host} lets us read {', '.join(config.folders)}."


def writes(config: EmailConfig) -> str:
    """Signs in to the server that mail leaves by; sends nothing. Raises :class:`ConnectorError`."""
    smtp.check(config)
    return f"{config.smtp_host} takes our mail."


def sends(config: EmailConfig, outgoing: Outgoing, going_out: Callable[[], None]) -> str:
    """Sends one mail. Raises :class:`ConnectorError`."""
    smtp.send(config, outgoing, going_out)
    return f"{config.smtp_host} took the probe."


def arrived(config: EmailConfig, outgoing: Outgoing) -> str:
    """The folder in which that mail lies by now, the spam folder too; empty where it does not. Nothing is marked read.
    Raises :class:`ConnectorError`."""
    with imap.opened(config) as client:
        named = dict.fromkeys((*config.folders, *_junk(client)))
        return next((folder for folder in named if _lies_in(client, folder, outgoing)), "")


def _junk(client: IMAPClient) -> list[str]:
    return [str(name) for flags, _, name in client.list_folders() if rb"\Junk" in flags]


def _lies_in(client: IMAPClient, folder: str, outgoing: Outgoing) -> bool:
    try:
        client.select_folder(folder, readonly=True)
        name, value = next(iter(outgoing.headers), ("Message-ID", outgoing.message_id or ""))
        wrapped = ["HEADER", WRAPPED, outgoing.message_id or "-", "SUBJECT", WRAPPING]
        return bool(client.search(["HEADER", name, value])) or bool(client.search(wrapped))
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        return False
