"""Mail from the mail server on this machine by LMTP: one answer per recipient, 250 only for what is in the journal."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session
from sqlalchemy import select

from connectors.base import Request
from connectors.email.addresses import canonical, split_plus
from inbox import killpoints, logs
from inbox.actions import journal
from inbox.errors import Unavailable
from inbox.store import Channel, Store

__all__ = ["LARGEST", "Lmtp"]

log = logs.get(__name__)
LARGEST = 200 * 2**20  # what is announced; a channel's own size limit counts for its recipients
AGAIN_S = 5.0  # between two tries to listen: another worker has the port, and this one takes over when it ends
SILENT_S = 300.0
STORED = "250 2.0.0 {} stored"
NOT_NOW = "451 4.3.0 the database is busy or away; nothing was stored, try again"
OFF = "450 4.2.1 {} is switched off at this desk; try again later"
UNKNOWN = "550 5.1.1 no channel of this desk has the address {}"
TOO_LARGE = "552 5.3.4 this is {} bytes; {} takes {} bytes"
#: Who sends lines that end in LF alone doubles the dots that begin them, as if they ended in CR LF (Python does).
_DOUBLED = re.compile(rb"(?<!\r)\n\.\.")


@dataclass(frozen=True)
class _Home:
    """The channel that an address leads to."""

    channel: str
    limit: int


class Lmtp:
    """The listener and its thread. Takes over when the worker that listened before is gone."""

    def __init__(self, store: Store, host: str, port: int, poke: Callable[[], None] = lambda: None) -> None:
        self.store = store
        self.host, self.port = host, port
        self.poke = poke
        self._loop = asyncio.new_event_loop()
        self._end: asyncio.Event | None = None
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lmtp", daemon=True)

    def start(self) -> None:
        """Begins to listen in a thread of its own."""
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """True once it listens; ``port`` is the real one then."""
        return self._listening.wait(seconds)

    def stop(self) -> None:
        """Ends listening and every line; a mail whose answer is not out yet will be sent again."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(lambda: self._end.set() if self._end else None)
            self._thread.join(10)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._listen())
        except Exception:
            log.exception("lmtp failed")
        finally:
            self._loop.close()

    async def _listen(self) -> None:
        self._end = asyncio.Event()
        told = False
        while not self._end.is_set():
            try:
                server = await self._loop.create_server(self._line, self.host, self.port)
            except OSError as problem:
                if not told:
                    log.warning("lmtp cannot listen", host=self.host, port=self.port, problem=str(problem))
                    told = True
                await self._nap(AGAIN_S)
                continue
            self.port = int(server.sockets[0].getsockname()[1])
            log.info("lmtp listens", host=self.host, port=self.port)
            self._listening.set()
            await self._end.wait()
            server.close()

    async def _nap(self, seconds: float) -> None:
        assert self._end is not None  # noqa: S101  (made before the first nap)
        try:
            await asyncio.wait_for(self._end.wait(), seconds)
        except TimeoutError:
            return

    def _line(self) -> _Line:
        return _Line(
            _Answers(self.store, self.poke),
            hostname="sportello",
            ident="Sportello LMTP",
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            decode_data=False,
            timeout=SILENT_S,
            loop=self._loop,
        )


class _Line(LMTP):
    """aiosmtpd's conversation with a content of any bytes: long lines, bare CR and bare LF stay as they are."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        assert self.envelope is not None  # noqa: S101  (LHLO made it)
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 a recipient first")
            return
        if arg:
            await self.push("501 5.5.4 DATA stands alone")
            return
        await self.push("354 end with a dot on a line of its own")
        self.envelope.content = await self._content()
        answers = await self._call_handler_hook("DATA")
        self._set_post_data_state()  # type: ignore[no-untyped-call]
        await self.push(answers)

    async def _content(self) -> bytes | None:
        """The mail as it was before its dots were doubled; None where it is larger than was announced."""
        pieces: list[bytes] = []
        size = 0
        fresh = True  # a line begins here
        while True:
            try:
                piece = await self._reader.readuntil(b"\r\n")
            except asyncio.LimitOverrunError as long:
                piece = await self._reader.read(long.consumed)
            if fresh and piece == b".\r\n":
                break
            if fresh and piece.startswith(b"."):
                piece = piece[1:]
            size += len(piece)
            if size <= LARGEST:
                pieces.append(piece)
            else:
                pieces.clear()
            fresh = piece.endswith(b"\r\n")
        return _DOUBLED.sub(b"\n.", b"".join(pieces)) if size <= LARGEST else None


class _Answers:
    """What the desk says to each step of one line; aiosmtpd calls the ``handle_`` methods. The database is asked in
    other threads, so that a slow one holds up no other line."""

    def __init__(self, store: Store, poke: Callable[[], None]) -> None:
        self.store = store
        self.poke = poke
        self.homes: dict[str, _Home] = {}

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _server: LMTP, _session: Session, envelope: Envelope, address: str | None, options: list[str]
    ) -> str:
        self.homes = {}
        envelope.mail_from = address or ""
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: LMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        try:
            found = await asyncio.get_running_loop().run_in_executor(None, self._home, address)
        except Unavailable:
            return NOT_NOW
        if isinstance(found, str):
            return found
        self.homes[address] = found
        envelope.rcpt_tos.append(address)
        return f"250 2.1.5 {_shown(address)} is ours"

    async def handle_DATA(self, _server: LMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        answers = await asyncio.get_running_loop().run_in_executor(None, self._keep, session, envelope)
        self.poke()
        return "\r\n".join(answers)

    async def handle_exception(self, error: Exception) -> str:
        """A mistake of ours is no reason to send a mail back: the mail server keeps it and tries again."""
        log.error("lmtp failed", exc_info=error)
        return NOT_NOW

    def _home(self, address: str) -> _Home | str:
        """The channel of an address, its plus part aside, or the answer that refuses it."""
        email = self.store.connectors["email"]
        wanted = email.normalise(split_plus(canonical(address))[0])
        with self.store.reading() as work:
            rows = work.scalars(
                select(Channel)
                .where(Channel.kind == "email", Channel.removed_at.is_(None))
                .order_by(Channel.enabled.desc(), Channel.created_at)
            )
            for row in rows:
                if row.address and email.normalise(row.address) == wanted:
                    limit = int(row.config.get("size_limit_mb") or 50) << 20
                    return _Home(row.id, limit) if row.enabled else OFF.format(_shown(address))
        return UNKNOWN.format(_shown(address))

    def _keep(self, session: Session, envelope: Envelope) -> list[str]:
        """One answer for each recipient in order. The mail is one arrival per channel, with all of its recipients."""
        content: bytes | None = envelope.content  # type: ignore[assignment]  # bytes: decode_data is off
        answers: dict[str, str] = {}
        for channel in dict.fromkeys(self.homes[to].channel for to in envelope.rcpt_tos):
            own = [to for to in envelope.rcpt_tos if self.homes[to].channel == channel]
            limit = min(self.homes[own[0]].limit, LARGEST)
            if content is None or len(content) > limit:
                size = "too many" if content is None else str(len(content))
                answers |= {to: TOO_LARGE.format(size, _shown(to), limit) for to in own}
                continue
            kept = self._store(channel, _request(session, envelope, own, content))
            answers |= {to: STORED.format(_shown(to)) if kept else NOT_NOW for to in own}
        killpoints.reach("after_journal")
        return [answers[to] for to in envelope.rcpt_tos]

    def _store(self, channel: str, request: Request) -> bool:
        try:
            with self.store.transaction() as work:
                journal.keep(work, work.get_one(Channel, channel), request)
        except Exception as problem:  # noqa: BLE001  (nothing is stored: the mail server keeps the mail and tries again)
            log.warning("lmtp did not store", channel=channel, problem=f"{type(problem).__name__}: {problem}"[:300])
            return False
        return True


def _request(session: Session, envelope: Envelope, own: list[str], content: bytes) -> Request:
    """The mail as it goes into the journal, with what the envelope and the line said."""
    peer: Any = session.peer
    client = f"{peer[0] if isinstance(peer, tuple) else 'local'} ({session.host_name or ''})"
    headers = [("X-Envelope-From", _text((envelope.mail_from or "").replace("<>", "")))]
    headers += [("X-Envelope-To", _text(to)) for to in own]
    return Request("LMTP", "lmtp:", [*headers, ("X-Envelope-Client", _text(client))], content)


def _text(word: str) -> str:
    """Bytes that are no text become U+FFFD."""
    return word.encode("utf-8", "replace").decode()[:1000]


def _shown(address: str) -> str:
    """An address within an answer: on one line, and not longer than a line may be."""
    return "".join(one if one.isprintable() else "?" for one in _text(address))[:300]
