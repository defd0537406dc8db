"""Hours and targets on the settings' page: kept as typed, refused with a word where they make no sense."""

from __future__ import annotations

import datetime as dt

from inbox.actions import promises
from inbox.metrics.holidays import easter, italian
from tests.web.conftest import TestDesk

WEEK = {f"week-{day}": "9-13, 14.30-18" for day in ("mon", "tue", "wed", "thu", "fri")}


def test_hours_targets_and_holidays_are_kept_and_go_again(desk: TestDesk) -> None:
    admin = desk.browser("admin")
    channel = desk.add_channel("email", "hours", address="hours@bottega.example", smtp_host="127.0.0.1").id
    special = {"special-day": "2026-12-24", "special-name": "Vigilia", "special-hours": "9-12"}
    form = {**WEEK, "name": "Negozio", "italy": "on", "patron": "Milano", "channels": channel, **special}
    assert admin.post("/settings/promises/calendars/new", **form).status_code == 303
    with desk.store.reading() as work:
        id, kept = next((id, one) for id, one in promises.calendars(work).items() if id != "default")
        hours = promises.rules(work).hours.of("email", {"address": channel})
    assert kept["week"]["mon"] == ["09:00-13:00", "14:30-18:00"]
    day = 86_400_000
    open_ms = {
        date: hours.between(at := int(dt.datetime.fromisoformat(f"{date}T00:00+01:00").timestamp() * 1000), at + day)
        for date in ("2026-12-07", "2026-12-08", "2026-12-09", "2026-12-24", "2027-03-29")
    }
    hour = 3_600_000
    assert open_ms == {
        "2026-12-07": 0,  # Sant'Ambrogio
        "2026-12-08": 0,
        "2026-12-09": int(7.5 * hour),
        "2026-12-24": 3 * hour,
        "2027-03-29": 0,  # Easter Monday
    }
    shown = admin.get("/settings/promises").get_data(as_text=True)
    assert "Negozio" in shown
    assert "2026-12-24" in shown
    cells = {f"{clock}-urgent": "30m" for clock in ("first", "next")}
    assert admin.post("/settings/promises/targets", scope=f"channel:{channel}", **cells).status_code == 303
    with desk.store.reading() as work:
        facts = {"address": channel, "priority": "urgent"}
        assert promises.config(work).allowance("frt_s", "email", facts) == 1_800_000
        assert promises.config(work).allowance("frt_s", "email", {**facts, "priority": "low"}) == 14_400_000
    assert admin.post("/settings/promises/targets/remove", scope=f"channel:{channel}").status_code == 303
    assert admin.post(f"/settings/promises/calendars/{id}/remove").status_code == 303
    with desk.store.reading() as work:
        assert list(promises.calendars(work)) == ["default"]
        assert list(promises.targets(work)) == ["all"]


def test_what_makes_no_sense_is_shown_where_it_was_typed(desk: TestDesk) -> None:
    admin = desk.browser("admin")
    answer = admin.post("/settings/promises/calendars/new", name="", **{**WEEK, "week-sat": "mattina"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "is no span of hours" in page
    assert "mattina" in page
    answer = admin.post("/settings/promises/targets", scope="all", **{"first-urgent": "soon"})
    assert answer.status_code == 422
    assert "like 4h or 30m" in answer.get_data(as_text=True)


def test_easter_and_the_holidays_that_move() -> None:
    found = [easter(year).isoformat() for year in (2024, 2025, 2026, 2038, 2049)]
    assert found == ["2024-03-31", "2025-04-20", "2026-04-05", "2038-04-25", "2049-04-18"]
    assert dt.date(2026, 10, 4) in italian(2026)
    assert dt.date(2025, 10, 4) not in italian(2025)
    assert len(italian(2026)) == 13
