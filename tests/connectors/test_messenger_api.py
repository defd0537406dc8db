"""Messenger out: the Send API, its window and its errors; files, names and the page itself."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from connectors.base import Address, ConnectorError, File, MediaRef, Outgoing, Profile
from connectors.messenger import Messenger
from tests.connectors.loopback import Loopback, Reply, loopback
from tests.connectors.test_messenger import MESSAGES, PAGE, PAGE_TOKEN, PSID, config
from tests.connectors.test_telegram_api import parts

PNG = File("errore.png", "image/png", b"\x89PNG-bytes")
ZIP = File("log.zip", "application/zip", b"PK-bytes")


def nothing() -> None:
    pass


def out(text: str = "Pronto", **more: Any) -> Outgoing:
    return Outgoing(key="7-abc", to=Address(PSID), text=text, **more)


def ago(**span: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC) - dt.timedelta(**span)


def taken(mid: str = "m_new") -> Reply:
    return Reply.json({"recipient_id": PSID, "message_id": mid})


def refusal(code: int, sub: int | None = None, status: int = 400, message: str = "Meta's own words") -> Reply:
    error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A"}
    return Reply.json({"error": error | ({"error_subcode": sub} if sub else {})}, status=status)


def refused(provider: Loopback, reply: Reply) -> ConnectorError:
    provider.on("POST", MESSAGES, reply)
    with pytest.raises(ConnectorError) as caught:
        Messenger().send(config(provider.base), out(), nothing)
    return caught.value


# --- sending ---


def test_a_text_is_a_response_with_our_key(provider: Loopback) -> None:
    provider.on("POST", MESSAGES, taken())
    receipt = Messenger().send(config(provider.base), out(last_inbound_at=ago(hours=1)), nothing)
    (call,) = provider.calls
    assert call.query == {"access_token": [PAGE_TOKEN]}
    assert call.json == {
        "recipient": {"id": PSID},
        "messaging_type": "RESPONSE",
        "message": {"text": "Pronto", "metadata": "7-abc"},
    }
    assert (receipt.external_id, receipt.state, receipt.also) == ("m_new", "sent", ())


def test_text_and_files_are_messages_of_their_own_in_order(provider: Loopback) -> None:
    provider.on("POST", MESSAGES, taken("m_1"), taken("m_2"), taken("m_3"))
    said: list[int] = []
    outgoing = out("Ecco", files=(PNG, ZIP))
    receipt = Messenger().send(config(provider.base), outgoing, lambda: said.append(len(provider.calls)))
    _, picture, archive = provider.calls
    assert json.loads(str(parts(picture)["message"].get_payload()))["attachment"]["type"] == "image"
    assert json.loads(str(parts(archive)["message"].get_payload()))["attachment"]["type"] == "file"
    assert json.loads(str(parts(picture)["recipient"].get_payload())) == {"id": PSID}
    assert parts(picture)["filedata"].get_payload(decode=True) == PNG.data
    assert parts(archive)["filedata"].get_filename() == "log.zip"
    assert (receipt.external_id, receipt.also) == ("m_1", ("m_2", "m_3"))
    assert said == [0]


def test_a_file_alone_is_one_message(provider: Loopback) -> None:
    provider.on("POST", MESSAGES, taken())
    Messenger().send(config(provider.base), out("", files=(PNG,)), nothing)
    assert len(provider.calls) == 1


def test_a_part_that_fails_after_another_is_ambiguous(provider: Loopback) -> None:
    provider.on("POST", MESSAGES, taken("m_1"), refusal(613))
    with pytest.raises(ConnectorError, match="1 of 2 parts were sent") as caught:
        Messenger().send(config(provider.base), out("Ecco", files=(PNG,)), nothing)
    assert (caught.value.ambiguous, caught.value.permanent) == (True, False)


def test_two_thousand_characters_are_refused_before_anything_leaves(provider: Loopback) -> None:
    with pytest.raises(ConnectorError, match="fewer than 2,000 characters, this one has 2,000"):
        Messenger().send(config(provider.base), out("x" * 2000), nothing)
    assert provider.calls == []
    provider.on("POST", MESSAGES, taken())
    Messenger().send(config(provider.base), out("x" * 1999), nothing)


# --- the window ---


@pytest.mark.parametrize(
    ("age", "human", "auto", "kind"),
    [
        ({"hours": 23.9}, False, False, "RESPONSE"),
        ({"hours": 23.9}, True, True, "RESPONSE"),
        ({"hours": 24.1}, True, False, "MESSAGE_TAG"),
        ({"days": 6.9}, True, False, "MESSAGE_TAG"),
    ],
)
def test_an_open_window_says_by_what_right(
    provider: Loopback, age: dict[str, float], human: bool, auto: bool, kind: str
) -> None:
    provider.on("POST", MESSAGES, taken())
    outgoing = out(last_inbound_at=ago(**age), auto=auto)
    Messenger().send(config(provider.base, human_agent=human), outgoing, nothing)
    sent = provider.calls[0].json
    assert sent["messaging_type"] == kind
    assert sent.get("tag") == ("HUMAN_AGENT" if kind == "MESSAGE_TAG" else None)


@pytest.mark.parametrize(
    ("age", "human", "auto"),
    [({"hours": 24.1}, False, False), ({"hours": 24.1}, True, True), ({"days": 7.1}, True, False)],
)
def test_a_closed_window_is_refused_before_anything_leaves(
    provider: Loopback, age: dict[str, float], human: bool, auto: bool
) -> None:
    outgoing = out(last_inbound_at=ago(**age), auto=auto)
    with pytest.raises(ConnectorError, match="customer has to write first") as caught:
        Messenger().send(config(provider.base, human_agent=human), outgoing, nothing)
    assert (caught.value.code, caught.value.permanent) == ("window", True)
    assert provider.calls == []


def test_the_composer_is_told_the_window_of_this_channel() -> None:
    assert Messenger().reply_window(config()) == dt.timedelta(hours=24)
    assert Messenger().reply_window(config(human_agent=True)) == dt.timedelta(days=7)


@pytest.mark.parametrize("sub", [2018278, 2018065])
def test_metas_own_no_to_a_late_answer_is_the_same(provider: Loopback, sub: int) -> None:
    error = refused(provider, refusal(10, sub))
    assert (error.code, error.permanent, error.reauth) == ("window", True, False)
    assert "customer has to write first" in error.message


# --- errors ---


@pytest.mark.parametrize(
    ("reply", "permanent", "reauth", "ambiguous"),
    [
        (refusal(190), True, True, False),
        (refusal(10), True, True, False),
        (refusal(200), True, True, False),
        (refusal(299), True, True, False),
        (refusal(10, 2018028), True, False, False),
        (refusal(100, 2018001), True, False, False),
        (refusal(100), True, False, False),
        (refusal(551, 1545041), True, False, False),
        (refusal(368), True, False, False),
        (refusal(4), False, False, False),
        (refusal(32), False, False, False),
        (refusal(613), False, False, False),
        (refusal(80006), False, False, False),
        (refusal(2, status=500), False, False, False),
        (refusal(1200, status=500), False, False, False),
        (refusal(1, status=500), False, False, True),
        (refusal(987654, status=500), False, False, False),
    ],
)
def test_metas_codes_count_more_than_the_status(
    provider: Loopback, reply: Reply, permanent: bool, reauth: bool, ambiguous: bool
) -> None:
    found = refused(provider, reply)
    assert (found.permanent, found.reauth, found.ambiguous) == (permanent, reauth, ambiguous)


def test_an_error_inside_a_success_is_an_error(provider: Loopback) -> None:
    assert refused(provider, refusal(100, status=200)).permanent


@pytest.mark.parametrize("error", [{"code": "190"}, {"code": [1]}, {"error_subcode": {}, "code": 10}, {"message": 5}])
def test_a_strange_error_is_an_error_and_no_crash(provider: Loopback, error: dict[str, Any]) -> None:
    assert refused(provider, Reply.json({"error": error}, status=400)).permanent


def test_a_token_that_meta_repeats_is_not_shown(provider: Loopback) -> None:
    error = refused(provider, refusal(190, message=f"Malformed access token {PAGE_TOKEN}"))
    assert error.message == "Messenger: Malformed access token … (190)"


# --- files ---


@pytest.mark.parametrize("url", ["https://evil.example/x.png", "https://fbcdn.net.evil.example/x.png", "not a url"])
def test_a_file_is_fetched_only_from_metas_own_hosts(provider: Loopback, url: str) -> None:
    with pytest.raises(ConnectorError, match=r"^blocked address$"):
        Messenger().media(config(), MediaRef(url))


def test_a_file_on_this_machine_is_fetched_only_by_exception(
    provider: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    with loopback() as cdn:
        cdn.on("GET", "/errore.png", Reply(200, b"\x89PNG", {"Content-Type": "image/png"}))
        ref = MediaRef(f"{cdn.base}/errore.png", "errore.png", "image/jpeg")
        with pytest.raises(ConnectorError, match=r"^blocked address$"):
            Messenger().media(config(provider.base), ref)
        monkeypatch.setenv("FETCH_ALLOW", cdn.base)
        found = Messenger().media(config(provider.base), ref)
        assert (found.data, found.content_type) == (b"\x89PNG", "image/png")
        assert cdn.calls[0].query == {}


# --- the person and the page ---


def test_a_persons_name_is_asked_for(provider: Loopback) -> None:
    provider.on("GET", f"/v25.0/{PSID}", Reply.json({"first_name": "Chiara", "last_name": "Rossi", "id": PSID}))
    assert Messenger().profile(config(provider.base), PSID) == Profile("Chiara Rossi")
    assert provider.calls[0].query["fields"] == ["first_name,last_name"]


def test_a_person_without_consent_has_no_name(provider: Loopback) -> None:
    provider.on("GET", PSID, refusal(100, 2018218))
    assert Messenger().profile(config(provider.base), PSID) is None


def test_a_name_is_never_asked_for_under_a_strange_path(provider: Loopback) -> None:
    assert Messenger().profile(config(provider.base), "../me/accounts") is None
    assert provider.calls == []


def test_connecting_subscribes_the_page(provider: Loopback) -> None:
    provider.on("POST", f"/v25.0/{PAGE}/subscribed_apps", Reply.json({"success": True}))
    assert list(Messenger().connect(config(provider.base), None)) == ["The page now sends its messages to the app."]
    fields = provider.calls[0].json["subscribed_fields"].split(",")
    assert {"messages", "message_echoes", "message_deliveries", "message_reads"} <= set(fields)


def test_a_check_names_the_page(provider: Loopback) -> None:
    provider.on("GET", f"/v25.0/{PAGE}", Reply.json({"id": PAGE, "name": "Studio Rossi"}))
    assert Messenger().check(config(provider.base)) == "The page Studio Rossi answers."


def test_another_pages_token_shows_at_the_check(provider: Loopback) -> None:
    provider.on("GET", PAGE, Reply.json({"id": "1", "name": "Other"}))
    with pytest.raises(ConnectorError, match="another page"):
        Messenger().check(config(provider.base))


def test_another_version_is_asked_where_it_is_set(provider: Loopback) -> None:
    provider.on("GET", "", Reply.json({"id": PAGE}))
    Messenger().check(config(provider.base, graph_version="v26.0"))
    assert provider.calls[0].path == f"/v26.0/{PAGE}"
