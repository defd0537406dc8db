"""``report verify`` finds what differs from the log, and nothing where nothing does."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, insert, select, true, update

from inbox import clock
from inbox.actions import desk as settings
from inbox.actions import promises
from inbox.cli.report import report
from inbox.figures import checking, keeper
from inbox.metrics import Config
from inbox.metrics.times import DAY
from inbox.reading import figures
from inbox.store import FigureState, Store
from inbox.store.figures import KEPT, FigureCell, FigureFamily, FigureLine, FigureName, FigureWork
from inbox.worker.figures import Figures
from tests.figures.conftest import add, lines


@pytest.fixture
def desk(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("DATABASE_URL", store.settings.database_url or "")
    monkeypatch.setenv("DATA_DIR", str(store.settings.data_dir))
    add(store, lines(7))
    return store


def config(store: Store) -> Config:
    with store.reading() as work:
        return promises.config(work)


def verify(*options: str) -> tuple[int, str]:
    ran = CliRunner().invoke(report, ["verify", *options])
    return ran.exit_code, ran.output


def test_figures_that_are_right_are_proved(desk: Store) -> None:
    code, said = verify("--full")
    assert (code, said.count("no difference")) == (0, 1), said
    code, said = verify("--sample", "500")
    assert (code, said.count("no difference")) == (0, 1), said


def longer(text: str) -> str:
    told, shares = json.loads(text)
    told[6] += 1  # its end
    return json.dumps([told, shares])


def contacted(verdicts: Any) -> Any:
    """One contact more in what other cases are judged by."""
    return {
        case: [windows, back, [*essence[:7], [*essence[7], essence[2]], *essence[8:]]]
        for case, (windows, back, essence) in verdicts.items()
    }


#: What is kept, how it is spoiled, which check is to find it, and what it says.
SPOILED: tuple[tuple[Any, str, Callable[[Any], Any], str, str], ...] = (
    (FigureCell, "plain", lambda _: '{"inbound":1000}', "--full", FigureCell.__tablename__ + " "),
    (FigureFamily, "verdicts", lambda _: {}, "--sample", "is not among the facts that are kept"),
    (FigureFamily, "verdicts", contacted, "--sample", "what is kept of it for other cases differs"),
    (FigureWork, "data", longer, "--sample", "its time differs from that by the log"),
)


def test_a_difference_is_named_ends_with_1_and_is_mended_by_a_rebuild(desk: Store) -> None:
    keeper.catch_up(desk, config(desk))
    with desk.transaction() as work:
        for n, (table, column, change, _check, _said) in enumerate(SPOILED):
            rows = table.__table__
            row = work.execute(select(rows).order_by(*rows.primary_key).offset(n).limit(1)).one()._mapping
            where = [one == row[one.name] for one in rows.primary_key.columns]
            work.execute(update(rows).where(*where).values({column: change(row[column])}))
    for options in (["--full"], ["--sample", "500"]):
        code, said = verify(*options)
        assert code == 1, said
        for table, _column, _change, check, sentence in SPOILED:
            assert check != options[0] or sentence in said, (table, said)
    with desk.transaction() as work:
        settings.keep(work, "figures.proved", {"day": "2026-03-10", "looked": 9, "wrong": 2, "first": "case 7"})
    assert CliRunner().invoke(report, ["rebuild"]).exit_code == 0
    with desk.reading() as work:  # the alert of the night is over with what it was about
        assert settings.get(work, "figures.proved")["wrong"] == 0
    assert verify("--sample", "500")[0] == 0


def test_a_row_that_was_lost_or_changed_is_found_in_every_table(desk: Store) -> None:
    settings = config(desk)
    keeper.catch_up(desk, settings)
    rows: dict[Any, Any] = {}
    with desk.transaction() as work:
        read = {
            FigureLine: FigureLine.position >= work.scalars(select(FigureState.last_rec)).one() // DAY,
            FigureName: FigureName.kind == "survey",
        }
        for table in KEPT:
            columns: Any = table.__table__
            query = select(columns).where(read.get(table, true())).order_by(*columns.primary_key).limit(1)
            row = rows[table] = work.execute(query).mappings().one()
            work.execute(delete(columns).where(*(one == row[one.name] for one in columns.primary_key.columns)))
    names = {table.__tablename__ for table in KEPT}
    assert {line.split()[0] for line in checking.check_all(desk, settings)[1]} == names, "lost"
    with desk.transaction() as work:
        for table, row in rows.items():
            told = [one.name for one in table.__table__.columns if not one.primary_key]
            work.execute(insert(table).values({**row, **{name: other(row[name]) for name in told[-1:]}}))
    spoiled = {table.__tablename__ for table in KEPT if any(not one.primary_key for one in table.__table__.columns)}
    assert {line.split()[0] for line in checking.check_all(desk, settings)[1]} == spoiled, "changed"


def other(value: Any) -> Any:
    return value + 1 if isinstance(value, int) else {} if isinstance(value, dict) else '[["x"]]'


def test_a_family_that_was_lost_is_found_by_a_sample(desk: Store) -> None:
    keeper.catch_up(desk, config(desk))
    with desk.transaction() as work:
        work.execute(delete(FigureFamily))
    code, said = verify("--sample", "500")
    assert code == 1
    assert "is not among the facts that are kept" in said


@pytest.mark.parametrize("unit", ["day", "week", "month"])
@pytest.mark.parametrize("seed", [1, 2])
def test_cells_that_are_no_sum_of_their_facts_are_found_by_a_sample(desk: Store, unit: str, seed: int) -> None:
    keeper.catch_up(desk, config(desk))
    chance = random.Random(seed)
    for _ in range(4):
        assert checking.check_some(desk, 5, chance)[1] == []
    with desk.transaction() as work:
        work.execute(update(FigureCell).where(FigureCell.unit == unit).values(plain='{"inbound":1000}'))
    found = checking.check_some(desk, 5, random.Random(seed))[1]
    assert found
    assert {line.split()[2] for line in found} == {unit}
    with desk.transaction() as work:
        work.execute(delete(FigureCell).where(FigureCell.unit == unit))
    assert checking.check_some(desk, 5, random.Random(seed))[1]


def test_a_lost_state_is_no_riddle_and_rows_without_one_are_in_nobodys_way(desk: Store) -> None:
    keeper.catch_up(desk, config(desk))
    with desk.transaction() as work:
        work.execute(delete(FigureState))
    code, said = verify("--full")
    assert (code, said.count("no difference")) == (0, 1), said


def test_pages_ask_the_figures_that_are_kept_and_count_what_came_since(desk: Store) -> None:
    figures.bring_up(desk)
    with desk.reading() as work:
        asked = figures.source(work)
        own = asked.answer(_request(asked))["all"]["vol.inbound"]
        assert asked.answer(_request(asked), exact=True)["all"]["vol.inbound"] == own
        assert "book" not in vars(asked), "nothing derives the log"
    more = {"id": "m", "ts": "2026-01-20T10:00:00Z", "kind": "msg.in", "ticket": "T9", "channel": "email", "msg": "m9"}
    with figures.looking(desk) as work:
        steady = figures.source(work)
        add(desk, [more])
        figures.bring_up(desk)
        assert steady.answer(_request(steady))["all"]["vol.inbound"] == own, (
            "a look sees one state, whatever is written"
        )
    with figures.looking(desk) as work:
        fresh = figures.source(work)
        assert fresh.answer(_request(fresh))["all"]["vol.inbound"] == int(own or 0) + 1


def _request(asked: figures.Source) -> Any:
    from inbox.metrics import Request

    return Request.of("2026-01-01", "2026-03-01", asked.as_of)


def test_the_worker_proves_once_a_night_or_by_day_where_the_desk_slept_and_what_is_wrong_stays_until_then(
    desk: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = ["case 7"]
    looks: list[int] = []
    worker = Figures(desk)

    def kept() -> Any:
        with desk.reading() as work:
            return settings.get(work, "figures.proved")

    def check(*_: object) -> tuple[int, list[str]]:
        looks.append((kept() or {})["wrong"])
        return 9, found

    monkeypatch.setattr(checking, "check_some", check)

    def look(moment: str) -> int:
        with clock.at(dt.datetime.fromisoformat(moment)):
            worker._prove()
        return len(looks)

    days = ("2026-03-10T12:00:00", "2026-03-10T23:00:00", "2026-03-11T01:59:00", "2026-03-11T02:00:00")
    assert [look(f"{day}+01:00") for day in days] == [0, 0, 0, 1]  # a new desk waits for its first night
    assert kept() == {"day": "2026-03-11", "looked": 9, "wrong": 1, "first": "case 7"}
    found.clear()
    later = ("2026-03-11T04:00:00", "2026-03-12T12:00:00", "2026-03-13T00:01:00", "2026-03-13T09:00:00")
    assert [look(f"{day}+01:00") for day in later] == [1, 1, 2, 2]
    assert looks == [0, 1]
    assert kept()["wrong"] == 0
