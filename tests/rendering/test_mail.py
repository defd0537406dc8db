"""A mail's HTML as it is shown: nothing runs, phones home or covers the screen, and it still reads well."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Dialog, Route

from inbox.rendering import mail

CIDS = {"foto1@x": "/attachments/7", "http://shop.example/logo.png": "/attachments/8"}


def shown(html: str, *, show_remote: bool = False) -> str:
    return mail.mail_html(html, CIDS, show_remote=show_remote)


class Elements(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def assert_harmless(html: str) -> None:
    for tag, attributes in Elements(html).found:
        assert tag not in {
            "script",
            "style",
            "iframe",
            "object",
            "embed",
            "form",
            "input",
            "meta",
            "base",
            "link",
            "svg",
        }
        assert not [name for name in attributes if name.startswith("on") or name in {"id", "class", "name", "srcset"}]
        if "href" in attributes:
            assert urlsplit(attributes["href"]).scheme in {"http", "https", "mailto", "tel"}
        if "src" in attributes:
            assert tag == "img"
            assert attributes["src"].startswith(("data:image/", "/attachments/", "https://", "http://"))
        style = attributes.get("style", "")
        assert not re.search(r"url\s*\(|position|expression|@import|z-index|\\", style, re.IGNORECASE)


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(2)</script></svg>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' jav&#x09;ascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>1</script>'>x</a>",
    "<a href='//evil.example'>x</a><a href='/admin/delete'>y</a>",
    "<iframe src='https://evil.example'></iframe>",
    "<form action='https://evil.example'><input name=password><button>Go</button></form>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href='https://evil.example/'>",
    "<link rel=stylesheet href='https://evil.example/x.css'>",
    "<style>@import 'https://evil.example/x.css'; body{background:url(//evil.example)}</style>",
    "<div style='background:url(https://evil.example/t.gif)'>x</div>",
    "<div style='background-image:url(https://evil.example/t.gif);color:red'>x</div>",
    "<div style='position:fixed;top:0;left:0;width:100vw;height:100vh;z-index:9'>x</div>",
    "<div style='margin-top:-4000px'>x</div>",
    "<p style='color:\\75rl(https://evil.example)'>x</p>",
    "<p style='width:expression(alert(1))'>x</p>",
    "<table background='https://evil.example/t.gif'><tr><td background='//evil.example'>x</td></tr></table>",
    "<img srcset='https://evil.example/t.gif 1x' src='cid:foto1@x'>",
    "<img src='data:image/svg+xml;base64,PHN2Zz48L3N2Zz4='>",
    "<video src='https://evil.example/v.mp4' poster='//evil.example/p.gif'></video>",
    "<object data='https://evil.example'></object><embed src='https://evil.example'>",
    "<math><mtext></p><style><img src=x onerror=alert(1)></style></mtext></math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<template><img src=x onerror=alert(1)></template>",
    "<textarea></textarea><img src=x onerror=alert(1)>",
    "<p id=app class=navbar name=login>x</p>",
]


@pytest.mark.parametrize("html", HOSTILE)
@pytest.mark.parametrize("show_remote", [False, True])
def test_hostile_html_is_disarmed(html: str, *, show_remote: bool) -> None:
    out = shown(html, show_remote=show_remote)
    assert_harmless(out)
    if not show_remote:
        assert "evil.example" not in re.sub(r'href="[^"]*"', "", out)


@given(st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20)), max_size=8))
def test_no_mixture_of_hostile_html_survives(pieces: list[str]) -> None:
    assert_harmless(shown("".join(pieces)))


def test_what_people_write_stays() -> None:
    html = (
        '<p style="color:#333;font-family:Arial">Ciao <b>mondo</b></p><ul><li>uno</li></ul>'
        '<table border="1" cellpadding="4"><tr><td colspan="2" bgcolor="#eee">cella</td></tr></table>'
        '<blockquote type="cite">quotato</blockquote><font color="red">rosso</font>'
    )
    out = shown(html)
    for kept in ("color:#333", "font-family:Arial", "<b>mondo</b>", "<li>uno</li>", 'colspan="2"', 'bgcolor="#eee"'):
        assert kept in out
    assert '<blockquote type="cite">' in out
    assert '<font color="red">' in out


def test_a_plain_background_colour_is_no_picture() -> None:
    assert shown('<div style="background:#fafafa">x</div>') == '<div style="background-color:#fafafa">x</div>'


def test_stored_pictures_are_shown_from_here() -> None:
    assert 'src="/attachments/7"' in shown('<img src="cid:FOTO1@x">')
    assert 'src="/attachments/7"' in shown('<img src="cid:foto1%40x">')
    assert 'src="/attachments/8"' in shown('<img src="http://shop.example/logo.png">')


def test_a_picture_that_was_never_sent_is_a_blank() -> None:
    assert 'src="data:image/gif' in shown('<img src="cid:missing@x" alt="Logo">')


def test_remote_pictures_wait_until_they_are_asked_for() -> None:
    html = '<img src="https://track.example/p.gif?who=7" alt="Offerta"><img src="//cdn.example/a.png">'
    assert mail.has_remote(html)
    closed, opened = shown(html), shown(html, show_remote=True)
    assert "track.example" not in closed
    assert "cdn.example" not in closed
    assert 'alt="Offerta"' in closed
    assert 'src="https://track.example/p.gif?who=7"' in opened
    assert 'src="https://cdn.example/a.png"' in opened
    assert opened.count('referrerpolicy="no-referrer"') == 2
    assert not mail.has_remote('<img src="cid:foto1@x"><a href="https://x.example">x</a>')
    assert not mail.has_remote(None)


def test_links_open_elsewhere_and_say_nothing() -> None:
    (tag, attributes), *_ = Elements(shown('<a href="https://x.example/?a=1&amp;b=2" target="_top">x</a>')).found
    assert tag == "a"
    assert attributes["href"] == "https://x.example/?a=1&b=2"
    assert attributes["target"] == "_blank"
    assert set(attributes["rel"].split()) == {"noopener", "noreferrer"}


def test_readers_without_a_frame_get_nothing_remote_either() -> None:
    assert "track.example" not in mail.shown('<p>x</p><img src="https://track.example/p.gif">')


def test_a_plain_mail_is_shown_as_it_stands_with_its_links() -> None:
    document, policy = mail.document_of(
        html=None, text="Ciao <b>\n  vedi https://x.example/a?b=1&c=2.", files={}, show_remote=False, language="it"
    )
    assert "Ciao &lt;b&gt;\n  vedi " in document
    assert 'href="https://x.example/a?b=1&amp;c=2"' in document
    assert '<html lang="it">' in document
    assert policy == mail.POLICY


@pytest.mark.parametrize("show_remote", [False, True])
def test_the_policy_lets_nothing_run_or_leave(*, show_remote: bool) -> None:
    directives = dict(part.strip().partition(" ")[::2] for part in mail.policy(show_remote=show_remote).split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["form-action"] == directives["base-uri"] == "'none'"
    assert "allow-scripts" not in directives["sandbox"]
    assert ("https:" in directives["img-src"]) == show_remote


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000 + "x",
        "<blockquote>" * 50_000,
        "".join(f"<font color={n}>" for n in range(2_000)) + "<p>x" * 50_000,
        "<a href='" * 100_000,
        "<img " * 200_000,
        "<table><tr><td>" * 20_000,
        "<p style='" + "a:b;" * 200_000 + "'>x",
    ],
    ids=["depth", "quotations", "formatting", "open attributes", "pictures", "tables", "styles"],
)
def test_tangled_html_is_shown_in_bounded_time(html: str) -> None:
    begin = time.process_time()
    assert_harmless(shown(html))
    mail.has_remote(html)
    assert time.process_time() - begin < 10


def test_in_a_browser_nothing_of_a_hostile_mail_runs_or_calls_home(browser: Browser) -> None:
    html = "".join(HOSTILE) + '<a href="https://x.example" onclick="window.hit=1">link</a>'
    document, policy = mail.document_of(html=html, text="", files=CIDS, show_remote=False, language="en")
    page = browser.new_page()
    asked: list[str] = []
    alerts: list[str] = []

    def alerted(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    def serve(route: Route) -> None:
        url = route.request.url
        asked.append(url)
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}
        route.fulfill(body=document if url.endswith("/view") else "", headers=headers)

    page.on("dialog", alerted)
    page.route("**/*", serve)
    page.goto("http://desk.example/view")
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if urlsplit(url).hostname != "desk.example"] == []
    assert alerts == []
    page.close()
