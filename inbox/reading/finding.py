"""Finding: which messages and tickets hold what somebody asks for, newest first, as far as the asker may see."""

from __future__ import annotations

import datetime as dt
import json
import re
import zoneinfo
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from babel import Locale
from sqlalchemy import ColumnElement, Row, Subquery, exists, func, null, or_, select, text, union_all

from inbox import search
from inbox.actions import desk as settings
from inbox.actions.who import Who, visible
from inbox.errors import Invalid
from inbox.reading import once
from inbox.search import Asked
from inbox.store import Attachment, Customer, Message, Ticket, TicketTag, Work
from inbox.terms import Status

__all__ = ["A_GLANCE", "Found", "find", "numbers", "tickets"]

_OPEN: Final = (Status.NEW, Status.OPEN)
_STATES: Final[dict[str, tuple[Status, ...]]] = {
    **dict.fromkeys(("open", "aperto", "aperti"), _OPEN),
    **dict.fromkeys(("new", "nuovo", "nuovi"), (Status.NEW,)),
    **dict.fromkeys(("pending", "attesa"), (Status.PENDING,)),
    **dict.fromkeys(("snoozed", "rimandato", "rimandati"), (Status.SNOOZED,)),
    **dict.fromkeys(("resolved", "risolto", "risolti"), (Status.RESOLVED,)),
    **dict.fromkeys(("closed", "chiuso", "chiusi"), (Status.CLOSED,)),
}
_MINE: Final = frozenset({"mine", "mio", "miei"})
_NOBODYS: Final = frozenset({"unassigned", "libero", "liberi"})
_DATE: Final = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?|(\d{1,2})[/.](\d{1,2})[/.](\d{4})")


@dataclass(frozen=True)
class Depth:
    """How far a look goes: so many of the newest messages that hold the words, in steps, until ``enough`` of them pass
    everything else, too."""

    steps: tuple[int, ...]
    enough: int


#: For who reads what was found; most searches need the first step alone.
A_PAGE: Final = Depth((1_000, 3_000, 6_000), 100)
#: For who types and sees a few lines.
A_GLANCE: Final = Depth((200, 1_000), 20)
#: For who wants numbers of tickets and nothing else.
A_LIST: Final = Depth((5_000, 15_000), 5_000)


@dataclass(frozen=True)
class Found:
    """Messages that were found, newest first, one per ticket; ``message`` is None where the ticket itself was.

    ``more`` is True where not everything was looked at; ``older`` is then where to look on, if that can be.
    """

    rows: list[Row[Any]]
    more: bool = False
    older: int | None = None


#: When a message was written, or a ticket that is found by itself had its last one. The first says nothing of the
#: ticket: thousands of messages that are too old or too new are passed over before their tickets are read.
_When = ColumnElement[dt.datetime]
_WRITTEN: Final[_When] = Message.at.expression
_LAST: Final[_When] = func.coalesce(Message.at, Ticket.active_at, type_=Message.at.type)


# --- operators --------------------------------------------------------------------------------------------------


def _channel(work: Work, _who: Who, values: Sequence[str], _at: _When) -> ColumnElement[bool]:
    wanted = [search.plain(value) for value in values]
    ids = [
        one.id
        for one in once.channels(work).values()
        if any(value in {search.plain(word) for word in (one.kind, one.name, one.title)} for value in wanted)
    ]
    if not ids:
        raise _unknown("channel", "the name of a channel, or a kind such as email or sms")
    return or_(Message.channel_id.in_(ids), Ticket.channel_id.in_(ids))


def _tag(_work: Work, _who: Who, values: Sequence[str], _at: _When) -> ColumnElement[bool]:
    words = {word for value in values for word in (value, value.casefold())}
    return Ticket.id.in_(select(TicketTag.ticket_id).where(TicketTag.tag.in_(sorted(words))))


def _language(_work: Work, _who: Who, values: Sequence[str], _at: _When) -> ColumnElement[bool]:
    codes = [code for value in values if (code := _code(search.plain(value)))]
    if not codes:
        raise _unknown("language", "a language, by its name or two letters: it, Italian")
    return exists().where(Customer.id == Ticket.customer_id, Customer.language.in_(codes))


@cache
def _called() -> dict[str, str]:
    """What languages are called, in ours, and their codes."""
    names = ((code, name) for own in ("en", "it") for code, name in Locale(own).languages.items())
    return {search.plain(name): code for code, name in names if len(code) == 2}


def _code(value: str) -> str:
    return value if re.fullmatch(r"[a-z]{2}(-[a-z]{2})?", value) else _called().get(value, "")


def _is(_work: Work, who: Who, values: Sequence[str], _at: _When) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = []
    for value in map(search.plain, values):
        if value in _STATES:
            parts.append(Ticket.status.in_(_STATES[value]))
        elif value in _MINE:
            parts.append(Ticket.assignee_id == who.id)
        elif value in _NOBODYS:
            parts.append(Ticket.assignee_id.is_(None))
        else:
            raise _unknown("is", "open, new, pending, snoozed, resolved, closed, mine or unassigned")
    return or_(*parts)


def _before(work: Work, _who: Who, values: Sequence[str], at: _When) -> ColumnElement[bool]:
    begin = min(_days(work, "before", value)[0] for value in values)
    return begin > at


def _after(work: Work, _who: Who, values: Sequence[str], at: _When) -> ColumnElement[bool]:
    end = max(_days(work, "after", value)[1] for value in values)
    return end <= at


_CONDITIONS: Final[dict[str, Callable[[Work, Who, Sequence[str], _When], ColumnElement[bool]]]] = {
    "channel": _channel,
    "tag": _tag,
    "language": _language,
    "is": _is,
    "before": _before,
    "after": _after,
}


def _unknown(name: str, takes: str) -> Invalid:
    msg = f"{name}: takes {takes}"
    return Invalid(msg, fields={"q": msg})


def _days(work: Work, name: str, value: str) -> tuple[dt.datetime, dt.datetime]:
    """The begin of a day, month or year at the desk, and its end. Raises :class:`Invalid`."""
    found = _DATE.fullmatch(value)
    zone = zoneinfo.ZoneInfo(settings.get(work, "desk.timezone"))
    try:
        if found is None:
            raise ValueError(value)
        year, month, day = found[1] or found[6], found[2] or found[5], found[3] or found[4]
        first = dt.datetime(int(year), int(month or 1), int(day or 1), tzinfo=zone)
        if day:
            end = first + dt.timedelta(days=1)
        elif month:
            end = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
        else:
            end = first.replace(year=first.year + 1)
    except (ValueError, OverflowError):
        raise _unknown(name, "a day such as 2026-11-20 or 20/11/2026, a month (2026-11) or a year (2026)") from None
    return first.astimezone(dt.UTC), end.astimezone(dt.UTC)


# --- looking ----------------------------------------------------------------------------------------------------


def find(
    work: Work,
    who: Who,
    asked: Asked,
    *,
    narrowed: Sequence[ColumnElement[bool]] = (),
    before: int | None = None,
    depth: Depth | None = None,
) -> Found:
    """The tickets with what is asked for; ``narrowed`` are more conditions, ``before`` is the ``older`` of a look.

    Rows are (message, ticket, status, kind, assignee). Raises :class:`Invalid` for a value that its operator does not
    take.
    """
    depth = depth or A_PAGE
    alone = not (asked.words or asked.exact or asked.operators.get("from"))
    at, operators = _LAST if alone else _WRITTEN, asked.operators.items()
    conditions = [visible(who), *narrowed]
    conditions += [_CONDITIONS[name](work, who, values, at) for name, values in operators if name != "from"]
    first: dict[int, Row[Any]] = {}
    if asked.number is not None and before is None and not asked.operators:
        first |= {row.ticket: row for row in work.execute(_alone().where(Ticket.id == asked.number, *conditions))}
    if alone:
        query = _alone().where(Ticket.merged_into.is_(None), *conditions)
        rows = work.execute(_newest(query, _states(asked), depth.enough + 1)).all()
        return Found([*rows[: depth.enough]], more=len(rows) > depth.enough)
    older, passed = before, 0
    for step in depth.steps[:2] if asked.exact else depth.steps:  # reading texts takes longer than counting words
        ids = search.find(work, asked, limit=step, before=older)
        for row in _passing(work, asked, ids, conditions):
            first.setdefault(row.ticket, row)
            passed += 1
        older = ids[-1] if len(ids) == step else None
        if older is None or passed >= depth.enough:
            break
    return Found(list(first.values()), older is not None, older)


def tickets(work: Work, who: Who, query: str) -> set[int]:
    """The numbers of the tickets that a query finds, as far back as it looks at once."""
    asked = search.asked(query)
    return {row.ticket for row in find(work, who, asked, depth=A_LIST).rows} if asked else set()


def _states(asked: Asked) -> list[Status]:
    """The states that are asked for, where nothing else would do."""
    named = [_STATES.get(search.plain(value)) for value in asked.operators.get("is", ())]
    return [] if None in named else list(dict.fromkeys(state for some in named for state in some or ()))


def _newest(query: Any, states: Sequence[Status], count: int) -> Any:
    """So many of the query's tickets, those first that something happened to last. Of several ``states`` each is asked
    for by itself: within one the index has the tickets in this order, otherwise all of them would be sorted."""
    order = Ticket.active_at.desc()
    if not states:
        return query.order_by(order).limit(count)
    each = query.add_columns(Ticket.active_at)
    few = [each.where(Ticket.status == state).order_by(order).limit(count).subquery().select() for state in states]
    every = union_all(*few).subquery()
    return (
        select(*[column for column in every.c if column.name != "active_at"])
        .order_by(every.c.active_at.desc())
        .limit(count)
    )


#: What exact words are looked for in, beside the names of files: one column is read sooner than four.
_WHOLE: Final = (
    func.coalesce(Message.subject, "")
    .concat("\n")
    .concat(func.coalesce(Message.full_text, Message.text))
    .concat("\n")
    .concat(Message.from_name)
    .concat(" ")
    .concat(Message.from_address)
    .label("whole")
)
_TEXT: Final[tuple[Any, ...]] = (Message.id.label("message"), _WHOLE)
_COLUMNS: Final = (Ticket.id.label("ticket"), Ticket.status, Ticket.kind, Ticket.assignee_id)


def _alone() -> Any:
    """Tickets by themselves, beside the last thing that a customer said in them."""
    return select(null().label("message"), *_COLUMNS).outerjoin(Message, Message.id == Ticket.last_in_id)


def _passing(work: Work, asked: Asked, ids: Sequence[int], conditions: Sequence[ColumnElement[bool]]) -> list[Row[Any]]:
    """Those of the messages that hold everything asked for, in their order."""
    patterns, names = search.exactly(asked.exact), asked.operators.get("from", ())
    if patterns and not asked.operators:  # the texts alone decide: thousands may be read for a few that pass
        hit = numbers(work, ids)
        texts = select(*_TEXT).join(hit, hit.c.id == Message.id)
        ids, patterns = _holding(work, work.execute(texts).all(), patterns), []
    if not ids:
        return []
    hit = numbers(work, ids)
    more: list[Any] = [Message.from_name, Message.from_address] if names else []
    query = (
        select(Message.id.label("message"), *_COLUMNS, *more, *([_WHOLE] if patterns else ()))
        .select_from(hit)
        .join(Message, Message.id == hit.c.id)
        .join(Ticket, Ticket.id == Message.ticket_id)
        .where(*conditions)
        .order_by(Message.id.desc())
    )
    rows = [row for row in work.execute(query).all() if not names or _by(row, names)]
    if patterns:
        held = set(_holding(work, rows, patterns))
        rows = [row for row in rows if row.message in held]
    return rows


def _by(row: Row[Any], names: Sequence[str]) -> bool:
    """True where one of the names is whose message it is, each of their words by its beginning."""
    own = search.parts(f"{row.from_name} {row.from_address}")
    wanted = [search.parts(name) for name in names]
    return any(all(any(word.startswith(each) for word in own) for each in name) for name in wanted)


def _holding(work: Work, rows: Sequence[Row[Any]], patterns: Sequence[re.Pattern[str]]) -> list[int]:
    """Those whose text, subject, sender or files' names have the exact words."""
    missing: dict[int, list[re.Pattern[str]]] = {}
    for row in rows:
        whole = search.plain(row.whole)
        if some := [pattern for pattern in patterns if not pattern.search(whole)]:
            missing[row.message] = some
    files: dict[int, str] = defaultdict(str)
    hit = numbers(work, [*missing])
    names = select(Attachment.message_id, Attachment.name).join(hit, hit.c.id == Attachment.message_id)
    for message, name in work.execute(names).all():
        files[message or 0] += search.plain(name) + "\n"
    there = {id for id, named in files.items() if all(pattern.search(named) for pattern in missing[id])}
    return [row.message for row in rows if row.message not in missing or row.message in there]


def numbers(work: Work, ids: Sequence[int]) -> Subquery:
    """Numbers as a table to join, however many: a list of them would be one parameter each. They are sent as one text,
    which costs a fifth of an array that the driver writes.

    PostgreSQL is not to know how many: for some thousands it would read all tickets rather than those by their keys.
    """
    sqlite = work.store.is_sqlite
    each = text(
        "SELECT value AS id FROM json_each(:ids)" if sqlite else "SELECT unnest((SELECT CAST(:ids AS bigint[]))) AS id"
    )
    listed = json.dumps(ids)
    return each.bindparams(ids=listed if sqlite else f"{{{listed[1:-1]}}}").columns(Message.id).subquery("hit")
