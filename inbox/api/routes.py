"""The table of addresses: each with its method, what it takes, what it gives and the right it needs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from inbox.actions.reply import Upload
from inbox.actions.who import Who
from inbox.reading.feeds import MOST
from inbox.shapes import Shape
from inbox.store import Store

__all__ = ["WORDS", "Binary", "Body", "Call", "Nothing", "Paging", "Query", "Route", "Routes"]

Q = TypeVar("Q", bound="Query")
B = TypeVar("B", bound="Body")

#: Parts of a path that are words: a problem's name, an event's id, a customer's.
WORDS = frozenset({"name", "event", "customer"})
#: Larger numbers are not exact in every language that reads JSON.
HIGHEST = 2**53


class Query(BaseModel):
    """What may stand behind the question mark; anything else is refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Paging(Query):
    """A list comes in pages."""

    after: int | None = Field(None, ge=0, le=HIGHEST, description="The ``next`` of the page before.")
    limit: int = Field(100, ge=1, le=MOST, description="How many at most.")


class Body(BaseModel):
    """A JSON body; unknown fields are refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Body, Query):
    """Takes nothing."""


@dataclass(frozen=True)
class Call(Generic[Q, B]):
    """One request, read and permitted."""

    store: Store
    who: Who
    query: Q
    body: B
    uploads: tuple[Upload, ...] = ()


@dataclass(frozen=True)
class Binary:
    """An answer that is no JSON shape."""

    content_type: str
    description: str


Gives = type[Shape] | Binary


@dataclass(frozen=True)
class Route:
    """One line of the table. ``path`` has its numbers in braces: ``/tickets/{number}``; ``headers`` are what an answer
    says beside its body, by their names."""

    method: str
    path: str
    do: Callable[..., Response]
    gives: Mapping[int, tuple[Gives, ...]]
    query: type[Query] = Nothing
    body: type[Body] | None = None
    right: str = "ticket.read"
    public: bool = False
    uploads: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Unique over the table; the OpenAPI document's operationId."""
        return self.do.__name__

    @property
    def summary(self) -> str:
        """The first sentence of what it says of itself."""
        return inspect.cleandoc(self.do.__doc__ or "").partition("\n")[0]

    @property
    def description(self) -> str:
        """All that it says of itself."""
        return inspect.cleandoc(self.do.__doc__ or "")

    @property
    def numbers(self) -> list[str]:
        """The names of the parts of the path that vary."""
        return re.findall(r"{(\w+)}", self.path)

    @property
    def rule(self) -> str:
        """As Flask writes the path: ids are numbers, but for those in :data:`WORDS`."""

        def converter(part: re.Match[str]) -> str:
            return f"<{part[1]}>" if part[1] in WORDS else f"<int:{part[1]}>"

        return re.sub(r"{(\w+)}", converter, self.path)


@dataclass(frozen=True)
class Routes:
    """A part of the table, filled by decorators where the verbs are written."""

    lines: list[Route] = field(default_factory=list)

    def get(
        self, path: str, gives: Gives | tuple[Gives, ...], **facts: Any
    ) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
        """Something to read."""
        return self._add("GET", path, {200: gives}, facts)

    def post(
        self, path: str, gives: Gives | Mapping[int, Gives | tuple[Gives, ...]], **facts: Any
    ) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
        """Something to do."""
        facts.setdefault("right", "ticket.write")
        return self._add("POST", path, gives if isinstance(gives, Mapping) else {200: gives}, facts)

    def _add(
        self, method: str, path: str, gives: Mapping[int, Gives | tuple[Gives, ...]], facts: dict[str, Any]
    ) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
        every = {status: one if isinstance(one, tuple) else (one,) for status, one in gives.items()}

        def keep(do: Callable[..., Response]) -> Callable[..., Response]:
            self.lines.append(Route(method, path, do, every, **facts))
            return do

        return keep
