"""What a channel costs each month: a fee stands until another one begins, whenever that was said."""

from __future__ import annotations

import datetime as dt

import pytest

from inbox import clock
from inbox.actions import costs
from inbox.actions.who import SYSTEM
from inbox.store import Event
from tests.actions.conftest import SmallDesk


def on(year: int, month: int) -> dt.datetime:
    return dt.datetime(year, month, 15, 12, tzinfo=dt.UTC)


def held(desk: SmallDesk) -> dict[str, str]:
    """The amounts by month, each of which one line alone tells the figures."""
    with desk.store.reading() as work:
        gone = {line.data["target"] for line in work.query(Event).filter_by(kind="void")}
        living = [line for line in work.query(Event).filter_by(kind="cost.fixed") if line.id not in gone]
        amounts = {month: str(line.data["amount"]) for (_kind, month), line in costs.fees(work).items()}
    assert sorted(line.data["month"] for line in living) == sorted(amounts)
    return dict(sorted(amounts.items()))


@pytest.mark.parametrize(("ahead", "after"), [("12", {"2027-02": "12", "2027-03": "12"}), ("0", {"2027-02": "0"})])
def test_a_fee_said_ahead_leaves_the_months_before_it_theirs(
    desk: SmallDesk, ahead: str, after: dict[str, str]
) -> None:
    with clock.at(on(2026, 11)), desk.store.transaction() as work:
        costs.standing_fee(work, SYSTEM, month="2026-10", amount="9.50", kind="sms")
        costs.fee(work, SYSTEM, month="2026-12", amount="3", kind="sms")
    with clock.at(on(2026, 11)), desk.store.transaction() as work:
        costs.standing_fee(work, SYSTEM, month="2027-02", amount=ahead, kind="sms")
    carried = []
    for month in (on(2026, 12), on(2027, 1), on(2027, 2), on(2027, 3)):
        with clock.at(month), desk.store.transaction() as work:
            carried.append(costs.carry_fees(work))
    before = {"2026-10": "9.50", "2026-11": "9.50", "2026-12": "3", "2027-01": "9.50"}
    assert held(desk) == {**before, **after}
    assert carried == [0, 1, 0, len(after) - 1]


def test_months_that_passed_unseen_are_each_given_their_own_fee(desk: SmallDesk) -> None:
    with clock.at(on(2026, 11)), desk.store.transaction() as work:
        costs.standing_fee(work, SYSTEM, month="2026-11", amount="9.50", kind="sms")
        costs.standing_fee(work, SYSTEM, month="2027-01", amount="12", kind="sms")
    with clock.at(on(2027, 2)), desk.store.transaction() as work:
        assert costs.carry_fees(work) == 2
    assert held(desk) == {"2026-11": "9.50", "2026-12": "9.50", "2027-01": "12", "2027-02": "12"}


def test_what_is_corrected_in_the_same_moment_counts_once(desk: SmallDesk) -> None:
    with clock.at(on(2026, 11)), desk.store.transaction() as work:  # as a file of settings says it
        costs.standing_fee(work, SYSTEM, month="2026-09", amount="9.50", kind="sms")
        costs.standing_fee(work, SYSTEM, month="2026-10", amount="12", kind="sms")
    assert held(desk) == {"2026-09": "9.50", "2026-10": "12", "2026-11": "12"}
