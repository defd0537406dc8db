"""A disk that is full for a moment costs nothing: what came is refused to be sent again, or read when there is room."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from connectors import registry
from connectors.base import Request
from inbox.actions import channels, journal
from inbox.actions.who import SYSTEM
from inbox.app import create_app
from inbox.errors import Unavailable
from inbox.settings import Settings
from inbox.store import JournalEntry, JournalItem, Message, Store
from inbox.terms import Outcome
from inbox.worker.journal import work_due
from tests.fuzz.test_hooks import TOKEN, of_twilio

LARGE = 400_000
ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def no_room() -> Iterator[None]:
    """No file of this process grows beyond 300 kB: to whoever writes, that is a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def desk(settings: Settings) -> Iterator[Store]:
    store = Store(settings, registry())
    yield store
    store.close()


def mail(number: int, size: int) -> bytes:
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = "anna@x.example", "support@shop.example", f"Foto {number}"
    made["Message-ID"] = f"<{number}@x.example>"
    made.set_content("Ecco la foto.")
    made.add_attachment(bytes(size), maintype="image", subtype="png", filename="foto.png")
    return made.as_bytes()


def test_a_mail_whose_file_finds_no_room_is_read_later_and_not_given_up(desk: Store) -> None:
    with desk.transaction() as work:
        channel = channels.add(work, SYSTEM, kind="email", name="mail", values={"address": "support@shop.example"})
        for number, size in enumerate((LARGE, 10)):
            journal.keep(work, channel, Request("PIPE", "pipe:", [], mail(number, size)))
    with no_room(), pytest.raises(Unavailable):
        work_due(desk)
    with desk.reading() as work:
        assert work.query(JournalItem).filter_by(outcome=Outcome.QUARANTINED).count() == 0
        assert work.query(JournalEntry).filter_by(done=False).count() >= 1
    while work_due(desk):
        pass
    with desk.reading() as work:
        files = {row.subject: row.attachments[0].size for row in work.query(Message)}
        assert files == {"Foto 0": LARGE, "Foto 1": 10}
        assert {item.outcome for item in work.query(JournalItem)} == {Outcome.MESSAGE}


def test_a_call_that_finds_no_room_is_asked_to_come_again(settings: Settings) -> None:
    app, _ = create_app(settings)
    store: Store = app.extensions["sportello"]
    values = {"account_sid": "AC" + "0" * 32, "auth_token": TOKEN, "number": "+447700900100"}
    with store.transaction() as work:
        path = channels.hook_path(channels.add(work, SYSTEM, kind="sms", name="sms", values=values))
    body = b"MessageSid=SM1&From=%2B447700900123&Body=" + b"x" * LARGE
    with no_room():
        answer = app.test_client().post(path, data=body, headers=of_twilio(path, body))
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "5"), answer.text
    assert app.test_client().post(path, data=body, headers=of_twilio(path, body)).status_code == 200
    with store.reading() as work:
        assert work.query(JournalEntry).count() == 1
    store.close()


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_log_that_cannot_be_written_stops_nobody(tmp_path: Path, unbuffered: str) -> None:
    """In a process of its own, for the log is set up once in each."""
    program = (
        "from inbox import logs; logs.configure(role='web'); log = logs.get('x'); log.warning('first');"
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY));"
        "log.warning('lost')\n"
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    log.exception('lost too')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY));"
        "log.error('last')"
    )
    file = tmp_path / "desk.log"
    with file.open("ab") as out:
        done = subprocess.run(
            [sys.executable, "-c", program],
            stderr=out,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            check=False,
            timeout=60,
        )
    written = file.read_text()
    assert done.returncode == 0, written
    assert "first" in written
    assert "last" in written
    assert "lost" not in written
