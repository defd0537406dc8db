"""What arrived, newest first, with the ledger above it, and who changed which setting."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select
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
from inbox.terms import Outcome

__all__ = ["audit", "page"]

PAGE = 50
DAYS = 14
OPENING = 120
HEAD = 4_000
_SUBJECT = re.compile(r"^subject:[ \t]*(\S.*)$", re.IGNORECASE | re.MULTILINE)
#: Where an arrival became neither of these it can be read again.
FINAL = {Outcome.MESSAGE, Outcome.STATUS}


def page(work: Work, who: Who, *, channel: str = "", outcome: str = "", after: int | None = None) -> JournalPage:
    """The last two weeks' ledger, and the arrivals before ``after`` that fit."""
    chosen = Outcome(outcome) if outcome in set(Outcome) else None
    query = (
        select(JournalEntry, Channel)
        .join(Channel, Channel.id == JournalEntry.channel_id)
        .options(selectinload(JournalEntry.items), defer(JournalEntry.body))
        .order_by(JournalEntry.id.desc())
        .limit(PAGE + 1)
    )
    if channel:
        query = query.where(JournalEntry.channel_id == channel)
    if chosen is not None:
        query = query.where(feeds.ended(chosen))
    if after is not None:
        query = query.where(JournalEntry.id < after)
    found = [(entry, own) for entry, own in work.execute(query)]
    shown = found[:PAGE]
    end = ledger.today(work) + dt.timedelta(days=1)
    lines = (
        ledger.lines(work, end - dt.timedelta(days=DAYS), end, channel=channel or None) if _known(work, channel) else []
    )
    titles = dict(work.execute(select(Channel.id, Channel.title)).all())
    return JournalPage(
        nav=nav(work, who),
        ledger=tuple(_ledger_row(line, titles) for line in sorted(lines, key=lambda one: one.day, reverse=True)),
        entries=tuple(_rows(work, shown, replay=may(who, "journal.replay"))),
        channels=tuple(
            Choice(row.id, row.title or row.name)
            for row in work.scalars(select(Channel).where(Channel.removed_at.is_(None)).order_by(Channel.title))
        ),
        channel=channel,
        outcome=chosen.value if chosen is not None else "",
        older=str(shown[-1][0].id) if len(found) > PAGE else None,
    )


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
            replayable=replay and entry.done and any(one.outcome not in FINAL for one in entry.items),
            opening=_opening(words if words is not None else _readable(bodies.get(entry.id))),
        )


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
