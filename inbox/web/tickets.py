"""The inbox: list, thread, customer, and what an agent does there."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from inbox.actions import bands, drafts, holding, reply, tickets
from inbox.actions import desk as settings
from inbox.actions.who import find_ticket
from inbox.errors import ThreadMoved
from inbox.reading import customers, rows, threads
from inbox.reading.moved import moved
from inbox.reading.parts import Thread
from inbox.reading.views import filters, lists
from inbox.reading.views.shown import CUSTOM, Asked
from inbox.store import Message, Ticket, Work
from inbox.web.drafts import files_of, numbers
from inbox.web.gate import STREAM, frame, store, wants_streams, who, within
from inbox.web.hours import hour, status_of
from inbox.web.sessions import safe_next

__all__ = ["asked", "blueprint"]

blueprint = Blueprint("tickets", __name__)


def streams(html: str, status: int = 200) -> Response:
    """Turbo's answer."""
    return Response(html, status, content_type=f"{STREAM}; charset=utf-8")


def asked(args: MultiDict[str, str], ticket: int | None = None) -> Asked:
    """What an address or a form asks of the list. Raises :class:`Invalid` for a filter that there is not."""
    number = args.get("ticket", "")
    view = args.get("view") or "all"
    custom = view == CUSTOM
    return Asked(
        view=view,
        channel="" if custom else args.get("channel", ""),
        team="" if custom else args.get("team", ""),
        query=args.get("q", "").strip(),
        tab="open" if custom else args.get("status") or "open",
        sort=args.get("sort", ""),
        after=args.get("after", ""),
        until=args.get("until", ""),
        ticket=int(number) if number.isdigit() and len(number) < 16 else ticket,
        filter=filters.of(args.to_dict(flat=False)) if custom else {},
        base=args.get("base", ""),
    )


def _thread(work: Work, ticket: Ticket) -> Thread:
    """The page of the thread that the address names: the last one, or that of ``message``."""
    args = request.args
    before, message = args.get("before", ""), args.get("message", "")
    end = int(before) if before.isdigit() and len(before) < 16 else None
    if message.isdigit() and len(message) < 16:
        end = threads.page_of(work, ticket, int(message))
    return threads.thread(work, who(), ticket, before=end, text=args.get("text", ""))


def _whole(work: Work, wanted: Asked, ticket: Ticket | None) -> str:
    me = who()
    inbox = lists.inbox(work, me, wanted)
    around = frame(work, inbox.key)
    thread = _thread(work, ticket) if ticket is not None else None
    if thread is not None:
        around["rooms"] = (*around["rooms"], thread.room)
    return render_template(
        "tickets/index.html",
        **around,
        inbox=inbox,
        thread=thread,
        panel=customers.panel(work, me, ticket) if ticket is not None else None,
    )


@blueprint.get("/")
def home() -> Any:
    """The way in."""
    return redirect(url_for("tickets.index"))


@blueprint.get("/tickets")
def index() -> str:
    """The inbox with one view's list, and a ticket beside it if asked for."""
    wanted = asked(request.args)
    with store().reading() as work:
        settings.remember(work)
        ticket = find_ticket(work, who(), wanted.ticket) if wanted.ticket is not None else None
        return _whole(work, wanted, ticket)


@blueprint.get("/tickets/rows")
def further() -> str:
    """A page of a view's rows, with the ways to those before and after it."""
    with store().reading() as work:
        return render_template("tickets/rows.html", inbox=lists.inbox(work, who(), asked(request.args)))


blueprint.add_url_rule("/tickets/rows", endpoint="rows", view_func=further)


@blueprint.get("/tickets/<int:id>")
def show(id: int) -> Any:
    """A ticket: alone for the frame, else within the inbox. A GET marks nothing."""
    with store().reading() as work:
        settings.remember(work)
        ticket = find_ticket(work, who(), id)
        if ticket.merged_into is not None:
            return redirect(url_for("tickets.show", id=ticket.merged_into))
        if request.headers.get("Turbo-Frame") == "thread":
            view = _thread(work, ticket)
            around = within(work)
            panel = customers.panel(work, who(), ticket)
            return render_template("tickets/show.html", **around, thread=view, panel=panel)
        return _whole(work, asked(request.args), ticket)


@blueprint.get("/tickets/<int:id>/customer")
def customer(id: int) -> str:
    """The right column."""
    with store().reading() as work:
        settings.remember(work)
        ticket = find_ticket(work, who(), id)
        return render_template("tickets/customer.html", **within(work), panel=customers.panel(work, who(), ticket))


@blueprint.get("/tickets/<int:id>/dues")
def dues(id: int) -> str:
    """Its promised times, for the frame that shows them."""
    with store().reading() as work:
        running, settled = customers.dues(work, find_ticket(work, who(), id))
        return render_template("tickets/_dues.html", ticket=id, clocks=running, settled=settled)


@blueprint.post("/tickets/<int:id>/replies")
def answer(id: int) -> Any:
    """A reply: held for the undo time, then sent once, whatever the line does to this request."""
    form = request.form
    seen = form.get("seen", "")
    answers = form.get("answers", "")

    def do(work: Work) -> Message:
        ticket = find_ticket(work, who(), id)
        channel, _identity = reply.choose(work, ticket, form.get("channel") or None, form.get("address") or None)
        message, _new = reply.reply(
            work,
            who(),
            id,
            text=form.get("text", ""),
            client_key=form.get("client_key") or None,
            channel=form.get("channel") or None,
            address=form.get("address") or None,
            seen=int(seen) if seen.isdigit() else None,
            files=files_of(work, id),
            answers=int(answers) if answers.isdigit() and len(answers) < 16 else None,
            then=form.get("then") or None,
            reason=form.get("reason") or None,
            undo_s=holding.undo_s(work, who(), work.store.connectors[channel.kind]),
            send_at=hour(form),
        )
        tickets.read(work, who(), id, message.id)
        drafts.drop(work, who(), id, "reply", numbers("uploads"))
        return message

    try:
        message = store().write(do)
    except ThreadMoved:
        return _overtaken(id, int(seen))
    return _message_streams(message)


blueprint.add_url_rule("/tickets/<int:id>/replies", endpoint="reply", view_func=answer, methods=["POST"])


def _message_streams(message: Message) -> Any:
    if not wants_streams():
        return redirect(url_for("tickets.show", id=message.ticket_id), 303)
    with store().reading() as work:
        fresh = work.get_one(Message, message.id)
        ticket = work.get_one(Ticket, message.ticket_id)
        item = threads.item_of_message(work, fresh)
        html = render_template("tickets/streams/item.html", item=item, ticket=ticket.id)
        html += render_template("tickets/streams/head.html", head=threads.head(work, ticket))
        html += render_template("tickets/streams/row.html", row=rows.row(work, ticket))
    return streams(html, 201)


def _overtaken(number: int, seen: int) -> Any:
    with store().reading() as work:
        view, items = moved(work, who(), number, seen)
        if wants_streams():
            return streams(render_template("tickets/streams/moved.html", moved=view, items=items), 409)
        ticket = find_ticket(work, who(), number)
        return _whole(work, Asked(), ticket), 409


@blueprint.post("/tickets/<int:id>/notes")
def note(id: int) -> Any:
    """A note for the team."""
    form = request.form

    def do(work: Work) -> Message:
        files, key = files_of(work, id), form.get("client_key") or None
        message, _new = reply.note(work, who(), id, text=form.get("text", ""), client_key=key, files=files)
        drafts.drop(work, who(), id, "note", numbers("uploads"))
        return message

    return _message_streams(store().write(do))


def _changed(number: int) -> Any:
    """The head and the row again, for whoever just changed the ticket; the others hear of it from the log."""
    if not wants_streams():
        return redirect(safe_next(request.form.get("next", ""), url_for("tickets.show", id=number)), 303)
    with store().reading() as work:
        ticket = work.get_one(Ticket, number)
        html = render_template("tickets/streams/head.html", head=threads.head(work, ticket))
        html += render_template("tickets/streams/row.html", row=rows.row(work, ticket))
    return streams(html)


@blueprint.post("/tickets/<int:id>/assign")
def assign(id: int) -> Any:
    """To an agent, a team, or nobody; what the form does not name stays."""
    form = request.form
    with store().transaction() as work:
        tickets.assign(
            work,
            who(),
            id,
            agent=(form["agent"] or None) if "agent" in form else tickets.KEEP,
            team=(form["team"] or None) if "team" in form else tickets.KEEP,
        )
    return _changed(id)


@blueprint.post("/tickets/<int:id>/status")
def status(id: int) -> Any:
    """Resolve, reopen, wait, snooze."""
    form = request.form
    state, moment = status_of(form)
    with store().transaction() as work:
        tickets.set_status(work, who(), id, state, reason=form.get("reason") or None, until=moment)
    return _changed(id)


@blueprint.post("/tickets/<int:id>/tags")
def tag(id: int) -> Any:
    """Adds or removes a tag."""
    with store().transaction() as work:
        tickets.tag(work, who(), id, request.form.get("tag", ""), op=request.form.get("op", "add"))
    return _changed(id)


@blueprint.post("/tickets/<int:id>/priority")
def priority(id: int) -> Any:
    """Sets the priority."""
    with store().transaction() as work:
        tickets.prioritise(work, who(), id, request.form.get("priority", ""))
    return _changed(id)


@blueprint.post("/tickets/<int:id>/band")
def band(id: int) -> Any:
    """Puts the customer into a band."""
    with store().transaction() as work:
        bands.set_band(work, who(), id, request.form.get("band", ""))
    return _changed(id)


@blueprint.post("/tickets/<int:id>/reason")
def reason(id: int) -> Any:
    """Sets the contact reason."""
    with store().transaction() as work:
        tickets.set_reason(work, who(), id, request.form.get("reason") or None)
    return _changed(id)


@blueprint.post("/tickets/<int:id>/exempt")
def exempt(id: int) -> Any:
    """Leaves it out of net FCR: the whole is drawn again, since the details say so too."""
    with store().transaction() as work:
        tickets.exempt(work, who(), id)
    return redirect(url_for("tickets.show", id=id), 303)


@blueprint.post("/tickets/<int:id>/read")
def read(id: int) -> Any:
    """The thread was on screen for a second: mine is read up to there."""
    up_to = request.form.get("message", "")
    with store().transaction() as work:
        ticket = find_ticket(work, who(), id)
        last = int(up_to) if up_to.isdigit() else ticket.last_in_id or 0
        tickets.read(work, who(), id, last)
    return Response(status=204) if wants_streams() or request.headers.get("X-Requested-With") else _changed(id)
