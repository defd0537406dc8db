"""Playing the customer on Telegram."""

from __future__ import annotations

from typing import Any

from inbox.sandbox.acting import WAIT_S, Act, Bubble
from inbox.sandbox.files import uploads
from inbox.sandbox.telegram.bots import Bots, Line
from inbox.sandbox.telegram.updates import Pending

__all__ = ["TelegramActor"]


class TelegramActor:
    """The Telegram stand-in from the customers' side; ``from`` is the chat id."""

    provider = "telegram"

    def __init__(self, bots: Bots) -> None:
        self._bots = bots
        self.ledger = bots.ledger

    def acts(self) -> dict[str, Act]:
        """``receive``, ``edit``, ``press``, ``react``, ``block``, ``unblock``; each may name a ``bot``."""
        return {
            "receive": self._receive,
            "edit": self._edit,
            "press": self._press,
            "react": self._react,
            "block": lambda order: self._block(order, blocked=True),
            "unblock": lambda order: self._block(order, blocked=False),
        }

    def _line(self, order: dict[str, Any]) -> Line:
        return self._bots.line(order.get("bot"))

    def _receive(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{from, text?, files?, person?, reply_to?}``."""
        line = self._line(order)
        pending = self._bots.receive(
            line,
            int(order["from"]),
            order.get("text", ""),
            uploads(order.get("files") or []),
            person=order.get("person"),
            reply_to=order.get("reply_to"),
        )
        return self._told(line, pending, order)

    def _edit(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{from, message_id, text}``."""
        line = self._line(order)
        pending = self._bots.edit(line, int(order["from"]), int(order["message_id"]), order["text"])
        return self._told(line, [pending], order)

    def _press(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{from, message_id, data}``."""
        line = self._line(order)
        pending = self._bots.press(line, int(order["from"]), int(order["message_id"]), order["data"])
        return self._told(line, [pending], order)

    def _react(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{from, message_id, emoji}``."""
        line = self._line(order)
        pending = self._bots.react(line, int(order["from"]), int(order["message_id"]), order.get("emoji", ""))
        return self._told(line, [pending], order)

    def _block(self, order: dict[str, Any], *, blocked: bool) -> dict[str, Any]:
        line = self._line(order)
        return self._told(line, [self._bots.block(line, int(order["from"]), blocked=blocked)], order)

    def _told(self, line: Line, pending: list[Pending], order: dict[str, Any]) -> dict[str, Any]:
        """The ids, and what the webhook said to the first of the updates."""
        wait = float(order.get("wait", WAIT_S))
        first = pending[0]
        if line.updates.webhook and wait > 0:
            first.tried.wait(wait)
        results = first.delivery.results if first.delivery else []
        content = first.update[first.kind]
        return {
            "id": content.get("message_id"),
            "update_id": first.update["update_id"],
            "update_ids": [item.update["update_id"] for item in pending],
            "delivery": {"status": results[0].status, "error": results[0].error} if results else None,
        }

    def accepted(self) -> list[dict[str, Any]]:
        """With the message as the API showed it; its ``id`` is ``chat:message``."""
        return self.ledger.entries("accepted")

    def conversation(self, address: str) -> list[Bubble]:
        """The chat with every bot, edits applied."""
        bubbles: dict[tuple[int, int], Bubble] = {}
        for entry in self.ledger.entries():
            if entry["what"] == "accepted" and entry["to"] == address:
                mine, message, files = False, entry["message"], entry["files"]
            elif entry["what"] in ("received", "edited") and entry["from"] == address:
                mine = True
                message = entry["update"].get("message") or entry["update"]["edited_message"]
                files = [item for item in self._given(message) if item]
            else:
                continue
            text = message.get("text") or message.get("caption") or ""
            key = (entry["bot"], message["message_id"])
            state = "edited" if entry["what"] == "edited" else ""
            time = bubbles[key].time if key in bubbles else entry["time"]
            bubbles[key] = Bubble(mine, text, time, str(message["message_id"]), state, "", tuple(files))
        return list(bubbles.values())

    def _given(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        listed = [message["document"]] if "document" in message else message.get("photo", [])[-1:]
        blobs = (self._bots.files.get(item["file_id"]) for item in listed)
        return [vars(blob) for blob in blobs if blob]

    def account(self) -> dict[str, Any]:
        """Token and name of the first bot, and of all."""
        bots = [vars(line.bot) for line in self._bots.lines.values()]
        first = {"token": bots[0]["token"], "username": bots[0]["username"]}
        return {"api_base": f"{self._bots.stage.url}/telegram"} | first | {"bots": bots}

    def add(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{username}``."""
        return vars(self._bots.add(order["username"]))

    def point(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{hook_url, secret_token, address?}``. Without a secret nothing changes: a bot's webhook is set by the desk
        itself with ``setWebhook``."""
        if "secret_token" in order:
            settings = {"url": order["hook_url"], "secret_token": order["secret_token"], "max_connections": 40}
            line = self._bots.line(order.get("address"))
            self._bots.set_webhook(line, settings if order["hook_url"] else None, line.updates.allowed, drop=False)
        return {"hook_url": order["hook_url"]}
