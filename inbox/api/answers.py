"""From shapes to responses, and the way in which every verb of the API writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from flask import Response

from inbox import clock
from inbox.reading.figures import Basis
from inbox.rendering import mail
from inbox.shapes import Message, Shape
from inbox.store import Message as Row
from inbox.store import Store, Work

__all__ = ["BASIS", "based", "message_shape", "page", "shape", "write"]

T = TypeVar("T")
#: What :func:`based` adds to an answer.
BASIS: Final = {
    "Sportello-Seq": "The last event that counts in it.",
    "Sportello-As-Of": "The instant as of which it was known; as ``as_of`` it gives the same, by the same settings.",
    "Sportello-Config": "The fingerprint of the settings by which it was made (``/reports/config``).",
    "Sportello-Stale": "Only where these are old figures: how far the new ones are, like ``rebuilding 43 %``.",
}


def shape(one: Shape, status: int = 200) -> Response:
    """One thing as JSON."""
    return Response(one.as_json(), status, content_type="application/json")


def page(items: Sequence[Shape], following: int | None) -> Response:
    """A part of a list, as ``shapes.Page`` describes it."""
    cursor = "null" if following is None else f'"{following}"'
    text = f'{{"items":[{",".join(one.as_json() for one in items)}],"next":{cursor}}}'
    return Response(text, content_type="application/json")


def based(answer: Response, basis: Basis) -> Response:
    """An answer that also says what its figures were made from, beside a body whose keys are the command line's."""
    answer.headers["Sportello-Seq"] = str(basis.seq)
    answer.headers["Sportello-As-Of"] = clock.iso(basis.as_of)
    answer.headers["Sportello-Config"] = basis.config.digest
    if basis.rebuilt is not None:
        answer.headers["Sportello-Stale"] = f"rebuilding {basis.rebuilt} %"
    return answer


def message_shape(work: Work, row: Row) -> Message:
    """A message with its markup as it is shown."""
    return Message.of(work, row, mail.shown(row.html) if row.html else None)


def write(store: Store, do: Callable[[Work], T]) -> T:
    """What ``do`` gives after its commit."""
    return store.write(do)
