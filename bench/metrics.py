"""How fast the metrics engine is: rebuilding, appending one event, and reporting from roll-ups at a million tickets.

    python bench/metrics.py                      # all three, as docs/metrics.md states them (about 20 minutes)
    python bench/metrics.py --tickets 5000 --total 20000 --appends 500

Times are CPU seconds of this process (``time.process_time``), so that neighbours on the machine do not count.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from bench.metrics_log import Shape, generate
from inbox.metrics import Config, Event, Request, State, read_lines
from inbox.metrics.sqlite import RollsInSqlite
from inbox.metrics.wanted import EVERYTHING

PER_DAY = 1370.0  # a million tickets in two years
FIRST = dt.date(2025, 1, 6)
TARGETS = {"events per second": 20_000, "append, median ms": 0.5, "slowest standard report, ms": 100.0}

#: What the standard reports need beside roll-ups: small kinds of events.
SMALL = {"contract.started", "contract.renewed", "contract.ended", "cost.fixed", "fx.rate", "smi.answer", "agent.state"}


#: What a page about channels sets beside the period before.
OF_CHANNELS = (
    *("vol", "frt", "fcr7", "aht", "reopen", "one_reply", "cost", "sla_frt", "csat", "sent", "backlog"),
    *("case.created", "case.resolved", "ttr_full"),
)
#: What a page about agents shows; a report names what it wants, and only that is computed.
OF_AGENTS = (
    *("vol.inbound", "vol.handled", "frt.n", "frt.p50_ms", "fcr7", "reopen", "aht.n", "aht.mean_ms", "csat"),
    *("occ.rate", "work.per_active_hour", "cost.per_interaction_direct"),
)


@dataclass
class Measured:
    """What was measured, printed as it comes."""

    figures: dict[str, float] = field(default_factory=dict)

    def note(self, name: str, value: float) -> None:
        self.figures[name] = value
        target = TARGETS.get(name)
        print(f"{name:<46} {value:>14,.2f}" + (f"   (target {target:,})" if target is not None else ""), flush=True)


def seconds(work: Callable[[], Any]) -> float:
    """The CPU time of doing something once."""
    began = time.process_time()
    work()
    return time.process_time() - began


def lines_of(tickets: int, seed: int, first: dt.date, prefix: str = "") -> list[str]:
    """A log as it lies in a file."""
    shape = Shape(tickets, seed, first=first.isoformat(), per_day=PER_DAY, prefix=prefix)
    return [json.dumps(event, separators=(",", ":")) for event in generate(shape)]


def read(lines: Iterable[str]) -> list[Event]:
    """The events of a log in which nothing is wrong."""
    log = read_lines(lines)
    assert not log.problems, log.problems[:3]
    return log.events


def build(measured: Measured, tickets: int) -> list[Event]:
    """Facts and roll-ups of a log from scratch, in memory; reading the lines is part of it."""
    lines = lines_of(tickets, 1, FIRST)
    began = time.process_time()
    gc.disable()  # as State.append does it for many events; here for the reading too
    events = read(lines)
    gc.enable()
    reading = time.process_time() - began
    building = seconds(lambda: State().append(events))
    measured.note("tickets built", tickets)
    measured.note("events built", len(events))
    measured.note("reading JSON lines, s", reading)
    measured.note("facts and roll-ups, s", building)
    measured.note("events per second", len(events) / (reading + building))
    return events


def append(measured: Measured, events: list[Event], count: int) -> None:
    """One event at a time on top of a whole log: what ticket events cost in the middle of a working day."""
    last_day = max(event.at for event in events if event.kind == "ticket.created") - 5 * 86_400_000
    cut = next(n for n, event in enumerate(events) if event.rec >= last_day)
    state = State()
    state.append(events[:cut])
    gc.collect()
    gc.freeze()
    taken = []
    for event in events[cut : cut + count]:
        began = time.process_time_ns()
        state.append([event])
        taken.append((time.process_time_ns() - began) / 1e6)
    gc.unfreeze()
    measured.note("events appended one by one", len(taken))
    measured.note("append, median ms", statistics.median(taken))
    measured.note("append, mean ms", statistics.fmean(taken))
    measured.note("append, 90 % ms", sorted(taken)[int(0.9 * len(taken))])


def fill(rolls: RollsInSqlite, total: int, chunk: int) -> tuple[State, int]:
    """The roll-ups of a large log, built in stretches of time that share nothing, and a state that reads them."""
    reader = State(Config.of(), rolls)
    events = 0
    days = round(chunk / PER_DAY)
    for n in range(-(-total // chunk)):
        first = FIRST + dt.timedelta(days=n * days)
        stretch = read(lines_of(min(chunk, total - n * chunk), n + 1, first, prefix=f"{n}."))
        State(Config.of(), rolls).append(stretch)
        rolls.commit()
        reader.book.take(event for event in stretch if event.kind in SMALL)
        events += len(stretch)
        print(f"  {min(total, (n + 1) * chunk):,} tickets, {events:,} events in SQLite", flush=True)
    return reader, events


def report(measured: Measured, total: int, chunk: int, path: Path) -> None:
    """Standard reports from roll-ups in SQLite; each the median of seven, which end on seven days one after another
    and are themselves the median of three.

    How many weeks and days a period is added up from depends on the weekday on which it ends.
    """
    rolls = RollsInSqlite(path)
    reader, events = fill(rolls, total, chunk)
    measured.note("tickets in SQLite", total)
    measured.note("events in SQLite", events)
    measured.note("size of the roll-ups, MB", path.stat().st_size / 1e6)
    # The agents' states are known for their being there; their days are in the roll-ups already.
    reader.book.told = None
    reader.settle((1 << 62) - 1)
    last = FIRST + dt.timedelta(days=round(total / PER_DAY))
    # An instant before the last record would be answered from the log as it was known then, and not from roll-ups.
    as_of = dt.datetime.fromtimestamp(reader.book.living.last_rec / 1000 + 86_400, dt.UTC).isoformat()
    everything = Request.of(FIRST.isoformat(), (last + dt.timedelta(days=60)).isoformat(), as_of)
    assert reader.report(everything)["all"]["case.created"], "the roll-ups are empty"
    slowest = 0.0
    days = [standard(last - dt.timedelta(days=n), as_of) for n in range(7)]
    for name in days[0]:
        took = [
            statistics.median(seconds(partial(reader.report, requests[name])) for _ in range(3)) * 1000
            for requests in days
        ]
        measured.note(f"report {name}, ms", statistics.median(took))
        measured.note("  that of the slowest day, ms", max(took))
        slowest = max(slowest, statistics.median(took))
    measured.note("slowest standard report, ms", slowest)
    for name in ("30 days by channel, the period before", "30 days by agent"):
        whole = [replace(requests[name], wanted=EVERYTHING) for requests in days]
        took = [seconds(partial(reader.report, request)) * 1000 for request in whole for _ in range(3)]
        measured.note(f"every figure there is of {name}, ms", statistics.median(took))
    rolls.close()


def standard(last: dt.date, as_of: str) -> dict[str, Request]:
    """The reports that a desk's pages ask for, seen a while after the last day."""

    def back(days: int, **more: Any) -> Request:
        return Request.of((last - dt.timedelta(days=days)).isoformat(), last.isoformat(), as_of, **more)

    month = last.replace(day=1)
    before = (month - dt.timedelta(days=1)).replace(day=1)
    return {
        "30 days by channel": back(30, by="channel"),
        "30 days by channel, the period before": back(30, by="channel", compare="previous", keys=OF_CHANNELS),
        "last month by reason": Request.of(before.isoformat(), month.isoformat(), as_of, by="reason"),
        "90 days by team": back(90, by="team"),
        "30 days by agent": back(30, by="agent", keys=OF_AGENTS),
        "one channel, 90 days by tag": back(90, by="tag", where={"channel": "email"}),
        "365 days": back(365),
    }


def main(arguments: list[str] | None = None) -> dict[str, float]:
    """Run all three; returns the figures by name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=100_000, help="to build and to append to")
    parser.add_argument(
        "--total", type=int, default=1_000_000, help="whose roll-ups are reported on; 0 leaves that out"
    )
    parser.add_argument("--appends", type=int, default=5_000)
    parser.add_argument("--file", type=Path, help="where the roll-ups go; a temporary file unless said")
    wanted = parser.parse_args(arguments)
    measured = Measured()
    events = build(measured, wanted.tickets)
    append(measured, events, wanted.appends)
    del events
    if wanted.total:
        with tempfile.TemporaryDirectory() as folder:
            path = wanted.file or Path(folder) / "rolls.db"
            report(measured, wanted.total, wanted.tickets, path)
    return measured.figures


if __name__ == "__main__":
    main()
