"""The desk's settings as one YAML text: written without secrets, read back whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

from inbox.actions.exporting import FORM, exported
from inbox.actions.who import Who, require
from inbox.errors import Invalid
from inbox.store import Store, Work

__all__ = ["MOST", "Change", "Fault", "Outcome", "Path", "read", "run", "written"]

MOST: Final = 2_000_000
HEAD: Final = """\
# The settings of a Sportello desk. Passwords, tokens and other secrets are left out: "left_out" names what there is.
# Reading it back changes and adds; it never takes anything away.
"""
Path = tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    """A value that cannot be taken: its line, where it stands, and why."""

    line: int
    where: str
    why: str


@dataclass(frozen=True)
class Change:
    """What becomes different: None stands for nothing."""

    where: str
    was: Any
    now: Any


@dataclass(frozen=True)
class Outcome:
    """What a reading found: with a fault nothing was changed."""

    changes: tuple[Change, ...]
    faults: tuple[Fault, ...]
    done: bool


def written(work: Work, who: Who) -> str:
    """The settings as YAML."""
    require(who, "settings.change")
    body = yaml.safe_dump(exported(work), sort_keys=False, allow_unicode=True, width=120)
    return HEAD + str(body)


# --- reading ----------------------------------------------------------------------------------------------------


def read(text: str) -> tuple[dict[str, Any], dict[Path, int]]:
    """The values of such a text, and the line of each by its path. Raises :class:`Invalid` naming the line."""
    try:
        if len(text) > MOST or any(isinstance(one, yaml.AliasEvent) for one in yaml.parse(text, yaml.SafeLoader)):
            msg = "the file is too large, or refers to itself; write it out plainly"
            raise Invalid(msg)
        node, values = yaml.compose(text, yaml.SafeLoader), yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        mark = getattr(problem, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        msg = f"line {line}: this is not YAML"
        raise Invalid(msg) from None
    if not isinstance(values, dict) or values.get("sportello") != FORM:
        msg = f"line 1: this is no file of settings; it begins with sportello: {FORM}"
        raise Invalid(msg)
    return values, dict(_lines(node, ()))


def _lines(node: Any, path: Path) -> Iterator[tuple[Path, int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            yield inner, key.start_mark.line + 1
            yield from (one for one in _lines(value, inner) if one[0] != inner)
    elif isinstance(node, yaml.SequenceNode):
        for n, value in enumerate(node.value):
            yield from _lines(value, (*path, str(n)))


class _Back(Exception):
    """Nothing of this is to stay."""


def run(
    store: Store,
    who: Who,
    text: str,
    apply: Callable[[Work, Who, dict[str, Any], dict[Path, int]], list[Fault]],
    *,
    dry: bool,
) -> Outcome:
    """Reads a text into the desk: everything, or nothing where a value is wrong or with ``dry``. What would become
    different is found by doing it and looking."""
    require(who, "settings.change")
    values, lines = read(text)
    changes: tuple[Change, ...] = ()
    faults: list[Fault] = []
    try:
        with store.transaction() as work:
            before = exported(work)
            faults = apply(work, who, values, lines)
            work.flush()
            work.expire_all()
            changes = tuple(_differences(before, exported(work), ()))
            if faults or dry:
                raise _Back
    except _Back:
        pass
    return Outcome(() if faults else changes, tuple(faults), done=not faults and not dry)


def _differences(was: Any, now: Any, path: Path) -> Iterator[Change]:
    if isinstance(was, dict) and isinstance(now, dict):
        for key in (*was, *(one for one in now if one not in was)):
            yield from _differences(was.get(key), now.get(key), (*path, str(key)))
    elif was != now:
        yield Change(".".join(path), was, now)
