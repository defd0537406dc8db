"""A machine that lacks something is told so in one plain sentence, and a clone that is ready starts at once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.packaging.served import Served

ROOT = Path(__file__).parents[2]
TOOLS = ["cat", "cut", "dirname", "find", "ls", "mkdir", "rm", "sh", "sha256sum", "sort", "tail", "xargs"]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What the scripts of a first start read, and nothing that they make."""
    folder = tmp_path / "clone"
    for name in ("scripts", "inbox/web/assets", "templates"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("pyproject.toml", "requirements.lock", "package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The PATH of a machine with the bare tools of Debian, to which a test adds its own programs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, tool
        (folder / tool).symlink_to(found)
    return folder


@pytest.fixture
def run(clone: Path, machine: Path) -> Run:
    def start(script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [clone / script],
            env={"PATH": str(machine)},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )

    return start


def program(machine: Path, name: str, body: str) -> None:
    (machine / name).unlink(missing_ok=True)  # a link there leads to the machine's own tool, which must stay as it is
    (machine / name).write_text(f"#!/bin/sh\n{body}\n")
    (machine / name).chmod(0o755)


NO_PYTHON = "Python 3.11 or newer is missing: run 'apt-get install python3 python3-venv' and start again."
NO_NODE = "Node 20 or newer, with npm, is missing and bundles the browser's part: install it and start again."


def test_what_a_machine_lacks_is_named_all_at_once(run: Run) -> None:
    ended = run("scripts/setup")
    assert ended.returncode == 1
    assert sorted(ended.stderr.splitlines()) == [NO_NODE, NO_PYTHON]


def test_without_python_the_package_to_install_is_named(run: Run) -> None:
    ended = run("scripts/environment")
    assert ended.returncode == 1
    assert ended.stderr == NO_PYTHON + "\n"


def test_a_python_that_is_too_old_counts_as_none(run: Run, machine: Path) -> None:
    program(machine, "python3", "exit 1")  # what 3.9 answers when asked whether it is 3.11
    ended = run("scripts/setup")
    assert ended.returncode == 1
    assert NO_PYTHON in ended.stderr.splitlines()


def test_where_debian_took_venv_and_pip_away_the_package_to_install_is_named(run: Run, machine: Path) -> None:
    program(
        machine,
        "python3",
        f'case "$*" in *ensurepip*|*"-m pip"*) exit 1 ;; *) exec {sys.executable} "$@" ;; esac',
    )
    program(machine, "ls", "exit 1")  # nor is there the wheel that Debian keeps for virtualenv
    ended = run("scripts/environment")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == (
        "Python's venv module is incomplete: run 'apt-get install python3-venv' and start again."
    )


def test_without_node_one_sentence_says_what_is_missing(run: Run) -> None:
    ended = run("scripts/bundle")
    assert ended.returncode == 1
    assert ended.stderr == NO_NODE + "\n"


def test_a_node_that_is_too_old_is_named_with_its_version(run: Run, machine: Path) -> None:
    program(machine, "npm", "exit 9")
    program(machine, "node", "echo v18.19.0")
    ended = run("scripts/bundle")
    assert ended.returncode == 1
    assert ended.stderr == (
        "Node 20 or newer is needed to bundle the browser's part, and this is v18.19.0: "
        "install a newer one and start again.\n"
    )


def test_the_bundle_is_made_again_only_when_something_it_is_made_from_has_changed(
    run: Run, machine: Path, clone: Path
) -> None:
    calls = clone / "calls"
    program(machine, "node", "echo v20.0.0")
    program(machine, "npm", f'echo "$1" >>{calls}; mkdir -p {clone}/node_modules {clone}/inbox/web/static')
    run("scripts/bundle")
    run("scripts/bundle")
    assert calls.read_text().split() == ["ci", "run"]
    (clone / "templates/new.html").write_text("{{ icon('bell') }}")
    run("scripts/bundle")
    assert calls.read_text().split() == ["ci", "run", "run"]


@pytest.mark.alone
@pytest.mark.skipif(not (ROOT / "inbox/web/static").exists(), reason="this clone is not set up (make setup)")
def test_a_clone_that_is_ready_is_found_so_in_seconds() -> None:
    subprocess.run([ROOT / "scripts/setup"], check=True, capture_output=True, env=os.environ)
    began = time.monotonic()
    again = subprocess.run([ROOT / "scripts/setup"], check=True, capture_output=True, text=True, env=os.environ)
    assert time.monotonic() - began < 3
    assert again.stdout + again.stderr == ""


@pytest.mark.alone
def test_a_second_make_run_installs_nothing_and_says_once_where_the_desk_is(tmp_path: Path) -> None:
    said = ""
    for _ in range(2):
        with Served(["make", "-C", str(ROOT), "run"], tmp_path) as desk:
            assert desk.page()[0] == 200
            patience = time.monotonic() + 30
            while "http://" not in desk.log.read_text() and time.monotonic() < patience:
                time.sleep(0.05)
            said = desk.log.read_text()
            desk.end()
            assert desk.family() == set()
    assert said.count("http://") == 1
    assert "Installing" not in said
    assert "Bundling" not in said
