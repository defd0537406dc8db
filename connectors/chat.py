"""Web chat on the owner's own site: no provider, we are both ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

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
from connectors.chat_config import ChatConfig, site
from connectors.chat_frame import TEXT_LIMIT, items
from connectors.untrusted import as_dict, load, unreadable

__all__ = ["Chat", "ChatConfig", "arrival", "site"]

VISITOR_HEADER = "X-Visitor"
METHOD = "CHAT"


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
