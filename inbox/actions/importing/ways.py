"""Out of a settings text: channels, the hours and targets that are promised there, and who is given what comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from inbox.actions import channels as verbs
from inbox.actions import costs, promises, worth
from inbox.actions import desk as settings
from inbox.actions import routing as giving
from inbox.actions.importing.reading import Reading
from inbox.actions.naming import Names
from inbox.errors import Invalid
from inbox.store import Channel, Work

__all__ = ["band_values", "bands", "calendars", "channels", "routing", "targets"]


def calendars(reading: Reading, values: Any) -> None:
    """Opening hours."""
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


def targets(reading: Reading, values: Any) -> None:
    """How long answers may take, by scope."""
    for scope, value in reading.changed("targets", values):
        with reading.at("targets", scope):
            promises.save_targets(reading.work, reading.who, Names(reading.work).known(scope), value)


def routing(reading: Reading, values: Any) -> None:
    """Who is given tickets, by scope."""
    for scope, value in reading.changed("routing", values):
        with reading.at("routing", scope):
            known = Names(reading.work).known(scope)
            giving.save_rule(reading.work, reading.who, known, str(value["way"]), sticky=bool(value["sticky"]))


def bands(reading: Reading, values: Any) -> None:
    """The bands of customers, all of them."""
    if values != reading.before["bands"]:
        with reading.at("bands"):
            named = [str(one) for one in values or ()]  # values come after them in the file, and are looked at there
            giving.save_bands(reading.work, reading.who, named, ordered=False)


def band_values(reading: Reading, values: Any) -> None:
    """From which lifetime value on a customer is in a band."""
    named: list[str] = settings.get(reading.work, "routing.bands")
    if values != reading.before["band_values"] or named != reading.before["bands"]:  # they fall in the order of bands
        with reading.at("band_values"):
            typed = {str(band): costs.of_a_file(value) for band, value in (values or {}).items()}
            worth.save_values(reading.work, reading.who, typed)


def channels(reading: Reading, values: Any) -> None:
    """Channels by their names."""
    for name, value in reading.changed("channels", values):
        with reading.at("channels", name):
            work, who = reading.work, reading.who
            team = Names(work).known(value.get("team")) or ""
            title, settings = str(value.get("title", "")), dict(value["settings"])
            known = work.scalar(select(Channel).where(Channel.name == name, Channel.removed_at.is_(None)))
            if known is None:
                kind = str(value["kind"])
                _with_secrets(work, kind, settings)
                known = verbs.add(work, who, kind=kind, name=name, values=settings, title=title)
            elif known.kind != value["kind"]:
                msg = f"{name} is a channel of the kind {known.kind} here"
                raise Invalid(msg)
            enabled = bool(value.get("enabled", True))
            verbs.change(work, who, known.id, values=settings, title=title, team=team, enabled=enabled)


def _with_secrets(work: Work, kind: str, settings: Mapping[str, Any]) -> None:
    """A new channel needs the secrets that no export holds."""
    connector = verbs.connector_of(work, kind)
    fields = connector.Config.model_fields
    missing = [name for name in verbs.secret_fields(connector) if fields[name].is_required() and not settings.get(name)]
    if missing:
        msg = (
            f"write {', '.join(sorted(missing))} into its settings (no export holds secrets), or leave the channel out"
        )
        raise Invalid(msg)
