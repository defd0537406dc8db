"""What was said: messages with their delivery (the row is the outbox), notes, attachments."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox import clock
from inbox.store.columns import Base, Created, Fk, Json, Name, Serial, UtcDateTime, word
from inbox.terms import Delivery, Direction

__all__ = ["SUPERSEDES", "Attachment", "Message"]

#: Messages whose price is known, as their own index has it.
PRICED = text("cost_amount IS NOT NULL")

#: Delivery only moves forward; ``read`` implies delivered, a late failure after delivery is left aside.
SUPERSEDES: dict[Delivery, int] = {
    Delivery.SCHEDULED: 0,
    Delivery.HELD: 0,
    Delivery.QUEUED: 0,
    Delivery.CLAIMED: 0,
    Delivery.SENDING: 1,
    Delivery.UNKNOWN: 1,
    Delivery.SENT: 2,
    Delivery.FAILED: 3,
    Delivery.DELIVERED: 4,
    Delivery.READ: 5,
    Delivery.CANCELLED: 9,
}


class Message(Base, kw_only=True):
    """One message in or out, or a note. For an outgoing one, ``state`` and what follows is its place in the outbox."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("channel_id", "external_id"),
        UniqueConstraint("ticket_id", "client_key"),
        Index("ix_messages_ticket", "ticket_id", "id"),
        Index("ix_messages_outbox", "state", "next_at"),
        Index("ix_messages_header_id", "header_id"),
        Index("ix_messages_priced", "price_at"),
        Index("ix_messages_copied", "copy_at"),
        Index("ix_messages_thread", "channel_id", "thread"),
        Index("ix_messages_identity", "identity_id", "channel_id", "id"),
        Index("ix_messages_sender", "channel_id", "from_address", "id"),
        Index("ix_messages_cost", "channel_id", "id", sqlite_where=PRICED, postgresql_where=PRICED),
    )

    id: Mapped[Serial] = mapped_column(init=False)
    ticket_id: Mapped[int] = mapped_column(Fk("tickets.id", cascade=True))
    channel_id: Mapped[str | None] = mapped_column(String(32), Fk("channels.id"), default=None)
    kind: Mapped[str] = mapped_column(String(32), default="")  # channel kind; empty for a note
    direction: Mapped[Direction] = mapped_column(word(Direction))
    agent_id: Mapped[str | None] = mapped_column(String(32), Fk("agents.id"), default=None)
    identity_id: Mapped[int | None] = mapped_column(Fk("identities.id"), default=None)
    from_name: Mapped[Name] = mapped_column(default="")
    from_address: Mapped[str] = mapped_column(String(320), default="")
    to: Mapped[Json] = mapped_column(default_factory=list)
    cc: Mapped[Json] = mapped_column(default_factory=list)
    reply_to: Mapped[Json] = mapped_column(default_factory=list)
    subject: Mapped[str | None] = mapped_column(default=None)
    text: Mapped[str] = mapped_column(default="")
    full_text: Mapped[str | None] = mapped_column(default=None)
    html: Mapped[str | None] = mapped_column(default=None)
    auto: Mapped[str | None] = mapped_column(String(16), default=None)
    meant: Mapped[str | None] = mapped_column(String(8), default=None)  # as somebody here said: "ack", "cont"
    echo: Mapped[bool] = mapped_column(default=False)
    extra: Mapped[Json] = mapped_column(default_factory=dict)

    # where it came from and why it is here
    external_id: Mapped[str | None] = mapped_column(String(500), default=None)
    header_id: Mapped[str | None] = mapped_column(String(500), default=None)  # a mail's Message-ID
    in_reply_to: Mapped[str | None] = mapped_column(String(500), default=None)
    references: Mapped[Json] = mapped_column(default_factory=list)
    thread: Mapped[str | None] = mapped_column(String(200), default=None)
    subject_token: Mapped[str | None] = mapped_column(String(60), default=None)
    reply_address: Mapped[str | None] = mapped_column(String(320), default=None)
    joined_rule: Mapped[str] = mapped_column(String(24), default="new")
    joined_ref: Mapped[str | None] = mapped_column(String(500), default=None)
    suggestion: Mapped[Json | None] = mapped_column(default=None)
    journal_id: Mapped[int | None] = mapped_column(Fk("journal.id"), default=None)
    date: Mapped[dt.datetime | None] = mapped_column(default=None)
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default_factory=clock.now)  # the event's ``ts``
    received_at: Mapped[Created] = mapped_column(default_factory=clock.now)

    # the outbox
    client_key: Mapped[str | None] = mapped_column(String(80), default=None)
    state: Mapped[Delivery | None] = mapped_column(word(Delivery), default=None)
    code: Mapped[str | None] = mapped_column(String(40), default=None)
    status: Mapped[str | None] = mapped_column(String(16), default=None)
    problem: Mapped[str | None] = mapped_column(default=None)
    permanent: Mapped[bool | None] = mapped_column(default=None)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[dt.datetime | None] = mapped_column(default=None)  # due, or end of the lease while claimed
    send_at: Mapped[dt.datetime | None] = mapped_column(default=None)  # when it is meant to leave, if not at once
    tries_from: Mapped[dt.datetime | None] = mapped_column(default=None)  # since when it is tried, after "send again"
    dealt_at: Mapped[dt.datetime | None] = mapped_column(default=None)  # somebody saw to its failure
    claimed_by: Mapped[str | None] = mapped_column(String(80), default=None)
    sent_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    delivered_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    read_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    out_event: Mapped[str | None] = mapped_column(String(80), default=None)  # the ``msg.out`` a void would name
    then_event: Mapped[str | None] = mapped_column(String(80), default=None)  # the resolve sent with it
    bounce: Mapped[Json | None] = mapped_column(default=None)
    copy_at: Mapped[dt.datetime | None] = mapped_column(default=None)  # a copy is to be filed with the provider then
    copy_tries: Mapped[int] = mapped_column(default=0)

    # what it cost
    segments: Mapped[int | None] = mapped_column(default=None)
    cost_amount: Mapped[Decimal | None] = mapped_column(default=None)
    cost_currency: Mapped[str | None] = mapped_column(String(3), default=None)
    cost_final: Mapped[bool | None] = mapped_column(default=None)
    price_at: Mapped[dt.datetime | None] = mapped_column(default=None)  # when to ask the provider next
    price_tries: Mapped[int] = mapped_column(default=0)

    attachments: Mapped[list[Attachment]] = relationship(
        lazy="selectin", order_by="Attachment.id", default_factory=list, cascade="all, delete-orphan"
    )


class Attachment(Base, kw_only=True):
    """A file of a message; its bytes lie under ``DATA_DIR/files`` by their SHA-256, or still with the provider."""

    __tablename__ = "attachments"
    __table_args__ = (Index(None, "message_id"), Index(None, "sha256"), Index(None, "fetch_at"))

    id: Mapped[Serial] = mapped_column(init=False)
    message_id: Mapped[int | None] = mapped_column(Fk("messages.id", cascade=True), default=None)
    name: Mapped[str] = mapped_column(String(255))
    content_type: Mapped[str] = mapped_column(String(120), default="application/octet-stream")
    size: Mapped[int | None] = mapped_column(default=None)
    sha256: Mapped[str | None] = mapped_column(String(64), default=None)
    content_id: Mapped[str | None] = mapped_column(String(255), default=None)
    inline: Mapped[bool] = mapped_column(default=False)
    linked: Mapped[bool] = mapped_column(default=False)  # leaves as a link, because the channel takes no such file
    media: Mapped[Json | None] = mapped_column(default=None)  # the provider's reference while ``sha256`` is None
    fetch_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    fetch_tries: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None] = mapped_column(default=None)
