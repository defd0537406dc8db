"""Web chat keeps the contract as far as it has one end only, and reads its own frames."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.base import (
    Address,
    ConnectorError,
    Ignored,
    Inbound,
    Item,
    MediaRef,
    Outgoing,
    Receipt,
    Request,
    StatusUpdate,
    Unreadable,
)
from connectors.chat import Chat, ChatConfig, arrival, site
from tests.connectors.contract import Contract, Line
from tests.connectors.payloads import names, payload

VISITOR = "v_7f3a"
AT = dt.datetime(2026, 11, 21, 10, 5, tzinfo=dt.UTC)


def config(**changes: Any) -> ChatConfig:
    return ChatConfig.model_validate({"title": "Studio Rossi", "allowed_sites": ["https://Shop.example/"]} | changes)


def items(name: str) -> list[Item]:
    return Chat().parse(config(), arrival(VISITOR, payload("chat", name), AT))


def message(name: str) -> Inbound:
    (found,) = items(name)
    assert isinstance(found, Inbound)
    return found


class NoFarEnd:
    """The visitor's own socket is fed from the log; nothing is called."""

    def accept(self) -> None:
        pass

    refuse = delay = die = accept

    def taken(self) -> int:
        return 0


class TestContract(Contract):
    connector = Chat()

    @pytest.fixture
    def config(self) -> ChatConfig:
        return config()

    @pytest.fixture
    def arrivals(self) -> list[Request]:
        return [arrival(VISITOR, payload("chat", name), AT) for name in names("chat")]

    @pytest.fixture
    def outgoing(self) -> Outgoing:
        return Outgoing(key="7-abc", to=Address(VISITOR), text="Il rinnovo costa 49 €.")

    @pytest.fixture
    def line(self) -> Line:
        return NoFarEnd()


# --- frames ---


def test_a_message_has_visitor_words_and_our_own_time() -> None:
    found = message("message.json")
    assert found.external_id == f"{VISITOR}:3f1c9a52-7f0e-4c0e-9f6d-2a8f3f0f7a11"
    assert (found.sender, found.at) == (Address(VISITOR, "Chiara Rossi"), AT)
    assert found.text == "Salve, quanto costa il rinnovo?\nGrazie"
    assert (found.extra["email"], found.extra["locale"]) == ("chiara@studio.example", "it")


def test_the_page_is_kept_without_fragment_and_keys() -> None:
    assert message("message.json").extra["page"] == {
        "url": "https://shop.example/piani?plan=base&utm_source=news",
        "referrer": "https://cerca.example/?q=hosting",
        "title": "Piani",
        "language": "it",
        "timezone": "Europe/Rome",
    }


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//shop.example", "https://[", 7, None])
def test_an_address_that_is_no_page_is_left_out(url: object) -> None:
    frame = {"type": "message", "id": "1", "text": "x", "page": {"url": url}}
    (found,) = Chat().parse(config(), arrival(VISITOR, json.dumps(frame).encode(), AT))
    assert isinstance(found, Inbound)
    assert "page" not in found.extra


def test_a_frame_cannot_speak_for_another_visitor() -> None:
    found = message("claims-another-sender.json")
    assert found.sender.value == VISITOR
    assert found.external_id.startswith(VISITOR + ":")


def test_a_file_alone_is_a_message() -> None:
    (file,) = message("file-only.json").attachments
    assert (file.name, file.content_type) == ("errore.png", "image/png")
    assert file.media == MediaRef("upload:42", "errore.png", "image/png", 5120)


@pytest.mark.parametrize("state", ["delivered", "read"])
def test_the_sockets_acknowledgement_is_news_of_our_message(state: str) -> None:
    (found,) = items(f"{state}.json")
    assert isinstance(found, StatusUpdate)
    assert (found.message, found.state, found.recipient) == ("7-abc", state, VISITOR)


def test_a_kind_of_later_days_is_ignored_by_name() -> None:
    (found,) = items("future-kind.json")
    assert isinstance(found, Ignored)
    assert found.reason == "unknown_type"


@pytest.mark.parametrize(
    "frame",
    [
        {},
        {"type": "message", "text": "no id"},
        {"type": "message", "id": "x" * 65, "text": "x"},
        {"type": "message", "id": "1", "text": " \n "},
        {"type": "message", "id": "1", "text": "x" * 10_001},
        {"type": "read"},
    ],
)
def test_a_frame_without_the_needful_is_not_a_message(frame: dict[str, str]) -> None:
    (found,) = Chat().parse(config(), arrival(VISITOR, json.dumps(frame).encode(), AT))
    assert isinstance(found, Unreadable | Ignored)


def test_a_webhook_is_no_frame() -> None:
    request = Request(
        "POST", "https://desk.example/hooks/chat/x", [("X-Visitor", VISITOR)], payload("chat", "read.json")
    )
    assert [type(item) for item in Chat().parse(config(), request)] == [Unreadable]


# --- out ---


def test_handing_over_is_sent_under_the_desks_own_key() -> None:
    outgoing = Outgoing(key="7-abc", to=Address(VISITOR), text="Ciao")
    receipt = Chat().send(config(), outgoing, lambda: None)
    assert (receipt.external_id, receipt.state) == ("7-abc", "sent")
    again: Receipt = Chat().send(config(), outgoing, lambda: None)
    assert again.external_id == receipt.external_id


def test_a_text_over_the_limit_is_refused() -> None:
    with pytest.raises(ConnectorError, match="at most 10,000 characters, this one has 10,001") as caught:
        Chat().send(config(), Outgoing(key="1", to=Address(VISITOR), text="x" * 10_001), lambda: None)
    assert caught.value.permanent


def test_chat_leaves_no_time_to_undo_and_knows_who_read() -> None:
    can = Chat().capabilities
    assert (can.undo_s, can.delivered, can.read, can.hooks, can.polls) == (0, True, True, False, False)


# --- settings ---


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("shop.example", "https://shop.example"),
        ("https://Shop.Example/", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://*.shop.example", "https://*.shop.example"),
        ("https://caffè.example", "https://xn--caff-8oa.example"),
    ],
)
def test_a_site_has_one_spelling(given: str, kept: str) -> None:
    assert site(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "",
        "*",
        "https://*",
        "ftp://shop.example",
        "https://shop.example/path",
        "https://shop.example?x=1",
        "https://u@shop.example",
        "https://shop.*.example",
        "https://a b.example",
        "https://shop.example; script-src *",
        "'self'",
        "https://shop.example:99999",
    ],
)
def test_what_is_no_site_cannot_be_set(given: str) -> None:
    with pytest.raises(ValidationError):
        config(allowed_sites=[given])


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://shop.example", True),
        ("https://SHOP.example", True),
        ("http://shop.example", False),
        ("https://shop.example:8443", False),
        ("https://evilshop.example", False),
        ("https://shop.example.evil.example", False),
        ("https://blog.wild.example", True),
        ("https://a.b.wild.example", True),
        ("https://wild.example", False),
        ("https://evilwild.example", False),
        ("https://*.wild.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_only_allowed_sites_may_show_the_chat(origin: str, allowed: bool) -> None:
    sites = config(allowed_sites=["https://shop.example", "https://*.wild.example"])
    assert sites.allows(origin) is allowed


def test_the_frame_may_stand_where_the_sites_are() -> None:
    sites = config(allowed_sites=["shop.example", "http://localhost:3000"])
    assert sites.frame_ancestors == "https://shop.example http://localhost:3000"


@pytest.mark.parametrize("changes", [{"colour": "red"}, {"languages": []}, {"languages": ["fr"]}, {"title": ""}])
def test_settings_that_make_no_widget_cannot_be_set(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        config(**changes)


def test_a_check_needs_no_provider() -> None:
    assert Chat().check(config()) == "The web chat is ready for https://shop.example."
