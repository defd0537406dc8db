"""When somebody may be reached, and what nobody can choose: rules as tables."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from inbox.actions import habits
from inbox.errors import Invalid
from inbox.store import Agent
from tests.actions.conftest import SmallDesk

WEEK = {"days": [0, 1, 2, 3, 4], "from": "08:00", "to": "19:00", "zone": "Europe/Rome"}
NIGHT = {"days": [4], "from": "22:00", "to": "06:00", "zone": "Europe/Rome"}
DAY = {"days": [6], "from": "00:00", "to": "00:00", "zone": "Europe/Rome"}


@pytest.mark.parametrize(
    ("hours", "now", "then"),
    [
        ({}, "2026-11-21T03:00:00Z", "2026-11-21T03:00:00Z"),
        (WEEK, "2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z"),  # a Friday
        (WEEK, "2026-11-20T18:00:00Z", "2026-11-23T07:00:00Z"),  # 19:00 in Rome: over, until Monday
        (WEEK, "2026-11-20T06:59:59Z", "2026-11-20T07:00:00Z"),
        (WEEK, "2026-11-22T12:00:00Z", "2026-11-23T07:00:00Z"),
        (WEEK, "2026-03-28T12:00:00Z", "2026-03-30T06:00:00Z"),  # summer time begins in between
        (NIGHT, "2026-11-21T04:59:00Z", "2026-11-21T04:59:00Z"),  # Saturday morning is still Friday's
        (NIGHT, "2026-11-21T05:00:00Z", "2026-11-27T21:00:00Z"),
        (DAY, "2026-11-22T22:59:00Z", "2026-11-22T22:59:00Z"),
        (DAY, "2026-11-22T23:00:00Z", "2026-11-28T23:00:00Z"),
    ],
)
def test_who_has_hours_is_reached_within_them(hours: dict[str, Any], now: str, then: str) -> None:
    assert habits.reachable(hours, dt.datetime.fromisoformat(now)) == dt.datetime.fromisoformat(then)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"from": "8"}, "from"), ({"to": "24:00"}, "to"), ({"days": ["7"]}, "days"), ({"zone": "Rome"}, "zone")],
)
def test_hours_that_are_none_are_refused_where_they_were_typed(
    desk: SmallDesk, wrong: dict[str, Any], field: str
) -> None:
    with desk.store.transaction() as work, pytest.raises(Invalid) as refused:
        habits.set_hours(work, desk.who(), {**WEEK, **wrong})
    assert list(refused.value.fields) == [field]


def test_only_what_differs_from_everybodys_is_kept(desk: SmallDesk) -> None:
    with desk.store.transaction() as work:
        chosen = {"soon": ["mail", "pigeon"], "assigned": ["page", "push", "mail"], "late": []}
        habits.set_notices(work, desk.who(), chosen, 240)
    with desk.store.reading() as work:
        agent = work.get_one(Agent, desk.admin)
        assert (agent.notices["soon"], agent.notices["late"], agent.digest_m) == (["mail"], [], 240)
        assert "assigned" not in agent.notices
    with desk.store.transaction() as work, pytest.raises(Invalid):
        habits.set_notices(work, desk.who(), {}, 1)
