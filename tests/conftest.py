"""What every test may ask for: databases, servers and a browser that really run, and an account of what was skipped."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest
from argon2 import PasswordHasher

from inbox import clock
from inbox.actions import people
from inbox.settings import Settings

pytest_plugins = [
    "pytester",
    "tests.skips",
    "tests.servers.postgresql",
    "tests.servers.redis",
    "tests.servers.databases",
    "tests.servers.chromium",
    "tests.servers.quick",
]

# The desk of whoever runs the tests is no part of them.
for field in Settings.model_fields:
    os.environ.pop(field.upper(), None)

# One present for what the processes of a parallel run make for each other: they inherit it from who starts them.
os.environ.setdefault("TESTS_BEGAN", clock.iso(clock.now()))

# The library's cheapest hash: no test is about guessing passwords.
people.HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)

# A busy machine is no bug, and the same commit gives the same examples.
hypothesis.settings.register_profile("shared machine", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("shared machine")


#: Folders whose tests share a desk, so that they stay together; that wait for programs and for time; that take longest.
TOGETHER = ("ui",)
WAITING = ("journeys", "chaos", "packaging", "worker", "sending")
LONGEST = ("demo", "web", "figures")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order in which a run's processes take files: while one waits, others have something to do, and at the end
    small files are left. What stands in a folder keeps its order."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    order = [path for path in files if path.parent.name in TOGETHER]
    waiting = [path for path in files if path.parent.name in WAITING]
    busy = sorted((path for path in files if path.parent.name not in {*TOGETHER, *WAITING}), key=_rank)
    while waiting or busy:
        order += waiting[:1] + busy[:2]
        waiting, busy = waiting[1:], busy[2:]
    items[:] = [item for path in order for item in files[path]]


def _rank(file: Path) -> int:
    return LONGEST.index(file.parent.name) if file.parent.name in LONGEST else len(LONGEST)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="the long form of tests that have one (chaos, a11y, gallery)")


@pytest.fixture(scope="session")
def full(pytestconfig: pytest.Config) -> bool:
    """True where a test is asked for its long form."""
    return bool(pytestconfig.getoption("--full"))
