"""A desk's mail program: the standard library's SMTP client and imapclient, signed in at a sandbox."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from imapclient import IMAPClient

from inbox.sandbox.running import Running

OURS, PASSWORD = "support@cirro.example", "sandbox-password"
CHIARA = "chiara@studioferrari.example"


@contextmanager
def smtp(sandbox: Running, user: str = OURS, password: str = PASSWORD) -> Iterator[smtplib.SMTP]:
    """Connected and signed in; closed without a word at the end, whatever the server still says."""
    line = smtplib.SMTP("127.0.0.1", sandbox.ports["smtp"], local_hostname="desk.cirro.example", timeout=10)
    try:
        line.login(user, password)
        yield line
    finally:
        line.close()


@contextmanager
def imap(sandbox: Running, user: str = OURS, password: str = PASSWORD) -> Iterator[Any]:
    """Connected and signed in."""
    line = IMAPClient("127.0.0.1", sandbox.ports["imap"], ssl=False, timeout=10)
    try:
        line.login(user, password)
        yield line
    finally:
        line.shutdown()


def mail(subject: str = "Re: Sito offline", text: str = "Arriviamo.\n", to: str = CHIARA) -> EmailMessage:
    """An answer as the desk would write it."""
    message = EmailMessage()
    message["From"] = f"Cirro Hosting <{OURS}>"
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = "<t7.m1.abc@cirro.example>"
    message["Reply-To"] = "support+t7.sig@cirro.example"
    message.set_content(text)
    return message
