"""What the pages of views show: every word that a filter can have, and the saved views in their reader's order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from sqlalchemy import func, select

from inbox.actions import views as saved
from inbox.actions.who import Who
from inbox.reading import desk, fields, once
from inbox.reading.pages.common import Choice
from inbox.reading.pages.views import FilterGroup, FilterPage, ViewRow, ViewsPage
from inbox.reading.views.filters import FIELDS, MOST
from inbox.reading.views.shown import CUSTOM, Asked, shown
from inbox.store import Customer, SavedView, TicketTag, Work

__all__ = ["filter_page", "views_page"]

Pairs = Iterable[tuple[str, str]]


def _own(field: str) -> Callable[[Work], Pairs]:
    return lambda _work: ((word, "") for word in FIELDS[field].known or ())


def _agents(work: Work) -> Pairs:
    return [("me", ""), ("none", ""), *((one.id, one.name) for one in once.agents(work).values() if one.active)]


def _teams(work: Work) -> Pairs:
    found = [(one.id, one.name) for one in once.teams(work).values()]
    return [("none", ""), *found] if found else []


def _channels(work: Work) -> Pairs:
    return [(one.id, one.title or one.name) for one in once.channels(work).values() if one.removed_at is None]


def _tags(work: Work) -> Pairs:
    used = select(TicketTag.tag).group_by(TicketTag.tag).order_by(func.count().desc(), TicketTag.tag).limit(MOST)
    return [(tag, tag) for tag in sorted(work.scalars(used))]


def _reasons(work: Work) -> Pairs:
    nodes = [node for node in once.reasons(work).values() if node.open]
    return [("none", ""), *((node.name, node.called) for node in nodes)]


def _languages(work: Work) -> Pairs:
    spoken = [one for one in work.scalars(select(Customer.language).distinct().order_by(Customer.language)) if one]
    return [*((one, "") for one in spoken), ("none", "")] if spoken else []


#: The fields that a filter is chosen by, in the order of the form.
GROUPS: Final[dict[str, Callable[[Work], Pairs]]] = {
    "status": _own("status"),
    "agent": _agents,
    "team": _teams,
    "channel": _channels,
    "priority": lambda _work: ((word, "") for word in ("urgent", "high", "normal", "low")),
    "tag": _tags,
    "reason": _reasons,
    "language": _languages,
    "field": fields.filterable,
    "followed": _own("followed"),
    "waiting": _own("waiting"),
    "due": _own("due"),
    "attention": _own("attention"),
}


def filter_page(work: Work, who: Who, asked: Asked) -> FilterPage:
    """The form of a filter, with what the list at that address holds ticked. A word that is gone can be unticked."""
    view = shown(work, who, asked)
    groups = []
    for field, pairs in GROUPS.items():
        chosen = view.filter.get(field, ("open",) if field == "status" else ())
        offered = list(pairs(work))
        offered += [(word, word) for word in chosen if word not in {value for value, _label in offered}]
        choices = tuple(Choice(value, label, value in chosen) for value, label in offered)
        if choices:
            groups.append(FilterGroup(field, choices))
    base = str(view.saved.id) if view.saved is not None else asked.base if asked.view == CUSTOM else ""
    return FilterPage(tuple(groups), base, view.args)


def views_page(work: Work, who: Who) -> ViewsPage:
    """Every saved view that ``who`` sees."""
    figures = desk.counts(work, who)
    return ViewsPage(tuple(_row(work, who, view, figures) for view in saved.mine(work, who)))


def _row(work: Work, who: Who, view: SavedView, figures: dict[str, int]) -> ViewRow:
    owner = once.agents(work).get(view.owner_id)
    return ViewRow(
        id=view.id,
        name=view.name,
        audience=f"team:{view.team_id}" if view.audience == "team" else view.audience,
        owner=owner.name if owner is not None and owner.id != who.id else "",
        may_change=saved.may_change(who, view),
        count=figures.get(f"view:{view.id}"),
    )
