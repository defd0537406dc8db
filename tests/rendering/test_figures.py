"""Figures as a person reads them, in English and in Italian."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from inbox.rendering import figures


@pytest.fixture(autouse=True)
def _request() -> Iterator[None]:
    app = Flask("figures")
    Babel(app)
    with app.test_request_context():
        yield


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (0, "0s"),
        (48_400, "48s"),
        (59_600, "1m 00s"),
        (370_000, "6m 10s"),
        (3_599_700, "1h 00m"),
        (3_900_000, "1h 05m"),
        (86_400_000, "1d 0h"),
        (266_400_000, "3d 2h"),
        (-65_000, "−1m 05s"),
        (None, "–"),
    ],
)
def test_a_duration_has_two_units_and_one_hour_is_never_three_days(ms: float | None, said: str) -> None:
    assert figures.duration(ms) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["€4.38", "76%", "76.4%", "1,234", "14 Mar", "March 2026", "Mon", "3.4 kB", "3d 2h"]),
        ("it", ["4,38\xa0€", "76%", "76,4%", "1.234", "14 mar", "marzo 2026", "lun", "3,4 kB", "3g 2h"]),
    ],
)
def test_numbers_money_and_days_follow_the_language(language: str, said: list[str]) -> None:
    day = dt.date(2026, 3, 14)
    with force_locale(language):
        assert [
            figures.money(Decimal("4.38"), "EUR"),
            figures.share(0.764),
            figures.share(0.764, 1),
            figures.number(1234),
            figures.day(day),
            figures.month(day),
            figures.weekday(0),
            figures.size(3_400),
            figures.duration(266_400_000),
        ] == said


def test_what_nobody_knows_is_a_dash_and_never_a_zero() -> None:
    assert {figures.money(None, "EUR"), figures.share(None), figures.number(None), figures.points(None)} == {"–"}


def test_a_period_is_named_by_its_first_and_its_last_day() -> None:
    assert figures.period(dt.date(2026, 8, 24), dt.date(2026, 11, 16)) == "24 Aug – 15 Nov 2026"
    assert figures.period(dt.date(2025, 12, 29), dt.date(2026, 1, 5)) == "29 Dec 2025 – 4 Jan 2026"
    assert figures.period(dt.date(2026, 3, 9), dt.date(2026, 3, 10)) == "9 Mar 2026"


def test_a_difference_of_shares_is_in_points_with_its_sign() -> None:
    assert [figures.points(each) for each in (0.038, -0.012, 0)] == ["+3.8", "−1.2", "0.0"]


@pytest.mark.parametrize("language", ["en", "it"])
def test_a_half_goes_up_everywhere_and_a_minus_is_a_minus(language: str) -> None:
    with force_locale(language):
        point = "," if language == "it" else "."
        assert [figures.share(each) for each in (0.125, 0.575, 0.565)] == ["13%", "58%", "57%"]
        assert [figures.share(each, 1) for each in (0.0125, 0.7645)] == [f"1{point}3%", f"76{point}5%"]
        assert [figures.number(each) for each in (0.25, 4.25, -12)] == [f"0{point}3", f"4{point}3", "−12"]
        assert figures.points(0.0125) == f"+1{point}3"
        assert figures.duration(2_500) == "3s"
        assert figures.money(Decimal("-4.125"), "EUR").startswith("−")
        assert f"4{point}13" in figures.money(Decimal("4.125"), "EUR")
