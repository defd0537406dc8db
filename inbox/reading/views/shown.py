"""Views of the inbox: the fixed ones, one per channel and team, saved ones, and any filter in an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from inbox.actions import views as saved_views
from inbox.actions.who import Who, may
from inbox.errors import NotFound
from inbox.reading import once
from inbox.reading.views import filters
from inbox.reading.views.order import SORTS
from inbox.store import Membership, SavedView, ViewHabit, Work

__all__ = ["CUSTOM", "END", "FIXED", "TABS", "Asked", "Shown", "shown"]

#: The fixed views and what each holds. Another is a row here, a word and an icon.
FIXED: Final[dict[str, filters.Filter]] = {
    "mine": {"agent": ("me",)},
    "mentions": {"status": ("any",), "mention": ("me",)},
    "unassigned": {"agent": ("none",)},
    "soon": {"due": ("soon",)},
    "late": {"due": ("late",)},
    "failed": {"status": ("any",), "attention": ("yes",)},
    "all": {},
    "snoozed": {"status": ("snoozed",)},
    "pending": {"status": ("pending",)},
    "resolved": {"status": ("resolved", "closed")},
}
#: A filter that nobody saved: it stands in the address as a whole.
CUSTOM: Final = "custom"
#: Until there are no more: the last page of a list.
END: Final = "end"
TABS: Final[dict[str, filters.Words]] = {
    "open": ("open",),
    "pending": ("pending",),
    "resolved": ("resolved", "closed"),
}
TABBED: Final = frozenset({"all", "mine", "unassigned"})


@dataclass(frozen=True)
class Asked:
    """What the address asks of the list. ``filter`` is what a :data:`CUSTOM` one holds, ``base`` the saved view that it
    was made from; without ``sort`` the list is in the order that its reader chose last. The page is the first one, or
    the one ``after`` a key, or the one ``until`` a key (:data:`END`: the last page)."""

    view: str = "all"
    channel: str = ""
    team: str = ""
    query: str = ""
    tab: str = "open"
    sort: str = ""
    after: str = ""
    until: str = ""
    ticket: int | None = None
    filter: filters.Filter = field(default_factory=dict)
    base: str = ""

    @property
    def inside(self) -> bool:
        """A further page: what stands around the list is there already."""
        return bool(self.after or self.until)


@dataclass(frozen=True)
class Shown:
    """A view as it is shown: its key in the sidebar, what it holds, in which order; the saved view that it is or came
    from; the address that leads here, by parameter."""

    key: str
    filter: filters.Filter
    sort: str
    saved: SavedView | None = None
    tabbed: bool = False
    args: Mapping[str, str | list[str]] = field(default_factory=dict)

    @property
    def order(self) -> str:
        """The order that it is walked in: what needs attention begins with the newest trouble."""
        return "trouble" if self.key == "failed" and self.sort == "newest" else self.sort


def shown(work: Work, who: Who, asked: Asked) -> Shown:
    """The view that an address asks for. Raises :class:`NotFound` for one that is not there, or not for ``who``."""
    if asked.sort and (asked.sort not in SORTS or asked.sort == "trouble"):
        raise _nothing()
    found = _found(work, who, asked)
    sort = asked.sort or _habit(work, who, found.key) or found.sort
    args = {**found.args, "sort": asked.sort} if asked.sort else found.args
    return Shown(found.key, found.filter, sort, found.saved, found.tabbed, args)


def _nothing() -> NotFound:
    return NotFound("there is no such view, or it is not shared with you")


def _habit(work: Work, who: Who, key: str) -> str:
    habit = work.get(ViewHabit, (who.id, key)) if who.id else None
    return habit.sort if habit is not None else ""


def _found(work: Work, who: Who, asked: Asked) -> Shown:
    if asked.view == CUSTOM:
        return _custom(work, who, asked)
    if _number(asked.view):
        view = saved_views.find(work, who, int(asked.view))
        return Shown(f"view:{view.id}", view.filter, view.sort, view, args={"view": asked.view})
    if asked.view not in FIXED:
        raise _nothing()
    if asked.channel or asked.team:
        return _of_one(work, who, asked)
    args: dict[str, str | list[str]] = {"view": asked.view}
    holds = FIXED[asked.view]
    tabbed = asked.view in TABBED
    if tabbed and asked.tab != "open":
        if asked.tab not in TABS:
            raise _nothing()
        holds = {**holds, "status": TABS[asked.tab]}
        args["status"] = asked.tab
    return Shown(asked.view, holds, "newest", tabbed=tabbed, args=args)


def _custom(work: Work, who: Who, asked: Asked) -> Shown:
    base = saved_views.find(work, who, int(asked.base)) if _number(asked.base) else None
    args: dict[str, str | list[str]] = {"view": CUSTOM, **_listed(asked.filter)}
    if base is not None:
        args["base"] = asked.base
    return Shown(CUSTOM, asked.filter, base.sort if base else "newest", base, args=args)


def _of_one(work: Work, who: Who, asked: Asked) -> Shown:
    """A view of one channel or one team alone."""
    field, word = ("channel", asked.channel) if asked.channel else ("team", asked.team)
    known = word in once.channels(work) if field == "channel" else _team_seen(work, who, word)
    if not known:
        raise _nothing()
    args: dict[str, str | list[str]] = {"view": asked.view, field: word}
    return Shown(f"{field}:{word}", {**FIXED[asked.view], field: (word,)}, "newest", args=args)


def _team_seen(work: Work, who: Who, team: str) -> bool:
    found = once.teams(work).get(team)
    if found is None:
        return False
    return not found.private or may(who, "board.see") or work.get(Membership, (team, who.id)) is not None


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16


def _listed(asked: filters.Filter) -> dict[str, list[str]]:
    return {name: list(words) for name, words in asked.items()}
