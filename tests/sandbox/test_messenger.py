"""The Meta stand-in, spoken to as the pages of the Messenger Platform say."""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
import subprocess
from typing import Any

import pytest
import requests

from inbox.sandbox.client import SandboxError, attachment
from inbox.sandbox.running import Sandbox
from tests.connectors.loopback import Call, Loopback, Reply, loopback
from tests.sandbox.conftest import TWIN_PNG, until

CHIARA, OMAR = "9001000000000142", "9001000000000217"
ALL = "messages,messaging_postbacks,message_reads,message_deliveries,message_reactions,message_echoes"


class Challenged(Loopback):
    """A desk that answers Meta's challenge like a desk should."""

    def reply_to(self, method: str, path: str) -> Reply:
        if method == "GET":
            return Reply(200, self.calls[-1].query["hub.challenge"][0].encode())
        return super().reply_to(method, path)


class Graph:
    """Calls the API with the Page's token."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.account = sandbox.accounts()["messenger"]
        self.base = f"{self.account['api_base']}/v25.0"
        self.page = self.account["page_id"]

    def post(self, path: str, **body: Any) -> Any:
        body = {"access_token": self.account["page_token"], **body}
        return requests.post(f"{self.base}/{path}", json=body, timeout=10).json()

    def get(self, path: str, **query: Any) -> Any:
        query = {"access_token": self.account["page_token"], **query}
        return requests.get(f"{self.base}/{path}", params=query, timeout=10).json()

    def say(self, psid: str, text: str, **more: Any) -> Any:
        message = {"recipient": {"id": psid}, "messaging_type": "RESPONSE", "message": {"text": text}}
        return self.post(f"{self.page}/messages", **(message | more))


@pytest.fixture
def graph(sandbox: Sandbox) -> Graph:
    return Graph(sandbox)


@pytest.fixture
def hooked(sandbox: Sandbox, graph: Graph) -> Any:
    desk = Challenged()
    desk.on("POST", "/hook", Reply(200))
    account = graph.account
    done = graph.post(
        f"{account['app_id']}/subscriptions",
        access_token=account["app_token"],
        object="page",
        callback_url=f"{desk.base}/hook",
        verify_token="parola",
        fields=ALL,
    )
    assert done == {"success": True}
    assert graph.post(f"{graph.page}/subscribed_apps", subscribed_fields=ALL) == {"success": True}
    yield desk
    desk.die()


def events(call: Call) -> list[Any]:
    return [event for entry in call.json["entry"] for event in entry["messaging"]]


def posts(desk: Loopback, count: int) -> list[Call]:
    until(lambda: len([call for call in desk.calls if call.method == "POST"]) >= count)
    return [call for call in desk.calls if call.method == "POST"]


def test_the_webhook_is_kept_only_if_it_answers_the_challenge(graph: Graph, hooked: Loopback) -> None:
    asked = hooked.calls[0]
    assert asked.query["hub.mode"] == ["subscribe"]
    assert asked.query["hub.verify_token"] == ["parola"]
    with loopback() as deaf:
        deaf.on("GET", "/hook", Reply(200, b"something else"))
        refused = graph.post(
            f"{graph.account['app_id']}/subscriptions",
            access_token=graph.account["app_token"],
            callback_url=f"{deaf.base}/hook",
            verify_token="parola",
        )
    assert refused["error"]["code"] == 2200
    shown = graph.get(f"{graph.account['app_id']}/subscriptions", access_token=graph.account["app_token"])
    assert shown["data"][0]["callback_url"] == f"{hooked.base}/hook"


def test_what_a_customer_writes_comes_signed_over_the_raw_bytes(
    sandbox: Sandbox, graph: Graph, hooked: Loopback
) -> None:
    told = sandbox.messenger.receive(CHIARA, "Però il sito è giù: https://cirro.example/ 😀")
    [call] = posts(hooked, 1)
    wanted = hmac.new(graph.account["app_secret"].encode(), call.body, hashlib.sha256).hexdigest()
    assert call.headers["x-hub-signature-256"] == f"sha256={wanted}"
    assert call.body.isascii()
    assert rb"https:\/\/cirro.example\/" in call.body
    [event] = events(call)
    assert event["message"] == {"mid": told["id"], "text": "Però il sito è giù: https://cirro.example/ 😀"}
    assert (event["sender"]["id"], event["recipient"]["id"]) == (CHIARA, graph.page)


def test_openssl_computes_the_same_signature(sandbox: Sandbox, graph: Graph, hooked: Loopback) -> None:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is missing (apt-get install openssl)")
    sandbox.messenger.receive(CHIARA, "ciao è")
    [call] = posts(hooked, 1)
    command = [program, "dgst", "-sha256", "-hmac", graph.account["app_secret"]]
    printed = subprocess.run(command, input=call.body, capture_output=True, check=True).stdout.decode()
    assert call.headers["x-hub-signature-256"] == f"sha256={printed.split()[-1]}"


def test_several_messages_come_in_one_batch(sandbox: Sandbox, hooked: Loopback) -> None:
    sandbox.messenger.receive_many([{"from": CHIARA, "text": "uno"}, {"from": OMAR, "text": "due"}])
    [call] = posts(hooked, 1)
    assert [event["message"]["text"] for event in events(call)] == ["uno", "due"]


def test_an_answer_brings_an_echo_and_then_a_delivery(sandbox: Sandbox, graph: Graph, hooked: Loopback) -> None:
    sandbox.messenger.receive(CHIARA, "ciao")
    sent = graph.say(CHIARA, "Arrivo!", message={"text": "Arrivo!", "metadata": "nostro-1"})
    assert sent["recipient_id"] == CHIARA
    [entry] = sandbox.messenger.accepted()
    assert (entry["id"], entry["to"], entry["text"]) == (sent["message_id"], CHIARA, "Arrivo!")
    told = [event for call in posts(hooked, 3) for event in events(call)][1:]
    [echo] = [event for event in told if "message" in event]
    assert echo["message"]["mid"] == sent["message_id"]
    assert (echo["message"]["is_echo"], echo["message"]["metadata"]) == (True, "nostro-1")
    assert str(echo["message"]["app_id"]) == graph.account["app_id"]
    assert echo["sender"]["id"] == graph.page
    [delivery] = [event for event in told if "delivery" in event]
    assert delivery["delivery"]["mids"] == [sent["message_id"]]
    assert sandbox.messenger.accepted()[0]["state"] == "delivered"


def test_reading_gives_a_watermark_later_than_what_was_sent(sandbox: Sandbox, graph: Graph, hooked: Loopback) -> None:
    sandbox.messenger.receive(CHIARA, "ciao")
    graph.say(CHIARA, "Arrivo!")
    sandbox.messenger.read(CHIARA)
    [read] = [event for call in hooked.calls if call.method == "POST" for event in events(call) if "read" in event]
    [echo] = [event for call in posts(hooked, 3) for event in events(call) if event.get("message", {}).get("is_echo")]
    assert read["read"]["watermark"] >= echo["timestamp"]


@pytest.mark.parametrize(
    ("body", "code", "subcode"),
    [
        ({"recipient": {"id": "999"}}, 100, 2018001),
        ({"message": {"text": "x" * 2000}}, 100, None),
        ({"message": {"text": ""}}, 100, None),
        ({"message": {"text": "x", "metadata": "m" * 1000}}, 100, None),
        ({"messaging_type": "MESSAGE_TAG", "tag": "ACCOUNT_UPDATE"}, 100, None),
        ({"messaging_type": "MESSAGE_TAG"}, 100, None),
        ({"access_token": "EAAwrong"}, 190, None),
        ({"appsecret_proof": "0" * 64}, 100, None),
    ],
)
def test_what_meta_refuses_is_refused_with_its_codes(
    sandbox: Sandbox, graph: Graph, body: dict[str, Any], code: int, subcode: int | None
) -> None:
    sandbox.messenger.receive(CHIARA, "ciao")
    error = graph.say(CHIARA, "x", **body)["error"]
    assert (error["code"], error.get("error_subcode")) == (code, subcode)
    assert error["fbtrace_id"]
    assert sandbox.messenger.accepted() == []


def test_the_window_closes_after_a_day_and_after_a_week_even_for_people(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.messenger.receive(CHIARA, "ciao")
    sandbox.messenger.age(CHIARA, 25)
    error = graph.say(CHIARA, "tardi")["error"]
    assert (error["code"], error["error_subcode"]) == (10, 2018278)
    human = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    assert "message_id" in graph.say(CHIARA, "a mano", **human)
    sandbox.messenger.age(CHIARA, 24 * 7)
    assert graph.say(CHIARA, "troppo tardi", **human)["error"]["code"] == 10
    sandbox.messenger.receive(CHIARA, "ci siete?")
    assert "message_id" in graph.say(CHIARA, "sì")


def test_pictures_travel_both_ways(sandbox: Sandbox, graph: Graph, hooked: Loopback) -> None:
    sandbox.messenger.receive(CHIARA, "", files=[attachment("errore.png", TWIN_PNG)])
    [event] = events(posts(hooked, 1)[0])
    [given] = event["message"]["attachments"]
    assert given["type"] == "image"
    assert requests.get(given["payload"]["url"], timeout=5).content == TWIN_PNG
    by_url = {"attachment": {"type": "image", "payload": {"url": given["payload"]["url"]}}}
    assert "message_id" in graph.say(CHIARA, "", message=by_url)
    form = {
        "access_token": graph.account["page_token"],
        "recipient": json.dumps({"id": CHIARA}),
        "message": json.dumps({"attachment": {"type": "file", "payload": {}}}),
    }
    files = {"filedata": ("guida.pdf", b"%PDF-1.7", "application/pdf")}
    uploaded = requests.post(f"{graph.base}/me/messages", data=form, files=files, timeout=5).json()
    assert "message_id" in uploaded
    assert [sandbox.file(item["files"][0]["id"]) for item in sandbox.messenger.accepted()] == [TWIN_PNG, b"%PDF-1.7"]
    gone = {"attachment": {"type": "image", "payload": {"url": "https://cdn.example/a.png"}}}
    assert graph.say(CHIARA, "", message=gone)["error"]["error_subcode"] == 2018047


def test_a_kept_attachment_can_be_sent_by_its_id(sandbox: Sandbox, graph: Graph, desk: Loopback) -> None:
    desk.on("GET", "/a.png", Reply(200, TWIN_PNG, {"Content-Type": "image/png"}))
    sandbox.messenger.receive(CHIARA, "ciao")
    content = {"attachment": {"type": "image", "payload": {"url": f"{desk.base}/a.png", "is_reusable": True}}}
    kept = graph.post("me/message_attachments", message=content)["attachment_id"]
    again = {"attachment": {"type": "image", "payload": {"attachment_id": kept}}}
    assert "message_id" in graph.say(CHIARA, "", message=again)
    assert sandbox.file(sandbox.messenger.accepted()[0]["files"][0]["id"]) == TWIN_PNG


def test_a_name_is_told_for_those_who_wrote(sandbox: Sandbox, graph: Graph) -> None:
    assert graph.get(CHIARA, fields="first_name,last_name")["error"]["code"] == 100
    sandbox.messenger.receive(CHIARA, "ciao")
    assert graph.get(CHIARA, fields="first_name,last_name") == {
        "first_name": "Chiara",
        "last_name": "Ferrari",
        "id": CHIARA,
    }
    assert graph.get("me", fields="name")["name"] == "Cirro Hosting"


def test_fields_that_were_not_subscribed_are_not_sent(sandbox: Sandbox, graph: Graph, hooked: Loopback) -> None:
    graph.post("me/subscribed_apps", subscribed_fields="messages")
    sandbox.messenger.receive(CHIARA, "ciao")
    sandbox.messenger.react(CHIARA, "m_1", "❤")
    sandbox.messenger.receive(CHIARA, "fine")
    assert [event["message"]["text"] for call in posts(hooked, 2) for event in events(call)] == ["ciao", "fine"]
    [kept] = graph.get("me/subscribed_apps")["data"]
    assert kept["subscribed_fields"] == ["messages"]


def test_an_answer_given_in_metas_own_inbox_is_seen_as_an_echo_of_another_app(
    sandbox: Sandbox, graph: Graph, hooked: Loopback
) -> None:
    sandbox.messenger.elsewhere(CHIARA, "Rispondo io")
    [echo] = events(posts(hooked, 1)[0])
    assert echo["message"]["text"] == "Rispondo io"
    assert str(echo["message"]["app_id"]) != graph.account["app_id"]
    assert sandbox.messenger.accepted() == []


def test_a_webhook_that_fails_is_tried_again_with_the_same_bytes(sandbox: Sandbox, hooked: Loopback) -> None:
    hooked.on("POST", "/hook", Reply(500), Reply(500), Reply(200))
    told = sandbox.messenger.receive(CHIARA, "ciao")
    assert told["delivery"]["status"] == 500
    assert len({call.body for call in posts(hooked, 3)}) == 1


def test_typing_is_an_action_and_no_message(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.messenger.receive(CHIARA, "ciao")
    done = graph.post("me/messages", recipient={"id": CHIARA}, sender_action="typing_on")
    assert done == {"recipient_id": CHIARA}
    assert sandbox.messenger.accepted() == []


def test_buttons_and_reactions_come_as_their_own_events(sandbox: Sandbox, hooked: Loopback) -> None:
    sandbox.messenger.press(CHIARA, "Inizia", "START")
    sandbox.messenger.react(CHIARA, "m_1", "❤")
    first, second = (events(call)[0] for call in posts(hooked, 2))
    assert (first["postback"]["title"], first["postback"]["payload"]) == ("Inizia", "START")
    assert (second["reaction"]["action"], second["reaction"]["emoji"]) == ("react", "❤")


def test_the_demo_may_point_to_a_desk_that_is_not_up_yet_but_not_to_a_deaf_one(
    sandbox: Sandbox, desk: Loopback
) -> None:
    with pytest.raises(SandboxError, match="challenge"):
        sandbox.desk(desk.base, [{"kind": "messenger", "hook_path": "/hook"}])
    sandbox.desk("http://127.0.0.1:9", [{"kind": "messenger", "hook_path": "/hooks/messenger/x"}])
    account = sandbox.accounts()["messenger"]
    assert account["callback_url"] == "http://127.0.0.1:9/hooks/messenger/x"
    assert "messages" in account["subscribed_fields"]
