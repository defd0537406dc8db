"""The cases behind a figure are exactly those that the figure counts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from inbox.metrics import Book, Request, book_of, read_lines
from inbox.metrics.behind import Behind, behind
from inbox.metrics.factual import Facts
from inbox.metrics.report import report_of

AS_OF = "2026-04-10T00:00:00Z"
EXAMPLE = Path(__file__).with_name("example.jsonl")


def asked(where: Mapping[str, str] | None = None) -> Request:
    return Request.of("2026-03-09", "2026-04-06", AS_OF, where=where)


@pytest.fixture(scope="module")
def book() -> Book:
    with EXAMPLE.open(encoding="utf-8") as lines:
        return book_of(read_lines(lines), asked().as_of)


def cases(book: Book, figure: str, where: Mapping[str, str] | None = None) -> list[Behind]:
    return list(behind(book, figure, asked(where)))


@pytest.mark.parametrize("where", [{}, {"channel": "email"}, {"channel": "voice"}])
def test_they_add_up_to_the_figure(book: Book, where: dict[str, str]) -> None:
    row = next(iter(report_of(Facts(book), asked(where)).values()))
    assert row["vol.inbound"]
    for figure in ("vol.inbound", "vol.handled", "case.resolved", "aht.sum_ms", "frt.sum_ms", "sla_frt.n", "csat.n"):
        assert sum(one.amount for one in cases(book, figure, where)) == row[figure], figure
    for family in ("fcr1", "fcr7", "fcr30", "reopen", "one_reply", "sla_ttr"):
        some = cases(book, f"{family}.rate", where)
        assert sum(one.held is not None for one in some) == row[f"{family}.n"], family
        assert sum(one.held is True for one in some) == row[f"{family}.k"], family


def test_a_figure_without_good_ones_says_of_none_that_it_was_bad_and_each_class_has_a_list_of_its_own(
    book: Book,
) -> None:
    row = report_of(Facts(book), asked())["all"]
    for family, kinds in (("nps", ("promoters", "passives", "detractors")), ("sent", ("pos", "neu", "neg"))):
        assert sum(one.amount for one in cases(book, f"{family}.n")) == row[f"{family}.n"]
        for kind in kinds:
            some = cases(book, f"{family}.{kind}")
            assert sum(one.amount for one in some) == row[f"{family}.{kind}"], kind
            assert {one.held for one in some} <= {None}
    assert {one.held for figure in ("nps.score", "sent.n", "ipc.mean") for one in cases(book, figure)} == {None}


@pytest.mark.parametrize("where", [{}, {"channel": "email"}])
def test_what_is_open_at_the_end_has_its_cases(book: Book, where: dict[str, str]) -> None:
    row = next(iter(report_of(Facts(book), asked(where)).values()))
    some = cases(book, "backlog.open", where)
    assert len(some) == row["backlog.open"]
    assert sum(one.amount for one in some) == row["backlog.open"]
    assert row["backlog.open"] or where
    ages = sorted(one.amount for one in cases(book, "backlog.age_p50_ms", where))
    assert len(ages) == len(some)
    assert not ages or row["backlog.age_p50_ms"] in ages


def test_each_touchpoint_has_the_cases_of_its_answers(book: Book) -> None:
    row = report_of(Facts(book), asked())["all"]
    names = [key.removesuffix(".n") for key in row if key.startswith("nps[") and key.endswith("].n")]
    assert names
    for name in names:
        assert sum(one.amount for one in cases(book, f"{name}.score")) == row[f"{name}.n"]
        assert sum(one.amount for one in cases(book, f"{name}.promoters")) == row[f"{name}.promoters"]


def test_for_fcr_each_says_why_it_counted_or_not(book: Book) -> None:
    row = report_of(Facts(book), asked())["all"]
    some = cases(book, "fcr30.rate")
    assert len(some) == row["case.first_resolved"]
    assert sum(one.verdict == "pending" for one in some) == row["fcr30.pending"]
    assert all(one.why or one.matures for one in some)
    assert {one.held for one in some if one.verdict == "candidate"} == {True, False}
    assert {one.held for one in some if one.verdict != "candidate"} == {None}


def test_where_no_case_can_stand_behind_a_figure_it_says_so(book: Book) -> None:
    with pytest.raises(ValueError, match=r"no list of cases behind 'ret\.churn'"):
        cases(book, "ret.churn")
