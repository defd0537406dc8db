"""What stands behind a message: what it said before it was edited, and the one that it answers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from inbox import clock
from inbox.actions import pictures
from inbox.reading.parts import Quoted, Version
from inbox.store import Message, Work
from inbox.terms import Direction

__all__ = ["answered", "versions"]


def versions(message: Message) -> tuple[Version, ...]:
    """What it said before, the latest first."""
    kept = message.extra.get("versions", ())
    return tuple(Version(str(one["text"]), clock.parse(one["until"]) if one.get("until") else None) for one in kept)[
        ::-1
    ]


def answered(work: Work, messages: Sequence[Message]) -> dict[int, Quoted]:
    """What messages answer, by their own id: named by the agent, or by the provider where that is no mail program."""
    mine = {m.id: int(m.extra["answers"]) for m in messages if m.extra.get("answers")}
    theirs = {
        m.id: m
        for m in messages
        if m.in_reply_to and m.kind != "email" and m.direction is Direction.IN and not m.extra.get("callback")
    }
    if not mine and not theirs:
        return {}
    channels = {m.channel_id for m in theirs.values()}
    named = Message.external_id.in_({m.in_reply_to for m in theirs.values()}) & Message.channel_id.in_(channels)
    found = list(work.scalars(select(Message).where(Message.id.in_(mine.values()) | named)))
    ids = {m.id: m for m in found}
    outside = {(m.channel_id, m.external_id): m for m in found}
    quoted = {id: ids.get(other) for id, other in mine.items()}
    quoted |= {m.id: outside.get((m.channel_id, m.in_reply_to)) for m in theirs.values()}
    return {id: _quoted(one) for id, one in quoted.items() if one is not None}


def _quoted(one: Message) -> Quoted:
    text = " ".join(pictures.shown(one).split())
    return Quoted(one.client_key or str(one.id), one.from_name or one.from_address, text[:140])
