"""Cards whose lines are no slices of a report: NPS by touchpoint, and what customers are worth by band."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from inbox.actions import desk
from inbox.figures.worth import Worths
from inbox.metrics.value import Margin, Ratios, Service, loaded
from inbox.reading.figures import Source
from inbox.reading.pages.asked import Asked
from inbox.store import Work

__all__ = ["SPECIAL", "rows"]

#: Of a band with more customers so many are looked at one by one.
MOST: Final = 500
_TOUCHPOINT: Final = re.compile(r"nps\[(.*)\]\.n")
_KEYS: Final = ("clv.margin12", "clv.service12", "clv.service12_full", "clv.clv")
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
    """Means over the customers with revenue, all and by band, the best first, as of the period's end; with a filter
    over those who had something in it. Of a large band some are looked at, evenly spread, and the means of all weigh
    the bands."""
    worths = source.worths(asked.period.end)
    wanted = set() if worths is None else worths.earning()
    if worths is None or not wanted:
        return [("", {})]
    if asked.where:
        first, end = (day.toordinal() for day in (asked.period.start, asked.period.end))
        wanted &= worths.who_had(first, end, asked.where)
    by_band: dict[str, list[str]] = {}
    for customer, band in sorted(worths.bands(wanted).items()):
        by_band.setdefault(band, []).append(customer)
    looked = {band: some[:: -(-len(some) // MOST)] for band, some in by_band.items()}
    everybody = {one for some in looked.values() for one in some}
    margins, services = worths.margins(everybody), worths.services(everybody)
    ratios = source.ratios(worths.at)
    means = {
        band: _means([_figures(worths, margins[one], services[one], ratios) for one in some], len(by_band[band]))
        for band, some in looked.items()
    }
    best: list[str] = desk.get(work, "routing.bands")
    bands = sorted(filter(None, means), key=lambda band: (best.index(band) if band in best else len(best), band))
    return [("", _together(means.values())), *((band, means[band]) for band in bands)]


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


SPECIAL: Final = {"touchpoints": _touchpoints, "value": _value}


def rows(work: Work, source: Source, name: str, asked: Asked) -> list[tuple[str, Row]]:
    """The lines of such a card: what each is called ("" is everything), and its figures."""
    return SPECIAL[name](work, source, asked)
