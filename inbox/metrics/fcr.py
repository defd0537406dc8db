"""M3 first contact resolution: the class of a case per window, as if it had matured, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from inbox.metrics.cases import Case
from inbox.metrics.interactions import Conversation
from inbox.metrics.times import DAY

__all__ = ["Neighbour", "Verdict", "came_back", "judge", "related", "reopened"]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What other cases of the same customer need to know of a case."""

    case: Case
    contacts: tuple[int, ...]
    tickets: frozenset[str]
    links: frozenset[str]
    split: str | None  # the root that the ticket was split from, itself included; None without a split


@dataclass(frozen=True, slots=True)
class Verdict:
    """``kind`` is not_customer, repeat, bot, unanswered, candidate or unresolved; ``why`` is one plain sentence."""

    kind: str
    success: bool
    why: str


def related(a: Neighbour, b: Neighbour) -> bool:
    """Same customer and (linked, or same ticket, or same reason, or either reason unknown), not split siblings."""
    if a.case.root == b.case.root:
        return True
    if a.split is not None and a.split == b.split:
        return False
    if a.links & b.tickets:
        return True
    return a.case.reason is None or b.case.reason is None or a.case.reason == b.case.reason


def judge(own: Neighbour, conversation: Conversation, others: Iterable[Neighbour], window_d: int) -> Verdict:
    """The FCR class of a case for one window; ``others`` are its related cases."""
    case = own.case
    window = window_d * DAY
    if not case.from_customer:
        return Verdict("not_customer", False, "we wrote first")
    if (first := _repeats(case, others, window)) is not None:
        return Verdict("repeat", False, f"a repeat of {first}")
    closing = case.first_closing
    if closing is None:
        return Verdict("unresolved", False, "not resolved yet")
    touched = any(r.at <= closing.at for r in conversation.replies)
    if closing.how in {"bot", "customer"} and not touched:
        return Verdict("bot", False, f"closed by {closing.how} without a person of ours")
    answered = any(i.answered_at is not None and i.answered_at <= closing.at for i in conversation.interactions)
    if not answered and closing.how != "agent":
        return Verdict("unanswered", False, "never answered by a person, and not closed by one")
    return _success(own, closing.at + window, others, answered=answered)


def _repeats(case: Case, others: Iterable[Neighbour], window: int) -> str | None:
    """The related earlier case that was open at t0, or last resolved no longer than the window before."""
    for other in others:
        earlier = other.case
        if earlier.t0 >= case.t0:
            continue
        if earlier.open_at(case.t0):
            return earlier.id
        resolved = [c.at for c in earlier.closings if c.at <= case.t0]
        if resolved and case.t0 - resolved[-1] <= window:
            return earlier.id
    return None


def _success(own: Neighbour, until: int, others: Iterable[Neighbour], *, answered: bool) -> Verdict:
    """Answered by a person before R1, exactly one contact up to R1+W, none on a related case in (t0, R1+W]."""
    if not answered:
        return Verdict("candidate", False, "closed by an agent without an answer")
    contacts = sum(at <= until for at in own.contacts)
    if contacts != 1:
        return Verdict("candidate", False, f"{contacts} contacts of the customer up to the end of the window")
    for other in others:
        if any(own.case.t0 < at <= until for at in other.contacts):
            return Verdict("candidate", False, f"the customer contacted us again in {other.case.id}")
    return Verdict("candidate", True, "one contact, answered, and no other in the window")


def came_back(own: Neighbour, others: Iterable[Neighbour], after: int, until: int) -> bool:
    """Whether the customer contacted us on this case or a related one in (after, until]."""
    everybody = (own, *others)
    return any(after < at <= until for one in everybody for at in one.contacts)


def reopened(case: Case, until: int) -> bool:
    """Whether the case was effectively reopened between R1 and an instant."""
    return any(begin is not None and begin <= until for begin, _ in case.opened[1:])
