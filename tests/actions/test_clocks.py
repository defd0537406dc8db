"""The clock that a ticket shows is what the engine computes from the whole log: for random histories on both databases,
whatever was promised and however it changed under way."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

import pytest

from inbox import clock
from inbox.actions import clocks, people, promises, reply, splitting, tickets, undo
from inbox.actions.merging import merge
from inbox.actions.who import SYSTEM
from inbox.errors import Problem
from inbox.live.pushes import plan
from inbox.metrics import book_of
from inbox.metrics.sla import running
from inbox.reading.figures import lines
from inbox.store import Event, Message, Store, Ticket, Work
from inbox.terms import Direction
from tests.actions.conftest import SmallDesk

HOURS = {"mon": "9-13, 14-18", "tue": "9-13, 14-18", "wed": "22:00-06:00", "thu": "00:00-24:00", "sat": "10-12"}


def promise(desk: SmallDesk, team: str) -> None:
    """A shift past midnight for the team, Italian holidays for a channel, targets for some."""
    with desk.store.transaction() as work:
        for name, places in {"default": {}, "nights": {"teams": [team]}, "mails": {"channels": [desk.mail]}}.items():
            week = HOURS if name == "nights" else dict.fromkeys(promises.DAYS, "08:00-20:00")
            values = {"name": name, "week": week, "italy": name == "mails", "patron": "Milano", **places}
            promises.save_calendar(work, SYSTEM, name, values)
        quick = {"first": {"urgent": 900, "high": 3600}, "resolve": {"urgent": 7200}, "next": {"urgent": 600}}
        promises.save_targets(work, SYSTEM, f"channel:{desk.sms}", quick)
        promises.save_targets(work, SYSTEM, f"team:{team}", {"first": dict.fromkeys(promises.TARGETS["first"], 5400)})


def engine(store: Store) -> dict[int, tuple[str, dt.datetime] | None]:
    """Root ticket → the name and instant of the clock that is due first, from the whole log as reports read it."""
    with store.reading() as work:
        rules = promises.rules(work)
        book = book_of(lines(work), int(clock.now().timestamp() * 1000), rules.config)
    found: dict[int, tuple[str, dt.datetime] | None] = {}
    for fact in book.facts():
        due = [one for one in running(fact.case, rules.config, book.context.hours) if one.due is not None]
        first = min(due, key=lambda one: one.due or 0, default=None)
        at = dt.datetime.fromtimestamp((first.due or 0) / 1000, dt.UTC) if first is not None else None
        found[int(fact.case.root)] = (first.name, at) if first is not None and at is not None else None
        for name, settled in (("first", fact.frt), ("resolve", fact.ttr)):  # M8 itself says the same of what runs
            for one in (one for one in due if one.name == name):
                assert settled is not None
                assert (settled.outcome, settled.at) == ("breached", one.due)
    return found


def kept(store: Store) -> dict[int, tuple[str, dt.datetime] | None]:
    """The same as the tickets have it."""
    with store.reading() as work:
        rows = work.query(Ticket).filter(Ticket.merged_into.is_(None)).all()
        return {one.id: (one.due_clock, one.due_at) if one.due_at is not None else None for one in rows}


def steps(desk: SmallDesk, team: str, dice: random.Random) -> dict[str, Callable[[Work, int], object]]:
    """What may happen to a ticket."""
    who = desk.who(desk.giulia)

    def messages(work: Work, number: int) -> list[int]:
        rows = work.query(Message).filter(Message.ticket_id == number, Message.direction != Direction.NOTE)
        return [row.id for row in rows]

    def other(work: Work, number: int) -> int:
        return dice.choice([row.id for row in work.query(Ticket)])

    def take_back(work: Work, number: int) -> object:
        rows = work.query(Event).filter(Event.ticket_id == number, Event.actor_kind == "agent").all()
        return undo.undo(work, who, dice.choice(rows).id) if rows else None

    return {
        "answer": lambda work, n: reply.reply(
            work, who, n, text="Ecco", then=dice.choice([None, "resolve", "pending"])
        ),
        "status": lambda work, n: tickets.set_status(work, who, n, dice.choice(["open", "pending", "resolved"])),
        "hurry": lambda work, n: tickets.prioritise(work, who, n, dice.choice(["low", "normal", "high", "urgent"])),
        "transfer": lambda work, n: tickets.assign(work, who, n, team=dice.choice([team, None])),
        "merge": lambda work, n: merge(work, who, n, other(work, n)),
        "split": lambda work, n: splitting.split(work, who, n, messages(work, n)[-1:]),
        "move": lambda work, n: splitting.move(work, who, n, messages(work, n)[-1:], other(work, n)),
        "undo": take_back,
    }


@pytest.mark.parametrize("seed", range(4))
def test_what_a_ticket_shows_is_what_the_engine_computes(
    desk: SmallDesk, later: Callable[[dt.timedelta], None], seed: int
) -> None:
    dice = random.Random(seed)
    with desk.store.transaction() as work:
        team = people.add_team(work, SYSTEM, "Nights", members=[desk.giulia]).id
    if seed:
        promise(desk, team)
    acts = steps(desk, team, dice)
    for _ in range(28):
        later(dt.timedelta(minutes=dice.choice([1, 7, 45, 200, 900, 4000])))
        if dice.random() < 0.35:
            sender = f"+4477009001{dice.randrange(3):02}"
            mail = dice.random() < 0.4
            desk.take(desk.letter() if mail else desk.text(sender=sender), desk.mail if mail else desk.sms)
            continue
        try:
            with desk.store.transaction() as work:
                numbers = [row.id for row in work.query(Ticket)]
                if numbers:
                    acts[dice.choice(list(acts))](work, dice.choice(numbers))
        except Problem:
            continue
    found = kept(desk.store)
    assert len(found) > 1
    assert found == {number: engine(desk.store).get(number) for number in found}


def test_a_clock_is_told_once_soon_and_once_late(desk: SmallDesk, later: Callable[[dt.timedelta], None]) -> None:
    with desk.store.transaction() as work:
        week = dict.fromkeys(promises.DAYS, "00:00-24:00")
        promises.save_calendar(work, SYSTEM, "default", {"week": week})
    number = desk.take(desk.text()).ticket or 0

    def told() -> list[str]:
        with desk.store.transaction() as work:
            clocks.tell_due(work)
        with desk.store.reading() as work:
            return [row.kind for row in work.query(Event).filter(Event.kind.like("sla.%")).order_by(Event.seq)]

    assert told() == []
    later(dt.timedelta(hours=3, minutes=1))
    assert told() == told() == ["sla.soon"]
    later(dt.timedelta(hours=1))
    assert told() == told() == ["sla.soon", "sla.late"]
    with desk.store.transaction() as work:
        reply.reply(work, desk.who(desk.giulia), number, text="Eccomi")
    with desk.store.reading() as work:
        ticket = work.get_one(Ticket, number)
        assert (ticket.due_clock, ticket.due_told) == ("resolve", "")


def test_other_hours_move_the_clocks_of_open_tickets(desk: SmallDesk) -> None:
    number = desk.take(desk.text()).ticket or 0
    with desk.store.transaction() as work:
        promises.save_calendar(work, SYSTEM, "default", {"week": {"sun": "10:00-10:30"}})
    with desk.store.transaction() as work:
        assert clocks.waiting(work)
        assert clocks.refresh_stale(work) == 1
    with desk.store.transaction() as work:
        assert not clocks.waiting(work)
        assert clocks.refresh_stale(work) == 0
        due = work.get_one(Ticket, number).due_at
    assert due is not None
    assert due - clock.now() > dt.timedelta(days=40)


@pytest.mark.parametrize(
    ("typed", "kept_as"),
    [
        ("9-13, 14.30-18:00", ["09:00-13:00", "14:30-18:00"]),
        ("", []),
        ("22:00–06:00", ["22:00-06:00"]),
        ("0-24", ["00:00-24:00"]),
        ("9-13; 12-18", None),
        ("morning", None),
        ("25:00-26:00", None),
    ],
)
def test_hours_are_read_as_people_write_them(typed: str, kept_as: list[str] | None) -> None:
    if kept_as is None:
        with pytest.raises(Problem, match="hours"):
            promises.spans(typed)
    else:
        assert promises.spans(typed) == kept_as


def test_whoever_has_the_ticket_and_the_supervisors_are_told(
    desk: SmallDesk, later: Callable[[dt.timedelta], None]
) -> None:
    with desk.store.transaction() as work:
        week = dict.fromkeys(promises.DAYS, "00:00-24:00")
        promises.save_calendar(work, SYSTEM, "default", {"week": week})
    number = desk.take(desk.text()).ticket or 0
    with desk.store.transaction() as work:
        tickets.assign(work, SYSTEM, number, agent=desk.giulia)
    later(dt.timedelta(hours=4, minutes=1))
    with desk.store.transaction() as work:
        assert clocks.waiting(work)
        assert clocks.tell_due(work) == 1
        assert not clocks.waiting(work)

    def rooms() -> dict[str, dict[int, str]]:
        with desk.store.reading() as work:
            lines = work.query(Event).filter(Event.kind == "sla.late").all()
            return {room: push.alerts for room, push in plan(work, lines).items() if push.alerts}

    told = {number: "late"}
    assert rooms() == {f"agent:{desk.giulia}": told, f"agent:{desk.admin}": told}
    with desk.store.transaction() as work:
        reply.reply(work, desk.who(desk.giulia), number, text="Eccomi")
    assert rooms() == {}  # an announcer that comes late tells nobody of what is over
