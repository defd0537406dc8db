"""Reports by mail as their page shows them: each with its schedule, whom it reaches and what became of the last one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from inbox.actions import report_mails as verbs
from inbox.actions import report_readers, report_stops
from inbox.actions.report_readers import Skipped
from inbox.actions.who import Who, may
from inbox.errors import NotFound
from inbox.reading import asking, once
from inbox.reading.cards import WORDS
from inbox.reading.pages.common import Form
from inbox.store import ReportMail, Work

__all__ = ["MailRow", "MailsPage", "StopPage", "page", "stopping", "typed"]


@dataclass(frozen=True)
class MailRow:
    """One report by mail. ``word`` is its page's name, a message of the catalogue; ``filters`` its filters as people
    read them (name, value); ``on_way`` while somebody's "send now" has not left yet; ``skipped`` are those of its
    people and addresses who get none, and why."""

    id: str
    name: str
    word: str
    page: str
    filters: tuple[tuple[str, str], ...]
    every: str
    weekday: int
    at: str
    people: tuple[str, ...]
    addresses: tuple[str, ...]
    paused: bool
    next_at: dt.datetime | None
    on_way: bool
    last_at: dt.datetime | None
    last_sent: int
    last_failed: int
    problem: str
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True)
class MailsPage:
    """``page`` of ``reports/mails.html``. POST ``mails.save``: ``name page period every weekday at people addresses``
    and the filters; ``mails.pause`` (``on``), ``mails.send``, ``mails.remove``: nothing more. ``editing`` is the id of
    the one whose form is open, ``new`` for a new one, "" for none; ``form`` is what stands in it."""

    rows: tuple[MailRow, ...]
    people: tuple[tuple[str, str], ...]
    editing: str
    form: Form
    zone: str
    may_outside: bool
    filters: tuple[tuple[str, str], ...] = ()
    pages: Mapping[str, str] = field(default_factory=lambda: WORDS)


@dataclass(frozen=True)
class StopPage:
    """``page`` of ``reports/stop.html``. POST ``stops.stop``: nothing. ``name`` is the report's, "" where the link
    leads to none; ``done`` where its reader gets it no more."""

    token: str
    name: str = ""
    done: bool = False


def stopping(work: Work, token: str) -> StopPage:
    """What the link under a mail opens: whether its reader gets the report still."""
    try:
        row, address = report_stops.opened(work, token)
    except NotFound:
        return StopPage(token)
    return StopPage(token, row.name, address in report_stops.stops(work, row))


def page(work: Work, who: Who, editing: str = "", form: Form | None = None) -> MailsPage:
    """The list, and the form of the one that is edited."""
    zone, _today = asking.today(work)
    known = form.values if form is not None else {}
    if editing and editing != "new" and form is None:
        known = typed(verbs.find(work, editing))
    return MailsPage(
        rows=tuple(_row(work, one) for one in verbs.all_of(work)),
        people=tuple((one.id, one.name) for one in report_readers.offered(work)),
        editing=editing,
        form=Form(known, form.errors if form is not None else {}),
        zone=zone,
        may_outside=may(who, "settings.change"),
        filters=_filters(work, known),
    )


def typed(row: ReportMail) -> dict[str, str]:
    """One as its form has it."""
    return {
        **{key: str(value) for key, value in row.asked.items()},
        "name": row.name,
        "page": row.page,
        "period": row.period,
        "every": row.every,
        "weekday": str(row.weekday),
        "at": row.at,
        "people": ",".join(row.people),
        "addresses": ", ".join(row.addresses),
    }


def _filters(work: Work, known: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    found = ((name, str(known[name])) for name in asking.FILTERS if known.get(name))
    return tuple((name, asking.named(work, name).get(value, value)) for name, value in found)


def _row(work: Work, one: ReportMail) -> MailRow:
    agents = once.agents(work)
    return MailRow(
        id=one.id,
        name=one.name,
        word=WORDS[one.page],
        page=one.page,
        filters=_filters(work, one.asked),
        every=one.every,
        weekday=one.weekday,
        at=one.at,
        people=tuple(agents[id].name for id in one.people if id in agents),
        addresses=tuple(one.addresses),
        paused=one.paused,
        next_at=one.next_at,
        on_way=one.asked_at is not None,
        last_at=one.last_at,
        last_sent=one.last_sent,
        last_failed=one.last_failed,
        problem=one.problem,
        skipped=report_readers.skipped(work, one),
    )
