"""Where the sandbox delivers to, and from where it can be used: this machine, nothing else."""

from __future__ import annotations

import socket

import pytest
import requests

from inbox.sandbox.client import SandboxError
from inbox.sandbox.courier import loopback
from inbox.sandbox.running import Sandbox

CHIARA = "+447700900142"


@pytest.mark.parametrize(
    "url",
    [
        "https://api.twilio.com/x",
        "http://shop.example/x",
        "http://10.0.0.1/x",
        "http://169.254.169.254/latest",
        "http://0.0.0.0/x",
        "http://user:secret@127.0.0.1/x",
        "http://127.0.0.1.shop.example/x",
        "http://2130706433/x",
        "http://[::ffff:8.8.8.8]/x",
        "http://localhost.shop.example/",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "http://[::1",
        "",
    ],
)
def test_an_address_elsewhere_is_not_loopback(url: str) -> None:
    assert not loopback(url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/x", "http://localhost/", "http://[::1]:80/x", "http://127.9.9.9/"]
)
def test_this_machine_is_loopback(url: str) -> None:
    assert loopback(url)


def test_a_webhook_elsewhere_is_never_called(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.desk("https://shop.example", [{"kind": "sms", "hook_path": "/hook"}])

    def connect(*_: object) -> None:
        pytest.fail("somebody tried to connect")

    monkeypatch.setattr("http.client.HTTPConnection.connect", connect)
    told = sandbox.sms.receive(CHIARA, "ciao")
    assert told["delivery"] == {"status": None, "error": "not_loopback", "text": ""}


def test_a_proxy_elsewhere_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match="loopback"):
        sandbox.desk("https://shop.example", via="http://shop.example")


def test_a_picture_elsewhere_is_never_fetched(sandbox: Sandbox) -> None:
    account = sandbox.accounts()["telegram"]
    sandbox.telegram.receive("7010000142", "ciao")
    url = f"{account['api_base']}/bot{account['token']}/sendPhoto"
    body = {"chat_id": 7010000142, "photo": "http://192.0.2.1/a.png"}
    assert requests.post(url, json=body, timeout=5).json()["error_code"] == 400


def test_the_servers_listen_on_loopback_only(sandbox: Sandbox) -> None:
    outside = socket.gethostbyname(socket.gethostname())
    if outside.startswith("127."):
        outside = "127.0.0.2"
    for name in ("http", "smtp", "imap"):
        with pytest.raises(OSError), socket.create_connection((outside, sandbox.ports[name]), timeout=1):  # noqa: PT011
            pass


@pytest.mark.parametrize(
    "headers",
    [{"Host": "shop.example"}, {"Origin": "https://shop.example"}, {"Origin": "null"}, {"Host": "x@127.0.0.1"}],
)
def test_a_page_of_somebody_else_cannot_play_the_customer(sandbox: Sandbox, headers: dict[str, str]) -> None:
    body = {"from": CHIARA, "text": "sono io"}
    assert requests.post(f"{sandbox.url}/sandbox/sms/receive", json=body, headers=headers, timeout=5).status_code == 403
    assert sandbox.received("sms") == []


def test_an_unknown_order_is_a_plain_error(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match="from is missing"):
        sandbox.call("POST", "/sms/receive", {"text": "x"})
    with pytest.raises(SandboxError, match="can receive"):
        sandbox.call("POST", "/sms/dance", {})
    with pytest.raises(SandboxError, match="provider must be one of"):
        sandbox.call("GET", "/accepted", provider="fax")
    assert requests.get(f"{sandbox.url}/nothing/here", timeout=5).status_code == 404
