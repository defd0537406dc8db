"""From shapes to responses, and the way in which every verb of the API writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from flask import Response

from inbox.rendering import mail
from inbox.shapes import Message, Shape
from inbox.store import Message as Row
from inbox.store import Store, Work

__all__ = ["message_shape", "page", "shape", "write"]

T = TypeVar("T")


def shape(one: Shape, status: int = 200) -> Response:
    """One thing as JSON."""
    return Response(one.as_json(), status, content_type="application/json")


def page(items: Sequence[Shape], following: int | None) -> Response:
    """A part of a list, as ``shapes.Page`` describes it."""
    cursor = "null" if following is None else f'"{following}"'
    text = f'{{"items":[{",".join(one.as_json() for one in items)}],"next":{cursor}}}'
    return Response(text, content_type="application/json")


def message_shape(work: Work, row: Row) -> Message:
    """A message with its markup as it is shown."""
    return Message.of(work, row, mail.shown(row.html) if row.html else None)


def write(store: Store, do: Callable[[Work], T]) -> T:
    """What ``do`` gives after its commit."""
    return store.write(do)
