"""The mail stand-in's inside: what the desk submitted, what customers sent, what bounced."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from inbox.sandbox import ids
from inbox.sandbox.ledger import Entry, Ledger
from inbox.sandbox.mail.compose import Answered, Letter, bounce, compose
from inbox.sandbox.mail.folders import MailStore, Stored
from inbox.sandbox.mail.identity import Identity
from inbox.sandbox.mail.reading import Read, read
from inbox.sandbox.stage import Stage

__all__ = ["DEFAULT_ADDRESS", "DEFAULT_PASSWORD", "PostOffice"]

DEFAULT_ADDRESS, DEFAULT_PASSWORD = "support@cirro.example", "sandbox-password"


class PostOffice:
    """Everything that the mail provider and the customers' mail programs would know."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.ledger = Ledger(stage.state / "email.jsonl")
        self.store = MailStore(stage.state / "mailboxes")
        self._sent: Path = stage.state / "mails"
        self._sent.mkdir(exist_ok=True)
        self._lock = threading.Lock()
        self.identity = Identity(stage.pace, self.ledger)
        self.store.open(DEFAULT_ADDRESS, DEFAULT_PASSWORD)
        for entry in self.ledger.entries("mailbox"):
            self.store.open(entry["address"], entry["password"])

    def add(self, address: str, password: str) -> None:
        """One more mailbox of ours; the same address again changes its password."""
        self.ledger.append("mailbox", address=address.lower(), password=password)
        self.store.open(address.lower(), password)

    def default(self) -> str:
        """The first mailbox."""
        return next(iter(self.store.folders))

    # --- what the desk does ---------------------------------------------------------------------------------------

    def accept(self, mail_from: str, recipients: list[str], data: bytes, login: str) -> Entry:
        """Takes a mail over after the dot. Recipients that are ours get it in their mailbox."""
        known = read(data)
        entry = self._record(
            "accepted",
            data,
            known,
            to=recipients[0],
            recipients=recipients,
            **{"from": mail_from},
            login=login,
        )
        for recipient in recipients:
            about = f"{recipient} {known.subject} {known.text}"
            if fault := self.stage.faults.take("email", "error", "delivery", about):
                self._bounce(data, mail_from, recipient, fault.code or "5.1.1", "550 5.1.1 No such user here")
            elif self.stage.faults.take("email", "drop_callback", "delivery", about):
                continue  # swallowed: accepted, and never seen again
            elif owner := self.store.owner(recipient):
                trace = f"Return-Path: <{mail_from}>\r\nDelivered-To: {recipient}\r\n".encode()
                self.store.folders[owner]["INBOX"].add(trace + data)
        return entry

    # --- what customers do ----------------------------------------------------------------------------------------

    def receive(self, letter: Letter, answers: str = "") -> Entry:
        """A customer writes; ``answers`` is the Message-ID of a mail of ours, or ``last``. Raises ``ValueError``."""
        answered = self._answered(letter.sender, answers) if answers else None
        to = letter.to or (answered.reply_to if answered else "") or self.default()
        letter = Letter(**{**vars(letter), "to": to})
        return self.put(compose(letter, answered, to), letter.sender, to)

    def put(self, data: bytes, sender: str, to: str, folder: str = "INBOX") -> Entry:
        """Lays any bytes into a mailbox of ours as they are. Raises ``ValueError``."""
        owner = self.store.owner(to)
        if owner is None:
            raise ValueError(f"{to} is not a mailbox of this sandbox")
        stored: Stored = self.store.folders[owner][folder].add(data)
        facts = {"to": to, "mailbox": owner, "uid": stored.uid}
        return self._record("received", data, read(data), **facts, **{"from": sender})

    def bounce(self, message_id: str, status: str, diagnostic: str, recipient: str = "") -> Entry:
        """A mail of ours comes back, or is late (4.x.x). Raises ``ValueError``."""
        entry = next((item for item in self.ledger.entries("accepted") if item["id"] == message_id), None)
        if entry is None:
            raise ValueError(f"no mail {message_id} was sent")
        return self._bounce(self.raw(entry), entry["from"], recipient or entry["to"], status, diagnostic)

    def _bounce(self, data: bytes, sender: str, recipient: str, status: str, diagnostic: str) -> Entry:
        notice = bounce(data, sender, recipient, status, diagnostic)
        return self.put(notice, "", sender or self.default())

    def _answered(self, customer: str, answers: str) -> Answered | None:
        """The mail that is answered. Without any, ``last`` is the first word of a new conversation."""
        mails = [
            entry
            for entry in self.ledger.entries("accepted")
            if customer.lower() in [address.lower() for address in entry["recipients"]]
        ]
        found = [entry for entry in mails if answers in ("last", entry["id"])]
        if not found:
            if answers == "last":
                return None
            raise ValueError(f"no mail {answers} was sent to {customer}")
        known = read(self.raw(found[-1]))
        return Answered(
            known.message_id,
            known.references,
            known.subject,
            known.sender,
            known.date,
            known.text,
            known.reply_to,
        )

    # --- memory ---------------------------------------------------------------------------------------------------

    def _record(self, what: str, data: bytes, known: Read, **facts: Any) -> Entry:
        name = f"{ids.hex_id('')}.eml"
        (self._sent / name).write_bytes(data)
        return self.ledger.append(
            what,
            id=known.message_id,
            **facts,
            subject=known.subject,
            text=known.text,
            files=known.files,
            raw={"headers": known.headers, "bytes": len(data), "html": known.html},
            eml=name,
        )

    def raw(self, entry: Entry) -> bytes:
        """The bytes of a mail that was accepted or received."""
        return (self._sent / Path(entry["eml"]).name).read_bytes()
