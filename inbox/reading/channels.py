"""How our channels are: what stands at each, what came in today, what waits, and what its provider last said."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, or_, select

from connectors.base import Capabilities, Connector
from inbox import clock
from inbox.actions import canary
from inbox.actions import channels as verbs
from inbox.actions import desk as settings
from inbox.errors import Problem
from inbox.reading.pages import ConfigField, config_fields
from inbox.reading.pages.settings import Health
from inbox.reading.settings import UNFINISHED
from inbox.store import Canary, Channel, Event, JournalEntry, JournalItem, Message, Ticket, Work
from inbox.terms import Delivery, Direction, Outcome

__all__ = ["ADVICE", "Facts", "Newest", "Proof", "facts", "facts_of_all", "fields", "health", "newest"]

#: What only counts before a channel is read for the first time: from when on older mail is taken in.
AT_FIRST = frozenset({"since", "since_days"})
#: Refused calls are worth a look for so long.
RECENT = dt.timedelta(hours=24)
CHECKS = 200
WEEK = dt.timedelta(days=7)
UNSENT = (Delivery.HELD, Delivery.QUEUED, Delivery.CLAIMED, Delivery.SENDING)
#: What to do about a problem that stands, by its code.
ADVICE = {
    "login": "enter the channel's login again",
    "signin": "sign in again at the channel's provider",
    "key": "put the old SECRET_KEY back, or enter the channel's secrets again",
    "receive": "it is tried again by itself; see whether the channel's settings are right",
    "send": "it is tried again by itself; see whether the channel's settings are right",
}


@dataclass(frozen=True)
class Proof:
    """A mailbox's probes: how often, the last that left and the last that came back, after how long; ``late`` where one
    should have come by now, with what is known of why."""

    every: dt.timedelta
    sent_at: dt.datetime | None = None
    proved_at: dt.datetime | None = None
    took_ms: int | None = None
    late: bool = False
    problem: str = ""


@dataclass(frozen=True)
class Facts:
    """One channel and what is known of it. ``fetches`` says that arrivals only come by fetching, ``hooked`` that the
    provider has to call us and ``called`` that it has, genuinely; ``signs_in`` names the provider at whose page the
    account is signed in to; ``passed`` is how the last check ended (None without one); ``recovered`` is how many
    arrivals came late in the last week. ``heard_at``: the last genuine arrival of any kind. ``queue`` counts what has
    not left; ``oldest_unsent`` is since when the first of what should have left waits. ``proof`` is None where the
    channel sends itself no probes."""

    channel: Channel
    title: str
    can: Capabilities
    fetches: bool
    hooked: bool = False
    signs_in: str = ""
    today: int = 0
    quarantined: int = 0
    called: bool = False
    passed: bool | None = None
    recovered: int = 0
    open_tickets: int = 0
    heard_at: dt.datetime | None = None
    queue: int = 0
    oldest_unsent: dt.datetime | None = None
    proof: Proof | None = None

    @property
    def refused(self) -> bool:
        """True where calls with a wrong signature came lately."""
        at = self.channel.refused_at
        return at is not None and clock.now() - at < RECENT


@dataclass(frozen=True)
class Newest:
    """What came in last: its ticket, whom it is from, and when."""

    ticket: int
    sender: str
    at: dt.datetime


def health(facts: Facts) -> Health:
    """In one word: draft (its wizard was not finished), off, bad (a problem stands), new (its provider has never
    called), warn, ok."""
    channel = facts.channel
    if not channel.enabled:
        return "draft" if channel.draft else "off"
    if channel.problem_code:
        return "bad"
    if facts.refused or facts.quarantined or (facts.proof is not None and facts.proof.late):
        return "warn"
    return "new" if facts.hooked and not facts.called and channel.sent_at is None else "ok"


def facts_of_all(work: Work) -> list[Facts]:
    """Every channel that was not removed, by kind and name."""
    rows = work.scalars(
        select(Channel).where(Channel.removed_at.is_(None)).order_by(Channel.kind, func.lower(Channel.title))
    ).all()
    return _facts(work, rows)


def facts(work: Work, channel_id: str) -> Facts:
    """One channel. Raises :class:`NotFound`."""
    return _facts(work, [verbs.find(work, channel_id)])[0]


def newest(work: Work, channel_id: str) -> Newest | None:
    """The newest message of a customer that came in by this channel."""
    query = (
        select(Message.ticket_id, Message.from_name, Message.from_address, Message.at)
        .where(Message.channel_id == channel_id, Message.direction == Direction.IN)
        .order_by(Message.id.desc())
        .limit(1)
    )
    row = work.execute(query).first()
    return Newest(row[0], row[1] or row[2], row[3]) if row is not None else None


def fields(
    connector: Connector[Any], values: dict[str, Any] | None = None, *, stored: frozenset[str] = frozenset(), new: bool
) -> tuple[ConfigField, ...]:
    """The form of a connector's settings; what only counts at first is left out where the channel is not ``new``."""
    found = config_fields(connector.Config.model_json_schema(), values, stored=stored)
    return tuple(one for one in found if new or one.name not in AT_FIRST)


def stored_secrets(work: Work, channel: Channel) -> frozenset[str]:
    """The names of the secrets that are set; none where they cannot be opened with this key."""
    try:
        return frozenset(name for name, value in work.store.seal.open(channel.secrets).items() if value)
    except Problem:
        return frozenset()


def _facts(work: Work, rows: Sequence[Channel]) -> list[Facts]:
    ids = [row.id for row in rows]
    today, quarantined = _items(work, ids)
    opened = select(Ticket.channel_id, func.count()).where(
        Ticket.channel_id.in_(ids), Ticket.status.in_(UNFINISHED), Ticket.merged_into.is_(None)
    )
    open_tickets = dict(work.execute(opened.group_by(Ticket.channel_id)).all())
    passed, recovered = _passed(work), _recovered(work)
    queues = _queues(work, ids)
    found = []
    for row in rows:
        connector = work.store.connectors.get(row.kind)
        found.append(
            Facts(
                channel=row,
                title=connector.title if connector is not None else row.kind,
                can=connector.capabilities if connector is not None else Capabilities(),
                fetches=connector is not None and _fetches(work, row, connector),
                hooked=connector is not None and _hooked(work, row, connector),
                signs_in=_signs_in(work, row, connector) if connector is not None else "",
                today=today.get(row.id, 0),
                quarantined=quarantined.get(row.id, 0),
                called=_called(work, row),
                passed=passed.get(row.id),
                recovered=recovered.get(row.id, 0),
                open_tickets=open_tickets.get(row.id, 0),
                heard_at=_heard(work, row),
                queue=queues.get(row.id, (0, None))[0],
                oldest_unsent=queues.get(row.id, (0, None))[1],
                proof=_proof(work, row),
            )
        )
    return found


def _fetches(work: Work, row: Channel, connector: Connector[Any]) -> bool:
    try:
        return connector.must_poll(verbs.config_of(work, row))
    except (Problem, ValueError):  # the key does not fit, or the settings are of another version
        return connector.capabilities.polls


def _hooked(work: Work, row: Channel, connector: Connector[Any]) -> bool:
    try:
        return connector.is_called(verbs.config_of(work, row))
    except (Problem, ValueError):
        return connector.capabilities.hooks and not connector.capabilities.polls


def _signs_in(work: Work, row: Channel, connector: Connector[Any]) -> str:
    if connector.grants is None:
        return ""
    try:
        return str(connector.grants.wanted(verbs.config_of(work, row)))
    except (Problem, ValueError):
        return ""


def _called(work: Work, row: Channel) -> bool:
    """True where something genuine has arrived."""
    refused = select(JournalItem.n).where(JournalItem.entry_id == JournalEntry.id, JournalItem.reason == "signature")
    genuine = select(JournalEntry.id).where(JournalEntry.channel_id == row.id, ~refused.exists()).limit(1)
    return row.arrived_at is not None or work.scalar(genuine) is not None


def _heard(work: Work, row: Channel) -> dt.datetime | None:
    """When something genuine last came, be it a message, a status or a probe; by the index on (channel, time)."""
    refused = select(JournalItem.n).where(JournalItem.entry_id == JournalEntry.id, JournalItem.reason == "signature")
    query = select(JournalEntry.received_at).where(JournalEntry.channel_id == row.id, ~refused.exists())
    return work.scalar(query.order_by(JournalEntry.received_at.desc()).limit(1))


def _queues(work: Work, ids: Sequence[str]) -> dict[str, tuple[int, dt.datetime | None]]:
    """By channel: how many messages have not left, and since when the first of those that should have waits."""
    should = or_(Message.next_at <= clock.now(), Message.attempts > 0)
    query = (
        select(Message.channel_id, func.count(), func.min(case((should, Message.at))))
        .where(Message.state.in_(UNSENT), Message.channel_id.in_(ids))
        .group_by(Message.channel_id)
    )
    return {str(channel): (count, oldest) for channel, count, oldest in work.execute(query)}


def _proof(work: Work, row: Channel) -> Proof | None:
    every = canary.period(row)
    if every is None:
        return None
    known = work.get(Canary, row.id)
    if known is None:
        return Proof(every)
    late = canary.is_late(known, every)
    return Proof(every, known.sent_at, known.proved_at, known.took_ms, late, known.problem)


def _items(work: Work, ids: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    """By channel: messages that came in since local midnight, and items in quarantine."""
    zone = zoneinfo.ZoneInfo(str(settings.get(work, "desk.timezone")))
    midnight = clock.now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    query = (
        select(JournalEntry.channel_id, func.count())
        .join(JournalItem, JournalItem.entry_id == JournalEntry.id)
        .where(JournalEntry.channel_id.in_(ids))
        .group_by(JournalEntry.channel_id)
    )
    arrived = query.where(
        JournalItem.outcome == Outcome.MESSAGE, JournalEntry.received_at >= midnight, JournalEntry.imported.is_(False)
    )
    waiting = query.where(JournalItem.outcome == Outcome.QUARANTINED)
    return dict(work.execute(arrived).all()), dict(work.execute(waiting).all())


def _passed(work: Work) -> dict[str, bool]:
    """How each channel's last check ended."""
    lines = select(Event).where(Event.kind == "channel.checked").order_by(Event.seq.desc()).limit(CHECKS)
    found: dict[str, bool] = {}
    for line in work.scalars(lines):
        found.setdefault(str(line.data.get("channel_id")), bool(line.data.get("ok")))
    return found


def _recovered(work: Work) -> dict[str, int]:
    """How many arrivals each channel had missed and then got, in the last week."""
    lines = select(Event).where(Event.kind == "channel.recovered", Event.rec > clock.now() - WEEK)
    found: dict[str, int] = {}
    for line in work.scalars(lines):
        channel = str(line.data.get("channel_id"))
        found[channel] = found.get(channel, 0) + int(line.data.get("missed") or 0)
    return found
