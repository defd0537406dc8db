"""Taking the sample away leaves nothing of it, and everything that is real."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from connectors.base import Request
from inbox import search
from inbox.actions import channels, costs, journal, people, reply, sample, tickets, words
from inbox.actions.setup import FirstDesk, create
from inbox.actions.who import SYSTEM, Who
from inbox.errors import Conflict, Forbidden
from inbox.reading.views import lists
from inbox.reading.views.shown import Asked
from inbox.store import Agent, Audit, Base, Canned, Channel, Customer, Event, Setting, Store, Team, Ticket
from inbox.terms import Role
from inbox.worker.journal import work_due
from tests.demo.conftest import SampleDesk, copied, opened
from tests.servers.databases import KINDS
from tests.servers.postgresql import PostgreSQL

PASSWORD = "correct horse battery"
#: What the desk itself writes about the sample's coming and going.
OWN_EVENTS = {"sample.removed"}
OWN_AUDIT = {"demo.added", "demo.removed"}

Dump = dict[str, set[tuple[Any, ...]]]


def dump(store: Store) -> Dump:
    """Every row of every table, but for what is written about the sample's coming and going."""
    with store.reading() as work:
        found: Dump = {}
        for name, table in Base.metadata.tables.items():
            found[name] = {tuple(map(str, row)) for row in work.execute(table.select())}
        found["search_messages"] = {tuple(map(str, row)) for row in work.execute(text("SELECT * FROM search_messages"))}
        own = {str(one.seq) for one in work.scalars(select(Event)) if one.kind in OWN_EVENTS}
        found["events"] = {row for row in found["events"] if row[0] not in own}
        ours = {
            str(one.id)
            for one in work.scalars(select(Audit))
            if one.what in OWN_AUDIT or "desk.sample" in str(one.detail)
        }
        found["audit"] = {row for row in found["audit"] if row[0] not in ours}
        found["settings"] = {row for row in found["settings"] if row[0] != "desk.sample"}
    return found


def files(store: Store) -> set[str]:
    return {path.name for path in store.settings.files.rglob("*") if path.is_file()}


MAIL = b"""From: Rosa Verdi <rosa@verdi.example>\r
To: help@bottega.example\r
Subject: La mia lampada\r
Message-ID: <%d@verdi.example>\r
Content-Type: text/plain; charset=utf-8\r
\r
La lampada acquistata ieri non si accende.\r
"""


class RealDesk:
    """A desk with an admin, an agent, a mailbox and a ticket with a file in it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.number = 0
        with store.transaction() as work:
            first = FirstDesk("Bottega Rossi", "it", "Europe/Rome", "Anna Rossi", "anna@bottega.example", PASSWORD)
            self.anna = Who.of(create(work, first))
            people.add_agent(work, self.anna, email="marta@bottega.example", name="Marta Blu", password=PASSWORD)
            mailbox = {"address": "help@bottega.example", "smtp_host": "127.0.0.1", "smtp_security": "plain"}
            self.mailbox = channels.add(work, self.anna, kind="email", name="mail", values=mailbox).id
            words.add_canned(work, self.anna, name="orari", text="Siamo aperti dalle 9 alle 19.")
            words.add_canned(work, self.anna, name="fattura", text="La nostra.")  # the sample has one of that name
            costs.rate(work, self.anna, per_hour="31", start=work.get_one(Channel, self.mailbox).created_at.date())
        self.ticket = self.arrives()
        with store.transaction() as work:
            picture = reply.Upload("lampada.png", "image/png", b"\x89PNG\r\n\x1a\n real")
            reply.reply(work, self.anna, self.ticket, text="Ci mandi una foto, per favore.", files=[picture])

    def arrives(self) -> int:
        """A mail of a real customer; gives its ticket."""
        self.number += 1
        with self.store.transaction() as work:
            channel = work.get_one(Channel, self.mailbox)
            entry = journal.keep(work, channel, Request("PIPE", "pipe:", [], MAIL % self.number)).id
        assert work_due(self.store) == 1
        with self.store.reading() as work:
            found = work.scalar(select(func.max(Ticket.id)))
        assert found is not None
        assert entry
        return int(found)


@dataclass
class Mixed:
    """A real desk that took the sample in, to copy: what it was before, and how many tickets came."""

    real: RealDesk
    database: str
    folder: Path
    before: Dump
    on_disk: set[str]
    added: int


@pytest.fixture(scope="module", params=KINDS)
def mixed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mixed]:
    """Filled once on each kind of database."""
    folder = tmp_path_factory.mktemp("mixed")
    name, url, server = "", "", None
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), folder / "sportello.db")
    else:
        server = _postgresql(request)
        name = server.create(request.getfixturevalue("postgresql_template"))
        url = server.url(name)
    real = RealDesk(opened(url, folder).store)
    before, on_disk = dump(real.store), files(real.store)
    with real.store.transaction() as work:
        added = sample.fill(work, real.anna)
    real.store.close()
    yield Mixed(real, name, folder, before, on_disk, added)
    if server is not None:
        server.drop(name)


def _postgresql(request: pytest.FixtureRequest) -> PostgreSQL:
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server


@pytest.fixture
def real(mixed: Mixed, data_dir: Path, request: pytest.FixtureRequest) -> Iterator[RealDesk]:
    """A copy of the real desk with the sample in it."""
    copied(mixed.folder, data_dir)
    name, url, server = "", "", None
    if mixed.database:
        server = _postgresql(request)
        name = server.create(mixed.database)
        url = server.url(name)
    desk = copy(mixed.real)
    desk.store = opened(url, data_dir).store
    yield desk
    desk.store.close()
    if server is not None:
        server.drop(name)


def test_a_real_desk_is_after_it_what_it_was_before(mixed: Mixed, real: RealDesk) -> None:
    before, on_disk = mixed.before, mixed.on_disk
    assert len(files(real.store)) > len(on_disk)
    with real.store.transaction() as work:
        assert sample.remove(work, real.anna) == mixed.added
    after = dump(real.store)
    for name in before:
        assert after[name] == before[name], name
    assert files(real.store) == on_disk


def test_a_demo_desk_keeps_its_admin_its_settings_and_nothing_else(desk: SampleDesk) -> None:
    luca = desk.luca
    with desk.store.transaction() as work:
        sample.remove(work, luca)
    left = dump(desk.store)
    assert {name for name, found in left.items() if found} == {
        *("agents", "audit", "memberships", "reasons", "settings", "teams")
    }
    assert files(desk.store) == set()
    with desk.store.transaction() as work:
        [agent] = work.scalars(select(Agent)).all()
        assert (agent.id, agent.role, agent.active, agent.sample) == (luca.id, Role.ADMIN, True, False)
        assert work.get(Setting, "sample.contents") is None
        assert sample.sign_ins(work) == []
        assert [one.name for one in work.scalars(select(Team))] == ["Assistenza"]
        assert people.sign_in(work, "luca@cirro.example", sample.PASSWORD)
        if desk.store.is_sqlite:  # both were filled from nothing before
            assert sample.fill(work, luca) > 40


def test_what_was_played_later_goes_too(desk: SampleDesk) -> None:
    """New arrivals on the sample's channels, answers and notes of its people, a changed price of its channel."""
    with desk.store.transaction() as work:
        sms = work.scalars(select(Channel).where(Channel.kind == "sms")).one()
        body = b"MessageSid=SM" + b"7" * 32 + b"&From=%2B447700900999&To=%2B12025550142&Body=Nuovo"
        journal.keep(work, sms, Request("POST", "http://127.0.0.1/", [], body))
    assert work_due(desk.store) == 1
    with desk.store.transaction() as work:
        number = work.scalar(select(func.max(Ticket.id))) or 0
        reply.reply(work, desk.luca, number, text="Eccoci.")
        people.set_state(work, desk.luca.id or "", "online")
        channels.broken(work, sms, "login", "no")
    with desk.store.transaction() as work:
        sample.remove(work, desk.luca)
    left = dump(desk.store)
    assert not left["tickets"] | left["messages"] | left["journal"] | left["customers"] | left["channels"]
    assert not left["search_messages"]
    assert {row[4] for row in left["events"]} <= {"agent.state"}  # of the one who stays, and no part of the sample


def test_the_logs_numbers_go_on_where_they_were(desk: SampleDesk) -> None:
    """Browsers and announcers hold the last number they saw: one that came again would never be told."""
    end = desk.store.last_seq()
    with desk.store.transaction() as work:
        sample.remove(work, desk.luca)
    with desk.store.transaction() as work:
        line = work.append("channel.checked", channel_id="0")
    assert line.seq > end
    with desk.store.reading() as work:
        assert [one.kind for one in work.scalars(select(Event).order_by(Event.seq))] == [
            "sample.removed",
            "channel.checked",
        ]


def test_what_real_tickets_held_of_the_sample_is_let_go(real: RealDesk) -> None:
    with real.store.transaction() as work:
        davide = people.by_email(work, "davide@cirro.example")
        team = work.scalars(select(Team).where(Team.name == "Amministrazione")).one()
        tickets.assign(work, real.anna, real.ticket, agent=davide.id, team=team.id)
        channels.change(work, real.anna, real.mailbox, team=team.id)
        work.get_one(Ticket, real.ticket).linked_to = work.scalar(
            select(func.min(Ticket.id)).join(Channel, Channel.id == Ticket.channel_id).where(Channel.sample)
        )
    with real.store.transaction() as work:
        sample.remove(work, real.anna)
    with real.store.reading() as work:
        ticket = work.get_one(Ticket, real.ticket)
        assert (ticket.assignee_id, ticket.team_id, ticket.linked_to) == (None, None, None)
        assert work.get_one(Channel, real.mailbox).team_id is None
        assert work.scalars(select(Agent.name).order_by(Agent.name)).all() == ["Anna Rossi", "Marta Blu"]
        assert search.find(work, search.asked("lampada"), limit=1)
        shown = lists.inbox(work, real.anna, Asked())
        assert [row.id for row in shown.rows] == [real.ticket]


def test_one_of_the_sample_who_answered_a_real_ticket_stays_without_a_way_in(real: RealDesk) -> None:
    with real.store.transaction() as work:
        giulia = people.by_email(work, "giulia@cirro.example")
        people.change_agent(work, real.anna, giulia.id, password=sample.PASSWORD)
        people.sign_in(work, giulia.email, sample.PASSWORD)
        reply.note(work, Who.of(giulia), real.ticket, text="Ho sentito il fornitore.")
    with real.store.transaction() as work:
        sample.remove(work, real.anna)
    with real.store.transaction() as work:
        kept = work.get_one(Agent, giulia.id)
        assert (kept.name, kept.active, kept.sample, kept.password) == ("Giulia Ferri", False, False, "")
        with pytest.raises(Forbidden):
            people.sign_in(work, giulia.email, sample.PASSWORD)
        assert work.scalar(select(func.count()).select_from(Agent)) == 3


def test_a_customer_of_the_sample_with_a_real_ticket_stays_as_a_real_one(real: RealDesk) -> None:
    with real.store.transaction() as work:
        chiara = work.scalars(select(Customer).where(Customer.name == "Chiara Ferrari")).one()
        work.get_one(Ticket, real.ticket).customer_id = chiara.id
    with real.store.transaction() as work:
        sample.remove(work, real.anna)
    with real.store.reading() as work:
        kept = work.get_one(Customer, chiara.id)
        assert kept.sample is False
        assert len(kept.identities) == 4


def test_what_the_desk_had_of_its_own_is_used_and_left(real: RealDesk) -> None:
    """A canned reply, a reason, a rate of the same name are the desk's: neither overwritten nor taken away."""
    with real.store.reading() as work:
        rates = work.scalars(select(Event).where(Event.kind == "cost.rate")).all()
        assert [line.data["per_hour"] for line in rates if line.data["agent"] is None] == ["31"]
    with real.store.transaction() as work:
        sample.remove(work, real.anna)
    with real.store.reading() as work:
        assert dict(work.execute(select(Canned.name, Canned.text)).all()) == {
            "fattura": "La nostra.",
            "orari": "Siamo aperti dalle 9 alle 19.",
        }


def test_without_a_sandbox_nothing_of_it_can_leave_or_come_in(real: RealDesk) -> None:
    with real.store.reading() as work:
        ours = work.scalars(select(Channel).where(Channel.sample)).all()
        assert {one.kind for one in ours if one.enabled} == {"chat"}
        for one in ours:
            shown = {**one.config, **real.store.seal.open(one.secrets)}
            hosts = [str(value) for name, value in shown.items() if value and name.endswith(("_host", "api_base"))]
            assert all(host.removeprefix("http://").startswith("127.0.0.1") for host in hosts), one.kind
        people_of = work.scalars(select(Agent).where(Agent.sample)).all()
        assert len(people_of) == 4
        assert all(one.password == "" and one.state == "offline" for one in people_of)
        assert sample.sign_ins(work) == []


def test_only_an_admin_and_only_once(desk: SampleDesk) -> None:
    with desk.store.reading() as work:
        giulia = Who.of(people.by_email(work, "giulia@cirro.example"))
    with pytest.raises(Forbidden), desk.store.transaction() as work:
        sample.remove(work, giulia)
    with desk.store.transaction() as work:
        sample.remove(work, desk.luca)
    with pytest.raises(Conflict, match="no sample"), desk.store.transaction() as work:
        sample.remove(work, desk.luca)


def test_the_known_password_is_shown_only_while_it_is_theirs(desk: SampleDesk) -> None:
    with desk.store.transaction() as work:
        assert [one.email for one in sample.sign_ins(work)] == [
            *("luca@cirro.example", "giulia@cirro.example", "davide@cirro.example", "sara@cirro.example")
        ]
        people.change_agent(work, SYSTEM, people.by_email(work, "sara@cirro.example").id, password="another one 123")
        assert "sara@cirro.example" not in [one.email for one in sample.sign_ins(work)]


def test_a_failed_removal_removes_nothing(desk: SampleDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    before, on_disk = dump(desk.store), files(desk.store)

    def fail(*_args: Any, **_more: Any) -> None:
        raise RuntimeError("the line broke")

    monkeypatch.setattr("inbox.actions.sample.removal.desk.audit", fail)
    with pytest.raises(RuntimeError), desk.store.transaction() as work:
        sample.remove(work, desk.luca)
    assert dump(desk.store) == before
    assert files(desk.store) == on_disk
