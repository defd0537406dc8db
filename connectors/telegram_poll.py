"""Fetches updates from Telegram: all of them without a public address, the missed ones with a webhook."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from connectors.base import Polled, Request
from connectors.telegram_api import Api
from connectors.telegram_update import MESSAGE_KINDS
from connectors.untrusted import as_count, as_dict, as_list, as_text

__all__ = ["BATCH", "UpdateBox", "fill_holes", "updates", "webhook"]

BATCH = 100
SLICE_S = 5
PACE_S = 0.5
# After a week without updates Telegram goes on with a random id, so an older offset says nothing any more.
OFFSET_LIVES = dt.timedelta(days=6)


def webhook(url: str, secret: str) -> dict[str, Any]:
    """The fields of ``setWebhook``."""
    return {"url": url, "secret_token": secret, "allowed_updates": list(MESSAGE_KINDS)}


def _offset(cursor: Mapping[str, Any], now: dt.datetime) -> int | None:
    if "offset" not in cursor or now - dt.datetime.fromisoformat(cursor["at"]) > OFFSET_LIVES:
        return None
    return int(cursor["offset"])


def updates(api: Api, cursor: Mapping[str, Any], *, wait_s: int = 0, limit: int = BATCH) -> Polled:
    """What waits at Telegram beyond the cursor ``{"offset": next id, "at": when the last one came}``. Asking with an
    offset makes Telegram forget what lies before it, so the offset has to be a committed one."""
    now = dt.datetime.now(dt.UTC)
    fields = {
        "offset": _offset(cursor, now),
        "limit": limit,
        "timeout": wait_s,
        "allowed_updates": list(MESSAGE_KINDS),
    }
    found = [as_dict(update) for update in as_list(api("getUpdates", fields, seconds=wait_s + 15))]
    numbers = [number for number in (as_count(update.get("update_id")) for update in found) if number is not None]
    after = dict(cursor)
    if numbers:
        after |= {"offset": max(numbers) + 1, "at": now.isoformat()}
    return Polled([_arrival(update) for update in found], after, more=len(found) >= limit)


def _arrival(update: dict[str, Any]) -> Request:
    return Request(
        method="POLL",
        url=f"telegram://getUpdates?update_id={as_text(update.get('update_id'))}",
        headers=[("Content-Type", "application/json")],
        body=json.dumps(update).encode(),
    )


def fill_holes(api: Api, secret: str, cursor: Mapping[str, Any]) -> Polled:
    """With a webhook: takes what Telegram could not deliver. Telegram hands out updates only while no webhook is set,
    so it is taken away for the length of one request; whatever comes with it comes by the webhook once more and ends
    as duplicate. The cursor remembers the webhook's address first, so that a crash in between cannot lose it."""
    info = as_dict(api("getWebhookInfo"))
    url, known = as_text(info.get("url")), as_text(cursor.get("webhook"))
    if not url:
        if known:
            api("setWebhook", webhook(known, secret))
        return Polled([], dict(cursor))
    failing = bool(as_count(info.get("pending_update_count")) and as_count(info.get("last_error_date")))
    if url != known:
        return Polled([], {**cursor, "webhook": url}, more=failing)
    if not failing:
        return Polled([], dict(cursor))
    api("deleteWebhook", {"drop_pending_updates": False})
    try:
        missed = updates(api, cursor)
    finally:
        api("setWebhook", webhook(url, secret))
    return Polled(missed.arrivals, missed.cursor, more=missed.more, backlog=len(missed.arrivals))


class UpdateBox:
    """A mailbox in the sense of the seam, by long polling."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._committed: dict[str, Any] = {}

    def poll(self, cursor: dict[str, Any]) -> Polled:
        """As :func:`updates`."""
        self._committed = dict(cursor)
        return updates(self._api, cursor)

    def wait(self, seconds: float, stop: Callable[[], bool]) -> bool:
        """Asks in slices of 5 s, so that ``stop`` is heard. It uses the cursor of the last poll, not its result: that
        one may not be committed yet, and Telegram would forget what lies before it."""
        ends = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
        while not stop():
            left = (ends - dt.datetime.now(dt.UTC)).total_seconds()
            if left <= 0:
                return False
            asked = time.monotonic()
            if updates(self._api, self._committed, wait_s=min(SLICE_S, max(1, int(left))), limit=1).arrivals:
                return True
            # A server that does not hold the line (a stand-in, a proxy) must not be asked without a pause.
            time.sleep(max(0.0, PACE_S - (time.monotonic() - asked)))
        return False
