"""What a page of figures says in plain words: a few findings by a table of rules, each with its n and never of fewer
than ten cases nor of what is unknown. The sentences themselves are made by templates, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, NamedTuple

from inbox.errors import Forbidden
from inbox.reading import asking, figures
from inbox.reading.pages.asked import Asked
from inbox.reading.pages.sheets import Finding
from inbox.store import Work

__all__ = ["FEW", "MOST", "RULES", "Seen", "findings", "found"]

FEW: Final = 10
MOST: Final = 4
#: From which part on a change, a ratio or a share is worth a sentence.
_CHANGE: Final = 0.1
_RATIO: Final = 1.5
_UNANSWERED: Final = 0.05
_BAD: Final = 0.2
_PART: Final = 0.25
Row = Mapping[str, Any]


class Seen(NamedTuple):
    """What the rules look at: the figures of everything, and of each value by its name (a kind for channels).
    ``before`` is how the keys of the comparison begin; empty where there is nothing to compare with."""

    all: Row
    parts: tuple[tuple[str, Row], ...]
    before: str = "prev"

    def old(self, key: str) -> Any:
        """A figure of what is compared with; None where it is unknown."""
        return self.all.get(f"{self.before}:{key}:old") if self.before else None


def _known(row: Row, key: str, counted: str) -> bool:
    return row.get(key) is not None and (row.get(counted) or 0) >= FEW


def _cents(micro: float) -> Decimal:
    """An amount as readers see it, so that who divides what a sentence names gets what it says."""
    return (Decimal(micro) / 1_000_000).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _dearest(seen: Seen) -> Iterator[Finding]:
    """The dearest channel against the cheapest, by the direct cost that tile, drawing and table show."""
    key, counted = "cost.per_interaction_direct", "vol.handled"
    known = sorted(
        (row[key], name, row[counted]) for name, row in seen.parts if _known(row, key, counted) and row[key] > 0
    )
    if len(known) > 1 and known[-1][0] >= _RATIO * known[0][0]:
        cost, other = (_cents(each[0]) for each in (known[-1], known[0]))
        times = float(cost / other) if other else known[-1][0] / known[0][0]
        values = {"name": known[-1][1], "cost": cost, "other": known[0][1], "other_cost": other, "times": times}
        yield Finding("cost_ratio", known[-1][2], values, min(1.0, times / 5))


def _shares(seen: Seen) -> Iterator[Finding]:
    """Shares that moved by more than chance."""
    for key in ("fcr7.rate", "csat.rate", "sla_frt.rate", "sla_ttr.rate"):
        counted, old = key.replace(".rate", ".n"), seen.old(key)
        enough = (seen.old(counted) or 0) >= FEW
        if old is None or not enough or not _known(seen.all, key, counted):
            continue
        change = seen.all[key] - old
        if seen.all.get(f"{seen.before}:{key}:distinguishable") and change:
            values = {"key": key, "change": change, "value": seen.all[key]}
            yield Finding("share_up" if change > 0 else "share_down", seen.all[counted], values, 0.4 + abs(change) * 3)


def _times(seen: Seen) -> Iterator[Finding]:
    """Times that became longer or shorter by a tenth or more."""
    for key in ("frt.p50_ms", "aht.mean_ms"):
        counted, old = key.partition(".")[0] + ".n", seen.old(key)
        if not old or (seen.old(counted) or 0) < FEW or not _known(seen.all, key, counted):
            continue
        part = seen.all[key] / old - 1
        if abs(part) >= _CHANGE:
            values = {"key": key, "part": abs(part), "value": seen.all[key]}
            yield Finding("longer" if part > 0 else "shorter", seen.all[counted], values, min(0.9, 0.2 + abs(part)))


def _volume(seen: Seen) -> Iterator[Finding]:
    n, old = seen.all.get("vol.inbound") or 0, seen.old("vol.inbound") or 0
    if n >= FEW and old >= FEW and abs(n / old - 1) >= _CHANGE:
        part = n / old - 1
        yield Finding("more" if part > 0 else "fewer", n, {"part": abs(part)}, min(0.8, 0.15 + abs(part)))


def _unanswered(seen: Seen) -> Iterator[Finding]:
    key, counted = "vol.unanswered.rate", "vol.unanswered.n"
    if _known(seen.all, key, counted) and seen.all[key] >= _UNANSWERED:
        yield Finding("unanswered", seen.all[counted], {"value": seen.all[key]}, 0.5 + seen.all[key])


def _spread(seen: Seen) -> Iterator[Finding]:
    """The best and the worst at the first contact, where their intervals do not meet."""
    known = sorted(
        (row["fcr7.rate"], name, row) for name, row in seen.parts if _known(row, "fcr7.rate", "fcr7.n") and name
    )
    if len(known) > 1 and known[-1][2]["fcr7.lo"] > known[0][2]["fcr7.hi"]:
        (low, other, row), (high, name, _row) = known[0], known[-1]
        values = {"name": name, "value": high, "other": other, "other_value": low}
        yield Finding("fcr_spread", min(known[-1][2]["fcr7.n"], row["fcr7.n"]), values, 0.3 + high - low)


def _largest(seen: Seen) -> Iterator[Finding]:
    """What brings a quarter of all contacts or more."""
    total = seen.all.get("vol.inbound") or 0
    known = [(row.get("vol.inbound") or 0, name) for name, row in seen.parts if name]
    n, name = max(known, default=(0, ""))
    if n >= FEW and total and n / total >= _PART and len(known) > 1:
        yield Finding("largest", n, {"name": name, "value": n / total}, 0.25 + n / total / 4)


def _feeling(seen: Seen) -> Iterator[Finding]:
    n = seen.all.get("sent.n") or 0
    if n >= FEW and seen.all["sent.neg"] / n >= _BAD:
        yield Finding("unhappy", n, {"value": seen.all["sent.neg"] / n}, 0.3 + seen.all["sent.neg"] / n)


def _scores(seen: Seen) -> Iterator[Finding]:
    if _known(seen.all, "nps.score", "nps.n"):
        yield Finding("nps", seen.all["nps.n"], {"value": seen.all["nps.score"]}, 0.3)
    if _known(seen.all, "csat.rate", "csat.n"):
        yield Finding("csat", seen.all["csat.n"], {"value": seen.all["csat.rate"]}, 0.35)


def _promises(seen: Seen) -> Iterator[Finding]:
    for key in ("sla_frt.rate", "sla_ttr.rate"):
        counted = key.replace(".rate", ".n")
        if _known(seen.all, key, counted):
            yield Finding("kept", seen.all[counted], {"key": key, "value": seen.all[key]}, 0.3)


def _loyal(seen: Seen) -> Iterator[Finding]:
    if _known(seen.all, "ret.churn.rate", "ret.churn.n"):
        values = {"value": seen.all["ret.churn.rate"], "provisional": bool(seen.all.get("ret.provisional"))}
        yield Finding("churn", seen.all["ret.churn.n"], values, 0.4)


def _silence(seen: Seen) -> Iterator[Finding]:
    """Leaving after silence, only where it is more than chance."""
    sides = [
        (seen.all.get(f"silence.{side}.n") or 0, seen.all.get(f"silence.{side}.rate"))
        for side in ("exposed", "unexposed")
    ]
    if all(n >= FEW and value is not None for n, value in sides) and (seen.all.get("silence.diff_lo") or 0) > 0:
        values = {"value": sides[0][1], "other_value": sides[1][1]}
        yield Finding("silence", min(n for n, _value in sides), values, 0.9)


def _engaged(seen: Seen) -> Iterator[Finding]:
    if _known(seen.all, "social.positive.rate", "social.positive.n"):
        yield Finding("positive", seen.all["social.positive.n"], {"value": seen.all["social.positive.rate"]}, 0.4)


class _Rules(NamedTuple):
    by: str | None
    keys: tuple[str, ...]
    rules: tuple[Callable[[Seen], Iterator[Finding]], ...]


_MAIN: Final = ("vol", "cost", "fcr7", "frt", "aht", "csat", "sla_frt", "sla_ttr", "sent")
#: By page: how the figures are cut, which are asked for, and which rules look at them.
RULES: Final[Mapping[str, _Rules]] = {
    "overview": _Rules("channel", _MAIN, (_dearest, _shares, _times, _volume, _unanswered, _spread, _feeling)),
    "channels": _Rules("channel", _MAIN[:5], (_dearest, _spread, _largest, _times, _volume, _unanswered)),
    "agents": _Rules(None, ("vol", "fcr7", "frt", "aht", "csat"), (_shares, _times, _volume)),
    "reasons": _Rules("reason", ("vol", "cost", "fcr7"), (_largest, _spread, _dearest)),
    "sla": _Rules("channel", ("vol", "sla_frt", "sla_ttr", "frt"), (_shares, _promises, _times, _unanswered)),
    "satisfaction": _Rules("channel", ("csat", "nps", "sent"), (_shares, _scores, _feeling)),
    "customers": _Rules(None, ("ret", "silence"), (_silence, _loyal)),
    "social": _Rules(None, ("social",), (_engaged,)),
}


def found(seen: Seen, rules: Iterable[Callable[[Seen], Iterator[Finding]]]) -> tuple[Finding, ...]:
    """The most telling findings, at most :data:`MOST`, none of fewer than :data:`FEW`."""
    every = [one for rule in rules for one in rule(seen) if one.n >= FEW]
    every.sort(key=lambda one: -one.weight)
    return tuple(every[:MOST])


def findings(work: Work, source: figures.Source, name: str, asked: Asked) -> tuple[Finding, ...]:
    """What a page says in words; nothing where the gate keeps its filter."""
    rules, period = RULES[name], asked.period
    where = asked.where if rules.by or name in ("agents", "social") else {}
    try:
        figures.guard(work, rules.by, where)
    except Forbidden:
        return ()
    report = source.told(period.start, period.end, by=rules.by, where=where, compare=asked.compare, keys=rules.keys)
    named = asking.named(work, rules.by)
    parts = ((value, row) for slice_name, row in report.items() if (value := slice_name.partition("=")[2]))
    known = tuple((named.get(value, value), row) for value, row in parts if value != "unallocated")
    before = asking.COMPARISONS[asked.compare] if asked.comparable else ""
    seen = Seen(report["all"], known, before)
    ready = (_dearest, asking.priced(work)), (_silence, not asked.not_before("silence."))
    mute = [rule for rule, is_ready in ready if not is_ready]
    return found(seen, (rule for rule in rules.rules if rule not in mute))
