"""What the tests of connectors share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.loopback import Loopback, loopback


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """A provider's API on loopback. Nothing that the machine's environment allows counts."""
    monkeypatch.delenv("FETCH_ALLOW", raising=False)
    with loopback() as server:
        yield server
