"""Debian's Postfix hands mail to the worker by LMTP: nothing is lost while the worker is away."""

from __future__ import annotations

import os
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select

from inbox.cli.doctor import findings
from inbox.settings import Settings
from inbox.store import Channel, JournalEntry, Store
from tests.servers import postfix
from tests.servers.processes import free_port

MAIL = "From: Chiara <chiara@studio.example>\r\nTo: help@bottega.example\r\nSubject: {}\r\n\r\n.\r\nWhere?\r\n"


@contextmanager
def worker(settings: Settings, port: int) -> Iterator[None]:
    """A worker process that takes mail at ``port``."""
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "DATA_DIR": str(settings.data_dir),
        "LMTP_LISTEN": f"127.0.0.1:{port}",
    }
    process = subprocess.Popen([sys.executable, "-m", "inbox.cli", "worker"], env=environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def until(true: Callable[[], bool], what: Callable[[], str] = str) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, what()
        time.sleep(0.1)


def send(server: postfix.Postfix, subject: str, *recipients: str) -> None:
    with smtplib.SMTP("127.0.0.1", server.port, timeout=30) as line:
        line.sendmail("chiara@studio.example", recipients, MAIL.format(subject))


@pytest.mark.timeout(180)
def test_mail_waits_in_postfix_while_the_worker_is_away_and_comes_once(
    store: Store, mailbox: Channel, settings: Settings
) -> None:
    port = free_port()
    with postfix.running("bottega.example", port) as server:
        send(server, "while away", "help@bottega.example", "help+t1-abc@bottega.example", "nobody@bottega.example")
        until(lambda: "status=deferred" in server.log.read_text(), server.log.read_text)
        with worker(settings, port):
            until(lambda: len(entries(store)) > 0, server.log.read_text)
            send(server, "while here", "help@bottega.example")
            until(lambda: len(entries(store)) > 1, server.log.read_text)
            until(lambda: "status=bounced" in server.log.read_text(), server.log.read_text)
            until(lambda: all(entry.done for entry in entries(store)))
        first, second = entries(store)
        assert sorted(value for name, value in first.headers if name == "X-Envelope-To") == [
            "help+t1-abc@bottega.example",
            "help@bottega.example",
        ]
        assert ["X-Envelope-From", "chiara@studio.example"] in first.headers
        assert first.body is not None
        assert b"Subject: while away\r\n" in first.body
        assert first.body.endswith(b"\r\n\r\n.\r\nWhere?\r\n")
        assert {item.outcome.value for entry in (first, second) for item in entry.items} == {"message"}
        said = server.log.read_text()
    assert "5.1.1 no channel of this desk has the address nobody@bottega.example" in said
    assert said.count("status=bounced") == 1


def test_the_doctor_says_whether_the_worker_takes_mail(store: Store, settings: Settings) -> None:
    port = free_port()
    listening = settings.model_copy(update={"lmtp_listen": f"127.0.0.1:{port}"})

    def finding() -> tuple[bool, str]:
        [found] = [one for one in findings(listening) if one.about == "LMTP_LISTEN"]
        return found.ok, found.do

    assert finding()[0] is False
    assert "sportello worker" in finding()[1]
    with worker(settings, port):
        until(lambda: finding() == (True, ""))
    assert not any(one.about == "LMTP_LISTEN" for one in findings(settings))


def entries(store: Store) -> list[JournalEntry]:
    with store.reading() as work:
        return list(work.scalars(select(JournalEntry).order_by(JournalEntry.id)))
