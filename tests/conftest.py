"""What every test may ask for: databases, servers and a browser that really run, and an account of what was skipped."""

from __future__ import annotations

import os

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


#: Folders whose files take longest, which come first: at the end of a run both processes have small files left.
LONGEST = ("ui", "journeys", "chaos", "demo", "packaging", "web", "sending", "worker")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folders of long files first; what stands in a folder keeps its order."""

    def rank(item: pytest.Item) -> int:
        folder = item.path.parent.name
        return LONGEST.index(folder) if folder in LONGEST else len(LONGEST)

    items.sort(key=rank)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="the long form of tests that have one (chaos, a11y, gallery)")


@pytest.fixture(scope="session")
def full(pytestconfig: pytest.Config) -> bool:
    """True where a test is asked for its long form."""
    return bool(pytestconfig.getoption("--full"))
