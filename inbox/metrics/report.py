"""The report: slices of figures with the keys of section 12, from whatever can add up a period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from inbox.metrics.attribution import Context
from inbox.metrics.compare import compared
from inbox.metrics.keys import Figures, Pairs, Value, figures
from inbox.metrics.log import Event
from inbox.metrics.loyalty import Cover
from inbox.metrics.money import Exchange, fees_of, shares_of_day
from inbox.metrics.request import COMPARISONS, Request
from inbox.metrics.sums import Filter, Slice
from inbox.metrics.tenant import loyalty, silence, smi
from inbox.metrics.times import DAY
from inbox.metrics.wanted import Wanted

__all__ = ["Report", "Source", "report_of"]

Report = dict[str, Figures]

_TENANT = ("ret.", "silence.", "smi.")
_YOUNG = 30 * DAY  # a period younger than this is provisional (6.3)


class Source(Protocol):
    """What a report is made from: the facts themselves, or their roll-ups."""

    context: Context
    exchange: Exchange

    def values(self, dimension: str, where: Mapping[str, str]) -> Iterable[str]:
        """The values that the log knows in a dimension, under a filter."""

    def add_up(self, slices: list[Slice], first: int, end: int, as_of: int) -> None:
        """Add the entries of the local days [first, end) to the slices as they stand at an instant."""

    def backlog(self, slices: list[Slice], at: int) -> None:
        """Note the ages of the cases open at an instant as ``since`` of the slices."""

    def worked(self, first: int, end: int) -> Mapping[int, Mapping[str, int]]:
        """Adjusted time of each local day by channel, in ms."""

    def heard(self, first: int, end: int, as_of: int) -> tuple[set[str], set[str]]:
        """The customers with a contract who wrote on the local days [first, end); and those of them whom something was
        left unanswered, as far as could be judged at an instant."""

    def roots(self, customers: set[str]) -> set[str]:
        """The customers that remain after identity merges."""

    def cover(self) -> Cover:
        """Who is covered by a contract when."""

    def events(self, drawer: str) -> Iterable[Event]:
        """The events of a small kind: ``fees`` or ``smi``."""

    def knows_shifts(self) -> bool:
        """Whether the log has any ``agent.state``."""

    def first_day(self) -> int | None:
        """The first local day on which anything counts, None where nothing ever did."""


def report_of(source: Source, request: Request) -> Report:
    """Every slice that a request asks for: ``{"all": {key: value}, "channel=email": {...}}``."""
    wanted = request.wanted
    report = _period(source, request, request.first, request.end)
    if request.compare is None:
        return {name: wanted.of(own) for name, own in report.items()}
    first, end = request.before()
    older = _period(source, request, first, end, besides=report)
    begins = source.first_day()
    if begins is not None and end <= begins:  # the log knows nothing of that time: no data, and not 0 (6.3)
        older = {name: {key: _unknown(key, value) for key, value in row.items()} for name, row in older.items()}
    prefix = COMPARISONS[request.compare]
    return {
        name: {**(asked := wanted.of(own)), **compared(asked, own, older[name], prefix)} for name, own in report.items()
    }


def _unknown(key: str, value: Value) -> Value:
    """None, but for the figures of the whole tenant, which follow from contracts and answers of their own dates."""
    return value if key.startswith(_TENANT) else None


def _period(source: Source, request: Request, first: int, end: int, besides: Iterable[str] = ()) -> Report:
    """The slices of one period, and those with the names ``besides`` (a fee makes one only where it falls due)."""
    days, as_of = source.context.days, request.as_of
    stop = days.start(end)
    fixed = _fees(source, first, end, as_of)
    slices = _slices(source, request, fixed)
    slices += [_empty(name, request) for name in besides if name not in {one.name for one in slices}]
    source.add_up(slices, first, end, as_of)
    wanted = request.wanted
    if wanted.family("backlog"):
        source.backlog(slices, min(stop, as_of))
    paid = source.knows_shifts()
    report: Report = {}
    for one in slices:
        channel = one.filter.values.get("channel")
        one.sums.counts["fixed"] = sum(fixed.values()) if channel is None else fixed.get(channel, 0)
        tenant = dict(_tenant(source, first, end, as_of, wanted)) if one.filter.only() else {}
        sliced = figures(one.sums, one.filter, source.context.config, as_of, paid_log=paid, wanted=wanted)
        report[one.name] = {**sliced, **tenant, "meta.provisional": as_of < stop + _YOUNG}
    if request.by == "channel":
        _voice_ratio(report)
    return report


def _slices(source: Source, request: Request, fixed: Mapping[str, int]) -> list[Slice]:
    """The whole, and one slice per value that the log knows in the dimension asked for."""
    where, by = dict(request.where), request.by
    slices = [Slice("all", Filter(where))]
    if by is not None:
        values = set(source.values(by, where))
        if by == "channel" and not where:
            values |= set(fixed)
        wanted = [value for value in sorted(values) if where.get(by, value) == value]
        slices += [Slice(f"{by}={value}", Filter({**where, by: value})) for value in wanted]
    return slices


def _empty(name: str, request: Request) -> Slice:
    dimension, _, value = name.partition("=")
    return Slice(name, Filter({**request.where, dimension: value}))


def _fees(source: Source, first: int, end: int, as_of: int) -> dict[str, int]:
    """Monthly fees by channel over the local days of a period up to ``as_of``; the shared ones by adjusted time."""
    total: dict[str, int] = {}
    fees = fees_of(source.events("fees"), source.exchange)
    end = min(end, source.context.days.of(as_of) + 1)
    worked = source.worked(first, end) if any(fee.channel is None for fee in fees) else {}
    for fee in fees:
        for day in range(max(first, fee.first), min(end, fee.end)):
            amount = fee.of_day(day)
            shares = {fee.channel: amount} if fee.channel is not None else shares_of_day(amount, worked.get(day, {}))
            for channel, part in shares.items():
                total[channel] = total.get(channel, 0) + part
    return total


def _tenant(source: Source, first: int, end: int, as_of: int, wanted: Wanted) -> Pairs:
    """M10, M11 and M14, which have no slices."""
    config, days = source.context.config, source.context.days
    begin, stop, cover = days.start(first), days.start(end), source.cover()
    if wanted.family("ret"):
        yield from loyalty(cover, begin, stop, as_of, config)
    if wanted.family("silence"):
        wrote, left = map(source.roots, source.heard(first, end, as_of))
        yield from silence(cover, wrote, left, begin, days.start(end + config.churn_lag_d))
    if wanted.family("smi"):
        yield from smi(source.events("smi"), stop, config)


def _voice_ratio(report: Report) -> None:
    """Our own loaded cost of an interaction by voice against each channel's."""
    voice = report.get("channel=voice", {}).get("cost.per_interaction_full")
    for name, own in report.items():
        other = own.get("cost.per_interaction_full")
        if name != "all" and isinstance(voice, int) and isinstance(other, int) and other:
            own["cost.voice_ratio"] = voice / other
