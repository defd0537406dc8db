"""One reading of a settings text under way: what it may refuse, and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from inbox.actions.portable import Fault, Path
from inbox.actions.who import Who
from inbox.errors import Problem
from inbox.store import Work

__all__ = ["Reading"]


@dataclass
class Reading:
    """One reading under way."""

    work: Work
    who: Who
    before: dict[str, Any]
    lines: Mapping[Path, int]
    faults: list[Fault] = field(default_factory=list)

    @contextmanager
    def at(self, *path: str) -> Iterator[None]:
        """Whatever is refused inside is a fault at that place, the next part is read all the same."""
        try:
            yield
        except Problem as problem:
            for name, why in (problem.fields or {"": problem.detail}).items():
                inner = (*path, name) if (*path, name) in self.lines else path
                deep = (*path, "settings", *name.split(".")[:1])
                self.fault(deep if deep in self.lines else inner, why)
        except (TypeError, ValueError, AttributeError, KeyError):
            self.fault(path, "this has another form than the same part of an export")

    def fault(self, path: Path, why: str) -> None:
        while path and path not in self.lines:
            path = path[:-1]
        self.faults.append(Fault(self.lines.get(path, 1), ".".join(path), why))

    def changed(self, part: str, values: Any) -> Iterator[tuple[str, Any]]:
        """The entries of a part that are not as they are in the desk."""
        if values is None:
            return
        if not isinstance(values, Mapping):
            self.fault((part,), "this has another form than the same part of an export")
            return
        for key, value in values.items():
            if self.before.get(part, {}).get(str(key)) != value:
                yield str(key), value
