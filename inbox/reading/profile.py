"""What somebody chose for themselves, as their own page shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from inbox.actions import desk as settings
from inbox.actions import notices
from inbox.actions.habits import DIGESTS
from inbox.reading.pages import Choice, Form
from inbox.store import Agent, Work

__all__ = ["Hours", "NoticesSettings", "Rule", "notices_page"]

#: The ways that can be chosen.
OFFERED: Final = ("page", "mail")


@dataclass(frozen=True)
class Rule:
    """The ways by which somebody is told of a reason."""

    reason: str
    ways: tuple[str, ...]


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
    ``profile.hours``: ``on``, ``days`` (repeated, 0 is Monday), ``from``, ``to``, ``zone``."""

    rules: tuple[Rule, ...]
    digest_m: int
    digests: tuple[int, ...]
    hours: Hours
    ways: tuple[str, ...] = OFFERED
    zones: tuple[Choice, ...] = ()
    form: Form = field(default_factory=Form)


def notices_page(work: Work, agent: Agent) -> NoticesSettings:
    """How and when somebody is told of things."""
    found = agent.quiet or {}
    return NoticesSettings(
        rules=tuple(Rule(reason, notices.ways(agent.notices, reason)) for reason in notices.REASONS),
        digest_m=agent.digest_m,
        digests=DIGESTS,
        hours=Hours(
            on=bool(found),
            days=tuple(found.get("days", range(5))),
            since=str(found.get("from", "08:00")),
            until=str(found.get("to", "19:00")),
            zone=str(found.get("zone") or settings.get(work, "desk.timezone")),
        ),
    )
