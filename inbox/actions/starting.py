"""Writing first: a ticket that begins with a message of ours. For the figures it is an outbound interaction, outside
FCR and first response; what the customer answers comes in as in any ticket."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from sqlalchemy import or_, select

from connectors.base import Address
from inbox import clock
from inbox.actions import events, holding, identities, lines, reply
from inbox.actions.people import EMAIL
from inbox.actions.who import Who, may
from inbox.errors import Invalid
from inbox.store import Channel, Customer, Identity, Membership, Message, Team, Ticket, Work
from inbox.terms import Status

__all__ = ["kind_of", "start", "ways"]

#: Kind of channel → what an address has to be.
ADDRESSES: Final[dict[str, re.Pattern[str]]] = {"email": EMAIL, "sms": re.compile(r"\+\d{6,15}")}


def ways(work: Work, who: Who) -> Sequence[Channel]:
    """The channels by which ``who`` may write to an address that never wrote to us, by name."""
    kinds = [kind for kind in ADDRESSES if work.store.connectors[kind].capabilities.starts]
    there = select(Channel).where(Channel.kind.in_(kinds), Channel.enabled, Channel.removed_at.is_(None))
    if not may(who, "board.see"):
        mine = select(Membership.team_id).where(Membership.agent_id == who.id)
        private = select(Team.id).where(Team.private, Team.id.not_in(mine))
        there = there.where(or_(Channel.team_id.is_(None), Channel.team_id.not_in(private)))
    return work.scalars(there.order_by(Channel.name, Channel.id)).all()


def _recipient(work: Work, channel: Channel, to: str, name: str) -> Identity:
    right = ADDRESSES[channel.kind].fullmatch(work.store.connectors[channel.kind].normalise(to))
    identity = identities.resolve(work, channel, Address(to, name)) if right else None
    if identity is not None:
        return identity
    if channel.kind == "sms":
        msg = "write the number with its country, like +39 347 555 0142"
    else:
        msg = "this is no mail address"
    raise Invalid(msg, fields={"to": msg})


def kind_of(to: str) -> str:
    """The kind of channel that an address looks like."""
    return "email" if "@" in to else "sms"


def _way(work: Work, who: Who, word: str) -> Channel:
    """The one of :func:`ways` with that id or name, or the first of that kind."""
    there = ways(work, who)
    found = [one for one in there if word in {one.id, one.name}] or [one for one in there if one.kind == word]
    if not found:
        msg = "choose a channel that can write first"
        raise Invalid(msg, fields={"channel": msg})
    return found[0]


def start(  # noqa: PLR0913  (a first message has that many parts)
    work: Work,
    who: Who,
    *,
    channel: str,
    to: str,
    text: str,
    name: str = "",
    subject: str = "",
    files: Sequence[reply.Upload] = (),
    then: str | None = None,
    client_key: str | None = None,
    held: bool = False,
) -> tuple[Message, bool]:
    """Makes a ticket of ``who``'s and puts its first message into the outbox; the message and whether it is new.

    ``channel`` is an id, a name or a kind; ``to`` an address there, known or not; ``name`` what a new customer is
    called. For a known ``client_key`` it is the message that was made then. ``held`` keeps it as long as it can be
    undone. Raises :class:`Invalid` with the field that has to be put right.
    """
    chosen = _way(work, who, channel)
    identity = _recipient(work, chosen, to, name)  # locked from here: a second press finds what the first has made
    known = select(Message).where(Message.identity_id == identity.id, Message.channel_id == chosen.id)
    if client_key and (sent := work.scalar(known.where(Message.client_key == client_key))) is not None:
        return sent, False
    now = clock.now()
    ticket = Ticket(
        subject=lines.subject_of(subject.strip() or None, text),
        status=Status.OPEN,
        channel_id=chosen.id,
        kind=chosen.kind,
        customer_id=identity.customer_id,
        assignee_id=who.id,
        team_id=chosen.team_id,
        created_at=now,
        active_at=now,
        updated_at=now,
    )
    ticket.customer = work.get(Customer, identity.customer_id)
    work.add(ticket)
    work.flush()
    events.created(work, ticket, who, now)
    was = {"agent": None, "team": ticket.team_id}
    work.append("ticket.assigned", actor=who.actor, ticket=ticket.id, agent=who.id, team=ticket.team_id, was=was)
    return reply.reply(
        work,
        who,
        ticket.id,
        text=text.replace("{ticket.number}", str(ticket.id)),  # the one thing that nobody could know before
        client_key=client_key,
        channel=chosen.id,
        address=identity.value,
        files=files,
        then=then,
        undo_s=holding.undo_s(work, who, work.store.connectors[chosen.kind]) if held else 0,
    )
