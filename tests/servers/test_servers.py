"""The servers of the tests keep what the other tests lean on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import redis
from playwright.sync_api import Page
from sqlalchemy import Connection, create_engine, inspect, text

from inbox.store import Store
from tests.servers.postgresql import Cluster


def connect(url: str) -> Connection:
    return create_engine(url).connect()


def tables(url: str) -> set[str]:
    with connect(url) as connection:
        return set(inspect(connection).get_table_names())


def test_a_database_has_this_versions_tables_and_no_tickets(database_url: str) -> None:
    with connect(database_url) as connection:
        assert connection.scalar(text("SELECT count(*) FROM tickets")) == 0


def test_what_one_test_writes_the_next_does_not_see(store: Store, settings: object) -> None:
    with store.transaction() as work:
        work.append("ticket.priority", priority="high")
    with store.reading() as work:
        assert work.scalar(text("SELECT count(*) FROM events")) == 1


def test_an_empty_database_has_no_table(empty_database_url: str) -> None:
    assert tables(empty_database_url) == set()


def test_postgresql_comes_back_on_its_port_with_what_was_committed(
    postgresql_cluster: Cluster, postgresql_url: str
) -> None:
    with connect(postgresql_url) as connection:
        connection.execute(text("CREATE TABLE kept (n integer)"))
        connection.commit()
    postgresql_cluster.restart()
    assert "kept" in tables(postgresql_url)


def test_postgresql_does_not_run_as_root(postgresql_cluster: Cluster) -> None:
    assert Path(f"/proc/{postgresql_cluster.process.process.pid}").stat().st_uid != 0


def test_redis_is_empty_for_every_test(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", "behind")


def test_redis_is_empty_for_every_other_test_too(redis_url: str) -> None:
    test_redis_is_empty_for_every_test(redis_url)


def test_a_page_runs_scripts_and_knows_its_place(page: Page) -> None:
    page.set_content("<title>Sportello</title>")
    assert page.title() == "Sportello"
    assert page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone") == "Europe/Rome"


def test_a_server_does_not_outlive_a_killed_session(tmp_path: Path) -> None:
    program = """
        import sys, time
        from pathlib import Path
        from tests.servers.processes import Process
        print(Process(["sleep", "600"], Path(sys.argv[1])).process.pid, flush=True)
        time.sleep(600)
    """
    session = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), tmp_path / "log"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert session.stdout is not None
    server = int(session.stdout.readline())
    time.sleep(0.3)
    session.send_signal(signal.SIGKILL)
    session.communicate()
    until = time.monotonic() + 5
    while alive(server) and time.monotonic() < until:
        time.sleep(0.05)
    assert not alive(server)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
