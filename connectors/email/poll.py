"""Reads what arrived in a mailbox's folders since a cursor, oldest first, without touching a flag."""

from __future__ import annotations

import datetime as dt
import imaplib
import logging
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from imapclient import IMAPClient

from connectors.base import ConnectorError, Polled, Request
from connectors.email.config import EmailConfig
from connectors.email.cursor import MAX_TRIES, Cursor, Failed, Folder
from connectors.email.parse import FETCH_ERROR, FOLDER_USE, INTERNAL_DATE, TRUNCATED

__all__ = ["Looked", "poll"]

MAX_MAILS = 50
MAX_BYTES = 24 << 20
LATE = dt.timedelta(minutes=20)
LOOK_BACK = dt.timedelta(days=30)
CLOCKS_DIFFER = dt.timedelta(hours=1)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Looked:
    """What a folder said of itself when it was opened: what a wait compares with."""

    validity: int
    next_uid: int


@dataclass(slots=True)
class _Folder:
    """One open folder and its place in the cursor."""

    client: IMAPClient
    config: EmailConfig
    name: str
    place: Folder
    now: dt.datetime
    junk: bool = False
    broken: Exception | None = None

    def search(self, low: int, high: int, since: dt.date | None = None) -> list[int]:
        """UIDs from ``low`` to ``high``. ``n:*`` always names the last mail, so nothing here ends in a star."""
        if low > high:
            return []
        criteria: list[Any] = ["UID", f"{low}:{high}"]
        if since:
            criteria += ["SINCE", since]
        return sorted(uid for uid in self.client.search(criteria) if low <= uid <= high)

    def fetch(self, uids: list[int], floor: dt.datetime | None = None) -> tuple[list[Request], int]:
        """The mails of as many of ``uids`` as one poll should carry, and the last of them that was dealt with."""
        if not uids:
            return [], 0
        wanted = uids[:MAX_MAILS]
        about = self.client.fetch(wanted, ["INTERNALDATE", "RFC822.SIZE"])
        found: list[Request] = []
        size = 0
        last = wanted[-1]
        for index, uid in enumerate(wanted):
            if uid not in about:
                continue  # deleted between the search and now
            taken = _utc(about[uid].get(b"INTERNALDATE"), self.now)
            length = int(about[uid].get(b"RFC822.SIZE") or 0)
            if floor and taken < floor:
                continue
            if found and size + length > MAX_BYTES:
                return found, wanted[index - 1]
            if (request := self._mail(uid, length, taken)) is not None:
                found.append(request)
                size += len(request.body)
            self.place.seen = max(taken, self.place.seen or taken)
            if self.broken is not None:
                return found, uid
        return found, last

    def _mail(self, uid: int, length: int, taken: dt.datetime) -> Request | None:
        """One mail, or None where it was deleted meanwhile or has to be asked for again."""
        limit = self.config.size_limit_mb << 20
        item = f"BODY.PEEK[]<0.{limit}>" if length > limit else "BODY.PEEK[]"
        headers = [(INTERNAL_DATE, taken.isoformat()), *([(FOLDER_USE, "junk")] if self.junk else [])]
        try:
            answer = self.client.fetch([uid], [item]).get(uid)
        except (imaplib.IMAP4.error, OSError) as error:
            if isinstance(error, imaplib.IMAP4.abort | OSError):
                self.broken = error
            return self._failed(uid, error, headers)
        if answer is None:
            return None
        body = next((value for key, value in answer.items() if key.startswith(b"BODY[]")), None)
        if not isinstance(body, bytes):
            return self._failed(uid, ValueError("the server gave no content"), headers)
        self.place.failed.pop(uid, None)
        if length > limit and len(body) < length:
            headers.append((TRUNCATED, str(length)))
        return Request("POLL", self._url(uid), headers, body)

    def _failed(self, uid: int, error: Exception, headers: list[tuple[str, str]]) -> Request | None:
        """Notes a failure; after the last try the ledger gets a line, so that the mail is not lost in silence."""
        before = self.place.failed.get(uid)
        self.place.failed[uid] = after = before.once_more(self.now) if before else Failed.first(self.now)
        log.warning("mail %s cannot be fetched (try %s): %s", self._url(uid), after.tries, type(error).__name__)
        if after.tries < MAX_TRIES:
            return None
        del self.place.failed[uid]
        said = " ".join(str(error).replace("\x00", "").split())[:200] or type(error).__name__
        return Request("POLL", self._url(uid), [*headers, (FETCH_ERROR, said)], b"")

    def _url(self, uid: int) -> str:
        return f"imap://{quote(self.name, safe='/')};UIDVALIDITY={self.place.validity};UID={uid}"

    def due(self) -> list[int]:
        """Mails to ask for again."""
        return sorted(uid for uid, failed in self.place.failed.items() if failed.again <= self.now)


def poll(
    client: IMAPClient, config: EmailConfig, kept: dict[str, Any], folders: tuple[str, ...], junk: str
) -> tuple[Polled, dict[str, Looked], bool]:
    """What arrived in ``folders`` since ``kept``, what each folder looked like, and whether the line still stands.

    ``junk`` is the spam folder among them. New mail comes first; older mail that the settings ask for only where
    nothing is new. Raises :class:`ConnectorError`.
    """
    now = dt.datetime.now(dt.UTC)
    cursor = Cursor.read(kept, now)
    looked: dict[str, Looked] = {}
    arrivals: list[Request] = []
    backlog = 0
    more = False
    for name in folders:
        try:
            folder, looked[name] = _opened(client, config, cursor, name, now)
            folder.junk = name == junk
        except ConnectorError:
            if name == folders[0]:
                raise
            log.warning("there is no folder %s", name)  # one that went must not hold up the others
            continue
        found, missed, rest = _new(folder, looked[name])
        arrivals += found
        backlog += missed
        more = more or rest
        if folder.broken is not None:
            return Polled(arrivals, cursor.plain(), more=False, backlog=backlog), looked, False
    cursor.looked = True
    if arrivals or more:
        return Polled(arrivals, cursor.plain(), more=more or _importing(cursor), backlog=backlog), looked, True
    return _older(client, config, cursor, looked, now, junk), looked, True


def _opened(
    client: IMAPClient, config: EmailConfig, cursor: Cursor, name: str, now: dt.datetime
) -> tuple[_Folder, Looked]:
    """Opens a folder for reading only, and finds its place in the cursor."""
    try:
        about = client.select_folder(name, readonly=True)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        raise ConnectorError(f"there is no folder {name}", code="config", permanent=True) from None
    validity = int(about.get(b"UIDVALIDITY") or 0)
    next_uid = int(about.get(b"UIDNEXT") or 0) or max(client.search(["ALL"]), default=0) + 1
    place = cursor.folders.get(name)
    if place is None:
        if cursor.looked:
            place = Folder(validity=validity, uid=next_uid - 1)
        else:
            place = Folder(validity=validity, floor=cursor.born, floor_until=next_uid - 1)
        if config.since != "now":
            place.older = next_uid - 1
    elif place.validity != validity:
        # All UIDs are void. What arrived since we began, or lately, is read again; the desk knows what it has.
        log.warning("UIDVALIDITY of %s changed: reading again", name)
        floor = max(cursor.born, (place.seen or cursor.born) - LOOK_BACK) - CLOCKS_DIFFER
        importing = place.older is not None
        place = Folder(validity=validity, floor=floor, floor_until=next_uid - 1, seen=place.seen)
        place.older = next_uid - 1 if importing else None
    cursor.folders[name] = place
    return _Folder(client, config, name, place, now), Looked(validity, next_uid)


def _new(folder: _Folder, looked: Looked) -> tuple[list[Request], int, bool]:
    """New mails of one folder, how many of them are late, and whether there are more."""
    place = folder.place
    floor = place.floor
    high = place.floor_until if floor else looked.next_uid - 1
    due = folder.due()
    again, _ = folder.fetch(due) if due else ([], 0)
    if folder.broken is not None:
        return again, 0, False
    # Servers search by the day of their own clock, whatever its zone.
    uids = folder.search(place.uid + 1, high, (floor - dt.timedelta(days=1)).date() if floor else None)
    found, last = folder.fetch(uids, floor)
    rest = bool(uids) and last < uids[-1]
    if uids:
        place.uid = max(place.uid, last)
    if floor and not rest:
        place.uid, place.floor, place.floor_until = max(place.uid, place.floor_until), None, 0
        rest = looked.next_uid - 1 > place.uid
    late = 0 if floor else sum(1 for one in found if _taken(one) < folder.now - LATE)
    return again + found, late + len(again), rest


def _importing(cursor: Cursor) -> bool:
    return any(place.older is not None for place in cursor.folders.values())


def _older(
    client: IMAPClient,
    config: EmailConfig,
    cursor: Cursor,
    looked: dict[str, Looked],
    now: dt.datetime,
    junk: str,
) -> Polled:
    """The next of the mails that lay there when the channel was connected."""
    since = (cursor.born - dt.timedelta(days=config.since_days)).date() if config.since == "days" else None
    for name, place in cursor.folders.items():
        if place.older is None or name not in looked:
            continue
        folder, _ = _opened(client, config, cursor, name, now)
        folder.junk = name == junk
        uids = folder.search(place.older_done + 1, place.older, since)
        found, last = folder.fetch(uids)
        if not uids or last >= uids[-1]:
            place.older, place.older_done = None, 0
        else:
            place.older_done = last
        return Polled(found, cursor.plain(), more=_importing(cursor), imported=True)
    return Polled([], cursor.plain())


def _taken(request: Request) -> dt.datetime:
    return dt.datetime.fromisoformat(request.header(INTERNAL_DATE))


def _utc(value: object, now: dt.datetime) -> dt.datetime:
    """INTERNALDATE as aware UTC; a server that gives none took the mail now."""
    if not isinstance(value, dt.datetime):
        return now
    try:
        return (value if value.tzinfo else value.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (OverflowError, ValueError):
        return now
