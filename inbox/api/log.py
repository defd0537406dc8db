"""The event log for whoever reads on, and what the desk has still to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

from flask import Response, request
from pydantic import Field

from inbox import shapes
from inbox.actions import agreements, telling
from inbox.api.answers import shape
from inbox.api.routes import HIGHEST, Binary, Body, Call, Nothing, Paging, Routes
from inbox.reading import feeds

__all__ = ["routes"]

routes = Routes()
NDJSON = "application/x-ndjson"
STREAM = Binary(NDJSON, "One event a line, up to the end of the log unless ``limit`` is given.")


class EventQuery(Paging):
    """Which events."""

    after: int = Field(0, ge=0, le=HIGHEST, description="The ``seq`` of the last event that you know.")
    ticket: int | None = Field(None, ge=0, le=HIGHEST, description="Only those of one ticket.")
    format: Literal["json", "ndjson"] | None = Field(None, description="Instead of ``Accept``: ``ndjson`` streams.")


@routes.get("/events", (shapes.Page[shapes.Event], STREAM), query=EventQuery)
def list_events(call: Call[EventQuery, Nothing]) -> Response:
    """The event log after a ``seq``, in append order, as JSON or (by ``Accept``) one event a line.

    Lines of when people worked (``handle.*``, ``agent.*``) go to admins only while figures per person are off; the
    audit log then says once a day who reads them, and by which token."""
    query = call.query
    accepted = request.accept_mimetypes.best_match(["application/json", NDJSON])
    if query.format == "ndjson" or (query.format is None and accepted == NDJSON):
        return Response(_lines(call), content_type=NDJSON)
    with call.store.reading() as work:
        part = feeds.events(work, call.who, after=query.after, ticket=query.ticket, limit=query.limit)
        rows = [row.as_dict() for row in part.rows]
        untold = any(map(feeds.personal, part.rows)) and not agreements.noted(work, call.who)
    if untold:
        _note(call)
    body = {"items": rows, "next": None if part.next is None else str(part.next)}
    return Response(json.dumps(body, ensure_ascii=False), content_type="application/json")


def _lines(call: Call[EventQuery, Nothing]) -> Iterator[str]:
    query = call.query
    most = query.limit if "limit" in query.model_fields_set else None
    noted = False
    for n, row in enumerate(feeds.stream(call.store, call.who, after=query.after, ticket=query.ticket)):
        if n == most:
            return
        if not noted and feeds.personal(row):
            _note(call)  # before the first such line leaves
            noted = True
        yield json.dumps(row.as_dict(), ensure_ascii=False) + "\n"


def _note(call: Call[EventQuery, Nothing]) -> None:
    with call.store.transaction() as work:
        agreements.note_read(work, call.who)


class EventsBody(Body):
    """Events from outside, as docs/metrics.md has them; ``id`` says which one is meant if it comes twice."""

    events: list[dict[str, Any]] = Field(min_length=1, max_length=telling.MOST)
    strict: bool = Field(False, description="Take all of them or none.")


@routes.post("/events", shapes.Told, body=EventsBody, right="settings.change")
def tell_events(call: Call[Nothing, EventsBody]) -> Response:
    """Calls, social counters, contracts, revenue and the like, told by programs. A wrong one is named by its place from
    1 on and the others are kept, or with ``strict`` none is."""
    with call.store.transaction() as work:
        found = telling.tell(work, call.who, enumerate(call.body.events, 1), strict=call.body.strict)
    return shape(shapes.Told(added=found.added, known=found.known, faults=_faults(found)))


class VoidBody(Body):
    """Events that are to be as if nobody had told them."""

    ids: list[str] = Field(min_length=1, max_length=telling.MOST, description="As they were told.")
    strict: bool = Field(False, description="Take back all of them or none.")


@routes.post("/events/void", shapes.Voided, body=VoidBody, right="settings.change")
def void_events(call: Call[Nothing, VoidBody]) -> Response:
    """Takes back events that came by ``POST /events``, by a sheet of contracts and revenue, or with what the business's
    own system answers, and only those: no figure counts them, the log keeps them with a ``void``, and the audit log
    says who did. What is void already stays so. A corrected event has an id of its own."""
    with call.store.transaction() as work:
        found = telling.take_back(work, call.who, call.body.ids, strict=call.body.strict)
    return shape(shapes.Voided(voided=found.added, known=found.known, faults=_faults(found)))


def _faults(found: telling.Outcome) -> list[shapes.Fault]:
    return [shapes.Fault(place=place, reason=why) for place, why in found.faults]


@routes.get("/status", shapes.DeskStatus)
def show_status(call: Call[Nothing, Nothing]) -> Response:
    """What is still to do: arrivals to read, messages to send, and where the log ends."""
    with call.store.reading() as work:
        found = feeds.queues(work)
    return shape(shapes.DeskStatus.of(found, call.store.last_seq()))
