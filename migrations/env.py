"""Alembic's entry: the desk's engine, the store's tables, our own column types written with their import."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON, Connection, Numeric, String

from inbox.settings import Settings
from inbox.store import Base, engine
from inbox.store.columns import Exact, UtcDateTime


def render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Autogenerate writes our column types as what they are in the database."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Exact):
        return "sa.Numeric(18, 6).with_variant(sa.String(32), 'sqlite')"
    if kind == "type" and isinstance(item, JSON):
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False


def compare_type(at: Any, _inspected: Any, _column: Any, inspected_type: Any, metadata_type: Any) -> bool | None:
    """Money is text on SQLite and NUMERIC elsewhere; both are what the model says. A text's length is none of SQLite's
    business: a longer one needs no new table there."""
    if isinstance(metadata_type, Exact):
        return not isinstance(inspected_type, (Numeric, String))
    if at.dialect.name == "sqlite" and isinstance(inspected_type, String) and isinstance(metadata_type, String):
        return False
    return None


#: How what migrations make by hand begins: full text, and what is indexed by a part of the events' JSON.
BY_HAND = ("search_", "ix_search_", "ix_events_revenue")


def include_object(_item: Any, name: str | None, kind: str, reflected: bool, _other: Any) -> bool:  # noqa: FBT001
    """Autogenerate leaves alone what it cannot write."""
    return not (kind in {"table", "index"} and reflected and (name or "").startswith(BY_HAND))


def run(connection: Connection) -> None:
    """Runs the migrations on one connection, in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_item=render_item,
        compare_type=compare_type,
        include_object=include_object,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    settings = Settings()
    settings.prepare()
    with engine.make(settings.url, writing=True).begin() as own:
        run(own)
