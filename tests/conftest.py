"""What every test may ask for: databases, servers and a browser that really run, and an account of what was skipped."""

from __future__ import annotations

import os

import hypothesis
import pytest
from argon2 import PasswordHasher

from inbox.actions import people
from inbox.settings import Settings

pytest_plugins = [
    "pytester",
    "tests.skips",
    "tests.servers.postgresql",
    "tests.servers.redis",
    "tests.servers.databases",
    "tests.servers.chromium",
]

# The desk of whoever runs the tests is no part of them.
for field in Settings.model_fields:
    os.environ.pop(field.upper(), None)

# The library's cheapest hash: no test is about guessing passwords.
people.HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)

# A busy machine is no bug, and the same commit gives the same examples.
hypothesis.settings.register_profile("shared machine", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("shared machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="the long form of tests that have one (chaos, a11y, gallery)")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share what their module or folder starts run in the same process, so that it is started once."""
    for item in items:
        if not isinstance(item, pytest.Function) or item.get_closest_marker("xdist_group"):
            continue
        known = item._fixtureinfo.name2fixturedefs
        shared = {name: known[name][-1].scope for name in item.fixturenames if name in known}
        shared = {name: scope for name, scope in shared.items() if scope in {"module", "package"}}
        if shared:
            place = item.path.parent if "package" in shared.values() else item.path
            chosen = getattr(item, "callspec", None)
            kinds = [str(chosen.params[name]) for name in shared if chosen is not None and name in chosen.params]
            item.add_marker(pytest.mark.xdist_group("-".join([place.name, *kinds])))


@pytest.fixture(scope="session")
def full(pytestconfig: pytest.Config) -> bool:
    """True where a test is asked for its long form."""
    return bool(pytestconfig.getoption("--full"))
