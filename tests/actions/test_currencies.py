"""A currency is one with which somebody pays today, at every door that takes one."""

from __future__ import annotations

import pytest

from inbox.actions import currencies
from inbox.errors import Invalid


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
