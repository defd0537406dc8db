"""What a rule asks of a ticket before it acts: what views can filter by, and what was written, by whom and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, false, func, not_, select

from inbox.actions import desk, hours
from inbox.actions.hearing import sounds
from inbox.actions.rules import scores
from inbox.actions.rules.kinds import Case
from inbox.actions.who import SYSTEM
from inbox.errors import Invalid
from inbox.reading.views import filters
from inbox.sentiment import BAD, GOOD, spoken
from inbox.store import Agent, Channel, Message, Team, Ticket, Work
from inbox.terms import Direction

__all__ = ["FIELDS", "LONGEST", "MOST", "Field", "checked", "clauses", "lost", "met"]

MOST: Final = 20
LONGEST: Final = 500  # letters of all the words of one condition
_BATCH: Final = 500
Words = tuple[str, ...]


@dataclass(frozen=True)
class Field:
    """One thing that can be asked. ``known``: the words there are, None: any. ``typed``: they are written, not chosen.
    Without ``test`` it is a field of the views; one that gives None is neither so nor not so."""

    test: Callable[[Work, Case, Words], bool | None] | None = None
    known: Words | None = None
    typed: bool = False


def _said(case: Case) -> str:
    message = case.message
    return f"{message.subject or ''}\n{message.text}".casefold() if message is not None else ""


def _text(_work: Work, case: Case, words: Words) -> bool:
    return any(word.casefold() in _said(case) for word in words)


def _subject(_work: Work, case: Case, words: Words) -> bool:
    own = case.message.subject if case.message is not None else None
    subject = (own or case.ticket.subject).casefold()
    return any(word.casefold() in subject for word in words)


def _sender(_work: Work, case: Case, words: Words) -> bool:
    """A whole address, or a domain with all that is below it."""
    address = case.message.from_address.lower() if case.message is not None else ""
    domain = address.rpartition("@")[2]
    for word in words:
        wanted = word.lower().strip()
        whole = "@" in wanted.lstrip("@")
        below = wanted.lstrip("@")
        if address == wanted or (not whole and below and (domain == below or domain.endswith(f".{below}"))):
            return True
    return False


def _language(_work: Work, case: Case, words: Words) -> bool:
    return (spoken(case.message.text) or "other") in words if case.message is not None else False


def _first(work: Work, case: Case, words: Words) -> bool:
    if case.message is None:
        return False
    earlier = select(Message.id).where(
        Message.ticket_id == case.ticket.id, Message.direction == Direction.IN, Message.id < case.message.id
    )
    return ("yes" if work.scalar(earlier.limit(1)) is None else "no") in words


def _mood(work: Work, case: Case, words: Words) -> bool:
    if case.message is None:
        return False
    value = sounds(work, case.message)
    return ("bad" if value <= BAD else "good" if value >= GOOD else "plain") in words


def _hours(work: Work, case: Case, words: Words) -> bool:
    return ("open" if hours.is_open(work, case.ticket, case.at) else "closed") in words


def _band(_work: Work, case: Case, words: Words) -> bool:
    customer = case.ticket.customer
    return (customer.band if customer is not None and customer.band else "none") in words


def _unanswered(_work: Work, _case: Case, _words: Words) -> None:
    """Only the line of an answer says what was answered, and only to its own question."""


#: Every field in the order in which it is offered; add, never rename: they are stored.
FIELDS: Final[dict[str, Field]] = {
    "text": Field(_text, typed=True),
    "subject": Field(_subject, typed=True),
    "sender": Field(_sender, typed=True),
    "channel": Field(),
    "hours": Field(_hours, ("open", "closed")),
    "first": Field(_first, ("yes", "no")),
    "language": Field(_language, ("it", "en", "other")),
    "mood": Field(_mood, ("bad", "plain", "good")),
    "band": Field(_band),
    "tag": Field(typed=True),
    "priority": Field(),
    "status": Field(known=tuple(word for word in filters.STATUSES)),
    "team": Field(),
    "agent": Field(),
    "reason": Field(),
    "field": Field(),
    "due": Field(),
    **{name: Field(_unanswered, known) for name, known in scores.FIELDS.items()},
}


def checked(conditions: Sequence[Any]) -> list[dict[str, Any]]:
    """The conditions as they are stored: ``{"field", "not", "words"}``, those of one field and sense joined, for their
    words are alternatives. Raises :class:`Invalid`."""
    joined: dict[tuple[str, bool], list[str]] = {}
    for each in conditions:
        name, words = str(each.get("field", "")), [" ".join(str(one).split()) for one in each.get("words", ())]
        field = FIELDS.get(name)
        words = [word.lower() if name == "tag" else word for word in words if word]
        if field is None or not words or len(", ".join(words)) > LONGEST or len(words) > filters.MOST:
            msg = "say for each condition what it looks for"
            raise Invalid(msg, fields={"conditions": msg})
        if field.known is not None:
            wrong = next((word for word in words if word not in field.known), None)
        else:
            wrong = _no_word_of_views(name, words) if field.test is None else None
        if wrong is not None:
            msg = f"{wrong!r} is nothing that a rule can look for here; choose again"
            raise Invalid(msg, fields={"conditions": msg})
        held = joined.setdefault((name, bool(each.get("not"))), [])
        held += [word for word in words if word not in held]
    if len(joined) > MOST:
        msg = f"a rule has up to {MOST} conditions"
        raise Invalid(msg, fields={"conditions": msg})
    return [{"field": name, "not": sense, "words": words} for (name, sense), words in joined.items()]


#: Of the fields whose words name things of this desk, the words that there are.
_THERE: Final[dict[str, Callable[[Work], Iterable[str]]]] = {
    "agent": lambda work: work.scalars(select(Agent.id)),
    "band": lambda work: desk.get(work, "routing.bands"),
    "channel": lambda work: work.scalars(select(Channel.id).where(Channel.removed_at.is_(None))),
    "team": lambda work: work.scalars(select(Team.id)),
}
#: Words that name nothing.
_OWN: Final = frozenset({"me", "none"})


def lost(work: Work, condition: Mapping[str, Any]) -> tuple[str, ...]:
    """The words of a condition that name what this desk does not have, or has no more: they find nothing."""
    there = _THERE.get(condition["field"])
    known = _OWN.union(there(work)) if there is not None else set(condition["words"])
    return tuple(word for word in condition["words"] if word not in known)


def _no_word_of_views(name: str, words: Sequence[str]) -> str | None:
    known = filters.FIELDS[name].known
    return next((word for word in words if known is not None and word not in known), None)


def clauses(conditions: Sequence[dict[str, Any]]) -> list[ColumnElement[bool]]:
    """Those of some conditions that the views know, as conditions on tickets."""
    found = []
    for each in conditions:
        if each["field"] in FIELDS and FIELDS[each["field"]].test is None:
            asked = filters.FIELDS[each["field"]].condition(tuple(each["words"]), SYSTEM)
            found.append(not_(func.coalesce(asked, false())) if each["not"] else asked)
    return found


def met(work: Work, conditions: Sequence[dict[str, Any]], cases: Sequence[Case]) -> list[bool]:
    """Which of some cases meet all the conditions. Those of the views are asked of the database, for many at once."""
    left = [True] * len(cases)
    for condition in conditions:
        name, words, sense = condition["field"], tuple(condition["words"]), bool(condition["not"])
        alive = [case for case, held in zip(cases, left, strict=True) if held]
        viewed = _viewed(work, name, words, alive) if name in FIELDS and FIELDS[name].test is None else set()
        for n, case in enumerate(cases):
            if left[n]:
                left[n] = _one(work, name, words, case, viewed) is (not sense)
    return left


def _one(work: Work, name: str, words: Words, case: Case, viewed: set[int]) -> bool | None:
    if name in case.told:
        return not case.told[name].isdisjoint(words)
    field = FIELDS.get(name)
    if field is None:
        return False
    return field.test(work, case, words) if field.test is not None else case.ticket.id in viewed


def _viewed(work: Work, name: str, words: Words, cases: Sequence[Case]) -> set[int]:
    """The tickets of some cases that a view with these words would hold."""
    asked = filters.FIELDS[name].condition(words, SYSTEM)
    ids = sorted({case.ticket.id for case in cases if name not in case.told})
    found: set[int] = set()
    for start in range(0, len(ids), _BATCH):
        some = ids[start : start + _BATCH]
        found |= set(work.scalars(select(Ticket.id).where(Ticket.id.in_(some), asked)))
    return found
