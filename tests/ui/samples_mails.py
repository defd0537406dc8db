"""The invented company's reports by mail, as the values that their page takes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from inbox.actions.report_readers import Skipped
from inbox.reading.cards import WORDS
from inbox.reading.pages.common import Form
from inbox.reading.report_mails import MailRow, MailsPage, StopPage
from tests.ui.samples import NOW

WEEKLY = MailRow(
    id="a1",
    name="Canali del lunedì",
    word=WORDS["channels"],
    page="channels",
    filters=(("channel", "email"), ("tag", "trasloco")),
    every="week",
    weekday=0,
    at="08:00",
    people=("Giulia Ferri", "Luca Moretti"),
    addresses=("commercialista@studio.example",),
    paused=False,
    next_at=NOW + dt.timedelta(days=2),
    on_way=False,
    last_at=NOW - dt.timedelta(days=5),
    last_sent=3,
    last_failed=0,
    problem="",
    skipped=(
        Skipped("Luca Moretti", "right"),
        Skipped("Sara Conti", "left"),
        Skipped("assistenza@cirro.example", "own"),
        Skipped("commercialista@studio.example", "stopped", NOW - dt.timedelta(days=4)),
    ),
)
rows = (
    WEEKLY,
    replace(WEEKLY, id="a2", name="Ogni giorno", every="day", addresses=(), skipped=(), last_failed=1, problem="later"),
    replace(WEEKLY, id="a3", name="Il primo del mese", every="month", paused=True, next_at=None, last_at=None),
)
mails = MailsPage(rows, (("g", "Giulia Ferri"), ("l", "Luca Moretti")), "", Form(), "Europe/Rome", may_outside=True)
TYPED = {"name": "Canali", "page": "channels", "people": "g", "addresses": "a@b", "channel": "email"}
new = replace(
    mails,
    editing="new",
    filters=(("channel", "email"),),
    form=Form(TYPED, {"addresses": "Write mail addresses with commas between them.", "people": "Choose people."}),
)
none = replace(mails, rows=())
stop = StopPage("a1", "Canali del lunedì")
stopped = replace(stop, done=True)
stop_unknown = StopPage("a1")
