"""The IMAP server: accepts connections and runs their commands."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

from inbox.sandbox.imap.commands import ANYTIME, AUTHENTICATED
from inbox.sandbox.imap.entering import capabilities
from inbox.sandbox.imap.meddling import meddle
from inbox.sandbox.imap.session import Gone, No, Session
from inbox.sandbox.imap.syntax import BadSyntax, Token
from inbox.sandbox.mail.office import PostOffice

__all__ = ["imap"]

_log = logging.getLogger(__name__)

Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


def imap(office: PostOffice, tls: ssl.SSLContext | None) -> Connected:
    """What ``asyncio.start_server`` calls; offers STARTTLS where there is a context."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(office, reader, writer, tls)
        try:
            await _serve(session)
        except (Gone, ConnectionError, ssl.SSLError):
            pass
        except asyncio.CancelledError:
            writer.transport.abort()
        except Exception:  # noqa: BLE001 - one connection must not end the others
            _log.exception("an IMAP connection of the sandbox failed")
        finally:
            session.unselect()
            writer.close()

    return connected


async def _serve(session: Session) -> None:
    try:
        await meddle(session, "imap.connect", "")
    except No as no:
        await session.send(f"* BYE {no}".encode())
        return
    await session.send(f"* OK [CAPABILITY {capabilities(session)}] sandbox".encode())
    while True:
        try:
            tag, name, args = await session.command()
        except BadSyntax as error:
            await session.send(f"{error.args[-1]} BAD {error.args[0]}".encode())
            continue
        await session.send(f"{tag} {await _run(session, tag, name, args)}".encode())
        if name == "LOGOUT":
            return
        if name == "STARTTLS":
            await session.start_tls()


async def _run(session: Session, tag: str, name: str, args: list[Token]) -> str:
    """The tagged answer without its tag."""
    if not tag:
        return "BAD a tag was expected"
    if name == "STARTTLS":
        return "OK go on" if session.tls is not None else "NO not offered"
    command = ANYTIME.get(name) or (AUTHENTICATED.get(name) if session.user else None)
    if command is None:
        return f"BAD {name} is not known here" if name not in AUTHENTICATED else "NO log in first"
    try:
        return f"OK {await command(session, args)}"
    except No as no:
        return f"NO {no}"
    except (BadSyntax, IndexError, ValueError) as error:
        return f"BAD {error}"
