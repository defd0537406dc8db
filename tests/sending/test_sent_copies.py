"""Copies of sent mail in the mailbox itself: filed once, in the right folder, and no failure sends a mail again."""

from __future__ import annotations

import datetime as dt
import email
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.base import Address, ConnectorError, Outgoing
from connectors.email import Email, EmailConfig
from inbox.store import JournalItem
from inbox.terms import Delivery, Outcome
from inbox.worker import copies, journal, pollers
from tests.connectors.email_servers import Authority, ImapServer, authority, dovecot
from tests.sending.conftest import Sending
from tests.servers.processes import free_port

Move = Callable[[dt.timedelta], None]
_users = iter(range(1_000_000))


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def running(tls: Authority) -> Iterator[ImapServer]:
    if shutil.which("dovecot", path="/usr/sbin:/usr/bin:/usr/local/sbin") is None:
        pytest.skip("needs Dovecot: apt-get install dovecot-imapd")
    with dovecot(tls) as server:
        yield server


@pytest.fixture
def server(running: ImapServer) -> ImapServer:
    """A mailbox of the test's own: the server takes any user."""
    user = f"sent{next(_users)}@shop.example"
    return ImapServer(running.port, running.tls_port, user, running.password, running.process)


def settings(server: ImapServer, **more: Any) -> dict[str, Any]:
    return {
        "imap_host": "127.0.0.1",
        "imap_port": server.port,
        "imap_security": "plain",
        "imap_user": server.user,
        "imap_password": server.password,
        **more,
    }


@pytest.fixture
def mailbox(sending: Sending, server: ImapServer) -> Sending:
    with server.client() as client:
        client.create_folder("Sent Items")
    sending.settings(**settings(server))
    return sending


def lying(server: ImapServer, folder: str = "Sent Items") -> list[tuple[str, tuple[bytes, ...]]]:
    """Message-ID and flags of what lies in a folder."""
    with server.client() as client:
        client.select_folder(folder, readonly=True)
        found = client.fetch(client.search("ALL"), ["BODY.PEEK[]", "FLAGS"])
    mails = [(email.message_from_bytes(one[b"BODY[]"]), one[b"FLAGS"]) for _uid, one in sorted(found.items())]
    return [(str(mail["Message-ID"]), flags) for mail, flags in mails]


def test_what_left_lies_in_the_sent_folder_once_and_read(mailbox: Sending, server: ImapServer) -> None:
    message = mailbox.answer()
    mailbox.work()
    assert copies.file_due(mailbox.desk.store) == 1
    assert copies.file_due(mailbox.desk.store) == 0
    [(identifier, flags)] = lying(server)
    assert (identifier, b"\\Seen" in flags) == (mailbox.row(message).header_id, True)
    assert (mailbox.state(message), len(mailbox.sink.taken)) == (Delivery.SENT, 1)


def test_after_a_crash_between_filing_and_noting_it_lies_there_once(
    mailbox: Sending, server: ImapServer, later: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox.answer()
    mailbox.work()
    with monkeypatch.context() as patch:
        patch.setattr(copies, "_settled", lambda *_args, **_more: None)  # the process ends here
        assert copies.file_due(mailbox.desk.store) == 1
    assert copies.file_due(mailbox.desk.store) == 0
    later(copies.LEASE)
    assert copies.file_due(mailbox.desk.store) == 1
    assert len(lying(server)) == 1


def test_a_mailbox_that_is_away_gets_its_copy_later_and_the_mail_is_not_sent_again(
    mailbox: Sending, server: ImapServer, later: Move
) -> None:
    mailbox.settings(imap_port=free_port())
    message = mailbox.answer()
    mailbox.work()
    for _ in range(3):
        assert copies.file_due(mailbox.desk.store) == 1
        later(dt.timedelta(minutes=10))
    mailbox.work()
    assert (mailbox.state(message), len(mailbox.sink.taken)) == (Delivery.SENT, 1)
    mailbox.settings(imap_port=server.port)
    assert copies.file_due(mailbox.desk.store) == 1
    assert len(lying(server)) == 1


def test_a_mailbox_without_such_a_folder_is_told_at_the_message(sending: Sending, server: ImapServer) -> None:
    sending.settings(**settings(server))
    message = sending.answer()
    sending.work()
    assert copies.file_due(sending.desk.store) == 1
    assert sending.row(message).copy_at is None
    assert sending.row(message).extra["copy_problem"] == "the mailbox has no folder for sent mail"
    assert sending.state(message) is Delivery.SENT


def test_on_makes_the_folder_and_off_files_nothing(sending: Sending, server: ImapServer) -> None:
    sending.settings(**settings(server, sent_copies="off"))
    sending.answer("a@studio.example")
    sending.work()
    assert copies.file_due(sending.desk.store) == 0
    sending.settings(sent_copies="on")
    sending.answer("b@studio.example")
    sending.work()
    assert copies.file_due(sending.desk.store) == 1
    assert len(lying(server, "Sent")) == 1
    sending.settings(sent_folder="Archive/2026")
    sending.answer("c@studio.example")
    sending.work()
    copies.file_due(sending.desk.store)
    assert len(lying(server, "Archive/2026")) == 1


def test_the_copy_that_is_fetched_is_no_new_message(mailbox: Sending) -> None:
    mailbox.settings(folders="INBOX, Sent Items", since="everything")
    message = mailbox.answer()
    store = mailbox.desk.store
    pollers.poll_once(store, mailbox.desk.mail)
    mailbox.work()
    copies.file_due(store)
    pollers.poll_once(store, mailbox.desk.mail)
    while journal.work_due(store):
        pass
    with store.reading() as work:
        found = [one for one in work.query(JournalItem) if one.external_id == mailbox.row(message).header_id]
    assert [(one.outcome, one.message_id) for one in found] == [(Outcome.DUPLICATE, message)]


@pytest.mark.parametrize(
    ("host", "setting", "ours"),
    [
        ("smtp.shop.example", "auto", True),
        ("smtp.gmail.com", "auto", False),
        ("smtp.office365.com", "auto", False),
        ("smtp-mail.outlook.com", "auto", False),
        ("notgmail.com", "auto", True),
        ("smtp.gmail.com", "on", True),
        ("smtp.shop.example", "off", False),
    ],
)
def test_hosts_that_file_it_themselves_are_left_to_it(host: str, setting: str, ours: bool) -> None:
    config = EmailConfig.model_validate(
        {"address": "a@shop.example", "imap_host": "imap.shop.example", "smtp_host": host, "sent_copies": setting}
    )
    assert Email().copies(config) is ours


def test_without_a_mailbox_there_is_nowhere_to_file(server: ImapServer) -> None:
    assert not Email().copies(EmailConfig(address="a@shop.example", smtp_host="smtp.shop.example"))
    config = EmailConfig.model_validate({"address": "a@shop.example", **settings(server)})
    with pytest.raises(ConnectorError, match="no folder"):
        Email().keep_copy(config, Outgoing("k", Address("b@x.example"), "x"), dt.datetime.now(dt.UTC))
