"""Each cell of the table of cohorts, and its number, open the customers that it counts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from inbox.actions import promises
from inbox.figures import keeper
from tests.figures.conftest import add
from tests.web.conftest import TestDesk, words

#: Of the eleven who began in one January two left in February, and one in March.
LEFT = {0: "2024-02-10", 1: "2024-02-20", 2: "2024-03-10"}
ASKED = "from=2024-03-05&to=2024-04-01"


def history() -> Iterator[dict[str, Any]]:
    for n in range(11):
        ends = f"{LEFT.get(n, '2026-01-10')}T00:00:00Z"
        named = {"customer": f"jan-{n:02d}", "contract": f"J{n}"}
        yield {"id": f"j{n}", "kind": "contract.started", "ts": f"2024-01-{n + 1:02d}T09:00:00Z", **named, "ends": ends}
    later = {"customer": "feb", "contract": "F", "ends": "2026-01-10T00:00:00Z"}
    yield {"id": "f", "kind": "contract.started", "ts": "2024-02-05T09:00:00Z", **later}


@pytest.fixture(scope="module")
def told(desk: TestDesk) -> TestDesk:
    """The desk with those contracts."""
    add(desk.store, history())
    with desk.store.reading() as work:
        config = promises.config(work)
    keeper.catch_up(desk.store, config)
    return desk


def test_each_cell_of_a_cohort_and_its_number_open_the_customers_that_it_counts(told: TestDesk) -> None:
    browser = told.browser("supervisor")
    page = browser.get(f"/reports/customers?{ASKED}").text
    card = page.partition('id="h-cohorts"')[2].partition("</section>")[0]
    row = next(row for row in card.partition("<table")[2].split("<tr>") if "January 2024" in row)
    links = [unescape(link) for link in re.findall(r'href="([^"]+)"', row)]
    shares = re.findall(r">([\d.]+%)<", row)
    assert shares == ["100.0%", "81.8%", "72.7%"]
    assert len(links) == 1 + len(shares), "n has one as well"
    assert links[0] == links[1]
    assert card.count(f'data-href="{links[1]}"'.replace("&", "&amp;")) == 4, "its cell and its number, wide and narrow"
    assert ">Jan 24<" in card.partition('class="cv-n"')[2], "the narrow drawing has no room for long months"
    for link, kept in zip(links[1:], (11, 9, 8), strict=True):
        shown = words(browser.get(link))
        assert f"11 customers Stayed: {kept}" in shown
        assert "first contract began in these days, 1 Jan – 31 Jan 2024" in shown
        assert (shown.count(" yes "), shown.count(" no ")) == (kept, 11 - kept)
        lines = list(csv.DictReader(io.StringIO(browser.get(link.replace("?", "/all.csv?")).data.decode("utf-8-sig"))))
        assert sorted(line["Case"] for line in lines) == [f"jan-{n:02d}" for n in range(11)]
        assert sum(line["Counted"] == "1" for line in lines) == kept
    assert "at the end of 31 Mar 2024" in words(browser.get(links[-1]))
    back = next(part for part in browser.get(links[-1]).text.split('href="') if part.startswith("/reports/customers"))
    found = parse_qs(urlsplit(unescape(back.split('"')[0])).query)
    assert (found["from"], found["to"]) == (["2024-03-05"], ["2024-04-01"])
    assert told.browser("agent").get(links[1]).status_code == 403


@pytest.mark.parametrize("cohort", ["x", "2024-13-01", "9999-99-99"])
def test_a_cohort_that_is_no_day_narrows_nothing(told: TestDesk, cohort: str) -> None:
    page = told.browser("supervisor").get(f"/reports/cases/ret.retention.rate?{ASKED}&cohort={cohort}")
    assert page.status_code == 200
    assert "10 customers" in words(page)
