"""Alerts: what is wrong is written down when it begins and when it is over, and admins are told once each."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, and_, or_, select

from connectors.base import Address, Outgoing
from inbox import clock
from inbox.actions import canary, desk
from inbox.store import Agent, Alert, Canary, Channel, Work
from inbox.terms import Role

__all__ = ["PATIENCE", "Letter", "letters", "open_alerts", "tell", "watch", "ways"]

#: A channel that is away for so long is no news: providers restart, lines break.
PATIENCE = dt.timedelta(minutes=2)
#: So long it has to be well before admins hear that it is over; what comes back within it was never over.
CALM = dt.timedelta(minutes=5)
#: What begins again within it is not told again: the banner says it.
AGAIN = dt.timedelta(minutes=30)
#: These do not go away by waiting.
AT_ONCE: Final = frozenset({"login", "signin", "key"})
#: With these a channel can still send.
SENDS: Final = frozenset({"", "receive"})
SENTENCES: Final = {
    "login": ("{channel} cannot sign in", "Enter the login again in the settings of the channel."),
    "signin": ("{channel} has to be signed in again", "Sign in again in the settings of the channel."),
    "key": ("{channel} has secrets that this key does not open", "Put the old SECRET_KEY back, or enter them again."),
    "receive": ("{channel} does not receive", "It is tried again by itself; see whether its settings are right."),
    "send": ("{channel} does not send", "It is tried again by itself; see whether its settings are right."),
    "figures": (
        "Figures differ from the log",
        "Run sportello report verify --full to see which, and sportello report rebuild to make them anew.",
    ),
    "canary": ("{channel}: the proof that mail comes in is late", "See in its mailbox whether mail arrives there."),
}


@dataclass(frozen=True)
class Letter:
    """An alert as a mail to one admin, and the ways it may leave, the best first."""

    key: str
    over: bool
    ways: tuple[str, ...]  # ids of channels
    outgoing: tuple[Outgoing, ...]  # one to each admin


def watch(work: Work) -> None:
    """Compares what is wrong now with what was written down."""
    now = clock.now()
    wrong = _wrong(work)
    for key, (code, channel, detail, since) in wrong.items():
        row = work.get(Alert, key)
        if row is None:
            work.add(Alert(key=key, code=code, channel_id=channel, detail=detail, since=since))
            work.append("alert.began", code=code, channel_id=channel)
            continue
        row.detail = detail
        if row.over_at is not None:
            _again(row, since)
            work.append("alert.began", code=code, channel_id=channel)
    for row in work.scalars(select(Alert).where(Alert.over_at.is_(None))).all():
        if row.key not in wrong:
            row.over_at = now
            work.append("alert.over", code=row.code, channel_id=row.channel_id)


def _wrong(work: Work) -> dict[str, tuple[str, str | None, str, dt.datetime]]:
    """By key: (code, channel, detail, since)."""
    now = clock.now()
    found: dict[str, tuple[str, str | None, str, dt.datetime]] = {}
    proved = desk.get(work, "figures.proved")
    if proved and proved["wrong"]:
        found["figures"] = ("figures", None, proved["first"], now)
    rows = work.scalars(select(Channel).where(Channel.enabled, Channel.removed_at.is_(None))).all()
    for channel in rows:
        code, since = channel.problem_code, channel.problem_at
        if code and (code in AT_ONCE or (since is not None and now - since > PATIENCE)):
            found[f"{channel.id}:{code}"] = (code, channel.id, channel.problem, since or now)
        every, row = canary.period(channel), work.get(Canary, channel.id)
        if every is not None and row is not None and canary.is_late(row, every):
            found[f"{channel.id}:canary"] = ("canary", channel.id, row.problem, row.proved_at or row.since)
    return found


def _again(row: Alert, since: dt.datetime) -> None:
    now = clock.now()
    if row.over_at is not None and now - row.over_at > CALM:
        row.since = since
        if row.told_at is not None and now - row.told_at > AGAIN:
            row.told_at = None
    row.over_at = row.over_told_at = None


def _untold() -> Select[Alert]:
    """What somebody has to be told: what began, and what has been over for a while; what nobody could be told while it
    lasted (no way to send) is told then, with both times."""
    began = and_(Alert.told_at.is_(None), Alert.over_at.is_(None))
    ended = and_(Alert.over_told_at.is_(None), Alert.over_at < clock.now() - CALM)
    return select(Alert).where(or_(began, ended)).order_by(Alert.since)


def open_alerts(work: Work) -> list[Alert]:
    """What is wrong now, the oldest first."""
    return list(work.scalars(select(Alert).where(Alert.over_at.is_(None)).order_by(Alert.since)))


def letters(work: Work) -> list[Letter]:
    """What is to be told, with every way it could leave. Empty where no channel can send mail, or nobody reads it."""
    found = ways(work)
    own = {row.address for row in work.scalars(select(Channel).where(Channel.kind == "email"))}
    admins = [
        row
        for row in work.scalars(select(Agent).where(Agent.role == Role.ADMIN, Agent.active).order_by(Agent.email))
        if row.email not in own
    ]
    if not found or not admins:
        return []
    return [
        Letter(row.key, row.over_at is not None, found, tuple(_mail(work, row, admin) for admin in admins))
        for row in work.scalars(_untold())
    ]


def ways(work: Work) -> tuple[str, ...]:
    """The channels by which the desk can send a mail of its own, the soundest first."""
    rows = work.scalars(
        select(Channel)
        .where(Channel.kind == "email", Channel.enabled, Channel.removed_at.is_(None), Channel.problem_code.in_(SENDS))
        .order_by(Channel.problem_code, Channel.name)
    ).all()
    return tuple(row.id for row in rows if (row.config or {}).get("smtp_host"))


def _mail(work: Work, row: Alert, admin: Agent) -> Outgoing:
    channel = work.get(Channel, row.channel_id) if row.channel_id else None
    title, advice = SENTENCES.get(row.code, ("{channel}: {code}", ""))
    what = title.format(channel=(channel.title or channel.name) if channel is not None else "", code=row.code)
    name = str(desk.get(work, "desk.name")) or "Sportello"
    base = work.store.settings.base_url
    if row.over_at is not None:
        subject = f"[{name}] Over: {what}"
        text = f"This is over: {what}.\n\nIt lasted from {clock.iso(row.since)} to {clock.iso(row.over_at)}.\n"
    else:
        subject = f"[{name}] {what}"
        said = f"It says: {row.detail}\n" if row.detail else ""
        text = f"{what}, since {clock.iso(row.since)}.\n{said}\n{advice}\n{base}/settings/channels\n"
    return Outgoing(
        key=f"alert-{row.key}-{admin.id}", to=Address(admin.email, admin.name), subject=subject, text=text, auto=True
    )


def tell(work: Work, letter: Letter, *, told: bool) -> None:
    """Writes down that admins are told (right before the mail leaves), or that they were not after all."""
    row = work.get(Alert, letter.key)
    if row is None:
        return
    moment = clock.now() if told else None
    if letter.over:
        row.over_told_at = moment
    else:
        row.told_at = moment
