"""The Messenger stand-in's inside: Pages, what people wrote to them, reply windows, echoes and watermarks."""

from __future__ import annotations

import base64
import datetime as dt
import threading
import time
from dataclasses import asdict
from typing import Any

from inbox.sandbox import ids
from inbox.sandbox.accounts import Page, default_page
from inbox.sandbox.courier import Delivery
from inbox.sandbox.files import Blob, Upload
from inbox.sandbox.ledger import Entry, Ledger
from inbox.sandbox.messenger.errors import GraphError
from inbox.sandbox.messenger.events import Outlet, attachment_type
from inbox.sandbox.people import known_by
from inbox.sandbox.stage import Stage

__all__ = ["Pages"]

_WINDOW, _HUMAN_WINDOW = dt.timedelta(hours=24), dt.timedelta(days=7)
_PAGE_INBOX_APP = 263902037430900  # the app id of Meta's own Page inbox, which other people of the business use


def _ms() -> int:
    return time.time_ns() // 1_000_000


def _mid() -> str:
    return "m_" + base64.urlsafe_b64encode(ids.token(60).encode()).decode().rstrip("=")


class Pages:
    """Everything that Meta would know. Safe from any thread; rebuilt from its ledger on start."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.ledger = Ledger(stage.state / "messenger.jsonl")
        self.pages: dict[str, Page] = {}
        self.attachments: dict[str, Blob] = {}
        self._outlets: dict[str, Outlet] = {}
        self._last: dict[tuple[str, str], dt.datetime] = {}
        self._lock = threading.RLock()
        self._add(default_page())
        for entry in self.ledger.entries():
            self._apply(entry)

    def _add(self, page: Page) -> None:
        self.pages[page.id] = page
        self._outlets[page.id] = Outlet(self.stage, page, lambda: self.subscribe(page, ()))

    def add(self, name: str) -> Page:
        """One more Page with its own app; the same name gives the same Page."""
        page = default_page(name)
        if page.id not in self.pages:
            self._apply(self.ledger.append("page", name=name))
        return self.pages[page.id]

    def page(self, page_id: str | None) -> Page:
        """The Page of that id, or the first. Raises ``ValueError``."""
        for page in self.pages.values():
            if page_id in (None, "", page.id):
                return page
        raise ValueError(f"there is no page {page_id}")

    # --- what customers do ----------------------------------------------------------------------------------------

    def message(
        self, psid: str, text: str, files: list[Upload], *, reply_to: str | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """A ``message`` as an event carries it, and what the ledger keeps of it."""
        mid = _mid()
        blobs = [self.stage.files.put(upload) for upload in files]
        content: dict[str, Any] = {"mid": mid} | ({"text": text} if text else {})
        if reply_to:
            content["reply_to"] = {"mid": reply_to}
        if blobs:
            content["attachments"] = [
                {
                    "type": attachment_type(blob.content_type),
                    "payload": {"url": f"{self.stage.url}/graph/cdn/{blob.id}/{blob.name}"},
                }
                for blob in blobs
            ]
        return content, {"id": mid, "from": psid, "text": text, "files": [asdict(blob) for blob in blobs]}

    def receive(self, page: Page, messages: list[tuple[dict[str, Any], dict[str, Any]]]) -> Delivery | None:
        """Customers write; all of it leaves in one call, as a batch."""
        events = []
        for content, facts in messages:
            self._apply(self.ledger.append("received", page=page.id, to=page.id, **facts))
            events.append(self._event(facts["from"], page.id, message=content))
        return self._outlets[page.id].send("messages", events)

    def press(self, page: Page, psid: str, title: str, payload: str) -> Delivery | None:
        """A customer presses a button."""
        postback = {"mid": _mid(), "title": title, "payload": payload}
        self._apply(self.ledger.append("pressed", page=page.id, to=page.id, **{"from": psid}, id="", text=title))
        return self._outlets[page.id].send("messaging_postbacks", [self._event(psid, page.id, postback=postback)])

    def react(self, page: Page, psid: str, mid: str, emoji: str) -> Delivery | None:
        """A customer puts a reaction on a message; an empty one takes it away."""
        reaction = {"mid": mid, "action": "react" if emoji else "unreact"}
        reaction |= {"emoji": emoji, "reaction": "other"} if emoji else {}
        self.ledger.append("reacted", page=page.id, to=page.id, **{"from": psid}, id=mid, text=emoji)
        return self._outlets[page.id].send("message_reactions", [self._event(psid, page.id, reaction=reaction)])

    def read(self, page: Page, psid: str) -> Delivery | None:
        """A customer reads everything that there is."""
        watermark = _ms()
        self.ledger.append("read", page=page.id, to=page.id, **{"from": psid}, watermark=watermark)
        return self._outlets[page.id].send("message_reads", [self._event(psid, page.id, read={"watermark": watermark})])

    def age(self, page: Page, psid: str, hours: float) -> None:
        """Makes a customer's last word older, to close the reply window."""
        self._apply(self.ledger.append("aged", page=page.id, **{"from": psid}, hours=hours))

    def elsewhere(self, page: Page, psid: str, text: str) -> Delivery | None:
        """Somebody of the business answers in Meta's own inbox: we only see the echo."""
        mid = _mid()
        self.ledger.append("elsewhere", page=page.id, id=mid, to=psid, **{"from": page.id}, text=text)
        content = {"mid": mid, "text": text, "is_echo": True, "app_id": _PAGE_INBOX_APP}
        return self._outlets[page.id].send("message_echoes", [self._event(page.id, psid, message=content)])

    @staticmethod
    def _event(sender: str, recipient: str, **what: Any) -> dict[str, Any]:
        return {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": _ms(), **what}

    # --- what the desk does ---------------------------------------------------------------------------------------

    def check_window(self, page: Page, psid: str, tag: str) -> None:
        """Raises :class:`GraphError` where the Page may not write to that person now."""
        last = self._last.get((page.id, psid))
        if last is None:
            raise GraphError(100, 2018001)
        if tag and tag != "HUMAN_AGENT":
            raise GraphError(100, None, "(#100) This message tag is deprecated.")
        if dt.datetime.now(dt.UTC) - last > (_HUMAN_WINDOW if tag else _WINDOW):
            raise GraphError(10, 2018278)

    def accept(self, page: Page, psid: str, text: str, blob: Blob | None, raw: dict[str, Any]) -> str:
        """Takes a message of the Page over; echo and delivery follow. Returns its ``mid``."""
        mid = _mid()
        self.ledger.append(
            "accepted",
            id=mid,
            page=page.id,
            to=psid,
            **{"from": page.id},
            text=text,
            files=[asdict(blob)] if blob else [],
            raw=raw,
        )
        content: dict[str, Any] = {"mid": mid, "is_echo": True, "app_id": int(page.app_id)}
        content |= {"text": text} if text else {}
        if metadata := raw.get("message", {}).get("metadata"):
            content["metadata"] = metadata
        if blob:
            url = f"{self.stage.url}/graph/cdn/{blob.id}/{blob.name}"
            content["attachments"] = [{"type": attachment_type(blob.content_type), "payload": {"url": url}}]
        outlet = self._outlets[page.id]
        outlet.send("message_echoes", [self._event(page.id, psid, message=content)], op="callback")
        self.stage.timetable.after(self.stage.pace.delivered, lambda: self._delivered(page, psid, mid))
        return mid

    def _delivered(self, page: Page, psid: str, mid: str) -> None:
        watermark = _ms()
        self.ledger.append("status", page=page.id, id=mid, status="delivered")
        event = self._event(psid, page.id, delivery={"mids": [mid], "watermark": watermark})
        self._outlets[page.id].send("message_deliveries", [event], op="callback")

    def attach(self, upload: Upload) -> tuple[str, Blob]:
        """Keeps a file for reuse and gives it an attachment id."""
        blob = self.stage.files.put(upload)
        attachment_id = ids.digits(16)
        self._apply(self.ledger.append("attachment", id=attachment_id, blob=asdict(blob)))
        return attachment_id, blob

    def profile(self, page: Page, psid: str) -> dict[str, str]:
        """What is known of a person who wrote to this Page. Raises :class:`GraphError`."""
        if (page.id, psid) not in self._last:
            raise GraphError(100, 33, "Unsupported get request. Object with this ID does not exist.")
        person = known_by("messenger", psid)
        first, last = (person.first_name, person.last_name) if person else ("Customer", psid[-4:])
        return {"first_name": first, "last_name": last, "name": f"{first} {last}", "id": psid}

    def subscribe(self, page: Page, fields: tuple[str, ...]) -> None:
        """Sets which events of a Page are sent; the set is replaced."""
        self._apply(self.ledger.append("subscribed", page=page.id, fields=list(fields)))

    def asks(self, page: Page, url: str, verify_token: str) -> bool | None:
        """Whether an address answers the challenge; None where nobody listens there."""
        return self._outlets[page.id].challenge(url, verify_token)

    def set_callback(self, page: Page, url: str, verify_token: str) -> None:
        """Calls that address from now on."""
        self._apply(self.ledger.append("callback_url", page=page.id, url=url, verify_token=verify_token))

    # --- memory ---------------------------------------------------------------------------------------------------

    def _apply(self, entry: Entry) -> None:
        with self._lock:
            page = self.pages.get(entry.get("page", ""))
            match entry["what"]:
                case "page":
                    self._add(default_page(entry["name"]))
                case "attachment":
                    self.attachments[entry["id"]] = Blob(**entry["blob"])
                case "received" | "pressed":
                    self._last[entry["page"], entry["from"]] = dt.datetime.fromisoformat(entry["time"])
                case "aged":
                    self._last[entry["page"], entry["from"]] -= dt.timedelta(hours=entry["hours"])
                case "subscribed" if page:
                    page.subscribed = tuple(entry["fields"])
                case "callback_url" if page:
                    page.callback_url, page.verify_token = entry["url"], entry["verify_token"]
