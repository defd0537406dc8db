"""The pages of views: what can be filtered by, and the saved views one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from inbox.reading.pages.common import Choice, Form

__all__ = ["FilterGroup", "FilterPage", "ViewRow", "ViewsPage"]


@dataclass(frozen=True)
class FilterGroup:
    """A field of the filter and its words; a label is a name, or "" where the template words the value itself."""

    field: str
    choices: tuple[Choice, ...]

    @property
    def chosen(self) -> int:
        """How many of them are ticked."""
        return sum(one.checked for one in self.choices)


@dataclass(frozen=True)
class FilterPage:
    """``views/filter.html`` as ``page``: the groups, and the saved view that is being changed ("" for none)."""

    groups: tuple[FilterGroup, ...]
    base: str = ""
    back: Mapping[str, str | list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class ViewRow:
    """A saved view. ``audience``: ``me``, ``all`` or ``team:<id>``; ``owner`` is "" for one's own."""

    id: int
    name: str
    audience: str
    owner: str = ""
    may_change: bool = True
    count: int | None = None


@dataclass(frozen=True)
class ViewsPage:
    """``views/index.html`` as ``page``. ``failed`` is the view whose form was refused, and ``form`` what was typed."""

    views: tuple[ViewRow, ...]
    failed: int | None = None
    form: Form = Form()  # noqa: RUF009  (frozen)
