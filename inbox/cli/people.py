"""Agents, teams and the API's tokens from the command line."""

from __future__ import annotations

import click
from sqlalchemy import select

from inbox.actions import people
from inbox.actions.who import SYSTEM
from inbox.cli.opening import JSON, opened, say, secret, table
from inbox.store import Agent, Team
from inbox.terms import Role

__all__ = ["agent", "team", "token"]


@click.group()
def agent() -> None:
    """Add and list the people who answer.

    \b
    Example:
      sportello agent list
    """


@agent.command("add")
@click.argument("email")
@click.option("--name", required=True, help="As customers read it.")
@click.option("--role", type=click.Choice([one.value for one in Role]), default=Role.AGENT.value, show_default=True)
@click.option("--team", "teams", multiple=True, metavar="TEAM", help="A team's name; again for more.")
@click.option("--password-file", metavar="FILE", help="Holds their password; - is standard input.")
@JSON
def add_agent(
    email: str, name: str, role: str, teams: tuple[str, ...], password_file: str | None, as_json: bool
) -> None:
    """Add a person. Without a password they cannot sign in yet.

    \b
    Example:
      sportello agent add luca@bottega.example --name "Luca Neri" --role agent --password-file luca.txt
    """
    password = secret(password_file) if password_file else ""
    with opened(connectors=False) as store, store.transaction() as work:
        row = people.add_agent(work, SYSTEM, email=email, name=name, role=role, password=password, teams=teams)
        told = _agent(row)
    if as_json:
        say(told)
    else:
        click.echo(f"{row.name} <{row.email}> is {role} now.")


@agent.command("list")
@JSON
def list_agents(as_json: bool) -> None:
    """List the people who answer.

    \b
    Example:
      sportello agent list --json
    """
    with opened(connectors=False) as store, store.reading() as work:
        rows = work.scalars(select(Agent).order_by(Agent.email)).all()
    if as_json:
        say([_agent(row) for row in rows])
        return
    table(
        ("email", "name", "role", "teams", "may sign in"),
        [(row.email, row.name, row.role.value, ", ".join(one.name for one in row.teams), _way_in(row)) for row in rows],
    )


@agent.command("password")
@click.argument("email")
@click.option("--password-file", required=True, metavar="FILE", help="Holds the new password; - is standard input.")
def new_password(email: str, password_file: str) -> None:
    """Give a person a new password; they are signed out everywhere.

    \b
    Example:
      sportello agent password anna@bottega.example --password-file new.txt
    """
    password = secret(password_file)
    with opened(connectors=False) as store, store.transaction() as work:
        people.change_agent(work, SYSTEM, people.by_email(work, email).id, password=password)
    click.echo(f"{email} has a new password.")


def _way_in(row: Agent) -> str:
    return ("yes" if row.password else "no password") if row.active else "inactive"


def _agent(row: Agent) -> dict[str, object]:
    return {
        "id": row.id,
        "email": row.email,
        "name": row.name,
        "role": row.role.value,
        "teams": [one.name for one in row.teams],
        "active": row.active,
    }


@click.group()
def team() -> None:
    """Add and list teams.

    \b
    Example:
      sportello team list
    """


@team.command("add")
@click.argument("name")
@click.option("--private", is_flag=True, help="Its tickets are seen by its members and supervisors only.")
@JSON
def add_team(name: str, private: bool, as_json: bool) -> None:
    """Add a team.

    \b
    Example:
      sportello team add Amministrazione --private
    """
    with opened(connectors=False) as store, store.transaction() as work:
        row = people.add_team(work, SYSTEM, name, private=private)
    if as_json:
        say({"id": row.id, "name": row.name, "private": row.private})
    else:
        click.echo(f"The team {row.name} is there now.")


@team.command("list")
@JSON
def list_teams(as_json: bool) -> None:
    """List the teams.

    \b
    Example:
      sportello team list --json
    """
    with opened(connectors=False) as store, store.reading() as work:
        rows = work.scalars(select(Team).order_by(Team.name)).all()
    if as_json:
        say([{"id": row.id, "name": row.name, "private": row.private} for row in rows])
    else:
        table(("name", "private"), [(row.name, "yes" if row.private else "no") for row in rows])


@click.group()
def token() -> None:
    """Make tokens for the API.

    \b
    Example:
      sportello token add --agent anna@bottega.example
    """


@token.command("add")
@click.option("--agent", "email", required=True, metavar="EMAIL", help="Whom the token acts as.")
@click.option("--name", default="", help="What it is for.")
@JSON
def add_token(email: str, name: str, as_json: bool) -> None:
    """Make a token that acts as an agent. It is shown this once.

    \b
    Example:
      sportello token add --agent anna@bottega.example --name "stock system" --json
    """
    with opened(connectors=False) as store, store.transaction() as work:
        word = people.add_token(work, SYSTEM, people.by_email(work, email), name)
    if as_json:
        say({"token": word})
    else:
        click.echo(word)
