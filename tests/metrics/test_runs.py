"""Numbers that do not fit in memory come back in order; the median of what has not ended is that of its definition."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from inbox.metrics import runs
from inbox.metrics.formulas import kaplan_meier
from inbox.metrics.runs import Runs


@pytest.mark.parametrize("most", [1, 7, 1_000])
def test_numbers_in_files_and_in_memory_come_back_in_order(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_MOST", most)
    monkeypatch.setattr(runs, "_AT_ONCE", 3)
    numbers = random.Random(1).choices(range(-5, 30), k=60)
    found = Runs()
    for number in numbers:
        found.append(number)
    assert (len(found), list(found.in_order())) == (60, sorted(numbers))
    assert found.at(59, 0, 29) == [sorted(numbers)[place] for place in (59, 0, 29)]


def by_definition(deaths: dict[int, int], censored: list[int]) -> int | None:
    alive = Fraction(1)
    for t in sorted(deaths):
        at_risk = sum(n for other, n in deaths.items() if other >= t) + sum(other >= t for other in censored)
        alive *= Fraction(at_risk - deaths[t], at_risk)
        if alive * 2 <= 1:
            return t
    return None


def test_the_median_of_what_has_not_ended_all_is_that_of_its_definition() -> None:
    for seed in range(200):
        chance = random.Random(seed)
        deaths = {chance.randint(0, 12): chance.randint(1, 3) for _ in range(chance.randint(0, 8))}
        censored = [chance.randint(0, 14) for _ in range(chance.randint(0, 9))]
        found = kaplan_meier(sorted(deaths.items()), sum(deaths.values()), censored)
        assert found == by_definition(deaths, censored), (deaths, censored)
