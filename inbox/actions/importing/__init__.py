"""Settings out of a YAML text, part by part, through the same actions as every form: what is wrong is named by line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from inbox.actions import exporting
from inbox.actions.importing import desk, doing, ways
from inbox.actions.importing.reading import Reading
from inbox.actions.portable import Fault, Path
from inbox.actions.who import Who
from inbox.store import Work

__all__ = ["apply"]

#: In the order in which one refers to another.
_PARTS: Final[dict[str, Callable[[Reading, Any], None]]] = {
    "desk": desk.desk,
    "teams": desk.teams,
    "people": desk.people,
    "canned": desk.canned,
    "reasons": desk.reasons,
    "fields": doing.fields,
    "channels": ways.channels,
    "calendars": ways.calendars,
    "targets": ways.targets,
    "bands": ways.bands,
    "band_values": ways.band_values,
    "routing": ways.routing,
    "surveys": doing.surveys,
    "report_mails": doing.report_mails,
    "outside": doing.outside,
    "costs": doing.costs,
    "macros": doing.macros,
    "rules": doing.rules,
}


def apply(work: Work, who: Who, values: dict[str, Any], lines: Mapping[Path, int]) -> list[Fault]:
    """Puts the values into the desk; gives everything that was refused. The caller takes it all back then."""
    reading = Reading(work, who, exporting.exported(work), lines)
    for part in values:
        if part not in _PARTS and part != "sportello":
            reading.fault((str(part),), f"there is no such part; there are {', '.join(_PARTS)}")
    for part, take in _PARTS.items():
        if part in values:
            take(reading, values[part])
            work.flush()
    return reading.faults
