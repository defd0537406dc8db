"""What concerns everybody, kept in memory between looks: each reads what came since, once it is sure of the rest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, or_, select

from inbox.metrics.config import Config
from inbox.metrics.log import Event as Told
from inbox.metrics.paged import STANDING
from inbox.metrics.standing import Standing
from inbox.store import Event

__all__ = ["forget", "known", "part"]

_LOG = Event.__table__.c
Reader = Callable[..., Iterable[tuple[str | None, Told]]]
_MOST = 4  # desks and settings in memory; a process has one desk
_KINDS = sorted({*STANDING, "void"})
_WANTED = or_(_LOG.kind.in_(sorted(STANDING)), and_(_LOG.kind == "void", _LOG.ticket_id.is_(None)))


class _Kept(NamedTuple):
    """``proof`` is how many lines of these kinds the log had up to ``seq``, where, and which was the last: a log only
    grows, but the sample may leave it."""

    seq: int
    proof: tuple[object, ...]
    standing: Standing


_lock = threading.Lock()
_kept: dict[tuple[str, str], _Kept] = {}


def known(line: Connection, config: Config, upto: int, told: Reader) -> Standing:
    """What the log says up to a ``seq``, read by ``told``."""
    key = str(line.engine.url), config.digest
    with _lock:
        old = _kept.get(key)
    if old is None or old.seq > upto or _proof(line, old.seq) != old.proof:
        standing = _read(told(_WANTED, _LOG.seq <= upto), config)
    else:
        more = [event for _, event in told(_WANTED, _LOG.seq > old.seq, _LOG.seq <= upto)]
        standing = Standing([*old.standing.events, *more], config) if more else old.standing
    if old is None or old.seq != upto:
        with _lock:
            _kept.pop(key, None)
            _kept[key] = _Kept(upto, _proof(line, upto), standing)
            while len(_kept) > _MOST:
                del _kept[next(iter(_kept))]
    return standing


def forget() -> None:
    """What is kept in memory goes: as a process begins."""
    with _lock:
        _kept.clear()


def part(config: Config, upto: int, told: Reader) -> Standing:
    """What a part of the log says, to which ``told`` keeps by itself."""
    return _read(told(_WANTED, _LOG.seq <= upto), config)


def _read(events: Iterable[tuple[str | None, Told]], config: Config) -> Standing:
    return Standing((event for _, event in events), config)


def _proof(line: Connection, seq: int) -> tuple[object, ...]:
    some = _LOG.kind.in_(_KINDS), _LOG.seq <= seq
    count, places, last = line.execute(select(func.count(), func.sum(_LOG.seq), func.max(_LOG.seq)).where(*some)).one()
    return count, places, *(line.execute(select(_LOG.id, _LOG.rec).where(_LOG.seq == last)).first() or ())
