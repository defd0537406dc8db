"""Sending while the desk's own database is busy: what is known of a reply is written down, however late."""

from __future__ import annotations

import pytest

from inbox.actions import reply
from inbox.actions.who import SYSTEM
from inbox.store import Message, Store, Ticket
from inbox.terms import Delivery, Direction
from inbox.worker import outbox, pollers
from inbox.worker.journal import work_due
from tests.sandbox.conftest import until
from tests.worker.conftest import Heard, Workshop, held


def test_a_receipt_that_comes_while_the_database_is_locked_is_not_lost(
    impatient_shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard()
    monkeypatch.setattr(outbox, "log", heard)
    monkeypatch.setattr(outbox, "AGAIN_S", 0.05)
    store, sandbox = impatient_shop.store, impatient_shop.sandbox
    channel = impatient_shop.connect("sms")
    pollers.poll_once(store, channel)
    sandbox.sms.receive("+447700900188", "Ci siete?", wait=0)
    pollers.poll_once(store, channel)
    work_due(store)
    with store.transaction() as work:
        reply.reply(work, SYSTEM, work.query(Ticket).one().id, text="Eccoci")
    sandbox.fault("sms", "slow", seconds=1)
    sender = outbox.Outbox(store)
    sender.work_due()
    sandbox.accepted("sms", count=1, timeout=30)
    with held(store):
        until(lambda: "database outbox" in heard.lines, 30)
    until(lambda: _state(store) is Delivery.SENT, 30)
    sender.close()


def _state(store: Store) -> Delivery | None:
    with store.reading() as work:
        return work.query(Message).filter_by(direction=Direction.OUT).one().state
