"""Lists of cases, filters of any kind, the heat map and a ticket's cost come from what is kept of a period's days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from inbox.figures import facts, keeper
from inbox.figures.scratch import in_order
from inbox.metrics import Request
from inbox.metrics.behind import BEHIND, Behind, Part, Place, behind, part_of
from inbox.metrics.factual import Facts
from inbox.metrics.report import report_of
from inbox.reading import figures
from inbox.store import Store
from inbox.store.figures import FigureFact
from tests.figures.conftest import lines, shown, taken_in_by_parts
from tests.metrics.comparing import same

FIRST, END = dt.date(2026, 1, 6), dt.date(2026, 1, 12)
WHERE: list[dict[str, str]] = [{}, {"channel": "email"}, {"team": "care", "reason": "delivery"}, {"tag": "vip"}]


@pytest.fixture
def desk(store: Store) -> Store:
    """A log that the keeper took in by parts, with its late events after that."""
    return taken_in_by_parts(store, lines(9))


@pytest.fixture
def asked(desk: Store) -> Any:
    with figures.looking(desk) as work:
        yield figures.source(work)


def test_the_cases_behind_every_figure_are_those_of_the_derived_log(asked: figures.Source) -> None:
    assert any(asked.cases("vol.inbound", FIRST, END))
    for where in WHERE:
        request = Request.of(FIRST.isoformat(), END.isoformat(), asked.as_of, where=where)
        for figure in ("vol.inbound", "fcr7", "aht", "csat") if where else BEHIND:
            part = part_of(asked.cases(figure, FIRST, END, where), 1_000)
            found = asked.judged(figure, part.cases)
            assert "book" not in vars(asked), "nothing was derived"
            with_book = figures.Source(asked._work)
            assert found == list(behind(with_book.book, figure, request)), figure
            assert list(in_order(asked.cases(figure, FIRST, END, where))) == part.cases, figure
            assert [one for walked in walk(asked, figure, where) for one in walked] == part.cases, figure


@pytest.mark.parametrize("by", ["channel", "team"])
def test_a_report_cut_by_what_it_is_filtered_by_has_that_one_slice_as_the_derived_log_has(
    asked: figures.Source, by: str
) -> None:
    value = {"channel": "email", "team": "care"}[by]
    found = asked.ask(FIRST, END, by=by, where={by: value})
    assert "book" not in vars(asked), "nothing was derived"
    request = Request.of(FIRST.isoformat(), END.isoformat(), asked.as_of, by=by, where={by: value})
    assert list(found) == list(report_of(Facts(figures.Source(asked._work).book), request)) == ["all", f"{by}={value}"]
    assert found[f"{by}={value}"]["vol.inbound"] == found["all"]["vol.inbound"]


def walk(asked: figures.Source, figure: str, where: dict[str, str]) -> Iterator[list[Behind]]:
    """The list in parts of three, from its beginning to its end; each part stands there on the way back as well."""

    def part(place: Place | None, *, newer: bool = False) -> Part:
        return part_of(asked.cases(figure, FIRST, END, where), 3, place, newer=newer)

    shown, before = part(None), None
    while shown.cases:
        if before is not None:
            assert part(shown.cases[0].place, newer=True) == before
        yield shown.cases
        before, shown = shown, part(shown.cases[-1].place)
        assert shown.first == before.first + len(before.cases)


@pytest.mark.parametrize("by", [None, "channel", "agent", "reason"])
def test_filters_outside_a_grain_give_what_the_derived_log_gives(asked: figures.Source, by: str | None) -> None:
    for where in ({"team": "care", "reason": "delivery"}, {"agent": "A01", "reason": "invoice", "channel": "email"}):
        request = Request.of(FIRST.isoformat(), END.isoformat(), asked.as_of, by=by, where=where, compare="previous")
        found = shown(asked.answer(request))
        assert "book" not in vars(asked), "nothing was derived"
        wanted = shown(report_of(Facts(figures.Source(asked._work).book), request))
        assert found.keys() == wanted.keys()
        for name, row in wanted.items():
            assert [key for key in row if not same(row[key], found[name][key])] == [], name


def test_the_heat_map_and_what_a_ticket_has_cost_are_those_of_the_derived_log(asked: figures.Source) -> None:
    whole = figures.Source(asked._work)
    whole._kept = None
    heat = asked.heat(FIRST, END)
    assert heat == whole.heat(FIRST, END)
    assert sum(map(sum, heat)) == asked.ask(FIRST, END)["all"]["vol.inbound"]
    roots = {sheet.case.root for sheet in whole.book.sheets() if sheet.case is not None}
    for root in roots:
        assert asked.spent(root) == whole.spent(root), root
    assert any(by_channel.get("labour_direct") for root in roots for by_channel in asked.spent(root).values())
    assert "book" not in vars(asked)


def test_where_the_log_had_not_begun_there_is_no_data_to_compare_with_and_not_nothing(asked: figures.Source) -> None:
    request = Request.of(FIRST.isoformat(), END.isoformat(), asked.as_of, compare="year")
    for row in (asked.answer(request)["all"], report_of(Facts(figures.Source(asked._work).book), request)["all"]):
        assert row["vol.inbound"]
        assert [row[f"yoy:vol.inbound:{leaf}"] for leaf in ("old", "abs", "rel")] == [None] * 3
    week = dt.timedelta(days=7)
    assert set(asked.before(FIRST - week, END - week)["all"].values()) == {None}, "the log begins within that week"
    assert asked.before(FIRST, END)["all"]["vol.inbound"] == asked.ask(FIRST, END)["all"]["vol.inbound"]


def test_a_list_reads_the_rows_of_its_days_and_no_more_than_a_part_at_once(
    desk: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "_STREAM", 5)
    first, end = FIRST.toordinal(), FIRST.toordinal() + 2
    with desk.reading() as work:
        state = keeper.current(work)
        assert state is not None
        mine = FigureFact.generation == state.generation
        inside = work.scalar(select(func.count()).where(mine, FigureFact.day >= first, FigureFact.day < end))
        everything = work.scalar(select(func.count()).where(mine))
        kept = facts.StoredFacts(work.connection(), state.generation)
        assert sum(1 for _ in kept.days(first, end)) == kept.read == inside
        assert 0 < (inside or 0) < (everything or 0) / 2
