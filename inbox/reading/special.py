"""Cards whose lines are no slices of a report: NPS by touchpoint, and what customers are worth by band."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import select

from inbox.actions import worth
from inbox.reading.figures import Source
from inbox.reading.pages.asked import Asked
from inbox.store import Customer, Event, Work

__all__ = ["SPECIAL", "rows"]

#: More customers with revenue than that are not looked at one by one while a page waits: their bands say it.
MOST: Final = 300
_TOUCHPOINT: Final = re.compile(r"nps\[(.*)\]\.n")
_KEYS: Final = ("clv.margin12", "clv.service12", "clv.clv")
Row = Mapping[str, Any]


def _touchpoints(work: Work, source: Source, asked: Asked) -> list[tuple[str, Row]]:
    """Each touchpoint with the keys of the whole: ``nps[After delivery].score`` becomes ``nps.score``."""
    del work
    period = asked.period
    every = source.ask(period.start, period.end, where=asked.where, compare=asked.compare, keys=("nps",))["all"]
    names = sorted(match[1] for key in every if (match := _TOUCHPOINT.fullmatch(key)))
    return [("", every), *((name, _own(every, f"nps[{name}]")) for name in names)]


def _own(row: Row, stem: str) -> dict[str, Any]:
    return {key.replace(stem, "nps"): value for key, value in row.items() if f"{stem}." in key}


def _value(work: Work, source: Source, asked: Asked) -> list[tuple[str, Row]]:
    """Means over the customers with revenue, all and by band; nothing where there are too many to look at each."""
    del source, asked
    named = work.scalars(select(Event.data).where(Event.kind == "revenue"))
    told = {str(data["customer"]) for data in named}
    if not told or len(told) > MOST:
        return [("", {})]
    bands = dict(work.execute(select(Customer.id, Customer.band).where(Customer.id.in_(told))).all())
    found = worth.worths(work, bands)
    named_bands = sorted({band for band in bands.values() if band})
    by_band = ((band, _means(row for id, row in found.items() if bands[id] == band)) for band in named_bands)
    return [("", _means(found.values())), *by_band]


def _means(rows: Iterable[Row]) -> dict[str, Any]:
    """The mean of each figure over the customers of whom it is known, in micro-units."""
    every = list(rows)
    means: dict[str, Any] = {"clv.customers": len(every), "clv.n": len(every)}
    for key in _KEYS:
        known = [row[key] for row in every if row[key] is not None]
        means[key] = sum(known) / len(known) if known else None
    return means


SPECIAL: Final = {"touchpoints": _touchpoints, "value": _value}


def rows(work: Work, source: Source, name: str, asked: Asked) -> list[tuple[str, Row]]:
    """The lines of such a card: what each is called ("" is everything), and its figures."""
    return SPECIAL[name](work, source, asked)
