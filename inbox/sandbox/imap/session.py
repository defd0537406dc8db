"""One IMAP connection: reads commands with their literals, keeps the client's view of a folder, answers."""

from __future__ import annotations

import asyncio
import re
import ssl
from typing import NoReturn

from inbox.sandbox.imap.syntax import BadSyntax, Token, parse
from inbox.sandbox.mail.folders import Folder
from inbox.sandbox.mail.office import PostOffice

__all__ = ["Gone", "No", "Session"]

_LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n$")
_BIGGEST = 60 * 2**20


class Gone(Exception):
    """The connection has ended, by the client or on order."""


class No(Exception):
    """The command failed; answered with NO."""


class Session:
    """The state of a connection. ``view`` holds the UIDs that the client knows, in the order of their numbers."""

    def __init__(
        self,
        office: PostOffice,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        tls: ssl.SSLContext | None,
    ) -> None:
        self.office = office
        self.tls = tls  # the context for STARTTLS, None where it is not offered
        self.user = ""
        self.folder: Folder | None = None
        self.uidvalidity = 0
        self.read_only = True
        self.view: list[int] = []
        self._shown: dict[int, frozenset[str]] = {}
        self._reader = reader
        self._writer = writer
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    # --- reading and writing --------------------------------------------------------------------------------------

    async def command(self) -> tuple[str, str, list[Token]]:
        """The next command: tag, name and arguments. Raises :class:`Gone`; ``BadSyntax`` has the tag in ``args``."""
        parts = [await self.line()]
        while literal := _LITERAL.search(parts[-1]):
            size = int(literal[1])
            if size > _BIGGEST:
                await self.send(b"* BAD literal too big")
                raise Gone
            if not literal[2]:
                await self.send(b"+ go on")
            parts[-1] = parts[-1][: literal.start()]
            parts += [await self._exactly(size), await self.line()]
        parts[-1] = parts[-1].rstrip(b"\r\n")
        tag, _, rest = parts[0].partition(b" ")
        name, _, parts[0] = rest.partition(b" ")
        try:
            return tag.decode("ascii", "replace"), name.decode("ascii", "replace").upper(), parse(parts)
        except BadSyntax as error:
            raise BadSyntax(str(error), tag.decode("ascii", "replace")) from error

    async def line(self) -> bytes:
        """One line with its end."""
        try:
            return await self._reader.readuntil(b"\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError) as error:
            raise Gone from error

    async def _exactly(self, size: int) -> bytes:
        try:
            return await self._reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Gone from error

    async def send(self, *lines: bytes) -> None:
        """Writes lines."""
        try:
            for line in lines:
                self._writer.write(line + b"\r\n")
            await self._writer.drain()
        except ConnectionError as error:
            raise Gone from error

    def cut(self) -> NoReturn:
        """Breaks the line at once."""
        self._writer.transport.abort()
        raise Gone

    async def start_tls(self) -> None:
        """Goes on encrypted."""
        if self.tls is None:
            raise No("STARTTLS is not offered")
        await self._writer.start_tls(self.tls)
        self.tls = None

    # --- the selected folder --------------------------------------------------------------------------------------

    def select(self, folder: Folder, *, read_only: bool) -> None:
        """Looks at a folder from now on."""
        self.unselect()
        self.folder, self.read_only, self.uidvalidity = folder, read_only, folder.uidvalidity
        self.view = sorted(folder.mails)
        self._shown = {uid: frozenset(mail.flags) for uid, mail in list(folder.mails.items())}
        folder.listeners.add(self._notice)

    def unselect(self) -> None:
        """Looks at none."""
        if self.folder is not None:
            self.folder.listeners.discard(self._notice)
        self.folder, self.view = None, []

    def selected(self) -> Folder:
        """The folder that is looked at. Raises :class:`No`."""
        if self.folder is None:
            raise No("no folder is selected")
        return self.folder

    def _notice(self) -> None:
        """Called from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._changed.set)

    async def report(self, *, expunged: bool = True) -> None:
        """Tells what changed since: EXPUNGE (where the protocol allows it), EXISTS, new flags."""
        folder = self.folder
        self._changed.clear()
        if folder is None:
            return
        if folder.uidvalidity != self.uidvalidity:
            await self.send(b"* BYE the folder was rebuilt")
            raise Gone
        lines = []
        if expunged:
            for number in range(len(self.view), 0, -1):
                if self.view[number - 1] not in folder.mails:
                    self._shown.pop(self.view.pop(number - 1), None)
                    lines.append(b"* %d EXPUNGE" % number)
        new = sorted(uid for uid in list(folder.mails) if not self.view or uid > self.view[-1])
        if new:
            self.view += new
            self._shown |= {uid: frozenset(folder.mails[uid].flags) for uid in new}
            lines.append(b"* %d EXISTS" % len(self.view))
        for number, uid in enumerate(self.view, 1):
            mail = folder.mails.get(uid)
            if mail and frozenset(mail.flags) != self._shown.get(uid):
                self._shown[uid] = frozenset(mail.flags)
                lines.append(f"* {number} FETCH (UID {uid} FLAGS ({' '.join(sorted(mail.flags))}))".encode())
        await self.send(*lines)

    def known(self, uid: int, flags: set[str]) -> None:
        """Remembers that the client was told these flags already."""
        self._shown[uid] = frozenset(flags)

    async def idle(self) -> bytes:
        """Reports changes until the client sends its next line, and returns that."""
        reading = asyncio.ensure_future(self.line())
        while not reading.done():
            waiting = asyncio.ensure_future(self._changed.wait())
            try:
                await asyncio.wait({reading, waiting}, return_when=asyncio.FIRST_COMPLETED)
                if not reading.done():
                    await self.report()
            except BaseException:
                reading.cancel()
                raise
            finally:
                waiting.cancel()
        return reading.result()
