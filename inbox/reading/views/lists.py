"""The list pane: one page of a view's tickets, with what stands around it."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Final
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from inbox.actions import bulk
from inbox.actions import desk as settings
from inbox.actions.views import may_change
from inbox.actions.who import Who, visible
from inbox.reading import desk, finding, once
from inbox.reading.moments import snoozes
from inbox.reading.parts import BulkView, ChannelCount, Inbox, SavedChip, Tab, TeamChip
from inbox.reading.rows import rows_of, unread
from inbox.reading.threads import reason_choices
from inbox.reading.views import filters
from inbox.reading.views.labels import chips
from inbox.reading.views.order import Key, decode, encode, walk
from inbox.reading.views.shown import CUSTOM, END, TABS, Asked, Shown, shown
from inbox.store import BulkRun, Customer, Ticket, Work
from inbox.terms import Status

__all__ = ["PAGE", "bulk_view", "condition", "count", "inbox", "running", "whole"]

PAGE: Final = 50
#: Fields that hold few tickets: they are looked up as they are, whatever the status, and not by walking an archive.
FEW: Final = frozenset({"attention", "mention"})
MOMENT: Final = dt.timedelta(minutes=5)  # so long what was done stands above the list, with its way back
SORTS: Final = ("newest", "oldest", "due", "waiting", "priority")


def condition(work: Work, who: Who, asked: Asked, view: Shown) -> tuple[ColumnElement[bool], tuple[Status, ...]]:
    """Which tickets a list holds: the condition, and the statuses beside it (none: the condition says it all)."""
    if asked.query:
        found = finding.tickets(work, who, asked.query)
        return visible(who) & Ticket.merged_into.is_(None) & Ticket.id.in_(found), ()
    if FEW & view.filter.keys() and "any" in view.filter.get("status", ()):
        return visible(who) & filters.condition(view.filter, who), ()
    return visible(who) & filters.condition(view.filter, who), filters.statuses(view.filter)


def page(work: Work, who: Who, asked: Asked, view: Shown) -> tuple[list[Ticket], Key | None, Key | None]:
    """One page of tickets in order, the key before which there are others, and that after which."""
    which, statuses = condition(work, who, asked, view)
    start = decode(asked.until or asked.after)
    back = bool(asked.until) and (start is not None or asked.until == END)
    keys = walk(work, which, statuses, view.order, after=start, limit=PAGE + 1, back=back)
    beyond = len(keys) > PAGE
    keys = keys[:PAGE][::-1] if back else keys[:PAGE]
    people = joinedload(Ticket.customer).selectinload(Customer.identities)
    rows = work.scalars(select(Ticket).options(people).where(Ticket.id.in_([key.ticket for key in keys]))).unique()
    found = {ticket.id: ticket for ticket in rows}
    earlier, more = (beyond, start is not None) if back else (start is not None, beyond)
    ends = (keys[0] if keys and earlier else None, keys[-1] if keys and more else None)
    return [found[key.ticket] for key in keys if key.ticket in found], *ends


def inbox(work: Work, who: Who, asked: Asked) -> Inbox:
    """One page of the list with its tabs and my unread. Raises :class:`NotFound` for a view that is not there."""
    view = shown(work, who, asked)
    tickets, first, last = page(work, who, asked, view)
    figures = desk.counts(work, who) if not asked.inside else {}
    channel = once.channels(work).get(asked.channel)
    team = once.teams(work).get(asked.team)
    saved = view.saved
    tabbed = view.tabbed and not asked.query
    args = {**view.args, **({"q": asked.query} if asked.query else {})}
    return Inbox(
        rows=rows_of(work, tickets),
        view=asked.view,
        key=view.key,
        channel=ChannelCount(channel.id, channel.kind, channel.title) if channel is not None else None,
        team=TeamChip(team.id, team.name) if team is not None else None,
        saved=SavedChip(saved.id, saved.name, may_change(who, saved)) if saved is not None else None,
        chips=chips(work, view, asked) if view.saved is not None or view.key == CUSTOM else (),
        query=asked.query,
        total=_total(work, who, view, asked, figures),
        tabs=_tabs(asked, figures) if tabbed else (),
        tab=asked.tab,  # type: ignore[arg-type]
        sort=view.sort,
        order=view.order,
        sorts=SORTS,
        args=args,
        params=urlencode(args, doseq=True),
        filter=view.filter,
        previous=encode(first) if first is not None else None,
        next=encode(last) if last is not None else None,
        unread=unread(work, who, [ticket.id for ticket in tickets]),
        unassigned=figures.get("unassigned", 0),
        first_id=None if asked.inside else _first(work, who),
        reasons=reason_choices(work) if settings.get(work, "reasons.ask") == "require" else (),
        snoozes=snoozes(zoneinfo.ZoneInfo(settings.get(work, "desk.timezone"))),
        bulk=None if asked.inside else running(work, who),
    )


def running(work: Work, who: Who) -> BulkView | None:
    """What somebody does to many tickets now, or did a moment ago."""
    run = bulk.latest(work, who, within=MOMENT)
    return bulk_view(work, run) if run is not None else None


def bulk_view(work: Work, run: BulkRun) -> BulkView:
    """A run as it stands."""
    why = tuple(bulk.problems(work, run)) if run.failed else ()
    return BulkView(run.id, run.state, run.total, run.done, run.failed, run.back, why)


def count(work: Work, who: Who, asked: Asked) -> int:
    """How many tickets a list holds in all."""
    which = whole(work, who, asked)
    return work.scalar(select(func.count()).select_from(Ticket).where(which)) or 0


def whole(work: Work, who: Who, asked: Asked) -> ColumnElement[bool]:
    """The condition on the tickets of a whole list, whatever of it is on the screen."""
    which, statuses = condition(work, who, asked, shown(work, who, asked))
    return which & Ticket.status.in_(statuses) if statuses else which


def _tabs(asked: Asked, figures: dict[str, int]) -> tuple[Tab, ...]:
    counted = {"open": figures.get("all"), "pending": figures.get("pending")} if asked.view == "all" else {}
    return tuple(Tab(key, counted.get(key)) for key in TABS)  # type: ignore[arg-type]


def _total(work: Work, who: Who, view: Shown, asked: Asked, figures: dict[str, int]) -> int | None:
    """How many the list holds, where that is known without counting an archive."""
    if asked.query or (view.tabbed and asked.tab != "open") or asked.inside or "mention" in view.filter:
        return None
    if view.key == CUSTOM and set(filters.statuses(view.filter)) <= set(desk.LIVING):
        which, statuses = condition(work, who, asked, view)
        return work.scalar(select(func.count()).where(Ticket.status.in_(statuses), which))
    return figures.get(view.key)


def _first(work: Work, who: Who) -> int | None:
    """The ticket without agent that has waited longest."""
    which = visible(who) & filters.condition({"agent": ("none",)}, who)
    keys = walk(work, which, filters.statuses({}), "waiting", after=None, limit=1)
    return keys[0].ticket if keys else None
