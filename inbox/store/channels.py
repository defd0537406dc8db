"""Our own addresses: a channel is a configured address of one kind, with its secrets, cursor and health."""

from __future__ import annotations

import datetime as dt
import secrets

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from inbox import clock
from inbox.store.columns import Base, Created, Fk, Json, Name

__all__ = ["Channel", "Lease"]


def hook_id() -> str:
    """The unguessable part of a hook's path: 128 bits."""
    return secrets.token_hex(16)


class Channel(Base, kw_only=True):
    """A configured address. ``id`` stands in the hook's path, so it is unguessable; ``secrets`` are sealed.

    ``sign_in`` is sealed, too: the grant of an account that was signed in to at its provider's page, and a sign-in on
    another device that is under way, to be asked for at ``device_at``. ``draft`` is what its wizard keeps until it is
    finished, empty from then on.
    """

    __tablename__ = "channels"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default_factory=hook_id)
    kind: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[Name] = mapped_column(default="")
    address: Mapped[str] = mapped_column(String(320), default="")
    config: Mapped[Json] = mapped_column(default_factory=dict)
    secrets: Mapped[str] = mapped_column(default="")
    team_id: Mapped[str | None] = mapped_column(String(32), Fk("teams.id"), default=None)
    enabled: Mapped[bool] = mapped_column(default=True)
    sample: Mapped[bool] = mapped_column(default=False)
    cursor: Mapped[Json] = mapped_column(default_factory=dict)
    draft: Mapped[Json] = mapped_column(default_factory=dict)
    problem: Mapped[str] = mapped_column(default="")
    problem_code: Mapped[str] = mapped_column(String(40), default="")
    problem_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    arrived_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    polled_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    sent_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    paused_until: Mapped[dt.datetime | None] = mapped_column(default=None)  # the provider asked us to wait
    paused_tries: Mapped[int] = mapped_column(default=0)
    paced_until: Mapped[dt.datetime | None] = mapped_column(default=None)  # how far its allowance is used up
    refused: Mapped[int] = mapped_column(default=0)
    sign_in: Mapped[str] = mapped_column(default="")
    signed_in_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    device_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    refused_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    removed_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    created_at: Mapped[Created] = mapped_column(default_factory=clock.now)


class Lease(Base, kw_only=True):
    """Who may do a thing alone for now (one poller per mailbox); an expired lease is free."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    owner: Mapped[str] = mapped_column(String(80))
    until: Mapped[dt.datetime]
