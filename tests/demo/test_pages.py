"""The sample desk through the web's door: every page of it renders, one click takes it away, one fills a new desk."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from inbox import clock
from inbox.actions import desk as settings
from inbox.actions import promises, sample
from inbox.app import create_app
from inbox.figures import keeper
from inbox.reading import asking, behind, figures, reports, sheets
from inbox.reading.cards import DRAWN, PAGES
from inbox.reading.counted import PARTS
from inbox.reading.pages.sheets import Cell, Line
from inbox.store import Agent, Attachment, Channel, Message, Store, Ticket
from tests.demo.conftest import NOW, SampleDesk, opened


@pytest.fixture
def app(sqlite_desk: SampleDesk) -> Flask:
    """The web role over the sample desk."""
    return create_app(sqlite_desk.settings)[0]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Luca's browser, signed in with what the sign-in page says."""
    browser = app.test_client()
    page = browser.get("/login").text
    email, password = re.findall(r'data-fill-email-param="(.*?)" data-fill-password-param="(.*?)"', page)[0]
    answer = browser.post("/login", data={"email": email, "password": password, "csrf_token": token(page)})
    assert answer.status_code == 303, answer.text
    return browser


def token(page: str) -> str:
    """The form's CSRF token."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="csrf_token"', page)
    assert found is not None
    return found[1] or found[2]


def test_the_sign_in_page_says_who_may_come_in(app: Flask) -> None:
    page = app.test_client().get("/login").text
    for email in ("luca@cirro.example", "giulia@cirro.example", "davide@cirro.example", "sara@cirro.example"):
        assert f"<code>{email}</code>" in page
    assert f'<code class="mono">{sample.PASSWORD}</code>' in page


def pages(app: Flask, store: Store) -> Iterator[str]:
    """Every page that there is, each row that one can be about, each view of the list."""
    by_post = Message.journal_id.is_not(None)
    played = select(Message.ticket_id).where(by_post)  # by the script; of the weeks before some will do
    with store.reading() as work:
        told = work.scalars(select(Ticket.id).where(Ticket.id.in_(played))).all()
        ids: dict[str, list[Any]] = {
            "tickets": [*work.scalars(select(Ticket.id).where(Ticket.id.not_in(played))).all()[::40], *told],
            "messages": list(work.scalars(select(Message.id).where(Message.kind == "email", by_post))),
            "attachments": list(work.scalars(select(Attachment.id))),
            "channels": list(work.scalars(select(Channel.id))),
            "journal": [1, 2, 3],
            "site": list(work.scalars(select(Channel.id).where(Channel.kind == "chat"))),
        }
    for rule in app.url_map.iter_rules():
        door = rule.endpoint.partition(".")[0]
        if rule.endpoint == "attachments.uploaded":  # files of drafts, which the sample has none of
            continue
        if "GET" not in (rule.methods or ()) or door in {"api", "health", "hooks", "static", "setup", "sessions"}:
            continue
        if not rule.arguments and rule.endpoint != "channels.new":
            yield str(rule)
        for name in ids.get("site" if door == "widget" else door, []) if rule.arguments else ():
            yield re.sub(r"<[^>]+>", str(name), str(rule))
    for view in ("mine", "unassigned", "soon", "late", "failed", "all", "snoozed", "resolved"):
        yield from (
            f"/tickets?view={view}&status={tab}&sort={sort}"
            for tab in ("open", "pending", "resolved")
            for sort in ("oldest", "due", "waiting")
        )
    yield from (f"/reports?by={by}" for by in ("channel", "reason"))
    yield from (f"/settings/channels/new?kind={kind}" for kind in store.connectors)
    yield from ("/search?q=certificato", "/board?team=")


@pytest.mark.parametrize(("language", "every"), [("it", 1), ("en", 7)])
def test_every_page_of_it_renders(
    app: Flask, client: FlaskClient, sqlite_desk: SampleDesk, language: str, every: int
) -> None:
    addresses = list(pages(app, sqlite_desk.store))
    assert len(addresses) > 150
    with sqlite_desk.store.transaction() as work:
        work.get_one(Agent, sqlite_desk.luca.id).language = language
    wrong = [
        (address, answer.status_code)
        for address in addresses[::every]
        if (answer := client.get(address, follow_redirects=True)).status_code not in {200, 204}
    ]
    assert wrong == []


def test_one_click_takes_it_away(app: Flask, client: FlaskClient, sqlite_desk: SampleDesk) -> None:
    page = client.get("/settings/general").text
    assert "ticket inventati" in page
    answer = client.post("/settings/demo/remove", data={"csrf_token": token(page)})
    assert answer.status_code == 303, answer.text
    assert "ticket inventati sono stati rimossi" in client.get(answer.location).text
    assert client.post("/settings/demo/remove", data={"csrf_token": token(page)}).status_code == 409
    with sqlite_desk.store.reading() as work:
        assert work.scalars(select(Ticket)).unique().all() == []
    assert client.get("/tickets").status_code == 200  # still signed in
    assert sample.PASSWORD not in app.test_client().get("/login").text
    assert "/settings/demo/remove" not in client.get("/settings/general").text


def test_a_new_desk_can_begin_with_it(sqlite_url: str, data_dir: Path) -> None:
    """Set-up, third step: the sample comes in, its people cannot sign in, the admin is who set the desk up."""
    desk = opened(sqlite_url, data_dir)
    browser = create_app(desk.settings)[0].test_client()
    answers = [
        {"step": "business", "name": "Bottega Rossi", "language": "it", "timezone": "Europe/Rome"},
        {"step": "admin", "name": "Anna Rossi", "email": "anna@bottega.example", "password": "correct horse battery"},
        {"step": "channel", "first": "sample"},
    ]
    page = browser.get("/setup").text
    for answer in answers:
        reply = browser.post("/setup", data={**answer, "csrf_token": token(page)})
        assert reply.status_code == 303, reply.text
        page = browser.get(reply.location).text
    assert "Sito offline dopo il trasloco" in page
    with desk.store.reading() as work:
        assert settings_of(work) == ("Bottega Rossi", True)
        assert work.scalars(select(Channel.kind).where(Channel.enabled)).all() == ["chat"]
    assert sample.PASSWORD not in create_app(desk.settings)[0].test_client().get("/login").text
    desk.store.close()


def settings_of(work: Any) -> tuple[str, bool]:
    return settings.get(work, "desk.name"), settings.get(work, "desk.sample")


REPORTS = ("", *(f"/{name}" for name in PAGES))


def test_every_card_of_figures_comes_as_files(client: FlaskClient) -> None:
    for name in REPORTS:
        page = client.get(f"/reports{name}").text
        parts = [part.partition("</section>")[0] for part in page.split('<section class="card')[1:]]
        shown = [part for part in parts if "astable" in part or 'class="tbl figures"' in part]
        assert shown or name == "/agents"  # which the gate keeps
        for part in shown:
            files = {
                link.partition("?")[0]: unescape(link) for link in re.findall(r'href="(/reports/cards/[^"]+)"', part)
            }
            assert sorted(file.rpartition(".")[2] for file in files) == ["csv", "xlsx"], part[:200]
            for link in files.values():
                answer = client.get(link)
                assert answer.status_code == 200, link
                assert len(answer.data) > 50


def test_a_drawings_file_has_the_figures_that_are_drawn(sqlite_desk: SampleDesk) -> None:
    """At one instant: who is at work is paid meanwhile."""
    with clock.at(clock.now()), figures.looking(sqlite_desk.store) as work:
        drawn = reports.page(work, sqlite_desk.luca, {})
        source = figures.source(work)

        def told(name: str) -> dict[str, tuple[Cell, ...]]:
            some = sheets.sheet(work, source, name, drawn.asked, "channel").lines
            return {named(line): line.cells for line in some}

        files = {name: told(name) for name in DRAWN if DRAWN[name] == "overview"}
    for row in drawn.rows:
        rate, low, high, pending, _before = files["fcr"][row.value]
        assert (rate.value, rate.n, pending.value) == (row.fcr_rate, row.fcr_n, row.fcr_pending)
        assert rate.few or (low.value, high.value) == (row.fcr_lo, row.fcr_hi)
        assert (files["handle_time"][row.value][0].value, files["handle_time"][row.value][0].n) == (
            row.aht_mean_ms,
            row.aht_n,
        )
        work_, provider, direct, _fees, full = files["contact_cost"][row.value]
        assert direct.value == pytest.approx(float(row.cost_direct or 0), abs=0.001)
        assert (work_.value or 0) + (provider.value or 0) == pytest.approx(direct.value, abs=0.001)
        assert full.value == pytest.approx(float(row.cost_full or 0), abs=0.001)
        assert files["mood"][row.value][0].n == row.mood_n
    for mark in drawn.paces:
        weekly = [cells[0] for name, cells in files["handle_time"].items() if name.startswith(f"{mark.kind} ")]
        assert [one.known for one in weekly] == [one.known for one in mark.cells]
    for week in drawn.weeks:
        rate, before = files["fcr_weeks"][week.start.isoformat()]
        assert (rate.n, before.known) == (week.n, week.previous)
    for bucket in drawn.volume:
        came, handled = files["inflow"][bucket.start.isoformat()]
        assert (came.value, handled.value) == (bucket.inbound, bucket.handled)
        assert files["backlog"][bucket.start.isoformat()][1].value == bucket.resolved
    assert [cells[0].value for cells in files["hours"].values()] == [n for row in drawn.heat for n in row]


@pytest.mark.parametrize("days", [7, 30, 250])
def test_a_drawings_file_has_the_steps_that_are_drawn_and_says_which_are_incomplete(
    sqlite_desk: SampleDesk, days: int
) -> None:
    with figures.looking(sqlite_desk.store) as work:
        end = asking.today(work)[1] + dt.timedelta(days=1)
        args = {"from": (end - dt.timedelta(days=days)).isoformat(), "to": end.isoformat()}
        drawn = reports.page(work, sqlite_desk.luca, args)
        source = figures.source(work)

        def steps(name: str) -> dict[str, bool]:
            lines = sheets.sheet(work, source, name, drawn.asked, "channel" if name == "handle_time" else "").lines
            return {str(line.step or line.label): line.whole for line in lines if line.step or name != "handle_time"}

        told = {name: steps(name) for name in ("fcr_weeks", "handle_time", "inflow", "backlog")}
    along = {str(one.start): one.whole for one in drawn.weeks}
    assert (told["fcr_weeks"], told["handle_time"]) == (along, along)
    assert told["inflow"] == told["backlog"] == {str(one.start): one.whole for one in drawn.volume}
    assert all(one.end for one in drawn.weeks)
    assert all(one.end for one in drawn.volume)


def named(line: Line) -> str:
    """A line's name without the words of a language."""
    return f"{line.kind or line.label}{'' if line.step is None else f' {line.step}'}"


def test_every_figure_of_the_reports_opens_what_it_counts(client: FlaskClient, sqlite_desk: SampleDesk) -> None:
    with sqlite_desk.store.transaction() as work:
        settings.put(work, sqlite_desk.luca, "report.agent_time", "Accordo 3/2026")
        config = promises.config(work)
    keeper.catch_up(sqlite_desk.store, config)
    opened_keys: set[str] = set()
    unopened: set[str] = set()
    for name in REPORTS:
        page = client.get(f"/reports{name}").text
        for tag, key in re.findall(r'<(a|span)(?! tabindex="0" class="muted")[^>]*? data-explain="d-([\w-]+)"', page):
            (opened_keys if tag == "a" else unopened).add(key)
        links = sorted({unescape(one) for one in re.findall(r'href="(/reports/(?:cases/|maturity)[^"]*)"', page)})
        for link in {one.partition("?")[0]: one for one in links}.values():  # of each figure one slice
            answer = client.get(link)
            assert answer.status_code == 200, link
            if "/cases/" in link:
                path, _, asked = link.partition("?")
                in_parts = path.rpartition("/")[2] in PARTS  # these divide others, which have the lists
                assert client.get(f"{path}/all.csv?{asked}").status_code == (422 if in_parts else 200), link
    assert len(opened_keys) > 30
    assert unopened == set()


#: Figures whose list says how many are among the k, and others whose list is as long as the figure is large.
JUDGED = {f"{name}.rate" for name in ("ret.retention", "ret.churn", "ret.renewal")}
JUDGED |= {f"{name}.rate" for name in ("silence.exposed", "silence.unexposed", "social.positive")}
#: Who left after silence is known of a period that ended 90 days ago.
OVER = {"from": str((NOW - dt.timedelta(days=262)).date()), "to": str((NOW - dt.timedelta(days=167)).date())}
LONG = {"backlog.open", "clv.customers", "social.mentions", "nps.promoters", "nps.passives", "nps.detractors"}
ADDED = {"social.likes", "social.comments", "social.shares"}


@pytest.mark.parametrize("is_kept", [True, False])
def test_the_list_behind_a_figure_is_as_long_as_the_figure_says(sqlite_desk: SampleDesk, *, is_kept: bool) -> None:
    if is_kept:
        with sqlite_desk.store.reading() as work:
            config = promises.config(work)
        keeper.catch_up(sqlite_desk.store, config)
    seen = set()
    with sqlite_desk.store.reading() as work:
        recent: dict[str, str] = {}
        pages = [(name, recent) for name in ("customers", "social", "sla", "satisfaction")]
        for name, period in [*pages, ("customers", OVER)]:
            for sheet in sheets.page(work, sqlite_desk.luca, name, period).sheets:
                for one in (one for line in sheet.lines for one in line.cells if one.value is not None):
                    if one.key not in JUDGED | LONG | ADDED:
                        continue
                    found = behind.page(work, sqlite_desk.luca, one.key, {**period, **(one.where or {})})
                    seen.add(one.key)
                    assert not (one.few and one.key.startswith("silence.")), one
                    if one.key in JUDGED:
                        assert (found.total, found.held) == ((one.n or 0) + one.pending, one.k), one
                    elif one.key in LONG:
                        assert found.total == one.value, one
                    elif one.key in ADDED:
                        assert sum(row.amount or 0 for row in found.rows) == one.value, one
    assert seen == JUDGED | LONG | ADDED if is_kept else {"ret.churn.rate", "backlog.open", *ADDED} <= seen


def test_a_card_that_is_cut_by_its_filter_draws_that_one_bar(sqlite_desk: SampleDesk) -> None:
    with figures.looking(sqlite_desk.store) as work:
        page = sheets.page(work, sqlite_desk.luca, "channels", {"channel": "email"})
        drawn = [graph for sheet in page.sheets for graph in sheet.graphs if graph.plot.kind in ("bars", "dots")]
        assert [[mark.kind for mark in graph.marks] for graph in drawn] == [["email"]] * 5
        assert all(graph.known for graph in drawn)
        overview = reports.page(work, sqlite_desk.luca, {"channel": "email"})
        assert [row.kind for row in overview.rows] == ["email"]
        assert [mark.kind for mark in overview.paces] == ["email"]


def test_every_mark_of_a_drawing_opens_what_it_stands_for_and_so_does_its_cell_in_the_table(
    client: FlaskClient,
) -> None:
    for name in REPORTS:
        page = client.get(f"/reports{name}").text
        for part in page.split('<div class="cv-w">')[1:]:
            drawing, _, rest = part.partition("</svg>")
            links = {unescape(one) for one in re.findall(r' data-href="([^"]+)"', drawing)}
            table = rest.partition("<table")[2].partition("</table>")[0]
            assert links <= {unescape(one) for one in re.findall(r'<a href="([^"]+)"', table)}, name
            tips = re.findall(r' data-tip="([^"]+)"( data-href)?', drawing)
            untold = [tip for tip, href in tips if not href and not tip.endswith(" 0") and " · n " not in tip]
            assert untold == [], name
            for link in sorted(links)[::5]:
                assert client.get(link).status_code == 200, link


def test_an_hour_of_the_week_lists_what_came_in_then(client: FlaskClient, sqlite_desk: SampleDesk) -> None:
    day = hour = 0
    for where in ({}, {"channel": "email"}):
        with figures.looking(sqlite_desk.store) as work:
            heat = reports.page(work, sqlite_desk.luca, where).heat
            day, hour = max(((d, h) for d in range(7) for h in range(24)), key=lambda at: heat[at[0]][at[1]])
            asked = {**where, "hour": f"{day + 1}-{hour:02d}"}
            found = behind.page(work, sqlite_desk.luca, "vol.inbound", asked)
        assert sum(row.amount or 0 for row in found.rows) == heat[day][hour] > 0
    (link,) = set(
        re.findall(rf'data-href="([^"]+hour={day + 1}-{hour:02d})"', client.get("/reports?channel=email").text)
    )
    page = client.get(unescape(link)).text
    assert f"{hour:02d}:00" in page
    assert client.get("/reports/cases/vol.inbound?hour=9-77").status_code == 200


def test_how_long_one_case_took_is_said_once_figures_per_person_are_allowed(
    client: FlaskClient, sqlite_desk: SampleDesk
) -> None:
    def amounts() -> tuple[bool, list[str]]:
        rows = client.get("/reports/cases/aht.mean_ms/all.csv").text.splitlines()[1:]
        return "Quanto è durato un singolo caso" in client.get("/reports/cases/aht.mean_ms").text, [
            row[6] for row in csv.reader(rows)
        ]

    explained, without = amounts()
    assert explained
    assert set(without) == {""}
    with sqlite_desk.store.transaction() as work:
        settings.put(work, sqlite_desk.luca, "report.agent_time", "Accordo 3/2026")
    explained, told = amounts()
    assert not explained
    assert len(told) == len(without)
    assert all(int(one) > 0 for one in told)
