"""The live board."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from inbox.actions import balancing
from inbox.actions.balancing import Move
from inbox.errors import Conflict
from inbox.reading import board as reading
from inbox.reading.board import board
from inbox.web.gate import frame, right, store, who
from inbox.web.wording import worded

__all__ = ["blueprint"]

blueprint = Blueprint("board", __name__)


def _drawn(template: str) -> str:
    moving = request.args.get("move", "")
    with store().reading() as work:
        page = board(work, who(), request.args.get("team", ""), int(moving) if moving.isdigit() else None)
        return render_template(template, **frame(work, "board"), page=page)


@blueprint.get("/board")
@right("board.see")
def index() -> str:
    """The board as a page."""
    return _drawn("board/index.html")


@blueprint.get("/board/lanes")
@right("board.see")
def lanes() -> str:
    """Its live part, fetched again when something happened."""
    return _drawn("board/_lanes.html")


@blueprint.route("/board/balance", methods=["GET", "POST"])
@right("board.see")
def balance() -> Any:
    """What evening the load out would move, before anything moves; and the moves that were chosen."""
    if request.method == "POST":
        return _balance()
    with store().reading() as work:
        page = reading.balance(work, who(), request.args.get("team", ""))
        return render_template("board/balance.html", **frame(work, "board"), page=page)


def _balance() -> Any:
    chosen = request.form.getlist("moves")
    team = request.form.get("team") or None
    if not chosen:
        return redirect(url_for("board.index", team=team), 303)
    moves = [Move(int(n), source, target) for n, source, target in map(_parts, chosen) if n.isdigit() and len(n) < 16]
    batch, done = store().write(lambda work: balancing.apply(work, who(), moves))
    words = ngettext("%(num)s ticket moved.", "%(num)s tickets moved.", done)
    if len(chosen) > done:
        words = " ".join((words, _("The others had been moved already.")))
    flash(words, "ok")
    return redirect(url_for("board.index", team=team, batch=batch if done else None), 303)


def _parts(text: str) -> tuple[str, str, str]:
    ticket, source, target = [*text.split(":", 2), "", ""][:3]
    return ticket, source, target


@blueprint.post("/board/balance/<id>/undo")
@right("board.see")
def balance_undo(id: str) -> Any:
    """Takes a balancing back, all of it that nobody has changed since."""
    try:
        back, stays = store().write(lambda work: balancing.take_back(work, who(), id))
    except Conflict as problem:
        flash(worded(problem.detail), "bad")
    else:
        words = ngettext("%(num)s ticket is back where it was.", "%(num)s tickets are back where they were.", back)
        if stays:
            more = ngettext("%(num)s was moved on since.", "%(num)s were moved on since.", stays)
            words = f"{words} {more}"
        flash(words, "ok")
    return redirect(url_for("board.index", team=request.form.get("team") or None), 303)
