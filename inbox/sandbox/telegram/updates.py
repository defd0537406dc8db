"""The updates that wait for one bot, and the two ways out: polled, or posted to the webhook."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from inbox.sandbox.accounts import Bot
from inbox.sandbox.courier import Delivery
from inbox.sandbox.ledger import Ledger
from inbox.sandbox.shelf import Shelf
from inbox.sandbox.stage import Stage
from inbox.sandbox.telegram.errors import TelegramError

__all__ = ["Pending", "Updates"]

_UNASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})  # not sent unless listed
_KEEP_S = 24 * 3600
_LONGEST_PAUSE_S = 30.0


@dataclass(eq=False)
class Pending:
    """One update on its way."""

    update: dict[str, Any]
    since: float
    repeats: int = 0
    delivery: Delivery | None = None
    tried: threading.Event = field(default_factory=threading.Event)

    @property
    def kind(self) -> str:
        """``message``, ``edited_message``, …: the field beside the id."""
        return next(name for name in self.update if name != "update_id")


class Updates:
    """One bot's queue. An update leaves it when a later offset confirms it or the webhook answers 2xx."""

    def __init__(self, stage: Stage, bot: Bot, ledger: Ledger) -> None:
        self._stage = stage
        self._bot = bot
        self._ledger = ledger
        self._changed = threading.Condition()
        self._pending: list[Pending] = []
        self._shelf = Shelf(stage.timetable, self._queue)
        self._poller = 0
        self._posting = False
        self._failures = 0
        self._retry_at = 0.0
        self.allowed: list[str] = []
        self.webhook: dict[str, Any] | None = None
        self.last_error: tuple[int, str] | None = None

    # --- in ---------------------------------------------------------------------------------------------------------

    def add(self, update: dict[str, Any], about: str) -> Pending:
        """Queues an update, or lets it go unseen where its kind was not asked for."""
        pending = Pending(update, time.time())
        if not self._asked_for(pending.kind):
            self._confirm([pending])
            return pending
        if repeat := self._stage.faults.take("telegram", "repeat", "hook", about):
            pending.repeats = repeat.times - 1
        if hold := self._stage.faults.take("telegram", "reorder", "hook", about):
            self._shelf.hold(hold, pending)
        else:
            self._queue([pending])
        return pending

    def restore(self, update: dict[str, Any], since: float) -> None:
        """Queues an update of an earlier run."""
        self._pending.append(Pending(update, since))

    def forget(self, update_ids: list[int]) -> None:
        """Drops the updates that an earlier run delivered."""
        self._pending = [item for item in self._pending if item.update["update_id"] not in update_ids]

    def _asked_for(self, kind: str) -> bool:
        return kind in self.allowed if self.allowed else kind not in _UNASKED

    def _queue(self, items: list[Pending]) -> None:
        with self._changed:
            self._pending.extend(items)
            self._changed.notify_all()
        self.start_posting()

    def _confirm(self, items: list[Pending]) -> None:
        with self._changed:
            self._pending = [item for item in self._pending if item not in items]
        for item in items:
            item.tried.set()
        if items:
            confirmed = [item.update["update_id"] for item in items]
            self._ledger.append("confirmed", bot=self._bot.id, update_ids=confirmed)

    @property
    def count(self) -> int:
        """How many wait."""
        with self._changed:
            return len(self._pending)

    # --- out: getUpdates ------------------------------------------------------------------------------------------

    def poll(self, offset: int, limit: int, timeout: float) -> list[dict[str, Any]]:
        """What waits, ascending; confirms everything below ``offset``. Raises :class:`TelegramError` 409."""
        if self.webhook:
            text = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            raise TelegramError(409, f"Conflict: {text}")
        with self._changed:
            self._poller += 1
            me = self._poller
            self._changed.notify_all()
        self._confirm([item for item in self._fresh() if 0 < item.update["update_id"] < offset])
        with self._changed:
            self._changed.wait_for(
                lambda: self._pending or self._poller != me or self._stage.timetable.stopped, timeout
            )
            if self._poller != me:
                text = "terminated by other getUpdates request; make sure that only one bot instance is running"
                raise TelegramError(409, f"Conflict: {text}")
        found = sorted((item.update for item in self._fresh()), key=lambda update: int(update["update_id"]))
        return found[offset:][:limit] if offset < 0 else found[:limit]

    def _fresh(self) -> list[Pending]:
        """What waits and is not older than a day; the rest is forgotten."""
        oldest = time.time() - _KEEP_S
        with self._changed:
            self._pending = [item for item in self._pending if item.since > oldest]
            return list(self._pending)

    def wake(self) -> None:
        """Lets a long poll notice that things have changed."""
        with self._changed:
            self._changed.notify_all()

    # --- out: the webhook -----------------------------------------------------------------------------------------

    def set_webhook(self, settings: dict[str, Any] | None, *, drop: bool) -> None:
        """Posts from now on to ``settings["url"]``, or keeps the updates for polling."""
        if drop:
            self._confirm(self._fresh())
        self.webhook = settings
        self._failures, self._retry_at, self.last_error = 0, 0.0, None
        self.wake()
        self.start_posting()

    def start_posting(self) -> None:
        """Posts in the background what waits."""
        if self.webhook:
            self._stage.timetable.after(0, self._post_all)

    def _post_all(self) -> None:
        with self._changed:
            if self._posting or time.monotonic() < self._retry_at:
                return
            self._posting = True
        while True:
            with self._changed:
                webhook = self.webhook
                if not webhook or not self._pending or self._stage.timetable.stopped:
                    self._posting = False
                    return
                item = self._pending[0]
            if not self._post(item, webhook):
                break
        pause = min(self._stage.pace.retry * 2 ** (self._failures - 1), _LONGEST_PAUSE_S)
        with self._changed:
            self._posting = False
            self._retry_at = time.monotonic() + pause
        self._stage.timetable.after(pause + 0.01, self._post_all)

    def _post(self, item: Pending, webhook: dict[str, Any]) -> bool:
        """Whether the desk took it."""
        headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip, deflate"}
        if webhook.get("secret_token"):
            headers["X-Telegram-Bot-Api-Secret-Token"] = webhook["secret_token"]
        if item.delivery is None:
            body = json.dumps(item.update, separators=(",", ":")).encode()
            about = json.dumps(item.update, ensure_ascii=False)
            item.delivery = Delivery("telegram", "hook", webhook["url"], headers, body, about, timeouts=(10, 60))
        item.delivery.url, item.delivery.headers = webhook["url"], headers
        result = self._stage.courier.post(item.delivery)
        item.tried.set()
        if not result.ok:
            self._failures += 1
            reason = f"Wrong response from the webhook: {result.status}" if result.status else "Connection failed"
            self.last_error = (int(time.time()), reason)
            return False
        self._failures = 0
        self._confirm([item])
        for _ in range(item.repeats):
            self._stage.courier.post(item.delivery)
        return True
