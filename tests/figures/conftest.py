"""A store with a log, and what its figures have to be equal to."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from sqlalchemy import select

from bench.metrics_log import Shape, generate
from inbox import clock
from inbox.actions import history, promises
from inbox.actions.who import SYSTEM
from inbox.figures import keeper
from inbox.figures.rolls import StoredRolls
from inbox.metrics import Config, Report, State
from inbox.metrics.log import Event as Told
from inbox.metrics.log import read_events
from inbox.store import Event, Store
from tests.metrics.comparing import cells, sentences

Lines = list[dict[str, Any]]


def lines(seed: int, tickets: int = 20) -> Lines:
    """A log of everything that can happen, as another system would hand it over."""
    shape = Shape(tickets, seed, per_day=3, agents=4, customers=6, quirks=1.0, contracts=0.5)
    return [{key: value for key, value in event.items() if key != "seq"} for event in generate(shape)]


def add(store: Store, events: Iterable[Mapping[str, Any]]) -> None:
    """Append events from outside, whenever the test runs: at a time that is past for all of them."""
    with clock.at(dt.datetime(2027, 1, 1, tzinfo=dt.UTC)), store.transaction() as work:
        history.add(work, SYSTEM, [history.read(json.dumps(event)) for event in events])


def taken_in_by_parts(store: Store, events: Lines) -> Store:
    """The store with a log that the keeper took in while it came."""
    with store.reading() as work:
        config = promises.config(work)
    for part, size in ((events[:200], 60), (events[200:], 150)):
        add(store, part)
        keeper.catch_up(store, config, size=size)
    return store


def begun_anew(store: Store, patched: pytest.MonkeyPatch, events: int = 0) -> Config:
    """Figures by other settings were begun beside those of a log and stand still, as where the log is long; gives the
    settings. ``events`` are worked out already."""
    with store.reading() as work:
        config = promises.config(work)
        known = [state.generation for state in keeper.states(work)]
    keeper.begin(store, config, "settings", known)
    if events:
        keeper.advance(store, config, events)
    patched.setattr(keeper, "advance", lambda *_args: 0)
    return config


def told(store: Store) -> list[Told]:
    """The whole log as the engine reads it."""
    with store.reading() as work:
        rows = work.scalars(select(Event).order_by(Event.seq))
        return read_events(row.as_dict() for row in rows).events


def wrong(store: Store, config: Config | None = None) -> list[str]:
    """Every cell in which the figures that are kept differ from those of the whole log at once."""
    wanted = State(config or Config.of())
    wanted.append(told(store))

    class Kept:
        rolls: StoredRolls

    with store.reading() as work:
        state = keeper.current(work)
        assert state is not None, "no figures are kept"
        assert state.seq == store.last_seq()
        Kept.rolls = StoredRolls(work.connection(), state.generation)
        return sentences(cells(Kept), cells(wanted))  # type: ignore[arg-type]


def shown(report: Report) -> Report:
    """The slices in which anything is: one that is empty may be left out."""
    return {name: row for name, row in report.items() if name == "all" or row["vol.inbound"] or row["vol.handled"]}
