"""The figures of the whole tenant (M10, M11, M14): retention, the silence link and the maturity self-assessment."""

from __future__ import annotations

from collections.abc import Iterable

from inbox.metrics.config import Config
from inbox.metrics.formulas import newcombe
from inbox.metrics.keys import Pairs, rate
from inbox.metrics.log import Event
from inbox.metrics.loyalty import Cover
from inbox.metrics.social import maturity

__all__ = ["loyalty", "silence", "smi"]


def loyalty(cover: Cover, begin: int, end: int, as_of: int, config: Config) -> Pairs:
    """M10: churn, retention and renewal of a period."""
    lost, base = cover.churn(begin, end)
    renewed, due, undecided = cover.renewals(begin, end, as_of, config.renew_grace)
    yield "ret.start", base
    yield from rate("ret.churn", lost, base)
    yield from rate("ret.retention", base - lost, base)
    yield "ret.provisional", as_of < end + config.renew_grace
    yield from rate("ret.renewal", renewed, due)
    yield "ret.renewal.pending", undecided


def silence(cover: Cover, wrote: set[str], left: set[str], begin: int, later: int) -> Pairs:
    """M11, an association: leaving among those whom we left without an answer, and among the others."""
    sides = cover.silence(wrote, left, begin, later)
    for side, (lost, n) in sides.items():
        yield from rate(f"silence.{side}", lost, n)
    difference = newcombe(*sides["exposed"], *sides["unexposed"])
    for leaf, value in zip(("diff", "diff_lo", "diff_hi"), difference or (None, None, None), strict=True):
        yield f"silence.{leaf}", value


def smi(answers: Iterable[Event], end: int, config: Config) -> Pairs:
    """M14."""
    yield from maturity(answers, end, config).items()
