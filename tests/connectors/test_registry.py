"""Connectors are found by their word, and one that is broken leaves the others alone."""

from __future__ import annotations

import ast
import inspect
import logging
import pkgutil
import sys
import types
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

import connectors
from connectors.base import Capabilities, Config, Connector
from connectors.chat import Chat


class Fax(Connector[Config]):
    kind = "fax"
    title = "Fax"
    Config = Config
    capabilities = Capabilities()


@pytest.fixture
def fresh() -> Iterator[None]:
    connectors._loaded.cache_clear()
    yield
    connectors._loaded.cache_clear()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, fresh: None) -> types.ModuleType:
    """A package of somebody else's."""
    module = types.ModuleType("somebodys_fax")
    monkeypatch.setitem(sys.modules, "somebodys_fax", module)
    vars(module).update(Fax=Fax, Chat=Chat, nothing=object)
    return module


def installed(monkeypatch: pytest.MonkeyPatch, **points: str) -> None:
    found = [EntryPoint(name, value, connectors.GROUP) for name, value in points.items()]
    monkeypatch.setattr(connectors, "entry_points", lambda group: found if group == "sportello.connectors" else [])


def test_the_five_of_the_house_are_there_in_their_order() -> None:
    assert list(connectors.registry()) == ["email", "sms", "chat", "telegram", "messenger"]


def test_a_registry_that_somebody_changes_is_theirs_alone() -> None:
    connectors.registry().clear()
    assert connectors.registry()


def test_others_plug_in_by_entry_point(monkeypatch: pytest.MonkeyPatch, elsewhere: types.ModuleType) -> None:
    installed(monkeypatch, fax="somebodys_fax:Fax")
    assert isinstance(connectors.registry()["fax"], Fax)


@pytest.mark.parametrize(
    "points",
    [
        {"fax": "somebodys_fax:Missing"},
        {"fax": "no_such_module_anywhere:Fax"},
        {"fax": "somebodys_fax:nothing"},
        {"telex": "somebodys_fax:Fax"},
        {"sms": "somebodys_fax:Fax"},
    ],
)
def test_a_broken_one_is_left_out_and_logged(
    monkeypatch: pytest.MonkeyPatch,
    elsewhere: types.ModuleType,
    caplog: pytest.LogCaptureFixture,
    points: dict[str, str],
) -> None:
    installed(monkeypatch, **points)
    with caplog.at_level(logging.WARNING):
        found = connectors.registry()
    assert set(found) <= set(connectors.KINDS)
    assert not isinstance(found["sms"], Fax)
    assert next(iter(points)) in caplog.text


def test_connectors_know_nothing_of_the_desk() -> None:
    folder = Path(inspect.getfile(connectors)).parent
    known: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names: list[Any] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            known |= {name.partition(".")[0] for name in names}
    assert not known & {"inbox", "flask", "sqlalchemy"}
    assert [module.name for module in pkgutil.iter_modules([str(folder)])]
