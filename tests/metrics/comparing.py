"""How tests compare figures, reports and the cells of roll-ups."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from inbox.metrics import Event, Report, State, read_events
from inbox.metrics.backlog import OPEN, blocks_at
from inbox.metrics.keys import Value
from inbox.metrics.packing import Counts, unpacked
from inbox.metrics.rollup import ALL, EACH, GRAINS, HEARD, HOUR
from inbox.metrics.storage import Place
from inbox.metrics.times import iso, millis

Cells = dict[Place, tuple[Counts, dict[str, list[int]], dict[str, Counts]]]
Feeding = Callable[[list[Event], random.Random], Iterator[list[Event]]]

#: How a call and a session end, and by what they are called.
ENDS = {"call.started": ("call.ended", "call"), "handle.start": ("handle.end", "session")}

#: Later than anything in a log, so that everything has matured.
LATER = "2027-12-31T00:00:00Z"

#: When a drawn log is corrected: after its own end.
LATE = "2026-12-31T00:00:00Z"


def same(a: Value, b: Value) -> bool:
    """Equal; numbers up to the noise of floats, words and truths exactly, no data only to no data."""
    if isinstance(a, bool | str | None) or isinstance(b, bool | str | None):
        return type(a) is type(b) and a == b
    return abs(a - b) <= 1e-9 * max(1.0, abs(a), abs(b))


def differences(found: Report, wanted: Report) -> list[str]:
    """Every slice and key in which two reports differ, as sentences."""
    lines = [f"{name} is in one of them only" for name in found.keys() ^ wanted.keys()]
    for name in found.keys() & wanted.keys():
        lines += [f"{name}/{key} is in one of them only" for key in found[name].keys() ^ wanted[name].keys()]
        for key in found[name].keys() & wanted[name].keys():
            if not same(found[name][key], wanted[name][key]):
                lines.append(f"{name}/{key}: {found[name][key]} is not {wanted[name][key]}")
    return sorted(lines)


def cells(state: State) -> Cells:
    """Every cell of the roll-ups of a state."""
    found: Cells = {}
    for unit in ("day", "week", "month", OPEN, *(unit for unit, _ in blocks_at(0))):
        for grain in (ALL, *GRAINS, *(grain + EACH for grain in GRAINS), "worked", HEARD, HOUR):
            for place, cell in state.rolls.cells(unit, grain, 0, 10_000_000):
                found[place] = dict(cell.plain), dict(cell.due), unpacked(cell.times)
    return found


def sentences(found: Cells, wanted: Cells) -> list[str]:
    """Every cell in which two states differ."""
    return [
        f"{place}: {found.get(place)} is not {wanted.get(place)}"
        for place in sorted(found.keys() | wanted.keys())
        if found.get(place) != wanted.get(place)
    ]


def at_once(events: list[Event], _: random.Random) -> Iterator[list[Event]]:
    """The whole log."""
    yield events


def one_by_one(events: list[Event], _: random.Random) -> Iterator[list[Event]]:
    """One event at a time, in append order."""
    for event in events:
        yield [event]


def shuffled(events: list[Event], rng: random.Random) -> Iterator[list[Event]]:
    """One event at a time, in any order."""
    yield from one_by_one(rng.sample(events, len(events)), rng)


def in_batches(events: list[Event], rng: random.Random) -> Iterator[list[Event]]:
    """Batches of any size, in any order."""
    left = rng.sample(events, len(events))
    while left:
        n = rng.randrange(1, 40)
        yield left[:n]
        left = left[n:]


FEEDINGS: Sequence[Feeding] = (at_once, one_by_one, shuffled, in_batches)


def read(events: Sequence[dict[str, Any]]) -> list[Event]:
    """The events of a log in which nothing is wrong."""
    log = read_events(events)
    assert not log.problems
    return log.events


def early_ends(events: Sequence[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    """Ends, to be added to a log, that lie before the starts that it has."""
    starts = [event for event in events if event["kind"] in ENDS]
    return [
        _beside(start, n, ENDS[start["kind"]][0], rng.choice([1, 5_000, 3_600_000]))
        for n, start in enumerate(rng.sample(starts, min(len(starts), 6)))
    ]


def corrected(ends: Sequence[dict[str, Any]], events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is said of such ends later on: one is taken back, and a start turns out to have been before its end."""
    found: list[dict[str, Any]] = []
    for n, end in enumerate(ends):
        name = ENDS["call.started" if end["kind"] == "call.ended" else "handle.start"][1]
        start = next(one for one in events if one["kind"] in ENDS and one.get(name) == end[name])
        if n % 3 == 0:
            found.append({"id": f"undo {end['id']}", "ts": start["ts"], "kind": "void", "target": end["id"]})
        elif n % 3 == 1:
            found.append({"id": f"undo {start['id']} {n}", "ts": start["ts"], "kind": "void", "target": start["id"]})
            found.append(_beside(start, n, start["kind"], 3_600_001) | {"id": f"sooner {n}"})
    return [{**one, "seq": 2_000_000 + n} for n, one in enumerate(found)]


def astray(events: Sequence[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    """Prices, to be added to a log, that say something else of one that it has: told again for another ticket or for
    none, or given back or replaced from there; some of it is void in the end."""
    prices = [event for event in events if event["kind"] == "cost.provider"]
    tickets = sorted({event["ticket"] for event in events if event.get("ticket") is not None})
    found: list[dict[str, Any]] = []
    for n, price in enumerate(rng.choices(prices, k=4) if prices else []):
        other = rng.choice([*tickets, None])
        at = iso(millis(price["ts"]) + rng.choice([-90_000_000, 0, 90_000_000]))
        told = {**price, "id": f"astray {n}", "ts": at, "rec": LATE, "ticket": other, "msg": None, "call": None}
        told |= {"type": "actual", "amount": "0.5", "currency": rng.choice(["EUR", price["currency"]])}
        match rng.randrange(3):
            case 0:
                told |= {"cost": f"back {n}", "type": "refund", "of": price["cost"]}
            case 1:
                told |= {"cost": f"instead {n}", "supersedes": price["cost"]}
        found.append({key: value for key, value in told.items() if value is not None})
        if rng.random() < 0.5:
            gone = rng.choice([price, told])["id"]
            found.append({"id": f"undo {gone} {n}", "ts": LATE, "rec": LATE, "kind": "void", "target": gone})
    return [{**one, "seq": 3_000_000 + n} for n, one in enumerate(found)]


def _beside(start: dict[str, Any], n: int, kind: str, before: int) -> dict[str, Any]:
    """A line about the same call or session, so many ms before its start."""
    at = min(millis(start["ts"]), millis(start.get("rec", start["ts"]))) - before
    return {**start, "id": f"early {n}", "seq": 1_000_000 + n, "ts": iso(at), "rec": iso(at), "kind": kind}
