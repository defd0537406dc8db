"""The desk's settings as one YAML text: written without secrets, read back whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml
from sqlalchemy import select

from inbox.actions import desk, promises, reasons, routing
from inbox.actions.steps import STEPS
from inbox.actions.who import Who, require
from inbox.errors import Invalid
from inbox.store import Agent, Canned, Channel, Macro, Store, Team, Work

__all__ = ["DESK", "FORM", "Change", "Fault", "Names", "Outcome", "exported", "read", "run", "written"]

#: The form of the text; another one is refused.
FORM: Final = 1
MOST: Final = 2_000_000
#: What stands under ``desk``, by the name of its setting.
DESK: Final = {
    "name": "desk.name",
    "language": "desk.language",
    "timezone": "desk.timezone",
    "currency": "desk.currency",
    "close_after_d": "desk.close_after_d",
    "undo_s": "reply.undo_s",
    "agent_time": "report.agent_time",
    "colour": "desk.colour",
}
HEAD: Final = """\
# The settings of a Sportello desk. Passwords, tokens and the logo are left out: "left_out" names what a channel has.
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


class Names:
    """Ids and names of what settings refer to, both ways."""

    def __init__(self, work: Work) -> None:
        rows = [("team", one.id, one.name) for one in work.scalars(select(Team))]
        rows += [("agent", one.id, one.email) for one in work.scalars(select(Agent))]
        present = select(Channel).where(Channel.removed_at.is_(None))
        rows += [("channel", one.id, one.name) for one in work.scalars(present)]
        self._by_id = {id: (kind, name) for kind, id, name in rows}
        self._by_name = {(kind, name): id for kind, id, name in rows}
        self._canned = {str(one.id): one.name for one in work.scalars(select(Canned))}
        self._by_name |= {("canned", name): id for id, name in self._canned.items()}

    def steps(self, steps: list[dict[str, str]]) -> list[dict[str, str]]:
        """A macro's steps with names in place of ids."""
        return [
            {**one, "what": f"@canned/{self._canned[one['what']]}"}
            if STEPS[one["do"]].takes == "canned" and one["what"] in self._canned
            else self.named(one)
            for one in steps
        ]

    def named(self, value: Any) -> Any:
        """``value`` with names for ids: ``team:0a1b`` is ``team:Support``, one alone ``@team/Support``."""
        if isinstance(value, Mapping):
            return {self.named(key): self.named(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.named(one) for one in value]
        if not isinstance(value, str):
            return value
        kind, colon, id = value.partition(":")
        if colon and self._by_id.get(id, ("", ""))[0] == kind:
            return f"{kind}:{self._by_id[id][1]}"
        return f"@{'/'.join(self._by_id[value])}" if value in self._by_id else value

    def known(self, value: Any) -> Any:
        """The other way round. Raises :class:`Invalid` for a name that nobody has."""
        if isinstance(value, Mapping):
            return {self.known(str(key)): self.known(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.known(one) for one in value]
        if not isinstance(value, str):
            return value
        if value.startswith("@") and "/" in value:
            kind, _, name = value[1:].partition("/")
            return self.id(kind, name)
        kind, colon, name = value.partition(":")
        return f"{kind}:{self.id(kind, name)}" if colon and kind in {"team", "agent", "channel"} else value

    def id(self, kind: str, name: str) -> str:
        """The id behind a name. Raises :class:`Invalid`."""
        found = self._by_name.get((kind, name))
        if found is None:
            msg = f"nothing here is called {name!r} ({kind})"
            raise Invalid(msg)
        return found


# --- writing ----------------------------------------------------------------------------------------------------


def exported(work: Work) -> dict[str, Any]:
    """The settings as plain values, names in place of ids, in a steady order."""
    names = Names(work)
    values = {
        "sportello": FORM,
        "desk": {key: desk.get(work, name) for key, name in DESK.items()},
        "teams": {one.name: {"private": one.private} for one in work.scalars(select(Team).order_by(Team.name))},
        "people": {one.email: _person(one) for one in work.scalars(select(Agent).order_by(Agent.email))},
        "canned": {
            one.name: {"text": one.text, "team": names.named(one.team_id)}
            for one in work.scalars(select(Canned).order_by(Canned.name))
        },
        "reasons": [node.called for node in reasons.every(work) if node.open],
        "calendars": {id: names.named(dict(one)) for id, one in sorted(promises.calendars(work).items())},
        "targets": names.named(dict(sorted(promises.targets(work).items()))),
        "routing": names.named(dict(sorted(routing.rules(work).items()))),
        "bands": list(desk.get(work, "routing.bands")),
        "channels": {one.name: _channel(work, one, names) for one in _channels(work)},
        "macros": {
            one.name: names.steps(list(one.steps))
            for one in work.scalars(select(Macro).where(Macro.agent_id.is_(None)).order_by(Macro.name))
        },
    }
    plain: dict[str, Any] = json.loads(json.dumps(values))  # words in place of the members of enumerations
    return plain


def _channels(work: Work) -> Iterator[Channel]:
    yield from work.scalars(select(Channel).where(Channel.removed_at.is_(None)).order_by(Channel.name)).all()


def _person(agent: Agent) -> dict[str, Any]:
    return {
        "name": agent.name,
        "role": agent.role.value,
        "active": agent.active,
        "capacity": agent.capacity,
        "teams": [team.name for team in agent.teams],
    }


def _channel(work: Work, row: Channel, names: Names) -> dict[str, Any]:
    try:
        left = sorted(name for name, value in work.store.seal.open(row.secrets).items() if value)
    except Invalid:
        left = []
    return {
        "kind": row.kind,
        "title": row.title,
        "team": names.named(row.team_id),
        "enabled": row.enabled,
        "settings": dict(row.config),
        "left_out": left,
    }


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
