"""Before a visitor's first message: consent, what is asked, and the files they choose."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest
from sqlalchemy import func, select

from inbox.actions import uploads
from inbox.errors import Invalid
from inbox.store import Attachment, Channel, JournalEntry, Message, Upload, Visitor
from inbox.worker.journal import work_due
from tests.web.conftest import Browser, TestDesk
from tests.web.test_live import line

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
CONSENT = "Salviamo quello che scrivi."


class Visiting:
    """One visitor's page of a chat with its own settings."""

    def __init__(self, desk: TestDesk, at: Visiting | None = None, **config: Any) -> None:
        usual = {"title": "Bottega", "allowed_sites": ["https://bottega.example"]}
        self.desk = desk
        new = {**usual, **config}
        self.site: Channel = (
            at.site if at is not None else desk.add_channel("chat", f"sito-{secrets.token_hex(4)}", **new)
        )
        self.token = secrets.token_urlsafe(32)
        self.line = line(desk, Browser(desk.app), "/chat")
        self.said("hello", site=self.site.id)

    def said(self, name: str, /, **data: Any) -> Any:
        return self.line.emit(name, data, namespace="/chat", callback=True)

    def write(self, text: str = "Buongiorno", **more: Any) -> Any:
        return self.said("send", client_id=secrets.token_hex(4), text=text, token=self.token, **more)

    def upload(self, name: str, data: bytes, **headers: str) -> Any:
        head = {"Authorization": f"Bearer {self.token}", **headers}
        return self.desk.app.test_client().post(
            f"/widget/{self.site.id}/files", query_string={"name": name}, data=data, headers=head
        )

    def stored(self) -> int:
        with self.desk.store.reading() as work:
            sessions = select(func.count()).select_from(Visitor).where(Visitor.channel_id == self.site.id)
            arrivals = select(func.count()).select_from(JournalEntry).where(JournalEntry.channel_id == self.site.id)
            return (work.scalar(sessions) or 0) + (work.scalar(arrivals) or 0)

    def message(self) -> Message:
        while work_due(self.desk.store):
            pass
        with self.desk.store.reading() as work:
            mine = select(Message).where(Message.channel_id == self.site.id)
            found = work.scalars(mine.order_by(Message.id)).all()
        return found[-1]


def test_without_consent_nothing_is_kept_and_with_it_the_text_that_was_agreed_to(desk: TestDesk) -> None:
    visiting = Visiting(desk, consent=CONSENT)
    assert "consent" in visiting.write()["fields"]
    assert visiting.upload("foto.png", PNG).status_code == 422
    assert visiting.stored() == 0
    assert "journal" in visiting.write(consent=True)
    with desk.store.reading() as work:
        visitor = work.scalar(select(Visitor).where(Visitor.channel_id == visiting.site.id))
    assert visitor is not None
    assert (visitor.consent, visitor.consent_at is not None) == (CONSENT, True)
    assert "journal" in visiting.write()  # once is enough


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({}, {"name", "email", "topic"}),
        ({"name": "Omar", "email": "omar@", "topic": "Ordini"}, {"email"}),
        ({"name": "Omar", "email": "omar@posta.example", "topic": "Altro ancora"}, {"topic"}),
        ({"name": ["Omar"], "email": {"a": 1}, "topic": None}, {"name", "email", "topic"}),
    ],
)
def test_what_is_asked_first_is_answered_before_anything_is_kept(
    desk: TestDesk, said: dict[str, Any], wrong: set[str]
) -> None:
    visiting = Visiting(desk, before=["name", "email", "topic"], topics=["Ordini", "Altro"])
    assert set(visiting.write(**said)["fields"]) == wrong
    assert visiting.stored() == 0


def test_name_address_and_topic_reach_the_ticket(desk: TestDesk) -> None:
    visiting = Visiting(desk, before=["name", "email", "topic"], topics=["Ordini", "Altro"])
    address = f"omar-{secrets.token_hex(3)}@posta.example"
    visiting.write("È rotto", name="Omar Rinaldi", email=address, topic="Ordini")
    message = visiting.message()
    assert (message.from_name, message.subject, message.extra["topic"]) == ("Omar Rinaldi", "Ordini: È rotto", "Ordini")
    assert message.extra["email"] == address


def test_a_file_is_kept_journalled_with_its_digest_and_hangs_on_the_message(desk: TestDesk) -> None:
    visiting = Visiting(desk)
    answer = visiting.upload("../danno.exe.PNG", PNG)
    assert (answer.status_code, answer.json["name"]) == (201, "danno_exe.png")
    assert "journal" in visiting.write("", files=[answer.json["id"]])
    message = visiting.message()
    with desk.store.reading() as work:
        kept = work.scalar(select(Attachment).where(Attachment.message_id == message.id))
        entry = work.get_one(JournalEntry, message.journal_id)
    assert kept is not None
    assert kept.sha256 is not None
    assert desk.store.files.get(kept.sha256) == PNG
    assert json.loads(entry.body or b"")["files"][0]["sha256"] == kept.sha256


def test_nobody_sends_a_strangers_file(desk: TestDesk) -> None:
    one, other = Visiting(desk), Visiting(desk)
    number = one.upload("foto.png", PNG).json["id"]
    assert "files" in other.write("", files=[number])["fields"]
    assert other.stored() == 0


@pytest.mark.parametrize(
    ("headers", "config", "status"),
    [
        ({"Authorization": "Bearer short"}, {}, 422),
        ({"Origin": "https://bottega.example"}, {}, 403),
        ({}, {"files": False}, 403),
    ],
)
def test_a_file_without_a_right_to_be_sent_is_refused(
    desk: TestDesk, headers: dict[str, str], config: dict[str, Any], status: int
) -> None:
    assert Visiting(desk, **config).upload("foto.png", PNG, **headers).status_code == status


def test_a_file_that_is_too_large_is_refused(desk: TestDesk) -> None:
    assert Visiting(desk, file_mb=1).upload("foto.png", PNG + bytes(2**20)).status_code == 422


@pytest.mark.parametrize(
    ("name", "data", "kept"),
    [
        ("foto.png", PNG, "foto.png"),
        ("FOTO.JPEG", b"\xff\xd8\xff\xe0", "FOTO.jpeg"),
        (r"C:\Users\omar\fattura.pdf", b"%PDF-1.7", "fattura.pdf"),
        ("../../etc/passwd.txt", b"ciao", "passwd.txt"),
        ("a\u202efdp.exe.pdf", b"%PDF-1.7", "afdp_exe.pdf"),
        (".pdf", b"%PDF-1.7", "file.pdf"),
        ("riga\r\nX-Evil: 1.csv", b"a;b", "riga_X-Evil_ 1.csv"),
        ("x.exe", b"MZ", None),
        ("x.svg", b"<svg onload=alert(1)>", None),
        ("x.html", b"<script>", None),
        ("x.png", b"MZ\x90", None),
        ("x.txt", b"MZ\x00", None),
        ("x.pdf", b"", None),
        ("", PNG, None),
    ],
)
def test_what_kinds_of_files_are_taken_and_under_which_name(name: str, data: bytes, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(Invalid):
            uploads.clean(name, data)
    else:
        assert uploads.clean(name, data)[0] == kept


def test_a_file_that_no_message_takes_up_is_forgotten_after_a_day(desk: TestDesk) -> None:
    visiting = Visiting(desk)
    data = PNG + secrets.token_bytes(8)
    number = visiting.upload("foto.png", data).json["id"]
    with desk.store.transaction() as work:
        row = work.get_one(Upload, number)
        digest, row.at = row.sha256, row.at - uploads.UNUSED * 2
        path = desk.store.files.path(digest)
        assert uploads.sweep(work) == 1
        assert path.exists()  # stored this very minute: somebody may have sent the same again
        work.add(Upload(visitor="x", name="a.png", content_type="image/png", size=1, sha256=digest, at=row.at))
        work.flush()
        desk.store.files.forget(digest, path.stat().st_mtime + 1)
        assert uploads.sweep(work) == 1
    assert not path.exists()
