"""The sample's customers are met once, however often a sample comes and goes."""

from __future__ import annotations

from inbox.actions.sample.meeting import meet
from inbox.store import Customer, Identity, Store

ADDRESSES = {"email": "ada@studio.example", "sms": "+447700900321"}


def met(store: Store, id: str, addresses: dict[str, str]) -> tuple[str, bool, list[str]]:
    with store.transaction() as work:
        one = meet(work, id, "Ada", addresses)
        work.flush()
        return one.id, one.sample, sorted(identity.value for identity in one.identities)


def test_a_new_one_is_of_the_sample_and_has_every_address(store: Store) -> None:
    assert met(store, "ada", ADDRESSES) == ("ada", True, ["+447700900321", "ada@studio.example"])
    assert met(store, "ada", ADDRESSES) == ("ada", True, ["+447700900321", "ada@studio.example"])


def test_who_stayed_is_met_by_an_address_and_gets_what_is_missing(store: Store) -> None:
    """As after a removal that left them for a real ticket, and a merge into somebody real."""
    with store.transaction() as work:
        work.add(Customer(id="real", name="Ada Neri", identities=[Identity(kind="email", value="ada@studio.example")]))
    assert met(store, "ada", ADDRESSES) == ("real", False, ["+447700900321", "ada@studio.example"])


def test_who_lost_every_address_is_met_by_their_number(store: Store) -> None:
    with store.transaction() as work:
        work.add(Customer(id="ada", name="Ada"))
        work.add(Customer(id="other", name="", identities=[Identity(kind="phone", value="+447700900321")]))
    assert met(store, "ada", ADDRESSES) == ("ada", False, ["+447700900321", "ada@studio.example"])
