"""The channels and their health."""

from __future__ import annotations

from flask import Response

from inbox import shapes
from inbox.api.answers import page, shape
from inbox.api.routes import Call, Nothing, Routes
from inbox.reading import channels

__all__ = ["routes"]

routes = Routes()


@routes.get("/channels", shapes.Page[shapes.ChannelHealth], right="journal.see")
def list_channels(call: Call[Nothing, Nothing]) -> Response:
    """Every channel that was not removed, with its last arrival, poll, queue, trouble and proof of intake."""
    with call.store.reading() as work:
        return page([shapes.ChannelHealth.of(one) for one in channels.facts_of_all(work)], None)


@routes.get("/channels/{name}", shapes.ChannelHealth, right="journal.see")
def show_channel(call: Call[Nothing, Nothing], name: str) -> Response:
    """One channel, by its id or name."""
    with call.store.reading() as work:
        return shape(shapes.ChannelHealth.of(channels.facts(work, name)))
