"""Customers: all that is known of one, to be handed to them, and their erasure."""

from __future__ import annotations

from typing import Literal

from flask import Response
from pydantic import Field

from inbox import shapes
from inbox.actions import erasing
from inbox.api.answers import shape, write
from inbox.api.routes import Binary, Body, Call, Nothing, Query, Routes
from inbox.reading import dossier
from inbox.shapes import files
from inbox.store import Work

__all__ = ["routes"]

routes = Routes()
ARCHIVE = Binary("application/zip", "customer.json, tickets.txt, and the files of all messages.")


class ExportQuery(Query):
    """What goes along."""

    notes: bool = Field(False, description="Also what the team wrote among itself.")


class EraseIn(Body):
    """Why."""

    why: Literal["gdpr", "test", "spam"] = Field(
        description="With test and spam no figure counts the ticket any more; gdpr, its customer's wish: numbers stay."
    )


class Erased(shapes.Shape):
    """How much went."""

    tickets: int
    messages: int
    files: int


@routes.get("/customers/{customer}/export", ARCHIVE, query=ExportQuery, right="customer.export")
def export_customer(call: Call[ExportQuery, Nothing], customer: str) -> Response:
    """All that the desk has about a customer, as one archive."""
    with call.store.reading() as work:
        archive = dossier.archive(work, call.who, customer, notes=call.query.notes)
    return Response(files.chunks(archive), headers=files.headers(f"customer-{customer}.zip", "application/zip"))


@routes.post("/customers/{customer}/erase", Erased, right="customer.erase")
def erase_customer(call: Call[Nothing, Nothing], customer: str) -> Response:
    """Erases a customer: name, addresses, and every word on both sides; numbers stay. It cannot be undone. 409 while a
    ticket of theirs is open."""

    def do(work: Work) -> Erased:
        return _told(erasing.erase_customer(work, call.who, customer))

    return shape(write(call.store, do))


@routes.post("/tickets/{number}/erase", Erased, body=EraseIn, right="customer.erase")
def erase_ticket(call: Call[Nothing, EraseIn], number: int) -> Response:
    """Erases what was said in one ticket. It cannot be undone. 409 while it is open."""

    def do(work: Work) -> Erased:
        return _told(erasing.erase_ticket(work, call.who, number, call.body.why))

    return shape(write(call.store, do))


def _told(found: erasing.Extent) -> Erased:
    return Erased(tickets=found.tickets, messages=found.messages, files=found.files)
