"""What somebody chose for themselves, as their own page shows it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select

from inbox.actions import desk as settings
from inbox.actions import keys, notices
from inbox.actions.habits import DIGESTS
from inbox.reading.pages import Choice, Form
from inbox.store import Agent, Device, Work

__all__ = ["DeviceRow", "Hours", "KeysSettings", "NoticesSettings", "Rule", "keys_page", "notices_page"]

#: The ways that can be chosen.
OFFERED: Final = ("page", "push", "mail")


@dataclass(frozen=True)
class Rule:
    """The ways by which somebody is told of a reason."""

    reason: str
    ways: tuple[str, ...]


@dataclass(frozen=True)
class DeviceRow:
    """A browser that rings; ``browser`` is what it calls itself, ``problem`` what its push service said last."""

    id: int
    browser: str
    problem: str
    since: dt.datetime
    sent_at: dt.datetime | None
    name: str  # the digest by which a browser knows itself


@dataclass(frozen=True)
class Hours:
    """When somebody may be reached outside the page; ``on`` False: always, and the rest is what is offered."""

    on: bool
    days: tuple[int, ...]
    since: str
    until: str
    zone: str


@dataclass(frozen=True)
class NoticesSettings:
    """``page`` of ``settings/notices.html``. POST ``profile.rules``: ``way.REASON`` (repeated), ``digest_m``;
    ``profile.hours``: ``on``, ``days`` (repeated, 0 is Monday), ``from``, ``to``, ``zone``; ``profile.device``:
    ``endpoint``, ``key``, ``secret``; ``profile.ring`` and ``profile.forget`` (``id``): nothing. ``public`` is the key
    that browsers subscribe with."""

    rules: tuple[Rule, ...]
    digest_m: int
    digests: tuple[int, ...]
    hours: Hours
    devices: tuple[DeviceRow, ...] = ()
    public: str = ""
    ways: tuple[str, ...] = OFFERED
    zones: tuple[Choice, ...] = ()
    form: Form = field(default_factory=Form)


def notices_page(work: Work, agent: Agent) -> NoticesSettings:
    """How and when somebody is told of things."""
    found = agent.quiet or {}
    mine = work.scalars(select(Device).where(Device.agent_id == agent.id).order_by(Device.id)).all()
    return NoticesSettings(
        rules=tuple(Rule(reason, notices.ways(agent.notices, reason)) for reason in notices.REASONS),
        digest_m=agent.digest_m,
        digests=DIGESTS,
        devices=tuple(
            DeviceRow(one.id, one.browser, one.problem, one.created_at, one.sent_at, one.digest) for one in mine
        ),
        hours=Hours(
            on=bool(found),
            days=tuple(found.get("days", range(5))),
            since=str(found.get("from", "08:00")),
            until=str(found.get("to", "19:00")),
            zone=str(found.get("zone") or settings.get(work, "desk.timezone")),
        ),
    )


@dataclass(frozen=True)
class KeysSettings:
    """``page`` of ``settings/keys.html``. POST ``profile.keys``: ``key.COMMAND`` (a character or nothing), ``single``;
    ``reset`` takes everybody's again."""

    keys: Mapping[str, str]
    single: bool
    form: Form = field(default_factory=Form)


def keys_page(agent: Agent, form: Form | None = None) -> KeysSettings:
    """Somebody's keys, or what they typed."""
    typed = form.values if form is not None else {}
    shown = {name: typed.get(f"key.{name}", key) for name, key in keys.of(agent.keys).items()}
    single = typed.get("single") == "on" if typed else agent.single_keys
    return KeysSettings(shown, single, form or Form())
