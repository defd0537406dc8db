"""Telegram out: messages and files, polling, the webhook and its holes."""

from __future__ import annotations

import datetime as dt
import email
import json
import re
import threading
import time
from email.message import Message
from typing import Any

import pytest

from connectors.base import Address, ConnectorError, File, MediaRef, Outgoing
from connectors.telegram import Telegram
from tests.connectors.loopback import Call, Loopback, Reply
from tests.connectors.test_telegram import SECRET, TOKEN, config, ok, sent

HOOK = "https://desk.example/hooks/telegram/Zk3"
PNG = File("errore.png", "image/png", b"\x89PNG-bytes")
PDF = File("fattura.pdf", "application/pdf", b"%PDF-bytes")


def nothing() -> None:
    pass


def out(text: str = "Pronto", **more: Any) -> Outgoing:
    return Outgoing(key="7-abc", to=Address("700123"), text=text, **more)


def methods(provider: Loopback) -> list[str]:
    return [call.path.rsplit("/", 1)[-1] for call in provider.calls]


def parts(call: Call) -> dict[str, Message]:
    """A multipart form's parts by name, read by Python's own parser."""
    whole = email.message_from_bytes(
        b"Content-Type: " + call.headers["content-type"].encode() + b"\r\n\r\n" + call.body
    )
    return {str(part.get_param("name", header="content-disposition")): part for part in whole.get_payload()}  # type: ignore[union-attr, misc]


# --- sending ---


def test_plain_text_is_sent_without_markup(provider: Loopback) -> None:
    provider.on("POST", "/sendMessage", ok(sent(61)))
    receipt = Telegram().send(config(provider.base), out("1 < 2 & 3"), nothing)
    assert provider.calls[0].path == f"/bot{TOKEN}/sendMessage"
    assert provider.calls[0].json == {"chat_id": "700123", "text": "1 < 2 & 3"}
    assert (receipt.external_id, receipt.state) == ("700123:61", "sent")
    assert receipt.at == dt.datetime.fromtimestamp(1795255200, dt.UTC)


def test_marked_up_text_is_sent_as_html(provider: Loopback) -> None:
    provider.on("POST", "/sendMessage", ok(sent()))
    Telegram().send(config(provider.base), out("due", html="<b>due</b> &amp; tre"), nothing)
    assert provider.calls[0].json == {"chat_id": "700123", "text": "<b>due</b> &amp; tre", "parse_mode": "HTML"}


@pytest.mark.parametrize(
    ("text", "html"),
    [("x" * 4096, None), ("x", "<b>" + "&lt;" * 4096 + "</b>"), ("👍" * 2048, None)],
)
def test_4096_units_after_the_markup_are_allowed(provider: Loopback, text: str, html: str | None) -> None:
    provider.on("POST", "/sendMessage", ok(sent()))
    Telegram().send(config(provider.base), out(text, html=html), nothing)


@pytest.mark.parametrize(("text", "html"), [("x" * 4097, None), ("x", "<b>" + "y" * 4097), ("👍" * 2049, None)])
def test_more_is_refused_before_anything_leaves(provider: Loopback, text: str, html: str | None) -> None:
    with pytest.raises(ConnectorError, match="at most 4,096 characters") as caught:
        Telegram().send(config(provider.base), out(text, html=html), nothing)
    assert caught.value.permanent
    assert provider.calls == []


@pytest.mark.parametrize(("file", "method", "field"), [(PNG, "sendPhoto", "photo"), (PDF, "sendDocument", "document")])
def test_a_file_goes_with_its_text_in_one_call(provider: Loopback, file: File, method: str, field: str) -> None:
    provider.on("POST", f"/{method}", ok(sent(62)))
    receipt = Telegram().send(config(provider.base), out("Ecco", html="<i>Ecco</i>", files=(file,)), nothing)
    form = parts(provider.calls[0])
    assert form["chat_id"].get_payload() == "700123"
    assert form["caption"].get_payload() == "<i>Ecco</i>"
    assert form["parse_mode"].get_payload() == "HTML"
    assert form[field].get_payload(decode=True) == file.data
    assert form[field].get_filename() == file.name
    assert (receipt.external_id, receipt.also, methods(provider)) == ("700123:62", (), [method])


@pytest.mark.parametrize(("files", "kind"), [((PNG, PNG), "photo"), ((PNG, PDF), "document")])
def test_several_files_go_as_one_album(provider: Loopback, files: tuple[File, ...], kind: str) -> None:
    provider.on("POST", "/sendMediaGroup", ok([sent(63), sent(64)]))
    receipt = Telegram().send(config(provider.base), out("Ecco", files=files), nothing)
    form = parts(provider.calls[0])
    assert json.loads(str(form["media"].get_payload())) == [
        {"type": kind, "media": "attach://file0", "caption": "Ecco"},
        {"type": kind, "media": "attach://file1"},
    ]
    assert [form[f"file{n}"].get_payload(decode=True) for n in (0, 1)] == [file.data for file in files]
    assert (receipt.external_id, receipt.also) == ("700123:63", ("700123:64",))


def test_a_text_too_long_for_a_caption_goes_before_the_file(provider: Loopback) -> None:
    provider.on("POST", "/sendMessage", ok(sent(65)))
    provider.on("POST", "/sendDocument", ok(sent(66)))
    said: list[str] = []
    receipt = Telegram().send(config(provider.base), out("x" * 1025, files=(PDF,)), lambda: said.append("going out"))
    assert methods(provider) == ["sendMessage", "sendDocument"]
    assert "caption" not in parts(provider.calls[1])
    assert (receipt.external_id, receipt.also) == ("700123:65", ("700123:66",))
    assert said == ["going out"]


def test_a_file_that_fails_after_its_text_is_ambiguous(provider: Loopback) -> None:
    provider.on("POST", "/sendMessage", ok(sent(65)))
    provider.on("POST", "/sendDocument", refusal(429, "Too Many Requests: retry after 9", retry_after=9))
    with pytest.raises(ConnectorError, match="the text was sent") as caught:
        Telegram().send(config(provider.base), out("x" * 1025, files=(PDF,)), nothing)
    assert (caught.value.ambiguous, caught.value.permanent) == (True, False)


def refusal(code: int, description: str, **parameters: Any) -> Reply:
    return Reply.json(
        {"ok": False, "error_code": code, "description": description, "parameters": parameters}, status=code
    )


@pytest.mark.parametrize(
    ("code", "description", "permanent", "reauth"),
    [
        (400, "Bad Request: chat not found", True, False),
        (403, "Forbidden: bot was blocked by the user", True, False),
        (401, "Unauthorized", True, True),
        (404, "Not Found", True, True),
        (404, "Not Found: method not found", True, False),
        (409, "Conflict: terminated by other getUpdates request", False, False),
        (500, "Internal Server Error", False, False),
    ],
)
def test_refusals_are_permanent_or_not(
    provider: Loopback, code: int, description: str, permanent: bool, reauth: bool
) -> None:
    provider.on("POST", "/sendMessage", refusal(code, description))
    with pytest.raises(ConnectorError, match=re.escape(description)) as caught:
        Telegram().send(config(provider.base), out(), nothing)
    found = caught.value
    assert (found.code, found.permanent, found.reauth, found.ambiguous) == (str(code), permanent, reauth, False)


def test_telegrams_wish_to_wait_is_heard(provider: Loopback) -> None:
    provider.on("POST", "/sendMessage", refusal(429, "Too Many Requests: retry after 14", retry_after=14))
    with pytest.raises(ConnectorError) as caught:
        Telegram().send(config(provider.base), out(), nothing)
    assert (caught.value.permanent, caught.value.retry_after) == (False, 14)


def test_a_group_that_moved_gets_the_message_at_its_new_id(provider: Loopback) -> None:
    moved = refusal(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1009)
    provider.on("POST", "/sendMessage", moved, ok(sent(chat={"id": -1009, "type": "supergroup"})))
    receipt = Telegram().send(config(provider.base), out(), nothing)
    assert [call.json["chat_id"] for call in provider.calls] == ["700123", "-1009"]
    assert receipt.external_id == "-1009:60"


# --- media ---


def test_a_file_is_fetched_by_its_path_under_the_update_s_name(provider: Loopback) -> None:
    provider.on("POST", "/getFile", ok({"file_id": "doc", "file_path": "documents/file 7.pdf"}))
    provider.on("GET", ".pdf", Reply(200, b"%PDF", {"Content-Type": "application/octet-stream"}))
    found = Telegram().media(config(provider.base), MediaRef("doc", "fattura.pdf", "application/pdf"))
    assert (found.data, found.name, found.content_type) == (b"%PDF", "fattura.pdf", "application/pdf")
    assert provider.calls[0].json == {"file_id": "doc"}
    assert provider.calls[1].path == f"/file/bot{TOKEN}/documents/file%207.pdf"


@pytest.mark.parametrize("reply", [Reply(404, b"gone"), Reply(500, b"x"), Reply(hang_up=True)])
def test_a_failed_fetch_does_not_show_the_token(provider: Loopback, reply: Reply) -> None:
    provider.on("POST", "/getFile", ok({"file_path": "a.pdf"}))
    provider.on("GET", "", reply)
    with pytest.raises(ConnectorError) as caught:
        Telegram().media(config(provider.base), MediaRef("doc"))
    assert TOKEN not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_file_that_telegram_forgot_is_gone_for_good(provider: Loopback) -> None:
    provider.on("POST", "/getFile", ok({"file_id": "doc"}))
    with pytest.raises(ConnectorError, match="no longer has this file") as caught:
        Telegram().media(config(provider.base), MediaRef("doc"))
    assert caught.value.permanent


# --- polling ---


def update(number: int) -> dict[str, Any]:
    return {"update_id": number, "message": sent(number, text="ciao")}


def ago(**span: float) -> str:
    return (dt.datetime.now(dt.UTC) - dt.timedelta(**span)).isoformat()


def test_polling_is_what_happens_without_a_word() -> None:
    assert Telegram().must_poll(config())
    assert not Telegram().must_poll(config(receive="webhook"))


def test_a_poll_confirms_only_what_the_cursor_holds(provider: Loopback) -> None:
    provider.on("POST", "/getUpdates", ok([update(11), update(12)]), ok([]))
    first = Telegram().poll(config(provider.base), {})
    assert "offset" not in provider.calls[0].json
    assert len(first.arrivals) == 2
    assert first.cursor["offset"] == 13
    assert not first.more
    second = Telegram().poll(config(provider.base), first.cursor)
    assert provider.calls[1].json["offset"] == 13
    assert second.arrivals == []
    assert second.cursor == first.cursor


def test_a_full_batch_says_that_there_is_more(provider: Loopback) -> None:
    provider.on("POST", "/getUpdates", ok([update(n) for n in range(100)]))
    assert Telegram().poll(config(provider.base), {}).more


def test_after_a_week_of_silence_the_old_offset_is_forgotten(provider: Loopback) -> None:
    provider.on("POST", "/getUpdates", ok([update(3)]))
    polled = Telegram().poll(config(provider.base), {"offset": 900, "at": ago(days=7)})
    assert "offset" not in provider.calls[0].json
    assert polled.cursor["offset"] == 4
    Telegram().poll(config(provider.base), {"offset": 900, "at": ago(days=5)})
    assert provider.calls[1].json["offset"] == 900


def test_the_mailbox_waits_until_something_comes(provider: Loopback) -> None:
    provider.on("POST", "/getUpdates", ok([]), ok([update(5)]))
    with Telegram().mailbox(config(provider.base)) as box:
        assert box.wait(30, lambda: False)
    assert [call.json["limit"] for call in provider.calls] == [1, 1]
    assert all(0 < call.json["timeout"] <= 5 for call in provider.calls)


def test_waiting_never_confirms_what_may_not_be_committed(provider: Loopback) -> None:
    provider.on("POST", "/getUpdates", ok([update(5)]))
    with Telegram().mailbox(config(provider.base)) as box:
        assert box.poll({"offset": 5, "at": ago(hours=1)}).cursor["offset"] == 6
        box.wait(1, lambda: False)
    assert [call.json["offset"] for call in provider.calls] == [5, 5]


def test_waiting_ends_by_time_and_by_word(provider: Loopback) -> None:
    provider.on("POST", "/getUpdates", Reply.json({"ok": True, "result": []}))
    stop = threading.Event()
    with Telegram().mailbox(config(provider.base)) as box:
        started = time.monotonic()
        assert not box.wait(0.2, stop.is_set)
        stop.set()
        assert not box.wait(60, stop.is_set)
        assert time.monotonic() - started < 30


# --- the webhook and its holes ---


def info(url: str = HOOK, pending: int = 0, **more: Any) -> Reply:
    return ok({"url": url, "pending_update_count": pending, **more})


def webhook_config(provider: Loopback) -> Any:
    return config(provider.base, receive="webhook")


def test_connecting_sets_the_webhook_with_its_secret_and_kinds(provider: Loopback) -> None:
    provider.on("POST", "/setWebhook", ok(True))
    list(Telegram().connect(webhook_config(provider), HOOK))
    given = provider.calls[0].json
    assert (given["url"], given["secret_token"]) == (HOOK, SECRET)
    assert set(given["allowed_updates"]) == {
        "message",
        "edited_message",
        "message_reaction",
        "callback_query",
        "my_chat_member",
    }


@pytest.mark.parametrize(("receive", "hook"), [("polling", HOOK), ("polling", None), ("webhook", None)])
def test_without_a_webhook_the_old_one_is_taken_away_and_nothing_dropped(
    provider: Loopback, receive: str, hook: str | None
) -> None:
    provider.on("POST", "/deleteWebhook", ok(True))
    list(Telegram().connect(config(provider.base, receive=receive), hook))
    assert provider.calls[0].json == {"drop_pending_updates": False}


def test_a_webhook_that_works_has_no_holes(provider: Loopback) -> None:
    provider.on("POST", "/getWebhookInfo", info(pending=3))
    polled = Telegram().poll(webhook_config(provider), {"webhook": HOOK})
    assert (polled.arrivals, polled.more, methods(provider)) == ([], False, ["getWebhookInfo"])


def test_what_a_failing_webhook_missed_is_fetched_and_the_webhook_set_again(provider: Loopback) -> None:
    provider.on("POST", "/getWebhookInfo", info(pending=2, last_error_date=1795255200, last_error_message="timeout"))
    for method in ("/deleteWebhook", "/setWebhook"):
        provider.on("POST", method, ok(True))
    provider.on("POST", "/getUpdates", ok([update(11), update(12)]))
    first = Telegram().poll(webhook_config(provider), {})
    assert (first.arrivals, first.more, first.cursor) == ([], True, {"webhook": HOOK})
    second = Telegram().poll(webhook_config(provider), first.cursor)
    assert methods(provider)[1:] == ["getWebhookInfo", "deleteWebhook", "getUpdates", "setWebhook"]
    assert provider.calls[2].json == {"drop_pending_updates": False}
    assert (provider.calls[-1].json["url"], provider.calls[-1].json["secret_token"]) == (HOOK, SECRET)
    assert (len(second.arrivals), second.backlog, second.cursor["offset"]) == (2, 2, 13)


def test_the_webhook_is_set_again_even_where_the_fetch_fails(provider: Loopback) -> None:
    provider.on("POST", "/getWebhookInfo", info(pending=2, last_error_date=1795255200))
    for method in ("/deleteWebhook", "/setWebhook"):
        provider.on("POST", method, ok(True))
    provider.on("POST", "/getUpdates", refusal(500, "Internal Server Error"))
    with pytest.raises(ConnectorError):
        Telegram().poll(webhook_config(provider), {"webhook": HOOK})
    assert methods(provider)[-1] == "setWebhook"


def test_a_webhook_lost_in_a_crash_is_set_again(provider: Loopback) -> None:
    provider.on("POST", "/getWebhookInfo", info(url=""))
    provider.on("POST", "/setWebhook", ok(True))
    Telegram().poll(webhook_config(provider), {"webhook": HOOK})
    assert provider.calls[-1].json["url"] == HOOK


# --- check ---


@pytest.mark.parametrize(
    ("receive", "about", "says"),
    [
        ("polling", None, "The bot @studio_bot answers."),
        ("webhook", info(), "The bot @studio_bot answers and its webhook is set."),
        ("webhook", info(url=""), "The bot @studio_bot answers, but no webhook is set."),
        (
            "webhook",
            info(pending=4, last_error_message="Connection refused"),
            "The bot @studio_bot answers, but its messages do not reach this desk: Connection refused",
        ),
    ],
)
def test_a_check_says_how_the_bot_fares(provider: Loopback, receive: str, about: Reply | None, says: str) -> None:
    provider.on("POST", "/getMe", ok({"id": 123456, "username": "studio_bot"}))
    if about is not None:
        provider.on("POST", "/getWebhookInfo", about)
    assert Telegram().check(config(provider.base, receive=receive)) == says
