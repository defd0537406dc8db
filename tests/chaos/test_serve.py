"""``sportello serve`` under kill -9: dead roles are started again, what was acknowledged is there once, all end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from inbox.store import JournalItem, Message
from tests.journeys.desk import RunningDesk, until
from tests.packaging.served import Served

pytestmark = pytest.mark.timeout(300)

SERVE = [sys.executable, "-m", "inbox.cli", "serve"]
CUSTOMER = "+447700900123"


def children(process: subprocess.Popen[bytes]) -> list[int]:
    """The roles that a supervisor runs."""
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def kill(process: subprocess.Popen[bytes], which: slice) -> None:
    """Kills roles and waits until as many others have taken their places."""
    before = children(process)
    for pid in before[which]:
        os.kill(pid, signal.SIGKILL)
    gone = set(before[which])
    until("they are started again", lambda: len(children(process)) == 2 and not gone & set(children(process)))


def test_killed_roles_are_started_again_and_sigterm_ends_all(tmp_path: Path) -> None:
    with Served(SERVE, tmp_path) as desk:
        desk.page()
        until("both roles run", lambda: len(children(desk.process)) == 2)
        kill(desk.process, slice(0, 2))
        assert desk.page()[0] == 200
        assert desk.end() == 0, desk.log.read_text()
        assert desk.family() == set()


def test_roles_end_with_a_killed_supervisor(tmp_path: Path) -> None:
    with Served(SERVE, tmp_path) as desk:
        desk.page()
        desk.process.kill()
        until("the roles end by themselves", lambda: desk.family() == set())


def test_what_customers_write_while_roles_are_killed_arrives_once(sqlite_url: str, data_dir: Path) -> None:
    with RunningDesk(sqlite_url, data_dir) as desk:
        desk.add_channel("sms")
        desk.sandbox.pace(retry=5)  # a provider that was not answered calls again
        desk.start()
        assert desk.process is not None
        until("both roles run", lambda: len(children(desk.process)) == 2 if desk.process else False)
        victims = {4: slice(1, 2), 8: slice(0, 2)}
        for n in range(12):
            desk.sandbox.sms.receive(CUSTOMER, f"domanda {n}", wait=0)
            if n in victims:
                kill(desk.process, victims[n])

        def texts() -> Counter[str]:
            with desk.store.reading() as work:
                return Counter(message.text for message in work.query(Message))

        until("every message is here", lambda: len(texts()) == 12, 120)
        assert set(texts().values()) == {1}
        with desk.store.reading() as work:
            outcomes = {item.outcome.value for item in work.query(JournalItem)}
        assert outcomes <= {"message", "duplicate"}
