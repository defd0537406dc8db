"""One's own day: looked at, and put right by the one whose day it is."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from inbox import clock
from inbox.actions import corrections, desk
from inbox.actions.corrections import Span
from inbox.errors import Conflict, Invalid
from inbox.reading import days, figures
from inbox.reading.pages import Form
from inbox.store import Work
from inbox.web.gate import frame, store, who
from inbox.web.settings import done, typed
from inbox.web.wording import errors

__all__ = ["blueprint"]

blueprint = Blueprint("days", __name__)


@blueprint.get("/me/day")
def show() -> Any:
    """When I worked on what."""
    return _drawn()


def _drawn(status: int = 200, **more: Form) -> Any:
    with figures.looking(store()) as work:
        view = days.page(work, who(), {**request.args, **request.form})
        return render_template("days/show.html", **frame(work, "day"), page=replace(view, **more)), status  # type: ignore[arg-type]


@blueprint.post("/me/day/correct")
def correct() -> Any:
    """Makes a piece shorter, takes a pause out of it, or takes it away."""
    form = request.form

    def put_right(work: Work) -> None:
        piece = _piece(form.get("piece", ""))
        id, why, words = form.get("event", ""), form.get("why", ""), form.get("words", "")
        what = form.get("what", "")
        if what == "drop":
            corrections.drop(work, who(), id, piece, why, words)
            return
        verb = corrections.cut if what == "cut" else corrections.shorten
        verb(work, who(), id, piece, _inside(work, piece), why, words)

    return _written(put_right, "form")


@blueprint.post("/me/day/add")
def add() -> Any:
    """Adds a time that no browser saw."""
    form = request.form

    def put_down(work: Work) -> None:
        number = form.get("ticket", "").strip().removeprefix("#")
        if not (number.isascii() and number.isdigit() and len(number) < 16):
            text = "write the ticket's number"
            raise Invalid(text, fields={"ticket": text})
        corrections.add(work, who(), int(number), _typed(work), form.get("why", ""), form.get("words", ""))

    return _written(put_down, "adding")


def _written(do: Callable[[Work], None], place: str) -> Any:
    try:
        store().write(do)
    except (Invalid, Conflict) as problem:
        return _drawn(problem.status, **{place: Form(typed(), errors(problem))})
    return done(_("Saved. The figures follow."), "days.show", day=request.form.get("day", "") or None)


def _piece(text: str) -> Span:
    start, _between, end = text.partition("~")
    try:
        return clock.parse(start), clock.parse(end)
    except ValueError:
        msg = "this was corrected in the meantime; look at it again"
        raise Conflict(msg) from None


def _clock(name: str) -> dt.time:
    try:
        return dt.time.fromisoformat(request.form.get(name, "").strip())
    except ValueError:
        msg = "write an hour like 08:30"
        raise Invalid(msg, fields={name: msg}) from None


def _inside(work: Work, piece: Span) -> Span:
    """The typed hours as moments within a piece: its own ends where the second is the same, else on its days."""
    zone = zoneinfo.ZoneInfo(desk.get(work, "desk.timezone"))
    found = []
    for name in ("start", "end"):
        hour = _clock(name)
        own = next((each for each in piece if each.astimezone(zone).time().replace(microsecond=0) == hour), None)
        found.append(own or _near(hour, piece, zone))
    return found[0], found[1]


def _near(hour: dt.time, piece: Span, zone: zoneinfo.ZoneInfo) -> dt.datetime:
    """The moment of a wall time on the days of a piece, and when the clocks change in the hour that lies in it."""
    dates = dict.fromkeys(each.astimezone(zone).date() for each in piece)
    moments = [
        dt.datetime.combine(date, hour.replace(fold=fold), zone).astimezone(dt.UTC) for date in dates for fold in (0, 1)
    ]
    return next((each for each in moments if piece[0] <= each <= piece[1]), moments[0])


def _typed(work: Work) -> Span:
    """Day and hours of a time to add."""
    zone = zoneinfo.ZoneInfo(desk.get(work, "desk.timezone"))
    try:
        day = dt.date.fromisoformat(request.form.get("day", ""))
        start, end = (dt.datetime.combine(day, _clock(name), zone).astimezone(dt.UTC) for name in ("start", "end"))
    except (ValueError, OverflowError):  # the calendar's first midnight has no moment east of Greenwich
        msg = "write a day, like 2026-03-31"
        raise Invalid(msg, fields={"day": msg}) from None
    return start, end
