"""The figures in the store, on both databases: the rebuild, what an event costs, the pages' reports, the proof.

    python -m bench.figures [--tickets 100000] [--only sqlite]

The rebuild stands beside the pure engine over the same log in the same run. What an append costs is that of a desk's
own transaction, once with nobody keeping figures and once with a worker beside it; the worker's share has a line of its
own. ``--tickets 1000000`` needs some 30 GB of disk, for one database after the other, and 4 GB of memory.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import multiprocessing
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from multiprocessing.synchronize import Event as EventOfProcesses
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from bench import intake
from bench.metrics import standard
from bench.metrics_log import Shape, generate
from inbox import clock
from inbox.actions import desk, history, promises, tickets
from inbox.actions.who import SYSTEM
from inbox.figures import checking, keeper
from inbox.figures.asking import KeptFigures, kept
from inbox.figures.parts import parts
from inbox.metrics import Config, Request, State
from inbox.metrics.behind import Part, part_of
from inbox.metrics.log import read_events
from inbox.settings import Settings
from inbox.store import Event, Store, Ticket, schema
from inbox.worker.figures import Figures
from tests.servers.postgresql import Cluster, binaries

PER_DAY = 1370.0  # a million tickets in two years
FIRST = dt.date(2025, 1, 6)
IN_MEMORY = 500_000  # events that the pure engine takes: some 3 GB
AT_ONCE = 5_000  # rows of one statement
#: Fields that name a ticket: the desk's own have numbers.
TICKETS = ("ticket", "into", "from", "to")
TARGETS = {
    "rebuild, events per second": ("at least", 20_000),
    "rebuild beside the engine": ("at least", 0.8),
    "append with figures beside without": ("at most", 1.3),
    "slowest standard report, ms": ("at most", 100.0),
    "differences found by verify": ("at most", 0),
}


@dataclass
class Measured:
    """What was measured on one database, printed as it comes."""

    figures: dict[str, float] = field(default_factory=dict)

    def note(self, name: str, value: float) -> None:
        """Keep a figure and print it beside its target."""
        self.figures[name] = value
        word, target = TARGETS.get(name, ("", 0))
        sys.stdout.write(f"{name:<58}{value:>14,.2f}" + (f"   ({word} {target:,})\n" if word else "\n"))
        sys.stdout.flush()


@contextmanager
def clocked(taken: dict[str, float]) -> Iterator[None]:
    """Notes what the block takes by the clock, and of the processors: this process and those that it started."""

    def used() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + children.ru_utime + children.ru_stime

    wall, cpu = time.perf_counter(), used()
    yield
    taken["wall"], taken["cpu"] = time.perf_counter() - wall, used() - cpu


def rows(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """A log as rows of the table: tickets have numbers, as those of a desk."""
    for told in generate(Shape(count, seed, first=FIRST.isoformat(), per_day=PER_DAY)):
        event = dict(told)  # the generator remembers what it gave out
        event.pop("seq")
        for name in TICKETS:
            if isinstance(value := event.get(name), str) and value[:1] == "T" and value[1:].isdecimal():
                event[name] = value[1:]
        actor = event.pop("actor", {"kind": "system"})
        ts, ticket = event.pop("ts"), event.pop("ticket", None)
        yield {
            "id": event.pop("id"),
            "ts": clock.parse(ts),
            "rec": clock.parse(event.pop("rec", ts)),
            "kind": event.pop("kind"),
            "actor_kind": actor["kind"],
            "actor_id": actor.get("id"),
            "actor_team": actor.get("team"),
            "ticket_id": None if ticket is None else int(ticket),
            "data": event,
        }


def fill(store: Store, count: int) -> int:
    """The log in the store; copies of an event, which follow it at once, are left out as by the door for events."""
    places, events = history.Places(), 0
    once = (next(copies) for _, copies in groupby(rows(count), itemgetter("id")))
    for fresh in parts(once, AT_ONCE):
        with store.transaction() as work:
            places.fill(work, fresh)
            work.connection().execute(insert(Event), fresh)
        events += len(fresh)
    return events


@contextmanager
def desk_of(url: str) -> Iterator[Store]:
    """An empty desk in the zone of the log."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        settings = Settings(data_dir=Path(folder), database_url=url, secret_key="0" * 64)
        settings.prepare()
        schema.upgrade(settings)
        store = Store(settings)
        with store.transaction() as work:
            desk.keep(work, "desk.timezone", "Europe/Rome")
        try:
            yield store
        finally:
            store.close()


def engine(store: Store, config: Config) -> float:
    """Events per second of CPU of the pure engine over the log or as much of it as fits, everything in memory: its
    lines are read before, their checking counts.
    """
    with store.reading() as work:
        lines = [event.as_dict() for event in work.scalars(select(Event).order_by(Event.seq).limit(IN_MEMORY))]
    taken: dict[str, float] = {}
    gc.disable()  # as State.append does it for many events; here for the reading too
    with clocked(taken):
        State(config).append(read_events(lines).events)
    gc.enable()
    gc.collect()
    return len(lines) / taken["cpu"]


def rebuild(measured: Measured, store: Store, events: int) -> Config:
    """Everything anew from the log, beside the engine."""
    with store.reading() as work:
        config = promises.config(work)
    keeper.begin(store, config, "asked", [])
    taken: dict[str, float] = {}
    with clocked(taken):
        keeper.catch_up(store, config, size=checking.LARGE)
    measured.note("rebuild, events per second", events / taken["wall"])
    measured.note("rebuild, events per second of CPU", events / taken["cpu"])
    measured.note("most memory up to here, MB", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    pure = engine(store, config)
    measured.note("the engine alone in memory, events per second of CPU", pure)
    measured.note("rebuild beside the engine", events / taken["cpu"] / pure)
    return config


def append(measured: Measured, store: Store, config: Config, count: int) -> None:
    """The keeper's share of an event on top of a long log, beside the bare insert of its row.

    The log's last events once more under new names: tickets that are open, in the middle of a working day. The keeper
    takes them in by ``BATCH``, as the worker lets them gather; all of its time is counted.
    """
    with store.reading() as work:
        last = work.scalar(select(func.max(Event.seq))) or 0
        query = select(Event).where(Event.seq > last - 3 * count, Event.ticket_id.is_not(None)).order_by(Event.seq)
        fresh = [
            {
                **{name: getattr(one, name) for name in ("kind", "actor_kind", "actor_id", "actor_team", "ticket_id")},
                "id": f"again {one.id}",
                "ts": one.ts,
                "rec": one.rec,
                "data": one.data,
            }
            for one in work.scalars(query)
            if one.kind in {"note.added", "ticket.tag", "ticket.assigned", "ticket.reason", "ticket.status"}
        ][:count]
    alone: dict[str, float] = {}
    with clocked(alone):
        for row in fresh:
            with store.transaction() as work:
                work.execute(insert(Event), [row])
    figured: dict[str, float] = {}
    with clocked(figured):
        keeper.catch_up(store, config)
    n = max(1, len(fresh))
    measured.note("a row of the log in a transaction, ms of CPU", alone["cpu"] / n * 1000)
    measured.note("the keeper's share of it in the worker, ms of CPU", figured["cpu"] / n * 1000)


def reports(measured: Measured, store: Store, count: int) -> None:
    """The standard reports from what is kept; each the median of seven after one that is not counted."""
    last = FIRST + dt.timedelta(days=max(1, round(count / PER_DAY)))
    with store.reading() as work:
        known = kept(work)
        assert known is not None
        as_of = dt.datetime.fromtimestamp(known.state.last_rec / 1000 + 2 * 86_400, dt.UTC).isoformat()
        slowest = 0.0
        for name, request in standard(last, as_of).items():
            assert known.answers(request), name
            each = [timed(partial(known.report, request)) for _ in range(8)][1:]
            wall, cpu = (statistics.median(side) for side in zip(*each, strict=True))
            measured.note(f"report {name}, ms", wall)
            measured.note("  of which CPU of this process, ms", cpu)
            slowest = max(slowest, wall)
        request = standard(last, as_of)["30 days by channel"]
        for figure in ("fcr7.rate", "csat.rate"):
            listed = partial(_listed, known, figure, request)
            took = statistics.median(timed(listed)[0] for _ in range(3))
            measured.note(f"the cases behind {figure}, 30 days, ms", took)
    measured.note("slowest standard report, ms", slowest)


def _listed(known: KeptFigures, figure: str, request: Request) -> Part:
    """The first part of a list, as its page shows it."""
    return part_of(known.cases(figure, request), 50)


def taken_in(measured: Measured, url: str, count: int) -> None:
    """The same for what a desk does all day: messages from the journal to their tickets, and all that this writes."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        settings, store, sms, _letters = intake.desk(Path(folder), url)
        intake.hooks(store, sms, count)
        alone = intake.worked(store)
        with store.reading() as work:
            config = promises.config(work)
        figured: dict[str, float] = {}
        with clocked(figured):
            keeper.catch_up(store, config)
        measured.note("intake of a message without figures, ms of CPU", alone.cpu / count * 1000)
        measured.note("the keeper's share of a message, ms of CPU", figured["cpu"] / count * 1000)
        measured.note("intake with the keeper's share beside without", (alone.cpu + figured["cpu"]) / alone.cpu)
        beside(measured, settings, store, count)
        store.close()


def beside(measured: Measured, settings: Settings, store: Store, count: int) -> None:
    """What appending costs a desk: a transaction that tags a ticket, with nobody keeping figures and with a worker.

    The worker is a process of its own, as it is on a desk. Without, with, with, without: half of the tickets each.
    """
    spent = {False: {"cpu": 0.0, "wall": 0.0}, True: {"cpu": 0.0, "wall": 0.0}}
    with store.reading() as work:
        numbers = list(work.scalars(select(Ticket.id).order_by(Ticket.id).limit(count)))
    with kept_beside(settings) as at_work:
        for n, kept_now in enumerate((False, True, True, False)):
            (at_work.set if kept_now else at_work.clear)()
            time.sleep(0.3)  # the worker has begun, or ended its batch
            taken: dict[str, float] = {}
            with clocked(taken):
                for number in numbers[n % 2 :: 2]:
                    with store.transaction() as work:
                        tickets.tag(work, SYSTEM, number, f"bench {n}")
            for name, took in taken.items():
                spent[kept_now][name] += took
    for name, what in (("cpu", "of CPU"), ("wall", "by the clock")):
        for kept_now, word in ((False, "without"), (True, "with")):
            measured.note(f"append of a desk {word} figures, ms {what}", spent[kept_now][name] / len(numbers) * 1000)
    measured.note("append with figures beside without", spent[True]["cpu"] / spent[False]["cpu"])


@contextmanager
def kept_beside(settings: Settings) -> Iterator[EventOfProcesses]:
    """A worker that keeps the figures while the event is set."""
    spawn = multiprocessing.get_context("spawn")
    at_work, over = spawn.Event(), spawn.Event()
    worker = spawn.Process(target=keep, args=(str(settings.data_dir), settings.database_url, at_work, over))
    worker.start()
    try:
        yield at_work
    finally:
        over.set()
        worker.join()
        assert not worker.exitcode, "the worker beside it fell"


def keep(folder: str, url: str, at_work: EventOfProcesses, over: EventOfProcesses) -> None:
    """What a worker does for the figures."""
    settings = Settings(data_dir=Path(folder), database_url=url)
    settings.prepare()
    store = Store(settings)
    figures = Figures(store)
    while not over.is_set():
        if not (at_work.is_set() and figures.work_due(at_once=True)):
            time.sleep(0.1)
    store.close()


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Milliseconds by the clock, and of this process."""
    began = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - began[0]) * 1000, (time.process_time() - began[1]) * 1000


def proof(measured: Measured, store: Store, sample: int) -> None:
    """What ``report verify --sample`` looks at."""
    taken: dict[str, float] = {}
    with clocked(taken):
        looked, wrong = checking.check_some(store, sample, random.Random(1))
    measured.note("families proved per second", looked / taken["wall"])
    measured.note("differences found by verify", len(wrong))


def measure(fresh: Callable[[], str], count: int, appends: int, sample: int) -> Measured:
    """All of it on one kind of database."""
    measured = Measured()
    with desk_of(fresh()) as store:
        events = fill(store, count)
        measured.note("tickets", count)
        measured.note("events", events)
        config = rebuild(measured, store, events)
        reports(measured, store, count)
        proof(measured, store, sample)
        append(measured, store, config, appends)
    taken_in(measured, fresh(), appends)
    return measured


@contextmanager
def postgresql() -> Iterator[Callable[[], str]]:
    """What makes empty databases on a cluster of its own and gives their addresses."""
    found = binaries()
    if found is None:
        sys.exit("PostgreSQL is missing: apt-get install postgresql, or --only sqlite")
    with tempfile.TemporaryDirectory(prefix="sportello-pg-") as name:
        Path(name).chmod(0o755)
        folder = Path(name) / "cluster"
        folder.mkdir()
        cluster = Cluster(found, folder)
        try:
            yield lambda: cluster.url(cluster.create())
        finally:
            with suppress(Exception):
                cluster.process.stop()


def main(arguments: list[str] | None = None) -> dict[str, Measured]:
    """Run it on both databases; returns the figures of each by name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--appends", type=int, default=2_000)
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    wanted = parser.parse_args(arguments)
    found = {}
    for name in ("sqlite", "postgresql"):
        if wanted.only in {None, name}:
            sys.stdout.write(f"-- {name}\n")
            with nullcontext(str) if name == "sqlite" else postgresql() as fresh:
                found[name] = measure(fresh, wanted.tickets, wanted.appends, wanted.sample)
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
