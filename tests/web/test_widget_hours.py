"""Opening hours of the chat, and how soon it says that an answer comes."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from sqlalchemy import update

from connectors.chat_hours import hours, week
from inbox import clock
from inbox.actions import people, promises
from inbox.actions.reply import reply
from inbox.reading import sites
from inbox.store import Ticket
from tests.web.conftest import Browser, TestDesk, words
from tests.web.test_widget_entry import Visiting

DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("lines", "usual", "special"),
    [
        (["mon-tue 9:00-13:00, 15.00-19:00"], {d: ["09:00-13:00", "15:00-19:00"] for d in ("mon", "tue")}, {}),
        (["sab-lun 10:00-24:00"], {d: ["10:00-24:00"] for d in ("sat", "sun", "mon")}, {}),
        (["Lunedì 9:00-12:00", "mon 14:00-18:00"], {"mon": ["09:00-12:00", "14:00-18:00"]}, {}),
        (["2026-12-25 chiuso", "fri closed"], {"fri": []}, {"2026-12-25": []}),
    ],
)
def test_hours_as_they_are_typed(lines: list[str], usual: Any, special: Any) -> None:
    assert week(tuple(hours(line) for line in lines)) == {"week": usual, "special": special}


@pytest.mark.parametrize(
    "line", ["", "mon", "9-18", "mon 9-18", "xyz 9:00-18:00", "mon 9:00-18:00 or so", "2026-13-01 closed"]
)
def test_what_is_no_opening_hour(line: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has a sentence of its own
        hours(line)


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [
        (0, 1),
        (59, 1),
        (61, 2),
        (600, 10),
        (601, 15),
        (3600, 60),
        (3601, 120),
        (86_400, 1440),
        (86_401, None),
        (None, None),
    ],
)
def test_a_wait_is_rounded_up(seconds: int | None, minutes: int | None) -> None:
    wait = sites.rounded(dt.timedelta(seconds=seconds) if seconds is not None else None)
    assert wait == (dt.timedelta(minutes=minutes) if minutes is not None else None)


def test_in_shut_hours_nobody_is_there_and_it_says_when_somebody_is_back(desk: TestDesk) -> None:
    tomorrow = (clock.now() + DAY).astimezone().date()
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    visiting = Visiting(desk, hours=[f"{names[(tomorrow + DAY).weekday()]} 9:00-13:00"])
    agent = desk.who("agent").id or ""
    with desk.store.transaction() as work:
        people.set_state(work, agent, "online")
    page = Browser(desk.app).get(f"/widget/{visiting.site.id}?lang=en")
    assert 'data-online="0"' in page.text
    assert "at 09:00" in words(page)
    assert json.loads(Browser(desk.app).get(f"/widget/{visiting.site.id}/config").data)["online"] is False
    assert visiting.said("hello", site=visiting.site.id)["online"] is False
    with desk.store.transaction() as work:
        people.set_state(work, agent, "offline")


def test_a_chat_without_hours_of_its_own_is_open_by_the_calendar_that_names_it(desk: TestDesk) -> None:
    visiting, admin = Visiting(desk), desk.who("admin")
    with desk.store.transaction() as work:
        people.set_state(work, desk.who("agent").id or "", "online")

    def opens() -> dt.datetime | None:
        with desk.store.reading() as work:
            return sites.standing(work, visiting.site.id, sites.site(work, visiting.site.id)).opens

    assert opens() is None
    later = clock.now() + 2 * DAY  # no hour of today, in any zone
    calendar = {
        "name": "Chat",
        "week": {},
        "special": {later.date().isoformat(): {"name": "", "hours": "00:00-24:00"}},
        "channels": [visiting.site.id],
    }
    with desk.store.transaction() as work:
        promises.save_calendar(work, admin, "chat", calendar)
    at = opens()
    assert at is not None
    assert at.date() in {later.date(), (later - DAY).date()}  # its midnight is the desk's
    with desk.store.transaction() as work:
        promises.remove_calendar(work, admin, "chat")
        people.set_state(work, desk.who("agent").id or "", "offline")
    assert opens() is None


def test_the_expected_wait_counts_who_still_waits_and_is_silent_with_few_talks(desk: TestDesk) -> None:
    first = Visiting(desk)
    talks = [first, *(Visiting(desk, at=first) for _ in range(5))]
    numbers = []
    for talk in talks:
        assert "journal" in talk.write()
        numbers.append(talk.message().ticket_id)

    def wait() -> dt.timedelta | None:
        with desk.store.reading() as work:
            return sites.standing(work, first.site.id, sites.site(work, first.site.id)).wait

    with desk.store.transaction() as work:
        for number in numbers[:3]:
            reply(work, desk.who("agent"), number, text="Eccomi")
            work.execute(
                update(Ticket).where(Ticket.id == number).values(created_at=clock.now() - dt.timedelta(seconds=150))
            )
        work.execute(
            update(Ticket).where(Ticket.id.in_(numbers[3:])).values(created_at=clock.now() - dt.timedelta(minutes=50))
        )
    # three answered in two and a half minutes, three still wait after fifty: the truth lies between
    assert wait() == dt.timedelta(minutes=30)
    with desk.store.transaction() as work:
        work.execute(update(Ticket).where(Ticket.id.in_(numbers[3:])).values(created_at=clock.now() - 20 * DAY))
    assert wait() is None
