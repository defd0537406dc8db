"""How Twilio calls the desk: the fields, the signature made by Twilio's own library, the retries of the address."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Literal
from urllib.parse import parse_qs, urldefrag, urlencode

from twilio.request_validator import RequestValidator

from inbox.sandbox.courier import Delivery, Result
from inbox.sandbox.sms.messages import Sms

__all__ = ["Op", "delivery", "inbound_fields", "status_fields"]

Op = Literal["hook", "callback"]

# Which results a retry policy is about (docs/usage/webhooks/webhooks-connection-overrides).
_POLICIES: dict[str, Callable[[Result], bool]] = {
    "ct": lambda result: result.error == "connect",
    "rt": lambda result: result.error in ("timeout", "broken"),
    "4xx": lambda result: result.status is not None and 400 <= result.status < 500,
    "5xx": lambda result: result.status is not None and result.status >= 500,
    "all": lambda result: not result.ok,
}
_COUNTRIES = {"+1": "US", "+44": "GB", "+39": "IT"}


def _country(number: str) -> str:
    return next((name for prefix, name in _COUNTRIES.items() if number.startswith(prefix)), "")


def inbound_fields(message: Sms, base: str) -> dict[str, str]:
    """What a webhook for an incoming message carries; pictures are addressed under ``base``."""
    fields = {
        "ToCountry": _country(message.to),
        "ToState": "",
        "SmsMessageSid": message.sid,
        "NumMedia": str(len(message.media)),
        "ToCity": "",
        "FromZip": "",
        "SmsSid": message.sid,
        "FromState": "",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": message.body,
        "FromCountry": _country(message.sender),
        "To": message.to,
        "ToZip": "",
        "NumSegments": str(message.segments),
        "MessageSid": message.sid,
        "AccountSid": message.account,
        "From": message.sender,
        "ApiVersion": "2010-04-01",
    }
    for number, item in enumerate(message.media):
        uri = f"{base}/2010-04-01/Accounts/{message.account}/Messages/{message.sid}/Media/{item.sid}"
        fields |= {f"MediaUrl{number}": uri, f"MediaContentType{number}": item.content_type}
    return fields


def status_fields(message: Sms) -> dict[str, str]:
    """What a status callback carries; never a price."""
    fields = {
        "SmsSid": message.sid,
        "SmsStatus": message.status,
        "MessageStatus": message.status,
        "To": message.to,
        "MessageSid": message.sid,
        "AccountSid": message.account,
        "From": message.sender,
        "ApiVersion": "2010-04-01",
    }
    if message.service:
        fields["MessagingServiceSid"] = message.service
    if message.error is not None:
        fields["ErrorCode"] = str(message.error)
    if message.status in ("delivered", "undelivered") and message.updated:
        fields["RawDlrDoneDate"] = message.updated.strftime("%y%m%d%H%M")
    return fields


def delivery(op: Op, url: str, fields: dict[str, str], about: str, auth_token: str, pause: float) -> Delivery:
    """A signed call. The fragment of ``url`` (``#rc=5&rp=all``) rules the retries and is neither sent nor signed."""
    target, fragment = urldefrag(url)
    wishes = parse_qs(fragment)
    tries = min(int(wishes.get("rc", ["1"])[0]), 5)
    policies = [_POLICIES[name] for name in wishes.get("rp", ["ct"])[0].split(",") if name in _POLICIES]

    def again(results: list[Result]) -> float | None:
        if len(results) > tries or not any(policy(results[-1]) for policy in policies):
            return None
        return pause * len(results)

    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "Accept": "*/*",
        "User-Agent": "TwilioProxy/1.1",
        "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
        "X-Home-Region": "us1",
        "X-Twilio-Signature": RequestValidator(auth_token).compute_signature(target, fields),
    }
    body = urlencode(fields).encode()
    connect, read = (int(wishes.get(name, [usual])[0]) / 1000 for name, usual in (("ct", "5000"), ("rt", "15000")))
    return Delivery("sms", op, target, headers, body, about, again, timeouts=(connect, read))
