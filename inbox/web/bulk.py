"""One thing for many tickets: begun by a form, watched, stopped and taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy import select

from inbox import clock
from inbox.actions import bulk as runs
from inbox.actions.who import require
from inbox.reading import rows
from inbox.reading.parts import BulkView
from inbox.reading.views import lists
from inbox.store import BulkItem, BulkRun, Ticket, Work
from inbox.web.gate import store, wants_streams, who
from inbox.web.hours import status_of
from inbox.web.tickets import asked, streams
from inbox.web.wording import worded

__all__ = ["blueprint"]

blueprint = Blueprint("bulk", __name__)


@blueprint.post("/tickets/bulk")
def begin() -> Any:
    """The ticked tickets, or with ``whole`` all of the list that the address describes.

    A few are done while the browser waits; more are left to the worker, and watched.
    """
    form = request.form
    data = form.to_dict()
    if form.get("action") == "status":
        state, moment = status_of(form)
        data |= {"status": state, "until": clock.iso(moment) if moment is not None else ""}
    ids = [int(one) for one in form.getlist("ids") if one.isascii() and one.isdigit() and len(one) < 16]
    with store().transaction() as work:
        which = lists.whole(work, who(), asked(request.args)) if form.get("whole") else None
        run = runs.begin(work, who(), form.get("action", ""), data, ids=ids, which=which)
        if run.total <= runs.AT_ONCE:
            _work_off(work, run)
    return _told(run)


def _work_off(work: Work, run: BulkRun) -> None:
    while runs.step(work, run.id):
        pass


def _told(run: BulkRun) -> Any:
    """How far it is; and the lines of the tickets, where they are few and done."""
    if not wants_streams():
        where: dict[str, Any] = request.args.to_dict(flat=False)
        return redirect(url_for("tickets.index", **where), 303)
    with store().reading() as work:
        run = work.get_one(BulkRun, run.id)
        html = render_template("tickets/streams/bulk.html", run=_view(work, run))
        if run.total <= runs.AT_ONCE:
            part = select(BulkItem.ticket_id).where(BulkItem.run_id == run.id, BulkItem.outcome.in_(["done", "undone"]))
            lines = rows.rows_of(work, list(work.scalars(select(Ticket).where(Ticket.id.in_(part))).unique()))
            html += "".join(render_template("tickets/streams/row.html", row=row) for row in lines)
    return streams(html)


def _view(work: Work, run: BulkRun) -> BulkView:
    view = lists.bulk_view(work, run)
    return replace(view, problems=tuple((worded(sentence), number) for sentence, number in view.problems))


@blueprint.get("/tickets/bulk/<int:id>")
def show(id: int) -> Any:
    """How far a run is, for its frame."""
    with store().reading() as work:
        return render_template("tickets/_bulk_run.html", run=_view(work, runs.find(work, who(), id)))


@blueprint.get("/tickets/count")
def count() -> Response:
    """How many tickets a list holds, whatever of it is on the screen."""
    require(who(), "ticket.bulk")
    with store().reading() as work:
        return Response(str(lists.count(work, who(), asked(request.args))), content_type="text/plain; charset=utf-8")


@blueprint.post("/tickets/bulk/<int:id>/stop")
def stop(id: int) -> Any:
    """Ends it where it is."""
    with store().transaction() as work:
        run = runs.stop(work, who(), id)
    return _told(run)


@blueprint.post("/tickets/bulk/<int:id>/undo")
def undo(id: int) -> Any:
    """Takes all of it back."""
    with store().transaction() as work:
        run = runs.take_back(work, who(), id)
        if run.total <= runs.AT_ONCE:
            _work_off(work, run)
    return _told(run)


@blueprint.post("/tickets/bulk/<int:id>/dismiss")
def dismiss(id: int) -> Any:
    """Puts what is said of it away."""
    with store().transaction() as work:
        runs.dismiss(work, who(), id)
    if not wants_streams():
        return redirect(url_for("tickets.index"), 303)
    return streams(render_template("tickets/streams/bulk.html", run=None))
