"""Who works at the desk: agents, teams, their sign-ins and tokens."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox import clock
from inbox.store.columns import Base, Created, Fk, Id, Json, Name, surrogate, word
from inbox.terms import Role

__all__ = ["Agent", "Membership", "SignIn", "Team", "Token"]


class Team(Base, kw_only=True):
    """A group of agents; a private team's tickets are seen by its members and by supervisors only."""

    __tablename__ = "teams"

    id: Mapped[Id] = mapped_column(default_factory=surrogate)
    name: Mapped[Name] = mapped_column(unique=True)
    private: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Created] = mapped_column(default_factory=clock.now)


class Agent(Base, kw_only=True):
    """A person who answers. ``id`` is the surrogate that the event log knows them by."""

    __tablename__ = "agents"

    id: Mapped[Id] = mapped_column(default_factory=surrogate)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[Name]
    role: Mapped[Role] = mapped_column(word(Role), default=Role.AGENT)
    password: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(String(8), default="")
    undo_s: Mapped[int | None] = mapped_column(default=None)  # how long answers can be taken back; None: the desk's
    state: Mapped[str] = mapped_column(String(16), default="offline")
    capacity: Mapped[int] = mapped_column(default=8)
    capacities: Mapped[Json] = mapped_column(default_factory=dict)  # kind of channel → tickets of it at a time
    skills: Mapped[Json] = mapped_column(default_factory=list)  # tags and reasons that they know about
    speaks: Mapped[Json] = mapped_column(default_factory=list)  # languages besides the desk's own
    routed_at: Mapped[dt.datetime | None] = mapped_column(default=None)  # when a ticket was last given by a rule
    away_until: Mapped[dt.datetime | None] = mapped_column(default=None)
    deputy_id: Mapped[str | None] = mapped_column(String(32), default=None)  # an agent, who is never deleted
    notices: Mapped[Json] = mapped_column(default_factory=dict)  # reason → ways, where it is not as for everybody
    quiet: Mapped[Json] = mapped_column(default_factory=dict)  # hours without push and mail; {} has none
    digest_m: Mapped[int] = mapped_column(default=60)  # minutes of absence after which notices go by mail
    digested_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    seen_at: Mapped[dt.datetime | None] = mapped_column(default=None)  # when they last came or went
    single_keys: Mapped[bool] = mapped_column(default=True)
    keys: Mapped[Json] = mapped_column(default_factory=dict)  # command → key, where it is not as for everybody
    active: Mapped[bool] = mapped_column(default=True)
    sample: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Created] = mapped_column(default_factory=clock.now)
    teams: Mapped[list[Team]] = relationship(
        secondary="memberships", lazy="selectin", order_by="Team.name", default_factory=list
    )

    @property
    def team_id(self) -> str | None:
        """The team an action of theirs counts for: the first by name, or none."""
        return self.teams[0].id if self.teams else None


class Membership(Base, kw_only=True):
    """An agent in a team."""

    __tablename__ = "memberships"

    team_id: Mapped[str] = mapped_column(String(32), Fk("teams.id", cascade=True), primary_key=True)
    agent_id: Mapped[str] = mapped_column(String(32), Fk("agents.id", cascade=True), primary_key=True)


class SignIn(Base, kw_only=True):
    """One signed-in browser. The cookie holds the token, the table its digest: a stolen table opens nothing."""

    __tablename__ = "sign_ins"
    __table_args__ = (Index(None, "agent_id"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[str] = mapped_column(String(32), Fk("agents.id", cascade=True))
    expires_at: Mapped[dt.datetime]
    browser: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[Created] = mapped_column(default_factory=clock.now)
    seen_at: Mapped[Created] = mapped_column(default_factory=clock.now)


class Token(Base, kw_only=True):
    """A bearer token of the API, acting as its agent."""

    __tablename__ = "tokens"

    id: Mapped[Id] = mapped_column(default_factory=surrogate)
    agent_id: Mapped[str] = mapped_column(String(32), Fk("agents.id", cascade=True))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[Name] = mapped_column(default="")
    created_at: Mapped[Created] = mapped_column(default_factory=clock.now)
    used_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(default=None)
