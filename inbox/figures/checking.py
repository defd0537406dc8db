"""Proving that the figures that are kept are those of the log: some facts from the log alone, or everything anew."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from inbox.figures import keeper
from inbox.figures.comparing import unequal
from inbox.figures.facts import StoredFacts
from inbox.figures.kept import cases_of, verdicts_as_json, work_as_text
from inbox.figures.pages import StoredPages
from inbox.figures.rolls import StoredRolls
from inbox.metrics.agents import days_of
from inbox.metrics.book import Book
from inbox.metrics.config import Config
from inbox.metrics.facts import CaseFact
from inbox.metrics.packing import unpacked
from inbox.metrics.rollup import DATED, month_of_day, week_of_day
from inbox.metrics.settling import settle
from inbox.metrics.sheets import NEVER
from inbox.metrics.state import DEFINITION
from inbox.metrics.storage import Place, RollsInMemory, RollsToRead
from inbox.metrics.times import Days
from inbox.store import Event, FigureState, Store
from inbox.store.figures import FigureCell, FigureFamily

__all__ = ["SAMPLE", "check_all", "check_some"]

SAMPLE = 200  # cases of a nightly check
LARGE = 100_000  # events at once where nobody waits for the database: some 0.8 GB


def check_some(store: Store, n: int, chance: random.Random) -> tuple[int, list[str]]:
    """Compute the facts of some families from the log alone, and the cells of one month from what is filed under it:
    (how many families were looked at, what differs)."""
    with store.reading() as work:
        keeper.snapshot(work)
        state = keeper.current(work)
        if state is None:
            return 0, []
        line = work.connection()
        names = select(FigureFamily.name).where(FigureFamily.generation == state.generation)
        told = select(Event.ticket_id, Event.data["ticket"].as_string()).where(
            Event.kind == "ticket.created", Event.seq <= state.seq
        )
        stored = set(line.execute(names).scalars())
        known = stored.union(str(number or name) for number, name in line.execute(told))  # a lost family is not stored
        chosen = chance.sample(sorted(known), min(n, len(known)))
        pages = StoredPages(line, state.generation, state.seq)
        pages.prepare(chosen)
        config, whole = Config.of(state.raw), state.definition == DEFINITION
        found_of = {name: pages.family(name) for name in chosen}
        families = {kept.name if kept else name: None for name, kept in found_of.items() if kept or name in stored}
        found = [sentence for name in families for sentence in _differences(pages, config, name, whole=whole)]
        if whole:
            found += _cells(line, state, config, chance)
    return len(families), found


def _cells(line: Connection, state: FigureState, config: Config, chance: random.Random) -> Iterator[str]:
    """Whether the cells of a month, its weeks and its days are the sums of what is filed under these days."""
    facts, rolls = StoredFacts(line, state.generation), StoredRolls(line, state.generation)
    reach = facts.reach()
    if reach is None:
        return
    some = dt.date.fromordinal(chance.randint(*reach)).replace(day=1)
    first, end = some.toordinal(), (some + dt.timedelta(days=31)).replace(day=1).toordinal()
    summed = RollsInMemory()
    for day in range(first, end):  # a day at a time: a month of a large desk is too much at once
        keeper.sum_days(facts, day, day + 1, summed, Days(config.zone), state.last_rec)
    month = month_of_day(first)
    whole = {"day": (first, end), "week": (week_of_day(first + 6), week_of_day(end)), "month": (month, month + 1)}
    for unit, (low, high) in whole.items():
        for grain in DATED:
            stored, wanted = (_within(one, unit, grain, low, high) for one in (rolls, summed))
            for place in sorted(stored.keys() | wanted.keys()):
                if stored.get(place) != wanted.get(place):
                    yield f"the cell {' '.join(map(str, place))} is not the sum of its facts"


def _within(rolls: RollsToRead, unit: str, grain: str, low: int, high: int) -> dict[Place, Any]:
    cells = rolls.cells(unit, grain, low, high)
    return {place: (dict(cell.plain), dict(cell.due), unpacked(cell.times)) for place, cell in cells}


def _differences(pages: StoredPages, config: Config, name: str, *, whole: bool) -> Iterator[str]:
    """Sentences; not ``whole`` where an earlier version kept less of a case."""
    kept = pages.family(name)
    if kept is None:
        yield f"{name}: nothing of it is in the log"
        return
    book = _alone(pages, config, name)
    record = book.record_of(kept.tickets[0])
    mine = {case: [sorted(windows), back] for case, (windows, back, _) in verdicts_as_json(record.facts).items()}
    for case, (windows, back) in kept.verdicts.items():
        told = [sorted([w, v.kind, v.success, v.why] for w, v in windows.items()), back]
        if mine.pop(case, None) != told:
            yield f"case {case}: its verdicts differ from those by the log"
    yield from (f"case {case} is not among the facts that are kept" for case in mine)
    if whole:
        yield from _unlike(pages, record.facts, name)
    own = {item.id: work_as_text(item, atoms) for item, atoms in kept.work}
    for id in (*record.legs, *(f"session {session}" for session in record.sessions)):
        if own.pop(id, "") != work_as_text(book.items[id], book.atoms.get(id, ())):
            yield f"{id} on {name}: its time differs from that by the log"
    yield from (f"{id} on {name} is not in the log" for id in own)


def _unlike(pages: StoredPages, facts: Iterable[CaseFact], name: str) -> Iterator[str]:
    """What the verdicts of other cases are judged by, as far as it is not what the log says of these."""
    told = cases_of(orjson.loads(orjson.dumps(verdicts_as_json(facts))))
    mine = {one.neighbour.id: one.neighbour for one in told}
    for customer in {one.customer: None for one in mine.values() if one.customer is not None}:
        for family, cases in pages.near(customer):
            for one in cases if family == name else ():
                if mine.pop(one.neighbour.id, one.neighbour) != one.neighbour:
                    yield f"case {one.neighbour.id}: what is kept of it for other cases differs from the log"


def _alone(pages: StoredPages, config: Config, name: str) -> Book:
    """A book of one family and of all that its facts depend on: its customers' cases, its agents' other work."""
    near = {name: None}
    days = Days(config.zone)
    kept = pages.family(name)
    for event in kept.events if kept is not None else ():
        if (customer := event.body.get("customer")) is not None:
            near |= dict.fromkeys(_of_people(pages, config, customer))
    touched = {
        (item.agent, day)
        for family in list(near)
        for item, _ in getattr(pages.family(family), "work", ())
        for day in days_of(item, days)
    }
    for agent, day in sorted(touched):
        near |= {item.ticket: None for item, _ in pages.agent_day(agent, day)}
    pages.prepare(near)
    events = {event.id: event for event in pages.standing(config).events}
    for ticket in near:
        events |= {event.id: event for event in getattr(pages.family(ticket), "events", ())}
    book = Book(config)
    book.take(sorted(events.values(), key=lambda event: event.seq))
    settle(book, NEVER)
    return book


def _of_people(pages: StoredPages, config: Config, customer: str) -> Iterator[str]:
    people = pages.standing(config).people
    for name in people.names(people.root(customer)):
        yield from pages.of_customer(name)


def check_all(store: Store, config: Config) -> tuple[int, list[str]]:
    """Build everything anew beside what is kept and compare row by row: (how many cells, what differs)."""
    keeper.catch_up(store, config)
    with store.reading() as work:
        now = keeper.current(work)
        known = [state.generation for state in keeper.states(work)]
    if now is None:
        return 0, []
    keeper.begin(store, config, keeper.CHECK, known)
    while keeper.advance_check(store, config, LARGE):
        pass
    with store.reading() as work:
        keeper.snapshot(work)
        line = work.connection()
        shadow = work.scalar(select(FigureState.generation).where(FigureState.why == keeper.CHECK))
        count = line.execute(select(func.count()).where(FigureCell.generation == shadow)).scalar() or 0
        found = list(unequal(line, now.generation, shadow or 0, now.last_rec))
    keeper.drop(store, shadow or 0)
    return count, found
