"""Devices: the browsers that take notices by Web Push, what is on its way to them, and what became of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from connectors.webpush import GONE, Subscription, checked, new_keys
from inbox import clock
from inbox.actions import desk, digests, habits, routing
from inbox.actions.who import Who, visible
from inbox.errors import Invalid, Misconfigured, NotFound
from inbox.store import Agent, Device, Notice, Post, Setting, Store, Ticket, Work

__all__ = [
    "Envelope",
    "Keys",
    "due",
    "failed",
    "forget",
    "keys",
    "plan",
    "replaced",
    "ring",
    "sent",
    "subscribe",
    "sweep",
    "waiting",
]

SETTING: Final = "push.keys"
MOST: Final = 10  # devices of one person
BATCH: Final = 50
TRIES: Final = 8
STALE: Final = timedelta(hours=12)  # what did not get through by then is no news
FIRST: Final = timedelta(seconds=30)
TTL_S: Final = 4 * 3600
URGENT: Final = frozenset({"mention", "late", "assigned", "handover"})


@dataclass(frozen=True)
class Keys:
    """The desk's own pair, base64url."""

    private: str
    public: str


@dataclass(frozen=True)
class Envelope:
    """What goes to one device now."""

    post: int
    to: Subscription
    payload: bytes
    urgency: str
    topic: str


def keys(store: Store) -> Keys:
    """The desk's pair; made the first time somebody asks, and again where it cannot be opened any more: devices that
    were subscribed with the old one are forgotten then, since they would take nothing."""
    with store.reading() as work:
        found = _open(work)
    return found or store.write(_make)


def _open(work: Work) -> Keys | None:
    row = work.get(Setting, SETTING)
    if row is None:
        return None
    try:
        return Keys(work.store.seal.open(row.value["sealed"])["private"], row.value["public"])
    except Misconfigured:
        return None


def _make(work: Work) -> Keys:
    if (found := _open(work)) is not None:
        return found
    private, public = new_keys()
    value = {"public": public, "sealed": work.store.seal.close({"private": private})}
    row = work.get(Setting, SETTING)
    if row is None:
        work.add(Setting(name=SETTING, value=value))
    else:
        row.value = value
        work.execute(delete(Device))
    return Keys(private, public)


# --- which devices ----------------------------------------------------------------------------------------------


def subscribe(
    work: Work, who: Who, endpoint: str, key: str, secret: str, *, browser: str = "", sign_in: str = ""
) -> Device:
    """Takes a browser in, or anew: it rings for whoever subscribed it last. Raises :class:`Invalid`."""
    try:
        checked(endpoint, key, secret)
    except ValueError:
        msg = "this browser did not say how it can be reached; try again"
        raise Invalid(msg, fields={"endpoint": msg}) from None
    name = _digest(endpoint)
    device = work.scalar(select(Device).where(Device.digest == name))
    if device is None:
        device = Device(agent_id=who.id or "", endpoint=endpoint, digest=name, key=key, secret=secret)
        work.add(device)
    device.agent_id, device.key, device.secret, device.problem = who.id or "", key, secret, ""
    device.browser, device.sign_in = browser[:200], sign_in
    work.flush()
    mine = work.scalars(select(Device.id).where(Device.agent_id == who.id).order_by(Device.id.desc())).all()
    work.execute(delete(Device).where(Device.id.in_(mine[MOST:])))
    return device


def replaced(work: Work, who: Who, old: str) -> None:
    """The push service gave a browser of theirs another address: the old one is no more."""
    work.execute(delete(Device).where(Device.digest == _digest(old), Device.agent_id == who.id))


def forget(work: Work, who: Who, number: int) -> None:
    """Stops a device of theirs from ringing. Raises :class:`NotFound`."""
    work.delete(_mine(work, who, number))


def ring(work: Work, who: Who, number: int) -> None:
    """Has a device of theirs ring once, to see that it does. Raises :class:`NotFound`."""
    work.add(Post(device_id=_mine(work, who, number).id))


def _mine(work: Work, who: Who, number: int) -> Device:
    device = work.get(Device, number)
    if device is None or device.agent_id != who.id:
        msg = "there is no such device"
        raise NotFound(msg)
    return device


def _digest(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()


# --- what is on its way -----------------------------------------------------------------------------------------


def _ready() -> ColumnElement[bool]:
    return Notice.push_at <= clock.now()


def waiting(work: Work) -> bool:
    """Whether :func:`plan` or :func:`due` would find anything: a look that holds up no writer."""
    looks = (select(Notice.id).where(_ready()), select(Post.id).where(Post.next_at <= clock.now()))
    return any(work.scalar(look.limit(1)) is not None for look in looks)


def plan(work: Work) -> None:
    """Puts what has become due onto its way to each device; several notices of one person go as their number."""
    ids = work.scalars(select(Notice.agent_id).where(_ready()).distinct().limit(BATCH)).all()
    for agent in work.scalars(select(Agent).where(Agent.id.in_(ids))).all():
        _plan(work, agent)


def _plan(work: Work, agent: Agent) -> None:
    now = clock.now()
    mine = (Notice.agent_id == agent.id, _ready())
    later = habits.reachable(agent.quiet, now)
    if routing.away(agent) and agent.away_until is not None:
        later = max(later, agent.away_until)
    if later > now:
        work.execute(update(Notice).where(*mine).values(push_at=later).execution_options(synchronize_session=False))
        return
    seen = select(Notice.id).join(Ticket, Ticket.id == Notice.ticket_id).where(*mine, visible(Who.of(agent)))
    found = list(work.scalars(seen)) if agent.active else []
    work.execute(update(Notice).where(*mine).values(push_at=None).execution_options(synchronize_session=False))
    devices = work.scalars(select(Device.id).where(Device.agent_id == agent.id)).all() if found else ()
    work.add_all(Post(device_id=device, notice_id=found[0] if len(found) == 1 else None) for device in devices)


def due(work: Work) -> list[Envelope]:
    """What is to be handed over now, the oldest first. What was read meanwhile is left out by :func:`sweep`."""
    rows = work.execute(
        select(Post, Device, Agent)
        .join(Device, Device.id == Post.device_id)
        .join(Agent, Agent.id == Device.agent_id)
        .where(Post.next_at <= clock.now(), Agent.active)
        .order_by(Post.id)
        .limit(BATCH)
    )
    return [_envelope(work, post, device, agent) for post, device, agent in rows.unique()]


def sweep(work: Work) -> None:
    """Drops what was read before it left, and what is no news any more."""
    read = select(Notice.id).where(Notice.read_at.is_not(None))
    off = select(Device.id).join(Agent, Agent.id == Device.agent_id).where(Agent.active.is_(False))
    old = Post.at < clock.now() - STALE
    work.execute(delete(Post).where(or_(Post.notice_id.in_(read), Post.device_id.in_(off), old)))


def _envelope(work: Work, post: Post, device: Device, agent: Agent) -> Envelope:
    language = agent.language or str(desk.get(work, "desk.language"))
    notice = work.get(Notice, post.notice_id) if post.notice_id else None
    ticket = work.get(Ticket, notice.ticket_id) if notice is not None else None
    told: dict[str, object] = {"title": str(desk.get(work, "desk.name")) or "Sportello", "lang": language}
    if notice is not None and ticket is not None:
        told |= {"url": digests.path(notice), "tag": f"ticket-{ticket.id}"}
        if desk.get(work, "push.names"):
            told["title"] = digests.sentence(language, notice.reason, name=digests.who_did(work, notice, ticket))
            told["body"] = f"#{ticket.id} {ticket.subject}"[:300]
        else:
            told["body"] = digests.sentence(language, f"bare_{notice.reason}", n=ticket.id)
    else:
        unread = work.scalar(
            select(func.count()).where(Notice.agent_id == agent.id, Notice.page, Notice.read_at.is_(None))
        )
        word = {0: "test", 1: "one"}.get(unread or 0, "many")
        told |= {"url": "/notices", "tag": "notices", "body": digests.sentence(language, word, n=unread)}
    urgent = notice is None or notice.reason in URGENT
    to = Subscription(device.endpoint, device.key, device.secret)
    return Envelope(
        post.id, to, json.dumps(told).encode(), "high" if urgent else "normal", str(told["tag"]).replace("-", "")[:32]
    )


def sent(work: Work, posts: Iterable[int]) -> None:
    """The push service has taken them over."""
    rows = work.scalars(select(Post).where(Post.id.in_(list(posts)))).all()
    for row in rows:
        device = work.get(Device, row.device_id)
        if device is not None:
            device.sent_at, device.problem = clock.now(), ""
        work.delete(row)


def failed(work: Work, number: int, code: str, problem: str, *, permanent: bool, after: float | None = None) -> None:
    """It was not taken: a browser that is gone is forgotten, anything else tried again later and later, or given up."""
    row = work.get(Post, number)
    device = work.get(Device, row.device_id) if row is not None else None
    if row is None or device is None:
        return
    if code in GONE:
        work.delete(device)
        return
    row.tries += 1
    device.problem = problem[:200]
    if permanent or row.tries >= TRIES:
        work.delete(row)
        return
    row.next_at = clock.now() + max(FIRST * 2 ** (row.tries - 1), timedelta(seconds=after or 0))
