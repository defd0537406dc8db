"""A report as a table that a person can read: one line per figure, one column per slice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from inbox.metrics.keys import Figures, Value
from inbox.metrics.report import Report

__all__ = ["table"]

FEW = 10  # below this a rate is shown as "3 of 4" (6.2)
NO_DATA = "-"

Cell = Callable[[Figures], str]


def _plain(key: str) -> Cell:
    return lambda own: _text(own.get(key))


def _text(value: Value) -> str:
    if value is None:
        return NO_DATA
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _rate(name: str) -> Cell:
    def cell(own: Figures) -> str:
        n, k, rate = own.get(f"{name}.n"), own.get(f"{name}.k"), own.get(f"{name}.rate")
        if not isinstance(n, int) or not n or not isinstance(rate, float):
            return NO_DATA
        low, high = own[f"{name}.lo"], own[f"{name}.hi"]
        if n < FEW or not isinstance(low, float) or not isinstance(high, float):
            return f"{k} of {n}"
        return f"{100 * rate:.1f} % ({100 * low:.0f}-{100 * high:.0f}, n {n})"

    return cell


def _time(key: str) -> Cell:
    return lambda own: _duration(own.get(key))


def _duration(ms: Value) -> str:
    if not isinstance(ms, int | float):
        return NO_DATA
    seconds = round(ms / 1000)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02}:{seconds % 60:02}"


def _money(key: str) -> Cell:
    def cell(own: Figures) -> str:
        micro = own.get(key)
        return f"{micro / 1_000_000:.2f}" if isinstance(micro, int) else NO_DATA

    return cell


_LINES: Sequence[tuple[str, Cell]] = (
    ("Inbound", _plain("vol.inbound")),
    ("Handled", _plain("vol.handled")),
    ("Handled / inbound", _plain("vol.flow_ratio")),
    ("Answered in time", _rate("vol.answered")),
    ("Unanswered", _rate("vol.unanswered")),
    ("Abandoned calls", _plain("vol.abandoned")),
    ("First response, median", _time("frt.p50_ms")),
    ("First response, 90 %", _time("frt.p90_ms")),
    ("First response in hours, median", _time("frt_bh.p50_ms")),
    ("Cases created", _plain("case.created")),
    ("Cases resolved", _plain("case.resolved")),
    ("Time to resolution, median", _time("ttr_full.p50_ms")),
    ("  open cases included (KM)", _time("ttr_km.median_ms")),
    ("Open at the end", _plain("backlog.open")),
    ("FCR 1 day", _rate("fcr1")),
    ("FCR 7 days", _rate("fcr7")),
    ("FCR 7 days, strict", _rate("fcr7_strict")),
    ("FCR 30 days", _rate("fcr30")),
    ("Reopened", _rate("reopen")),
    ("One reply", _rate("one_reply")),
    ("Contacts per case", _plain("ipc.mean")),
    ("Handle time (AHT)", _time("aht.mean_ms")),
    ("  without tracked time", _plain("aht.untracked")),
    ("  concurrency", _plain("aht.concurrency")),
    ("Handled per active hour", _plain("work.per_active_hour")),
    ("Occupancy", _plain("occ.rate")),
    ("Cost per interaction, direct", _money("cost.per_interaction_direct")),
    ("Cost per interaction, full", _money("cost.per_interaction_full")),
    ("Cost per resolution", _money("cost.per_resolution")),
    ("Voice costs times this", _plain("cost.voice_ratio")),
    ("SLA first response", _rate("sla_frt")),
    ("SLA resolution", _rate("sla_ttr")),
    ("CSAT", _rate("csat")),
    ("NPS", _plain("nps.score")),
    ("CES", _rate("ces")),
    ("Solved, say customers", _rate("fcr_survey")),
    ("Retention", _rate("ret.retention")),
    ("Renewal", _rate("ret.renewal")),
)


def table(report: Report, title: str) -> Iterator[str]:
    """The lines of a table; a figure that no slice has is left out, no data is a dash."""
    yield title
    if report["all"].get("meta.provisional"):
        yield "Provisional: the period is younger than 30 days."
    names = list(report)
    rows = [(label, [cell(report[name]) for name in names]) for label, cell in _LINES]
    rows = [(label, cells) for label, cells in rows if any(cell != NO_DATA for cell in cells)]
    head = ("", names)
    widths = [max(len(cells[n]) for _, cells in (head, *rows)) for n in range(len(names))]
    first = max((len(label) for label, _ in rows), default=0)
    for label, cells in (head, *rows):
        line = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
        yield f"{label.ljust(first)}  {line}".rstrip()
