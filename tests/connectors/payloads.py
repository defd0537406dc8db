"""Recorded payloads, named by trait: ``tests/fixtures/<kind>/<trait>.<form|json>``."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "fixtures"


def payload(kind: str, name: str) -> bytes:
    """The bytes of one; a form is written one field a line in its file."""
    raw = (FOLDER / kind / name).read_bytes()
    return b"&".join(raw.split(b"\n")).strip(b"&") if name.endswith(".form") else raw


def names(kind: str) -> list[str]:
    """All of a kind."""
    return sorted(path.name for path in (FOLDER / kind).iterdir() if path.suffix in (".form", ".json"))
