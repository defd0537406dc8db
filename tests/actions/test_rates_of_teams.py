"""The hourly rate of a team holds for whoever is in it, from the day on which they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from zoneinfo import ZoneInfo

from inbox import clock
from inbox.actions import costs, people
from inbox.actions.who import SYSTEM
from inbox.metrics import read_events
from inbox.metrics.money import Wages
from inbox.reading.costs import page
from inbox.store import Event
from tests.actions.conftest import SmallDesk

ROME = ZoneInfo("Europe/Rome")


def today() -> dt.date:
    """The day at the desk: in its zone, an hour or two ahead of Greenwich."""
    return clock.now().astimezone(ROME).date()


FIRST = today() - dt.timedelta(days=20)


def per_hour(desk: SmallDesk, agent: str, days: int = 0) -> int:
    """What the figures take for an hour of somebody's so many days from now, in whole units."""
    with desk.store.reading() as work:
        lines = [one.as_dict() for one in work.query(Event).filter_by(kind="cost.rate").order_by(Event.seq)]
    day = today() + dt.timedelta(days=days)
    return Wages(read_events(lines).events).per_hour(agent, day.toordinal()) // 1_000_000


def test_whoever_comes_later_costs_what_the_team_costs(desk: SmallDesk, later: Callable[[dt.timedelta], None]) -> None:
    with desk.store.transaction() as work:
        team = people.add_team(work, SYSTEM, "Officina").id
        costs.rate(work, SYSTEM, per_hour="20", start=FIRST)
        costs.team_rate(work, SYSTEM, per_hour="31", start=FIRST, team=team)  # nobody is in it yet
        costs.team_rate(work, SYSTEM, per_hour="33", start=today() + dt.timedelta(days=40), team=team)
        assert costs.follow_teams(work) == 0
    later(dt.timedelta(days=10))
    with desk.store.transaction() as work:
        people.change_agent(work, SYSTEM, desk.giulia, teams=[team])
    with desk.store.transaction() as work:
        assert costs.follow_teams(work) == 1
    with desk.store.transaction() as work:
        assert costs.follow_teams(work) == 0
    found = [per_hour(desk, desk.giulia, days) for days in (-2, 0, 29, 31)]
    assert found == [20, 31, 31, 33]
    assert per_hour(desk, desk.admin) == 20

    later(dt.timedelta(days=2))
    with desk.store.transaction() as work:
        people.change_agent(work, SYSTEM, desk.giulia, teams=[])
    with desk.store.transaction() as work:
        assert costs.follow_teams(work) == 1
    assert [per_hour(desk, desk.giulia, days) for days in (-1, 0, 60)] == [31, 20, 20]
    with desk.store.transaction() as work:
        costs.rate(work, SYSTEM, per_hour="22", start=today())
    with desk.store.transaction() as work:
        costs.follow_teams(work)
    assert per_hour(desk, desk.giulia) == 22


def test_what_was_set_for_one_person_stays_theirs(desk: SmallDesk) -> None:
    with desk.store.transaction() as work:
        team = people.add_team(work, SYSTEM, "Officina").id
        costs.rate(work, SYSTEM, per_hour="44", start=FIRST, agent=desk.giulia)
        costs.team_rate(work, SYSTEM, per_hour="31", start=FIRST, team=team)
        people.change_agent(work, SYSTEM, desk.giulia, teams=[team])
    with desk.store.transaction() as work:
        assert costs.follow_teams(work) == 0
    assert per_hour(desk, desk.giulia) == 44


def test_a_team_s_rate_leaves_those_alone_who_have_one_of_their_own(desk: SmallDesk) -> None:
    soon, later_on = today() + dt.timedelta(days=20), today() + dt.timedelta(days=40)
    with desk.store.transaction() as work:
        team = people.add_team(work, SYSTEM, "Officina").id
        for agent in (desk.giulia, desk.admin):
            people.change_agent(work, SYSTEM, agent, teams=[team])
        costs.rate(work, SYSTEM, per_hour="44", start=FIRST, agent=desk.giulia)
    with desk.store.transaction() as work:
        told = costs.team_rate(work, SYSTEM, per_hour="31", start=FIRST + dt.timedelta(days=1), team=team)
        assert [line.data["agent"] for line in told] == [desk.admin]
        costs.team_rate(work, SYSTEM, per_hour="33", start=later_on, team=team)
        costs.rate(work, SYSTEM, per_hour="50", start=soon, agent=desk.admin)  # a team's was told for later
    with desk.store.transaction() as work:
        assert costs.follow_teams(work) == 0
    assert [per_hour(desk, desk.giulia, days) for days in (0, 41)] == [44, 44]
    assert [per_hour(desk, desk.admin, days) for days in (0, 19, 20, 41)] == [31, 31, 50, 50]

    with desk.store.transaction() as work:
        costs.rate(work, SYSTEM, per_hour="52", start=soon + dt.timedelta(days=5), agent=desk.admin)
        people.change_agent(work, SYSTEM, desk.admin, teams=[])
        costs.rate(work, SYSTEM, per_hour="20", start=FIRST)
    with desk.store.transaction() as work:
        assert costs.follow_teams(work) == 1, "they left it before their own begins"
    with desk.store.transaction() as work:
        assert costs.follow_teams(work) == 0
    assert [per_hour(desk, desk.admin, days) for days in (-1, 0, 20, 25, 41)] == [31, 20, 50, 52, 52]
    with desk.store.reading() as work:
        rows = [
            (row.per_hour, row.since) for row in page(work, SYSTEM).rates if row.agent and row.agent.id == desk.admin
        ]
    assert (Decimal(50), soon) in rows
    assert later_on not in {since for _amount, since in rows}, "what only goes on has no line of its own"
