"""Column words, each said once: ids, aware times, money, enums, JSON."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    DateTime,
    Enum,
    ForeignKey,
    Insert,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    insert,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, MappedAsDataclass, mapped_column
from sqlalchemy.types import TypeDecorator

__all__ = [
    "Base",
    "Created",
    "Fk",
    "Id",
    "Json",
    "Money",
    "Name",
    "Serial",
    "UtcDateTime",
    "insert_row",
    "insert_rows",
    "surrogate",
    "word",
]

#: 64 bits on PostgreSQL; SQLite's row id needs the word INTEGER.
BigId = BigInteger().with_variant(Integer, "sqlite")

#: Without look-alikes, so that an id can be read out on the phone.
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_CHANCE = secrets.SystemRandom()


def surrogate() -> str:
    """A random id of 16 letters (79 bits): unguessable, says nothing of the person behind it."""
    return "".join(_CHANCE.choices(ALPHABET, k=16))


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An aware UTC time. Refuses naive values on the way in; SQLite's come out naive and are given their zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Turns any aware time into UTC. Raises ``ValueError`` on a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a time without a zone cannot be stored"
            raise ValueError(msg)
        moment = value.astimezone(dt.UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Gives the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Exact(TypeDecorator[Decimal]):
    """Money with six decimals: NUMERIC on PostgreSQL, text on SQLite, which has no exact numbers."""

    impl = Numeric(18, 6)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Text where the database would make it a float."""
        return dialect.type_descriptor(String(32) if dialect.name == "sqlite" else Numeric(18, 6))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Decimal in, text to SQLite."""
        return str(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Decimal out, without trailing zeros that NUMERIC adds."""
        if value is None:
            return None
        number = Decimal(value)
        return number.quantize(Decimal(1)) if number == number.to_integral() else number.normalize()


JsonType = JSON().with_variant(JSONB(), "postgresql")

Id = Annotated[str, mapped_column(String(32), primary_key=True)]
Serial = Annotated[int, mapped_column(BigId, primary_key=True, autoincrement=True)]
Created = Annotated[dt.datetime, mapped_column(UtcDateTime)]
Name = Annotated[str, mapped_column(String(200))]
Json = Annotated[Any, mapped_column(JsonType)]
Money = Annotated[Decimal, mapped_column(Exact)]


def word(kind: type[StrEnum]) -> Enum:
    """An enum column stored by value, as text, on both databases."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=24,
        values_callable=lambda members: [member.value for member in members],
    )


@cache
def _insert(kind: type[Base]) -> tuple[Insert, tuple[str, ...], str | None]:
    """The statement for a table's rows, its columns, and the one that the database numbers."""
    table = cast("Table", kind.__table__)
    counted = table.autoincrement_column
    return insert(table), tuple(column.key for column in table.columns), counted.key if counted is not None else None


def insert_row(line: Connection, row: Base) -> None:
    """Stores one row past the unit of work; what the database or a column's default gives stands in it afterwards."""
    statement, names, counted = _insert(type(row))
    held = row.__dict__
    stored = line.execute(statement, {name: held[name] for name in names if held.get(name) is not None})
    if counted is not None and stored.inserted_primary_key is not None:
        setattr(row, counted, stored.inserted_primary_key[0])
    given = cast("Mapping[str, Any]", stored.last_inserted_params())
    for name in names:
        if name not in held:
            setattr(row, name, given.get(name))


def insert_rows(line: Connection, rows: Sequence[Base]) -> None:
    """Stores many new rows of one table in their order; the numbers that the database gives them are not read back."""
    if rows:
        statement, names, counted = _insert(type(rows[0]))
        kept = [name for name in names if name != counted]
        line.execute(statement, [{name: row.__dict__.get(name) for name in kept} for row in rows])


def Fk(target: str, *, cascade: bool = False) -> ForeignKey:  # noqa: N802  (reads as a column word)
    """A foreign key; ``cascade`` removes the row with its whole."""
    return ForeignKey(target, ondelete="CASCADE" if cascade else None)


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """Every table. A dataclass, because a column's ``default=`` alone applies only at flush: too late for a verb."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {dt.datetime: UtcDateTime, str: Text, int: BigId, Decimal: Exact}  # noqa: RUF012
