"""Report pages over the address: filters, the way back, what the gate keeps, files, reports by mail."""

from __future__ import annotations

import csv
import io
import zipfile
from urllib.parse import parse_qs, urlsplit

import pytest

from inbox.actions import desk as settings
from inbox.actions import report_mails, report_stops
from inbox.actions.who import SYSTEM
from inbox.figures import keeper
from inbox.reading import behind, sheets
from inbox.reading.pages.sheets import Card, Cell, Line
from inbox.sentiment import MODEL
from inbox.store import ReportMail
from tests.figures.conftest import add, begun_anew
from tests.web.conftest import Browser, TestDesk, words


def test_the_way_back_from_the_cases_keeps_every_filter(desk: TestDesk) -> None:
    browser = desk.browser("supervisor")
    asked = "from=2026-01-01&to=2026-02-01&compare=year&reason=Reso"
    page = browser.get(f"/reports/cases/vol.inbound?{asked}&channel=email&page=channels&row=channel").text
    back = next(part for part in page.split('href="') if part.startswith("/reports/channels"))
    found = parse_qs(urlsplit(back.split('"')[0].replace("&amp;", "&")).query)
    assert found == {name: [value] for name, value in (pair.split("=") for pair in asked.split("&"))}
    page = browser.get(f"/reports/cases/vol.inbound?{asked}&page=overview&by=reason").text
    assert 'href="/reports?' in page
    assert "by=reason" in page


def test_the_cases_come_in_parts_that_stay_where_they_are_and_all_of_them_as_a_sheet(
    desk: TestDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(behind, "PART", 2)
    mailbox = desk.add_channel("email", "listed", address="listed@bottega.example")
    numbers = [desk.mail_in(mailbox, f"L{n} <l{n}@studio.example>", f"=Richiesta {n}") for n in range(5)]
    browser, seen, address = desk.browser("supervisor"), [], "/reports/cases/vol.inbound?channel=email"
    while address:
        page = browser.get(address).text
        seen.append([number for number in reversed(numbers) if f'href="/tickets/{number}"' in page])
        links = [part.split('"')[0].replace("&amp;", "&") for part in page.split('href="') if "after=" in part[:300]]
        address = links[0] if links and not set(numbers) <= {one for part in seen for one in part} else ""
    assert [one for part in seen for one in part] == numbers[::-1]
    sheet = list(csv.reader(io.StringIO(browser.get("/reports/cases/vol.inbound/all.csv?channel=email").text[1:])))
    assert sheet[0][:3] == ["Case", "Ticket", "Subject"]
    mine = [row for row in sheet[1:] if int(row[1]) in numbers]
    assert [(int(row[1]), row[2]) for row in mine] == [
        (one, f"'=Richiesta {numbers.index(one)}") for one in numbers[::-1]
    ]
    assert browser.get("/reports/cases/ret.start/all.csv").status_code == 422


def test_mentions_have_their_local_day_and_each_line_of_a_narrow_list_its_label(desk: TestDesk) -> None:
    told = {"kind": "social.mention", "channel": "instagram"}
    add(
        desk.store,
        [
            {**told, "id": "late", "ts": "2025-03-12T23:30:00Z", "sentiment": "0.5"},
            {**told, "id": "early", "ts": "2025-03-12T08:00:00Z", "sentiment": "-0.5"},
        ],
    )
    browser, asked = desk.browser("supervisor"), "from=2025-03-01&to=2025-04-01"
    page = browser.get(f"/reports/cases/social.positive.rate?{asked}")
    assert "Mention Channel Day Positive late Instagram 13 Mar 2025 yes early Instagram 12 Mar 2025 no" in words(page)
    assert page.text.count('data-label="Positive"') == 2
    browser.post("/me/language", language="it")
    assert "13 mar 2025" in words(browser.get(f"/reports/cases/social.positive.rate?{asked}"))
    browser.post("/me/language", language="")
    text = browser.get(f"/reports/cases/social.positive.rate/all.csv?{asked}").data.decode("utf-8-sig")
    assert [line["Began"] for line in csv.DictReader(io.StringIO(text))] == ["2025-03-13", "2025-03-12"]


def test_the_cases_as_a_sheet_say_in_each_line_what_they_are_about(desk: TestDesk) -> None:
    mailbox = desk.add_channel("email", "about", address="about@bottega.example")
    desk.mail_in(mailbox, "A <about@studio.example>", "Ciao")
    text = desk.browser("supervisor").get("/reports/cases/vol.inbound/all.csv?channel=email").data.decode("utf-8-sig")
    for line in csv.DictReader(io.StringIO(text)):
        assert (line["zone"], line["filters"], line["rebuilt"]) == ("Europe/Rome", "channel=email", "")
        assert line["from"] < line["to"]


def test_the_list_behind_a_cost_says_what_of_it_is_in_no_case(desk: TestDesk) -> None:
    browser = desk.browser("supervisor")
    for figure, said in (
        ("cost.per_interaction_direct", "What spam has cost is in the figure"),
        ("cost.per_interaction_full", "monthly fees and what spam has cost are in the figure"),
    ):
        assert said in words(browser.get(f"/reports/cases/{figure}"))
    for figure in ("cost.per_resolution", "vol.inbound"):
        assert "spam" not in words(browser.get(f"/reports/cases/{figure}"))


def test_the_overview_takes_filters_and_compares_with_the_year_before(desk: TestDesk) -> None:
    page = desk.browser("supervisor").get("/reports?from=2026-01-01&to=2026-02-01&compare=year&channel=email&by=reason")
    assert page.status_code == 200
    assert "compared with 1 Jan – 31 Jan 2025" in words(page)
    assert "1 filter" in words(page)
    assert desk.browser("supervisor").get("/reports?agent=x").status_code == 403


@pytest.mark.parametrize(
    "path",
    ["", "/channels", "/cards/volume.csv", "/cards/volume.xlsx", "/cases/vol.inbound", "/cases/vol.inbound/all.csv"],
)
@pytest.mark.parametrize("asked", ["from=9999-12-01&to=9999-12-31", "from=0001-01-01&to=0001-02-01", "to=0001-01-02"])
def test_a_period_that_no_calendar_reaches_is_refused(desk: TestDesk, path: str, asked: str) -> None:
    assert desk.browser("supervisor").get(f"/reports{path}?{asked}").status_code == 422


def test_a_period_without_its_first_day_is_counted_back_from_its_end(desk: TestDesk) -> None:
    page = desk.browser("supervisor").get("/reports?to=2026-05-01")
    assert page.status_code == 200
    assert "1 Apr – 30 Apr 2026" in words(page)


def test_the_panel_of_how_customers_sound_names_its_model(desk: TestDesk) -> None:
    browser = desk.browser("supervisor")
    for language, word in (("it", "Modello"), ("", "Model")):
        browser.post("/me/language", language=language)
        assert f"{word}: {MODEL}" in words(browser.get("/reports"))


def test_old_figures_are_marked_while_new_ones_are_worked_out(desk: TestDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = desk.browser("supervisor")
    pages = "/reports", "/reports/channels", "/reports/cases/vol.inbound"
    assert not any("old figures" in words(browser.get(page)) for page in pages)
    with monkeypatch.context() as patched:
        config = begun_anew(desk.store, patched)
        for page in pages:
            assert "These are the old figures" in words(browser.get(page))
            assert "0% of that is done" in words(browser.get(page))
        file = io.BytesIO(browser.get("/reports/cards/volume.xlsx").data)
        with zipfile.ZipFile(file) as book:
            assert "the new ones are being worked out, 0% is done" in book.read("xl/sharedStrings.xml").decode()
        assert {line["rebuilt"] for line in card(browser, "volume")} == {"0.0"}
    keeper.catch_up(desk.store, config)
    assert not any("old figures" in words(browser.get(page)) for page in pages)


def card(browser: Browser, name: str, asked: str = "") -> list[dict[str, str]]:
    text = browser.get(f"/reports/cards/{name}.csv?{asked}").data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_card_as_csv_says_in_each_line_what_it_is_about(desk: TestDesk) -> None:
    asked = "from=2026-01-01&to=2026-02-01&channel=email&reason=Reso / Taglia"
    lines = card(desk.browser("supervisor"), "volume", asked)
    assert lines[0]["Name"] == "All"
    for line in lines:
        about = {name: line[name] for name in ("from", "to", "zone", "filters", "rebuilt")}
        assert about == {
            "from": "2026-01-01",
            "to": "2026-02-01",
            "zone": "Europe/Rome",
            "filters": "channel=email; reason=Reso / Taglia",
            "rebuilt": "",
        }


def test_a_card_that_the_gate_keeps_gives_no_file(desk: TestDesk) -> None:
    browser = desk.browser("supervisor")
    assert [browser.get(f"/reports/cards/agents.{kind}").status_code for kind in ("csv", "xlsx")] == [403, 403]
    assert browser.get("/reports/cards/volume.pdf").status_code == 404
    file = browser.get("/reports/cards/volume.xlsx?compare=year")
    assert file.headers["Content-Disposition"].endswith('.xlsx"')
    assert "xl/workbook.xml" in zipfile.ZipFile(io.BytesIO(file.data)).namelist()
    with desk.store.transaction() as work:
        settings.put(work, SYSTEM, "report.agent_time", "Accordo 3/2026")
    assert browser.get("/reports/cards/agents.csv").status_code == 200
    with desk.store.transaction() as work:
        settings.put(work, SYSTEM, "report.agent_time", "")


def test_a_table_is_sorted_by_the_column_that_is_pressed_and_the_way_to_its_cases_keeps_that(desk: TestDesk) -> None:
    browser = desk.browser("supervisor")
    page = browser.get("/reports/channels?sort=vol.inbound").text
    assert 'aria-sort="descending"' in page
    assert "sort=-vol.inbound" in page
    assert 'aria-sort="ascending"' in browser.get("/reports?sort=-vol.inbound").text
    assert "sort=" not in browser.get("/reports/social?sort=<b>").text
    cells = [figure_of(n, n) for n in (3, None, 12, 7)]
    lines = [Line(str(n), None, (one,)) for n, one in enumerate([figure_of(22, 22), *cells])]
    card = Card("volume", "channel", ("aht.mean_ms",))
    assert [line.label for line in sheets.in_order(lines, card, "aht.mean_ms")] == ["0", "3", "1", "2", "4"]
    assert [line.label for line in sheets.in_order(lines, card, "-csat.rate")] == ["0", "1", "2", "3", "4"]


def figure_of(value: int | None, n: int | None) -> Cell:
    return Cell("aht.mean_ms", value, n, None, "ms", few=n is not None and n == 7)


def test_a_report_by_mail_is_made_changed_paused_sent_and_removed(desk: TestDesk) -> None:
    browser = desk.browser("supervisor")
    form = browser.get("/reports/mails/new?page=sla&channel=email&period=30d")
    assert 'name="channel" value="email"' in form.text
    me = desk.who("supervisor").id
    given = {"name": "Promesse", "page": "sla", "channel": "email", "period": "30d", "every": "week", "weekday": "4"}
    wrong = browser.post("/reports/mails/new", **given, at="8", people=[me])
    assert wrong.status_code == 422
    assert 'value="Promesse"' in wrong.text
    outside = browser.post("/reports/mails/new", **given, at="08:00", people=[me], addresses="a@b.example")
    assert outside.status_code == 403
    assert "Only an admin may send figures" in words(outside)
    browser.follow(browser.post("/reports/mails/new", **given, at="08:00", people=[me]))
    with desk.store.reading() as work:
        row = work.query(ReportMail).one()
    assert (row.asked, row.weekday, row.paused) == ({"channel": "email"}, 4, False)
    assert "Promesse" in words(browser.get(f"/reports/mails/{row.id}"))
    browser.follow(browser.post(f"/reports/mails/{row.id}/pause", on="on"))
    browser.follow(browser.post(f"/reports/mails/{row.id}/send"))
    assert browser.post(f"/reports/mails/{row.id}/send").status_code == 409
    page = words(browser.get("/reports/mails"))
    assert "It does not leave by itself." in page
    browser.follow(browser.post(f"/reports/mails/{row.id}/remove"))
    assert "No report leaves by mail" in words(browser.get("/reports/mails"))


def test_a_report_about_single_people_is_refused_where_it_is_made_and_says_why(desk: TestDesk) -> None:
    given = {"name": "Persone", "page": "overview", "every": "week", "weekday": "0", "at": "08:00"}
    answer = desk.browser("supervisor").post(
        "/reports/mails/new", **given, agent="x", people=[desk.who("supervisor").id]
    )
    assert answer.status_code == 403
    assert "figures per person are switched off" in words(answer).lower()
    assert 'value="Persone"' in answer.text


def test_the_link_in_a_report_stops_it_by_a_button_or_a_mail_program_but_not_by_being_looked_at(desk: TestDesk) -> None:
    with desk.store.transaction() as work:
        values = {"name": "Stop & go", "page": "sla", "every": "day", "addresses": "socia@fuori.example"}
        id = report_mails.save(work, SYSTEM, None, values).id
    path = urlsplit(report_stops.link(desk.store, id, "socia@fuori.example")).path
    stranger = Browser(desk.app)
    for _twice in range(2):
        page = stranger.get(path)
        assert page.status_code == 200
        assert "No longer send me this report" in page.text
        assert "Stop &amp; go" in page.text
    shown = desk.browser("admin").get("/reports/mails")
    assert "gets none" not in words(shown)
    posted = Browser(desk.app).client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert posted.status_code == 200
    assert "You get this report no more" in posted.text
    assert "You get this report no more" in stranger.get(path).text
    assert "socia@fuori.example gets none: stopped it by the link" in words(desk.browser("admin").get("/reports/mails"))
    assert "Reader stopped report by mail" in words(desk.browser("admin").get("/settings/audit"))
    for wrong in (stranger.get(f"{path[:-1]}1"), stranger.client.post(f"{path[:-1]}1")):
        assert wrong.status_code == 404
        assert "This link stops no report" in wrong.text
    with desk.store.transaction() as work:
        report_mails.remove(work, SYSTEM, id)
