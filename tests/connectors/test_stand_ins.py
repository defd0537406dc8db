"""The connectors talk to the sandbox, which was written from the providers' papers: there and back, signed, priced."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from connectors.base import Address, ConnectorError, File, Inbound, Outgoing, Request, StatusUpdate
from connectors.messenger import Messenger, MessengerConfig
from connectors.sms import Sms, SmsConfig
from connectors.telegram import Telegram, TelegramConfig
from inbox.sandbox.client import attachment
from inbox.sandbox.running import Sandbox
from tests.connectors.loopback import Loopback, Reply

PICTURE = b"\x89PNG\r\n\x1a\n"
CUSTOMER = "5501234567890123"


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.delenv("FETCH_ALLOW", raising=False)
    with Sandbox() as running:
        running.pace(sent=0.01, delivered=0.02, price=0.02, retry=0.01, batch=0.01)
        yield running


class Hook:
    """The desk's hook: says yes and keeps what came."""

    def __init__(self, server: Loopback) -> None:
        self.server = server
        server.on("POST", "", Reply(200))

    @property
    def requests(self) -> list[Request]:
        return [
            Request(call.method, self.server.base + call.path, list(call.headers.items()), call.body)
            for call in list(self.server.calls)
            if call.method == "POST"
        ]

    def wait(self, enough: Callable[[list[Request]], bool]) -> list[Request]:
        ends = time.monotonic() + 10
        while not enough(self.requests):
            assert time.monotonic() < ends, f"only {len(self.requests)} calls came"
            time.sleep(0.01)
        return self.requests


@pytest.fixture
def hook(provider: Loopback) -> Hook:
    return Hook(provider)


def nothing() -> None:
    pass


def test_an_sms_goes_there_and_back(sandbox: Sandbox, hook: Hook) -> None:
    account = sandbox.accounts()["sms"]
    given = {name: account[name] for name in ("api_base", "account_sid", "auth_token", "number")}
    sms, config = Sms(), SmsConfig.model_validate(given)
    assert sms.check(config) == "The Twilio account Sandbox is active."
    assert list(sms.connect(config, hook.server.base + "/hooks/sms/x"))

    sandbox.sms.receive("+447700900123", "Il sito è fermo", files=[attachment("a.png", PICTURE)], wait=10)
    (arrived,) = hook.requests
    sms.verify(config, arrived)
    (inbound,) = sms.parse(config, arrived)
    assert isinstance(inbound, Inbound)
    assert inbound.text == "Il sito è fermo"
    assert inbound.attachments[0].media is not None
    assert sms.media(config, inbound.attachments[0].media).data == PICTURE

    status_url = hook.server.base + "/hooks/sms/x"
    receipt = sms.send(config, Outgoing("1", inbound.sender, "È tornato", status_url=status_url), nothing)
    for request in hook.wait(lambda requests: len(requests) >= 3):
        sms.verify(config, request)
    news = [item for request in hook.requests[1:] for item in sms.parse(config, request)]
    assert {(item.message, item.state) for item in news if isinstance(item, StatusUpdate)} == {
        (receipt.external_id, "sent"),
        (receipt.external_id, "delivered"),
    }
    ends = time.monotonic() + 10
    while (cost := sms.price(config, receipt)) is None:
        assert time.monotonic() < ends
        time.sleep(0.01)
    assert (cost.amount > 0, cost.currency, cost.final) == (True, "USD", True)
    polled = sms.poll(config, {"since": "2020-01-01T00:00:00+00:00"})
    assert [item.external_id for one in polled.arrivals for item in sms.parse(config, one)] == [inbound.external_id]


@pytest.mark.parametrize(("kind", "taken"), [("break_after_accept", 1), ("break_before_accept", 0)])
def test_an_sms_without_an_answer_is_ambiguous_whether_twilio_took_it_or_not(
    sandbox: Sandbox, kind: str, taken: int
) -> None:
    account = sandbox.accounts()["sms"]
    given = {name: account[name] for name in ("api_base", "account_sid", "auth_token", "number")}
    sandbox.fault("sms", kind)
    with pytest.raises(ConnectorError) as caught:
        Sms().send(SmsConfig.model_validate(given), Outgoing("1", Address("+447700900123"), "once"), nothing)
    assert caught.value.ambiguous
    assert len(sandbox.sms.accepted()) == taken


def test_telegram_goes_there_and_back(sandbox: Sandbox, hook: Hook) -> None:
    account = sandbox.accounts()["telegram"]
    telegram = Telegram()
    config = TelegramConfig.model_validate({name: account[name] for name in ("api_base", "token", "username")})
    assert telegram.check(config) == f"The bot @{account['username']} answers."

    sandbox.telegram.receive(700123, "Ciao", files=[attachment("a.png", PICTURE)])
    polled = telegram.poll(config, {})
    (inbound,) = telegram.parse(config, polled.arrivals[0])
    assert isinstance(inbound, Inbound)
    assert inbound.attachments[0].media is not None
    assert telegram.media(config, inbound.attachments[0].media).data == PICTURE
    assert telegram.poll(config, polled.cursor).arrivals == []

    file = File("fattura.pdf", "application/pdf", b"%PDF-1.4")
    telegram.send(config, Outgoing("1", inbound.sender, "due", html="<b>due</b>", files=(file,)), nothing)
    (accepted,) = sandbox.telegram.accepted(count=1)
    assert accepted["to"] == "700123"
    assert sandbox.file(accepted["files"][0]["id"]) == file.data

    called = config.model_copy(update={"receive": "webhook"})
    list(telegram.connect(called, hook.server.base + "/hooks/telegram/x"))
    sandbox.telegram.receive(700123, "per webhook", wait=10)
    for request in hook.requests:
        telegram.verify(called, request)
    (last,) = telegram.parse(called, hook.requests[-1])
    assert isinstance(last, Inbound)
    assert last.text == "per webhook"
    sandbox.telegram.block(700123)
    with pytest.raises(ConnectorError, match="blocked by the user") as caught:
        telegram.send(config, Outgoing("2", inbound.sender, "x"), nothing)
    assert caught.value.permanent


class Challenged(Hook):
    """A hook that answers Meta's challenge by the connector."""

    def __init__(self, server: Loopback, config: MessengerConfig) -> None:
        super().__init__(server)
        handler: type[BaseHTTPRequestHandler] = server.server.RequestHandlerClass  # type: ignore[assignment]

        def do_get(request: Any) -> None:
            arrived = Request("GET", server.base + request.path, [], b"")
            status, text = Messenger().challenge(config, arrived) or (404, "")
            request.send_response(status)
            request.send_header("Content-Length", str(len(text)))
            request.end_headers()
            request.wfile.write(text.encode())

        handler.do_GET = do_get  # type: ignore[attr-defined]


def test_messenger_goes_there_and_back(sandbox: Sandbox, provider: Loopback) -> None:
    account = sandbox.accounts()["messenger"]
    names = ("api_base", "page_id", "page_token", "app_secret", "verify_token", "app_id")
    messenger = Messenger()
    config = MessengerConfig.model_validate({name: account[name] for name in names})
    hook = Challenged(provider, config)
    assert messenger.check(config) == f"The page {account['page_name']} answers."
    list(messenger.connect(config, None))
    sandbox.desk(provider.base, [{"kind": "messenger", "hook_path": "/hooks/messenger/x"}])

    sandbox.messenger.receive(CUSTOMER, "Ciao", files=[attachment("a.png", PICTURE)], wait=10)
    (arrived,) = hook.requests
    messenger.verify(config, arrived)
    (inbound,) = messenger.parse(config, arrived)
    assert isinstance(inbound, Inbound)
    assert inbound.attachments[0].media is not None
    assert messenger.media(config, inbound.attachments[0].media).data == PICTURE

    receipt = messenger.send(config, Outgoing("1", inbound.sender, "Eccoci"), nothing)
    assert [one["id"] for one in sandbox.messenger.accepted(count=1)] == [receipt.external_id]

    def heard(kind: str) -> Callable[[list[Request]], bool]:
        return lambda requests: any(
            kind in event
            for request in requests
            for entry in json.loads(request.body)["entry"]
            for event in entry.get("messaging", [])
        )

    hook.wait(heard("delivery"))
    sandbox.messenger.read(CUSTOMER)
    for request in hook.wait(heard("read")):
        messenger.verify(config, request)
    news = [item for request in hook.requests for item in messenger.parse(config, request)]
    marks = [item for item in news if isinstance(item, StatusUpdate) and item.watermark is not None]
    assert {mark.state for mark in marks} == {"delivered", "read"}
    assert receipt.at is not None
    assert all(mark.watermark is not None and mark.watermark >= receipt.at for mark in marks)

    sandbox.messenger.age(CUSTOMER, 25)
    with pytest.raises(ConnectorError) as caught:
        messenger.send(config, Outgoing("2", inbound.sender, "late"), nothing)
    assert (caught.value.code, caught.value.permanent) == ("window", True)
