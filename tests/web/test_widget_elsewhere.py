"""A chat that goes on by SMS or Telegram: the same customer, the same ticket, by a code that is good once."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import secrets

import pytest
from sqlalchemy import select, update

from connectors.base import Address, Inbound, Request
from inbox import clock
from inbox.actions import channels, intake, journal
from inbox.actions.who import SYSTEM
from inbox.store import Channel, Handover, Identity, Message, Ticket
from tests.web.conftest import Browser, TestDesk
from tests.web.test_widget_entry import Visiting

COUNT = itertools.count(1)


@pytest.fixture
def bot(desk: TestDesk) -> Channel:
    for_all = {"token": f"{secrets.randbelow(10**9)}:{secrets.token_hex(16)}", "username": "BottegaBot"}
    return desk.add_channel("telegram", f"bot-{secrets.token_hex(4)}", **for_all)


def comes(desk: TestDesk, bot: Channel, text: str, sender: str) -> Message:
    """What the bot hears, taken in as the worker does."""
    item = Inbound(f"t{next(COUNT)}-{secrets.token_hex(3)}", Address(sender, "Omar"), text, clock.now())
    with desk.store.transaction() as work:
        row = work.get_one(Channel, bot.id)
        entry = journal.keep(work, row, Request("POST", "https://desk.example/", [], b"x"))
        ended = intake.take(work, row, entry, item)
        return work.get_one(Message, ended.message)


def started(desk: TestDesk) -> tuple[Visiting, Message, str]:
    """A chat, its first message and the code of its link to Telegram."""
    visiting = Visiting(desk, elsewhere=["telegram", "sms"])
    visiting.write("Dov'è l'ordine?")
    first = visiting.message()
    url = visiting.said("elsewhere", kind="telegram")["url"]
    found = re.fullmatch(r"https://t\.me/bottegabot\?start=([a-z2-9]{10})", url)
    assert found is not None, url
    return visiting, first, found[1]


def customer(desk: TestDesk, message: Message) -> str:
    with desk.store.reading() as work:
        return work.get_one(Identity, message.identity_id).customer_id


def number() -> str:
    return str(secrets.randbelow(10**9))


def test_who_brings_the_code_is_the_visitor_and_goes_on_in_the_ticket(desk: TestDesk, bot: Channel) -> None:
    _visiting, first, code = started(desk)
    sender = number()
    came = comes(desk, bot, f"/start {code}", sender)
    assert (came.ticket_id, came.text) == (first.ticket_id, "/start")
    assert customer(desk, came) == customer(desk, first)
    assert comes(desk, bot, "Eccomi qui", sender).ticket_id == first.ticket_id
    again = comes(desk, bot, f"/start {code}", number())  # good once
    assert again.ticket_id != first.ticket_id
    assert customer(desk, again) != customer(desk, first)


def test_somebody_whom_the_desk_knew_takes_the_chat_over(desk: TestDesk, bot: Channel) -> None:
    sender = number()
    known = comes(desk, bot, "Ciao", sender)
    before = customer(desk, known)
    _visiting, first, code = started(desk)
    came = comes(desk, bot, f"/start {code}", sender)
    assert came.ticket_id == first.ticket_id
    assert customer(desk, came) == customer(desk, first) == before
    with desk.store.reading() as work:
        assert work.get_one(Ticket, first.ticket_id).customer_id == before


def test_an_old_code_and_one_of_another_channel_lead_nowhere(desk: TestDesk, bot: Channel) -> None:
    _visiting, first, code = started(desk)
    with desk.store.transaction() as work:
        work.execute(update(Handover).values(expires_at=clock.now() - dt.timedelta(seconds=1)))
    came = comes(desk, bot, f"/start {code}", number())
    assert came.ticket_id != first.ticket_id
    assert came.text == f"/start {code}"
    with desk.store.transaction() as work:
        work.execute(update(Handover).values(expires_at=clock.now() + dt.timedelta(days=1), kind="sms"))
    assert comes(desk, bot, f"/start {code}", number()).ticket_id != first.ticket_id


def test_only_what_the_desk_has_is_offered(desk: TestDesk, bot: Channel) -> None:
    visiting = Visiting(desk, elsewhere=["telegram"])
    assert 'data-kind="telegram"' in Browser(desk.app).get(f"/widget/{visiting.site.id}?lang=en").text
    visiting.write()
    assert visiting.said("elsewhere", kind="sms")["error"] == "invalid"
    assert visiting.said("elsewhere", kind={"a": 1})["error"] == "invalid"
    with desk.store.transaction() as work:
        for one in work.scalars(select(Channel).where(Channel.kind == "telegram", Channel.removed_at.is_(None))):
            channels.change(work, SYSTEM, one.id, enabled=False)
    assert 'data-kind="telegram"' not in Browser(desk.app).get(f"/widget/{visiting.site.id}").text


def test_an_sms_link_brings_the_number_and_the_code(desk: TestDesk) -> None:
    account = {
        "account_sid": "AC" + "0" * 32,
        "auth_token": "0" * 32,
        "number": f"+4477009{secrets.randbelow(10**5):05}",
    }
    desk.add_channel("sms", f"sms-{secrets.token_hex(4)}", **account)
    visiting = Visiting(desk, elsewhere=["sms"])
    visiting.write()
    url = visiting.said("elsewhere", kind="sms")["url"]
    assert re.fullmatch(rf"sms:\{account['number']}\?&body=Chat%20[a-z2-9]{{10}}", url), url
