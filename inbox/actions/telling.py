"""What programs tell the desk: calls, social counters, contracts and revenue, and what else happens outside of it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select

from inbox import clock
from inbox.actions import history, identities
from inbox.actions.who import Who, require
from inbox.errors import Invalid
from inbox.store import Customer, Work

__all__ = ["COLUMNS", "KINDS", "MOST", "Outcome", "rows_of_csv", "tell"]

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


@dataclass
class Outcome:
    """What became of it: ``added`` events, those ``known`` before, and what was left out by (line, reason)."""

    added: int = 0
    known: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)


def tell(work: Work, who: Who, told: Iterable[tuple[int, Mapping[str, Any]]], *, strict: bool = False) -> Outcome:
    """Appends events from outside, each with its line or place; one whose id is known is left out. A customer is named
    by the desk's id or by an address of theirs (``email:anna@casa.example``), which is not kept. ``strict`` takes all
    or nothing. Raises :class:`Forbidden`."""
    require(who, "settings.change")
    out, rows = Outcome(), []
    for line, raw in told:
        try:
            rows.append(_row(work, who, raw))
        except (ValueError, Invalid) as problem:
            out.faults.append((line, str(problem)))
    if strict and out.faults:
        return out
    for begin in range(0, len(rows), MOST):
        part = rows[begin : begin + MOST]
        out.added += history.add(work, who, part)
    out.known = len(rows) - out.added
    return out


def _row(work: Work, who: Who, raw: Mapping[str, Any]) -> history.Row:
    if raw.get("kind") not in KINDS:
        msg = f"kind is none of {', '.join(sorted(KINDS))}"
        raise ValueError(msg)
    told = {name: value for name, value in raw.items() if name not in {"seq", "rec"}}
    if "customer" in told and told["customer"] is not None:
        told["customer"] = _customer(work, told["customer"])
    kind, id, team = who.actor
    told.setdefault("actor", {"kind": kind, "id": id, "team": team})
    told["rec"] = clock.iso(clock.now())
    return history.read(json.dumps(told))


def _customer(work: Work, said: Any) -> str:
    if not isinstance(said, str) or not said.strip():
        msg = "customer is an id of this desk, or an address like email:anna@casa.example"
        raise ValueError(msg)
    wanted = said.strip()
    kind, colon, value = wanted.partition(":")
    if not colon:
        kind, value = "email" if "@" in wanted else "sms" if wanted.startswith("+") else "", wanted
    if not kind:
        if work.scalar(select(Customer.id).where(Customer.id == wanted)) is None:
            msg = f"nobody here is the customer {wanted}"
            raise ValueError(msg)
        return wanted
    connector = work.store.connectors.get(kind)
    identity = identities.find(work, kind, connector.normalise(value) if connector is not None else value)
    if identity is None:
        msg = f"nobody here has the address {value} on {kind}"
        raise ValueError(msg)
    return identity.customer_id


def rows_of_csv(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines of a sheet of contracts and revenue. Where a line has no id, its own words are it: the same sheet twice
    changes nothing. Raises :class:`Invalid` for what is no such sheet."""
    if len(data) > MOST_BYTES:
        msg = "the file is larger than 20 MB"
        _refuse(msg)
    text = data.decode("utf-8-sig", "replace")
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    try:
        head = [one.strip().lower() for one in next(reader, [])]
        unknown = [one for one in head if one not in COLUMNS]
        if unknown or not {"kind", "ts"} <= set(head):
            msg = f"line 1: the columns are {', '.join(COLUMNS)}, with kind and ts at least"
            _refuse(msg)
        for cells in reader:
            filled = {name: cell.strip() for name, cell in zip(head, cells, strict=False) if cell.strip()}
            if filled:
                yield reader.line_num, _line(filled)
    except csv.Error as problem:
        msg = f"line {reader.line_num}: {problem}"
        _refuse(msg)


def _line(filled: dict[str, str]) -> dict[str, str]:
    for name in ("ts", "ends"):
        if len(filled.get(name, "")) == len("2026-03-09"):
            filled[name] += "T00:00:00Z"
    for name in ("amount", "margin"):
        if "," in filled.get(name, "") and "." not in filled[name]:
            filled[name] = filled[name].replace(",", ".")
    own = hashlib.sha256(json.dumps(filled, sort_keys=True).encode()).hexdigest()[:32]
    return {"id": f"sheet:{own}", **filled}


def _refuse(msg: str) -> None:
    raise Invalid(msg, fields={"file": msg})
