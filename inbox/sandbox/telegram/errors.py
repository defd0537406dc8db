"""The Bot API's refusals and the limits behind them."""

from __future__ import annotations

from typing import Any

from inbox.sandbox.faults import Fault

__all__ = ["TelegramError", "ordered"]

_USUAL = {
    400: "Bad Request: chat not found",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


class TelegramError(Exception):
    """``ok: false`` with a code and a description."""

    def __init__(self, code: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """As the API writes it."""
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return body | {"parameters": self.parameters} if self.parameters else body


def ordered(fault: Fault) -> TelegramError:
    """The error that was ordered: 503 unless something else is said, ``code`` for the description, 429 with a wait."""
    status = fault.status or 503
    if status == 429:
        wait = int(fault.seconds if fault.seconds is not None else 1)
        return TelegramError(429, f"Too Many Requests: retry after {wait}", {"retry_after": wait})
    return TelegramError(status, fault.code or _USUAL.get(status, "Service Unavailable"))
