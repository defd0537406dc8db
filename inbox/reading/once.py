"""What one look at the store is asked for again and again: read once, kept as long as the look lasts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from sqlalchemy import select

from inbox.actions import reasons as desk_reasons
from inbox.store import Agent, Channel, Rule, Team, Work

__all__ = ["agents", "channels", "once", "reasons", "rules", "teams"]

T = TypeVar("T")


def once(work: Work, name: str, make: Callable[[], T]) -> T:
    """What ``make`` gives, asked for once in a look. Not for work that writes: there it would grow old."""
    kept: dict[Any, Any] = work.info
    if name not in kept:
        kept[name] = make()
    return cast("T", kept[name])


def agents(work: Work) -> dict[str, Agent]:
    """Everybody who works or worked here, by id, in the order of their names."""
    return once(
        work, "agents", lambda: {one.id: one for one in work.scalars(select(Agent).order_by(Agent.name, Agent.id))}
    )


def teams(work: Work) -> dict[str, Team]:
    """The teams by id, in the order of their names."""
    return once(work, "teams", lambda: {one.id: one for one in work.scalars(select(Team).order_by(Team.name))})


def channels(work: Work) -> dict[str, Channel]:
    """Every channel by id, removed ones too."""
    return once(
        work,
        "channels",
        lambda: {one.id: one for one in work.scalars(select(Channel).order_by(Channel.kind, Channel.title))},
    )


def reasons(work: Work) -> dict[str, desk_reasons.Node]:
    """Every contact reason by its name, archived ones too, in the order of the tree."""
    return once(work, "reasons", lambda: {node.name: node for node in desk_reasons.every(work)})


def rules(work: Work) -> dict[int, str]:
    """The names of the rules by number."""
    return once(work, "rules", lambda: {int(id): str(name) for id, name in work.execute(select(Rule.id, Rule.name))})
