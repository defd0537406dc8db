"""What reports say of what only time will tell: who left after silence, and whose contract may still be renewed."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from inbox import clock
from inbox.actions import promises
from inbox.figures import keeper
from inbox.reading import figures, sheets
from inbox.rendering import letters
from tests.figures.conftest import add
from tests.web.conftest import TestDesk, words

#: Everybody wrote twice and was never answered; these left between, the others' contracts are due soon.
LEFT, STAYED = 4, 12
PAST, RECENT = (230, 200), (30, -1)
NOW = clock.now()


def moment(days: float) -> str:
    return clock.iso(NOW - dt.timedelta(days=days))


def history() -> Iterator[dict[str, Any]]:
    for n in range(LEFT + STAYED):
        named = {"customer": f"silent-{n}", "contract": f"S{n}"}
        ends = moment(150) if n < LEFT else moment(-20)
        yield {"id": f"s{n}", "kind": "contract.started", "ts": moment(400), **named, "ends": ends}
        for when in (210, 10):
            ticket = f"old-{when}-{n}"
            told = {"ts": moment(when), "ticket": ticket, "channel": "email"}
            yield {"id": f"{ticket}-t", "kind": "ticket.created", "customer": named["customer"], **told}
            yield {"id": f"{ticket}-m", "kind": "msg.in", "msg": ticket, **told}


def asked(days: tuple[int, int]) -> str:
    first, end = ((NOW - dt.timedelta(days=ago)).date() for ago in days)
    return f"from={first}&to={end}"


@pytest.fixture(scope="module")
def told(desk: TestDesk) -> TestDesk:
    """The desk with contracts and unanswered letters."""
    add(desk.store, history())
    with desk.store.reading() as work:
        config = promises.config(work)
    keeper.catch_up(desk.store, config)
    return desk


def card(desk: TestDesk, days: tuple[int, int]) -> dict[str, str]:
    text = desk.browser("supervisor").get(f"/reports/cards/silence.csv?{asked(days)}").data.decode("utf-8-sig")
    return next(csv.DictReader(io.StringIO(text)))


def book(desk: TestDesk, name: str, days: tuple[int, int]) -> str:
    file = desk.browser("supervisor").get(f"/reports/cards/{name}.xlsx?{asked(days)}").data
    with zipfile.ZipFile(io.BytesIO(file)) as opened:
        return opened.read("xl/sharedStrings.xml").decode()


def test_who_left_after_silence_is_not_told_before_it_is_known(told: TestDesk) -> None:
    due = (NOW + dt.timedelta(days=1)).date() + dt.timedelta(days=90)
    said = f"not known before {due:%-d %b %Y}"
    with told.store.reading() as work:
        first, end = ((NOW - dt.timedelta(days=ago)).date() for ago in RECENT)
        row = figures.source(work).ask(first, end, keys=["silence"])["all"]
    assert (row["silence.exposed.k"], row["silence.exposed.n"]) == (STAYED, STAYED)  # the definition's own key stays

    browser = told.browser("supervisor")
    page = words(browser.get(f"/reports/customers?{asked(RECENT)}"))
    assert page.count(said) == 2
    assert "Of the customers whom nobody answered in time" not in page.partition("Silence and loss")[0]
    assert (card(told, RECENT)["silence.exposed.rate"], card(told, RECENT)["silence.exposed.rate n"]) == ("", "12")
    assert said in book(told, "silence", RECENT)
    cases = words(browser.get(f"/reports/cases/silence.exposed.rate?{asked(RECENT)}"))
    assert f"12 customers {said}" in cases
    assert cases.count("not yet") == STAYED
    listed = browser.get(f"/reports/cases/silence.exposed.rate/all.csv?{asked(RECENT)}").data.decode("utf-8-sig")
    assert {line["Counted"] for line in csv.DictReader(io.StringIO(listed))} == {""}
    browser.post("/me/language", language="it")
    italian = words(browser.get(f"/reports/customers?{asked(RECENT)}"))
    browser.post("/me/language", language="")
    assert f"non si sa prima del {due.day} " in italian


def test_of_a_period_far_enough_back_it_is_told(told: TestDesk) -> None:
    page = words(told.browser("supervisor").get(f"/reports/customers?{asked(PAST)}"))
    assert "not known before" not in page
    assert "25.0%" in page
    assert float(card(told, PAST)["silence.exposed.rate"]) == LEFT / (LEFT + STAYED)
    cases = words(told.browser("supervisor").get(f"/reports/cases/silence.exposed.rate?{asked(PAST)}"))
    assert f"16 customers Lost: {LEFT}" in cases


def test_what_late_renewals_may_change_is_marked_on_pages_in_mails_and_files(told: TestDesk) -> None:
    mark = "Provisional: who renews at most 30 days late has not left"
    sentence = "of the customers with a contract left, n = 16"
    for days, is_young in ((RECENT, True), (PAST, False)):
        page = words(told.browser("supervisor").get(f"/reports/customers?{asked(days)}"))
        with figures.looking(told.store) as work:
            first, end = ((NOW - dt.timedelta(days=ago)).date().isoformat() for ago in days)
            found = sheets.compiled(work, "customers", {"from": first, "to": end})
        letter = letters.report(found, name="Kunden", desk="x", link="l", manage="m", language="en")
        assert [mark in text for text in (page, letter.text, letter.html)] == [is_young] * 3
        assert (mark in book(told, "loyalty", days)) == is_young
        assert ("provisional, as some may still renew" in page) == is_young
        assert (sentence in page) != is_young  # of the young period 12 had a contract at its start
    assert [words(told.browser("supervisor").get(f"/reports/channels?{asked(RECENT)}")).count(mark)] == [0]
