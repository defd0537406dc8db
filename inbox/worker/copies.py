"""Files copies of what left with the provider that keeps none itself; no failure of it ever sends a message again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from connectors.base import ConnectorError
from inbox import clock, logs
from inbox.actions import grants, outbox
from inbox.errors import Problem
from inbox.rendering.markup import render
from inbox.store import Message, Store

__all__ = ["file_due"]

log = logs.get(__name__)
LEASE = timedelta(minutes=5)
FIRST, LONGEST, TRIES = timedelta(seconds=30), timedelta(hours=6), 10


def file_due(store: Store, *, limit: int = 20) -> int:
    """Files the copies that are due, one after the other; gives how many were tried."""
    with store.reading() as work:
        due = Message.copy_at <= clock.now()
        ids = work.scalars(select(Message.id).where(due).order_by(Message.copy_at).limit(limit)).all()
    return sum(_one(store, number) for number in ids)


def _one(store: Store, number: int) -> bool:
    with store.transaction() as work:
        message = work.scalar(
            select(Message)
            .where(Message.id == number, Message.copy_at <= clock.now())
            .with_for_update(skip_locked=True)
        )
        if message is None:
            return False
        message.copy_at = clock.now() + LEASE
        message.copy_tries += 1
    problem, final = "", False
    try:
        _file(store, number)
    except Problem as error:
        problem = error.detail
    except ConnectorError as error:
        problem, final = error.message, error.permanent and not error.reauth
    except Exception as error:
        log.exception("copy failed", message=number)
        problem = type(error).__name__
    _settled(store, number, problem, final=final)
    return True


def _file(store: Store, number: int) -> None:
    with store.reading() as work:
        job = outbox.load(work, number, render, to_send=False)
        at = work.get_one(Message, number).sent_at or clock.now()
    grants.talk(
        store,
        job.channel,
        lambda connector, config: connector.copies(config) and connector.keep_copy(config, job.outgoing, at),
    )


def _settled(store: Store, number: int, problem: str, *, final: bool) -> None:
    with store.transaction() as work:
        message = work.get_one(Message, number)
        if not problem:
            message.copy_at = None
            message.extra = {name: value for name, value in message.extra.items() if name != "copy_problem"}
            return
        log.warning("no copy", message=number, problem=problem, tries=message.copy_tries)
        last = final or message.copy_tries >= TRIES
        distance = min(FIRST * (1 << min(message.copy_tries - 1, 20)), LONGEST)
        message.copy_at = None if last else clock.now() + distance
        if last:
            message.extra = {**message.extra, "copy_problem": problem[:300]}
            work.append("msg.uncopied", ticket=message.ticket_id, msg=str(message.id))
