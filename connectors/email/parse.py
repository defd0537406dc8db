"""Makes the items of one arrived mail: a message, or the news that a report brings; total for any bytes."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Any, Literal

from connectors.base import Address, Attachment, Inbound, Item, Request, StatusUpdate
from connectors.email import auto, body, bounces, certified, charsets, dates, evidence, ids, mime, reports, visible
from connectors.email.addresses import addresses, canonical, split_plus
from connectors.email.headers import Headers
from connectors.untrusted import unreadable

__all__ = ["ENVELOPE_FROM", "ENVELOPE_TO", "FETCH_ERROR", "FOLDER_USE", "INTERNAL_DATE", "TRUNCATED", "items"]

# What the way in knows about a mail travels in the request's headers.
ENVELOPE_FROM = "X-Envelope-From"  # of LMTP and pipe; empty or <> for none
ENVELOPE_TO = "X-Envelope-To"  # one per recipient
INTERNAL_DATE = "Internal-Date"  # RFC 3339: when the mail server took the mail
TRUNCATED = "Truncated"  # the mail's real size in bytes where only its beginning was fetched
FOLDER_USE = "Folder-Use"  # junk: it lay in the server's spam folder
FETCH_ERROR = "Fetch-Error"  # the mail server lists this mail and cannot deliver it

MAX_SUBJECT = 2_000
MAX_RECIPIENTS = 500

log = logging.getLogger(__name__)

Auto = Literal["reply", "bounce", "report", "bulk", "complaint"]


@dataclass(frozen=True, slots=True)
class _Read:
    """A mail taken apart. ``written``: the headers of what somebody wrote, inside an envelope of certified mail."""

    mail: mime.Mail
    written: Headers
    body: body.Body
    sender: Address
    subject: str
    external_id: str

    @property
    def headers(self) -> Headers:
        return self.mail.headers


def items(own: str, request: Request) -> list[Item]:
    """The items of the mail in ``request.body``, for the channel whose address is ``own``."""
    if error := request.header(FETCH_ERROR):
        return [unreadable(request.url + error, f"the mail server could not deliver it: {error}")]
    try:
        return _items(canonical(own), request)
    except Exception:
        # A mistake of ours must not cost a customer's mail: it arrives with its raw file, and the log says why.
        log.exception("mail %s could not be read", request.url)
        return [_raw(request)]


def _items(own: str, request: Request) -> list[Item]:
    mail = mime.read(request.body)
    headers = mail.headers
    inner = certified.opened(mail)
    sender = (certified.writer(headers, inner.headers) if inner else None) or _sender(headers, request)
    one = _Read(
        mail,
        inner.headers if inner else headers,
        certified.text_around(mail, inner) if inner else body.read(mail),
        sender,
        headers.text("subject")[:MAX_SUBJECT],
        ids.message_id(headers, mail.raw[mail.root.start :]),
    )
    origin = auto.Origin(
        own,
        sender.value,
        tuple(address.value for address in addresses(headers, "reply-to") if address.value),
        request.header(ENVELOPE_FROM) if _has(request, ENVELOPE_FROM) else None,
    )
    report = reports.read(mail, one.body.text) or bounces.read(mail, one.subject, one.body.text, origin)
    kind: Auto | None = report.auto if report else _automatic(one, origin)
    if report is None and kind is None and mail.root.kind == "multipart/report":
        kind = "report"
    message = _message(one, own, request, kind)
    if report is None:
        return [message]
    return [_update(news, message, number) for number, news in enumerate(report.news, 1)]


def _automatic(one: _Read, origin: auto.Origin) -> Auto | None:
    kind = auto.classify(one.headers, one.subject, origin)
    if kind is None and one.written is not one.headers:
        kind = auto.classify(one.written, one.written.text("subject"), origin)
    return kind


def _has(request: Request, name: str) -> bool:
    return any(key.lower() == name.lower() for key, _ in request.headers)


def _update(news: reports.News, notice: Inbound, number: int) -> StatusUpdate:
    return StatusUpdate(
        external_id=notice.external_id if number == 1 else f"{notice.external_id}#{number}",
        message=news.message,
        state=news.state,
        at=notice.at,
        code=news.code,
        status=news.status,
        reason=news.reason,
        permanent=news.permanent,
        recipient=news.recipient,
        complaint=news.complaint,
        notice=notice if number == 1 else None,
    )


def _message(one: _Read, own: str, request: Request, kind: Auto | None) -> Inbound:
    headers, found = one.headers, one.body
    formal = kind in {"bounce", "report", "complaint"}
    text = found.text.strip() if formal else visible.reply(found.text, one.subject)
    sent_to = evidence.recipients(
        headers, [value for name, value in request.headers if name.lower() == ENVELOPE_TO.lower()]
    )
    answers = ids.reference_ids(headers, "in-reply-to") or ids.reference_ids(one.written, "in-reply-to")
    references = ids.reference_ids(headers, "references") or ids.reference_ids(one.written, "references")
    to, cc = (addresses(headers, name)[:MAX_RECIPIENTS] for name in ("to", "cc"))
    is_ours = bool(own) and split_plus(one.sender.value)[0] == own
    return Inbound(
        external_id=one.external_id,
        sender=one.sender,
        text=text,
        at=_at(request),
        full_text=found.text if found.text.strip() != text else None,
        html=found.html,
        subject=one.subject or None,
        to=to,
        cc=cc,
        reply_to=addresses(headers, "reply-to")[:MAX_RECIPIENTS],
        attachments=_attachments(one, request),
        thread=evidence.outlook_thread(headers) or evidence.outlook_thread(one.written),
        in_reply_to=answers[0] if answers else None,
        references=references,
        reply_tokens=evidence.reply_tokens(sent_to, own),
        subject_token=evidence.subject_token(one.subject),
        auto=kind,
        echo=is_ours and not any(split_plus(address)[0] == own for address in sent_to),
        date=dates.read(headers.text("date")),
        extra=_extra(one, own, request, sent_to),
    )


def _sender(headers: Headers, request: Request) -> Address:
    """Who wrote: From, else whatever else names somebody. A mail that names nobody has an empty address."""
    named = addresses(headers, "from")
    for address in named:
        if address.value:
            return address
    name = named[0].name if named else ""
    for field in ("sender", "reply-to", "resent-from", "x-original-from", "return-path"):
        for address in addresses(headers, field):
            if address.value:
                return Address(address.value, name or address.name)
    return Address(canonical(request.header(ENVELOPE_FROM)), name)


def _at(request: Request) -> dt.datetime:
    """When our side took the mail: its own Date is the sender's word, and often absurd."""
    return dates.read(request.header(INTERNAL_DATE)) or request.moment()


def _attachments(one: _Read, request: Request) -> tuple[Attachment, ...]:
    files = one.body.files
    if request.header(TRUNCATED) and files and one.mail.root.multipart:
        files = files[:-1]  # the last one broke off in the middle
    if one.body.limits:
        files = [*files, Attachment("message.eml", "message/rfc822", request.body)]
    return tuple(files)


def _extra(one: _Read, own: str, request: Request, sent_to: list[str]) -> dict[str, Any]:
    """Facts for the desk: ``size``, ``probe`` (of a canary), ``calendar``, ``signed``, ``encrypted``, ``limits``,
    ``truncated``, ``spam``, ``folder`` (``junk``), ``list``, and ``no_auto_reply``: one word for why an automatic
    answer would be wrong although a person wrote."""
    headers = one.headers
    extra: dict[str, Any] = {"size": len(request.body), **one.body.marks}
    if one.body.limits:
        extra["limits"] = sorted(one.body.limits)
    if real := request.header(TRUNCATED):
        extra["truncated"] = int(real) if real.isdecimal() else real
    if probe := headers.text("x-sportello-probe"):
        extra["probe"] = probe[:100]
    if listed := headers.text("list-id"):
        extra["list"] = listed[:200]
    junk = request.header(FOLDER_USE) == "junk"
    if junk:
        extra["folder"] = "junk"
    if junk or headers.text("x-spam-flag").lower() == "yes" or headers.text("x-spam-status").lower().startswith("yes"):
        extra["spam"] = True
        extra["no_auto_reply"] = "spam"
    elif own and split_plus(one.sender.value)[0] == own:
        extra["no_auto_reply"] = "own"
    elif own and not any(split_plus(address)[0] == own for address in sent_to):
        extra["no_auto_reply"] = "not_addressed"
    return extra


def _raw(request: Request) -> Inbound:
    """A mail that our reader failed on: its bytes, and as much text as can be seen in them."""
    text = charsets.clean(request.body[:100_000].decode("utf-8", "replace")).strip()
    return Inbound(
        external_id=unreadable(request.body, "").external_id,
        sender=Address(""),
        text=text,
        at=_at(request),
        attachments=(Attachment("message.eml", "message/rfc822", request.body),),
        extra={"size": len(request.body), "limits": ["error"]},
    )
