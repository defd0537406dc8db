"""The business's colour and logo: chosen by a form, read in mails, in the chat and where one signs in."""

from __future__ import annotations

import io
import re

import pytest

from inbox.actions import branding
from inbox.actions.who import SYSTEM
from inbox.reading import sites
from inbox.rendering import markup
from tests.web.conftest import Browser, TestDesk, said

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.mark.parametrize("chosen", ["#ffffff", "#ffe600", "#00ff88", "#ff6600", "#7f7f7f", "#000000", "#0b6e75"])
def test_every_colour_ends_dark_enough_for_white_text(chosen: str) -> None:
    shade = branding.readable(chosen)
    light = branding._luminance([int(shade[at : at + 2], 16) for at in (1, 3, 5)])
    assert 1.05 / (light + 0.05) >= 4.5
    assert shade == chosen or chosen not in {"#000000", "#0b6e75"}, "what is dark enough stays"


def test_a_brand_is_seen_in_mails_in_the_chat_and_at_the_door(desk: TestDesk) -> None:
    admin, visitor = desk.browser("admin"), Browser(desk.app)
    plain = markup.render("Ciao **Anna**", "html")[1] or ""
    with desk.store.transaction() as work:
        assert branding.dress(work, plain) == (plain, ())
    chat = desk.add_channel("chat", "vetrina", title="Bottega", allowed_sites=["https://bottega.example"])
    admin.get("/settings/general")
    answer = admin.post(
        "/settings/branding", coloured="on", colour="#FF6600", logo=(io.BytesIO(PNG), "../../logo.png", "text/html")
    )
    assert answer.status_code == 303, said(answer)
    door = visitor.get("/login").text
    sheet = re.search(r'href="(/brand/[0-9a-f]{6}\.css)"', door)
    picture = re.search(r'src="(/brand/logo/\w+)"', door)
    assert sheet is not None
    assert picture is not None
    assert branding.readable("#ff6600") in visitor.get(sheet[1]).text
    image = visitor.get(picture[1])
    assert (image.data, image.mimetype) == (PNG, "image/png")
    assert visitor.get("/brand/logo/other").status_code == 404
    assert visitor.get("/brand/red;x.css").status_code == 404
    with desk.store.reading() as work:
        assert sites.site(work, chat.id).colour == branding.readable("#ff6600")
        html, files = branding.dress(work, plain)
    assert f"4px solid {branding.readable('#ff6600')}" in html
    assert "<b>Anna</b>" in html or "<strong>Anna</strong>" in html
    assert f'src="cid:{files[0].content_id}" alt="Bottega Ventura"' in html
    assert files[0].data == PNG
    gone = admin.post("/settings/branding", coloured="", colour="#FF6600", without="on")
    assert gone.status_code == 303
    with desk.store.reading() as work:
        assert branding.dress(work, plain) == (plain, ())
        assert sites.site(work, chat.id).colour == "#0b6e5f"


@pytest.mark.parametrize("picture", [b"<svg onload=alert(1)>", b"GIF89a", PNG + bytes(100_000)])
def test_what_is_no_small_picture_is_refused(desk: TestDesk, picture: bytes) -> None:
    admin = desk.browser("admin")
    admin.get("/settings/general")
    answer = admin.post("/settings/branding", coloured="", logo=(io.BytesIO(picture), "logo.png"))
    assert (answer.status_code, said(answer)) == (422, ["A logo is a PNG, JPEG or WebP picture of up to 100 kB."])
    with desk.store.transaction() as work:
        assert branding.mark(work) == ""
        branding.change(work, SYSTEM, chosen="")
