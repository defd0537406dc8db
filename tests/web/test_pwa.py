"""What a browser asks for to install the desk: open to everybody, with nothing of anybody in it."""

from __future__ import annotations

from inbox.web.pwa import KEPT
from tests.web.conftest import Browser, TestDesk, words


def test_the_manifest_and_the_offline_page_are_there_before_a_sign_in_and_in_ones_language(desk: TestDesk) -> None:
    stranger = Browser(desk.app)
    told = stranger.get("/manifest.webmanifest?lang=it").get_json(force=True)
    assert (told["name"], told["lang"], told["start_url"], told["scope"]) == ("Bottega Ventura", "it", "/tickets", "/")
    assert {icon["purpose"] for icon in told["icons"]} == {"any", "maskable"}
    for icon in told["icons"]:
        assert stranger.client.get(icon["src"]).data.startswith(b"\x89PNG")
    page = stranger.get("/offline")
    assert "The desk cannot be reached" in words(page)
    assert "csrf" not in page.text


def test_the_service_worker_is_never_old_and_keeps_only_what_has_a_hash(desk: TestDesk) -> None:
    answer = desk.browser("agent").get("/service-worker.js")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.mimetype == "text/javascript"
    assert answer.text.startswith('self.desk = {"offline": "/offline?lang=en", "keep": ["/static/app-')
    assert answer.text.split("]")[0].count("/static/") == len(KEPT)


def test_below_a_path_its_scope_is_that_path(desk: TestDesk) -> None:
    told = desk.app.test_client().get("/manifest.webmanifest", base_url="http://localhost/desk").get_json(force=True)
    assert (told["start_url"], told["scope"]) == ("/desk/tickets", "/desk/")
