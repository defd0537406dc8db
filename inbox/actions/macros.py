"""Macros: several steps under one name, everybody's or an agent's own, run at once and undone at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, or_, select

from inbox.actions import steps
from inbox.actions.desk import audit
from inbox.actions.who import Who, find_living, may, require
from inbox.errors import Conflict, Forbidden, Invalid, NotFound
from inbox.store import Event, Macro, Work

__all__ = ["add", "change", "find", "mine", "remove", "run"]

LONGEST = 80


def mine(work: Work, who: Who) -> list[Macro]:
    """The macros that this agent can run, by name: everybody's and their own."""
    usable = or_(Macro.agent_id.is_(None), Macro.agent_id == who.id)
    return list(work.scalars(select(Macro).where(usable).order_by(func.lower(Macro.name), Macro.id)))


def find(work: Work, who: Who, number: int) -> Macro:
    """A macro that this agent can run. Raises :class:`NotFound`, also for somebody else's own."""
    row = work.get(Macro, number)
    if row is None or row.agent_id not in {None, who.id}:
        msg = "there is no such macro"
        raise NotFound(msg)
    return row


def add(work: Work, who: Who, *, name: str, what: Sequence[Any], shared: bool = False) -> Macro:
    """Adds a macro: one's own, or ``shared`` with everybody. Raises :class:`Invalid`, :class:`Forbidden`,
    :class:`Conflict` for a name that is taken."""
    _may(who, shared=shared)
    owner = None if shared else who.id
    row = Macro(name=_name(work, name, owner), agent_id=owner, steps=steps.checked(work, what))
    work.add(row)
    work.flush()
    audit(work, who, "macro.added", macro=row.id, name=row.name)
    return row


def change(work: Work, who: Who, number: int, *, name: str, what: Sequence[Any], shared: bool = False) -> Macro:
    """Changes a macro, and whose it is. Raises as :func:`add`."""
    row = find(work, who, number)
    _may(who, shared=shared or row.agent_id is None)
    owner = None if shared else who.id
    before = {"name": row.name, "steps": row.steps, "agent": row.agent_id}
    row.name, row.steps, row.agent_id = _name(work, name, owner, but=row.id), steps.checked(work, what), owner
    after = {"name": row.name, "steps": row.steps, "agent": row.agent_id}
    changes = {key: [before[key], after[key]] for key in before if before[key] != after[key]}
    if changes:
        audit(work, who, "macro.changed", macro=row.id, name=row.name, changes=changes)
    return row


def remove(work: Work, who: Who, number: int) -> None:
    """Removes a macro; what it did stays done."""
    row = find(work, who, number)
    _may(who, shared=row.agent_id is None)
    work.delete(row)
    audit(work, who, "macro.removed", macro=row.id, name=row.name)


def _may(who: Who, *, shared: bool) -> None:
    require(who, "macro.own")
    if shared and not may(who, "macro.share"):
        msg = "a macro of everybody's is changed by a supervisor"
        raise Forbidden(msg)


def _name(work: Work, name: str, owner: str | None, *, but: int | None = None) -> str:
    wanted = " ".join(name.split())
    if not 0 < len(wanted) <= LONGEST:
        msg = f"give the macro a name of up to {LONGEST} letters"
        raise Invalid(msg, fields={"name": msg})
    same = (func.lower(Macro.name) == wanted.lower()) & (
        Macro.agent_id.is_(None) if owner is None else Macro.agent_id == owner
    )
    other = work.scalar(select(Macro.id).where(same, Macro.id != (but or 0)))
    if other is not None:
        msg = "there is a macro of this name already"
        raise Conflict(msg, fields={"name": msg})
    return wanted


def run(work: Work, who: Who, number: int, macro: int, *, key: str = "", seen: int | None = None) -> steps.Doing:
    """Runs a macro on a ticket: all of its steps or none. ``key`` and ``seen`` as a reply's.

    A second run with the same ``key`` does nothing. The log gets the steps' own events, then ``macro.run`` that names
    them: undone, it takes all of them back.
    """
    row = find(work, who, macro)
    find_living(work, who, number)
    doing = steps.Doing(work, who, number, key=key, seen=seen)
    if key and _ran(work, number, key):
        return doing
    done = [line.id for line in steps.run(doing, row.steps)]
    if done:
        sent = [str(message.id) for message in doing.messages]
        work.append(
            "macro.run",
            id=f"macro.run:{number}:{key}"[:80] if key else None,
            actor=who.actor,
            ticket=number,
            macro=row.id,
            name=row.name,
            events=done,
            msgs=sent,
        )
    return doing


def _ran(work: Work, number: int, key: str) -> bool:
    return work.scalar(select(Event.seq).where(Event.id == f"macro.run:{number}:{key}"[:80])) is not None
