"""Two people at work on one desk: the supervisor's board, and what becomes of messages, on both screens at once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from inbox.actions import channels, tickets
from inbox.actions.who import SYSTEM
from inbox.store import Ticket
from tests.journeys.desk import RunningDesk, until
from tests.ui.conftest import Receives, SignIn, open_ticket

FABIO = 777_001


def lane(page: Page, name: str) -> str:
    """Where somebody's lane is on the board."""
    found = page.locator(f".lane[aria-label='{name}']").get_attribute("id")
    assert found
    return f"#{found}"


@pytest.fixture
def nothing_waits(desk: RunningDesk) -> None:
    """What tests before have left is done: a lane shows the first of its tickets, and balance moves all of them."""
    with desk.store.transaction() as work:
        for ticket in work.query(Ticket).filter(Ticket.assignee_id.is_(None), Ticket.status.in_(("new", "open"))):
            tickets.set_status(work, SYSTEM, ticket.id, "resolved")


@pytest.mark.usefixtures("nothing_waits")
def test_a_supervisor_moves_and_evens_out_and_both_see_it(
    sign_in: SignIn, desk: RunningDesk, receives: Receives
) -> None:
    luca, sara = sign_in("luca"), sign_in("sara")
    luca.goto(f"{desk.url}/board")
    first, second, third = (receives("chiara", f"Lavagna {n}")[0] for n in range(3))
    card = luca.locator(f"#card-{first}")
    expect(luca.locator(f"#lane-none #card-{first}")).to_be_visible()

    sara.goto(f"{desk.url}/tickets?view=mine")
    card.drag_to(luca.locator(f"{lane(luca, 'Sara Conti')} .lane-b"))
    expect(sara.locator(f"#row-{first}")).to_be_visible()
    expect(luca.locator(f"{lane(luca, 'Sara Conti')} #card-{first}")).to_be_visible()

    luca.locator(f"#card-{second} a.tk-a").focus()
    luca.keyboard.press("a")
    luca.get_by_role("dialog").get_by_role("button", name="Sara Conti").click()
    expect(sara.locator(f"#row-{second}")).to_be_visible()
    expect(luca.locator(".toast").last).to_contain_text("Given to Sara")
    luca.locator(".toast").get_by_role("button", name="Undo").last.click()
    expect(luca.locator(f"#lane-none #card-{second}")).to_be_visible()
    expect(sara.locator(f"#row-{second}")).to_have_count(0)

    luca.get_by_role("link", name="Balance load").click()
    expect(luca.locator(f"#m-{second}")).to_be_checked()  # a preview: nothing has moved
    assert owner(desk, second) is None
    luca.get_by_role("button", name="Move them").click()
    expect(luca.get_by_role("status").get_by_text("moved")).to_be_visible()
    until("somebody has them", lambda: owner(desk, second) and owner(desk, third))
    luca.locator(".board-note").get_by_role("button", name="Undo").click()
    expect(luca.locator(f"#lane-none #card-{second}")).to_be_visible()
    assert (owner(desk, second), owner(desk, first)) == (None, owner(desk, first))


def owner(desk: RunningDesk, ticket: int) -> str | None:
    with desk.store.reading() as work:
        return work.get_one(Ticket, ticket).assignee_id


@pytest.fixture
def bot(desk: RunningDesk) -> RunningDesk:
    """The desk with a Telegram bot that hears everything."""
    if "telegram" not in desk.channels:
        channel = desk.add_channel("telegram", receive="webhook", secret_token="geheim_1234567890")
        with desk.store.reading() as work:
            config = channels.config_of(work, channels.find(work, channel.id))
        assert list(desk.store.connectors["telegram"].connect(config, f"{desk.url}/hooks/telegram/{channel.id}"))
    return desk


def test_what_becomes_of_messages_is_on_both_screens(sign_in: SignIn, bot: RunningDesk) -> None:
    """Edited by the customer, liked, refused by the provider, sent again by the other agent."""
    customer = bot.sandbox.telegram
    came = customer.receive(FABIO, "Aprite alle otto?", person={"first_name": "Fabio", "last_name": "Marchetti"})
    pages = sara, giulia = sign_in("sara"), sign_in("giulia")
    number = until("a ticket", lambda: by_subject(bot, "Aprite alle otto?"))
    for page in pages:
        open_ticket(page, number)

    customer.edit(FABIO, came["id"], "Aprite alle nove?")
    for page in pages:
        expect(page.locator(".msg.from .bub")).to_have_text("Aprite alle nove?")
        page.locator(".msg.from .edited summary").click()
        expect(page.locator(".msg.from .edited li")).to_contain_text("Aprite alle otto?")

    sara.locator(".comp-in").fill("Alle otto e mezza.")
    sara.keyboard.press("Control+Enter")
    [sent] = customer.accepted(count=1, timeout=25)
    customer.react(FABIO, int(sent["id"].partition(":")[2]), "👍")
    for page in pages:
        expect(page.locator(".msg.out[data-state=sent]")).to_have_count(1)
        expect(page.locator(".msg.out .reacted")).to_have_text("👍")

    bot.sandbox.fault("telegram", "error", code="Bad Request: chat not found", status=400)
    sara.locator(".comp-in").fill("Le va bene?")
    sara.keyboard.press("Control+Enter")
    for page in pages:
        expect(page.locator(".msg.out[data-state=failed] .trouble")).to_contain_text("Not delivered.")
    again = giulia.locator(".msg.out[data-state=failed]")
    with giulia.expect_response(lambda answer: answer.url.endswith("/retry")):  # the press is heard, whatever is drawn
        again.get_by_role("button", name="Send again").click()
    customer.accepted(count=2, timeout=25)
    for page in pages:
        expect(page.locator(".msg.out[data-state=sent]")).to_have_count(2)
    assert [each["text"] for each in customer.accepted()] == ["Alle otto e mezza.", "Le va bene?"]


def by_subject(desk: RunningDesk, subject: str) -> int | None:
    with desk.store.reading() as work:
        found = work.query(Ticket).filter(Ticket.preview == subject).first()
        return found.id if found is not None else None
