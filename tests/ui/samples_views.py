"""Believable saved views, a filter's form, a filtered list and a run over many tickets."""

from __future__ import annotations

from dataclasses import replace

from inbox.reading import parts
from inbox.reading.pages import Choice, Form
from inbox.reading.pages.views import FilterGroup, FilterPage, ViewRow, ViewsPage
from inbox.reading.starting import NewTicket
from tests.ui import samples

__all__ = ["filter_form", "filtered", "new_ticket", "new_ticket_failed", "running", "settled", "views"]

views = ViewsPage(
    views=(
        ViewRow(1, "Clienti da richiamare", "me", count=6),
        ViewRow(2, "Migrazioni in corso con più di un dominio da trasferire", f"team:{samples.hosting.id}", count=9),
        ViewRow(3, "Reclami", "all", owner="Giulia Ferri", may_change=False),
    ),
    failed=1,
    form=Form({"name": ""}, {"name": "Give the view a name of up to 60 letters"}),
)

filter_form = FilterPage(
    groups=(
        FilterGroup("status", tuple(Choice(word, "", word == "open") for word in ("open", "pending", "any"))),
        FilterGroup("agent", (Choice("me", "", checked=True), Choice("none", ""), Choice("a1", "Luca Moretti"))),
        FilterGroup("team", (Choice("none", ""), Choice(samples.hosting.id, "Hosting"))),
        FilterGroup("tag", (Choice("ssl", "ssl", checked=True), Choice("migrazione", "migrazione"))),
        FilterGroup("reason", (Choice("none", ""), Choice("Guasto", "Guasto"))),
        FilterGroup("waiting", (Choice("1", ""), Choice("4", "", checked=True), Choice("72", ""))),
        FilterGroup("attention", (Choice("yes", ""),)),
    ),
    base="2",
    back={"view": "2"},
)

_WORDS = {"status": ("open", "pending"), "agent": ("me", "a1"), "waiting": ("4",), "channel": ("gone",)}
_LABELS = {"agent": ("me", "Luca Moretti"), "channel": ("",)}
filtered = replace(
    samples.inbox,
    view="custom",
    key="custom",
    tabs=(),
    saved=parts.SavedChip(2, "Migrazioni", may_change=True),
    args={"view": "custom", "base": "2", "status": ["open", "pending"], "agent": ["me", "a1"], "waiting": ["4"]},
    chips=tuple(
        parts.FilterChip(field, words, _LABELS.get(field, words), {"view": "custom", "base": "2"})
        for field, words in _WORDS.items()
    ),
    next=None,
)

running = parts.BulkView(7, "running", 1240, 310, 10, 0)
settled = parts.BulkView(7, "stopped", 1240, 310, 10, 0, (("a ticket that is closed cannot become pending", 10),))

# --- a new ticket --------------------------------------------------------------------------------------------------

new_ticket = NewTicket(
    Form(),
    replace(
        samples.composer,
        ticket=0,
        choices=(
            parts.ChannelChoice("email", "mail", "Assistenza", "", "assistenza@cirro.example", free=True, media=True),
            replace(samples.choices[0], address="", label="+44 7700 900103"),
        ),
        chosen="",
    ),
    begun=(("chiara@studiolombardi.example", "chiara@studiolombardi.example"), ("", "")),
)
new_ticket_failed = replace(
    new_ticket,
    form=Form({"to": "studio lombardi"}, {"to": "Write a whole mail address, like anna@shop.example."}),
    composer=replace(new_ticket.composer, text="Buongiorno"),
)
