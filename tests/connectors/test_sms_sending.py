"""SMS goes out through Twilio's library: what it asks, what it makes of the answers, and what it costs."""

from __future__ import annotations

import base64
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import Address, ConnectorError, Cost, File, Inbound, MediaRef, Outgoing, Receipt
from connectors.sms import Sms
from connectors.sms_codes import CODES
from tests.connectors.loopback import Loopback, Reply, loopback
from tests.connectors.test_sms import ACCOUNT, MESSAGES, TAKEN, TOKEN, config

LOGIN = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
OUT = Outgoing(key="7-abc", to=Address("+44 7700 900123"), text="È pronto 👍")
SID = "SM00000000000000000000000000000042"
RECORD = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}.json"


def nothing() -> None:
    pass


def send(provider: Loopback, outgoing: Outgoing = OUT, **changes: str) -> Receipt:
    return Sms().send(config(provider.base, **changes), outgoing, nothing)


def test_a_message_is_posted_with_the_login_and_nothing_more(provider: Loopback) -> None:
    provider.on("POST", MESSAGES, Reply.json(TAKEN, status=201))
    receipt = send(provider)
    (call,) = provider.calls
    assert call.form == {"To": ["+447700900123"], "From": ["+447700900100"], "Body": ["È pronto 👍"]}
    assert call.headers["authorization"] == LOGIN
    assert call.headers["content-type"] == "application/x-www-form-urlencoded"
    assert receipt == Receipt(SID, "queued", at=dt.datetime(2026, 11, 21, 10, tzinfo=dt.UTC), segments=1)


def test_the_report_address_asks_twilio_to_retry(provider: Loopback) -> None:
    provider.on("POST", MESSAGES, Reply.json(TAKEN, status=201))
    url = "https://desk.example/hooks/sms/Zk3"
    send(provider, Outgoing(key="1", to=Address("+447700900123"), text="x", status_url=url))
    assert provider.calls[0].form["StatusCallback"] == [url + "#rc=5&rp=all"]


def test_a_messaging_service_sends_instead_of_the_number(provider: Loopback) -> None:
    provider.on("POST", MESSAGES, Reply.json(TAKEN | {"num_segments": "0"}, status=201))
    receipt = send(provider, messaging_service_sid="MG1")
    assert provider.calls[0].form["MessagingServiceSid"] == ["MG1"]
    assert "From" not in provider.calls[0].form
    assert receipt.segments == 1


def test_pictures_go_as_public_addresses(provider: Loopback) -> None:
    provider.on("POST", MESSAGES, Reply.json(TAKEN, status=201))
    files = tuple(File(f"{n}.png", "image/png", b"x", url=f"https://desk.example/f/{n}") for n in (1, 2))
    send(provider, Outgoing(key="1", to=Address("+447700900123"), text="", files=files))
    assert provider.calls[0].form["MediaUrl"] == ["https://desk.example/f/1", "https://desk.example/f/2"]


def test_a_picture_without_a_public_address_is_refused_before_anything_leaves(provider: Loopback) -> None:
    with pytest.raises(ConnectorError, match="PUBLIC_URL") as caught:
        send(provider, Outgoing(key="1", to=Address("+447700900123"), text="", files=(File("a", "image/png", b"x"),)))
    assert caught.value.permanent
    assert provider.calls == []


def test_two_thousand_characters_are_refused_before_anything_leaves(provider: Loopback) -> None:
    with pytest.raises(ConnectorError, match="1,600 characters, this one has 2,000") as caught:
        send(provider, Outgoing(key="1", to=Address("+447700900123"), text="x" * 2000))
    assert (caught.value.code, caught.value.permanent) == ("21617", True)
    assert provider.calls == []


@pytest.mark.parametrize(
    ("said", "state"),
    [("accepted", "queued"), ("queued", "queued"), ("sending", "queued"), ("sent", "sent"), ("delivered", "delivered")],
)
def test_the_receipt_promises_no_more_than_twilio_did(provider: Loopback, said: str, state: str) -> None:
    provider.on("POST", MESSAGES, Reply.json(TAKEN | {"status": said}, status=201))
    assert send(provider).state == state


def test_a_message_that_failed_at_once_is_an_error(provider: Loopback) -> None:
    provider.on("POST", MESSAGES, Reply.json(TAKEN | {"status": "failed", "error_code": 30007}, status=201))
    with pytest.raises(ConnectorError, match="spam") as caught:
        send(provider)
    assert (caught.value.code, caught.value.permanent) == ("30007", True)


@pytest.mark.parametrize(
    ("status", "code", "permanent", "reauth"),
    [
        (401, 20003, True, True),
        (429, 20429, False, False),
        (400, 21211, True, False),
        (400, 21408, True, False),
        (400, 21610, True, False),
        (400, 21611, False, False),
        (400, 30001, False, False),
        (400, 99999, True, False),
        (500, 20500, False, False),
        (503, 20503, False, False),
    ],
)
def test_twilios_codes_are_permanent_or_not(
    provider: Loopback, status: int, code: int, permanent: bool, reauth: bool
) -> None:
    error = {"code": code, "message": "Twilio's own words", "more_info": "https://x.example", "status": status}
    provider.on("POST", MESSAGES, Reply.json(error, status=status))
    with pytest.raises(ConnectorError, match=rf"Twilio's own words \({code}\)") as caught:
        send(provider)
    found = caught.value
    assert (found.code, found.permanent, found.reauth, found.ambiguous) == (str(code), permanent, reauth, False)


def test_the_newer_form_of_an_error_is_read_too(provider: Loopback) -> None:
    error = {"type": "about:blank", "title": "Bad", "status": 400, "code": 21211, "detail": "no such number"}
    provider.on("POST", MESSAGES, Reply.json(error, status=400))
    with pytest.raises(ConnectorError, match="no such number") as caught:
        send(provider)
    assert caught.value.code == "21211"


def test_every_code_in_the_table_says_what_it_means() -> None:
    assert not [number for number, entry in CODES.items() if not entry.means or not number.isdigit()]


def test_a_slow_answer_is_cut_off_and_ambiguous(provider: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.sms_line.SECONDS", 0.2)
    provider.on("POST", MESSAGES, Reply(delay=2))
    with pytest.raises(ConnectorError) as caught:
        send(provider)
    assert (caught.value.code, caught.value.ambiguous) == ("timeout", True)


# --- price ---


def price(provider: Loopback, **record: Any) -> Cost | None:
    provider.on("GET", RECORD, Reply.json(TAKEN | record))
    return Sms().price(config(provider.base), Receipt(SID))


def test_a_price_is_positive_in_upper_case_and_final(provider: Loopback) -> None:
    assert price(provider, price="-0.00790", price_unit="usd") == Cost(Decimal("0.00790"), "USD", final=True)


@pytest.mark.parametrize("unknown", [None, ""])
def test_no_price_yet_is_none_and_not_zero(provider: Loopback, unknown: str | None) -> None:
    assert price(provider, price=unknown) is None


@pytest.mark.parametrize("nonsense", ["NaN", "free", "-inf"])
def test_a_price_that_is_no_number_is_an_error(provider: Loopback, nonsense: str) -> None:
    with pytest.raises(ConnectorError, match="cannot be read"):
        price(provider, price=nonsense)


# --- media ---


def media_url(host: str = "https://api.twilio.com") -> str:
    return f"{host}/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/ME1"


def test_a_picture_is_fetched_with_the_login_from_the_api_only(
    provider: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    with loopback() as cdn:
        monkeypatch.setenv("FETCH_ALLOW", f"127.0.0.1:{cdn.port}")
        cdn.on("GET", "/blob", Reply(200, b"\x89PNG", {"Content-Type": "image/png"}))
        provider.on("GET", "/Media/ME1", Reply(307, b"", {"Location": f"{cdn.base}/blob"}))
        ref = MediaRef(media_url(), "image-1.png", "image/png")
        found = Sms().media(config(provider.base), ref)
        assert (found.data, found.content_type, found.name) == (b"\x89PNG", "image/png", "image-1.png")
        assert provider.calls[0].headers["authorization"] == LOGIN
        assert "authorization" not in cdn.calls[0].headers


def test_a_picture_that_leads_into_the_house_is_not_fetched(provider: Loopback) -> None:
    with loopback() as inside:
        provider.on("GET", "/Media/ME1", Reply(307, b"", {"Location": f"{inside.base}/secrets"}))
        with pytest.raises(ConnectorError, match=r"^blocked address$") as caught:
            Sms().media(config(provider.base), MediaRef(media_url()))
        assert (caught.value.code, caught.value.permanent) == ("blocked", True)
        assert inside.calls == []


def test_the_login_never_goes_to_a_host_that_a_payload_names(monkeypatch: pytest.MonkeyPatch) -> None:
    with loopback() as other:
        monkeypatch.setenv("FETCH_ALLOW", f"127.0.0.1:{other.port}")
        other.on("GET", "", Reply(200, b"x"))
        Sms().media(config("https://api.twilio.com"), MediaRef(media_url(other.base)))
        assert "authorization" not in other.calls[0].headers


# --- holes ---


def record(sid: str, sent: str, **more: Any) -> dict[str, Any]:
    given = {"sid": sid, "direction": "inbound", "from": "+447700900123", "to": "+447700900100", "body": sid}
    return given | {"date_sent": sent, "num_media": "0"} | more


def test_the_first_poll_only_notes_the_time(provider: Loopback) -> None:
    polled = Sms().poll(config(provider.base), {})
    assert polled.arrivals == []
    assert dt.datetime.fromisoformat(polled.cursor["since"]).utcoffset() == dt.timedelta(0)
    assert provider.calls == []


def test_a_poll_lists_what_was_received_since_over_all_pages(provider: Loopback) -> None:
    second = f"{MESSAGES}?Page=1&PageToken=PA1"
    provider.on(
        "GET",
        MESSAGES,
        Reply.json(
            {
                "messages": [
                    record("SM3", "Sat, 21 Nov 2026 11:00:00 +0000"),
                    record("SMout", "Sat, 21 Nov 2026 10:59:00 +0000", direction="outbound-api"),
                ],
                "next_page_uri": second,
            }
        ),
        Reply.json(
            {
                "messages": [
                    record("SM2", "Sat, 21 Nov 2026 10:30:00 +0000"),
                    record("SMold", "Sat, 21 Nov 2026 07:00:00 +0000"),
                ],
                "next_page_uri": None,
            }
        ),
    )
    polled = Sms().poll(config(provider.base), {"since": "2026-11-21T10:00:00+00:00"})
    found = [item.external_id for request in polled.arrivals for item in Sms().parse(config(), request)]
    assert found == ["SM2", "SM3"]  # in the order in which they were written
    assert polled.backlog == 2
    assert polled.cursor["since"] > "2026-11-21T10:00:00+00:00"
    first, following = provider.calls
    assert first.query == {"To": ["+447700900100"], "DateSent>": ["2026-11-21T09:50:00Z"], "PageSize": ["100"]}
    assert following.query == {"Page": ["1"], "PageToken": ["PA1"]}
    assert first.headers["authorization"] == LOGIN


def test_a_missed_picture_comes_with_its_reference(provider: Loopback) -> None:
    listing = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media.json"
    missed = record("MM1", "Sat, 21 Nov 2026 11:00:00 +0000", num_media="1", subresource_uris={"media": listing})
    part = {"sid": "ME1", "content_type": "image/gif", "uri": listing.removesuffix(".json") + "/ME1.json"}
    provider.on("GET", MESSAGES, Reply.json({"messages": [missed], "next_page_uri": None}))
    provider.on("GET", listing, Reply.json({"media_list": [part]}))
    polled = Sms().poll(config(provider.base), {"since": "2026-11-21T10:00:00+00:00"})
    (item,) = Sms().parse(config(), polled.arrivals[0])
    assert isinstance(item, Inbound)
    (file,) = item.attachments
    assert file.content_type == "image/gif"
    assert file.media is not None
    assert file.media.ref == media_url()


def test_without_a_number_only_the_services_messages_count(provider: Loopback) -> None:
    mine = record("SM1", "Sat, 21 Nov 2026 11:00:00 +0000", messaging_service_sid="MG1")
    other = record("SM2", "Sat, 21 Nov 2026 11:00:00 +0000", messaging_service_sid="MG2")
    provider.on("GET", MESSAGES, Reply.json({"messages": [mine, other], "next_page_uri": None}))
    service = config(provider.base, number="", messaging_service_sid="MG1")
    polled = Sms().poll(service, {"since": "2026-11-21T10:00:00+00:00"})
    assert [request.url.rsplit("/", 1)[-1] for request in polled.arrivals] == ["SM1"]


def test_sms_is_called_and_need_not_poll() -> None:
    assert not Sms().must_poll(config())


# --- check and connect ---

ACCOUNT_PATH = f"/Accounts/{ACCOUNT}.json"
NUMBERS = f"/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json"


def test_a_check_names_the_account(provider: Loopback) -> None:
    provider.on("GET", ACCOUNT_PATH, Reply.json({"friendly_name": "Studio Rossi", "status": "active"}))
    provider.on("GET", NUMBERS, Reply.json({"incoming_phone_numbers": [{"sid": "PN1"}]}))
    assert Sms().check(config(provider.base)) == "The Twilio account Studio Rossi is active."
    assert provider.calls[1].query == {"PhoneNumber": ["+447700900100"]}


@pytest.mark.parametrize(
    ("account", "numbers", "says"),
    [
        ({"friendly_name": "S", "status": "suspended"}, [], "account S is suspended"),
        ({"friendly_name": "S", "status": "active"}, [], "does not belong to the Twilio account S"),
    ],
)
def test_a_check_says_what_is_wrong(provider: Loopback, account: dict[str, str], numbers: list[Any], says: str) -> None:
    provider.on("GET", ACCOUNT_PATH, Reply.json(account))
    provider.on("GET", NUMBERS, Reply.json({"incoming_phone_numbers": numbers}))
    with pytest.raises(ConnectorError, match=says) as caught:
        Sms().check(config(provider.base))
    assert caught.value.permanent


def test_a_wrong_login_shows_at_the_check(provider: Loopback) -> None:
    provider.on("GET", "", Reply.json({"code": 20003, "message": "Authenticate", "status": 401}, status=401))
    with pytest.raises(ConnectorError) as caught:
        Sms().check(config(provider.base))
    assert caught.value.reauth


def test_connecting_sets_the_numbers_webhook_with_the_wish_to_retry(provider: Loopback) -> None:
    page = {"incoming_phone_numbers": [{"sid": "PN1", "account_sid": ACCOUNT}], "next_page_uri": None}
    provider.on("GET", NUMBERS, Reply.json(page))
    provider.on("POST", "/IncomingPhoneNumbers/PN1.json", Reply.json({"sid": "PN1", "account_sid": ACCOUNT}))
    done = list(Sms().connect(config(provider.base), "https://desk.example/hooks/sms/Zk3"))
    assert done == ["Twilio now calls this desk for every SMS to +447700900100."]
    assert provider.calls[-1].form == {
        "SmsUrl": ["https://desk.example/hooks/sms/Zk3#rc=5&rp=all"],
        "SmsMethod": ["POST"],
    }


def test_connecting_without_a_public_address_changes_nothing(provider: Loopback) -> None:
    assert list(Sms().connect(config(provider.base), None)) == []
    assert provider.calls == []
