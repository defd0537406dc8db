"""Charts say what they are given: gaps stay gaps, words are escaped, axes are round, nothing is drawn outside."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.rendering import charts, figures
from inbox.rendering.charts import canvas

NUMBERS = st.one_of(st.none(), st.floats(0, 1e6, allow_nan=False), st.integers(0, 10**6))
SHARES = st.one_of(st.none(), st.floats(0, 1))


def plain(value: float) -> str:
    return f"{value:g}"


def drawn(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def xs(svg: str) -> list[float]:
    return [float(each) for each in re.findall(r'\b(?:x|cx|x1|x2)="([-\d.]+)"', svg)]


@pytest.mark.parametrize(
    ("low", "high", "steps"),
    [
        (0, 1, [0, 0.25, 0.5, 0.75, 1]),
        (0, 7, [0, 2, 4, 6, 8]),
        (0.68, 0.81, [0.65, 0.7, 0.75, 0.8, 0.85]),
        (0, 0, [0, 0]),
    ],
)
def test_an_axis_has_round_steps_that_cover_what_it_shows(low: float, high: float, steps: list[float]) -> None:
    found = canvas.ticks(low, high)
    if low == high:
        assert found[0] <= low < found[-1]
    else:
        assert found == steps


@given(st.floats(0, 1e9), st.floats(1e-6, 1e9))
def test_the_steps_of_an_axis_rise_and_reach_both_ends(low: float, span: float) -> None:
    steps = canvas.ticks(low, low + span)
    assert steps == sorted(set(steps))
    assert steps[0] <= low + span * 1e-6
    assert steps[-1] >= (low + span) * (1 - 1e-9)
    assert 2 <= len(steps) <= 8


def test_what_the_period_holds_only_in_part_is_hollow() -> None:
    svg = charts.line(["a", "b", "c"], [("s", [1, 2, None])], title="t", fmt=plain, whole=(False, True, False))
    assert svg.count('class="part"') == 1
    svg = charts.columns(["a", "b"], [("s", [1, 2]), ("u", [3, 4])], title="t", fmt=plain, whole=(False, True))
    assert svg.count('class="part"') == 2
    assert 'class="part"' not in charts.line(["a"], [("s", [1])], title="t", fmt=plain)


def test_a_target_is_a_dashed_line_within_the_drawing() -> None:
    svg = charts.line(["a", "b"], [("s", [0.8, 0.9])], title="t", fmt=plain, low=0.5, target=(0.75, "target <75%"))
    assert svg.count('class="target"') == 1
    assert "target &lt;75%" in svg
    assert charts.dots([("a", 0.8, 0.7, 0.9, None, "80%")], title="t", fmt=plain, target=0.3).count("target") == 1


def test_counts_are_never_cut_into_parts_of_one() -> None:
    svg = charts.columns(["a"], [("came in", [1])], title="t", fmt=plain)
    assert re.findall(r'text-anchor="end">([^<]+)<', svg) == ["0", "1"]


@pytest.mark.parametrize(
    ("most", "said"),
    [(4_000, "2s"), (280_000, "2m"), (6_600_000, "1h 30m"), (6 * 3_600_000, "2h"), (400_000_000, "2d")],
)
def test_times_have_steps_that_people_count_in(most: int, said: str) -> None:
    assert f">{said}</text>" in charts.line(["1", "2"], [("", [0, most])], title="", fmt=figures.duration)


def test_a_week_without_a_figure_leaves_a_gap_and_is_no_zero() -> None:
    svg = charts.line(["a", "b", "c", "d"], [("FCR", [0.7, None, 0.8, 0.9])], title="t", fmt=plain)
    path = re.search(r'<path d="(M[^"]+)" fill="none" stroke="var\(--c1\)" stroke-width="2.25"', svg)
    assert path is not None
    assert path[1].count("M") == 2
    assert svg.count("data-tip") == 3


def test_a_lone_value_between_gaps_is_a_dot() -> None:
    svg = charts.line(["a", "b", "c"], [("FCR", [None, 0.7, None])], title="t", fmt=plain)
    assert 'r="4" fill="var(--c1)"' in svg


@pytest.mark.parametrize("value", [-12.1, 0, 0.4, 37.5])
def test_the_axis_of_a_single_value_reaches_from_nothing_to_it(value: float) -> None:
    svg = charts.line(["1", "2"], [("NPS", [None, value])], title="NPS", fmt=plain)
    said = [float(each) for each in re.findall(r"<text[^>]*>(-?[\d.]+)</text>", svg)][:-2]  # then the two weeks
    assert len(said) == len(set(said)) > 1
    assert min(said) <= min(value, 0) <= max(value, 0) <= max(said)


def test_words_are_escaped_wherever_they_stand() -> None:
    bad = "<script>\"'&"
    for svg in (
        charts.line([bad], [(bad, [1])], title=bad, fmt=lambda _: bad),
        charts.columns([bad], [(bad, [1])], title=bad, fmt=lambda _: bad),
        charts.stacked([(bad, [1], bad)], [(bad, "c1")], title=bad, fmt=lambda _: bad),
        charts.dots([(bad, 0.5, 0.4, 0.6, 0.5, bad)], title=bad, fmt=lambda _: bad),
        charts.heat([[1]], [bad], [0], title=bad, fmt=lambda _: bad),
    ):
        assert "<script" not in svg
        assert drawn(svg).get("aria-label") == bad


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=60), st.sampled_from([320, 620]))
def test_columns_stay_inside_whatever_they_show(pairs: list[tuple[float | None, float | None]], width: int) -> None:
    series = [("came in", [one for one, _ in pairs]), ("handled", [other for _, other in pairs])]
    svg = charts.columns([str(n) for n in range(len(pairs))], series, title="t", fmt=plain, width=width)
    assert drawn(svg).get("role") == "img"
    assert all(0 <= x <= width for x in xs(svg))
    assert all(float(each) >= 0 for each in re.findall(r'height="([-\d.]+)"', svg))


@given(st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=12), st.sampled_from([320, 460]))
def test_dots_stay_inside_whatever_they_show(pairs: list[tuple[float | None, float | None]], width: int) -> None:
    rows = [("a name", one, one, one, other, "7 of 9") for one, other in pairs]
    assert all(-1 <= x <= width + 1 for x in xs(charts.dots(rows, title="t", fmt=plain, width=width)))


def test_bars_in_parts_are_as_long_as_their_sums() -> None:
    svg = charts.stacked(
        [("a", [3, 1], "4"), ("b", [2, 0], "2")], [("work", "c1"), ("fees", "c2")], title="t", fmt=plain, width=460
    )
    long, short = (
        sum(
            float(each) + 1.5 for each in re.findall(rf'width="([\d.]+)" height="14" rx="3"[^>]*data-tip="{name} ', svg)
        )
        for name in "ab"
    )
    assert long == pytest.approx(460 - 92 - 66, abs=0.2)
    assert short == pytest.approx(long / 2, abs=0.2)


def test_the_busiest_hour_is_darkest_and_an_empty_one_palest() -> None:
    svg = charts.heat([[0, 1, 24]], ["Mon"], [8, 9, 10], title="t", fmt=plain)
    assert re.findall(r"var\(--h(\d)\)", svg) == ["0", "1", "5"]
    assert "Mon 10:00 · 24" in svg


def test_a_spark_needs_two_values_and_is_hidden_from_readers() -> None:
    assert charts.spark([]) == charts.spark([None, 3]) == ""
    assert drawn(charts.spark([1, None, 3])).get("aria-hidden") == "true"


def test_a_mark_says_its_number_and_knows_what_it_opens() -> None:
    note = charts.Note("n = 12", "/reports/cases/frt?from=1&to=2")
    words = 'data-tip="{}" data-href="/reports/cases/frt?from=1&amp;to=2"'
    bar = charts.stacked([("Mail", [4], "4", [note])], [("came", "c1")], title="t", fmt=plain)
    assert words.format("Mail · came 4 · n = 12") in bar
    assert words.format("Mail · 80 · n = 12") in charts.dots(
        [("Mail", 0.8, 0.7, 0.9, None, "80", note)], title="t", fmt=plain
    )
    for drawing in (charts.line, charts.columns):
        svg = drawing(["1 Mar", "8 Mar"], [("FCR", [4, None], [note, note])], title="t", fmt=plain)
        assert words.format("1 Mar · FCR 4 · n = 12") in svg
        assert svg.count("data-href") == 1
    cell = charts.heat([[3]], ["Mon"], [9], title="t", fmt=plain, notes=[[note]])
    assert words.format("Mon 09:00 · 3 · n = 12") in cell
    assert "data-href" not in charts.heat([[3]], ["Mon"], [9], title="t", fmt=plain)


def test_nothing_lies_under_the_words_of_a_bar_of_too_few() -> None:
    svg = charts.stacked([("Mail", [None], "too few: n = 9")], [("came", "c1")], title="t", fmt=plain)
    assert "<rect" not in svg
    assert "too few: n = 9" in svg
    assert charts.stacked([("Mail", [0], "0")], [("came", "c1")], title="t", fmt=plain).count("<rect") == 1
