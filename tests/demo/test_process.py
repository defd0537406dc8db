"""``sportello demo`` as a stranger starts it: one line, a desk and a sandbox that know each other, a clean end."""

from __future__ import annotations

import os
import re
import shutil
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import pytest
import requests
from playwright.sync_api import expect
from sqlalchemy import select

from connectors import registry
from connectors.email.config import EmailConfig
from inbox.actions import channels, people, reply, sample
from inbox.actions.who import Who
from inbox.sandbox.client import SandboxClient
from inbox.settings import Settings
from inbox.store import Agent, Channel, Event, Message, Store, Ticket
from inbox.terms import Delivery, Direction
from tests.servers.chromium import OpenPage
from tests.servers.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r"The demo desk is at (\S+); sign in as (\S+) with the password (\S+); play its customers at (\S+)")


def until(what: str, found: Callable[[], Any], timeout: float = 60.0) -> Any:
    """Waits until ``found`` gives something true, and gives it."""
    end = time.monotonic() + timeout
    while not (value := found()):
        assert time.monotonic() < end, f"not within {timeout:.0f} s: {what}"
        time.sleep(0.05)
    return value


class Demo:
    """``with Demo(folder) as demo``: ``sportello demo`` as a process, from its line to the end of the block."""

    brought: set[str]

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.log = folder.parent / f"{folder.name}.log"
        self.environment = {"PORT": str(free_port()), **environment}
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Starts it and waits for its line."""
        self.log.write_bytes(b"")
        own = {"DATA_DIR": str(self.folder), "LANG": "C.UTF-8", "WEB_THREADS": "24"}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "inbox.cli", "demo"],
                env={**os.environ, **own, **self.environment},
                cwd=ROOT,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        try:
            self.url, self.email, self.password, self.sandbox = until("it says where it is", self._said).groups()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_raised: object) -> None:
        self.stop()

    def _said(self) -> re.Match[str] | None:
        assert self.process is not None
        words = self.log.read_text()
        assert self.process.poll() is None, words
        return LINE.search(words)

    def stop(self) -> int:
        """Ends it as a supervisor does, or by force after half a minute; gives the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def store(self) -> Store:
        """The desk from inside."""
        settings = Settings(data_dir=self.folder, port=int(self.environment["PORT"]))
        settings.prepare()
        return Store(settings, registry())

    def children(self) -> list[int]:
        """The processes that it started."""
        assert self.process is not None
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(one) for task in tasks for one in task.read_text().split()]


@dataclass(frozen=True)
class First:
    """What a first start left: its log, its folder as it was at the end and, beside it, as nobody touches it again."""

    demo: Demo
    log: str
    cold: Path
    children: int
    code: int


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> First:
    """A demo that was started for the first time, in an environment that names another desk, and ended."""
    folder = tmp_path_factory.mktemp("demo")
    theirs = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "SECRET_KEY": "theirs"}
    with Demo(folder / "data", **theirs) as demo:
        children = demo.children()
        code = demo.stop()
    until("its children are gone", lambda: not [one for one in children if Path(f"/proc/{one}").exists()])
    shutil.copytree(demo.folder, folder / "cold")
    return First(demo, demo.log.read_text(), folder / "cold", len(children), code)


@pytest.fixture(scope="module")
def demo(first: First) -> Iterator[Demo]:
    """The same one started again, for the tests that only look and talk; ``brought`` is what the start itself wrote."""
    store = first.demo.store()
    end = store.last_seq()
    with first.demo as running:
        with store.reading() as work:
            running.brought = set(work.scalars(select(Event.kind).where(Event.seq > end)))
        store.close()
        yield running


def test_a_first_start_makes_a_desk_of_its_own_and_ends_cleanly(first: First) -> None:
    assert "Making the sample desk" in first.log
    assert (first.cold / "sportello.db").exists()
    assert (first.cold / "secret.key").exists()
    assert (first.children, first.code) == (3, 0)


def test_a_start_where_nothing_has_changed_changes_nothing(first: First, demo: Demo) -> None:
    """So that it takes no longer than ``serve``, whose time the bench measures."""
    assert "Making the sample desk" not in demo.log.read_text()
    assert (demo.folder / "demo.json").stat().st_mtime_ns == (first.cold / "demo.json").stat().st_mtime_ns
    assert demo.brought <= {"ticket.status", "agent.state"}  # what time itself brings


def test_it_says_where_desk_and_sandbox_are_and_both_answer(demo: Demo) -> None:
    page = requests.get(f"{demo.url}/login", timeout=20)
    assert demo.password in page.text
    assert requests.get(demo.sandbox, timeout=20).ok
    assert len(LINE.findall(demo.log.read_text())) == 1


def test_mails_to_the_desks_own_people_come_in(demo: Demo) -> None:
    """Alerts, digests and reports go to them."""
    store = demo.store()
    with store.reading() as work:
        channel = work.scalars(select(Channel).where(Channel.kind == "email")).one()
        config = channels.config_of(work, channel)
        addresses = [*work.scalars(select(Agent.email))]
    store.close()
    assert isinstance(config, EmailConfig)
    with smtplib.SMTP(config.smtp_host, config.smtp_port, timeout=20) as line:
        line.login(config.address, config.imap_password.get_secret_value())
        line.mail(config.address)
        assert {address: line.rcpt(address)[0] for address in addresses} == dict.fromkeys(addresses, 250)


def answers(sandbox: SandboxClient, kind: Any) -> list[dict[str, Any]]:
    """What left by a channel as the answer of the next test."""
    return [one for one in sandbox.accepted(kind) if one["text"].strip() == f"Risposta per {kind}"]


def test_every_channel_works_both_ways(demo: Demo) -> None:
    sandbox, store = SandboxClient(demo.sandbox), demo.store()
    chiara = {"sms": "+447700900142", "telegram": "7010000142", "messenger": "9001000000000142"}
    sandbox.email.receive("chiara@studioferrari.example", "Una prova per posta", "Prova")
    for kind, address in chiara.items():
        getattr(sandbox, kind).receive(address, f"Una prova per {kind}")

    def arrived() -> dict[str, Message] | None:
        with store.reading() as work:
            found = work.scalars(
                select(Message).where(Message.direction == Direction.IN, Message.text.startswith("Una prova"))
            ).all()
        return {one.kind: one for one in found} if len(found) == 4 else None

    messages = until("all four have arrived", arrived)
    with store.transaction() as work:
        luca = Who.of(people.by_email(work, demo.email))
        customers = {work.get_one(Ticket, one.ticket_id).customer_id for one in messages.values()}
        assert len(customers) == 1  # the sample's Chiara, known on every channel
        for one in messages.values():
            reply.reply(work, luca, one.ticket_id, text=f"Risposta per {one.kind}", channel=one.kind)
    for kind in messages:
        sent = until(f"the answer left by {kind}", partial(answers, sandbox, kind))
        assert len(sent) == 1
    sandbox.close()
    store.close()


def test_a_ticket_of_the_sample_can_be_answered_on_every_channel(demo: Demo) -> None:
    """The sandbox has heard those who wrote before it was there, so that Telegram and Messenger let us answer."""
    store = demo.store()
    with store.transaction() as work:
        luca = Who.of(people.by_email(work, demo.email))
        asked = {}
        for name, kind in (("Federica Rota", "messenger"), ("Nadia Haddad", "telegram"), ("Bruno Galli", "sms")):
            last = select(Message).where(
                Message.kind == kind, Message.from_name != "x", Message.direction == Direction.IN
            )
            rows = [one for one in work.scalars(last.order_by(Message.id.desc())) if _customer(work, one) == name]
            asked[kind] = reply.reply(work, luca, rows[0].ticket_id, text="Eccoci, di nuovo.", channel=kind)[0].id

    def left() -> bool:
        with store.reading() as work:
            states = [work.get_one(Message, one).state for one in asked.values()]
        assert Delivery.FAILED not in states
        return all(state in {Delivery.SENT, Delivery.DELIVERED, Delivery.READ} for state in states)

    until("they have left", left)
    store.close()


def _customer(work: Any, message: Message) -> str:
    customer = work.get_one(Ticket, message.ticket_id).customer
    return str(customer.name) if customer is not None else ""


def test_a_stranger_signs_in_with_what_is_shown_and_looks_around(demo: Demo, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(f"{demo.url}/login")
    page.get_by_role("button", name="Fill in for Luca Moretti").click()
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/tickets**")
    rows = page.locator("#rows .conv")
    expect(rows.nth(8)).to_be_attached()
    for words, inside in (
        ("Sito offline dopo il trasloco", "14 messaggi in coda sono stati consegnati"),
        ("Moving to the larger plan", "my shop grows"),
        ("Fattura non ricevuta", "alla mia commercialista"),
    ):
        rows.filter(has_text=words).locator("a.conv-a").click()
        page.get_by_role("log").get_by_text(inside).locator("visible=true").first.wait_for()
    thread = page.get_by_role("log")
    rows.filter(has_text="Sito offline dopo il trasloco").locator("a.conv-a").click()
    thread.get_by_text("manca anche la riga CAA").wait_for()
    for kind in ("email", "sms"):
        expect(thread.locator(f"[data-ch={kind}]").first).to_be_attached()


def test_it_starts_again_elsewhere_on_what_is_there(first: First, tmp_path: Path) -> None:
    shutil.copytree(first.cold, tmp_path / "data")
    demo = Demo(tmp_path / "data")  # on another port: the channels move with it
    store = demo.store()
    with store.reading() as work:
        tickets = len(work.scalars(select(Ticket.id)).all())
    with demo:
        sandbox = SandboxClient(demo.sandbox)
        sandbox.sms.receive("+447700900458", "Ci siete ancora?")

        def arrived() -> bool:
            with store.reading() as work:
                return work.scalar(select(Message.id).where(Message.text == "Ci siete ancora?")) is not None

        until("the message arrives at the moved desk", arrived)
        with store.reading() as work:
            assert len(work.scalars(select(Ticket.id)).all()) == tickets + 1
            config = {one.kind: one.config for one in work.scalars(select(Channel))}
        assert config["sms"]["api_base"].startswith(demo.sandbox)
        assert demo.sandbox in config["chat"]["allowed_sites"]
        store.close()
        assert demo.stop() == 0


def test_the_known_password_is_long_enough_to_be_one() -> None:
    people.password_hash(sample.PASSWORD)
