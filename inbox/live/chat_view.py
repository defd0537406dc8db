"""A message as the visitor's page takes it."""

from __future__ import annotations

from typing import Any

from inbox import clock
from inbox.actions import links
from inbox.rendering import quick
from inbox.rendering.markup import render
from inbox.store import Agent, Attachment, Message, Work
from inbox.terms import Direction

__all__ = ["shown"]


def shown(work: Work, message: Message, *, read: int = 0) -> dict[str, Any]:
    """``{"id", "client_id", "from": "you" | "desk", "name", "text", "html", "at", "state", "quick",
    "attachments"}``; ``read`` is the newest message that an agent has seen."""
    ours = message.direction is Direction.OUT
    agent = work.get(Agent, message.agent_id) if message.agent_id else None
    said, replies = quick.apart(links.text_of(work, message)) if ours else (message.text, [])
    html = render(said, "html")[1] if ours else None
    body = html.partition("<body>")[2].partition("</body>")[0] if html else None
    key = (message.external_id or "").rpartition(":")[2] if not ours else None
    until = int((clock.now() + links.LIVES).timestamp())
    return {
        "id": message.id,
        "client_id": key,
        "from": "desk" if ours else "you",
        "name": agent.name.split()[0] if agent is not None and ours else "",
        "text": quick.apart(message.text)[0] if ours else said,
        "html": body,
        "at": clock.iso(message.at),
        "state": (message.state.value if message.state is not None else "")
        if ours
        else "read"
        if message.id <= read
        else "delivered",
        "quick": replies,
        "attachments": [_file(work, one, until) for one in message.attachments],
    }


def _file(work: Work, one: Attachment, until: int) -> dict[str, Any]:
    """A file with the address where whoever was sent it may fetch it, on the host that the page is on."""
    file: dict[str, Any] = {"name": one.name, "bytes": one.size, "content_type": one.content_type}
    if one.sha256 is not None:
        file["url"] = links.address(work, one.id, until).removeprefix(work.store.settings.base_url)
    return file
