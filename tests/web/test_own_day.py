"""One's own day: seen by nobody else, put right by the one whose day it is, followed by the figures."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from html import unescape

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from inbox import clock
from inbox.actions import handling, reply
from inbox.actions.who import Who
from inbox.reading import figures
from inbox.store import Audit, Event, Ticket
from tests.web.conftest import Browser, TestDesk, said, told, words

ROME = zoneinfo.ZoneInfo("Europe/Rome")
YESTERDAY = dt.datetime.now(ROME).date() - dt.timedelta(days=1)


def at(hour: int, minute: int, second: int = 0, day: dt.date = YESTERDAY) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute, second), ROME)


def stay(desk: TestDesk, who: Who, number: int, session: str, begin: dt.datetime, seconds: int) -> None:
    """As a browser that was open so long and touched all the while."""
    for second in range(0, seconds + 1, 15):
        with clock.at(begin + dt.timedelta(seconds=second)), desk.store.transaction() as work:
            if second == 0:
                handling.start(work, who, session, work.get_one(Ticket, number))
            elif second == seconds:
                handling.end(work, session)
            else:
                handling.beat(work, session)


@pytest.fixture(scope="module")
def worked(desk: TestDesk) -> int:
    """The agent answered a ticket yesterday, in five minutes from 10:00."""
    channel = desk.add_channel("email", "giornata", address="giornata@bottega.example", smtp_host="127.0.0.1")
    with clock.at(at(9, 0)):
        number = desk.mail_in(channel, "Chiara <chiara@studio.example>", "Preventivo")
    who = desk.who("agent")
    with clock.at(at(10, 3)), desk.store.transaction() as work:
        reply.note(work, who, number, text="Chiesto in officina.", client_key="own-day")
    stay(desk, who, number, "own-day-1", at(10, 0), 300)
    return number


def counted(desk: TestDesk) -> int:
    """The handle time of yesterday, in ms, as the reports have it."""
    with figures.looking(desk.store) as work:
        found = figures.source(work).ask(YESTERDAY, YESTERDAY + dt.timedelta(days=1), keys=["work"])
    return int(str(found["all"]["work.prod_ms"]))


def pieces(browser: Browser) -> list[tuple[str, str, str, str, str]]:
    """The lines of the table: from, to, seconds, what counts; and the name of the piece."""
    page = browser.get(f"/me/day?day={YESTERDAY}")
    rows = re.findall(r"<tr>\s*<th scope=\"row\">.*?</tr>", page.text, re.DOTALL)
    found = []
    for row in rows:
        cells = re.findall(r'<td class="r num">(.*?)</td>', row)
        edit = re.search(r"edit=([^#\"]+)", row)
        found.append((*cells, unescape(edit[1]).replace("%3A", ":").replace("%7E", "~") if edit else ""))
    return found


def correct(
    browser: Browser, what: str, piece: str, start: str, end: str, why: str = "pause", **more: str
) -> TestResponse:
    page = browser.get(f"/me/day?day={YESTERDAY}&edit={piece}")
    found = re.search(r'name="event" value="([^"]+)"', page.text)
    assert found is not None, words(page)
    form = {"day": str(YESTERDAY), "event": unescape(found[1]), "piece": piece, **more}
    return browser.post("/me/day/correct", what=what, start=start, end=end, why=why, **form)


def test_a_day_is_corrected_and_the_figures_follow(desk: TestDesk, worked: int) -> None:
    mine = desk.browser("agent")
    [(start, end, seconds, share, piece)] = pieces(mine)
    assert (start, end, seconds, share) == ("10:00:00", "10:05:00", "300", "300")
    assert counted(desk) == 300_000

    answer = correct(mine, "cut", piece, "10:01:00", "10:02:00", words="Telefono privato")
    assert told(mine.follow(answer)) == "Saved. The figures follow."
    assert [row[:3] for row in pieces(mine)] == [("10:00:00", "10:01:00", "60"), ("10:02:00", "10:05:00", "180")]
    assert counted(desk) == 240_000

    second = pieces(mine)[1][4]
    assert correct(mine, "shorten", second, "10:02:00", "10:04:30", "forgotten").status_code == 303
    assert counted(desk) == 210_000
    assert correct(mine, "drop", pieces(mine)[0][4], "10:00:00", "10:01:00", "ticket").status_code == 303
    assert counted(desk) == 150_000

    form = {"day": str(YESTERDAY), "ticket": f"#{worked}", "start": "09:30:00", "end": "09:40:00", "why": "away"}
    assert mine.post("/me/day/add", **form).status_code == 303
    assert [row[:3] for row in pieces(mine)] == [("09:30:00", "09:40:00", "600"), ("10:02:00", "10:04:30", "150")]
    assert counted(desk) == 750_000

    history = words(mine.get(f"/tickets/{worked}"))
    for sentence in (
        "Carla Neri took a break out of their time on this ticket · a break",
        "Carla Neri shortened their time on this ticket · forgot to close it",
        "Carla Neri took time on this ticket away · on another ticket",
        "Carla Neri added time on this ticket · worked away from the desk",
    ):
        assert sentence in history
    with desk.store.reading() as work:
        rows = work.scalars(select(Audit).where(Audit.what == "time.corrected").order_by(Audit.id)).all()
        spans = work.scalars(select(Event).where(Event.kind == "handle.span")).all()
    assert [row.detail["op"] for row in rows] == ["parted", "shortened", "dropped", "added"]
    assert rows[0].detail["words"] == "Telefono privato"
    assert "spans" not in str([row.detail for row in rows])  # how long it was is nobody else's to read
    assert len(spans) == 5  # the log keeps what was corrected


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"start": "09:35:00", "end": "09:50:00"}, "Part of this time is already written down for this ticket"),
        ({"start": "12:00:00", "end": "11:00:00"}, "The end comes after the beginning"),
        ({"start": "08:00:00", "end": "08:10:00"}, "The ticket was not there yet at that time"),
        ({"why": "bored"}, "Choose why you correct it"),
        ({"ticket": "999999"}, None),
        ({"ticket": "abc"}, "Write the ticket's number"),
        ({"start": "soon"}, "Write an hour, like 08:30."),
        ({"day": str(YESTERDAY - dt.timedelta(days=30))}, "This day is closed: it can no longer be corrected"),
        ({"day": str(YESTERDAY + dt.timedelta(days=2))}, "This has not happened yet: choose a time up to now"),
        ({"day": "0001-01-01", "start": "00:10:00", "end": "00:20:00"}, "Write a day, like 2026-03-31."),
        ({"start": "09:30:00", "end": "22:00:00"}, "This is more than twelve hours; add it in parts"),
    ],
)
def test_what_cannot_be_added_is_refused_with_a_sentence(
    desk: TestDesk, worked: int, change: dict[str, str], sentence: str | None
) -> None:
    mine, before = desk.browser("agent"), counted(desk)
    form = {"day": str(YESTERDAY), "ticket": str(worked), "start": "13:00:00", "end": "13:10:00", "why": "away"}
    if "22:00:00" in change.values() and clock.now() < at(22, 0):
        pytest.skip("not yet")
    answer = mine.post("/me/day/add", **{**form, **change})
    assert answer.status_code in {404, 422}
    assert sentence is None or sentence in said(answer)
    assert counted(desk) == before


def test_what_was_corrected_in_the_meantime_is_not_corrected_again(desk: TestDesk, worked: int) -> None:
    mine, who = desk.browser("agent"), desk.who("agent")
    stay(desk, who, worked, "own-day-2", at(15, 0), 60)
    piece = next(row[4] for row in pieces(mine) if row[0] == "15:00:00")
    with desk.store.reading() as work:
        event = work.scalars(select(Event.id).where(Event.id == "handle:own-day-2")).one()
    form = {"day": str(YESTERDAY), "event": event, "piece": piece, "start": "15:00:00", "end": "15:00:30"}
    outside = {**form, "end": "15:09:00", "what": "shorten", "why": "pause"}
    assert "stay between its beginning and its end" in " ".join(said(mine.post("/me/day/correct", **outside)))
    others = desk.browser("supervisor").post("/me/day/correct", **{**form, "what": "drop", "why": "pause"})
    assert others.status_code == 403
    assert mine.post("/me/day/correct", **form, what="shorten", why="pause").status_code == 303
    late = mine.post("/me/day/correct", **form, what="drop", why="pause")
    assert late.status_code == 409
    assert "This was corrected in the meantime" in words(late)
    assert (
        correct(mine, "drop", next(row[4] for row in pieces(mine) if row[0] == "15:00:00"), "", "").status_code == 303
    )


def test_nobody_else_sees_a_day_not_even_an_admin(desk: TestDesk, worked: int) -> None:
    assert worked
    for role in ("supervisor", "admin"):
        assert pieces(desk.browser(role)) == []
        assert "Nothing is written down for this day." in desk.browser(role).get(f"/me/day?day={YESTERDAY}").text


def test_figures_per_person_need_a_named_authorisation_and_each_change_is_logged(desk: TestDesk, worked: int) -> None:
    assert worked
    admin, chief = desk.browser("admin"), desk.browser("supervisor")
    period = f"from={YESTERDAY}&to={YESTERDAY + dt.timedelta(days=1)}"
    doors = (
        f"/reports/agents?{period}",
        f"/reports/cards/agents.csv?{period}",
        f"/reports/cases/aht.mean_ms?agent=x&{period}",
    )

    def refused() -> list[bool]:
        return ["switched off" in words(chief.get(door)) for door in doors]

    assert refused() == [True, True, True]
    assert chief.get(doors[1]).status_code == chief.get(doors[2]).status_code == 403
    bare = admin.post("/settings/agent-times", on="yes", kind="", date="2999-01-01", reference=" ")
    assert bare.status_code == 422
    assert len(said(bare)) == 3
    form = {"kind": "works_council", "date": "2026-02-03", "reference": "Accordo RSA 12/2026, cartella personale"}
    page = admin.follow(admin.post("/settings/agent-times", on="yes", **form))
    assert told(page) == "Figures per person are on."
    assert "Accordo RSA 12/2026" in page.text
    assert "Admins and supervisors can read it by the API" in words(page)
    assert refused() == [False, False, False]
    page = admin.follow(admin.post("/settings/agent-times", on="no"))
    assert "switched off" in words(page)
    assert "While this is off only admins can read that by the API, and the audit log says who does" in words(page)
    assert refused() == [True, True, True]
    assert pieces(desk.browser("agent"))  # one's own day stays
    with desk.store.reading() as work:
        rows = work.scalars(select(Event).where(Event.kind == "setting.agent_time").order_by(Event.seq)).all()
    assert [row.data["on"] for row in rows] == [True, False]
    assert (rows[0].actor_id, rows[0].data["why"], rows[0].data["date"]) == (
        desk.who("admin").id,
        "works_council",
        "2026-02-03",
    )
    assert rows[0].data["reference"] == form["reference"]
