"""Calls of other systems that rules want made: kept with what the rule did, signed, tried until they get through."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, select

from connectors.line import target
from inbox import clock
from inbox.actions import desk
from inbox.actions.who import Who, require, rule_of
from inbox.errors import Invalid
from inbox.store import RuleCall, Ticket, Work

if TYPE_CHECKING:
    from inbox.actions.steps import Doing

__all__ = ["Call", "address", "any_due", "claim", "ended", "forget_old", "queue", "renew", "secret"]

NAME: Final = "rules.secret"
LEASE: Final = timedelta(minutes=2)
#: Distance to the next attempt: half a minute, four times as long each time, six hours at most; eight of them.
FIRST, LONGEST, MOST = timedelta(seconds=30), timedelta(hours=6), 8
TEXT: Final = 10_000
KEPT: Final = timedelta(days=90)
OPEN: Final = ("queued", "claimed")


@dataclass(frozen=True)
class Call:
    """One to be made now; nothing of it needs the store."""

    id: int
    url: str
    body: bytes
    secret: str


def address(_work: Work, url: str) -> str:
    """The address of a step, as it is stored. Raises :class:`Invalid`."""
    wanted = url.strip()
    try:
        if len(wanted) > 2000:
            raise ValueError(wanted)
        target(wanted)
    except ValueError:
        msg = "write the whole address, like https://shop.example/sportello"
        raise Invalid(msg, fields={"what": msg}) from None
    return wanted


def queue(doing: Doing, url: str) -> None:
    """Wants a system told of the ticket as it is now, and of the message that the rule is about."""
    work, ticket, rule = doing.work, doing.ticket, rule_of(doing.who.id)
    if rule is None:
        return
    secret(work)
    body: dict[str, Any] = {
        "rule": {"id": rule, "name": doing.rule},
        "at": clock.iso(clock.now()),
        "ticket": _told(ticket),
        "message": None,
    }
    said = doing.answers
    if said is not None:
        sender = {"name": said.from_name, "address": said.from_address}
        body["message"] = {"id": said.id, "channel": said.kind, "from": sender, "text": said.text[:TEXT]}
    text = json.dumps(body, ensure_ascii=False)
    call = RuleCall(rule_id=rule, ticket_id=ticket.id, run=doing.key, url=url, body=text)
    work.add(call)
    work.flush()
    work.append("rule.calls", actor=doing.who.actor, ticket=ticket.id, call=call.id)


def _told(ticket: Ticket) -> dict[str, Any]:
    customer = ticket.customer
    return {
        "id": ticket.id,
        "subject": ticket.subject,
        "status": ticket.status.value,
        "priority": ticket.priority.value,
        "channel": ticket.kind,
        "customer": {"id": customer.id, "name": customer.name or None} if customer is not None else None,
        "assignee": ticket.assignee_id,
        "team": ticket.team_id,
        "tags": sorted(one.tag for one in ticket.tags),
        "reason": ticket.reason,
    }


# --- the secret -------------------------------------------------------------------------------------------------


def secret(work: Work) -> str:
    """What the desk signs its calls with; made the first time that somebody asks for it."""
    kept = desk.get(work, NAME)
    if kept:
        return str(work.store.seal.open(kept)["secret"])
    made = secrets.token_urlsafe(32)
    desk.keep(work, NAME, work.store.seal.close({"secret": made}))
    return made


def renew(work: Work, who: Who) -> None:
    """Signs with another secret from now on."""
    require(who, "settings.change")
    desk.keep(work, NAME, "")
    secret(work)
    desk.audit(work, who, "rules.secret")


# --- making them ------------------------------------------------------------------------------------------------


def _due() -> Any:
    return select(RuleCall.id).where(RuleCall.state.in_(OPEN), RuleCall.next_at <= clock.now())


def any_due(work: Work) -> bool:
    """Whether one waits: a look that holds up no writer."""
    return work.scalar(_due().limit(1)) is not None


def claim(work: Work, but: Sequence[int] = ()) -> Call | None:
    """The next one, which nobody else makes until the lease ends; None where none is due."""
    query = _due().where(RuleCall.id.not_in(but)).order_by(RuleCall.next_at, RuleCall.id).limit(1)
    id = work.scalar(query.with_for_update(skip_locked=True))
    if id is None:
        return None
    row = work.get_one(RuleCall, id)
    row.state, row.next_at, row.attempts = "claimed", clock.now() + LEASE, row.attempts + 1
    return Call(row.id, row.url, row.body.encode(), secret(work))


def ended(work: Work, id: int, code: str, *, done: bool, permanent: bool) -> None:
    """What came of an attempt: another one follows unless it got through, or none ever would."""
    row = work.get(RuleCall, id)
    if row is None or row.state not in OPEN:
        return
    row.code = code[:40]
    if done or permanent or row.attempts >= MOST:
        row.state = "done" if done else "failed"
        work.append("rule.called", ticket=row.ticket_id, call=row.id, ok=done)
    else:
        row.state = "queued"
        row.next_at = clock.now() + min(FIRST * 4 ** (row.attempts - 1), LONGEST)


def forget_old(work: Work) -> None:
    """They are kept as long as the log of rules."""
    old = RuleCall.state.not_in(OPEN) & (RuleCall.at < clock.now() - KEPT)
    work.execute(delete(RuleCall).where(old).execution_options(synchronize_session=False))
