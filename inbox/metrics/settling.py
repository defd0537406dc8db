"""Settling the book: the dirty sets of table 7.2, in the order in which facts depend on one another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from inbox.metrics.actions import unseen
from inbox.metrics.agents import AgentTime, days_of
from inbox.metrics.attribution import price_sheet, survey_sheet
from inbox.metrics.book import Book, Dirty
from inbox.metrics.fcr import Judged, Near, Neighbour, came_back, judge, related
from inbox.metrics.log import Event
from inbox.metrics.loyalty import Cover, contracts_of
from inbox.metrics.money import Exchange, Price, Wages, own_event, price_of
from inbox.metrics.people import People
from inbox.metrics.records import Record
from inbox.metrics.social import mention_sheet, post_sheet
from inbox.metrics.surveys import Survey, surveys_of
from inbox.metrics.times import DAY
from inbox.metrics.work import WorkItem, adjust, legs_of, session_of

__all__ = ["settle"]

_MANY = 16  # states of one agent at once: better sorted anew

Moved = dict[str, list[WorkItem]]  # agent -> items that came, went or changed


def settle(book: Book, now: int) -> Dirty:
    """Bring every fact up to what the log says, seen at an instant that is not before its last record.

    Returns what had to be computed anew.
    """
    dirty = book.dirty
    _unfinished(book, dirty, now)
    _people(book, dirty)
    _contracts(book, dirty)
    moved: Moved = {}
    _families(book, dirty, moved)
    _sessions(book, dirty, moved)
    _wages(book, dirty)
    _shifts(book, dirty)
    _share(book, dirty, moved)
    _prices(book, dirty)
    _surveys(book, dirty)
    _verdicts(book, dirty)
    _sheets(book, dirty)
    _agent_days(book, dirty)
    _social(book, dirty)
    book.dirty = Dirty()
    return dirty


def _unfinished(book: Book, dirty: Dirty, now: int) -> None:
    """Time passed for what had not ended: sessions and legs cover more of it now, or less at an earlier instant."""
    least = min(book.now, now)
    if book.now != now:
        for (kind, name), until in list(book.unfinished.items()):
            if until > least:
                (dirty.sessions if kind == "session" else dirty.families)[name] = None
    book.now = now


def _people(book: Book, dirty: Dirty) -> None:
    """Identities were merged, or a merge was undone: the cases of everybody concerned are looked at anew."""
    if dirty.people:
        before = book.people
        book.people = People(book.living.drawer("people"))
        for name in before.everybody() | book.people.everybody():
            if before.root(name) != book.people.root(name):
                dirty.customers |= {name: None, before.root(name): None, book.people.root(name): None}


def _contracts(book: Book, dirty: Dirty) -> None:
    """Contracts came or went: what their customers said counts for the silence link now, or no more."""
    if not dirty.contracts:
        return
    book.cover = Cover(contracts_of(book.living.drawer("contracts"), book.context.config), book.people.root)
    covered = {name for customer in book.cover.customers() for name in book.people.names(customer)}
    for name in covered ^ book.context.covered:
        dirty.sheets |= dict.fromkeys(book.of_customer(name))
    book.context.covered = covered


def _families(book: Book, dirty: Dirty, moved: Moved) -> None:
    for name in dirty.families:
        record = book.records[name]
        was = record.customers()
        record.read(book.events_of(record), book.context)
        customers = record.customers()
        for customer in was - customers:
            book.by_customer[customer].pop(name, None)
        for customer in customers:
            book.by_customer.setdefault(customer, {})[name] = None
        dirty.customers |= dict.fromkeys([*was, *customers])
        dirty.sheets[name] = None
        _legs(book, record, dirty, moved)
        for session in record.sessions:
            if session not in dirty.sessions:
                _again(book, record, f"session {session}", dirty, moved)


def _legs(book: Book, record: Record, dirty: Dirty, moved: Moved) -> None:
    """The legs of the family's calls, and its sessions in the light of what was done."""
    config = book.context.config
    items = [leg for call in record.family.calls.values() for leg in legs_of(call, config, book.now)]
    gone = record.legs.keys() - {item.id for item in items}
    for id in gone:
        _replace(book, id, None, dirty, moved)
    record.legs = {item.id: None for item in items}
    book.unfinished.pop(("ticket", record.name), None)
    for item in items:
        if item.until > book.now:
            book.unfinished["ticket", record.name] = max(item.until, book.unfinished.get(("ticket", record.name), 0))
        item.nature, item.last_reply = _nature(book, record, item)
        _replace(book, item.id, item, dirty, moved)


def _nature(book: Book, record: Record, item: WorkItem) -> tuple[str, int | None]:
    config = book.context.config
    return (unseen(item, config), None) if record.actions is None else record.actions.nature_of(item, config)


def _again(book: Book, record: Record, id: str, dirty: Dirty, moved: Moved) -> None:
    """Look again at what a session was, its spans being the same."""
    item = book.items.get(id)
    if item is not None:
        nature, reply = _nature(book, record, item)
        if (nature, reply) != (item.nature, item.last_reply):
            _replace(book, id, replace(item, nature=nature, last_reply=reply), dirty, moved)


def _sessions(book: Book, dirty: Dirty, moved: Moved) -> None:
    for name in dirty.sessions:
        id = f"session {name}"
        events = sorted(book.living.drawer("session", name), key=lambda e: e.order)
        item = session_of(events, book.context.config, book.now)
        book.unfinished.pop(("session", name), None)
        old = book.items.get(id)
        if old is not None and (item is None or item.ticket != old.ticket):
            book.record_of(old.ticket).sessions.pop(name, None)
        if item is not None:
            record = book.record_of(item.ticket)
            record.sessions[name] = None
            item.nature, item.last_reply = _nature(book, record, item)
            if item.until > book.now:
                book.unfinished["session", name] = item.until
        _replace(book, id, item, dirty, moved)


def _replace(book: Book, id: str, new: WorkItem | None, dirty: Dirty, moved: Moved) -> None:
    """Put an item in the place of another; what they touch is dirty."""
    old = book.items.get(id)
    if old == new:
        return
    for item, change in ((old, AgentTime.drop), (new, AgentTime.put)):
        if item is None:
            continue
        dirty.sheets[book.record_of(item.ticket).name] = None
        if item.nature != "dropped":
            time = book.time_of(item.agent)
            dirty.agent_days |= {(item.agent, day): None for day in change(time, item, book.context.days)}
            moved.setdefault(item.agent, []).append(item)
    dirty.items[id] = None
    book.atoms.pop(id, None)
    if new is None:
        del book.items[id]
    else:
        book.items[id] = new


def _share(book: Book, dirty: Dirty, moved: Moved) -> None:
    """Divide the time of each agent anew where an item came, went or changed."""
    days = book.context.days
    changed: list[WorkItem] = []
    for agent, items in moved.items():
        time = book.time[agent]
        knot = time.everything() if len(items) >= len(time.items) else time.knot(items, days)
        shared = adjust(knot, days)
        for item in knot:
            atoms = shared.get(item.id, [])
            if atoms != book.atoms.get(item.id):
                dirty.items[item.id] = None
                changed.append(item)
                book.atoms[item.id] = atoms
                dirty.agent_days |= {(agent, day): None for day in days_of(item, days)}
    book.expect(item.ticket for item in changed)
    dirty.sheets |= {book.record_of(item.ticket).name: None for item in changed}


def _wages(book: Book, dirty: Dirty) -> None:
    """An hourly rate changed: the agent's atoms from its date on."""
    if not dirty.rates:
        return
    book.context.wages = Wages(book.living.drawer("rates"))
    for agent, time in book.time.items():
        dates = [e.body["from"] for e in dirty.rates if e.body.get("agent") in {None, agent}]
        if dates:
            first = min(dates)
            dirty.agent_days |= {(agent, day): None for day in time.sheets if day >= first}
            for day, ids in time.by_day.items():
                if day >= first:
                    dirty.sheets |= {book.record_of(time.items[id].ticket).name: None for id in ids}


def _shifts(book: Book, dirty: Dirty) -> None:
    """Agents' states came or went: the local days that each can pay for."""
    days, config = book.context.days, book.context.config
    for agent, events in dirty.agents.items():
        time = book.time_of(agent)
        touched = [day for event in events for day, _, _ in days.cut(event.at, event.at + config.shift_cap)]
        time.need(touched)
        if len(events) > _MANY:
            time.states = sorted(book.living.drawer("agent", agent), key=lambda e: e.order)
        else:
            for event in events:
                time.note(event, lives=book.living.lives(event))
        dirty.agent_days |= {(agent, day): None for day in touched}
        book.on_shift.pop(agent, None)
        if until := time.shift_until(config):
            book.on_shift[agent] = until


def _agent_days(book: Book, dirty: Dirty) -> None:
    for agent, day in dirty.agent_days:
        time = book.time[agent]
        sheet = time.day_sheet(day, book.atoms, book.context)
        old = time.sheets.pop(day, None)
        if sheet.entries:
            time.sheets[day] = sheet
        if old != sheet:
            book.put(f"agent {agent} {day}", [old] if old is not None else [], [sheet] if sheet.entries else [])


def _prices(book: Book, dirty: Dirty) -> None:
    context = book.context
    if dirty.exchange:
        book.exchange = Exchange(book.living.drawer("exchange"), context.config)
        stale = context.config.fx_stale
        dates = [(e.body["ccy"], e.body["date"]) for e in dirty.exchange]
        for price in book.prices.values():
            if any(ccy == price.currency and date <= price.day <= date + stale for ccy, date in dates):
                dirty.costs[price.id] = None

    def told(id: str) -> Event | None:
        return own_event(id, book.living.drawer("cost", id))

    for id in dirty.costs:
        new = price_of(id, book.living.drawer("cost", id), told, book.exchange, context.days)
        old = book.prices.pop(id, None)
        if new is not None:
            new = replace(new, ticket=book.ticket_of(new))
            book.prices[id] = new
        _hang(book, dirty, "costs", id, old.ticket if old else None, new.ticket if new else None)
        loose = new is not None and new.ticket is None
        book.put_loose(f"cost {id}", [price_sheet(new)] if new is not None and loose else [])


def _surveys(book: Book, dirty: Dirty) -> None:
    for id in dirty.surveys:
        events = sorted(book.living.drawer("survey", id), key=lambda e: e.order)
        new: Survey | None = next(surveys_of(events), None)
        old = book.surveys.pop(id, None)
        if new is not None:
            book.surveys[id] = new
        _hang(book, dirty, "surveys", id, old.ticket if old else None, new.ticket if new else None)
        sheets = [survey_sheet(new, book.context)] if new is not None and new.ticket is None else []
        book.put_loose(f"survey {id}", sheets)


def _hang(book: Book, dirty: Dirty, what: str, id: str, old: str | None, new: str | None) -> None:
    """Hang a price or a survey on the record of its ticket."""
    for ticket, hangs in ((old, False), (new, True)):
        if ticket is not None:
            record = book.record_of(ticket)
            names: dict[str, None] = getattr(record, what)
            if hangs:
                names[id] = None
            else:
                names.pop(id, None)
            dirty.sheets[record.name] = None


def _verdicts(book: Book, dirty: Dirty) -> None:
    """FCR: each case beside the cases of the same customer."""
    found: list[tuple[str, Near, Judged]] = []
    for name in dirty.families:
        alone = (fact for fact in book.records[name].facts if fact.case.customer is None)
        found += [(name, fact, _judge(book, fact.neighbour, [])) for fact in alone]
    for root in {book.people.root(customer): None for customer in dirty.customers}:
        near = list(book.near(root))
        # In the order of time, so that a verdict names the same case however the log came.
        asking = sorted((fact.neighbour for _, fact in near if fact.neighbour.from_customer), key=_began)
        for name, one in near:
            judged = _judge(book, one.neighbour, asking)
            if judged != (one.verdicts, one.came_back):
                found.append((name, one, judged))
    book.judged(found)
    dirty.sheets |= dict.fromkeys(name for name, _, _ in found)


def _began(one: Neighbour) -> tuple[int, str]:
    return one.t0, one.id


def _judge(book: Book, own: Neighbour, near: Iterable[Neighbour]) -> Judged:
    """Judge a case: its verdicts, and whether the customer came back. Cases that we started are outside FCR (D19)."""
    config = book.context.config
    others = [one for one in near if one is not own and related(own, one)]
    windows = dict.fromkeys((*config.windows, config.headline))
    verdicts = {w: judge(own, others, w) for w in windows}
    first = own.closings[0][0] if own.closings else None
    back = first is not None and came_back(own, others, first, first + config.headline * DAY)
    return verdicts, back


def _sheets(book: Book, dirty: Dirty) -> None:
    for name in dirty.sheets:
        record = book.records.get(name)
        if record is None:
            continue
        ids = [*record.legs, *(f"session {session}" for session in record.sessions)]
        items = [(book.items[id], book.atoms.get(id, [])) for id in ids if book.items[id].nature != "dropped"]
        prices: list[Price] = [book.prices[id] for id in record.costs]
        surveys = [book.surveys[id] for id in record.surveys]
        old, record.sheets = record.sheets, record.assemble(items, prices, surveys, book.context)
        book.put(f"ticket {name}", old, record.sheets)


def _social(book: Book, dirty: Dirty) -> None:
    for post in dirty.posts:
        events = book.living.drawer("post", post)
        book.put_loose(f"post {post}", [post_sheet(events, book.context.days)] if events else [])
    for id in dirty.mentions:
        events = book.living.drawer("mention", id)
        book.put_loose(f"mention {id}", [mention_sheet(event, book.context.days) for event in events])
