"""What work and channels cost, from the command line: rates and fees from a date."""

from __future__ import annotations

import datetime as dt

import click

from inbox.actions import costs, people
from inbox.actions.who import SYSTEM
from inbox.cli.opening import day, opened

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
def rate(amount: str, start: dt.datetime, email: str | None) -> None:
    """Set the loaded hourly cost of work (pay, taxes, workplace) in the desk's currency.

    \b
    Example:
      sportello cost rate 24.50 --from 2026-01-01
      sportello cost rate 31 --from 2026-03-01 --agent anna@bottega.example
    """
    with opened(connectors=False) as store, store.transaction() as work:
        agent = people.by_email(work, email).id if email else None
        line = costs.rate(work, SYSTEM, per_hour=amount, start=start.date(), agent=agent)
    click.echo(f"An hour of {email or 'work'} costs {line.data['per_hour']} from {start.date()} on.")


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
