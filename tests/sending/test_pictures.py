"""Pictures within the text of an answer: shown where they stand in a mail, sent as files on other channels."""

from __future__ import annotations

import email
import email.policy

from inbox.actions import outbox, reply
from inbox.actions.reply import Upload
from inbox.reading import threads
from inbox.reading.parts import Leg
from inbox.rendering.markup import render
from tests.sending.conftest import Sending

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
TEXT = "Premi qui:\n\n![il pulsante](image-1.png)\n\nPoi ![](image-2.png) e ![](altro.png)"


def files() -> list[Upload]:
    return [Upload(name, "image/png", PNG + name.encode()) for name in ("image-1.png", "image-2.png", "image-3.png")]


def test_a_picture_is_seen_where_it_stands(sending: Sending) -> None:
    sending.answer(text=TEXT, files=files())
    sending.work()
    mail = email.message_from_bytes(sending.sink.taken[0].content, policy=email.policy.default)
    parts = {str(part["Content-ID"] or "").strip("<>"): part for part in mail.walk() if part["Content-ID"]}
    html = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    plain = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert len(parts) == 2
    for identifier, part in parts.items():
        assert f'src="cid:{identifier}"' in html
        assert part.get_content_disposition() == "inline"
        assert PNG in bytes(part.get_payload(decode=True))
    assert 'alt="il pulsante"' in html
    assert "[il pulsante]" in plain
    assert "cid:" not in plain
    attached = [part.get_filename() for part in mail.iter_attachments()]
    assert attached == ["image-3.png"]
    assert "![](altro.png)" in plain  # no file of that name: as typed


def test_on_another_channel_the_mark_is_its_words_and_the_picture_a_file(sending: Sending) -> None:
    desk = sending.desk
    ticket = desk.take(desk.text()).ticket
    assert ticket is not None
    with desk.store.transaction() as work:
        message = reply.reply(work, desk.who(), ticket, text="Ecco: ![il pulsante](image-1.png)", files=files()[:1])[0]
        outgoing = outbox.load(work, message.id, render).outgoing
    assert outgoing.text == "Ecco: il pulsante"
    assert [(one.name, one.content_id) for one in outgoing.files] == [("image-1.png", None)]


def test_the_thread_shows_words_and_the_pictures_below(sending: Sending) -> None:
    number = sending.answer(text=TEXT, files=files())
    with sending.desk.store.reading() as work:
        leg = threads.item_of_message(work, sending.row(number))
    assert isinstance(leg, Leg)
    [view] = leg.messages
    assert view.text == "Premi qui:\n\n[il pulsante]\n\nPoi [image-2.png] e ![](altro.png)"
    assert len(view.attachments) == 3


def test_a_mark_breaks_out_of_no_attribute() -> None:
    plain, html = render('![" onload="x](cid:a@b) ![<b>](cid:c@d) ![](cid:"><script>)', "html")
    assert html is not None
    assert "<script" not in html
    assert '" onload' not in html
    assert "<b>" not in html
    assert "cid:a@b" not in plain
