"""The worker's own parts on a small desk, on both databases, with a real SMTP server at the other end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from inbox.actions import channels, reply
from inbox.actions.who import SYSTEM
from inbox.store import Message, Ticket
from inbox.terms import Delivery
from inbox.worker.outbox import Outbox
from tests.actions.conftest import SmallDesk, desk, later
from tests.connectors.email_servers import PLAIN_PASSWORD, MailSink, mail_sink

__all__ = ["Sending", "desk", "later", "sending", "sink"]


@pytest.fixture
def sink() -> Iterator[MailSink]:
    with mail_sink() as running:
        yield running


@dataclass
class Sending:
    """A desk whose mail goes to a real server; ``work`` sends what is due, as the worker does."""

    desk: SmallDesk
    sink: MailSink

    def settings(self, **values: Any) -> None:
        with self.desk.store.transaction() as work:
            channels.change(work, SYSTEM, self.desk.mail, values=values)

    def answer(self, sender: str = "chiara@studio.example", **more: Any) -> int:
        """A new customer's mail is answered; gives the answer's number."""
        ticket = self.desk.take(self.desk.letter(sender=sender), self.desk.mail).ticket
        assert ticket is not None
        with self.desk.store.transaction() as work:
            message, _new = reply.reply(work, self.desk.who(), ticket, **{"text": "Ecco", **more})
        return message.id

    def work(self) -> None:
        """What is due is sent, by an outbox of its own as after a restart."""
        outbox = Outbox(self.desk.store)
        try:
            while outbox.work_due(wait=True):
                pass
        finally:
            outbox.close()

    def row(self, message: int) -> Message:
        with self.desk.store.reading() as work:
            return work.get_one(Message, message)

    def state(self, message: int) -> Delivery | None:
        return self.row(message).state

    def ticket(self, message: int) -> Ticket:
        with self.desk.store.reading() as work:
            return work.get_one(Ticket, work.get_one(Message, message).ticket_id)


@pytest.fixture
def sending(desk: SmallDesk, sink: MailSink) -> Sending:
    ready = Sending(desk, sink)
    ready.settings(smtp_port=sink.port, smtp_password=PLAIN_PASSWORD)
    return ready
