"""Work (section 4.5): what sessions and call legs cover, and an agent's time divided among what is active."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from inbox.metrics.config import Config
from inbox.metrics.log import Event
from inbox.metrics.tickets import Call
from inbox.metrics.times import Days

__all__ = ["Atom", "WorkItem", "adjust", "busy", "legs_of", "online_of", "session_of", "shared"]

VOICE = ("dial", "talk", "hold", "conf", "wrap")  # the leg states that are work; ring and end cover nothing
_STARTS = frozenset({"handle.start", "handle.span"})
_MARKS = frozenset({"handle.beat", "handle.end"})
_SESSION = ""  # the state of a text session's coverage
_AFTER = "after"  # the part of it after the agent's last reply

_Span = tuple[int, int, str]


@dataclass(slots=True)
class WorkItem:
    """One session of an agent on a ticket, or one agent's leg of a call.

    ``spans`` are (from, to, state) in order; ``until`` is the natural end of what has not been ended yet, beyond
    which more may come. ``nature`` is productive, view or spam, or dropped for a mere peek.
    """

    id: str
    agent: str
    team: str | None
    channel: str
    ticket: str
    start: int
    end: int
    spans: list[_Span]
    is_leg: bool
    until: int = 0
    nature: str = "view"
    last_reply: int | None = None

    @property
    def covered(self) -> int:
        return sum(end - begin for begin, end, _ in self.spans)


@dataclass(slots=True)
class Atom:
    """The adjusted time of one item on one local day, in ms; each figure is rounded once, by itself."""

    day: int
    ms: int
    wrap: int = 0
    voice: dict[str, int] = field(default_factory=dict)


def session_of(events: Sequence[Event], config: Config, as_of: int) -> WorkItem | None:
    """A browser session from its start, beats and end, or from their lossless compaction; None without a start.

    The events come in processing order.
    """
    first = next((e for e in events if e.kind in _STARTS), None)
    if first is None:
        return None
    covered = _union([*_marks(events, config), *_compacted(events)])
    until = covered[-1][1] if covered else first.at
    spans = [(begin, min(end, as_of), _SESSION) for begin, end in covered if begin < min(end, as_of)]
    start = min(covered[0][0], first.at) if covered else first.at
    body = first.body
    end = spans[-1][1] if spans else start
    who = body["agent"], body.get("team"), body["channel"], body["ticket"]
    return WorkItem(f"session {body['session']}", *who, start, end, spans, is_leg=False, until=until)


def _compacted(events: Iterable[Event]) -> list[tuple[int, int]]:
    return [span for event in events if event.kind == "handle.span" for span in event.body["spans"]]


def _marks(events: Sequence[Event], config: Config) -> list[tuple[int, int]]:
    """Each non-idle mark covers until the next mark, at most the grace; the end covers nothing."""
    first = next((e for e in events if e.kind == "handle.start"), None)
    if first is None:
        return []
    marks = [e for e in events if e is first or (e.kind in _MARKS and e.at >= first.at)]
    spans: list[tuple[int, int]] = []
    for n, mark in enumerate(marks):
        if mark.kind == "handle.end" or mark.body.get("idle"):
            continue
        stop = mark.at + config.grace
        if n + 1 < len(marks):
            stop = min(stop, marks[n + 1].at)
        spans.append((mark.at, stop))
    return spans


def _union(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those that touch as one, those of no length left out."""
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            if end > joined[-1][1]:
                joined[-1] = (joined[-1][0], end)
        elif begin < end:
            joined.append((begin, end))
    return joined


def legs_of(call: Call, config: Config, as_of: int) -> list[WorkItem]:
    """Each agent's part in a call: dial, talk, hold, conference and wrap-up."""
    by_agent: dict[str, list[int]] = {}
    for n, leg in enumerate(call.legs):
        by_agent.setdefault(leg.agent, []).append(n)
    return [item for places in by_agent.values() if (item := _leg(call, places, config, as_of)) is not None]


def _leg(call: Call, places: list[int], config: Config, as_of: int) -> WorkItem | None:
    spans: list[_Span] = []
    until = 0
    for n, place in enumerate(places):
        leg = call.legs[place]
        if leg.state not in VOICE:
            continue
        following = call.legs[places[n + 1]].at if n + 1 < len(places) else None
        stop = _leg_stop(call, leg.at, leg.state, following, config)
        until = max(until, stop)
        if leg.at < min(stop, as_of):
            spans.append((leg.at, min(stop, as_of), leg.state))
    if not spans:
        return None
    first = call.legs[places[0]]
    start, end = spans[0][0], spans[-1][1]
    who = first.agent, first.team, call.channel, call.ticket
    return WorkItem(f"call {call.id} {first.agent}", *who, start, end, spans, is_leg=True, until=until)


def _leg_stop(call: Call, at: int, state: str, following: int | None, config: Config) -> int:
    """Where the coverage of one leg state ends, before any clipping at ``as_of``."""
    if state == "wrap":
        if following is None:
            return at + config.wrap_unclosed
        return min(following, at + config.wrap_cap)
    stops = [at + config.leg_cap]
    if following is not None:
        stops.append(following)
    if call.ended is not None:
        stops.append(max(at, call.ended))
    return min(stops)


def online_of(states: Sequence[Event], config: Config) -> list[tuple[int, int, str | None]]:
    """When an agent was online (paid): (from, to, team); a state holds until the next, at most the shift cap."""
    spans = []
    for n, event in enumerate(states):
        if event.body["state"] != "online":
            continue
        stop = event.at + config.shift_cap
        if n + 1 < len(states):
            stop = min(stop, states[n + 1].at)
        if event.at < stop:
            spans.append((event.at, stop, event.body.get("team")))
    return spans


def adjust(items: Iterable[WorkItem], days: Days) -> dict[str, list[Atom]]:
    """An agent's time divided equally at each instant among active items; while a call leg is active only legs share.

    Exact fractions, rounded half to even once per item and local day. The result is by item id.
    """
    shares: dict[str, dict[tuple[int, str, int], int]] = {}
    for item, begin, end, state, among in shared(items):
        mine = shares.setdefault(item.id, {})
        for day, a, b in days.cut(begin, end):
            for lo, hi, part in _at_last_reply(item, a, b, state):
                key = (day, part, among)
                mine[key] = mine.get(key, 0) + hi - lo
    return {id: _atoms(mine) for id, mine in shares.items()}


def shared(items: Iterable[WorkItem]) -> Iterable[tuple[WorkItem, int, int, str, int]]:
    """(item, from, to, state, among how many) for every stretch in which an item has a share of the agent."""
    spans = sorted(
        ((begin, end, state, item) for item in items for begin, end, state in item.spans), key=lambda s: (s[0], s[1])
    )
    n = 0
    while n < len(spans):
        last = n + 1
        reach = spans[n][1]
        while last < len(spans) and spans[last][0] < reach:
            reach = max(reach, spans[last][1])
            last += 1
        if last == n + 1:
            begin, end, state, item = spans[n]
            yield item, begin, end, state, 1
        else:
            yield from _divided(spans[n:last])
        n = last


def _divided(spans: list[tuple[int, int, str, WorkItem]]) -> Iterable[tuple[WorkItem, int, int, str, int]]:
    """The same inside one knot of overlapping spans."""
    bounds = sorted({at for begin, end, _, _ in spans for at in (begin, end)})
    for begin, end in pairwise(bounds):
        active = [(item, state) for a, b, state, item in spans if a <= begin and end <= b]
        legs = [(item, state) for item, state in active if item.is_leg]
        sharing = legs or active
        for item, state in sharing:
            yield item, begin, end, state, len(sharing)


def _at_last_reply(item: WorkItem, begin: int, end: int, state: str) -> Iterable[tuple[int, int, str]]:
    """A stretch of a text session cut where the agent replied for the last time in it."""
    reply = item.last_reply
    if item.is_leg or reply is None or end <= reply:
        return ((begin, end, state),)
    if reply <= begin:
        return ((begin, end, _AFTER),)
    return ((begin, reply, state), (reply, end, _AFTER))


def _atoms(shares: dict[tuple[int, str, int], int]) -> list[Atom]:
    by_day: dict[int, dict[str, dict[int, int]]] = {}
    for (day, part, among), ms in shares.items():
        lengths = by_day.setdefault(day, {}).setdefault(part, {})
        lengths[among] = lengths.get(among, 0) + ms
    atoms = []
    for day in sorted(by_day):
        parts = by_day[day]
        total: dict[int, int] = {}
        for lengths in parts.values():
            for among, ms in lengths.items():
                total[among] = total.get(among, 0) + ms
        atom = Atom(day, _rounded(total))
        for part, lengths in parts.items():
            if part == _AFTER:
                atom.wrap = _rounded(lengths)
            elif part != _SESSION:
                atom.voice[part] = _rounded(lengths)
        atoms.append(atom)
    return atoms


def _rounded(lengths: dict[int, int]) -> int:
    """The sum of ms/k over what was shared among k, as one exact number, half to even."""
    if len(lengths) == 1:
        ((among, ms),) = lengths.items()
        if among == 1:
            return ms
    return round(sum((Fraction(ms, among) for among, ms in lengths.items()), Fraction(0)))


def busy(items: Iterable[WorkItem]) -> list[tuple[int, int]]:
    """The union of what some items cover."""
    return _union([(begin, end) for item in items for begin, end, _ in item.spans])


def gross(items: Iterable[WorkItem]) -> int:
    """What some items cover in all: an agent's overlapping sessions once, and their overlapping calls once."""
    alike: dict[tuple[str, bool], list[WorkItem]] = {}
    for item in items:
        alike.setdefault((item.agent, item.is_leg), []).append(item)
    return sum(end - begin for own in alike.values() for begin, end in busy(own))
