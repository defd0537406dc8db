"""The desk's own words: canned replies, each change with an audit line."""

from __future__ import annotations

import re

from sqlalchemy import func, select

from inbox.actions.desk import audit
from inbox.actions.who import Who, require
from inbox.errors import Conflict, Invalid, NotFound
from inbox.store import Canned, Team, Work

__all__ = ["add_canned", "change_canned", "remove_canned"]

#: What comes after the slash in the composer: one word.
SHORT = re.compile(r"[^\s/]{1,40}")
LONGEST = 10_000


def _short(work: Work, name: str, *, but: int | None = None) -> str:
    wanted = name.strip().removeprefix("/").lower()
    if not SHORT.fullmatch(wanted):
        msg = "a short name is one word of up to 40 letters"
        raise Invalid(msg, fields={"name": msg})
    other = work.scalar(select(Canned.id).where(func.lower(Canned.name) == wanted))
    if other is not None and other != but:
        msg = "there is a canned reply of this name already"
        raise Conflict(msg, fields={"name": msg})
    return wanted


def _text(text: str) -> str:
    wanted = text.replace("\r\n", "\n").strip()
    if not 0 < len(wanted) <= LONGEST:
        msg = "write the text of the answer, up to 10,000 letters"
        raise Invalid(msg, fields={"text": msg})
    return wanted


def _team(work: Work, team: str | None) -> str | None:
    if team and work.get(Team, team) is None:
        msg = f"there is no team {team!r}"
        raise Invalid(msg, fields={"team": msg})
    return team or None


def add_canned(work: Work, who: Who, *, name: str, text: str, team: str | None = None) -> Canned:
    """Adds a canned reply, everybody's or a team's. Raises :class:`Invalid`, :class:`Conflict` for a taken name."""
    require(who, "canned.change")
    row = Canned(name=_short(work, name), text=_text(text), team_id=_team(work, team))
    work.add(row)
    work.flush()
    audit(work, who, "canned.added", canned=row.id, name=row.name)
    return row


def change_canned(work: Work, who: Who, number: int, *, name: str, text: str, team: str | None = None) -> Canned:
    """Changes a canned reply; messages that used it stay as they were sent."""
    require(who, "canned.change")
    row = _canned(work, number)
    before = {"name": row.name, "text": row.text, "team": row.team_id}
    row.name, row.text, row.team_id = _short(work, name, but=row.id), _text(text), _team(work, team)
    after = {"name": row.name, "text": row.text, "team": row.team_id}
    changes = {key: [before[key], after[key]] for key in before if before[key] != after[key]}
    if changes:
        audit(work, who, "canned.changed", canned=row.id, name=row.name, changes=changes)
    return row


def remove_canned(work: Work, who: Who, number: int) -> None:
    """Removes a canned reply."""
    require(who, "canned.change")
    row = _canned(work, number)
    work.delete(row)
    audit(work, who, "canned.removed", canned=row.id, name=row.name)


def _canned(work: Work, number: int) -> Canned:
    row = work.get(Canned, number)
    if row is None:
        msg = "there is no such canned reply"
        raise NotFound(msg)
    return row
