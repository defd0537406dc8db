"""What the answer to a survey says to a rule: to which question it is, and how good on that question's own scale."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select

from inbox.actions.surveys.words import SCALES
from inbox.metrics.log import scale_of
from inbox.store import Event, Work, names

__all__ = ["FIELDS", "told"]

#: The groups of the recommendation as the reports count them, each with its best score.
_GROUPS: Final = {"detractors": 6, "passives": 8, "promoters": 10}


def _scores(ask: str) -> tuple[str, ...]:
    low, high = SCALES[ask]
    return tuple(str(score) for score in range(low, high + 1))


#: Field → the words that there are. Satisfaction is called as when it was the only question: fields are stored.
FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "score": _scores("csat"),
    "ces": _scores("ces"),
    "nps": (*_GROUPS, *_scores("nps")),
    "fcr": ("yes", "no"),
}


def told(work: Work, data: dict[str, Any]) -> dict[str, frozenset[str]]:
    """What one line of the log says of the fields. A rating at the end of a chat, and what programs tell, does not name
    its question: the ``survey.sent`` before it does, with the scale where that is its own."""
    asked = data if "type" in data else _sent(work, str(data.get("survey")))
    ask = str(asked.get("type") or "csat")
    if ask not in SCALES:
        return {}
    low, high = SCALES[ask]
    least, most = (Decimal(str(end)) for end in scale_of({**asked, "type": ask}))
    share = (Decimal(str(data["score"])) - least) / (most - least)
    if ask == "fcr":
        return {"fcr": frozenset({"yes" if share * 2 >= 1 else "no"})}
    score = max(low, min(high, int(low + (high - low) * share)))
    if ask == "nps":
        group = next(name for name, best in _GROUPS.items() if score <= best)
        return {"nps": frozenset({group, str(score)})}
    return {"score" if ask == "csat" else ask: frozenset({str(score)})}


def _sent(work: Work, survey: str) -> dict[str, Any]:
    asked = select(Event.data).where(names("survey", {survey}, "survey.sent"))
    return work.scalar(asked.order_by(Event.seq).limit(1)) or {}
