"""The tally: how many tickets live, by status, agent, team and channel; the sidebar's figures are added up from it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import case, func, select

from inbox import clock
from inbox.actions.who import Who, visible
from inbox.reading import mentions
from inbox.reading.views import filters
from inbox.store import TROUBLED, Channel, Event, Membership, Notice, SavedView, Store, Team, Ticket, Work
from inbox.terms import Actor, Role, Status

__all__ = ["LIVING", "figures", "loads", "saved", "told"]

OPEN: Final = frozenset({Status.NEW, Status.OPEN})
KEPT_S: Final = 30.0  # who waits for longer than an hour changes without anything happening
MOST_KEPT: Final = 2_000
_kept: WeakKeyDictionary[Store, dict[Any, tuple[int, float, int]]] = WeakKeyDictionary()
#: What is counted: the rest is an archive.
LIVING: Final = (Status.NEW, Status.OPEN, Status.PENDING, Status.SNOOZED)


@dataclass(frozen=True)
class Line:
    """Some tickets that are alike."""

    status: Status
    agent: str | None
    team: str | None
    channel: str
    count: int
    waiting: int
    soon: int
    late: int

    @property
    def open(self) -> bool:
        """True where somebody has to do something."""
        return self.status in OPEN


def lines(work: Work) -> list[Line]:
    """The tally as it stands in this look at the store; asked for once, by an index alone."""
    if "tally" not in work.info:
        now = clock.now()
        late = case((Ticket.due_at < now, 1), else_=0)
        soon = case(((Ticket.due_soon_at <= now) & (Ticket.due_at >= now), 1), else_=0)
        alike = (Ticket.status, Ticket.assignee_id, Ticket.team_id, Ticket.channel_id)
        rows = work.execute(
            select(*alike, func.count(), func.count(Ticket.waiting_since), func.sum(soon), func.sum(late))
            .where(Ticket.status.in_(LIVING), Ticket.merged_into.is_(None))
            .group_by(*alike)
        )
        work.info["tally"] = [Line(*row) for row in rows]
    found: list[Line] = work.info["tally"]
    return found


def seen(work: Work, who: Who) -> list[Line]:
    """What of it ``who`` may see: private teams' tickets are their members' and supervisors'."""
    if who.kind is Actor.SYSTEM or who.role in {Role.SUPERVISOR, Role.ADMIN}:
        return lines(work)
    if "private" not in work.info:
        work.info["private"] = set(work.scalars(select(Team.id).where(Team.private)))
    private = work.info["private"]
    if private:
        private = private - set(work.scalars(select(Membership.team_id).where(Membership.agent_id == who.id)))
    return [line for line in lines(work) if line.team not in private]


def _sum(found: Iterable[int]) -> int:
    return sum(found, 0)


def figures(work: Work, who: Who) -> dict[str, int]:
    """One agent's figures: view keys, ``channel:<id>`` and ``team:<id>``."""
    mine = seen(work, who)
    opened = [line for line in mine if line.open]
    own = [line for line in opened if line.agent == who.id]
    news = told(work, who)
    found = {
        "all": _sum(line.count for line in opened),
        "mine": _sum(line.count for line in own),
        "unassigned": _sum(line.count for line in opened if line.agent is None),
        "soon": _sum(line.soon for line in opened),
        "late": _sum(line.late for line in opened),
        "needs_me": _sum(line.waiting for line in own) + news["noticed"],
        "notices": news["notices"],
        "mentions": mentions.unread(work, who),
        "snoozed": _sum(line.count for line in mine if line.status is Status.SNOOZED),
        "pending": _sum(line.count for line in mine if line.status is Status.PENDING),
        "failed": work.scalar(select(func.count()).where(TROUBLED, visible(who), Ticket.merged_into.is_(None))) or 0,
    }
    # Nought is said too: a figure on screen may have to go down to it.
    found |= {f"channel:{one}": 0 for one in work.scalars(select(Channel.id).where(Channel.removed_at.is_(None)))}
    found |= {f"team:{one}": 0 for one in work.scalars(select(Team.id))}
    per: Counter[str] = Counter()
    for line in opened:
        per[f"channel:{line.channel}"] += line.count
        per[f"team:{line.team}"] += line.count if line.team else 0
    return {**found, **{key: count for key, count in per.items() if key != "team:None"}}


def told(work: Work, who: Who) -> dict[str, int]:
    """Unread notices, and how many tickets wait with one that are not counted as waiting for ``who`` anyway."""
    own = (Ticket.assignee_id == who.id) & Ticket.waiting_since.is_not(None)
    counted = own & Ticket.status.in_(OPEN)
    rows = work.execute(
        select(func.count(), func.max(case((counted, 1), else_=0)))
        .select_from(Notice)
        .join(Ticket, Ticket.id == Notice.ticket_id)
        .where(Notice.agent_id == who.id, Notice.page, visible(who), Notice.read_at.is_(None))
        .group_by(Notice.ticket_id)
    ).all()
    return {"notices": sum(count for count, _own in rows), "noticed": sum(not own for _count, own in rows)}


def loads(work: Work) -> Counter[str]:
    """Open tickets per agent, whoever may see them."""
    found: Counter[str] = Counter()
    for line in lines(work):
        if line.open and line.agent:
            found[line.agent] += line.count
    return found


def saved(work: Work, who: Who, views: Iterable[SavedView]) -> dict[str, int]:
    """The figures of saved views by ``view:<id>``; those that hold an archive have none.

    A figure is kept until something happens on the desk, for everybody to whom the view means the same.
    """
    found: dict[str, int] = {}
    counted = [view for view in views if set(filters.statuses(view.filter)) <= set(LIVING)]
    if not counted:
        return found
    seq = work.scalar(select(func.max(Event.seq))) or 0
    kept = _kept.setdefault(work.store, {})
    for view in counted:
        key = (view.id, repr(view.filter), who.id if _personal(work, who, view) else "")
        if key not in kept or kept[key][0] != seq or time.monotonic() - kept[key][1] > KEPT_S:
            kept[key] = (seq, time.monotonic(), _count(work, who, view))
        found[f"view:{view.id}"] = kept[key][2]
    if len(kept) > MOST_KEPT:
        kept.clear()
    return found


def _personal(work: Work, who: Who, view: SavedView) -> bool:
    """True where a view holds something else for each: what is mine, or what only some may see."""
    return "me" in view.filter.get("agent", ()) or len(seen(work, who)) != len(lines(work))


def _count(work: Work, who: Who, view: SavedView) -> int:
    which = filters.condition(view.filter, who) & Ticket.status.in_(filters.statuses(view.filter)) & visible(who)
    return work.scalar(select(func.count()).select_from(Ticket).where(which)) or 0
