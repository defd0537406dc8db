"""Telegram and Messenger: from the customer's app to the screen, and exactly the answer back."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.journeys.conftest import answer, sign_in
from tests.journeys.desk import RunningDesk, until


def converse(desk: RunningDesk, page: Page, question: str, reply: str) -> None:
    row = page.locator("#rows .conv").filter(has_text=question)
    expect(row).to_be_visible(timeout=30_000)
    row.locator("a.conv-a").click()
    expect(page.get_by_role("log")).to_contain_text(question)
    answer(page, reply)


def test_a_telegram_message_is_answered_by_the_bot(desk: RunningDesk, page: Page) -> None:
    channel = desk.add_channel("telegram", receive="webhook", secret_token="geheim_1234567890")
    desk.start()
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


def test_a_messenger_message_is_answered_by_the_page_and_read(desk: RunningDesk, page: Page) -> None:
    desk.add_channel("messenger")
    desk.start()
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
    from inbox.actions import channels

    with desk.store.reading() as work:
        return channels.config_of(work, channels.find(work, channel_id))
