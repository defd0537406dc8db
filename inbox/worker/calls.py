"""Makes the calls that rules want made; a system that does not answer holds up no other one."""

from __future__ import annotations

from typing import Final

from connectors import guard
from connectors.base import ConnectorError
from connectors.line import target
from inbox import clock, logs
from inbox.actions import calls, outside
from inbox.store import Store

__all__ = ["work_due"]

log = logs.get(__name__)
SECONDS: Final = 10.0
LONGEST_BYTES: Final = 65_536  # of an answer, which nobody reads
PORTION: Final = 20
#: Not the caller's fault, or not for ever.
SOON: Final = frozenset({408, 425, 429})


def work_due(store: Store) -> int:
    """Makes what is due, a portion at a time; gives how many were tried."""
    with store.reading() as work:
        if not calls.any_due(work):
            return 0
    away: dict[str, str] = {}
    tried: list[int] = []
    while len(tried) < PORTION:
        call = store.write(lambda work: calls.claim(work, tried))
        if call is None:
            break
        tried.append(call.id)
        host = target(call.url).host
        code, done, permanent = (away[host], False, False) if host in away else _make(store, call)
        if not done and not permanent:
            away[host] = code
        store.write(
            lambda work, call=call, code=code, done=done, permanent=permanent: calls.ended(  # type: ignore[misc]
                work, call.id, code, done=done, permanent=permanent
            )
        )
        if not done:
            log.warning("call of a rule failed", call=call.id, host=host, code=code)
    return len(tried)


def _make(store: Store, call: calls.Call) -> tuple[str, bool, bool]:
    """(what came of it, whether it got through, whether trying again is of no use)."""
    stamp = str(int(clock.now().timestamp()))
    headers = {
        "Content-Type": "application/json",
        "X-Sportello-Delivery": str(call.id),
        "X-Sportello-Timestamp": stamp,
        "X-Sportello-Signature": f"sha256={outside.sign(call.secret, stamp, call.body)}",
    }
    allow = guard.allowed(store.settings.fetch_allow)
    try:
        answer = guard.post(call.url, call.body, headers=headers, allow=allow, seconds=SECONDS, max_bytes=LONGEST_BYTES)
    except ConnectorError as problem:
        return problem.code, False, problem.permanent
    status = answer.status
    return str(status), 200 <= status < 300, 300 <= status < 500 and status not in SOON
