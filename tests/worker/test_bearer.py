"""A mail server that knows only the RFC's way to sign in with a token is signed in to that way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.base import Address, Outgoing
from connectors.email import Email, EmailConfig
from connectors.grants import Grant, verifier
from inbox import clock
from inbox.sandbox.imap import entering, server
from inbox.sandbox.mail import submission
from inbox.sandbox.running import Sandbox

OURS = "support@cirro.example"
connector = Email()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def config(sandbox: Sandbox, token: str) -> EmailConfig:
    mail = sandbox.accounts()["email"]
    values = {
        "address": OURS,
        "sign_in": "google",
        **mail["sign_in"],
        "imap_host": mail["imap"]["host"],
        "imap_port": mail["imap"]["port"],
        "imap_security": "plain",
        "smtp_host": mail["smtp"]["host"],
        "smtp_port": mail["smtp"]["port"],
        "smtp_security": "plain",
        "grant": Grant.of(token, "refresh", 3600, clock.now()).plain(),
    }
    return EmailConfig.model_validate(values)


def token(sandbox: Sandbox) -> str:
    """A good one, without anybody's browser."""
    identity = sandbox._server._office.identity
    return str(identity._granted(OURS, new=True)["access_token"])


@pytest.mark.parametrize("only", ["XOAUTH2", "OAUTHBEARER"])
def test_either_mechanism_signs_in_and_sends(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, only: str) -> None:
    other = {"XOAUTH2": "OAUTHBEARER", "OAUTHBEARER": "XOAUTH2"}[only]
    offered = entering.capabilities
    for module in (entering, server):
        monkeypatch.setattr(module, "capabilities", lambda session: offered(session).replace(f" AUTH={other}", ""))
    monkeypatch.delattr(submission._Clerk, f"auth_{other}")
    monkeypatch.setattr(entering, "BEARERS", (only,))
    ours = config(sandbox, token(sandbox))
    assert "lets us read INBOX" in connector.check(ours)
    going: list[int] = []
    connector.send(ours, Outgoing(verifier(), Address("chiara@studio.example"), "Ciao"), lambda: going.append(1))
    assert [one["login"] for one in sandbox.accepted("email")] == [OURS]
    assert going == [1]


def test_no_token_stands_in_any_error(sandbox: Sandbox) -> None:
    ours = config(sandbox, "a-token-that-nobody-gave")
    with pytest.raises(Exception, match="does not accept the sign-in") as caught:
        connector.check(ours)
    assert "a-token" not in str(caught.value)
    assert "a-token" not in repr(ours)
