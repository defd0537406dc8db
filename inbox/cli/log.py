"""The event log as JSON lines: out for a warehouse or another desk, in with every line looked at."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO

import click

from inbox.actions import agreements, history, telling
from inbox.actions.prefixing import Prefix
from inbox.actions.scales import Scales
from inbox.actions.strangers import Strangers
from inbox.actions.who import SYSTEM
from inbox.cli.opening import opened
from inbox.cli.ordered import in_order
from inbox.reading import feeds
from inbox.store import Store

__all__ = ["log"]

#: A line's number in its file, and the event in it.
Line = tuple[int, history.Row]

BATCH = 1_000
REFUSED = 65  # EX_DATAERR


@click.group()
def log() -> None:
    """Export and import the event log.

    \b
    Example:
      sportello log export events.jsonl
    """


@log.command()
@click.argument("file", default="-", metavar="[FILE]")
@click.option("--after", type=click.IntRange(0, 2**53), default=0, help="Only what came after this seq.")
def export(file: str, after: int) -> None:
    """Write the event log, one JSON object a line; FILE is standard output unless named.

    It says nothing of hours, promises and the like: sportello report config writes these for a report over the file.
    It is whole: it says when each person worked also while figures per person are off, and then says so on standard
    error.

    \b
    Example:
      sportello log export events.jsonl
      sportello log export --after 120000 | gzip > new.jsonl.gz
    """
    with opened(connectors=False) as store:
        if file == "-":
            _write(store, sys.stdout, after)
            return
        with Path(file).open("w", encoding="utf-8") as out:
            count = _write(store, out, after)
    click.echo(f"{count} events are in {file}.")


def _write(store: Store, out: IO[str], after: int) -> int:
    count = 0
    with store.reading() as work:
        warn = agreements.current(work) is None
    for row in feeds.stream(store, SYSTEM, after=after):
        if warn and feeds.personal(row):
            click.echo("this export holds working times of people; figures per person are off", err=True)
            warn = False
        out.write(json.dumps(row.as_dict(), ensure_ascii=False) + "\n")
        count += 1
    return count


def _prefix(_context: click.Context, _option: click.Parameter, name: str | None) -> Prefix | None:
    try:
        return None if name is None else Prefix(name)
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from None


@log.command("import")
@click.argument("file", default="-", metavar="[FILE]")
@click.option("--strict", is_flag=True, help="Import nothing unless every line is right; ends with 65 else.")
@click.option("--prefix", metavar="NAME", callback=_prefix, help="Put NAME: before every id that the file brings.")
def bring(file: str, strict: bool, prefix: Prefix | None) -> None:
    """Append events from a file of JSON lines: this desk's own export, or the history of another system.

    An event whose id is there already is left out. Where every line has a seq that is the order in which they come in,
    else that of the file. A wrong line is named with its number and reason, and the rest goes on. Where the file calls
    tickets or messages by numbers that this desk has given to others, those lines are left out: with --prefix nothing
    in the file can meet what is here.

    \b
    Example:
      sportello log import old-desk.jsonl --strict
      sportello log import old-desk.jsonl --prefix bologna
    """
    with opened(connectors=False) as store, _lines(file) as lines:
        reader = Reader(lines, prefix)
        batches: Iterator[list[Line]] = iter(lambda: list(islice(reader, BATCH)), [])
        if strict:
            batches = iter([list(reader)])
        added = read = 0
        places, strange = history.Places(), Strangers()
        for batch in batches:
            with store.transaction() as work:
                right = reader.sift(batch, strange.find(work, _rows(batch)))
                rows = _rows(reader.sift(right, Scales().find(work, _rows(right))))
                if strict and reader.wrong:
                    click.echo(f"nothing was imported: {reader.wrong} lines are wrong", err=True)
                    sys.exit(REFUSED)
                added += history.add(work, SYSTEM, rows, places)
            read += len(rows)
    click.echo(f"{added} events are imported, {read - added} were there already, {reader.wrong} lines were left out.")


@log.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--strict", is_flag=True, help="Take nothing unless every line is right; ends with 65 else.")
def contracts(file: Path, *, strict: bool) -> None:
    """Append contracts and revenue from a CSV sheet. Its columns: kind, id, ts, customer, contract, ends, why, amount,
    margin, currency; a customer is the desk's id or an address.

    \b
    Example:
      sportello log contracts renewals.csv
    """
    with opened() as store, store.transaction() as work:
        found = telling.tell(work, SYSTEM, telling.rows_of_csv(file.read_bytes()), strict=strict)
    for line, why in found.faults:
        click.echo(f"line {line}: {why}", err=True)
    if strict and found.faults:
        click.echo(f"nothing was imported: {len(found.faults)} lines are wrong", err=True)
        sys.exit(REFUSED)
    left = len(found.faults)
    click.echo(f"{found.added} events are imported, {found.known} were there already, {left} lines were left out.")


def _rows(lines: Sequence[Line]) -> list[history.Row]:
    return [row for _number, row in lines]


def _lines(file: str) -> IO[bytes]:
    return sys.stdin.buffer if file == "-" else Path(file).open("rb")


class Reader:
    """The right lines as rows with their numbers; the wrong ones are named on standard error and counted."""

    def __init__(self, lines: IO[bytes], prefix: Prefix | None = None) -> None:
        self.wrong = 0
        self._lines = in_order(lines)
        self._prefix = prefix

    def __iter__(self) -> Iterator[Line]:
        return self

    def __next__(self) -> Line:
        while True:
            number, line = next(self._lines)
            if not line.strip():
                continue
            try:
                row = history.read(line)
                return number, self._prefix.put(row) if self._prefix else row
            except ValueError as problem:
                self._refuse(number, problem)

    def sift(self, lines: Sequence[Line], faults: Sequence[str | None]) -> list[Line]:
        """Those lines that have no fault."""
        for (number, _row), why in zip(lines, faults, strict=True):
            if why is not None:
                self._refuse(number, why)
        return [line for line, why in zip(lines, faults, strict=True) if why is None]

    def _refuse(self, number: int, why: object) -> None:
        self.wrong += 1
        click.echo(f"line {number}: {why}", err=True)
