"""A visitor's chat on the shop's page, live both ways, over a reload and a lost line."""

from __future__ import annotations

from playwright.sync_api import Frame, Page, expect

from tests.journeys.conftest import answer, sign_in
from tests.journeys.desk import RunningDesk
from tests.servers.chromium import OpenPage


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
    desk: RunningDesk, page: Page, open_page: OpenPage
) -> None:
    desk.add_channel("chat")
    desk.start()
    sign_in(page, desk)
    visitor = open_page()
    chat = open_widget(visitor, desk)
    box = chat.locator("#text")
    expect(box).to_be_visible()
    box.fill("Quanto costa un sito vetrina?")
    box.press("Enter")

    row = page.locator("#rows .conv").filter(has_text="Quanto costa un sito vetrina?")
    expect(row).to_be_visible()
    row.locator("a.conv-a").click()
    expect(page.get_by_role("log")).to_contain_text("Quanto costa un sito vetrina?")
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
    expect(talk.get_by_text("E il dominio è incluso.")).to_have_count(1, timeout=30_000)

    # what a note says never reaches the visitor
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.locator(".composer textarea").fill("Cliente curioso")
    page.locator(".composer textarea").press("Control+Enter")
    expect(page.get_by_role("log")).to_contain_text("Cliente curioso")
    page.wait_for_timeout(500)
    expect(talk).not_to_contain_text("Cliente curioso")

    report = desk.report(by="channel")["channel=chat"]
    assert (report["vol.inbound"], report["frt.n"]) == (1, 1)
