"""Customers who are signed in on the site: their signature, and their chat on every device."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from sqlalchemy import func, select

from connectors.chat import ChatConfig
from inbox import clock
from inbox.actions.signed import sign, verified
from inbox.errors import Invalid
from inbox.store import Customer, Identity, Message
from inbox.worker.journal import work_due
from tests.web.conftest import TestDesk
from tests.web.test_widget_entry import Visiting

SECRET = "a secret of the shop's server"
CONFIG = ChatConfig.model_validate(
    {"title": "Bottega", "allowed_sites": ["https://bottega.example"], "identity_secret": SECRET}
)


def who(user: str = "u-1", *, ahead: int = 3600, **more: Any) -> dict[str, Any]:
    expires = int(clock.now().timestamp()) + ahead
    return {"user_id": user, "expires": expires, "hash": sign(SECRET, user, expires), **more}


def test_the_signature_is_the_one_that_the_documentation_gives() -> None:
    signed = "eb27bcfc1a122dc01b49469880b39528ffd68be0fcd9e81858b1650e85785268"
    assert sign("0123456789abcdef", "42", 1_800_000_000) == signed
    assert verified(CONFIG, who(name=" Omar  Rinaldi ", email="Omar@Posta.example")).name == "Omar Rinaldi"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, "user_id is missing"),
        ({"user_id": "x" * 201}, "user_id"),
        ({"user_id": True}, "user_id"),
        (who() | {"expires": "soon"}, "expires is missing"),
        (who(ahead=-120), "has expired"),
        (who(ahead=90_000), "more than a day"),
        (who() | {"hash": "00"}, "hash is wrong"),
        (who() | {"hash": None}, "hash is wrong"),
        (who() | {"hash": ["a"]}, "hash is wrong"),
        (who() | {"user_id": "u-2"}, "hash is wrong"),
        (who() | {"hash": "è" * 64}, "hash is wrong"),
    ],
)
def test_a_wrong_signature_is_refused_with_what_is_wrong(said: dict[str, Any], reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        verified(CONFIG, said)


def test_a_chat_without_a_secret_believes_nobody() -> None:
    open_to_all = CONFIG.model_copy(update={"identity_secret": ChatConfig.model_fields["identity_secret"].default})
    with pytest.raises(Invalid, match="no secret"):
        verified(open_to_all, who())


def test_a_second_device_finds_the_talk_and_brings_what_it_wrote_before(desk: TestDesk) -> None:
    user = secrets.token_hex(4)
    home = Visiting(desk, identity_secret=SECRET)
    assert home.said("identify", token=home.token, **who(user))["kept"] is False  # nothing to find yet
    home.write("da casa")
    home.message()
    phone = Visiting(desk, identity_secret=SECRET, at=home)
    phone.write("dal telefono")
    phone.message()
    assert phone.said("identify", token=phone.token, **who(user, name="Omar"))["kept"] is True
    said = phone.said("hello", site=home.site.id, token=phone.token)["messages"]
    assert [one["text"] for one in said] == ["da casa", "dal telefono"]
    with desk.store.reading() as work:
        customers = select(func.count(func.distinct(Identity.customer_id))).where(
            Identity.id.in_(select(Message.identity_id).where(Message.channel_id == home.site.id))
        )
        assert work.scalar(customers) == 1
        names = work.scalars(select(Customer.name).join(Identity).where(Identity.kind == "chat")).all()
    assert "Omar" in names
    again = phone.said("identify", token=phone.token, **who("somebody else"))
    assert again["error"] == "conflict"
    stranger = Visiting(desk, identity_secret=SECRET, at=home)
    assert stranger.said("hello", site=home.site.id, token=stranger.token)["messages"] == []


def test_who_signs_out_leaves_nothing_on_the_line(desk: TestDesk) -> None:
    visiting = Visiting(desk, identity_secret=SECRET)
    visiting.said("identify", token=visiting.token, **who())
    visiting.write("sono io")
    visiting.said("hello", site=visiting.site.id)
    visiting.token = secrets.token_urlsafe(32)
    visiting.write("sono un altro")
    while work_due(desk.store):
        pass
    with desk.store.reading() as work:
        senders = work.scalars(select(Message.from_address).where(Message.channel_id == visiting.site.id)).all()
    assert len(set(senders)) == 2
