"""Customers: what one is worth and has cost, all that is known of them, to be handed to them, and their erasure."""

from __future__ import annotations

from typing import Literal

from flask import Response
from pydantic import AwareDatetime, Field

from inbox import clock, shapes
from inbox.actions import erasing, joining
from inbox.api.answers import BASIS, based, shape, write
from inbox.api.routes import Binary, Body, Call, Nothing, Query, Routes
from inbox.errors import NotFound
from inbox.reading import dossier, figures
from inbox.shapes import files
from inbox.store import Customer, Work

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


class WorthQuery(Query):
    """When."""

    at: AwareDatetime | None = Field(None, description="The instant, with a zone; now without.")
    as_of: AwareDatetime | None = Field(None, description="As it was known then, with a zone; now without.")


class CustomerWorth(shapes.Shape):
    """What a customer is worth and has cost, in micro-units of the desk's currency; the lifetime value is a model.

    The report's keys: ``sportello report --clv`` gives the same.
    """

    historic: int = Field(alias="clv.historic", description="Margin less the direct cost of service until then.")
    margin: int = Field(alias="clv.margin12", description="The margin of the last 365 days.")
    service: int = Field(alias="clv.service12", description="The direct cost of service of the last 365 days.")
    retention: float | None = Field(alias="clv.retention", description="The desk's retention over these days.")
    future: int | None = Field(alias="clv.future", description="What may follow.")
    value: int | None = Field(alias="clv.clv", description="The lifetime value, historic and future.")
    direct: int = Field(alias="cost.direct", description="What serving them has cost until then: work and providers.")
    full: int | None = Field(alias="cost.full", description="The same with its share of paid time and fees.")


@routes.get("/customers/{customer}/worth", CustomerWorth, query=WorthQuery, right="reports.see", headers=BASIS)
def show_customer_worth(call: Call[WorthQuery, Nothing], customer: str) -> Response:
    """What a customer is worth to the desk, and what serving them has cost; of one who became another, that one's."""
    query = call.query
    with figures.looking(call.store) as work:
        customer = joining.now(work, customer)
        if work.get(Customer, customer) is None:
            msg = f"there is no customer {customer}"
            raise NotFound(msg)
        found = figures.worth(work, customer, query.at or clock.now(), query.as_of)
        basis = figures.basis(work, query.as_of)
    return based(shape(CustomerWorth.model_validate(found)), basis)


@routes.get("/customers/{customer}/export", ARCHIVE, query=ExportQuery, right="customer.export")
def export_customer(call: Call[ExportQuery, Nothing], customer: str) -> Response:
    """All that the desk has about a customer, as one archive; of one who became another, that one's."""
    with call.store.reading() as work:
        customer = joining.now(work, customer)
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
