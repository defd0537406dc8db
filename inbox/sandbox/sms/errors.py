"""Twilio's refusals: code, HTTP status and sentence, and the numbers that always provoke them.

Source: the REST error dictionary and the page on test credentials (twilio.com/docs/iam/test-credentials).
"""

from __future__ import annotations

from typing import Any

__all__ = ["ERRORS", "MAGIC_FROM", "MAGIC_TO", "SmsError"]

ERRORS: dict[int, tuple[int, str]] = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    20503: (503, "Service unavailable"),
    21211: (400, "Invalid 'To' Phone Number"),
    21212: (400, "Invalid From Number (caller ID)"),
    21266: (400, "'To' and 'From' number cannot be the same"),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number"),
    21602: (400, "Message body is required"),
    21603: (400, "A 'From' phone number is required"),
    21604: (400, "A 'To' phone number is required"),
    21606: (400, "The 'From' number is not a valid, SMS-capable inbound number of this account"),
    21608: (400, "The number is unverified; trial accounts cannot send messages to unverified numbers"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (429, "This 'From' number has exceeded the maximum number of queued messages"),
    21612: (400, "The 'To' number is not currently reachable using the 'From' number"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21620: (400, "Invalid media URL(s)"),
    21623: (400, "Number of media files exceeds allowed limit"),
}

MAGIC_FROM: dict[str, int | None] = {
    "+15005550001": 21212,
    "+15005550006": None,
    "+15005550007": 21606,
    "+15005550008": 21611,
}
MAGIC_TO: dict[str, int] = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}


class SmsError(Exception):
    """A refusal by the API."""

    def __init__(self, code: int, status: int | None = None) -> None:
        usual, sentence = ERRORS.get(code, (400, "The request was refused"))
        super().__init__(sentence)
        self.code = code
        self.status = status or usual
        self.sentence = sentence

    def body(self) -> dict[str, Any]:
        """As Twilio writes it."""
        return {
            "code": self.code,
            "message": self.sentence,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }
