"""The desk as one file and back: whole, checked before anything changes, and nothing sent twice after it."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import stat
import zipfile
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from connectors import registry
from connectors.base import Request
from inbox import search
from inbox.actions import channels, journal, people, reply, restored
from inbox.actions.who import SYSTEM, Who
from inbox.settings import Settings, home
from inbox.store import Agent, Channel, Event, JournalEntry, Message, Store, Ticket, running, schema
from inbox.store.archive import MANIFEST
from inbox.terms import Delivery
from inbox.worker.journal import work_due
from tests.cli.conftest import Run
from tests.servers.postgresql import PostgreSQL

LARGE = b"x" * 300_000  # larger than what a journal row holds
MAIL = "From: {}\r\nTo: help@bottega.example\r\nSubject: {}\r\nMessage-ID: <{}@studio.example>\r\n\r\n{}\r\n"


def arrive(store: Store, subject: str, sender: str = "chiara@studio.example", body: str = "Buongiorno") -> int:
    """A mail that the worker has read; gives its ticket."""
    with store.transaction() as work:
        channel = channels.find(work, "support-mail")
        raw = MAIL.format(sender, subject, subject.replace(" ", "."), body).encode()
        entry = journal.keep(work, channel, Request("PIPE", "pipe:", [], raw)).id
    while work_due(store):
        pass
    with store.reading() as work:
        ticket = work.get_one(JournalEntry, entry).items[0].ticket_id
    assert ticket is not None
    return ticket


@pytest.fixture
def desk(store: Store) -> Store:
    """A desk with a mail, a large arrival, a file and an answer that waits."""
    with store.transaction() as work:
        people.add_agent(
            work, SYSTEM, email="anna@bottega.example", name="Anna", role="admin", password="horse battery"
        )
        channels.add(
            work,
            SYSTEM,
            kind="email",
            name="support-mail",
            values={"address": "help@bottega.example", "imap_password": "very secret"},
        )
    ticket = arrive(store, "Sito offline")
    arrive(store, "Allegato", body=LARGE.decode())
    with store.transaction() as work:
        anna = Who.of(work.scalars(select(Agent)).one())
        work.get_one(Channel, channels.find(work, "support-mail").id).cursor = {"INBOX": {"uid": 41}}
        file = reply.Upload("a.txt", "text/plain", b"hello")
        reply.reply(work, anna, ticket, text="Arriviamo", client_key="one", files=(file,))
    return store


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """Another machine: no desk there, a database of the same kind without a table."""
    folder = tmp_path / "elsewhere"
    if settings.is_sqlite:
        yield Settings(database_url="", data_dir=folder)
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = server.create()
    yield Settings(database_url=server.url(name), data_dir=folder)
    server.drop(name)


def go_to(monkeypatch: pytest.MonkeyPatch, place: Settings) -> None:
    monkeypatch.setenv("DATABASE_URL", place.database_url)
    monkeypatch.setenv("DATA_DIR", str(place.data_dir))


def open_at(place: Settings) -> Store:
    found = Settings(database_url=place.database_url, data_dir=place.data_dir)
    found.prepare()
    return Store(found, registry())


def everything(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table that a restore leaves as it was."""
    left = {"leases", "events", "alembic_version", "settings"}
    as_text = partial(json.dumps, sort_keys=True, default=str)  # PostgreSQL has an order of its own for names
    with store.reading() as work:
        return {
            table.name: sorted((tuple(map(as_text, row)) for row in work.execute(select(table))), key=str)
            for table in Message.metadata.sorted_tables
            if table.name not in left | {"messages", "tickets"}
        }


def test_a_desk_comes_back_whole_on_another_machine(
    desk: Store, run: Run, tmp_path: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "desk.zip"
    told = run("backup", file, "--json")
    assert told.code == 0, told.err
    assert told.json["counts"]["tickets"] == 2
    assert told.json["missing"] == []
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((Path(desk.settings.data_dir) / "secret.key").stat().st_mode) == 0o600
    before = everything(desk)
    go_to(monkeypatch, elsewhere)
    done = run("restore", file, "--json")
    assert done.code == 0, done.err
    assert done.json["before"] is None
    assert stat.S_IMODE((elsewhere.data_dir / "secret.key").stat().st_mode) == 0o600
    found = open_at(elsewhere)
    assert everything(found) == before
    with found.reading() as work:
        channel = channels.find(work, "support-mail")
        assert channel.cursor == {"INBOX": {"uid": 41}}
        assert found.seal.open(channel.secrets)["imap_password"] == "very secret"
        bodies = [journal.body_of(work, entry) for entry in work.scalars(select(JournalEntry))]
        assert any(LARGE in body for body in bodies)
        [row] = [one for message in work.scalars(select(Message)) for one in message.attachments]
        assert found.files.get(row.sha256 or "") == b"hello"
        assert work.scalar(text("SELECT count(*) FROM search_messages")) == 3
    found.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_desk_that_outgrows_sqlite_goes_on_in_postgresql(
    desk: Store, run: Run, tmp_path: Path, postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, folder, name = tmp_path / "desk.zip", tmp_path / "elsewhere", postgresql.create()
    assert run("backup", file).code == 0
    before, last = everything(desk), desk.last_seq()
    looked_for = [search.asked(word) for word in ("offline", "chiara", "arrivi")]
    with desk.reading() as work:
        known = [search.find(work, one, limit=10) for one in looked_for]
    assert all(known)
    go_to(monkeypatch, larger := Settings(database_url=postgresql.url(name), data_dir=folder))
    assert run("restore", file, "--check").code == 0
    done = run("restore", file, "--json")
    assert done.code == 0, done.err
    assert done.json["unknown"] == 1
    found = open_at(larger)
    assert everything(found) == before
    with found.reading() as work:
        assert found.seal.open(channels.find(work, "support-mail").secrets)["imap_password"] == "very secret"
        assert [*work.scalars(select(Event.seq).where(Event.seq <= last))] == [*range(1, last + 1)]
        assert [search.find(work, one, limit=10) for one in looked_for] == known
        highest = work.scalar(select(func.max(JournalEntry.id))) or 0
    arrive(found, "Ancora")
    with found.reading() as work:
        assert (work.scalar(select(func.max(JournalEntry.id))) or 0) > highest
    found.close()
    back = tmp_path / "back.zip"
    assert run("backup", back).code == 0
    go_to(monkeypatch, Settings(database_url="", data_dir=tmp_path / "small"))  # SQLite
    refused = run("restore", back)
    assert (refused.code, "of a desk on postgresql: set DATABASE_URL" in refused.err) == (1, True)
    postgresql.drop(name)


def test_what_waited_at_the_backup_is_not_sent_again_by_itself(
    desk: Store, run: Run, tmp_path: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "desk.zip"
    run("backup", file)
    go_to(monkeypatch, elsewhere)
    assert run("restore", file, "--json").json["unknown"] == 1
    found = open_at(elsewhere)
    with found.reading() as work:
        message = work.scalars(select(Message).where(Message.client_key == "one")).one()
        assert (message.state, message.code, message.next_at) == (Delivery.UNKNOWN, "restored", None)
        assert work.get_one(Ticket, message.ticket_id).attention == "unknown"
        told = work.scalars(select(Event).where(Event.kind == "desk.restored")).one()
        assert told.data["unknown"] == 1
    found.close()


def test_numbers_that_were_given_out_since_the_backup_are_not_given_out_again(
    desk: Store, run: Run, tmp_path: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "desk.zip"
    run("backup", file)
    lost = arrive(desk, "Dopo il backup")
    last = desk.last_seq()
    go_to(monkeypatch, elsewhere)
    run("restore", file)
    found = open_at(elsewhere)
    with found.reading() as work:
        said = work.scalar(select(func.max(Message.id))) or 0
    assert arrive(found, "Prima mail dopo", sender="bruno@bici.example") > lost + 50
    with found.reading() as work:
        assert (work.scalar(select(func.max(Message.id))) or 0) > said + 500
    assert found.last_seq() > last + 500
    second = arrive(found, "Seconda", sender="carla@fiori.example")
    assert second - arrive(found, "Terza", sender="dario@vini.example") == -1
    found.close()


def test_numbers_of_an_imported_history_stay_passed_over_in_a_restored_desk(
    desk: Store, run: Run, tmp_path: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = {"id": "o1", "ts": "2026-03-09T08:00:00Z", "kind": "ticket.created", "ticket": "5000", "channel": "email"}
    history = tmp_path / "old.jsonl"
    history.write_text(json.dumps(line))
    assert run("log", "import", history).err == ""
    run("backup", tmp_path / "desk.zip")
    go_to(monkeypatch, elsewhere)
    run("restore", tmp_path / "desk.zip")
    found = open_at(elsewhere)
    assert arrive(found, "Prima mail dopo", sender="bruno@bici.example") > 5050
    found.close()


def test_a_desk_that_is_here_is_replaced_only_when_told_and_kept(desk: Store, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "desk.zip"
    run("backup", file)
    later = arrive(desk, "Dopo il backup")
    desk.close()
    refused = run("restore", file)
    assert refused.code == 1
    assert "--replace" in refused.err
    desk.close()
    done = run("restore", file, "--replace", "--json")
    assert done.code == 0, done.err
    with desk.reading() as work:
        assert work.get(Ticket, later) is None
    desk.close()
    kept = Path(done.json["before"])
    assert kept.parent == desk.settings.data_dir / "backups"
    again = run("restore", kept, "--replace")
    assert again.code == 0, again.err
    with desk.reading() as work:
        assert work.get(Ticket, later) is not None


def test_a_restore_that_is_cut_short_leaves_the_desk_as_it_was(
    desk: Store, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "desk.zip"
    run("backup", file)
    later = arrive(desk, "Dopo il backup")
    desk.close()

    def cut(*_everything: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(restored, "settle", cut)
    ended = run("restore", file, "--replace")
    assert ended.code == 1
    assert re.search("the disk is full|No space left", ended.err)
    with desk.reading() as work:
        assert work.get(Ticket, later) is not None
    assert not list(desk.settings.data_dir.glob(".restore-*"))


def test_a_backup_that_is_damaged_changes_nothing(
    desk: Store, run: Run, tmp_path: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tmp_path / "desk.zip"
    run("backup", whole)
    go_to(monkeypatch, elsewhere)
    with zipfile.ZipFile(whole) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    database = next(name for name in parts if name.startswith("database/") and len(parts[name]) > 100)
    attached = next(name for name in parts if name.startswith("files/"))
    manifest = json.loads(parts[MANIFEST])
    kinds = {"sqlite": "postgresql", "postgresql": "sqlite"}
    damages: dict[str, dict[str, bytes | None]] = {
        "is not what was backed up": {database: parts[database][:-1] + b"?"},
        "is not whole": {attached: None},
        "does not stand in its list": {"files/more": b"more"},
        "no manifest": {MANIFEST: None},
        "newer Sportello": {MANIFEST: json.dumps({**manifest, "revision": "9999"}).encode()},
        "newer Sportello (": {MANIFEST: json.dumps({**manifest, "format": 2}).encode()},
        ("set DATABASE_URL" if desk.is_sqlite else "there is no sportello.db in it"): {
            MANIFEST: json.dumps({**manifest, "database": kinds[manifest["database"]]}).encode()
        },
    }
    for words, changed in damages.items():
        broken = tmp_path / "broken.zip"
        with zipfile.ZipFile(broken, "w") as target:
            for name, data in {**parts, **changed}.items():
                if data is not None:
                    target.writestr(name, data)
        for command in (["restore", broken, "--check"], ["restore", broken]):
            ended = run(*command)
            assert ended.code == 1, words
            assert words in ended.err
        assert not (elsewhere.data_dir / "secret.key").exists()
        assert not (elsewhere.data_dir / "sportello.db").exists()
    cut = tmp_path / "cut.zip"
    cut.write_bytes(whole.read_bytes()[:-200])
    assert "cut short" in run("restore", cut).err
    assert run("restore", whole, "--check").code == 0
    assert not (elsewhere.data_dir / "sportello.db").exists()


def test_a_desk_that_runs_is_not_replaced(desk: Store, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "desk.zip"
    run("backup", file)
    desk.close()
    with running.held(desk.settings):
        refused = run("restore", file, "--replace")
    assert refused.code == 1
    assert "the desk is running" in refused.err
    with running.alone(desk.settings):
        busy = run("backup", tmp_path / "other.zip")
    assert "a backup is being put back" in busy.err


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_desk_that_runs_on_another_machine_is_not_replaced(desk: Store, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "desk.zip"
    run("backup", file)
    with desk.reading() as work:
        work.scalar(select(func.count(Ticket.id)))
        refused = run("restore", file, "--replace")
        assert refused.code == 1
        assert "others are connected" in refused.err


def test_a_file_that_is_gone_or_rotten_is_told_and_the_rest_is_backed_up(
    desk: Store, run: Run, tmp_path: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk.reading() as work:
        digests = {
            *work.scalars(select(JournalEntry.sha256).where(JournalEntry.body.is_(None))),
            *(one.sha256 or "" for message in work.scalars(select(Message)) for one in message.attachments),
        }
    gone, rotten = sorted(digests)
    desk.files.path(gone).unlink()
    desk.files.path(rotten).write_bytes(b"other bytes")
    file = tmp_path / "desk.zip"
    told = run("backup", file, "--json")
    assert told.code == 0
    assert (told.json["missing"], told.json["damaged"]) == ([gone], [rotten])
    assert "are not there" in told.err
    go_to(monkeypatch, elsewhere)
    assert run("restore", file).code == 0
    found = open_at(elsewhere)
    assert not found.files.path(rotten).exists()
    found.close()


def test_another_key_in_the_environment_is_named_before_anything_changes(
    desk: Store, run: Run, tmp_path: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "desk.zip"
    run("backup", file)
    go_to(monkeypatch, elsewhere)
    monkeypatch.setenv("SECRET_KEY", "another one")
    refused = run("restore", file)
    assert refused.code == 1
    assert "SECRET_KEY" in refused.err
    monkeypatch.setenv("SECRET_KEY", desk.settings.secret_key)
    assert run("restore", file).code == 0
    assert not (elsewhere.data_dir / "secret.key").exists()


NEXT = """
from alembic import op
import sqlalchemy as sa

revision, down_revision = "next", "{}"


def upgrade():
    op.create_table("of_the_next_version", sa.Column("id", sa.Integer()))


def downgrade():
    op.drop_table("of_the_next_version")
"""


@pytest.fixture
def next_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, surroundings: Settings) -> Iterator[str]:
    """A program with one migration more than this one; the database is this one's again at the end."""
    older = schema.newest()
    shutil.copytree(home() / "migrations", tmp_path / "next/migrations")
    (tmp_path / "next/migrations/versions/9000_next.py").write_text(NEXT.format(older))
    monkeypatch.setattr(schema, "home", lambda: tmp_path / "next")
    yield older
    schema.downgrade(surroundings, older)


def test_an_older_database_is_backed_up_before_it_is_migrated(desk: Store, run: Run, next_version: str) -> None:
    desk.close()
    done = run("migrate")
    assert done.code == 0, done.err
    assert f"from {next_version} to next" in done.out
    folder = desk.settings.data_dir / "backups"
    [kept] = folder.glob("before-migration-*.zip")
    assert str(kept) in done.out
    assert json.loads(zipfile.ZipFile(kept).read(MANIFEST))["revision"] == next_version
    assert "already" in run("migrate").out
    assert len(list(folder.iterdir())) == 1

    # and a backup of the older version becomes a desk of this one
    put_back = run("restore", kept, "--replace")
    assert put_back.code == 0, put_back.err
    assert schema.current(desk.settings) == "next"
    with desk.reading() as work:
        assert work.scalar(select(func.count(Ticket.id))) == 2


def test_without_room_for_the_backup_nothing_is_migrated(desk: Store, run: Run, next_version: str) -> None:
    desk.close()
    (desk.settings.data_dir / "backups").write_text("a file where the folder should be")
    refused = run("migrate")
    assert refused.code == 1
    assert "not migrated" in refused.err
    assert schema.current(desk.settings) == next_version


def test_a_database_of_a_newer_program_is_left_alone(run: Run, surroundings: Settings, store: Store) -> None:
    with store.transaction() as work:
        work.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    for command in ("migrate", "worker"):
        refused = run(command)
        assert refused.code == 1
        assert "a newer Sportello made this database" in refused.err
    assert not (surroundings.data_dir / "backups").exists()
    with store.transaction() as work:
        work.execute(text("UPDATE alembic_version SET version_num = :own"), {"own": schema.newest()})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_writers_do_not_wait_for_a_backup_and_it_holds_one_moment(desk: Store, run: Run, tmp_path: Path) -> None:
    import threading

    stop, written = threading.Event(), [0]

    def write() -> None:
        while not stop.is_set():
            with desk.transaction() as work:
                channel = channels.find(work, "support-mail")
                work.append("test.first", channel_id=channel.id)
                channel.refused += 1
            written[0] += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for n in range(5):
            before = written[0]
            assert run("backup", tmp_path / f"{n}.zip").code == 0
            while written[0] == before:
                pass
    finally:
        stop.set()
        thread.join()
    for n in range(5):
        with zipfile.ZipFile(tmp_path / f"{n}.zip") as file:
            file.extract("database/sportello.db", tmp_path / str(n))
        with closing(sqlite3.connect(tmp_path / str(n) / "database/sportello.db")) as line:
            events = line.execute("SELECT count(*) FROM events WHERE kind = 'test.first'").fetchone()
            assert events == line.execute("SELECT refused FROM channels").fetchone()
        shutil.rmtree(tmp_path / str(n))
