"""The record of one family of tickets: its facts, who acted on it, and what work, prices and surveys hang on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from inbox.metrics.actions import Actions
from inbox.metrics.attribution import Context, price_sheet, sheet_of, survey_sheet, work_sheet
from inbox.metrics.facts import CaseFact, Work, case_at, case_facts, place_of
from inbox.metrics.log import Event
from inbox.metrics.money import Price
from inbox.metrics.sheets import Sheet
from inbox.metrics.surveys import Survey
from inbox.metrics.tickets import Family
from inbox.metrics.work import Atom, WorkItem

__all__ = ["Record"]


EMPTY = Family(())


@dataclass(slots=True)
class Record:
    """A family with its facts; ``legs``, ``sessions``, ``costs`` and ``surveys`` name what hangs on its tickets."""

    name: str
    tickets: dict[str, None] = field(default_factory=dict)
    family: Family = EMPTY
    actions: Actions | None = None
    facts: list[CaseFact] = field(default_factory=list)
    legs: dict[str, None] = field(default_factory=dict)
    sessions: dict[str, None] = field(default_factory=dict)
    costs: dict[str, None] = field(default_factory=dict)
    surveys: dict[str, None] = field(default_factory=dict)
    sheets: list[Sheet] = field(default_factory=list)
    known: frozenset[str] | None = None  # its customers, as long as it was not read

    def read(self, events: Iterable[Event], context: Context) -> None:
        """Read the family anew from its living events, in any order."""
        self.known = None
        self.family = Family(sorted(events, key=_order))
        self.actions = Actions(self.family)
        self.facts = case_facts(self.family, context.config, context.hours)

    def customers(self) -> set[str]:
        """The customers of its cases, as they were named."""
        if self.known is not None:
            return set(self.known)
        return {fact.case.customer for fact in self.facts if fact.case.customer is not None}

    def assemble(
        self,
        items: Iterable[tuple[WorkItem, list[Atom]]],
        prices: Iterable[Price],
        surveys: Iterable[Survey],
        context: Context,
    ) -> list[Sheet]:
        """Give work, prices and surveys to their cases; returns the sheets of it all."""
        sheets = []
        for fact in self.facts:
            fact.work, fact.prices, fact.surveys = [], [], []
        for item, atoms in items:
            work = Work(item, atoms, None)
            if not self._give(work):
                sheets.append(work_sheet(work, context))
        for price in prices:
            charged = self._case(self.family.home.get(price.msg or "", price.ticket), price.at)
            if charged is None:
                sheets.append(price_sheet(price))
            else:
                charged.prices.append(price)
        for survey in surveys:
            if survey.ticket is not None and self._is_spam(survey.ticket, survey.sent.at):
                continue  # spam is out of every count (D7)
            asked = self._case(survey.ticket, survey.sent.at)
            if asked is None:
                sheets.append(survey_sheet(survey, context))
            else:
                asked.surveys.append(survey)
        sheets += [sheet_of(fact, context) for fact in self.facts]
        return sheets

    def _give(self, work: Work) -> bool:
        item = work.item
        if item.nature == "spam":
            return False
        place = place_of(item, self.facts, self.family.root(item.ticket))
        if place is None:
            return False
        fact, work.interaction = place
        fact.work.append(work)
        return True

    def _case(self, ticket: str | None, at: int) -> CaseFact | None:
        """The case that something about a ticket belongs to, None where the ticket is spam or has no case."""
        if ticket is None or self._is_spam(ticket, at):
            return None
        return case_at(self.facts, self.family.root(ticket), at)

    def _is_spam(self, ticket: str, at: int) -> bool:
        """Whether the constituent that held what reached a ticket at an instant has vanished."""
        return self.family.holder(ticket, (at, True, 0)) in self.family.gone


def _order(event: Event) -> tuple[int, bool, int]:
    return event.order
