"""The journal from the command line: arrivals read again, and the ledger that must balance."""

from __future__ import annotations

import datetime as dt
import sys

import click
from sqlalchemy import exists, select

from inbox.actions import journal
from inbox.actions.who import SYSTEM
from inbox.cli.opening import JSON, day, opened, say, table
from inbox.errors import Conflict
from inbox.reading import feeds
from inbox.reading import ledger as books
from inbox.shapes import LedgerRow
from inbox.store import JournalEntry, JournalItem, Store, Work
from inbox.terms import Outcome

__all__ = ["ledger", "replay"]

BATCH = 200


@click.command()
@click.argument("ids", nargs=-1, type=click.IntRange(1, 2**53))
@click.option("--all", "every", is_flag=True, help="All that the other options name.")
@click.option(
    "--outcome", type=click.Choice([one.value for one in Outcome]), default=Outcome.QUARANTINED.value, show_default=True
)
@click.option("--reason", default=None, help="With this reason or error.")
@click.option("--channel", default=None, help="Of a channel: its name, id or kind.")
@JSON
def replay(
    ids: tuple[int, ...], every: bool, outcome: str, reason: str | None, channel: str | None, as_json: bool
) -> None:
    """Let the worker read arrivals again. Items that are message or status already stay as they are.

    \b
    Example:
      sportello replay 4711 4712
      sportello replay --all --outcome quarantined --channel support-mail
    """
    if bool(ids) == every:
        msg = "name the journal entries, or say --all"
        raise click.UsageError(msg)
    with opened() as store:
        chosen = list(ids) if ids else _chosen(store, Outcome(outcome), reason, channel)
        left = _replay(store, chosen, strict=bool(ids))
    if as_json:
        say({"replayed": len(chosen) - len(left), "left": left})
        return
    click.echo(f"{len(chosen) - len(left)} arrivals are read again.")
    if left:
        click.echo(f"{len(left)} are left: their signature is still wrong.")


def _chosen(store: Store, outcome: Outcome, reason: str | None, channel: str | None) -> list[int]:
    with store.reading() as work:
        query = select(JournalEntry.id).where(feeds.ended(outcome)).order_by(JournalEntry.id)
        if reason is not None:
            of_it = select(JournalItem.n).where(JournalItem.entry_id == JournalEntry.id, JournalItem.outcome == outcome)
            query = query.where(exists(of_it.where(JournalItem.reason == reason)))
        if channel is not None:
            query = query.where(JournalEntry.channel_id.in_(feeds.ids_of(work, channel)))
        return list(work.scalars(query))


def _replay(store: Store, chosen: list[int], *, strict: bool) -> list[int]:
    """The entries that were left as they are; with ``strict`` the first of them stops everything."""
    left: list[int] = []

    def again(work: Work, number: int) -> None:
        try:
            journal.replay(work, SYSTEM, number)
        except Conflict:
            if strict:
                raise
            left.append(number)

    step = len(chosen) or 1 if strict else BATCH
    for start in range(0, len(chosen), step):
        with store.transaction() as work:
            for number in chosen[start : start + step]:
                again(work, number)
    return left


@click.command()
@click.option("--from", "start", type=day(), default=None, help="The first local day; else 30 days ago.")
@click.option("--to", "end", type=day(), default=None, help="The day after the last one; else tomorrow.")
@click.option("--channel", default=None, help="Of a channel: its name, id or kind.")
@JSON
def ledger(start: dt.datetime | None, end: dt.datetime | None, channel: str | None, as_json: bool) -> None:
    """Show per channel and local day what was received against how it ended; ends with 1 where it does not balance.

    \b
    Example:
      sportello ledger --from 2026-03-09 --to 2026-03-16 --channel support-mail
    """
    with opened() as store, store.reading() as work:
        period = books.period(work, start.date() if start else None, end.date() if end else None)
        lines = books.lines(work, *period, channel=channel)
    if as_json:
        say([LedgerRow.of(line).model_dump(mode="json") for line in lines])
    else:
        _print(lines)
    if not all(line.balanced for line in lines):
        click.echo("the ledger does not balance: something that arrived has no outcome", err=True)
        sys.exit(1)


def _print(lines: list[books.Line]) -> None:
    if not lines:
        click.echo("Nothing arrived in those days.")
        return
    words = ("received", "pending", "message", "status", "duplicate")
    table(
        ("day", "channel", *words, "ignored", "quarantined", ""),
        [
            (
                line.day,
                line.channel,
                *(getattr(line, word) for word in words),
                ", ".join(f"{count} {reason}" for reason, count in sorted(line.ignored.items())) or "0",
                line.quarantined,
                "" if line.balanced else "DOES NOT BALANCE",
            )
            for line in lines
        ],
    )
