"""Recognises bounces that follow no standard: of old mail systems and of big providers."""

from __future__ import annotations

import re

from connectors.email import reports
from connectors.email.addresses import read as read_addresses
from connectors.email.addresses import split_plus
from connectors.email.auto import Origin, null_sender
from connectors.email.headers import Headers, split
from connectors.email.ids import message_id
from connectors.email.mime import Mail
from connectors.email.phrases import pattern
from connectors.email.reports import News, Report

__all__ = ["read"]

MAX_SEARCHED = 60_000
_DAEMON = pattern(
    (
        "mailer-?daemon",
        "mail-?(?:daemon|delivery|system)",
        "postmaster",
        "mailsystem",
        "mdaemon",
        "mailadmin",
        "smtp-?daemon",
    ),
    after=r"\Z",
)
_SUBJECT = pattern(
    (
        "undeliver",
        "not delivered",
        "non-?deliver",
        "delivery (?:status|fail|has failed|problem|report|error|delay|notif|incomplete|sub)",
        r"deliver(?:y|ing)?\b.{0,20}(?:failed|failure|delayed)",
        "returned (?:mail|to sender)",
        "mail delivery",
        "failure (?:notice|delivery)",
        "mail (?:system )?error",
        "could ?n[o']t be delivered",
        "message (?:delayed|status|you sent|rejected)",
        "unable to deliver",
        "rejected",
        "user unknown",
        "mailbox (?:full|unavailable)",
        r"\bnd[nr]\b",
        r"\bbounced?\b",
        "warning: .{0,40}(?:delay|not sent|undelivered|could not)",
        r"(?:mancat|fallit|impossibile|errore|problema|ritard|avviso|notifica)\w* .{0,30}(?:recapit|consegn)",
        r"(?:recapit|consegn)\w* .{0,30}(?:non (?:riuscit|avvenut|effettuat)|fallit|impossibile|ritardat|rifiutat)",
        "non (?:è stat[oa] )?(?:recapit|consegn)",
        "posta (?:non recapitat|restituit)",
        "messaggio (?:non (?:recapit|consegn)|respint|rifiutat|di errore)",
        "unzustellbar",
        "nicht zugestellt",
        "non remis",
        "échec de (?:la )?remise",
        "no se pudo entregar",
        "não entregue",
        "onbestelbaar",
    )
)
_DEAD_WORDS = (
    "user unknown",
    "unknown user",
    "no such (?:user|recipient|address|mailbox|person)",
    "does(?: not|n't) exist",
    "(?:address|recipient) rejected",
    "mailbox (?:is )?(?:full|unavailable|disabled)",
    "(?:over|exceeded) .{0,10}quota",
    "quota exceeded",
    "account .{0,30}(?:disabled|inactive)",
    "host (?:unknown|not found)",
    "not listed in",
    "utente sconosciuto",
    "(?:indirizzo|casella) .{0,30}(?:inesistente|sconosciut|non valid|non esiste|piena|disabilitata)",
)
_BODY = pattern(
    (
        *_DEAD_WORDS,
        r"(?:could|can|was|were|has|have|is) ?n[o']t (?:be |been )?(?:able to |possible to )?(?:deliver|reach)",
        "unable to deliver",
        "undeliverable",
        "permanent (?:fatal )?(?:error|failure)",
        "delivery .{0,30}failed",
        "did not reach",
        "(?:not|failed to|cannot|could not) (?:be )?deliver",
        "failed address",
        "(?:unknown|invalid|unrout\\w+) (?:recipient|address|user)",
        "recipient unknown",
        "rejected your message",
        "returned to sender",
        "mail delivery software",
        "qmail-send",
        "(?:non (?:è|e') stato possibile|impossibile|non può essere) .{0,40}(?:recapit|consegn)",
        "unzustellbar",
    )
)
_DELAY = pattern(
    (
        "warning message only",
        "do(?: not|n't) need to (?:resend|do anything)",
        "will (?:be )?(?:retried|retry|keep trying|continue to (?:try|retry|be attempted))",
        "still (?:being )?(?:try|retr|attempt)",
        "has (?:been delayed|not yet been delivered)",
        "not been delivered yet",
        "delivery attempts will continue",
        "is delayed",
        "non è ancora stat[oa] (?:consegn|recapit)",
        "(?:nuovi|ulteriori) tentativi",
        "ritardat[oa]",
        "non è necessario (?:inviare|rispedire)",
    )
)
_CODE_LINE = re.compile(
    r"^[^\n]{0,300}?(?<![\d.])(?:[45]\d\d[ -]|#?[45]\.\d\.\d{1,3}(?![\d.]))[^\n]{0,300}", re.MULTILINE
)
_DEAD = pattern(_DEAD_WORDS, before=r"^[^\n]{0,200}?", after=r"[^\n]{0,200}", lines=True)
# Where the copy of the original begins; addresses below are not the recipient.
_COPY = pattern(
    (
        "below this line is a copy",
        "this is a copy of (?:the|your) message",
        "(?:the )?(?:original|unsent|undelivered) message (?:follows|headers?|was|text)",
        "message header follows",
        "original message",
        "returned message",
        "text of your message",
        "(?:di seguito|segue) .{0,30}(?:copia|messaggio)",
        "messaggio originale",
        "copia del messaggio",
        "return-path:",
        "received: from",
    ),
    before="^.{0,12}",
    lines=True,
)
_ADDRESS = re.compile(r"[A-Za-z0-9._%+'=/-]{1,64}+@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}")
_MESSAGE_ID = re.compile(r"^[> \t]*message-id:\s{0,4}(<[^<>\n]{3,900}>)", re.IGNORECASE | re.MULTILINE)


def read(mail: Mail, subject: str, text: str, origin: Origin) -> Report | None:
    """The bounce that a mail without a formal report is, or None where it is none."""
    text = text[:MAX_SEARCHED]
    failed = [one.value for one in read_addresses(mail.headers.plain("x-failed-recipients")) if one.value]
    if not failed and not _looks_like_one(mail.headers, subject, text, origin):
        return None
    copy = _COPY.search(text)
    told = text[: copy.start()] if copy and text[: copy.start()].strip() else text
    delayed = _DELAY.search(f"{subject}\n{told}") is not None
    line = _CODE_LINE.search(told) or _DEAD.search(told)
    reason = " ".join(line.group().split()).strip(" >")[: reports.MAX_REASON] if line else None
    code, status = reports.codes(reason or "")
    message = reports.original_id(mail) or _embedded_id(text)
    recipients: list[str | None] = [*(failed or _first_stranger(told, origin) or _returned_to(mail))]
    news = [
        News(
            "sent" if delayed else "failed",
            message,
            one,
            code,
            status,
            reason,
            permanent=not delayed and not (status or code or "5").startswith("4"),
        )
        for one in recipients or [None]
    ]
    return Report("report" if delayed else "bounce", news)


def _looks_like_one(headers: Headers, subject: str, text: str, origin: Origin) -> bool:
    """Whether a mail comes from where bounces come from, and is called like one or speaks like one. A postmaster may
    be a person, and a mail without a sender an automatic answer: from these it takes both."""
    local = origin.sender.rpartition("@")[0] or origin.sender
    daemon, unsure = _DAEMON.match(local) is not None, local.startswith("postmaster") or null_sender(headers, origin)
    if not daemon and not unsure:
        return False  # nearly every mail: its text need not be searched
    named = _SUBJECT.search(subject) is not None
    speaks = any(words.search(text) for words in (_BODY, _CODE_LINE, _DELAY))
    if daemon and not local.startswith("postmaster"):
        return named or speaks
    return named and speaks


def _first_stranger(told: str, origin: Origin) -> list[str]:
    """The first address in what the daemon says that is neither ours nor its own."""
    for found in _ADDRESS.findall(_MESSAGE_ID.sub("", told)):
        address = found.lower().strip("'.")
        if (
            split_plus(address)[0] != origin.own
            and address != origin.sender
            and not _DAEMON.match(address.split("@")[0])
        ):
            return [address]
    return []


def _returned_to(mail: Mail) -> list[str]:
    headers = reports.returned(mail)
    if headers is None:
        return []
    return [one.value for one in read_addresses(headers.plain("to"))[:1] if one.value]


def _embedded_id(text: str) -> str | None:
    """The Message-ID in a copy of the original that stands as text within the mail."""
    found = _MESSAGE_ID.search(text)
    if found is None:
        return None
    line = b"Message-ID: " + found[1].encode("utf-8", "replace")
    headers, _ = split(line, 0, len(line))
    return message_id(headers, b"")
