"""Tells mail that no person sent for us to answer: by RFC 3834 and the other marks that programs leave."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from connectors.email.addresses import addresses, canonical, split_plus
from connectors.email.headers import Headers
from connectors.email.phrases import pattern

__all__ = ["Origin", "classify", "is_robot", "null_sender"]

MAX_HOPS = 25

_REPLY_FIELDS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-autoreply-from",
    "x-auto-reply",
    "x-mail-autoreply",
)
_LIST_FIELDS = (
    "list-id",
    "list-unsubscribe",
    "list-post",
    "list-help",
    "list-subscribe",
    "mailing-list",
    "x-beenthere",
)
# What Exchange's own rules and notices bear, and what mail programs of machines do.
_MACHINE_FIELDS = ("feedback-id", "x-ms-exchange-generated-message-source", "x-fc-machinegenerated")
_SUPPRESS = frozenset({"all", "oof", "autoreply", "dr"})
_ROBOT = re.compile(
    r"(?:mailer-?daemon|postmaster|(?:.*[-._])?(?:no[-._]?reply|do[-._]?not[-._]?reply|non[-._]?rispondere)(?:[-._+]?\d*|[-._+].*)"
    r"|bounces?(?:[-+._=].*)?|msprvs1=.*|.*-request|owner-.*|.*-bounces)\Z"
)
_ABSENCE = pattern(
    (
        "automatic reply",
        "auto(?:matic)?[- ]?(?:reply|response)",
        "vacation (?:reply|response|message)",
        "out of (?:the )?office(?: auto-?reply)?",
        "auto: .{1,80} (?:is|ist|è) (?:out of|nicht|fuori|assente)",  # Notes
        "(?:risposta|messaggio) automatic[ao]",
        "autorisposta",
        "risponditore automatico",
        "(?:sono )?(?:fuori (?:sede|ufficio)|assente dall'ufficio)",
        "(?:(?:notifica|avviso) di )?assenza dall'ufficio",
        "(?:notifica|avviso) di assenza",
        "automatische antwort",
        "abwesenheits(?:notiz|meldung)",
        "réponse automatique",
        "absence du bureau",
        "message d'absence",
        "respuesta automática",
        "resposta automática",
        "automatisch antwoord",
        "auto(?:matiskt? )?svar",
        "automaattinen vastaus",
        "automatyczna odpowiedź",
        "автоответ",
        "автоматический ответ",
        "自动回复",
        "自動回覆",
        "自動応答",
        "자동 회신",
    ),
    before=r"\s*",
    after=r"(?!\w)[^\n]{0,300}\Z",
)
# On their own these words open a human's subject too ("Out of office chairs?"): they count with a colon only.
_ABSENCE_SURE = re.compile(
    r"[^:\uff1a]{4,40}[:\uff1a]|\s*(?:automatic reply|risposta automatica|autoreply|auto: )", re.IGNORECASE
)

Word = Literal["reply", "bulk"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Who sent a mail, as far as this question needs it. ``own``: our address; ``reply_to``: canonical addresses."""

    own: str
    sender: str
    reply_to: tuple[str, ...] = ()
    envelope_from: str | None = None  # what the server was told, if it told us

    def foreign_reply(self) -> bool:
        """Whether answers go to somebody elsewhere: a contact form sends from its own address, for its visitor."""
        domain = self.sender.rpartition("@")[2]
        return any(not is_robot(one) and one.rpartition("@")[2] != domain for one in self.reply_to)


def classify(headers: Headers, subject: str, origin: Origin) -> Word | None:
    """``reply`` for an automatic answer, ``bulk`` for any other mail that no person wrote to us, else None."""
    answers = headers.has("in-reply-to") or headers.has("references")
    submitted = headers.text("auto-submitted").lower().partition(";")[0].strip()
    if submitted.startswith("auto-repl") or _is_absence(subject) or _is_reply(headers, origin):
        return "reply"
    if submitted and submitted != "no":
        return "reply" if answers else "bulk"
    if null_sender(headers, origin):
        return "reply" if answers else "bulk"
    if _is_bulk(headers, origin) or _is_weakly_bulk(headers, origin):
        return "bulk"
    return None


def is_robot(address: str) -> bool:
    """Whether the part before the @ is one that programs send from."""
    return _ROBOT.match(address.rpartition("@")[0] or address) is not None


def null_sender(headers: Headers, origin: Origin) -> bool:
    """Whether the envelope names no sender, as bounces and automatic answers should."""
    if origin.envelope_from is not None:
        return origin.envelope_from.strip("<> ") == ""
    return headers.has("return-path") and headers.plain("return-path").replace(" ", "") in {"<>", ""}


def _is_absence(subject: str) -> bool:
    return _ABSENCE.match(subject) is not None and _ABSENCE_SURE.match(subject) is not None


def _is_reply(headers: Headers, origin: Origin) -> bool:
    if any(headers.has(name) and headers.plain(name).lower() not in {"no", "false"} for name in _REPLY_FIELDS):
        return True
    if headers.plain("precedence").lower() in {"auto_reply", "auto-reply"}:
        return True
    if "autoresponder" in headers.text("x-post-messageclass").lower():
        return True
    return any(origin.own in headers.text(name).lower() for name in ("x-loop", "x-loop-to")) if origin.own else False


def _is_bulk(headers: Headers, origin: Origin) -> bool:
    listed = headers.plain("precedence").lower() in {"bulk", "list", "junk"} or any(map(headers.has, _LIST_FIELDS))
    if (listed and not _is_our_list(headers, origin)) or any(map(headers.has, _MACHINE_FIELDS)):
        return True
    words = {word.strip() for word in headers.text("x-auto-response-suppress").lower().split(",")}
    return bool(words & _SUPPRESS) or len(headers.every("received")) > MAX_HOPS


def _is_our_list(headers: Headers, origin: Origin) -> bool:
    """Whether the list is our own address: a group that hands its mail to this mailbox."""
    own = origin.own
    if not own:
        return False
    posted = canonical(headers.plain("list-post").strip("<> "))
    return posted == own or f"<{own.replace('@', '.')}>" in headers.text("list-id").lower()


def _is_weakly_bulk(headers: Headers, origin: Origin) -> bool:
    """Marks that contact forms carry too; they do not count where the answer goes to somebody elsewhere."""
    if origin.foreign_reply():
        return False
    envelope = origin.envelope_from if origin.envelope_from is not None else headers.plain("return-path")
    if is_robot(origin.sender) or (envelope.strip() and is_robot(canonical(envelope))):
        return True
    if not origin.own or split_plus(origin.sender)[0] != origin.own:
        return False
    # Our own address writes to itself.
    return any(split_plus(one.value)[0] == origin.own for one in addresses(headers, "to"))
