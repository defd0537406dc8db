"""Counting tries: sign-ins, unverified hooks, the widget; in memory, or in Redis where several processes serve."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable

from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from inbox.errors import Busy

__all__ = ["Throttle", "client"]


class Throttle:
    """``hit`` counts one try and raises :class:`Busy` beyond the limit, a text like ``10/minute``."""

    def __init__(self, redis_url: str = "") -> None:
        self._limiter = MovingWindowRateLimiter(storage_from_string(redis_url or "memory://"))
        self._items: dict[str, RateLimitItem] = {}

    def hit(self, limit: str, *key: str) -> None:
        """Counts. Raises :class:`Busy` with the seconds to wait."""
        item = self._items.setdefault(limit, parse(limit))
        if not self._limiter.hit(item, *key):
            wait = max(1, int(self._limiter.get_window_stats(item, *key).reset_time - time.time()))
            msg = f"too many tries; wait {wait} seconds"
            raise Busy(msg, retry_after=wait)

    def clear(self, limit: str, *key: str) -> None:
        """Forgets the tries: it was the right person after all."""
        self._limiter.clear(self._items.setdefault(limit, parse(limit)), *key)


def client(remote: str | None, header: Callable[[str], str | None], *, proxied: bool) -> str:
    """The caller's address for counting: behind our own proxy its last ``X-Forwarded-For``; an IPv6 /64 is one."""
    address = remote or "unknown"
    try:
        near = ipaddress.ip_address(address)
        if proxied and (near.is_loopback or near.is_private):
            forwarded = (header("X-Forwarded-For") or "").rpartition(",")[2].strip()
            near = ipaddress.ip_address(forwarded) if forwarded else near
        if near.version == 6:
            return str(ipaddress.ip_network(f"{near}/64", strict=False))
        return str(near)
    except ValueError:
        return address
