"""The right column: who the customer is, what is known of this ticket, and what came before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from inbox import clock
from inbox.actions import clocks
from inbox.actions import desk as settings
from inbox.actions.reply import ANSWERABLE
from inbox.actions.who import Who, may, visible
from inbox.reading import desk, fields
from inbox.reading.addresses import label
from inbox.reading.compose import choices, last_heard
from inbox.reading.parts import CustomerPanel, Due, IdentityView, TicketFacts
from inbox.reading.profiles import profile
from inbox.reading.relations import previous, previous_total, relations
from inbox.reading.rows import customer_chip
from inbox.reading.same import joined, same, set_apart
from inbox.reading.threads import exempt, history, reason_choices
from inbox.reading.visits import visit_of
from inbox.store import Channel, Identity, Message, Ticket, Work
from inbox.terms import Direction

__all__ = ["dues", "panel"]


def panel(work: Work, who: Who, ticket: Ticket) -> CustomerPanel:
    """All that the panel shows. Figures that nobody knows are None."""
    customer = ticket.customer
    total = previous_total(work, who, ticket)
    windows = {(one.kind, one.address): one.window_until for one in choices(work, ticket, who)}
    last = last_heard(work, ticket)
    main = last[2] if last is not None else None
    identities = tuple(
        IdentityView(
            kind=one.kind,
            label=label(one.kind, one.value, one.name),
            name=one.name,
            state=_state(one),
            window_until=windows.get((one.kind, one.value)),
            main=one.id == main,
            pictures=one.pictures_at is not None,
            message=_message_of(work, who, one.id) if one.pictures_at is not None else None,
        )
        for one in (customer.identities if customer is not None else ())
    )
    messages = (
        work.scalar(
            select(func.count())
            .select_from(Message)
            .join(Ticket, Ticket.id == Message.ticket_id)
            .where(Ticket.customer_id == ticket.customer_id, Message.direction == Direction.IN)
        )
        if customer is not None
        else 0
    )
    running, settled = dues(work, ticket)
    return CustomerPanel(
        ticket=ticket.id,
        customer=customer_chip(customer),
        tickets=total + 1,
        messages=messages or 0,
        since=customer.created_at if customer is not None else None,
        identities=identities,
        line=customer.company if customer is not None else "",
        given_name=customer.name if customer is not None else "",
        profile=profile(work, customer) if customer is not None else None,
        same=same(work, who, customer) if customer is not None else (),
        apart=set_apart(work, who, customer) if customer is not None else (),
        joined=joined(work, customer) if customer is not None else (),
        outside=customer is not None and bool(settings.get(work, "outside.lookup")),
        previous=previous(work, who, ticket),
        previous_total=total,
        facts=_facts(work, who, ticket),
        band=customer.band if customer is not None else "",
        bands=tuple(settings.get(work, "routing.bands")) if customer is not None else (),
        clocks=running,
        settled=settled,
        history=history(work, ticket),
        visit=visit_of(work, customer.identities) if customer is not None else None,
        may_export=may(who, "customer.export"),
    )


def _state(identity: Identity) -> str:
    if identity.undeliverable_at is not None:
        return "undeliverable"
    if identity.opted_out_at is None:
        return ""
    return "complained" if identity.kind in ANSWERABLE else "opted_out"


def _message_of(work: Work, who: Who, identity: int) -> int | None:
    """A message of that address that ``who`` may see."""
    return work.scalar(
        select(Message.id)
        .join(Ticket, Ticket.id == Message.ticket_id)
        .where(Message.identity_id == identity, Message.direction == Direction.IN, visible(who))
        .order_by(Message.id.desc())
        .limit(1)
    )


def dues(work: Work, ticket: Ticket) -> tuple[tuple[Due, ...], tuple[tuple[str, str, timedelta], ...]]:
    """The clocks that run now and will run out as things stand; those that have ended, and how."""
    told, now = clocks.story(work, ticket.id), clock.now()
    running = tuple(
        desk.clock_of(one.name, at(one.started), at(one.soon or one.due), at(one.due), now)
        for one in told.running
        if one.due is not None
    )
    return running, told.settled


def at(ms: int) -> datetime:
    """The engine's milliseconds as a moment."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def _facts(work: Work, who: Who, ticket: Ticket) -> TicketFacts:
    channel = work.get(Channel, ticket.channel_id)
    rows = work.execute(
        select(Message.direction, Message.at, Message.auto, Message.agent_id)
        .where(Message.ticket_id == ticket.id, Message.direction != Direction.NOTE)
        .order_by(Message.at)
    ).all()
    first_in = next((at for way, at, auto, *_ in rows if way is Direction.IN and auto is None), None)
    first_out = next(
        (
            at
            for way, at, auto, agent, *_ in rows
            if way is Direction.OUT and agent and auto is None and first_in is not None and at >= first_in
        ),
        None,
    )
    return TicketFacts(
        created_at=ticket.created_at,
        channel_kind=ticket.kind,
        channel_name=(channel.title or channel.name) if channel is not None else "",
        first_response=first_out - first_in if first_out is not None and first_in is not None else None,
        messages_in=sum(1 for way, *_ in rows if way is Direction.IN),
        messages_out=sum(1 for way, *_ in rows if way is Direction.OUT),
        resolved_at=ticket.resolved_at,
        reason=ticket.reason or "",
        reasons=reason_choices(work, ticket.reason),
        fields=fields.shown(work, ticket.id),
        relations=relations(work, who, ticket),
        exempt=exempt(work, ticket),
    )
