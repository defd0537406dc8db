"""What customers answer, and what the desk does about those who are unhappy."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select, update

from inbox import clock
from inbox.actions import desk, reply
from inbox.actions.surveys import doors
from inbox.actions.surveys.words import SCALES
from inbox.actions.who import SYSTEM, Who, find_ticket
from inbox.errors import Conflict, Invalid, NotFound
from inbox.store import Survey, Ticket, Work

__all__ = ["FOLLOW_UP", "LONGEST", "answer", "follow_up", "forget_old"]

LONGEST: Final = 2_000
#: Within so long a detractor is to hear from a person (docs/metrics.md, ``nps_loop``).
FOLLOW_UP: Final = dt.timedelta(hours=72)
DETRACTOR: Final = 6


def answer(work: Work, token: str, given: Mapping[str, str], comment: str | None = None) -> Survey:
    """Takes answers in, each as text by its question; the last one to a question counts. ``comment`` None leaves the
    words as they are. Raises :class:`Invalid`, :class:`Conflict` once it is over, :class:`NotFound`."""
    survey = doors.opened(work, token, to_answer=True)
    if doors.over(survey):
        msg = "this survey is over"
        raise Conflict(msg)
    scores = _scores(survey, given)
    words = (
        comment.replace("\r\n", "\n").replace("\x00", "").strip()[:LONGEST] if comment is not None else survey.comment
    )
    said = bool(words) and words != survey.comment
    changed = {ask: score for ask, score in scores.items() if survey.scores.get(ask) != score}
    survey.scores, survey.comment = {**survey.scores, **scores}, words
    if changed or said:
        survey.answered_at = clock.now()
    ticket = work.get_one(Ticket, survey.ticket_id)
    for ask, score in changed.items():
        _tell(work, survey, ticket, ask, score)
    if said:
        _note(work, ticket, words)
    if "nps" in changed:
        _wait(survey, unhappy=changed["nps"] <= DETRACTOR)
    return survey


def _wait(survey: Survey, *, unhappy: bool) -> None:
    """A detractor waits for somebody, also one whom somebody had spoken with before: the figures count from the last
    answer too."""
    survey.unhappy_at = clock.now() if unhappy else None
    if unhappy:
        survey.followed_at = survey.followed_by = None


def _scores(survey: Survey, given: Mapping[str, str]) -> dict[str, int]:
    found = {}
    for ask, text in given.items():
        low, high = SCALES[ask] if ask in survey.asks else (1, 0)
        if not (text.isascii() and text.isdigit() and len(text) < 3 and low <= int(text) <= high):
            msg = "choose one of the answers"
            raise Invalid(msg, fields={ask: msg})
        found[ask] = int(text)
    return found


def _tell(work: Work, survey: Survey, ticket: Ticket, ask: str, score: int) -> None:
    extra: dict[str, Any] = {"comment": True} if survey.comment else {}
    work.append(
        "survey.answered",
        actor=Who.customer(ticket.customer_id).actor,
        ticket=ticket.id,
        survey=f"{survey.id}-{ask}",
        score=score,
        type=ask,
        **extra,
    )


def _note(work: Work, ticket: Ticket, words: str) -> None:
    """The customer's words, where the team reads the ticket."""
    while ticket.merged_into is not None:
        ticket = work.get_one(Ticket, ticket.merged_into)
    reply.note(work, SYSTEM, ticket.id, text=f"“{words}”", client_key=uuid.uuid4().hex)


def follow_up(work: Work, who: Who, id: str) -> Survey:
    """Somebody has spoken with a detractor: ``survey.followup``. Raises :class:`NotFound` for one that they may not
    see, :class:`Conflict` where somebody was faster."""
    survey = work.scalar(select(Survey).where(Survey.id == id).with_for_update())
    if survey is None:
        msg = "there is no such survey"
        raise NotFound(msg)
    ticket = find_ticket(work, who, survey.ticket_id)
    if survey.unhappy_at is None:
        msg = "somebody has followed this up already"
        raise Conflict(msg)
    survey.unhappy_at, survey.followed_at, survey.followed_by = None, clock.now(), who.id
    work.append("survey.followup", actor=who.actor, ticket=ticket.id, survey=f"{survey.id}-nps")
    return survey


def forget_old(work: Work) -> None:
    """Customers' words are kept as long as the desk says; their figures stay."""
    months = int(desk.get(work, "surveys.keep_m"))
    old = (Survey.sent_at < clock.now() - dt.timedelta(days=months * 30.44), Survey.comment != "")
    work.execute(update(Survey).where(*old).values(comment="").execution_options(synchronize_session=False))
