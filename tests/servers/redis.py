"""A Redis server of the session's own, empty at the start of every test that asks for it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.servers.processes import Process, free_port

MISSING = "Redis is missing (apt-get install redis-server)"


def start(program: str, folder: Path) -> tuple[Process, str]:
    """Starts ``redis-server`` without a file on disk, and gives it with its URL."""
    log = folder / "redis.log"
    for _attempt in range(5):
        port = free_port()
        url = f"redis://127.0.0.1:{port}/0"
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        process = Process([*command, "--dir", folder], log)
        with redis.Redis.from_url(url) as client:

            def answers(client: redis.Redis = client) -> bool:
                try:
                    return bool(client.ping())
                except redis.ConnectionError:
                    return False

            if process.wait_for(answers):
                return process, url
    msg = f"Redis does not start: {log.read_text()}"
    raise RuntimeError(msg)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running Redis, one for the session."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip(MISSING)
    process, url = start(program, tmp_path_factory.mktemp("redis"))
    yield url
    process.stop()


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """What ``REDIS_URL`` is for one test: a Redis with nothing in it."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server
