"""Opening the desk for a command: its settings, its store, its files of secrets, and how it prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from inbox import logs
from inbox.errors import Invalid, Unavailable
from inbox.settings import Settings
from inbox.store import Store, running

__all__ = ["JSON", "day", "opened", "say", "secret", "table"]

#: The option of every command that has something to tell a program.
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def day() -> click.DateTime:
    """An option's local day."""
    return click.DateTime(["%Y-%m-%d"])


@contextmanager
def opened(*, connectors: bool = True, new: bool = False) -> Iterator[Store]:
    """The desk's store, closed at the end. ``connectors`` loads the providers' libraries, which takes a while.

    ``new`` makes the folder and the key where there are none. Raises :class:`Unavailable` where there is no desk.
    """
    settings = Settings()
    logs.configure("WARNING")
    missing = settings.is_sqlite and not settings.database_url and not (settings.data_dir / "sportello.db").exists()
    if missing and not new:
        msg = f"there is no desk in {settings.data_dir.resolve()} yet; run sportello setup there, or set DATA_DIR"
        raise Unavailable(msg)
    settings.prepare()
    known = {}
    if connectors:
        from connectors import registry

        known = registry()
    store = Store(settings, known)
    try:
        with running.held(settings):
            yield store
    finally:
        store.close()


def secret(file: str) -> str:
    """A password from the first line of a file (``-`` is standard input), so that it stands in no list of processes."""
    text = sys.stdin.readline() if file == "-" else Path(file).read_text(encoding="utf-8-sig").partition("\n")[0]
    word = text.rstrip("\r\n")
    if not word:
        msg = f"there is no password in {file}"
        raise Invalid(msg, fields={"password": msg})
    return word


def say(value: Any) -> None:
    """One JSON value on a line of its own."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Columns for a person; numbers to the right."""
    lines = [[("" if cell is None else str(cell)) for cell in row] for row in rows]
    widths = [max(len(row[n]) for row in [list(head), *lines]) for n in range(len(head))]
    numbers = [all(row[n].lstrip("-").isdigit() for row in lines if row[n]) for n in range(len(head))]
    for row in [list(head), *lines]:
        cells = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numbers, strict=True)
        ]
        click.echo("  ".join(cells).rstrip())
