"""What a drawing says of itself: nothing of fewer than ten, and nobody leads who cannot be told from the next."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from flask import render_template_string

from inbox.actions import desk
from inbox.reading import special
from inbox.reading.pages import Peak
from inbox.reading.reports import peak
from tests.ui import stage


def week(*busy: tuple[int, int, int]) -> list[list[int]]:
    rows = [[0] * 24 for _ in range(7)]
    for day, hour, n in busy:
        rows[day][hour] = n
    return rows


@pytest.mark.parametrize(
    ("heat", "said"),
    [
        ([], None),
        (week((1, 10, 1)), None),
        (week((1, 10, 9)), None),
        (week((1, 10, 12), (2, 9, 4)), Peak(1, 10, 12, 16)),
        (week((1, 10, 6), (1, 11, 6), (2, 9, 4)), Peak(1, None, 12, 16)),
        (week((1, 10, 12), (2, 10, 12)), None),
    ],
)
def test_a_busy_time_has_ten_contacts_and_no_other_as_many(heat: list[list[int]], said: Peak | None) -> None:
    assert peak(heat) == said


@pytest.mark.parametrize(
    ("dots", "lead"),
    [
        ([("A", 0.9, 0.8, 0.95), ("B", 0.6, 0.5, 0.7)], True),
        ([("A", 0.9, 0.65, 0.95), ("B", 0.6, 0.5, 0.7)], False),
        ([("A", 0.9, 0.8, 0.95), ("B", 0.8, 0.7, 0.78), ("C", 0.7, 0.3, 0.85)], False),
        ([("A", 0.9, 0.8, 0.95), ("B", None, None, None)], False),
        ([], False),
    ],
)
def test_only_who_lies_above_all_others_leads(dots: list[tuple[Any, ...]], lead: bool) -> None:
    with stage.application("en").test_request_context("/"):
        said = render_template_string('{% from "reports/_rows.html" import leads %}{{ leads(dots) }}', dots=dots)
    assert bool(said.strip()) is lead


def test_bands_stand_in_the_order_of_their_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {"a": "Bronze", "b": "Gold", "c": "Silver", "d": "Before", "e": ""}
    none = SimpleNamespace(year={})
    worths = SimpleNamespace(
        at=0,
        earning=lambda: set(held),
        bands=lambda wanted: {one: held[one] for one in wanted},
        margins=lambda wanted: dict.fromkeys(wanted, none),
        services=lambda wanted: dict.fromkeys(wanted, none),
        value=lambda *_: dict.fromkeys(special._KEYS, 1),
    )
    source: Any = SimpleNamespace(worths=lambda *_: worths, ratios=lambda *_: {})
    asked: Any = SimpleNamespace(where={}, period=SimpleNamespace(end=None))
    monkeypatch.setattr(special, "loaded", lambda *_: 1)
    monkeypatch.setattr(desk, "get", lambda *_: ["Gold", "Silver", "Bronze"])
    work: Any = None
    assert [name for name, _row in special.rows(work, source, "value", asked)] == [
        *("", "Gold", "Silver", "Bronze", "Before"),
    ]
