"""The links of a survey: signed, good for a while, without a sign-in. No message in the desk shows them to its agents.

``/s/<id><mark>``: 12 letters of the survey and 16 of a signature (80 bits) over its id and its end.
"""

from __future__ import annotations

import hmac
from typing import Final

from inbox import clock
from inbox.actions import desk
from inbox.actions.surveys import forms, words
from inbox.errors import NotFound
from inbox.store import Message, Survey, Work

__all__ = ["address", "lines", "opened", "over"]

_ID: Final = 12
_MARK: Final = 16


def _mark(work: Work, survey: Survey) -> str:
    until = int(survey.expires_at.timestamp()) if survey.expires_at is not None else 0
    return work.store.seal.mark("survey", f"{survey.id}:{until}", _MARK)


def address(work: Work, survey: Survey, ask: str = "", score: int | None = None) -> str:
    """Where a survey is answered; with an answer already chosen where one is given."""
    chosen = f"?{ask}={score}" if score is not None else ""
    return f"{work.store.settings.base_url}/s/{survey.id}{_mark(work, survey)}{chosen}"


def opened(work: Work, token: str, *, to_answer: bool = False) -> Survey:
    """The survey behind a link, also an old one; ``to_answer`` waits for whoever is answering it at this moment.
    Raises :class:`NotFound` for one that nobody was sent."""
    whole = len(token) == _ID + _MARK and token.isascii()
    survey = work.get(Survey, token[:_ID], with_for_update=to_answer or None) if whole else None
    if (
        survey is None
        or survey.sent_at is None
        or not hmac.compare_digest(token[_ID:].encode(), _mark(work, survey).encode())
    ):
        msg = "there is no such survey"
        raise NotFound(msg)
    return survey


def over(survey: Survey) -> bool:
    """Whether it is too late to answer."""
    return survey.expires_at is None or survey.expires_at < clock.now()


def lines(work: Work, message: Message) -> str:
    """What a message says besides, on its way to the customer: the answers as links in a mail, one link elsewhere."""
    survey = work.get(Survey, str(message.extra.get("survey") or ""))
    if survey is None:
        return ""
    if message.kind != "email":
        return address(work, survey)
    ask = survey.asks[0]
    own = (forms.find(work, survey.form) or {}).get("texts", {}).get(ask)
    text, labels = words.question(survey.language, ask, str(desk.get(work, "desk.name")), own)
    low, high = words.SCALES[ask]
    full = len(labels) == high - low + 1
    links = [
        f"[{_answer(n, n - low, labels, full=full)}]({address(work, survey, ask, n)})"
        for n in (range(high, low - 1, -1) if full else range(low, high + 1))
    ]
    scale = "\n".join(links) if full else " · ".join(links)
    ends = "" if full else f"\n{low} = {labels[0]}, {high} = {labels[-1]}"
    every = words.said(survey.language, "all") + " " + address(work, survey)
    return f"**{text}**\n{scale}{ends}\n\n{every}"


def _answer(score: int, place: int, labels: tuple[str, ...], *, full: bool) -> str:
    return labels[place] if full and len(labels) == 2 else f"{score} – {labels[place]}" if full else str(score)
