"""A message, in, out or a note, as JSON: what was said, why it is in its ticket, and how its delivery stands."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from inbox import store
from inbox.actions import suggestions
from inbox.actions.reply import plus_address
from inbox.actions.threading import reply_token
from inbox.shapes.base import Person, Shape, Time
from inbox.terms import Delivery, Direction

__all__ = ["Attachment", "Message"]

MAIL = "email"


class Attachment(Shape):
    """A file of a message; ``GET /attachments/{id}`` gives its bytes."""

    id: int
    name: str
    content_type: str
    bytes: int | None = Field(description="Null while the file still lies with the provider.")
    sha256: str | None
    content_id: str | None
    inline: bool
    linked: bool = Field(description="True where an answer carries it as a link, as its channel takes no such file.")

    @classmethod
    def of(cls, row: store.Attachment) -> Attachment:
        """The shape of a row."""
        return cls(
            id=row.id,
            name=row.name,
            content_type=row.content_type,
            bytes=row.size,
            sha256=row.sha256,
            content_id=row.content_id,
            inline=row.inline,
            linked=row.linked,
        )


class Joined(Shape):
    """Why the message is in its ticket."""

    rule: str = Field(
        json_schema_extra={
            "enum": [
                "new",
                "token",
                "in_reply_to",
                "references",
                "thread_index",
                "subject_number",
                "customer",
                "manual",
            ]
        }
    )
    ref: str | None = Field(description="What the rule went by, in words.")


class Suggestion(Shape):
    """A ticket that the message may belong to; the evidence was too weak to join it."""

    ticket: int
    rule: str


class Cost(Shape):
    """What the provider charges."""

    amount: str = Field(description="A decimal number as text: 0.0791.")
    currency: str = Field(description="ISO 4217.")
    final: bool = Field(description="False for an estimate.")


class Dispatch(Shape):
    """Where an outgoing message stands."""

    state: Delivery
    code: str | None = Field(description="The provider's error code, or a word such as timeout, connect, login.")
    status: str | None = Field(description="The enhanced status code of mail: 5.1.1.")
    reason: str | None
    permanent: bool | None
    attempts: int
    next_at: Time | None = Field(description="When it is tried next, while it waits.")
    send_at: Time | None = Field(description="When it is or was meant to leave, where that was not at once.")
    dealt: bool = Field(description="True where somebody has seen to its failure.")
    cost: Cost | None

    @classmethod
    def of(cls, row: store.Message) -> Dispatch | None:
        """The shape of an outgoing row; None for anything else."""
        if row.direction is not Direction.OUT or row.state is None:
            return None
        waits = row.state in {Delivery.SCHEDULED, Delivery.HELD, Delivery.QUEUED}
        cost = None
        if row.cost_amount is not None and row.cost_currency is not None:
            cost = Cost(
                amount=format(row.cost_amount, "f"), currency=row.cost_currency, final=row.cost_final is not False
            )
        return cls(
            state=row.state,
            code=row.code,
            status=row.status,
            reason=row.problem,
            permanent=row.permanent,
            attempts=row.attempts,
            next_at=row.next_at if waits else None,
            send_at=row.send_at,
            dealt=row.dealt_at is not None,
            cost=cost,
        )


class Bounce(Shape):
    """What a mail system said of a message of ours that it could not deliver."""

    message: int | None = Field(description="The id of the message of ours that it is about.")
    status: str | None
    reason: str | None
    permanent: bool | None
    recipient: str | None


class Message(Shape):
    """One message in or out, or a note."""

    id: int
    ticket: int
    direction: Direction
    channel: str | None = Field(description="The kind of channel; null for a note.")
    address: str | None = Field(description="The id of our configured channel; null for a note.")
    agent: str | None = Field(description="The id of the agent who wrote it.")
    from_: Person = Field(alias="from")
    to: list[Person]
    cc: list[Person]
    reply_to: list[Person]
    subject: str | None
    text: str = Field(description="What was written: the visible reply, without what it quotes.")
    full_text: str = Field(description="All of it.")
    html: str | None = Field(description="Sanitised, as it is shown.")
    external_id: str | None = Field(description="The provider's id; for mail its Message-ID.")
    in_reply_to: str | None
    references: list[str]
    reply_address: str | None = Field(description="Mail: the address at which an answer comes home to this ticket.")
    subject_token: str | None = Field(description="Mail: what names this ticket in a subject: [#4821].")
    auto: str | None = Field(
        description="Not null where no person wrote it.",
        json_schema_extra={"enum": ["reply", "bounce", "report", "bulk", "complaint", "other", None]},
    )
    meant: str | None = Field(
        description="As somebody at the desk said: only a thanks (ack), or a part of the last matter (cont).",
        json_schema_extra={"enum": ["ack", "cont", None]},
    )
    joined: Joined
    suggestion: Suggestion | None
    attachments: list[Attachment]
    date: Time | None = Field(description="A mail's own Date header, where readable.")
    received_at: Time
    journal: int | None = Field(description="The journal entry that it came with.")
    delivery: Dispatch | None
    bounce: Bounce | None

    @classmethod
    def of(cls, work: store.Work, row: store.Message, html: str | None) -> Message:
        """The shape of a row; ``html`` is its markup after sanitising, which is the renderer's work."""
        mail = row.kind == MAIL
        return cls(
            id=row.id,
            ticket=row.ticket_id,
            direction=row.direction,
            channel=row.kind or None,
            address=row.channel_id,
            agent=row.agent_id,
            from_=Person(name=row.from_name or None, address=row.from_address or None),
            to=[Person.of(one) for one in row.to],
            cc=[Person.of(one) for one in row.cc],
            reply_to=[Person.of(one) for one in row.reply_to],
            subject=row.subject,
            text=row.text,
            full_text=row.text if row.full_text is None else row.full_text,
            html=html,
            external_id=row.external_id,
            in_reply_to=row.in_reply_to,
            references=[str(one) for one in row.references],
            reply_address=_reply_address(work, row) if mail else None,
            subject_token=f"[#{row.ticket_id}]" if mail else None,
            auto=row.auto,
            meant=row.meant,
            joined=Joined(rule=row.joined_rule, ref=row.joined_ref),
            suggestion=_suggestion(row),
            attachments=[Attachment.of(one) for one in row.attachments],
            date=row.date,
            received_at=row.received_at,
            journal=row.journal_id,
            delivery=Dispatch.of(row),
            bounce=_bounce(row.bounce),
        )


def _suggestion(row: store.Message) -> Suggestion | None:
    found = suggestions.of(row)
    return Suggestion(ticket=found[0], rule=found[1]) if found is not None else None


def _reply_address(work: store.Work, row: store.Message) -> str | None:
    if row.reply_address or row.channel_id is None:
        return row.reply_address
    channel = work.get(store.Channel, row.channel_id)
    if channel is None or "@" not in channel.address:
        return None
    return plus_address(channel.address, reply_token(work, row.ticket_id))


def _bounce(kept: dict[str, Any] | None) -> Bounce | None:
    return Bounce(**{name: kept.get(name) for name in Bounce.model_fields}) if kept else None
