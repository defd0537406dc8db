"""When a customer is asked: a survey is planned, comes due, and is sent or withheld with a reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import exists, select

from inbox import clock
from inbox.actions import automatic, desk, reply
from inbox.actions.surveys import forms, quiet, words
from inbox.actions.tickets import SPAM
from inbox.actions.who import SYSTEM, Who
from inbox.errors import Problem
from inbox.store import Channel, Customer, Event, Identity, Message, Survey, Ticket, Visitor, Work
from inbox.terms import Status

__all__ = ["follow", "plan", "send_due", "waiting"]

#: So long a link is good.
LIVES: Final = dt.timedelta(days=30)
#: Whoever was to be asked while the desk stood still is not asked days later.
STALE: Final = dt.timedelta(days=3)
PORTION: Final = 200
ENDED: Final = frozenset({Status.RESOLVED, Status.CLOSED})


def waiting(work: Work) -> bool:
    """Whether there is something to plan or to send: a look that holds up no writer."""
    due = work.scalar(select(Survey.id).where(Survey.due_at <= clock.now()).limit(1)) is not None
    return due or (bool(forms.switched_on(work)) and work.scalar(_unread(work).limit(1)) is not None)


def _unread(work: Work) -> Any:
    seq = int(desk.get(work, "surveys.seq"))
    return select(Event).where(Event.kind == "ticket.status", Event.seq > seq).order_by(Event.seq)


def follow(work: Work) -> int:
    """Plans surveys for tickets that were resolved since it last looked; gives how many."""
    on = {channel: id for id, one in forms.switched_on(work).items() for channel in one["channels"]}
    events = list(work.scalars(_unread(work).limit(PORTION))) if on else []
    planned = 0
    for event in events:
        solved = event.data.get("desk") == "resolved" and "cause" not in event.data  # with one it only is so again
        ticket = work.get(Ticket, event.ticket_id) if solved else None
        if ticket is None or ticket.imported or clock.now() - event.ts > STALE:
            continue
        last = work.get(Message, ticket.last_in_id) if ticket.last_in_id is not None else None
        form = on.get((last.channel_id if last is not None else None) or ticket.channel_id)
        if form is not None:
            planned += plan(work, ticket, form, due=event.ts + forms.wait(work, form), mark=f"resolved:{event.id}")
    if events:
        desk.keep(work, "surveys.seq", events[-1].seq)
    return planned


def plan(work: Work, ticket: Ticket, form: str, *, due: dt.datetime, mark: str, who: Who = SYSTEM) -> bool:
    """Writes down that a ticket's customer is to be asked; False where that was planned before."""
    found = forms.find(work, form)
    if found is None or work.scalar(select(exists().where(Survey.mark == mark))):
        return False
    work.add(
        Survey(
            ticket_id=ticket.id,
            form=form,
            touchpoint=found["touchpoint"],
            asks=list(found["asks"]),
            mark=mark,
            due_at=due,
        )
    )
    work.flush()
    work.append("survey.planned", actor=who.actor, ticket=ticket.id, form=form, due=clock.iso(due))
    return True


def send_due(work: Work) -> int:
    """Sends what came due, or says why not; gives how many were sent."""
    due = select(Survey).where(Survey.due_at <= clock.now()).order_by(Survey.due_at).limit(PORTION)
    sent = 0
    surveys = work.scalars(due.with_for_update(skip_locked=True)).all()
    _in_turn(work, surveys)
    for survey in surveys:
        ticket = work.get_one(Ticket, survey.ticket_id)
        survey.due_at, survey.withheld = None, _send(work, survey, ticket)[:200]
        sent += not survey.withheld
        work.flush()
    return sent


def _in_turn(work: Work, surveys: Sequence[Survey]) -> None:
    """Nobody else asks the customers of these until this is done: two surveys of one customer that come due together
    would each find that nobody was asked lately. Held in one order, so that two workers never wait for each other."""
    whose = select(Ticket.customer_id).where(Ticket.id.in_({one.ticket_id for one in surveys}))
    turn = select(Customer.id).where(Customer.id.in_(whose)).order_by(Customer.id)
    work.execute(turn.with_for_update(key_share=True)).all()


def _send(work: Work, survey: Survey, ticket: Ticket) -> str:
    """Sends one; gives the word or the sentence for why it was not sent."""
    form = forms.find(work, survey.form)
    why = "form" if form is None else _moved(work, survey, ticket)
    if why or form is None:
        return why
    try:
        channel, identity = reply.choose(work, ticket)
    except Problem as problem:
        return problem.detail
    last = work.get(Message, ticket.last_in_id) if ticket.last_in_id is not None else None
    why = automatic.unwelcome(work, channel, identity, last) or ""
    if why or quiet.asked_lately(work, ticket):
        return why or "quiet"
    survey.language = _language(work, ticket, identity)
    survey.expires_at = (clock.now() + LIVES).replace(microsecond=0)
    try:
        message = _message(work, survey, ticket, channel, identity)
    except Problem as problem:  # a channel that cannot send now, a window that closed
        return problem.detail
    message.extra = {**message.extra, "survey": survey.id}
    survey.message_id, survey.sent_at = message.id, clock.now()
    _tell(work, survey, ticket, channel)
    return ""


def _message(work: Work, survey: Survey, ticket: Ticket, channel: Channel, identity: Identity) -> Message:
    name = "mail" if channel.kind == "email" else "short"
    text = words.said(survey.language, name, number=ticket.id, desk=desk.get(work, "desk.name"))
    message, _new = reply.reply(
        work,
        SYSTEM,
        ticket.id,
        text=text,
        client_key=f"survey-{survey.id}",
        channel=channel.id,
        address=identity.value,
        auto="reply",
    )
    return message


def _moved(work: Work, survey: Survey, ticket: Ticket) -> str:
    """What has come between: one word, or ""."""
    if ticket.merged_into is not None:
        return "merged"
    if ticket.status not in ENDED and (survey.mark.startswith("resolved:") or _was_ended(work, survey)):
        return "reopened"
    if any(one.tag == SPAM for one in ticket.tags):
        return "spam"
    return "" if work.store.settings.public_url else "address"


def _was_ended(work: Work, survey: Survey) -> bool:
    """Whether the ticket was at an end when the survey was planned or came to one since, taken back or not: a rule may
    ask before it resolves."""
    lines = select(Event.rec, Event.data).where(Event.ticket_id == survey.ticket_id, Event.kind == "ticket.status")
    for rec, data in work.execute(lines.order_by(Event.seq.desc())):
        since = rec > survey.created_at
        if data["desk"] in ENDED or (since and data.get("was") in ENDED):
            return True
        if not since:  # so it stood when the survey was planned
            break
    return False


def _language(work: Work, ticket: Ticket, identity: Identity) -> str:
    """The customer's own, the one of their chat, or the desk's."""
    own = ticket.customer.language.lower()[:2] if ticket.customer is not None else ""
    if not own and identity.kind == "chat":
        seen = select(Visitor.language).where(Visitor.id == identity.value).order_by(Visitor.seen_at.desc())
        own = (work.scalar(seen.limit(1)) or "")[:2]
    return own if own in words.LANGUAGES else str(desk.get(work, "desk.language"))


def _tell(work: Work, survey: Survey, ticket: Ticket, channel: Channel) -> None:
    """``survey.sent`` for each question; the first one says which were asked together."""
    for ask in survey.asks:
        together: dict[str, Any] = {"asks": list(survey.asks)} if ask == survey.asks[0] else {}
        work.append(
            "survey.sent",
            id=f"survey.sent:{survey.id}-{ask}",
            actor=SYSTEM.actor,
            ticket=ticket.id,
            survey=f"{survey.id}-{ask}",
            type=ask,
            touchpoint=survey.touchpoint,
            channel=channel.kind,
            customer=ticket.customer_id,
            **together,
        )
