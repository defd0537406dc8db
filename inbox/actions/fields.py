"""Custom fields of tickets: defined by the admin, filled in by whoever has the ticket, each change in the history."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from sqlalchemy import func, select

from inbox import clock
from inbox.actions.desk import audit
from inbox.actions.who import Who, find_living, require
from inbox.errors import Conflict, Invalid, NotFound
from inbox.store import Event, FieldChange, FieldValue, TicketField, Work

__all__ = [
    "KINDS",
    "active",
    "add",
    "archive",
    "by_name",
    "carry",
    "change",
    "key",
    "set_back",
    "set_values",
    "uncarry",
    "values",
]

MOST = 30
CHOICES_MOST = 100
LONGEST, NAME_LONGEST, CHOICE_LONGEST = 500, 80, 100
YES: Final = "yes"
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,6})?")


def key(field: int) -> str:
    """What a form calls a field."""
    return f"field-{field}"


# --- values -----------------------------------------------------------------------------------------------------


def _text(_field: TicketField, typed: str) -> str:
    if len(typed) > LONGEST:
        msg = f"write up to {LONGEST} letters"
        raise ValueError(msg)
    return typed


def _number(_field: TicketField, typed: str) -> str:
    plain = "".join(typed.split())
    try:
        if not _NUMBER.fullmatch(plain):
            raise InvalidOperation
        return format(Decimal(plain.replace(",", ".")).normalize() + 0, "f")
    except InvalidOperation:
        msg = "write a number, like 1200 or 12.50"
        raise ValueError(msg) from None


def _date(_field: TicketField, typed: str) -> str:
    try:
        return dt.date.fromisoformat(typed).isoformat()
    except ValueError:
        msg = "write a day, like 2026-03-31"
        raise ValueError(msg) from None


def _list(field: TicketField, typed: str) -> str:
    if typed not in field.choices:
        msg = "choose one of the values offered"
        raise ValueError(msg)
    return typed


def _tick(_field: TicketField, typed: str) -> str:
    said = typed.lower()
    if said not in {YES, "on", "true", "1", "no", "false", "0", "off"}:
        msg = "say yes or no"
        raise ValueError(msg)
    return YES if said in {YES, "on", "true", "1"} else ""


#: Kind → what makes a text its value. Raises ``ValueError`` with the sentence to say; "" is no value in any kind.
KINDS: Final[dict[str, Callable[[TicketField, str], str]]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "list": _list,
    "tick": _tick,
}


def active(work: Work) -> Sequence[TicketField]:
    """The fields that can be filled in, in the order in which they were defined."""
    return work.scalars(select(TicketField).where(TicketField.active).order_by(TicketField.id)).all()


def values(work: Work, ticket: int) -> dict[int, str]:
    """What a ticket has, by field."""
    rows = work.scalars(select(FieldValue).where(FieldValue.ticket_id == ticket))
    return {row.field_id: row.value for row in rows}


def by_name(work: Work, given: Mapping[str, str | None]) -> dict[int, str]:
    """Texts by fields that a program calls by their names or numbers. Raises :class:`Invalid` for an unknown one."""
    known = active(work)
    found: dict[int, str] = {}
    for name, value in given.items():
        field = next((one for one in known if name in (one.name, str(one.id))), None)
        if field is None:
            msg = f"there is no field {name!r}"
            raise Invalid(msg, fields={"fields": msg})
        found[field.id] = value or ""
    return found


def set_values(work: Work, who: Who, number: int, given: Mapping[int, str]) -> list[Event]:
    """Fills in fields of a ticket, all or none; an empty text empties one. Gives the events of what has changed.

    Raises :class:`Invalid` with every field that is wrong, by :func:`key`.
    """
    ticket = find_living(work, who, number)
    known = {field.id: field for field in active(work)}
    had = values(work, ticket.id)
    wanted: dict[int, str] = {}
    wrong: dict[str, str] = {}
    for id, typed in given.items():
        text = typed.strip()
        if id not in known:
            wrong[key(id)] = "this field is not there any more"
        elif text and text != had.get(id):  # what a list had once may stay
            try:
                wanted[id] = KINDS[known[id].kind](known[id], text)
            except ValueError as problem:
                wrong[key(id)] = str(problem)
        else:
            wanted[id] = text
    if wrong:
        raise Invalid("; ".join(wrong.values()), fields=wrong)
    return [
        _put(work, who, ticket.id, id, had.get(id, ""), now) for id, now in wanted.items() if now != had.get(id, "")
    ]


def _put(work: Work, who: Who, ticket: int, field: int, was: str, now: str) -> Event:
    _store(work, ticket, field, now)
    change = FieldChange(ticket_id=ticket, field_id=field, was=was, value=now)
    work.add(change)
    work.flush()
    find_living(work, who, ticket).updated_at = clock.now()
    return work.append("ticket.field", actor=who.actor, ticket=ticket, field=str(field), change=change.id)


def _store(work: Work, ticket: int, field: int, value: str) -> None:
    row = work.get(FieldValue, (ticket, field))
    if row is None and value:
        work.add(FieldValue(ticket_id=ticket, field_id=field, value=value))
    elif row is not None and value:
        row.value = value
    elif row is not None:
        work.delete(row)
    work.flush()


def set_back(work: Work, who: Who, event: Event) -> None:
    """Takes one change back. Raises :class:`Conflict` where the field holds something else by now."""
    ticket = find_living(work, who, event.ticket_id or 0)
    change = work.get(FieldChange, int(event.data["change"]))
    if change is None or values(work, ticket.id).get(change.field_id, "") != change.value:
        msg = f"#{ticket.id} has been changed since; change it as it should be"
        raise Conflict(msg)
    _store(work, ticket.id, change.field_id, change.was)
    ticket.updated_at = clock.now()


def carry(work: Work, who: Who, source: int, target: int) -> list[str]:
    """Gives a ticket what another one has in fields that it lacks; gives the ids of the events."""
    had = values(work, target)
    lacks = {field: value for field, value in sorted(values(work, source).items()) if field not in had}
    return [_put(work, who, target, field, "", value).id for field, value in lacks.items()]


def uncarry(work: Work, ids: Sequence[str]) -> None:
    """Takes back what was carried, by the events; what somebody has changed since stays."""
    for event in work.scalars(select(Event).where(Event.id.in_(ids), Event.kind == "ticket.field")):
        change = work.get(FieldChange, int(event.data["change"]))
        if change is not None and values(work, change.ticket_id).get(change.field_id) == change.value:
            _store(work, change.ticket_id, change.field_id, change.was)


# --- what the admin defines -------------------------------------------------------------------------------------


def add(work: Work, who: Who, *, name: str, kind: str, choices: str = "") -> TicketField:
    """Defines a field; ``choices`` of a list, one a line."""
    require(who, "settings.change")
    if kind not in KINDS:
        msg = f"a field is one of {', '.join(KINDS)}"
        raise Invalid(msg, fields={"kind": msg})
    if len(active(work)) >= MOST:
        msg = f"{MOST} fields are the most; archive one first"
        raise Conflict(msg, fields={"name": msg})
    row = TicketField(name=_name(work, name), kind=kind, choices=_choices(kind, choices))
    work.add(row)
    work.flush()
    audit(work, who, "field.added", field=row.id, name=row.name)
    return row


def change(work: Work, who: Who, number: int, *, name: str, choices: str = "") -> TicketField:
    """Calls a field something else, or offers other values; what tickets have stays."""
    require(who, "settings.change")
    row = _row(work, number)
    before = {"name": row.name, "choices": row.choices}
    row.name, row.choices = _name(work, name, but=row.id), _choices(row.kind, choices)
    after = {"name": row.name, "choices": row.choices}
    changes = {part: [before[part], after[part]] for part in before if before[part] != after[part]}
    if changes:
        audit(work, who, "field.changed", field=row.id, name=row.name, changes=changes)
    return row


def archive(work: Work, who: Who, number: int, *, back: bool = False) -> TicketField:
    """Takes a field from the tickets' panel, or brings it ``back`` with all that it held."""
    require(who, "settings.change")
    row = _row(work, number)
    if row.active is back:
        msg = "there is no such field"
        raise NotFound(msg)
    if back:
        _name(work, row.name, but=row.id)
    row.active = back
    audit(work, who, "field.added" if back else "field.archived", field=row.id, name=row.name)
    return row


def _row(work: Work, number: int) -> TicketField:
    row = work.get(TicketField, number)
    if row is None:
        msg = "there is no such field"
        raise NotFound(msg)
    return row


def _name(work: Work, name: str, *, but: int | None = None) -> str:
    wanted = " ".join(name.split())
    if not 0 < len(wanted) <= NAME_LONGEST:
        msg = f"give the field a name of up to {NAME_LONGEST} letters"
        raise Invalid(msg, fields={"name": msg})
    same = select(TicketField.id).where(func.lower(TicketField.name) == wanted.lower(), TicketField.active)
    if work.scalar(same.where(TicketField.id != (but or 0))) is not None:
        msg = "there is a field of this name already"
        raise Conflict(msg, fields={"name": msg})
    return wanted


def _choices(kind: str, typed: str) -> list[str]:
    if kind != "list":
        return []
    found = list(dict.fromkeys(" ".join(line.split()) for line in typed.splitlines() if line.strip()))
    if not 0 < len(found) <= CHOICES_MOST or any(len(one) > CHOICE_LONGEST for one in found):
        msg = f"write 1 to {CHOICES_MOST} values, one a line, each of up to {CHOICE_LONGEST} letters"
        raise Invalid(msg, fields={"choices": msg})
    return found
