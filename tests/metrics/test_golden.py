"""The 34 worked cases hold: at once, one event at a time, in shuffled arrival and in random batches."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from inbox.metrics import Config, Figures, Report, Request, State, lifetime_value, report
from inbox.metrics.times import millis
from tests.metrics.comparing import FEEDINGS, Feeding, differences, read, same

HERE = Path(__file__).parent
CASES: list[dict[str, Any]] = json.loads((HERE / "golden.json").read_text())["cases"]


def request(query: dict[str, Any]) -> Request:
    compare = "year" if query.get("compare") else None
    first, end = query["period"]
    return Request.of(first, end, query["as_of"], by=query.get("by"), compare=compare)


def wrong(found: Report, wanted: Figures) -> list[str]:
    lines = []
    for name, value in wanted.items():
        slice_, _, key = name.rpartition("/")
        got = found[slice_ or "all"].get(key, "missing")
        if not same(got, value):
            lines.append(f"{name}: {got} is not {value}")
    return lines


def test_there_are_34_cases_with_488_expectations() -> None:
    assert len(CASES) == 34
    assert sum(len(query["expect"]) for case in CASES for query in case["queries"]) == 488


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_worked_case_holds(case: dict[str, Any]) -> None:
    config = Config.of(case["config"])
    for query in case["queries"]:
        if "clv" in query:
            at, as_of = millis(query["at"]), millis(query["as_of"])
            found = {"all": lifetime_value(case["events"], query["clv"], at, as_of, config)}
        else:
            found = report(case["events"], request(query), config)
        assert wrong(found, query["expect"]) == []


@pytest.mark.parametrize("feed", FEEDINGS, ids=lambda feed: feed.__name__)
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_worked_case_holds_however_its_events_arrive(case: dict[str, Any], feed: Feeding) -> None:
    state = State(Config.of(case["config"]))
    for events in feed(read(case["events"]), random.Random(case["id"])):
        state.append(events)
    for query in case["queries"]:
        if "clv" not in query:
            exact = {
                key: v for key, v in query["expect"].items() if not key.endswith(("p50_ms", "p90_ms", "median_ms"))
            }
            assert wrong(state.report(request(query)), exact) == []


def test_the_example_log_gives_the_example_report_key_by_key() -> None:
    events = [json.loads(line) for line in (HERE / "example.jsonl").read_text().splitlines()]
    wanted: Report = json.loads((HERE / "example.report.json").read_text())
    asked = Request.of("2026-03-09", "2026-04-06", "2026-11-21T00:00:00Z", by="channel")
    assert differences(report(events, asked), wanted) == []
