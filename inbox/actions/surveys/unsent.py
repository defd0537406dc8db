"""A survey whose message did not leave: nobody was asked."""

from __future__ import annotations

from inbox.actions import events
from inbox.actions.who import Who
from inbox.store import Message, Survey, Work

__all__ = ["never_sent"]


def never_sent(work: Work, who: Who, message: Message) -> None:
    """Takes back what the log says of it, unless somebody answered all the same."""
    survey = work.get(Survey, str(message.extra.get("survey") or ""))
    if survey is None or survey.sent_at is None or survey.answered_at is not None:
        return
    events.take_back(work, who, [f"survey.sent:{survey.id}-{ask}" for ask in survey.asks])
    survey.sent_at, survey.withheld = None, "failed"
