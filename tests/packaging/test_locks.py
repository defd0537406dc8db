"""The lock files say exactly what is installed, for every installer alike, and not where it came from."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGE = json.loads((ROOT / "package.json").read_text())
PACKAGE_LOCK = json.loads((ROOT / "package-lock.json").read_text())
LOCK = (ROOT / "requirements.lock").read_text()


def asked_for() -> list[str]:
    """Every requirement of pyproject.toml: to run, to build, for each extra and for development."""
    project: dict[str, Any] = PYPROJECT["project"]
    groups = [*project["optional-dependencies"].values(), *PYPROJECT["dependency-groups"].values()]
    return [
        *project["dependencies"],
        *PYPROJECT["build-system"]["requires"],
        *(line for group in groups for line in group),
    ]


def locked() -> dict[str, list[Requirement]]:
    """Name → the versions that requirements.lock pins, usually one; more where platforms differ."""
    pins: dict[str, list[Requirement]] = {}
    for entry in re.split(r"\n(?=[a-z0-9])", re.sub(r"(?m)^\s*#.*\n", "", LOCK)):
        requirement = Requirement(entry.replace("\\\n", " ").split("--hash")[0].strip())
        pins.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return pins


@pytest.mark.parametrize("wanted", asked_for())
def test_everything_that_pyproject_asks_for_is_locked_at_a_version_it_allows(wanted: str) -> None:
    requirement = Requirement(wanted)
    pins = locked().get(canonicalize_name(requirement.name))
    assert pins, f"{wanted} is not in requirements.lock: make lock"
    for pin in pins:
        version = str(pin.specifier).removeprefix("==")
        assert requirement.specifier.contains(version, prereleases=True), f"{wanted}, but {pin} is locked: make lock"


def test_every_locked_package_is_pinned_and_has_a_hash() -> None:
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"(?m)^\s*#.*\n", "", LOCK))
    assert len(entries) > len(asked_for())
    for entry in entries:
        assert "==" in entry.split("--hash")[0], entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry


def test_the_lock_installs_what_this_python_runs_on() -> None:
    usable = {name for name, pins in locked().items() if any(not p.marker or p.marker.evaluate() for p in pins)}
    assert {canonicalize_name(Requirement(line).name) for line in PYPROJECT["project"]["dependencies"]} <= usable


def test_no_lock_names_a_host() -> None:
    assert not re.search(r"://|--(extra-)?index|--find-links|--trusted|@ file", LOCK)
    for name, entry in PACKAGE_LOCK["packages"].items():
        assert "resolved" not in entry, name


def test_every_browser_package_is_locked_at_the_version_that_package_json_names() -> None:
    wanted = {**PACKAGE["dependencies"], **PACKAGE["devDependencies"]}
    assert {name: PACKAGE_LOCK["packages"][f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all(entry.get("integrity") for name, entry in PACKAGE_LOCK["packages"].items() if name)


def test_every_platform_part_of_a_browser_package_is_locked() -> None:
    packages = PACKAGE_LOCK["packages"]
    missing = [
        f"{name}: {part}"
        for name, entry in packages.items()
        for part in entry.get("optionalDependencies", {})
        if f"node_modules/{part}" not in packages
    ]
    assert not missing


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_what_is_built_or_names_a_host_is_not_in_git() -> None:
    built = ["uv.lock", "node_modules", "inbox/web/static", ".venv", "data"]
    listed = subprocess.run(["git", "ls-files", "--", *built], cwd=ROOT, capture_output=True, text=True, check=True)
    assert listed.stdout == ""
