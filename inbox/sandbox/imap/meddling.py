"""Faults of the IMAP server, as they are ordered for one stage."""

from __future__ import annotations

import asyncio

from inbox.sandbox.imap.session import No, Session

__all__ = ["meddle"]

_USUAL = {
    "imap.connect": "[UNAVAILABLE] try again later",
    "imap.login": "[UNAVAILABLE] try again later",
    "imap.select": "[INUSE] the mailbox is locked",
    "imap.search": "[SERVERBUG] internal error",
    "imap.fetch": "[SERVERBUG] internal error",
    "imap.idle": "[LIMIT] too many connections",
}


async def meddle(session: Session, op: str, about: str) -> None:
    """Waits, breaks the line or raises ``No``; an error's ``code`` is its response code (``AUTHENTICATIONFAILED``)."""
    faults = session.office.stage.faults
    if slow := faults.take("email", "slow", op, about):
        await asyncio.sleep(slow.seconds or 0)
    if faults.take("email", "break_before_accept", op, about) or faults.take("email", "break_after_accept", op, about):
        session.cut()
    if error := faults.take("email", "error", op, about):
        raise No(f"[{error.code}] refused on order" if error.code else _USUAL.get(op, "refused on order"))
