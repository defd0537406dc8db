"""M13 social engagement and M14 the maturity self-assessment."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from inbox.metrics.config import Config
from inbox.metrics.log import Event
from inbox.metrics.sheets import Sheet
from inbox.metrics.times import Days

__all__ = ["COUNTERS", "maturity", "mention_sheet", "post_sheet"]

COUNTERS = ("likes", "comments", "shares", "impressions")
_AXES = ("investment", "innovation")
_QUADRANTS = {
    (False, False): "observer",
    (True, False): "conservative",
    (False, True): "contender",
    (True, True): "social_first",
}


def post_sheet(events: Iterable[Event], days: Days) -> Sheet:
    """One post: each cumulative snapshot less the one before it (a like taken back nets out)."""
    sheet = Sheet()
    before = dict.fromkeys(COUNTERS, 0)
    for event in sorted(events, key=lambda e: e.order):
        entry = sheet.at(days.of(event.at), event.body["channel"])
        for name in COUNTERS:
            entry.count(f"social.{name}", event.body[name] - before[name])
            before[name] = event.body[name]
    return sheet


def mention_sheet(event: Event, days: Days) -> Sheet:
    """One mention; positive from 0.2."""
    sheet = Sheet()
    entry = sheet.at(days.of(event.at), event.body["channel"])
    entry.count("social.mentions")
    entry.count("social.positive", int(_decimal(event.body.get("sentiment")) * 5 >= 1))
    return sheet


def _decimal(value: Any) -> Decimal:
    return Decimal(0) if value is None else Decimal(str(value))


def maturity(answers: Iterable[Event], end: int, config: Config) -> dict[str, float | str | None]:
    """Weighted mean per axis x 100 of the latest answer per item before an instant, and the quadrant."""
    latest: dict[str, Event] = {}
    for event in sorted(answers, key=lambda e: e.order):
        if event.at < end:
            latest[event.body["item"]] = event
    means: dict[str, Decimal | None] = {}
    for axis in _AXES:
        own = [e.body for e in latest.values() if e.body["axis"] == axis]
        weight = sum((b["weight"] for b in own), Decimal(0))
        means[axis] = 100 * sum((b["weight"] * b["score"] for b in own), Decimal(0)) / weight if weight else None
    threshold = Decimal(str(config.raw["smi_threshold"]))
    high = tuple(mean is not None and mean >= threshold for mean in means.values())
    quadrant = _QUADRANTS[high[0], high[1]] if all(mean is not None for mean in means.values()) else None
    figures: dict[str, float | str | None] = {
        f"smi.{axis}": None if mean is None else float(mean) for axis, mean in means.items()
    }
    return {**figures, "smi.quadrant": quadrant}
