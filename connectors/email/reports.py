"""Reads delivery reports (RFC 3464), read receipts (RFC 8098), complaints (RFC 5965) and the receipts of PEC."""

from __future__ import annotations

import html as entities
import re
from dataclasses import dataclass
from typing import Literal

from connectors.email import charsets
from connectors.email.addresses import canonical
from connectors.email.addresses import read as read_addresses
from connectors.email.headers import Headers, split
from connectors.email.ids import message_id, reference_ids
from connectors.email.mime import Mail, Part

__all__ = ["News", "Report", "original_id", "read", "returned"]

MAX_RECIPIENTS = 100
MAX_REASON = 500
MAX_PEC_DATA = 262_144
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_SMTP = re.compile(r"(?<![\d.])([245]\d\d)(?=[ #-])")
_TYPED = re.compile(r"\s*[A-Za-z0-9-]{1,20}\s*;\s*")
_JUNK_FIELD = "x-hmxmroriginalrecipient"
_PEC_FIELD = re.compile(r"<(consegna|destinatari|errore-esteso|msgid)\b[^<>]*>([^<>]*)<")
_BLANK_LINE = re.compile(rb"\n[ \t]*\n")

_RECIPIENT_FIELDS = ("action", "final-recipient", "original-recipient", "status")
_DELIVERY = ("message/delivery-status", "message/global-delivery-status")
_DISPOSITION = ("message/disposition-notification", "message/global-disposition-notification")
_FORMAL = frozenset({*_DELIVERY, *_DISPOSITION, "message/feedback-report"})
_RETURNED = frozenset(
    {
        "message/rfc822",
        "message/rfc822-headers",
        "text/rfc822-headers",
        "message/global",
        "message/global-headers",
    }
)

State = Literal["sent", "delivered", "read", "failed"]
_ACTIONS: dict[str, State] = {
    "failed": "failed",
    "failure": "failed",
    "delayed": "sent",
    "relayed": "sent",
    "expanded": "sent",
    "delivered": "delivered",
}
# What the receipts of Italian certified mail say; the notice of a coming error is a delay.
_PEC: dict[str, tuple[State, bool]] = {
    "accettazione": ("sent", False),
    "presa-in-carico": ("sent", False),
    "avvenuta-consegna": ("delivered", False),
    "preavviso-errore-consegna": ("sent", False),
    "non-accettazione": ("failed", True),
    "errore-consegna": ("failed", True),
    "rilevazione-virus": ("failed", True),
}


@dataclass(frozen=True, slots=True)
class News:
    """What a report says of one message and one recipient."""

    state: State
    message: str | None = None  # the original's Message-ID
    recipient: str | None = None
    code: str | None = None
    status: str | None = None
    reason: str | None = None
    permanent: bool = False
    complaint: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What kind of report a mail is, and its news; without any where it cannot be told."""

    auto: Literal["bounce", "report", "complaint"]
    news: list[News]


def read(mail: Mail, text: str) -> Report | None:
    """The report that a mail is, or None. ``text``: the mail's readable part, for what the formal part leaves out."""
    if not mail.root.multipart and not mail.root.kind.startswith("message/"):
        return _pec(mail)
    leaves = {leaf.kind: leaf for leaf in reversed(mail.root.leaves())}
    if leaves.keys().isdisjoint(_FORMAL):
        return _pec(mail) or _junk_report(mail)
    original = original_id(mail)
    for kind in _DELIVERY:
        if kind in leaves:
            return _delivery(leaves[kind], original, text)
    for kind in _DISPOSITION:
        if kind in leaves:
            return _disposition(leaves[kind], original)
    return _feedback(leaves["message/feedback-report"], mail, original)


def _blocks(part: Part) -> list[Headers]:
    data = part.data().replace(b"\r\n", b"\n").replace(b"\r", b"\n").strip(b"\n")
    return [split(block, 0, len(block))[0] for block in _BLANK_LINE.split(data)[: MAX_RECIPIENTS + 1]]


def _delivery(part: Part, original: str | None, text: str) -> Report:
    blocks = _blocks(part)
    if original is None:  # Gmail names it here when it sends nothing back
        named = (reference_ids(block, "x-original-message-id") for block in blocks)
        original = next((one[0] for one in named if one), None)
    news = [_recipient(block, original, text) for block in blocks if any(map(block.has, _RECIPIENT_FIELDS))]
    news = news or [_unstated(original, text)]
    return Report("bounce" if any(one.state == "failed" for one in news) else "report", news)


def _unstated(original: str | None, text: str) -> News:
    """A report without a single recipient's block: a failure, or nobody would have written."""
    code, status = codes(text)
    return News("failed", original, None, code, status, None, permanent=True)


def _recipient(block: Headers, original: str | None, text: str) -> News:
    diagnostic = _TYPED.sub("", block.text("diagnostic-code"), count=1)[:MAX_REASON]
    code, detailed = codes(diagnostic)
    stated = _STATUS.search(block.plain("status"))
    status = stated[1] if stated else detailed
    if status and status.endswith(".0.0") and detailed:  # "5.0.0" says less than what the other server said
        status = detailed
    action = block.text("action").lower().split(" ")[0].strip(";,")
    state = _ACTIONS.get(action) or _by_class(status)
    return News(
        state,
        original,
        _address(block),
        code or (codes(text)[0] if state == "failed" and not diagnostic else None),
        status,
        diagnostic or None,
        permanent=state == "failed",
    )


def _by_class(status: str | None) -> State:
    first = (status or "5")[0]
    return "delivered" if first == "2" else "sent" if first == "4" else "failed"


def _address(block: Headers) -> str | None:
    """The recipient as we addressed it, else as the reporting server saw it."""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        written = block.plain(name)
        if written and not written.lower().startswith("unknown"):
            found = read_addresses(_TYPED.sub("", written, count=1))
            if found and "@" in found[0].value:
                return found[0].value
    return None


def codes(text: str) -> tuple[str | None, str | None]:
    """The three digits and the enhanced code in a server's answer."""
    enhanced, simple = _STATUS.search(text), _SMTP.search(text)
    return simple[1] if simple else None, enhanced[1] if enhanced else None


def _disposition(part: Part, original: str | None) -> Report:
    fields = _blocks(part)[0]
    named = reference_ids(fields, "original-message-id")
    kind = fields.text("disposition").lower().rpartition(";")[2]
    state: State = "read" if "displayed" in kind else "failed" if "failed" in kind else "delivered"
    message, reason = named[0] if named else original, fields.text("disposition")[:MAX_REASON] or None
    return Report("report", [News(state, message, _address(fields), reason=reason)])


def _feedback(part: Part, mail: Mail, original: str | None) -> Report:
    fields = _blocks(part)[0]
    kind = fields.text("feedback-type").lower() or "abuse"
    recipient = canonical(fields.plain("original-rcpt-to").partition(";")[2] or fields.plain("original-rcpt-to"))
    if not recipient and (headers := returned(mail)):
        to = [one.value for one in read_addresses(headers.plain("to")) if one.value]
        recipient = to[0] if to else ""
    # The others report on our authentication, or take a complaint back.
    complaint = kind not in {"not-spam", "auth-failure", "dmarc", "dkim", "spf"}
    news = News("delivered", original, recipient or None, reason=kind[:MAX_REASON], complaint=complaint)
    return Report("complaint" if complaint else "report", [news])


def _pec(mail: Mail) -> Report | None:
    """A receipt of certified mail. Whom it is about stands in its ``daticert.xml``, in fields of the technical rules
    of 2005 (decree of 2 November, annex)."""
    headers = mail.headers
    state = _PEC.get(headers.text("x-ricevuta").lower())
    if state is None:
        return None
    data = next((leaf.data() for leaf in mail.root.leaves() if leaf.name.lower() == "daticert.xml"), b"")
    stated = dict(reversed(_PEC_FIELD.findall(charsets.decode(data[:MAX_PEC_DATA], "utf-8"))))
    told = {name: entities.unescape(value).strip() for name, value in stated.items()}
    ids = reference_ids(headers, "x-riferimento-message-id")
    recipient = canonical(told.get("consegna", "")) or canonical(told.get("destinatari", ""))
    reason = told.get("errore-esteso") or headers.text("x-verificasicurezza") or headers.text("x-ricevuta")
    code, status = codes(told.get("errore-esteso", ""))
    news = News(
        state[0],
        ids[0] if ids else told.get("msgid") or None,
        recipient or None,
        code,
        status,
        reason[:MAX_REASON],
        permanent=state[1],
    )
    return Report("bounce" if state[0] == "failed" else "report", [news])


def _junk_report(mail: Mail) -> Report | None:
    """A complaint in the form of Outlook.com's Junk Mail Reporting Program: the mail alone, with one field added."""
    headers = returned(mail)
    if headers is None or not headers.has(_JUNK_FIELD):
        return None
    recipient = canonical(headers.plain(_JUNK_FIELD))
    return Report("complaint", [News("delivered", original_id(mail), recipient, reason="abuse", complaint=True)])


def returned(mail: Mail) -> Headers | None:
    """The headers of the mail that a report sends back, whole or as headers alone."""
    for leaf in mail.root.leaves() if mail.root.multipart else []:
        if leaf.kind in _RETURNED:
            data = leaf.data()[:262_144].lstrip(b"\r\n")
            headers, _ = split(data, 0, len(data))
            if headers.fields:
                return headers
    return None


def original_id(mail: Mail) -> str | None:
    """The Message-ID of the mail that a report is about: from what it sends back, else from what it answers."""
    headers = returned(mail)
    if headers is not None and headers.has("message-id"):
        found = message_id(headers, b"")
        if found.startswith("<"):
            return found
    for name in ("x-original-message-id", "original-message-id", "in-reply-to", "references"):
        ids = reference_ids(mail.headers, name)
        if ids:
            return ids[-1]
    return None
