"""Damages mails and webhook bodies as bad programs and bad people do: cut, doubled, spliced, sprinkled with rubbish."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

__all__ = ["mutated", "soup"]

TOKENS = [
    *(b"\x00", b"\r", b"\n", b"\r\n\r\n", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x1b$B", b"\x85"),
    *(
        b"=?utf-8?Q?",
        b"?=",
        b"=?x?B?",
        b"=C3",
        b"=\r\n",
        b"--",
        b"----",
        b'"',
        b"\\",
        b"<",
        b">",
        b"(",
        b")",
        b";",
        b",",
    ),
    *(b"<<<<<<<<<<", b"((((((((((", b"@", b"[#1]", b"9" * 30, b"-1", b"\xe2\x80\xae", b"%00", b"*0*=utf-8''%C3", b"''"),
    *(b"begin 644 a\n#86)C\nend\n", b"From: <", b"Message-ID: <a@b\n", b"Received: x\n", b"Date: 99 Foo -1 25:61\n"),
    *(
        b"Content-Type: multipart/mixed; boundary=a\n\n--a\n",
        b"Content-Type: message/rfc822\n\n",
        b"--a--\n",
        b"boundary=",
    ),
    *(
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Transfer-Encoding: x-uuencode\n",
        b"charset=utf-7",
        b"charset=hex",
    ),
    *(
        b"BEGIN:VEVENT\nDTSTART:99999999T999999Z\n",
        b"Final-Recipient: ;\n",
        b"Status: 5.\n",
        b"\x78\x9f\x3e\x22\x01\x00",
    ),
    *(
        b"X-Trasporto: posta-certificata\n",
        b"X-Ricevuta: errore-consegna\n",
        b"X-Failed-Recipients: \n",
        b"In-Reply-To: <",
    ),
    *(
        b"Il giorno ",
        b" ha scritto:\n",
        b"> " * 30,
        b"On ",
        b" wrote:\n",
        b"Da: ",
        b"-- \n",
        b"<blockquote>",
        b"<div>",
        b"&#0;",
    ),
]


def mutated(chance: random.Random, raw: bytes, others: Sequence[bytes]) -> bytes:
    """``raw`` after one to five accidents; ``others`` are what it may be spliced with."""
    ways: list[Callable[[random.Random, bytes, Sequence[bytes]], bytes]] = [
        *(_cut, _doubled, _sprinkled, _sprinkled, _sprinkled, _flipped, _spliced, _repeated, _moved)
    ]
    for _ in range(chance.randint(1, 5)):
        raw = chance.choice(ways)(chance, raw, others)
    return raw[:300_000]


def soup(chance: random.Random, size: int = 60) -> bytes:
    """Nothing but pieces of mails, in no order."""
    return b"".join(chance.choice(TOKENS) for _ in range(chance.randint(0, size)))


def _span(chance: random.Random, raw: bytes) -> tuple[int, int]:
    begin = chance.randint(0, len(raw))
    return begin, min(len(raw), begin + chance.choice((1, 2, 5, 20, 100, 1_000)))


def _cut(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    begin, end = _span(chance, raw)
    return raw[:begin] if chance.random() < 0.2 else raw[:begin] + raw[end:]


def _doubled(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    begin, end = _span(chance, raw)
    return raw[:end] + raw[begin:]


def _sprinkled(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    at = chance.randint(0, min(len(raw), chance.choice((200, 2_000, len(raw)))))
    return raw[:at] + chance.choice(TOKENS) * chance.choice((1, 1, 1, 2, 50)) + raw[at:]


def _flipped(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    changed = bytearray(raw)
    for _ in range(chance.randint(1, 8) if raw else 0):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _spliced(chance: random.Random, raw: bytes, others: Sequence[bytes]) -> bytes:
    other = chance.choice(others)
    begin, end = _span(chance, other)
    at = chance.randint(0, len(raw))
    return raw[:at] + other[begin : end + 500] + raw[at:]


def _repeated(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    begin, end = _span(chance, raw)
    return raw[:begin] + raw[begin:end] * chance.choice((3, 30, 300)) + raw[end:]


def _moved(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    begin, end = _span(chance, raw)
    rest = raw[:begin] + raw[end:]
    at = chance.randint(0, len(rest))
    return rest[:at] + raw[begin:end] + rest[at:]
