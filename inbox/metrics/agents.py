"""One agent's time: their items by local day, who shares which instants, and what was paid (4.5, M6, M7)."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from inbox.metrics.attribution import Context
from inbox.metrics.config import Config
from inbox.metrics.log import Event
from inbox.metrics.money import labour, shares_of_day
from inbox.metrics.sheets import NEVER, Sheet
from inbox.metrics.times import Days
from inbox.metrics.work import Atom, WorkItem, busy, online_of

__all__ = ["AgentTime", "days_of"]

OnlineSpan = tuple[int, int, str | None]


@dataclass(slots=True)
class AgentTime:
    """An agent's items by id and by local day, their states in order, and the sheet of each of their days."""

    agent: str
    items: dict[str, WorkItem] = field(default_factory=dict)
    by_day: dict[int, set[str]] = field(default_factory=dict)
    states: list[Event] = field(default_factory=list)
    sheets: dict[int, Sheet] = field(default_factory=dict)

    def need(self, days: Iterable[int]) -> None:
        """Some local days are about to be looked at or changed; here all of them are always known."""

    def everything(self) -> list[WorkItem]:
        """The items that are known."""
        return list(self.items.values())

    def put(self, item: WorkItem, days: Days) -> set[int]:
        """Take an item in; returns the local days that it touches."""
        touched = days_of(item, days)
        self.need(touched)
        self.items[item.id] = item
        for day in touched:
            self.by_day.setdefault(day, set()).add(item.id)
        return touched

    def drop(self, item: WorkItem, days: Days) -> set[int]:
        """Take an item out; returns the local days that it touched."""
        touched = days_of(item, days)
        self.need(touched)
        del self.items[item.id]
        for day in touched:
            self.by_day[day].discard(item.id)
        return touched

    def knot(self, changed: Iterable[WorkItem], days: Days) -> list[WorkItem]:
        """The items of this agent that overlap with some others, or with what overlaps with them, and so on."""
        found: dict[str, WorkItem] = {}
        todo = list(changed)
        while todo:
            one = todo.pop()
            touched = days_of(one, days)
            self.need(touched)
            for day in touched:
                for id in self.by_day.get(day, ()):
                    other = self.items[id]
                    if id not in found and other.start < one.end and one.start < other.end:
                        found[id] = other
                        todo.append(other)
        return list(found.values())

    def note(self, event: Event, *, lives: bool) -> None:
        """A state came or went, or both before anybody looked."""
        known = event in self.states
        if lives and not known:
            insort(self.states, event, key=_order)
        elif known and not lives:
            self.states.remove(event)

    def online(self, begin: int, end: int, config: Config) -> list[OnlineSpan]:
        """When the agent was online, as far as it can touch [begin, end); nothing is cut there."""
        low = bisect_left(self.states, begin - config.shift_cap, key=_at)
        high = bisect_left(self.states, end, key=_at)
        return online_of(self.states[low : high + 1], config)

    def shift_until(self, config: Config) -> int:
        """Until when the last state pays by itself: 0 where the agent is not online."""
        last = self.states[-1] if self.states else None
        return last.at + config.shift_cap if last is not None and last.body["state"] == "online" else 0

    def day_sheet(self, day: int, atoms: Mapping[str, list[Atom]], context: Context, until: int = NEVER) -> Sheet:
        """Paid time, busy time within it, and the loaded labour cost spread over the day's channels by adjusted time.

        Paid time counts up to ``until``.
        """
        self.need((day,))
        begin, end = context.days.start(day), context.days.start(day + 1)
        items = [self.items[id] for id in self.by_day.get(day, ())]
        online = [(max(a, begin), min(b, end, until), team) for a, b, team in self.online(begin, end, context.config)]
        paid, used = _paid(online, items)
        sheet = Sheet()
        if not paid:
            return sheet
        worked: dict[str, int] = {}
        for item in items:
            for atom in atoms.get(item.id, ()):
                if atom.day == day:
                    worked[item.channel] = worked.get(item.channel, 0) + atom.ms
        per_hour = context.wages.per_hour(self.agent, day)
        for team, ms in paid.items():
            entry = sheet.at(day, None, self.agent, team)
            entry.count("occ.online_ms", ms)
            entry.count("occ.busy_ms", used[team])
            for channel, part in shares_of_day(labour(ms, per_hour), worked).items():
                sheet.at(day, channel, self.agent, team).count("labour_full", part)
        return sheet


def _paid(
    online: Iterable[OnlineSpan], items: Sequence[WorkItem]
) -> tuple[dict[str | None, int], dict[str | None, int]]:
    """By team: the paid time of some spans, and how much of it some items cover."""
    paid: dict[str | None, int] = {}
    used: dict[str | None, int] = {}
    covered = busy(items)
    for a, b, team in online:
        if a < b:
            paid[team] = paid.get(team, 0) + b - a
            used[team] = used.get(team, 0) + sum(max(0, min(b, d) - max(a, c)) for c, d in covered)
    return paid, used


def days_of(item: WorkItem, days: Days) -> set[int]:
    """The local days that an item touches."""
    first, last = days.of(item.start), days.of(max(item.start, item.end - 1))
    return {first} if first == last else set(range(first, last + 1))


def _at(event: Event) -> int:
    return event.at


def _order(event: Event) -> tuple[int, bool, int]:
    return event.order
