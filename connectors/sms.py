"""SMS and MMS through Twilio: signed webhooks in, the twilio library out, prices and missed messages by its API."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Self
from urllib.parse import quote, urldefrag

from pydantic import Field, SecretStr, model_validator
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from connectors import base
from connectors.base import (
    Attachment,
    Capabilities,
    Connector,
    ConnectorError,
    Cost,
    Item,
    MediaRef,
    Outgoing,
    Pace,
    Polled,
    Receipt,
    Refused,
    Request,
    StatusUpdate,
)
from connectors.call import ApiBase
from connectors.guard import Allowed, fetch
from connectors.line import target
from connectors.sms_arrival import e164, form, items
from connectors.sms_codes import code
from connectors.sms_line import Line, at_api, basic, client
from connectors.sms_poll import received, record_of
from connectors.sms_segments import segments
from connectors.untrusted import as_count, as_text

__all__ = ["Sms", "SmsConfig"]

SIGNATURE = "X-Twilio-Signature"
MEDIA_BYTES = 5_242_880
# Twilio lists by the time of sending; a message may show up a little later than that.
OVERLAP = dt.timedelta(minutes=10)
_STATES = {"sent": "sent", "delivered": "delivered", "partially_delivered": "delivered", "read": "delivered"}


class SmsConfig(base.Paced):
    """One Twilio number, or a Messaging Service."""

    account_sid: str = Field(
        min_length=1, title="Account SID", description="On the first page of the Twilio console; begins with AC."
    )
    auth_token: SecretStr = Field(
        min_length=1,
        title="Auth token",
        description="The primary token beside the account SID; it also signs webhooks.",
    )
    number: str = Field("", title="Number", description="The number that customers write to, such as +44 7700 900123.")
    messaging_service_sid: str = Field(
        "",
        title="Messaging Service SID",
        description="Only if you send through a Messaging Service; begins with MG.",
    )
    api_base: ApiBase = "https://api.twilio.com"

    @model_validator(mode="after")
    def _has_a_sender(self) -> Self:
        if not self.number and not self.messaging_service_sid:
            raise ValueError("a number or a Messaging Service SID is needed")
        return self


class Sms(Connector[SmsConfig]):
    """Twilio Programmable Messaging for SMS and MMS."""

    kind = "sms"
    title = "SMS (Twilio)"
    Config = SmsConfig
    capabilities = Capabilities(
        text_limit=1600,
        segments=True,
        media=True,
        media_bytes=MEDIA_BYTES,
        media_count=10,
        delivered=True,
        hooks=True,
        polls=True,
        prices=True,
        keep_trying=dt.timedelta(hours=10),  # as long as Twilio itself keeps a message
        pace=Pace(3000, burst=50),  # Twilio queues for the number; this only spares its API
    )
    # Twilio retries only failed connects, once, unless the address asks for more (webhook connection overrides).
    hook_fragment: ClassVar[str] = "#rc=5&rp=all"

    def address(self, config: SmsConfig) -> str:
        """The number in E.164, or the Messaging Service where there is no number."""
        return e164(config.number) if config.number else config.messaging_service_sid

    def normalise(self, value: str) -> str:
        """``+`` and digits; short codes and sender names without blanks."""
        return e164(value)

    def must_poll(self, config: SmsConfig) -> bool:
        """False: Twilio calls us, a poll only fills holes."""
        return False

    def verify(self, config: SmsConfig, request: Request) -> None:
        """Twilio's HMAC-SHA1 over the public URL and the form, or over the URL with the digest of a JSON body."""
        genuine = False
        try:
            genuine = _signed(config, request)
        except Exception:  # noqa: BLE001 - the validator raises TypeError, IndexError and more on hostile input
            genuine = False
        if not genuine:
            raise Refused("the signature is missing or wrong")

    def answer(self, config: SmsConfig) -> tuple[str, str]:
        """TwiML that does nothing."""
        return "<Response/>", "text/xml"

    def parse(self, config: SmsConfig, request: Request) -> list[Item]:
        """A message with its opt-out word, or a status."""
        ours = request.query.get("message") or None  # from the address that ``send`` gave for status callbacks
        return [replace(item, ours=ours) if isinstance(item, StatusUpdate) else item for item in items(request)]

    def poll(self, config: SmsConfig, cursor: dict[str, Any]) -> Polled:
        """Messages received since ``{"since": ISO 8601}``, oldest first; the first poll only notes the time."""
        now = dt.datetime.now(dt.UTC)
        after = {"since": now.isoformat()}
        if "since" not in cursor:
            return Polled([], after)
        since = dt.datetime.fromisoformat(cursor["since"]) - OVERLAP
        to = e164(config.number) if config.number else ""
        records = received(_client(config), config.account_sid, to, config.messaging_service_sid, since)
        arrivals = [_arrival(config, record) for record in records][::-1]  # Twilio lists the newest first
        return Polled(arrivals, after, backlog=len(arrivals))

    def send(self, config: SmsConfig, outgoing: Outgoing, going_out: Callable[[], None]) -> Receipt:
        """One message; pictures go as public URLs, which Twilio fetches. Not idempotent: Twilio has no key for it."""
        if len(outgoing.text) > (self.capabilities.text_limit or 0):
            raise ConnectorError(
                f"an SMS holds at most 1,600 characters, this one has {len(outgoing.text):,}",
                code="21617",
                permanent=True,
            )
        line = _line(config, going_out)
        sender: dict[str, str] = {"from_": e164(config.number)}
        if config.messaging_service_sid:
            sender = {"messaging_service_sid": config.messaging_service_sid}
        optional: dict[str, Any] = {}
        if outgoing.files:
            optional["media_url"] = _media_urls(outgoing)
        if outgoing.status_url:
            plain = "#" not in outgoing.status_url
            optional["status_callback"] = outgoing.status_url + (self.hook_fragment if plain else "")
        try:
            message = _client(config, line).messages.create(
                to=e164(outgoing.to.value), body=outgoing.text, **sender, **optional
            )
            return _receipt(message, outgoing.text)
        except (AttributeError, KeyError, TypeError, ValueError):
            if not line.answered:
                raise
        raise ConnectorError(
            "Twilio took the message, but its answer cannot be read", code="http_201", permanent=False, ambiguous=True
        )

    def price(self, config: SmsConfig, receipt: Receipt) -> Cost | None:
        """What the message cost; Twilio knows it minutes to hours after sending and writes charges as negative."""
        try:
            message = _client(config).messages(receipt.external_id).fetch()
            return _cost(message.price, message.price_unit)
        except (AttributeError, KeyError, TypeError, ValueError):
            pass
        raise ConnectorError("Twilio's record cannot be read", code="http_200", permanent=False)

    def media(self, config: SmsConfig, ref: MediaRef) -> Attachment:
        """A picture of an MMS; the login goes to the API's own host only, not to the CDN that it leads to."""
        url = at_api(ref.ref, config.api_base)
        api = target(config.api_base)
        login: dict[str, str] = {}
        if url.startswith(config.api_base + "/"):
            login = basic(config.account_sid, config.auth_token.get_secret_value())
        answer = fetch(url, auth=login, allow=(Allowed(host=api.host, port=api.port),))
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        return Attachment(ref.name, kind or ref.content_type, data=answer.body, media=ref)

    def connect(self, config: SmsConfig, hook_url: str | None) -> Iterator[str]:
        """Sets the webhook of the number, where the number belongs to the account."""
        if hook_url is None or not config.number:
            return
        for number in _client(config).incoming_phone_numbers.list(phone_number=e164(config.number), limit=1):
            number.update(sms_url=urldefrag(hook_url).url + self.hook_fragment, sms_method="POST")
            yield f"Twilio now calls this desk for every SMS to {e164(config.number)}."

    def check(self, config: SmsConfig) -> str:
        """Asks for the account and, with a number, whether the number belongs to it."""
        sid = quote(config.account_sid, safe="")
        account = record_of(_client(config).request("GET", f"https://api.twilio.com/2010-04-01/Accounts/{sid}.json"))
        name, status = as_text(account.get("friendly_name")) or config.account_sid, as_text(account.get("status"))
        if status != "active":
            raise ConnectorError(f"the Twilio account {name} is {status or 'unknown'}", code="login", permanent=True)
        if config.number and _owns(config) is False:
            raise ConnectorError(
                f"the number {e164(config.number)} does not belong to the Twilio account {name}",
                code="config",
                permanent=True,
            )
        return f"The Twilio account {name} is active."


def _line(config: SmsConfig, going_out: Callable[[], None] | None = None) -> Line:
    return Line(config.api_base, config.auth_token.get_secret_value(), going_out)


def _client(config: SmsConfig, line: Line | None = None) -> Client:
    return client(config.account_sid, config.auth_token.get_secret_value(), line or _line(config))


def _signed(config: SmsConfig, request: Request) -> bool:
    signature = request.header(SIGNATURE)
    if not signature:
        return False
    signed: object = form(request.body) if request.method != "GET" else {}
    if "bodySHA256" in request.query:
        signed = request.body.decode("utf-8")
    validator = RequestValidator(config.auth_token.get_secret_value())
    return bool(validator.validate(urldefrag(request.url).url, signed, signature))


def _media_urls(outgoing: Outgoing) -> list[str]:
    urls = [file.url for file in outgoing.files if file.url]
    if len(urls) < len(outgoing.files):
        raise ConnectorError(
            "pictures by SMS need a public address of this desk (PUBLIC_URL), because Twilio fetches them",
            code="config",
            permanent=True,
        )
    return urls


def _receipt(message: Any, text: str) -> Receipt:
    sid, status = as_text(message.sid), as_text(str(message.status or "")).lower()
    if not sid:
        raise ValueError("no sid")
    if status in ("failed", "undelivered", "canceled"):
        number = as_text(message.error_code)
        entry = code(number)
        raise ConnectorError(
            f"Twilio: {entry.means} ({number or status})", code=number or status, permanent=not entry.later
        )
    return Receipt(
        external_id=sid,
        state="sent" if _STATES.get(status) == "sent" else "delivered" if status in _STATES else "queued",
        at=message.date_created if isinstance(message.date_created, dt.datetime) else dt.datetime.now(dt.UTC),
        cost=_cost(message.price, message.price_unit),
        # A Messaging Service says "0" at first; our own count is what it will be billed as.
        segments=as_count(message.num_segments) or segments(text).count,
    )


def _cost(price: object, unit: object) -> Cost | None:
    if price in (None, ""):
        return None
    try:
        charge = -Decimal(str(price))
    except InvalidOperation:
        charge = Decimal("NaN")
    if not charge.is_finite():
        raise ValueError("no price")
    return Cost(charge, as_text(unit).upper() or "USD", final=True)


def _arrival(config: SmsConfig, record: dict[str, Any]) -> Request:
    return Request(
        method="POLL",
        url=f"{config.api_base}/2010-04-01/Accounts/{config.account_sid}/Messages/{as_text(record.get('sid'))}",
        headers=[("Content-Type", "application/json")],
        body=json.dumps(record).encode(),
    )


def _owns(config: SmsConfig) -> bool | None:
    """None where Twilio does not say: a short code or a hosted number is not in this list."""
    url = f"https://api.twilio.com/2010-04-01/Accounts/{quote(config.account_sid, safe='')}/IncomingPhoneNumbers.json"
    number = e164(config.number)
    if config.messaging_service_sid or not number.startswith("+"):
        return None
    try:
        found = record_of(_client(config).request("GET", url, params={"PhoneNumber": number}))
    except ConnectorError as error:
        if error.permanent:
            return None
        raise
    listed = found.get("incoming_phone_numbers")
    return bool(listed) if isinstance(listed, list) else None
