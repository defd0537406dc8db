"""Cards whose lines are no slices of a report: touchpoints, bands of customers, days, hours of the week, cohorts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from inbox.actions import desk
from inbox.figures.worth import Worths
from inbox.metrics.value import Margin, Ratios, Service, loaded
from inbox.reading import asking, cohorts
from inbox.reading.figures import Source
from inbox.reading.pages.asked import Asked
from inbox.store import Work

__all__ = ["SPECIAL", "bands", "each_worth", "incomplete", "rows"]

#: Of a band with more customers so many are looked at one by one.
MOST: Final = 500
_TOUCHPOINT: Final = re.compile(r"nps\[(.*)\]\.n")
_KEYS: Final = ("clv.margin12", "clv.service12", "clv.service12_full", "clv.clv")
Row = Mapping[str, Any]


def _touchpoints(work: Work, source: Source, asked: Asked) -> list[tuple[str, Row]]:
    """Each touchpoint with the keys of the whole: ``nps[After delivery].score`` becomes ``nps.score``."""
    del work
    period = asked.period
    every = source.told(period.start, period.end, where=asked.where, compare=asked.compare, keys=("nps",))["all"]
    names = sorted(match[1] for key in every if (match := _TOUCHPOINT.fullmatch(key)))
    return [("", every), *((name, _own(every, f"nps[{name}]")) for name in names)]


def _own(row: Row, stem: str) -> dict[str, Any]:
    return {key.replace(stem, "nps"): value for key, value in row.items() if f"{stem}." in key}


def _value(work: Work, source: Source, asked: Asked) -> list[tuple[str, Row]]:
    """Means over the customers with revenue, all and by band, the best first, as of the period's end; with a filter
    over those who had something in it. Of a large band some are looked at, evenly spread, and the means of all weigh
    the bands."""
    worths = source.worths(asked.period.end)
    by_band = {} if worths is None else bands(worths, asked)
    if worths is None or not by_band:
        return [("", {})]
    looked = {band: some[:: -(-len(some) // MOST)] for band, some in by_band.items()}
    told = each_worth(source, worths, {one for some in looked.values() for one in some})
    means = {band: _means([told[one] for one in some], len(by_band[band])) for band, some in looked.items()}
    best: list[str] = desk.get(work, "routing.bands")
    named = sorted(filter(None, means), key=lambda band: (best.index(band) if band in best else len(best), band))
    return [("", _together(means.values())), *((band, means[band]) for band in named)]


def bands(worths: Worths, asked: Asked) -> dict[str, list[str]]:
    """The customers of whom lifetime value speaks, by band."""
    wanted = worths.earning()
    if wanted and asked.where:
        first, end = (day.toordinal() for day in (asked.period.start, asked.period.end))
        wanted &= worths.who_had(first, end, asked.where)
    found: dict[str, list[str]] = {}
    for customer, band in sorted(worths.bands(wanted).items()):
        found.setdefault(band, []).append(customer)
    return found


def each_worth(source: Source, worths: Worths, customers: Collection[str]) -> dict[str, Row]:
    """``clv.*`` of some customers, in micro-units."""
    margins, services = worths.margins(customers), worths.services(customers)
    ratios = source.ratios(worths.at)
    return {one: _figures(worths, margins[one], services[one], ratios) for one in customers}


def _figures(worths: Worths, margin: Margin, service: Service, ratios: Ratios) -> Row:
    return {**worths.value(margin, service), "clv.service12_full": loaded(service.year, ratios)}


def _means(rows: list[Row], size: int) -> dict[str, Any]:
    """The mean of each figure over the customers of whom it is known, in micro-units."""
    means: dict[str, Any] = {"clv.customers": size, "clv.n": len(rows)}
    for key in _KEYS:
        known = [row[key] for row in rows if row[key] is not None]
        means[key] = sum(known) / len(known) if known else None
    return means


def _together(bands: Iterable[Row]) -> Row:
    """The means of all customers: those of the bands, each by its size."""
    every = list(bands)
    means: dict[str, Any] = {key: sum(band[key] for band in every) for key in ("clv.customers", "clv.n")}
    for key in _KEYS:
        known = [(band[key], band["clv.customers"]) for band in every if band[key] is not None]
        size = sum(n for _, n in known)
        means[key] = sum(value * n for value, n in known) / size if size else None
    return means


def _fcr_weeks(work: Work, source: Source, asked: Asked) -> list[tuple[str, Row]]:
    """The steps of the period, each with the one that lay so long before it as the period compared with."""
    del work
    length, prefix = asked.period.start - asked.period.previous_start, asking.COMPARISONS[asked.compare]
    found: list[tuple[str, Row]] = []
    for start, end in asking.steps(asked.period):
        now = source.told(start, end, where=asked.where, keys=("fcr7",))["all"]
        old = source.before(start - length, end - length, where=asked.where, keys=("fcr7",))["all"]
        found.append((start.isoformat(), {**now, **{f"{prefix}:{key}:old": value for key, value in old.items()}}))
    return found


def _inflow(work: Work, source: Source, asked: Asked) -> list[tuple[str, Row]]:
    """What came and went in each step of the period."""
    del work
    return [
        (start.isoformat(), source.told(start, end, where=asked.where, keys=("vol", "case"))["all"])
        for start, end in asking.steps(asked.period, asking.BUCKETS)
    ]


def _hours(work: Work, source: Source, asked: Asked) -> list[tuple[str, Row]]:
    """What came in at each hour of the week: ``1 09:00`` is Monday at nine."""
    del work
    heat, known = source.heat(asked.period.start, asked.period.end, asked.where), source.knows(asked.period.end)
    return [
        (f"{day} {hour:02d}:00", {"vol.inbound": n if known else None})
        for day, row in enumerate(heat, 1)
        for hour, n in enumerate(row)
    ]


def _cohorts(work: Work, source: Source, asked: Asked) -> list[tuple[str, Row]]:
    """Each cohort at each stretch after its own, which is 0: ``2026-01 · 3``."""
    del work
    found = cohorts.cohorts(source, asked)
    told: list[tuple[str, Row]] = []
    for row in found.rows if found else ():
        for n, cell in enumerate(row.cells):
            told.append((f"{row.start:%Y-%m} · {n}", {cell.key: cell.value, "ret.retention.n": cell.n}))
    return told


SPECIAL: Final = {
    "touchpoints": _touchpoints,
    "value": _value,
    "fcr_weeks": _fcr_weeks,
    "backlog": _inflow,
    "inflow": _inflow,
    "hours": _hours,
    "cohorts": _cohorts,
}


#: Of those that go along the period, up to how many days they do so by day.
_ALONG: Final = {"fcr_weeks": asking.DAILY, "backlog": asking.BUCKETS, "inflow": asking.BUCKETS}


def incomplete(name: str, asked: Asked) -> set[str]:
    """The lines of such a card that are steps of which a part is not over or outside of the period."""
    if name not in _ALONG:
        return set()
    steps = zip(asking.steps(asked.period, _ALONG[name]), asking.whole(asked, _ALONG[name]), strict=True)
    return {start.isoformat() for (start, _end), whole in steps if not whole}


def rows(work: Work, source: Source, name: str, asked: Asked) -> list[tuple[str, Row]]:
    """The lines of such a card: what each is called ("" is everything), and its figures."""
    return SPECIAL[name](work, source, asked)
