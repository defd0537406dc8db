"""Mail in by a pipe: each file is journalled byte-exact before anybody reads it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from connectors.base import Request
from inbox.actions import channels, journal
from inbox.cli.failing import sentence
from inbox.cli.opening import opened, say
from inbox.errors import NotFound
from inbox.store import Channel, Store

__all__ = ["email"]

UNKNOWN_CHANNEL, NOT_STORED = 64, 75
#: Mails of one commit: as many, or as large. Their lines are printed after it.
BATCH, BATCH_BYTES = 50, 16 * 2**20

Mail = tuple[str | None, bytes]


@click.group()
def email() -> None:
    """Take mails in.

    \b
    Example:
      sportello email pipe --channel support-mail < mail.eml
    """


@email.command()
@click.option("--channel", "name", required=True, metavar="SLUG", help="The mail channel that they came to.")
@click.option("--from", "sender", default=None, metavar="A", help="The envelope's sender.")
@click.option("--to", "recipients", multiple=True, metavar="B", help="The envelope's recipient; again for more.")
@click.argument("files", nargs=-1, metavar="[FILE]...")
def pipe(name: str, sender: str | None, recipients: tuple[str, ...], files: tuple[str, ...]) -> None:
    """Store mails as they are: each FILE is one, without any standard input is. The worker reads them.

    Prints {"journal":ID,"file":F} for each mail once it is stored. Ends with 0 when all are stored, 64 for an unknown
    channel, 75 when any is not: then try those again.

    \b
    Example:
      sportello email pipe --channel support-mail --from chiara@studio.example --to help@bottega.example mail.eml
      /etc/aliases:  help: "|sportello email pipe --channel support-mail"
    """
    try:
        unread = _store(name, _envelope(sender, recipients), files)
    except NotFound as problem:
        click.echo(problem.detail, err=True)
        sys.exit(UNKNOWN_CHANNEL)
    except Exception as problem:
        words, _code = sentence(problem)
        click.echo(f"not stored: {words}", err=True)
        sys.exit(NOT_STORED)
    if unread:
        some = ", ".join(unread[:5]) + (f" and {len(unread) - 5} more" if len(unread) > 5 else "")
        click.echo(f"not stored, for they cannot be read: {some}", err=True)
        sys.exit(NOT_STORED)


def _envelope(sender: str | None, recipients: Sequence[str]) -> list[tuple[str, str]]:
    """What the mail system knew beside the mail; bytes that are no text become U+FFFD."""
    kept = [("X-Envelope-From", sender)] if sender is not None else []
    return [
        (field, word.encode("utf-8", "replace").decode())
        for field, word in [*kept, *(("X-Envelope-To", to) for to in recipients)]
    ]


def _store(name: str, headers: list[tuple[str, str]], files: Sequence[str]) -> list[str]:
    """Stores the mails and prints their lines; gives the files that could not be read."""
    unread: list[str] = []
    with opened(connectors=False) as store:
        with store.reading() as work:
            row = channels.find(work, name)
            if row.kind != "email":
                msg = f"the channel {row.name} takes {row.kind}, not mail"
                raise NotFound(msg)
        for batch in _batches(files, unread):
            _keep(store, row, headers, batch)
    return unread


def _batches(files: Sequence[str], unread: list[str]) -> Iterator[list[Mail]]:
    """The mails, some at a time; none is read while a transaction is open."""
    batch: list[Mail] = []
    size = 0
    for file in files or ("-",):
        try:
            raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        except OSError:
            unread.append(file)
            continue
        batch.append((None if file == "-" else file, raw))
        size += len(raw)
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _keep(store: Store, row: Channel, headers: list[tuple[str, str]], batch: list[Mail]) -> None:
    with store.transaction() as work:
        kept = [(journal.keep(work, row, Request("PIPE", "pipe:", headers, raw)).id, file) for file, raw in batch]
    for number, file in kept:
        say({"journal": number, "file": file})
    sys.stdout.flush()
