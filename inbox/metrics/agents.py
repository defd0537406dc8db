"""One agent's time: their items by local day, who shares which instants, and what was paid (4.5, M6, M7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from inbox.metrics.attribution import Context
from inbox.metrics.money import labour, shares_of_day
from inbox.metrics.sheets import Sheet
from inbox.metrics.times import Days
from inbox.metrics.work import Atom, WorkItem, busy

__all__ = ["AgentTime", "OnlineSpan"]

OnlineSpan = tuple[int, int, str | None]


@dataclass(slots=True)
class AgentTime:
    """An agent's items by id and by local day, when they were online, and the sheet of each of their days."""

    agent: str
    items: dict[str, WorkItem] = field(default_factory=dict)
    by_day: dict[int, set[str]] = field(default_factory=dict)
    online: list[OnlineSpan] = field(default_factory=list)
    sheets: dict[int, Sheet] = field(default_factory=dict)

    def put(self, item: WorkItem, days: Days) -> set[int]:
        """Take an item in; returns the local days that it touches."""
        self.items[item.id] = item
        touched = days_of(item, days)
        for day in touched:
            self.by_day.setdefault(day, set()).add(item.id)
        return touched

    def drop(self, item: WorkItem, days: Days) -> set[int]:
        """Take an item out; returns the local days that it touched."""
        del self.items[item.id]
        touched = days_of(item, days)
        for day in touched:
            self.by_day[day].discard(item.id)
        return touched

    def knot(self, changed: Iterable[WorkItem], days: Days) -> list[WorkItem]:
        """The items of this agent that overlap with some others, or with what overlaps with them, and so on."""
        found: dict[str, WorkItem] = {}
        todo = list(changed)
        while todo:
            one = todo.pop()
            for day in days_of(one, days):
                for id in self.by_day.get(day, ()):
                    other = self.items[id]
                    if id not in found and other.start < one.end and one.start < other.end:
                        found[id] = other
                        todo.append(other)
        return list(found.values())


def days_of(item: WorkItem, days: Days) -> set[int]:
    """The local days that an item touches."""
    first, last = days.of(item.start), days.of(max(item.start, item.end - 1))
    return {first} if first == last else set(range(first, last + 1))


def day_sheet(
    agent: str,
    day: int,
    items: Sequence[WorkItem],
    atoms: Mapping[str, list[Atom]],
    online: Iterable[OnlineSpan],
    context: Context,
) -> Sheet:
    """Paid time, busy time within it, and the loaded labour cost spread over the day's channels by adjusted time."""
    sheet = Sheet()
    begin, end = context.days.start(day), context.days.start(day + 1)
    paid: dict[str | None, int] = {}
    used: dict[str | None, int] = {}
    covered = busy(items)
    for a, b, team in online:
        a, b = max(a, begin), min(b, end)  # noqa: PLW2901 - the part of the span on this day
        if a < b:
            paid[team] = paid.get(team, 0) + b - a
            used[team] = used.get(team, 0) + sum(max(0, min(b, d) - max(a, c)) for c, d in covered)
    if not paid:
        return sheet
    worked: dict[str, int] = {}
    for item in items:
        for atom in atoms.get(item.id, ()):
            if atom.day == day:
                worked[item.channel] = worked.get(item.channel, 0) + atom.ms
    per_hour = context.wages.per_hour(agent, day)
    for team, ms in paid.items():
        entry = sheet.at(day, None, agent, team)
        entry.count("occ.online_ms", ms)
        entry.count("occ.busy_ms", used[team])
        for channel, part in shares_of_day(labour(ms, per_hour), worked).items():
            sheet.at(day, channel, agent, team).count("labour_full", part)
    return sheet
