"""The command line: one word per thing to do, each imported when it is asked for, every error one plain sentence."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final, NoReturn

import click

from inbox.cli.failing import sentence

__all__ = ["COMMANDS", "main", "program"]

#: Each command, where it is, and what it is for; the list reads as the help does.
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "serve": ("inbox.cli.serve:serve", "Run the desk: web and worker, supervised."),
    "web": ("inbox.cli.serve:web", "Run the web role alone."),
    "worker": ("inbox.cli.serve:worker", "Run the worker role alone."),
    "demo": ("inbox.cli.demo:demo", "Run a sample desk with a sandbox for every channel."),
    "seed": ("inbox.cli.demo:seed", "Add the sample data to a desk, or take it away."),
    "setup": ("inbox.cli.desk:setup", "Make a desk without the browser."),
    "migrate": ("inbox.cli.desk:migrate", "Bring the database to this version's tables."),
    "backup": ("inbox.cli.backups:backup", "Write the whole desk to one file, while it runs."),
    "restore": ("inbox.cli.backups:restore", "Put a backup back."),
    "doctor": ("inbox.cli.doctor:doctor", "Look for what is wrong, and say what to do."),
    "agent": ("inbox.cli.people:agent", "Add and list the people who answer."),
    "team": ("inbox.cli.people:team", "Add and list teams."),
    "token": ("inbox.cli.people:token", "Make tokens for the API."),
    "settings": ("inbox.cli.settings:settings", "Export and import the settings as YAML."),
    "channel": ("inbox.cli.channels:channel", "Add, list, check and remove channels."),
    "email": ("inbox.cli.mail:email", "Take mails in."),
    "replay": ("inbox.cli.journal:replay", "Read arrivals again."),
    "ledger": ("inbox.cli.journal:ledger", "Show what was received against how it ended."),
    "cost": ("inbox.cli.costs:cost", "Say what work and channels cost."),
    "log": ("inbox.cli.log:log", "Export and import the event log."),
    "report": ("inbox.cli.report:report", "Figures from the event log."),
}


class Program(click.Group):
    """A group that knows its commands by name and imports each only when it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_place, about) in COMMANDS.items()])


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sportello", prog_name="sportello")
def program() -> None:
    """One counter for every channel.

    Settings come from the environment or a file .env: HOST PORT DATA_DIR DATABASE_URL REDIS_URL PUBLIC_URL SECRET_KEY
    FETCH_ALLOW LMTP_LISTEN. With SPORTELLO_DEBUG=1 an error shows where it came from.

    \b
    Example:
      sportello serve
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs a command and ends the process: 0, or a code of its own with one sentence on standard error."""
    try:
        code = program.main(arguments, prog_name="sportello", standalone_mode=False)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:
        if os.environ.get("SPORTELLO_DEBUG") == "1" and not isinstance(error, click.ClickException):
            raise
        words, number = sentence(error)
        if isinstance(error, BrokenPipeError):  # whoever read has gone; nothing more can be written there
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if words:
            click.echo(words, err=True)
        sys.exit(number)
    sys.exit(code if isinstance(code, int) else 0)
