"""What a rule does beside a macro's steps: it tells somebody of a ticket, and resolves one in which nobody writes."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, or_, select

from inbox import clock
from inbox.actions import reply
from inbox.actions.who import rule_of
from inbox.store import Agent, Message, RuleWait, Work
from inbox.terms import Delivery, Direction

if TYPE_CHECKING:
    from inbox.actions.steps import Doing

__all__ = ["ASSIGNEE", "DAYS", "finish", "last_word", "notify"]

#: In the place of a person: whoever has the ticket.
ASSIGNEE: Final = "assignee"
#: After how many days without an answer a ticket is resolved, as it is offered.
DAYS: Final = ("1", "2", "3", "5", "7", "14", "30")


def notify(doing: Doing, person: str) -> None:
    """Tells somebody of the ticket: a note that mentions them and names the rule. Nobody: nothing."""
    wanted = doing.ticket.assignee_id if person == ASSIGNEE else person
    agent = doing.work.get(Agent, wanted) if wanted else None
    if agent is None or not agent.active:
        return
    text = f"@{agent.name}: {doing.rule}"
    message, _new = reply.note(doing.work, doing.who, doing.number, text=text, client_key=doing.next_key)
    doing.messages.append(message)


def finish(doing: Doing, days: str) -> None:
    """The ticket will be resolved after so many days, unless somebody writes; never without the question before it."""
    rule = rule_of(doing.who.id)
    if rule is None or doing.withheld:
        return
    work = doing.work
    known = work.scalar(select(RuleWait).where(RuleWait.rule_id == rule, RuleWait.ticket_id == doing.number))
    due, last = clock.now() + dt.timedelta(days=int(days)), last_word(work, doing.number)
    if known is None:
        work.add(RuleWait(rule_id=rule, ticket_id=doing.number, due_at=due, message_id=last))
    else:
        known.due_at, known.message_id = due, last
    work.append("rule.waits", actor=doing.who.actor, ticket=doing.number, until=clock.iso(due))


def last_word(work: Work, number: int) -> int:
    """The last message that a person wrote in a ticket, either way; 0 for none."""
    said = select(func.max(Message.id)).where(
        Message.ticket_id == number,
        Message.direction != Direction.NOTE,
        Message.auto.is_(None),
        or_(Message.state.is_(None), Message.state.not_in([Delivery.SCHEDULED, Delivery.CANCELLED])),
    )
    return work.scalar(said) or 0
