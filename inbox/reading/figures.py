"""Figures from the desk's own log: one derivation per state of the log, many questions to it."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from inbox import clock
from inbox.actions import desk as settings
from inbox.actions import promises
from inbox.errors import Forbidden, Invalid
from inbox.metrics import Book, Report, Request, book_of
from inbox.metrics.factual import Facts
from inbox.metrics.report import report_of
from inbox.store import Event, Membership, Work

__all__ = ["FRESH", "Source", "guard", "lines", "report", "source"]

#: How long one derivation serves while nothing was appended: only what matures with time can be that old.
FRESH = dt.timedelta(seconds=60)
TEAM_AT_LEAST = 5
_AGENT_WORDS = (
    "figures of handling time per agent are switched off: settings, General says what they need (art. 4 L. 300/1970)"
)


@dataclass(frozen=True)
class Source:
    """A derived log: everything up to ``seq``, as known at ``as_of``."""

    book: Book
    seq: int
    as_of: dt.datetime

    def ask(self, first: dt.date, end: dt.date, **more: str | Iterable[str] | Mapping[str, str] | None) -> Report:
        """A report of the local days [first, end)."""
        request = Request.of(first.isoformat(), end.isoformat(), self.as_of, **more)  # type: ignore[arg-type]
        return report_of(Facts(self.book), request)


_lock = threading.Lock()
_last: dict[str, Source] = {}


def lines(work: Work) -> Iterator[dict[str, object]]:
    """The log as the engine reads it."""
    for event in work.scalars(select(Event).order_by(Event.seq).execution_options(yield_per=2000)):
        yield event.as_dict()


def source(work: Work, as_of: dt.datetime | None = None) -> Source:
    """The derived log, kept while nothing new was appended."""
    seq = work.scalar(select(func.max(Event.seq))) or 0
    definitions = promises.config(work)
    now = as_of or clock.now()
    key = f"{work.store.settings.url}|{definitions.digest}"
    with _lock:
        kept = _last.get(key)
        if as_of is None and kept is not None and kept.seq == seq and now - kept.as_of < FRESH:
            return kept
        millis = int(now.timestamp() * 1000)
        made = Source(book_of(lines(work), millis, definitions), seq, now)
        if as_of is None:
            _last.clear()
            _last[key] = made
        return made


def guard(work: Work, by: str | None, where: Mapping[str, str]) -> None:
    """The gate of metrics.md section 8 at every door: raises :class:`Forbidden` for slices that show single people."""
    if settings.get(work, "report.agent_time"):
        return
    if by == "agent" or "agent" in where:
        raise Forbidden(_AGENT_WORDS)
    if by == "team" or "team" in where:
        sizes = dict(work.execute(select(Membership.team_id, func.count()).group_by(Membership.team_id)).all())
        asked = [where["team"]] if "team" in where else list(sizes)
        if any(sizes.get(team, 0) < TEAM_AT_LEAST for team in asked):
            msg = f"figures per team need at least {TEAM_AT_LEAST} people in each team (metrics, section 8)"
            raise Forbidden(msg)


def report(
    work: Work,
    *,
    first: str,
    end: str,
    by: str | None = None,
    where: Mapping[str, str] | None = None,
    compare: str | None = None,
    as_of: str | None = None,
    keys: Iterable[str] = (),
) -> Report:
    """The report that CLI and API give over the database. Raises :class:`Invalid`, :class:`Forbidden`."""
    guard(work, by, where or {})
    try:
        moment = clock.parse(as_of) if as_of else None
        derived = source(work, moment)
        request = Request.of(first, end, derived.as_of, by=by, where=where, compare=compare, keys=keys)
    except ValueError as problem:
        raise Invalid(str(problem)) from None
    return report_of(Facts(derived.book), request)
