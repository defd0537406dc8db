"""What arrived, newest first, with the ledger above it, and who changed which setting."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.orm import defer, selectinload

from inbox.actions.who import Who, may
from inbox.reading import feeds, ledger
from inbox.reading.pages import (
    AuditPage,
    AuditRow,
    Change,
    Choice,
    JournalItem,
    JournalPage,
    JournalRow,
    LedgerRow,
)
from inbox.reading.settings import nav
from inbox.store import Agent, Audit, Channel, JournalEntry, Message, Team, Work
from inbox.store import JournalItem as Item
from inbox.terms import Outcome

__all__ = ["Chosen", "audit", "page"]

PAGE = 50
DAYS = 14
OPENING = 120
HEAD = 4_000
REASONS = 100
LOST: Final = "lost"
LOST_SHOWN = 20
#: What it makes sense to read again after a fix, all at once.
AGAIN = {Outcome.IGNORED.value, Outcome.QUARANTINED.value, LOST}
_SUBJECT = re.compile(r"^subject:[ \t]*(\S.*)$", re.IGNORECASE | re.MULTILINE)
#: Where an arrival became neither of these it can be read again.
FINAL = {Outcome.MESSAGE, Outcome.STATUS}


@dataclass(frozen=True)
class Chosen:
    """Which arrivals are looked at: of a channel (its id), by how an item ended and why, of a local day."""

    channel: str = ""
    outcome: str = ""  # a word of ``Outcome``, or LOST
    reason: str = ""
    day: str = ""

    def numbers(self, work: Work) -> list[int]:
        """The arrivals that fit, for a replay of all of them."""
        return list(work.scalars(select(JournalEntry.id).where(*self.conditions(work)).order_by(JournalEntry.id)))

    def conditions(self, work: Work) -> list[ColumnElement[bool]]:
        """The conditions on arrivals that fit."""
        if not _known(work, self.channel):
            return [false()]
        day = _day(self.day)
        if self.outcome == LOST:
            return [JournalEntry.id.in_(_lost(work, self.channel, day))]
        return feeds.fitting(
            work,
            channel=self.channel or None,
            outcome=Outcome(self.outcome) if self.outcome in set(Outcome) else None,
            reason=self.reason or None,
            span=ledger.span(work, day, day + dt.timedelta(days=1)) if day is not None else None,
        )


def page(work: Work, who: Who, chosen: Chosen, *, after: int | None = None) -> JournalPage:
    """The last two weeks' ledger, and the arrivals before ``after`` that fit."""
    outcome = chosen.outcome if chosen.outcome in {*set(Outcome), LOST} else ""
    chosen = replace(chosen, outcome=outcome, day="" if _day(chosen.day) is None else chosen.day)
    wanted = chosen.conditions(work)
    found = _found(work, wanted, after)
    shown = found[:PAGE]
    end = ledger.today(work) + dt.timedelta(days=1)
    lines = (
        ledger.lines(work, end - dt.timedelta(days=DAYS), end, channel=chosen.channel or None)
        if _known(work, chosen.channel)
        else []
    )
    titles = dict(work.execute(select(Channel.id, Channel.title)).all())
    replay = may(who, "journal.replay")
    return JournalPage(
        nav=nav(work, who),
        ledger=tuple(_ledger_row(line, titles) for line in sorted(lines, key=lambda one: one.day, reverse=True)),
        entries=tuple(_rows(work, shown, replay=replay)),
        channels=tuple(
            Choice(row.id, row.title or row.name)
            for row in work.scalars(select(Channel).where(Channel.removed_at.is_(None)).order_by(Channel.title))
        ),
        channel=chosen.channel,
        outcome=outcome,
        older=str(shown[-1][0].id) if len(found) > PAGE else None,
        reason=chosen.reason,
        day=chosen.day,
        reasons=_reasons(work, chosen),
        lost=() if all(line.balanced for line in lines) else tuple(_lost(work, chosen.channel, None)[:LOST_SHOWN]),
        replayable=_count(work, wanted) if replay and outcome in AGAIN else 0,
    )


def _count(work: Work, wanted: list[ColumnElement[bool]]) -> int:
    whole = select(func.count()).select_from(JournalEntry).where(JournalEntry.erased_at.is_(None), *wanted)
    return work.scalar(whole) or 0


def _found(work: Work, wanted: list[ColumnElement[bool]], after: int | None) -> list[tuple[JournalEntry, Channel]]:
    query = (
        select(JournalEntry, Channel)
        .join(Channel, Channel.id == JournalEntry.channel_id)
        .options(selectinload(JournalEntry.items), defer(JournalEntry.body))
        .order_by(JournalEntry.id.desc())
        .where(*wanted)
        .limit(PAGE + 1)
    )
    if after is not None:
        query = query.where(JournalEntry.id < after)
    return [(entry, own) for entry, own in work.execute(query)]


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _lost(work: Work, channel: str, day: dt.date | None) -> list[int]:
    start = day or ledger.today(work) - dt.timedelta(days=DAYS - 1)
    end = (day or ledger.today(work)) + dt.timedelta(days=1)
    return ledger.lost(work, start, end, channel=channel or None)


def _reasons(work: Work, chosen: Chosen) -> dict[str, int]:
    """Why items ended as chosen, the most frequent first; only where there are reasons to tell apart."""
    if chosen.outcome not in {Outcome.IGNORED, Outcome.QUARANTINED}:
        return {}
    why = func.coalesce(Item.reason, "")
    query = (
        select(why, func.count())
        .join(JournalEntry, JournalEntry.id == Item.entry_id)
        .where(Item.outcome == chosen.outcome)
    )
    if chosen.channel:
        query = query.where(JournalEntry.channel_id == chosen.channel)
    rows = work.execute(query.group_by(why).order_by(func.count().desc(), why).limit(REASONS)).all()
    return {reason: count for reason, count in rows if reason}


def _known(work: Work, channel: str) -> bool:
    return not channel or work.get(Channel, channel) is not None


def _ledger_row(line: ledger.Line, titles: dict[str, str]) -> LedgerRow:
    return LedgerRow(
        channel=titles.get(line.address) or line.channel,
        kind=line.kind,
        day=line.day,
        received=line.received,
        pending=line.pending,
        message=line.message,
        status=line.status,
        duplicate=line.duplicate,
        quarantined=line.quarantined,
        ignored=dict(line.ignored),
        balanced=line.balanced,
        address=line.address,
    )


def _rows(work: Work, found: list[tuple[JournalEntry, Channel]], *, replay: bool) -> Iterable[JournalRow]:
    messages = {item.message_id for entry, _channel in found for item in entry.items if item.message_id is not None}
    said: dict[int, str] = {
        number: subject or text
        for number, subject, text in work.execute(
            select(Message.id, Message.subject, func.substr(Message.text, 1, 400)).where(Message.id.in_(messages))
        )
    }
    unread = [entry.id for entry, _channel in found if not any(item.message_id in said for item in entry.items)]
    heads = select(JournalEntry.id, func.substr(JournalEntry.body, 1, HEAD)).where(JournalEntry.id.in_(unread))
    bodies: dict[int, bytes | None] = dict(work.execute(heads).all())
    for entry, channel in found:
        words = next((said[one.message_id] for one in entry.items if one.message_id in said), None)
        yield JournalRow(
            id=entry.id,
            channel=channel.title or channel.name,
            kind=channel.kind,
            received_at=entry.received_at,
            bytes=entry.size,
            items=tuple(
                JournalItem(one.n, one.outcome.value, one.reason or "", one.external_id or "", one.ticket_id)
                for one in entry.items
            ),
            replayable=replay and entry.done and _readable_again(entry),
            erased=entry.erased_at is not None,
            opening=_opening(words if words is not None else _readable(bodies.get(entry.id))),
        )


def _readable_again(entry: JournalEntry) -> bool:
    """True where an item is neither message nor status, or has no outcome; of what was erased nothing is left."""
    if entry.erased_at is not None:
        return False
    lost = len(entry.items) < (entry.things or 1)
    return lost or any(one.outcome not in FINAL for one in entry.items)


def _readable(body: bytes | None) -> str:
    """What was not made a message: a mail by its subject, anything else from its beginning."""
    text = bytes(body or b"").decode("utf-8", "replace")
    subject = _SUBJECT.search(text)
    return subject[1] if subject is not None else text


def _opening(text: str) -> str:
    """The first line that a person can read."""
    for line in text.splitlines():
        clean = " ".join("".join(letter if letter.isprintable() else " " for letter in line).split())
        if clean:
            return clean[:OPENING]
    return ""


def audit(work: Work, who: Who, *, after: int | None = None) -> AuditPage:
    """Changes of settings before ``after``, newest first."""
    query = select(Audit).order_by(Audit.id.desc()).limit(PAGE + 1)
    if after is not None:
        query = query.where(Audit.id < after)
    found = work.scalars(query).all()
    names: dict[str, str] = {
        **dict(work.execute(select(Agent.id, Agent.name)).all()),
        **dict(work.execute(select(Team.id, Team.name)).all()),
        **dict(work.execute(select(Channel.id, Channel.title)).all()),
    }
    rows = [_audit_row(row, names) for row in found[:PAGE]]
    return AuditPage(nav(work, who), tuple(rows), str(found[PAGE - 1].id) if len(found) > PAGE else None)


def _audit_row(row: Audit, names: dict[str, str]) -> AuditRow:
    detail: dict[str, Any] = dict(row.detail or {})
    thing = row.what.partition(".")[0]
    subject = str(detail.pop(thing, "") or "") if thing != "setting" else ""
    target = str(detail.pop("title", "") or detail.pop("name", "") or names.get(subject, ""))
    changes = [Change(field, _told(pair[0], names), _told(pair[1], names)) for field, pair in _pairs(detail)]
    return AuditRow(
        at=row.at,
        who=names.get(row.agent_id or "", ""),
        action=row.what,
        target=target,
        changes=tuple(changes),
    )


def _pairs(detail: dict[str, Any]) -> Iterable[tuple[str, tuple[Any, Any]]]:
    """Each field before and after; what was set without a before stands alone."""
    if "setting" in detail:
        yield str(detail["setting"]), (detail.get("was"), _set(detail.get("now")))
        return
    for field, pair in dict(detail.get("changes") or {}).items():
        yield field, (pair[0], pair[1]) if pair != [None, None] else (None, None)
    for field, value in detail.items():
        if field not in {"changes", "id"} and value not in (None, "", [], {}):
            yield field, (None, value)


def _set(value: Any) -> Any:
    """Emptied is not the same as not shown."""
    return "" if value is None else value


def _told(value: Any, names: dict[str, str]) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return names.get(str(value), str(value))
