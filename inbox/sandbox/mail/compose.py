"""Mails as customers' programs write them: alternative bodies, quoted replies, threading and trace headers."""

from __future__ import annotations

import datetime as dt
import html
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from inbox.sandbox import ids
from inbox.sandbox.files import Upload

__all__ = ["Answered", "Letter", "bounce", "compose"]


@dataclass(frozen=True)
class Answered:
    """The mail that a customer answers."""

    message_id: str
    references: tuple[str, ...]
    subject: str
    sender: str
    date: dt.datetime
    text: str
    reply_to: str


@dataclass(frozen=True)
class Letter:
    """What a customer wants to send. Empty ``html`` means that the program makes it from the text."""

    sender: str
    to: str
    text: str
    subject: str = ""
    name: str = ""
    html: str = ""
    cc: tuple[str, ...] = ()
    files: Sequence[Upload] = ()
    headers: tuple[tuple[str, str], ...] = ()
    message_id: str = ""
    language: str = "en"


def compose(letter: Letter, answered: Answered | None, delivered_to: str) -> bytes:
    """The mail as it lies in our mailbox."""
    now = dt.datetime.now(dt.UTC)
    message = EmailMessage(policy=SMTP)
    message["MIME-Version"] = "1.0"
    message["From"] = formataddr((letter.name, letter.sender))
    message["Date"] = format_datetime(now)
    domain = letter.sender.rpartition("@")[2] or "mail.example"
    message["Message-ID"] = letter.message_id or f"<CA{ids.url_token(48)}@mail.{domain}>"
    message["Subject"] = letter.subject or (_reply_subject(answered.subject) if answered else "")
    message["To"] = letter.to
    if letter.cc:
        message["Cc"] = ", ".join(letter.cc)
    if answered:
        message["In-Reply-To"] = answered.message_id
        message["References"] = " ".join((*answered.references, answered.message_id))
    text, rich = _bodies(letter, answered)
    message.set_content(text)
    message.add_alternative(rich, subtype="html")
    for file in letter.files:
        kind, _, sort = file.content_type.partition("/")
        message.add_attachment(file.data, maintype=kind, subtype=sort or "octet-stream", filename=file.name)
    given = {name.lower() for name, _ in letter.headers}
    for name in given & {key.lower() for key in message}:
        del message[name]
    for name, value in letter.headers:
        message[name] = value
    return _trace(letter.sender, delivered_to, now) + message.as_bytes()


def _trace(sender: str, delivered_to: str, at: dt.datetime) -> bytes:
    """What the receiving server puts on top."""
    domain, ours = sender.rpartition("@")[2], delivered_to.rpartition("@")[2]
    token, day = secrets.token_hex(8), format_datetime(at)
    return (
        f"Return-Path: <{sender}>\r\n"
        f"Delivered-To: {delivered_to}\r\n"
        f"Received: from mail.{domain} (mail.{domain} [192.0.2.25])\r\n"
        f"\tby mx.{ours} with ESMTPS id {token}\r\n"
        f"\tfor <{delivered_to}>; {day}\r\n"
        f"Authentication-Results: mx.{ours}; spf=pass smtp.mailfrom={domain}; dmarc=pass header.from={domain}\r\n"
    ).encode()


def _reply_subject(subject: str) -> str:
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"


def _bodies(letter: Letter, answered: Answered | None) -> tuple[str, str]:
    """Plain text and HTML, with what is answered quoted beneath in both."""
    text = letter.text
    rich = letter.html or f'<div dir="ltr">{html.escape(text).replace(chr(10), "<br>")}</div>'
    if not answered:
        return f"{text}\n", f"{rich}\n"
    day = answered.date.strftime("%d/%m/%Y %H:%M")
    if letter.language == "it":
        intro = f"Il giorno {day} {answered.sender} ha scritto:"
    else:
        intro = f"On {day} {answered.sender} wrote:"
    quoted = "\n".join(f"> {line}" if line else ">" for line in answered.text.splitlines())
    quote = html.escape(answered.text).replace("\n", "<br>")
    rich += f'<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{html.escape(intro)}<br></div>'
    rich += f'<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;padding-left:1ex">{quote}</blockquote></div>'
    return f"{text}\n\n{intro}\n\n{quoted}\n", f"{rich}\n"


def bounce(original: bytes, sender: str, recipient: str, status: str, diagnostic: str) -> bytes:
    """A delivery status notification of RFC 3464 about ``original``, for its envelope sender."""
    now = dt.datetime.now(dt.UTC)
    domain = recipient.rpartition("@")[2]
    failed = status.startswith("5")
    boundary = f"=_{secrets.token_hex(12)}"
    head = original.partition(b"\r\n\r\n")[0] + b"\r\n"
    about = (
        f"From: Mail Delivery System <MAILER-DAEMON@mx.{domain}>\r\n"
        f"To: {sender}\r\n"
        f"Subject: {'Undelivered Mail Returned to Sender' if failed else 'Delayed Mail (still being retried)'}\r\n"
        f"Date: {format_datetime(now)}\r\n"
        f"Message-ID: <{secrets.token_hex(12)}@mx.{domain}>\r\n"
        "Auto-Submitted: auto-replied\r\n"
        "MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"\r\n'
        "\r\n"
        f"--{boundary}\r\n"
        "Content-Type: text/plain; charset=us-ascii\r\n"
        "\r\n"
        f"Your message to <{recipient}> {'could not be delivered' if failed else 'is delayed'}:\r\n"
        f"{diagnostic}\r\n"
        f"--{boundary}\r\n"
        "Content-Type: message/delivery-status\r\n"
        "\r\n"
        f"Reporting-MTA: dns; mx.{domain}\r\n"
        f"Arrival-Date: {format_datetime(now)}\r\n"
        "\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\n"
        f"Action: {'failed' if failed else 'delayed'}\r\n"
        f"Status: {status}\r\n"
        f"Diagnostic-Code: smtp; {diagnostic}\r\n"
        f"\r\n--{boundary}\r\n"
        "Content-Type: text/rfc822-headers\r\n"
        "\r\n"
    ).encode()
    top = f"Return-Path: <>\r\nDelivered-To: {sender}\r\n".encode()
    return top + about + head + f"\r\n--{boundary}--\r\n".encode()
