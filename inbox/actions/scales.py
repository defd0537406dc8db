"""The scales of surveys: an answer that lies off its own is none, and the figures would pass it over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select

from inbox.figures.parts import parts
from inbox.metrics.log import fits
from inbox.store import Event, Work, names

__all__ = ["Scales"]

PART: Final = 500


class Scales:
    """What surveys asked for, out of lines that come in and out of the log; of one survey the first line counts."""

    def __init__(self) -> None:
        self._asked: dict[str, Mapping[str, Any]] = {}

    def find(self, work: Work, rows: Sequence[Mapping[str, Any]]) -> list[str | None]:
        """Why an answer among some rows of the log cannot be, in one sentence; None where it can, also where nobody
        knows its survey, or only a later row does."""
        self.look_up(work, {row["data"]["survey"] for row in rows if row["kind"] == "survey.answered"})
        return [self._why(row) for row in rows]

    def _why(self, row: Mapping[str, Any]) -> str | None:
        try:
            self.check(row)
        except ValueError as problem:
            return str(problem)
        return None

    def look_up(self, work: Work, surveys: Iterable[str]) -> None:
        """Reads from the log what is not known yet of some surveys."""
        for part in parts({*surveys} - self._asked.keys(), PART):
            told = names("survey", part, "survey.sent")
            for data in work.scalars(select(Event.data).where(told).order_by(Event.seq)):
                self._asked.setdefault(data["survey"], data)

    def check(self, row: Mapping[str, Any]) -> None:
        """Learns what a survey asks for. Raises ``ValueError`` for an answer that is not on its scale."""
        data = row["data"]
        if row["kind"] == "survey.sent":
            self._asked.setdefault(data["survey"], data)
        elif row["kind"] == "survey.answered" and (asked := self._asked.get(data["survey"])) is not None:
            scale = {key: Decimal(str(value)) for key in ("min", "max") if (value := asked.get(key)) is not None}
            fits({**asked, **scale}, Decimal(str(data["score"])))
