"""What reports share is read once, at the start of the role that answers them."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.figures import keeper, standing
from inbox.figures.asking import kept, warm
from inbox.metrics import Config, Request
from inbox.metrics.standing import Standing
from inbox.store import Store
from tests.figures.conftest import add, lines


def test_the_first_report_after_a_start_does_not_read_the_log_from_its_beginning(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm(store)  # a new desk has nothing yet
    add(store, lines(3))
    keeper.catch_up(store, Config.of())
    standing.forget()
    read: list[int] = []
    whole = standing._read

    def reads(*asked: Any) -> Standing:
        read.append(1)
        return whole(*asked)

    monkeypatch.setattr(standing, "_read", reads)
    warm(store)
    assert read == [1]
    asked = Request.of("2025-01-01", "2026-12-31", "2027-01-01T00:00:00Z", by="channel")
    with store.reading() as work:
        figures = kept(work)
        assert figures is not None
        assert figures.report(asked)["all"]["vol.inbound"]
    assert read == [1]
