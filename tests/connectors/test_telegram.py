"""Telegram keeps the contract, and reads every kind of update that it asks for."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.base import Address, Ignored, Inbound, Item, Outgoing, Reaction, Refused, Request, Signal, Unreadable
from connectors.telegram import Telegram, TelegramConfig
from tests.connectors.contract import HttpContract, HttpLine
from tests.connectors.loopback import Loopback, Reply
from tests.connectors.payloads import names, payload

TOKEN = "123456:AAExample-token_value"
SECRET = "a-word-of-our-own"
AT = dt.datetime(2026, 11, 21, 10, 5, tzinfo=dt.UTC)


def config(api_base: str = "http://127.0.0.1:9", **changes: str) -> TelegramConfig:
    given = {"token": TOKEN, "username": "@Studio_Bot", "secret_token": SECRET, "api_base": api_base}
    return TelegramConfig.model_validate(given | changes)


def called(body: bytes, secret: str = SECRET) -> Request:
    headers = [("Content-Type", "application/json"), ("X-Telegram-Bot-Api-Secret-Token", secret)]
    return Request("POST", "https://desk.example/hooks/telegram/Zk3", headers, body, AT)


def items(name: str) -> list[Item]:
    return Telegram().parse(config(), called(payload("telegram", name)))


def message(name: str) -> Inbound:
    (found,) = items(name)
    assert isinstance(found, Inbound)
    return found


def sent(message_id: int = 60, **more: Any) -> dict[str, Any]:
    return {"message_id": message_id, "date": 1795255200, "chat": {"id": 700123, "type": "private"}} | more


def ok(result: Any) -> Reply:
    return Reply.json({"ok": True, "result": result})


class TestContract(HttpContract):
    connector = Telegram()
    secrets = (TOKEN, SECRET)

    @pytest.fixture
    def config(self, provider: Loopback) -> TelegramConfig:
        return config(provider.base)

    @pytest.fixture
    def arrivals(self) -> list[Request]:
        return [called(payload("telegram", name)) for name in names("telegram")]

    @pytest.fixture
    def outgoing(self) -> Outgoing:
        return Outgoing(key="7-abc", to=Address("700123"), text="Il sito è di nuovo in linea.")

    @pytest.fixture
    def line(self, provider: Loopback) -> HttpLine:
        return HttpLine(provider, "/sendMessage", ok(sent()))


def test_every_recorded_payload_is_read() -> None:
    assert not [name for name in names("telegram") if any(isinstance(item, Unreadable) for item in items(name))]


# --- who may call ---


@pytest.mark.parametrize("secret", ["", "a-word-of-our-ow", "a-word-of-our-own ", "A-WORD-OF-OUR-OWN"])
def test_another_secret_is_refused(secret: str) -> None:
    with pytest.raises(Refused):
        Telegram().verify(config(), called(b"{}", secret))


def test_without_a_secret_of_the_admins_one_is_derived_from_the_token(provider: Loopback) -> None:
    hook = "https://desk.example/hooks/telegram/Zk3"
    derived = config(provider.base, secret_token="", receive="webhook")
    provider.on("POST", "/setWebhook", ok(True))
    list(Telegram().connect(derived, hook))
    given = provider.calls[0].json["secret_token"]
    assert len(given) == 64
    assert TOKEN not in given
    Telegram().verify(derived, called(b"{}", given))
    with pytest.raises(Refused):
        Telegram().verify(derived, called(b"{}", ""))


@pytest.mark.parametrize("secret", ["blank space", "dot.", "è", "x" * 257])
def test_a_secret_that_telegram_would_not_take_cannot_be_set(secret: str) -> None:
    with pytest.raises(ValidationError):
        config(secret_token=secret)


def test_the_address_is_the_bots_name_or_its_number() -> None:
    assert Telegram().address(config()) == "@studio_bot"
    assert Telegram().address(config(username="")) == "bot123456"


# --- what arrives ---


def test_a_text_has_chat_words_and_telegrams_time() -> None:
    found = message("text.json")
    assert found.external_id == "700123:41"
    assert found.sender == Address("700123", "Chiara Rossi")
    assert found.text == "Buongiorno, il sito è fermo 😟"
    assert found.at == dt.datetime(2026, 11, 21, 10, 0, tzinfo=dt.UTC)
    assert found.extra == {"username": "chiara_r", "locale": "it"}


def test_a_reply_names_what_it_answers() -> None:
    assert message("reply.json").in_reply_to == "700123:42"


@pytest.mark.parametrize(
    ("name", "text", "file", "content_type", "ref"),
    [
        ("photo.json", "Ecco l'errore", "photo.jpg", "image/jpeg", "large"),
        ("document.json", "", "fattura 12.pdf", "application/pdf", "doc"),
        ("voice.json", "", "voice.ogg", "audio/ogg", "voice"),
        ("animation.json", "", "boh.mp4", "video/mp4", "gif"),
        ("sticker.json", "", "sticker.webm", "video/webm", "st"),
    ],
)
def test_a_file_is_one_reference_with_name_and_type(
    name: str, text: str, file: str, content_type: str, ref: str
) -> None:
    found = message(name)
    (attachment,) = found.attachments
    assert attachment.media is not None
    assert (found.text, attachment.name, attachment.content_type, attachment.media.ref) == (
        text,
        file,
        content_type,
        ref,
    )


def test_the_parts_of_an_album_know_each_other() -> None:
    first, second = message("album-first.json"), message("album-second.json")
    assert first.extra["album"] == second.extra["album"] == "13579"
    assert first.external_id != second.external_id


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("venue.json", "Studio Rossi\nVia Inventata 1, Torino\n45.070312, 7.686856"),
        ("contact.json", "Marco Bianchi +447700900456"),
        ("half-emoji.json", "cut here \ufffd"),
    ],
)
def test_what_is_no_text_can_be_read_all_the_same(name: str, text: str) -> None:
    assert message(name).text == text


def test_an_edit_names_the_message_that_it_replaces_and_has_an_id_of_its_own() -> None:
    found = message("edited.json")
    assert found.edits == message("text.json").external_id
    assert found.external_id != found.edits
    assert found.at > message("text.json").at


def test_a_pressed_button_says_its_data_at_the_time_of_arrival() -> None:
    found = message("button.json")
    assert (found.text, found.in_reply_to, found.sender.value, found.at) == ("yes", "700123:53", "700123", AT)


@pytest.mark.parametrize(("name", "what"), [("blocked.json", "blocked"), ("unblocked.json", "unblocked")])
def test_a_block_and_its_end_are_signals(name: str, what: str) -> None:
    (found,) = items(name)
    assert isinstance(found, Signal)
    assert (found.what, found.sender.value) == (what, "700123")


def test_a_groups_customer_is_the_group() -> None:
    found = message("group.json")
    assert found.sender == Address("-1001234567890", "Clienti")
    assert found.extra == {"topic": "3", "writer": "Marco"}


def test_a_deep_links_word_is_kept() -> None:
    assert message("start-link.json").extra["start"] == "campagna-novembre"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("service.json", "service"),
        ("future-kind.json", "unknown_type"),
        ("made-administrator.json", "membership"),
    ],
)
def test_what_is_left_is_ignored_by_name(name: str, reason: str) -> None:
    (found,) = items(name)
    assert isinstance(found, Ignored)
    assert found.reason == reason


@pytest.mark.parametrize("date", [None, "soon", -1, 10**18, 1e300, True])
def test_a_message_without_a_usable_time_is_unreadable(date: object) -> None:
    update = json.loads(payload("telegram", "text.json"))
    update["message"]["date"] = date
    (found,) = Telegram().parse(config(), called(json.dumps(update).encode()))
    assert isinstance(found, Unreadable)


def test_polled_and_called_updates_are_the_same_items(provider: Loopback) -> None:
    update = json.loads(payload("telegram", "photo.json"))
    provider.on("POST", "/getUpdates", ok([update]))
    (arrival,) = Telegram().poll(config(provider.base), {}).arrivals
    assert Telegram().parse(config(), dataclasses.replace(arrival, received_at=AT)) == items("photo.json")
    assert TOKEN not in arrival.url


def test_a_reaction_names_the_message_that_it_stands_on() -> None:
    (found,) = items("reaction.json")
    assert isinstance(found, Reaction)
    assert (found.sender.value, found.message, found.emoji) == ("700123", "700123:42", "👍")
