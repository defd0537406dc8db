"""Saved views: kept, shared, renamed, put in order, removed; and the order in which somebody reads a list."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select, true

from inbox.actions.desk import audit
from inbox.actions.who import Who, may, require
from inbox.errors import Conflict, Forbidden, Invalid, NotFound
from inbox.reading.views import filters
from inbox.reading.views.order import SORTS
from inbox.store import Membership, SavedView, Team, ViewHabit, Work

__all__ = ["change", "find", "may_change", "mine", "move", "readable", "refilter", "remember", "remove", "save"]

MOST = 100  # of one person's views
LONGEST = 60
AUDIENCES = ("me", "team", "all")


def readable(who: Who) -> ColumnElement[bool]:
    """The condition on saved views that ``who`` may look through: their own, and what is shared with them."""
    member = select(Membership.team_id).where(Membership.agent_id == who.id)
    shared = true() if may(who, "views.share") else SavedView.team_id.in_(member)
    return or_(SavedView.owner_id == who.id, SavedView.audience == "all", (SavedView.audience == "team") & shared)


def find(work: Work, who: Who, number: int) -> SavedView:
    """A saved view. Raises :class:`NotFound`, also where it is somebody else's, without telling which."""
    view = work.scalar(select(SavedView).where(SavedView.id == number, readable(who)))
    if view is None:
        msg = "there is no such view, or it is not shared with you"
        raise NotFound(msg)
    return view


def mine(work: Work, who: Who) -> list[SavedView]:
    """The saved views that ``who`` sees, in the order that they gave them; new ones at the end."""
    places = {habit.view: habit.place for habit in _habits(work, who)}
    found = work.scalars(select(SavedView).where(readable(who)).order_by(SavedView.id)).all()
    last = len(found)
    at = {view.id: places.get(f"view:{view.id}") for view in found}
    return sorted(found, key=lambda view: (last if at[view.id] is None else at[view.id], view.id))


def _habits(work: Work, who: Who) -> Sequence[ViewHabit]:
    return work.scalars(select(ViewHabit).where(ViewHabit.agent_id == who.id, ViewHabit.place.is_not(None))).all()


def save(
    work: Work, who: Who, *, name: str, filter: filters.Filter, sort: str, audience: str = "me", team: str = ""
) -> SavedView:
    """Keeps a filter under a name. Raises :class:`Invalid`, or :class:`Forbidden` for an audience beyond one's own."""
    if who.id is None:
        msg = "only somebody who works here has views"
        raise Forbidden(msg)
    if len(work.scalars(select(SavedView.id).where(SavedView.owner_id == who.id)).all()) >= MOST:
        msg = f"{MOST} views are the most; remove one first"
        raise Conflict(msg)
    view = SavedView(name=_name(name), owner_id=who.id, filter=_kept(filter), sort=_sort(sort))
    view.audience, view.team_id = _audience(work, who, audience, team)
    work.add(view)
    work.flush()
    _told(work, who, "view.saved", view)
    return view


def change(work: Work, who: Who, number: int, *, name: str, audience: str, team: str = "") -> SavedView:
    """Renames a view and says whose it is. Raises :class:`Forbidden` for what is somebody else's."""
    view = _own(work, who, number)
    view.name = _name(name)
    if (audience, team or None) != (view.audience, view.team_id):
        view.audience, view.team_id = _audience(work, who, audience, team)
    _told(work, who, "view.changed", view)
    return view


def refilter(work: Work, who: Who, number: int, filter: filters.Filter, sort: str) -> SavedView:
    """Lets a view hold something else."""
    view = _own(work, who, number)
    view.filter, view.sort = _kept(filter), _sort(sort)
    _told(work, who, "view.changed", view)
    return view


def remove(work: Work, who: Who, number: int) -> None:
    """Removes a view; the tickets stay where they are."""
    view = _own(work, who, number)
    for habit in work.scalars(select(ViewHabit).where(ViewHabit.view == f"view:{view.id}")):
        work.delete(habit)
    _told(work, who, "view.removed", view)
    work.delete(view)


def move(work: Work, who: Who, number: int, by: int) -> None:
    """Moves a view up (-1) or down (1) in ``who``'s own list; the others keep theirs."""
    find(work, who, number)
    ordered = [view.id for view in mine(work, who)]
    at = ordered.index(number)
    to = min(max(at + (1 if by > 0 else -1), 0), len(ordered) - 1)
    ordered.insert(to, ordered.pop(at))
    for place, view in enumerate(ordered):
        _habit(work, who, f"view:{view}").place = place


def remember(work: Work, who: Who, view: str, sort: str) -> None:
    """Remembers the order in which ``who`` reads a view."""
    if not 0 < len(view) <= 48:
        msg = "there is no such view, or it is not shared with you"
        raise NotFound(msg)
    _habit(work, who, view).sort = _sort(sort)


def may_change(who: Who, view: SavedView) -> bool:
    """True for one's own, and for those who may share with everybody where it is shared."""
    return view.owner_id == who.id or (view.audience != "me" and may(who, "views.share"))


def _habit(work: Work, who: Who, view: str) -> ViewHabit:
    habit = work.get(ViewHabit, (who.id, view))
    if habit is None:
        habit = ViewHabit(agent_id=who.id or "", view=view)
        work.add(habit)
    return habit


def _own(work: Work, who: Who, number: int) -> SavedView:
    view = find(work, who, number)
    if not may_change(who, view):
        msg = "this view is somebody else's; save one of your own instead"
        raise Forbidden(msg)
    return view


def _name(name: str) -> str:
    wanted = " ".join(name.split())
    if not 0 < len(wanted) <= LONGEST:
        msg = f"give the view a name of up to {LONGEST} letters"
        raise Invalid(msg, fields={"name": msg})
    return wanted


def _sort(sort: str) -> str:
    if sort not in SORTS:
        msg = f"an order is one of {', '.join(SORTS)}"
        raise Invalid(msg, fields={"sort": msg})
    return sort


def _kept(filter: filters.Filter) -> dict[str, list[str]]:
    return {name: list(words) for name, words in filters.of(filter).items()}


def _audience(work: Work, who: Who, audience: str, team: str) -> tuple[str, str | None]:
    """Anybody shares with a team of theirs; with the others only who may share with everybody."""
    if audience not in AUDIENCES:
        msg = f"a view is for one of {', '.join(AUDIENCES)}"
        raise Invalid(msg, fields={"audience": msg})
    if audience == "me":
        return "me", None
    if audience == "all":
        require(who, "views.share")
        return "all", None
    if work.get(Team, team) is None:
        msg = f"there is no team {team!r}"
        raise Invalid(msg, fields={"team": msg})
    if work.get(Membership, (team, who.id)) is None:
        require(who, "views.share")
    return "team", team


def _told(work: Work, who: Who, what: str, view: SavedView) -> None:
    """The audit holds what concerns others; a view of one's own is nobody else's business."""
    if view.audience != "me":
        audit(work, who, what, view=view.id, name=view.name, audience=view.audience, team=view.team_id)
