"""Tickets: listed, read, answered, noted, assigned, moved, one by one or many at once."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import AwareDatetime, BeforeValidator, Field, WithJsonSchema, field_validator
from sqlalchemy import or_, select

from inbox import shapes
from inbox.actions import bands, clocks, merging, splitting
from inbox.actions import bulk as runs
from inbox.actions import fields as verbs_of_fields
from inbox.actions import reply as replies
from inbox.actions import tickets as verbs
from inbox.actions import undo as undoing
from inbox.actions.reply import Upload
from inbox.actions.who import Who
from inbox.api.answers import message_shape, page, shape, write
from inbox.api.routes import HIGHEST, Body, Call, Nothing, Paging, Routes
from inbox.errors import Invalid
from inbox.reading import feeds, figures
from inbox.reading import spent as spending
from inbox.reading.parts import Money
from inbox.store import Agent, Event, Message, Team, Work
from inbox.terms import Status

__all__ = ["MOST_FILES", "FileIn", "Then", "files_of", "routes", "ticket_shape"]

routes = Routes()
Then = Literal["resolve", "pending", "snooze-later", "snooze-tomorrow", "snooze-monday", "snooze-week"]
MOST_FILES = 20


class TicketQuery(Paging):
    """Which tickets."""

    status: str | None = Field(None, description=f"One of {', '.join(Status)}; several with commas between.")
    channel: str | None = Field(None, description="A channel's id or name, or a kind: email, sms, chat …")
    assignee: str | None = Field(None, description="An agent's id or mail address, me, or none.")
    q: str | None = Field(
        None, description='Words of its messages or subject, "exact words", from: channel: tag: is: before: after:'
    )

    @field_validator("status")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        for one in (value or "").split(","):
            if one.strip() and one.strip() not in list(Status):
                raise ValueError(f"{one.strip()!r} is none of {', '.join(Status)}")
        return value

    @property
    def statuses(self) -> tuple[Status, ...]:
        """The words apart."""
        return tuple(Status(one.strip()) for one in (self.status or "").split(",") if one.strip())


def _bytes(value: Any) -> bytes:
    if not isinstance(value, str):
        raise ValueError("the file's bytes in base64")
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise ValueError("this is not base64") from None


class FileIn(Body):
    """A file that goes with a reply."""

    name: str = Field(min_length=1, max_length=255)
    content_type: str = Field("application/octet-stream", max_length=120)
    data: Annotated[bytes, BeforeValidator(_bytes), WithJsonSchema({"type": "string", "contentEncoding": "base64"})] = (
        Field(description="The bytes in base64.")
    )


class ReplyIn(Body):
    """An answer to the customer. As ``multipart/form-data`` the files are parts named ``attachments``."""

    text: str = Field("", description="Markdown marks are rendered for the channel. May be empty with a file.")
    channel: str | None = Field(None, description="A channel's id, name or kind; else as the customer wrote last.")
    address: str | None = Field(None, description="One of the customer's addresses on that channel.")
    client_key: str = Field(
        min_length=1, max_length=80, description="Yours, unique in the ticket: sent again it sends nothing twice."
    )
    seen: int | None = Field(
        None, ge=0, le=HIGHEST, description="The last message that you know; newer ones refuse the reply with 409."
    )
    attachments: tuple[FileIn, ...] = Field((), max_length=MOST_FILES)
    then: Then | None = Field(None, description="What becomes of the ticket.")
    reason: str | None = Field(None, description="The contact reason, one of the desk's; set at once.")
    answers: int | None = Field(
        None, ge=1, le=HIGHEST, description="The one message of the ticket that this answers, where a channel shows it."
    )
    send_at: AwareDatetime | None = Field(None, description="When it is to leave, within a year; else at once.")


class NoteIn(Body):
    """A note that only agents see."""

    text: str = Field(min_length=1)
    client_key: str = Field(min_length=1, max_length=80)


class NoteOut(shapes.Message):
    """The note, and the event that tells of it."""

    event: str | None


class AssignIn(Body):
    """Whose it is from now on; null is nobody, what is not named stays."""

    agent: str | None = Field(None, description="An agent's id or mail address, or me.")
    team: str | None = Field(None, description="A team's id or name.")


class BandIn(Body):
    """What the ticket's customer is worth to the desk."""

    band: str = Field(description="One of the desk's bands; empty is none.")


class FieldsIn(Body):
    """What a ticket is to have in the desk's own fields; what is not named stays."""

    fields: dict[str, str | None] = Field(
        description="By name or number; null or empty empties one. A tick is yes or no, a day 2026-03-31."
    )


class StatusIn(Body):
    """Where the ticket goes."""

    status: Literal["open", "pending", "snoozed", "resolved", "closed"]
    reason: str | None = Field(None, description="The contact reason, one of the desk's.")
    until: AwareDatetime | None = Field(None, description="When a snoozed ticket wakes.")


class BulkIn(Body):
    """One thing done to many tickets, each by itself."""

    ids: list[Annotated[int, Field(ge=1, le=HIGHEST)]] = Field(min_length=1, max_length=500)
    action: Literal["assign", "status", "tag", "priority"]
    agent: str | None = None
    team: str | None = None
    status: str | None = None
    reason: str | None = None
    until: AwareDatetime | None = Field(None, description="When snoozed tickets wake.")
    tag: str | None = None
    op: Literal["add", "remove"] | None = None
    priority: str | None = None


class MergeIn(Body):
    """The ticket that takes everything."""

    into: int = Field(ge=1, le=HIGHEST)


Chosen = Annotated[list[Annotated[int, Field(ge=1, le=HIGHEST)]], Field(min_length=1, max_length=500)]


class SplitIn(Body):
    """What becomes a ticket of its own."""

    messages: Chosen = Field(description="Ids of messages and notes; at least one message stays.")


class MoveIn(Body):
    """What goes to another ticket."""

    messages: Chosen = Field(description="Ids of messages and notes; with the last message the whole ticket is merged.")
    to: int = Field(ge=1, le=HIGHEST, description="The other ticket.")


class Done(shapes.Shape):
    """The event that was appended; null where the ticket stood like this already."""

    event: str | None
    ticket: shapes.Ticket


class BulkOut(shapes.Shape):
    """What was done, and why the rest was not."""

    done: list[int]
    failed: dict[str, str] = Field(description="A sentence by ticket number.")
    run: int = Field(description="What was done at once, as one thing.")


@routes.get("/tickets", shapes.Page[shapes.Ticket], query=TicketQuery)
def list_tickets(call: Call[TicketQuery, Nothing]) -> Response:
    """Tickets that you may see, the newest first."""
    query = call.query
    with call.store.reading() as work:
        part = feeds.tickets(
            work,
            call.who,
            status=query.statuses,
            channel=query.channel,
            assignee=query.assignee,
            q=query.q,
            after=query.after,
            limit=query.limit,
        )
        told = feeds.fields(work, [row.id for row in part.rows])
        return page([shapes.Ticket.of(row, told.get(row.id)) for row in part.rows], part.next)


@routes.get("/tickets/{number}", shapes.Ticket)
def show_ticket(call: Call[Nothing, Nothing], number: int) -> Response:
    """One ticket."""
    with call.store.reading() as work:
        row = feeds.ticket(work, call.who, number)
        return shape(shapes.Ticket.of(row, feeds.fields(work, [row.id]).get(row.id)))


class TicketCost(shapes.Shape):
    """What a ticket took and has cost so far, money in micro-units of the desk's currency, as its panel shows it."""

    handling: int | None = Field(
        alias="handling_ms",
        description="The time of all agents on it that counts; null until figures per person are allowed.",
    )
    labour: int | None = Field(alias="cost.labour_direct", description="That time at the hourly rates.")
    provider: int | None = Field(alias="cost.provider", description="Null while a price has no exchange rate.")
    direct: int | None = Field(alias="cost.direct", description="Work and providers together.")
    full: int | None = Field(alias="cost.full", description="The same with its share of paid time and fees.")


@routes.get("/tickets/{number}/cost", TicketCost, right="reports.see")
def show_ticket_cost(call: Call[Nothing, Nothing], number: int) -> Response:
    """What a ticket took and has cost so far."""
    with figures.looking(call.store) as work:
        found = spending.spent(work, call.who, feeds.ticket(work, call.who, number))
    told = TicketCost.model_validate(
        {
            "handling_ms": found.handling and found.handling // dt.timedelta(milliseconds=1),
            "cost.labour_direct": _micro(found.labour),
            "cost.provider": _micro(found.provider),
            "cost.direct": _micro(found.total),
            "cost.full": _micro(found.full),
        }
    )
    return shape(told)


def _micro(money: Money | None) -> int | None:
    return None if money is None else int(money.amount * 1_000_000)


@routes.get("/tickets/{number}/messages", shapes.Page[shapes.Message], query=Paging)
def list_messages(call: Call[Paging, Nothing], number: int) -> Response:
    """A ticket's messages and notes, the oldest first."""
    with call.store.reading() as work:
        part = feeds.messages(work, call.who, number, after=call.query.after, limit=call.query.limit)
        return page([message_shape(work, row) for row in part.rows], part.next)


@routes.post("/tickets/{number}/replies", {201: shapes.Message, 200: shapes.Message}, body=ReplyIn, uploads=True)
def reply(call: Call[Nothing, ReplyIn], number: int) -> Response:
    """Answers the customer. The same ``client_key`` again gives 200 and the message that it made."""
    body, files = call.body, files_of(call.body.attachments, call.uploads)

    def do(work: Work) -> tuple[shapes.Message, bool]:
        row, new = replies.reply(
            work,
            call.who,
            number,
            text=body.text,
            client_key=body.client_key,
            channel=body.channel,
            address=body.address,
            seen=body.seen,
            files=files,
            then=body.then,
            reason=body.reason,
            answers=body.answers,
            send_at=body.send_at,
        )
        return message_shape(work, row), new

    said, new = write(call.store, do)
    return shape(said, 201 if new else 200)


def files_of(given: Sequence[FileIn], uploads: Sequence[Upload]) -> list[Upload]:
    """Those of the body and those beside it. Raises :class:`Invalid` for too many."""
    files = [*(Upload(one.name, one.content_type, one.data) for one in given), *uploads]
    if len(files) > MOST_FILES:
        msg = f"a message takes {MOST_FILES} files"
        raise Invalid(msg, fields={"attachments": msg})
    return files


@routes.post("/tickets/{number}/notes", {201: NoteOut, 200: NoteOut}, body=NoteIn)
def note(call: Call[Nothing, NoteIn], number: int) -> Response:
    """Writes a note that only agents see. The same ``client_key`` again gives 200 and the first one."""

    def do(work: Work) -> tuple[NoteOut, bool]:
        row, new = replies.note(work, call.who, number, text=call.body.text, client_key=call.body.client_key)
        said = message_shape(work, row)
        facts = {name: getattr(said, name) for name in shapes.Message.model_fields}
        return NoteOut(**facts, event=_event_of(work, row)), new

    said, new = write(call.store, do)
    return shape(said, 201 if new else 200)


def _event_of(work: Work, row: Message) -> str | None:
    """The id of the ``note.added`` of a note, just appended or long in the log."""
    for line in work.events:
        if line.kind == "note.added" and line.data.get("msg") == str(row.id):
            return line.id
    for line in work.scalars(select(Event).where(Event.ticket_id == row.ticket_id, Event.kind == "note.added")):
        if line.data.get("msg") == str(row.id):
            return line.id
    return None


@routes.post("/tickets/{number}/assign", Done, body=AssignIn)
def assign(call: Call[Nothing, AssignIn], number: int) -> Response:
    """Gives a ticket to an agent, a team or nobody."""
    asked = call.body.model_dump(exclude_unset=True)
    if not asked:
        msg = "say an agent, a team, or both"
        raise Invalid(msg, fields={"agent": msg})

    def do(work: Work) -> Done:
        event = verbs.assign(work, call.who, number, **_people(work, call.who, asked))
        return _done(work, call.who, number, event)

    return shape(write(call.store, do))


@routes.post("/tickets/{number}/band", Done, body=BandIn)
def set_band(call: Call[Nothing, BandIn], number: int) -> Response:
    """Puts a ticket's customer into a band: promises and routing of all their tickets follow."""

    def do(work: Work) -> Done:
        bands.set_band(work, call.who, number, call.body.band)
        return _done(work, call.who, number, None)

    return shape(write(call.store, do))


@routes.post("/tickets/{number}/fields", Done, body=FieldsIn)
def set_fields(call: Call[Nothing, FieldsIn], number: int) -> Response:
    """Fills in the desk's own fields, all or none; the event given is that of the last one that changed."""

    def do(work: Work) -> Done:
        changed = verbs_of_fields.set_values(work, call.who, number, verbs_of_fields.by_name(work, call.body.fields))
        return _done(work, call.who, number, changed[-1] if changed else None)

    return shape(write(call.store, do))


@routes.post("/tickets/{number}/status", Done, body=StatusIn)
def set_status(call: Call[Nothing, StatusIn], number: int) -> Response:
    """Opens, snoozes, resolves, reopens or closes a ticket; 409 where that cannot happen from where it stands."""
    body = call.body

    def do(work: Work) -> Done:
        event = verbs.set_status(work, call.who, number, body.status, reason=body.reason, until=body.until)
        return _done(work, call.who, number, event)

    return shape(write(call.store, do))


@routes.post("/tickets/{number}/fcr-exempt", Done)
def exempt(call: Call[Nothing, Nothing], number: int) -> Response:
    """Leaves a ticket out of net first contact resolution; undo counts it again."""

    def do(work: Work) -> Done:
        return _done(work, call.who, number, verbs.exempt(work, call.who, number))

    return shape(write(call.store, do))


@routes.post("/tickets/{number}/merge", Done, body=MergeIn)
def merge(call: Call[Nothing, MergeIn], number: int) -> Response:
    """Merges a ticket into another one, which is given back; what comes for the merged one arrives there."""

    def do(work: Work) -> Done:
        event = merging.merge(work, call.who, number, call.body.into)
        return _done(work, call.who, call.body.into, event)

    return shape(write(call.store, do))


@routes.post("/tickets/{number}/split", Done, body=SplitIn)
def split(call: Call[Nothing, SplitIn], number: int) -> Response:
    """Makes a new ticket of some messages and gives it; it is linked to the old one."""

    def do(work: Work) -> Done:
        event = splitting.split(work, call.who, number, call.body.messages)
        return _done(work, call.who, event.ticket_id or 0, event)

    return shape(write(call.store, do))


@routes.post("/tickets/{number}/move", Done, body=MoveIn)
def move(call: Call[Nothing, MoveIn], number: int) -> Response:
    """Moves some messages to another ticket, which is given back."""

    def do(work: Work) -> Done:
        event = splitting.move(work, call.who, number, call.body.messages, call.body.to)
        return _done(work, call.who, call.body.to, event)

    return shape(write(call.store, do))


@routes.post("/events/{event}/undo", Done)
def undo(call: Call[Nothing, Nothing], event: str) -> Response:
    """Takes back a merge, split or move, a change of status, assignee, tag, priority or reason, what was said of a
    message, or that a ticket is left out of net first contact resolution.

    409 where the ticket has moved on. The event given is the ``void`` in the log.
    """

    def do(work: Work) -> Done:
        line = undoing.undo(work, call.who, event)
        return _done(work, call.who, line.ticket_id or 0, line)

    return shape(write(call.store, do))


@routes.post("/tickets/bulk", BulkOut, body=BulkIn, right="ticket.bulk")
def bulk(call: Call[Nothing, BulkIn]) -> Response:
    """Assigns, moves, tags or prioritises up to 500 tickets, each by itself."""
    asked = call.body.model_dump(mode="json", exclude_unset=True, exclude={"ids", "action"})

    def do(work: Work) -> BulkOut:
        data = {**asked, **_people(work, call.who, asked)}
        run, items = runs.at_once(work, call.who, call.body.ids, call.body.action, data)
        known = {item.ticket_id for item in items}
        failed = {str(item.ticket_id): item.problem for item in items if item.problem}
        missing = {str(one): f"there is no ticket #{one} that you may see" for one in call.body.ids if one not in known}
        done = [item.ticket_id for item in items if not item.problem]
        return BulkOut(done=done, failed={**failed, **missing}, run=run.id)

    return shape(write(call.store, do))


def _done(work: Work, who: Who, number: int, event: Event | None) -> Done:
    return Done(event=event.id if event is not None else None, ticket=ticket_shape(work, who, number))


def ticket_shape(work: Work, who: Who, number: int) -> shapes.Ticket:
    """A ticket as it stands after what was just done."""
    row = feeds.ticket(work, who, number)
    work.flush()
    clocks.follow(work)
    return shapes.Ticket.of(row, feeds.fields(work, [row.id]).get(row.id))


def _people(work: Work, who: Who, asked: dict[str, Any]) -> dict[str, str | None]:
    """The ids of the agent and the team that were named by id, mail address or name; ``me`` is the caller."""
    found: dict[str, str | None] = {}
    for field, model, by in (("agent", Agent, Agent.email), ("team", Team, Team.name)):
        if field not in asked:
            continue
        name = asked[field]
        if field == "agent" and name == "me":
            name = who.id
        if name:
            wanted = name.lower() if field == "agent" else name
            known = work.scalar(select(model.id).where(or_(model.id == name, by == wanted)))
            if known is None:
                msg = f"there is no {field} {name!r}"
                raise Invalid(msg, fields={field: msg})
            name = known
        found[field] = name or None
    return found
