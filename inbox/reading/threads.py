"""A ticket as it is read: messages in legs, notes and events between them, and where the answer is written."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from sqlalchemy import func, select

from inbox import clock
from inbox.actions import classifying, suggestions
from inbox.actions import desk as settings
from inbox.actions import pictures as placed
from inbox.actions.erasing import ERASED
from inbox.actions.events import existing
from inbox.actions.reasons import MARK, available
from inbox.actions.who import Who, rule_of
from inbox.reading import desk, fields, macros, once, pictures
from inbox.reading.addresses import label
from inbox.reading.compose import composer, other_ways
from inbox.reading.invitations import meeting
from inbox.reading.moments import snoozes
from inbox.reading.parts import (
    AgentChip,
    AttachmentView,
    CustomerChip,
    DayView,
    DeliveryView,
    EventView,
    Item,
    Leg,
    MessageView,
    Money,
    NoteView,
    Quoted,
    ReasonChoice,
    Room,
    Suggestion,
    TagView,
    TeamChip,
    Thread,
    ThreadHead,
    Way,
    What,
    Why,
)
from inbox.reading.quoting import answered, versions
from inbox.reading.relations import previous
from inbox.reading.rows import customer_chip
from inbox.store import (
    LIFECYCLE,
    Agent,
    Event,
    Identity,
    Message,
    ReadMark,
    Team,
    Ticket,
    TicketTag,
    Work,
)
from inbox.terms import Delivery, Direction, Move

__all__ = [
    "REGROUPED",
    "SHOWN_EVENTS",
    "called",
    "exempt",
    "head",
    "history",
    "item_of_event",
    "item_of_message",
    "page_of",
    "reason_choices",
    "thread",
]

PAGE = 100
MERGED: Final = 6  # other tickets of the customer that the menu offers to merge into
LATE: Final = 1_000  # uses of tags that are counted for the menu
SHOWN_MOVES = (Move.PENDING, Move.SNOOZE, Move.RESOLVE, Move.REOPEN, Move.OPEN)
SHOWN_EVENTS = (
    "ticket.assigned",
    "ticket.status",
    "ticket.tag",
    "ticket.priority",
    "ticket.reason",
    "ticket.field",
    "ticket.linked",
    "ticket.related",
    "ticket.merged",
    "ticket.absorbed",
    "ticket.split",
    "ticket.moved",
    "ticket.imported",
    "macro.run",
    "sla.late",
    "survey.sent",
    "survey.answered",
    "survey.followup",
    "ticket.timed",
    "ticket.deleted",
    "ticket.fcr_exempt",
    "msg.classify",
)


class Names:
    """The names that a thread speaks of, read once."""

    def __init__(self, work: Work) -> None:
        self.agents = once.agents(work)
        self.teams = {team.id: team.name for team in once.teams(work).values()}
        self.channels = once.channels(work)

    def chip(self, agent_id: str | None) -> AgentChip | None:
        """An agent's face, if it is one."""
        agent = self.agents.get(agent_id or "")
        return desk.chip(agent) if agent is not None else None

    def name(self, agent_id: str | None) -> str:
        """An agent's name or nothing."""
        agent = self.agents.get(agent_id or "")
        return agent.name if agent is not None else ""


def head(work: Work, ticket: Ticket) -> ThreadHead:
    """The thread's two upper lines."""
    agent = work.get(Agent, ticket.assignee_id) if ticket.assignee_id else None
    team = work.get(Team, ticket.team_id) if ticket.team_id else None
    waiting = ticket.waiting_since if ticket.is_open else None
    return ThreadHead(
        id=ticket.id,
        subject=ticket.subject,
        status=ticket.status.value,
        priority=ticket.priority.value,
        customer=customer_chip(ticket.customer),
        assignee=desk.chip(agent) if agent is not None else None,
        team=TeamChip(team.id, team.name) if team is not None else None,
        tags=tuple(TagView(tag.tag) for tag in ticket.tags),
        reason=called(work, ticket.reason),
        reason_name=ticket.reason or "",
        waiting_since=waiting,
        due=desk.due(ticket),
        snoozed_until=ticket.snoozed_until,
        moves=tuple(move.value for move in SHOWN_MOVES if (ticket.status, move) in LIFECYCLE),
        merged_into=ticket.merged_into,
    )


def _ways(work: Work, ticket: Ticket, message: Message) -> tuple[Way, ...]:
    """Where a message that did not get through can go instead; looked up only for one that asks for it."""
    if message.state not in {Delivery.FAILED, Delivery.UNKNOWN} or message.dealt_at is not None:
        return ()
    return tuple(Way(one.channel, one.kind, one.address, one.label) for one in other_ways(work, ticket, message))


def _delivery(message: Message, ways: tuple[Way, ...]) -> DeliveryView | None:
    state = message.state
    if message.direction is not Direction.OUT or state is None:
        return None
    shown = "queued" if state is Delivery.CLAIMED else state.value
    cost = None
    if message.cost_amount is not None and message.cost_currency:
        cost = Money(message.cost_amount, message.cost_currency, bool(message.cost_final))
    waiting = state in {Delivery.SCHEDULED, Delivery.HELD, Delivery.QUEUED}
    return DeliveryView(
        state=shown,
        send_at=message.next_at if state is Delivery.SCHEDULED else None,
        dealt=message.dealt_at is not None,
        uncopied=str(message.extra.get("copy_problem", "")),
        ways=ways,
        held_until=message.next_at if state is Delivery.HELD else None,
        next_at=message.next_at if state is Delivery.QUEUED and message.attempts else None,
        attempts=message.attempts,
        reason=message.problem or "",
        code=message.code or "",
        status=message.status or "",
        permanent=message.permanent,
        may_cancel=waiting or state is Delivery.FAILED,
        may_retry=state in {Delivery.FAILED, Delivery.UNKNOWN} or (state is Delivery.QUEUED and message.attempts > 0),
        cost=cost,
    )


def _attachments(message: Message) -> tuple[AttachmentView, ...]:
    return tuple(
        AttachmentView(one.id, one.name, one.content_type, one.size, one.sha256 is not None, one.linked)
        for one in message.attachments
        if not (one.inline and one.content_id and message.html)
    )


def _message(
    message: Message,
    names: Names,
    customer: CustomerChip,
    identity: Identity | None,
    *,
    last: bool,
    ways: tuple[Way, ...],
    answers: Quoted | None = None,
) -> MessageView:
    ours = message.direction is Direction.OUT
    author = names.chip(message.agent_id) if ours else customer
    asked = suggestions.of(message)
    pictures_at = identity.pictures_at if identity is not None and not ours else None
    bulk = bool(message.html) and (message.auto == "bulk" or not message.text.strip())
    return MessageView(
        key=message.client_key or str(message.id),
        id=message.id,
        ticket=message.ticket_id,
        direction="out" if ours else "in",
        kind=message.kind,
        at=message.at,
        text=placed.shown(message) if ours else message.text,
        author=author,
        from_name=message.from_name,
        from_address=message.from_address,
        to=tuple(str(one.get("name") or one.get("address", "")) for one in message.to or ()),
        cc=tuple(str(one.get("name") or one.get("address", "")) for one in message.cc or ()),
        subject=message.subject or "",
        folded=message.kind == "email" and (not last or message.auto is not None),
        frame=bulk,
        original=not ours and (bool(message.html) or message.full_text is not None),
        auto=message.auto or "",
        meant=classifying.word_of(message),
        attachments=_attachments(message),
        delivery=_delivery(message, ways),
        bounced=message.bounce is not None,
        why=_why(message) if not ours or message.joined_ref else None,
        suggestion=Suggestion(*asked) if asked is not None else None,
        pictures=("shown" if pictures_at else "blocked") if pictures.has_remote(message.html) else "",
        sender_known=identity is not None,
        versions=versions(message),
        answers=answers,
        meeting=meeting(message),
        deleted_at=clock.parse(message.extra["deleted"]) if message.extra.get("deleted") else None,
        erased=ERASED in message.extra,
        reactions=tuple(one["emoji"] for one in message.extra.get("reactions", {}).values() if one["emoji"]),
    )


_REF = re.compile(r"#(\d+)(?: message (\d+))?")


def _why(message: Message) -> Why:
    """What the intake wrote down, taken apart for a sentence in any language. A token is nobody's to read."""
    found = _REF.fullmatch(message.joined_ref or "")
    if found is None:
        return Why(
            message.joined_rule, text=message.joined_ref or "" if message.joined_rule == "subject_number" else ""
        )
    return Why(message.joined_rule, int(found[1]), int(found[2]) if found[2] else None)


def _note(message: Message, names: Names) -> NoteView:
    return NoteView(
        message.client_key or str(message.id),
        message.id,
        names.chip(message.agent_id),
        message.at,
        message.text,
        _attachments(message),
        tuple(str(one["name"]) for one in message.extra.get("mentions", ())),
        versions(message),
        ERASED in message.extra,
    )


def _leg(
    message: Message,
    names: Names,
    customer: CustomerChip,
    identity: Identity | None,
    *,
    last: bool,
    ways: tuple[Way, ...] = (),
    answers: Quoted | None = None,
) -> Leg:
    channel = names.channels.get(message.channel_id or "")
    return Leg(
        kind=message.kind,
        channel=message.channel_id or "",
        channel_name=(channel.title or channel.name) if channel is not None else "",
        address=identity.value if identity is not None else message.from_address,
        label=label(identity.kind, identity.value, identity.name) if identity is not None else "",
        messages=(_message(message, names, customer, identity, last=last, ways=ways, answers=answers),),
    )


def item_of_message(work: Work, message: Message) -> Item:
    """A message or note as the live thread takes it: a leg of one, which the browser joins to the last one."""
    names = Names(work)
    if message.direction is Direction.NOTE:
        return _note(message, names)
    ticket = work.get_one(Ticket, message.ticket_id)
    identity = work.get(Identity, message.identity_id) if message.identity_id else None
    ways = _ways(work, ticket, message)
    answers = answered(work, [message]).get(message.id)
    return _leg(message, names, customer_chip(ticket.customer), identity, last=True, ways=ways, answers=answers)


def _assigned(event: Event, names: Names) -> EventView:
    data = event.data or {}
    was = data.get("was") or {}
    actor = names.name(event.actor_id)
    if data.get("team") and data.get("team") != was.get("team"):
        return EventView(event.seq, "transferred", event.ts, actor, names.teams.get(str(data["team"]), ""))
    if data.get("agent"):
        given = names.name(str(data["agent"]))
        return EventView(event.seq, "assigned", event.ts, actor, given, why=str(data.get("why", "")))
    return EventView(event.seq, "unassigned", event.ts, actor, why=str(data.get("why", "")))


def _field(work: Work, event: Event, names: Names) -> EventView:
    """What a custom field holds since, whose words are no part of the log."""
    label, kind, value = fields.changed(work, int(event.data.get("change") or 0))
    what: What = "emptied" if not value else "ticked" if kind == "tick" else "filled"
    return EventView(event.seq, what, event.ts, names.name(event.actor_id), label, value)


def _survey(event: Event) -> EventView | None:
    """A survey's sending, all its questions in one line, or one answer; a chat's rating is a note already."""
    data = event.data or {}
    if event.kind == "survey.sent":
        asks = ",".join(data.get("asks", ()))
        return EventView(event.seq, "asked", event.ts, value=asks) if asks else None
    if "type" not in data:
        return None
    return EventView(event.seq, "answered", event.ts, who=str(data["type"]), value=str(data.get("score")))


def _classified(event: Event, names: Names) -> EventView:
    """What a message was, as somebody said; a program's word is not taken back here."""
    data = event.data or {}
    said = next((word for word in classifying.WORDS if data.get(word)), "")
    undo = event.id if "was" in data else ""
    return EventView(event.seq, "classified", event.ts, names.name(event.actor_id), value=said, undo=undo)


#: These can be undone from the line that tells of them; what else can be has a control of its own.
REGROUPED: Final = frozenset({"ticket.merged", "ticket.absorbed", "ticket.split", "ticket.moved"})
#: What can be undone from its line.
UNDONE: Final = REGROUPED | {"macro.run", "ticket.fcr_exempt"}
#: Event kind → what the line says, and the field of the event that it names.
LINES: Final[dict[str, tuple[What, str]]] = {
    "ticket.status": ("status", "desk"),
    "ticket.priority": ("priority", "priority"),
    "ticket.reason": ("reason", "reason"),
    "ticket.linked": ("linked", "to"),
    "ticket.related": ("related", "to"),
    "ticket.merged": ("merged", "into"),
    "ticket.absorbed": ("absorbed", "merged"),
    "ticket.split": ("split", "from"),
    "ticket.moved": ("moved", "to"),
    "ticket.imported": ("imported", ""),
    "macro.run": ("macro", "name"),
    "sla.late": ("overdue", "clock"),
    "survey.followup": ("spoken", ""),
    "ticket.timed": ("timed", "op"),
    "ticket.deleted": ("erased", "why"),
    "ticket.fcr_exempt": ("exempted", ""),
}


def item_of_event(work: Work, event: Event, names: Names | None = None) -> EventView | None:
    """One line of the history, or None for events that a thread does not show."""
    view = _view(work, event, names or Names(work))
    by = rule_of(event.actor_id)
    return view if view is None or by is None else replace(view, rule=once.rules(work).get(by, ""))


def _view(work: Work, event: Event, names: Names) -> EventView | None:
    if event.kind == "ticket.assigned":
        return _assigned(event, names)
    data = event.data or {}
    if event.kind == "ticket.status" and (data.get("was"), data.get("desk")) == ("new", "open"):
        return None  # the first answer says it already
    if event.kind == "ticket.tag":
        what: What = "tagged" if data.get("op") == "add" else "untagged"
        return EventView(event.seq, what, event.ts, names.name(event.actor_id), value=str(data.get("tag", "")))
    if event.kind in {"survey.sent", "survey.answered"}:
        return _survey(event)
    if event.kind == "ticket.field":
        return _field(work, event, names)
    if event.kind == "msg.classify":
        return _classified(event, names)
    if event.kind not in LINES:
        return None
    what, field = LINES[event.kind]
    if event.kind == "ticket.split" and data.get("moved"):
        what = "received"
    if data.get("by_hand"):
        what = "related"
    undo = str(data.get("by") or (event.id if event.kind in UNDONE else ""))
    value = str(data.get(field) or "")
    value = called(work, value) if event.kind == "ticket.reason" else value
    count = len(data.get("msgs", ()))
    who = str(data.get("why", "")) if what == "timed" else ""
    return EventView(event.seq, what, event.ts, names.name(event.actor_id), who, value, count=count, undo=undo)


def history(work: Work, ticket: Ticket) -> tuple[EventView, ...]:
    """What happened to a ticket besides messages, oldest first; what was voided did not happen."""
    return once.once(work, f"history:{ticket.id}", lambda: tuple(_history(work, ticket, Names(work))))


def exempt(work: Work, ticket: Ticket) -> str:
    """The event that leaves a ticket out of net FCR, or ""."""
    return next((line.undo for line in history(work, ticket) if line.what == "exempted"), "")


def _history(work: Work, ticket: Ticket, names: Names) -> Iterator[EventView]:
    events = work.scalars(
        select(Event).where(Event.ticket_id == ticket.id, Event.kind.in_([*SHOWN_EVENTS, "void"])).order_by(Event.seq)
    ).all()
    for event in existing(work, events):
        view = item_of_event(work, event, names)
        if view is not None:
            yield view


def _assembled(
    messages: Sequence[Message],
    events: Iterable[EventView],
    names: Names,
    customer: CustomerChip,
    identities: dict[int, Identity],
    ways: dict[int, tuple[Way, ...]],
    answers: dict[int, Quoted],
    zone: zoneinfo.ZoneInfo,
) -> tuple[Item, ...]:
    """Messages, notes and events in the order they happened, with a mark at each new day."""
    timeline: list[tuple[dt.datetime, int, Message | EventView]] = [(m.at, m.id, m) for m in messages]
    timeline += [(event.at, 2**60 + event.seq, event) for event in events]
    timeline.sort(key=lambda one: one[:2])
    last_mail = max((m.id for m in messages if m.kind == "email" and m.auto is None), default=0)
    items: list[Item] = []
    day: dt.date | None = None
    for at, _order, one in timeline:
        today = at.astimezone(zone).date()
        if today != day:
            items.append(DayView(today))
            day = today
        if isinstance(one, EventView):
            items.append(one)
        elif one.direction is Direction.NOTE:
            items.append(_note(one, names))
        else:
            person, other = identities.get(one.identity_id or 0), ways.get(one.id, ())
            said = answers.get(one.id)
            leg = _leg(one, names, customer, person, last=one.id == last_mail, ways=other, answers=said)
            before = items[-1]
            if isinstance(before, Leg) and before.key == leg.key:
                items[-1] = replace(before, messages=before.messages + leg.messages)
            else:
                items.append(leg)
    return tuple(items)


def thread(work: Work, who: Who, ticket: Ticket, *, before: int | None = None, text: str = "") -> Thread:
    """The ticket's last :data:`PAGE` messages (or those before one), with all that stands around them. ``text`` is
    what the composer begins with."""
    seq = work.scalar(select(func.max(Event.seq))) or 0  # first: what comes later is caught up by the browser
    query = select(Message).where(
        Message.ticket_id == ticket.id, (Message.state.is_(None)) | (Message.state != Delivery.CANCELLED)
    )
    if before is not None:
        query = query.where(Message.id < before)
    messages = list(work.scalars(query.order_by(Message.id.desc()).limit(PAGE + 1)))
    more = len(messages) > PAGE
    messages = sorted(messages[:PAGE], key=lambda message: (message.at, message.id))
    names = Names(work)
    ids = {message.identity_id for message in messages if message.identity_id}
    identities = {one.id: one for one in (ticket.customer.identities if ticket.customer is not None else ())}
    if further := ids - identities.keys():
        identities |= {one.id: one for one in work.scalars(select(Identity).where(Identity.id.in_(further)))}
    ways = {message.id: _ways(work, ticket, message) for message in messages}
    answers = answered(work, messages)
    zone = zoneinfo.ZoneInfo(settings.get(work, "desk.timezone"))
    start = messages[0].at if more and messages else None
    events = [event for event in history(work, ticket) if start is None or event.at >= start]
    mark = work.get(ReadMark, (who.id, ticket.id)) if who.id else None
    seen = mark.message_id if mark is not None else 0
    fresh = [m.id for m in messages if m.direction is Direction.IN and m.auto is None and m.id > seen]
    how = settings.get(work, "reasons.ask")
    return Thread(
        head=head(work, ticket),
        items=_assembled(messages, events, names, customer_chip(ticket.customer), identities, ways, answers, zone),
        composer=replace(composer(work, who, ticket), text=text),
        room=Room(f"ticket:{ticket.id}", seq),
        snoozes=snoozes(zone),
        reasons=reason_choices(work) if how != "off" else (),
        reason_required=how == "require",
        known_tags=_known_tags(work),
        macros=macros.mine(work, who),
        others=previous(work, who, ticket)[:MERGED],
        earlier=str(min(m.id for m in messages)) if more else None,
        unread_from=min(fresh) if fresh else None,
        exempt=exempt(work, ticket),
    )


def _known_tags(work: Work) -> tuple[str, ...]:
    """The tags most used of late: to count those of every ticket there ever was would cost more than the thread."""
    late = select(TicketTag.tag).order_by(TicketTag.ticket_id.desc()).limit(LATE).subquery()
    return tuple(work.scalars(select(late.c.tag).group_by(late.c.tag).order_by(func.count().desc()).limit(30)))


def called(work: Work, reason: str | None) -> str:
    """What people read for a contact reason; one that the desk never had is read as it is."""
    node = once.reasons(work).get(reason) if reason else None
    return node.called if node is not None else reason or ""


def reason_choices(work: Work, now: str | None = None) -> tuple[ReasonChoice, ...]:
    """The contact reasons that can be chosen, in the order of the tree, with the one that a ticket has ``now``."""
    nodes = once.reasons(work)
    found = available(list(nodes.values()))
    if now in nodes and nodes[now] not in found:
        found.insert(0, nodes[now])
    choices = [ReasonChoice(node.name, node.label, "".join(f"{one}{MARK}" for one in node.path[:-1])) for node in found]
    return (ReasonChoice(now, now), *choices) if now is not None and now not in nodes else tuple(choices)


def page_of(work: Work, ticket: Ticket, message: int) -> int | None:
    """Before which message the page ends that holds this one in its middle; None for the last page."""
    newer = select(Message.id).where(Message.ticket_id == ticket.id, Message.id > message).order_by(Message.id)
    ids = list(work.scalars(newer.limit(PAGE)))
    return ids[PAGE // 2] if len(ids) == PAGE else None


def spent(amounts: Iterable[tuple[Decimal, str]]) -> Money | None:
    """The sum of amounts in one currency; None without any, or where currencies differ."""
    rows = list(amounts)
    currencies = {currency for _amount, currency in rows}
    if len(currencies) != 1:
        return None
    return Money(sum((amount for amount, _currency in rows), Decimal(0)), currencies.pop())
