"""Figures from the event log: of a file without any database, or of the desk's own log."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from inbox import clock
from inbox.errors import Invalid
from inbox.metrics import Config, Figures, Log, Report, Request, explain, lifetime_value, read_lines
from inbox.metrics import report as figures_of
from inbox.metrics.hours import Hours
from inbox.metrics.table import table

if TYPE_CHECKING:
    import datetime as dt

    from inbox.store import Store, Work

__all__ = ["report"]

DATA_ERROR = 65  # EX_DATAERR
SLOW = 20_000  # events: some seconds
_OF_A_FILE = {
    "--config": "the desk's own figures are by the settings of the desk",
    "--strict": "the desk's own lines were looked at when they came in",
}


@dataclass(frozen=True)
class Asked:
    """Where the figures come from and how they are wanted."""

    log: Path | None
    config: Path | None
    strict: bool
    as_json: bool

    def read(self, file: Path) -> Log:
        """The log of a file; what is wrong with it is said on standard error, and ends the command if strict."""
        with _lines(file) as lines:
            log = read_lines(lines)
        for problem in log.problems:
            click.echo(f"line {problem.line}: {problem.reason}", err=True)
        if log.problems and self.strict:
            click.echo(f"nothing was computed: {len(log.problems)} lines are wrong", err=True)
            sys.exit(DATA_ERROR)
        if log.problems or log.unknown_kinds or log.unknown_fields:
            click.echo(
                f"{len(log.problems)} lines were left out; {log.unknown_kinds} events of unknown kinds"
                f" and {log.unknown_fields} unknown fields were ignored",
                err=True,
            )
        return log

    def file(self) -> Path | None:
        """The file whose log is asked about, None for the desk's own. Ends the command where something was said that
        goes with a file only."""
        if self.log is None:
            for name, said in (("--config", self.config is not None), ("--strict", self.strict)):
                if said:
                    raise click.UsageError(f"{name} needs --log FILE: {_OF_A_FILE[name]}")
        return self.log

    def definitions(self) -> Config:
        """The configuration of the file, else the defaults."""
        if self.config is None:
            return Config.of()
        try:
            config = Config.of(json.loads(self.config.read_text(encoding="utf-8-sig")))
            Hours(config)  # says what is wrong with opening hours
            return config
        except ValueError as error:
            raise click.UsageError(f"{self.config}: {error}") from None


@contextmanager
def _lines(path: Path) -> Iterator[IO[bytes]]:
    if str(path) == "-":
        yield sys.stdin.buffer
    else:
        with path.open("rb") as file:
            yield file


class Pair(click.ParamType[tuple[str, str]]):
    """``key=value``."""

    name = "key=value"

    def convert(
        self, value: str | tuple[str, str], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        key, equals, rest = value.partition("=")
        if not equals or not key or not rest:
            self.fail(f"write {value!r} as key=value", param, ctx)
        return key, rest


_FILE = click.Path(path_type=Path, dir_okay=False, allow_dash=True)
_LOG = click.option("--log", "log", type=_FILE, help="A file of events, one JSON object a line; - is standard input.")
_CONFIG = click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="Settings for a --log, JSON.")
_STRICT = click.option("--strict", is_flag=True, help="Compute nothing where a line is wrong; ends with 65.")
_AS_OF = click.option("--as-of", metavar="TIME", help="Only what was known then (RFC 3339); now unless said.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(invoke_without_command=True)
@_LOG
@click.option("--from", "first", metavar="DATE", help="The first local day, YYYY-MM-DD.")
@click.option("--to", "end", metavar="DATE", help="The day after the last one.")
@_AS_OF
@click.option("--by", metavar="DIMENSION", help="Slices by channel, agent, team, reason or tag.")
@click.option("--where", type=Pair(), multiple=True, help="Only what has this value; may be repeated.")
@click.option("--compare", type=click.Choice(["previous", "year"]), help="Beside the period before, or a year before.")
@click.option("--keys", metavar="NAMES", help="Only these figures, with commas: fcr7.rate for one, fcr7 for a family.")
@click.option("--exact", is_flag=True, help="Exact percentiles of the desk's log, however long it is.")
@click.option("--clv", metavar="CUSTOMER", help="What a customer is worth and has cost instead.")
@click.option("--at", metavar="TIME", help="The instant of --clv.")
@_CONFIG
@_STRICT
@_JSON
@click.pass_context
def report(ctx: click.Context, /, **wanted: object) -> None:
    """Figures from the event log: FCR, AHT, cost per channel and the rest, as docs/metrics.md defines them.

    Without --log the desk's own log is read, by the desk's settings. A wrong line of a file is named with its number
    and reason, and the rest goes on; --config are the settings by which it is read, as sportello report config writes
    them, and the defaults of docs/metrics.md without.

    \b
    Example:
      sportello report --from 2026-03-01 --to 2026-04-01 --by channel
      sportello report --log events.jsonl --from 2026-03-01 --to 2026-04-01 --compare previous --json
      sportello report --clv C00013 --at 2026-03-31T00:00:00Z
      sportello report facts
      sportello report config config.json
    """
    if ctx.invoked_subcommand is not None:
        return
    asked = Asked(wanted["log"], wanted["config"], bool(wanted["strict"]), bool(wanted["as_json"]))  # type: ignore[arg-type]
    texts = {name: str(value) for name, value in wanted.items() if isinstance(value, str)}
    try:
        if "clv" in texts:
            _say_value(asked, texts)
        else:
            _say_report(asked, texts, dict(wanted["where"]), exact=bool(wanted["exact"]))  # type: ignore[call-overload]
    except (ValueError, Invalid) as error:
        raise click.UsageError(str(error)) from None


def _say_report(asked: Asked, texts: dict[str, str], where: dict[str, str], *, exact: bool) -> None:
    if "first" not in texts or "end" not in texts:
        raise click.UsageError("a report needs --from and --to")
    as_of = texts.get("as_of") or clock.iso(clock.now())
    request = Request.of(
        texts["first"],
        texts["end"],
        as_of,
        by=texts.get("by"),
        where=where,
        compare=texts.get("compare"),
        keys=_names(texts),
    )
    file = asked.file()
    found = (
        _of_the_desk(texts, where, exact=exact)
        if file is None
        else figures_of(asked.read(file), request, asked.definitions())
    )
    if asked.as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for line in table(found, f"{texts['first']} to {texts['end']}, the last day excluded, as known at {as_of}"):
        click.echo(line)


def _of_the_desk(texts: dict[str, str], where: dict[str, str], *, exact: bool) -> Report:
    from inbox.reading import figures

    with _desk() as work:
        return figures.report(
            work,
            first=texts["first"],
            end=texts["end"],
            by=texts.get("by"),
            where=where,
            compare=texts.get("compare"),
            as_of=texts.get("as_of"),
            keys=_names(texts),
            exact=exact,
            progress=_progress,
        )


@contextmanager
def _desk() -> Iterator[Work]:
    """The desk with its figures; old ones are said to be such on standard error."""
    from inbox.cli.opening import opened
    from inbox.reading import figures

    with opened(connectors=False) as store:
        _made(store)
        with figures.looking(store) as work:
            done = figures.basis(work).rebuilt
            if done is not None:
                click.echo(
                    f"these are the old figures: the new ones are being worked out, {done} % is done"
                    " (sportello worker does it)",
                    err=True,
                )
            yield work


def _made(store: Store) -> None:
    """Work the log through where nothing is kept of it yet: here somebody may wait for it, and it is needed anyhow."""
    from inbox.actions import promises
    from inbox.figures import checking, keeper

    with store.reading() as work:
        config, missing = promises.config(work), keeper.current(work) is None
    if missing:
        keeper.catch_up(store, config, size=checking.LARGE)


def _progress(done: int, goal: int) -> None:
    """Say on standard error how far a report of an earlier instant is, where that is worth a line."""
    if goal >= SLOW:
        click.echo(f"{done} of {goal} events that were recorded later are taken back", err=True)


def _names(texts: dict[str, str]) -> list[str]:
    return [name.strip() for name in texts["keys"].split(",")] if "keys" in texts else []


def _say_value(asked: Asked, texts: dict[str, str]) -> None:
    if "at" not in texts:
        raise click.UsageError("--clv needs --at TIME")
    as_of = clock.parse(texts["as_of"]) if "as_of" in texts else None
    at = clock.parse(texts["at"])
    file = asked.file()
    if file is None:
        value = _value_in_the_desk(texts["clv"], at, as_of)
    else:
        known = _millis(as_of or clock.now())
        value = lifetime_value(asked.read(file), texts["clv"], _millis(at), known, asked.definitions())
    if asked.as_json:
        click.echo(json.dumps(value))
    else:
        for line in _value_lines(value):
            click.echo(line)


def _value_in_the_desk(customer: str, at: dt.datetime, as_of: dt.datetime | None) -> Figures:
    from inbox.reading import figures

    with _desk() as work:
        return figures.worth(work, customer, at, as_of, _progress)


def _value_lines(value: Figures) -> Iterable[str]:
    labels = {
        "clv.historic": "Margin less cost of service so far",
        "clv.margin12": "Margin of the last 365 days",
        "clv.service12": "Cost of service of the last 365 days",
        "clv.future": "What may follow (a model)",
        "clv.clv": "Lifetime value (a model)",
        "cost.direct": "Cost of service so far, direct",
        "cost.full": "Cost of service so far, in full",
    }
    for key, label in labels.items():
        micro = value[key]
        yield f"{label.ljust(38)}{'no data' if not isinstance(micro, int) else f'{micro / 1_000_000:.2f}':>14}"
    retention = value["clv.retention"]
    yield f"{'Retention of the tenant'.ljust(38)}{'no data' if retention is None else f'{retention:.3f}':>14}"


@report.command()
@_LOG
@_AS_OF
@_CONFIG
@_STRICT
@_JSON
def facts(log: Path | None, as_of: str | None, config: Path | None, *, strict: bool, as_json: bool) -> None:
    """Print each case: its times, interactions, contacts, and whether and why it counts as first contact resolution.

    Without --log they are those of the desk's own log, which takes some 4 kB of memory for each event.

    \b
    Example:
      sportello report facts
      sportello report facts --log events.jsonl
    """
    asked = Asked(log, config, strict, as_json)
    file = asked.file()
    try:
        moment = clock.parse(as_of) if as_of is not None else clock.now()
        definitions = asked.definitions()
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    cases = _facts_in_the_desk(moment) if file is None else explain(asked.read(file), _millis(moment), definitions)
    for case in cases:
        if as_json:
            click.echo(json.dumps(case, ensure_ascii=False))
        else:
            for line in _case_lines(case):
                click.echo(line)


def _facts_in_the_desk(moment: dt.datetime) -> list[dict[str, Any]]:
    from inbox.actions import agreements
    from inbox.reading import figures

    with _desk() as work:
        if agreements.current(work) is None:
            click.echo(_WITHOUT_PEOPLE, err=True)
        return figures.facts(work, moment)


_WITHOUT_PEOPLE = (
    "who answered and how long that took is left out: figures per person are switched off (Settings, General says what"
    " allows them)"
)


@report.command("config")
@click.argument("file", default="-", metavar="[FILE]")
def write_config(file: str) -> None:
    """Write the settings by which the desk's figures are made: hours, holidays, promises, time zone, currency and the
    rest. --config reads them, so that a report over an exported log is the desk's own; FILE is standard output unless
    named.

    \b
    Example:
      sportello report config config.json
      sportello log export events.jsonl
      sportello report --log events.jsonl --config config.json --from 2026-03-01 --to 2026-04-01
    """
    from inbox.reading import figures

    with _desk() as work:
        told = json.dumps(figures.basis(work).config.raw, ensure_ascii=False, indent=2)
    if file == "-":
        click.echo(told)
        return
    Path(file).write_text(f"{told}\n", encoding="utf-8")
    click.echo(f"the settings of the figures are in {file}.")


@report.command()
@click.option(
    "--sample",
    type=click.IntRange(1),
    metavar="N",
    help="Compute the facts of N families of tickets, and a month, anew.",
)
@click.option("--full", is_flag=True, help="Build everything anew and compare every cell.")
def verify(sample: int | None, *, full: bool) -> None:
    """Prove that the figures that are kept are those of the log; ends with 1 on any difference.

    \b
    Example:
      sportello report verify --sample 500
      sportello report verify --full
    """
    from inbox.actions import promises
    from inbox.cli.opening import opened
    from inbox.figures import checking, keeper

    with opened(connectors=False) as store:
        with store.reading() as work:
            config = promises.config(work)
        keeper.catch_up(store, config, size=checking.LARGE)
        if full:
            looked, wrong = checking.check_all(store, config)
        else:
            looked, wrong = checking.check_some(store, sample or checking.SAMPLE, random.Random())  # noqa: S311 - no secret
    for sentence in wrong:
        click.echo(sentence, err=True)
    what = "cells" if full else "families of tickets"
    if wrong:
        click.echo(f"{looked} {what} were compared, {len(wrong)} differences; sportello report rebuild mends them.")
        sys.exit(1)
    click.echo(f"{looked} {what} were compared, no difference.")


@report.command()
def rebuild() -> None:
    """Make the figures that are kept anew from the log; the old ones serve until the new ones are complete.

    \b
    Example:
      sportello report rebuild
    """
    from sqlalchemy import func, select

    from inbox.actions import desk, promises
    from inbox.cli.opening import opened
    from inbox.figures import checking, keeper
    from inbox.store import Event

    with opened(connectors=False) as store:
        with store.reading() as work:
            config = promises.config(work)
            known = [state.generation for state in keeper.states(work)]
        keeper.begin(store, config, "asked", known)
        keeper.catch_up(store, config, size=checking.LARGE)
        with store.transaction() as work:
            taken = work.scalar(select(func.count(Event.seq)))
            if proved := desk.get(work, "figures.proved"):  # what was wrong is no more: the alert ends
                desk.keep(work, "figures.proved", {**proved, "wrong": 0, "first": ""})
    click.echo(f"{taken} events were worked through; the figures are new.")


def _case_lines(case: dict[str, object]) -> Iterator[str]:
    closings = ", ".join(f"{c['at']} by {c['how']}" for c in case["closings"])  # type: ignore[attr-defined]
    yield f"{case['case']}  {case['channel'] or '-'}  {case['reason'] or 'no reason'}  from {case['origin']}"
    yield f"  began {case['t0']}, resolved {closings or 'never'}{', open' if case['open'] else ''}"
    for one in case["interactions"]:  # type: ignore[attr-defined]
        contact = ", contact" if one["contact"] else ""
        settled = f"{one['settled']} {one['settled_at']}" if one["settled"] else "waiting"
        who = f" by {one['responder']}" if one["responder"] else ""
        spent = f", handled {one['handled_ms'] / 1000:.0f} s" if one["handled_ms"] else ""
        yield f"  {one['direction']:3} {one['channel']} {one['start']} {settled}{who}{contact}{spent}"
    for window, verdict in case["fcr"].items():  # type: ignore[attr-defined]
        success = {True: ", yes", False: ", no", None: ""}[verdict["success"]]
        yield f"  FCR {window} d: {verdict['class']}{success}: {verdict['why']}"


def _millis(moment: object) -> int:
    from inbox.metrics.times import millis_of

    return millis_of(moment)  # type: ignore[arg-type]
