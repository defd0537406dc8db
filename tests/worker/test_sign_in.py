"""A mailbox that is signed in to at its provider: fetched and sent with tokens, renewed once, waiting after a no."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from connectors.base import ConnectorError
from connectors.grants import challenge, verifier
from inbox import clock
from inbox.actions import channels, grants, people, reply
from inbox.actions.setup import FirstDesk, create
from inbox.actions.who import SYSTEM, Who
from inbox.sandbox.running import Sandbox
from inbox.store import Channel, Event, JournalEntry, Message, Store, Ticket
from inbox.terms import Delivery
from inbox.worker import Worker
from inbox.worker.pollers import Pollers

BACK = "http://127.0.0.1:8000/settings/channels/signed-in"
OURS = "support@cirro.example"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def add(store: Store, sandbox: Sandbox, provider: str = "google", **more: Any) -> Channel:
    mail = sandbox.accounts()["email"]
    values = {
        "address": OURS,
        "sign_in": provider,
        **mail["sign_in"],
        "imap_host": mail["imap"]["host"],
        "imap_port": mail["imap"]["port"],
        "imap_security": "plain",
        "smtp_host": mail["smtp"]["host"],
        "smtp_port": mail["smtp"]["port"],
        "smtp_security": "plain",
        **more,
    }
    with store.transaction() as work:
        return channels.add(work, SYSTEM, kind="email", name="gmail", values=values)


def sign_in(store: Store, sandbox: Sandbox, channel: Channel, *, address: str = "") -> None:
    """What an admin's browser does, from the button to the way back."""
    secret = verifier()
    with store.reading() as work:
        config = channels.config_of(work, work.get_one(Channel, channel.id))
        provider = grants.grants_of(work, channel, config)
    assert provider is not None
    came_back = sandbox.email.consent(provider.consent(config, BACK, "s1", challenge(secret)), address=address)
    assert came_back.startswith(BACK)
    told = {name: value[0] for name, value in parse_qs(urlsplit(came_back).query).items()}
    assert told["state"] == "s1"
    grants.exchange(store, SYSTEM, channel.id, code=told["code"], verifier=secret, back=BACK)


def state(store: Store, channel: Channel) -> Channel:
    with store.reading() as work:
        return work.get_one(Channel, channel.id)


def kinds(sandbox: Sandbox) -> list[str]:
    return [one["kind"] for one in sandbox.email.tokens()]


def events(store: Store, kind: str) -> list[Event]:
    with store.reading() as work:
        return list(work.scalars(select(Event).where(Event.kind == kind)))


def age(store: Store, channel: Channel, **by: float) -> None:
    """Time passes for the stored grant."""
    with store.transaction() as work:
        row = work.get_one(Channel, channel.id)
        known = work.store.seal.open(row.sign_in)
        for name in ("renew_at", "until"):
            moment = clock.now().fromisoformat(known["grant"][name]) - timedelta(**by)
            known["grant"][name] = moment.isoformat()
        row.sign_in = work.store.seal.close(known)


@pytest.fixture
def agent(store: Store) -> Who:
    with store.transaction() as work:
        create(work, FirstDesk("Cirro", "en", "Europe/Rome", "Luca Moretti", "luca@cirro.example", "correct horse bat"))
        return Who.of(people.by_email(work, "luca@cirro.example"))


def answer(store: Store, agent: Who, text: str) -> int:
    """An agent answers the newest ticket; nobody waits for the undo."""
    with store.transaction() as work:
        ticket = work.scalars(select(Ticket.id).order_by(Ticket.id.desc())).first()
        assert ticket is not None
        message, _new = reply.reply(work, agent, ticket, text=text, client_key=text)
        message.next_at = clock.now()
        return message.id


def delivery(store: Store, message: int) -> Delivery | None:
    with store.reading() as work:
        return work.get_one(Message, message).state


def texts(store: Store) -> list[str]:
    with store.reading() as work:
        return [row.text for row in work.scalars(select(Message).order_by(Message.id)) if row.direction.value == "in"]


def test_a_mailbox_is_fetched_and_answered_with_a_token(store: Store, sandbox: Sandbox, agent: Who) -> None:
    channel = add(store, sandbox, imap_password="wrong", smtp_password="wrong")
    sign_in(store, sandbox, channel)
    Worker(store).drain()  # looks for the first time
    sandbox.email.receive("chiara@studio.example", "Dov'è il pacco?", "Pacco")
    Worker(store).drain()
    assert texts(store) == ["Dov'è il pacco?"]
    sent = answer(store, agent, "In arrivo")
    Worker(store).drain()
    assert delivery(store, sent) is Delivery.SENT
    [accepted] = sandbox.accepted("email")
    assert accepted["login"] == OURS
    assert kinds(sandbox) == ["authorization_code"]
    with store.reading() as work:
        row = work.get_one(Channel, channel.id)
        stored = repr((row.config, row.secrets, row.sign_in))
        grant = channels.config_of(work, row).grant  # type: ignore[attr-defined]
    for token in (grant.access_token, grant.refresh_token):
        assert token.get_secret_value() not in stored
    check = grants.talk(store, channel.id, lambda connector, config: connector.check(config))
    assert "lets us read INBOX" in check


def test_before_the_first_sign_in_the_channel_asks_for_it(store: Store, sandbox: Sandbox) -> None:
    channel = add(store, sandbox)
    Worker(store).drain()
    assert state(store, channel).problem_code == "signin"
    assert "nobody has signed in at Google yet" in state(store, channel).problem
    [event] = events(store, "channel.broken")
    assert event.data["code"] == "signin"


@pytest.mark.parametrize("provider", ["google", "microsoft"])
def test_many_renew_an_old_token_once(store: Store, sandbox: Sandbox, provider: str) -> None:
    channel = add(store, sandbox, provider)
    sign_in(store, sandbox, channel)
    age(store, channel, minutes=50)
    others = [Store(store.settings, store.connectors) for _ in range(2)]  # as two processes have
    found: list[str] = []

    def one(through: Store) -> None:
        config: Any = grants.fresh(through, channel.id)
        found.append(config.grant.access_token.get_secret_value())

    threads = [threading.Thread(target=one, args=(through,)) for through in (store, *others) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        other.close()
    assert len(found) == 12
    assert len(set(found)) == 1
    assert kinds(sandbox) == ["authorization_code", "refresh_token"]


def test_two_processes_renew_an_old_token_once(store: Store, sandbox: Sandbox) -> None:
    channel = add(store, sandbox, "microsoft")
    sign_in(store, sandbox, channel)
    age(store, channel, minutes=50)
    settings = store.settings
    environment = {**os.environ, "DATABASE_URL": settings.database_url, "DATA_DIR": str(settings.data_dir)}
    command = [sys.executable, "-m", "inbox.cli", "channel", "check", "gmail"]
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for one in both:
        said, _ = one.communicate(timeout=100)
        assert one.returncode == 0, said
    assert kinds(sandbox) == ["authorization_code", "refresh_token"]


def test_a_token_that_the_server_calls_bad_early_is_renewed_at_once(store: Store, sandbox: Sandbox, agent: Who) -> None:
    channel = add(store, sandbox)
    sign_in(store, sandbox, channel)
    Worker(store).drain()
    sandbox.email.receive("chiara@studio.example", "Ciao", "Uno")
    sandbox.email.expire()
    Worker(store).drain()
    assert texts(store) == ["Ciao"]
    sandbox.email.expire()
    sent = answer(store, agent, "Ecco")
    Worker(store).drain()
    assert delivery(store, sent) is Delivery.SENT
    assert len(sandbox.accepted("email")) == 1
    assert kinds(sandbox) == ["authorization_code", "refresh_token", "refresh_token"]
    assert events(store, "channel.broken") == []


def test_after_a_revocation_the_queue_waits_for_the_next_sign_in_and_leaves_then(
    store: Store, sandbox: Sandbox, agent: Who
) -> None:
    channel = add(store, sandbox)
    sign_in(store, sandbox, channel)
    Worker(store).drain()
    sandbox.email.receive("chiara@studio.example", "Ciao", "Uno")
    Worker(store).drain()
    sandbox.email.revoke()
    sent = [answer(store, agent, f"Ecco {n}") for n in range(3)]
    Worker(store).drain()
    assert state(store, channel).problem_code == "signin"
    assert "sign in again" in state(store, channel).problem
    assert len(events(store, "channel.broken")) == 1
    asked = len(kinds(sandbox))
    Worker(store).drain()
    assert {delivery(store, one) for one in sent} <= {Delivery.HELD, Delivery.QUEUED}
    assert len(kinds(sandbox)) == asked
    assert sandbox.accepted("email") == []
    sandbox.email.receive("chiara@studio.example", "Ancora io", "Due")
    sign_in(store, sandbox, channel)
    assert state(store, channel).problem == ""
    Worker(store).drain()
    assert {delivery(store, one) for one in sent} == {Delivery.SENT}
    assert len(sandbox.accepted("email")) == 3
    assert texts(store) == ["Ciao", "Ancora io"]


def test_a_running_poller_waits_for_the_sign_in_and_goes_on_by_itself(store: Store, sandbox: Sandbox) -> None:
    channel = add(store, sandbox)
    pollers = Pollers(store, lambda: None)
    pollers.follow()
    until(lambda: state(store, channel).problem_code == "signin")
    sign_in(store, sandbox, channel)
    pollers.follow()
    until(lambda: state(store, channel).polled_at is not None)
    sandbox.email.receive("chiara@studio.example", "Ciao", "Uno")

    def arrived() -> bool:
        with store.reading() as work:
            return work.scalars(select(JournalEntry.id)).first() is not None

    until(arrived)
    assert state(store, channel).problem_code == ""
    pollers.stop()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_provider_with_a_bad_minute_costs_nothing_while_the_token_is_good(store: Store, sandbox: Sandbox) -> None:
    channel = add(store, sandbox)
    sign_in(store, sandbox, channel)
    age(store, channel, minutes=50)
    sandbox.fault("email", "error", op="token", status=503)
    grants.fresh(store, channel.id)
    age(store, channel, minutes=15)
    sandbox.fault("email", "error", op="token", status=503)
    with pytest.raises(ConnectorError) as caught:
        grants.fresh(store, channel.id)
    assert (caught.value.permanent, caught.value.reauth) == (False, False)
    assert state(store, channel).problem_code == ""
    grants.fresh(store, channel.id)
    assert kinds(sandbox) == ["authorization_code", "refresh_token"]


@pytest.mark.parametrize(
    ("changed", "code"), [({"client_secret": "another"}, "signin"), ({"client_id": "another"}, "signin")]
)
def test_a_wrong_client_is_named_and_asks_for_an_admin(
    store: Store, sandbox: Sandbox, changed: dict[str, str], code: str
) -> None:
    channel = add(store, sandbox)
    sign_in(store, sandbox, channel)
    with store.transaction() as work:
        channels.change(work, SYSTEM, channel.id, values=changed)
    age(store, channel, hours=2)
    with pytest.raises(ConnectorError, match="client ID or the client secret"):
        grants.fresh(store, channel.id)
    assert state(store, channel).problem_code == code


def test_microsofts_code_is_typed_on_another_device(store: Store, sandbox: Sandbox) -> None:
    channel = add(store, sandbox, "microsoft")
    device = grants.begin_device(store, SYSTEM, channel.id)
    assert device.uri.endswith("/oauth/device")
    worker = Worker(store)
    due(store, channel)
    grants.ask_devices(store)
    assert state(store, channel).signed_in_at is None
    sandbox.email.type_code(device.user_code, address=OURS)
    due(store, channel)
    grants.ask_devices(store)
    assert state(store, channel).signed_in_at is not None
    assert state(store, channel).device_at is None
    worker.drain()
    assert state(store, channel).problem == ""
    assert state(store, channel).polled_at is not None


def test_a_declined_code_ends_the_asking(store: Store, sandbox: Sandbox) -> None:
    channel = add(store, sandbox, "microsoft")
    device = grants.begin_device(store, SYSTEM, channel.id)
    sandbox.email.type_code(device.user_code, decline=True)
    due(store, channel)
    grants.ask_devices(store)
    assert state(store, channel).device_at is None
    assert len(events(store, "channel.sign_in_declined")) == 1


def due(store: Store, channel: Channel) -> None:
    with store.transaction() as work:
        work.get_one(Channel, channel.id).device_at = clock.now()


def test_somebody_elses_account_is_not_taken_for_ours_and_the_right_one_lets_the_queue_leave(
    store: Store, sandbox: Sandbox, agent: Who
) -> None:
    sandbox.add("email", address="other@cirro.example", password="x")
    channel = add(store, sandbox)
    sign_in(store, sandbox, channel)
    Worker(store).drain()
    sandbox.email.receive("chiara@studio.example", "Ciao", "Uno")
    Worker(store).drain()
    sign_in(store, sandbox, channel, address="other@cirro.example")
    sent = answer(store, agent, "Ecco")
    Worker(store).drain()
    assert state(store, channel).problem_code == "login"
    assert f"does not accept the sign-in for {OURS}" in state(store, channel).problem
    assert delivery(store, sent) in {Delivery.HELD, Delivery.QUEUED}
    sign_in(store, sandbox, channel)
    Worker(store).drain()
    assert delivery(store, sent) is Delivery.SENT


def test_a_code_is_good_for_its_own_verifier_only(store: Store, sandbox: Sandbox) -> None:
    channel = add(store, sandbox)
    with store.reading() as work:
        config = channels.config_of(work, work.get_one(Channel, channel.id))
        provider = grants.grants_of(work, channel, config)
    assert provider is not None
    came_back = sandbox.email.consent(provider.consent(config, BACK, "s", challenge(verifier())))
    code = parse_qs(urlsplit(came_back).query)["code"][0]
    with pytest.raises(ConnectorError) as caught:
        grants.exchange(store, SYSTEM, channel.id, code=code, verifier=verifier(), back=BACK)
    assert caught.value.code == "signin"
    assert state(store, channel).signed_in_at is None
