"""Mailboxes on disk: every mail byte-exact in a file of its own, UIDs and flags in an append-only index."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

__all__ = ["SPECIAL_USE", "Folder", "MailStore", "Stored"]

SPECIAL_USE = {"Sent": "\\Sent", "Drafts": "\\Drafts", "Trash": "\\Trash", "Spam": "\\Junk"}


@dataclass(eq=False)
class Stored:
    """One mail in a folder. ``received`` is its INTERNALDATE, aware."""

    uid: int
    path: Path
    size: int
    received: dt.datetime
    flags: set[str] = field(default_factory=set)

    def data(self) -> bytes:
        """The mail as it came."""
        return self.path.read_bytes()


class Folder:
    """One folder with its UIDVALIDITY. Listeners are called, from any thread, when something changed."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self.mails: dict[int, Stored] = {}
        self.uidvalidity = 0
        self.uidnext = 1
        self.listeners: set[Callable[[], None]] = set()
        self._path = path
        self._index = path / "index.jsonl"
        self._names = itertools.count(time.time_ns())
        self._lock = threading.RLock()
        path.mkdir(parents=True, exist_ok=True)
        if self._index.exists():
            for line in self._index.read_text().splitlines():
                self._apply(json.loads(line))
        else:
            self._write(uidvalidity=int(time.time()))

    def add(self, data: bytes, received: dt.datetime | None = None, flags: frozenset[str] = frozenset()) -> Stored:
        """Puts a mail in, with the next UID."""
        with self._lock:
            name = f"{next(self._names)}.eml"
            (self._path / name).write_bytes(data)
            at = received or dt.datetime.now(dt.UTC)
            uid = self.uidnext
            self._write(uid=uid, file=name, size=len(data), received=at.isoformat(), flags=sorted(flags))
        self._tell()
        return self.mails[uid]

    def set_flags(self, mail: Stored, flags: set[str]) -> None:
        """Replaces a mail's flags."""
        with self._lock:
            self._write(uid=mail.uid, flags=sorted(flags))
        self._tell()

    def remove(self, uids: list[int]) -> None:
        """Takes mails out for good."""
        with self._lock:
            for uid in uids:
                path = self.mails[uid].path
                self._write(uid=uid, gone=True)
                path.unlink(missing_ok=True)
        self._tell()

    def renumber(self) -> None:
        """Gives the folder a new UIDVALIDITY and all its mails new UIDs, as after a move to another server."""
        with self._lock:
            mails = list(self.mails.values())
            self._write(uidvalidity=self.uidvalidity + 1)
            for mail in mails:
                facts = {"size": mail.size, "received": mail.received.isoformat(), "flags": sorted(mail.flags)}
                self._write(uid=self.uidnext, file=mail.path.name, **facts)
        self._tell()

    def _tell(self) -> None:
        for listener in list(self.listeners):
            listener()

    def _write(self, **line: object) -> None:
        with self._index.open("a") as file:
            file.write(json.dumps(line) + "\n")
        self._apply(line)

    def _apply(self, line: dict[str, object]) -> None:
        match line:
            case {"uidvalidity": int(value)}:
                self.uidvalidity, self.uidnext, self.mails = value, 1, {}
            case {"uid": int(uid), "file": str(name), "size": int(size), "received": str(at), "flags": list(flags)}:
                moment = dt.datetime.fromisoformat(at)
                self.mails[uid] = Stored(uid, self._path / name, size, moment, {str(flag) for flag in flags})
                self.uidnext = uid + 1
            case {"uid": int(uid), "gone": True}:
                self.mails.pop(uid, None)
            case {"uid": int(uid), "flags": list(flags)}:
                self.mails[uid].flags = {str(flag) for flag in flags}


class MailStore:
    """All mailboxes of ours, each a folder of folders under ``root``."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self.folders: dict[str, dict[str, Folder]] = {}
        self.passwords: dict[str, str] = {}

    def open(self, address: str, password: str) -> None:
        """Makes a mailbox, or opens the one of an earlier run, with the usual folders."""
        with self._lock:
            base = self._root / quote(address, safe="@")
            names = ["INBOX", *SPECIAL_USE]
            if base.exists():
                names += [unquote(path.name) for path in sorted(base.iterdir()) if unquote(path.name) not in names]
            if address not in self.folders:
                self.folders[address] = {name: Folder(base / quote(name, safe=""), name) for name in names}
            self.passwords[address] = password

    def create(self, address: str, name: str) -> Folder:
        """One more folder."""
        with self._lock:
            folder = Folder(self._root / quote(address, safe="@") / quote(name, safe=""), name)
            return self.folders[address].setdefault(name, folder)

    def owner(self, address: str) -> str | None:
        """The mailbox that an address belongs to, plus part or not; None if it is not ours."""
        lowered = address.lower()
        local, _, domain = lowered.rpartition("@")
        for candidate in (lowered, f"{local.partition('+')[0]}@{domain}"):
            if candidate in self.folders:
                return candidate
        return None

    def is_ours(self, address: str) -> bool:
        """Whether the domain of an address is one of ours."""
        domain = address.lower().rpartition("@")[2]
        return any(mine.rpartition("@")[2] == domain for mine in self.folders)

    def login(self, address: str, password: str) -> bool:
        """Whether that is the mailbox's password."""
        return self.passwords.get(address.lower()) == password and bool(password)
