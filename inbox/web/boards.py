"""The live board."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from inbox.reading.board import board
from inbox.web.gate import frame, right, store, who

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
