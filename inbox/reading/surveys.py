"""What is shown of surveys: to the customer who is asked, to the admin who asks, to whoever follows up."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import String, case, cast, exists, func, select

from inbox import clock
from inbox.actions import branding, desk
from inbox.actions.surveys import doors, forms, words
from inbox.actions.surveys.answering import FOLLOW_UP
from inbox.actions.tickets import SPAM
from inbox.actions.who import Who, visible
from inbox.errors import NotFound
from inbox.reading import desk as chips
from inbox.reading import once
from inbox.reading.pages import Choice, Form
from inbox.reading.pages.surveys import Asked, FollowUp, FollowUps, Question, SurveyPage, SurveyRow, SurveysPage
from inbox.reading.rows import customer_chip
from inbox.reading.settings import nav
from inbox.store import Agent, Survey, Ticket, TicketTag, Work

__all__ = ["follow_ups", "page", "settings", "unhappy"]

PAGE: Final = 50
RECENT: Final = dt.timedelta(days=30)


def page(work: Work, token: str, chosen: Mapping[str, str], *, done: bool = False, error: str = "") -> SurveyPage:
    """The customer's page; ``chosen`` are answers that a link of a mail proposes. Nothing is kept by looking at it."""
    business, language = str(desk.get(work, "desk.name")), str(desk.get(work, "desk.language"))
    look: dict[str, Any] = {"business": business, "colour": branding.colour(work), "logo": branding.mark(work)}
    try:
        survey = doors.opened(work, token)
    except NotFound:
        return SurveyPage("unknown", language, **look)
    if doors.over(survey):
        return SurveyPage("over", survey.language, **look)
    ticket = work.get_one(Ticket, survey.ticket_id)
    agent = work.get(Agent, ticket.assignee_id) if ticket.assignee_id else None
    own = (forms.find(work, survey.form) or {}).get("texts", {})
    asks = tuple(_asked(survey, ask, business, own.get(ask, {}), chosen.get(ask, ""), error) for ask in survey.asks)
    at = (survey.sent_at or clock.now()).astimezone(zoneinfo.ZoneInfo(str(desk.get(work, "desk.timezone"))))
    return SurveyPage(
        "done" if done and survey.answered_at is not None else "open",
        survey.language,
        **look,
        token=token,
        number=ticket.id,
        subject=ticket.subject,
        day=at.date(),
        agent=chips.chip(agent) if agent is not None else None,
        asks=asks,
        comment=survey.comment,
        answered=survey.answered_at is not None,
        proposed=any(one.chosen is not None and survey.scores.get(one.name) != one.chosen for one in asks),
        keep_m=int(desk.get(work, "surveys.keep_m")),
        privacy_url=str(desk.get(work, "surveys.privacy_url")),
    )


def _asked(survey: Survey, ask: str, business: str, own: Mapping[str, str], proposed: str, error: str) -> Asked:
    low, high = words.SCALES[ask]
    text, labels = words.question(survey.language, ask, business, own)
    full = len(labels) == high - low + 1
    chosen = survey.scores.get(ask)
    if proposed.isascii() and proposed.isdigit() and len(proposed) < 3 and low <= int(proposed) <= high:
        chosen = int(proposed)
    answers = tuple((n, labels[n - low] if full else "") for n in range(low, high + 1))
    return Asked(ask, text, answers, None if full else (labels[0], labels[-1]), chosen, error if chosen is None else "")


# --- the admin --------------------------------------------------------------------------------------------------


def settings(work: Work, who: Who) -> SurveysPage:
    """Every survey with what came of it in the last thirty days."""
    channels = {one.id: one.title or one.name for one in once.channels(work).values() if one.removed_at is None}
    told = {row.form: row for row in work.execute(_counts())}
    return SurveysPage(
        nav=nav(work, who),
        surveys=tuple(_row(id, one, channels, told.get(id)) for id, one in forms.all_of(work).items()),
        channels=tuple(Choice(id, name) for id, name in channels.items()),
        questions=_questions(work),
        quiet_d=int(desk.get(work, "surveys.quiet_d")),
        keep_m=int(desk.get(work, "surveys.keep_m")),
        privacy_url=str(desk.get(work, "surveys.privacy_url")),
        reachable=bool(work.store.settings.public_url),
        unhappy=unhappy(work, who),
        rules=Form(),
    )


def _questions(work: Work) -> tuple[Question, ...]:
    """What can be asked, with our words in each language, the desk's first."""
    business, own = str(desk.get(work, "desk.name")), str(desk.get(work, "desk.language"))
    spoken = sorted(words.LANGUAGES, key=lambda language: language != own)
    return tuple(
        Question(ask, tuple((language, words.question(language, ask, business).text) for language in spoken))
        for ask in words.SCALES
    )


def _counts() -> Any:
    recent = Survey.created_at > clock.now() - RECENT
    return (
        select(
            Survey.form.label("form"),
            func.count(Survey.sent_at).label("sent"),
            func.count(case((cast(Survey.scores, String) != "{}", 1))).label("answered"),  # words alone are no answer
            func.count(func.nullif(Survey.withheld, "")).label("withheld"),
        )
        .where(recent)
        .group_by(Survey.form)
    )


def _row(id: str, one: Mapping[str, Any], channels: Mapping[str, str], told: Any) -> SurveyRow:
    return SurveyRow(
        id=id,
        name=one["name"],
        touchpoint=one["touchpoint"],
        asks=tuple(one["asks"]),
        channels=tuple(one["channels"]),
        places=tuple(channels[id] for id in one["channels"] if id in channels),
        delay_h=one["delay_h"],
        on=one["on"],
        texts=tuple(
            (f"{ask}-{language}", text) for ask, said in one["texts"].items() for language, text in said.items()
        ),
        sent=told.sent if told is not None else 0,
        answered=told.answered if told is not None else 0,
        withheld=told.withheld if told is not None else 0,
    )


# --- following up -----------------------------------------------------------------------------------------------


def _waiting(who: Who) -> Any:
    mine = select(Survey).join(Ticket, Ticket.id == Survey.ticket_id)
    spam = exists().where(TicketTag.ticket_id == Ticket.id, TicketTag.tag == SPAM)
    return mine.where(Survey.unhappy_at.is_not(None), visible(who), ~spam)


def unhappy(work: Work, who: Who) -> int:
    """How many detractors wait for somebody."""
    return work.scalar(select(func.count()).select_from(_waiting(who).subquery())) or 0


def follow_ups(work: Work, who: Who, after: dt.datetime | None = None) -> FollowUps:
    """Those who wait, the longest first."""
    query = _waiting(who).add_columns(Ticket).order_by(Survey.unhappy_at, Survey.id)
    if after is not None:
        query = query.where(Survey.unhappy_at > after)
    found = list(work.execute(query.limit(PAGE + 1)).unique())
    rows = tuple(_follow_up(survey, ticket) for survey, ticket in found[:PAGE])
    return FollowUps(rows, clock.iso(rows[-1].at) if len(found) > PAGE else "")


def _follow_up(survey: Survey, ticket: Ticket) -> FollowUp:
    at = survey.unhappy_at or clock.now()
    return FollowUp(
        id=survey.id,
        ticket=ticket.merged_into or ticket.id,
        subject=ticket.subject,
        customer=customer_chip(ticket.customer).name,
        kind=ticket.kind,
        touchpoint=survey.touchpoint,
        score=int(survey.scores.get("nps", 0)),
        comment=survey.comment,
        at=at,
        due=at + FOLLOW_UP,
        late=at + FOLLOW_UP < clock.now(),
    )
