"""The desk as one file, and back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from inbox import clock
from inbox.cli.opening import JSON, opened, say
from inbox.settings import Settings
from inbox.store import Work
from inbox.store import backup as desk
from inbox.store.archive import Manifest
from inbox.store.archive import reading as archived

__all__ = ["backup", "restore"]


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@JSON
def backup(file: Path, as_json: bool) -> None:
    """Write the desk to FILE as it is now: database, attachments, arrivals and the key. It may run meanwhile.

    FILE may be a folder; the name is the time then. Only its owner can read it, and whoever has it has everything:
    keep it like the key.

    \b
    Example:
      sportello backup /backups/desk.zip
      0 3 * * *  sportello backup /backups/
    """
    if file.is_dir():
        file /= f"sportello-{clock.now():%Y%m%d-%H%M%S}.zip"
    with opened(connectors=False) as store:
        manifest = desk.make(store.settings, file)
    size = file.stat().st_size
    if as_json:
        say({"file": str(file), "bytes": size, **_told(manifest)})
    else:
        click.echo(f"{file}: {_words(manifest)}, {size / 2**20:.1f} MB.")
    for digests, what in ((manifest.missing, "are not there"), (manifest.damaged, "are damaged on the disk")):
        if digests:
            click.echo(
                f"{len(digests)} files {what}, so the backup is without them: {', '.join(digests[:3])}", err=True
            )


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--replace", is_flag=True, help="Put it in the place of the desk that is here (which is backed up first)."
)
@click.option("--check", is_flag=True, help="Only see whether it could be put back here; change nothing.")
@JSON
def restore(file: Path, replace: bool, check: bool, as_json: bool) -> None:
    """Put a desk back from FILE. The desk has to be stopped. Everything is checked before anything is changed.

    Mail that came since the backup is fetched again, each once. What was waiting to be sent when the backup was made
    may have been sent since: it stands as "unknown" under Needs attention, and a person decides.

    \b
    Example:
      sportello restore /backups/desk.zip
    """
    settings = Settings()
    if check:
        with archived(file) as archive:
            desk.checked(settings, archive)
            manifest = archive.manifest
        say({"file": str(file), **_told(manifest)}) if as_json else click.echo(f"{file} is sound: {_words(manifest)}.")
        return
    held: list[int] = []

    def afterwards(work: Work, manifest: Manifest) -> None:
        from inbox.actions import restored

        held.append(restored.settle(work, clock.parse(manifest.made_at)))

    done = desk.restore(settings, file, replace=replace, afterwards=afterwards)
    if as_json:
        say({"before": str(done.before) if done.before else None, "unknown": sum(held), **_told(done.manifest)})
        return
    click.echo(f"Put back: {_words(done.manifest)}.")
    if done.before:
        click.echo(f"The desk that was here lies in {done.before}.")
    if sum(held):
        click.echo(f"Waiting to be sent then: {sum(held)}; see under Needs attention whether they have left since.")


def _told(manifest: Manifest) -> dict[str, object]:
    return {
        "version": manifest.version,
        "made_at": manifest.made_at,
        "database": manifest.database,
        "revision": manifest.revision,
        "counts": manifest.counts,
        "files": len(manifest.files),
        "missing": manifest.missing,
        "damaged": manifest.damaged,
    }


def _words(manifest: Manifest) -> str:
    made: dt.datetime = clock.parse(manifest.made_at)
    rows = manifest.counts
    return (
        f"the desk of {made:%Y-%m-%d %H:%M} UTC, {rows.get('tickets', 0)} tickets, {rows.get('messages', 0)} messages,"
        f" {rows.get('journal', 0)} arrivals, {len(manifest.files)} files"
    )
