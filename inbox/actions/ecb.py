"""Exchange rates out of the European Central Bank's file (eurofxref-hist.csv, the day's eurofxref.csv, their .zip,
or the XML): what cannot be believed is named by its line, the rest is taken."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Final

from inbox import clock
from inbox.actions import costs, desk
from inbox.actions import currencies as money
from inbox.actions.who import Who, require
from inbox.errors import Invalid
from inbox.store import Work

__all__ = ["MOST_BYTES", "Outcome", "bring", "read"]

MOST_BYTES: Final = 20_000_000
EURO: Final = "EUR"
_EMPTY: Final = frozenset({"", "N/A", "-"})
_FINEST: Final = Decimal("0.0000000001")
_MOST: Final = Decimal(10**9)
_NAMED: Final = re.compile(r"([0-9]{1,2}) ([A-Z][a-z]+) ([0-9]{4})")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_CUBE: Final = re.compile(r"<Cube\s+([^<>]*?)/?>")
_FACT: Final = re.compile(r"(time|currency|rate)\s*=\s*[\"']([^\"']*)[\"']")

#: Day → currency → how much of it one euro was worth.
Rates = dict[dt.date, dict[str, Decimal]]


@dataclass
class Outcome:
    """What a file brought: ``added`` rates, those ``known`` before, and what was left out by (line, reason); what is
    not there at all has line 0."""

    added: int = 0
    known: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)


def read(data: bytes) -> tuple[Rates, list[tuple[int, str]]]:
    """The rates of a file and what is wrong with it, by line. Raises :class:`Invalid` for what is no such file."""
    text = _text(data)
    cells = _of_xml(text) if text.lstrip().startswith("<") else _of_csv(text)
    found: Rates = {}
    faults: list[tuple[int, str]] = []
    for line, day, currency, value in cells:
        try:
            found.setdefault(_day(day), {})[currency] = _rate(currency, value)
        except ValueError as problem:
            faults.append((line, str(problem)))
    if not found and not faults:
        msg = "no rates are in this file; take eurofxref-hist.csv, its .zip or the XML from the ECB"
        _refuse(msg)
    return found, list(dict.fromkeys(faults))


def bring(work: Work, who: Who, data: bytes, currencies: Iterable[str], since: dt.date) -> Outcome:
    """Sets the daily rates of some currencies from a day on, as events. Raises :class:`Invalid`."""
    require(who, "costs.change")
    base = str(desk.get(work, "desk.currency"))
    wanted = sorted({money.currency(one, "currencies") for one in currencies if one.strip()} - {base})
    if not wanted or len(wanted) > 40:
        msg = f"name the currencies by three letters each, like USD, GBP; {base} is the desk's own"
        raise Invalid(msg, fields={"currencies": msg})
    rates, faults = read(data)
    days = sorted(day for day in rates if day >= since)
    there = {EURO, *(currency for day in days for currency in rates[day])} if days else set()
    out = Outcome(faults=faults)
    if absent := ", ".join(currency for currency in wanted if currency not in there):
        problem = f"the file has no rate of {absent} from {since} on"
        out.faults.insert(0, (0, problem))
    known = _known(work)
    for day in days:
        if base != EURO and base not in rates[day]:
            problem = f"{day} has no rate of {base}, the desk's own currency"
            out.faults.append((0, problem))
            continue
        per_euro = rates[day].get(base, Decimal(1))
        for currency in wanted:
            worth = _worth(rates[day], currency, per_euro)
            if worth is None:
                continue
            if known.get((currency, day.isoformat())) == worth:
                out.known += 1
                continue
            out.added += 1
            work.append("fx.rate", actor=who.actor, date=day.isoformat(), ccy=currency, rate=format(worth, "f"))
    if out.added:
        desk.audit(work, who, "fx.imported", currencies=wanted, since=since.isoformat(), rates=out.added)
    return out


def _worth(rates: dict[str, Decimal], currency: str, per_euro: Decimal) -> Decimal | None:
    """What one unit of a currency is worth in the desk's own."""
    of_euro = Decimal(1) if currency == EURO else rates.get(currency)
    worth = None if of_euro is None else (per_euro / of_euro).quantize(_FINEST, ROUND_HALF_EVEN)
    return worth or None


def _known(work: Work) -> dict[tuple[str, str], Decimal]:
    said = (line.data for line in costs.lines(work, "fx.rate"))
    return {(str(one["ccy"]), str(one["date"])[:10]): Decimal(str(one["rate"])) for one in said}


def _refuse(msg: str) -> None:
    raise Invalid(msg, fields={"file": msg})


def _text(data: bytes) -> str:
    if data[:2] == b"PK":
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                first = next(
                    (one for one in packed.infolist() if one.filename.lower().endswith((".csv", ".xml"))), None
                )
                if first is None or first.file_size > MOST_BYTES:
                    msg = "the ZIP holds no CSV or XML of a size that can be"
                    _refuse(msg)
                    return ""
                with packed.open(first) as inner:
                    data = inner.read(MOST_BYTES + 1)
        except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
            msg = "this ZIP cannot be opened; download it again"
            _refuse(msg)
    if len(data) > MOST_BYTES:
        msg = "the file is larger than 20 MB"
        _refuse(msg)
    return data.decode("utf-8-sig", "replace")


def _of_csv(text: str) -> Iterator[tuple[int, str, str, str]]:
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        head = [one.strip() for one in next(rows, [])]
        if not head or head[0] != "Date":
            msg = "line 1: the file begins with Date and the currencies; take eurofxref-hist.csv from the ECB"
            _refuse(msg)
        for row in rows:
            day = row[0].strip() if row else ""
            for currency, value in zip(head[1:], row[1:], strict=False):
                if currency and value.strip() not in _EMPTY:
                    yield rows.line_num, day, currency, value.strip()
    except csv.Error as problem:
        msg = f"line {rows.line_num}: {problem}"
        _refuse(msg)


def _of_xml(text: str) -> Iterator[tuple[int, str, str, str]]:
    day, line, at = "", 1, 0
    for cube in _CUBE.finditer(text):
        line, at = line + text.count("\n", at, cube.start()), cube.start()
        facts: dict[str, str] = dict(_FACT.findall(cube[1]))
        day = facts.get("time", day)
        if "currency" in facts:
            yield line, day, facts["currency"], facts.get("rate", "")


def _day(text: str) -> dt.date:
    try:
        named = _NAMED.fullmatch(text)  # in the file of one day
        day = (
            dt.date(int(named[3]), _MONTHS.index(named[2]) + 1, int(named[1])) if named else dt.date.fromisoformat(text)
        )
    except ValueError:
        msg = f"{text!r} is no date"
        raise ValueError(msg) from None
    if not dt.date(1999, 1, 1) <= day <= clock.now().date() + dt.timedelta(days=1):
        msg = f"{text} lies outside the days of the euro"
        raise ValueError(msg)
    return day


def _rate(currency: str, text: str) -> Decimal:
    if not re.fullmatch("[A-Z]{3}", currency):
        msg = f"{currency!r} is no currency"
        raise ValueError(msg)
    try:
        rate = Decimal(text)
    except InvalidOperation:
        msg = f"{currency}: {text!r} is no rate"
        raise ValueError(msg) from None
    if not rate.is_finite() or not 0 < rate < _MOST:
        msg = f"{currency}: {text!r} is no plausible rate"
        raise ValueError(msg)
    return rate
