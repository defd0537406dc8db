"""Single messages: read, shown as in their frame, taken back, sent again; and the files that came with them."""

from __future__ import annotations

from typing import Literal

from flask import Response, send_file
from pydantic import AwareDatetime, Field

from inbox import shapes
from inbox.actions import classifying, desk, later, rescue, suggestions
from inbox.actions import reply as replies
from inbox.api.answers import message_shape, shape, write
from inbox.api.routes import Binary, Body, Call, Nothing, Routes
from inbox.errors import NotFound
from inbox.reading import feeds, pictures
from inbox.rendering import mail
from inbox.shapes import files
from inbox.store import Work

__all__ = ["routes"]

routes = Routes()
HTML = Binary("text/html", "The document of the message's frame, with its own Content-Security-Policy.")
BYTES = Binary("application/octet-stream", "The bytes; harmless images under their own type, the rest to download.")


class ScheduleIn(Body):
    """When a message that waits for its hour is to leave."""

    send_at: AwareDatetime | None = Field(description="Within a year; null is now.")


class SendAsIn(Body):
    """By which way the same answer goes instead; as the customer wrote last where nothing is named."""

    channel: str | None = Field(None, description="A channel's id, name or kind.")
    address: str | None = Field(None, description="One of the customer's addresses on that channel.")


@routes.get("/messages/{number}", shapes.Message)
def show_message(call: Call[Nothing, Nothing], number: int) -> Response:
    """One message or note."""
    with call.store.reading() as work:
        return shape(message_shape(work, feeds.message(work, call.who, number)))


@routes.get("/messages/{number}/view", HTML)
def view_message(call: Call[Nothing, Nothing], number: int) -> Response:
    """The very document that the agent's screen shows in its frame: sanitised, nothing that runs, and nothing remote
    unless an agent allowed its sender's pictures."""
    with call.store.reading() as work:
        row = feeds.message(work, call.who, number)
        show_remote = pictures.allowed(work, row)
        language = call.who.language or str(desk.get(work, "desk.language"))
    document, policy = mail.document_of(
        html=row.html,
        text=row.full_text or row.text,
        files={one.content_id: f"/attachments/{one.id}" for one in row.attachments if one.content_id},
        show_remote=show_remote,
        language=language,
    )
    response = Response(document, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@routes.post("/messages/{number}/cancel", shapes.Message)
def cancel(call: Call[Nothing, Nothing], number: int) -> Response:
    """Takes back a message that has not left; 409 once it may have."""
    return shape(write(call.store, lambda work: message_shape(work, replies.cancel(work, call.who, number))))


@routes.post("/messages/{number}/retry", shapes.Message)
def retry(call: Call[Nothing, Nothing], number: int) -> Response:
    """Sends a failed, unknown or waiting message again, as the same message."""
    return shape(write(call.store, lambda work: message_shape(work, replies.retry(work, call.who, number))))


class AnswerIn(Body):
    """What becomes of a suggestion."""

    join: bool = Field(description="True moves the message to the suggested ticket, false lets go of the suggestion.")


class Answered(shapes.Shape):
    """The event that tells of it, which can be undone."""

    event: str
    message: shapes.Message


@routes.post("/messages/{number}/suggestion", Answered, body=AnswerIn)
def answer_suggestion(call: Call[Nothing, AnswerIn], number: int) -> Response:
    """Answers the suggestion that a message comes with; 409 where there is none."""

    def do(work: Work) -> Answered:
        event = suggestions.answer(work, call.who, number, join=call.body.join)
        return Answered(event=event.id, message=message_shape(work, feeds.message(work, call.who, number)))

    return shape(write(call.store, do))


class WhatIn(Body):
    """What a message that came in was."""

    what: Literal["ack", "auto", "cont"] | None = Field(
        description="Only a thanks, automatic, or a part of the last matter; null asks for an answer like any other."
    )


class Classified(shapes.Shape):
    """The event that tells of it, or the ``void`` of the one that it takes back; null where it was that already."""

    event: str | None
    message: shapes.Message


@routes.post("/messages/{number}/classify", Classified, body=WhatIn)
def classify(call: Call[Nothing, WhatIn], number: int) -> Response:
    """Corrects what a message that came in was taken for. A ticket that nobody wrote in since goes back to where it
    stood before a thanks or an automatic message, or opens for one that was neither."""

    def do(work: Work) -> Classified:
        event = classifying.classify(work, call.who, number, call.body.what or "")
        said = message_shape(work, feeds.message(work, call.who, number))
        return Classified(event=event.id if event is not None else None, message=said)

    return shape(write(call.store, do))


@routes.post("/messages/{number}/schedule", shapes.Message, body=ScheduleIn)
def schedule(call: Call[Nothing, ScheduleIn], number: int) -> Response:
    """Gives a message that waits for its hour another one; 409 where it does not wait."""
    at = call.body.send_at
    return shape(write(call.store, lambda work: message_shape(work, later.reschedule(work, call.who, number, at))))


@routes.post("/messages/{number}/arrived", shapes.Message)
def arrived(call: Call[Nothing, Nothing], number: int) -> Response:
    """Says of a message whose outcome is unknown that it did arrive."""
    return shape(write(call.store, lambda work: message_shape(work, rescue.arrived(work, call.who, number))))


@routes.post("/messages/{number}/leave", shapes.Message)
def leave(call: Call[Nothing, Nothing], number: int) -> Response:
    """Leaves a failed or unknown message as it is: its ticket no longer needs attention for it."""
    return shape(write(call.store, lambda work: message_shape(work, rescue.leave(work, call.who, number))))


@routes.post("/messages/{number}/send-as", {201: shapes.Message, 200: shapes.Message}, body=SendAsIn)
def send_as(call: Call[Nothing, SendAsIn], number: int) -> Response:
    """Sends the same answer by another way. Repeated for the same way it gives 200 and the first one."""
    asked = call.body

    def do(work: Work) -> tuple[shapes.Message, bool]:
        row, new = rescue.send_as(work, call.who, number, channel=asked.channel, address=asked.address)
        return message_shape(work, row), new

    said, new = write(call.store, do)
    return shape(said, 201 if new else 200)


@routes.get("/attachments/{number}", BYTES)
def show_attachment(call: Call[Nothing, Nothing], number: int) -> Response:
    """The bytes of a file."""
    with call.store.reading() as work:
        row = feeds.attachment(work, call.who, number)
    if row.sha256 is None:
        raise NotFound("this file is still with the provider; ask again in a moment")
    path = call.store.files.path(row.sha256)
    if not path.exists():
        raise NotFound("the bytes of this file are no longer here")
    response = send_file(path, etag=row.sha256, conditional=True, max_age=0)
    for name, value in files.headers(row.name, row.content_type).items():
        response.headers[name] = value
    return response
