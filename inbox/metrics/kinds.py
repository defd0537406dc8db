"""What each kind of event must carry (section 2), and how a field is read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from inbox.metrics.times import millis, ordinal

__all__ = ["ENVELOPE", "KINDS", "SCALES", "Kind", "Wrong", "moment", "plausible", "possible", "refers"]

ENVELOPE = frozenset({"id", "seq", "ts", "rec", "kind", "actor", "address"})

#: The scale of each type of survey, unless it says its own.
SCALES = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7), "fcr": (0, 1)}

Reader = Callable[[Any], Any]


class Wrong(ValueError):
    """What is wrong with a line, as one sentence that quotes what stands there."""


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PLACES = 15  # before and after the decimal point
_EARLIEST, _LATEST = millis("1900-01-01T00:00:00Z"), millis("2200-01-01T00:00:00Z")


# Fields that are no names: truths, and what is read as something else.
_NO_NAMES = frozenset({"seq", "actor", "auto", "ack", "cont", "idle", "spam", "comment", "amount"})
# Fields that name a thing, a person or a line by an id that whoever wrote the log has given.
_REFERRING = frozenset(
    {
        *("ticket", "into", "from", "to", "msg", "msgs", "call", "session", "address", "agent", "team", "customer"),
        *("contract", "survey", "cost", "supersedes", "of", "post", "target"),
    }
)


class Kind(NamedTuple):
    """``needs`` are the fields without which the event says nothing, ``tells`` those without the envelope, ``known``
    all that mean something, ``names`` those that are texts; ``read`` replaces a value by what it means.
    """

    needs: tuple[str, ...]
    tells: tuple[str, ...]
    known: frozenset[str]
    names: frozenset[str]
    read: tuple[tuple[str, Reader], ...]


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Wrong(f"{value!r} is no number; write it like 1234.50")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise Wrong(f"{value!r} is no number; write it like 1234.50") from None
    if not number.is_finite():
        raise Wrong(f"{value!r} is no number; write it like 1234.50")
    if number and not -_PLACES <= number.adjusted() <= _PLACES:
        raise Wrong(f"{value!r} is no plausible number")
    return number


def _number_or_none(value: Any) -> Decimal | None:
    return None if value is None else _number(value)


def _count(value: Any) -> int:
    number = _number(value)
    if number != int(number) or abs(number) > 10**_PLACES:
        raise Wrong(f"{value!r} is no whole number")
    return int(number)


def _at_least_0(read: Reader) -> Reader:
    """What cannot be less than nothing: an amount, a counter, a weight."""

    def check(value: Any) -> Any:
        number = read(value)
        if number < 0:
            raise Wrong(f"{value!r} is less than 0")
        return number

    return check


def _rate(value: Any) -> Decimal:
    """Base units per unit of a currency."""
    number = _number(value)
    if number <= 0:
        raise Wrong(f"{value!r} is no rate; it is more than 0")
    return number


def _between(low: int, high: int, read: Reader = _number) -> Reader:
    def check(value: Any) -> Any:
        number = read(value)
        if number is not None and not low <= number <= high:
            raise Wrong(f"{value!r} does not lie between {low} and {high}")
        return number

    return check


def _date(value: Any) -> int:
    try:
        return ordinal(value if isinstance(value, str) and _DAY.fullmatch(value) else "")
    except ValueError:
        raise Wrong(f"{value!r} is no day; write it like 2026-03-09") from None


def _month(value: Any) -> tuple[int, int]:
    """The first day of a month and of the next, as day numbers."""
    try:
        first = dt.date.fromisoformat(f"{value}-01")
        return first.toordinal(), (first + dt.timedelta(days=31)).replace(day=1).toordinal()
    except (ValueError, OverflowError):
        raise Wrong(f"{value!r} is no month; write it like 2026-03") from None


def moment(value: Any) -> int:
    """The instant that a field names. Raises :class:`Wrong`."""
    try:
        return millis(value)
    except (ValueError, TypeError):
        raise Wrong(f"{value!r} is no time with a zone; write it like 2026-03-09T08:00:00Z") from None


def plausible(value: Any) -> int:
    """The instant of something that happened. Raises :class:`Wrong`."""
    at = moment(value)
    if not possible(at):
        raise Wrong(f"{value!r} is no plausible time")
    return at


def possible(at: int) -> bool:
    """Whether something can have happened at an instant."""
    return _EARLIEST <= at < _LATEST


def _spans(value: Any) -> list[tuple[int, int]]:
    if not isinstance(value, list):
        raise Wrong(f"{value!r} is no list of spans")
    spans = []
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2:
            raise Wrong(f"{pair!r} is no beginning and end")
        begin, end = (plausible(part) for part in pair)
        if end < begin:
            raise Wrong(f"an end before its start: {pair!r}")
        spans.append((begin, end))
    return sorted(spans)


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Wrong(f"{value!r} is no list of texts")
    return value


def _one_of(*words: str) -> Reader:
    def check(value: Any) -> Any:
        if not isinstance(value, str) or value not in words:
            raise Wrong(f"{value!r} is none of {', '.join(words)}")
        return value

    return check


def _kind(must: str, may: str = "", **read: Reader) -> Kind:
    tells = tuple(must.split())
    needs = ("id", "seq", "ts", *tells)
    known = ENVELOPE | set(needs) | set(may.split()) | set(read)
    return Kind(needs, tells, known, known - set(read) - _NO_NAMES, tuple(read.items()))


KINDS: dict[str, Kind] = {
    "ticket.created": _kind("ticket", "customer channel origin"),
    "ticket.identified": _kind("ticket", "customer"),
    "msg.in": _kind("ticket channel msg", "auto ack cont"),
    "msg.out": _kind("ticket channel msg", "auto"),
    "msg.classify": _kind("msg", "ack auto cont"),
    "note.added": _kind("ticket"),
    "ticket.assigned": _kind("ticket", "agent team"),
    "ticket.priority": _kind("ticket"),
    "ticket.band": _kind("ticket"),
    "ticket.reason": _kind("ticket reason"),
    "ticket.tag": _kind("ticket tag", "op", op=_one_of("add", "remove")),
    "ticket.fcr_exempt": _kind("ticket"),
    "ticket.status": _kind("ticket status", "cause", status=_one_of("open", "pending", "hold", "resolved", "closed")),
    "ticket.merged": _kind("ticket into"),
    "ticket.split": _kind("ticket from msgs", msgs=_texts),
    "ticket.linked": _kind("ticket to"),
    "ticket.spam": _kind("ticket spam"),
    "ticket.deleted": _kind("ticket why", why=_one_of("gdpr", "test", "spam")),
    "bot.handoff": _kind("ticket"),
    "handle.start": _kind("session ticket agent channel", "team"),
    "handle.beat": _kind("session", "idle"),
    "handle.end": _kind("session"),
    "handle.span": _kind("session ticket agent channel spans", "team", spans=_spans),
    "call.started": _kind("call ticket direction channel", direction=_one_of("in", "out")),
    "call.leg": _kind("call agent state", "team", state=_one_of("dial", "ring", "talk", "hold", "conf", "wrap", "end")),
    "call.ended": _kind("call", "why"),
    "agent.state": _kind("agent state", "team"),
    "cost.rate": _kind("per_hour from", "agent", **{"per_hour": _at_least_0(_number), "from": _date}),
    "cost.fixed": _kind("month amount currency", "channel", month=_month, amount=_at_least_0(_number)),
    "fx.rate": _kind("date ccy rate", date=_date, rate=_rate),
    "cost.provider": _kind(
        "cost channel amount currency type",
        "ticket msg call supersedes of",
        amount=_number,
        type=_one_of("estimate", "actual", "refund"),
    ),
    "survey.sent": _kind("survey type", "ticket touchpoint customer channel", min=_number_or_none, max=_number_or_none),
    "survey.answered": _kind("survey score", "comment", score=_number),
    "survey.followup": _kind("survey", "ticket"),
    "sentiment": _kind("msg score", "model", score=_between(-1, 1)),
    "customer.merged": _kind("customer into"),
    "customer.erased": _kind("customer"),
    "contract.started": _kind("contract customer ends", ends=moment),
    "contract.renewed": _kind("contract ends", "customer", ends=moment),
    "contract.ended": _kind("contract", "why customer"),
    "revenue": _kind("customer margin currency", amount=_number_or_none, margin=_number),
    "social.snapshot": _kind(
        "post channel likes comments shares impressions",
        likes=_at_least_0(_count),
        comments=_at_least_0(_count),
        shares=_at_least_0(_count),
        impressions=_at_least_0(_count),
    ),
    "social.mention": _kind("channel", sentiment=_between(-1, 1, _number_or_none)),
    "smi.answer": _kind(
        "item axis weight score",
        axis=_one_of("investment", "innovation"),
        weight=_at_least_0(_number),
        score=_between(0, 1),
    ),
    "void": _kind("target"),
}


def refers(kind: str) -> frozenset[str]:
    """The fields of a kind, known or not, that hold ids: texts, or lists of them."""
    known = KINDS.get(kind)
    other = {name for name, read in known.read if read is not _texts} if known is not None else set()
    return _REFERRING - other
