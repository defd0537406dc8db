"""What a desk works out once in its life, and tests would for each desk of theirs: the SQL of its statements."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

from inbox.store import engine


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


@pytest.fixture(scope="session", autouse=True)
def quick() -> None:
    """For all tests."""
    keep_statements()
