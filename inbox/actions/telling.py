"""What is told from outside, by programs, by sheets and by the business's own system: calls, social counters, contracts
and revenue, and what else happens there."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
import zoneinfo
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from sqlalchemy import select, text

from inbox import clock
from inbox.actions import costs, currencies, desk, events, history, identities, maturity
from inbox.actions.scales import Scales
from inbox.actions.who import Who, find_ticket, require
from inbox.errors import Invalid, Problem
from inbox.metrics.paged import STANDING
from inbox.metrics.times import SECOND, instant
from inbox.store import LOG_LOCK, Customer, Event, Work, names

__all__ = [
    "COLUMNS",
    "KINDS",
    "MOST",
    "TOLD_BY",
    "Outcome",
    "Told",
    "read",
    "rows_of_csv",
    "still",
    "take_back",
    "tell",
]

MOST: Final = 1_000
MOST_BYTES: Final = 20_000_000
#: What may be told: what the desk writes by itself is nobody else's to write.
KINDS: Final = frozenset(
    {
        *("call.started", "call.leg", "call.ended", "social.snapshot", "social.mention", "smi.answer"),
        *("contract.started", "contract.renewed", "contract.ended", "revenue", "agent.state"),
        *("survey.sent", "survey.answered", "survey.followup"),
        *("bot.handoff", "ticket.fcr_exempt", "cost.provider", "msg.classify"),
    }
)
#: What a sheet of contracts and revenue may have as columns.
COLUMNS: Final = ("kind", "id", "ts", "customer", "contract", "ends", "why", "amount", "margin", "currency")


#: In what was told from outside, who did ("system" for the desk itself): only that can be taken back.
TOLD_BY: Final = "told_by"
#: What is told when it has happened: where it lies ahead, figures would count it as of today.
_HAPPENED: Final = frozenset({"revenue", "smi.answer", "contract.started", "contract.ended", "cost.provider"})
#: What concerns more than the ticket that it may name: whoever reads it knows the voids of no ticket alone.
_OF_ALL: Final = STANDING | {"revenue"}
#: An amount in a sheet.
_AMOUNT: Final = re.compile(r"[+-]?[0-9]{1,15}([.,][0-9]+)?")

#: What is told, or why it could not be read.
Told = Mapping[str, Any] | Invalid


@dataclass
class Outcome:
    """What became of it: ``added`` events, those ``known`` before, and what was left out by (line, reason)."""

    added: int = 0
    known: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)


def tell(work: Work, who: Who, told: Iterable[tuple[int, Told]], *, strict: bool = False) -> Outcome:
    """Appends events from outside, each with its line or place; one whose id is known is left out. A customer is named
    by the desk's id or by an address of theirs (``email:anna@casa.example``), which is not kept; a day without an hour
    is its midnight here. ``strict`` takes all or nothing. Raises :class:`Forbidden`."""
    require(who, "settings.change")
    rows, faults = read(work, who, told)
    out = Outcome(faults=faults)
    if strict and faults:
        return out
    for begin in range(0, len(rows), MOST):
        part = rows[begin : begin + MOST]
        out.added += history.add(work, who, part)
    out.known = len(rows) - out.added
    return out


def read(work: Work, who: Who, told: Iterable[tuple[int, Told]]) -> tuple[list[history.Row], list[tuple[int, str]]]:
    """What :func:`tell` would append, each with who told it, and what it would leave out by (line, reason); nothing is
    written."""
    rows, faults, reader = [], [], _Reader(work, who)
    for line, raw in told:
        try:
            rows.append(reader.row(raw))
        except (ValueError, Problem) as problem:
            faults.append((line, str(problem)))
    return rows, faults


def take_back(work: Work, who: Who, ids: Sequence[str], *, strict: bool = False) -> Outcome:
    """Makes events void that were told from outside, each once; what is void already is ``known``. Others are left out
    by place, from 1 on, and with ``strict`` all of them. Raises :class:`Forbidden`."""
    require(who, "settings.change")
    if not work.store.is_sqlite:  # whoever voids the same at the same time waits
        work.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOG_LOCK})
    rows = {row.id: row for row in work.scalars(select(Event).where(Event.id.in_(ids)))}
    void = events.gone(work, ids)
    out, mine = Outcome(), []
    for place, id in enumerate(ids, 1):
        row = rows.get(id)
        if row is None:
            out.faults.append((place, f"there is no event {id!r}"))
        elif TOLD_BY not in row.data:
            out.faults.append((place, f"{id!r} was told by no program, sheet or system of yours, and stays"))
        elif id in void:
            out.known += 1
        else:
            void.add(id)
            mine.append(row)
    if strict and out.faults:
        return Outcome(faults=out.faults)
    for row in mine:
        ticket = None if row.kind in _OF_ALL else row.ticket_id
        work.append("void", actor=who.actor, ticket=ticket, target=row.id)
        desk.audit(work, who, "event.voided", name=f"{row.kind} {row.id}")
    out.added = len(mine)
    return out


def still(work: Work, rows: Iterable[Event]) -> list[Event]:
    """Events without those that were told from outside and taken back."""
    every = list(rows)
    void = events.gone(work, [row.id for row in every if TOLD_BY in row.data])
    return [row for row in every if row.id not in void]


class _Reader:
    """Reads what is told, one event after the other: later ones may be about a contract that an earlier one starts."""

    def __init__(self, work: Work, who: Who) -> None:
        self._work, self._who = work, who
        self._zone = zoneinfo.ZoneInfo(desk.get(work, "desk.timezone"))
        self._begun: set[str] = set()
        self._scales = Scales()
        self._fields: dict[str, Callable[[Any], str]] = {
            "ts": self._moment,
            "ends": self._moment,
            "customer": self._customer,
            "ticket": self._ticket,
            "currency": lambda said: currencies.currency(str(said), past=True),
        }

    def row(self, raw: Told) -> history.Row:
        """The event as the log keeps it. Raises ``ValueError`` and :class:`Problem` with what is wrong with it."""
        if isinstance(raw, Invalid):
            raise raw
        if str(raw.get("kind")) not in KINDS:
            msg = f"kind is none of {', '.join(sorted(KINDS))}"
            raise Invalid(msg)
        told = {name: value for name, value in raw.items() if name not in {"seq", "rec", TOLD_BY}}
        for name, read in self._fields.items():
            if told.get(name) is not None:
                told[name] = read(told[name])
        kind, id, team = self._who.actor
        told.setdefault("actor", {"kind": kind, "id": id, "team": team})
        told["rec"] = clock.iso(clock.now())
        row = history.read(json.dumps(told))
        self._sense(row, raw)
        row["data"][TOLD_BY] = self._who.id or self._who.kind.value
        return row

    def _sense(self, row: history.Row, raw: Mapping[str, Any]) -> None:
        kind, contract = row["kind"], row["data"].get("contract")
        if kind in _HAPPENED and row["ts"] > clock.now() + history.AHEAD:
            msg = f"{raw['ts']} lies in the future; tell it once it has happened"
            raise Invalid(msg)
        if kind == "survey.answered":
            self._scales.look_up(self._work, [row["data"]["survey"]])
        self._scales.check(row)
        if kind == "contract.started":
            self._begun.add(contract)
        elif kind in {"contract.renewed", "contract.ended"} and not self._knows(contract):
            msg = f"no contract {contract!r} has started here; write its contract.started before"
            raise Invalid(msg)
        elif kind == "smi.answer":
            _asked_here(row["data"])

    def _knows(self, contract: str) -> bool:
        if contract not in self._begun:
            started = select(Event.seq).where(names("contract", [contract], "contract.started")).limit(1)
            if self._work.scalar(started) is None:
                return False
            self._begun.add(contract)
        return True

    def _moment(self, said: Any) -> str:
        for read in (self._midnight, clock.parse):
            with suppress(ValueError, TypeError, OverflowError):
                return clock.iso(read(said))
        msg = f"{said!r} is no day and no time with a zone; write it like 2026-03-09 or 2026-03-09T08:00:00Z"
        raise Invalid(msg)

    def _midnight(self, said: str) -> dt.datetime:
        """Where a day begins for the figures."""
        wall = dt.datetime.combine(dt.date.fromisoformat(said), dt.time())
        return dt.datetime.fromtimestamp(instant(wall, self._zone) / SECOND, dt.UTC)

    def _ticket(self, said: Any) -> str:
        number = str(said)
        if history.NUMBER.fullmatch(number) is None:
            msg = f"{said!r} is no ticket's number"
            raise Invalid(msg)
        find_ticket(self._work, self._who, int(number))
        return number

    def _customer(self, said: Any) -> str:
        if not isinstance(said, str) or not said.strip() or not said.isprintable():  # what a database cannot look for
            msg = "customer is an id of this desk, or an address like email:anna@casa.example"
            raise Invalid(msg)
        wanted = said.strip()
        kind, colon, value = wanted.partition(":")
        if not colon:
            kind, value = "email" if "@" in wanted else "sms" if wanted.startswith("+") else "", wanted
        if not kind:
            if self._work.scalar(select(Customer.id).where(Customer.id == wanted)) is None:
                msg = f"nobody here is the customer {wanted}"
                raise Invalid(msg)
            return wanted
        connector = self._work.store.connectors.get(kind)
        normal = connector.normalise(value) if connector is not None else value
        identity = identities.find(self._work, kind, normal)
        if identity is None:
            msg = f"nobody here has the address {value} on {kind}"
            raise Invalid(msg)
        return identity.customer_id


def rows_of_csv(data: bytes) -> Iterator[tuple[int, Told]]:
    """The lines of a sheet of contracts and revenue. Where a line has no id, its own words are it, and for revenue how
    many like it stand above: the same sheet twice changes nothing, and two equal purchases are two. Raises
    :class:`Invalid` for what is no such sheet."""
    if len(data) > MOST_BYTES:
        msg = "the file is larger than 20 MB"
        _refuse(msg)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        msg = f"line {line} is none of a CSV sheet; save it as CSV in UTF-8 and try again"
        _refuse(msg)
    equal: Counter[str] = Counter()
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    try:
        head = [one.strip().lower() for one in next(reader, [])]
        unknown = [one for one in head if one not in COLUMNS]
        if unknown or not {"kind", "ts"} <= set(head):
            msg = f"line 1: the columns are {', '.join(COLUMNS)}, with kind and ts at least"
            _refuse(msg)
        if twice := [one for one in dict.fromkeys(head) if head.count(one) > 1]:
            msg = f"line 1: the column {twice[0]} is there more than once"
            _refuse(msg)
        for cells in reader:
            if any(one.strip() for one in cells[len(head) :]):
                msg = f"it has more cells than the sheet has columns, {len(head)}; quote an amount that has a comma"
                yield reader.line_num, Invalid(msg)
                continue
            filled = {name: cell.strip() for name, cell in zip(head, cells, strict=False) if cell.strip()}
            if filled:
                yield reader.line_num, _line(filled, equal)
    except csv.Error:
        msg = f"line {reader.line_num} is none of a CSV sheet; save it as CSV in UTF-8 and try again"
        _refuse(msg)


def _line(filled: dict[str, str], equal: Counter[str]) -> Told:
    own = hashlib.sha256(json.dumps(filled, sort_keys=True).encode()).hexdigest()[:32]
    try:
        amounts = {name: _amount(filled[name]) for name in filled.keys() & {"amount", "margin"}}
    except Invalid as problem:
        return problem
    if filled.get("kind") == "revenue":  # a contract says which one it is: told twice it is still one
        equal[own] += 1
    nth = f":{equal[own]}" if equal[own] > 1 else ""
    return {"id": f"sheet:{own}{nth}"} | filled | amounts


def _amount(typed: str) -> str:
    plain = costs.unambiguous(typed, "amount")
    if not _AMOUNT.fullmatch(typed):
        msg = f"{typed!r} is no amount; write it like 1234.50"
        raise Invalid(msg)
    return plain


def _asked_here(answer: Mapping[str, Any]) -> None:
    """Raises :class:`Invalid` for an answer to a question of the desk's own on the other axis; whoever asks more than
    the desk does has names of their own for it."""
    item, axis = answer["item"], maturity.ITEMS.get(answer["item"])
    if axis is not None and answer["axis"] != axis:
        msg = f"{item} is a question of {axis}, not of {answer['axis']}"
        raise Invalid(msg)


def _refuse(msg: str) -> NoReturn:
    raise Invalid(msg, fields={"file": msg})
