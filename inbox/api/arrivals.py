"""What arrived: the journal, its entries byte-exact, read again on demand, and the ledger that must balance."""

from __future__ import annotations

import datetime as dt

from flask import Response
from pydantic import Field

from inbox import shapes
from inbox.actions import journal as verbs
from inbox.api.answers import page, shape, write
from inbox.api.routes import Binary, Body, Call, Nothing, Paging, Query, Routes
from inbox.errors import NotFound
from inbox.reading import feeds, ledger
from inbox.shapes import files
from inbox.store import Work
from inbox.terms import Outcome

__all__ = ["routes"]

routes = Routes()
RAW = Binary("application/octet-stream", "The body exactly as it arrived.")


class JournalQuery(Paging):
    """Which arrivals."""

    channel: str | None = Field(None, description="A channel's id or name, or a kind.")
    outcome: Outcome | None = Field(None, description="How any of its items ended.")
    reason: str | None = Field(None, description="Why it was ignored, or what was wrong with it.")


class LedgerQuery(Query):
    """Which local days; without any the last 30."""

    start: dt.date | None = Field(None, alias="from", description="The first day.")
    end: dt.date | None = Field(
        None, alias="to", description="The day after the last one; the same as ``from`` means that one day."
    )
    channel: str | None = Field(None, description="A channel's id or name, or a kind.")


class ReplayBody(Body):
    """Which arrivals are read again."""

    outcome: Outcome = Field(Outcome.QUARANTINED, description="How any of its items ended.")
    reason: str | None = Field(None, description="For this reason or with this error; else for any.")
    channel: str | None = Field(None, description="A channel's id or name, or a kind.")
    start: dt.date | None = Field(None, alias="from", description="The first local day; else from the beginning.")
    end: dt.date | None = Field(None, alias="to", description="The local day after the last one.")


@routes.get("/journal", shapes.Page[shapes.Entry], query=JournalQuery, right="journal.see")
def list_journal(call: Call[JournalQuery, Nothing]) -> Response:
    """Arrivals in the order in which they came, each with how its items ended."""
    query = call.query
    with call.store.reading() as work:
        part = feeds.journal(
            work,
            channel=query.channel,
            outcome=query.outcome,
            reason=query.reason,
            after=query.after,
            limit=query.limit,
        )
        return page([shapes.Entry.of(row, channel) for row, channel in part.rows], part.next)


@routes.get("/journal/{number}", shapes.Entry, right="journal.see")
def show_journal(call: Call[Nothing, Nothing], number: int) -> Response:
    """One arrival."""
    with call.store.reading() as work:
        return shape(shapes.Entry.of(*feeds.entry(work, number)))


@routes.get("/journal/{number}/raw", RAW, right="journal.see")
def raw_journal(call: Call[Nothing, Nothing], number: int) -> Response:
    """The body of an arrival, byte-exact."""
    with call.store.reading() as work:
        row, _channel = feeds.entry(work, number)
        try:
            body = verbs.body_of(work, row)
        except FileNotFoundError:
            raise NotFound("the bytes of this arrival are no longer here") from None
    return Response(body, headers=files.headers(f"journal-{number}.bin", "application/octet-stream"))


@routes.post("/journal/{number}/replay", {202: shapes.Entry}, right="journal.replay")
def replay(call: Call[Nothing, Nothing], number: int) -> Response:
    """Lets the worker read an arrival again; items that are message or status stay as they are."""

    def do(work: Work) -> shapes.Entry:
        verbs.replay(work, call.who, number)
        return shapes.Entry.of(*feeds.entry(work, number))

    return shape(write(call.store, do), 202)


@routes.post("/journal/replay", {202: shapes.Replayed}, right="journal.replay", body=ReplayBody)
def replay_all(call: Call[Nothing, ReplayBody]) -> Response:
    """Lets the worker read again all arrivals with an outcome, of a reason: after a fix."""
    body = call.body
    with call.store.reading() as work:
        span = ledger.span(work, *ledger.period(work, body.start, body.end)) if body.start or body.end else None
        numbers = feeds.journal_ids(work, channel=body.channel, outcome=body.outcome, reason=body.reason, span=span)
    left = verbs.replay_all(call.store, call.who, numbers)
    return shape(shapes.Replayed(replayed=len(numbers) - len(left), left=left), 202)


@routes.get("/ledger", shapes.Page[shapes.LedgerRow], query=LedgerQuery, right="journal.see")
def show_ledger(call: Call[LedgerQuery, Nothing]) -> Response:
    """Per channel and local day: received = pending + the sum of the outcomes, counted in items."""
    with call.store.reading() as work:
        start, end = ledger.period(work, call.query.start, call.query.end)
        rows = ledger.lines(work, start, end, channel=call.query.channel)
    return page([shapes.LedgerRow.of(row) for row in rows], None)
