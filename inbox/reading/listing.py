"""The list behind a figure as programs read it: cases, or the customers, posts or mentions that it counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Final

from inbox.actions.who import Who
from inbox.errors import Invalid
from inbox.figures.parts import parts
from inbox.metrics import Request
from inbox.metrics.behind import Behind
from inbox.metrics.published import refuse_unknown
from inbox.metrics.times import iso
from inbox.reading import behind, counted, figures
from inbox.reading.cards import CARDS
from inbox.reading.pages.asked import Asked, Period
from inbox.store import Work

__all__ = ["listing"]

_AT_ONCE: Final = 500
#: What single customers are worth is told under these keys.
_WORTH: Final = CARDS["value"].keys
Days = tuple[dt.date, dt.date]


def listing(
    work: Work,
    who: Who,
    figure: str,
    days: Days,
    where: Mapping[str, str],
    *,
    limit: int,
    beside: behind.Beside,
    as_of: dt.datetime | None = None,
) -> dict[str, Any]:
    """A part of the list: ``figure``, ``kind`` of its ``items``, ``total`` and ``next``, None at the end. Money is in
    micro-units, times are in ms.

    Raises :class:`Invalid`, :class:`Forbidden` (section 8).
    """
    if counted.has(figure):
        return _of_counted(work, who, figure, days, where, limit, beside, as_of)
    unsaid = behind.withheld(work, figure)
    found = behind.listed(work, figure, days, where, limit=limit, beside=beside, as_of=as_of)
    more = found.cases and found.first + len(found.cases) < found.total
    return {
        "figure": figure,
        "kind": "case",
        "total": found.total,
        "items": [_case(one, unsaid=unsaid) for one in found.cases],
        "next": behind.cursor(found.cases[-1]) if more else None,
    }


def _case(one: Behind, *, unsaid: bool) -> dict[str, Any]:
    return {
        "case": one.case.id,
        "ticket": behind.number(one),
        "channel": one.case.channel,
        "reason": one.reason,
        "t0": iso(one.case.t0),
        "amount": None if unsaid else one.amount,
        "counted": one.held,
        "class": one.verdict or None,
        "why": one.why or None,
        "matures": None if one.matures is None else iso(one.matures),
    }


def _of_counted(
    work: Work,
    who: Who,
    figure: str,
    days: Days,
    where: Mapping[str, str],
    limit: int,
    beside: behind.Beside,
    as_of: dt.datetime | None,
) -> dict[str, Any]:
    figures.guard(work, None, where)
    source = figures.source(work, as_of)
    at = behind.position(beside.cursor) if beside.cursor else beside.skip
    _refuse(figure, days, where, source, as_of)
    kind, some = counted.counted(source, figure, _asked(source, days, where))
    part = some[at : at + limit]
    return {
        "figure": figure,
        "kind": kind,
        "total": len(some),
        "items": list(_items(work, who, source, figure, days, kind, part)),
        "next": str(at + limit) if at + limit < len(some) else None,
    }


def _refuse(
    figure: str, days: Days, where: Mapping[str, str], source: figures.Source, as_of: dt.datetime | None
) -> None:
    is_worth = figure.startswith("clv")
    try:
        Request.of(days[0].isoformat(), days[1].isoformat(), source.as_of)
        if not is_worth or figure not in _WORTH:
            refuse_unknown([figure], source.config)
    except (ValueError, OverflowError) as problem:
        raise Invalid(str(problem)) from None
    if counted.is_whole(figure) and where:
        msg = f"{figure} is the whole desk's: ask without where"
        raise Invalid(msg, fields={"where": msg})
    if is_worth and as_of is not None:
        msg = "what each customer is worth is told as it is known now: ask without as_of"
        raise Invalid(msg, fields={"as_of": msg})


def _asked(source: figures.Source, days: Days, where: Mapping[str, str]) -> Asked:
    """The period compared with nothing; the figures are those of the definitions at any time (``later``)."""
    return Asked(Period(*days, *days), where, "previous", source.config.zone, days[1])


def _items(
    work: Work,
    who: Who,
    source: figures.Source,
    figure: str,
    days: Days,
    kind: counted.What,
    some: list[counted.Counted],
) -> Iterator[dict[str, Any]]:
    asked = _asked(source, days, {})
    for part in parts(some, _AT_ONCE):
        people = counted.known(work, who, [one.id for one in part]) if kind == "customer" else {}
        for one in counted.worth_of(source, figure, asked, part):
            if kind == "customer":
                yield _customer(one, people.get(one.id), ends=counted.ends(figure))
            else:
                day = (
                    {"day": one.day.isoformat() if one.day else None, "counted": one.held} if kind == "mention" else {}
                )
                yield {kind: one.id, "channel": one.channel, **day, "amount": one.amount}


def _customer(one: counted.Counted, person: counted.Known | None, *, ends: bool) -> dict[str, Any]:
    at = None if one.at is None else iso(one.at)
    return {
        "customer": one.id,
        "name": person.name if person else None,
        "ticket": person.ticket if person else None,
        "since": None if ends else at,
        "until": at if ends else None,
        "amount": one.amount,
        "counted": one.held,
    }
