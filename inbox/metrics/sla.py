"""M8 SLA: two clocks per case in business time, each settled once."""

from __future__ import annotations

from dataclasses import dataclass

from inbox.metrics.cases import Case, What
from inbox.metrics.config import Config
from inbox.metrics.hours import Hours, OpeningHours
from inbox.metrics.interactions import Conversation
from inbox.metrics.speed import COUNTED, asked_in

__all__ = ["Clock", "frt_clock", "ttr_clock"]

_SETTLES = frozenset({What.OUT, What.TALK, What.CLOSE})


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


def frt_clock(case: Case, conversation: Conversation, config: Config, hours: Hours) -> Clock | None:
    """First inbound of the case to the human response; closed before any reply and in time is excluded."""
    items = iter(case.items)
    first = next((item for item in items if item.what in COUNTED), None)
    if not case.from_customer or first is None:
        return None
    asked = asked_in(conversation, first)
    if asked is None:
        return None
    settled = next((item for item in items if item.what in _SETTLES), None)
    due = hours.of(first.channel).used_up(first.at, config.allowance("frt_s", first.channel))
    clock = Clock(first.at, first.channel, asked.agent, asked.team, "pending", None)
    if settled is not None and (due is None or settled.at <= due):
        clock.outcome, clock.at = ("excluded" if settled.what is What.CLOSE else "met"), settled.at
    elif due is not None:
        clock.outcome, clock.at = "breached", due
    return clock


def ttr_clock(case: Case, resolver: tuple[str | None, str | None], config: Config, hours: Hours) -> Clock | None:
    """t0 to R1 minus pending."""
    if not case.from_customer or case.channel is None:
        return None
    agent, team = resolver
    stop = case.first_closing.at if case.first_closing is not None else None
    clock = Clock(case.t0, case.channel, agent, team, "pending", None)
    due = _breach(case, stop, config.allowance("ttr_s", case.channel), hours.of(case.channel))
    if due is not None:
        clock.outcome, clock.at = "breached", due
    elif stop is not None:
        clock.outcome, clock.at = "met", stop
    return clock


def _breach(case: Case, stop: int | None, allowance: int, hours: OpeningHours) -> int | None:
    """The instant at which the clock exceeds its allowance before it stops, or None."""
    left = allowance
    for span_begin, span_end in case.running:
        if span_begin is None or (stop is not None and span_begin >= stop):
            break
        begin = max(span_begin, case.t0)
        end = stop if span_end is None else span_end if stop is None else min(span_end, stop)
        due = hours.used_up(begin, left)
        if due is None:
            return None
        if end is None or due < end:
            return due
        left -= hours.between(begin, max(begin, end))
    return None
