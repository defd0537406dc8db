"""The customers, posts and mentions that a figure counts, behind which no tickets stand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal, NamedTuple

from sqlalchemy import func, select

from inbox.actions.who import Who, visible
from inbox.figures.parts import parts
from inbox.metrics.sums import Filter
from inbox.reading import special
from inbox.reading.definitions import family
from inbox.reading.figures import Source
from inbox.reading.pages.asked import Asked
from inbox.store import Customer, Ticket, Work

__all__ = ["PARTS", "Counted", "Known", "What", "counted", "ends", "has", "is_whole", "known", "worth_of"]

What = Literal["customer", "post", "mention"]

#: Figures that divide others: what opens instead.
PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "vol.flow_ratio": ("vol.handled", "vol.inbound"),
    "occ.rate": ("aht.mean_ms",),
}
#: The figure of which cohorts are listed.
_COHORTS: Final = "ret.retention"
_ENGAGED: Final = ("social.likes", "social.comments", "social.shares")
_AT_ONCE: Final = 500


class Counted(NamedTuple):
    """One of those that a figure counts: ``at`` is since when, in ms; ``amount`` what it adds in the figure's unit,
    None where that is told of a part of the list only; ``held`` whether it is one of the k, None where there is no such
    thing or where that is undecided; ``day`` the local one of a mention."""

    id: str
    at: int | None
    amount: float | None
    held: bool | None = None
    channel: str | None = None
    day: dt.date | None = None


class Known(NamedTuple):
    """A customer as the reader may see them: the name, and the newest of their tickets, None without one."""

    name: str
    ticket: int | None
    since: dt.datetime


def has(figure: str) -> bool:
    """Whether a figure counts customers, posts or mentions."""
    kind = family(figure)
    return kind in _LOYAL or kind.partition(".")[0] in ("clv", "social")


def is_whole(figure: str) -> bool:
    """Whether a figure is the whole desk's, whatever the filter."""
    return figure.startswith(("ret.", "silence."))


def ends(figure: str) -> bool:
    """Whether of each customer is told until when their contract went, and not since when."""
    return family(figure) == "ret.renewal"


def counted(
    source: Source, figure: str, asked: Asked, band: str = "", cohort: dt.date | None = None
) -> tuple[What, list[Counted]]:
    """All that a figure counts: what tells most first, which is whoever left, then by age. ``band`` is for the value of
    customers: "" is everybody. ``cohort`` narrows retention to those whose first contract began in the period before
    that day."""
    kind = family(figure)
    if cohort is not None and kind == _COHORTS:
        some = _begun(source, asked, cohort)
        return "customer", sorted(some, key=lambda one: (one.held is True, -(one.at or 0), one.id))
    if kind.startswith("social"):
        return _social(source, figure, asked)
    if kind.startswith("clv"):
        return "customer", _worth(source, figure, asked, band)
    some = _LOYAL[kind](source, asked)
    return "customer", sorted(some, key=lambda one: (one.held is (kind in _KEPT), -(one.at or 0), one.id))


def _bounds(source: Source, asked: Asked) -> tuple[int, int]:
    return source.days.start(asked.period.start.toordinal()), source.days.start(asked.period.end.toordinal())


def _covered(source: Source, some: Iterable[str], begin: int, later: int, *, stays: bool) -> list[Counted]:
    cover = source.cover
    return [Counted(one, cover.since(one, begin), 1, cover.is_active(one, later) is stays) for one in some]


def _undecided(some: list[Counted]) -> list[Counted]:
    return [one._replace(held=None) for one in some]


def _stayed(source: Source, asked: Asked) -> list[Counted]:
    begin, end = _bounds(source, asked)
    return _covered(source, source.cover.active(begin), begin, end, stays=True)


def _begun(source: Source, asked: Asked, cohort: dt.date) -> list[Counted]:
    begin, end = _bounds(source, asked)
    cover, until = source.cover, source.days.start(cohort.toordinal())
    return [Counted(one, cover.first(one), 1, cover.is_active(one, end)) for one in cover.begun((begin, until))[0]]


def _left(source: Source, asked: Asked) -> list[Counted]:
    begin, end = _bounds(source, asked)
    return _covered(source, source.cover.active(begin), begin, end, stays=False)


def _renewed(source: Source, asked: Asked) -> list[Counted]:
    as_of = int(source.as_of.timestamp() * 1000)
    due = source.cover.due(*_bounds(source, asked), as_of, source.config.renew_grace)
    return [Counted(who, ends, 1, renewed) for who, ends, renewed in due]


def _side(name: str) -> Callable[[Source, Asked], list[Counted]]:
    def found(source: Source, asked: Asked) -> list[Counted]:
        period = asked.period
        begin = source.days.start(period.start.toordinal())
        later = source.days.start(period.end.toordinal() + source.config.churn_lag_d)
        some = _covered(source, source.sides(period.start, period.end)[name], begin, later, stays=False)
        return _undecided(some) if asked.not_before("silence.") else some

    return found


_LOYAL: Final[Mapping[str, Callable[[Source, Asked], list[Counted]]]] = {
    "ret.retention": _stayed,
    "ret.churn": _left,
    "ret.renewal": _renewed,
    "silence.exposed": _side("exposed"),
    "silence.unexposed": _side("unexposed"),
}
#: Of these the good ones are told last.
_KEPT: Final = ("ret.retention", "ret.renewal")


def _worth(source: Source, figure: str, asked: Asked, band: str) -> list[Counted]:
    worths = source.worths(asked.period.end)
    by_band = {} if worths is None else special.bands(worths, asked)
    some = by_band.get(band, []) if band else [one for own in by_band.values() for one in own]
    return [Counted(one, None, 1 if figure == "clv.customers" else None) for one in some]


def _social(source: Source, figure: str, asked: Asked) -> tuple[What, list[Counted]]:
    """Posts with what they add, the most first, or mentions with whether they were positive, the newest first."""
    mentions = figure.startswith(("social.mentions", "social.positive"))
    keys = ("social.mentions",) if mentions else _ENGAGED if figure.startswith("social.rate") else (figure,)
    filter, found = Filter(asked.where), dict[str, Counted]()
    for date, owner, day in source.posts(asked.period.start, asked.period.end):
        kind, _, name = owner.partition(" ")
        if (kind == "mention") is not mentions:
            continue
        for about, _, entry in day.entries:
            amount = sum(entry.counts.get(key, 0) for key in keys)
            if filter.lets(about) and (amount or mentions):
                before = found.get(name)
                held = bool(entry.counts.get("social.positive")) if mentions else None
                sum_up = amount + ((before.amount or 0) if before else 0)
                found[name] = Counted(name, None, sum_up, held, about.channel, date if mentions else None)
    if mentions:
        return "mention", sorted(found.values(), key=lambda one: (one.day or dt.date.min, one.id), reverse=True)
    return "post", sorted(found.values(), key=lambda one: (-(one.amount or 0), one.id))


def worth_of(source: Source, figure: str, asked: Asked, some: list[Counted]) -> list[Counted]:
    """The same customers with what each adds to a figure of lifetime value."""
    worths = source.worths(asked.period.end)
    if worths is None or not family(figure).startswith("clv") or figure == "clv.customers":
        return some
    told = special.each_worth(source, worths, {one.id for one in some})
    return [one._replace(amount=told[one.id].get(figure)) for one in some]


def known(work: Work, who: Who, some: Iterable[str]) -> dict[str, Known]:
    """Those customers whom the desk knows."""
    found: dict[str, Known] = {}
    for part in parts(sorted(set(some)), _AT_ONCE):
        newest = dict(
            work.execute(
                select(Ticket.customer_id, func.max(Ticket.id))
                .where(Ticket.customer_id.in_(part), visible(who))
                .group_by(Ticket.customer_id)
            ).all()
        )
        rows = work.execute(select(Customer.id, Customer.name, Customer.created_at).where(Customer.id.in_(part)))
        found |= {id: Known(name, newest.get(id), since) for id, name, since in rows}
    return found
