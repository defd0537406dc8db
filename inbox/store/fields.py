"""Custom fields: what the desk wants to know of each ticket besides what every desk knows."""

from __future__ import annotations

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from inbox.store.columns import Base, Fk, Json, Serial

__all__ = ["FieldChange", "FieldValue", "TicketField"]


class TicketField(Base, kw_only=True):
    """A field that the desk defined. ``kind`` is one of ``actions.fields.KINDS``; ``choices`` those of a list."""

    __tablename__ = "ticket_fields"

    id: Mapped[Serial] = mapped_column(init=False)
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(8))
    choices: Mapped[Json] = mapped_column(default_factory=list)
    active: Mapped[bool] = mapped_column(default=True)


class FieldValue(Base, kw_only=True):
    """What a ticket has in a field, as text: a decimal number, an ISO date, ``yes``. None is no row."""

    __tablename__ = "field_values"
    __table_args__ = (Index("ix_field_values_value", "field_id", "value"),)

    ticket_id: Mapped[int] = mapped_column(Fk("tickets.id", cascade=True), primary_key=True)
    field_id: Mapped[int] = mapped_column(Fk("ticket_fields.id", cascade=True), primary_key=True)
    value: Mapped[str] = mapped_column(String(500))


class FieldChange(Base, kw_only=True):
    """What a field held before and after one event: the log itself holds no words of people."""

    __tablename__ = "field_changes"
    __table_args__ = (Index(None, "ticket_id"),)

    id: Mapped[Serial] = mapped_column(init=False)
    ticket_id: Mapped[int] = mapped_column(Fk("tickets.id", cascade=True))
    field_id: Mapped[int] = mapped_column(Fk("ticket_fields.id", cascade=True))
    was: Mapped[str] = mapped_column(String(500), default="")
    value: Mapped[str] = mapped_column(String(500), default="")
