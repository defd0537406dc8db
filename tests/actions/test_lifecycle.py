"""A ticket's status moves by one table, over the whole product of both enums."""

from __future__ import annotations

import itertools

import pytest

from inbox.store import LIFECYCLE, LOG_STATUS, after
from inbox.terms import Move, Status


@pytest.mark.parametrize(("status", "move"), list(itertools.product(Status, Move)))
def test_every_pair_leads_somewhere_sensible_or_nowhere(status: Status, move: Move) -> None:
    new = after(status, move)
    if new is None:
        assert (status, move) not in LIFECYCLE
        return
    wanted = {
        Move.OPEN: {Status.OPEN},
        Move.PENDING: {Status.PENDING},
        Move.SNOOZE: {Status.SNOOZED},
        Move.RESOLVE: {Status.RESOLVED},
        Move.REOPEN: {Status.OPEN},
        Move.CLOSE: {Status.CLOSED},
        Move.WAKE: {Status.OPEN},
        Move.CUSTOMER_WROTE: {Status.OPEN, Status.NEW},
        Move.AGENT_WROTE: {Status.OPEN, Status.PENDING, Status.RESOLVED, Status.CLOSED},
    }[move]
    assert new in wanted


def test_what_is_closed_is_reached_by_nothing_but_reopening_and_an_agent() -> None:
    assert {move for status, move in LIFECYCLE if status is Status.CLOSED} == {Move.REOPEN, Move.AGENT_WROTE}


def test_every_status_has_a_word_in_the_log() -> None:
    assert set(LOG_STATUS) == set(Status)
    assert set(LOG_STATUS.values()) == {"open", "pending", "hold", "resolved", "closed"}


def test_a_customer_who_writes_always_brings_an_open_ticket_unless_it_is_closed() -> None:
    for status in Status:
        new = after(status, Move.CUSTOMER_WROTE)
        assert (new in {Status.OPEN, Status.NEW}) == (status is not Status.CLOSED)
