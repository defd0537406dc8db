"""Making a desk without the browser, and bringing its tables up to date."""

from __future__ import annotations

import click

from inbox.actions import desk, people
from inbox.actions import setup as first
from inbox.actions.who import SYSTEM
from inbox.cli.opening import JSON, opened, say, secret
from inbox.settings import Settings
from inbox.store import Agent, Work, backup
from inbox.terms import Role

__all__ = ["migrate", "setup"]


@click.command()
@click.option("--name", required=True, help="The business's name.")
@click.option("--language", type=click.Choice(desk.LANGUAGES), default="en", show_default=True)
@click.option("--timezone", default="Europe/Rome", show_default=True, help="The desk's time zone.")
@click.option("--currency", default=None, help="Three letters, such as EUR.")
@click.option("--admin", required=True, metavar="EMAIL", help="The first admin's mail address.")
@click.option("--admin-name", default="", help="The first admin's name.")
@click.option("--password-file", required=True, metavar="FILE", help="Holds the admin's password; - is standard input.")
@JSON
def setup(
    name: str,
    language: str,
    timezone: str,
    currency: str | None,
    admin: str,
    admin_name: str,
    password_file: str,
    as_json: bool,
) -> None:
    """Make a desk: tables, name, language, time zone, the first admin.

    Again with the same words it changes nothing; with others it changes the desk's settings. The password of an admin
    who has one is left as it is.

    \b
    Example:
      sportello setup --name "Bottega Rossi" --language it --timezone Europe/Rome \\
        --admin anna@bottega.example --password-file admin.txt
    """
    password = secret(password_file)
    with opened(connectors=False, new=True) as store:
        backup.migrated(store.settings)
        wanted = {"desk.name": name, "desk.language": language, "desk.timezone": timezone}
        if currency is not None:
            wanted["desk.currency"] = currency.upper()
        with store.transaction() as work:
            new = not desk.is_set_up(work)
            if new:
                first.create(work, first.FirstDesk(name, language, timezone, admin_name, admin, password))
            for setting, value in wanted.items():
                desk.put(work, SYSTEM, setting, value)
            who = _admin(work, admin, admin_name, password)
            told = {"admin": who.id, "email": who.email, "new": new, "url": store.settings.base_url}
    if as_json:
        say(told)
    else:
        click.echo(f"{name} is {'set up' if new else 'as you said'}; {admin} is its admin.")


def _admin(work: Work, email: str, name: str, password: str) -> Agent:
    """The admin of that address: there already, made one, or added."""
    known = work.query(Agent).filter_by(email=email.strip().lower()).one_or_none()
    if known is None:
        return people.add_agent(
            work, SYSTEM, email=email, name=name or email.partition("@")[0], role=Role.ADMIN, password=password
        )
    if known.role is not Role.ADMIN or not known.active or not known.password:
        people.change_agent(
            work,
            SYSTEM,
            known.id,
            role=Role.ADMIN,
            active=True,
            password=None if known.password else password,
        )
    return known


@click.command()
def migrate() -> None:
    """Bring the database to this version's tables; an older one is backed up first. The same again does nothing.

    \b
    Example:
      sportello migrate
    """
    settings = Settings()
    settings.prepare()
    before, after, kept = backup.migrated(settings)
    if kept is not None:
        click.echo(f"As it was, the desk lies in {kept}.")
    if before == after:
        click.echo(f"The tables are at {after} already.")
    else:
        click.echo(f"The tables went from {before or 'nothing'} to {after}.")
