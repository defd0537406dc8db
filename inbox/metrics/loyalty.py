"""M10 and M11: who is covered by a contract when, which terms were renewed, and whether silence goes with leaving."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from inbox.metrics.config import Config
from inbox.metrics.log import Event
from inbox.metrics.sheets import NEVER

__all__ = ["Contract", "Cover", "Term", "contracts_of"]

_LAST = "\U0010ffff"  # after every customer's id


@dataclass(slots=True)
class Term:
    """One term: when it ends and whether it was renewed in time; a term cancelled early is not due."""

    ends: int
    renewed: bool = False
    cancelled: bool = False
    customer: str = ""


@dataclass(slots=True)
class Contract:
    """One contract of a customer: its terms and the half-open spans that it covers."""

    customer: str
    terms: list[Term] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)

    def starts(self, at: int, ends: int) -> None:
        self.terms.append(Term(ends, customer=self.customer))
        self.spans.append((at, ends))

    def renews(self, at: int, ends: int, grace: int) -> None:
        """A renewal up to the grace after the end covers the gap (D: late renewals); a later one starts anew."""
        last = self.terms[-1]
        if last.cancelled or at > last.ends + grace:
            self.starts(at, ends)
            return
        last.renewed = True
        self.terms.append(Term(ends, customer=self.customer))
        self.spans[-1] = (self.spans[-1][0], ends)

    def stops(self, at: int) -> None:
        """An early end; one after the term was over says nothing that the term did not."""
        if at >= self.terms[-1].ends:
            return
        begin, end = self.spans[-1]
        self.spans[-1] = (begin, min(end, max(begin, at)))  # a second end brings no cover back
        # What had been renewed ahead of time ends with it.
        for term in self.terms:
            term.cancelled = term.cancelled or term.ends > at


def contracts_of(events: Iterable[Event], config: Config) -> list[Contract]:
    """All contracts of a log, from its contract.started, .renewed and .ended in any order."""
    contracts: dict[str, Contract] = {}
    for event in sorted(events, key=lambda e: e.order):
        body = event.body
        known = contracts.get(body["contract"])
        if event.kind == "contract.started":
            if known is None:
                known = contracts[body["contract"]] = Contract(body["customer"])
            known.starts(event.at, body["ends"])
        elif known is not None and event.kind == "contract.renewed":
            known.renews(event.at, body["ends"], config.renew_grace)
        elif known is not None:
            known.stops(event.at)
    return list(contracts.values())


class Cover:
    """Which customers are active at an instant; spans and terms are sorted, so that a period looks at its own only."""

    def __init__(self, contracts: Iterable[Contract], root: Callable[[str], str]) -> None:
        terms: list[Term] = []
        self._spans: dict[str, list[tuple[int, int]]] = {}
        for contract in contracts:
            terms += contract.terms
            self._spans.setdefault(root(contract.customer), []).extend(contract.spans)
        self._root = root
        self._terms = sorted(terms, key=lambda term: term.ends)
        self._spans = {who: _union(spans) for who, spans in self._spans.items()}
        self._begins = sorted(begin for spans in self._spans.values() for begin, _ in spans)
        self._ends = sorted(  # with what tells of most ends whether the customer left by them: begin, next begin
            (end, who, begin, following)
            for who, spans in self._spans.items()
            for (begin, end), (following, _) in zip(spans, [*spans[1:], (NEVER, NEVER)], strict=True)
        )

    def customers(self) -> Iterable[str]:
        """Everybody who has or had a contract."""
        return self._spans.keys()

    def is_active(self, customer: str, at: int) -> bool:
        """Whether a contract of a customer covers an instant."""
        spans = self._spans.get(customer, ())
        n = bisect_right(spans, (at, NEVER))
        return n > 0 and at < spans[n - 1][1]

    def active(self, at: int) -> set[str]:
        """Everybody whom a contract covers at an instant."""
        return {who for _, who, begin, _ in self._ends[bisect_right(self._ends, (at, _LAST)) :] if begin <= at}

    def churn(self, begin: int, end: int) -> tuple[int, int]:
        """(active at the first instant and not at the last, active at the first)."""
        over = bisect_right(self._ends, (begin, _LAST))
        base = bisect_right(self._begins, begin) - over
        ended = self._ends[over : bisect_right(self._ends, (end, _LAST))]
        lost = sum(
            first <= begin and (following > end or not self.is_active(who, end)) for _, who, first, following in ended
        )
        return lost, base

    def renewals(self, begin: int, end: int, as_of: int, grace: int) -> tuple[int, int, int]:
        """Of the terms that end in a period: (renewed, decided, undecided)."""
        judged = [renewed for _, _, renewed in self.due(begin, end, as_of, grace)]
        return judged.count(True), len(judged) - judged.count(None), judged.count(None)

    def due(self, begin: int, end: int, as_of: int, grace: int) -> list[tuple[str, int, bool | None]]:
        """The terms that end in a period: whose, when, and whether renewed, None while that is undecided."""
        low, high = (bisect_left(self._terms, at, key=lambda term: term.ends) for at in (begin, end))
        return [
            (self._root(one.customer), one.ends, one.renewed if one.renewed or as_of >= one.ends + grace else None)
            for one in self._terms[low:high]
            if not one.cancelled
        ]

    def since(self, customer: str, at: int) -> int | None:
        """When the cover of an instant began, None without any."""
        return next((begin for begin, end in self._spans.get(customer, ()) if begin <= at < end), None)

    def cohorts(self, marks: Sequence[int]) -> list[tuple[int, list[int]]]:
        """Of the customers whose first contract began between each two marks: how many, and how many of them were
        active at each mark from the second of the two on."""
        return [
            (len(some), [sum(self.is_active(who, mark) for who in some) for mark in marks[at + 1 :]])
            for at, some in enumerate(self.begun(marks))
        ]

    def begun(self, marks: Sequence[int]) -> list[list[str]]:
        """The customers whose first contract began between each two marks."""
        found: list[list[str]] = [[] for _ in marks[1:]]
        for who, spans in self._spans.items():
            at = bisect_right(marks, spans[0][0]) - 1 if spans else -1
            if 0 <= at < len(found):
                found[at].append(who)
        return found

    def first(self, customer: str) -> int | None:
        """When the first contract of a customer began, None without any."""
        spans = self._spans.get(customer)
        return spans[0][0] if spans else None

    def silence(self, wrote: set[str], left: set[str], begin: int, later: int) -> dict[str, tuple[int, int]]:
        """Of the customers active at the start who ``wrote`` in the period: (lost, all) of those whom something
        ``left`` unanswered in time exposed to silence, and of the others."""
        stayed = self.active(later)
        return {name: (len(side - stayed), len(side)) for name, side in self.sides(wrote, left, begin).items()}

    def sides(self, wrote: set[str], left: set[str], begin: int) -> dict[str, set[str]]:
        """Who is on which side of the silence link."""
        base = self.active(begin) & wrote
        return {"exposed": base & left, "unexposed": base - left}


def _union(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same cover as spans that do not touch, in the order of time."""
    found: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if begin >= end:
            continue
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((begin, end))
    return found
