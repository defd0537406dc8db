"""A report over the desk, and over what the desk exports with the settings that it writes: the same digits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inbox.actions import agreements, desk, promises
from inbox.actions.who import SYSTEM
from inbox.figures import keeper
from inbox.metrics import Config
from inbox.store import Store, Work
from tests.cli.conftest import Run
from tests.figures.conftest import add, begun_anew, lines

PERIOD = ("--from", "2026-01-05", "--to", "2026-02-09", "--as-of", "2100-01-01T00:00:00Z", "--json")
SLICES = ("agent", "team", "reason", "tag")


def hours(work: Work) -> None:
    week = dict.fromkeys(promises.DAYS, "10:30-13:00, 15:00-16:00")
    promises.save_calendar(work, SYSTEM, "default", {"week": week})


def holidays(work: Work) -> None:
    week = dict.fromkeys(promises.DAYS, "8-20")
    special = {"2026-01-13": {"name": "Stocktaking", "hours": ""}, "2026-01-15": {"name": "Late", "hours": "9-23"}}
    values = {"name": "Shop", "week": week, "italy": True, "patron": "Milano", "special": special}
    promises.save_calendar(work, SYSTEM, "shop", {**values, "teams": ["care", "tech"]})


def targets(work: Work) -> None:
    def seconds(n: int) -> dict[str, dict[str, int | None]]:
        return {clock: {"low": n, "normal": n, "high": n, "urgent": n} for clock in promises.CLOCKS}

    promises.save_targets(work, SYSTEM, promises.ALL, seconds(1_800))
    promises.save_targets(work, SYSTEM, "team:care", seconds(60))


def exempt(work: Work) -> None:
    desk.keep(work, "reasons.exempt", ["delivery", "invoice", "login", "refund"])


def zone(work: Work) -> None:
    desk.put(work, SYSTEM, "desk.timezone", "Pacific/Auckland")


def currency(work: Work) -> None:
    desk.put(work, SYSTEM, "desk.currency", "USD", meant=True)


CHANGES = (hours, holidays, targets, exempt, zone, currency)


def test_the_desk_and_its_export_agree_after_any_change_of_settings(run: Run, store: Store, tmp_path: Path) -> None:
    add(store, lines(11, 30))
    with store.transaction() as work:
        agreements.allow(work, SYSTEM, kind="unions", day="2026-01-01", reference="3/2026")
    log, config = tmp_path / "events.jsonl", tmp_path / "config.json"
    over_file = ("report", "--log", log, "--config", config, *PERIOD)
    before: dict[str, Any] = run("report", *PERIOD, "--by", "channel").json
    for change in CHANGES:
        with store.transaction() as work:
            change(work)
        with store.reading() as work:
            keeper.catch_up(store, promises.config(work))
        assert run("log", "export", log).code == 0
        assert run("report", "config", config).out == f"the settings of the figures are in {config}.\n"
        ours = run("report", *PERIOD, "--by", "channel")
        assert ours.err == ""
        assert ours.json == run(*over_file, "--by", "channel").json, change.__name__
        assert ours.json != before, change.__name__
        before = ours.json
    for by in SLICES:
        assert run("report", *PERIOD, "--by", by).json == run(*over_file, "--by", by).json
    assert before != run("report", "--log", log, *PERIOD, "--by", "channel").json
    assert run("report", "config").json == json.loads(config.read_text())


def test_old_figures_come_with_their_own_settings_and_say_that_they_are_old(run: Run, store: Store) -> None:
    add(store, lines(3))
    keeper.catch_up(store, Config.of())
    with store.transaction() as work:
        desk.put(work, SYSTEM, "desk.timezone", "Asia/Tokyo")
    with pytest.MonkeyPatch.context() as patched:
        wanted = begun_anew(store, patched)
        ran = run("report", "config")
        assert ran.json["tz"] == Config.of().zone
        assert "these are the old figures: the new ones are being worked out, 0 % is done" in ran.err
        assert "old figures" in run("report", *PERIOD).err
        assert "old figures" in run("report", "--clv", "C1", "--at", "2026-03-01T00:00:00Z").err
    keeper.catch_up(store, wanted)
    assert run("report", "config").json["tz"] == "Asia/Tokyo"
    assert run("report", *PERIOD).err == ""


def test_the_cases_of_the_desk_are_those_of_its_export_and_name_nobody_until_that_is_allowed(
    run: Run, store: Store, tmp_path: Path
) -> None:
    add(store, lines(5))
    log, at = tmp_path / "events.jsonl", ("--as-of", "2100-01-01T00:00:00Z")
    run("log", "export", log)
    of_file = run("report", "facts", "--log", log, "--json", *at).lines
    people = {one["responder"] for case in of_file for one in case["interactions"]} - {None}
    assert people
    hidden = run("report", "facts", "--json", *at)
    assert not any(f'"{name}"' in hidden.out for name in people)
    assert "who answered and how long that took is left out" in hidden.err
    assert "is left out" not in run("report", "facts", "--log", log, "--json", *at).err
    assert [case["fcr"] for case in hidden.lines] == [case["fcr"] for case in of_file]
    assert run("report", "facts", *at).out.count("\n") == run("report", "facts", "--log", log, *at).out.count("\n")
    with store.transaction() as work:
        agreements.allow(work, SYSTEM, kind="unions", day="2026-01-01", reference="3/2026")
    allowed = run("report", "facts", "--json", *at)
    assert (allowed.lines, allowed.err) == (of_file, "")


def test_a_figure_that_there_is_not_is_named(run: Run, store: Store) -> None:
    ran = run("report", *PERIOD, "--keys", "vol,nonsense")
    assert (ran.out, ran.code) == ("", 2)
    assert "there is no figure 'nonsense'" in ran.err
    assert run("report", *PERIOD, "--keys", "occ,nps[delivery]").code == 0


@pytest.mark.parametrize("asked", [PERIOD, ("--clv", "C1", "--at", "2026-03-01T00:00:00Z"), ("facts",)])
def test_what_goes_with_a_file_only_is_refused_over_the_desk(run: Run, tmp_path: Path, asked: tuple[str, ...]) -> None:
    config = tmp_path / "config.json"
    config.write_text("{}")
    for more in (("--config", config), ("--strict",)):
        ran = run("report", *asked, *more)
        assert ran.code == 2
        assert f"{more[0]} needs --log FILE" in ran.err
