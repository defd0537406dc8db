"""Every figure of the reports says something in the sample desk, but for those whose channels it does not have."""

from __future__ import annotations

import datetime as dt
import json
import zoneinfo
from pathlib import Path

from inbox import clock
from inbox.actions import promises
from inbox.figures import keeper
from inbox.reading import figures
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
            report = figures.source(work).ask(today - dt.timedelta(days=60), today + dt.timedelta(days=1))["all"]
    wanted = [key for key in json.loads(EXAMPLE.read_text())["all"] if not key.startswith(UNTOLD)]
    empty = [key for key in wanted if key not in MAY_BE_NONE and not report.get(key)]
    assert empty == []
    assert {key for key in report if key.startswith("nps[") and report[key]} > {"nps[assistenza].n"}
    assert 300 < int(str(report["vol.inbound"])) < 700
