"""Everything that the desk has about one customer, to be handed to them: for programs, to be read, and all files."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
import zipfile
import zoneinfo
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import IO, Any, Final

from sqlalchemy import or_, select

from inbox import clock
from inbox.actions import desk, telling
from inbox.actions.who import Who, require, visible
from inbox.errors import NotFound
from inbox.shapes.files import clean
from inbox.store import (
    Agent,
    Consent,
    Customer,
    CustomerNote,
    Event,
    FieldValue,
    Identity,
    Message,
    Survey,
    Ticket,
    TicketField,
    Work,
)
from inbox.terms import Delivery, Direction

__all__ = ["archive"]

#: Fields of a line that tell a customer nothing about themselves.
_OURS: Final = {"customer", telling.TOLD_BY}
#: Lines of the log that are about a customer and no ticket: what they bought and for how long.
BOUGHT: Final = ("contract.started", "contract.renewed", "revenue")
#: Where the two texts lie in the archive.
DATA, READ = "customer.json", "tickets.txt"
IN_MEMORY = 16 * 2**20  # bytes; a larger archive lies on the disk while it is sent
_DIRECTIONS: Final = (Direction.IN, Direction.OUT)


def archive(work: Work, who: Who, customer_id: str, *, notes: bool = False) -> IO[bytes]:
    """A zip with ``customer.json``, ``tickets.txt`` and the files of all messages, to be read and closed. With
    ``notes`` also what the team wrote among itself. Raises :class:`Forbidden`, :class:`NotFound`."""
    require(who, "customer.export")
    customer = work.get(Customer, customer_id)
    if customer is None:
        msg = f"there is no customer {customer_id}"
        raise NotFound(msg)
    tickets = list(_tickets(work, who, customer, notes=notes))
    told = {**_person(work, customer, notes=notes), "tickets": tickets}
    zone = zoneinfo.ZoneInfo(str(desk.get(work, "desk.timezone")))
    out = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - whoever reads it closes it
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr(DATA, json.dumps(told, ensure_ascii=False, indent=2, default=_text))
        zipped.writestr(READ, "\n".join(_lines(tickets, zone)))
        for one in _files(tickets):
            path = work.store.files.path(one["sha256"])
            if path.exists():
                zipped.write(path, one["file"])
    return out


def _text(value: object) -> str:
    return clock.iso(value) if isinstance(value, dt.datetime) else str(value)


def _person(work: Work, customer: Customer, *, notes: bool) -> dict[str, Any]:
    consents = work.scalars(select(Consent).where(Consent.customer_id == customer.id).order_by(Consent.id))
    written = select(CustomerNote).where(CustomerNote.customer_id == customer.id).order_by(CustomerNote.id)
    bought = select(Event).where(Event.kind.in_(BOUGHT), Event.data["customer"].as_string() == customer.id)
    return {
        "customer": {
            **{name: getattr(customer, name) for name in ("id", "name", "company", "language", "band", "created_at")},
            "attributes": customer.attributes,
        },
        "addresses": [
            {name: getattr(one, name) for name in ("kind", "value", "name", "created_at", "opted_out_at")}
            for one in customer.identities
        ],
        "consents": [{name: getattr(one, name) for name in ("what", "given", "source", "at")} for one in consents],
        **({"notes": [{"text": one.text, "at": one.at} for one in work.scalars(written)]} if notes else {}),
        "bought": [
            {"kind": one.kind, "at": one.ts, **{k: v for k, v in one.data.items() if k not in _OURS}}
            for one in telling.still(work, work.scalars(bought.order_by(Event.seq)))
        ],
    }


def _tickets(work: Work, who: Who, customer: Customer, *, notes: bool) -> Iterator[dict[str, Any]]:
    """Their tickets, and those of others in which something came from their addresses, as far as that goes."""
    mine = select(Identity.id).where(Identity.customer_id == customer.id)
    wrote = select(Message.ticket_id).where(Message.identity_id.in_(mine))
    theirs = or_(Ticket.customer_id == customer.id, Ticket.id.in_(wrote))
    names = {one.id: one.name for one in work.scalars(select(Agent))}
    fields = {one.id: one.name for one in work.scalars(select(TicketField))}
    own = {one.id for one in customer.identities}
    for ticket in work.scalars(select(Ticket).where(visible(who), theirs).order_by(Ticket.id)).unique():
        said = select(Message).where(
            Message.ticket_id == ticket.id, Message.state.is_(None) | (Message.state != Delivery.CANCELLED)
        )
        is_own = ticket.customer_id == customer.id
        values = work.scalars(select(FieldValue).where(FieldValue.ticket_id == ticket.id))
        yield {
            "number": ticket.id,
            "subject": ticket.subject if is_own else "",
            **{name: getattr(ticket, name) for name in ("status", "kind", "created_at", "resolved_at", "reason")},
            "tags": [one.tag for one in ticket.tags] if is_own else [],
            "fields": {fields.get(one.field_id, ""): one.value for one in values} if is_own else {},
            "messages": [
                _message(one, names)
                for one in work.scalars(said.order_by(Message.id))
                if (is_own or one.identity_id in own) and (notes or one.direction in _DIRECTIONS)
            ],
            "surveys": _surveys(work, ticket) if is_own else [],
        }


def _message(one: Message, names: dict[str, str]) -> dict[str, Any]:
    ours = names.get(one.agent_id or "", "")
    return {
        "id": one.id,
        "at": one.at,
        "direction": one.direction,
        "from": {"name": ours or one.from_name, "address": one.from_address},
        "to": one.to,
        "cc": one.cc,
        "subject": one.subject,
        "text": one.text if one.full_text is None else one.full_text,
        "files": [
            {
                "name": each.name,
                "bytes": each.size,
                "sha256": each.sha256,
                "file": str(PurePosixPath("files", str(one.ticket_id), f"{one.id}-{each.id}-{clean(each.name)}")),
            }
            for each in one.attachments
        ],
    }


def _surveys(work: Work, ticket: Ticket) -> list[dict[str, Any]]:
    asked = select(Survey).where(Survey.ticket_id == ticket.id, Survey.sent_at.is_not(None)).order_by(Survey.sent_at)
    told = ("touchpoint", "sent_at", "answered_at", "scores", "comment")
    return [{name: getattr(one, name) for name in told} for one in work.scalars(asked)]


def _files(tickets: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (
        each for ticket in tickets for one in ticket["messages"] for each in one["files"] if each["sha256"] is not None
    )


def _lines(tickets: Sequence[dict[str, Any]], zone: dt.tzinfo) -> Iterator[str]:
    """All that was said, as it is read."""
    for ticket in tickets:
        yield f"#{ticket['number']} {ticket['subject']}".rstrip()
        for one in ticket["messages"]:
            who = " ".join(part for part in (one["from"]["name"], one["from"]["address"]) if part)
            yield f"\n{one['at'].astimezone(zone):%Y-%m-%d %H:%M}  {who}"
            yield one["text"]
            yield from (f"[{each['file']}]" for each in one["files"])
        yield "\n" + "-" * 72 + "\n"
