"""Playing the customer on Messenger."""

from __future__ import annotations

from typing import Any

from inbox.sandbox.accounts import Page
from inbox.sandbox.acting import Act, Bubble, outcome
from inbox.sandbox.courier import Delivery
from inbox.sandbox.files import uploads
from inbox.sandbox.messenger.pages import Pages

__all__ = ["MessengerActor"]

_FIELDS = (
    "messages",
    "messaging_postbacks",
    "message_deliveries",
    "message_reads",
    "message_reactions",
    "message_echoes",
)


class MessengerActor:
    """The Meta stand-in from the customers' side; ``from`` is the PSID."""

    provider = "messenger"

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self.ledger = pages.ledger

    def acts(self) -> dict[str, Act]:
        """``receive receive_many press react read age elsewhere``; each may name a ``page``."""
        return {
            "receive": lambda order: self._receive_many({**order, "messages": [order]}),
            "receive_many": self._receive_many,
            "press": self._press,
            "react": self._react,
            "read": lambda order: self._told(self._pages.read(self._page(order), order["from"]), order),
            "age": self._age,
            "elsewhere": self._elsewhere,
        }

    def _page(self, order: dict[str, Any]) -> Page:
        return self._pages.page(order.get("page"))

    def _told(self, delivery: Delivery | None, order: dict[str, Any], **more: Any) -> dict[str, Any]:
        return more | {"delivery": outcome(delivery, order)}

    def _receive_many(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{messages: [{from, text?, files?, reply_to?}]}``: one call for all of them."""
        made = [
            self._pages.message(
                item["from"], item.get("text", ""), uploads(item.get("files") or []), reply_to=item.get("reply_to")
            )
            for item in order["messages"]
        ]
        delivery = self._pages.receive(self._page(order), made)
        mids = [facts["id"] for _, facts in made]
        return self._told(delivery, order, id=mids[0], ids=mids)

    def _press(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{from, title, payload}``."""
        return self._told(self._pages.press(self._page(order), order["from"], order["title"], order["payload"]), order)

    def _react(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{from, id, emoji}``."""
        return self._told(
            self._pages.react(self._page(order), order["from"], order["id"], order.get("emoji", "")), order
        )

    def _age(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{from, hours}``: closes the reply window."""
        try:
            self._pages.age(self._page(order), order["from"], float(order["hours"]))
        except KeyError as error:
            raise ValueError("that person never wrote") from error
        return {"delivery": None}

    def _elsewhere(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{to, text}``: a colleague answers in Meta's own inbox."""
        return self._told(self._pages.elsewhere(self._page(order), order["to"], order["text"]), order)

    def accepted(self) -> list[dict[str, Any]]:
        """With ``state`` once delivered."""
        delivered = {entry["id"] for entry in self.ledger.entries("status")}
        return [
            entry | {"state": "delivered" if entry["id"] in delivered else "sent"}
            for entry in self.ledger.entries("accepted")
        ]

    def conversation(self, address: str) -> list[Bubble]:
        """The chat with every Page."""
        entries = self.ledger.entries()
        delivered = {entry["id"] for entry in entries if entry["what"] == "status"}
        read = max(
            (entry["time"] for entry in entries if entry["what"] == "read" and entry["from"] == address), default=""
        )
        bubbles = []
        for entry in entries:
            mine = entry["what"] in ("received", "pressed") and entry["from"] == address
            if not mine and (entry["what"] not in ("accepted", "elsewhere") or entry["to"] != address):
                continue
            state = (
                "" if mine else "read" if entry["time"] <= read else "delivered" if entry["id"] in delivered else "sent"
            )
            files = tuple(entry.get("files", ()))
            bubbles.append(Bubble(mine, entry["text"], entry["time"], entry["id"], state, "", files))
        return bubbles

    def unread(self, address: str) -> bool:
        """Whether that customer has not yet seen something."""
        return any(not bubble.mine and bubble.state != "read" for bubble in self.conversation(address))

    def account(self) -> dict[str, Any]:
        """Ids, tokens and secrets of the first Page, and of all."""
        pages = [self._show(page) for page in self._pages.pages.values()]
        return {"api_base": f"{self._pages.stage.url}/graph"} | pages[0] | {"pages": pages}

    def _show(self, page: Page) -> dict[str, Any]:
        return {
            "page_id": page.id,
            "page_name": page.name,
            "page_token": page.token,
            "app_id": page.app_id,
            "app_secret": page.app_secret,
            "app_token": page.app_token,
            "verify_token": page.verify_token,
            "callback_url": page.callback_url,
            "subscribed_fields": list(page.subscribed),
        }

    def add(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{name}``."""
        return self._show(self._pages.add(order["name"]))

    def point(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{hook_url, verify_token?, address?, unchecked?}``: subscribes a Page that has no fields yet.

        The desk is asked for the challenge, unless ``unchecked``; one that is not up yet gets the benefit of the doubt.
        """
        page = self._pages.page(order.get("address"))
        url, token = order["hook_url"], order.get("verify_token") or page.verify_token
        if not order.get("unchecked") and self._pages.asks(page, url, token) is False:
            raise ValueError("the desk did not answer the challenge")
        self._pages.set_callback(page, url, token)
        if not page.subscribed:
            self._pages.subscribe(page, _FIELDS)
        return {"hook_url": order["hook_url"]}
