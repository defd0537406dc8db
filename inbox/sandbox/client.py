"""The sandbox by HTTP, for tests and for the demo: play customers, order faults, read what was really sent."""

from __future__ import annotations

import base64
import html
import re
from typing import Any, Literal

import requests

__all__ = ["Email", "Messenger", "SandboxClient", "SandboxError", "Sms", "Telegram", "attachment"]

Provider = Literal["sms", "telegram", "messenger", "email"]
Json = dict[str, Any]


class SandboxError(Exception):
    """The sandbox refused an order; the text says why."""


def attachment(name: str, data: bytes, content_type: str = "image/png") -> Json:
    """A file for ``files=[…]``."""
    return {"name": name, "content_type": content_type, "data": base64.b64encode(data).decode()}


class SandboxClient:
    """A running sandbox. ``sms``, ``telegram``, ``messenger`` and ``email`` play the customers of each provider."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._http = requests.Session()
        self._http.trust_env = False
        self.sms = Sms(self)
        self.telegram = Telegram(self)
        self.messenger = Messenger(self)
        self.email = Email(self)

    def call(self, method: str, path: str, body: Json | None = None, **query: Any) -> Any:
        """One call; the JSON of the answer. Raises :class:`SandboxError`."""
        asked = {name: value for name, value in query.items() if value is not None}
        answer = self._http.request(method, f"{self.url}/sandbox{path}", json=body, params=asked, timeout=150)
        if not answer.ok:
            raise SandboxError(answer.json().get("error", answer.text))
        return answer.json()

    def accepted(self, provider: Provider, *, after: int = 0, count: int = 0, timeout: float = 10) -> list[Json]:
        """What the desk sent and the provider took over, oldest first: ``n time id to from text files raw …``.

        Waits up to ``timeout`` seconds for ``count`` of them later than line ``after``; gives what there is then.
        """
        found: list[Json] = self.call("GET", "/accepted", provider=provider, after=after, count=count, timeout=timeout)
        return found

    def received(self, provider: Provider) -> list[Json]:
        """What customers wrote."""
        found: list[Json] = self.call("GET", "/received", provider=provider)
        return found

    def hooks(self, provider: Provider | None = None, *, after: int = 0) -> list[Json]:
        """Every attempt to call the desk: ``url attempt status error seconds``."""
        found: list[Json] = self.call("GET", "/hooks", provider=provider, after=after)
        return found

    def fault(self, provider: Provider, kind: str, **order: Any) -> Json:
        """Orders a fault: ``count seconds status code match op times``; see docs/sandbox.md."""
        found: Json = self.call("POST", "/faults", {"provider": provider, "kind": kind, **order})
        return found

    def faults(self) -> list[Json]:
        """The orders that are still open."""
        found: list[Json] = self.call("GET", "/faults")
        return found

    def clear_faults(self, provider: Provider | None = None) -> None:
        """Forgets the open orders."""
        self.call("DELETE", "/faults", provider=provider)

    def pace(self, **seconds: float) -> Json:
        """How long things take: ``sent delivered price retry batch``."""
        found: Json = self.call("POST", "/pace", seconds)
        return found

    def accounts(self) -> Json:
        """How the desk signs in, per provider: ids, secrets, ``api_base``, mail servers."""
        found: Json = self.call("GET", "/accounts")
        return found

    def add(self, provider: Provider, **account: Any) -> Json:
        """One more address of ours: ``number=``, ``username=``, ``name=`` (page), ``address=, password=``."""
        found: Json = self.call("POST", "/accounts", {"provider": provider, **account})
        return found

    def desk(self, desk_url: str, channels: list[Json] | None = None, *, via: str = "") -> Json:
        """Says where the desk is: ``channels=[{"kind": "sms", "hook_path": "/hooks/sms/…"}]``."""
        found: Json = self.call("POST", "/desk", {"desk_url": desk_url, "via": via, "channels": channels or []})
        return found

    def file(self, blob: str) -> bytes:
        """The bytes of a file by its blob id (``accepted(…)[0]["files"][0]["id"]``)."""
        answer = self._http.get(f"{self.url}/sandbox/files/{blob}", timeout=30)
        answer.raise_for_status()
        return answer.content

    def mail(self, entry: Json) -> bytes:
        """The bytes of a mail that was accepted or received."""
        answer = self._http.get(f"{self.url}/sandbox/mails/{entry['eml']}", timeout=30)
        answer.raise_for_status()
        return answer.content

    def close(self) -> None:
        """Closes the connections of this client."""
        self._http.close()


class _Player:
    """The customers of one provider."""

    provider: Provider

    def __init__(self, client: SandboxClient) -> None:
        self._client = client

    def accepted(self, **query: Any) -> list[Json]:
        """Shorthand for ``sandbox.accepted(provider, …)``."""
        return self._client.accepted(self.provider, **query)

    def _act(self, act: str, order: Json) -> Json:
        found: Json = self._client.call("POST", f"/{self.provider}/{act}", order)
        return found


class Sms(_Player):
    """Customers with a telephone. Answers are ``{"id", "delivery": {"status", "error", "text"} | None}``."""

    provider = "sms"

    def receive(self, from_: str, text: str, **more: Any) -> Json:
        """A customer writes: ``to=, files=, wait=``."""
        return self._act("receive", {"from": from_, "text": text, **more})


class Telegram(_Player):
    """Customers in a private chat; ``from_`` is the chat id. All take ``bot=`` and ``wait=``."""

    provider = "telegram"

    def receive(self, from_: int | str, text: str = "", **more: Any) -> Json:
        """A customer writes: ``files=, person=, reply_to=``."""
        return self._act("receive", {"from": from_, "text": text, **more})

    def edit(self, from_: int | str, message_id: int, text: str, **more: Any) -> Json:
        """A customer changes a message."""
        return self._act("edit", {"from": from_, "message_id": message_id, "text": text, **more})

    def press(self, from_: int | str, message_id: int, data: str, **more: Any) -> Json:
        """A customer presses an inline button."""
        return self._act("press", {"from": from_, "message_id": message_id, "data": data, **more})

    def react(self, from_: int | str, message_id: int, emoji: str, **more: Any) -> Json:
        """A customer reacts to a message."""
        return self._act("react", {"from": from_, "message_id": message_id, "emoji": emoji, **more})

    def block(self, from_: int | str, **more: Any) -> Json:
        """A customer blocks the bot."""
        return self._act("block", {"from": from_, **more})

    def unblock(self, from_: int | str, **more: Any) -> Json:
        """A customer lets the bot in again."""
        return self._act("unblock", {"from": from_, **more})


class Messenger(_Player):
    """Customers on a Page; ``from_`` is the PSID. All take ``page=`` and ``wait=``."""

    provider = "messenger"

    def receive(self, from_: str, text: str = "", **more: Any) -> Json:
        """A customer writes: ``files=, reply_to=``."""
        return self._act("receive", {"from": from_, "text": text, **more})

    def receive_many(self, messages: list[Json], **more: Any) -> Json:
        """Several messages in one call to the desk: ``[{"from", "text"}, …]``."""
        return self._act("receive_many", {"messages": messages, **more})

    def press(self, from_: str, title: str, payload: str, **more: Any) -> Json:
        """A customer presses a button."""
        return self._act("press", {"from": from_, "title": title, "payload": payload, **more})

    def react(self, from_: str, mid: str, emoji: str, **more: Any) -> Json:
        """A customer reacts to a message."""
        return self._act("react", {"from": from_, "id": mid, "emoji": emoji, **more})

    def read(self, from_: str, **more: Any) -> Json:
        """A customer has read everything."""
        return self._act("read", {"from": from_, **more})

    def age(self, from_: str, hours: float, **more: Any) -> Json:
        """Makes a customer's last word older."""
        return self._act("age", {"from": from_, "hours": hours, **more})

    def elsewhere(self, to: str, text: str, **more: Any) -> Json:
        """A colleague answers in Meta's own inbox."""
        return self._act("elsewhere", {"to": to, "text": text, **more})


class Email(_Player):
    """Customers with a mail program. Answers are ``{"id", "uid", "mailbox", "eml"}``."""

    provider = "email"

    def receive(self, from_: str, text: str, subject: str = "", **more: Any) -> Json:
        """A customer writes: ``to= name= html= cc= files= answers= headers= message_id= language=``."""
        return self._act("receive", {"from": from_, "text": text, "subject": subject, **more})

    def deliver(self, raw: bytes, **more: Any) -> Json:
        """Any bytes into a mailbox of ours: ``to= from_= folder=``."""
        order = {("from" if name == "from_" else name): value for name, value in more.items()}
        return self._act("deliver", {"raw": base64.b64encode(raw).decode(), **order})

    def bounce(self, message_id: str, status: str = "5.1.1", **more: Any) -> Json:
        """A mail of ours comes back: ``diagnostic= recipient=``."""
        return self._act("bounce", {"id": message_id, "status": status, **more})

    def renumber(self, **more: Any) -> Json:
        """A folder gets a new UIDVALIDITY: ``address= folder=``."""
        return self._act("renumber", more)

    def expire(self, **more: Any) -> None:
        """A mailbox's access tokens end now: ``address=``."""
        self._act("expire", more)

    def revoke(self, **more: Any) -> None:
        """A mailbox's owner takes all tokens back: ``address=``."""
        self._act("revoke", more)

    def type_code(self, user_code: str, **more: Any) -> None:
        """Somebody types the code of a device: ``address= decline=``."""
        self._act("type_code", {"user_code": user_code, **more})

    def tokens(self) -> list[Json]:
        """The grants that were given, oldest first: ``kind address``."""
        found: list[Json] = self._act("tokens", {})["given"]
        return found

    def consent(self, url: str, *, answer: str = "yes", address: str = "") -> str:
        """Signs in at a sandbox's page as the admin's browser would; gives the address that it sends the browser to."""
        page = requests.get(url, timeout=30)
        page.raise_for_status()
        form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text.partition("<p>")[0]))
        chosen = address or re.findall(r"<option selected>([^<]*)", page.text)[0]
        form = {name: html.unescape(value) for name, value in form.items()} | {"answer": answer, "address": chosen}
        where = "/".join(url.split("/", 4)[:4]) + "/consent"
        gone = requests.post(where, data=form, allow_redirects=False, timeout=30)
        return str(gone.headers["Location"])

    def raw(self, entry: Json) -> bytes:
        """The bytes of a mail that was accepted or received."""
        return self._client.mail(entry)
