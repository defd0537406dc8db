"""Mail by a pipe: byte-exact, in one commit per handful, and an exit code that a mail system understands."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from inbox.actions import journal
from inbox.errors import Unavailable
from inbox.settings import Settings
from inbox.store import Channel, JournalEntry, Store
from tests.cli.conftest import Run

PIPE = ["email", "pipe", "--channel", "support-mail"]
BARE = b"From: chiara@studio.example\rSubject: b\xe9\r\n\n\x00body\r"


def test_standard_input_is_one_mail_of_any_bytes(run: Run, store: Store, mailbox: Channel) -> None:
    ran = run(
        *PIPE,
        "--from",
        "chiara@studio.example",
        "--to",
        "help@bottega.example",
        "--to",
        "sales@bottega.example",
        stdin=BARE,
    )
    assert (ran.code, ran.err) == (0, "")
    [line] = ran.lines
    assert line["file"] is None
    with store.reading() as work:
        entry = work.get_one(JournalEntry, line["journal"])
        kept = journal.request_of(work, entry)
    assert (kept.method, kept.url, kept.body) == ("PIPE", "pipe:", BARE)
    assert kept.headers == [
        ("X-Envelope-From", "chiara@studio.example"),
        ("X-Envelope-To", "help@bottega.example"),
        ("X-Envelope-To", "sales@bottega.example"),
    ]
    assert entry.channel_id == mailbox.id
    assert not entry.done


def test_each_file_is_one_mail_in_the_order_given(run: Run, store: Store, mailbox: Channel, tmp_path: Path) -> None:
    bodies = [b"", b"x" * 400_000, *(b"Subject: %d\r\n\r\n" % n for n in range(120))]
    files = []
    for n, body in enumerate(bodies):
        files.append(tmp_path / f"{n}.eml")
        files[-1].write_bytes(body)
    ran = run(*PIPE, *files)
    assert ran.code == 0
    assert [line["file"] for line in ran.lines] == [str(file) for file in files]
    with store.reading() as work:
        for line, body in zip(ran.lines, bodies, strict=True):
            assert journal.body_of(work, work.get_one(JournalEntry, line["journal"])) == body


@pytest.mark.alone
def test_fifteen_hundred_mails_in_one_call_take_seconds(
    store: Store, mailbox: Channel, settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "mails"
    folder.mkdir()
    for n in range(1500):
        (folder / f"{n:04}.eml").write_bytes(b"From: a@b.example\r\nSubject: %d\r\n\r\n" % n + b"text\r\n" * 700)
    environment = {**os.environ, "DATABASE_URL": settings.database_url, "DATA_DIR": str(settings.data_dir)}
    command = [sys.executable, "-m", "inbox.cli", *PIPE, *sorted(map(str, folder.iterdir()))]
    start = time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=100)
    took = time.monotonic() - start
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"\n") == 1500
    with store.reading() as work:
        assert work.scalar(select(func.count()).select_from(JournalEntry)) == 1500
    assert took < 30


@pytest.mark.parametrize("name", ["nosuch", "shop-sms"])
def test_an_unknown_channel_ends_with_64(run: Run, store: Store, mailbox: Channel, name: str) -> None:
    with store.transaction() as work:
        work.add(Channel(kind="sms", name="shop-sms"))
    ran = run("email", "pipe", "--channel", name, stdin=BARE)
    assert (ran.code, ran.out) == (64, "")
    assert name in ran.err
    assert ran.err.count("\n") == 1


def test_a_removed_channel_is_unknown(run: Run, store: Store, mailbox: Channel) -> None:
    assert run("channel", "remove", "support-mail", "--yes").code == 0
    assert run(*PIPE, stdin=BARE).code == 64


def test_a_database_that_is_away_ends_with_75(
    run: Run, surroundings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    ran = run(*PIPE, stdin=BARE)
    assert (ran.code, ran.out) == (75, "")
    assert ran.err.startswith("not stored: ")
    assert ran.err.count("\n") == 1


def test_a_database_that_somebody_else_keeps_locked_ends_with_75(
    run: Run, sqlite_url: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    monkeypatch.setattr("inbox.store.engine.BUSY_TIMEOUT_MS", 50)
    with closing(Store(Settings(secret_key="other"))) as other:
        with other.transaction() as work:
            work.add(Channel(kind="email", name="support-mail", address="help@bottega.example"))
        with other.transaction() as work:
            work.execute(text("SELECT 1"))  # every transaction here begins as a writer
            ran = run(*PIPE, stdin=BARE)
    assert (ran.code, ran.out) == (75, "")
    assert ran.err == "not stored: the database is busy or away; nothing was stored, try again\n"


def test_files_that_cannot_be_read_are_named_and_the_others_stored(
    run: Run, store: Store, mailbox: Channel, tmp_path: Path
) -> None:
    (tmp_path / "here.eml").write_bytes(BARE)
    ran = run(*PIPE, "gone.eml", "here.eml", "also-gone.eml")
    assert ran.code == 75
    assert [line["file"] for line in ran.lines] == ["here.eml"]
    assert ran.err == "not stored, for they cannot be read: gone.eml, also-gone.eml\n"


def test_a_line_stands_for_a_mail_that_is_stored(
    run: Run, store: Store, mailbox: Channel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second handful fails: what was printed is there, and nothing else is."""
    for n in range(60):
        (tmp_path / f"{n:02}.eml").write_bytes(b"%d" % n)
    real, calls = journal.keep, []

    def keep(*arguments: object, **named: object) -> JournalEntry:
        calls.append(1)
        if len(calls) == 55:
            raise Unavailable("the disk is full")
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(journal, "keep", keep)
    ran = run(*PIPE, *sorted(tmp_path.glob("*.eml")))
    assert ran.code == 75
    assert ran.err == "not stored: the disk is full\n"
    with store.reading() as work:
        ids = list(work.scalars(select(JournalEntry.id).order_by(JournalEntry.id)))
    assert ids == [line["journal"] for line in ran.lines]
    assert len(ids) == 50
