"""The maturity self-assessment as it is shown: where the desk stands, how it came there, what to do next."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from inbox.actions import desk, promises
from inbox.actions.maturity import ITEMS, LEVELS
from inbox.actions.maturity import answers as told
from inbox.reading.pages.common import Form
from inbox.store import Work

__all__ = ["MaturityPage", "Standing", "page", "standing"]

NEXT: Final = 3
SHOWN: Final = 12


@dataclass(frozen=True)
class Standing:
    """Both axes from 0 to 100, None without an answer; ``quadrant``: ``observer conservative contender first``, ""
    while an axis has none."""

    investment: int | None
    innovation: int | None
    quadrant: str
    day: dt.date | None = None


@dataclass(frozen=True)
class MaturityPage:
    """``page`` of ``maturity/index.html``. POST ``maturity.answer``: one field per item. ``next`` are the items that
    would bring most."""

    now: Standing
    answers: Mapping[str, str]
    items: tuple[tuple[str, str], ...]
    next: tuple[str, ...]
    history: tuple[Standing, ...]
    levels: tuple[str, ...] = LEVELS
    threshold: int = 50
    form: Form = field(default_factory=Form)


def standing(answers: Iterable[Mapping[str, object]], threshold: float, day: dt.date | None = None) -> Standing:
    """Where the latest answers put a desk: the weighted mean of each axis x 100, high from ``threshold`` on."""
    sums: dict[str, list[float]] = {"investment": [0, 0], "innovation": [0, 0]}
    for one in answers:
        axis = sums.get(str(one["axis"]))
        if axis is not None:
            weight = float(str(one["weight"]))
            axis[0] += weight * float(str(one["score"]))
            axis[1] += weight
    means = {name: 100 * total / weight if weight else None for name, (total, weight) in sums.items()}
    invests, innovates = means["investment"], means["innovation"]
    quadrant = ""
    if invests is not None and innovates is not None:
        high = (invests >= threshold, innovates >= threshold)
        quadrant = {
            (False, False): "observer",
            (True, False): "conservative",
            (False, True): "contender",
            (True, True): "first",
        }[high]
    return Standing(_rounded(invests), _rounded(innovates), quadrant, day)


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)


def page(work: Work) -> MaturityPage:
    """The page; history has one line per day on which somebody answered, the newest first."""
    zone = zoneinfo.ZoneInfo(str(desk.get(work, "desk.timezone")))
    threshold = float(promises.config(work).raw["smi_threshold"])
    latest: dict[str, Mapping[str, object]] = {}
    days: dict[dt.date, Standing] = {}
    for ts, data in told(work):
        latest[str(data["item"])] = data
        day = ts.astimezone(zone).date()
        days[day] = standing(latest.values(), threshold, day)
    answers = {item: format(float(str(one["score"])), "g") for item, one in latest.items()}
    low = sorted((float(answers.get(item, 0)), n, item) for n, item in enumerate(ITEMS))
    return MaturityPage(
        standing(latest.values(), threshold),
        answers,
        tuple(ITEMS.items()),
        tuple(item for score, _n, item in low if score < 1)[:NEXT] if latest else (),
        tuple(reversed(list(days.values())))[:SHOWN],
        threshold=round(threshold),
    )
