"""A sandbox in threads and a desk that only writes down what it is told: the two ends of every test here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inbox.sandbox.running import Sandbox
from tests.connectors.loopback import Call, Loopback, Reply, loopback

TWIN_PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\xab\xce\xd0\x1a\x00\x00\x00\x00IEND\xaeB`\x82"
)


def until(found: Callable[[], Any], seconds: float = 30) -> Any:
    """The first true answer; fails the test where none comes in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(0.01)
    pytest.fail("it did not happen in time")


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "sandbox") as running:
        running.pace(sent=0.03, delivered=0.06, price=0.05, retry=0.03)
        yield running


@pytest.fixture
def desk() -> Iterator[Loopback]:
    with loopback() as server:
        server.on("*", "/hook", Reply(200, b"<Response/>", {"Content-Type": "text/xml"}))
        yield server


def calls(desk: Loopback, count: int) -> list[Call]:
    """The calls that the desk got, once there are that many."""
    until(lambda: len(desk.calls) >= count)
    return desk.calls
