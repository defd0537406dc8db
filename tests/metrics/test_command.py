"""``sportello report --log FILE`` needs no database and says what is wrong with the file."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from inbox.cli.report import report
from inbox.metrics import Config, Request, book_of, read_lines
from inbox.metrics.factual import Facts
from inbox.metrics.published import known
from inbox.metrics.report import report_of

HERE = Path(__file__).parent
EXAMPLE = HERE / "example.jsonl"
PERIOD = ("--from", "2026-03-09", "--to", "2026-04-06")


def run(*arguments: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(report, [str(one) for one in arguments], input=stdin)


def test_the_example_report_comes_out_as_json() -> None:
    ran = run("--log", EXAMPLE, *PERIOD, "--by", "channel", "--json", "--as-of", "2026-11-21T00:00:00Z")
    assert ran.exit_code == 0, ran.stderr
    assert ran.stderr == ""
    found = json.loads(ran.stdout)
    wanted = json.loads((HERE / "example.report.json").read_text())
    assert found.keys() == wanted.keys()
    assert found["channel=email"]["vol.inbound"] == wanted["channel=email"]["vol.inbound"]


def test_where_narrows_every_slice_and_may_be_repeated() -> None:
    ran = run(
        "--log", EXAMPLE, *PERIOD, "--where", "channel=voice", "--where", "reason=delivery", "--by", "agent", "--json"
    )
    found = json.loads(ran.stdout)
    assert 0 < found["all"]["vol.inbound"] < 9
    assert sum(own["vol.handled"] for name, own in found.items() if name != "all") == found["all"]["vol.handled"]
    assert "ret.start" not in found["all"]
    assert "cost.fixed" not in found["all"]


def test_a_comparison_stands_beside_each_figure() -> None:
    ran = run("--log", EXAMPLE, "--from", "2026-04-01", "--to", "2026-05-01", "--compare", "previous", "--json")
    own = json.loads(ran.stdout)["all"]
    before = json.loads(run("--log", EXAMPLE, "--from", "2026-03-01", "--to", "2026-04-01", "--json").stdout)["all"]
    assert own["prev:vol.inbound:old"] == before["vol.inbound"]
    assert own["prev:vol.inbound:abs"] == own["vol.inbound"] - before["vol.inbound"]
    assert own["prev:fcr7.rate:old"] == before["fcr7.rate"]
    assert own["prev:fcr7.rate:lo"] < own["prev:fcr7.rate:abs"] < own["prev:fcr7.rate:hi"]
    assert own["prev:fcr7.rate:distinguishable"] is (not own["prev:fcr7.rate:lo"] <= 0 <= own["prev:fcr7.rate:hi"])


def test_a_year_without_a_log_has_no_data_instead_of_0() -> None:
    own = json.loads(run("--log", EXAMPLE, *PERIOD, "--compare", "year", "--json").stdout)["all"]
    assert own["yoy:fcr7.rate:old"] is None
    assert own["yoy:fcr7.rate:abs"] is None


def test_only_the_figures_that_are_named_come() -> None:
    everything = json.loads(run("--log", EXAMPLE, *PERIOD, "--by", "channel", "--compare", "previous", "--json").stdout)
    asked = ("--keys", "fcr7.rate, cost,nps[delivery],meta.provisional")
    found = json.loads(
        run("--log", EXAMPLE, *PERIOD, "--by", "channel", "--compare", "previous", "--json", *asked).stdout
    )
    assert found.keys() == everything.keys()
    own = found["all"]
    assert {key for key in own if ":" not in key and not key.startswith(("cost.", "nps["))} == {
        "fcr7.rate",
        "meta.provisional",
    }
    assert {key for key in own if key.startswith("prev:fcr7")} == {
        key for key in everything["all"] if key.startswith("prev:fcr7.rate:")
    }
    for name, slice_ in found.items():
        assert slice_ == {key: everything[name][key] for key in slice_}
    for unknown in ("FCR!", "nonsense", "fcr2.rate", "cost.per_hour", "nps[delivery].rate", "prev:vol.inbound:abs"):
        assert run("--log", EXAMPLE, *PERIOD, "--keys", f"vol,{unknown}").exit_code == 2, unknown


def test_every_figure_comes_by_its_own_name_and_by_its_family() -> None:
    lines = EXAMPLE.read_text().splitlines()
    log = read_lines(lines)
    request = partial(Request.of, "2026-03-09", "2026-04-06", "2026-11-21T00:00:00Z", by="channel")
    book = book_of(log, request().as_of)
    everything = report_of(Facts(book), request())
    for name in ("all", "channel=email"):
        for key, value in everything[name].items():
            family = key.partition("].")[0] + "]" if "]." in key else key.rpartition(".")[0]
            for asked in (key, family, key.partition(".")[0].partition("[")[0]):
                assert known(asked, Config.of()), asked
                assert report_of(Facts(book), request(keys=[asked]))[name][key] == value, (key, asked)


def test_without_json_it_is_a_table_for_a_person() -> None:
    ran = run("--log", EXAMPLE, *PERIOD, "--by", "channel")
    assert ran.exit_code == 0
    lines = ran.stdout.splitlines()
    assert lines[0].startswith("2026-03-09 to 2026-04-06, the last day excluded")
    assert lines[1].split() == ["all", *sorted(f"channel={c}" for c in CHANNELS)]
    assert next(line for line in lines if line.startswith("FCR 7 days  ")).count(" of ") == 6  # rates of less than 10
    assert "54" in next(line for line in lines if line.startswith("Inbound"))


CHANNELS = ("chat", "email", "social_dm", "social_public", "unallocated", "voice", "whatsapp")


def test_the_lifetime_value_of_a_customer() -> None:
    ran = run("--log", EXAMPLE, "--clv", "C00013", "--at", "2026-04-01T00:00:00Z", "--json")
    value = json.loads(ran.stdout)
    assert value["clv.historic"] == value["clv.margin12"] - value["clv.service12"]
    assert value["clv.service12"] > 0
    assert "Lifetime value" in run("--log", EXAMPLE, "--clv", "C00013", "--at", "2026-04-01T00:00:00Z").stdout


def test_facts_say_why_each_case_counted() -> None:
    lines = run("facts", "--log", EXAMPLE, "--json").stdout.splitlines()
    cases = {case["case"]: case for case in map(json.loads, lines)}
    assert len(cases) == 58  # 63 tickets less 4 of spam and 1 merged
    assert cases["T9"]["fcr"]["7"] == {
        "class": "candidate",
        "success": False,
        "why": "2 contacts of the customer up to the end of the window",
    }
    assert cases["T56"]["fcr"]["7"]["class"] == "repeat"
    early = run("facts", "--log", EXAMPLE, "--as-of", "2026-04-11T20:00:00Z").stdout
    assert "pending: not judged before" in early


def test_a_configuration_file_changes_the_definitions(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"fcr_windows_d": [2], "headline_w": 2}))
    own = json.loads(run("--log", EXAMPLE, *PERIOD, "--config", file, "--json").stdout)["all"]
    assert "fcr2.rate" in own
    assert "fcr7.rate" not in own


@pytest.fixture
def flawed(tmp_path: Path) -> Path:
    file = tmp_path / "log.jsonl"
    good = EXAMPLE.read_text().splitlines()
    bad = ["{not json", '{"id":"x","seq":1,"ts":"2026-03-03T08:00:00","kind":"note.added","ticket":"T1"}']
    odd = '{"id":"y","seq":2,"ts":"2026-03-03T08:00:00Z","kind":"moon.phase"}'
    file.write_text("\n".join([*good[:10], *bad, odd, *good[10:]]) + "\n")
    return file


def test_wrong_lines_are_named_with_their_numbers_and_the_rest_goes_on(flawed: Path) -> None:
    ran = run("--log", flawed, *PERIOD, "--json")
    assert ran.exit_code == 0
    assert json.loads(ran.stdout) == json.loads(run("--log", EXAMPLE, *PERIOD, "--json").stdout)
    first, second, last = ran.stderr.splitlines()
    assert first.startswith("line 11: not JSON")
    assert second.startswith("line 12: the field ts of note.added: '2026-03-03T08:00:00' is no time with a zone")
    assert last == "2 lines were left out; 1 events of unknown kinds and 0 unknown fields were ignored"


def test_strict_refuses_everything_where_a_line_is_wrong(flawed: Path) -> None:
    ran = run("--log", flawed, *PERIOD, "--json", "--strict")
    assert ran.exit_code == 65
    assert ran.stdout == ""
    assert "line 11" in ran.stderr
    assert ran.stderr.splitlines()[-1] == "nothing was computed: 2 lines are wrong"


def test_standard_input_is_a_file_too() -> None:
    ran = run("--log", "-", *PERIOD, "--json", stdin=EXAMPLE.read_text())
    assert json.loads(ran.stdout)["all"]["vol.inbound"] == 54


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--log", EXAMPLE), "--from and --to"),
        (("--log", EXAMPLE, "--from", "2026-03-09", "--to", "2026-03-09"), "a period ends after it starts"),
        (("--log", EXAMPLE, "--from", "2026-3-9", "--to", "2026-04-09"), "2026-3-9"),
        (("--log", EXAMPLE, *PERIOD, "--by", "colour"), "'colour' is none of channel, agent, team, reason, tag"),
        (("--log", EXAMPLE, *PERIOD, "--where", "channel"), "key=value"),
        (("--log", EXAMPLE, *PERIOD, "--as-of", "2026-04-01T00:00:00"), "zone"),
        (("--log", EXAMPLE, "--clv", "C1"), "--at"),
        (("facts", "--strict"), "--log FILE"),
        (("facts", "--config", EXAMPLE), "--log FILE"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(arguments: tuple[str | Path, ...], words: str) -> None:
    ran = run(*arguments)
    assert ran.exit_code == 2
    assert words in ran.stderr


@pytest.mark.parametrize(
    "text", ["[", '{"tz":"Mars/Olympus"}', '{"colour":1}', '{"chase_s":"long"}', '{"sla":{"frt_s":{"email":[]}}}']
)
def test_a_configuration_that_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.json"
    file.write_text(text)
    ran = run("--log", EXAMPLE, *PERIOD, "--config", file)
    assert ran.exit_code == 2
    assert "config.json" in ran.stderr
