"""Intake: SMS webhooks and mails through hook, journal and worker, beside what the database alone costs.

    python -m bench.intake [--sms 5000] [--mails 1000]

Each figure stands beside its limit in the same run: a raw driver that writes the same rows in the same transactions,
and ``email`` of the standard library parsing the same mails and decoding their parts.
"""

from __future__ import annotations

import argparse
import email
import email.policy
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from twilio.request_validator import RequestValidator

from connectors.base import Request
from inbox.actions import channels, journal
from inbox.actions.setup import FirstDesk, create
from inbox.actions.who import SYSTEM
from inbox.app import create_app
from inbox.settings import Settings
from inbox.store import Channel, JournalEntry, Message, Store, schema
from inbox.worker.journal import work_due

TOKEN = "bench-token"  # noqa: S105  (signs invented messages)
NUMBER = "+12025550142"


@dataclass
class Spent:
    """Wall and CPU seconds of a part."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def clocked(spent: Spent) -> Iterator[None]:
    """Adds what the block takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    spent.wall += time.perf_counter() - wall
    spent.cpu += time.process_time() - cpu


def said(name: str, spent: Spent, count: int) -> None:
    """One line of the result."""
    sys.stdout.write(
        f"{name:<46}{count / spent.wall:>9.0f} /s{spent.cpu / count * 1000:>9.2f} ms CPU each{spent.wall:>8.1f} s\n"
    )


def mail(n: int) -> bytes:
    """An ordinary mail of a customer, both parts, quoted rest included."""
    words = " ".join(f"parola{(n * 7 + k) % 911}" for k in range(120))
    lines = [
        f"From: Cliente {n} <cliente{n % 400}@posta.example>",
        "To: support@cirro.example",
        f"Subject: =?utf-8?q?Perch=C3=A9_{n}?=",
        f"Message-ID: <bench-{n}@posta.example>",
        f"Date: Mon, 09 Mar 2026 09:{n % 60:02}:00 +0100",
        "MIME-Version: 1.0",
        'Content-Type: multipart/alternative; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        f"Buongiorno, {words}",
        "",
        "Il 8 marzo 2026 Cirro ha scritto:",
        "> prima",
        "",
        "--b",
        "Content-Type: text/html; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        f"<p>Buongiorno, {words}</p>",
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()


def desk(folder: Path, url: str = "") -> tuple[Settings, Store, str, str]:
    """A set-up desk, on SQLite without ``url``, with an SMS and a mail channel."""
    settings = Settings(data_dir=folder, database_url=url)
    settings.prepare()
    schema.upgrade(settings)
    app, _socketio = create_app(settings)
    store: Store = app.extensions["sportello"]
    with store.transaction() as work:
        create(work, FirstDesk("Bench", "en", "Europe/Rome", "Admin", "admin@bench.example", "long enough password"))
        values = {"account_sid": "AC" + "0" * 32, "auth_token": TOKEN, "number": NUMBER}
        sms = channels.add(work, SYSTEM, kind="sms", name="sms", values=values).id
        smtp = {"address": "support@cirro.example", "smtp_host": "127.0.0.1", "smtp_security": "plain"}
        letters = channels.add(work, SYSTEM, kind="email", name="mail", values=smtp).id
    store.app = app  # type: ignore[attr-defined]
    return settings, store, sms, letters


def hooks(store: Store, channel: str, count: int) -> Spent:
    """Signed webhooks through the hook's own view; each is committed before it is answered."""
    client = store.app.test_client()  # type: ignore[attr-defined]
    validator = RequestValidator(TOKEN)
    path = f"/hooks/sms/{channel}"
    calls = []
    for n in range(count):
        form = {
            "MessageSid": f"SM{n:032x}",
            "AccountSid": "AC" + "0" * 32,
            "From": f"+4477009{n % 1000:05}",
            "To": NUMBER,
            "Body": f"Messaggio {n}: quando torna il sito?",
            "NumMedia": "0",
        }
        calls.append((form, validator.compute_signature(f"http://localhost{path}", form)))
    spent = Spent()
    with clocked(spent):
        for form, signature in calls:
            answer = client.post(path, data=form, headers={"X-Twilio-Signature": signature})
            assert answer.status_code == 200, answer.data
    return spent


def worked(store: Store) -> Spent:
    """The worker's part, until nothing is due."""
    spent = Spent()
    with clocked(spent):
        while work_due(store, limit=200):
            pass
    return spent


def raw(folder: Path, count: int, body: Callable[[int], bytes]) -> Spent:
    """What the database itself costs: the same rows, in one transaction for the arrival and one for its intake."""
    line = sqlite3.connect(folder / "raw.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        line.execute(f"PRAGMA {pragma}")
    line.executescript(
        "CREATE TABLE journal(id INTEGER PRIMARY KEY, body BLOB, at TEXT, done INT);"
        "CREATE TABLE items(entry INT, n INT, outcome TEXT, PRIMARY KEY(entry, n));"
        "CREATE TABLE people(id INTEGER PRIMARY KEY, value TEXT UNIQUE);"
        "CREATE TABLE tickets(id INTEGER PRIMARY KEY, person INT, subject TEXT, at TEXT);"
        "CREATE TABLE messages(id INTEGER PRIMARY KEY, ticket INT, external TEXT UNIQUE, text TEXT);"
        "CREATE TABLE events(seq INTEGER PRIMARY KEY, id TEXT UNIQUE, kind TEXT, data TEXT);"
        "CREATE VIRTUAL TABLE found USING fts5(body, detail=none);"
    )
    spent = Spent()
    with clocked(spent):
        for n in range(count):
            data = body(n)
            line.execute("BEGIN IMMEDIATE")
            entry = line.execute("INSERT INTO journal(body, at, done) VALUES (?, 'now', 0)", (data,)).lastrowid
            line.execute("COMMIT")
            line.execute("BEGIN IMMEDIATE")
            line.execute("INSERT OR IGNORE INTO people(value) VALUES (?)", (f"p{n % 1000}",))
            (person,) = line.execute("SELECT id FROM people WHERE value = ?", (f"p{n % 1000}",)).fetchone()
            ticket = line.execute(
                "INSERT INTO tickets(person, subject, at) VALUES (?, 's', 'now')", (person,)
            ).lastrowid
            text = data[-300:].decode("utf-8", "replace")
            line.execute("SELECT 1 FROM messages WHERE external = ?", (f"e{n}",))
            line.execute("INSERT INTO messages(ticket, external, text) VALUES (?, ?, ?)", (ticket, f"e{n}", text))
            line.execute("INSERT INTO found(body) VALUES (?)", (text,))
            line.execute("INSERT INTO events(id, kind, data) VALUES (?, 'ticket.created', '{}')", (f"t{n}",))
            line.execute("INSERT INTO events(id, kind, data) VALUES (?, 'msg.in', '{}')", (f"m{n}",))
            line.execute("INSERT INTO items VALUES (?, 0, 'message')", (entry,))
            line.execute("UPDATE journal SET done = 1 WHERE id = ?", (entry,))
            line.execute("COMMIT")
    line.close()
    return spent


def parsed(mails: list[bytes]) -> Spent:
    """The standard library alone: parse, and decode every part."""
    spent = Spent()
    with clocked(spent):
        for one in mails:
            message = email.message_from_bytes(one, policy=email.policy.compat32)
            for part in message.walk():
                if not part.is_multipart():
                    part.get_payload(decode=True)
    return spent


def main(argv: list[str] | None = None) -> None:
    """Prints a line per figure."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--sms", type=int, default=5000)
    options.add_argument("--mails", type=int, default=1000)
    asked = options.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        _settings, store, sms, letters = desk(folder)
        said(f"{asked.sms} SMS webhooks: hook to journal", hooks(store, sms, asked.sms), asked.sms)
        intake = worked(store)
        said(f"{asked.sms} SMS webhooks: journal to ticket", intake, asked.sms)
        limit = raw(folder, asked.sms, lambda n: b"Body=Messaggio+%d" % n * 12)
        said("  the raw driver writing the same rows", limit, asked.sms)
        mails = [mail(n) for n in range(asked.mails)]
        piped = Spent()
        with clocked(piped):
            for one in mails:
                with store.transaction() as work:
                    journal.keep(work, work.get_one(Channel, letters), Request("PIPE", "pipe:", [], one))
        said(f"{asked.mails} mails: pipe to journal", piped, asked.mails)
        said(f"{asked.mails} mails: journal to ticket", worked(store), asked.mails)
        said("  the standard library parsing the same mails", parsed(mails), asked.mails)
        with store.reading() as work:
            entries, messages = work.query(JournalEntry).count(), work.query(Message).count()
        assert entries == messages == asked.sms + asked.mails, (entries, messages)
        store.close()


if __name__ == "__main__":
    main()
