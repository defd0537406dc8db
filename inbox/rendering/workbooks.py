"""Cards of figures as a file for spreadsheets (XLSX): numbers as numbers, in the reader's language and formats."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from flask_babel import gettext as _

from inbox.reading.definitions import PROVISIONAL, defined
from inbox.reading.pages.asked import Asked
from inbox.reading.pages.sheets import Cell, Line, Sheet
from inbox.rendering import figures

__all__ = ["TYPE", "about", "line_name", "workbook"]

TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: How a spreadsheet shows each unit; durations are its days.
_FORMATS: Final = {
    "share": "0.0%",
    "ms": "[h]:mm:ss",
    "ratio": "0.0",
    "score": "0.0",
    "count": "#,##0",
    "number": "#,##0.0",
}
_DAY_MS: Final = 86_400_000
_NO_NAME = re.compile(r"[\[\]:*?/\\']")
_WIDE: Final = (28, 16)
_LONGEST: Final = 31  # of a sheet's name


def about(asked: Asked, page: str, rebuilt: int | None = None) -> tuple[tuple[str, str], ...]:
    """What a file or a mail says of itself: page, period, comparison, filters and time zone; and that figures are old
    ones, where the new ones are ``rebuilt`` to so many percent."""
    done = None if rebuilt is None else figures.share(rebuilt / 100)
    words = {"channel": _("Channel"), "team": _("Team"), "reason": _("Reason"), "tag": _("Tag"), "agent": _("Agent")}
    period = asked.period
    filters = (
        (words[name], figures.kind_name(value) if name == "channel" else value) for name, value in asked.labels.items()
    )
    return (
        (_("Report"), page),
        (_("Period"), figures.period(period.start, period.end)),
        (_("Compared with"), figures.period(period.previous_start, period.previous_end)),
        *filters,
        (_("Time zone"), asked.zone),
        *([(_("Old figures"), _("the new ones are being worked out, %(n)s is done", n=done))] if done else []),
    )


def line_name(sheet: Sheet, line: Line, kind: str | None, *, first: bool) -> str:
    """What a line is called: a channel by its word, everything, or what people called it; and the step of the
    period that it is about; and that this is incomplete."""
    if not line.whole:
        return f"{line_name(sheet, line._replace(whole=True), kind, first=first)} ({_('incomplete')})"
    if line.step is not None:
        return f"{line_name(sheet, line._replace(step=None), kind, first=first)} · {line.step}"
    if kind:
        return figures.kind_name(kind)
    if sheet.card.name == "hours":
        day, hour = line.label.split()
        return f"{figures.weekday(int(day) - 1, wide=True)} {hour}"
    return line.label or (
        _("All") if first else {"team": _("No team"), "reason": _("No reason given")}.get(sheet.card.by or "", "–")
    )


def workbook(sheets: Iterable[Sheet], said: Sequence[tuple[str, str]], currency: str) -> bytes:
    """A worksheet for each card that may be seen, and one of definitions with period, filters and time zone."""
    import xlsxwriter  # noqa: PLC0415  (seldom wanted, and every start would load it)

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        looks: dict[str, Any] = {name: book.add_format({"num_format": form}) for name, form in _FORMATS.items()}
        looks["money"] = book.add_format({"num_format": f'#,##0.00 "{currency}"'})
        looks["head"] = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        looks["wrap"] = book.add_format({"text_wrap": True, "valign": "top"})
        shown = [one for one in sheets if not one.refused]
        for one in shown:
            _card(book.add_worksheet(_sheet_name(_(one.title))), one, looks)
        _meanings(book.add_worksheet(_sheet_name(_("Definitions"))), shown, said, looks)
    return out.getvalue()


def _sheet_name(title: str) -> str:
    return _NO_NAME.sub(" ", title)[:_LONGEST]


def _card(page: Any, sheet: Sheet, looks: dict[str, Any]) -> None:
    heads = [_("Name")]
    for key in sheet.card.keys:
        heads += [_(defined(key).name), f"{_(defined(key).name)}: n"]
    page.write_row(0, 0, heads, looks["head"])
    page.freeze_panes(1, 1)
    page.set_column(0, 0, _WIDE[0])
    page.set_column(1, len(heads) - 1, _WIDE[1])
    for row, line in enumerate(sheet.lines, 1):
        page.write_string(row, 0, line_name(sheet, line, line.kind, first=row == 1))
        for column, (value, look) in enumerate(_values(line.cells), 1):
            if isinstance(value, str):
                page.write_string(row, column, value)
            elif value is not None:
                page.write_number(row, column, value, looks[look])


def _values(cells: Iterable[Cell]) -> Iterator[tuple[float | str | None, str]]:
    """Each figure and its n; what is unknown stays empty, and what is of too few says so."""
    for cell in cells:
        if cell.not_before:
            yield _("not known before %(day)s", day=figures.day(cell.not_before, year=True)), ""
        elif cell.few:
            yield _("too few: n = %(n)s", n=cell.n), ""
        else:
            value = cell.value
            yield (value / _DAY_MS if value is not None and cell.unit == "ms" else value), cell.unit
        yield cell.n, "count"


def _meanings(page: Any, sheets: Sequence[Sheet], said: Sequence[tuple[str, str]], looks: dict[str, Any]) -> None:
    page.set_column(0, 0, _WIDE[0])
    page.set_column(1, 1, 100)
    if any(one.provisional for one in sheets):
        said = [*said, ("", _(PROVISIONAL))]
    for row, (word, value) in enumerate(said):
        page.write_string(row, 0, word, looks["head"])
        page.write_string(row, 1, value)
    page.write_row(len(said) + 1, 0, [_("Figure"), _("What it means"), _("Key")], looks["head"])
    keys = dict.fromkeys(key for one in sheets for key in one.card.keys)
    for row, key in enumerate(keys, len(said) + 2):
        page.write_string(row, 0, _(defined(key).name), looks["wrap"])
        page.write_string(row, 1, _(defined(key).meaning), looks["wrap"])
        page.write_string(row, 2, key)
