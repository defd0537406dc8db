"""Where the visitor of a web chat is on the site."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from inbox.reading.parts import VisitView
from inbox.store import Identity, Visitor, Work

__all__ = ["view", "visit_of"]


def view(visitor: Visitor | None) -> VisitView | None:
    """A visitor's page, None where it is not known."""
    if visitor is None or visitor.page_at is None or not visitor.page.get("url"):
        return None
    return VisitView(str(visitor.page["url"]), str(visitor.page.get("title", "")), visitor.page_at)


def visit_of(work: Work, identities: Iterable[Identity]) -> VisitView | None:
    """The last page of a customer's visits; asks nothing for one who never chatted."""
    ids = [one.value for one in identities if one.kind == "chat"]
    if not ids:
        return None
    last = select(Visitor).where(Visitor.id.in_(ids), Visitor.page_at.is_not(None))
    return view(work.scalar(last.order_by(Visitor.page_at.desc()).limit(1)))
