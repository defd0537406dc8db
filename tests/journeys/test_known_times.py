"""Two agents in two browsers handle four tickets by a script with known times; the report has exactly those seconds.

The browsers, the sockets and the server are real. Only the clock is held: the desk's stands until the script moves it,
and the browser's beat, which comes every 15 s, comes when 15 s have passed on that clock.
"""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select
from werkzeug.serving import make_server

from connectors.base import Address, Inbound, Request
from inbox import clock
from inbox.actions import handling, intake, journal
from inbox.app import create_app
from inbox.store import Beat, Channel, Event, Focus, JournalEntry
from tests.journeys.conftest import answer, sign_in
from tests.journeys.desk import RunningDesk, until
from tests.servers.chromium import OpenPage

#: The beat of every page that is opened, held back until the script calls it; the page's own watch can be put on.
HELD = """(() => {
  const every = window.setInterval, now = Date.now;
  window.beats = []; window.ahead = 0;
  Date.now = () => now() + window.ahead;
  window.setInterval = (run, ms, ...more) => ms === 15000 ? window.beats.push(run) : every(run, ms, ...more);
})()"""
IDLE_MS = 61_000


class Script:
    """The desk's clock, and what the agents do at its moments."""

    def __init__(self, desk: RunningDesk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.desk = desk
        self.now = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(minutes=10)
        self.numbers = itertools.count(1)
        monkeypatch.setattr(clock, "now", lambda: self.now)

    def count(self, table: type[Any], *conditions: Any) -> int:
        with self.desk.store.reading() as work:
            return work.scalar(select(func.count()).select_from(table).where(*conditions)) or 0

    def comes(self, kind: str, text: str, sender: str) -> int:
        """A customer writes; gives the ticket."""
        with self.desk.store.transaction() as work:
            channel = work.get_one(Channel, self.desk.channels[kind].id)
            entry = journal.keep(work, channel, Request("POST", "https://desk.example/", [], b"x"))
            item = Inbound(f"x{next(self.numbers)}", sender=Address(sender), text=text, at=self.now, subject=text)
            ended = intake.take(work, channel, work.get_one(JournalEntry, entry.id), item)
        assert ended.ticket is not None
        return ended.ticket

    def opens(self, page: Page, number: int) -> None:
        page.goto(f"{self.desk.url}/tickets/{number}")
        here = (Focus.ticket_id == number) & (Focus.started_at == self.now)
        until(f"#{number} is in focus", lambda: self.count(Focus, here))

    def answers(self, page: Page, number: int, text: str) -> None:
        answer(page, text)
        expect(page.get_by_role("log")).to_contain_text(text)
        said = (Event.kind == "msg.out") & (Event.ticket_id == number) & (Event.ts == self.now)
        until(f"#{number} is answered", lambda: self.count(Event, said))

    def leaves(self, page: Page, number: int, others: int = 0) -> None:
        page.goto(f"{self.desk.url}/search")
        until(f"#{number} is left", lambda: self.count(Focus, Focus.ticket_id == number) == others)

    def hides(self, page: Page, number: int) -> None:
        """Another tab comes before this one."""
        page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true })")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        until(f"#{number} is hidden", lambda: not self.count(Focus, Focus.ticket_id == number))

    def passes(self, seconds: int, *pages: Page) -> None:
        """So much time; then these pages beat."""
        self.now += dt.timedelta(seconds=seconds)
        for page in pages:
            page.evaluate("window.beats.forEach((run) => run())")
        until("the beats are heard", lambda: self.count(Beat, Beat.at == self.now) >= len(pages))


@pytest.fixture
def script(sqlite_url: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    with RunningDesk(sqlite_url, data_dir) as desk:
        for kind in ("email", "sms", "chat"):
            desk.add_channel(kind)
        told = Script(desk, monkeypatch)
        app, _socketio = create_app(desk.settings)
        app.extensions["live"].start()
        server = make_server("127.0.0.1", desk.port, app, threaded=True)
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        yield told
        server.shutdown()
        serving.join(10)
        app.extensions["sportello"].close()


@pytest.mark.timeout(120)
def test_the_report_shows_exactly_the_seconds_of_two_agents_on_four_tickets(
    script: Script, open_page: OpenPage
) -> None:
    mail = script.comes("email", "Preventivo", "chiara@studio.example")
    sms = script.comes("sms", "Quando rinnovate?", "+447700900123")
    chat = script.comes("chat", "Il sito non si apre", "visitor-1")
    other = script.comes("chat", "Cambio di piano", "visitor-2")
    luca, giulia = open_page(), open_page()
    for page, email in ((luca, "luca@cirro.example"), (giulia, "giulia@cirro.example")):
        page.context.add_init_script(HELD)
        sign_in(page, script.desk, email)
    second = giulia.context.new_page()

    script.opens(luca, mail)  # 0: Luca on the mail, 40 s
    script.passes(15, luca)
    script.opens(giulia, sms)  # 15: Giulia on the SMS, 25 s
    script.passes(15, luca, giulia)
    script.answers(luca, mail, "Lo mando oggi.")
    script.answers(giulia, sms, "Lunedì.")
    script.passes(10)
    script.hides(luca, mail)  # 40
    script.leaves(giulia, sms)

    script.opens(luca, chat)  # Luca on a chat: 30 s, then nobody is there for 5 s
    script.opens(giulia, other)  # Giulia on the other one: 30 s, of which 10 s beside the SMS
    script.answers(luca, chat, "Guardo.")
    script.answers(giulia, other, "Volentieri.")
    script.passes(15, luca, giulia)
    script.opens(second, sms)  # 55: a second tab, on the SMS again
    script.passes(10)
    script.answers(second, sms, "Alle nove.")
    script.leaves(second, sms)  # 65: 10 s, half of them each
    luca.evaluate(f"window.ahead = {IDLE_MS}")
    script.passes(5, luca, giulia)  # 70: Luca has touched nothing for a minute
    script.leaves(giulia, other)
    script.passes(5)
    script.leaves(luca, chat)  # 75

    assert script.count(Focus) == script.count(Beat) == 0
    with script.desk.store.transaction() as work:
        assert handling.compact_due(work) == 0
    report = script.desk.report(by="channel")
    by_channel = {name: report[f"channel={name}"]["aht.sum_ms"] / 1000 for name in ("email", "sms", "chat")}
    assert by_channel == {"email": 40, "sms": 25 + 5, "chat": 30 + 25}
    assert report["all"]["aht.sum_ms"] == report["all"]["work.prod_ms"] == 125_000
    assert report["all"]["aht.wrap_ms"] == 1000 * (10 + 10 + 30 + 25)  # after the last answer of each stay
    assert report["all"]["aht.gross_ms"] == 135_000  # each ticket's own, the ten seconds twice
