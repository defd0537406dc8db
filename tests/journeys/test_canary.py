"""The canary against a real mail server: it proves the intake, says when the proof is late, and recovers; admins are
told once each time."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select

from inbox import clock
from inbox.actions import channels, people
from inbox.actions.who import SYSTEM
from inbox.app import create_app
from inbox.reading import channels as reading
from inbox.store import Alert, Canary, Channel, Customer, Event, JournalItem, Message, Ticket
from inbox.terms import Outcome
from inbox.worker import pollers
from inbox.worker.journal import work_due
from inbox.worker.watcher import Watcher
from tests.journeys.desk import RunningDesk, until

ADMIN = "paola@casa.example"
MINUTES = dt.timedelta(minutes=1)


class Watched:
    """A desk whose watcher looks when the test says so, at the time that the test says."""

    def __init__(self, desk: RunningDesk) -> None:
        self.desk = desk
        self.channel = desk.add_channel("email", canary_minutes=15)
        self.watcher = Watcher(desk.store, "test:1")
        with desk.store.transaction() as work:  # the mail system of cirro.example knows no Luca
            people.add_agent(work, SYSTEM, email=ADMIN, name="Paola", role="admin", password="correct horse")
        self.fetch()  # the mailbox as it is
        self.start = clock.now()

    def fetch(self) -> None:
        pollers.poll_once(self.desk.store, self.channel.id)
        while work_due(self.desk.store):
            pass

    def look(self, after: float) -> None:
        """The watcher's look so many minutes after the beginning."""
        with clock.at(self.start + after * MINUTES):
            self.watcher._not_before = 0.0
            self.watcher.look()

    def facts(self, after: float) -> reading.Facts:
        with clock.at(self.start + after * MINUTES), self.desk.store.reading() as work:
            return reading.facts(work, self.channel.id)

    def alerts(self) -> list[str]:
        """The subjects of the mails to admins, in order."""
        return [one["subject"].strip() for one in self.desk.sandbox.email.accepted() if one["to"] == ADMIN]

    def outcomes(self) -> list[tuple[Outcome, str | None]]:
        with self.desk.store.reading() as work:
            rows = work.scalars(select(JournalItem).order_by(JournalItem.entry_id, JournalItem.n))
            return [(row.outcome, row.reason) for row in rows]


@pytest.fixture
def watched(desk: RunningDesk) -> Watched:
    return Watched(desk)


def test_a_probe_proves_the_intake_and_touches_nothing_else(watched: Watched) -> None:
    watched.look(0)
    assert health(watched, 0) == ("ok", False)
    watched.fetch()
    proof = watched.facts(4).proof
    assert proof is not None
    assert proof.proved_at is not None
    assert not proof.late
    assert watched.outcomes() == [(Outcome.IGNORED, "canary")]
    with watched.desk.store.reading() as work:
        for kind in (Message, Ticket, Customer):
            assert work.scalar(select(func.count()).select_from(kind)) == 0
        assert work.get_one(Channel, watched.channel.id).arrived_at is None
        assert work.scalars(select(Event).where(Event.kind.like("msg%"))).all() == []
    [mail] = watched.desk.sandbox.email.accepted(count=1)
    raw = watched.desk.sandbox.mail(mail).decode()
    assert mail["to"] == "support@cirro.example"
    assert "Auto-Submitted: auto-generated" in raw
    assert "X-Sportello-Probe: " in raw
    watched.look(5)
    assert len(watched.desk.sandbox.email.accepted()) == 1  # not due yet
    watched.look(16)
    assert len(watched.desk.sandbox.email.accepted()) == 2


def health(watched: Watched, after: float) -> tuple[str, bool]:
    facts = watched.facts(after)
    assert facts.proof is not None
    return reading.health(facts), facts.proof.late


def test_a_swallowed_probe_is_told_once_and_so_is_the_recovery(watched: Watched) -> None:
    watched.look(0)
    watched.fetch()
    watched.desk.sandbox.fault("email", "drop_callback", op="delivery", count=None, match="support@cirro.example")
    watched.look(16)
    watched.fetch()
    assert health(watched, 20) == ("ok", False)
    assert health(watched, 27) == ("warn", True)
    for after in (27, 28, 35, 50):
        watched.look(after)
    assert watched.alerts() == ["[Cirro Hosting] Email: the proof that mail comes in is late"]
    with watched.desk.store.reading() as work:
        assert [row.code for row in work.scalars(select(Alert).where(Alert.over_at.is_(None)))] == ["canary"]

    watched.desk.sandbox.clear_faults("email")
    watched.look(66)
    with clock.at(watched.start + 67 * MINUTES):
        watched.fetch()
    assert health(watched, 67) == ("ok", False)
    for after in (68, 74, 75, 80):
        watched.look(after)
    assert watched.alerts()[1:] == ["[Cirro Hosting] Over: Email: the proof that mail comes in is late"]
    mails = [one for one in watched.desk.sandbox.email.accepted() if one["to"] == ADMIN]
    assert all("Auto-Submitted: auto-generated" in watched.desk.sandbox.mail(one).decode() for one in mails)


def test_a_desk_that_stood_still_is_not_alarmed_by_its_own_silence(watched: Watched) -> None:
    watched.look(0)
    watched.fetch()
    watched.look(600)
    assert health(watched, 601) == ("ok", False)
    assert watched.alerts() == []
    watched.look(616)
    watched.look(627)
    assert watched.alerts() == ["[Cirro Hosting] Email: the proof that mail comes in is late"]


def test_a_forged_probe_is_a_mail_like_any_other(watched: Watched) -> None:
    watched.look(0)
    watched.fetch()
    [mail] = watched.desk.sandbox.email.accepted(count=1)
    genuine = watched.desk.sandbox.mail(mail).decode().partition("X-Sportello-Probe: ")[2].split()[0]
    moment, _, mark = genuine.partition("-")
    for n, token in enumerate((f"{int(moment) + 1}-{mark}", "x", f"{moment}-{'a' * 26}")):
        raw = (
            f"From: Chiara <chiara@studio.example>\r\nTo: support@cirro.example\r\nSubject: Prova {n}\r\n"
            f"Message-ID: <forged{n}@studio.example>\r\nX-Sportello-Probe: {token}\r\n\r\nBuongiorno\r\n"
        )
        watched.desk.sandbox.email.deliver(raw.encode())
    watched.fetch()
    assert [outcome for outcome, _reason in watched.outcomes()] == [Outcome.IGNORED, *[Outcome.MESSAGE] * 3]


def test_a_probe_that_bounces_is_no_ticket_and_says_why(watched: Watched) -> None:
    watched.desk.sandbox.fault("email", "error", op="delivery", code="5.2.2", match="support@cirro.example")
    watched.look(0)
    watched.fetch()
    assert watched.outcomes() == [(Outcome.IGNORED, "canary")]
    facts = watched.facts(30)
    assert facts.proof is not None
    assert facts.proof.late
    assert facts.proof.problem
    with watched.desk.store.reading() as work:
        assert work.scalar(select(func.count()).select_from(Ticket)) == 0


def test_a_mailbox_without_probes_sends_none_and_forgets_them(watched: Watched) -> None:
    watched.look(0)
    with watched.desk.store.transaction() as work:
        channel = work.get_one(Channel, watched.channel.id)
        channels.change(work, SYSTEM, channel.id, values={**channel.config, "canary_minutes": 0})
    watched.look(20)
    assert len(watched.desk.sandbox.email.accepted()) == 1
    with watched.desk.store.reading() as work:
        assert work.get(Canary, watched.channel.id) is None
    assert watched.facts(60).proof is None


def test_a_channel_that_breaks_is_told_once_by_another_way(watched: Watched) -> None:
    with watched.desk.store.transaction() as work:
        values = {**channels.find(work, "email").config, "address": "second@cirro.example", "canary_minutes": 0}
        values |= {"imap_user": "support@cirro.example", "imap_password": "sandbox-password"}
        channels.add(work, SYSTEM, kind="email", name="second", title="Second", values=values)
        people.add_agent(work, SYSTEM, email="anna@casa.example", name="Anna", role="admin", password="correct horse")
        channels.broken(work, work.get_one(Channel, watched.channel.id), "login", "the password is wrong")
    for after in (1, 2, 3):
        watched.look(after)
    told = [one for one in watched.desk.sandbox.email.accepted() if "cannot sign in" in one["subject"]]
    assert sorted(one["to"] for one in told) == ["anna@casa.example", ADMIN]
    assert {one["from"] for one in told} == {"second@cirro.example"}
    assert "the password is wrong" in told[0]["text"]
    with watched.desk.store.transaction() as work:
        channels.recovered(work, work.get_one(Channel, watched.channel.id))
    watched.look(4)
    with watched.desk.store.transaction() as work:  # it comes back at once: nobody hears of it
        channels.broken(work, work.get_one(Channel, watched.channel.id), "login", "the password is wrong")
    watched.look(5)
    with watched.desk.store.transaction() as work:
        channels.recovered(work, work.get_one(Channel, watched.channel.id))
    for after in (6, 12, 13):
        watched.look(after)
    again = [one["subject"].strip() for one in watched.desk.sandbox.email.accepted() if one["to"] == ADMIN]
    assert again == ["[Cirro Hosting] Email cannot sign in", "[Cirro Hosting] Over: Email cannot sign in"]


def test_a_desk_is_ready_when_a_worker_is_heard(desk: RunningDesk) -> None:
    app, _socketio = create_app(desk.settings)
    web = app.test_client()
    first = web.get("/readyz")
    assert (first.status_code, first.text) == (503, "worker: none was ever heard\n")
    worker = desk.role("worker")
    try:
        until("a worker is heard", lambda: web.get("/readyz").status_code == 200)
    finally:
        worker.terminate()
        worker.wait(20)
    figures = web.get("/metrics")
    assert figures.status_code == 200
    assert "sportello_worker_heartbeat_age_seconds" in figures.text
    app.extensions["sportello"].close()
