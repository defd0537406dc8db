"""Single messages: undo, send again, and the mail in its frame."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from inbox.actions import classifying, identities, later, notes, reply, rescue
from inbox.actions.who import find_ticket
from inbox.errors import NotFound
from inbox.reading import pictures, rows, threads
from inbox.rendering import mail
from inbox.store import Message, Ticket, Work
from inbox.web.gate import locale, store, wants_streams, who
from inbox.web.hours import hour
from inbox.web.tickets import streams

__all__ = ["blueprint"]

blueprint = Blueprint("messages", __name__)


def _drawn(message: Message) -> Any:
    if not wants_streams():
        return redirect(url_for("tickets.show", id=message.ticket_id), 303)
    with store().reading() as work:
        item = threads.item_of_message(work, work.get_one(Message, message.id))
    return streams(render_template("tickets/streams/item.html", item=item, ticket=message.ticket_id))


@blueprint.post("/messages/<int:id>/cancel")
def cancel(id: int) -> Any:
    """Undo: it never left."""
    message = store().write(lambda work: reply.cancel(work, who(), id))
    if not wants_streams():
        return redirect(url_for("tickets.show", id=message.ticket_id), 303)
    key = message.client_key or str(message.id)
    return streams(render_template("tickets/streams/gone.html", key=key, ticket=message.ticket_id))


@blueprint.post("/messages/<int:id>/retry")
def retry(id: int) -> Any:
    """Send again."""
    return _drawn(store().write(lambda work: reply.retry(work, who(), id)))


@blueprint.post("/messages/<int:id>/schedule")
def schedule(id: int) -> Any:
    """Another hour for a message that waits for one, or now."""
    at = hour(request.form)
    return _drawn(store().write(lambda work: later.reschedule(work, who(), id, at)))


@blueprint.post("/messages/<int:id>/arrived")
def arrived(id: int) -> Any:
    """It did arrive."""
    return _drawn(store().write(lambda work: rescue.arrived(work, who(), id)))


@blueprint.post("/messages/<int:id>/leave")
def leave(id: int) -> Any:
    """Nobody needs to look at it any more."""
    return _drawn(store().write(lambda work: rescue.leave(work, who(), id)))


@blueprint.post("/messages/<int:id>/classify")
def classify(id: int) -> Any:
    """What it was, after all: the ticket's head and row may change with it."""
    what = request.form.get("what", "")
    store().write(lambda work: classifying.classify(work, who(), id, what))
    with store().reading() as work:
        message = visible_message(work, id)
        ticket = work.get_one(Ticket, message.ticket_id)
        if not wants_streams():
            return redirect(url_for("tickets.show", id=ticket.id), 303)
        html = render_template(
            "tickets/streams/item.html", item=threads.item_of_message(work, message), ticket=ticket.id
        )
        html += render_template("tickets/streams/head.html", head=threads.head(work, ticket))
        html += render_template("tickets/streams/row.html", row=rows.row(work, ticket))
    return streams(html)


@blueprint.post("/messages/<int:id>/send-as")
def send_as(id: int) -> Any:
    """The same answer by another way."""
    form = request.form
    channel, address = form.get("channel") or None, form.get("address") or None
    message, _new = store().write(lambda work: rescue.send_as(work, who(), id, channel=channel, address=address))
    if not wants_streams():
        return redirect(url_for("tickets.show", id=message.ticket_id), 303)
    with store().reading() as work:
        both = [threads.item_of_message(work, work.get_one(Message, one)) for one in (id, message.id)]
    drawn = (render_template("tickets/streams/item.html", item=item, ticket=message.ticket_id) for item in both)
    return streams("".join(drawn), 201)


@blueprint.post("/notes/<int:id>")
def edit(id: int) -> Any:
    """Another text for one's own note."""
    return _drawn(store().write(lambda work: notes.change(work, who(), id, request.form.get("text", ""))))


def visible_message(work: Work, number: int) -> Message:
    """A message of a ticket that this agent may see. Raises :class:`NotFound`."""
    message = work.get(Message, number)
    if message is None:
        msg = f"there is no message {number}"
        raise NotFound(msg)
    find_ticket(work, who(), message.ticket_id)
    return message


@blueprint.post("/messages/<int:id>/pictures", endpoint="pictures")
def show_pictures(id: int) -> Any:
    """Shows the pictures of this sender from now on, or no more."""
    with store().transaction() as work:
        message = identities.show_pictures(work, who(), id, show=request.form.get("show") == "yes")
    return redirect(url_for("tickets.show", id=message.ticket_id), 303)


@blueprint.get("/messages/<int:id>/view")
def view(id: int) -> Response:
    """The mail's own HTML for the sandboxed frame, under a policy of its own."""
    with store().reading() as work:
        message = visible_message(work, id)
        document, policy = mail.document_of(
            html=message.html,
            text=message.full_text or message.text,
            files={
                one.content_id: url_for("attachments.show", id=one.id) for one in message.attachments if one.content_id
            },
            show_remote=request.args.get("remote") == "1" or pictures.allowed(work, message),
            language=locale(),
        )
    response = Response(document, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
