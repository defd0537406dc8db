"""What can be refused, each with the HTTP status, a stable type and a sentence that says what to do."""

from __future__ import annotations

from typing import Any

__all__ = [
    "Busy",
    "Conflict",
    "Forbidden",
    "Invalid",
    "Misconfigured",
    "NoRoom",
    "NotFound",
    "Problem",
    "ThreadMoved",
    "Unavailable",
    "Withheld",
]


class Problem(Exception):
    """A refusal that a person can act on. ``detail`` is one plain sentence; ``fields`` names bad inputs."""

    status = 400
    type = "invalid"

    def __init__(self, detail: str, *, fields: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = fields or {}
        self.extra = extra


class Invalid(Problem):
    """The input is not acceptable; it can be corrected."""

    status, type = 422, "invalid"


class NotFound(Problem):
    """There is no such thing, or not for you."""

    status, type = 404, "not-found"


class Forbidden(Problem):
    """Your role does not allow this."""

    status, type = 403, "forbidden"


class Withheld(Forbidden):
    """Nobody may see or do this as the desk is set, whatever their role."""


class Conflict(Problem):
    """Somebody else was faster, or the thing is not in a state for this."""

    status, type = 409, "conflict"


class ThreadMoved(Conflict):
    """Messages came since the agent started writing; ``extra['messages']`` counts them."""

    type = "thread-moved"


class Busy(Problem):
    """Too many requests; try again later."""

    status, type = 429, "too-many-requests"


class Unavailable(Problem):
    """The database or another part is away; nothing was stored."""

    status, type = 503, "unavailable"


class NoRoom(Unavailable):
    """The disk took no more bytes; nothing was stored, and something smaller may still find room."""


class Misconfigured(Unavailable):
    """A channel's stored settings cannot be used: they were sealed with another key, or are of another version."""
