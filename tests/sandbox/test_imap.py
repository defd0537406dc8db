"""The IMAP server, spoken to with imapclient."""

from __future__ import annotations

import datetime as dt
import imaplib
import socket
import threading
import time
from typing import Any

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from inbox.sandbox.running import Sandbox
from tests.sandbox.mailing import CHIARA, OURS, PASSWORD, imap

ODD = {
    "plain": b"Subject: a\r\n\r\nhello\r\n",
    "line feeds only": b"Subject: a\n\nhello\n",
    "a bare carriage return": b"Subject: a\r\n\r\nhel\rlo\r\n",
    "a zero byte": b"Subject: a\r\n\r\nh\x00i\r\n",
    "no header": b"\r\n",
    "nothing": b"",
    "every byte": bytes(range(256)),
    "no end of line": b"Subject: x\r\n\r\nabc",
    "like a literal": b"Subject: {12}\r\n\r\n{5}\r\n)\r\nA1 OK\r\n",
}


@pytest.mark.parametrize("name", ODD)
def test_a_mail_comes_out_as_it_went_in(sandbox: Sandbox, name: str) -> None:
    raw = ODD[name]
    uid = sandbox.email.deliver(raw)["uid"]
    with imap(sandbox) as line:
        line.select_folder("INBOX", readonly=True)
        found = line.fetch([uid], ["BODY.PEEK[]", "RFC822.SIZE", "INTERNALDATE", "FLAGS"])[uid]
    assert found[b"BODY[]"] == raw
    assert found[b"RFC822.SIZE"] == len(raw)
    assert found[b"FLAGS"] == ()
    assert abs(found[b"INTERNALDATE"] - dt.datetime.now()) < dt.timedelta(minutes=1)  # noqa: DTZ005 - imapclient's way


def test_thirty_megabytes_come_out_as_they_went_in(sandbox: Sandbox) -> None:
    raw = b"Subject: big\r\n\r\n" + b"x" * 30_000_000
    with imap(sandbox) as line:
        line.append("INBOX", raw)
        line.select_folder("INBOX", readonly=True)
        [uid] = line.search("ALL")
        assert line.fetch([uid], ["RFC822.SIZE"])[uid][b"RFC822.SIZE"] == len(raw)
        assert line.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"] == raw
        assert line.fetch([uid], ["BODY.PEEK[]<0.14>"])[uid][b"BODY[]<0>"] == raw[:14]


def test_uids_go_on_growing_and_a_range_with_a_star_always_has_the_last(sandbox: Sandbox) -> None:
    first = [sandbox.email.deliver(b"Subject: %d\r\n\r\n" % number)["uid"] for number in range(3)]
    with imap(sandbox) as line:
        selected = line.select_folder("INBOX")
        assert selected[b"UIDNEXT"] == first[-1] + 1
        assert line.search(["UID", f"{first[-1] + 1}:*"]) == [first[-1]]
        line.delete_messages(first[1])
        line.expunge()
        assert line.search("ALL") == [first[0], first[2]]
        assert line.folder_status("INBOX", ["UIDNEXT"])[b"UIDNEXT"] == first[-1] + 1


def test_peeking_leaves_a_mail_unread_and_reading_marks_it(sandbox: Sandbox) -> None:
    uid = sandbox.email.deliver(b"Subject: a\r\n\r\nb")["uid"]
    with imap(sandbox) as line:
        line.select_folder("INBOX")
        line.fetch([uid], ["BODY.PEEK[]"])
        assert line.get_flags([uid])[uid] == ()
        line.fetch([uid], ["BODY[]"])
        assert line.get_flags([uid])[uid] == (b"\\Seen",)
        assert line.search("UNSEEN") == []
        line.remove_flags([uid], [b"\\Seen"])
        line.add_flags([uid], ["$Inboxed"])
        assert line.search(["UNSEEN", "KEYWORD", "$Inboxed"]) == [uid]


def test_in_a_folder_that_was_only_examined_nothing_changes(sandbox: Sandbox) -> None:
    uid = sandbox.email.deliver(b"Subject: a\r\n\r\nb")["uid"]
    with imap(sandbox) as line:
        line.select_folder("INBOX", readonly=True)
        line.fetch([uid], ["BODY[]"])
        assert line.get_flags([uid])[uid] == ()
        with pytest.raises(IMAPClientError):
            line.add_flags([uid], [b"\\Seen"])


def test_idle_is_told_at_once_of_a_new_mail(sandbox: Sandbox) -> None:
    sandbox.email.receive(CHIARA, "prima", "prima")
    with imap(sandbox) as line:
        line.select_folder("INBOX", readonly=True)
        line.idle()
        threading.Timer(0.2, lambda: sandbox.email.receive(CHIARA, "dopo", "dopo")).start()
        started = time.monotonic()
        told = line.idle_check(timeout=30)
        waited = time.monotonic() - started
        line.idle_done()
        assert told == [(2, b"EXISTS")]
        assert waited < 20
        assert len(line.search("ALL")) == 2


def test_two_connections_see_each_others_changes(sandbox: Sandbox) -> None:
    uids = [sandbox.email.deliver(b"Subject: %d\r\n\r\n" % number)["uid"] for number in range(3)]
    with imap(sandbox) as one, imap(sandbox) as two:
        one.select_folder("INBOX")
        two.select_folder("INBOX")
        one.delete_messages(uids[:2])
        one.expunge()
        _, told = two.noop()
        assert sorted(told, reverse=True) == [(2, b"EXPUNGE"), (1, b"EXPUNGE")]
        one.add_flags([uids[2]], [b"\\Flagged"])
        _, told = two.noop()
        assert told == [(1, b"FETCH", (b"UID", uids[2], b"FLAGS", (b"\\Flagged",)))]


def test_a_new_uidvalidity_ends_the_connections_and_renumbers_everything(sandbox: Sandbox) -> None:
    old = [sandbox.email.deliver(b"Subject: %d\r\n\r\n" % number)["uid"] for number in range(2)]
    with imap(sandbox) as line:
        before = line.select_folder("INBOX")[b"UIDVALIDITY"]
        line.delete_messages(old[0])
        line.expunge()
        changed = sandbox.email.renumber()["uidvalidity"]
        with pytest.raises((IMAPClientAbortError, imaplib.IMAP4.abort)):
            line.noop()
    assert changed > before
    with imap(sandbox) as line:
        assert line.select_folder("INBOX")[b"UIDVALIDITY"] == changed
        assert line.search("ALL") == [1]


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        (["FROM", "chiara"], [1]),
        (["SUBJECT", "fattura"], [2]),
        (["HEADER", "Message-ID", "<two@x.example>"], [2]),
        (["TEXT", "corpo di due"], [2]),
        (["NOT", ["SUBJECT", "fattura"]], [1, 3]),
        (["OR", "FROM", "chiara", "SUBJECT", "fattura"], [1, 2]),
        (["LARGER", 1000], [3]),
        (["SMALLER", 1000, "SUBJECT", "fattura"], [2]),
        (["SINCE", dt.date(2020, 1, 1)], [1, 2, 3]),
        (["BEFORE", dt.date(2020, 1, 1)], []),
        (["SENTSINCE", dt.date(2026, 2, 1), "SENTBEFORE", dt.date(2026, 2, 3)], [2]),
        (["UID", "2:*"], [2, 3]),
        (["UID", "9:*"], [3]),
    ],
)
def test_search_finds_by_the_usual_keys(sandbox: Sandbox, criteria: list[Any], found: list[int]) -> None:
    sandbox.email.deliver(f"From: {CHIARA}\r\nSubject: Sito\r\n\r\nx".encode())
    sandbox.email.deliver(
        b"Subject: La fattura\r\nDate: Mon, 02 Feb 2026 10:00:00 +0000\r\n"
        b"Message-ID: <two@x.example>\r\n\r\ncorpo di due"
    )
    sandbox.email.deliver(b"Subject: lungo\r\n\r\n" + b"y" * 2000)
    with imap(sandbox) as line:
        line.select_folder("INBOX")
        assert line.search(criteria) == found


def test_headers_alone_can_be_fetched(sandbox: Sandbox) -> None:
    head = b"Subject: due\r\n righe\r\nFrom: a@x.example\r\nX-Altro: no\r\n\r\n"
    uid = sandbox.email.deliver(head + b"corpo\r\n")["uid"]
    with imap(sandbox) as line:
        line.select_folder("INBOX")
        found = line.fetch([uid], ["BODY.PEEK[HEADER]", "BODY.PEEK[TEXT]", "BODY.PEEK[HEADER.FIELDS (Subject From)]"])
    assert found[uid][b"BODY[HEADER]"] == head
    assert found[uid][b"BODY[TEXT]"] == b"corpo\r\n"
    assert found[uid][b"BODY[HEADER.FIELDS (SUBJECT FROM)]"] == b"Subject: due\r\n righe\r\nFrom: a@x.example\r\n\r\n"


def test_sent_mail_can_be_appended_where_the_server_says_it_belongs(sandbox: Sandbox) -> None:
    at = dt.datetime(2026, 2, 3, 4, 5, 6, tzinfo=dt.UTC)
    with imap(sandbox) as line:
        folder = line.find_special_folder(b"\\Sent")
        assert folder == "Sent"
        line.append(folder, b"Subject: x\r\n\r\ny", flags=[b"\\Seen"], msg_time=at)
        line.select_folder(folder)
        found = line.fetch([1], ["FLAGS", "INTERNALDATE"])[1]
        assert found[b"FLAGS"] == (b"\\Seen",)
        assert found[b"INTERNALDATE"].timestamp() == at.timestamp()
        line.create_folder("Fatto")
        line.move([1], "Fatto")
        assert line.search("ALL") == []
        assert line.folder_status("Fatto", ["MESSAGES"])[b"MESSAGES"] == 1
        assert "Fatto" in [name for _, _, name in line.list_folders()]


def test_authenticate_plain_works_as_login_does(sandbox: Sandbox) -> None:
    line = IMAPClient("127.0.0.1", sandbox.ports["imap"], ssl=False)
    line.plain_login(OURS, PASSWORD)
    assert line.select_folder("INBOX")[b"EXISTS"] == 0
    line.logout()


def test_a_wrong_password_is_a_failed_authentication(sandbox: Sandbox) -> None:
    line = IMAPClient("127.0.0.1", sandbox.ports["imap"], ssl=False)
    with pytest.raises(LoginError, match="AUTHENTICATIONFAILED"):
        line.login(OURS, "wrong")
    line.shutdown()


@pytest.mark.parametrize(
    ("op", "verb"),
    [
        ("imap.select", lambda line: line.select_folder("INBOX")),
        ("imap.search", lambda line: line.search("ALL")),
        ("imap.fetch", lambda line: line.fetch([1], ["BODY.PEEK[]"])),
        ("imap.idle", lambda line: line.idle()),
    ],
)
def test_imap_fails_or_breaks_where_it_was_ordered(sandbox: Sandbox, op: str, verb: Any) -> None:
    sandbox.email.deliver(b"Subject: x\r\n\r\n")
    with imap(sandbox) as line:
        line.select_folder("INBOX")
        sandbox.fault("email", "error", op=op)
        with pytest.raises(IMAPClientError):
            verb(line)
        sandbox.fault("email", "break_before_accept", op=op)
        with pytest.raises((OSError, imaplib.IMAP4.abort)):
            verb(line)
    with imap(sandbox) as line:
        line.select_folder("INBOX")
        assert line.search("ALL") == [1]


def test_a_server_that_is_away_says_goodbye(sandbox: Sandbox) -> None:
    sandbox.fault("email", "error", op="imap.connect")
    with pytest.raises((imaplib.IMAP4.abort, imaplib.IMAP4.error)):
        IMAPClient("127.0.0.1", sandbox.ports["imap"], ssl=False)
    sandbox.fault("email", "error", op="imap.login", code="AUTHENTICATIONFAILED")
    with pytest.raises(LoginError, match="AUTHENTICATIONFAILED"), imap(sandbox):
        pass


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\r\n",
        b"A1\r\n",
        b"A1 FETCH\r\n",
        b'A1 LOGIN "x\r\n',
        b"A1 LOGIN (a b\r\n",
        b"A1 UID\r\n",
        b"A1 XYZZY )\r\n",
    ],
)
def test_nonsense_is_answered_with_bad_or_no_and_the_server_lives(sandbox: Sandbox, said: bytes) -> None:
    with socket.create_connection(("127.0.0.1", sandbox.ports["imap"]), timeout=5) as line:
        line.recv(1000)
        line.sendall(said + b"A2 CAPABILITY\r\n")
        answer = b""
        while b"A2 OK" not in answer and b"A2 BAD" not in answer:
            answer += line.recv(1000)
    assert b"CAPABILITY" in answer or b"BAD" in answer
    with imap(sandbox) as box:
        assert box.select_folder("INBOX")[b"EXISTS"] == 0


def test_mails_flags_and_uids_outlive_the_sandbox(tmp_path: Any) -> None:
    with Sandbox(tmp_path) as sandbox:
        for number in range(3):
            sandbox.email.deliver(b"Subject: %d\r\n\r\n" % number)
        with imap(sandbox) as line:
            before = line.select_folder("INBOX")
            line.add_flags([2], [b"\\Seen"])
            line.delete_messages([1])
            line.expunge()
    with Sandbox(tmp_path) as sandbox, imap(sandbox) as line:
        after = line.select_folder("INBOX")
        assert (after[b"UIDVALIDITY"], after[b"UIDNEXT"]) == (before[b"UIDVALIDITY"], 4)
        assert line.search("ALL") == [2, 3]
        assert line.get_flags([2])[2] == (b"\\Seen",)
