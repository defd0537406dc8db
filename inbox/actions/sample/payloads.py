"""What the providers would have sent: the same fields, ids of the same shape, signed as they sign."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Any
from urllib.parse import urlencode

from connectors.base import Config, Connector, Request
from connectors.chat import arrival
from inbox import clock
from inbox.actions import channels
from inbox.store import Channel, Message, Work

__all__ = ["File", "Line", "hexed", "letter", "reported"]

File = tuple[str, str, bytes]  # name, content type, content


def hexed(seed: str, length: int = 32) -> str:
    """Hex digits, the same for the same seed."""
    return hashlib.sha256(seed.encode()).hexdigest()[:length]


def digits(seed: str, length: int) -> str:
    """Decimal digits, the same for the same seed."""
    return str(int(hexed(seed), 16))[:length]


@dataclass(frozen=True)
class Line:
    """A channel as its provider sees it: where it calls, and the secrets that it signs with."""

    channel: Channel
    config: Any
    connector: Connector[Any]
    url: str

    @classmethod
    def of(cls, work: Work, channel: Channel) -> Line:
        """The channel with its secrets opened."""
        config: Config = channels.config_of(work, channel)
        url = work.store.settings.base_url + channels.hook_path(channel)
        return cls(channel, config, work.store.connectors[channel.kind], url)

    # --- Twilio -----------------------------------------------------------------------------------------------------

    def sms(self, sender: str, text: str, seed: str, files: Sequence[File] = ()) -> Request:
        """An SMS, or an MMS whose pictures lie with Twilio."""
        sid = ("MM" if files else "SM") + hexed(seed)
        fields = {
            "ToCountry": "US",
            "SmsMessageSid": sid,
            "NumMedia": str(len(files)),
            "SmsSid": sid,
            "SmsStatus": "received",
            "Body": text,
            "FromCountry": "GB" if sender.startswith("+44") else "US",
            "To": self.channel.address,
            "NumSegments": "1",
            "MessageSid": sid,
            "AccountSid": self.config.account_sid,
            "From": sender,
            "ApiVersion": "2010-04-01",
        }
        for n, (name, content_type, _data) in enumerate(files):
            place = f"/2010-04-01/Accounts/{self.config.account_sid}/Messages/{sid}/Media/ME{hexed(seed + name)}"
            fields |= {f"MediaUrl{n}": self.config.api_base + place, f"MediaContentType{n}": content_type}
        return self._twilio(fields)

    def sms_status(self, sid: str, to: str, status: str, error: str = "") -> Request:
        """A status callback; it never carries a price."""
        fields = {
            "SmsSid": sid,
            "SmsStatus": status,
            "MessageStatus": status,
            "To": to,
            "MessageSid": sid,
            "AccountSid": self.config.account_sid,
            "From": self.channel.address,
            "ApiVersion": "2010-04-01",
        }
        return self._twilio(fields | ({"ErrorCode": error} if error else {}))

    def _twilio(self, fields: dict[str, str]) -> Request:
        """Twilio signs the address with every field behind it, in the order of their names."""
        signed = self.url + "".join(name + value for name, value in sorted(fields.items()))
        token = self.config.auth_token.get_secret_value().encode()
        signature = base64.b64encode(hmac.new(token, signed.encode(), hashlib.sha1).digest()).decode()
        headers = [
            ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"),
            ("User-Agent", "TwilioProxy/1.1"),
            ("X-Twilio-Signature", signature),
        ]
        return Request("POST", self.url, headers, urlencode(fields).encode())

    # --- Telegram ---------------------------------------------------------------------------------------------------

    def telegram(self, chat: str, name: str, text: str, number: int, files: Sequence[File] = ()) -> Request:
        """An update with a message; a picture lies with Telegram."""
        first, _, last = name.partition(" ")
        person = {"first_name": first, "last_name": last, "id": int(chat)}
        message: dict[str, Any] = {
            "message_id": number,
            "from": {**person, "is_bot": False, "language_code": "it"},
            "chat": {**person, "type": "private"},
            "date": int(clock.now().timestamp()),
        }
        message |= {"caption" if files else "text": text}
        if files:
            found = [self._photo(one, width) for one in files for width in (90, 480)]
            message["photo"] = found
        update = {"update_id": 700_000_000 + number, "message": message}
        secret = self.config.secret_token.get_secret_value() or _derived(self.config.token.get_secret_value())
        headers = [("Content-Type", "application/json"), ("X-Telegram-Bot-Api-Secret-Token", secret)]
        return Request("POST", self.url, headers, json.dumps(update).encode())

    @staticmethod
    def _photo(file: File, width: int) -> dict[str, Any]:
        seed = hexed(f"{file[0]}{width}", 40)
        size = {"width": width, "height": width * 5 // 8, "file_size": len(file[2])}
        return {"file_id": f"AgACAgQAAx{seed}", "file_unique_id": f"AQAD{seed[:12]}", **size}

    # --- Messenger --------------------------------------------------------------------------------------------------

    def messenger(self, sender: str, **what: Any) -> Request:
        """One event of the page: ``message``, ``delivery`` or ``read``; an echo is sent by the page itself."""
        page, echo = self.config.page_id, bool(what.get("message", {}).get("is_echo"))
        ours, theirs = {"id": page}, {"id": sender}
        millis = int(clock.now().timestamp() * 1000)
        event = {"sender": ours if echo else theirs, "recipient": theirs if echo else ours, "timestamp": millis, **what}
        body = {"object": "page", "entry": [{"id": page, "time": millis, "messaging": [event]}]}
        raw = json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()
        digest = hmac.new(self.config.app_secret.get_secret_value().encode(), raw, hashlib.sha256).hexdigest()
        headers = [
            ("Content-Type", "application/json"),
            ("User-Agent", "facebookexternalua"),
            ("X-Hub-Signature-256", f"sha256={digest}"),
        ]
        return Request("POST", self.url, headers, raw)

    # --- web chat ---------------------------------------------------------------------------------------------------

    @staticmethod
    def chat(visitor: str, **frame: Any) -> Request:
        """A frame of the visitor's page."""
        return arrival(visitor, json.dumps(frame, ensure_ascii=False).encode(), clock.now())

    # --- mail -------------------------------------------------------------------------------------------------------

    def mail(self, raw: bytes, uid: int) -> Request:
        """A mail as the mailbox gave it."""
        headers = [("Internal-Date", clock.now().isoformat())]
        return Request("POLL", f"imap://INBOX;UIDVALIDITY=1;UID={uid}", headers, raw)


def _derived(token: str) -> str:
    """The webhook's secret where none was chosen, as the connector derives it."""
    return hmac.new(token.encode(), b"webhook", hashlib.sha256).hexdigest()


def letter(
    sender: tuple[str, str],
    to: str,
    subject: str,
    text: str,
    seed: str,
    *,
    answers: Message | None = None,
    files: Sequence[File] = (),
    english: bool = False,
) -> bytes:
    """A mail as people's programs write it: plain and rich, with what it answers quoted beneath."""
    name, address = sender
    domain = address.rpartition("@")[2]
    now = clock.now()
    mail = EmailMessage(policy=SMTP)
    mail["From"] = formataddr((name, address))
    mail["To"] = (answers.reply_address if answers is not None else "") or to
    mail["Subject"] = subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{hexed(seed, 24)}@mail.{domain}>"
    plain, rich = text, html.escape(text).replace("\n", "<br>")
    if answers is not None and answers.header_id:
        mail["In-Reply-To"] = answers.header_id
        mail["References"] = " ".join([*answers.references, answers.header_id])
        plain, rich = _quoting(plain, rich, answers, to, english=english)
    mail.set_content(plain + "\n")
    mail.add_alternative(f'<div dir="ltr">{rich}</div>\n', subtype="html")
    for file, content_type, data in files:
        major, _, minor = content_type.partition("/")
        mail.add_attachment(data, maintype=major, subtype=minor, filename=file)
    return _traced(address, to, now, seed) + _bounded(mail, seed)


def _quoting(plain: str, rich: str, answers: Message, ours: str, *, english: bool) -> tuple[str, str]:
    day = answers.at.strftime("%d/%m/%Y %H:%M")
    intro = f"On {day} {ours} wrote:" if english else f"Il giorno {day} {ours} ha scritto:"
    quoted = "\n".join(f"> {line}" for line in answers.text.splitlines())
    block = html.escape(answers.text).replace("\n", "<br>")
    rich += f'<br><div class="gmail_quote"><div class="gmail_attr">{html.escape(intro)}</div>'
    rich += f'<blockquote class="gmail_quote">{block}</blockquote></div>'
    return f"{plain}\n\n{intro}\n\n{quoted}", rich


def _bounded(mail: EmailMessage, seed: str) -> bytes:
    """The bytes, with boundaries that are the same for the same seed."""
    for n, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"=_{hexed(f'{seed} {n}', 24)}")
    return mail.as_bytes()


def _traced(sender: str, to: str, at: dt.datetime, seed: str) -> bytes:
    """What our own mail server writes on top."""
    domain, ours = sender.rpartition("@")[2], to.rpartition("@")[2]
    return (
        f"Return-Path: <{sender}>\r\n"
        f"Delivered-To: {to}\r\n"
        f"Received: from mail.{domain} (mail.{domain} [192.0.2.25])\r\n"
        f"\tby mx.{ours} with ESMTPS id {hexed(seed + ' trace', 12)}; {format_datetime(at)}\r\n"
    ).encode()


#: What a mail server says with a status of RFC 3463.
_REASONS = {"5.2.2": "The mailbox is full"}


def reported(message: Message, status: str, to: str, ours: str) -> bytes:
    """The notice of RFC 3464 that a mail of ours could not be delivered."""
    domain, seed = to.rpartition("@")[2], f"bounce {message.header_id}"
    boundary, why = f"=_{hexed(seed, 24)}", f"552 {status} {_REASONS.get(status, 'No such user here')}"
    lines = [
        "Return-Path: <>",
        f"Delivered-To: {ours}",
        f"From: Mail Delivery System <MAILER-DAEMON@mx.{domain}>",
        f"To: {ours}",
        "Subject: Undelivered Mail Returned to Sender",
        f"Date: {format_datetime(clock.now())}",
        f"Message-ID: <{hexed(seed + ' id', 24)}@mx.{domain}>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"',
        "",
        f"--{boundary}",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        f"Your message to <{to}> could not be delivered:",
        why,
        f"--{boundary}",
        "Content-Type: message/delivery-status",
        "",
        f"Reporting-MTA: dns; mx.{domain}",
        "",
        f"Final-Recipient: rfc822; {to}",
        "Action: failed",
        f"Status: {status}",
        f"Diagnostic-Code: smtp; {why}",
        "",
        f"--{boundary}",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: {message.header_id}",
        f"To: {to}",
        f"From: {ours}",
        "",
        f"--{boundary}--",
        "",
    ]
    return "\r\n".join(lines).encode()
