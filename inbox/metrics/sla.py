"""M8 SLA: two clocks per case in business time, each settled once, and those that run now."""

from __future__ import annotations

from dataclasses import dataclass

from inbox.metrics.cases import Case, Item, What
from inbox.metrics.config import Config
from inbox.metrics.hours import Hours
from inbox.metrics.interactions import Conversation
from inbox.metrics.promises import Promise, promised, used_up
from inbox.metrics.speed import COUNTED, asked_in

__all__ = ["SOON", "Clock", "Running", "first_answer", "frt_clock", "running", "ttr_clock"]

_SETTLES = frozenset({What.OUT, What.TALK, What.CLOSE})
#: A clock that has used that share of its allowance is due soon.
SOON = 0.75


@dataclass(slots=True)
class Clock:
    """One clock: where it stands when nothing more happens.

    ``outcome`` is met, breached, excluded or pending; ``at`` is the instant at which it settles. A breach can lie
    in the future: until then the clock is pending.
    """

    started: int
    channel: str
    agent: str | None
    team: str | None
    outcome: str
    at: int | None


@dataclass(frozen=True, slots=True)
class Running:
    """A clock that nothing has stopped. ``name`` is first, next or resolve; ``soon`` and ``due`` are the instants at
    which most and all of its allowance is used, None while it stands still or where it never is."""

    name: str
    started: int
    soon: int | None
    due: int | None


def frt_clock(case: Case, conversation: Conversation, config: Config, hours: Hours) -> Clock | None:
    """First inbound of the case to the human response; closed before any reply and in time is excluded."""
    first, settled = _asked(case)
    if not case.from_customer or first is None:
        return None
    asked = asked_in(conversation, first)
    if asked is None:
        return None
    promises = promised(case, "frt_s", first.channel, first.address, config, hours)
    due = used_up([(first.at, None if settled is None else settled.at)], promises)
    clock = Clock(first.at, first.channel, asked.agent, asked.team, "pending", None)
    if due is not None:
        clock.outcome, clock.at = "breached", due
    elif settled is not None:
        clock.outcome, clock.at = ("excluded" if settled.what is What.CLOSE else "met"), settled.at
    return clock


def ttr_clock(case: Case, resolver: tuple[str | None, str | None], config: Config, hours: Hours) -> Clock | None:
    """t0 to R1 minus pending."""
    if not case.from_customer or case.channel is None:
        return None
    agent, team = resolver
    stop = case.first_closing.at if case.first_closing is not None else None
    clock = Clock(case.t0, case.channel, agent, team, "pending", None)
    due = used_up(_open(case, stop), promised(case, "ttr_s", case.channel, case.address, config, hours))
    if due is not None:
        clock.outcome, clock.at = "breached", due
    elif stop is not None:
        clock.outcome, clock.at = "met", stop
    return clock


def running(case: Case, config: Config, hours: Hours) -> list[Running]:
    """The clocks of a case that run now, that of the answer first: of M8, and that of the next reply, which runs from
    the first message after our last word to a person's answer or the end."""
    found: list[Running] = []
    waiting, answered = _waiting(case)
    if waiting is not None and case.is_open:
        name, clock = ("next", "nrt_s") if answered or not case.from_customer else ("first", "frt_s")
        promises = promised(case, clock, waiting.channel, waiting.address, config, hours)
        found.append(_run(name, waiting.at, [(waiting.at, None)], promises))
    if case.is_open and case.from_customer and case.channel is not None and case.first_closing is None:
        promises = promised(case, "ttr_s", case.channel, case.address, config, hours)
        found.append(_run("resolve", case.t0, _open(case, None), promises))
    return found


def first_answer(case: Case) -> Item | None:
    """What settled the first thing that the customer said, if a person of ours answered."""
    _first, settled = _asked(case)
    return settled if settled is not None and settled.what is not What.CLOSE else None


def _run(name: str, started: int, spans: list[tuple[int, int | None]], promises: list[Promise]) -> Running:
    soon = used_up(spans, [promise.part(SOON) for promise in promises])
    return Running(name, started, soon, used_up(spans, promises))


def _asked(case: Case) -> tuple[Item | None, Item | None]:
    """What the customer said first, and what settled it."""
    items = iter(case.items)
    first = next((item for item in items if item.what in COUNTED), None)
    return first, next((item for item in items if item.what in _SETTLES), None)


def _waiting(case: Case) -> tuple[Item | None, bool]:
    """What the customer waits for an answer to, and whether an earlier word of theirs was settled."""
    waiting: Item | None = None
    settled = False
    for item in case.items:
        if item.what in COUNTED:
            waiting = waiting or item
        elif item.what in _SETTLES:
            settled = settled or waiting is not None
            waiting = None
    return waiting, settled


def _open(case: Case, stop: int | None) -> list[tuple[int, int | None]]:
    """When the case was open and not pending, from t0 up to its first closing."""
    spans: list[tuple[int, int | None]] = []
    for begin, end in case.running:
        if begin is None or (stop is not None and begin >= stop):
            break
        spans.append((max(begin, case.t0), stop if end is None else end if stop is None else min(end, stop)))
    return [(begin, end) for begin, end in spans if end is None or begin < end]
