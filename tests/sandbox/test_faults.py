"""Faults on order: what breaks, what is accepted all the same, and what the desk is told twice or out of order."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from inbox.sandbox.client import SandboxError
from inbox.sandbox.running import Running, Sandbox
from tests.connectors.loopback import Loopback
from tests.sandbox.conftest import calls, until

OURS, CHIARA, CHAT, PSID = "+12025550142", "+447700900142", "7010000142", "9001000000000142"


def send(sandbox: Running, provider: str, text: str = "ciao", timeout: float = 10) -> requests.Response:
    """One message of the desk by the provider's own API."""
    account = sandbox.accounts()[provider]
    if provider == "sms":
        url = f"{account['api_base']}/2010-04-01/Accounts/{account['account_sid']}/Messages.json"
        auth = (account["account_sid"], account["auth_token"])
        return requests.post(url, data={"To": CHIARA, "From": OURS, "Body": text}, auth=auth, timeout=timeout)
    if provider == "telegram":
        url = f"{account['api_base']}/bot{account['token']}/sendMessage"
        return requests.post(url, json={"chat_id": CHAT, "text": text}, timeout=timeout)
    url = f"{account['api_base']}/v25.0/{account['page_id']}/messages"
    body = {"recipient": {"id": PSID}, "message": {"text": text}, "access_token": account["page_token"]}
    return requests.post(url, json=body, timeout=timeout)


def everywhere(sandbox: Sandbox, desk: Loopback) -> None:
    """Lets every provider call the desk."""
    hook: dict[str, Any] = {"hook_path": "/hook", "unchecked": True, "secret_token": "segreto"}
    sandbox.desk(desk.base, [{"kind": kind, **hook} for kind in ("sms", "telegram", "messenger")])


@pytest.fixture(params=["sms", "telegram", "messenger"])
def provider(request: pytest.FixtureRequest, sandbox: Sandbox) -> str:
    name: str = request.param
    sandbox.telegram.receive(CHAT, "ciao")
    sandbox.messenger.receive(PSID, "ciao")
    return name


def test_a_line_broken_after_acceptance_leaves_the_message_accepted(sandbox: Sandbox, provider: Any) -> None:
    sandbox.fault(provider, "break_after_accept")
    with pytest.raises(requests.ConnectionError):
        send(sandbox, provider)
    assert [entry["text"] for entry in sandbox.accepted(provider)] == ["ciao"]
    assert send(sandbox, provider, "ancora").ok


def test_a_line_broken_before_acceptance_leaves_nothing(sandbox: Sandbox, provider: Any) -> None:
    sandbox.fault(provider, "break_before_accept")
    with pytest.raises(requests.ConnectionError):
        send(sandbox, provider)
    assert sandbox.accepted(provider) == []


def test_a_slow_provider_accepts_first_and_answers_late(sandbox: Sandbox, provider: Any) -> None:
    sandbox.fault(provider, "slow", seconds=2)
    with pytest.raises(requests.ReadTimeout):
        send(sandbox, provider, timeout=0.4)
    assert len(sandbox.accepted(provider)) == 1


@pytest.mark.parametrize("status", [500, 503, 429])
def test_an_ordered_error_has_the_providers_shape_and_accepts_nothing(
    sandbox: Sandbox, provider: Any, status: int
) -> None:
    sandbox.fault(provider, "error", status=status, seconds=7)
    answer = send(sandbox, provider)
    assert answer.status_code == status
    assert sandbox.accepted(provider) == []
    body = answer.json()
    if provider == "sms":
        assert body["status"] == status
        assert answer.headers["Retry-After"] == "7"
    elif provider == "telegram":
        assert (body["ok"], body["error_code"]) == (False, status)
        assert body.get("parameters") == ({"retry_after": 7} if status == 429 else None)
    else:
        assert body["error"]["code"] == {500: 1, 503: 2, 429: 613}[status]


def test_an_ordered_error_can_name_the_providers_code(sandbox: Sandbox, provider: Any) -> None:
    sandbox.fault("sms", "error", code=21611, status=429)
    sandbox.fault("telegram", "error", code="Forbidden: user is deactivated", status=403)
    sandbox.fault("messenger", "error", code="551/1545041")
    body = send(sandbox, provider).json()
    if provider == "sms":
        assert (body["code"], body["status"]) == (21611, 429)
    elif provider == "telegram":
        assert (body["description"], body["error_code"]) == ("Forbidden: user is deactivated", 403)
    else:
        assert (body["error"]["code"], body["error"]["error_subcode"]) == (551, 1545041)


def test_a_fault_waits_for_the_message_that_it_matches_and_counts_down(sandbox: Sandbox) -> None:
    sandbox.fault("sms", "error", match="fattura", count=2)
    assert send(sandbox, "sms", "ciao").ok
    assert not send(sandbox, "sms", "la fattura").ok
    assert sandbox.faults()[0]["used"] == 1
    assert not send(sandbox, "sms", "la fattura").ok
    assert send(sandbox, "sms", "la fattura").ok
    assert sandbox.faults() == []


def test_a_fault_without_end_lasts_until_it_is_cleared(sandbox: Sandbox) -> None:
    sandbox.fault("telegram", "error", count=None, op="account", status=401)
    account = sandbox.accounts()["telegram"]
    url = f"{account['api_base']}/bot{account['token']}/getMe"
    assert [requests.get(url, timeout=5).status_code for _ in range(3)] == [401, 401, 401]
    sandbox.clear_faults("sms")
    assert requests.get(url, timeout=5).status_code == 401
    sandbox.clear_faults()
    assert requests.get(url, timeout=5).status_code == 200


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ({"provider": "fax", "kind": "slow"}, "provider must be one of"),
        ({"provider": "sms", "kind": "explode"}, "kind must be one of"),
        ({"provider": "sms", "kind": "slow", "colour": "red"}, "unknown field: colour"),
        ({"provider": "sms", "kind": "slow", "seconds": "soon"}, "soon"),
    ],
)
def test_a_wrong_order_is_refused_with_a_sentence(sandbox: Sandbox, order: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SandboxError, match=sentence):
        sandbox.call("POST", "/faults", order)


def test_webhooks_come_twice_on_order_with_the_same_bytes(sandbox: Sandbox, desk: Loopback) -> None:
    everywhere(sandbox, desk)
    for kind in ("sms", "telegram", "messenger"):
        sandbox.fault(kind, "repeat", times=3)
    sandbox.sms.receive(CHIARA, "tre volte")
    assert len({call.body for call in calls(desk, 3)}) == 1
    sandbox.telegram.receive(CHAT, "tre volte")
    assert len({call.body for call in calls(desk, 6)}) == 2
    sandbox.messenger.receive(PSID, "tre volte")
    assert len({call.body for call in calls(desk, 9)}) == 3
    time.sleep(0.1)
    assert len(desk.calls) == 9


def test_webhooks_come_in_reverse_on_order(sandbox: Sandbox, desk: Loopback) -> None:
    everywhere(sandbox, desk)
    for kind in ("sms", "telegram", "messenger"):
        sandbox.fault(kind, "reorder", count=3)
    for number in range(3):
        sandbox.sms.receive(CHIARA, f"sms {number}")
    assert [call.form["Body"][0] for call in calls(desk, 3)] == ["sms 2", "sms 1", "sms 0"]
    for number in range(3):
        sandbox.telegram.receive(CHAT, f"tg {number}", wait=0)
    assert [call.json["message"]["text"] for call in calls(desk, 6)[3:]] == ["tg 2", "tg 1", "tg 0"]
    for number in range(3):
        sandbox.messenger.receive(PSID, f"ms {number}")
    found = [call.json["entry"][0]["messaging"][0]["message"]["text"] for call in calls(desk, 9)[6:]]
    assert found == ["ms 2", "ms 1", "ms 0"]


def test_a_reordered_webhook_that_stays_alone_is_delivered_in_the_end(sandbox: Sandbox, desk: Loopback) -> None:
    sandbox.desk(desk.base, [{"kind": "sms", "hook_path": "/hook"}])
    sandbox.fault("sms", "reorder", count=5, seconds=0.2)
    assert sandbox.sms.receive(CHIARA, "sola")["delivery"] is None
    assert calls(desk, 1)[0].form["Body"] == ["sola"]


def test_statuses_can_come_in_the_wrong_order_and_get_lost(sandbox: Sandbox, desk: Loopback) -> None:
    account = sandbox.accounts()["sms"]
    url = f"{account['api_base']}/2010-04-01/Accounts/{account['account_sid']}/Messages.json"
    auth = (account["account_sid"], account["auth_token"])
    form = {"To": CHIARA, "From": OURS, "Body": "x", "StatusCallback": f"{desk.base}/hook"}
    sandbox.fault("sms", "reorder", op="callback", count=2)
    requests.post(url, data=form, auth=auth, timeout=5)
    assert [call.form["MessageStatus"][0] for call in calls(desk, 2)] == ["delivered", "sent"]
    sandbox.fault("sms", "drop_callback")
    requests.post(url, data=form, auth=auth, timeout=5)
    assert calls(desk, 3)[2].form["MessageStatus"] == ["delivered"]
    assert [entry["what"] for entry in sandbox.hooks("sms")].count("dropped") == 1


def test_a_price_can_be_late_or_never_come(sandbox: Sandbox) -> None:
    sandbox.fault("sms", "late_price", seconds=0.6, match="tardi")
    sandbox.fault("sms", "late_price", match="mai")
    for text in ("tardi", "mai", "presto"):
        send(sandbox, "sms", text)

    def prices() -> dict[str, str | None]:
        return {entry["text"]: entry["price"] for entry in sandbox.accepted("sms")}

    until(lambda: prices()["presto"])
    assert prices() == {"presto": "-0.0079", "tardi": None, "mai": None}
    until(lambda: prices()["tardi"])
    assert prices()["mai"] is None


def test_the_judge_can_be_asked_to_wait_for_a_message(sandbox: Sandbox) -> None:
    assert sandbox.accepted("sms", count=1, timeout=0.1) == []
    send(sandbox, "sms", "uno")
    [first] = sandbox.accepted("sms", count=1)
    send(sandbox, "sms", "due")
    assert [entry["text"] for entry in sandbox.accepted("sms", after=first["n"], count=1)] == ["due"]
