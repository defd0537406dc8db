"""The desk's settings as a YAML file: written, compared, read back."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from inbox.actions import importing, portable
from inbox.actions.who import SYSTEM
from inbox.cli.opening import opened

__all__ = ["settings"]


@click.group()
def settings() -> None:
    """Export and import the desk's settings as YAML.

    \b
    Example:
      sportello settings export desk.yaml
    """


@settings.command("export")
@click.argument("file", default="-", metavar="[FILE]")
def export(file: str) -> None:
    """Write the settings; passwords and tokens are left out and named.

    \b
    Example:
      sportello settings export desk.yaml
    """
    with opened() as store, store.reading() as work:
        text = portable.written(work, SYSTEM)
    if file == "-":
        click.echo(text, nl=False)
    else:
        Path(file).write_text(text, encoding="utf-8")
        click.echo(f"{file} holds the settings.")


@settings.command("import")
@click.argument("file", metavar="FILE")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
def import_(file: str, dry_run: bool) -> None:
    """Read settings back: all of them, or none where a value is wrong.

    \b
    Example:
      sportello settings import desk.yaml --dry-run
    """
    text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    with opened() as store:
        outcome = portable.run(store, SYSTEM, text, importing.apply, dry=dry_run)
    for fault in outcome.faults:
        click.echo(f"line {fault.line}: {fault.where}: {fault.why}", err=True)
    if outcome.faults:
        raise click.ClickException(f"nothing was changed: {len(outcome.faults)} wrong in {file}")
    for change in outcome.changes:
        click.echo(f"{change.where}: {change.was!r} -> {change.now!r}")
    if not outcome.changes:
        click.echo("Nothing is different.")
    else:
        click.echo("Nothing was changed: this was a dry run." if dry_run else "Done.")
