"""The cases behind a figure: those that add something to it in a period, and for FCR why each counted or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from inbox.metrics.attribution import Context, sheet_of
from inbox.metrics.book import Book
from inbox.metrics.facts import CaseFact
from inbox.metrics.outcomes import spelt_out
from inbox.metrics.request import Request
from inbox.metrics.sums import TOTAL, About, Filter, Sums
from inbox.metrics.times import DAY

__all__ = ["BEHIND", "Behind", "behind"]

_TIMES = ("frt", "frt_bh", "frt_handoff", "rt", "ttr_first", "ttr_full", "ttr_net", "aht")
_RATES = ("containment", "reopen", "one_reply", "sla_frt", "sla_ttr", "csat", "ces", "fcr_survey", "nps_loop")
_WINDOWS = (1, 3, 7, 30)

#: The measures of which a case behind a figure has some; figures are named as in section 12, without their leaf.
BEHIND: dict[str, tuple[str, ...]] = {
    "vol.inbound": ("inbound",),
    "vol.handled": ("handled_in", "handled_out"),
    "vol.closed_no_reply": ("closed_no_reply",),
    "vol.abandoned": ("abandoned",),
    "vol.answered": ("vol.answered",),
    "vol.unanswered": ("vol.unanswered",),
    "vol.pending": ("vol.pending",),
    "vol.bot": ("vol.bot",),
    "case.created": ("created",),
    "case.first_resolved": ("first_resolved",),
    "case.resolved": ("resolved",),
    "ipc": ("ipc.n",),
    "nps": ("nps.n",),
    "sent": ("sent.n",),
    "cost": ("labour_direct", "provider"),
    "cost.per_resolution": ("resolved",),
    **{name: (name + TOTAL,) for name in _TIMES},
    **{name: (f"{name}.n",) for name in _RATES},
    **{f"fcr{w}": ("first_resolved",) for w in _WINDOWS},
    **{f"fcr{w}_net": (f"fcr{w}_net.n",) for w in _WINDOWS},
    **{f"fcr{w}_strict": (f"fcr{w}_strict.n",) for w in _WINDOWS},
}


class Behind(NamedTuple):
    """A case behind a figure. ``amount`` is what it adds: a count, ms or micro-units of money; ``held`` whether it
    counts among the good ones, None where there is no such thing. For FCR ``verdict`` is its class (also ``pending``,
    until ``matures``, in ms) and ``why`` one sentence."""

    fact: CaseFact
    amount: int
    held: bool | None = None
    verdict: str = ""
    why: str = ""
    matures: int | None = None


def behind(book: Book, figure: str, request: Request) -> Iterator[Behind]:
    """The cases behind a figure of a request's period and filter. Raises ``ValueError`` where no case can be."""
    name = figure if figure in BEHIND else figure.rpartition(".")[0] or figure
    name = name if name in BEHIND else name.partition(".")[0]
    if name not in BEHIND:
        raise ValueError(f"there is no list of cases behind {figure!r}")
    whole = Filter(request.where)
    for fact in book.facts():
        counts = _added(fact, book.context, whole, request)
        if any(measure in counts for measure in BEHIND[name]):
            yield _judged(fact, name, counts, request)


def _added(fact: CaseFact, context: Context, whole: Filter, request: Request) -> dict[str, int]:
    sheet, sums = sheet_of(fact, context), Sums()
    for key, entry in sheet.entries.items():
        if request.first <= key[0] < request.end and whole.lets(About.of(key, sheet.reason, sheet.tags)):
            sums.add(key[4], entry, request.as_of)
    return spelt_out(sums.counts)


def _judged(fact: CaseFact, name: str, counts: dict[str, int], request: Request) -> Behind:
    amount = sum(counts.get(measure, 0) for measure in BEHIND[name])
    window = name.removeprefix("fcr").partition("_")[0]
    if not name.startswith("fcr") or not window.isdigit():
        return Behind(fact, amount, bool(counts.get(f"{name}.k")) if f"{name}.n" in counts else None)
    verdict, first = fact.verdicts[int(window)], fact.case.first_closing
    if first is not None and verdict.kind in {"candidate", "unanswered"}:
        matures = first.at + int(window) * DAY
        if matures > request.as_of:
            return Behind(fact, amount, None, "pending", "", matures)
    held = bool(counts.get(f"{name}.k")) if f"{name}.n" in counts else None
    return Behind(fact, amount, held, verdict.kind, verdict.why)
