"""What becomes of an answer after the click: claimed, on its way, taken over, delivered, read, paid for, or not."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial

from sqlalchemy import select

from connectors.base import ConnectorError, Cost, Receipt
from connectors.sms_segments import segments
from inbox import clock
from inbox.actions import outbox, statuses
from inbox.actions.sample.payloads import hexed, reported
from inbox.actions.sample.script import Step
from inbox.actions.sample.stage import Stage
from inbox.store import Channel, Message

__all__ = ["leave", "paid"]

OWNER = "sample:0"
SEGMENT, PICTURE = Decimal("0.0079"), Decimal("0.0200")


def leave(stage: Stage, message: Message, step: Step, seed: str) -> None:
    """Sends the message when its time to undo is over, as the worker would."""
    assert message.next_at is not None  # noqa: S101  (the outbox has set it in this very step)
    stage.later(message.next_at, lambda: _claim(stage, message, step, seed))


def _claim(stage: Stage, message: Message, step: Step, seed: str) -> None:
    work = stage.work
    ours = {line.channel.id for line in stage.lines.values()}
    others = work.scalars(select(Channel.id).where(Channel.id.not_in(ours)))
    claimed = outbox.claim(work, OWNER, busy=frozenset(others), limit=1)
    if claimed != [message.id]:
        msg = f"the sample's answer {message.id} is not in the outbox"
        raise RuntimeError(msg)
    stage.after(0.2, lambda: outbox.going_out(work, message.id, OWNER))
    end = _lost if step.lost else _REFUSED.get(message.kind) if step.fails and message.kind in _REFUSED else None
    stage.after(0.9, lambda: (end or _taken)(stage, message, step, seed))


def _lost(stage: Stage, message: Message, _step: Step, _seed: str) -> None:
    error = ConnectorError(
        "the line broke after the message was handed over", code="timeout", permanent=False, ambiguous=True
    )
    outbox.fail(stage.work, message.id, error)


def _blocked(stage: Stage, message: Message, _step: Step, _seed: str) -> None:
    error = ConnectorError("Forbidden: bot was blocked by the user", code="403", permanent=True)
    outbox.fail(stage.work, message.id, error)


#: Providers that say at once what others report later.
_REFUSED: dict[str, Callable[[Stage, Message, Step, str], None]] = {"telegram": _blocked}


def _taken(stage: Stage, message: Message, step: Step, seed: str) -> None:
    counted = segments(message.text).count if message.kind == "sms" else None
    outbox.settle(stage.work, message.id, Receipt(_receipt_id(stage, message, seed), at=clock.now(), segments=counted))
    _NEXT.get(message.kind, _nothing)(stage, message, step)


def _receipt_id(stage: Stage, message: Message, seed: str) -> str:
    match message.kind:
        case "email":
            return message.header_id or ""
        case "sms":
            return "SM" + hexed(seed)
        case "telegram":
            return f"{message.to[0]['address']}:{next(stage.numbers)}"
        case "messenger":
            return f"m_{hexed(seed, 40)}"
    return f"{message.id}-{message.client_key}"


def _nothing(_stage: Stage, _message: Message, _step: Step) -> None:
    """Telegram tells nothing more."""


def _sms(stage: Stage, message: Message, step: Step) -> None:
    line, to, sid = stage.lines["sms"], message.to[0]["address"], message.external_id or ""
    end = "undelivered" if step.fails else "delivered"
    stage.after(1, lambda: stage.arrive("sms", line.sms_status(sid, to, "sent")))
    stage.after(5, lambda: stage.arrive("sms", line.sms_status(sid, to, end, step.fails)))
    stage.after(66, lambda: paid(stage, message, SEGMENT * (message.segments or 1)))


def _messenger(stage: Stage, message: Message, step: Step) -> None:
    line, to, mid = stage.lines["messenger"], message.to[0]["address"], message.external_id or ""
    echo = {"mid": mid, "text": message.text, "is_echo": True, "app_id": int(line.config.app_id or 0)}
    stage.after(0.5, lambda: stage.arrive("messenger", line.messenger(to, message=echo)))

    def told(word: str, **more: object) -> None:
        stage.arrive(
            "messenger", line.messenger(to, **{word: {**more, "watermark": int(clock.now().timestamp() * 1000)}})
        )

    stage.after(2, lambda: told("delivery", mids=[mid]))
    if step.read:
        stage.after(150, lambda: told("read"))


def _chat(stage: Stage, message: Message, step: Step) -> None:
    visitor, key = message.to[0]["address"], message.external_id or ""
    for seconds, word in ((0.2, "delivered"), (8, "read")) if step.read else ((0.2, "delivered"),):
        stage.after(seconds, partial(_seen, stage, visitor, word, key))


def _seen(stage: Stage, visitor: str, word: str, key: str) -> None:
    stage.arrive("chat", stage.lines["chat"].chat(visitor, type=word, message=key))


def _mail(stage: Stage, message: Message, step: Step) -> None:
    if not step.fails:
        return
    line, to = stage.lines["email"], message.to[0]["address"]
    raw = reported(message, step.fails, to, line.channel.address)
    stage.after(40, lambda: stage.arrive("email", line.mail(raw, next(stage.uids))))


_NEXT: dict[str, Callable[[Stage, Message, Step], None]] = {
    "sms": _sms,
    "messenger": _messenger,
    "chat": _chat,
    "email": _mail,
}


def paid(stage: Stage, message: Message, amount: Decimal) -> None:
    """The provider tells what a message cost, in dollars."""
    statuses.priced(stage.work, message, Cost(amount, "USD"))
