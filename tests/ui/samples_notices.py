"""Believable notices, devices and keys."""

from __future__ import annotations

from inbox.actions.keys import KEYS
from inbox.actions.notices import DEFAULTS
from inbox.reading import pages
from inbox.reading.notices import NoticesPage, NoticeView
from inbox.reading.profile import DeviceRow, Hours, KeysSettings, NoticesSettings, Rule
from tests.ui.samples import at

notices = NoticesPage(
    (
        NoticeView(
            3,
            "mention",
            4821,
            "Sito lento",
            "Giulia Ferri",
            "@Luca guarda",
            1,
            at("09:20"),
            read=False,
            message=102,
            kind="chat",
        ),
        NoticeView(2, "reply", 4822, "Fattura", "Chiara Lombardi", "Ancora io", 3, at("09:10"), read=True, kind="sms"),
        NoticeView(1, "late", 4823, "Dominio", "Fabio Marchetti", "", 1, at("08:10", 1), read=False, kind="email"),
    ),
    unread=2,
    next="2026-11-20T07:10:00+00:00",
)
nothing = NoticesPage((), 0)
chosen = NoticesSettings(
    rules=tuple(Rule(reason, ways) for reason, ways in DEFAULTS.items()),
    digest_m=60,
    digests=(15, 60, 240, 720, 1440),
    hours=Hours(on=True, days=(0, 1, 2, 3, 4), since="08:00", until="19:00", zone="Europe/Rome"),
    devices=(
        DeviceRow(1, "Chrome · Android", "", at("08:00", 3), at("09:00"), "a"),
        DeviceRow(2, "Firefox · Linux", "push.example answered HTTP 503", at("08:00", 9), None, "b"),
    ),
    zones=(pages.Choice("Europe/Rome", "Europe/Rome"),),
    form=pages.Form({}, {"to": "Scrivi un’ora, per esempio 08:30."}),
)
own_keys = KeysSettings(
    {**KEYS, "reply": "n"}, single=True, form=pages.Form({}, {"reply": "n è il tasto di due comandi."})
)
