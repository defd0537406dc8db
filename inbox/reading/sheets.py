"""The pages of figures beside the overview: tiles, drawings and tables of what their cards name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from inbox.actions.who import Who, may
from inbox.errors import Forbidden, NotFound
from inbox.metrics.behind import BEHIND
from inbox.reading import asking, cohorts, counted, desk, figures, maturity, once, saying, special
from inbox.reading.cards import BESIDE, CARDS, COUNTS, OF, PAGE_OF, PAGES, PARTS, TILES, TITLES, UP_GOOD, WORDS
from inbox.reading.definitions import family, unit
from inbox.reading.derived import FEW, derived
from inbox.reading.pages.asked import Asked
from inbox.reading.pages.sheets import Card, Cell, Graph, Line, Mark, Plot, Sheet, SheetsPage, Tile
from inbox.store import Work

__all__ = ["COURSES", "FEW", "cell", "compiled", "families", "in_order", "page", "sheet", "tiles"]

#: Counts that are no news where there was nothing: without posts there are no likes.
_SILENT: Final = ("social.", "sent.")
#: Figures of the whole desk, which no filter cuts.
_WHOLE: Final = ("ret.", "silence.", "smi.")
#: Cards of one line that filters cut all the same.
_FILTERED: Final = ("social", "touchpoints", "fcr_weeks", "hours", "backlog", "inflow")
#: What the lines of a card are that are no slices of a report, as addresses say it.
_SLICED: Final = {"touchpoints": "touchpoint", "value": "band"}
_PRICED: Final = ("cost.", "clv.service12", "clv.clv")
#: Digits of a change that readers see; of a duration whole seconds.
_SHOWN_TO: Final[Mapping[str, int]] = {"share": 3, "ratio": 1, "score": 1, "money": 2, "number": 1, "ms": -3}
#: Lines that one drawing over time has room for.
COURSES: Final = 4
_HALF: Final = 0.5
_OVER_TIME: Final = ("over", "columns")
#: Whether figures of a family may still change, as reports say it.
_PROVISIONAL: Final = ("ret.provisional",)
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
        rebuilt=source.basis.rebuilt,
        may_set=may(who, "settings.change"),
        tiles=_tiles(work, source, name, asked, asking.whole_steps(asked)),
        findings=saying.findings(work, source, name, asked),
        standing=maturity.page(work) if name == "social" else None,
        cohorts=cohorts.cohorts(source, asked) if name == "customers" else None,
        word=WORDS[name],
        said_by=saying.RULES[name].by,
    )


def compiled(work: Work, name: str, args: Mapping[str, str]) -> SheetsPage:
    """A page, the overview as well, without its drawings: what a mail and a file hold. Raises like :func:`page`, and
    :class:`Withheld` where it would be cut in a way that shows single people."""
    asked = asking.asked(work, args)
    by = by if name == "overview" and (by := args.get("by", "")) in asking.FILTERS else ""
    figures.guard(work, by or None, asked.where)
    source = figures.source(work)
    return SheetsPage(
        name=name,
        asked=asked,
        sheets=tuple(sheet(work, source, card, asked, by, plots=False) for card in PAGES.get(name, ("figures",))),
        choices={},
        presets=(),
        currency=asking.currency(work),
        as_of=source.as_of,
        seq=source.seq,
        rebuilt=source.basis.rebuilt,
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
        own = {**where, "page": PAGE_OF[name]}
        some = (
            (label, _cells(work, card, row, asked, {**own, _SLICED[name]: label} if name in _SLICED else None))
            for label, row in told
        )
        parts = special.incomplete(name, asked)
        steps = (Line(label, None, cells, whole=label not in parts) for label, cells in some)
        return Sheet(card, tuple(steps), title=TITLES[name])
    marks = list(_lines(work, source, card, asked, where, by))
    ones = [(line, row) for line, row, one in marks if one]
    named = [(line, one) for line, _row, one in marks if one]
    drawn = tuple(_graph(work, source, plot, ones, asked, PAGE_OF[name]) for plot in card.plots) if plots else ()
    lines = _courses(source, card, [line for line, _row, _one in marks], asked, where)
    along = tuple(_along(work, source, card, named, asked))
    return Sheet(card, (*in_order(lines, card, asked.sort), *along), graphs=drawn, title=TITLES[name])


def _lines(
    work: Work, source: figures.Source, card: Card, asked: Asked, where: Mapping[str, str], by: str
) -> Iterator[tuple[Line, Row, str]]:
    """The lines of a card, each with its figures and the name of its slice, empty for that of everything."""
    period, named = asked.period, asking.named(work, card.by)
    people = once.agents(work) if card.by == "agent" else {}
    found = source.told(
        period.start, period.end, by=card.by, where=where, compare=asked.compare, keys=families(card.keys)
    )
    for slice_name, row in found.items():
        value = slice_name.partition("=")[2] if slice_name != "all" else ""
        if value == "unallocated":
            continue
        own = {**where, "page": PAGE_OF[card.name], "by": by}
        if value and card.by:
            own |= {card.by: value, "row": "" if card.by in where else card.by}
        line = Line(
            named.get(value, value),
            value if value and card.by == "channel" else None,
            _cells(work, card, row, asked, own),
            desk.chip(people[value]) if value in people else None,
        )
        if not value or any(one.n or one.value for one in line.cells):
            yield line, row, slice_name if value else ""


def _courses(
    source: figures.Source, card: Card, lines: list[Line], asked: Asked, where: Mapping[str, str]
) -> list[Line]:
    """The same lines, each with the last twelve weeks of the figure that the card draws in them."""
    if not card.spark or not lines:
        return lines
    steps = asking.weeks(asked.period)
    weeks = [source.told(a, b, by=card.by, where=where, keys=families([card.spark])) for a, b in steps]
    names = ["all" if line.person is None else f"{card.by}={line.person.id}" for line in lines]
    return [
        line._replace(spark=tuple(_number(week, name, card.spark) for week in weeks))
        for name, line in zip(names, lines, strict=True)
    ]


def _along(
    work: Work, source: figures.Source, card: Card, named: list[tuple[Line, str]], asked: Asked
) -> Iterator[Line]:
    """The lines of which most is known, again for each step of the period, where the card has such."""
    if not card.along:
        return
    keys, at = families(card.keys), card.keys.index(card.along)
    steps = zip(asking.steps(asked.period), asking.whole(asked), strict=True)
    told = [(a, source.told(a, b, by=card.by, where=asked.where, keys=keys), whole) for (a, b), whole in steps]
    for line, name in sorted(named, key=lambda one: -(one[0].cells[at].n or 0))[:COURSES]:
        for start, step, whole in told:
            yield line._replace(cells=_cells(work, card, step.get(name, {}), asked, None), step=start, whole=whole)


def _number(week: Mapping[str, Row], name: str, key: str) -> float | None:
    """A count of a week; whose slice is missing there has done nothing in it."""
    return None if week["all"][key] is None else float(week.get(name, {}).get(key) or 0)


def in_order(lines: list[Line], card: Card, sort: str) -> tuple[Line, ...]:
    """The line of everything, and the others in the order that the reader chose: what is unknown or hidden last."""
    key = sort.removeprefix("-")
    if key not in card.keys or not lines:
        return tuple(lines)
    at, sign = card.keys.index(key), 1 if sort.startswith("-") else -1

    def place(line: Line) -> tuple[bool, float]:
        known = line.cells[at].known
        return known is None, sign * (known or 0)

    return (lines[0], *sorted(lines[1:], key=place))


def families(keys: Iterable[str]) -> list[str]:
    """What to ask for, so that n, k and pending stand beside each figure: its whole family."""
    keys = list(keys)
    counted = [COUNTS[key] for key in keys if COUNTS.get(key)]
    stems = {key.rpartition(".")[0] if key.count(".") == 1 else key for key in (*keys, *counted)}
    provisional = {key for key in _PROVISIONAL if any(key.startswith(stem.partition(".")[0] + ".") for stem in stems)}
    return sorted(stems | provisional | {key.rpartition(".")[0] for key in keys})


def _cells(work: Work, card: Card, row: Row, asked: Asked, where: Mapping[str, str] | None) -> tuple[Cell, ...]:
    row = derived(row, card.keys, asking.COMPARISONS[asked.compare])
    return tuple(cell(work, key, row, asked, where) for key in card.keys)


def cell(work: Work, key: str, row: Row, asked: Asked, where: Mapping[str, str] | None) -> Cell:
    """A figure of a report: hidden, unknown or said, with its change and the way to its cases."""
    prefix = asking.COMPARISONS[asked.compare]
    stem = key.rpartition(".")[0]
    counted = COUNTS.get(key, f"{stem}.n")
    n = row.get(counted) if counted else None
    value, measured = row.get(key), unit(key)
    not_before = asked.not_before(key)
    if not_before or n == 0 or (key.startswith(_SILENT) and not value and not n):
        value = None
    if key.startswith(_PRICED) and not asking.priced(work):
        value = None
    if measured == "money" and value is not None:
        value = value / 1_000_000
    few = n is not None and n < FEW and value is not None and (measured != "count" or key in PARTS)
    change = row.get(f"{prefix}:{key}:abs")
    if change is not None and measured == "money":
        change = change / 1_000_000
    before, before_n = row.get(f"{prefix}:{key}:old"), row.get(f"{prefix}:{counted}:old")
    # A sum of 0 may be that nothing is known of that time; a share of so many is known to be 0.
    known = asked.comparable or before or (before == 0 and n is not None)
    if few or value is None or (n is not None and (before_n or 0) < FEW) or not known:
        change = None
    if change is not None and measured in _SHOWN_TO and abs(change) * 10.0 ** _SHOWN_TO[measured] < _HALF:
        change = 0  # what is not seen is no change, and has no sign
    opens = where if _opens(key) else None
    sure = bool(row.get(f"{prefix}:{key}:distinguishable"))
    pending = (row.get(f"{stem}.pending") or 0) if counted == f"{stem}.n" else 0
    told = {} if few or not_before else {leaf: row.get(f"{stem}.{leaf}") for leaf in ("lo", "hi")}
    low, high = (told.get(leaf) if measured == "share" else None for leaf in ("lo", "hi"))
    k = None if not_before else row.get(f"{stem}.k")
    of, provisional = row.get(OF.get(key, "")), bool(row.get(f"{key.partition('.')[0]}.provisional"))
    return Cell(key, value, n, k, measured, few, pending, change, sure, opens, low, high, of, not_before, provisional)


def _opens(key: str) -> bool:
    """Whether there is something behind a figure."""
    own = key, family(key), key.rpartition(".")[0]
    return any(name in BEHIND for name in own) or counted.has(key) or key in counted.PARTS or key.startswith("smi.")


# --- drawings -----------------------------------------------------------------------------------------------------


def _graph(
    work: Work, source: figures.Source, plot: Plot, lines: list[tuple[Line, Row]], asked: Asked, page: str
) -> Graph:
    measured = unit(plot.keys[0])
    if plot.kind in _OVER_TIME:
        steps = asking.steps(asked.period)
        rows = list(zip(_course(source, plot.keys, asked, steps), steps, strict=True))
        series = tuple(
            tuple(cell(work, key, row, asked, asked.part(page, *step)) for row, step in rows) for key in plot.keys
        )
        return Graph(
            plot,
            measured,
            steps=tuple(start for start, _end in steps),
            series=series,
            step=asking.unit(asked.period),
            whole=asking.whole(asked),
        )
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
            row.update(source.told(start, end, where=asked.where, keys=families(some))["all"])
        if whole:
            row.update(source.told(start, end, keys=families(whole))["all"])
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
            ask = source.told(period.start, period.end, where=where, compare=asked.compare, keys=families(wanted))
            row.update(ask["all"])
    return tiles(work, name, row, _course(source, keys, asked, steps), asked)


def tiles(work: Work, name: str, row: Row, course: Iterable[Row], asked: Asked) -> tuple[Tile, ...]:
    """The headlines of a page from its figures and from those of each step of their course."""
    own, course = {**asked.where, "page": name}, list(course)
    return tuple(
        Tile(
            cell(work, key, row, asked, own),
            tuple(cell(work, key, step, asked, None).known for step in course),
            UP_GOOD.get(family(key)),
            cell(work, BESIDE[key], row, asked, None) if key in BESIDE else None,
        )
        for key in TILES[name]
    )
