"""Reading 1,000 ordinary mails, beside the standard library parsing the same mails and decoding their parts.

Prints the CPU time of both per mail and their ratio, which should stay at or below 3. The mails are the mixture that
a small shop receives: answers with quotations, HTML alone, HTML beside text, pictures in the text, a PDF.
"""

from __future__ import annotations

import email
import random
import sys
import time
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from email.policy import SMTP

from connectors.base import Request
from connectors.email.parse import items

KINDS = ("text with a quotation", "text and HTML", "HTML alone", "picture in the text", "PDF")
MAILS = 1_000
ROUNDS = 3
OWN = "assistenza@negozio.example"
WORDS = (
    *(
        "buongiorno",
        "vorrei",
        "sapere",
        "quando",
        "arriva",
        "il",
        "pacco",
        "perché",
        "l'ordine",
        "è",
        "di",
        "lunedì",
        "e",
    ),
    *("non", "ho", "ancora", "ricevuto", "codice", "della", "spedizione", "grazie", "mille", "per", "la", "risposta"),
    *("sito", "dice", "città", "sconosciuta", "ma", "l'indirizzo", "giusto"),
)


def sentence(chance: random.Random, words: int) -> str:
    """So many Italian words in any order."""
    return " ".join(chance.choice(WORDS) for _ in range(words)).capitalize() + "."


def page(chance: random.Random) -> str:
    """HTML as mail programs write it: nested divs, styles, a quotation."""
    rows = "".join(f'<div style="margin:0"><p>{sentence(chance, 14)} <b>Grazie</b></p></div>' for _ in range(8))
    quoted = "".join(f"<div>{sentence(chance, 12)}</div>" for _ in range(8))
    return (
        '<html><head><meta charset="utf-8"><style>p{margin:0}</style></head><body>'
        f'{rows}<div class="gmail_quote">Il giorno lun 4 mag 2026 alle ore 10:00 Negozio &lt;{OWN}&gt; ha scritto:<br>'
        f'<blockquote type="cite">{quoted}</blockquote></div></body></html>'
    )


def mail(chance: random.Random, number: int) -> bytes:
    """The ``number``-th mail, of one of five kinds in turn."""
    made = EmailMessage(policy=SMTP)
    for hop in range(4):
        made[f"X-Hop-{hop}"] = f"from mx{hop}.posta.example by mx.negozio.example with ESMTPS id {number:08x}"
    made["From"] = f"Città numero {number} <cliente{number}@posta.example>"
    made["To"] = f"Negozio <{OWN}>"
    made["Subject"] = "Re: perché " + sentence(chance, 5)
    made["Message-ID"] = f"<{number}.abc@posta.example>"
    made["In-Reply-To"] = f"<{number}.out@negozio.example>"
    made["References"] = " ".join(f"<{number}.{one}@negozio.example>" for one in range(4))
    made["Date"] = "Mon, 04 May 2026 12:00:00 +0200"
    own = "\n".join(sentence(chance, 12) for _ in range(6))
    quoted = "\n".join("> " + sentence(chance, 12) for _ in range(15))
    text = f"{own}\n\nIl giorno lun 4 mag 2026 alle ore 10:00 Negozio <{OWN}> ha scritto:\n{quoted}\n"
    kind = number % len(KINDS)
    if kind == 2:
        made.set_content(page(chance), subtype="html")
    else:
        made.set_content(text)
    if kind in {1, 3, 4}:
        made.add_alternative(page(chance), subtype="html")
    if kind == 3:
        shown = made.get_payload()[1]  # type: ignore[index]
        shown.add_related(chance.randbytes(20_000), maintype="image", subtype="png", cid="<logo>", filename="logo.png")  # type: ignore[union-attr]
    if kind == 4:
        made.add_attachment(chance.randbytes(60_000), maintype="application", subtype="pdf", filename="fattura.pdf")
    return made.as_bytes()


def standard(raw: bytes) -> None:
    """What the standard library does with a mail."""
    for part in email.message_from_bytes(raw).walk():
        if not part.is_multipart():
            part.get_payload(decode=True)


def ours(raw: bytes) -> None:
    """What we do with it: everything that the desk is given."""
    items(OWN, Request("PIPE", "pipe:", [], raw))


def cpu_ms(work: Callable[[bytes], None], mails: Sequence[bytes]) -> float:
    """The best of some rounds, in CPU milliseconds per mail."""
    best = float("inf")
    for _ in range(ROUNDS):
        begin = time.process_time()
        for raw in mails:
            work(raw)
        best = min(best, time.process_time() - begin)
    return best * 1000 / len(mails)


def main(_arguments: list[str] | None = None) -> int:
    """Prints the figures; 1 where the limit is passed."""
    chance = random.Random(20260504)
    mails = [mail(chance, number) for number in range(MAILS)]
    stdlib, sportello = cpu_ms(standard, mails), cpu_ms(ours, mails)
    size = sum(map(len, mails)) / len(mails) / 1024
    print(f"{MAILS} mails of {size:.0f} KiB on average, CPU ms per mail, best of {ROUNDS}")
    print(f"  standard library, parsed and decoded  {stdlib:.3f}")
    print(f"  sportello, items with visible reply   {sportello:.3f}")
    print(f"  ratio {sportello / stdlib:.2f} (limit 3)")
    print("of these, by kind: standard library, sportello, ratio")
    for at, kind in enumerate(KINDS):
        same = mails[at :: len(KINDS)]
        theirs, own = cpu_ms(standard, same), cpu_ms(ours, same)
        print(f"  {kind:<24} {theirs:.3f}  {own:.3f}  {own / theirs:5.2f}")
    return 0 if sportello <= 3 * stdlib else 1


if __name__ == "__main__":
    sys.exit(main())
