"""The journal from the command line: arrivals read again, and the ledger that must balance."""

from __future__ import annotations

import datetime as dt
import sys

import click

from inbox.actions import journal
from inbox.actions.who import SYSTEM
from inbox.cli.opening import JSON, day, opened, say, table
from inbox.reading import feeds
from inbox.reading import ledger as books
from inbox.shapes import LedgerRow
from inbox.store import Store
from inbox.terms import Outcome

__all__ = ["ledger", "replay"]


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
        left = _each(store, chosen) if ids else journal.replay_all(store, SYSTEM, chosen)
    if as_json:
        say({"replayed": len(chosen) - len(left), "left": left})
        return
    click.echo(f"{len(chosen) - len(left)} arrivals are read again.")
    if left:
        click.echo(f"{len(left)} are left: their signature is still wrong.")


def _chosen(store: Store, outcome: Outcome, reason: str | None, channel: str | None) -> list[int]:
    with store.reading() as work:
        return feeds.journal_ids(work, channel=channel, outcome=outcome, reason=reason)


def _each(store: Store, chosen: list[int]) -> list[int]:
    """All of those that were named, or none."""
    with store.transaction() as work:
        for number in chosen:
            journal.replay(work, SYSTEM, number)
    return []


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
        lost = [] if all(line.balanced for line in lines) else books.lost(work, *period, channel=channel)
    if as_json:
        say([LedgerRow.of(line).model_dump(mode="json") for line in lines])
    else:
        _print(lines)
    if not all(line.balanced for line in lines):
        numbers = ", ".join(map(str, lost[:20])) + (" …" if len(lost) > 20 else "")
        click.echo(
            f"the ledger does not balance: something that arrived has no outcome; see arrivals {numbers}", err=True
        )
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
