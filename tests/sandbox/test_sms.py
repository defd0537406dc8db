"""The Twilio stand-in, spoken to with Twilio's own library."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from inbox.sandbox.client import attachment
from inbox.sandbox.running import Sandbox
from tests.connectors.loopback import Loopback, Reply
from tests.sandbox.conftest import TWIN_PNG, calls, until

OURS, CHIARA = "+12025550142", "+447700900142"


class Here(TwilioHttpClient):  # type: ignore[misc] # the library has no types
    """The library's own client, with this machine for api.twilio.com."""

    def __init__(self, base: str) -> None:
        super().__init__(timeout=10)
        self._base = base

    def request(self, method: str, url: str, *args: Any, **more: Any) -> Any:
        return super().request(method, url.replace("https://api.twilio.com", self._base), *args, **more)


@pytest.fixture
def twilio(sandbox: Sandbox) -> Any:
    account = sandbox.accounts()["sms"]
    return Client(account["account_sid"], account["auth_token"], http_client=Here(account["api_base"]))


@pytest.fixture
def hooked(sandbox: Sandbox, desk: Loopback) -> Loopback:
    sandbox.desk(desk.base, [{"kind": "sms", "hook_path": "/hook"}])
    return desk


def test_a_message_is_queued_then_sent_then_delivered_and_priced_later(sandbox: Sandbox, twilio: Any) -> None:
    message = twilio.messages.create(to=CHIARA, from_=OURS, body="Buongiorno €")
    assert (message.status, message.price, message.num_segments) == ("queued", None, "1")
    assert message.sid.startswith("SM")
    assert len(message.sid) == 34
    until(lambda: twilio.messages(message.sid).fetch().status == "delivered")
    priced = until(lambda: (found := twilio.messages(message.sid).fetch()).price and found)
    assert (priced.price, priced.price_unit) == ("-0.0079", "usd")


def test_the_judge_has_what_was_sent_with_all_its_fields(sandbox: Sandbox, twilio: Any) -> None:
    message = twilio.messages.create(to=CHIARA, from_=OURS, body="Pronto", validity_period=600)
    [entry] = sandbox.sms.accepted()
    assert {name: entry[name] for name in ("provider", "id", "to", "from", "text")} == {
        "provider": "sms",
        "id": message.sid,
        "to": CHIARA,
        "from": OURS,
        "text": "Pronto",
    }
    assert entry["raw"]["ValidityPeriod"] == ["600"]
    assert dt.datetime.fromisoformat(entry["time"]).utcoffset() == dt.timedelta()


@pytest.mark.parametrize(
    ("to", "sender", "body", "code"),
    [
        ("+15005550001", OURS, "x", 21211),
        ("+15005550002", OURS, "x", 21612),
        ("+15005550003", OURS, "x", 21408),
        ("+15005550004", OURS, "x", 21610),
        ("+15005550009", OURS, "x", 21614),
        (CHIARA, "+15005550001", "x", 21212),
        (CHIARA, "+15005550007", "x", 21606),
        (CHIARA, "+15005550008", "x", 21611),
        (CHIARA, "+447700900999", "x", 21606),
        ("07700900142", OURS, "x", 21211),
        (OURS, OURS, "x", 21266),
        (CHIARA, OURS, "", 21602),
        (CHIARA, OURS, "x" * 1601, 21617),
    ],
)
def test_what_twilio_refuses_is_refused_with_its_code(
    sandbox: Sandbox, twilio: Any, to: str, sender: str, body: str, code: int
) -> None:
    with pytest.raises(TwilioRestException) as refused:
        twilio.messages.create(to=to, from_=sender, body=body)
    assert refused.value.code == code
    assert sandbox.sms.accepted() == []


def test_the_magic_sender_is_accepted(twilio: Any) -> None:
    assert twilio.messages.create(to=CHIARA, from_="+15005550006", body="x").status == "queued"


def test_a_wrong_token_is_told_to_authenticate(sandbox: Sandbox) -> None:
    account = sandbox.accounts()["sms"]
    stranger = Client(account["account_sid"], "0" * 32, http_client=Here(account["api_base"]))
    with pytest.raises(TwilioRestException) as refused:
        stranger.messages.create(to=CHIARA, from_=OURS, body="x")
    assert (refused.value.status, refused.value.code) == (401, 20003)


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("x" * 160, "1"),
        ("x" * 161, "2"),
        ("€" * 80, "1"),
        ("€" * 81, "2"),
        ("ì" * 160, "1"),
        ("😀" * 35, "1"),
        ("ł" * 71, "2"),
    ],
)
def test_segments_are_counted_by_the_alphabet(twilio: Any, text: str, segments: str) -> None:
    assert twilio.messages.create(to=CHIARA, from_=OURS, body=text).num_segments == segments


def test_an_incoming_message_is_signed_so_that_twilios_library_believes_it(sandbox: Sandbox, hooked: Loopback) -> None:
    told = sandbox.sms.receive(CHIARA, "Ciao, è online? 🙂")
    [call] = hooked.calls
    form = {name: values[0] for name, values in call.form.items()}
    validator = RequestValidator(sandbox.accounts()["sms"]["auth_token"])
    assert validator.validate(f"{hooked.base}/hook", form, call.headers["x-twilio-signature"])
    assert (form["Body"], form["From"], form["To"], form["NumMedia"]) == ("Ciao, è online? 🙂", CHIARA, OURS, "0")
    assert form["MessageSid"] == form["SmsSid"] == told["id"]
    assert told["delivery"]["status"] == 200


def test_behind_a_proxy_the_public_address_is_signed(sandbox: Sandbox, desk: Loopback) -> None:
    sandbox.desk("https://aiuto.cirro.example", [{"kind": "sms", "hook_path": "/hook?x=1"}], via=desk.base)
    sandbox.sms.receive(CHIARA, "ciao")
    [call] = desk.calls
    form = {name: values[0] for name, values in call.form.items()}
    validator = RequestValidator(sandbox.accounts()["sms"]["auth_token"])
    signature = call.headers["x-twilio-signature"]
    assert validator.validate("https://aiuto.cirro.example/hook?x=1", form, signature)
    assert call.headers["host"] == "aiuto.cirro.example"
    assert call.headers["x-forwarded-proto"] == "https"


def test_without_a_proxy_the_desk_is_called_as_it_is_named_again(sandbox: Sandbox, desk: Loopback) -> None:
    sandbox.desk(desk.base, via="http://127.0.0.1:9")
    sandbox.desk(desk.base, [{"kind": "sms", "hook_path": "/hook"}])
    assert sandbox.sms.receive(CHIARA, "ciao")["delivery"]["status"] == 200


def test_without_a_wish_only_a_dead_line_is_tried_again_and_only_once(sandbox: Sandbox, hooked: Loopback) -> None:
    hooked.on("POST", "/hook", Reply(503))
    sandbox.sms.receive(CHIARA, "uno")
    hooked.die()
    sandbox.sms.receive(CHIARA, "due")
    attempts = until(lambda: len(found := sandbox.hooks("sms")) == 3 and found)
    assert [(item["status"], item["error"]) for item in attempts] == [(503, ""), (None, "connect"), (None, "connect")]


def test_the_fragment_of_the_address_asks_for_retries_with_the_same_token(sandbox: Sandbox, desk: Loopback) -> None:
    desk.on("POST", "/hook", Reply(503), Reply(503), Reply(200))
    sandbox.desk(desk.base, [{"kind": "sms", "hook_path": "/hook#rc=5&rp=all"}])
    sandbox.sms.receive(CHIARA, "ciao")
    three = calls(desk, 3)
    assert len({call.headers["i-twilio-idempotency-token"] for call in three}) == 1
    assert len({call.body for call in three}) == 1


def test_status_callbacks_are_signed_and_never_name_the_first_state(
    sandbox: Sandbox, twilio: Any, desk: Loopback
) -> None:
    url = f"{desk.base}/hook"
    message = twilio.messages.create(to=CHIARA, from_=OURS, body="Ecco", status_callback=url)
    two = calls(desk, 2)
    forms = [{name: values[0] for name, values in call.form.items()} for call in two]
    assert [form["MessageStatus"] for form in forms] == ["sent", "delivered"]
    assert {form["MessageSid"] for form in forms} == {message.sid}
    assert not any("rice" in name for form in forms for name in form)
    validator = RequestValidator(sandbox.accounts()["sms"]["auth_token"])
    assert all(
        validator.validate(url, form, call.headers["x-twilio-signature"]) for form, call in zip(forms, two, strict=True)
    )


def test_an_undeliverable_message_says_so_with_its_code(sandbox: Sandbox, twilio: Any, desk: Loopback) -> None:
    sandbox.fault("sms", "error", op="delivery", code=30003)
    message = twilio.messages.create(to=CHIARA, from_=OURS, body="x", status_callback=f"{desk.base}/hook")
    last = calls(desk, 2)[1].form
    assert (last["MessageStatus"], last["ErrorCode"]) == (["undelivered"], ["30003"])
    assert twilio.messages(message.sid).fetch().error_code == 30003


def test_a_stop_is_answered_by_twilio_and_closes_the_way_until_a_start(
    sandbox: Sandbox, twilio: Any, hooked: Loopback
) -> None:
    sandbox.sms.receive(CHIARA, " stop ")
    with pytest.raises(TwilioRestException) as refused:
        twilio.messages.create(to=CHIARA, from_=OURS, body="x")
    assert refused.value.code == 21610
    assert hooked.calls[0].form["Body"] == [" stop "]
    sandbox.sms.receive(CHIARA, "START")
    assert twilio.messages.create(to=CHIARA, from_=OURS, body="x").status == "queued"


def test_the_list_is_newest_first_filtered_and_paged_as_the_library_pages(sandbox: Sandbox, twilio: Any) -> None:
    sids = [sandbox.sms.receive(CHIARA, f"numero {number}")["id"] for number in range(7)]
    twilio.messages.create(to=CHIARA, from_=OURS, body="fuori")
    found = twilio.messages.list(to=OURS, page_size=3)
    assert sorted(message.sid for message in found) == sorted(sids)
    assert {message.direction for message in found} == {"inbound"}
    since = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
    assert len(twilio.messages.list(to=OURS, date_sent_after=since)) == 7
    assert twilio.messages.list(to=OURS, date_sent_after=since + dt.timedelta(hours=1)) == []
    assert len(twilio.messages.list(date_sent=dt.datetime.now(dt.UTC).date())) >= 7


def test_a_picture_wants_credentials_and_then_redirects_to_where_none_are_needed(
    sandbox: Sandbox, hooked: Loopback
) -> None:
    account = sandbox.accounts()["sms"]
    sandbox.sms.receive(CHIARA, "", files=[attachment("errore.png", TWIN_PNG)])
    form = hooked.calls[0].form
    url = form["MediaUrl0"][0]
    assert (form["NumMedia"], form["MediaContentType0"], form["MessageSid"][0][:2]) == (["1"], ["image/png"], "MM")
    assert requests.get(url, timeout=5).status_code == 401
    basic = (account["account_sid"], account["auth_token"])
    first = requests.get(url, auth=basic, allow_redirects=False, timeout=5)
    assert first.status_code == 307
    assert requests.get(first.headers["Location"], timeout=5).content == TWIN_PNG


def test_a_picture_of_ours_is_fetched_from_the_desk(sandbox: Sandbox, twilio: Any, desk: Loopback) -> None:
    desk.on("GET", "/media/a.png", Reply(200, TWIN_PNG, {"Content-Type": "image/png"}))
    twilio.messages.create(to=CHIARA, from_=OURS, body="guardi", media_url=[f"{desk.base}/media/a.png"])
    entry = until(lambda: (found := sandbox.sms.accepted()[0])["files"] and found)
    assert sandbox.file(entry["files"][0]["id"]) == TWIN_PNG
    assert entry["id"].startswith("MM")


def test_a_picture_that_cannot_be_fetched_fails_the_message(sandbox: Sandbox, twilio: Any, desk: Loopback) -> None:
    desk.on("GET", "/gone.png", Reply(404))
    message = twilio.messages.create(to=CHIARA, from_=OURS, body="guardi", media_url=[f"{desk.base}/gone.png"])
    until(lambda: twilio.messages(message.sid).fetch().status == "failed")
    assert twilio.messages(message.sid).fetch().error_code == 63019


def test_the_numbers_webhook_can_be_set_through_the_api(sandbox: Sandbox, twilio: Any, desk: Loopback) -> None:
    [number] = twilio.incoming_phone_numbers.list(phone_number=OURS)
    number.update(sms_url=f"{desk.base}/hook")
    sandbox.sms.receive(CHIARA, "ciao")
    assert len(desk.calls) == 1
    assert twilio.api.accounts(number.account_sid).fetch().status == "active"
