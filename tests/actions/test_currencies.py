"""A currency is one with which somebody pays today, at every door that takes one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from inbox.actions import costs, currencies
from inbox.actions import desk as settings
from inbox.actions.who import SYSTEM
from inbox.errors import Invalid
from inbox.store import Work
from tests.actions.conftest import SmallDesk


@pytest.mark.parametrize("code", ["EUR", "USD", "CHF", "XAF", "ZWG"])
def test_money_that_is_in_use_is_known(code: str) -> None:
    assert currencies.known(code)
    assert currencies.currency(f" {code.lower()} ") == code


@pytest.mark.parametrize("code", ["", "EURO", "€", "US$", "ÀÉÈ", "EU", "ABC", "XXX", "XTS", "XAU", "ITL", "DEM"])
def test_what_nobody_pays_with_is_refused_with_a_sentence(code: str) -> None:
    assert not currencies.known(code)
    with pytest.raises(Invalid, match="is no currency in use; write its three capital letters, like EUR") as refused:
        currencies.currency(code, "money")
    assert list(refused.value.fields) == ["money"]


DAY = dt.date(2026, 1, 1)


@pytest.mark.parametrize(
    "said",
    [
        lambda work: costs.rate(work, SYSTEM, per_hour="24", start=DAY),
        lambda work: costs.exchange(work, SYSTEM, currency="GBP", rate="1.19", day=DAY),
        lambda work: settings.keep(work, "routing.values", {"oro": "1000"}),
    ],
)
def test_money_is_not_read_as_other_money_unless_that_was_meant(
    desk: SmallDesk, said: Callable[[Work], object]
) -> None:
    with desk.store.transaction() as work:
        said(work)
    with desk.store.transaction() as work:
        with pytest.raises(
            Invalid, match="were said in EUR and would be read as USD; say in Settings, Costs that USD was meant"
        ) as refused:
            settings.put(work, SYSTEM, "desk.currency", "USD")
        assert list(refused.value.fields) == ["currency"]
        settings.put(work, SYSTEM, "desk.currency", "EUR")
        assert settings.get(work, "desk.currency") == "EUR"
        settings.put(work, SYSTEM, "desk.currency", "USD", meant=True)
        assert settings.get(work, "desk.currency") == "USD"


def test_a_desk_whose_amounts_name_their_own_currency_changes_its_own_freely(desk: SmallDesk) -> None:
    with desk.store.transaction() as work:
        costs.fee(work, SYSTEM, month="2026-01", amount="20")
    with desk.store.transaction() as work:
        settings.put(work, SYSTEM, "desk.currency", "CHF")
    with desk.store.reading() as work:
        assert costs.fees(work)[None, "2026-01"].data["currency"] == "EUR"
