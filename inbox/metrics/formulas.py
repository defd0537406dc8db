"""The formulas of section 11, each in one function."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from math import sqrt

__all__ = [
    "BUCKETS",
    "Z",
    "bucket",
    "bucket_name",
    "half_even",
    "kaplan_meier",
    "micro",
    "midpoint",
    "newcombe",
    "nps_interval",
    "ratio",
    "split",
    "wilson",
]

Z = 1.959963984540054  # the two-sided 95 % point of the normal distribution

_WHOLE = Decimal(1)
BUCKETS = 64 * 32  # those of 64 bits
_NAMES = [f"{n:04d}" for n in range(BUCKETS)]


def half_even(numerator: int, denominator: int) -> int:
    """``numerator / denominator`` to the nearest integer, halves to the even one; the denominator is positive."""
    whole, rest = divmod(numerator, denominator)
    twice = 2 * rest
    if twice > denominator or (twice == denominator and whole % 2):
        return whole + 1
    return whole


def micro(amount: Decimal, rate: Decimal = _WHOLE) -> int:
    """An amount of money in integer micro-units of the base currency at a rate: half-even, once."""
    exact = Fraction(amount) * Fraction(rate) * 1_000_000
    return half_even(exact.numerator, exact.denominator)


def ratio(k: float, n: float) -> float | None:
    """One number by another, or None where there is nothing to divide by: no data is never 0."""
    return k / n if n else None


def wilson(k: int, n: int) -> tuple[float, float] | tuple[None, None]:
    """The 95 % Wilson interval of k out of n, clamped to [0, 1]; (None, None) for n = 0."""
    if not n:
        return None, None
    p, zz = k / n, Z * Z
    centre = (p + zz / (2 * n)) / (1 + zz / n)
    half = Z * sqrt(p * (1 - p) / n + zz / (4 * n * n)) / (1 + zz / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def newcombe(k1: int, n1: int, k2: int, n2: int) -> tuple[float, float, float] | None:
    """k1/n1 - k2/n2 with its 95 % Newcombe interval: (difference, low, high); None without data on a side."""
    if not n1 or not n2:
        return None
    p1, p2 = k1 / n1, k2 / n2
    l1, u1 = wilson(k1, n1)
    l2, u2 = wilson(k2, n2)
    if l1 is None or u1 is None or l2 is None or u2 is None:
        return None
    d = p1 - p2
    return d, d - sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2), d + sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2)


def nps_interval(promoters: int, detractors: int, n: int) -> tuple[float, float] | tuple[None, None]:
    """The adjusted-Wald 95 % interval of 100(P-D)/n; (None, None) for n = 0."""
    if not n:
        return None, None
    grown = n + 3
    a, b = (promoters + 0.75) / grown, (detractors + 0.75) / grown
    m = a - b
    error = sqrt((a + b - m * m) / grown)
    return 100 * (m - Z * error), 100 * (m + Z * error)


def kaplan_meier(deaths: Iterable[tuple[int, int]], ended: int, censored: Iterable[int]) -> int | None:
    """The median of durations some of which have not ended: the first t with S(t) <= 1/2, else None.

    ``deaths`` says how many of those that ``ended`` did so after each duration, the shortest first. S is kept as an
    exact fraction, so that a half is a half.
    """
    still = deque(sorted(censored))
    at_risk = ended + len(still)
    alive, whole = 1, 1  # the factors before the current run
    top, bottom = 1, 1  # the current run: without a censoring between them, (r-d)/r and the next factor cancel
    for t, d in deaths:
        while still and still[0] < t:
            still.popleft()
            at_risk -= 1
        if top != at_risk:
            alive, whole, bottom = alive * top, whole * bottom, at_risk
        top = at_risk - d
        if 2 * alive * top <= whole * bottom:
            return t
        at_risk -= d
    return None


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """An amount over ordered weights by cumulative floors, so that the parts sum exactly; weights must not sum to 0."""
    whole, so_far, given, parts = sum(weights), 0, 0, []
    for weight in weights:
        so_far += weight
        upto = amount * so_far // whole
        parts.append(upto - given)
        given = upto
    return parts


def bucket(v: int) -> int:
    """The log-linear histogram bucket of a duration in ms (section 7.3)."""
    if v < 64:
        return v
    e = v.bit_length() - 6
    return 32 * e + (v >> e)


def bucket_name(b: int) -> str:
    """The name of a bucket; names sort as their numbers do."""
    return _NAMES[b]


def midpoint(b: int) -> int:
    """The middle of a bucket in ms: at most 1.6 % from any value in it."""
    return _MIDDLES[b]


def _middle(b: int) -> int:
    if b < 64:
        return b
    e = b // 32 - 1
    low = (b - 32 * e) << e
    return low + (1 << e) // 2


_MIDDLES = [_middle(b) for b in range(BUCKETS)]
