"""When the sample's people were at the counter: around what they did there. The rest of their day is other work."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator
from typing import Final

from inbox import clock
from inbox.actions import people
from inbox.actions.sample.stage import Stage, Stay

__all__ = ["tell"]

BEFORE: Final = dt.timedelta(minutes=1)
AFTER: Final = dt.timedelta(minutes=3)
APART: Final = dt.timedelta(minutes=8)  # whoever has less to wait than that stays
HERE_SINCE: Final = dt.timedelta(minutes=50)
Span = tuple[dt.datetime, dt.datetime]
State = tuple[dt.datetime, str, str]  # when, who, which


def tell(stage: Stage, *, here: Iterable[str]) -> None:
    """Writes down who was there when, for the sample's own people; those of ``here`` still are."""
    now = stage.times.now
    since = dict.fromkeys(here, now - HERE_SINCE)
    states: list[State] = []
    for key, agent in stage.agents.items():
        if agent.sample:
            stays = [one for one in stage.stays if one.agent == key]
            states += _states(key, list(_spans(stays, since.get(key, now))), stage.times.zone)
    for at, key, state in sorted(states):
        agent = stage.agents[key]
        with clock.at(at):
            actor = stage.who(key).actor
            stage.work.append("agent.state", actor=actor, agent=agent.id, team=agent.team_id, state=state)
    for key, at in since.items():
        if stage.agents[key].sample:
            with clock.at(at):
                people.set_state(stage.work, stage.agents[key].id, "online")


def _states(key: str, spans: list[Span], zone: dt.tzinfo) -> Iterator[State]:
    """Online in each, away until the next one of the day, then gone."""
    for span, following in itertools.zip_longest(spans, spans[1:]):
        again = following is not None and following[0].astimezone(zone).date() == span[1].astimezone(zone).date()
        yield span[0], key, "online"
        yield span[1], key, "away" if again else "offline"


def _spans(stays: Iterable[Stay], end: dt.datetime) -> Iterator[Span]:
    """What some stays cover with a little before and after, in order; short pauses belong to it."""
    begun: dt.datetime | None = None
    until = end
    for stay in sorted(stays, key=lambda one: one.start):
        start, over = stay.start - BEFORE, min(stay.end + AFTER, end)
        if start >= end:
            break
        if begun is not None and start - until <= APART:
            until = max(until, over)
            continue
        if begun is not None:
            yield begun, until
        begun, until = start, over
    if begun is not None:
        yield begun, until
