"""What a page says in words: each rule over figures, never of fewer than ten nor of what is unknown."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import render_template_string

from inbox.reading import saying, sheets
from inbox.reading.cards import PARTS
from inbox.reading.definitions import defined
from inbox.reading.pages.asked import Asked, Period
from inbox.reading.saying import Seen
from tests.ui import samples_sheets, stage


def costs(each: int | None, n: int) -> dict[str, Any]:
    return {"cost.per_interaction_direct": each, "vol.handled": n}


FCR = {"fcr7.rate": 0.8, "fcr7.n": 40, "prev:fcr7.rate:old": 0.7, "prev:fcr7.n:old": 30}
SURE = {"prev:fcr7.rate:distinguishable": True}
SPREAD = (
    ("chat", {"fcr7.rate": 0.9, "fcr7.n": 50, "fcr7.lo": 0.8, "fcr7.hi": 0.95}),
    ("email", {"fcr7.rate": 0.5, "fcr7.n": 20, "fcr7.lo": 0.3, "fcr7.hi": 0.7}),
)
SILENCE = {
    "silence.exposed.n": 40,
    "silence.exposed.rate": 0.3,
    "silence.unexposed.n": 90,
    "silence.unexposed.rate": 0.1,
}
CASES: list[tuple[str, dict[str, Any], tuple[tuple[str, dict[str, Any]], ...], list[tuple[str, int]]]] = [
    ("overview", {}, (("voice", costs(4_100_000, 412)), ("chat", costs(1_000_000, 90))), [("cost_ratio", 412)]),
    ("overview", {}, (("voice", costs(4_100_000, 9)), ("chat", costs(1_000_000, 90))), []),
    ("overview", {}, (("voice", costs(None, 412)), ("chat", costs(1_000_000, 90))), []),
    ("overview", {}, (("voice", costs(1_100_000, 412)), ("chat", costs(1_000_000, 90))), []),
    ("overview", {**FCR, **SURE}, (), [("share_up", 40)]),
    ("overview", FCR, (), []),  # it may be chance
    ("overview", {**FCR, **SURE, "prev:fcr7.n:old": 9}, (), []),
    (
        "overview",
        {"frt.p50_ms": 120, "frt.n": 10, "prev:frt.p50_ms:old": 100, "prev:frt.n:old": 10},
        (),
        [("longer", 10)],
    ),
    ("overview", {"frt.p50_ms": 120, "frt.n": 9, "prev:frt.p50_ms:old": 100, "prev:frt.n:old": 10}, (), []),
    ("overview", {"vol.inbound": 50, "prev:vol.inbound:old": 80}, (), [("fewer", 50)]),
    ("overview", {"vol.inbound": 50, "prev:vol.inbound:old": 0}, (), []),
    ("overview", {"vol.unanswered.rate": 0.12, "vol.unanswered.n": 50}, (), [("unanswered", 50)]),
    ("channels", {}, SPREAD, [("fcr_spread", 20)]),
    ("reasons", {"vol.inbound": 60}, (("A", {"vol.inbound": 40}), ("B", {"vol.inbound": 20})), [("largest", 40)]),
    ("satisfaction", {"nps.score": 38.0, "nps.n": 12, "csat.rate": 0.9, "csat.n": 9}, (), [("nps", 12)]),
    ("customers", {**SILENCE, "silence.diff_lo": 0.05}, (), [("silence", 40)]),
    ("customers", {**SILENCE, "silence.diff_lo": -0.05}, (), []),
    ("social", {"social.positive.rate": 0.5, "social.positive.n": 3}, (), []),
]


@pytest.mark.parametrize(("page", "all_of_it", "parts", "expected"), CASES)
def test_a_rule_speaks_only_of_what_is_known_and_enough(
    page: str,
    all_of_it: dict[str, Any],
    parts: tuple[tuple[str, dict[str, Any]], ...],
    expected: list[tuple[str, int]],
) -> None:
    found = saying.found(Seen(all_of_it, parts), saying.RULES[page].rules)
    assert [(one.rule, one.n) for one in found] == expected


def test_the_ratio_of_costs_is_that_of_the_amounts_that_are_shown() -> None:
    parts = (("voice", costs(4_384_999, 412)), ("chat", costs(1_065_000, 90)))
    (one,) = saying.found(Seen({}, parts), saying.RULES["overview"].rules)
    assert (str(one.values["cost"]), str(one.values["other_cost"])) == ("4.38", "1.07")
    assert one.values["times"] == pytest.approx(4.38 / 1.07)


def test_nothing_is_compared_with_a_time_before_the_log() -> None:
    assert saying.found(Seen({**FCR, **SURE}, (), ""), saying.RULES["overview"].rules) == ()


def test_the_most_telling_stand_first_and_they_are_few() -> None:
    row = {
        **FCR,
        **SURE,
        "vol.inbound": 50,
        "prev:vol.inbound:old": 80,
        "vol.unanswered.rate": 0.4,
        "vol.unanswered.n": 50,
    }
    row |= {"aht.mean_ms": 50, "aht.n": 20, "prev:aht.mean_ms:old": 99, "prev:aht.n:old": 20}
    row |= {"sent.n": 40, "sent.neg": 10}
    found = saying.found(Seen(row, ()), saying.RULES["overview"].rules)
    assert len(found) == saying.MOST
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)
    assert found[0].rule == "unanswered"


@pytest.mark.parametrize("language", ["en", "it"])
def test_every_finding_has_a_sentence_with_its_n(language: str) -> None:
    app = stage.application(language)
    every = samples_sheets.EVERY_FINDING
    source = """{% from "reports/_summary.html" import sentence %}
        {%- for one in every %}{{ sentence(one, "channel", defined, "EUR") }}
{% endfor %}"""
    with app.test_request_context(f"/?lang={language}"):
        said = render_template_string(source, every=every, defined=defined).strip().splitlines()
    assert len(said) == len(set(said)) == len(every)
    assert all(words.strip().endswith(".") and str(one.n) in words for words, one in zip(said, every, strict=True))


@pytest.mark.parametrize(
    ("key", "value", "old", "change"),
    [
        ("ret.churn.rate", 0.125, 0.0, 0.125),  # of so many nobody left: that is known
        ("ret.churn.rate", 0.125, None, None),
        ("vol.inbound", 5, 0, None),  # nothing may have counted yet
        ("vol.inbound", 5, 3, 2),
    ],
)
def test_a_share_of_0_is_known_also_where_the_log_is_younger_than_the_period_before(
    key: str, value: float, old: float | None, change: float | None
) -> None:
    day = dt.date(2026, 10, 1)
    period = Period(day.replace(month=9), day, day.replace(year=2025, month=9), day.replace(year=2025))
    asked = Asked(period, {}, "year", "UTC", day, comparable=False)
    row = {"ret.churn.n": 40, "yoy:ret.churn.n:old": 30, key: value, f"yoy:{key}:old": old}
    row |= {f"yoy:{key}:abs": None if old is None else value - old}
    assert sheets.cell(None, key, row, asked, None).change == change  # type: ignore[arg-type]


DAY = dt.date(2026, 10, 1)
NOW = Asked(Period(DAY.replace(month=9), DAY, DAY.replace(month=8), DAY.replace(month=9)), {}, "previous", "UTC", DAY)


@pytest.mark.parametrize("key", sorted(PARTS))
def test_the_parts_of_too_few_hide_with_the_figure_that_they_would_tell(key: str) -> None:
    stem = key.partition(".")[0]
    hidden = sheets.cell(None, key, {key: 1, f"{stem}.n": 9}, NOW, None)  # type: ignore[arg-type]
    assert (hidden.few, hidden.known, hidden.n) == (True, None, 9)
    assert sheets.cell(None, key, {key: 1, f"{stem}.n": 10}, NOW, None).known == 1  # type: ignore[arg-type]


def test_a_count_of_what_came_stands_however_small_it_is() -> None:
    assert sheets.cell(None, "vol.inbound", {"vol.inbound": 3, "vol.n": 3}, NOW, None).known == 3  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "value", "change"),
    [
        ("csat.rate", 0.5, -0.0004),
        ("frt.p50_ms", 60_000, -400),
        ("nps.score", 12.0, -0.04),
        ("ipc.mean", 1.2, -0.04),
        ("case.n", 12, 0),
        ("clv.margin12", 4_000_000, -4_000),
        ("clv.margin12", 4_000_000, 4_000),
    ],
)
def test_a_change_that_nobody_would_see_reads_as_unchanged(key: str, value: float, change: float) -> None:
    stem = key.rpartition(".")[0]
    row = {key: value, f"{stem}.n": 40, f"prev:{key}:old": value - change, f"prev:{stem}.n:old": 40}
    one = sheets.cell(None, key, row | {f"prev:{key}:abs": change}, NOW, None)  # type: ignore[arg-type]
    with stage.application("en").test_request_context("/"):
        source = '{% from "reports/_cell.html" import changed %}{{ changed(one, "EUR") }}'
        assert render_template_string(source, one=one).strip() == "unchanged"
