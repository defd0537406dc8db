"""The pages of figures beside the overview: tiles, drawings and tables of what their cards name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final

from inbox.actions.who import Who, may
from inbox.errors import Forbidden, NotFound
from inbox.metrics.behind import BEHIND
from inbox.reading import asking, figures, maturity, saying, special
from inbox.reading.cards import CARDS, COUNTS, PAGE_OF, PAGES, TILES, TITLES, UP_GOOD, WORDS
from inbox.reading.definitions import family, unit
from inbox.reading.pages.asked import Asked
from inbox.reading.pages.sheets import Card, Cell, Graph, Line, Mark, Plot, Sheet, SheetsPage, Tile
from inbox.store import Work

__all__ = ["FEW", "compiled", "page", "sheet"]

FEW: Final = 10
#: Counts that are no news where there was nothing: without posts there are no likes.
_SILENT: Final = ("social.", "sent.")
#: Figures of the whole desk, which no filter cuts.
_WHOLE: Final = ("ret.", "silence.", "smi.")
#: Cards of one line that filters cut all the same.
_FILTERED: Final = ("social", "touchpoints")
_PRICED: Final = ("cost.", "clv.service12", "clv.clv")
_OVER_TIME: Final = ("over", "columns")
Row = Mapping[str, Any]


def page(work: Work, who: Who, name: str, args: Mapping[str, str]) -> SheetsPage:
    """A whole page. Raises :class:`NotFound` for an unknown one, :class:`Invalid` for a bad period."""
    if name not in PAGES:
        msg = f"there is no report {name}"
        raise NotFound(msg)
    asked = asking.asked(work, args)
    source = figures.source(work)
    return SheetsPage(
        name=name,
        asked=asked,
        sheets=tuple(sheet(work, source, card, asked) for card in PAGES[name]),
        choices=asking.choices(work),
        presets=tuple((key, *dates) for key, dates in asking.presets(asked.today).items()),
        currency=asking.currency(work),
        as_of=source.as_of,
        seq=source.seq,
        may_set=may(who, "settings.change"),
        tiles=_tiles(work, source, name, asked, asking.steps(asked.period)),
        findings=saying.findings(work, source, name, asked),
        standing=maturity.page(work) if name == "social" else None,
        word=WORDS[name],
        said_by=saying.RULES[name].by,
    )


def compiled(work: Work, name: str, args: Mapping[str, str]) -> SheetsPage:
    """A page, the overview as well, without its drawings: what a mail and a file hold. Raises like :func:`page`."""
    asked = asking.asked(work, args)
    source = figures.source(work)
    by = args.get("by", "") if name == "overview" else ""
    return SheetsPage(
        name=name,
        asked=asked,
        sheets=tuple(sheet(work, source, card, asked, by, plots=False) for card in PAGES.get(name, ("figures",))),
        choices={},
        presets=(),
        currency=asking.currency(work),
        as_of=source.as_of,
        seq=source.seq,
        may_set=False,
        by=by,
        tiles=_tiles(work, source, name, asked, ()),
        findings=saying.findings(work, source, name, asked),
        said_by=saying.RULES[name].by,
        word=WORDS[name],
    )


def sheet(work: Work, source: figures.Source, name: str, asked: Asked, by: str = "", *, plots: bool = True) -> Sheet:
    """One card, cut by another dimension where ``by`` names one. Raises
    :class:`NotFound` for an unknown one."""
    if name not in CARDS:
        msg = f"there is no report {name}"
        raise NotFound(msg)
    card = CARDS[name]
    card = card._replace(by=by) if by else card
    where = asked.where if card.by or name in _FILTERED else {}
    try:
        figures.guard(work, card.by, where)
    except Forbidden as problem:
        return Sheet(card, (), str(problem), title=TITLES[name])
    if name in special.SPECIAL:
        told = special.rows(work, source, name, asked)
        some = ((label, _cells(work, card, row, asked, None)) for label, row in told)
        return Sheet(card, tuple(Line(label, None, cells) for label, cells in some), title=TITLES[name])
    period = asked.period
    keys = _families(card.keys)
    found = source.ask(period.start, period.end, by=card.by, where=where, compare=asked.compare, keys=keys)
    named = asking.named(work, card.by)
    marks: list[tuple[Line, Row, bool]] = []
    for slice_name, row in found.items():
        value = slice_name.partition("=")[2] if slice_name != "all" else ""
        if value == "unallocated":
            continue
        own = {**where, "page": PAGE_OF[name], "by": by}
        if value and card.by:
            own |= {card.by: value, "row": "" if card.by in where else card.by}
        line = Line(
            named.get(value, value),
            value if value and card.by == "channel" else None,
            _cells(work, card, row, asked, own),
        )
        if value and all(not cell.n and not cell.value for cell in line.cells):
            continue
        marks.append((line, row, bool(value)))
    lines = tuple(line for line, _row, _one in marks)
    ones = [(line, row) for line, row, one in marks if one]
    drawn = tuple(_graph(work, source, plot, ones, asked) for plot in card.plots) if plots else ()
    return Sheet(card, lines, graphs=drawn, title=TITLES[name])


def _families(keys: Iterable[str]) -> list[str]:
    """What to ask for, so that n, k and pending stand beside each figure: its whole family."""
    counted = [COUNTS[key] for key in keys if COUNTS.get(key)]
    stems = {key.rpartition(".")[0] if key.count(".") == 1 else key for key in (*keys, *counted)}
    return sorted(stems | {key.rpartition(".")[0] for key in keys})


def _cells(work: Work, card: Card, row: Row, asked: Asked, where: Mapping[str, str] | None) -> tuple[Cell, ...]:
    return tuple(_cell(work, key, row, asked, where) for key in card.keys)


def _cell(work: Work, key: str, row: Row, asked: Asked, where: Mapping[str, str] | None) -> Cell:
    prefix = asking.COMPARISONS[asked.compare]
    stem = key.rpartition(".")[0]
    counted = COUNTS.get(key, f"{stem}.n")
    n = row.get(counted) if counted else None
    value, measured = row.get(key), unit(key)
    if n == 0 or (key.startswith(_SILENT) and not value and not n):
        value = None
    if key.startswith(_PRICED) and not asking.priced(work):
        value = None
    if measured == "money" and value is not None:
        value = value / 1_000_000
    few = n is not None and n < FEW and value is not None and measured != "count"
    change = row.get(f"{prefix}:{key}:abs")
    if change is not None and measured == "money":
        change = change / 1_000_000
    before_n = row.get(f"{prefix}:{counted}:old")
    if (
        few
        or value is None
        or (n is not None and (before_n or 0) < FEW)
        or (not asked.comparable and not row.get(f"{prefix}:{key}:old"))
    ):
        change = None
    opens = where if key in BEHIND or family(key) in BEHIND or stem in BEHIND else None
    sure = bool(row.get(f"{prefix}:{key}:distinguishable"))
    pending = (row.get(f"{stem}.pending") or 0) if counted == f"{stem}.n" else 0
    return Cell(key, value, n, row.get(f"{stem}.k"), measured, few, pending, change, sure, opens)


# --- drawings -----------------------------------------------------------------------------------------------------


def _graph(work: Work, source: figures.Source, plot: Plot, lines: list[tuple[Line, Row]], asked: Asked) -> Graph:
    measured = unit(plot.keys[0])
    if plot.kind in _OVER_TIME:
        steps = asking.steps(asked.period)
        rows = _course(source, plot.keys, asked, steps)
        series = tuple(tuple(_cell(work, key, row, asked, None) for row in rows) for key in plot.keys)
        return Graph(plot, measured, steps=tuple(start for start, _end in steps), series=series)
    prefix, stem = asking.COMPARISONS[asked.compare], plot.keys[0].rpartition(".")[0]
    marks = []
    for line, row in lines:
        cells = tuple(cell for key in plot.keys for cell in line.cells if cell.key == key)
        old_n = row.get(f"{prefix}:{stem}.n:old") or 0
        before = row.get(f"{prefix}:{plot.keys[0]}:old") if old_n >= FEW else None
        marks.append(Mark(line.label, line.kind, cells, row.get(f"{stem}.lo"), row.get(f"{stem}.hi"), before))
    marks.sort(key=lambda mark: -(sum(cell.known or 0 for cell in mark.cells)))
    return Graph(plot, measured, marks=tuple(marks))


def _course(
    source: figures.Source, keys: Iterable[str], asked: Asked, steps: tuple[tuple[dt.date, dt.date], ...]
) -> list[dict[str, Any]]:
    """The figures of each step of the period; those of the whole desk without any filter."""
    some = [key for key in keys if not key.startswith(_WHOLE)]
    whole = [key for key in keys if key.startswith(_WHOLE)]
    rows: list[dict[str, Any]] = [{} for _step in steps]
    for row, (start, end) in zip(rows, steps, strict=True):
        if some:
            row.update(source.ask(start, end, where=asked.where, keys=_families(some))["all"])
        if whole:
            row.update(source.ask(start, end, keys=_families(whole))["all"])
    return rows


def _tiles(
    work: Work, source: figures.Source, name: str, asked: Asked, steps: tuple[tuple[dt.date, dt.date], ...]
) -> tuple[Tile, ...]:
    keys = TILES[name]
    try:
        figures.guard(work, None, asked.where)
    except Forbidden:
        return ()
    period, row = asked.period, {}
    for some, where in (([key for key in keys if not key.startswith(_WHOLE)], asked.where), (keys, {})):
        wanted = [key for key in some if key not in row]
        if wanted:
            ask = source.ask(period.start, period.end, where=where, compare=asked.compare, keys=_families(wanted))
            row.update(ask["all"])
    course = _course(source, keys, asked, steps)
    own = {**asked.where, "page": name}
    tiles = []
    for key in keys:
        cell = _cell(work, key, row, asked, own)
        spark = tuple(_cell(work, key, step, asked, None).known for step in course)
        tiles.append(Tile(cell, spark, UP_GOOD.get(family(key))))
    return tuple(tiles)
