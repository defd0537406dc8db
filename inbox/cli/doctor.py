"""What is wrong with this desk, and what to do: folder, key, database, addresses, queues, every channel for real."""

from __future__ import annotations

import os
import smtplib
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import click
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from connectors.base import ConnectorError
from connectors.email.config import is_loopback
from inbox import clock, logs
from inbox.actions import desk, grants
from inbox.cli.opening import JSON, say
from inbox.errors import Problem
from inbox.settings import Settings
from inbox.store import Channel, JournalEntry, Message, Store, engine, schema
from inbox.terms import Delivery

__all__ = ["Finding", "doctor", "findings"]

OLDEST_POSTGRESQL = 140_000
LATE = timedelta(minutes=2)
LITTLE_SPACE = 500 * 2**20


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``ok`` is False for what must be put right; ``do`` says how."""

    about: str
    ok: bool
    detail: str
    do: str = ""


@click.command()
@JSON
def doctor(as_json: bool) -> None:
    """Look for what is wrong, each channel's provider included, and say what to do. Ends with 1 if anything is.

    \b
    Example:
      sportello doctor
    """
    logs.configure("ERROR")
    found = []
    for finding in findings(Settings()):
        found.append(finding)
        if not as_json:
            click.echo(f"{'ok   ' if finding.ok else 'WRONG'}  {finding.about}: {finding.detail}")
            if finding.do:
                click.echo(f"       → {finding.do}")
    if as_json:
        say([asdict(one) for one in found])
    wrong = sum(not one.ok for one in found)
    if wrong:
        click.echo(f"{wrong} of {len(found)} things are wrong" if wrong > 1 else "1 thing is wrong", err=True)
        sys.exit(1)


def findings(settings: Settings) -> Iterator[Finding]:
    """Looks at one thing after the other; what cannot be looked at because of an earlier fault is left out."""
    folder = _folder(settings)
    yield folder
    yield from _addresses(settings)
    database = _database(settings)
    yield database
    if not database.ok:
        return
    tables = _tables(settings)
    yield tables
    key = _key(settings)
    yield key
    if not (tables.ok and key.ok and folder.ok):
        return
    from connectors import registry

    store = Store(settings, registry())
    try:
        yield _set_up(store)
        yield from _queues(store)
        yield from _lmtp(settings)
        yield from _channels(store)
    finally:
        store.close()


def _folder(settings: Settings) -> Finding:
    place = settings.data_dir.resolve()
    if not place.is_dir():
        return Finding("DATA_DIR", False, f"{place} is not there", "run sportello setup or serve, or set DATA_DIR")
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as problem:
        return Finding(
            "DATA_DIR",
            False,
            f"{place} cannot be written: {problem.strerror}",
            f"give it to this user: chown -R {os.geteuid()} {place}",
        )
    free = os.statvfs(place)
    left = free.f_bavail * free.f_frsize
    if left < LITTLE_SPACE:
        return Finding(
            "DATA_DIR", False, f"{place} has {left // 2**20} MB left", "make room: mails and files are kept there"
        )
    return Finding("DATA_DIR", True, f"{place} can be written, {left // 2**30} GB are free")


def _addresses(settings: Settings) -> Iterator[Finding]:
    public = settings.public_url
    if public:
        parts = urlsplit(public)
        right = parts.scheme in {"http", "https"} and bool(parts.hostname)
        do = "" if right else "write it like https://desk.bottega.example"
        if right and parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
            do = "providers call https only: put a proxy with a certificate in front"
        yield Finding("PUBLIC_URL", right, public, do)
    else:
        yield Finding("PUBLIC_URL", True, "not set: providers cannot call this desk, it polls where it can")
    if settings.redis_url:
        yield _redis(settings)


def _redis(settings: Settings) -> Finding:
    import redis

    try:
        with redis.Redis.from_url(settings.redis_url, socket_connect_timeout=5, socket_timeout=5) as line:
            line.ping()
    except (redis.RedisError, ValueError, OSError) as problem:
        return Finding("REDIS_URL", False, f"no answer: {problem}", "start Redis, correct REDIS_URL, or leave it out")
    return Finding("REDIS_URL", True, "answers")


def _database(settings: Settings) -> Finding:
    where = "SQLite in DATA_DIR" if settings.is_sqlite else "PostgreSQL"
    if settings.is_sqlite and not settings.database_url and not (settings.data_dir / "sportello.db").exists():
        return Finding("database", False, "there is none yet", "run: sportello setup")
    try:
        line = engine.make(settings.url, writing=False)
        with line.connect() as connection:
            if settings.is_sqlite:
                version = str(connection.scalar(text("SELECT sqlite_version()")))
            else:
                version = str(connection.scalar(text("SHOW server_version")))
                if int(connection.scalar(text("SHOW server_version_num")) or 0) < OLDEST_POSTGRESQL:
                    return Finding("database", False, f"PostgreSQL {version} is too old", "use PostgreSQL 14 or newer")
        line.dispose()
    except SQLAlchemyError as problem:
        reason = " ".join(str(getattr(problem, "orig", problem)).split())[:300]
        return Finding("database", False, f"{where} cannot be reached: {reason}", "start it, or correct DATABASE_URL")
    return Finding("database", True, f"{where} {version} answers")


def _tables(settings: Settings) -> Finding:
    now, wanted = schema.current(settings), schema.newest()
    if now == wanted:
        return Finding("tables", True, f"at revision {now}")
    return Finding("tables", False, f"at {now or 'nothing'}, this version wants {wanted}", "run: sportello migrate")


def _key(settings: Settings) -> Finding:
    file = settings.data_dir / "secret.key"
    if settings.secret_key:
        return Finding("SECRET_KEY", True, "taken from the environment")
    if not file.exists():
        return Finding(
            "SECRET_KEY", False, f"{file} is not there", "put the old key back; for a new desk run sportello setup"
        )
    if file.stat().st_mode & 0o077:
        return Finding("SECRET_KEY", False, f"{file} can be read by others", f"run: chmod 600 {file}")
    settings.secret_key = file.read_text().strip()
    return Finding("SECRET_KEY", bool(settings.secret_key), f"in {file}")


def _set_up(store: Store) -> Finding:
    with store.reading() as work:
        if desk.is_set_up(work):
            return Finding("set-up", True, str(desk.get(work, "desk.name")) or "done")
    return Finding("set-up", False, "nobody can sign in yet", "open the desk in a browser, or run: sportello setup")


def _queues(store: Store) -> Iterator[Finding]:
    """An arrival or a reply that has been due for minutes means that nobody works."""
    late = clock.now() - LATE
    with store.reading() as work:
        unread = work.scalar(
            select(func.count())
            .select_from(JournalEntry)
            .where(JournalEntry.done.is_(False), JournalEntry.due_at < late)
        )
        unsent = work.scalar(
            select(func.count())
            .select_from(Message)
            .join(Channel, Channel.id == Message.channel_id)
            .where(Message.state.in_([Delivery.HELD, Delivery.QUEUED]), Message.next_at < late, Channel.enabled)
        )
    if unread or unsent:
        yield Finding(
            "worker",
            False,
            f"{unread} arrivals and {unsent} replies are waiting",
            "start it: sportello serve, or sportello worker",
        )
    else:
        yield Finding("worker", True, "nothing is waiting")


def _lmtp(settings: Settings) -> Iterator[Finding]:
    """Greets the worker's LMTP listener as a mail server would."""
    if settings.lmtp_place is None:
        return
    host, port = settings.lmtp_place
    try:
        with smtplib.LMTP(host, port) as line:
            code, _said = line.ehlo()
    except (OSError, smtplib.SMTPException):
        code = 0
    if code != 250:
        do = "start it: sportello serve, or sportello worker; or see who else has the port"
        yield Finding("LMTP_LISTEN", False, f"nobody takes mail at {settings.lmtp_listen}", do)
        return
    do = "" if is_loopback(host) else "everybody who reaches it can hand mail in: open it to the mail server alone"
    yield Finding("LMTP_LISTEN", True, f"{settings.lmtp_listen} takes mail", do)


def _channels(store: Store) -> Iterator[Finding]:
    with store.reading() as work:
        rows = work.scalars(select(Channel).where(Channel.removed_at.is_(None)).order_by(Channel.name)).all()
    for row in rows:
        yield _channel(store, row)


def _channel(store: Store, row: Channel) -> Finding:
    about = f"channel {row.name}"
    if not row.enabled:
        return Finding(about, True, "switched off")
    connector = store.connectors.get(row.kind)
    if connector is None:
        return Finding(about, False, f"nothing here speaks {row.kind}", "install its connector, or remove the channel")
    try:
        return Finding(about, True, grants.talk(store, row.id, lambda speaks, config: speaks.check(config)))
    except Problem as problem:
        return Finding(
            about, False, problem.detail, "put the old SECRET_KEY back, or enter the channel's secrets again"
        )
    except ConnectorError as problem:
        return Finding(about, False, problem.message, _remedy(problem))
    except Exception as problem:
        return Finding(
            about,
            False,
            f"its settings do not fit this version ({type(problem).__name__})",
            "save the channel's settings again",
        )


def _remedy(problem: ConnectorError) -> str:
    """What helps against an error of a provider, by its code."""
    if problem.code == "signin":
        return "sign in: on the channel's page under Connection, or by: sportello channel sign-in SLUG"
    if problem.reauth or problem.code == "login":
        return "enter the channel's login again"
    return {
        "tls": "its certificate is not trusted: correct the host name, or name a ca_file",
        "connect": "see whether the host and the port are right and can be reached from here",
        "timeout": "see whether the host can be reached from here; try again in a minute",
        "config": "correct the channel's settings",
        "blocked": "the address is internal: allow it with FETCH_ALLOW if that is right",
    }.get(problem.code, "correct the channel's settings" if problem.permanent else "try again in a few minutes")
