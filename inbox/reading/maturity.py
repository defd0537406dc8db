"""The maturity self-assessment as it is shown: where the desk stands, how it came there, what to do next."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from inbox.actions import maturity, promises
from inbox.actions.maturity import ITEMS, LEVELS
from inbox.metrics.social import maturity as measured
from inbox.metrics.times import Days
from inbox.reading.pages.common import Form
from inbox.store import Work

__all__ = ["Foreign", "MaturityPage", "Standing", "page"]

NEXT: Final = 3
SHOWN: Final = 12
#: Characters of a foreign item that are shown.
_LONGEST: Final = 60


class Foreign(NamedTuple):
    """An answer that came with a history from elsewhere, to no question of ours: from 0 to 100, and how much it
    counts."""

    item: str
    axis: str
    score: int
    weight: float


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
    would bring most, ``foreign`` the answers to other questions that count as well."""

    now: Standing
    answers: Mapping[str, str]
    items: tuple[tuple[str, str], ...]
    next: tuple[str, ...]
    history: tuple[Standing, ...]
    foreign: tuple[Foreign, ...] = ()
    levels: tuple[str, ...] = LEVELS
    threshold: int = 50
    form: Form = field(default_factory=Form)


def _standing(figures: Mapping[str, Any], day: dt.date | None = None) -> Standing:
    """What the report says, as the page does."""
    quadrant = str(figures["smi.quadrant"] or "").removeprefix("social_")
    return Standing(_rounded(figures["smi.investment"]), _rounded(figures["smi.innovation"]), quadrant, day)


def _rounded(value: float | None) -> int | None:
    return None if value is None else math.floor(value + 0.5)


def page(work: Work) -> MaturityPage:
    """The page, by the report's own arithmetic; history has one line per day on which somebody answered, the newest
    first."""
    told, config = maturity.answers(work), promises.config(work)
    days = Days(config.zone)
    latest = maturity.latest(told)
    answers = maturity.levels(latest)
    low = sorted((float(answers.get(item, 0)), n, item) for n, item in enumerate(ITEMS))
    dates = sorted({days.of(one.at) for one in told}, reverse=True)[:SHOWN]
    return MaturityPage(
        _standing(measured(told, told[-1].at + 1 if told else 0, config)),
        answers,
        tuple(ITEMS.items()),
        tuple(item for score, _n, item in low if score < 1)[:NEXT] if latest else (),
        tuple(_standing(measured(told, days.start(day + 1), config), dt.date.fromordinal(day)) for day in dates),
        tuple(_foreign(one) for one in latest.values() if not maturity.is_ours(one)),
        threshold=round(config.raw["smi_threshold"]),
    )


def _foreign(one: Mapping[str, Any]) -> Foreign:
    score = _rounded(100 * float(one["score"])) or 0
    return Foreign(one["item"][:_LONGEST] or "–", one["axis"], score, float(one["weight"]))
