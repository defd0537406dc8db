"""What every shape is made of: frozen models, times as text, pages, people."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from inbox import clock

__all__ = ["Page", "Person", "Shape", "Time"]

T = TypeVar("T")

#: RFC 3339 in UTC with milliseconds: ``2026-03-09T08:00:00.000Z``.
Time = Annotated[
    dt.datetime,
    PlainSerializer(clock.iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-03-09T08:00:00.000Z"]}),
]


class Shape(BaseModel):
    """One thing as JSON. Fields are added over time, never renamed; what is not known is null."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    def as_json(self) -> str:
        """The JSON text, under the names of the contract."""
        return self.model_dump_json(by_alias=True)


class Page(Shape, Generic[T]):
    """A part of a list; ``next`` goes into ``after`` for the following part and is null at the end."""

    items: list[T]
    next: str | None = Field(description="The cursor of the following page; null at the end.")


class Person(Shape):
    """Somebody with an address on a kind of channel."""

    name: str | None
    address: str | None

    @classmethod
    def of(cls, one: dict[str, str]) -> Person:
        """From what the store keeps of an address list; an empty name or address is unknown."""
        return cls(name=one.get("name") or None, address=one.get("address") or None)
