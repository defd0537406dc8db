"""Search: tickets whose messages hold the words, newest first, with the place shown."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from inbox import search
from inbox.actions.who import Who, visible
from inbox.reading import desk
from inbox.reading.parts import Facet, FacetValue, Results, SearchHit, SearchPage
from inbox.reading.rows import customer_chip
from inbox.store import Agent, Message, Ticket, Work

__all__ = ["page", "results"]

SCAN = 1_000  # newest matching messages that are looked at
PAGE = 30
AROUND = 70

#: What a facet narrows by: the values that a ticket has in it.
COLUMNS: Final[dict[str, Callable[[Ticket], list[str]]]] = {
    "status": lambda ticket: [ticket.status.value],
    "channel": lambda ticket: [ticket.kind],
    "assignee": lambda ticket: [ticket.assignee_id or ""],
    "tag": lambda ticket: [tag.tag for tag in ticket.tags],
}


def snippet(text: str, query: str) -> tuple[tuple[str, bool], ...]:
    """The text around the first hit in pieces; True where a piece matched."""
    wanted = set(search.terms(query).split())
    words = list(re.finditer(r"[^\W_]+", text))
    hits = [word for word in words if wanted & set(search.terms(word[0]).split())]
    last = query.rsplit(maxsplit=1)[-1].casefold() if query.split() else ""
    hits = hits or [word for word in words if last and word[0].casefold().startswith(last)]
    start = max(0, hits[0].start() - AROUND // 2) if hits else 0
    end = min(len(text), start + 3 * AROUND)
    pieces: list[tuple[str, bool]] = [("…", False)] if start else []
    at = start
    for hit in hits:
        if hit.end() > end:
            break
        if hit.start() > at:
            pieces.append((text[at : hit.start()], False))
        pieces.append((hit[0], True))
        at = hit.end()
    if at < end:
        pieces.append((text[at:end], False))
    return tuple((" ".join(piece.split("\n")), marked) for piece, marked in pieces)


def _found(work: Work, who: Who, query: str) -> list[tuple[Ticket, int | None]]:
    """Tickets with the message that matched, newest first; a bare number finds its ticket."""
    first: dict[int, int | None] = {}
    number = query.strip().lstrip("#")
    if number.isdigit() and len(number) < 16:
        first[int(number)] = None
    for message, ticket in search.find(work, query, limit=SCAN):
        first.setdefault(ticket, message)
    ids = list(first)[:SCAN]
    tickets = {
        ticket.id: ticket for ticket in work.scalars(select(Ticket).where(Ticket.id.in_(ids), visible(who))).unique()
    }
    return [(tickets[one], first[one]) for one in ids if one in tickets]


def _hits(work: Work, rows: Sequence[tuple[Ticket, int | None]], query: str) -> tuple[SearchHit, ...]:
    texts = {
        message.id: message
        for message in work.scalars(select(Message).where(Message.id.in_([one for _t, one in rows if one is not None])))
    }
    agents = {agent.id: agent for agent in work.scalars(select(Agent))}
    found = []
    for ticket, message_id in rows:
        message = texts.get(message_id or 0)
        text = (message.full_text or message.text or message.subject or "") if message is not None else ticket.preview
        agent = agents.get(ticket.assignee_id or "")
        found.append(
            SearchHit(
                id=ticket.id,
                subject=ticket.subject,
                customer=customer_chip(ticket.customer),
                kind=message.kind or ticket.kind if message is not None else ticket.kind,
                status=ticket.status.value,
                at=message.at if message is not None else ticket.active_at,
                snippet=snippet(text, query),
                assignee=desk.chip(agent) if agent is not None else None,
            )
        )
    return tuple(found)


def results(work: Work, who: Who, query: str) -> Results:
    """What the palette shows while one types."""
    return Results(query, _hits(work, _found(work, who, query)[:7], query) if query.strip() else ())


def page(work: Work, who: Who, query: str, chosen: dict[str, str], *, after: int = 0) -> SearchPage:
    """The search page; ``chosen`` narrows by facet, ``after`` is how many were shown before."""
    if not query.strip():
        return SearchPage(query)
    started = time.monotonic()
    rows = _found(work, who, query)
    columns = COLUMNS
    for key, value in chosen.items():
        if key in columns and value:
            rows = [row for row in rows if value in columns[key](row[0])]
    names = {agent.id: agent.name for agent in work.scalars(select(Agent))}
    facets = []
    for key, values in columns.items():
        counted = Counter(value for ticket, _message in rows for value in values(ticket) if value)
        facets.append(
            Facet(
                key,  # type: ignore[arg-type]
                tuple(
                    FacetValue(value, count, chosen.get(key) == value, names.get(value, ""))
                    for value, count in counted.most_common(8)
                ),
            )
        )
    shown = rows[after : after + PAGE]
    return SearchPage(
        query=query,
        hits=_hits(work, shown, query),
        total=len(rows),
        took=timedelta(seconds=time.monotonic() - started),
        facets=tuple(facet for facet in facets if facet.values),
        sort="newest",
        next=str(after + PAGE) if after + PAGE < len(rows) else None,
    )
