"""What work and channels cost, from the command line: rates and fees from a date, and what currencies are worth."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from inbox.actions import costs, ecb, people
from inbox.actions.who import SYSTEM
from inbox.cli.opening import day, opened
from inbox.errors import Invalid

__all__ = ["cost"]


@click.group()
def cost() -> None:
    """Say what work and channels cost; without it the report has no cost per interaction.

    \b
    Example:
      sportello cost rate 24.50 --from 2026-01-01
    """


@cost.command()
@click.argument("amount")
@click.option("--from", "start", type=day(), required=True, help="From this local day on.")
@click.option("--agent", "email", default=None, metavar="EMAIL", help="One agent's; else everybody's.")
@click.option("--team", default=None, metavar="TEAM", help="That of a team's people, now and later.")
def rate(amount: str, start: dt.datetime, email: str | None, team: str | None) -> None:
    """Set the loaded hourly cost of work (pay, taxes, workplace) in the desk's currency.

    \b
    Example:
      sportello cost rate 24.50 --from 2026-01-01
      sportello cost rate 28 --from 2026-01-01 --team Amministrazione
      sportello cost rate 31 --from 2026-03-01 --agent anna@bottega.example
    """
    if email and team:
        msg = "a rate is one agent's or a team's: say --agent or --team"
        raise Invalid(msg)
    with opened(connectors=False) as store, store.transaction() as work:
        if team:
            of_team = people.find_team(work, team).id
            lines = costs.team_rate(work, SYSTEM, per_hour=amount, start=start.date(), team=of_team)
        else:
            agent = people.by_email(work, email).id if email else None
            lines = [costs.rate(work, SYSTEM, per_hour=amount, start=start.date(), agent=agent)]
    said = lines[0].data["per_hour"] if lines else amount
    click.echo(f"An hour of {email or team or 'work'} costs {said} from {start.date()} on.")


@cost.command()
@click.argument("amount")
@click.option("--month", required=True, help="The month that it is for: 2026-03.")
@click.option("--channel", "kind", default=None, metavar="KIND", help="A kind of channel; else shared by all.")
@click.option("--currency", default=None, help="Three letters; else the desk's.")
def fee(amount: str, month: str, kind: str | None, currency: str | None) -> None:
    """Set what a kind of channel costs in a month: a number's rent, a subscription.

    \b
    Example:
      sportello cost fee 49 --month 2026-03 --channel sms --currency EUR
    """
    with opened() as store, store.transaction() as work:
        line = costs.fee(work, SYSTEM, month=month, amount=amount, kind=kind, currency=currency)
    click.echo(f"{month}: {line.data['amount']} {line.data['currency']} for {kind or 'all channels together'}.")


@cost.command()
@click.argument("currency")
@click.argument("amount")
@click.option("--day", "on", type=day(), required=True, help="The local day of the rate.")
def exchange(currency: str, amount: str, on: dt.datetime) -> None:
    """Set what one unit of a currency was worth in the desk's own on a day; it holds for seven days.

    \b
    Example:
      sportello cost exchange USD 0.9213 --day 2026-03-09
    """
    with opened(connectors=False) as store, store.transaction() as work:
        line = costs.exchange(work, SYSTEM, currency=currency, rate=amount, day=on.date())
    click.echo(f"{line.data['ccy']} was worth {line.data['rate']} on {on.date()}.")


@cost.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--currency", "currencies", multiple=True, required=True, help="Three letters; again for more.")
@click.option("--from", "start", type=day(), required=True, help="From this day on.")
def rates(file: Path, currencies: tuple[str, ...], start: dt.datetime) -> None:
    """Set the daily exchange rates of a file of the ECB: eurofxref-hist.csv, its .zip, or the XML. Those that are there
    already stay.

    \b
    Example:
      sportello cost rates eurofxref-hist.zip --currency USD --currency GBP --from 2026-01-01
    """
    with opened(connectors=False) as store, store.transaction() as work:
        found = ecb.bring(work, SYSTEM, file.read_bytes(), currencies, start.date())
    for line, why in found.faults:
        click.echo(f"line {line}: {why}" if line else why, err=True)
    click.echo(f"{found.added} exchange rates are set, {found.known} were there already.")
