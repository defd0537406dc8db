"""The tables: made by migrations alone, equal to the model, and removable again."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect, text

from inbox.errors import Unavailable
from inbox.settings import Settings
from inbox.store import Base, engine, schema


@pytest.fixture
def empty(empty_database_url: str, data_dir: Path) -> Settings:
    settings = Settings(database_url=empty_database_url, data_dir=data_dir)
    settings.prepare()
    return settings


@pytest.mark.filterwarnings("ignore:.*expression-based index ix_events_")  # test_log asks for these
@pytest.mark.filterwarnings("ignore:autogenerate skipping .*expression-based index 'ix_events_")
def test_migrations_make_exactly_the_tables_of_the_model(empty: Settings) -> None:
    assert schema.pending(empty)
    assert schema.upgrade(empty) == ("", schema.newest())
    assert not schema.pending(empty)
    with engine.make(empty.url, writing=True).connect() as connection:
        tables = set(inspect(connection).get_table_names())
        assert set(Base.metadata.tables) <= tables
        connection.rollback()
        command.check(schema.config(connection))


def test_a_second_migration_changes_nothing(empty: Settings) -> None:
    schema.upgrade(empty)
    assert schema.upgrade(empty) == (schema.newest(), schema.newest())


def test_the_way_down_leaves_nothing_but_the_mark(empty: Settings) -> None:
    schema.upgrade(empty)
    schema.downgrade(empty, "base")
    with engine.make(empty.url, writing=False).connect() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    assert schema.current(empty) == ""
    schema.upgrade(empty)
    assert not schema.pending(empty)


def test_a_database_of_a_newer_program_is_refused_with_a_sentence(empty: Settings) -> None:
    schema.upgrade(empty)
    with engine.make(empty.url, writing=True).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="newer Sportello"):
        schema.upgrade(empty)
