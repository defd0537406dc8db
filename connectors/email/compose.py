"""Builds the mail that leaves: text, HTML, pictures, files, and headers that nothing can be injected into."""

from __future__ import annotations

import datetime as dt
import re
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, make_msgid

from connectors.base import Address, ConnectorError, File, Outgoing
from connectors.email.addresses import split_plus
from connectors.email.config import EmailConfig

__all__ = ["mail", "recipient", "trimmed"]

MAX_REFERENCES = 10  # beyond the first
MAX_SUBJECT = 900
MAX_NAME = 200
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_ID = re.compile(r"<[^\s<>\x00-\x1f\x7f-\uffff]{1,990}>")
_RECIPIENT = re.compile(r"[^\s<>()\[\],;:\"\\@\x00-\x20\x7f]{1,64}@[^\s<>()\[\],;:\"\\@\x00-\x20\x7f]{1,255}")
_CID = re.compile(r"[^\s<>\"'\x00-\x20\x7f-\uffff]{1,200}")
_OURS = re.compile(r"X-[A-Za-z][A-Za-z-]{0,60}")
_BODIES = frozenset({"message", "multipart"})


class _Policy(EmailPolicy):
    """SMTP's rules; ids and links are never folded into encoded words, as the library does with long ones."""

    def fold(self, name: str, value: str) -> str:
        if name.lower() in {"message-id", "in-reply-to", "references", "list-unsubscribe"}:
            return f"{name}: " + "\r\n ".join(str(value).split()) + "\r\n"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("utf-8" if self.utf8 else "ascii", "replace")


_POLICY = _Policy(linesep="\r\n", cte_type="7bit", max_line_length=78, raise_on_defect=False)


def recipient(address: Address) -> str:
    """The envelope's form of an address, its domain in ASCII. Raises :class:`ConnectorError` where it is none."""
    value = address.value.strip().lower()
    if not _RECIPIENT.fullmatch(value):
        raise ConnectorError(f"{_one_line(value)[:100]} is no mail address", code="address", permanent=True)
    local, _, domain = value.partition("@")
    if domain.isascii():
        return value
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise ConnectorError(f"{domain[:100]} is no domain", code="address", permanent=True) from None


def mail(config: EmailConfig, outgoing: Outgoing, now: dt.datetime) -> tuple[EmailMessage, list[str]]:
    """The mail and the recipients of its envelope. ``now``: aware, for the Date header."""
    to = recipient(outgoing.to)
    cc = [one for one in dict.fromkeys(recipient(one) for one in outgoing.cc) if one not in (to, config.address)]
    sender = recipient(config.sender)
    reply_to = recipient(Address(outgoing.reply_to)) if outgoing.reply_to else ""
    utf8 = not all(one.isascii() for one in (to, *cc, sender, reply_to))
    message = EmailMessage(policy=_POLICY.clone(utf8=utf8))
    message["From"] = _header(sender, outgoing.from_name or config.name)
    message["To"] = _header(to, outgoing.to.name)
    if cc:
        names = {recipient(one): one.name for one in outgoing.cc if one.name}
        message["Cc"] = tuple(_header(one, names.get(one, "")) for one in cc)
    if reply_to:
        message["Reply-To"] = _header(reply_to, outgoing.from_name or config.name)
    message["Subject"] = _one_line(outgoing.subject or "")[:MAX_SUBJECT]
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id(outgoing, config)
    _thread(message, outgoing)
    if outgoing.auto:
        _automatic(message, outgoing, config)
    if outgoing.stop_url:
        message["List-Unsubscribe"] = f"<{_one_line(outgoing.stop_url)}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    for name, value in outgoing.headers:
        if _OURS.fullmatch(name):
            message[name] = _one_line(value)
    _content(message, outgoing)
    return message, [to, *cc]


def message_id(outgoing: Outgoing, config: EmailConfig) -> str:
    """The id that the desk stored, or a new one where it gave none."""
    if outgoing.message_id and _ID.fullmatch(outgoing.message_id):
        return outgoing.message_id
    return make_msgid(domain=recipient(config.sender).partition("@")[2])


def trimmed(references: tuple[str, ...], in_reply_to: str | None) -> list[str]:
    """The References of an answer: the first and the last few of those it answers, and that mail's own id last."""
    ids = [one for one in dict.fromkeys(references) if _ID.fullmatch(one) and one != in_reply_to]
    if in_reply_to and _ID.fullmatch(in_reply_to):
        ids.append(in_reply_to)
    return ids if len(ids) <= MAX_REFERENCES + 1 else [ids[0], *ids[-MAX_REFERENCES:]]


def _thread(message: EmailMessage, outgoing: Outgoing) -> None:
    references = trimmed(outgoing.references, outgoing.in_reply_to)
    if outgoing.in_reply_to and _ID.fullmatch(outgoing.in_reply_to):
        message["In-Reply-To"] = outgoing.in_reply_to
    if references:
        message["References"] = " ".join(references)


def _automatic(message: EmailMessage, outgoing: Outgoing, config: EmailConfig) -> None:
    """What keeps other robots from answering (RFC 3834, and Exchange's own)."""
    message["Auto-Submitted"] = "auto-replied" if outgoing.in_reply_to else "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["X-Loop"] = split_plus(config.address)[0]


def _content(message: EmailMessage, outgoing: Outgoing) -> None:
    text = outgoing.text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    message.set_content(_encodable(text) + ("" if text.endswith("\n") else "\n"))
    shown = [one for one in outgoing.files if outgoing.html and one.content_id and _CID.fullmatch(one.content_id)]
    if outgoing.html:
        message.add_alternative(_encodable(outgoing.html.replace("\x00", "")), subtype="html")
        html = message.get_payload()[1]  # type: ignore[index]
        for one in shown:
            maintype, subtype = _kind(one)
            html.add_related(  # type: ignore[union-attr]
                one.data,
                maintype,
                subtype,
                cid=f"<{one.content_id}>",
                filename=_file_name(one),
                disposition="inline",
            )
    for one in outgoing.files:
        if not any(one is other for other in shown):
            maintype, subtype = _kind(one)
            message.add_attachment(one.data, maintype, subtype, filename=_file_name(one))


def _kind(one: File) -> tuple[str, str]:
    """A file's type; a mail or a multipart leaves as plain bytes, because base64 is not allowed for them."""
    maintype, _, subtype = one.content_type.lower().partition("/")
    token = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}")
    if maintype in _BODIES or not token.fullmatch(maintype) or not token.fullmatch(subtype):
        return "application", "octet-stream"
    return maintype, subtype


def _file_name(one: File) -> str:
    return _one_line(one.name).replace("/", "-").replace("\\", "-")[:MAX_NAME] or "file"


def _header(address: str, name: str) -> HeaderAddress:
    local, _, domain = address.partition("@")
    return HeaderAddress(_one_line(name)[:MAX_NAME], local, domain)


def _one_line(text: str) -> str:
    """``text`` without anything that could end a header's line."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
