"""The Telegram stand-in, spoken to as the Bot API's pages say."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
import requests

from inbox.sandbox.client import SandboxError, attachment
from inbox.sandbox.running import Sandbox
from tests.connectors.loopback import Loopback, Reply
from tests.sandbox.conftest import TWIN_PNG, calls, until

CHIARA = 7010000142


class Bot:
    """Calls methods and gives the whole answer."""

    def __init__(self, sandbox: Sandbox) -> None:
        account = sandbox.accounts()["telegram"]
        self.base, self.token = account["api_base"], account["token"]

    def __call__(self, method: str, files: Any = None, **params: Any) -> Any:
        url = f"{self.base}/bot{self.token}/{method}"
        if files:
            return requests.post(url, data=params, files=files, timeout=10).json()
        return requests.post(url, json=params, timeout=70).json()


@pytest.fixture
def bot(sandbox: Sandbox) -> Bot:
    return Bot(sandbox)


def test_the_bot_knows_who_it_is_and_a_strange_token_is_unauthorized(sandbox: Sandbox, bot: Bot) -> None:
    assert bot("getMe")["result"]["is_bot"] is True
    bot.token = "123:abc"
    assert bot("getMe") == {"ok": False, "error_code": 401, "description": "Unauthorized"}


def test_an_update_stays_until_a_later_offset_confirms_it(sandbox: Sandbox, bot: Bot) -> None:
    first = sandbox.telegram.receive(CHIARA, "uno")["update_id"]
    second = sandbox.telegram.receive(CHIARA, "due")["update_id"]
    assert second == first + 1
    assert [update["message"]["text"] for update in bot("getUpdates")["result"]] == ["uno", "due"]
    assert [update["update_id"] for update in bot("getUpdates", offset=second)["result"]] == [second]
    assert bot("getUpdates", offset=second + 1)["result"] == []
    assert bot("getUpdates")["result"] == []


def test_a_message_has_the_fields_of_a_private_chat(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.telegram.receive(CHIARA, "/start promo", person={"username": "chiara_f"})
    [update] = bot("getUpdates")["result"]
    message = update["message"]
    assert message["chat"] == {
        "id": CHIARA,
        "first_name": "Chiara",
        "last_name": "Ferrari",
        "username": "chiara_f",
        "type": "private",
    }
    assert message["from"]["language_code"] == "it"
    assert message["entities"] == [{"offset": 0, "length": 6, "type": "bot_command"}]
    assert abs(message["date"] - time.time()) < 60


def test_a_long_poll_ends_as_soon_as_somebody_writes(sandbox: Sandbox, bot: Bot) -> None:
    threading.Timer(0.2, lambda: sandbox.telegram.receive(CHIARA, "eccomi")).start()
    started = time.monotonic()
    [update] = bot("getUpdates", timeout=20)["result"]
    assert update["message"]["text"] == "eccomi"
    assert time.monotonic() - started < 15


def test_polling_is_refused_while_a_webhook_is_set(sandbox: Sandbox, bot: Bot, desk: Loopback) -> None:
    assert bot("setWebhook", url=f"{desk.base}/hook")["ok"]
    refused = bot("getUpdates")
    assert (refused["ok"], refused["error_code"]) == (False, 409)
    assert "webhook is active" in refused["description"]
    bot("deleteWebhook")
    assert bot("getUpdates")["ok"]


def test_a_second_poller_ends_the_first(sandbox: Sandbox, bot: Bot) -> None:
    answers: list[Any] = []
    first = threading.Thread(target=lambda: answers.append(bot("getUpdates", timeout=20)))
    first.start()
    until(lambda: bot("getUpdates", timeout=0) and answers)  # the first may be slow to begin
    first.join(5)
    assert answers[0]["error_code"] == 409


def test_the_webhook_gets_updates_in_order_with_the_secret(sandbox: Sandbox, bot: Bot, desk: Loopback) -> None:
    sandbox.telegram.receive(CHIARA, "prima del webhook")
    bot("setWebhook", url=f"{desk.base}/hook", secret_token="segreto_1")
    sandbox.telegram.receive(CHIARA, "dopo è meglio")
    two = calls(desk, 2)
    assert [call.json["message"]["text"] for call in two] == ["prima del webhook", "dopo è meglio"]
    assert {call.headers["x-telegram-bot-api-secret-token"] for call in two} == {"segreto_1"}
    until(lambda: bot("getWebhookInfo")["result"]["pending_update_count"] == 0)


def test_naming_the_desk_leaves_the_webhook_that_it_has_set_itself(sandbox: Sandbox, bot: Bot, desk: Loopback) -> None:
    bot("setWebhook", url=f"{desk.base}/hook", secret_token="segreto_1")
    sandbox.desk(desk.base, [{"kind": "telegram", "hook_path": "/elsewhere"}])
    assert bot("getWebhookInfo")["result"]["url"] == f"{desk.base}/hook"


def test_a_webhook_that_fails_is_tried_again_and_the_failure_can_be_seen(
    sandbox: Sandbox, bot: Bot, desk: Loopback
) -> None:
    desk.on("POST", "/hook", Reply(500), Reply(500), Reply(200))
    bot("setWebhook", url=f"{desk.base}/hook")
    told = sandbox.telegram.receive(CHIARA, "ciao")
    assert told["delivery"] == {"status": 500, "error": ""}
    info = bot("getWebhookInfo")["result"]
    assert info["last_error_message"] == "Wrong response from the webhook: 500"
    three = calls(desk, 3)
    assert len({call.json["update_id"] for call in three}) == 1
    until(lambda: bot("getWebhookInfo")["result"]["pending_update_count"] == 0)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"url": "http://shop.example/hook"}, "HTTPS"),
        ({"url": "https://shop.example:8000/hook"}, "ports"),
        ({"url": "https://shop.example/hook", "secret_token": "mit Leerzeichen"}, "unallowed"),
    ],
)
def test_a_webhook_that_telegram_would_refuse_is_refused(bot: Bot, settings: dict[str, str], words: str) -> None:
    refused = bot("setWebhook", **settings)
    assert refused["error_code"] == 400
    assert words in refused["description"]


def test_reactions_come_only_to_those_who_ask_for_them(sandbox: Sandbox, bot: Bot) -> None:
    message = sandbox.telegram.receive(CHIARA, "ciao")["id"]
    sandbox.telegram.react(CHIARA, message, "👍")
    assert len(bot("getUpdates", allowed_updates=["message", "message_reaction"])["result"]) == 1
    sandbox.telegram.react(CHIARA, message, "👎")
    last = bot("getUpdates")["result"][-1]
    assert last["message_reaction"]["new_reaction"] == [{"type": "emoji", "emoji": "👎"}]


def test_an_answer_is_accepted_and_stands_in_the_judges_list(sandbox: Sandbox, bot: Bot) -> None:
    asked = sandbox.telegram.receive(CHIARA, "Il sito è giù")["id"]
    sent = bot("sendMessage", chat_id=CHIARA, text="Arrivo!", reply_parameters={"message_id": asked})["result"]
    assert sent["reply_to_message"]["text"] == "Il sito è giù"
    [entry] = sandbox.telegram.accepted()
    assert (entry["id"], entry["to"], entry["text"]) == (f"{CHIARA}:{sent['message_id']}", str(CHIARA), "Arrivo!")
    assert sent["message_id"] > asked


def test_html_becomes_text_and_entities_counted_in_utf16(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.telegram.receive(CHIARA, "ciao")
    text = '😀 <b>uno &amp; <i>due</i></b> <a href="https://cirro.example/?a=1&amp;b=2">qui</a>'
    sent = bot("sendMessage", chat_id=CHIARA, text=text, parse_mode="HTML")["result"]
    assert sent["text"] == "😀 uno & due qui"
    assert sent["entities"] == [
        {"offset": 3, "length": 9, "type": "bold"},
        {"offset": 9, "length": 3, "type": "italic"},
        {"offset": 13, "length": 3, "type": "text_link", "url": "https://cirro.example/?a=1&b=2"},
    ]


@pytest.mark.parametrize(
    ("params", "code", "words"),
    [
        ({"text": ""}, 400, "message text is empty"),
        ({"text": "x" * 4097}, 400, "message is too long"),
        ({"text": "<b>x", "parse_mode": "HTML"}, 400, "can't parse entities"),
        ({"text": "a < b", "parse_mode": "HTML"}, 400, "can't parse entities"),
        ({"text": "<h1>x</h1>", "parse_mode": "HTML"}, 400, "Unsupported start tag"),
        ({"text": "x", "chat_id": 999}, 400, "chat not found"),
        ({"text": "x", "chat_id": 7010000217}, 403, "can't initiate conversation"),
        ({"text": "x", "chat_id": "due"}, 400, "chat not found"),
        ({"text": "x", "reply_parameters": {"message_id": 1}}, 400, "message to be replied not found"),
    ],
)
def test_what_telegram_refuses_is_refused_with_its_words(
    sandbox: Sandbox, bot: Bot, params: dict[str, Any], code: int, words: str
) -> None:
    sandbox.telegram.receive(CHIARA, "ciao")
    refused = bot("sendMessage", **{"chat_id": CHIARA, **params})
    assert (refused["ok"], refused["error_code"]) == (False, code)
    assert words in refused["description"]
    assert sandbox.telegram.accepted() == []


def test_whoever_blocks_the_bot_is_reported_and_cannot_be_written_to(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.telegram.receive(CHIARA, "ciao")
    sandbox.telegram.block(CHIARA)
    change = bot("getUpdates")["result"][-1]["my_chat_member"]
    assert change["new_chat_member"]["status"] == "kicked"
    assert bot("sendMessage", chat_id=CHIARA, text="x")["error_code"] == 403
    sandbox.telegram.unblock(CHIARA)
    assert bot("sendMessage", chat_id=CHIARA, text="x")["ok"]


def test_a_picture_of_a_customer_can_be_fetched_by_its_file_id(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.telegram.receive(CHIARA, "ecco", files=[attachment("errore.png", TWIN_PNG)])
    [update] = bot("getUpdates")["result"]
    assert update["message"]["caption"] == "ecco"
    file = bot("getFile", file_id=update["message"]["photo"][-1]["file_id"])["result"]
    got = requests.get(f"{bot.base}/file/bot{bot.token}/{file['file_path']}", timeout=5)
    assert got.content == TWIN_PNG
    assert file["file_size"] == len(TWIN_PNG)


def test_several_pictures_are_an_album_of_several_updates(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.telegram.receive(CHIARA, "due", files=[attachment("a.png", TWIN_PNG), attachment("b.png", TWIN_PNG)])
    messages = [update["message"] for update in bot("getUpdates")["result"]]
    assert len({message["media_group_id"] for message in messages}) == 1
    assert [message.get("caption") for message in messages] == ["due", None]


def test_uploads_of_the_bot_are_kept_and_can_be_sent_again_by_id(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.telegram.receive(CHIARA, "ciao")
    sent = bot("sendDocument", files={"document": ("guida.pdf", b"%PDF-1.7", "application/pdf")}, chat_id=CHIARA)
    document = sent["result"]["document"]
    assert (document["file_name"], document["mime_type"]) == ("guida.pdf", "application/pdf")
    again = bot("sendDocument", chat_id=CHIARA, document=document["file_id"], caption="di nuovo")["result"]
    assert again["document"]["file_id"] == document["file_id"]
    first, second = sandbox.telegram.accepted()
    assert sandbox.file(first["files"][0]["id"]) == b"%PDF-1.7"
    assert (second["text"], second["files"][0]["name"]) == ("di nuovo", "guida.pdf")
    photo = bot("sendPhoto", files={"photo": ("a.png", TWIN_PNG, "image/png")}, chat_id=CHIARA, caption="ecco")
    assert len(photo["result"]["photo"]) == 2


def test_small_courtesies_are_accepted_but_are_no_messages(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.telegram.receive(CHIARA, "ciao")
    assert bot("sendChatAction", chat_id=CHIARA, action="typing")["result"] is True
    assert bot("answerCallbackQuery", callback_query_id="1")["result"] is True
    assert sandbox.telegram.accepted() == []


def test_an_edit_keeps_the_message_id(sandbox: Sandbox, bot: Bot) -> None:
    message = sandbox.telegram.receive(CHIARA, "il sito va")["id"]
    sandbox.telegram.edit(CHIARA, message, "il sito non va")
    edited = bot("getUpdates")["result"][-1]["edited_message"]
    assert (edited["message_id"], edited["text"]) == (message, "il sito non va")
    with pytest.raises(SandboxError):
        sandbox.telegram.edit(CHIARA, 1, "x")


def test_a_button_becomes_a_callback_query(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.telegram.receive(CHIARA, "ciao")
    sent = bot("sendMessage", chat_id=CHIARA, text="Confermi?")["result"]["message_id"]
    sandbox.telegram.press(CHIARA, sent, "si")
    query = bot("getUpdates")["result"][-1]["callback_query"]
    assert (query["data"], query["message"]["text"]) == ("si", "Confermi?")


def test_a_form_and_a_json_body_are_understood_alike(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.telegram.receive(CHIARA, "ciao")
    url = f"{bot.base}/bot{bot.token}/sendMessage"
    form = {"chat_id": CHIARA, "text": "x", "reply_parameters": json.dumps({"message_id": 101})}
    assert requests.post(url, data=form, timeout=5).json()["ok"]
    assert requests.get(url, params={"chat_id": str(CHIARA), "text": "y"}, timeout=5).json()["ok"]
    assert requests.post(url, data="{", headers={"Content-Type": "application/json"}, timeout=5).status_code == 400
