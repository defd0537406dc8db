"""The rules of the invented company, as the values that the templates take."""

from __future__ import annotations

from dataclasses import replace

from inbox.actions.rules.scores import FIELDS as SCORES
from inbox.reading import pages
from inbox.reading.parts import StepView
from tests.ui.samples import at
from tests.ui.samples_pages import nav

_closed = pages.RuleLine(
    1,
    "Risposta fuori orario",
    "message",
    0,
    (pages.AskView("hours", (("closed", ""),)), pages.AskView("channel", (("ch-email", "Email"),), contrary=True)),
    (StepView("reply", "Grazie per averci scritto. Siamo chiusi: {desk.opens}.", "Grazie per averci scritto."),),
    active=True,
    last_at=at("08:10"),
    runs=42,
)
_silence = pages.RuleLine(
    2,
    "Risolvi quando il cliente non risponde",
    "silent",
    5,
    (),
    (StepView("reply", "Tutto a posto?", "Tutto a posto?"), StepView("finish", "3", "3")),
    active=False,
    problem="limit",
    last_at=at("09:00", 2),
    runs=1,
)
_urgent = pages.RuleLine(
    3,
    "Le parole urgenti danno priorità",
    "message",
    0,
    (pages.AskView("text", tuple((word, "") for word in ("urgente", "emergenza", "bloccato", "asap", "a", "b", "c"))),),
    (StepView("priority", "urgent", "urgent"), StepView("notify", "assignee", "assignee")),
    active=False,
)
_unhappy = pages.RuleLine(
    4,
    "Chi non è contento va richiamato",
    "survey",
    0,
    (
        pages.AskView("nps", (("detractors", ""),)),
        pages.AskView("score", (("4", ""), ("5", "")), contrary=True),
        pages.AskView("ces", (("1", ""), ("2", ""))),
        pages.AskView("fcr", (("no", ""),)),
    ),
    (StepView("notify", "assignee", "assignee"),),
    active=True,
    last_at=at("07:55"),
    runs=3,
)
rules = pages.RulesPage(
    nav, (_closed, _silence, _urgent, _unhappy), ("hours", "unhappy"), "QltJA1fyrxSekZ-Cc3ZR77Dpu3mr9Ve-xSc1upo4Bsc"
)
none = pages.RulesPage(nav, (), ("hours", "silence", "urgent", "unhappy"))
rule = pages.RulePage(
    nav,
    pages.Form(
        {
            "name": "Risposta fuori orario", "event": "silent", "wait": "5", "most": "500",
            "if-1": "hours:closed", "if-2": "text:", "words-2": "rimborso, refund", "not-2": "on",
            "if-3": "nps:detractors", "if-4": "ces:7",
            "step-1": "reply:", "text-1": "Grazie per averci scritto.\n" * 4, "step-2": "tag:", "text-2": "chiusi",
        },
        {"steps": "Nobody is at the screen when a rule writes: leave the agent's name out"},
    ),
    ("message", "created", "silent", "unanswered"),
    (
        pages.AskGroup("text", typed=True),
        pages.AskGroup("hours", (pages.Choice("open", ""), pages.Choice("closed", ""))),
        pages.AskGroup("team", (pages.Choice("none", ""), pages.Choice("team-hosting", "Hosting"))),
        pages.AskGroup("mood", (pages.Choice("bad", ""), pages.Choice("good", ""))),
        *(pages.AskGroup(name, tuple(pages.Choice(word, "") for word in words)) for name, words in SCORES.items()),
    ),
    (
        pages.StepGroup("reply", typed=True),
        pages.StepGroup("tag", typed=True),
        pages.StepGroup("finish", (pages.Choice("1", "1"), pages.Choice("3", "3"))),
        pages.StepGroup("notify", (pages.Choice("assignee", "assignee"), pages.Choice("a", "Giulia Ferri"))),
    ),
    ("{customer.name}", "{ticket.number}", "{desk.name}", "{desk.opens}"),
    rule=_closed,
    runs=(
        pages.RunLine(4821, "Il sito è lento da stamattina", at("08:10"), "done", "", _closed.steps),
        pages.RunLine(4819, "Ordine", at("07:50"), "done", calls=(
            pages.CallLine("shop.example", "done", "204", 1),
            pages.CallLine("crm.example", "queued", "timeout", 2, at("08:20")),
            pages.CallLine("old.example", "failed", "404", 1))),
        pages.RunLine(4820, "Rinnovo del dominio", at("07:40"), "nothing", "once"),
        pages.RunLine(4818, "Fattura", at("07:31"), "failed", "there is no active agent 'x'"),
        pages.RunLine(4816, "PEC", at("07:30"), "dropped", "wrote"),
    ),
    older=12,
    lines=(6, 4),
)  # fmt: skip
tried = replace(
    rule,
    form=pages.Form(rule.form.values),
    trial=pages.Trial(
        5000,
        812,
        640,
        (
            pages.TrialRow(4821, "Il sito è lento e non riusciamo a lavorare", "Chiara Lombardi", at("08:10"), 3),
            pages.TrialRow(4820, "Rinnovo del dominio", "Studio Bianchi", at("22:40", 1), 1, "automatic"),
        ),
        _closed.steps,
        at("12:00", 9),
        cut=True,
        busiest=612,
    ),
)  # fmt: skip
