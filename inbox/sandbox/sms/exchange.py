"""The Twilio stand-in's inside: messages in both directions, their statuses, prices, opt-outs and callbacks."""

from __future__ import annotations

import re
import threading
from dataclasses import asdict
from decimal import Decimal
from urllib.parse import urlsplit

from inbox.sandbox import ids
from inbox.sandbox.accounts import TwilioAccount, default_twilio
from inbox.sandbox.courier import Delivery
from inbox.sandbox.files import Upload
from inbox.sandbox.ledger import Entry, Ledger, now
from inbox.sandbox.sms import callbacks
from inbox.sandbox.sms.errors import MAGIC_FROM, MAGIC_TO, SmsError
from inbox.sandbox.sms.messages import Media, Sms, from_entry
from inbox.sandbox.sms.segments import segments
from inbox.sandbox.stage import Stage

__all__ = ["Exchange"]

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_STOP = frozenset({"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"})
_START = frozenset({"START", "UNSTOP"})
_ANSWERS = {
    "stop": "You have successfully been unsubscribed. You will not receive any more messages from this number.",
    "start": "You have successfully been re-subscribed to messages from this number.",
    "help": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}
_SEGMENT_PRICE = Decimal("-0.0079")
_BODY_LIMIT, _MEDIA_LIMIT = 1600, 10


class Exchange:
    """Everything that Twilio would know. Safe from any thread; rebuilt from its ledger on start."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.account: TwilioAccount = default_twilio()
        self.ledger = Ledger(stage.state / "sms.jsonl")
        self.messages: dict[str, Sms] = {}
        self._opted_out: set[tuple[str, str]] = set()
        self._lock = threading.RLock()
        for entry in self.ledger.entries():
            self._apply(entry)

    def resume(self) -> None:
        """Carries on with the messages that were under way when the sandbox stopped."""
        for message in list(self.messages.values()):
            if not message.terminal:
                self._carry(message)

    # --- what the desk does ---------------------------------------------------------------------------------------

    def check(self, form: dict[str, list[str]]) -> None:
        """Raises :class:`SmsError` as Twilio refuses a message."""
        to, sender, body = (form.get(name, [""])[0] for name in ("To", "From", "Body"))
        urls = form.get("MediaUrl", [])
        if not to:
            raise SmsError(21604)
        if not sender and not form.get("MessagingServiceSid"):
            raise SmsError(21603)
        if not body and not urls:
            raise SmsError(21602)
        if len(body) > _BODY_LIMIT:
            raise SmsError(21617)
        self._check_numbers(to, sender)
        if len(urls) > _MEDIA_LIMIT:
            raise SmsError(21623)
        if any(urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname for url in urls):
            raise SmsError(21620)

    def _check_numbers(self, to: str, sender: str) -> None:
        if to in MAGIC_TO:
            raise SmsError(MAGIC_TO[to])
        if not _E164.fullmatch(to):
            raise SmsError(21211)
        if sender:
            magic = MAGIC_FROM.get(sender, 0)
            if magic:
                raise SmsError(magic)
            if magic == 0 and sender not in self.account.numbers:
                raise SmsError(21606 if _E164.fullmatch(sender) else 21212)
            if sender == to:
                raise SmsError(21266)
        if (sender, to) in self._opted_out:
            raise SmsError(21610)

    def accept(self, form: dict[str, list[str]]) -> Sms:
        """Takes a message over: from here on it counts as sent by the desk. Raises :class:`SmsError`."""
        self.check(form)
        body = form.get("Body", [""])[0]
        sender = form.get("From", [""])[0] or next(iter(self.account.numbers))
        callback = form.get("StatusCallback", [""])[0]
        entry = self.ledger.append(
            "accepted",
            id=ids.hex_id("MM" if form.get("MediaUrl") else "SM"),
            account=self.account.sid,
            to=form["To"][0],
            **{"from": sender},
            text=body,
            segments=segments(body),
            media=[],
            media_urls=form.get("MediaUrl", []),
            callback=callback,
            service=form.get("MessagingServiceSid", [None])[0],
            raw=form,
        )
        self._apply(entry)
        message = self.messages[entry["id"]]
        self._carry(message)
        return message

    def _carry(self, message: Sms) -> None:
        """Lets the time after acceptance pass; pictures are fetched first."""
        if message.media_urls and not message.media:
            self.stage.timetable.after(0, lambda: self._fetch_media(message))
        else:
            self._schedule(message)

    def _fetch_media(self, message: Sms) -> None:
        """Gets the pictures from the desk as Twilio does; a message whose picture cannot be had fails."""
        media: list[Media] = []
        for url in message.media_urls:
            if (upload := self.stage.courier.fetch(url)) is None:
                self._advance(message, "failed", 63019)
                return
            blob = self.stage.files.put(upload)
            media.append(Media(ids.hex_id("ME"), blob.id, blob.content_type))
        self._apply(self.ledger.append("media", id=message.sid, media=[asdict(item) for item in media]))
        self._schedule(message)

    def _schedule(self, message: Sms) -> None:
        """Sent, delivered or not, and at last the price."""
        pace, later = self.stage.pace, self.stage.timetable.after
        about = f"{message.to} {message.body}"
        failure = self.stage.faults.take("sms", "error", "delivery", about)
        late = self.stage.faults.take("sms", "late_price", "price", about)
        later(pace.sent, lambda: self._advance(message, "sent"))
        if failure:
            code = int(failure.code or 30003)
            later(pace.delivered, lambda: self._advance(message, "undelivered", code))
        else:
            later(pace.delivered, lambda: self._advance(message, "delivered"))
        if late is None:
            later(pace.delivered + pace.price, lambda: self._charge(message))
        elif late.seconds is not None:
            later(pace.delivered + late.seconds, lambda: self._charge(message))

    def _advance(self, message: Sms, status: str, error: int | None = None) -> None:
        with self._lock:
            if message.terminal or (status == "sent" and message.status != "queued"):
                return
            self._apply(self.ledger.append("status", id=message.sid, status=status, error=error))
        if message.callback:
            fields = callbacks.status_fields(message)
            self.stage.courier.submit(self._delivery("callback", message.callback, fields, message.body))

    def _charge(self, message: Sms) -> None:
        price = str(_SEGMENT_PRICE * message.segments)
        self._apply(self.ledger.append("price", id=message.sid, price=price))

    # --- what customers do ----------------------------------------------------------------------------------------

    def receive(self, sender: str, text: str, to: str | None, pictures: list[Upload]) -> tuple[Sms, Delivery | None]:
        """A customer writes. The delivery is None while the number has no address to call."""
        to = to or next(iter(self.account.numbers))
        if to not in self.account.numbers:
            raise ValueError(f"{to} is not a number of this account")
        media = [(ids.hex_id("ME"), self.stage.files.put(picture)) for picture in pictures]
        entry = self.ledger.append(
            "received",
            id=ids.hex_id("MM" if media else "SM"),
            account=self.account.sid,
            to=to,
            **{"from": sender},
            text=text,
            segments=segments(text),
            media=[asdict(Media(sid, blob.id, blob.content_type)) for sid, blob in media],
        )
        self._apply(entry)
        message = self.messages[entry["id"]]
        self.stage.timetable.after(self.stage.pace.price, lambda: self._charge(message))
        self._keyword(message)
        url = self.account.numbers[to].sms_url
        if not url:
            return message, None
        fields = callbacks.inbound_fields(message, f"{self.stage.url}/twilio")
        return message, self.stage.courier.submit(self._delivery("hook", url, fields, message.body))

    def _keyword(self, message: Sms) -> None:
        """STOP, START and HELP are answered by Twilio itself."""
        word = message.body.strip().upper()
        kind = "stop" if word in _STOP else "start" if word in _START else "help" if word in ("HELP", "INFO") else ""
        if kind:
            answer = _ANSWERS[kind]
            self._apply(
                self.ledger.append(
                    "auto",
                    id=ids.hex_id("SM"),
                    account=message.account,
                    to=message.sender,
                    **{"from": message.to},
                    text=answer,
                    segments=segments(answer),
                    media=[],
                    keyword=kind,
                )
            )

    def hook(self, number: str | None, url: str) -> None:
        """Sets the address that a number calls for every message, as the console does."""
        with self._lock:
            self.account.add(number or next(iter(self.account.numbers)))
        entry = self.ledger.append("hook", number=number or next(iter(self.account.numbers)), url=url)
        self._apply(entry)

    def _delivery(self, op: callbacks.Op, url: str, fields: dict[str, str], text: str) -> Delivery:
        about = f"{fields['From']} {fields['To']} {text}"
        return callbacks.delivery(op, url, fields, about, self.account.auth_token, self.stage.pace.retry)

    # --- memory ---------------------------------------------------------------------------------------------------

    def _apply(self, entry: Entry) -> None:
        with self._lock:
            match entry["what"]:
                case "accepted" | "received" | "auto":
                    self.messages[entry["id"]] = from_entry(entry)
                    self._opt(entry)
                case "status":
                    message = self.messages[entry["id"]]
                    message.status, message.error, message.updated = entry["status"], entry["error"], now()
                    message.sent = message.sent or now().replace(microsecond=0)
                case "price":
                    self.messages[entry["id"]].price = entry["price"]
                case "media":
                    self.messages[entry["id"]].media = [Media(**item) for item in entry["media"]]
                case "hook":
                    self.account.add(entry["number"]).sms_url = entry["url"]

    def _opt(self, entry: Entry) -> None:
        if entry["what"] == "auto":
            self.messages[entry["id"]].status = "delivered"
            pair = (entry["from"], entry["to"])
            if entry["keyword"] == "stop":
                self._opted_out.add(pair)
            elif entry["keyword"] == "start":
                self._opted_out.discard(pair)
