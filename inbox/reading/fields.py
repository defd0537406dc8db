"""Custom fields as they are shown: in the panel of a ticket, in its history, in lists, and on the admin's page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select

from inbox.actions import desk, fields
from inbox.actions.who import Who
from inbox.reading import settings
from inbox.reading.once import once
from inbox.reading.pages.common import Form, SettingsNav
from inbox.store import FieldChange, FieldValue, TicketField, Work

__all__ = ["FieldRow", "FieldView", "FieldsPage", "changed", "filterable", "named", "of_rows", "page", "shown"]

KINDS = tuple(fields.KINDS)
#: What a list can be filtered by: fields with few values.
FILTERED = frozenset({"list", "tick"})


@dataclass(frozen=True)
class FieldView:
    """One field of a ticket: ``name`` is what the form calls it, ``label`` what people do; ``error`` says what is wrong
    with the value that was typed."""

    name: str
    label: str
    kind: str
    value: str = ""
    choices: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class FieldRow:
    """A field on the admin's page, with the number of tickets that have a value in it."""

    id: int
    name: str
    kind: str
    choices: str = ""
    used: int = 0


@dataclass(frozen=True)
class FieldsPage:
    """``page`` of ``settings/fields.html``. POST ``fields.create``: ``name kind choices``; ``fields.update``: ``name
    choices``; ``fields.remove``, ``fields.restore``: nothing."""

    nav: SettingsNav
    fields: tuple[FieldRow, ...]
    archived: tuple[FieldRow, ...] = ()
    kinds: tuple[str, ...] = KINDS
    new: Form = field(default_factory=Form)
    editing: int | None = None
    edit: Form = field(default_factory=Form)
    outside: Form = field(default_factory=Form)  # url, timeout_s, cache_min; a secret is never shown
    outside_secret: bool = False


def _all(work: Work) -> dict[int, TicketField]:
    return once(work, "fields", lambda: {one.id: one for one in work.scalars(select(TicketField))})


def named(work: Work, id: str) -> str:
    """What a field is called; "" for one that never was."""
    found = _all(work).get(int(id)) if id.isascii() and id.isdigit() and len(id) < 16 else None
    return found.name if found is not None else ""


def shown(work: Work, ticket: int, typed: Form | None = None) -> tuple[FieldView, ...]:
    """The fields of a ticket; what was ``typed`` and refused stands in its place, with what is wrong with it."""
    has = fields.values(work, ticket)
    found = []
    for one in fields.active(work):
        name = fields.key(one.id)
        value = has.get(one.id, "")
        extra = [value] if one.kind == "list" and value and value not in one.choices else []
        if typed is not None:
            value = typed.values.get(name, "")
        error = typed.errors.get(name, "") if typed is not None else ""
        found.append(FieldView(name, one.name, one.kind, value, (*one.choices, *extra), error))
    return tuple(found)


def filterable(work: Work) -> list[tuple[str, str]]:
    """The words that a list can be filtered by, each with what people read."""
    found = []
    for one in _all(work).values():
        if one.active and one.kind in FILTERED:
            words = one.choices if one.kind == "list" else [fields.YES]
            found += [(f"{one.id}:{word}", f"{one.name}: {word}" if one.kind == "list" else one.name) for word in words]
    return found


def of_rows(work: Work, tickets: Sequence[int]) -> Mapping[int, tuple[str, ...]]:
    """The same words of some tickets of a list; asks for nothing where the desk has no such field."""
    ids = [one.id for one in _all(work).values() if one.active and one.kind in FILTERED]
    if not ids:
        return {}
    rows = select(FieldValue).where(FieldValue.ticket_id.in_(tickets), FieldValue.field_id.in_(ids))
    found: dict[int, tuple[str, ...]] = {}
    for row in work.scalars(rows):
        found[row.ticket_id] = (*found.get(row.ticket_id, ()), f"{row.field_id}:{row.value}")
    return found


def changed(work: Work, change: int) -> tuple[str, str, str]:
    """(name, kind, new value) of one line of the history; empty where nobody knows any more."""
    row = work.get(FieldChange, change)
    one = _all(work).get(row.field_id) if row is not None else None
    return (one.name, one.kind, row.value) if row is not None and one is not None else ("", "", "")


def page(work: Work, who: Who) -> FieldsPage:
    """The fields of the desk, and those that it had."""
    used: dict[int, int] = dict(
        work.execute(select(FieldValue.field_id, func.count()).group_by(FieldValue.field_id)).all()
    )
    rows = work.scalars(select(TicketField).order_by(TicketField.id)).all()
    own = desk.get(work, "outside.lookup")
    return FieldsPage(
        settings.nav(work, who),
        _rows((one for one in rows if one.active), used),
        _rows((one for one in rows if not one.active), used),
        outside=Form({name: str(own[name]) for name in ("url", "timeout_s", "cache_min") if name in own}),
        outside_secret=bool(own.get("sealed")),
    )


def _rows(rows: Iterable[TicketField], used: Mapping[int, int]) -> tuple[FieldRow, ...]:
    return tuple(FieldRow(one.id, one.name, one.kind, "\n".join(one.choices), used.get(one.id, 0)) for one in rows)
