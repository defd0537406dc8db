"""The tables of how mail programs announce a quotation, in the languages that their users write."""

from __future__ import annotations

import re

from connectors.email.phrases import any_of, pattern

__all__ = [
    "ABOVE_BLOCK",
    "ADVERTISEMENT",
    "BEGINNING",
    "DATE_LABEL",
    "DAY",
    "FORWARDED",
    "FROM_LABEL",
    "GLUED",
    "MOBILE",
    "ORIGINAL",
    "REPLY_ABOVE",
    "SUBJECT_LABEL",
    "TIME",
    "TO_LABEL",
    "VERB",
]

# "Il giorno lun 3 mag 2026 alle ore 10:00 Mario <m@x.example> ha scritto:": how such a line ends …
_VERBS = (
    "ha(?:nno)? scritto",
    "scrisse",
    "scrive",
    "wrote",
    "writes",
    "schrieb(?:en)?",
    "a écrit",
    "escribió",
    "escreveu",
    "schreef",
    "skrev",
    "kirjoitti",
    "napisała?",
    "пишет",
    "писала?",
    "написала?",
)
VERB = pattern(
    (
        r"\b" + any_of(_VERBS) + r"\b[^\n:]{0,120}:",
        r"\bnapisał\(a\)[^\n:]{0,120}:",
        r"<[^<>\s]+@[^<>\s]+>\s*:",
        "님이 작성[^\n:]{0,20}:",
        "写道[:\uff1a]",
        "のメール[:\uff1a]",
    ),
    after=r"\s*\Z",
)
# … and how it begins.
BEGINNING = pattern(
    (
        "on",
        "at",
        "il(?: giorno)?",
        "in data",
        "alle",
        "am",
        "le",
        "el",
        "em",
        "op",
        "den",
        "dnia",
        "w dniu",
        "citando",
        "quoting",
        r"(?:lun|mar|mer|gio|ven|sab|dom|mon|tue|wed|thu|fri|sat|sun)[a-zìé]*\b",
        r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}",
        r"\d{1,2} [a-zà-ú]{3,10}\.? \d{4}",
    ),
    before=r"\s*",
    after=r"(?:[\s,:]|\Z)",
)
# Without an address or a day and a time it is a sentence of the customer's own ("Il tecnico mi ha scritto:").
DAY = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b")
TIME = re.compile(r"\b\d{1,2}[:.]\d{2}\b")
# Some telephones run the quotation on behind the announcement, in one line.
GLUED = re.compile(r"[^\n]{0,200}@[^\n]{0,200}\b" + any_of(_VERBS) + r"\s*:\s+\S", re.IGNORECASE)

# "-----Messaggio originale-----": all that follows is quoted.
ORIGINAL = pattern(
    (
        "initial header",
        "original(?: e?-?mail)? message",
        "original e?-?mail",
        "reply message",
        "messaggio originale",
        "messaggio di risposta",
        "e-?mail originale",
        "ursprüngliche (?:nachricht|mail)",
        "originalnachricht",
        "message d'origine",
        "message original",
        "mensaje original",
        "mensagem original",
        "oorspronkelijk bericht",
        "oprindelig meddelelse",
        "ursprungligt meddelande",
        "wiadomość oryginalna",
        "исходное сообщение",
        r"messaggio da [^\n]{3,200}?",
        r"message from [^\n]{3,200}?",
        r"[^\n]{3,200}?\b" + any_of(_VERBS) + r"\s*:?",
    ),
    before=r"\s*\*?[-_=]{2,}\s*",
    # Samsung's program runs the header block on behind it.
    after=r"\s*[-_=]{2,}\s*\*?\s*(?:(?:da|from|von|de)\s*:[^\n]*)?\Z",
)
# A forwarded mail is what the customer wants read: it stays.
FORWARDED = pattern(
    (
        r"[-_=]{2,}\s*"
        + any_of(
            (
                "forwarded message",
                r"forwarded by\b[^\n]{0,200}?",
                "messaggio inoltrato",
                r"inoltrato da\b[^\n]{0,200}?",
                "weitergeleitete nachricht",
                "message transféré",
                "mensaje reenviado",
                "mensagem encaminhada",
                "doorgestuurd bericht",
            )
        )
        + r"\s*[-_=]*",
        any_of(
            (
                "begin forwarded message",
                "inizio messaggio inoltrato",
                "anfang der weitergeleiteten nachricht",
                "début du message (?:transféré|réexpédié)",
                "inicio del mensaje reenviado",
            )
        )
        + r"\s*:",
    ),
    before=r"[>\s]*\*?",
    after=r"\s*\*?\s*\Z",
)
# The line that other help desks put into their mails.
REPLY_ABOVE = pattern(
    (
        r"(?:reply|write|type|respond)\b.{0,30}\babove\b",
        r"(?:rispond|scriv|risposta)\w*\b.{0,40}\bsopra\b",
        "repl(?:y|ies) above",
        "answer above",
    ),
    before=r"\s*[#=*_-]{2,}.{0,20}",
    after=r".{0,60}\Z",
)

# The block that Outlook and others put above the original.
_LABEL = r"[>\s]*\*{0,2}"
FROM_LABEL = pattern(
    ("from", "da", "mittente", "von", "de", "van", "från", "fra", "od", "expéditeur", "от"),
    before=_LABEL,
    after=r"\s*:\*{0,2}\s*(\S.*)?\Z",
)
DATE_LABEL = pattern(
    (
        "sent",
        "date",
        "inviato(?: il)?",
        "data(?: invio)?",
        "gesendet",
        "datum",
        "envoyé",
        "enviado",
        "enviada em",
        "fecha",
        "verzonden",
        "skickat",
        "sendt",
        "wysłano",
        "дата",
    ),
    before=_LABEL,
    after=r"\s*:",
)
TO_LABEL = pattern(
    (
        "to",
        "a",
        "per",
        "destinatari[oi]?",
        "an",
        "à",
        "para",
        "aan",
        "till?",
        "do",
        "cc",
        "ccn",
        "bcc",
        "copia",
        "kopie",
        "кому",
    ),
    before=_LABEL,
    after=r"\s*:",
)
SUBJECT_LABEL = pattern(
    ("subject", "oggetto", "betreff", "objet", "asunto", "assunto", "onderwerp", "ämne", "emne", "temat", "тема", "re"),
    before=_LABEL,
    after=r"\s*:",
)

# What may stand between the text and the From line of that block: a rule, or a label that some put first.
ABOVE_BLOCK = re.compile(
    rf"\s*[-_=*]{{3,}}\s*\Z|(?:{DATE_LABEL.pattern}|{SUBJECT_LABEL.pattern}).{{0,300}}\Z", re.IGNORECASE
)

# What a telephone or a free service adds of its own.
MOBILE = pattern(
    (
        r"inviat[oa] (?:da(?:l|llo|lla|ll')?|con|tramite|utilizzando|via)\b.{0,80}",
        r"messaggio inviato (?:da(?:l|llo)?|con)\b.{0,80}",
        r"(?:ottieni|scarica|get|download) (?:outlook|bluemail|aqua ?mail|spark|typeapp|mymail|edison)\b.{0,120}",
        r"(?:outlook|aqua ?mail|bluemail|spark) (?:per|for) (?:ios|android|mac|windows)\b.{0,80}",
        r"yahoo mail: .{3,80}",
        r"sent (?:from|via|with|using)\b.{1,120}",
        r"(?:gesendet|von meinem) (?:von|mit|iphone|android)\b.{0,80}",
        r"envoyé (?:de|depuis)\b.{0,80}",
        r"enviado (?:desde|do)\b.{0,80}",
        r"verzonden vanaf\b.{0,80}",
        r"skickat från\b.{0,60}",
        r"scusa(?:te)? (?:la brevità|gli errori).{0,80}",
        r"(?:questa )?e-?mail .{0,40}controllat\w+.{0,40}virus.{0,80}",
        r"(?:mail )?priv[oa] di virus.{0,80}",
        r"virus-free\b.{0,80}",
        r"<(?:https?://www\.avast\.com/[^<>\s]{0,300}|#[0-9A-F-]{20,60})>",
    ),
    before=r"\s*(?:[-*_]{0,3}\s*)?",
    after=r"\s*\Z",
)
# "Sent from Berlin with love" is no signature: such a line names a device, a program or a service.
ADVERTISEMENT = pattern(
    (
        "iphone",
        "ipad",
        "android",
        "samsung",
        "galaxy",
        "huawei",
        "xiaomi",
        "smartphone",
        "cellulare",
        "telefon",
        "phone",
        "mobil",
        "blackberry",
        "tablet",
        "outlook",
        "gmail",
        "yahoo",
        "libero",
        "virgilio",
        "tiscali",
        "aruba",
        "proton",
        r"mail\b",
        r"posta\b",
        r"app\b",
        "windows",
        "nokia",
        *("spark", "superhuman", "zimbra", "icloud", "mailbird", "fairemail", "k-9", "canary", "airmail", "webmail"),
        *("redmi", "oppo", "pixel", "motorola", "oneplus", "honor", "realme", "computer", "bluemail", "aqua ?mail"),
        *("edison", "typeapp", "avast", "chrome", r"wind\b", "fastweb", "alice", "kindle", "#[0-9A-F-]{20}"),
        r"tim\b",
        "vodafone",
        "virus",
        "thunderbird",
        "dispositivo",
        "device",
        r"mac\b",
        "brevità",
        "errori",
        "https?://",
    )
)
