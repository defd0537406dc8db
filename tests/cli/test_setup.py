"""Making a desk and its people without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from inbox.actions import desk, people
from inbox.settings import Settings
from inbox.store import Agent, Store
from inbox.terms import Role
from tests.cli.conftest import Run

ADMIN = "anna@bottega.example"


def words(password: Path, **other: str) -> list[str]:
    wanted = {"name": "Bottega Rossi", "language": "it", "timezone": "Europe/Rome", "admin": ADMIN, **other}
    return [
        "setup",
        *(part for key, value in wanted.items() for part in (f"--{key}", value)),
        "--password-file",
        str(password),
    ]


def test_setup_makes_a_desk_from_nothing(
    run: Run, empty_database_url: str, data_dir: Path, password: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    monkeypatch.setenv("DATA_DIR", str(data_dir / "new"))
    ran = run(*words(password), "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json["new"] is True
    assert (data_dir / "new" / "secret.key").stat().st_mode & 0o777 == 0o600
    again = run(*words(password), "--json")
    assert (again.code, again.json) == (0, {**ran.json, "new": False})
    assert run("migrate").out.startswith("The tables are at ")


def test_setup_again_changes_the_settings_and_leaves_the_password(
    run: Run, store: Store, password: Path, tmp_path: Path
) -> None:
    assert run(*words(password)).code == 0
    other = tmp_path / "other.txt"
    other.write_text("another pass phrase")
    assert run(*words(other, name="Bottega Verdi", language="en", currency="chf")).code == 0
    with store.reading() as work:
        assert desk.get(work, "desk.name") == "Bottega Verdi"
        assert desk.get(work, "desk.language") == "en"
        assert desk.get(work, "desk.currency") == "CHF"
        assert len(work.scalars(select(Agent)).all()) == 1
    with store.transaction() as work:
        assert people.sign_in(work, ADMIN, "correct horse battery")[0].role is Role.ADMIN


def test_setup_with_another_admin_adds_them_or_makes_them_admin(run: Run, store: Store, password: Path) -> None:
    assert run(*words(password)).code == 0
    assert run("agent", "add", "luca@bottega.example", "--name", "Luca Neri").code == 0
    for email in ("luca@bottega.example", "marta@bottega.example"):
        assert run(*words(password, admin=email)).code == 0
    with store.transaction() as work:
        for email in ("luca@bottega.example", "marta@bottega.example"):
            assert people.sign_in(work, email, "correct horse battery")[0].role is Role.ADMIN


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"timezone": "Europe/Atlantis"}, "'Europe/Atlantis' is no time zone"),
        ({"language": "de"}, "'de' is not one of"),
        ({"admin": "anna"}, "'anna' is no mail address"),
        ({"name": " "}, "give the business a name"),
        ({"currency": "euro"}, "'EURO' is no currency in use"),
    ],
)
def test_setup_refuses_what_no_desk_can_be(
    run: Run, store: Store, password: Path, other: dict[str, str], said: str
) -> None:
    ran = run(*words(password, **other))
    assert ran.code in {1, 2}
    assert said in ran.err
    assert ran.err.count("\n") == 1
    with store.reading() as work:
        assert not desk.is_set_up(work)


def test_a_short_password_is_refused(run: Run, surroundings: Settings, password: Path) -> None:
    password.write_text("short")
    ran = run(*words(password))
    assert (ran.code, ran.err) == (1, "a password has at least 10 characters\n")


def test_people_are_added_with_role_team_and_password(run: Run, store: Store, password: Path) -> None:
    assert run("team", "add", "Amministrazione", "--private", "--json").json["private"] is True
    person = ["Luca@Bottega.example", "--name", "Luca Neri", "--role", "supervisor", "--team", "Amministrazione"]
    told = run("agent", "add", *person, "--password-file", password, "--json").json
    assert (told["email"], told["role"], told["teams"]) == ("luca@bottega.example", "supervisor", ["Amministrazione"])
    assert run("agent", "list", "--json").json == [told]
    assert "Luca Neri" in run("agent", "list").out
    assert [one["name"] for one in run("team", "list", "--json").json] == ["Amministrazione"]
    with store.transaction() as work:
        assert people.sign_in(work, "luca@bottega.example", "correct horse battery")


def test_the_same_person_twice_is_refused(run: Run, surroundings: Settings) -> None:
    assert run("agent", "add", "luca@bottega.example", "--name", "Luca Neri").code == 0
    ran = run("agent", "add", "LUCA@bottega.example", "--name", "Luca Neri")
    assert (ran.code, ran.err) == (1, "luca@bottega.example is an agent already\n")


def test_a_new_password_comes_from_standard_input_and_ends_sign_ins(run: Run, store: Store, password: Path) -> None:
    run("agent", "add", "luca@bottega.example", "--name", "Luca Neri", "--password-file", password)
    with store.transaction() as work:
        _agent, cookie = people.sign_in(work, "luca@bottega.example", "correct horse battery")
    assert (
        run("agent", "password", "luca@bottega.example", "--password-file", "-", stdin=b"another pass phrase\n").code
        == 0
    )
    with store.transaction() as work:
        assert people.signed_in(work, cookie) is None
        assert people.sign_in(work, "luca@bottega.example", "another pass phrase")


def test_a_token_opens_the_api_as_its_agent(run: Run, store: Store) -> None:
    run("agent", "add", "luca@bottega.example", "--name", "Luca Neri")
    word = run("token", "add", "--agent", "luca@bottega.example", "--name", "stock system", "--json").json["token"]
    with store.reading() as work:
        agent = people.agent_of_token(work, word)
    assert agent is not None
    assert agent.email == "luca@bottega.example"
    plain = run("token", "add", "--agent", "luca@bottega.example").out.strip()
    assert plain.startswith("spt_")
    assert plain != word
