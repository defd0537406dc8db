"""Rules: what the desk does by itself, the log of what each did, and what it will do unless somebody writes."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from inbox import clock
from inbox.store.columns import Base, Created, Fk, Json, Name, Serial

__all__ = ["Rule", "RuleCall", "RuleRun", "RuleWait"]


class Rule(Base, kw_only=True):
    """When (``event``, after ``wait`` days or hours where it is a matter of time) if (``conditions``) then (``steps``).

    ``seq`` is how far it has read the log, ``since`` when it was switched on: what was before is none of its business.
    ``problem`` says why it was paused, "" otherwise. ``most`` is the number of tickets a day beyond which it is.
    ``ready`` names the ready-made rule that it began as.
    """

    __tablename__ = "rules"

    id: Mapped[Serial] = mapped_column(init=False)
    name: Mapped[Name]
    event: Mapped[str] = mapped_column(String(24))
    wait: Mapped[int] = mapped_column(default=0)
    conditions: Mapped[Json] = mapped_column(default_factory=list)
    steps: Mapped[Json] = mapped_column(default_factory=list)
    most: Mapped[int] = mapped_column(default=500)
    place: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=False)
    ready: Mapped[str] = mapped_column(String(24), default="")
    seq: Mapped[int] = mapped_column(default=0)
    since: Mapped[dt.datetime | None] = mapped_column(default=None)
    problem: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Created] = mapped_column(default_factory=clock.now)


class RuleRun(Base, kw_only=True):
    """One line of a rule's log: it met an event (or a time) of a ticket, named by ``mark``, once.

    ``outcome``: ``done``, ``nothing`` (all stood like this), ``failed``, ``skipped``, ``dropped`` (somebody wrote).
    ``did`` are the steps that changed something, ``events`` what they wrote into the log, ``chain`` the rules before
    it that led here; ``detail`` is why, as a word or a sentence.
    """

    __tablename__ = "rule_runs"
    __table_args__ = (
        UniqueConstraint("rule_id", "ticket_id", "mark"),
        Index("ix_rule_runs_rule", "rule_id", "at"),
        Index("ix_rule_runs_ticket", "ticket_id"),
        Index("ix_rule_runs_at", "at"),
    )

    id: Mapped[Serial] = mapped_column(init=False)
    rule_id: Mapped[int] = mapped_column(Fk("rules.id", cascade=True))
    ticket_id: Mapped[int] = mapped_column(Fk("tickets.id", cascade=True))
    mark: Mapped[str] = mapped_column(String(40))
    at: Mapped[Created] = mapped_column(default_factory=clock.now)
    outcome: Mapped[str] = mapped_column(String(8), default="done")
    detail: Mapped[str] = mapped_column(default="")
    did: Mapped[Json] = mapped_column(default_factory=list)
    events: Mapped[Json] = mapped_column(default_factory=list)
    chain: Mapped[Json] = mapped_column(default_factory=list)


class RuleWait(Base, kw_only=True):
    """A ticket that a rule resolves at ``due_at``, unless somebody writes after ``message_id`` before."""

    __tablename__ = "rule_waits"
    __table_args__ = (
        UniqueConstraint("rule_id", "ticket_id"),
        Index("ix_rule_waits_due", "due_at"),
        Index("ix_rule_waits_ticket", "ticket_id"),
    )

    id: Mapped[Serial] = mapped_column(init=False)
    rule_id: Mapped[int] = mapped_column(Fk("rules.id", cascade=True))
    ticket_id: Mapped[int] = mapped_column(Fk("tickets.id", cascade=True))
    due_at: Mapped[Created]
    message_id: Mapped[int] = mapped_column(default=0)


class RuleCall(Base, kw_only=True):
    """A call of another system that a rule wants made. ``state``: ``queued``, ``claimed`` (until ``next_at``, then
    queued again), ``done``, ``failed``. ``run`` names the run of the rule, ``code`` is what came of the last attempt:
    the HTTP status, or a word such as ``timeout``. ``body`` is signed and sent as it stands."""

    __tablename__ = "rule_calls"
    __table_args__ = (Index("ix_rule_calls_due", "state", "next_at"), Index("ix_rule_calls_run", "rule_id", "run"))

    id: Mapped[Serial] = mapped_column(init=False)
    rule_id: Mapped[int] = mapped_column(Fk("rules.id", cascade=True))
    ticket_id: Mapped[int] = mapped_column(Fk("tickets.id", cascade=True))
    run: Mapped[str] = mapped_column(String(80))
    url: Mapped[str] = mapped_column(String(2000))
    body: Mapped[str]
    state: Mapped[str] = mapped_column(String(8), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    code: Mapped[str] = mapped_column(String(40), default="")
    next_at: Mapped[Created] = mapped_column(default_factory=clock.now)
    at: Mapped[Created] = mapped_column(default_factory=clock.now)
