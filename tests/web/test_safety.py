"""Signing in and out, what strangers may send along, and files that must not run here."""

from __future__ import annotations

import gzip
import re

import pytest

from inbox.rendering import asset
from inbox.store import Attachment, Message, Ticket
from tests.web.conftest import PASSWORD, Browser, TestDesk, said, words

ELSEWHERE = (
    *("https://evil.example/", "//evil.example/", "/\\evil.example/", "\\\\evil.example", "/\t/evil.example"),
    *(
        "javascript:alert(1)",
        "http:evil.example",
        "/\r\nSet-Cookie: a=b",
        "evil.example",
        "http://[",
        "///evil.example",
    ),
)


def test_a_wrong_password_says_no_more_than_that(desk: TestDesk) -> None:
    stranger = Browser(desk.app)
    for email in ("admin@bottega.example", "nobody@bottega.example"):
        answer = stranger.post("/login", email=email, password="not the password")
        assert (answer.status_code, said(answer)) == (401, ["Mail address or password is wrong."])
        assert "not the password" not in answer.text
        assert f'value="{email}"' in answer.text
    assert stranger.get("/tickets").status_code == 302


def test_after_five_wrong_passwords_a_name_waits_even_with_the_right_one(desk: TestDesk) -> None:
    desk.browser("admin").post(
        "/settings/people/create",
        name="Ivo",
        email="ivo@bottega.example",
        password=PASSWORD,
        role="agent",
        capacity="8",
    )
    tries = [
        Browser(desk.app).post("/login", email="ivo@bottega.example", password="wrong").status_code for _ in range(5)
    ]
    assert tries == [401] * 5
    right = Browser(desk.app).post("/login", email="Ivo@bottega.example ", password=PASSWORD)
    assert right.status_code == 429
    assert re.fullmatch(r"Too many tries. Wait \d+ seconds.", said(right)[0])
    assert Browser(desk.app, "agent@bottega.example").get("/tickets").status_code == 200


def test_one_address_may_try_twenty_names_a_minute(desk: TestDesk) -> None:
    stranger = Browser(desk.app)
    codes = [stranger.post("/login", email=f"name{n}@bottega.example", password="x").status_code for n in range(21)]
    assert codes == [401] * 20 + [429]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_signing_in_never_leads_elsewhere(desk: TestDesk, target: str) -> None:
    answer = Browser(desk.app).post("/login", email="agent@bottega.example", password=PASSWORD, next=target)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/tickets")


@pytest.mark.parametrize("target", ["/reports?by=team", "/tickets/1", "/"])
def test_signing_in_leads_on_to_where_one_was_going(desk: TestDesk, target: str) -> None:
    answer = Browser(desk.app).post("/login", email="agent@bottega.example", password=PASSWORD, next=target)
    assert answer.headers["Location"] == target


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_form_of_a_ticket_leads_elsewhere(desk: TestDesk, target: str) -> None:
    number = _ticket(desk)
    answer = desk.browser("agent").post(f"/tickets/{number}/priority", priority="high", next=target)
    assert answer.headers["Location"] == f"/tickets/{number}"


def test_the_cookie_is_strict_and_ends_with_the_sign_out(desk: TestDesk) -> None:
    browser = Browser(desk.app)
    answer = browser.post("/login", email="agent@bottega.example", password=PASSWORD)
    cookie = answer.headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/"))
    kept = browser.client.get_cookie("sportello")
    assert kept is not None
    assert browser.get("/tickets").status_code == 200
    assert browser.post("/logout").status_code == 303
    browser.client.set_cookie("sportello", kept.value)
    assert browser.get("/tickets").status_code == 302


def test_behind_https_the_cookie_never_travels_in_the_open(desk: TestDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(desk.app.config, "SESSION_COOKIE_SECURE", True)
    browser = Browser(desk.app)
    browser.client.get("/login", base_url="https://desk.bottega.example")
    answer = browser.client.get("/login", base_url="https://desk.bottega.example")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_every_page_forbids_framing_sniffing_and_foreign_scripts(desk: TestDesk) -> None:
    for path in ("/login", "/tickets", "/settings", "/nowhere"):
        headers = desk.browser("admin").get(path).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "<script>" not in desk.browser("admin").get(path).text


def _ticket(desk: TestDesk) -> int:
    try:
        mailbox = desk.channel("safety")
    except Exception:  # noqa: BLE001 - the first test to ask makes it
        mailbox = desk.add_channel("email", "safety", address="safety@bottega.example")
    with desk.store.reading() as work:
        found = work.query(Ticket).filter(Ticket.channel_id == mailbox.id).first()
    return found.id if found is not None else desk.mail_in(mailbox, "Chiara <chiara@studio.example>", "File allegati")


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("foto.png", "image/png", True),
        ("pagina.html", "text/html", False),
        ("disegno.svg", "image/svg+xml", False),
        ("carta.pdf", "application/pdf", True),
        ("../../etc/passwd", "text/plain", False),
        ('a"; filename=b.html', "text/html", False),
        ("sì\r\nSet-Cookie: a=b.txt", "text/plain", False),
    ],
)
def test_a_file_is_shown_only_where_it_can_do_nothing(desk: TestDesk, name: str, kind: str, shown: bool) -> None:
    number = _ticket(desk)
    with desk.store.transaction() as work:
        message = work.get_one(Message, work.get_one(Ticket, number).last_in_id)
        row = Attachment(name=name, content_type=kind, sha256=desk.store.files.put(b"<b>x</b>"), size=8)
        message.attachments.append(row)
        work.flush()
    answer = desk.browser("agent").get(f"/attachments/{row.id}")
    assert answer.data == b"<b>x</b>"
    assert answer.headers["Content-Type"] == (kind if shown else "application/octet-stream")
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("inline; " if shown else "attachment; ")
    plain = re.fullmatch(r'\w+; filename="([^"\\]*)"; filename\*=UTF-8\'\'([\w.%~-]*)', disposition)
    assert plain is not None, disposition
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.removeprefix("sandbox; ").startswith("default-src 'none'; ")
    assert policy.startswith("sandbox;") is (kind != "application/pdf")  # a viewer of the browser's own shows those
    assert "script" not in policy
    assert "Set-Cookie" not in answer.headers
    download = desk.browser("agent").get(f"/attachments/{row.id}?download=1")
    assert download.headers["Content-Disposition"].startswith("attachment; ")


def test_a_mails_own_html_stands_in_a_frame_that_can_do_nothing(desk: TestDesk) -> None:
    number = _ticket(desk)
    with desk.store.transaction() as work:
        message = work.get_one(Message, work.get_one(Ticket, number).last_in_id)
        message.html = '<p onclick="x()">Ciao</p><script>alert(1)</script><img src="https://track.example/p.gif">'
    answer = desk.browser("agent").get(f"/messages/{message.id}/view")
    assert "<script" not in answer.text
    assert "onclick" not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "https:" not in policy.partition("img-src")[2].partition(";")[0]
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("language", "code", "path", "sentence"),
    [
        ("en", 404, "/nowhere", "There is nothing here"),
        ("it", 404, "/nowhere", "Qui non c’è nulla"),
        ("en", 404, "/tickets/999999", "There is nothing here"),
        ("en", 403, "/settings/general", "This is not for your role"),
        ("en", 405, "/tickets/1/tags", "That did not work This address does not take that."),
        ("it", 405, "/tickets/1/tags", "Non ha funzionato Questo indirizzo non accetta una richiesta così."),
    ],
)
def test_a_refusal_is_a_page_that_says_what_happened(
    desk: TestDesk, language: str, code: int, path: str, sentence: str
) -> None:
    answer = desk.browser("agent", language).get(path)
    assert answer.status_code == code
    assert f"{code} {sentence}" in words(answer)


def test_a_mistake_of_ours_tells_a_reference_and_nothing_else(desk: TestDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_anything: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr("inbox.web.boards.board", broken)
    answer = desk.browser("supervisor").get("/board")
    assert answer.status_code == 500
    assert "secret of the house" not in answer.text
    assert re.search(r"\b[0-9a-f]{8}\b", words(answer))


def test_the_browsers_own_files_go_out_packed_to_whoever_takes_them_so(desk: TestDesk) -> None:
    client = desk.app.test_client()
    for name in ("app.js", "app.css", "sprite.svg", "inter.woff2"):
        plain = client.get(asset(name))
        packed = client.get(asset(name), headers={"Accept-Encoding": "gzip, br"})
        assert plain.status_code == packed.status_code == 200
        assert "Content-Encoding" not in plain.headers
        if name == "inter.woff2":  # packed already
            assert "Content-Encoding" not in packed.headers
            continue
        assert packed.headers["Content-Encoding"] == "gzip"
        assert packed.content_type == plain.content_type
        assert packed.headers["Cache-Control"] == plain.headers["Cache-Control"]
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert gzip.decompress(packed.data) == plain.data
        assert len(packed.data) < len(plain.data) * 0.5
