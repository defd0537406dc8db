"""A mailbox's cursor and its pollers: nothing lost, nothing doubled, whatever others do, and no account locked."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from imapclient import IMAPClient
from sqlalchemy import select

from inbox.actions import channels, grants, mailboxes
from inbox.actions.who import SYSTEM
from inbox.errors import NoRoom
from inbox.sandbox.running import Sandbox
from inbox.store import Channel, Event, JournalEntry, JournalItem, Lease, Message, Store, Ticket
from inbox.worker import Worker, pollers
from inbox.worker.pollers import Pollers

OURS, PASSWORD = "support@cirro.example", "sandbox-password"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def other(sandbox: Sandbox) -> Iterator[IMAPClient]:
    """Somebody else's mail program on the same mailbox."""
    with IMAPClient("127.0.0.1", sandbox.ports["imap"], ssl=False) as client:
        client.login(OURS, PASSWORD)
        yield client


@pytest.fixture
def channel(store: Store, sandbox: Sandbox) -> Channel:
    """A fetched mailbox that was looked at once."""
    made = add(store, sandbox)
    Worker(store).drain()
    return made


def add(store: Store, sandbox: Sandbox, **more: Any) -> Channel:
    values = {
        "address": OURS,
        "imap_host": "127.0.0.1",
        "imap_port": sandbox.ports["imap"],
        "imap_security": "plain",
        "imap_password": PASSWORD,
        **more,
    }
    with store.transaction() as work:
        return channels.add(work, SYSTEM, kind="email", name="mail", values=values)


def change(store: Store, channel: Channel, **values: Any) -> None:
    with store.transaction() as work:
        channels.change(work, SYSTEM, channel.id, values=values)


def mail(number: int) -> bytes:
    return (
        f"From: Chiara <chiara{number}@studio.example>\r\nTo: {OURS}\r\nSubject: Mail {number}\r\n"
        f"Message-ID: <m{number}@studio.example>\r\n\r\nCiao\r\n"
    ).encode()


def outcomes(store: Store) -> list[str]:
    with store.reading() as work:
        rows = work.scalars(select(JournalItem).order_by(JournalItem.entry_id, JournalItem.n))
        return [row.outcome.value for row in rows]


def subjects(store: Store) -> list[str | None]:
    with store.reading() as work:
        return [row.subject for row in work.scalars(select(Message).order_by(Message.id))]


def state(store: Store, channel: Channel) -> Channel:
    with store.reading() as work:
        return work.get_one(Channel, channel.id)


def events(store: Store, kind: str) -> list[Event]:
    with store.reading() as work:
        return list(work.scalars(select(Event).where(Event.kind == kind)))


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


# --- the beginning ---


def test_mail_that_lay_there_before_the_connection_stays_there(store: Store, sandbox: Sandbox) -> None:
    sandbox.email.deliver(mail(1))
    time.sleep(1.1)  # servers keep no parts of a second
    add(store, sandbox)
    sandbox.email.deliver(mail(2))
    Worker(store).drain()
    sandbox.email.deliver(mail(3))
    Worker(store).drain()
    assert subjects(store) == ["Mail 2", "Mail 3"]


@pytest.mark.parametrize("since", ["now", "days"])
def test_mail_that_comes_before_the_first_look_is_a_ticket(store: Store, sandbox: Sandbox, since: str) -> None:
    made = add(store, sandbox, since=since)
    sandbox.email.deliver(mail(1))
    Worker(store).drain()
    sandbox.email.deliver(mail(2))
    Worker(store).drain()
    assert subjects(store) == ["Mail 1", "Mail 2"]
    with store.reading() as work:
        first, *_ = work.scalars(select(JournalEntry).order_by(JournalEntry.id))
        assert not first.imported
    assert "looked" not in state(store, made).cursor


def test_a_mailbox_whose_set_up_took_an_hour_begins_when_it_is_done(store: Store, sandbox: Sandbox) -> None:
    made = add(store, sandbox)
    with store.transaction() as work:
        mailboxes.begin(work.get_one(Channel, made.id))
    before = state(store, made).cursor["born"]
    time.sleep(1.1)
    with store.transaction() as work:
        channels.change(work, SYSTEM, made.id, enabled=True)
    assert state(store, made).cursor["born"] > before


# --- what others do ---


def test_mail_that_another_program_reads_or_moves_comes_once(
    store: Store, sandbox: Sandbox, channel: Channel, other: IMAPClient
) -> None:
    other.create_folder("Support")
    change(store, channel, folders=["INBOX", "Support"])
    Worker(store).drain()
    for number in range(4):
        sandbox.email.deliver(mail(number))
    other.select_folder("INBOX")
    uids = sorted(other.search())
    other.add_flags([uids[0]], [rb"\Seen"])
    other.move([uids[1]], "Support")  # before we looked
    Worker(store).drain()
    other.move([uids[2]], "Support")  # after we looked
    other.delete_messages([uids[3]])
    other.expunge()
    Worker(store).drain()
    assert sorted(filter(None, subjects(store))) == ["Mail 0", "Mail 1", "Mail 2", "Mail 3"]
    assert outcomes(store) == ["message"] * 4 + ["duplicate"]


def test_a_new_uidvalidity_reads_again_and_doubles_nothing(store: Store, sandbox: Sandbox, channel: Channel) -> None:
    for number in range(3):
        sandbox.email.deliver(mail(number))
    Worker(store).drain()
    sandbox.email.renumber()
    sandbox.email.deliver(mail(3))
    Worker(store).drain()
    assert subjects(store) == ["Mail 0", "Mail 1", "Mail 2", "Mail 3"]
    assert outcomes(store).count("message") == 4
    assert set(outcomes(store)) == {"message", "duplicate"}
    Worker(store).drain()
    assert outcomes(store).count("message") == 4


def test_after_weeks_away_the_channel_says_how_many_mails_were_recovered(
    store: Store, channel: Channel, other: IMAPClient
) -> None:
    for number in range(37):
        then = dt.datetime.now(dt.UTC) - dt.timedelta(days=30 - number / 2)
        other.append("INBOX", mail(number), msg_time=then)
    Worker(store).drain()
    assert outcomes(store) == ["message"] * 37
    recovered = [one for one in events(store, "channel.recovered") if one.data.get("missed")]
    assert [(one.data["channel_id"], one.data["missed"]) for one in recovered] == [(channel.id, 37)]


def test_the_spam_folder_is_read_and_marked_where_the_settings_want_it(
    store: Store, sandbox: Sandbox, channel: Channel
) -> None:
    sandbox.email.deliver(mail(0), folder="Spam")
    Worker(store).drain()
    assert outcomes(store) == []
    change(store, channel, junk=True)
    Worker(store).drain()
    sandbox.email.deliver(mail(1), folder="Spam")
    sandbox.email.deliver(mail(2))
    Worker(store).drain()
    assert sorted(filter(None, subjects(store))) == ["Mail 1", "Mail 2"]
    with store.reading() as work:
        marked = {one.subject: one.extra.get("folder") for one in work.scalars(select(Message))}
        tags = {one.subject: [tag.tag for tag in one.tags] for one in work.scalars(select(Ticket))}
    assert marked == {"Mail 1": "junk", "Mail 2": None}
    assert tags == {"Mail 1": ["spam"], "Mail 2": []}


def test_what_the_cursor_stands_at_is_committed_with_the_mail(
    store: Store, sandbox: Sandbox, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.email.deliver(mail(0))
    before = state(store, channel).cursor

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("inbox.actions.journal._entry", full)
        with pytest.raises(NoRoom):
            pollers.poll_once(store, channel.id)
    assert state(store, channel).cursor == before
    Worker(store).drain()
    assert outcomes(store) == ["message"]


# --- one poller ---


def test_a_round_that_another_poller_overtook_takes_nothing_back(
    store: Store, sandbox: Sandbox, channel: Channel
) -> None:
    sandbox.email.deliver(mail(0))
    with store.reading() as work:
        config = channels.config_of(work, work.get_one(Channel, channel.id))
    with store.connectors["email"].mailbox(config) as line:

        class Slow:
            """The line of a poller that lost its lease: while it looks, another one polls."""

            def poll(self, cursor: dict[str, Any]) -> Any:
                polled = line.poll(cursor)
                sandbox.email.deliver(mail(1))
                pollers.poll_once(store, channel.id)
                return polled

            def wait(self, seconds: float, stop: Callable[[], bool]) -> bool:
                return False

        assert pollers.poll_once(store, channel.id, line=Slow(), config=config) == 0
    Worker(store).drain()
    assert outcomes(store) == ["message", "message"]


def test_of_two_workers_one_polls_and_the_other_takes_over(
    store: Store, sandbox: Sandbox, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pollers, "LEASE", dt.timedelta(seconds=12))  # a busy machine may stand still for a while
    first, second = Pollers(store, lambda: None), Pollers(store, lambda: None)
    first.owner, second.owner = "host:1", "host:2"

    def holder() -> str:
        with store.reading() as work:
            row = work.get(Lease, f"poll:{channel.id}")
            return row.owner if row is not None else ""

    first.follow()
    until(lambda: holder() == "host:1")
    second.follow()
    sandbox.email.deliver(mail(0))
    until(lambda: entries(store) == 1)
    assert holder() == "host:1"
    first.stop()
    until(lambda: holder() == "host:2")
    sandbox.email.deliver(mail(1))
    until(lambda: entries(store) == 2)
    second.stop()
    second.join(20)
    assert holder() == ""
    Worker(store).drain()
    assert outcomes(store) == ["message", "message"]


def entries(store: Store) -> int:
    with store.reading() as work:
        return len(work.scalars(select(JournalEntry.id)).all())


# --- logins ---


@pytest.fixture
def tries(sandbox: Sandbox) -> list[str]:
    """The logins that reach the mail server's list of passwords."""
    known = sandbox._server._office.store
    found: list[str] = []
    real = known.login

    def login(address: str, password: str) -> bool:
        found.append(address)
        return real(address, password)

    known.login = login  # type: ignore[method-assign]
    return found


def test_a_refused_login_is_tried_three_times_and_not_after_a_restart(
    store: Store, sandbox: Sandbox, tries: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pollers, "SHORTEST", 0.05)
    monkeypatch.setattr(pollers, "LOOK", 0.05)
    channel = add(store, sandbox, imap_password="wrong")
    first = Pollers(store, lambda: None)
    first.follow()
    until(lambda: len(tries) == 3)
    first.stop()
    first.join(20)
    assert state(store, channel).problem_code == "login"
    assert [event.data["code"] for event in events(store, "channel.broken")] == ["login"]
    for _ in range(3):
        Worker(store).drain()
    assert len(tries) == 3
    again = Pollers(store, lambda: None)
    again.follow()
    until(lambda: len(tries) == 4)
    time.sleep(0.5)
    assert len(tries) == 4
    assert len(events(store, "channel.broken")) == 1
    change(store, channel, imap_password=PASSWORD)
    again.follow()
    until(lambda: state(store, channel).polled_at is not None)
    again.stop()
    again.join(20)


def test_a_check_that_passes_lets_a_waiting_poller_go_on(
    store: Store, sandbox: Sandbox, tries: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pollers, "SHORTEST", 0.05)
    monkeypatch.setattr(pollers, "LOOK", 0.05)
    channel = add(store, sandbox, imap_password="new-password")
    running = Pollers(store, lambda: None)
    running.follow()
    until(lambda: len(tries) == 3)
    sandbox.add("email", address=OURS, password="new-password")  # the admin gives the mailbox its password there
    grants.talk(store, channel.id, lambda connector, config: connector.check(config))
    with store.transaction() as work:
        channels.checked(work, SYSTEM, channel.id)
    until(lambda: state(store, channel).polled_at is not None)
    running.stop()
    running.join(20)
