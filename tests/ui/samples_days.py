"""Views of somebody's own day: with what was corrected, refused, and closed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from inbox.reading.days import DayPage, Stay, Totals
from inbox.reading.pages import Form

TODAY = dt.date(2026, 11, 24)


def _at(hour: int, minute: int, second: int = 0) -> dt.datetime:
    return dt.datetime(2026, 11, 24, hour, minute, second, tzinfo=dt.UTC)


def _stay(
    number: int,
    subject: str,
    channel: str,
    start: dt.datetime,
    s: int,
    kind: str,
    counts: int,
    *,
    corrected: bool = False,
) -> Stay:
    piece = f"{start.isoformat()}~{s}"
    return Stay(
        number,
        subject,
        channel,
        start,
        start + dt.timedelta(seconds=s),
        kind,
        counts * 1000,
        f"handle:{number}",
        piece,
        corrected,
    )


STAYS = (
    _stay(412, "La PEC non riceve gli allegati della Camera di Commercio", "email", _at(8, 2, 11), 512, "worked", 512),
    _stay(413, "Rinnovo del dominio", "sms", _at(8, 14), 95, "looked", 95),
    _stay(415, "Chat dal sito", "chat", _at(9, 1), 900, "worked", 620, corrected=True),
    _stay(416, "Chat dal sito", "chat", _at(9, 6), 560, "worked", 280),
    Stay(418, "Richiamata", "voice", _at(9, 40), _at(9, 46, 30), "talk", 390_000),
    Stay(None, "", "email", _at(10, 20), _at(10, 20, 40), "spam", 40_000),
)
day = DayPage(
    TODAY,
    TODAY,
    "Europe/Rome",
    STAYS,
    Totals(2_217_000, 1_412_000, 95_000, 390_000, 131_000, 6),
    now=((420, _at(10, 31)),),
    open=True,
    first_open=TODAY - dt.timedelta(days=7),
)
wrong = replace(
    day,
    edit=STAYS[2].piece,
    form=Form(
        {"piece": STAYS[2].piece, "start": "10:10:00", "end": "10:05:00", "why": ""},
        {"end": "The end comes after the beginning.", "why": "Choose why you correct it."},
    ),
    adding=Form({"ticket": "abc"}, {"ticket": "Write the ticket's number."}),
)
closed = replace(day, day=dt.date(2026, 11, 2), stays=(), totals=Totals(), now=(), open=False)
