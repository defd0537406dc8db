"""Settings out of a YAML text, part by part, through the same actions as every form: what is wrong is named by line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select

from inbox.actions import branding, channels, desk, macros, people, portable, promises, reasons, routing, words
from inbox.actions.portable import DESK, Fault, Names, Path
from inbox.actions.who import Who
from inbox.errors import Invalid, Problem
from inbox.store import Agent, Canned, Channel, Macro, Team, Work

__all__ = ["apply"]


@dataclass
class _Reading:
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


def apply(work: Work, who: Who, values: dict[str, Any], lines: Mapping[Path, int]) -> list[Fault]:
    """Puts the values into the desk; gives everything that was refused. The caller takes it all back then."""
    reading = _Reading(work, who, portable.exported(work), lines)
    for part in values:
        if part not in _PARTS and part != "sportello":
            reading.fault((str(part),), f"there is no such part; there are {', '.join(_PARTS)}")
    for part, take in _PARTS.items():
        if part in values:
            take(reading, values[part])
            work.flush()
    return reading.faults


def _desk(reading: _Reading, values: Any) -> None:
    for key, value in reading.changed("desk", values):
        with reading.at("desk", key):
            if key not in DESK:
                msg = f"there is no such setting; there are {', '.join(DESK)}"
                raise Invalid(msg)
            if key == "colour":
                branding.change(reading.work, reading.who, chosen=str(value or ""))
            else:
                desk.put(reading.work, reading.who, DESK[key], value)


def _teams(reading: _Reading, values: Any) -> None:
    for name, value in reading.changed("teams", values):
        with reading.at("teams", name):
            private = bool(value["private"])
            known = reading.work.scalar(select(Team).where(Team.name == name))
            if known is None:
                people.add_team(reading.work, reading.who, name, private=private)
            else:
                people.change_team(reading.work, reading.who, known.id, name=name, private=private)


def _people(reading: _Reading, values: Any) -> None:
    for email, value in reading.changed("people", values):
        with reading.at("people", email):
            names = Names(reading.work)
            facts: dict[str, Any] = {
                "name": str(value["name"]),
                "role": str(value["role"]),
                "capacity": int(value["capacity"]),
                "teams": [names.id("team", str(one)) for one in value.get("teams", ())],
            }
            known = reading.work.scalar(select(Agent).where(Agent.email == email.strip().lower()))
            row = known or people.add_agent(reading.work, reading.who, email=email, **facts)
            if known is not None or not value.get("active", True):
                people.change_agent(reading.work, reading.who, row.id, active=bool(value.get("active", True)), **facts)


def _canned(reading: _Reading, values: Any) -> None:
    for name, value in reading.changed("canned", values):
        with reading.at("canned", name):
            team = Names(reading.work).known(value.get("team"))
            known = reading.work.scalar(select(Canned).where(Canned.name == name))
            given = {"name": name, "text": str(value["text"]), "team": team}
            if known is None:
                words.add_canned(reading.work, reading.who, **given)
            else:
                words.change_canned(reading.work, reading.who, known.id, **given)


def _reasons(reading: _Reading, values: Any) -> None:
    if not isinstance(values, list):
        reading.fault(("reasons",), "this is a list of names")
        return
    for n, name in enumerate(values):
        if name not in reading.before["reasons"]:
            with reading.at("reasons", str(n)):
                reasons.grow(reading.work, reading.who, str(name))


def _calendars(reading: _Reading, values: Any) -> None:
    for id, value in reading.changed("calendars", values):
        with reading.at("calendars", id):
            names = Names(reading.work)
            given = {
                **value,
                "week": {day: ", ".join(spans) for day, spans in value["week"].items()},
                "special": {
                    str(day): {"name": one["name"], "hours": ", ".join(one["spans"])}
                    for day, one in value.get("special", {}).items()
                },
                "channels": names.known(value.get("channels", [])),
                "teams": names.known(value.get("teams", [])),
            }
            promises.save_calendar(reading.work, reading.who, id, given)


def _targets(reading: _Reading, values: Any) -> None:
    for scope, value in reading.changed("targets", values):
        with reading.at("targets", scope):
            promises.save_targets(reading.work, reading.who, Names(reading.work).known(scope), value)


def _routing(reading: _Reading, values: Any) -> None:
    for scope, value in reading.changed("routing", values):
        with reading.at("routing", scope):
            known = Names(reading.work).known(scope)
            routing.save_rule(reading.work, reading.who, known, str(value["way"]), sticky=bool(value["sticky"]))


def _bands(reading: _Reading, values: Any) -> None:
    if values != reading.before["bands"]:
        with reading.at("bands"):
            routing.save_bands(reading.work, reading.who, [str(one) for one in values or ()])


def _channels(reading: _Reading, values: Any) -> None:
    for name, value in reading.changed("channels", values):
        with reading.at("channels", name):
            work, who = reading.work, reading.who
            team = Names(work).known(value.get("team")) or ""
            title, settings = str(value.get("title", "")), dict(value["settings"])
            known = work.scalar(select(Channel).where(Channel.name == name, Channel.removed_at.is_(None)))
            if known is None:
                kind = str(value["kind"])
                _with_secrets(work, kind, settings)
                known = channels.add(work, who, kind=kind, name=name, values=settings, title=title)
            elif known.kind != value["kind"]:
                msg = f"{name} is a channel of the kind {known.kind} here"
                raise Invalid(msg)
            enabled = bool(value.get("enabled", True))
            channels.change(work, who, known.id, values=settings, title=title, team=team, enabled=enabled)


def _with_secrets(work: Work, kind: str, settings: Mapping[str, Any]) -> None:
    """A new channel needs the secrets that no export holds."""
    connector = channels.connector_of(work, kind)
    fields = connector.Config.model_fields
    missing = [
        name for name in channels.secret_fields(connector) if fields[name].is_required() and not settings.get(name)
    ]
    if missing:
        msg = (
            f"write {', '.join(sorted(missing))} into its settings (no export holds secrets), or leave the channel out"
        )
        raise Invalid(msg)


def _macros(reading: _Reading, values: Any) -> None:
    for name, value in reading.changed("macros", values):
        with reading.at("macros", name):
            steps = Names(reading.work).known(value)
            known = reading.work.scalar(select(Macro).where(Macro.name == name, Macro.agent_id.is_(None)))
            if known is None:
                macros.add(reading.work, reading.who, name=name, what=steps, shared=True)
            else:
                macros.change(reading.work, reading.who, known.id, name=name, what=steps, shared=True)


#: In the order in which one refers to another.
_PARTS: Final[dict[str, Callable[[_Reading, Any], None]]] = {
    "desk": _desk,
    "teams": _teams,
    "people": _people,
    "canned": _canned,
    "reasons": _reasons,
    "channels": _channels,
    "calendars": _calendars,
    "targets": _targets,
    "routing": _routing,
    "bands": _bands,
    "macros": _macros,
}
