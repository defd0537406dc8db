"""What a desk works out once in its life, and tests would for each desk of theirs: statements and templates."""

from __future__ import annotations

import gc
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import create_engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

from inbox import app
from inbox.store import engine
from tests.servers.once import made_once


def _same(one: object, other: object) -> bool:
    return type(one) is type(other)


def _alike(one: object) -> int:
    return hash(type(one))


def keep_statements(engines: Any = engine) -> None:
    """Lets every engine of a kind find the SQL that another one has made of a statement, as each finds its own."""
    dialects: tuple[Any, ...] = (SQLiteDialect_pysqlite, PGDialect_psycopg)
    for dialect in dialects:  # by which kept statements are looked up, beside the statement itself
        dialect.__eq__, dialect.__hash__ = _same, _alike
    kept: LRUCache[Any, Any] = LRUCache(10_000)
    engines.create_engine = partial(create_engine, execution_options={"compiled_cache": kept})


def keep_templates(folder: Path, wiring: Any = app) -> None:
    """Lets every application take a template's code from there, whichever process and whose desk has compiled it."""
    kept = FileSystemBytecodeCache(str(folder))
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": kept}
    wiring.Compiled = lambda _folder, _key: kept


@pytest.fixture(scope="session", autouse=True)
def quick(tmp_path_factory: pytest.TempPathFactory) -> None:
    """For all tests. What was there before them is not looked through for garbage again and again."""
    keep_statements()
    keep_templates(made_once(tmp_path_factory, "templates", lambda _folder: None))
    gc.collect()
    gc.freeze()
