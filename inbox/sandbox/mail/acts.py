"""Playing the customer by email."""

from __future__ import annotations

import base64
from typing import Any

from inbox.sandbox.acting import Act, Bubble
from inbox.sandbox.files import uploads
from inbox.sandbox.ledger import Entry
from inbox.sandbox.mail.compose import Letter
from inbox.sandbox.mail.office import PostOffice
from inbox.sandbox.people import known_by

__all__ = ["EmailActor"]


class EmailActor:
    """The mail stand-in from the customers' side. ``servers`` is filled in once the ports are known."""

    provider = "email"

    def __init__(self, office: PostOffice) -> None:
        self._office = office
        self.ledger = office.ledger
        self.servers: dict[str, Any] = {}
        self.sign_in: dict[str, str] = {}

    def acts(self) -> dict[str, Act]:
        """``receive``, ``deliver`` (any bytes), ``bounce``, ``renumber`` (a new UIDVALIDITY); of the identity provider
        ``expire``, ``revoke``, ``type_code`` and ``tokens``."""
        return {
            "receive": self._receive,
            "deliver": self._deliver,
            "bounce": self._bounce,
            "renumber": self._renumber,
            "expire": self._expire,
            "revoke": self._revoke,
            "type_code": self._type_code,
            "tokens": self._tokens,
        }

    def _receive(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{from, text, subject?, to?, name?, html?, cc?, files?, answers?, headers?, message_id?, language?}``.

        ``answers`` is the Message-ID of a mail of the desk, or ``last``.
        """
        person = known_by("email", order["from"])
        letter = Letter(
            sender=order["from"],
            to=order.get("to") or "",
            text=order.get("text", ""),
            subject=order.get("subject") or "",
            name=order.get("name") or (person.name if person else ""),
            html=order.get("html") or "",
            cc=tuple(order.get("cc") or ()),
            files=uploads(order.get("files") or []),
            headers=tuple((name, value) for name, value in (order.get("headers") or {}).items()),
            message_id=order.get("message_id") or "",
            language=order.get("language") or (person.language if person else "en"),
        )
        return _shown(self._office.receive(letter, order.get("answers") or ""))

    def _deliver(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{raw: base64, to?, from?, folder?}``: bytes as they are."""
        raw, to = base64.b64decode(order["raw"]), order.get("to") or self._office.default()
        return _shown(self._office.put(raw, order.get("from") or "", to, order.get("folder") or "INBOX"))

    def _bounce(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{id, status?, diagnostic?, recipient?}``; ``id`` is the Message-ID of a mail of the desk."""
        status = order.get("status") or "5.1.1"
        diagnostic = order.get("diagnostic") or f"550 {status} No such user here"
        return _shown(self._office.bounce(order["id"], status, diagnostic, order.get("recipient") or ""))

    def _renumber(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{address?, folder?}``."""
        address = order.get("address") or self._office.default()
        folder = self._office.store.folders[address][order.get("folder") or "INBOX"]
        folder.renumber()
        return {"uidvalidity": folder.uidvalidity}

    def _expire(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{address?}``: its access tokens end now."""
        self._office.identity.expire(order.get("address") or self._office.default())
        return {}

    def _revoke(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{address?}``: the owner takes everything back; the next renewal is an ``invalid_grant``."""
        self._office.identity.revoke(order.get("address") or self._office.default())
        return {}

    def _type_code(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{user_code, address?, decline?}``: what somebody does on another device."""
        address = "" if order.get("decline") else order.get("address") or self._office.default()
        self._office.identity.type_code(str(order["user_code"]), address)
        return {}

    def _tokens(self, order: dict[str, Any]) -> dict[str, Any]:
        """Which grants were given: ``{"given": [{"kind", "address", …}]}``."""
        del order
        return {"given": self.ledger.entries("token")}

    def accepted(self) -> list[dict[str, Any]]:
        """With subject, visible text, headers, attachments; the bytes lie at ``/sandbox/mails/<eml>``."""
        return self.ledger.entries("accepted")

    def conversation(self, address: str) -> list[Bubble]:
        """What was sent from and to that address."""
        bubbles = []
        for entry in self.ledger.entries():
            mine = entry["what"] == "received" and entry["from"].lower() == address.lower()
            theirs = entry["what"] == "accepted" and address.lower() in [to.lower() for to in entry["recipients"]]
            if mine or theirs:
                files = tuple(entry["files"])
                bubbles.append(Bubble(mine, entry["text"], entry["time"], entry["id"], "", entry["subject"], files))
        return bubbles

    def account(self) -> dict[str, Any]:
        """Address, password and servers of the first mailbox, and of all."""
        boxes = [{"address": name, "password": word} for name, word in self._office.store.passwords.items()]
        return boxes[0] | self.servers | {"mailboxes": boxes, "sign_in": self.sign_in}

    def add(self, order: dict[str, Any]) -> dict[str, Any]:
        """``{address, password?}``."""
        self._office.add(order["address"], order.get("password") or "sandbox-password")
        return {"address": order["address"].lower(), "password": self._office.store.passwords[order["address"].lower()]}

    def point(self, order: dict[str, Any]) -> dict[str, Any]:
        """Nothing to tell: the desk fetches its mail."""
        del order
        return {}


def _shown(entry: Entry) -> dict[str, Any]:
    return {name: entry[name] for name in ("id", "uid", "mailbox", "eml")}
