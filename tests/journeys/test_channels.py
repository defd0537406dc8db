"""A message by each channel, from the customer to the screen and to the report, and exactly the answer back."""

from __future__ import annotations

import time

import requests
from playwright.sync_api import Frame, Page, expect
from sqlalchemy import select

from inbox.actions import channels
from inbox.store import JournalEntry, Message
from inbox.terms import Direction
from tests.journeys.conftest import answer, resolve, sign_in
from tests.journeys.desk import RunningDesk, until
from tests.servers.chromium import OpenPage

CUSTOMER = "+447700900123"
#: How long the agent stays on a chat: past one beat (15 s), so that not only the end of the stay stands for it.
STAY_S = 20
SLACK_S = 5


def test_an_sms_is_answered_from_the_live_screen_and_counted_with_its_price(shared: RunningDesk, page: Page) -> None:
    desk = shared
    sign_in(page, desk)

    # the provider calls, signed; the open list shows it without a reload
    delivered = desk.sandbox.sms.receive(CUSTOMER, "Buongiorno, il sito non si apre più")
    assert delivered["delivery"]["status"] == 200
    row = page.locator("#rows .conv").filter(has_text="il sito non si apre")
    expect(row).to_be_visible()

    # the agent opens it, answers; it leaves after the undo time, exactly as written
    row.locator("a.conv-a").click()
    log = page.get_by_role("log")
    expect(log).to_contain_text("Buongiorno, il sito non si apre più")
    answer(page, "Buongiorno, lo sistemiamo subito. Luca")
    expect(log.locator(".msg.out")).to_have_count(1)
    [sent] = desk.sandbox.sms.accepted(count=1, timeout=20)
    assert (sent["to"], sent["text"]) == (CUSTOMER, "Buongiorno, lo sistemiamo subito. Luca")

    # status comes back to the screen, the price to the message
    expect(log.locator(".msg.out[data-state=delivered]")).to_have_count(1)

    def priced() -> Message | None:
        with desk.store.reading() as work:
            return work.scalar(
                select(Message).where(
                    Message.direction == Direction.OUT, Message.kind == "sms", Message.cost_amount.is_not(None)
                )
            )

    message = until("the price is known", priced)
    assert (str(message.cost_amount), message.cost_currency, message.segments) == ("0.0079", "USD", 1)

    # resolved from the keyboard, and the report counts it all
    resolve(page)
    report = desk.report(by="channel")["channel=sms"]
    assert report["vol.inbound"] == 1
    assert report["vol.handled"] == 1
    assert report["frt.n"] == 1
    assert report["case.resolved"] == 1
    assert (
        report["cost.provider"] >= 7_110
    )  # 0.0079 USD at 0.9, in millionths of the desk's euro; the inbound one on top
    assert report["cost.fx_missing"] == 0

    # one arrival, one message; the ledger balances
    with desk.store.reading() as work:
        ours = select(JournalEntry).where(JournalEntry.channel_id == desk.channels["sms"].id)
        outcomes = [item.outcome.value for entry in work.scalars(ours) for item in entry.items]
    assert outcomes.count("message") == 1
    assert set(outcomes) <= {"message", "status"}


def test_a_forged_sms_is_refused_kept_and_opens_no_ticket(shared: RunningDesk) -> None:
    """After the one that counts what came by that number."""
    desk, channel = shared, shared.channels["sms"]
    answer = requests.post(
        f"{desk.url}/hooks/sms/{channel.id}",
        data={"From": CUSTOMER, "To": "+12025550142", "Body": "gift", "MessageSid": "SM" + "0" * 32},
        headers={"X-Twilio-Signature": "AAAA"},
        timeout=10,
    )
    assert answer.status_code == 403
    with desk.store.reading() as work:
        last = select(JournalEntry).where(JournalEntry.channel_id == channel.id).order_by(JournalEntry.id.desc())
        entry = work.scalars(last.limit(1)).one()
        assert [(item.outcome.value, item.reason) for item in entry.items] == [("quarantined", "signature")]
        assert entry.body is not None
        assert b"gift" in entry.body


def converse(desk: RunningDesk, page: Page, question: str, reply: str) -> None:
    row = page.locator("#rows .conv").filter(has_text=question)
    expect(row).to_be_visible()
    row.locator("a.conv-a").click()
    expect(page.get_by_role("log")).to_contain_text(question)
    answer(page, reply)


def test_a_telegram_message_is_answered_by_the_bot(shared: RunningDesk, page: Page) -> None:
    desk, channel = shared, shared.channels["telegram"]
    for sentence in desk.store.connectors["telegram"].connect(
        _config(desk, channel.id), f"{desk.url}/hooks/telegram/{channel.id}"
    ):
        assert sentence
    sign_in(page, desk)
    desk.sandbox.telegram.receive(
        777001, "Avete assistenza il sabato?", person={"first_name": "Fabio", "last_name": "Marchetti"}
    )
    converse(desk, page, "Avete assistenza il sabato?", "Sì, dalle 9 alle 13.")
    [sent] = desk.sandbox.telegram.accepted(count=1, timeout=25)
    assert sent["text"] == "Sì, dalle 9 alle 13."
    assert str(sent["to"]) == "777001"
    expect(page.get_by_role("log").locator(".msg.out[data-state=sent]")).to_have_count(1)
    report = desk.report(by="channel")["channel=telegram"]
    assert (report["vol.inbound"], report["frt.n"]) == (1, 1)


def test_a_messenger_message_is_answered_by_the_page_and_read(shared: RunningDesk, page: Page) -> None:
    desk = shared
    sign_in(page, desk)
    desk.sandbox.messenger.receive("9004512345678", "La fattura è doppia?")
    converse(desk, page, "La fattura è doppia?", "La stacchiamo oggi.")
    [sent] = desk.sandbox.messenger.accepted(count=1, timeout=25)
    assert sent["text"] == "La stacchiamo oggi."
    log = page.get_by_role("log")
    expect(log.locator(".msg.out")).to_have_count(1)
    until("sent", desk.sandbox.messenger.accepted)
    desk.sandbox.messenger.read("9004512345678")
    expect(log.locator(".msg.out[data-state=read]")).to_have_count(1)
    report = desk.report(by="channel")["channel=messenger"]
    assert (report["vol.inbound"], report["frt.n"]) == (1, 1)


def _config(desk: RunningDesk, channel_id: str) -> object:
    with desk.store.reading() as work:
        return channels.config_of(work, channels.find(work, channel_id))


def open_widget(visitor: Page, desk: RunningDesk) -> Frame:
    """The demo host page with the widget opened; gives the chat's frame."""
    visitor.goto(f"{desk.url}/widget/{desk.channels['chat'].id}/try")
    expect(visitor.locator("sportello-chat")).to_be_attached()
    for _ in range(20):  # its shadow root is closed: a visitor without a mouse gets there by the keyboard
        visitor.keyboard.press("Tab")
        if visitor.evaluate("document.activeElement?.tagName") == "SPORTELLO-CHAT":
            break
    visitor.keyboard.press("Enter")
    return frame_of(visitor)


def frame_of(visitor: Page) -> Frame:
    """The frame of a chat that stands open."""
    # the iframe stands in that closed root too, so no locator of the page finds it
    for _ in range(300):
        for one in visitor.frames:
            if "/widget/" in one.url and "?" in one.url:
                expect(one.locator("#text")).to_be_visible()
                return one
        visitor.wait_for_timeout(100)
    raise AssertionError("the chat did not open")


def test_a_visitor_and_an_agent_talk_live_and_nothing_is_lost_over_a_reload(
    shared: RunningDesk, page: Page, open_page: OpenPage
) -> None:
    desk = shared
    sign_in(page, desk)
    visitor = open_page()
    chat = open_widget(visitor, desk)
    box = chat.locator("#text")
    expect(box).to_be_visible()
    box.fill("Quanto costa un sito vetrina?")
    box.press("Enter")

    row = page.locator("#rows .conv").filter(has_text="Quanto costa un sito vetrina?")
    expect(row).to_be_visible()
    clicked = time.monotonic()
    row.locator("a.conv-a").click()
    expect(page.get_by_role("log")).to_contain_text("Quanto costa un sito vetrina?")
    opened = time.monotonic()
    answer(page, "Da 390 euro, tutto compreso.")
    talk = chat.locator("#log")
    expect(talk).to_contain_text("Da 390 euro, tutto compreso.")
    expect(page.get_by_role("log").locator(".msg.out[data-state=delivered], .msg.out[data-state=read]")).to_have_count(
        1
    )

    # the tab remembers that the chat stood open: a key of ours would close it again
    visitor.reload()
    expect(visitor.locator("sportello-chat")).to_be_attached()
    chat = frame_of(visitor)
    talk = chat.locator("#log")
    expect(talk.get_by_text("Quanto costa un sito vetrina?")).to_have_count(1)
    expect(talk.get_by_text("Da 390 euro, tutto compreso.")).to_have_count(1)

    # who writes is named as in the list, also after an answer of ours
    chat.locator("#text").press_sequentially("Bene")
    name = page.locator("#panel-customer h2").inner_text()
    expect(page.locator(".collide")).to_contain_text(f"{name} is writing…")
    chat.locator("#text").fill("")

    # the visitor's line is cut while the agent answers: it comes once, when the line is back
    visitor.context.set_offline(True)
    answer(page, "E il dominio è incluso.")
    page.wait_for_timeout(1500)
    visitor.context.set_offline(False)
    expect(talk.get_by_text("E il dominio è incluso.")).to_have_count(1)

    # what a note says never reaches the visitor
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.locator(".composer textarea").fill("Cliente curioso")
    page.locator(".composer textarea").press("Control+Enter")
    expect(page.get_by_role("log")).to_contain_text("Cliente curioso")
    page.wait_for_timeout(500)
    expect(talk).not_to_contain_text("Cliente curioso")

    the_stay_is_the_handling_time(desk, page, clicked, opened)


def the_stay_is_the_handling_time(desk: RunningDesk, page: Page, clicked: float, opened: float) -> None:
    """From a real browser's own beats, with no timer to press."""
    while (left := STAY_S - (time.monotonic() - opened)) > 0:
        page.mouse.move(600 + left, 400)  # somebody is there
        page.wait_for_timeout(min(left, 5) * 1000)
    leaving = time.monotonic()
    page.goto(f"{desk.url}/board")
    expect(page.locator(".lanes")).to_be_visible()
    gone = time.monotonic()
    page.wait_for_timeout(1500)

    report = desk.report(by="channel")["channel=chat"]
    assert (report["vol.inbound"], report["frt.n"], report["aht.n"]) == (1, 1, 1)
    handled = report["aht.sum_ms"] / 1000
    assert leaving - opened - SLACK_S <= handled <= gone - clicked + SLACK_S
    assert report["cost.labour_direct"] == round(report["aht.sum_ms"] * 24_000_000 / 3_600_000)
