"""One SMS, from the customer's phone to the report and back."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from sqlalchemy import select

from inbox.store import JournalEntry, Message
from inbox.terms import Direction
from tests.journeys.conftest import answer, resolve, sign_in
from tests.journeys.desk import RunningDesk, until

CUSTOMER = "+447700900123"


def test_an_sms_is_answered_from_the_live_screen_and_counted_with_its_price(desk: RunningDesk, page: Page) -> None:
    desk.add_channel("sms")
    desk.start()
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
                select(Message).where(Message.direction == Direction.OUT, Message.cost_amount.is_not(None))
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
        outcomes = [item.outcome.value for entry in work.scalars(select(JournalEntry)) for item in entry.items]
    assert outcomes.count("message") == 1
    assert set(outcomes) <= {"message", "status"}


def test_a_forged_sms_is_refused_kept_and_opens_no_ticket(desk: RunningDesk) -> None:
    import requests

    channel = desk.add_channel("sms")
    desk.start("web")
    answer = requests.post(
        f"{desk.url}/hooks/sms/{channel.id}",
        data={"From": CUSTOMER, "To": "+12025550142", "Body": "gift", "MessageSid": "SM" + "0" * 32},
        headers={"X-Twilio-Signature": "AAAA"},
        timeout=10,
    )
    assert answer.status_code == 403
    with desk.store.reading() as work:
        [entry] = work.scalars(select(JournalEntry)).all()
        assert [(item.outcome.value, item.reason) for item in entry.items] == [("quarantined", "signature")]
        assert entry.body is not None
        assert b"gift" in entry.body
