"""The program as a whole: quick, helpful, and never more than one sentence when something is wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from inbox.cli import COMMANDS, program
from tests.cli.conftest import Run


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_how_it_is_used(name: str, run: Run) -> None:
    command = program.get_command(click.Context(program), name)
    assert command is not None
    below = list(commands(command, (name,))) if isinstance(command, click.Group) else []
    for path in [(name,), *(path for path, _command in below)]:
        ran = run(*path, "--help")
        assert (ran.code, ran.err) == (0, ""), path
        assert f"Usage: sportello {' '.join(path)}" in ran.out
        assert re.search(r"Example:\n    .*sportello " + " ".join(path[:1]), ran.out), path


def test_help_lists_every_command_without_loading_one() -> None:
    program = (
        "import sys\nfrom inbox.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n"
        "    print(sorted({'sqlalchemy', 'pydantic', 'flask', 'connectors'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
    for name in COMMANDS:
        assert f"\n  {name} " in done.stdout


def test_a_group_without_a_command_says_what_there_is(run: Run) -> None:
    ran = run("channel")
    assert ran.code == 2
    assert "check" in ran.err


WRONG = [
    (["nosuch"], "No such command 'nosuch'; see: sportello --help"),
    (["agent", "list", "--nosuch"], "No such option"),
    (["agent", "add", "luca@bottega.example"], "Missing option '--name'; see: sportello agent add --help"),
    (["agent", "add", "no address", "--name", "Luca"], "'no address' is no mail address"),
    (["agent", "add", "luca@bottega.example", "--name", "L", "--role", "boss"], "'boss' is not one of"),
    (["agent", "add", "luca@bottega.example", "--name", " "], "give the person's name"),
    (["agent", "add", "luca@bottega.example", "--name", "L", "--team", "Nobody"], "there is no team 'Nobody'"),
    (["agent", "add", "luca@bottega.example", "--name", "L", "--password-file", "none.txt"], "none.txt"),
    (["agent", "password", "nobody@bottega.example", "--password-file", "-"], "there is no password in -"),
    (["team", "add", " "], "give the team a name"),
    (["token", "add", "--agent", "nobody@bottega.example"], "there is no agent nobody@bottega.example"),
    (["channel", "add", "fax", "--name", "fax", "--config", "empty.json"], "there is no kind of channel 'fax'"),
    (["channel", "add", "sms", "--name", "A B", "--config", "empty.json"], "small letters, digits and hyphens"),
    (["channel", "add", "sms", "--name", "sms", "--config", "empty.json"], "account_sid: Field required"),
    (["channel", "add", "sms", "--name", "sms", "--config", "list.json"], "list.json holds no JSON object"),
    (["channel", "add", "sms", "--name", "sms", "--config", "bad.json"], "bad.json is not JSON"),
    (["channel", "add", "sms", "--name", "sms", "--config", "none.json"], "none.json"),
    (["channel", "check", "nosuch"], "there is no channel 'nosuch'"),
    (["channel", "connect", "nosuch"], "there is no channel 'nosuch'"),
    (["channel", "remove", "nosuch", "--yes"], "there is no channel 'nosuch'"),
    (["channel", "kinds", "fax"], "there is no kind of channel 'fax'"),
    (["replay"], "name the journal entries, or say --all; see: sportello replay --help"),
    (["replay", "7"], "there is no journal entry 7"),
    (["replay", "seven"], "'seven' is not a valid integer range"),
    (["replay", "--all", "--channel", "nosuch"], "there is no channel and no kind of channel 'nosuch'"),
    (["ledger", "--from", "yesterday"], "'yesterday' does not match the format"),
    (["ledger", "--from", "2026-03-09", "--to", "2026-03-01"], "the period ends on 2026-03-01, before it starts"),
    (["ledger", "--from", "2020-03-09", "--to", "2026-03-01"], "400 days at most"),
    (["ledger", "--channel", "nosuch"], "there is no channel and no kind of channel 'nosuch'"),
    (["cost", "rate", "much", "--from", "2026-01-01"], "'much' is no amount"),
    (["cost", "rate", "20"], "Missing option '--from'"),
    (["cost", "rate", "20", "--from", "2026-01-01", "--agent", "nobody@bottega.example"], "there is no agent"),
    (["cost", "rate", "20", "--from", "2026-01-01", "--team", "Nobody"], "there is no team 'Nobody'"),
    (["cost", "rate", "20", "--from", "2026-01-01", "--team", "A", "--agent", "a@b.it"], "say --agent or --team"),
    (["cost", "exchange", "EUR", "1", "--day", "2026-03-09"], "another currency than the desk's own EUR"),
    (
        ["cost", "rates", "empty.json", "--currency", "USD", "--from", "2026-01-01"],
        "line 1: the file begins with Date and the currencies",
    ),
    (["cost", "fee", "20", "--month", "March"], "'March' is no month"),
    (["cost", "fee", "20", "--month", "2026-03", "--channel", "fax"], "there is no kind of channel 'fax'"),
    (["log", "import", "none.jsonl"], "none.jsonl"),
    (["log", "export", "no/such/folder/out.jsonl"], "no/such/folder/out.jsonl"),
]


def test_an_error_is_one_plain_sentence_and_no_zero(run: Run, surroundings: object, tmp_path: Path) -> None:
    (tmp_path / "empty.json").write_text("{}")
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "bad.json").write_text("{")
    for arguments, said in WRONG:
        ran = run(*arguments)
        assert ran.code in {1, 2}, arguments
        assert said in ran.err
        assert ran.err.count("\n") == 1, ran.err
        assert ran.out == ""


def test_without_a_desk_it_says_how_to_make_one(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "elsewhere"))
    ran = run("agent", "list")
    assert (ran.code, ran.out) == (1, "")
    assert "there is no desk in" in ran.err
    assert "sportello setup" in ran.err
    assert not (tmp_path / "elsewhere").exists()


def test_tables_that_are_missing_are_named_as_such(
    run: Run, empty_database_url: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    for arguments in (["agent", "list"], ["team", "add", "Support"]):
        ran = run(*arguments)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == "the database has no tables, or those of another version; run: sportello migrate\n"


def test_a_database_that_is_away_is_one_sentence(run: Run, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    for arguments in (["agent", "list"], ["migrate"], ["team", "add", "Support"]):
        ran = run(*arguments)
        assert ran.code == 1, arguments
        assert ran.err.count("\n") == 1
        assert "database" in ran.err
        assert "Traceback" not in ran.err


def test_a_wrong_word_in_the_environment_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "eighty")
    ran = run("agent", "list")
    assert ran.code == 1
    assert ran.err.startswith("PORT in the environment is wrong: ")


def test_the_debug_switch_shows_where_an_error_came_from(
    run: Run, surroundings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPORTELLO_DEBUG", "1")
    from inbox.cli import main
    from inbox.errors import NotFound

    with pytest.raises(NotFound):
        main(["replay", "7"])


def test_a_reader_that_goes_away_is_no_error_worth_a_word(surroundings: object, tmp_path: Path) -> None:
    command = f"{sys.executable} -m inbox.cli --help | true"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""
