"""Search: tickets whose messages hold what is asked for, newest first, with the place shown."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from heapq import merge
from itertools import chain
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import lazyload, load_only

from inbox import search
from inbox.actions.who import Who
from inbox.errors import Invalid
from inbox.reading import desk, finding, once
from inbox.reading.addresses import label
from inbox.reading.parts import CustomerHit, Facet, FacetValue, Results, SearchHit, SearchPage
from inbox.reading.rows import customer_chip
from inbox.search import Asked
from inbox.store import Message, Ticket, TicketTag, Work
from inbox.terms import Status

__all__ = ["page", "results"]

PAGE = 30
AROUND = 70
PEOPLE: Final = 4
Pieces = tuple[tuple[str, bool], ...]

#: What a facet narrows by, and what a row of :mod:`finding` has in it; tags are in a table of their own.
COLUMNS: Final[dict[str, tuple[Callable[[str], ColumnElement[bool]], str]]] = {
    "status": (lambda value: Ticket.status == value, "status"),
    "channel": (lambda value: Ticket.kind == value, "kind"),
    "assignee": (lambda value: Ticket.assignee_id == value, "assignee_id"),
    "tag": (lambda value: Ticket.id.in_(select(TicketTag.ticket_id).where(TicketTag.tag == value)), ""),
}


class Marker:
    """Marks in a text what was asked for: words by any of their forms, the last one also by its beginning."""

    def __init__(self, asked: Asked) -> None:
        free = " ".join((asked.words, *asked.operators.get("from", ())))
        self.forms = set(search.terms(free).split())
        self.exact = search.exactly(asked.exact)
        last = search.words(asked.words)[-1:]
        self.beginning = search.plain(last[0]) if last else None
        self._known: dict[str, bool] = {}

    def _hit(self, word: str) -> bool:
        known = self._known.get(word)
        if known is None:
            known = not self.forms.isdisjoint(search.terms(word).split()) or (
                self.beginning is not None and search.plain(word).startswith(self.beginning)
            )
            self._known[word] = known
        return known

    def hits(self, text: str) -> Iterator[tuple[int, int]]:
        """Where something is, in order; no further than somebody asks."""
        bare = search.plain(text) if self.exact else text
        found: list[tuple[int, int]] = []
        if len(bare) == len(text):  # else a letter became two, and places in one are not those in the other
            found += sorted(match.span() for pattern in self.exact for match in pattern.finditer(bare))
        covered = set[int]().union(*(range(*span) for span in found))
        words = re.finditer(r"[^\W_]+", text)
        return merge(found, (one.span() for one in words if one.start() not in covered and self._hit(one[0])))

    def mark(self, text: str, *, whole: bool = False) -> Pieces:
        """The text around the first hit (or all of it) in pieces; True where a piece matched."""
        hits = self.hits(text)
        begun = next(hits, None)
        start = max(0, begun[0] - AROUND // 2) if begun and not whole else 0
        end = len(text) if whole else min(len(text), start + 3 * AROUND)
        pieces: list[tuple[str, bool]] = [("…", False)] if start else []
        at = start
        for first, last in chain([begun] if begun else [], hits):
            if last > end:
                break
            if first > at:
                pieces.append((text[at:first], False))
            pieces.append((text[first:last], True))
            at = last
        if at < end:
            pieces.append((text[at:end], False))
        return tuple((" ".join(piece.split("\n")), marked) for piece, marked in pieces)

    def place(self, message: Message) -> Pieces:
        """The part of a message that says what was asked for: its text, a file's name, or who wrote it."""
        text = message.full_text or message.text or message.subject or ""
        sender = f"{message.from_name} {message.from_address}".strip()
        places = [text, *(one.name for one in message.attachments), sender]
        return self.mark(next((one for one in places if any(self.hits(one))), text))


#: What of a message, and of a ticket, is shown: a third of what they hold.
_SAID: Final = load_only(
    *(Message.kind, Message.at, Message.subject, Message.text, Message.full_text),
    *(Message.from_name, Message.from_address),
)
_SHOWN: Final = (
    load_only(
        *(Ticket.subject, Ticket.kind, Ticket.status, Ticket.active_at, Ticket.preview),
        *(Ticket.customer_id, Ticket.assignee_id),
    ),
    lazyload(Ticket.tags),
)


def _hits(work: Work, rows: Sequence[Row[Any]], asked: Asked) -> tuple[SearchHit, ...]:
    chosen = select(Message).where(Message.id.in_([row.message for row in rows if row.message is not None]))
    texts = {message.id: message for message in work.scalars(chosen.options(_SAID))}
    theirs = select(Ticket).where(Ticket.id.in_([row.ticket for row in rows]))
    tickets = {ticket.id: ticket for ticket in work.scalars(theirs.options(*_SHOWN)).unique()}
    agents, marker = once.agents(work), Marker(asked)
    found = []
    for row in rows:
        ticket, message = tickets[row.ticket], texts.get(row.message or 0)
        agent = agents.get(ticket.assignee_id or "")
        found.append(
            SearchHit(
                id=ticket.id,
                subject=ticket.subject,
                customer=customer_chip(ticket.customer),
                kind=message.kind or ticket.kind if message is not None else ticket.kind,
                status=ticket.status.value,
                at=message.at if message is not None else ticket.active_at,
                title=marker.mark(ticket.subject, whole=True),
                snippet=marker.place(message) if message is not None else marker.mark(ticket.preview),
                assignee=desk.chip(agent) if agent is not None else None,
            )
        )
    return tuple(found)


def results(work: Work, who: Who, query: str) -> Results:
    """What the palette shows while one types; nothing where an operator is not written to its end yet. After ``@`` only
    customers."""
    people = query.lstrip().startswith("@")
    asked = search.asked(query.lstrip().lstrip("@"))
    if not asked:
        return Results(query, ())
    try:
        rows = finding.find(work, who, asked, depth=finding.A_GLANCE).rows
    except Invalid:
        return Results(query, ())
    return Results(query, () if people else _hits(work, rows[:7], asked), _customers(work, rows, asked))


def _customers(work: Work, rows: Sequence[Row[Any]], asked: Asked) -> tuple[CustomerHit, ...]:
    """The customers of what was found whose own name, company or address is what was asked for."""
    wanted = search.parts(asked.words)
    if not wanted or not rows:
        return ()
    theirs = select(Ticket).where(Ticket.id.in_([row.ticket for row in rows])).order_by(Ticket.id.desc())
    found: dict[str, CustomerHit] = {}
    for ticket in work.scalars(theirs).unique():
        customer = ticket.customer
        if customer is None or customer.id in found:
            continue
        addresses = [label(one.kind, one.value, one.name) for one in customer.identities]
        own = search.parts(
            " ".join([customer.name, customer.company, *addresses, *(one.value for one in customer.identities)])
        )
        if all(any(part.startswith(word) for part in own) for word in wanted):
            line = customer.company or next(iter(addresses), "")
            found[customer.id] = CustomerHit(customer_chip(customer), ticket.id, line)
    return tuple(found.values())[:PEOPLE]


def page(
    work: Work, who: Who, query: str, chosen: Mapping[str, str], *, after: int = 0, before: int | None = None
) -> SearchPage:
    """The search page; ``chosen`` narrows by facet, ``after`` is how many were shown before, ``before`` where the look
    begins."""
    asked = search.asked(query)
    if not asked:
        return SearchPage(query)
    started = time.monotonic()
    narrowed = [COLUMNS[key][0](value) for key, value in chosen.items() if key in COLUMNS and value]
    try:
        found = finding.find(work, who, asked, narrowed=narrowed, before=before)
    except Invalid as problem:
        return SearchPage(query, problem=str(problem))
    shown = found.rows[after : after + PAGE]
    facets = _facets(work, found.rows, chosen)
    hits = _hits(work, shown, asked)
    rest = after + PAGE < len(found.rows)
    return SearchPage(
        query=query,
        hits=hits,
        total=len(found.rows),
        more=found.more,
        took=timedelta(seconds=time.monotonic() - started),
        facets=facets,
        sort="newest",
        next=str(after + PAGE) if rest else None,
        before=before,
        older=found.older if not rest else None,
    )


def _facets(work: Work, rows: Sequence[Row[Any]], chosen: Mapping[str, str]) -> tuple[Facet, ...]:
    """How many of what was found have which value."""
    names = {agent.id: agent.name for agent in once.agents(work).values()}
    hit = finding.numbers(work, [row.ticket for row in rows])
    tags = select(TicketTag.tag).join(hit, hit.c.id == TicketTag.ticket_id)
    facets = []
    for key, (_condition, column) in COLUMNS.items():
        values = (str(getattr(row, column) or "") for row in rows) if column else work.scalars(tags)
        counted = Counter(value for value in values if value)
        most = [
            FacetValue(value, count, chosen.get(key) == value, names.get(value, ""))
            for value, count in counted.most_common(8)
        ]
        if key == "status":
            most.sort(key=lambda each: list(Status).index(Status(each.value)))
        facets.append(Facet(key, tuple(most)))  # type: ignore[arg-type]
    return tuple(facet for facet in facets if facet.values)
