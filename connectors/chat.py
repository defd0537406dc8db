"""Web chat on the owner's own site: no provider, we are both ends."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from connectors import base
from connectors.base import (
    Attachment,
    Capabilities,
    Connector,
    ConnectorError,
    Item,
    MediaRef,
    Outgoing,
    Receipt,
    Request,
)
from connectors.chat_frame import TEXT_LIMIT, items
from connectors.untrusted import as_dict, load, unreadable

__all__ = ["Chat", "ChatConfig", "arrival", "site"]

VISITOR_HEADER = "X-Visitor"
METHOD = "CHAT"
_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


def site(text: str) -> str:
    """A site in the form that browsers name an origin in, ``https://shop.example`` or ``https://*.shop.example``; a
    bare host means https, a usual port is left out. Raises ``ValueError`` for anything else."""
    given = text.strip().lower()
    parts = urlsplit(given if "://" in given else "https://" + given)
    port = parts.port
    host = (parts.hostname or "").encode("idna").decode("ascii") if "*" not in given else parts.hostname or ""
    rest = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in ("http", "https") or rest or not _HOST.fullmatch(host):
        raise ValueError(f"{text!r} is no site such as https://shop.example")
    usual = port in (None, {"http": 80, "https": 443}[parts.scheme])
    return f"{parts.scheme}://{host}" + ("" if usual else f":{port}")


Site = Annotated[str, AfterValidator(site)]


class ChatConfig(base.Config):
    """One widget."""

    title: str = Field(
        min_length=1,
        max_length=60,
        title="Title",
        description="What visitors see on top of the chat, such as the shop's name.",
    )
    allowed_sites: tuple[Site, ...] = Field(
        min_length=1,
        title="Allowed sites",
        description="Where the chat may appear, such as https://shop.example; https://*.shop.example for all below.",
    )
    colour: str = Field(
        "#0b6e5f", pattern=r"^#[0-9a-fA-F]{6}$", title="Colour", description="Of the button and the header, as #rrggbb."
    )
    position: Literal["right", "left"] = Field("right", title="Position", description="The corner of the page.")
    languages: tuple[Literal["it", "en"], ...] = Field(
        ("it", "en"),
        min_length=1,
        title="Languages",
        description="A visitor's own language is used if it is here, else the first.",
    )
    greeting: str = Field("", max_length=300, title="Greeting", description="The first line in an empty chat.")
    offline_note: str = Field(
        "", max_length=300, title="When nobody is here", description="Shown together with the question for an address."
    )
    ask_email: Literal["offline", "always", "never"] = Field(
        "offline",
        title="Ask for an email address",
        description="With one, an answer reaches the visitor after the page is closed.",
    )
    privacy_url: str = Field(
        "", pattern=r"^(https://\S{1,500})?$", title="Privacy page", description="Linked under the chat."
    )

    def allows(self, origin: str) -> bool:
        """Whether a browser's ``Origin`` is one of the allowed sites; ``*.`` stands for one or more names before."""
        try:
            given = site(origin)
        except ValueError:
            return False
        return any(_matches(given, allowed) for allowed in self.allowed_sites)

    @property
    def frame_ancestors(self) -> str:
        """The value of the ``frame-ancestors`` directive."""
        return " ".join(self.allowed_sites)


def _matches(origin: str, allowed: str) -> bool:
    if "*" in origin:
        return False
    if "://*." not in allowed:
        return origin == allowed
    scheme, _, below = allowed.partition("://*")
    return origin.startswith(scheme + "://") and origin.endswith(below)


def arrival(visitor: str, frame: bytes, received_at: dt.datetime) -> Request:
    """A frame as the journal keeps it: byte-exact, with the visitor whose session our own server has checked. What
    the frame itself may say about who sent it counts for nothing."""
    return Request(
        method=METHOD,
        url=f"chat://visitor/{visitor}",
        headers=[(VISITOR_HEADER, visitor), ("Content-Type", "application/json")],
        body=frame,
        received_at=received_at,
    )


class Chat(Connector[ChatConfig]):
    """Frames come by our own socket, answers go by it; ``verify`` refuses everything, for there are no webhooks."""

    kind = "chat"
    title = "Web chat"
    Config = ChatConfig
    capabilities = Capabilities(
        text_limit=TEXT_LIMIT,
        markup="html",
        media=True,
        media_bytes=20_971_520,
        media_count=10,
        starts=False,
        delivered=True,
        read=True,
        typing=True,
        # The desk's key is the id: the visitor's page shows a message handed over twice once.
        idempotent=True,
        undo_s=0,
    )

    def address(self, config: ChatConfig) -> str:
        """The first allowed site, without the scheme."""
        return config.allowed_sites[0].partition("://")[2]

    def parse(self, config: ChatConfig, request: Request) -> list[Item]:
        """One frame made by :func:`arrival`."""
        if request.method != METHOD:
            return [unreadable(request.body, "no frame of a chat")]
        try:
            return list(items(as_dict(load(request.body)), request.header(VISITOR_HEADER), request.moment()))
        except Exception as error:  # noqa: BLE001 - one strange frame must not stop the worker
            return [unreadable(request.body, str(error))]

    def send(self, config: ChatConfig, outgoing: Outgoing, going_out: Callable[[], None]) -> Receipt:
        """Hands the message to the visitor's socket, which the desk feeds from its log; ``delivered`` comes from the
        socket's acknowledgement."""
        if len(outgoing.text) > TEXT_LIMIT:
            raise ConnectorError(
                f"a chat message holds at most {TEXT_LIMIT:,} characters, this one has {len(outgoing.text):,}",
                code="too_large",
                permanent=True,
            )
        going_out()
        return Receipt(outgoing.key, "sent", at=dt.datetime.now(dt.UTC))

    def media(self, config: ChatConfig, ref: MediaRef) -> Attachment:
        """Never: a visitor's files are uploaded to the desk itself, the reference is the desk's own."""
        raise ConnectorError("a chat's files lie with the desk", code="config", permanent=True)

    def check(self, config: ChatConfig) -> str:
        """Nothing to ask: there is no provider."""
        return f"The web chat is ready for {', '.join(config.allowed_sites)}."
