"""``sportello seed``, and what ``sportello demo`` refuses before it starts anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from inbox.cli.demo import UNHEARD
from tests.cli.conftest import Run
from tests.servers.processes import free_port

MADE = ("--name", "Bottega Rossi", "--language", "it", "--timezone", "Europe/Rome", "--admin", "anna@bottega.example")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty ``DATA_DIR``; what a demo sets in its environment is taken back."""
    for name in UNHEARD:
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("PORT", str(free_port()))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def real(folder: Path, run: Run, password: Path) -> Path:
    """The folder of a desk that somebody has set up."""
    assert run("setup", *MADE, "--password-file", password).code == 0
    return folder


def test_seed_adds_the_sample_to_a_desk_and_takes_it_away(real: Path, run: Run) -> None:
    assert "no sample data" in run("seed", "--remove").err
    added = run("seed", "--json")
    assert (added.code, added.err, added.out.strip()) == (0, "", '{"added": 401}')
    assert "there already" in run("seed").err
    assert run("seed", "--remove").out == "The sample data is gone, with its 401 tickets.\n"


def test_without_a_desk_there_is_nothing_to_add_the_sample_to(folder: Path, run: Run) -> None:
    assert "there is no desk" in run("seed").err


def test_a_demo_leaves_a_real_desk_alone(real: Path, run: Run) -> None:
    before = (real / "sportello.db").read_bytes()
    refused = run("demo")
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "holds no sample data" in refused.err
    assert (real / "sportello.db").read_bytes() == before


def test_a_demo_on_a_host_that_the_sandbox_could_not_call_is_refused(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOST", "192.0.2.1")
    refused = run("demo")
    assert refused.code == 1
    assert refused.err.strip() == "the demo runs on HOST=127.0.0.1 or 0.0.0.0, not on 192.0.2.1"
