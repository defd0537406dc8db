"""Balancing the load: what moves and what does not, done as one and undone as one."""

from __future__ import annotations

import datetime as dt

import pytest

from inbox.actions import balancing, people, routing, tickets
from inbox.actions.balancing import Held, Move, Seat, balance
from inbox.actions.who import SYSTEM
from inbox.errors import Conflict, Problem
from inbox.store import Event, Ticket
from tests.actions.conftest import SmallDesk

DUE = [dt.datetime(2026, 11, day, tzinfo=dt.UTC) for day in range(1, 9)]
BOTH = frozenset({"a", "b"})


def held(agent: str, n: int, allowed: frozenset[str] = BOTH, start: int = 1) -> list[Held]:
    return [Held(start + i, agent, DUE[i], allowed) for i in range(n)]


@pytest.mark.parametrize(
    ("seats", "tickets_", "moves"),
    [
        ([Seat("a", 4, 8), Seat("b", 4, 8)], held("a", 4), []),
        ([Seat("a", 5, 8), Seat("b", 4, 8)], held("a", 5), []),  # it would only change places
        ([Seat("a", 6, 8), Seat("b", 2, 8)], held("a", 6), [Move(1, "a", "b"), Move(2, "a", "b")]),
        ([Seat("a", 6, 8), Seat("b", 2, 2)], held("a", 6), []),  # b is full
        ([Seat("a", 3, 8, here=False), Seat("b", 6, 8)], held("a", 3), [Move(1, "a", "b"), Move(2, "a", "b")]),
        ([Seat("a", 0, 1), Seat("b", 0, 2)], held("", 4), [Move(1, "", "b"), Move(2, "", "a"), Move(3, "", "b")]),
        ([Seat("a", 6, 8), Seat("b", 2, 8)], held("a", 6, frozenset({"a"})), []),  # b is not in its team
        ([Seat("a", 6, 8), Seat("b", 2, 8, here=False)], held("a", 6), []),
    ],
)
def test_moves_even_the_load_out_and_no_more(seats: list[Seat], tickets_: list[Held], moves: list[Move]) -> None:
    assert balance(seats, tickets_) == moves


def test_many_moves_leave_nobody_over_capacity_and_end() -> None:
    seats = [Seat(f"s{n}", 12 if n == 0 else n, 4 + n) for n in range(6)]
    everybody = frozenset(seat.agent for seat in seats)
    moves = balance(seats, [Held(n, "s0", None, everybody) for n in range(12)])
    loads = {seat.agent: seat.load for seat in seats}
    for move in moves:
        loads[move.source] -= 1
        loads[move.target] += 1
    assert all(loads[seat.agent] <= seat.capacity for seat in seats)
    assert max(loads[seat.agent] / seat.capacity for seat in seats) <= 1
    assert len({move.ticket for move in moves}) == len(moves)


def test_a_balancing_is_done_and_undone_as_one(desk: SmallDesk) -> None:
    with desk.store.transaction() as work:
        marco = people.add_agent(work, SYSTEM, email="marco@cirro.example", name="Marco").id
        for one in (marco, desk.giulia):
            people.set_state(work, one, "online")
    numbers = [desk.take(desk.text(sender=f"+44770090014{n}")).ticket or 0 for n in range(6)]
    chief = desk.who()
    with desk.store.transaction() as work:
        for number in numbers:
            tickets.assign(work, SYSTEM, number, agent=desk.giulia)
    with desk.store.reading() as work:
        seats, moves = balancing.plan(work, chief)
        assert {seat.agent: (seat.load, seat.here) for seat in seats} == {
            desk.admin: (0, False),
            desk.giulia: (6, True),
            marco: (0, True),
        }
    assert [(move.source, move.target) for move in moves] == [(desk.giulia, marco)] * 3
    with desk.store.transaction() as work:  # one of them moves before the button is pressed
        tickets.assign(work, SYSTEM, moves[0].ticket, agent=None)
    with desk.store.transaction() as work:
        batch, done = balancing.apply(work, chief, moves)
    assert done == 2
    with desk.store.reading() as work:
        assert routing.floor(work).load(marco) == 2
        line = work.query(Event).filter(Event.kind == "ticket.assigned").order_by(Event.seq.desc()).first()
        assert line is not None
        assert line.data["why"] == "balance"
    with desk.store.transaction() as work:  # marco gives one on
        tickets.assign(work, SYSTEM, moves[1].ticket, agent=desk.admin)
    with desk.store.transaction() as work:
        assert balancing.take_back(work, chief, batch) == (1, 1)
    with desk.store.reading() as work:
        found = {number: work.get_one(Ticket, number).assignee_id for number in numbers}
    assert found[moves[1].ticket] == desk.admin
    assert found[moves[2].ticket] == desk.giulia
    with desk.store.transaction() as work, pytest.raises(Conflict, match="nothing to undo"):
        balancing.take_back(work, chief, batch)
    with desk.store.transaction() as work, pytest.raises(Problem, match="role supervisor"):
        balancing.apply(work, desk.who(desk.giulia), moves)
