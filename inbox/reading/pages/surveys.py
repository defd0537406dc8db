"""Views of surveys: the customer's page, the admin's, and the list of those who were unhappy."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

from inbox.reading.pages.common import Choice, Form, SettingsNav
from inbox.reading.parts import AgentChip

__all__ = ["Asked", "FollowUp", "FollowUps", "Question", "SurveyPage", "SurveyRow", "SurveysPage"]


@dataclass(frozen=True)
class Asked:
    """One question: ``answers`` are (score, word or "") from the lowest on, ``ends`` the words at both ends where not
    each answer has one; ``chosen`` is None where nobody has answered."""

    name: str
    text: str
    answers: tuple[tuple[int, str], ...]
    ends: tuple[str, str] | None = None
    chosen: int | None = None
    error: str = ""


@dataclass(frozen=True)
class SurveyPage:
    """``page`` of ``survey/show.html``. ``state``: ``open``, ``done`` (thanks), ``over``, ``unknown``. POST
    ``survey.answer``: one field per question, ``comment``."""

    state: Literal["open", "done", "over", "unknown"]
    lang: str
    business: str
    token: str = ""
    number: int = 0
    subject: str = ""
    day: dt.date | None = None
    agent: AgentChip | None = None
    asks: tuple[Asked, ...] = ()
    comment: str = ""
    answered: bool = False
    proposed: bool = False  # an answer is chosen that nobody has sent yet
    keep_m: int = 0
    privacy_url: str = ""
    colour: str = ""
    logo: str = ""


@dataclass(frozen=True)
class Question:
    """What a survey can ask; ``ours`` are the languages with our words for it."""

    name: str
    ours: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SurveyRow:
    """A survey on the admin's page, with the last month's figures; ``texts`` by names like ``csat-it``."""

    id: str
    name: str
    touchpoint: str
    asks: tuple[str, ...]
    channels: tuple[str, ...]
    places: tuple[str, ...]
    delay_h: int
    on: bool
    texts: tuple[tuple[str, str], ...]
    sent: int = 0
    answered: int = 0
    withheld: int = 0


@dataclass(frozen=True)
class SurveysPage:
    """``page`` of ``settings/surveys.html``. POST ``surveys.save`` (``id`` or ``new``): ``name touchpoint asks channels
    delay_h on text-csat-it`` …; ``surveys.remove``; ``surveys.rules``: ``quiet_d keep_m privacy_url``.
    ``editing`` is the survey whose form failed."""

    nav: SettingsNav
    surveys: tuple[SurveyRow, ...]
    channels: tuple[Choice, ...]
    questions: tuple[Question, ...]
    quiet_d: int
    keep_m: int
    reachable: bool
    privacy_url: str = ""
    unhappy: int = 0
    editing: str = ""
    edit: Form | None = None
    rules: Form = field(default_factory=Form)
    blank: Form = field(default_factory=lambda: Form({"asks": "csat", "delay_h": "1", "on": "on"}))

    def of(self, row: SurveyRow) -> Form:
        """A survey as its form has it."""
        values = {"name": row.name, "touchpoint": row.touchpoint, "delay_h": str(row.delay_h)}
        values |= {"asks": ",".join(row.asks), "channels": ",".join(row.channels), "on": "on" if row.on else ""}
        return Form(values | {f"text-{name}": text for name, text in row.texts})


@dataclass(frozen=True)
class FollowUp:
    """A detractor: what they said of which ticket, and until when somebody is to speak with them."""

    id: str
    ticket: int
    subject: str
    customer: str
    kind: str
    touchpoint: str
    score: int
    comment: str
    at: dt.datetime
    due: dt.datetime
    late: bool


@dataclass(frozen=True)
class FollowUps:
    """``page`` of ``surveys/index.html``. POST ``surveys.followed``: nothing. ``next`` is the last one's time where
    there are more."""

    rows: tuple[FollowUp, ...]
    next: str = ""
