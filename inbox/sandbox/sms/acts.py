"""Playing the customer by SMS."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from inbox.sandbox.acting import Act, Bubble, outcome
from inbox.sandbox.files import uploads
from inbox.sandbox.sms.exchange import Exchange
from inbox.sandbox.sms.messages import Sms

__all__ = ["SmsActor"]


class SmsActor:
    """The Twilio stand-in from the customers' side."""

    provider = "sms"

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.ledger = exchange.ledger

    def acts(self) -> dict[str, Act]:
        """``receive {from, text, to?, files?, wait?}``."""
        return {"receive": self._receive}

    def _receive(self, order: dict[str, Any]) -> dict[str, Any]:
        files = uploads(order.get("files") or [])
        message, delivery = self._exchange.receive(order["from"], order.get("text", ""), order.get("to"), files)
        return {"id": message.sid, "delivery": outcome(delivery, order)}

    def accepted(self) -> list[dict[str, Any]]:
        """With ``state``, ``error``, ``price`` and the pictures that were fetched."""
        shown = []
        for entry in self.ledger.entries("accepted"):
            message = self._exchange.messages[entry["id"]]
            now = {"state": message.status, "error": message.error, "price": message.price}
            shown.append(entry | now | {"files": self._files(message)})
        return shown

    def _files(self, message: Sms) -> list[dict[str, Any]]:
        files = self._exchange.stage.files
        found = []
        for item in message.media:
            try:
                found.append(asdict(files.get(item.blob)))
            except KeyError:
                continue
        return found

    def conversation(self, address: str) -> list[Bubble]:
        """In the order in which things happened."""
        bubbles = []
        for message in list(self._exchange.messages.values()):
            if address not in (message.sender, message.to):
                continue
            mine = message.direction == "inbound"
            state = "" if mine else message.status
            files = tuple(self._files(message))
            bubbles.append(Bubble(mine, message.body, message.created.isoformat(), message.sid, state, "", files))
        return bubbles

    def account(self) -> dict[str, Any]:
        """Credentials and numbers."""
        account = self._exchange.account
        return {
            "api_base": f"{self._exchange.stage.url}/twilio",
            "account_sid": account.sid,
            "auth_token": account.auth_token,
            "number": next(iter(account.numbers)),
            "numbers": [asdict(number) for number in account.numbers.values()],
        }

    def add(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{number}``."""
        self._exchange.hook(order["number"], order.get("hook_url", ""))
        return asdict(self._exchange.account.numbers[order["number"]])

    def point(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{hook_url, address?}``: the number's webhook."""
        self._exchange.hook(order.get("address"), order["hook_url"])
        return {"hook_url": order["hook_url"]}
