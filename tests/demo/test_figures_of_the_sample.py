"""Every figure of the reports says something in the sample desk, but for those whose channels it does not have."""

from __future__ import annotations

import datetime as dt
import json
import zoneinfo
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from inbox import clock
from inbox.actions import promises, worth
from inbox.actions.bands import UNFINISHED
from inbox.actions.sample import script
from inbox.figures import keeper
from inbox.metrics import book_of
from inbox.metrics.factual import Facts
from inbox.metrics.report import report_of
from inbox.metrics.value import value_of, worth_of
from inbox.reading import asking, cohorts, figures, special
from inbox.store import Ticket, Work
from tests.demo.conftest import NOW, SampleDesk

EXAMPLE = Path(__file__).parent.parent / "metrics" / "example.report.json"
#: What nothing in the sample tells: calls, a currency without rates; what only time will tell of the last ninety days.
UNTOLD = (
    "aht.voice_",
    "vol.abandoned",
    "cost.fx_missing",
    "nps[",
    "cost.provider_estimated",
    "sla_ttr.excluded",
)
#: What the reports show of the last thirty days, and under which n they hide a figure.
SHOWN = ("csat", "nps", "nps_loop", "ces", "fcr_survey", "fcr7", "frt", "aht")
HIDDEN_UNDER = 10
#: Of these 0 is no gap, but how it went.
MAY_BE_NONE = {"fcr1_strict.pending", "sla_frt.pending", "meta.provisional", "fcr1.pending"}


def test_no_figure_of_the_sample_is_empty(sqlite_desk: SampleDesk) -> None:
    store = sqlite_desk.store
    today = NOW.astimezone(zoneinfo.ZoneInfo("Europe/Rome")).date()
    with clock.at(NOW):
        with store.reading() as work:
            config = promises.config(work)
        keeper.catch_up(store, config)
        with store.reading() as work:
            source = figures.source(work)
            report = source.ask(today - dt.timedelta(days=60), today + dt.timedelta(days=1))["all"]
            recent = source.ask(today - dt.timedelta(days=30), today + dt.timedelta(days=1))["all"]
            _values_equal_the_whole_log(work, source)
            found = cohorts.cohorts(source, asking.asked(work, {}))
            _bands_follow_from_the_values(work, source)
    wanted = [key for key in json.loads(EXAMPLE.read_text())["all"] if not key.startswith(UNTOLD)]
    empty = [key for key in wanted if key not in MAY_BE_NONE and not report.get(key)]
    assert empty == []
    assert [name for name in SHOWN if int(str(recent[f"{name}.n"])) < HIDDEN_UNDER] == []
    for each in (report, recent):
        assert 10 <= float(str(each["nps.score"])) <= 45, "a desk that is worth looking at, and not too good to be true"
        assert all(each[f"nps.{kind}"] for kind in ("promoters", "passives", "detractors"))
    assert {key for key in report if key.startswith("nps[") and report[key]} > {"nps[assistenza].n"}
    assert found is not None
    assert found.months == 3
    assert 70 < sum(row.n for row in found.rows) < 80  # by the day on which the sample is played
    assert all(row.cells[0].k == row.n for row in found.rows)
    assert 300 < int(str(report["vol.inbound"])) < 700
    direct, full = (int(str(report[f"cost.per_interaction_{which}"])) / 1e6 for which in ("direct", "full"))
    assert 1 < direct < full < 8  # euros: people are at the counter around what they do there
    assert 0.2 < float(str(report["occ.rate"])) < 0.7


def _bands_follow_from_the_values(work: Work, source: figures.Source) -> None:
    """Each band has enough customers to be shown, and everybody is in the one that their value reaches."""
    lines = special.rows(work, source, "value", asking.asked(work, {}))[1:]
    mean = {band: row["clv.clv"] for band, row in lines}
    assert sorted(mean, key=lambda band: -mean[band]) == list(script.desk().bands)
    assert min(row["clv.customers"] for _, row in lines) >= 10
    steps = worth.values(work)
    worths = source.worths(dt.date(2100, 1, 1))
    assert worths is not None
    margins = worths.margins(worths.earning())
    services, bands = worths.services(margins), worths.bands(margins)
    for who, margin in margins.items():
        value = Decimal(int(str(worths.value(margin, services[who])["clv.clv"]))) / 1_000_000
        assert bands[who] == next((band for band, least in steps.items() if value >= least), "")
    unfinished = work.scalars(select(Ticket).where(Ticket.status.in_(UNFINISHED))).unique()
    assert {one.customer.band for one in unfinished if one.customer} >= set(script.desk().bands)


def _values_equal_the_whole_log(work: Work, source: figures.Source) -> None:
    """What customers are worth, from what is filed: the same as of each from the log; a large band is looked at in
    part, and a filter leaves those who had something in it."""
    now = int(NOW.timestamp() * 1000)
    book = book_of(figures.lines(work), now, promises.config(work))
    worths = source.worths(dt.date(2100, 1, 1))
    assert worths is not None
    margins = worths.margins(worths.earning())
    services = worths.services(margins)
    assert len(margins) > 50
    some = sorted(margins)[::10]
    for who, margin in margins.items():
        told = value_of(book, who, now)
        assert worths.value(margin, services[who]) == told
        if who in some:
            assert source.worth(who) == worth_of(book, who, now, now, partial(report_of, Facts(book)))
    every = special.rows(work, source, "value", asking.asked(work, {}))[0][1]
    assert every["clv.customers"] == every["clv.n"] == len(margins)
    assert every["clv.service12_full"] > every["clv.service12"] > 0
    by_sms = special.rows(work, source, "value", asking.asked(work, {"channel": "sms"}))[0][1]
    assert 0 < by_sms["clv.customers"] < len(margins)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(special, "MOST", 20)
        part = special.rows(work, source, "value", asking.asked(work, {}))[0][1]
    assert part["clv.customers"] == len(margins)
    assert 30 < part["clv.n"] < 60  # up to twenty of each band
