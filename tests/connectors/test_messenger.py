"""Messenger keeps the contract, and reads Meta's batches event by event."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hmac
import json
from hashlib import sha1, sha256
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.base import (
    Address,
    Ignored,
    Inbound,
    Item,
    Outgoing,
    Reaction,
    Refused,
    Request,
    Retraction,
    StatusUpdate,
    Unreadable,
)
from connectors.messenger import Messenger, MessengerConfig
from tests.connectors.contract import HttpContract, HttpLine
from tests.connectors.loopback import Loopback, Reply
from tests.connectors.payloads import names, payload

PAGE = "106000000000001"
PSID = "5501234567890123"
PAGE_TOKEN = "EAAexamplePageToken"
APP_SECRET = "0a1b2c-app-secret"
VERIFY_TOKEN = "verify-word-of-ours"
HOOK = "https://desk.example/hooks/messenger/Zk3"
MESSAGES = f"/v25.0/{PAGE}/messages"


def config(api_base: str = "http://127.0.0.1:9", **changes: Any) -> MessengerConfig:
    given = {
        "page_id": PAGE,
        "page_token": PAGE_TOKEN,
        "app_secret": APP_SECRET,
        "verify_token": VERIFY_TOKEN,
        "app_id": "2210000000000001",
        "api_base": api_base,
    }
    return MessengerConfig.model_validate(given | changes)


def called(body: bytes, secret: str = APP_SECRET) -> Request:
    """Signed as Meta documents it, by the standard library."""
    digest = hmac.new(secret.encode(), body, sha256).hexdigest()
    headers = [("Content-Type", "application/json"), ("X-Hub-Signature-256", f"sha256={digest}")]
    return Request("POST", HOOK, headers, body)


def items(name: str, **changes: Any) -> list[Item]:
    return Messenger().parse(config(**changes), called(payload("messenger", name)))


def message(name: str) -> Inbound:
    (found,) = items(name)
    assert isinstance(found, Inbound)
    return found


class TestContract(HttpContract):
    connector = Messenger()
    secrets = (PAGE_TOKEN, APP_SECRET, VERIFY_TOKEN)

    @pytest.fixture
    def config(self, provider: Loopback) -> MessengerConfig:
        return config(provider.base)

    @pytest.fixture
    def arrivals(self) -> list[Request]:
        return [called(payload("messenger", name)) for name in names("messenger")]

    @pytest.fixture
    def outgoing(self) -> Outgoing:
        return Outgoing(key="7-abc", to=Address(PSID), text="Il sito è di nuovo in linea.")

    @pytest.fixture
    def line(self, provider: Loopback) -> HttpLine:
        return HttpLine(provider, MESSAGES, Reply.json({"recipient_id": PSID, "message_id": "m_new"}))


# --- who may call ---


def challenged(**query: str) -> tuple[int, str] | None:
    text = "&".join(f"hub.{name}={value}" for name, value in query.items())
    return Messenger().challenge(config(), Request("GET", f"{HOOK}?{text}", [], b""))


def test_the_challenge_comes_back_bare_for_the_right_word() -> None:
    assert challenged(mode="subscribe", verify_token=VERIFY_TOKEN, challenge="1158201444") == (200, "1158201444")


@pytest.mark.parametrize(
    "query",
    [
        {"mode": "subscribe", "verify_token": "wrong", "challenge": "<script>"},
        {"mode": "subscribe", "challenge": "1"},
        {"mode": "unsubscribe", "verify_token": VERIFY_TOKEN, "challenge": "1"},
        {"mode": "subscribe", "verify_token": "%ff%C3", "challenge": "1"},
        {},
    ],
)
def test_any_other_challenge_is_not_repeated(query: dict[str, str]) -> None:
    assert challenged(**query) == (403, "")


def test_the_signature_counts_over_the_bytes_and_not_over_their_meaning() -> None:
    genuine = called(payload("messenger", "text.json"))
    again = json.dumps(json.loads(genuine.body), ensure_ascii=False).encode()
    with pytest.raises(Refused):
        Messenger().verify(config(), dataclasses.replace(genuine, body=again))


def test_every_changed_byte_is_refused() -> None:
    genuine = called(b'{"object":"page","entry":[]}')
    for index in range(len(genuine.body)):
        changed = bytearray(genuine.body)
        changed[index] ^= 1
        with pytest.raises(Refused):
            Messenger().verify(config(), dataclasses.replace(genuine, body=bytes(changed)))


def test_the_old_sha1_signature_counts_for_nothing() -> None:
    body = b"{}"
    header = ("X-Hub-Signature", "sha1=" + hmac.new(APP_SECRET.encode(), body, sha1).hexdigest())
    with pytest.raises(Refused):
        Messenger().verify(config(), Request("POST", HOOK, [header], body))


def test_another_apps_secret_is_refused() -> None:
    with pytest.raises(Refused):
        Messenger().verify(config(), called(b"{}", secret="another"))


# --- what arrives ---


def test_a_text_has_person_words_and_metas_time() -> None:
    found = message("text.json")
    assert (found.external_id, found.sender, found.to) == ("m_text", Address(PSID), (Address(PAGE),))
    assert found.text == "Buongiorno, il sito è fermo 😟"
    assert found.at == dt.datetime(2026, 11, 21, 10, 0, 0, 123_000, tzinfo=dt.UTC)
    assert not found.echo


def test_a_reply_names_what_it_answers_and_the_button_behind_it() -> None:
    found = message("reply.json")
    assert (found.in_reply_to, found.extra) == ("m_ours", {"payload": "SITE_2"})


def test_files_are_references_named_by_their_address() -> None:
    assert [(file.name, file.content_type) for file in message("image-and-file.json").attachments] == [
        ("errore.png", "image/png"),
        ("fattura.pdf", "application/pdf"),
    ]


def test_a_sticker_is_a_picture() -> None:
    (file,) = message("sticker.json").attachments
    assert file.content_type == "image/jpeg"


def test_a_shared_page_is_a_link_in_the_text() -> None:
    found = message("shared-link.json")
    assert (found.text, found.attachments) == ("guardate\nhttps://www.example/offerta", ())


def test_what_cannot_be_shown_is_named() -> None:
    assert message("not-shown.json").extra == {"unsupported": "appointment_booking"}


def test_a_pressed_button_is_a_message() -> None:
    found = message("postback.json")
    assert (found.text, found.extra) == ("Inizia", {"payload": "GET_STARTED"})


def test_an_edit_names_the_message_that_it_replaces_and_has_an_id_of_its_own() -> None:
    found = message("edit.json")
    assert (found.edits, found.text) == ("m_text", "Buongiorno, il sito va")
    assert found.external_id != "m_text"


def test_our_own_echo_is_ignored() -> None:
    (found,) = items("echo-own.json")
    assert isinstance(found, Ignored)
    assert found.reason == "echo"


def test_an_answer_given_elsewhere_is_ours_and_goes_to_the_customer() -> None:
    found = message("echo-elsewhere.json")
    assert found.echo
    assert (found.sender, found.to) == (Address(PAGE), (Address(PSID),))
    assert found.extra == {"app": "26390203743090"}


def test_without_an_app_id_every_echo_counts_as_sent_elsewhere() -> None:
    (found,) = items("echo-own.json", app_id="")
    assert isinstance(found, Inbound)
    assert found.echo


def test_a_delivery_names_its_messages_and_the_mark_up_to_which_all_arrived() -> None:
    found = items("delivery.json")
    assert all(isinstance(item, StatusUpdate) for item in found)
    seen = [(item.message, item.state, item.recipient, item.watermark is not None) for item in found]  # type: ignore[attr-defined]
    assert seen == [
        ("m_ours", "delivered", PSID, False),
        ("m_ours2", "delivered", PSID, False),
        (None, "delivered", PSID, True),
    ]


@pytest.mark.parametrize(
    ("name", "state", "second"), [("read.json", "read", 89), ("delivery-without-mids.json", "delivered", 84)]
)
def test_a_mark_counts_for_everything_before_it(name: str, state: str, second: int) -> None:
    (found,) = items(name)
    assert isinstance(found, StatusUpdate)
    mark = dt.datetime(2026, 11, 21, 10, 0, tzinfo=dt.UTC) + dt.timedelta(seconds=second)
    assert (found.message, found.state, found.watermark) == (None, state, mark)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("optin.json", "optin"),
        ("standby.json", "standby"),
        ("feed.json", "feed"),
        ("other-page.json", "other_page"),
        ("future-kind.json", "unknown_type"),
    ],
)
def test_what_is_left_is_ignored_by_name(name: str, reason: str) -> None:
    (found,) = items(name)
    assert isinstance(found, Ignored)
    assert found.reason == reason


def test_one_bad_event_holds_up_no_neighbour() -> None:
    kinds = [type(item) for item in items("batch-with-a-bad-neighbour.json")]
    assert kinds == [Inbound, Unreadable, Ignored, Inbound]


def test_a_batch_of_a_thousand_is_read_whole() -> None:
    event = json.loads(payload("messenger", "text.json"))["entry"][0]["messaging"][0]
    events = [event | {"message": {"mid": f"m_{n}", "text": str(n)}} for n in range(1000)]
    body = json.dumps({"object": "page", "entry": [{"id": PAGE, "messaging": events}]}).encode()
    found = Messenger().parse(config(), called(body))
    assert [item.external_id for item in found] == [f"m_{n}" for n in range(1000)]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"object":"instagram","entry":[]}', b'{"object":"page"}'])
def test_an_envelope_of_something_else_is_unreadable(body: bytes) -> None:
    assert [type(item) for item in Messenger().parse(config(), called(body))] == [Unreadable]


def test_the_version_has_a_form() -> None:
    assert config(graph_version="v26.0").graph_version == "v26.0"
    with pytest.raises(ValidationError):
        config(graph_version="../v1")


def test_a_message_that_was_unsent_is_taken_back_and_no_empty_one() -> None:
    event = {"sender": {"id": "55"}, "recipient": {"id": PAGE}, "timestamp": 1_795_000_000_000}
    event["message"] = {"mid": "m_theirs", "is_deleted": True}
    body = json.dumps({"object": "page", "entry": [{"id": PAGE, "messaging": [event]}]}).encode()
    (found,) = Messenger().parse(config(), called(body))
    assert isinstance(found, Retraction)
    assert (found.sender.value, found.message) == ("55", "m_theirs")


def test_a_reaction_names_the_message_that_it_stands_on() -> None:
    (found,) = items("reaction.json")
    assert isinstance(found, Reaction)
    assert (found.sender.value, found.message, found.emoji) == ("5501234567890123", "m_ours", "\u2764")
