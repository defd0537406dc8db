"""Who gets a ticket: the rules over plain values, and the desk that follows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from inbox import clock
from inbox.actions import choosing, people, routing, tickets
from inbox.actions.choosing import Candidate, Given, Wanted, choose
from inbox.actions.who import SYSTEM
from inbox.errors import Problem
from inbox.store import Agent, Customer, Event, Ticket
from tests.actions.conftest import SmallDesk

T = [dt.datetime(2026, 11, day, tzinfo=dt.UTC) for day in range(1, 9)]
ANNA = Candidate("anna", load=3, capacity=4, given_at=T[3], skills=frozenset({"ssl"}), speaks=frozenset({"de"}))
BEA = Candidate("bea", load=3, capacity=8, given_at=T[2], skills=frozenset({"ssl", "dns"}))
CARLA = Candidate("carla", load=4, capacity=8, given_at=T[1], speaks=frozenset({"de", "fr"}))
DORA = Candidate("dora", load=8, capacity=8, skills=frozenset({"ssl", "dns", "pec"}))
EVA = Candidate("eva", load=0, capacity=8, of_kind=2, kind_capacity=2, skills=frozenset({"pec"}))
ALL = [ANNA, BEA, CARLA, DORA, EVA]  # dora is full, eva has two chats, which is all she takes


@pytest.mark.parametrize(
    ("way", "sticky", "wanted", "given"),
    [
        ("manual", True, Wanted(last_agent="bea"), None),
        ("round_robin", False, Wanted(), Given("carla", "round_robin")),
        ("least_busy", False, Wanted(), Given("bea", "least_busy")),
        ("least_busy", True, Wanted(last_agent="anna"), Given("anna", "last_agent")),
        ("least_busy", True, Wanted(last_agent="dora"), Given("bea", "least_busy")),
        ("least_busy", False, Wanted(last_agent="anna"), Given("bea", "least_busy")),
        ("skill", False, Wanted(frozenset({"ssl"})), Given("bea", "skill")),
        ("skill", False, Wanted(frozenset({"ssl", "dns", "x"})), Given("bea", "skill")),
        ("skill", False, Wanted(frozenset({"pec"})), Given("bea", "least_busy")),
        ("skill", False, Wanted(frozenset({"dns"}), "de"), Given("carla", "language")),
        ("skill", False, Wanted(frozenset({"ssl"}), "de"), Given("anna", "skill")),
        ("skill", False, Wanted(frozenset(), "ja"), Given("bea", "least_busy")),
    ],
)
def test_each_way_chooses_as_it_says(way: str, sticky: bool, wanted: Wanted, given: Given | None) -> None:
    assert choose(way, ALL, wanted, sticky=sticky) == given
    assert choose(way, [DORA, EVA], wanted, sticky=sticky) is None


def test_a_better_band_is_ahead_until_the_others_time_runs_out() -> None:
    best, none = 0, None
    assert choosing.urgency(0.1, best, 2) > choosing.urgency(0.5, none, 2)
    assert choosing.urgency(0.1, best, 2) > choosing.urgency(0.1, 1, 2) > choosing.urgency(0.1, none, 2)
    assert choosing.urgency(0.7, none, 2) > choosing.urgency(0.1, best, 2)  # it ages
    assert choosing.urgency(0.75, none, 2) > choosing.urgency(0.74, best, 2)
    assert choosing.urgency(0.9, best, 2) < choosing.urgency(1.2, none, 2)


@pytest.fixture
def marco(desk: SmallDesk) -> str:
    """Two at the desk: Giulia and Marco."""
    with desk.store.transaction() as work:
        id = people.add_agent(work, SYSTEM, email="marco@cirro.example", name="Marco", capacity=1).id
        for one in (id, desk.giulia):
            people.set_state(work, one, "online")
        routing.save_rule(work, SYSTEM, routing.ALL, "round_robin", sticky=True)
    return id


def given(desk: SmallDesk) -> dict[int, tuple[str | None, str]]:
    """Ticket → who has it, and what the last line says of why."""
    with desk.store.reading() as work:
        found = {one.id: one.assignee_id for one in work.query(Ticket).filter(Ticket.merged_into.is_(None))}
        lines = work.query(Event).filter(Event.kind == "ticket.assigned").order_by(Event.seq).all()
        why = {line.ticket_id: str(line.data.get("why", "")) for line in lines}
    return {number: (agent, why.get(number, "")) for number, agent in found.items()}


def test_the_queue_goes_round_within_capacity_and_back_to_the_last_agent(desk: SmallDesk, marco: str) -> None:
    numbers = [desk.take(desk.text(sender=f"+44770090012{n}")).ticket or 0 for n in range(4)]
    assert routing.route_due(desk.store) == 4
    found = given(desk)
    assert {why for _agent, why in found.values()} == {"round_robin"}
    assert sorted(str(agent) for agent, _why in found.values()) == sorted([marco, *[desk.giulia] * 3])
    assert routing.route_due(desk.store) == 0
    with desk.store.transaction() as work:
        tickets.set_status(work, SYSTEM, numbers[0], "resolved")
        tickets.set_status(work, SYSTEM, numbers[0], "closed")
        people.change_agent(work, SYSTEM, marco, capacity=8)
    before = found[numbers[0]][0]
    again = desk.take(desk.text(sender="+447700900120", at=clock.now())).ticket or 0
    assert again != numbers[0]
    routing.route_due(desk.store)
    assert given(desk)[again] == (before, "last_agent")


def test_nobody_at_the_desk_and_by_hand_leave_the_queue_alone(desk: SmallDesk, marco: str) -> None:
    number = desk.take(desk.text()).ticket or 0
    with desk.store.transaction() as work:
        for one in (marco, desk.giulia):
            people.set_state(work, one, "away")
    assert routing.route_due(desk.store) == 0
    with desk.store.transaction() as work:
        people.set_state(work, desk.giulia, "online")
        routing.save_rule(work, SYSTEM, f"channel:{desk.sms}", "manual", sticky=False)
    assert routing.route_due(desk.store) == 0
    with desk.store.transaction() as work:
        routing.remove_rule(work, SYSTEM, f"channel:{desk.sms}")
    assert routing.route_due(desk.store) == 1
    with desk.store.transaction() as work:  # whoever puts it back wants it there
        tickets.assign(work, desk.who(desk.giulia), number, agent=None)
    assert routing.route_due(desk.store) == 0


def test_a_teams_tickets_are_its_peoples_and_the_best_customers_come_first(desk: SmallDesk, marco: str) -> None:
    first, second = (desk.take(desk.text(sender=f"+44770090013{n}")).ticket or 0 for n in range(2))
    with desk.store.transaction() as work:
        team = people.add_team(work, SYSTEM, "Posta", members=[marco]).id
        routing.save_bands(work, SYSTEM, ["oro", "argento"])
        for number in (first, second):
            tickets.assign(work, SYSTEM, number, team=team)
        work.get_one(Customer, work.get_one(Ticket, second).customer_id).band = "oro"
    assert routing.route_due(desk.store) == 1  # marco takes one at a time, and giulia is not in the team
    assert given(desk) == {first: (None, ""), second: (marco, "round_robin")}


def test_out_of_office_hands_over_to_the_deputy_or_to_the_queue(
    desk: SmallDesk, marco: str, later: Callable[[dt.timedelta], None]
) -> None:
    number = desk.take(desk.text()).ticket or 0
    with desk.store.transaction() as work:
        tickets.assign(work, SYSTEM, number, agent=desk.giulia)
        people.set_absence(work, desk.who(desk.giulia), desk.giulia, clock.now() + dt.timedelta(days=2), marco)
        people.set_state(work, marco, "away")
    assert routing.route_due(desk.store) == 1
    assert given(desk)[number] == (marco, "deputy")
    with desk.store.transaction() as work:
        people.set_absence(work, desk.who(), marco, clock.now() + dt.timedelta(days=1), None)
    assert routing.route_due(desk.store) == 1
    assert given(desk)[number] == (None, "absent")
    assert routing.route_due(desk.store) == 0
    later(dt.timedelta(days=3))
    assert routing.route_due(desk.store) == 1
    assert given(desk)[number] == (desk.giulia, "round_robin")
    with desk.store.transaction() as work, pytest.raises(Problem, match="deputy"):
        people.set_absence(work, desk.who(), marco, clock.now() + dt.timedelta(days=1), marco)
    with desk.store.reading() as work:
        assert work.get_one(Agent, desk.giulia).state == "online"
