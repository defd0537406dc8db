"""How long an answer is held back before it leaves, so that its writer can take it back."""

from __future__ import annotations

from typing import Any

from connectors.base import Connector
from inbox.actions import desk
from inbox.actions.who import Who
from inbox.store import Agent, Work

__all__ = ["MOST", "undo_s"]

MOST = 60


def undo_s(work: Work, who: Who, connector: Connector[Any]) -> int:
    """Seconds that a reply is held back: the person's setting, else the desk's, else the channel's own.

    A channel that holds nothing back by itself (a chat, where somebody waits) never does.
    """
    own = connector.capabilities.undo_s
    agent = work.get(Agent, who.id) if who.id else None
    chosen = agent.undo_s if agent is not None else None
    wanted = desk.get(work, "reply.undo_s") if chosen is None else chosen
    return own if wanted is None else min(int(wanted), MOST) if own else 0
