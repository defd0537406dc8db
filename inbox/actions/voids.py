"""Which events were taken back: a void may be void itself, and what it named holds again."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from inbox.store import Event, Work

__all__ = ["gone"]


def gone(work: Work, ids: Collection[str], seen: frozenset[str] = frozenset()) -> set[str]:
    """Those of some events that do not hold any more; of voids that name each other in a ring none counts."""
    target = Event.data["target"].as_string()
    named = select(Event.id, target).where(Event.kind == "void", target.in_(ids))
    rows = [(id, of) for id, of in work.execute(named) if id not in seen] if ids else []
    if not rows:
        return set()
    undone = gone(work, [id for id, _of in rows], seen.union(ids))
    return {of for id, of in rows if id not in undone}
