"""Figures from the desk's own log, under the keys of docs/metrics.md: the command line's JSON."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from flask import Response
from pydantic import Field

from inbox import clock
from inbox.api.answers import BASIS, based
from inbox.api.routes import HIGHEST, Binary, Call, Nothing, Query, Routes
from inbox.errors import Invalid
from inbox.metrics.sums import DIMENSIONS
from inbox.reading import figures
from inbox.reading.behind import Beside
from inbox.reading.definitions import DEFINITIONS
from inbox.reading.listing import listing

__all__ = ["routes"]

routes = Routes()
META = "Also tell in a member ``meta`` what the headers say: ``seq``, ``as_of``, ``config``, ``rebuilding`` in percent."
CASES = Binary(
    "application/json",
    '{"figure", "kind", "total", "items", "next"}; ``next`` is null at the end. By ``kind`` the items are'
    ' ``case`` {"case", "ticket", "channel", "reason", "t0", "amount", "counted", "class", "why", "matures"}, newest'
    ' first; ``customer`` {"customer", "name", "ticket", "since", "until", "amount", "counted"} of ``ret.*``,'
    ' ``silence.*`` and ``clv.*``, who left first; ``post`` {"post", "channel", "amount"} and ``mention`` {"mention",'
    ' "channel", "day", "amount", "counted"} of ``social.*``.'
    " ``amount`` is a count, milliseconds or micro-units of money; of handle time it is null until figures per person"
    " are allowed. ``counted`` is whether it is one of the k, null while that is undecided or where there is no such"
    " thing. ``class`` and ``why`` say for first contact resolution why a case counted or not. Of a customer ``name``"
    " and the newest ``ticket`` are what the desk knows and the caller may see; ``since`` and ``until`` are of the"
    " contract.",
)
MEANINGS = Binary("application/json", 'By family of keys: {"fcr7": {"name", "meaning"}, …}.')
SETTINGS = Binary(
    "application/json",
    "Hours, promises, time zone, currency and the rest, as ``sportello report --config`` reads them.",
)
MOST = 10_000
#: Values may have commas of their own.
_BETWEEN = re.compile(rf",(?=(?:{'|'.join(DIMENSIONS)})=)")
REPORT = Binary(
    "application/json", 'One object of slices: {"all": {key: value}, "channel=email": {…}}; null is unknown.'
)


class ReportQuery(Query):
    """Which period, and cut how."""

    first: dt.date = Field(alias="from", description="The first local day.")
    end: dt.date = Field(alias="to", description="The day after the last one.")
    by: Literal["channel", "agent", "team", "reason", "tag"] | None = Field(None, description="One slice per value.")
    where: str = Field("", description="Only what has these values: ``channel=email,reason=Billing``.")
    as_of: dt.datetime | None = Field(None, description="As it was known then, with a zone; now without.")
    compare: Literal["previous", "year"] | None = Field(None, description="Beside the period before, or a year before.")
    exact: bool = Field(False, description="Exact percentiles, however long the log is; else at most 1.6 % off.")
    keys: str = Field("", description="Only these figures: ``fcr7.rate`` for one, ``fcr7,aht`` for families; else all.")
    meta: bool = Field(False, description=META)


@routes.get("/reports", REPORT, query=ReportQuery, right="reports.see", headers=BASIS)
def show_report(call: Call[ReportQuery, Nothing]) -> Response:
    """The figures of a period. Slices that show single people are refused until a setting names what allows them."""
    query = call.query
    with figures.looking(call.store) as work:
        found, basis = figures.answer(
            work,
            first=query.first.isoformat(),
            end=query.end.isoformat(),
            by=query.by,
            where=_pairs(query.where),
            compare=query.compare,
            as_of=query.as_of.isoformat() if query.as_of else None,
            exact=query.exact,
            keys=[name.strip() for name in query.keys.split(",") if name.strip()],
        )
    return _told(found, basis, meta=query.meta)


class CasesQuery(Query):
    """The cases behind which figure."""

    figure: str = Field(description="A key of the report: ``fcr7.rate``, ``vol.inbound``, ``aht.mean_ms``.")
    first: dt.date = Field(alias="from", description="The first local day.")
    end: dt.date = Field(alias="to", description="The day after the last one.")
    where: str = Field("", description="Only what has these values: ``channel=email,reason=Billing``.")
    as_of: dt.datetime | None = Field(None, description="As it was known then, with a zone; now without.")
    after: str = Field("", max_length=200, description="The ``next`` of the page before.")
    offset: int = Field(0, ge=0, le=HIGHEST, description="How many to leave out; ``after`` keeps its place meanwhile.")
    limit: int = Field(1_000, ge=1, le=MOST, description="How many at most.")
    meta: bool = Field(False, description=META)


@routes.get("/reports/cases", CASES, query=CasesQuery, right="reports.see", headers=BASIS)
def show_report_cases(call: Call[CasesQuery, Nothing]) -> Response:
    """The cases behind a figure of a period, for first contact resolution with why each counted or not; or the
    customers, posts or mentions that it counts."""
    query = call.query
    if query.as_of is not None and query.as_of.tzinfo is None:
        msg = "as_of has a zone, like 2026-03-01T00:00:00Z"
        raise Invalid(msg)
    with figures.looking(call.store) as work:
        asked = query.figure, (query.first, query.end), _pairs(query.where)
        beside = Beside(query.after, skip=query.offset)
        body = listing(work, call.who, *asked, limit=query.limit, beside=beside, as_of=query.as_of)
        basis = figures.basis(work, query.as_of)
    return _told(body, basis, meta=query.meta)


@routes.get("/reports/definitions", MEANINGS, right="reports.see")
def show_report_definitions(_call: Call[Nothing, Nothing]) -> Response:
    """What each figure means, in words."""
    body = {name: {"name": each.name, "meaning": each.meaning} for name, each in DEFINITIONS.items()}
    return Response(json.dumps(body, ensure_ascii=False), content_type="application/json")


@routes.get("/reports/config", SETTINGS, right="reports.see", headers=BASIS)
def show_report_config(call: Call[Nothing, Nothing]) -> Response:
    """The settings by which the figures are made: with them a report over the events is the desk's own."""
    with figures.looking(call.store) as work:
        basis = figures.basis(work)
    return _told(basis.config.raw, basis)


def _told(body: Mapping[str, Any], basis: figures.Basis, *, meta: bool = False) -> Response:
    if meta:
        facts = {"seq": basis.seq, "as_of": clock.iso(basis.as_of), "config": basis.config.digest}
        body = {**body, "meta": {**facts, "rebuilding": basis.rebuilt}}
    return based(Response(json.dumps(body, ensure_ascii=False), content_type="application/json"), basis)


def _pairs(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in _BETWEEN.split(text.strip(",")) if text else ():
        name, equals, value = part.partition("=")
        if not equals or not name or not value:
            msg = f"write where as name=value, not {part!r}"
            raise Invalid(msg, fields={"where": msg})
        if name in found:
            msg = f"where names {name} twice"
            raise Invalid(msg, fields={"where": msg})
        found[name] = value
    return found
