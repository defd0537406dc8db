"""The metrics engine: exact figures as pure functions of a log of plain events, by the definitions of docs/metrics.md.

``read_lines`` and ``read_events`` read a log, ``report`` gives the figures of a period, ``lifetime_value`` those of a
customer, ``explain`` the cases behind them. Durations are integer ms, money integer micro-units of the base currency,
unknown is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from inbox.metrics.book import Book
from inbox.metrics.collector import uncollected
from inbox.metrics.config import Config
from inbox.metrics.explain import explained
from inbox.metrics.factual import Facts
from inbox.metrics.keys import Figures
from inbox.metrics.log import Event, Log, Problem, read_events, read_lines
from inbox.metrics.published import refuse_unknown
from inbox.metrics.report import Report, report_of
from inbox.metrics.request import Request
from inbox.metrics.settling import settle
from inbox.metrics.state import State
from inbox.metrics.value import worth_of

__all__ = [
    "Book",
    "Config",
    "Event",
    "Figures",
    "Log",
    "Problem",
    "Report",
    "Request",
    "State",
    "book_of",
    "explain",
    "lifetime_value",
    "read_events",
    "read_lines",
    "report",
    "settle",
]

Source = Log | Iterable[Mapping[str, Any]]


def report(source: Source | State, request: Request, config: Config | None = None) -> Report:
    """The slices of a report: ``{"all": {key: value}, "channel=email": {...}}``, keys of section 12.

    The source is a read ``Log``, an iterable of event objects (bad ones are left out), or a ``State`` with its own
    configuration, whose roll-ups answer at once. Raises ``ValueError`` where a figure is asked for that there is not.
    """
    refuse_unknown(request.wanted.names, source.config if isinstance(source, State) else config or Config.of())
    if isinstance(source, State):
        return source.report(request)
    return report_of(Facts(book_of(source, request.as_of, config)), request)


def lifetime_value(source: Source, customer: str, at: int, as_of: int, config: Config | None = None) -> Figures:
    """``clv.*`` of a customer at an instant, and ``cost.*`` of serving them, from what was known at ``as_of``; both in
    ms since 1970."""
    book = book_of(source, as_of, config)
    return worth_of(book, customer, at, as_of, partial(report_of, Facts(book)))


def explain(source: Source, as_of: int, config: Config | None = None) -> list[dict[str, Any]]:
    """The cases behind the figures, each with its interactions, contacts and FCR class per window and why."""
    return list(explained(book_of(source, as_of, config), as_of))


def book_of(source: Source, as_of: int, config: Config | None = None) -> Book:
    """All facts of a log as it was known at an instant (rule 4: only what had been recorded by then)."""
    book = Book(config or Config.of())
    with uncollected():
        log = source if isinstance(source, Log) else read_events(source)
        book.take(event for event in log.events if event.rec <= as_of)
        settle(book, as_of)
    return book
