"""Mail that is fetched: Dovecot and pymap on loopback, cursors that lose nothing, flags that stay as they were."""

from __future__ import annotations

import copy
import datetime as dt
import functools
import json
import shutil
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.base import ConnectorError, Inbound, Polled, Request, Unreadable
from connectors.email import Email, EmailConfig, poll
from connectors.email.cursor import MAX_TRIES
from tests.connectors.email_servers import (
    NO_DOVECOT,
    PLAIN_PASSWORD,
    Authority,
    ImapServer,
    authority,
    dovecot,
    dripping,
    pymap,
)

connector = Email()
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def running(tls: Authority) -> Iterator[ImapServer]:
    if shutil.which("dovecot", path="/usr/sbin:/usr/bin:/usr/local/sbin") is None:
        pytest.skip(NO_DOVECOT)
    with dovecot(tls) as server:
        yield server


_users = iter(range(1_000_000))


@pytest.fixture
def server(running: ImapServer) -> ImapServer:
    """A mailbox of the test's own: the server takes any user."""
    return ImapServer(
        running.port, running.tls_port, f"user{next(_users)}@shop.example", running.password, running.process
    )


def config_for(server: ImapServer, **changed: Any) -> EmailConfig:
    given: dict[str, Any] = {
        "address": "support@shop.example",
        "imap_host": "127.0.0.1",
        "imap_port": server.port,
        "imap_security": "plain",
        "imap_user": server.user,
        "imap_password": server.password,
    }
    return EmailConfig.model_validate({**given, **changed})


def mail(number: int, text: str = "Ciao") -> bytes:
    return (
        f"From: Chiara <chiara@studio.example>\r\nTo: support@shop.example\r\nSubject: Mail {number}\r\n"
        f"Message-ID: <m{number}@studio.example>\r\n\r\n{text}\r\n"
    ).encode()


class Desk:
    """What the desk does with a channel: polls until nothing more is there, and keeps the cursor as JSON."""

    def __init__(self, config: EmailConfig) -> None:
        self.config = config
        self.cursor: dict[str, Any] = {}
        self.polls: list[Polled] = []

    def poll(self) -> list[Request]:
        """What arrived, over as many polls as it takes."""
        arrivals: list[Request] = []
        with connector.mailbox(self.config) as line:
            for _ in range(100):
                polled = line.poll(copy.deepcopy(self.cursor))
                self.cursor = json.loads(json.dumps(polled.cursor))
                self.polls.append(polled)
                arrivals += polled.arrivals
                if not polled.more:
                    return arrivals
        raise AssertionError("a poll that never ends")

    def subjects(self) -> list[str | None]:
        return [item.subject for item in self.items()]

    def items(self) -> list[Inbound]:
        found = [item for request in self.poll() for item in connector.parse(self.config, request)]
        assert all(isinstance(item, Inbound) for item in found)
        return [item for item in found if isinstance(item, Inbound)]


# --- what counts as new ---


def test_from_now_on_brings_what_comes_and_not_what_lay_there(server: ImapServer) -> None:
    server.put(mail(1))
    desk = Desk(config_for(server))
    assert desk.subjects() == []
    server.put(mail(2))
    server.put(mail(3))
    assert desk.subjects() == ["Mail 2", "Mail 3"]
    assert desk.subjects() == []


def test_an_empty_mailbox_is_a_good_beginning(server: ImapServer) -> None:
    desk = Desk(config_for(server))
    assert desk.subjects() == []
    server.put(mail(1))
    assert desk.subjects() == ["Mail 1"]


def test_everything_brings_older_mail_as_imported_and_new_mail_as_new(server: ImapServer) -> None:
    for number in range(120):
        server.put(mail(number), at=NOW - dt.timedelta(days=400 - number))
    desk = Desk(config_for(server, since="everything"))
    first = desk.subjects()
    assert first == [f"Mail {number}" for number in range(120)]
    assert all(one.imported for one in desk.polls if one.arrivals)
    assert len(desk.polls) > 1
    server.put(mail(120))
    assert desk.subjects() == ["Mail 120"]
    assert not desk.polls[-1].imported


def test_the_last_days_leave_out_what_is_older(server: ImapServer) -> None:
    for number, days in enumerate((90, 40, 20, 1)):
        server.put(mail(number), at=NOW - dt.timedelta(days=days))
    desk = Desk(config_for(server, since="days", since_days=30))
    assert desk.subjects() == ["Mail 2", "Mail 3"]


def test_new_mail_comes_before_the_rest_of_the_old(server: ImapServer) -> None:
    for number in range(60):
        server.put(mail(number), at=NOW - dt.timedelta(days=100))
    config = config_for(server, since="everything")
    with connector.mailbox(config) as line:
        first = line.poll({})
        assert (first.imported, first.more, len(first.arrivals)) == (True, True, poll.MAX_MAILS)
        server.put(mail(60))
        second = line.poll(first.cursor)
        assert (second.imported, second.more) == (False, True)
        assert b"Mail 60" in second.arrivals[0].body
        third = line.poll(second.cursor)
        assert (third.imported, third.more, len(third.arrivals)) == (True, False, 10)


# --- nothing is touched, nothing is lost ---


def test_the_bytes_are_the_servers_own(server: ImapServer) -> None:
    desk = Desk(config_for(server))
    desk.poll()
    raw = b"From: a@b.example\r\nSubject: =?utf-8?q?x?=\r\n\r\n\x80\xff 8 bit \t \r\n"
    server.put(raw)
    (request,) = desk.poll()
    assert request.body == raw
    assert request.method == "POLL"
    assert request.url.startswith("imap://INBOX;UIDVALIDITY=")
    assert request.url.endswith(";UID=1")


def test_flags_stay_as_they_were(server: ImapServer) -> None:
    desk = Desk(config_for(server, since="everything"))
    server.put(mail(1))
    desk.poll()
    server.put(mail(2))
    desk.poll()
    assert not any(b"\\Seen" in flags for flags in server.flags())


def test_a_mail_that_somebody_read_first_is_still_ours(server: ImapServer) -> None:
    desk = Desk(config_for(server))
    desk.poll()
    server.put(mail(1))
    with server.client() as other:
        other.select_folder("INBOX")
        other.add_flags([1], [b"\\Seen", b"\\Answered"])
    assert desk.subjects() == ["Mail 1"]


def test_what_arrived_when_nobody_polled_is_recovered_and_counted(server: ImapServer) -> None:
    desk = Desk(config_for(server))
    desk.poll()
    for number in range(37):
        server.put(mail(number), at=NOW - dt.timedelta(days=14))
    server.put(mail(37))
    assert len(desk.subjects()) == 38
    assert sum(one.backlog for one in desk.polls) == 37


def test_mail_deleted_before_the_poll_leaves_a_gap_and_no_trouble(server: ImapServer) -> None:
    desk = Desk(config_for(server))
    desk.poll()
    for number in range(4):
        server.put(mail(number))
    with server.client() as other:
        other.select_folder("INBOX")
        other.delete_messages([2, 4])
        other.expunge()
    assert desk.subjects() == ["Mail 0", "Mail 2"]
    server.put(mail(9))
    assert desk.subjects() == ["Mail 9"]


def test_the_time_is_the_servers(server: ImapServer) -> None:
    desk = Desk(config_for(server))
    desk.poll()
    at = (NOW - dt.timedelta(minutes=3)).replace(microsecond=0)
    server.put(mail(1), at=at)
    (item,) = desk.items()
    assert item.at == at
    assert item.at.utcoffset() == dt.timedelta(0)


def test_several_folders_are_read_and_a_lost_one_holds_up_no_other(server: ImapServer) -> None:
    with server.client() as other:
        other.create_folder("Assistenza è qui")
    desk = Desk(config_for(server, folders=("INBOX", "Assistenza è qui", "Gone")))
    desk.poll()
    server.put(mail(1))
    server.put(mail(2), folder="Assistenza è qui")
    assert desk.subjects() == ["Mail 1", "Mail 2"]


def test_a_first_folder_that_is_not_there_is_a_matter_of_the_settings(server: ImapServer) -> None:
    with pytest.raises(ConnectorError) as caught:
        Desk(config_for(server, folders=("Nowhere",))).poll()
    assert (caught.value.code, caught.value.permanent) == ("config", True)


def test_a_new_uidvalidity_reads_again_what_came_since_we_began(server: ImapServer) -> None:
    with server.client() as other:
        other.create_folder("Support")
    server.put(mail(0), folder="Support", at=NOW - dt.timedelta(days=200))
    desk = Desk(config_for(server, folders=("Support",)))
    desk.poll()
    server.put(mail(1), folder="Support")
    first = desk.items()
    with server.client() as other:
        other.delete_folder("Support")
        other.create_folder("Support")
    for number in (0, 1, 2):
        days = 200 if number == 0 else 0
        server.put(mail(number), folder="Support", at=dt.datetime.now(dt.UTC) - dt.timedelta(days=days))
    again = desk.items()
    # Mail 1 comes a second time under the same id, which is how the desk knows it; mail 0 is older than the channel.
    assert [item.subject for item in again] == ["Mail 1", "Mail 2"]
    assert again[0].external_id == first[0].external_id
    assert desk.polls[-1].backlog == 0
    server.put(mail(3), folder="Support")
    assert desk.subjects() == ["Mail 3"]


def test_large_mail_is_read_whole_up_to_the_limit_and_begun_beyond_it(server: ImapServer) -> None:
    desk = Desk(config_for(server, size_limit_mb=1))
    desk.poll()
    server.put(mail(1, "x" * 900_000))
    server.put(mail(2, "y" * 3_000_000))
    whole, cut = desk.items()
    assert "truncated" not in whole.extra
    assert cut.subject == "Mail 2"
    assert cut.extra["truncated"] > 3_000_000
    assert 900_000 < len(cut.text) < 1_100_000


def test_one_poll_carries_only_so_much(server: ImapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll, "MAX_BYTES", 250_000)
    desk = Desk(config_for(server))
    desk.poll()
    for number in range(5):
        server.put(mail(number, "x" * 100_000))
    assert desk.subjects() == [f"Mail {number}" for number in range(5)]
    assert max(len(one.arrivals) for one in desk.polls) == 2


def test_a_mail_the_server_cannot_deliver_holds_up_no_other_and_ends_in_the_ledger(
    server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imapclient import IMAPClient

    desk = Desk(config_for(server))
    desk.poll()
    for number in range(3):
        server.put(mail(number))
    fetch = IMAPClient.fetch

    def failing(client: IMAPClient, messages: Any, data: Any, modifiers: Any = None) -> Any:
        if list(messages) == [2] and "BODY.PEEK[]" in data:
            raise IMAPClient.Error("fetch failed: [SERVERBUG] Internal error")
        return fetch(client, messages, data, modifiers)

    monkeypatch.setattr(IMAPClient, "fetch", failing)
    assert desk.subjects() == ["Mail 0", "Mail 2"]
    assert desk.subjects() == []  # not asked for again at once
    found: list[Request] = []
    for _ in range(MAX_TRIES):
        for failed in desk.cursor["folders"]["INBOX"].get("failed", {}).values():
            failed["again"] = "2020-01-01T00:00:00Z"
        found += desk.poll()
    (request,) = found
    (item,) = connector.parse(desk.config, request)
    assert isinstance(item, Unreadable)
    assert "Internal error" in item.error
    assert "failed" not in desk.cursor["folders"]["INBOX"]


def test_a_mail_that_was_only_late_is_read_at_the_next_try(server: ImapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    from imapclient import IMAPClient

    desk = Desk(config_for(server))
    desk.poll()
    server.put(mail(1))
    fetch = IMAPClient.fetch

    def aborting(client: IMAPClient, messages: Any, data: Any, modifiers: Any = None) -> Any:
        if "BODY.PEEK[]" in data:
            raise IMAPClient.AbortError("command: UID FETCH => socket error: EOF")
        return fetch(client, messages, data, modifiers)

    with monkeypatch.context() as broken:
        broken.setattr(IMAPClient, "fetch", aborting)
        assert desk.subjects() == []
    desk.cursor["folders"]["INBOX"]["failed"]["1"]["again"] = "2020-01-01T00:00:00Z"
    assert desk.subjects() == ["Mail 1"]
    assert desk.polls[-1].backlog == 1


# --- the line ---


def test_tls_with_a_certificate_that_is_trusted(server: ImapServer, tls: Authority) -> None:
    given = {"imap_host": "localhost", "ca_file": str(tls.ca_file)}
    for security, port in (("tls", server.tls_port), ("starttls", server.port)):
        config = config_for(server, imap_security=security, imap_port=port, **given)
        assert "localhost lets us read INBOX" in connector.check(config)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_an_unknown_certificate_is_not_accepted(server: ImapServer, security: str) -> None:
    port = server.tls_port if security == "tls" else server.port
    with pytest.raises(ConnectorError) as caught:
        connector.check(config_for(server, imap_host="localhost", imap_security=security, imap_port=port))
    assert (caught.value.code, caught.value.reauth) == ("tls", False)


def test_a_wrong_password_asks_for_a_new_login_and_is_not_repeated_aloud(server: ImapServer) -> None:
    with pytest.raises(ConnectorError) as caught:
        connector.poll(config_for(server, imap_password="not-the-password"), {})
    assert (caught.value.reauth, caught.value.permanent, caught.value.code) == (True, True, "login")
    assert "not-the-password" not in caught.value.message


def test_a_password_beyond_ascii(tls: Authority) -> None:
    if shutil.which("dovecot", path="/usr/sbin:/usr/bin:/usr/local/sbin") is None:
        pytest.skip(NO_DOVECOT)
    with dovecot(tls, password="città-più") as server:
        config = config_for(ImapServer(server.port, server.tls_port, server.user, "città-più", server.process))
        assert "lets us read" in connector.check(config)


def test_a_server_that_is_away_is_temporary(server: ImapServer) -> None:
    with pytest.raises(ConnectorError) as caught:
        connector.poll(config_for(server, imap_port=1), {})
    assert (caught.value.code, caught.value.permanent, caught.value.reauth) == ("connect", False, False)


def test_a_channel_without_imap_polls_nothing_and_waits_quietly() -> None:
    config = EmailConfig(address="support@shop.example")
    assert not connector.must_poll(config)
    assert connector.poll(config, {"a": 1}) == Polled([], {"a": 1})
    with connector.mailbox(config) as line:
        assert not line.wait(0.01, lambda: False)
    assert "pipe" in connector.check(config)


# --- waiting ---


def soon(work: Any, after: float = 0.3) -> threading.Timer:
    timer = threading.Timer(after, work)
    timer.start()
    return timer


def test_a_wait_ends_as_soon_as_mail_arrives(server: ImapServer) -> None:
    with connector.mailbox(config_for(server)) as line:
        cursor = line.poll({}).cursor
        timer = soon(lambda: server.put(mail(1)))
        began = time.monotonic()
        assert line.wait(20, lambda: False)
        assert time.monotonic() - began < 10
        timer.join()
        assert len(line.poll(cursor).arrivals) == 1


def test_a_line_that_arrives_in_pieces_is_read_whole(server: ImapServer) -> None:
    with dripping(server.port) as port, connector.mailbox(config_for(server, imap_port=port)) as line:
        cursor = line.poll({}).cursor
        for number in (1, 2):
            timer = soon(functools.partial(server.put, mail(number)))
            assert line.wait(20, lambda: False)
            timer.join()
            polled = line.poll(cursor)
            cursor = polled.cursor
            assert len(polled.arrivals) == 1


def test_what_others_do_to_old_mail_ends_no_wait(server: ImapServer) -> None:
    server.put(mail(1))
    with connector.mailbox(config_for(server)) as line:
        cursor = line.poll({}).cursor

        def read_elsewhere() -> None:
            with server.client() as other:
                other.select_folder("INBOX")
                other.add_flags([1], [b"\\Seen"])
            server.put(mail(2))

        timer = soon(read_elsewhere)
        assert line.wait(20, lambda: False)
        timer.join()
        assert len(line.poll(cursor).arrivals) == 1


def test_mail_that_came_between_poll_and_wait_is_noticed_at_once(server: ImapServer) -> None:
    with connector.mailbox(config_for(server)) as line:
        cursor = line.poll({}).cursor
        server.put(mail(1))
        began = time.monotonic()
        assert line.wait(20, lambda: False)
        assert time.monotonic() - began < 10
        cursor = line.poll(cursor).cursor
        with server.client() as other:  # a gap at the end of the folder is no news for ever
            other.select_folder("INBOX")
            other.delete_messages([1])
            other.expunge()
        line.poll(cursor)
        assert not line.wait(0.3, lambda: False)


@pytest.mark.parametrize("security", ["plain", "tls"])
def test_mail_that_is_told_of_in_one_breath_with_the_leave_to_idle_is_noticed_at_once(
    server: ImapServer, monkeypatch: pytest.MonkeyPatch, tls: Authority, security: str
) -> None:
    from imapclient import IMAPClient

    port = server.tls_port if security == "tls" else server.port

    def late(client: IMAPClient) -> None:
        """The library's own step, as on a slow machine: the mail comes before the server's leave is read."""
        client._idle_tag = client._imap._command("IDLE")
        server.put(mail(1))
        time.sleep(2)
        assert client._imap._get_response() is None

    monkeypatch.setattr(IMAPClient, "idle", late)
    given = {"imap_host": "localhost", "ca_file": str(tls.ca_file), "imap_security": security, "imap_port": port}
    with connector.mailbox(config_for(server, **given)) as line:
        line.poll({})
        began = time.monotonic()
        assert line.wait(40, lambda: False)
        assert time.monotonic() - began < 20


def test_mail_in_another_folder_ends_the_next_wait(server: ImapServer) -> None:
    with server.client() as other:
        other.create_folder("Second")
    with connector.mailbox(config_for(server, folders=("INBOX", "Second"))) as line:
        line.poll({})
        assert not line.wait(0.2, lambda: False)
        server.put(mail(1), folder="Second")
        assert line.wait(20, lambda: False)


def test_a_wait_ends_on_stop_and_the_line_still_stands(server: ImapServer) -> None:
    with connector.mailbox(config_for(server)) as line:
        cursor = line.poll({}).cursor
        stop = threading.Event()
        timer = soon(stop.set, 0.2)
        began = time.monotonic()
        assert not line.wait(20, stop.is_set)
        assert time.monotonic() - began < 10
        timer.join()
        server.put(mail(1))
        assert len(line.poll(cursor).arrivals) == 1


def test_idle_is_taken_up_again_before_servers_and_routers_forget(
    server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imapclient import IMAPClient

    monkeypatch.setattr("connectors.email.mailbox.IDLE_AGAIN_S", 0.2)
    idled: list[float] = []
    idle = IMAPClient.idle

    def counted(client: IMAPClient) -> None:
        idled.append(time.monotonic())
        idle(client)

    monkeypatch.setattr(IMAPClient, "idle", counted)
    with connector.mailbox(config_for(server)) as line:
        line.poll({})
        assert not line.wait(0.9, lambda: False)
    assert len(idled) >= 3


def test_without_idle_the_server_is_asked(tls: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("dovecot", path="/usr/sbin:/usr/bin:/usr/local/sbin") is None:
        pytest.skip(NO_DOVECOT)
    monkeypatch.setattr("connectors.email.mailbox.ASK_S", 0.2)
    with (
        dovecot(tls, capability="IMAP4rev1 LITERAL+") as bare,
        connector.mailbox(config_for(bare)) as line,
    ):
        cursor = line.poll({}).cursor
        assert not line.wait(0.3, lambda: False)
        timer = soon(lambda: bare.put(mail(1)))
        assert line.wait(20, lambda: False)
        timer.join()
        assert len(line.poll(cursor).arrivals) == 1


def test_a_server_that_dies_ends_the_wait_and_a_new_line_goes_on(tls: Authority) -> None:
    if shutil.which("dovecot", path="/usr/sbin:/usr/bin:/usr/local/sbin") is None:
        pytest.skip(NO_DOVECOT)
    with dovecot(tls) as server, connector.mailbox(config_for(server)) as line:
        cursor = line.poll({}).cursor
        timer = soon(server.process.stop)
        with pytest.raises(ConnectorError) as caught:
            line.wait(60, lambda: False)  # on a busy machine a server takes its time to end
        timer.join()
        assert not caught.value.permanent
        with pytest.raises(ConnectorError):
            line.poll(cursor)


# --- another server ---


@pytest.fixture(scope="module")
def other_server() -> Iterator[ImapServer]:
    with pymap() as server:
        yield server


def test_pymap_is_polled_and_watched_alike(other_server: ImapServer) -> None:
    config = config_for(other_server)
    desk = Desk(config)
    assert desk.subjects() == []
    other_server.put(mail(1))
    assert desk.subjects() == ["Mail 1"]
    with connector.mailbox(config) as line:
        cursor = line.poll(desk.cursor).cursor
        timer = soon(lambda: other_server.put(mail(2)))
        assert line.wait(20, lambda: False)
        timer.join()
        assert b"Mail 2" in line.poll(cursor).arrivals[0].body
    assert PLAIN_PASSWORD not in repr(config)
