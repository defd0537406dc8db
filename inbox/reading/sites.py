"""The web chat of a site as its visitors find it: its settings, and whether anybody is there."""

from __future__ import annotations

from sqlalchemy import select

from connectors.chat import ChatConfig
from inbox.actions import channels
from inbox.errors import NotFound
from inbox.store import Agent, Channel, Work

__all__ = ["online", "site"]


def site(work: Work, channel_id: str) -> ChatConfig:
    """The settings of a site's chat. Raises :class:`NotFound` where there is none, or it is switched off."""
    channel = work.scalar(
        select(Channel).where(
            Channel.id == channel_id, Channel.kind == "chat", Channel.enabled, Channel.removed_at.is_(None)
        )
    )
    config = channels.config_of(work, channel) if channel is not None else None
    if not isinstance(config, ChatConfig):
        msg = "there is no chat at this address"
        raise NotFound(msg)
    return config


def online(work: Work) -> bool:
    """Whether anybody is there to answer."""
    return work.scalar(select(Agent.id).where(Agent.active, Agent.state == "online").limit(1)) is not None
