"""Surveys on the stage: the customer's page in every state, the admin's, those to follow up, the self-assessment."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from inbox.actions.maturity import ITEMS
from inbox.actions.surveys.words import SCALES, question
from inbox.reading import pages
from inbox.reading.maturity import Foreign, MaturityPage, Standing
from inbox.reading.pages.surveys import Asked, FollowUp, FollowUps, Question, SurveyPage, SurveyRow, SurveysPage
from tests.ui.samples import DAY, at, luca
from tests.ui.samples_pages import nav

FACES = ("Per niente", "Poco", "Così così", "Molto", "Moltissimo")
_csat = Asked("csat", "Quanto ti ha soddisfatto l’assistenza?", tuple(enumerate(FACES, 1)), chosen=5)
_ces = Asked(
    "ces",
    "Risolvere il problema è stato facile",
    tuple((n, "") for n in range(1, 8)),
    ("Per nulla d’accordo", "Del tutto d’accordo"),
    6,
)
_nps = Asked(
    "nps",
    "Consiglieresti Cirro Hosting a un collega?",
    tuple((n, "") for n in range(11)),
    ("Per niente probabile", "Molto probabile"),
    9,
)
_fcr = Asked("fcr", "Il problema è risolto?", ((0, "No"), (1, "Sì")))
survey = SurveyPage(
    "open",
    "it",
    "Cirro Hosting",
    token="x" * 28,
    number=4821,
    subject="Sito offline dopo la migrazione",
    day=DAY,
    agent=luca,
    asks=(_csat, _ces, _nps),
    comment="Rapidissimi, e l’SMS mentre ero in treno è stato perfetto.",
    keep_m=24,
    privacy_url="https://cirro.example/privacy",
)
survey_proposed = replace(survey, asks=(_csat, replace(_nps, chosen=None), _fcr), comment="", proposed=True)
survey_answered = replace(survey, answered=True, agent=None)
survey_wrong = replace(survey, asks=(replace(_csat, chosen=None, error="choose one of the answers"), _fcr), comment="")
survey_done = replace(survey, state="done", answered=True)
survey_over = SurveyPage("over", "it", "Cirro Hosting")
survey_unknown = SurveyPage("unknown", "it", "Cirro Hosting")

surveys = SurveysPage(
    nav,
    (
        SurveyRow(
            "s1", "Dopo l'assistenza", "assistenza", ("csat", "nps"), ("c1",), ("Assistenza",), 2, True, (), 214, 96, 31
        ),
        SurveyRow(
            "s2", "Dopo il rinnovo del contratto", "rinnovo", ("nps",), (), (), 24, False, (("nps-it", "Ci consigli?"),)
        ),
    ),
    (pages.Choice("c1", "Assistenza"), pages.Choice("c2", "SMS")),
    tuple(
        Question(ask, tuple((language, question(language, ask, "Cirro Hosting").text) for language in ("it", "en")))
        for ask in SCALES
    ),
    30,
    24,
    reachable=True,
    unhappy=2,
)
surveys_failed = replace(
    surveys,
    reachable=False,
    editing="s1",
    edit=pages.Form({"name": "", "delay_h": "x"}, {"name": "Give the survey a name.", "asks": "Choose a question."}),
)
surveys_none = replace(surveys, surveys=(), unhappy=0)

follow_ups = FollowUps(
    (
        FollowUp(
            *("a", 4790, "Fattura doppia a ottobre", "Bruno Esposito", "email", "assistenza", 2),
            "Due volte la stessa fattura e nessuno che risponde al telefono.",
            *(at("09:12", 4), at("09:12", 1), True),
        ),
        FollowUp(
            "b", 4811, "Rinnovo", "+44 7700 900188", "sms", "rinnovo", 6, "", at("18:02", 1), at("18:02", 1), False
        ),
    ),
    "2026-11-20T18:02:00.000Z",
)
nobody_unhappy = FollowUps(())

maturity = MaturityPage(
    Standing(45, 60, "contender"),
    dict(zip(ITEMS, ("1", "0.5", "0", "0.25", "0.5", "0.75", "1", "0.5", "0", "0.75"), strict=True)),
    tuple(ITEMS.items()),
    ("budget", "proactive", "training"),
    (
        Standing(45, 60, "contender", DAY),
        Standing(30, 35, "observer", DAY - dt.timedelta(days=180)),
        Standing(20, None, "", DAY - dt.timedelta(days=365)),
    ),
    (Foreign("Risposte entro un’ora", "innovation", 70, 2.5), Foreign("budget", "innovation", 0, 1)),
)
maturity_none = MaturityPage(Standing(None, None, ""), {}, tuple(ITEMS.items()), (), ())
