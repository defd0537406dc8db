"""M9 surveys: CSAT, NPS, CES and the customer's own "was it solved?", each answer once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from inbox.metrics.kinds import SCALES
from inbox.metrics.log import Event, scale_of
from inbox.metrics.times import DAY

__all__ = ["Survey", "answer_counts", "sent_counts", "surveys_of"]

_FOLLOW_UP = 3 * DAY  # a detractor is followed up in 72 h
_CES_EASY = Decimal(4) / Decimal(6)  # 5 of 7

MICRO = 1_000_000


@dataclass(slots=True)
class Survey:
    """One survey: when and for what it was sent, its last answer, and when somebody followed up."""

    id: str
    type: str
    sent: Event
    answer: Event | None
    followups: list[int]

    @property
    def ticket(self) -> str | None:
        ticket: str | None = self.sent.body.get("ticket")
        return ticket

    @property
    def normal(self) -> Decimal:
        """The score of the answer on its scale, 0 to 1."""
        low, high = scale_of(self.sent.body)
        score: Decimal = self.answer.body["score"] if self.answer is not None else Decimal(0)
        return (score - low) / (high - low)


def surveys_of(events: Iterable[Event]) -> Iterator[Survey]:
    """The surveys of some survey events in processing order; what was never sent, or is of no known type, is none."""
    by_id: dict[str, Survey] = {}
    waiting: list[Event] = []
    for event in events:
        if event.kind == "survey.sent":
            if event.body["type"] in SCALES:
                id = event.body["survey"]
                by_id.setdefault(id, Survey(id, event.body["type"], event, None, []))
        else:
            waiting.append(event)
    for event in waiting:
        survey = by_id.get(event.body["survey"])
        if survey is not None and event.kind == "survey.answered":
            low, high = scale_of(survey.sent.body)
            if low <= event.body["score"] <= high:  # a score that the scale does not have says nothing
                survey.answer = event
        elif survey is not None:
            survey.followups.append(event.at)
    yield from by_id.values()


def sent_counts(survey: Survey) -> dict[str, int]:
    """For the response rate, anchored on the sending."""
    return {f"{survey.type}.sent": 1, f"{survey.type}.sent_answered": int(survey.answer is not None)}


def answer_counts(survey: Survey) -> dict[str, int]:
    """For the scores, anchored on the last answer; ``.raw`` is the score in millionths."""
    if survey.answer is None:
        return {}
    score: Decimal = survey.answer.body["score"]
    normal = survey.normal
    if survey.type == "csat":
        return {"csat.n": 1, "csat.k": int(normal >= Decimal("0.75")), "csat.raw": int(score * MICRO)}
    if survey.type == "ces":
        return {"ces.n": 1, "ces.k": int(normal >= _CES_EASY), "ces.raw": int(score * MICRO)}
    if survey.type == "fcr":
        return {"fcr_survey.n": 1, "fcr_survey.k": int(normal * 2 >= 1)}
    return _nps_counts(survey, survey.answer, normal * 10)


def _nps_counts(survey: Survey, answer: Event, score: Decimal) -> dict[str, int]:
    kind = "promoters" if score >= 9 else "detractors" if score <= 6 else "passives"
    counts = {"nps.n": 1, f"nps.{kind}": 1}
    if (touchpoint := survey.sent.body.get("touchpoint")) is not None:
        counts |= {f"nps[{touchpoint}].n": 1, f"nps[{touchpoint}].{kind}": 1}
    if kind == "detractors":
        in_time = any(answer.at <= at <= answer.at + _FOLLOW_UP for at in survey.followups)
        counts |= {"nps_loop.n": 1, "nps_loop.k": int(in_time)}
    return counts
