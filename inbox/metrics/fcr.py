"""M3 first contact resolution: the class of a case per window, as if it had matured, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from inbox.metrics.cases import Case
from inbox.metrics.times import DAY

__all__ = ["Judged", "Near", "Neighbour", "Verdict", "came_back", "judge", "related", "reopened"]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """All that the verdicts of a case, and of the same customer's other cases, depend on."""

    id: str
    root: str
    customer: str | None
    t0: int
    from_customer: bool
    reason: str | None
    opened: Sequence[Sequence[int | None]]
    closings: Sequence[tuple[int, str]]  # (when, how)
    contacts: Sequence[int]
    tickets: Collection[str]
    links: Collection[str]
    split: str | None  # the root that the ticket was split from, itself included; None without a split
    touched: bool  # a person of ours wrote or talked up to the first closing
    answered: bool  # and that answered an interaction


@dataclass(frozen=True, slots=True)
class Verdict:
    """``kind`` is not_customer, repeat, bot, unanswered, candidate or unresolved; ``why`` is one plain sentence."""

    kind: str
    success: bool
    why: str


Judged = tuple[dict[int, Verdict], bool]  # the verdicts of a case, and whether the customer came back


class Near(Protocol):
    """A case as far as verdicts go."""

    neighbour: Neighbour
    verdicts: dict[int, Verdict]
    came_back: bool


def related(a: Neighbour, b: Neighbour) -> bool:
    """Same customer and (linked, or same ticket, or same reason, or either reason unknown), not split siblings."""
    if a.root == b.root:
        return True
    if a.split is not None and a.split == b.split:
        return False
    if a.links and any(ticket in b.tickets for ticket in a.links):
        return True
    return a.reason is None or b.reason is None or a.reason == b.reason


def judge(own: Neighbour, others: Iterable[Neighbour], window_d: int) -> Verdict:
    """The FCR class of a case for one window; ``others`` are its related cases."""
    window = window_d * DAY
    if not own.from_customer:
        return Verdict("not_customer", False, "we wrote first")
    if (first := _repeats(own, others, window)) is not None:
        return Verdict("repeat", False, f"a repeat of {first}")
    if not own.closings:
        return Verdict("unresolved", False, "not resolved yet")
    at, how = own.closings[0]
    if how in {"bot", "customer"} and not own.touched:
        return Verdict("bot", False, f"closed by {how} without a person of ours")
    if not own.answered and how != "agent":
        return Verdict("unanswered", False, "never answered by a person, and not closed by one")
    return _success(own, at + window, others)


def _repeats(own: Neighbour, others: Iterable[Neighbour], window: int) -> str | None:
    """The related earlier case that was open at t0, or last resolved no longer than the window before."""
    t0 = own.t0
    for earlier in others:
        if earlier.t0 >= t0:
            continue
        if _open_at(earlier, t0):
            return earlier.id
        resolved = [at for at, _ in earlier.closings if at <= t0]
        if resolved and t0 - resolved[-1] <= window:
            return earlier.id
    return None


def _open_at(one: Neighbour, at: int) -> bool:
    return any(begin <= at and (end is None or at < end) for begin, end in one.opened if begin is not None)


def _success(own: Neighbour, until: int, others: Iterable[Neighbour]) -> Verdict:
    """Answered by a person before R1, exactly one contact up to R1+W, none on a related case in (t0, R1+W]."""
    if not own.answered:
        return Verdict("candidate", False, "closed by an agent without an answer")
    contacts = sum(at <= until for at in own.contacts)
    if contacts != 1:
        return Verdict("candidate", False, f"{contacts} contacts of the customer up to the end of the window")
    for other in others:
        if any(own.t0 < at <= until for at in other.contacts):
            return Verdict("candidate", False, f"the customer contacted us again in {other.id}")
    return Verdict("candidate", True, "one contact, answered, and no other in the window")


def came_back(own: Neighbour, others: Iterable[Neighbour], after: int, until: int) -> bool:
    """Whether the customer contacted us on this case or a related one in (after, until]."""
    everybody = (own, *others)
    return any(after < at <= until for one in everybody for at in one.contacts)


def reopened(case: Case, until: int) -> bool:
    """Whether the case was effectively reopened between R1 and an instant."""
    return any(begin is not None and begin <= until for begin, _ in case.opened[1:])
