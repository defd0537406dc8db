"""The event log goes out and comes back the same; what is wrong in it is named by its line."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from inbox import clock
from inbox.actions import agreements, telling
from inbox.actions.who import SYSTEM
from inbox.cli.ordered import in_order
from inbox.figures import keeper
from inbox.metrics import Config
from inbox.settings import Settings
from inbox.store import Customer, Event, Store
from tests.cli.conftest import Run

LINE: dict[str, Any] = {
    "id": "m1",
    "seq": 7,
    "ts": "2026-03-09T08:00:00.000Z",
    "rec": "2026-03-09T08:00:01.500Z",
    "kind": "msg.in",
    "actor": {"kind": "customer", "id": "c1", "team": None},
    "ticket": "T-12",
    "channel": "email",
    "msg": "9",
}


def file(folder: Path, *lines: dict[str, Any] | str) -> Path:
    path = folder / "log.jsonl"
    path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in lines))
    return path


def exported(run: Run) -> list[dict[str, Any]]:
    return [line for line in run("log", "export").lines if line["kind"] != "log.imported"]


def test_what_comes_in_goes_out_the_same(run: Run, store: Store, tmp_path: Path) -> None:
    numbered = {**LINE, "id": "m2", "ticket": "12", "spans": [], "unknown": {"é": [1, 2.5, None]}, "kind": "other.kind"}
    ran = run("log", "import", file(tmp_path, LINE, numbered, "", LINE))
    assert ran.err == ""
    assert ran.out == "2 events are imported, 1 were there already, 0 lines were left out.\n"
    assert [{**line, "seq": 7} for line in exported(run)] == [LINE, numbered]
    assert [line["seq"] for line in exported(run)] == [1, 2]
    with store.reading() as work:
        assert [row.ticket_id for row in work.query(Event).order_by(Event.seq)] == [None, 12, None]


SHUFFLED = [
    {**LINE, "id": "m2", "seq": 9, "msg": "10"},
    {**LINE, "id": "m1", "seq": 12, "channel": "sms"},
    {**LINE, "id": "wrong", "seq": 8, "ts": "soon"},
    {**LINE, "id": "m1", "seq": 7},
    {**LINE, "id": "m3", "seq": 9, "msg": "11"},
]


def test_lines_with_a_seq_come_in_by_it_wherever_they_stand(run: Run, surroundings: Settings, tmp_path: Path) -> None:
    """Of two lines with one id the lower seq counts, as in a report over the file."""
    path = file(tmp_path, SHUFFLED[0], "{", "", *SHUFFLED[1:])
    ran = run("log", "import", path)
    assert [line.partition(":")[0] for line in ran.err.splitlines()] == ["line 5", "line 2"]
    assert ran.out == "3 events are imported, 1 were there already, 2 lines were left out.\n"
    assert [(line["id"], line["channel"]) for line in exported(run)] == [(f"m{n}", "email") for n in (1, 2, 3)]


def test_lines_without_a_seq_come_in_as_they_stand(run: Run, surroundings: Settings, tmp_path: Path) -> None:
    bare = {name: value for name, value in LINE.items() if name != "seq"}
    run("log", "import", file(tmp_path, {**LINE, "id": "b", "seq": 5}, {**bare, "id": "a"}, "[]", {**LINE, "id": "c"}))
    assert [line["id"] for line in exported(run)] == ["b", "a", "c"]


def test_a_pipe_is_read_in_order_too() -> None:
    end, begin = os.pipe()
    with os.fdopen(begin, "wb") as pipe:
        pipe.write(b'{"seq": 2}\nnothing\n{"seq": 1}')
    with os.fdopen(end, "rb") as lines:
        assert list(in_order(lines)) == [(3, b'{"seq": 1}'), (1, b'{"seq": 2}\n'), (2, b"nothing\n")]


def test_names_of_other_systems_may_be_long(run: Run, store: Store, tmp_path: Path) -> None:
    actor = {"kind": "agent", "id": f"agent-{'7f9c24e8-3b12-4e0f-a3a6-1f2b3c4d5e6f' * 2}"[:80], "team": "t" * 80}
    ran = run("log", "import", file(tmp_path, {**LINE, "actor": actor}, {**LINE, "actor": {**actor, "team": "t" * 81}}))
    assert ran.err == "line 2: actor.team is a text of up to 80 characters, or null\n"
    assert [line["actor"] for line in exported(run)] == [actor]
    keeper.catch_up(store, Config.of())
    with store.reading() as work:
        assert keeper.current(work) is not None


def test_a_mark_that_an_editor_wrote_before_the_first_line_is_passed_over(
    run: Run, surroundings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps(LINE) + "\n", encoding="utf-8-sig")
    assert run("report", "--log", path, "--strict", "--from", "2026-03-09", "--to", "2026-03-10").code == 0
    assert run("log", "import", path, "--strict").out.startswith("1 events are imported, 0 ")
    assert [{**line, "seq": 7} for line in exported(run)] == [LINE]
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("kind;ts;contract;customer\n", encoding="utf-8-sig")
    assert run("log", "contracts", sheet).code == 0
    settings = tmp_path / "desk.yaml"
    settings.write_text("sportello: 1\ndesk:\n  name: Bottega\n", encoding="utf-8-sig")
    assert "desk.name" in run("settings", "import", settings).out
    assert run("settings", "import", "-", stdin=settings.read_bytes()).out == "Nothing is different.\n"


def test_the_same_file_again_adds_nothing(run: Run, surroundings: Settings, tmp_path: Path) -> None:
    path = file(tmp_path, *({**LINE, "id": f"m{n}"} for n in range(2500)))
    assert run("log", "import", path).out.startswith("2500 events are imported, 0 ")
    assert run("log", "import", path).out.startswith("0 events are imported, 2500 were there already")
    assert [line["id"] for line in exported(run)] == [f"m{n}" for n in range(2500)]


WRONG: list[tuple[dict[str, Any] | str, str]] = [
    ("{", "not JSON"),
    ("[]", "not an object"),
    ('{"id": NaN}', "not JSON: NaN is no JSON number"),
    *(
        (f'{json.dumps(LINE)[:-1]}, "note": {note}}}', why)
        for note, why in (
            ("9" * 400, "is too large a number"),
            ("-1e400", "is too large a number"),
            ("[" * 1500 + "]" * 1500, "nested too deeply"),
        )
    ),
    ({**LINE, "id": ""}, "id is a text of 1 to 80 characters"),
    ({**LINE, "id": 5}, "id is a text of 1 to 80 characters"),
    ({**LINE, "kind": "k" * 41}, "kind is a text of 1 to 40 characters"),
    ({name: value for name, value in LINE.items() if name != "msg"}, "msg"),
    ({**LINE, "ts": "2026-03-09T08:00:00"}, "ts"),
    ({**LINE, "kind": "x.y", "ts": "2026-03-09T08:00:00"}, "'2026-03-09T08:00:00' is no time with a zone"),
    ({**LINE, "kind": "x.y", "ts": None}, "None is no time with a zone"),
    ({**LINE, "rec": "soon"}, "rec"),
    ({**LINE, "rec": "2199-01-01T00:00:00Z"}, "the field rec: '2199-01-01T00:00:00Z' lies in the future"),
    ({**LINE, "kind": "x.y", "rec": "9999-12-31T23:59:59.999Z"}, "lies in the future"),
    ({**LINE, "ts": "2199-01-01T00:00:00Z", "rec": None}, "the field ts: '2199-01-01T00:00:00Z' lies in the future"),
    ({**LINE, "actor": {"kind": "robot"}}, "actor.kind is none of"),
    ({**LINE, "actor": {"kind": "agent", "id": 5}}, "actor.id is a text"),
    ({**LINE, "note": "nul \x00"}, "a character that cannot be stored"),
    ({**LINE, "note": "\ud83d"}, "a character that cannot be stored"),
    ({**LINE, "kind": "cost.rate", "per_hour": "much", "from": "2026-01-01"}, "per_hour"),
    *(
        ({**LINE, "kind": "revenue", "customer": "c", "margin": "1", "currency": code}, f"{code!r} is no currency")
        for code in ("eur", "EURO", "XYZ", "")
    ),
    ({**LINE, "kind": "fx.rate", "date": "2026-03-09", "ccy": "usd", "rate": "0.9"}, "'usd' is no currency"),
    ({**LINE, "kind": "cost.fixed", "month": "2026-03", "amount": "9", "currency": "eur"}, "'eur' is no currency"),
    (
        {
            **LINE,
            "kind": "cost.provider",
            "cost": "c",
            "amount": "9",
            "currency": "usd",
            "type": "actual",
        },
        "'usd' is no currency",
    ),
    (
        {
            **LINE,
            "kind": "handle.span",
            "session": "s",
            "agent": "a",
            "spans": [["2026-03-09T09:00:00Z", "2026-03-09T08:00:00Z"]],
        },
        "an end before its start",
    ),
]


def test_a_wrong_line_is_named_and_the_rest_goes_on(run: Run, surroundings: Settings, tmp_path: Path) -> None:
    for n, (line, why) in enumerate(WRONG):
        ran = run("log", "import", file(tmp_path, {**LINE, "id": f"a{n}"}, line, {**LINE, "id": f"b{n}"}))
        assert ran.code == 0
        assert ran.err.startswith("line 2: ")
        assert why in ran.err
        assert ran.err.count("\n") == 1
        assert ran.out == "2 events are imported, 0 were there already, 1 lines were left out.\n"
    assert [one["id"] for one in exported(run)] == [f"{side}{n}" for n in range(len(WRONG)) for side in "ab"]


def test_a_fast_clock_and_what_is_fixed_for_later_are_no_mistakes(run: Run, store: Store, tmp_path: Path) -> None:
    soon = clock.iso(clock.now() + dt.timedelta(minutes=4))
    contract = {"kind": "contract.started", "contract": "K", "customer": "c", "ends": "2199-01-01T00:00:00Z"}
    lines = [
        {**LINE, "id": "fast", "rec": soon},
        {**LINE, "id": "late", "ts": "2199-01-01T00:00:00Z"},
        {**LINE, "id": "ends", **contract},
        {**LINE, "id": "rate", "kind": "cost.rate", "agent": None, "per_hour": "20", "from": "2199-01-01"},
        {**LINE, "id": "fee", "kind": "cost.fixed", "month": "2199-01", "amount": "9", "currency": "EUR"},
    ]
    assert run("log", "import", file(tmp_path, *lines)).out.startswith("5 events are imported, 0 ")


def test_strict_imports_nothing_unless_every_line_is_right(run: Run, surroundings: Settings, tmp_path: Path) -> None:
    ran = run("log", "import", "--strict", file(tmp_path, LINE, "{", "["))
    assert (ran.code, ran.out) == (65, "")
    assert ran.err.splitlines()[-1] == "nothing was imported: 2 lines are wrong"
    assert exported(run) == []
    assert run("log", "import", "--strict", file(tmp_path, LINE)).code == 0
    assert len(exported(run)) == 1


def test_export_goes_on_where_the_last_one_ended(run: Run, surroundings: Settings, tmp_path: Path) -> None:
    run("log", "import", file(tmp_path, *({**LINE, "id": f"m{n}"} for n in range(5))))
    out = tmp_path / "out.jsonl"
    assert run("log", "export", out).out == f"6 events are in {out}.\n"
    assert len(out.read_text().splitlines()) == 6
    assert [line["id"] for line in run("log", "export", "--after", "3").lines][:2] == ["m3", "m4"]


def test_an_export_says_that_it_holds_working_times_while_figures_per_person_are_off(
    run: Run, store: Store, tmp_path: Path
) -> None:
    run("log", "import", file(tmp_path, LINE))
    assert run("log", "export").err == ""
    with store.transaction() as work:
        for n in range(2):
            work.append("handle.span", session=f"s{n}", agent="a", channel="sms", spans=[])
    said = run("log", "export")
    assert said.err == "this export holds working times of people; figures per person are off\n"
    assert [line["kind"] for line in said.lines].count("handle.span") == 2, "it is whole"
    assert run("log", "export", tmp_path / "out.jsonl").err == said.err
    with store.transaction() as work:
        agreements.allow(work, SYSTEM, kind="unions", day="2026-01-01", reference="3/2026")
    assert run("log", "export").err == ""


def test_rates_and_fees_are_events_with_their_dates(run: Run, surroundings: Settings) -> None:
    run("agent", "add", "luca@bottega.example", "--name", "Luca Neri")
    assert (
        run("cost", "rate", "24,50", "--from", "2026-01-01").out == "An hour of work costs 24.50 from 2026-01-01 on.\n"
    )
    assert run("cost", "rate", "31", "--from", "2026-03-01", "--agent", "luca@bottega.example").code == 0
    assert run("cost", "fee", "49", "--month", "2026-03", "--channel", "sms", "--currency", "chf").code == 0
    rate, own, fee = run("log", "export").lines
    assert (rate["kind"], rate["per_hour"], rate["from"], rate["agent"]) == ("cost.rate", "24.50", "2026-01-01", None)
    assert own["agent"] == run("agent", "list", "--json").json[0]["id"]
    assert (fee["kind"], fee["month"], fee["channel"], fee["amount"], fee["currency"]) == (
        "cost.fixed", "2026-03", "sms", "49", "CHF",
    )  # fmt: skip


def test_a_teams_rate_and_exchange_rates_come_by_the_command_line_too(
    run: Run, surroundings: Settings, tmp_path: Path
) -> None:
    run("team", "add", "Officina")
    run("agent", "add", "luca@bottega.example", "--name", "Luca Neri", "--team", "Officina")
    said = run("cost", "rate", "28", "--from", "2026-01-01", "--team", "Officina")
    assert said.out == "An hour of Officina costs 28 from 2026-01-01 on.\n"
    file = tmp_path / "eurofxref-hist.csv"
    file.write_text("Date,USD,GBP,\n2026-03-10,1.25,N/A,\n2026-03-09,1.60,0.8,\n2025-12-31,1.1,0.9,\n")
    brought = "cost", "rates", str(file), "--currency", "usd", "--currency", "GBP", "--from", "2026-01-01"
    assert run(*brought).out == "3 exchange rates are set, 0 were there already.\n"
    assert run(*brought).out == "0 exchange rates are set, 3 were there already.\n"
    assert run("cost", "exchange", "chf", "1.04", "--day", "2026-03-09").out == "CHF was worth 1.04 on 2026-03-09.\n"
    lines = [one for one in run("log", "export").lines if one["kind"] in {"cost.rate", "fx.rate"}]
    luca = run("agent", "list", "--json").json[0]["id"]
    assert [(one.get("agent"), one.get("per_hour")) for one in lines if one["kind"] == "cost.rate"] == [(luca, "28")]
    assert sorted((one["ccy"], one["date"], float(one["rate"])) for one in lines if one["kind"] == "fx.rate") == [
        ("CHF", "2026-03-09", 1.04),
        ("GBP", "2026-03-09", 1.25),
        ("USD", "2026-03-09", 0.625),
        ("USD", "2026-03-10", 0.8),
    ]


def test_contracts_of_a_sheet_are_taken_back_and_the_export_says_so(run: Run, store: Store, tmp_path: Path) -> None:
    with store.transaction() as work:
        work.add(customer := Customer())
        work.flush()
        whose = customer.id
    sheet = tmp_path / "sheet.csv"
    sale = f"revenue,2026-03-09,{whose},120,80,EUR\n"
    sheet.write_text("kind,ts,customer,amount,margin,currency\n" + sale * 2, encoding="utf-8")
    assert run("log", "contracts", sheet).out.startswith("2 events are imported")
    period = ("--clv", whose, "--at", "2027-01-01T00:00:00Z", "--json")
    told = [line for line in exported(run) if line["kind"] == "revenue"]
    assert [line["told_by"] for line in told] == ["system", "system"]
    with store.transaction() as work:
        assert telling.take_back(work, SYSTEM, [told[1]["id"]]).added == 1
    out = tmp_path / "out.jsonl"
    run("log", "export", out)
    over_export, over_desk = run("report", "--log", out, *period), run("report", *period)
    assert over_export.code == over_desk.code == 0
    assert over_export.json == over_desk.json
    assert "80" in over_desk.out


def test_a_history_is_not_what_was_told_and_stays(run: Run, store: Store, tmp_path: Path) -> None:
    assert run("log", "import", file(tmp_path, LINE)).code == 0
    with store.transaction() as work:
        assert telling.take_back(work, SYSTEM, [LINE["id"]]).faults[0][1].endswith("system of yours, and stays")


def test_an_answer_off_the_scale_of_its_survey_is_named_by_its_line(
    run: Run, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sent(name: str, **scale: int) -> dict[str, Any]:
        return {**plain, "id": f"sent {name}", "kind": "survey.sent", "type": "nps", "survey": name, **scale}

    def answer(name: str, score: int, **more: Any) -> dict[str, Any]:
        return {**plain, "id": f"{name} {score}", "kind": "survey.answered", "survey": name, "score": score, **more}

    plain = {name: value for name, value in LINE.items() if name not in {"seq", "msg"}}
    monkeypatch.setattr("inbox.cli.log.BATCH", 2)
    monkeypatch.setattr("inbox.actions.scales.PART", 1)
    late = [answer("late", 99), sent("late"), answer("late", 98)]
    right = [sent("A"), answer("A", 10), answer("nobody's", 99), sent("B", max=5), *late[:2]]
    wrong = [answer("A", 11), answer("B", 7), late[2]]
    path = file(tmp_path, *right, *wrong)
    strict = run("log", "import", path, "--strict")
    assert (strict.code, strict.err.splitlines()[-1]) == (65, "nothing was imported: 3 lines are wrong")
    ran = run("log", "import", path)
    assert ran.out == "6 events are imported, 0 were there already, 3 lines were left out.\n"
    why = "the field score of survey.answered: {} does not lie between 0 and {}"
    faults = [why.format(11, 10), why.format(7, 5), why.format(98, 10)]
    assert ran.err.splitlines() == [f"line {n}: {fault}" for n, fault in enumerate(faults, 7)]
    assert strict.err.splitlines()[:3] == ran.err.splitlines()
    later = run("log", "import", file(tmp_path, answer("A", 12), answer("A", 9)))  # the desk knows the survey
    assert (later.err, later.out[:20]) == (f"line 1: {why.format(12, 10)}\n", "1 events are importe")
    prefixed = run("log", "import", file(tmp_path, sent("C"), answer("C", 11)), "--prefix", "other")
    assert prefixed.err == f"line 2: {why.format(11, 10)}\n"


def test_a_strict_file_may_have_more_lines_than_a_statement_has_parameters(
    run: Run, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[int] = []

    def look(_line: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if not many and "FROM events" in statement and hasattr(parameters, "__len__"):
            statements.append(len(parameters))

    path = file(tmp_path, *({**LINE, "id": f"m{n}"} for n in range(2500)))
    event.listen(Engine, "before_cursor_execute", look)
    try:
        assert run("log", "import", path, "--strict").out.startswith("2500 events are imported")
    finally:
        event.remove(Engine, "before_cursor_execute", look)
    assert 1 < max(statements) <= 1000


EXAMPLE = Path(__file__).parents[1] / "metrics" / "example.jsonl"
PERIOD = ("--from", "2026-03-01", "--to", "2026-04-01", "--as-of", "2026-05-01T00:00:00Z", "--json")


def test_the_report_over_an_imported_log_is_the_report_over_the_file(run: Run, store: Store, tmp_path: Path) -> None:
    """Every kind there is, tickets called by texts: another system's history, and what goes out of here again."""
    from_file = run("report", "--log", EXAMPLE, *PERIOD)
    assert run("log", "import", "--strict", EXAMPLE).code == 0
    out = tmp_path / "out.jsonl"
    run("log", "export", out)
    over_export, over_desk = run("report", "--log", out, *PERIOD), run("report", *PERIOD)
    assert over_export.code == over_desk.code == 0
    for name, value in from_file.json.items():
        assert over_export.json[name] == value, name
        assert over_desk.json[name] == value, name
