"""The event log for whoever reads on, and what the desk has still to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask import Response, request
from pydantic import Field

from inbox import shapes
from inbox.actions import history
from inbox.api.answers import shape, write
from inbox.api.routes import HIGHEST, Binary, Body, Call, Nothing, Paging, Routes
from inbox.errors import Invalid
from inbox.reading import feeds

__all__ = ["routes"]

routes = Routes()
NDJSON = "application/x-ndjson"
STREAM = Binary(NDJSON, "One event a line, up to the end of the log unless ``limit`` is given.")


class EventQuery(Paging):
    """Which events."""

    after: int = Field(0, ge=0, le=HIGHEST, description="The ``seq`` of the last event that you know.")
    ticket: int | None = Field(None, ge=0, le=HIGHEST, description="Only those of one ticket.")


@routes.get("/events", (shapes.Page[shapes.Event], STREAM), query=EventQuery)
def list_events(call: Call[EventQuery, Nothing]) -> Response:
    """The event log after a ``seq``, in append order, as JSON or (by ``Accept``) one event a line."""
    query = call.query
    if request.accept_mimetypes.best_match(["application/json", NDJSON]) == NDJSON:
        return Response(_lines(call), content_type=NDJSON)
    with call.store.reading() as work:
        part = feeds.events(work, call.who, after=query.after, ticket=query.ticket, limit=query.limit)
        rows = [row.as_dict() for row in part.rows]
    body = {"items": rows, "next": None if part.next is None else str(part.next)}
    return Response(json.dumps(body, ensure_ascii=False), content_type="application/json")


class EventsIn(Body):
    """What happened outside."""

    events: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=1_000,
        description="Each with ``id`` (yours, up to 80 characters: the same one again is left out), ``kind``, ``ts`` and"
        " the fields of its kind in docs/metrics.md. Kinds: " + ", ".join(history.OUTSIDE) + ".",
    )


class EventsOut(shapes.Shape):
    """What became of them."""

    added: int
    known: int = Field(description="Left out: an event with this id was there.")


@routes.post("/events", EventsOut, body=EventsIn, right="settings.change")
def add_events(call: Call[Nothing, EventsIn]) -> Response:
    """Appends events that happened outside: calls, social networks, contracts, revenue, surveys. All or none of them."""
    rows, wrong = [], {}
    for n, event in enumerate(call.body.events):
        try:
            rows.append(history.told(event))
        except ValueError as problem:
            wrong[f"events.{n}"] = str(problem)
    if wrong:
        msg = f"{len(wrong)} of {len(call.body.events)} events are wrong; nothing was stored"
        raise Invalid(msg, fields=wrong)
    added = write(call.store, lambda work: history.add(work, call.who, rows))
    return shape(EventsOut(added=added, known=len(rows) - added))


def _lines(call: Call[EventQuery, Nothing]) -> Iterator[str]:
    query = call.query
    most = query.limit if "limit" in query.model_fields_set else None
    for n, row in enumerate(feeds.stream(call.store, call.who, after=query.after, ticket=query.ticket)):
        if n == most:
            return
        yield json.dumps(row.as_dict(), ensure_ascii=False) + "\n"


@routes.get("/status", shapes.DeskStatus)
def show_status(call: Call[Nothing, Nothing]) -> Response:
    """What is still to do: arrivals to read, messages to send, and where the log ends."""
    with call.store.reading() as work:
        found = feeds.queues(work)
    return shape(shapes.DeskStatus.of(found, call.store.last_seq()))
