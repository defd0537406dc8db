"""What a message is at the Twilio stand-in, and how its API shows it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any

from inbox.sandbox.ledger import Entry

__all__ = ["Media", "Sms", "from_entry"]

TERMINAL = frozenset({"delivered", "undelivered", "failed", "received", "canceled"})


@dataclass(frozen=True)
class Media:
    """A picture of a message: its own id, the blob that holds it."""

    sid: str
    blob: str
    content_type: str


@dataclass
class Sms:
    """One message, either way. Times are aware UTC; ``price`` is a negative decimal as text."""

    sid: str
    account: str
    direction: str  # inbound, outbound-api
    sender: str
    to: str
    body: str
    segments: int
    created: dt.datetime
    status: str
    callback: str = ""
    service: str | None = None
    media: list[Media] = field(default_factory=list)
    media_urls: list[str] = field(default_factory=list)
    sent: dt.datetime | None = None
    updated: dt.datetime | None = None
    price: str | None = None
    error: int | None = None

    @property
    def terminal(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in TERMINAL

    def show(self) -> dict[str, Any]:
        """The resource as ``GET …/Messages/{sid}.json`` gives it."""
        uri = f"/2010-04-01/Accounts/{self.account}/Messages/{self.sid}"
        return {
            "account_sid": self.account,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": format_datetime(self.created),
            "date_sent": format_datetime(self.sent) if self.sent else None,
            "date_updated": format_datetime(self.updated or self.created),
            "direction": self.direction,
            "error_code": self.error,
            "error_message": None if self.error is None else f"Error {self.error}",
            "from": self.sender,
            "messaging_service_sid": self.service,
            "num_media": str(len(self.media) or len(self.media_urls)),
            "num_segments": str(self.segments),
            "price": self.price,
            "price_unit": "usd",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }


def from_entry(entry: Entry) -> Sms:
    """The message that an ``accepted``, ``received`` or ``auto`` line of the ledger is about."""
    at = dt.datetime.fromisoformat(entry["time"])
    inbound = entry["what"] == "received"
    return Sms(
        sid=entry["id"],
        account=entry["account"],
        direction="inbound" if inbound else "outbound-api",
        sender=entry["from"],
        to=entry["to"],
        body=entry["text"],
        segments=entry["segments"],
        created=at.replace(microsecond=0),
        status="received" if inbound else "queued",
        callback=entry.get("callback", ""),
        service=entry.get("service"),
        media=[Media(**item) for item in entry["media"]],
        media_urls=entry.get("media_urls", []),
        sent=at.replace(microsecond=0) if inbound else None,
    )
