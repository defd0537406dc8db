"""In a storm nothing is lost and nothing doubled: the mailbox, the provider and the ledger agree at the end."""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from inbox import clock
from inbox.actions import people
from inbox.actions.who import SYSTEM
from inbox.sandbox.running import SandboxProcess
from inbox.store import Agent, Channel, JournalEntry, Message
from inbox.terms import Delivery
from tests.chaos.disk import small_disk
from tests.chaos.forked import worker
from tests.chaos.judging import judge
from tests.chaos.plan import FULL, SMALL, Size, plan
from tests.chaos.storm import PostOffice, Storm
from tests.journeys.desk import RunningDesk

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1800)]

SEED = int(os.environ.get("CHAOS_SEED", "20260504"))
DRAIN_S = 600  # for thousands of messages on a busy machine
WAITING = (Delivery.HELD, Delivery.QUEUED, Delivery.CLAIMED, Delivery.SENDING)


def test_the_same_seed_is_the_same_storm() -> None:
    assert plan(SEED, SMALL) == plan(SEED, SMALL)
    assert plan(SEED, SMALL) != plan(SEED + 1, SMALL)
    counts = Counter(step.what for step in plan(SEED, FULL))
    assert (counts["mail"], counts["hook"], counts["reply"]) == (2_000, 2_000, 1_000)
    assert counts["kill"] + counts["aim"] >= 50


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_is_lost_and_nothing_doubled(
    kind: str, full: bool, tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    size = FULL if full else SMALL
    begin = time.monotonic()
    restart = None
    with small_disk(tmp_path / "disk") as disk:
        data = disk.folder / "data"
        data.mkdir()
        if kind == "sqlite":
            shutil.copyfile(request.getfixturevalue("sqlite_template"), data / "sportello.db")
            url = f"sqlite:///{data / 'sportello.db'}"
        else:
            url = request.getfixturevalue("postgresql_url")
            restart = request.getfixturevalue("postgresql_cluster").restart
        with PostOffice(tmp_path / "post") as post, RunningDesk(url, data, sandbox=SandboxProcess) as desk:
            desk.sandbox.pace(sent=0.05, delivered=0.1, price=3600, retry=0.5)
            mailbox = post.accounts()["email"]
            desk.add_channel("sms")
            desk.add_channel(
                "email",
                imap_port=mailbox["imap"]["port"],
                smtp_port=mailbox["smtp"]["port"],
                imap_user=mailbox["address"],
            )
            with desk.store.transaction() as work:
                token = people.add_token(work, SYSTEM, work.get_one(Agent, desk.admin))
            assert worker(desk, patience_s=DRAIN_S) == 0
            with desk.store.reading() as work:  # what comes from now on is new mail
                assert work.get_one(Channel, desk.channels["email"].id).cursor
            with Storm(desk, post, disk, token, restart) as storm:
                storm.play(plan(SEED, size), lambda: drained(desk))
                calm(desk, post)
            settled(desk)
            found = judge(storm, size.replies)
    with capsys.disabled():
        sys.stdout.write(summary(kind, size, storm, found, disk.way, time.monotonic() - begin))
    deaths = sum(count for name, count in storm.happened.items() if "killed" in name)
    assert deaths >= (50 if full else size.kills)


def calm(desk: RunningDesk, post: PostOffice) -> None:
    """No more faults; what the provider still holds back arrives."""
    desk.sandbox.clear_faults()
    post.clear_faults()
    time.sleep(2.5)


def settled(desk: RunningDesk) -> None:
    """Works until nothing waits and every mailbox was read to its end: a status whose message is not known yet is
    looked at for a minute."""
    end, begin = time.monotonic() + 180, clock.now()
    waiting = pending = unread = None
    missed: list[str] = []
    while time.monotonic() < end:
        with desk.store.transaction() as work:  # hours pass: what waits for its next attempt is due, also to be fetched
            for channel in work.scalars(select(Channel)):
                channel.cursor = hours_later(channel.cursor)
            work.execute(update(Message).where(Message.state == Delivery.QUEUED).values(next_at=clock.now()))
            work.execute(
                update(Message)
                .where(Message.state.in_((Delivery.CLAIMED, Delivery.SENDING)))
                .values(next_at=clock.now() - timedelta(seconds=1))
            )
        assert worker(desk, patience_s=DRAIN_S) == 0
        with desk.store.reading() as work:
            waiting = work.scalar(select(func.count()).where(Message.state.in_(WAITING)))
            pending = work.scalar(select(func.count()).where(JournalEntry.done.is_(False)))
            rows = work.scalars(select(Channel)).all()
            unread = [row.name for row in rows if not row.polled_at or row.polled_at < begin]
            missed = [row.name for row in rows if any(one.get("failed") for one in folders(row.cursor).values())]
        if not waiting and not pending and not unread and not missed:
            return
        time.sleep(2)
    raise AssertionError(
        f"not settled: {waiting} messages wait, {pending} entries pend, {unread} unread, {missed} missed"
    )


def folders(cursor: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """A mailbox's folders in its channel's cursor."""
    found: dict[str, dict[str, Any]] = cursor.get("folders", {})
    return found


def hours_later(cursor: dict[str, Any]) -> dict[str, Any]:
    """The same place, with every mail that could not be fetched due to be asked for again."""
    later = copy.deepcopy(cursor)
    for folder in folders(later).values():
        for one in folder.get("failed", {}).values():
            one["again"] = clock.iso(clock.now() - timedelta(seconds=1))
    return later


def drained(desk: RunningDesk) -> int:
    """A worker in a process of its own that works all that is due; gives its exit code."""
    process = desk.role("worker", "--drain")
    try:
        return process.wait(DRAIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
        raise


def summary(kind: str, size: Size, storm: Storm, found: Counter[str], disk: str, seconds: float) -> str:
    """What happened and what came of it, for whoever reads the run."""
    lines = [f"\nChaos on {kind}, seed {SEED}: {size.mails} mails, {size.hooks} webhooks, {size.replies} replies"]
    lines.append(f"  took {seconds:.0f} s; disk filled by {disk}")
    lines += [f"  {count:5} x {name}" for name, count in sorted(storm.happened.items())]
    refused = ", ".join(f"{count} x {status or 'no line'}" for status, count in sorted(storm.refused.items()))
    lines.append(f"  the API said no for a while: {refused or 'never'}")
    lines += [f"  {count:5} {name}" for name, count in sorted(found.items())]
    return "\n".join(lines) + "\n"
