"""Figures as a person reads them, in the reader's language: durations, money, shares, counts, days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.numbers import get_currency_precision
from flask_babel import format_currency, format_date, format_decimal, format_percent, get_locale
from flask_babel import gettext as _

__all__ = [
    "FILTERS",
    "day",
    "duration",
    "full_day",
    "in_currency",
    "kind_name",
    "language_name",
    "money",
    "month",
    "number",
    "period",
    "points",
    "quarter",
    "share",
    "size",
    "step",
    "weekday",
    "whole_day",
]

DASH: Final = "–"
MINUS: Final = "−"
_SECOND: Final = 1_000
_MINUTE: Final = 60 * _SECOND
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_MONDAY: Final = dt.date(2024, 1, 1)


def rounded(value: Decimal | float, digits: int) -> Decimal:
    """A half goes up, as people round: 0.125 to two digits is 0.13. Tiles, tables and sentences round alike."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _signed(text: str) -> str:
    """With a real minus; files keep the hyphen that programs read."""
    return text.replace("-", MINUS)


def duration(ms: float | None) -> str:
    """Milliseconds as two units: ``48s``, ``6m 10s``, ``1h 05m``, ``3d 2h``; never so round that an hour and three
    days read the same."""
    if ms is None:
        return DASH
    sign, value = (MINUS, -ms) if ms < 0 else ("", ms)
    whole = int(rounded(value / _SECOND, 0)) * _SECOND
    if whole < _MINUTE:
        return f"{sign}{whole // _SECOND:.0f}s"
    if whole < _HOUR:
        return f"{sign}{whole // _MINUTE:.0f}m {whole % _MINUTE // _SECOND:02.0f}s"
    if whole < _DAY:
        return f"{sign}{whole // _HOUR:.0f}h {whole % _HOUR // _MINUTE:02.0f}m"
    letter = "g" if _language() == "it" else "d"
    return f"{sign}{whole // _DAY:.0f}{letter} {whole % _DAY // _HOUR:.0f}h"


def money(amount: Decimal | float | None, currency: str) -> str:
    """An amount with its currency: ``€4.38``, ``4,38 €``."""
    if amount is None:
        return DASH
    digits = get_currency_precision(currency)
    return _signed(str(format_currency(rounded(amount, digits), currency)))


def in_currency(currency: str) -> Callable[[Decimal | float], str]:
    """``money`` of one currency, as a chart takes it."""
    return lambda amount: money(amount, currency)


def share(value: float | None, digits: int = 0) -> str:
    """0..1 as per cent: ``76%``, with ``digits`` decimals."""
    if value is None:
        return DASH
    part = rounded(rounded(value, 12), digits + 2)
    return _signed(str(format_percent(part, "#,##0" + ("." + "0" * digits if digits else "") + "%")))


def points(difference: float | None) -> str:
    """A difference of two shares in points, with its sign: ``+3.8``."""
    if difference is None:
        return DASH
    value = rounded(rounded(difference * 100, 10), 1)
    return ("+" if value > 0 else MINUS if value < 0 else "") + str(format_decimal(abs(value), "0.0"))


def number(value: float | None) -> str:
    """A number with the language's grouping; at most one decimal."""
    if value is None:
        return DASH
    return _signed(str(format_decimal(rounded(rounded(value, 10), 1), "#,##0.#")))


def size(octets: int) -> str:
    """Bytes as ``412 B``, ``3.4 kB``, ``12 MB``."""
    for unit, factor in (("MB", 1_000_000), ("kB", 1_000)):
        if octets >= factor:
            return f"{format_decimal(octets / factor, '#,##0.#')} {unit}"
    return f"{octets} B"


def day(date: dt.date, *, year: bool = False) -> str:
    """``14 Mar``, with the year where asked."""
    return str(format_date(date, "d MMM y" if year else "d MMM"))


def full_day(date: dt.date) -> str:
    """``14 March``, ``14 marzo``."""
    return str(format_date(date, "d MMMM"))


def whole_day(date: dt.date) -> str:
    """A date within the year: ``Monday 30 November``, ``lunedì 30 novembre``."""
    return str(format_date(date, "EEEE d MMMM"))


def month(date: dt.date) -> str:
    """``March 2026``."""
    return str(format_date(date, "LLLL y"))


def step(date: dt.date, size: str) -> str:
    """What a day, a week or a month in a drawing is called that begins so: ``14 Mar``, of a month ``Mar 26``."""
    return str(format_date(date, "LLL yy")) if size == "month" else day(date)


def quarter(date: dt.date) -> str:
    """``Q1 2026``, ``T1 2026``."""
    return str(format_date(date, "QQQ y"))


def weekday(number: int, *, wide: bool = False) -> str:
    """Monday is 0: ``Mon``, ``lun``; ``wide`` spells it out."""
    return str(format_date(_MONDAY + dt.timedelta(days=number), "EEEE" if wide else "EEE"))


def period(start: dt.date, end: dt.date) -> str:
    """A half-open period as its first and last day: ``24 Aug – 15 Nov 2026``."""
    last = end - dt.timedelta(days=1)
    if start == last:
        return day(start, year=True)
    return f"{day(start, year=start.year != last.year)} – {day(last, year=True)}"


def kind_name(kind: str) -> str:
    """A kind of channel as people call it: ``voice`` is ``Phone``."""
    known = {
        "email": _("Email"),
        "sms": _("SMS"),
        "chat": _("Web chat"),
        "telegram": _("Telegram"),
        "messenger": _("Messenger"),
        "whatsapp": _("WhatsApp"),
        "instagram": _("Instagram"),
        "social_dm": _("Private messages"),
        "social_public": _("Public posts"),
        "voice": _("Phone"),
    }
    return str(known.get(kind, kind.replace("_", " ").capitalize()))


def language_name(code: str) -> str:
    """A language as the reader calls it: ``it`` is ``Italian`` or ``italiano``; a code that nobody knows stays."""
    try:
        return Locale.parse(code.replace("-", "_")).get_display_name(_language()) or code
    except (UnknownLocaleError, ValueError):
        return code


def _language() -> str:
    locale = get_locale()
    return str(locale.language) if locale else "en"


FILTERS: Final[dict[str, Callable[..., str]]] = {
    "duration": duration,
    "kind_name": kind_name,
    "language_name": language_name,
    "money": money,
    "share": share,
    "points": points,
    "number": number,
    "size": size,
    "day": day,
    "full_day": full_day,
    "month": month,
    "step": step,
    "weekday": weekday,
    "period": period,
}
