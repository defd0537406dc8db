"""Lists the messages that Twilio received for us, page by page, with the addresses of their media."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urljoin

from twilio.rest import Client

from connectors.sms_arrival import sent_at
from connectors.untrusted import as_count, as_dict, as_list, as_text, load

__all__ = ["received", "record_of"]

API = "https://api.twilio.com"
MAX_PAGES = 100


def received(twilio: Client, account_sid: str, to: str, service: str, since: dt.datetime) -> Iterator[dict[str, Any]]:
    """Twilio's records of the inbound messages sent since then, newest first, as Twilio lists them. With ``to`` those
    to that number, else those of the Messaging Service ``service``. Media are added to a record as
    ``media: [{url, content_type}]``. Raises :class:`ConnectorError`."""
    query: dict[str, object] | None = {"DateSent>": since.strftime("%Y-%m-%dT%H:%M:%SZ"), "PageSize": "100"}
    if to and query is not None:
        query["To"] = to
    url = f"{API}/2010-04-01/Accounts/{quote(account_sid, safe='')}/Messages.json"
    for _ in range(MAX_PAGES):
        page = record_of(twilio.request("GET", url, params=query))
        for record in map(as_dict, as_list(page.get("messages"))):
            ours = to or as_text(record.get("messaging_service_sid")) == service
            # Twilio documents the filter by the day only, so the exact time is compared here.
            if ours and as_text(record.get("direction")) == "inbound" and (sent_at(record) or since) >= since:
                yield _with_media(twilio, record)
        following = as_text(page.get("next_page_uri"))
        if not following:
            return
        url, query = urljoin(API, following), None


def _with_media(twilio: Client, record: dict[str, Any]) -> dict[str, Any]:
    listing = as_text(as_dict(record.get("subresource_uris")).get("media"))
    if not (as_count(record.get("num_media")) and listing):
        return record
    parts = as_list(record_of(twilio.request("GET", urljoin(API, listing))).get("media_list"))
    media = [
        {
            "url": urljoin(API, as_text(part.get("uri")).removesuffix(".json")),
            "content_type": as_text(part.get("content_type")),
        }
        for part in map(as_dict, parts)
        if as_text(part.get("uri"))
    ]
    return record | {"media": media}


def record_of(response: Any) -> dict[str, Any]:
    """The JSON object of an answer that came over :class:`connectors.sms_line.Line`."""
    return as_dict(load(response.text))
