"""What the sample's customers pay for, as the accounts tell it: a term of a year each, paid when it begins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

from inbox import clock

__all__ = ["Line", "lines"]

Line = tuple[dt.datetime, str, dict[str, Any]]
YEAR: Final = 365
#: What a year costs and what is left of it, by plan, the smallest plan most often.
PLANS: Final = (
    *[("59", "26")] * 7,
    *[("179", "84")] * 7,
    *[("539", "262")] * 5,
    ("1890", "810"),
)


def lines(n: int, customer: str, now: dt.datetime) -> Iterator[Line]:
    """The moments, kinds and facts of customer ``n``'s contract."""
    age = 330 + (n * 37) % 420
    amount, margin = PLANS[n * 7 // 2 % len(PLANS)]
    named = {"contract": f"C{n:04d}", "customer": customer}
    paid = {"customer": customer, "amount": amount, "margin": margin, "currency": "EUR"}

    def ago(days: int) -> dt.datetime:
        return now - dt.timedelta(days=days)

    yield ago(age), "contract.started", {**named, "ends": clock.iso(ago(age - YEAR))}
    yield ago(age), "revenue", paid
    if age > YEAR and n % 7:
        yield ago(age - 362), "contract.renewed", {**named, "ends": clock.iso(ago(age - 2 * YEAR))}
        yield ago(age - 362), "revenue", paid
    if n % 22 == 4:
        yield ago(12 + n % 30), "contract.ended", {**named, "why": "left"}
