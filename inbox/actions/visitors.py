"""Web chat visitors: their sessions, what they may see, and answers that follow them by mail."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from connectors.chat import ChatConfig
from inbox import clock
from inbox.actions import identities, people, reply, uploads
from inbox.errors import Forbidden, Invalid
from inbox.store import Channel, Customer, Identity, Message, ReadMark, Visitor, Work
from inbox.terms import Delivery, Direction

__all__ = [
    "LASTS",
    "TOKEN",
    "Entry",
    "by_mail_due",
    "enter",
    "is_email",
    "leave_email",
    "may_send_files",
    "moved",
    "of_token",
    "open_session",
    "said",
    "seen_upto",
]

LASTS = timedelta(days=60)
HISTORY = 200
#: 32 bytes in base64url.
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
#: An answer that no page of the visitor's took in goes by mail after this long, if there is an address.
UNSEEN = timedelta(minutes=2)


@dataclass(frozen=True)
class Entry:
    """What a visitor says of themselves before the first message: claimed, not proved. ``agreed`` is the consent."""

    name: str = ""
    email: str = ""
    topic: str = ""
    language: str = ""
    agreed: bool = False
    known: bool = False

    @classmethod
    def of(cls, said: Mapping[str, Any], config: ChatConfig) -> Entry:
        """Read from a frame of any shape; only what the channel asks for is kept of it."""

        def asked(name: str, most: int) -> str:
            value = said.get(name)
            return " ".join(value.split())[:most] if isinstance(value, str) and name in config.before else ""

        language = said.get("language")
        return cls(
            name=asked("name", 100),
            email=asked("email", 254).lower(),
            topic=asked("topic", 60),
            language=language if isinstance(language, str) and language in config.languages else "",
            agreed=said.get("consent") is True,
        )

    @classmethod
    def again(cls, said: Mapping[str, Any]) -> Entry:
        """Of somebody who has been here before: nothing is asked again but the consent."""
        return cls(agreed=said.get("consent") is True, known=True)

    def said(self) -> dict[str, str]:
        """Its part of the journalled frame."""
        told = {"name": self.name, "email": self.email, "topic": self.topic}
        return {name: value for name, value in told.items() if value}


def enter(
    work: Work, channel: Channel, config: ChatConfig, visitor: Visitor | None, token: str, entry: Entry
) -> Visitor:
    """Lets a visitor in who agreed to what the channel asks consent for and said what it asks before the first
    message; opens the session of a new one. Raises :class:`Invalid` naming what is missing; nothing is stored then."""
    if config.consent and not entry.agreed and (visitor is None or visitor.consent != config.consent):
        msg = "agree to the chat's terms first"
        raise Invalid(msg, fields={"consent": msg})
    if visitor is None:
        if not entry.known:
            _complete(config, entry)
        visitor = open_session(work, channel, token)
    if config.consent and visitor.consent != config.consent:
        visitor.consent, visitor.consent_at = config.consent, clock.now()
    visitor.language = entry.language or visitor.language
    visitor.email = entry.email or visitor.email
    return visitor


def may_send_files(work: Work, site: str, config: ChatConfig, token: str, *, agreed: bool) -> str:
    """Whose a file will be, before any message. Raises :class:`Invalid` for a guessable token or without consent,
    :class:`Forbidden` where this chat takes none."""
    if not config.files:
        msg = "this chat takes no files"
        raise Forbidden(msg)
    if not TOKEN.fullmatch(token):
        msg = "a visitor's token has 43 random letters"
        raise Invalid(msg)
    visitor = of_token(work, site, token)
    if config.consent and not agreed and (visitor is None or visitor.consent != config.consent):
        msg = "agree to the chat's terms first"
        raise Invalid(msg, fields={"consent": msg})
    return uploads.owner(people.digest(token))


def _complete(config: ChatConfig, entry: Entry) -> None:
    wrong: dict[str, str] = {name: "fill this in" for name in config.before if not getattr(entry, name)}
    if entry.email and not people.EMAIL.fullmatch(entry.email):
        wrong["email"] = "this is no mail address"
    if entry.topic and entry.topic not in config.topics:
        wrong["topic"] = "choose one of the topics"
    if wrong:
        msg = "say first: " + ", ".join(wrong)
        raise Invalid(msg, fields=wrong)


def open_session(work: Work, channel: Channel, token: str) -> Visitor:
    """A new visitor at their first message. The page made the token, so that a lost answer makes no second visitor.

    Raises :class:`Invalid` for one that could be guessed.
    """
    if not TOKEN.fullmatch(token):
        msg = "a visitor's token has 43 random letters"
        raise Invalid(msg)
    visitor = Visitor(digest=people.digest(token), channel_id=channel.id)
    work.add(visitor)
    work.flush()
    return visitor


def of_token(work: Work, channel_id: str, token: str) -> Visitor | None:
    """The visitor behind a token of that very site, unless it is too old."""
    visitor = work.get(Visitor, people.digest(token)) if token else None
    if visitor is None or visitor.channel_id != channel_id or clock.now() - visitor.seen_at > LASTS:
        return None
    return visitor


def said(work: Work, visitor: Visitor, after: int = 0) -> list[Message]:
    """What was said in the chat, oldest first: this visitor's own and what was sent to them there. Never a note."""
    identity = identities.find(work, "chat", visitor.id)
    if identity is None:
        return []
    rows = work.scalars(
        select(Message)
        .where(
            Message.identity_id == identity.id,
            Message.channel_id == visitor.channel_id,
            Message.id > after,
            (Message.direction == Direction.IN)
            | (
                (Message.direction == Direction.OUT)
                & Message.state.in_([Delivery.SENT, Delivery.DELIVERED, Delivery.READ])
            ),
        )
        .order_by(Message.id.desc())
        .limit(HISTORY)
    ).all()
    return list(reversed(rows))


def moved(visitor: Visitor, page: Mapping[str, str]) -> None:
    """The visitor is on another page of the site."""
    visitor.page, visitor.page_at = dict(page), clock.now()


def seen_upto(work: Work, said: Sequence[Message]) -> int:
    """The newest message of a talk that an agent has had on the screen; 0 for none."""
    tickets = {message.ticket_id for message in said}
    marks = select(func.max(ReadMark.message_id)).where(ReadMark.ticket_id.in_(tickets))
    return (work.scalar(marks) or 0) if tickets else 0


def is_email(value: str) -> bool:
    """Whether it looks like a mail address."""
    return people.EMAIL.fullmatch(value) is not None and len(value) <= 254


def leave_email(work: Work, digest: str, address: str) -> None:
    """Keeps the address a visitor typed: claimed, not proved. Raises :class:`Invalid`."""
    value = address.strip().lower()
    if not is_email(value):
        msg = "this is no mail address"
        raise Invalid(msg, fields={"address": msg})
    work.execute(update(Visitor).where(Visitor.digest == digest).values(email=value))
    visitor = work.get_one(Visitor, digest, populate_existing=True)
    identity = identities.find(work, "chat", visitor.id)
    if identity is not None:
        identities.claim_email(work, work.get_one(Customer, identity.customer_id), value)


def by_mail_due(work: Work) -> int:
    """Sends by mail what no page of the visitor took in; the log keeps the one answer that it is. Gives how many."""
    now = clock.now()
    unseen = work.scalars(
        select(Message)
        .where(
            Message.kind == "chat",
            Message.direction == Direction.OUT,
            Message.state == Delivery.SENT,
            Message.sent_at < now - UNSEEN,
            Message.sent_at > now - timedelta(days=1),
        )
        .limit(50)
    ).all()
    return sum(_mail(work, message) for message in unseen if not (message.extra or {}).get("by_mail"))


def _mail(work: Work, message: Message) -> bool:
    message.extra = {**(message.extra or {}), "by_mail": True}
    channel = work.scalar(
        select(Channel).where(Channel.kind == "email", Channel.enabled, Channel.removed_at.is_(None)).limit(1)
    )
    identity = work.get(Identity, message.identity_id) if message.identity_id else None
    if channel is None or identity is None:
        return False
    address = work.scalar(
        select(Identity)
        .where(
            Identity.customer_id == identity.customer_id,
            Identity.kind == "email",
            Identity.undeliverable_at.is_(None),
            Identity.opted_out_at.is_(None),
        )
        .order_by(Identity.id.desc())
        .limit(1)
    )
    if address is None:
        return False
    reply.copy(work, message, channel, address)
    return True
