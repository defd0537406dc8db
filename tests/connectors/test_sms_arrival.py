"""What Twilio tells us becomes messages, states and opt-outs."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from connectors.base import Ignored, Inbound, Item, Signal, StatusUpdate, Unreadable
from connectors.sms import Sms
from tests.connectors.payloads import names
from tests.connectors.test_sms import arrival, called, config

AT = dt.datetime(2026, 11, 21, 10, 5, tzinfo=dt.UTC)


def items(name: str) -> list[Item]:
    return Sms().parse(config(), dataclasses.replace(arrival(name), received_at=AT))


def message(name: str) -> Inbound:
    found = items(name)[0]
    assert isinstance(found, Inbound)
    return found


def status(name: str) -> StatusUpdate:
    found = items(name)[0]
    assert isinstance(found, StatusUpdate)
    return found


def test_every_recorded_payload_is_read() -> None:
    assert not [name for name in names("sms") if any(isinstance(item, Unreadable) for item in items(name))]


def test_a_text_has_sender_words_and_the_time_of_its_arrival() -> None:
    found = message("text.form")
    assert found.external_id == "SM0123456789abcdef0123456789abcdef"
    assert found.sender.value == "+447700900123"
    assert [address.value for address in found.to] == ["+447700900100"]
    assert found.text == "Buongiorno, il sito è fermo da stamattina. Potete guardare?"
    assert found.at == AT
    assert found.extra == {"city": "Torino", "state": "Turin", "country": "IT"}
    assert items("text.form") == [found]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("empty-body.form", ""),
        ("emoji.form", "Tutto a posto 👍🏽 grazie!"),
        ("blanks-and-newlines.form", "  two lines\r\nand blanks  "),
        ("repeated-field.form", "twice"),
    ],
)
def test_the_words_stay_as_they_were_written(name: str, text: str) -> None:
    assert message(name).text == text


def test_a_short_code_can_be_a_sender() -> None:
    assert message("short-code-sender.form").sender.value == "48600"


def test_pictures_are_references_with_a_type_and_a_name() -> None:
    found = message("two-pictures.form").attachments
    assert [(file.name, file.content_type) for file in found] == [
        ("image-1.jpg", "image/jpeg"),
        ("file-2.pdf", "application/pdf"),
    ]
    refs = [file.media.ref for file in found if file.media]
    assert [ref.rsplit("/", 1)[-1] for ref in refs] == [
        "ME0000000000000000000000000000000a",
        "ME0000000000000000000000000000000b",
    ]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("stop.form", "opt_out"),
        ("stop-by-advanced-opt-out.form", "opt_out"),
        ("start.form", "opt_in"),
    ],
)
def test_an_opt_out_word_is_a_message_and_a_signal(name: str, what: str) -> None:
    said, signal = items(name)
    assert isinstance(said, Inbound)
    assert isinstance(signal, Signal)
    assert (signal.what, signal.sender.value) == (what, "+447700900123")


@pytest.mark.parametrize("name", ["stop-in-a-sentence.form", "yes-is-no-start.form"])
def test_a_word_that_only_looks_like_it_is_a_message_and_no_more(name: str) -> None:
    assert [type(item) for item in items(name)] == [Inbound]


@pytest.mark.parametrize(
    ("name", "state"),
    [("status-sent.form", "sent"), ("status-delivered.form", "delivered"), ("status-read.form", "read")],
)
def test_states_become_ours(name: str, state: str) -> None:
    found = status(name)
    assert (found.message, found.state, found.at) == ("SMfeed456789abcdef0123456789abcdef", state, AT)


@pytest.mark.parametrize(
    ("name", "code", "permanent", "reason"),
    [
        ("status-number-gone.form", "30005", True, "the number does not exist or is switched off"),
        ("status-phone-off.form", "30003", False, "the phone is off or out of reach"),
        ("status-canceled.form", "canceled", True, "cancelled"),
        ("status-recipient-stopped.form", "21610", True, "Attempt to send to unsubscribed recipient"),
    ],
)
def test_a_failure_says_why_and_whether_for_good(name: str, code: str, permanent: bool, reason: str) -> None:
    found = status(name)
    assert (found.state, found.code, found.permanent, found.reason) == ("failed", code, permanent, reason)


def test_a_recipient_who_answered_stop_is_an_opt_out_too() -> None:
    _, signal = items("status-recipient-stopped.form")
    assert isinstance(signal, Signal)
    assert (signal.what, signal.sender.value) == ("opt_out", "+447700900123")


@pytest.mark.parametrize(
    ("name", "reason"), [("status-queued.form", "still_queued"), ("status-unknown.form", "unknown_status")]
)
def test_a_state_without_news_is_ignored_by_name(name: str, reason: str) -> None:
    found = items(name)[0]
    assert isinstance(found, Ignored)
    assert found.reason == reason


def test_states_of_one_message_have_ids_of_their_own() -> None:
    stems = ("sent", "delivered", "read", "canceled", "number-gone")
    assert len({status(f"status-{stem}.form").external_id for stem in stems}) == len(stems)


def test_a_polled_message_has_the_webhooks_id_and_twilios_time() -> None:
    found = message("polled-text.json")
    assert found.external_id == message("text.form").external_id
    assert found.at == dt.datetime(2026, 11, 21, 9, 12, 2, tzinfo=dt.UTC)
    assert found.text == "Written while the desk was away"


def test_a_polled_picture_is_a_reference() -> None:
    (file,) = message("polled-picture.json").attachments
    assert file.content_type == "image/png"
    assert file.media is not None
    assert file.media.ref.endswith("/Media/ME0000000000000000000000000000000a")


@pytest.mark.parametrize("body", [b"", b"Body=x", b"MessageSid=SM1&Body=x", b"&".join([b"a=1"] * 3000)])
def test_a_form_without_the_needful_is_unreadable(body: bytes) -> None:
    assert [type(item) for item in Sms().parse(config(), called(body))] == [Unreadable]
