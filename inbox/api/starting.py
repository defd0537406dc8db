"""Writing first: a ticket that begins with a message of ours."""

from __future__ import annotations

from flask import Response
from pydantic import Field

from inbox import shapes
from inbox.actions import starting
from inbox.api.answers import message_shape, shape, write
from inbox.api.routes import Body, Call, Nothing, Routes
from inbox.api.tickets import MOST_FILES, FileIn, Then, files_of, ticket_shape
from inbox.store import Work

__all__ = ["routes"]

routes = Routes()


class StartIn(Body):
    """A first message of ours. As ``multipart/form-data`` the files are parts named ``attachments``."""

    channel: str | None = Field(
        None,
        min_length=1,
        max_length=120,
        description="A mailbox's or number's id, name or kind; else the first that takes such an address.",
    )
    to: str = Field(
        min_length=1, max_length=320, description="A mail address, or a number with its country; known or not."
    )
    name: str = Field("", max_length=200, description="What a customer is called whom the desk does not know yet.")
    subject: str = Field("", max_length=300, description="The ticket's and the mail's; else from the text.")
    text: str = Field("", description="Markdown marks are rendered for the channel. May be empty with a file.")
    client_key: str = Field(
        min_length=1, max_length=80, description="Yours, unique for the address: sent again it makes nothing twice."
    )
    attachments: tuple[FileIn, ...] = Field((), max_length=MOST_FILES)
    then: Then | None = Field(None, description="What becomes of the ticket; else it stays open.")


class Started(shapes.Shape):
    """The ticket that began, and its first message."""

    ticket: shapes.Ticket
    message: shapes.Message


@routes.post("/tickets", {201: Started, 200: Started}, body=StartIn, uploads=True)
def start(call: Call[Nothing, StartIn]) -> Response:
    """Writes first: a ticket of yours that begins with a message to an address. The same ``client_key`` for the same
    address again gives 200 and what it made. The channels that can write first are mailboxes and SMS numbers."""
    body, files = call.body, files_of(call.body.attachments, call.uploads)

    def do(work: Work) -> tuple[Started, bool]:
        row, new = starting.start(
            work,
            call.who,
            channel=body.channel or starting.kind_of(body.to),
            to=body.to.strip(),
            name=body.name.strip(),
            subject=body.subject,
            text=body.text,
            files=files,
            then=body.then,
            client_key=body.client_key,
        )
        told = ticket_shape(work, call.who, row.ticket_id)
        return Started(ticket=told, message=message_shape(work, row)), new

    said, new = write(call.store, do)
    return shape(said, 201 if new else 200)
