"""A small desk in a database, without any process: channels, an agent, and arrivals put straight into the journal."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from connectors import registry
from connectors.base import Address, Inbound, Item
from inbox import clock
from inbox.actions import channels, intake, journal, people
from inbox.actions.intake import Ended
from inbox.actions.setup import FirstDesk, create
from inbox.actions.who import SYSTEM, Who
from inbox.settings import Settings
from inbox.store import Agent, Channel, JournalEntry, Store

PASSWORD = "correct horse battery"


@dataclass
class SmallDesk:
    """``take`` puts an item in as the worker would; ``who`` is the admin, ``giulia`` an agent."""

    store: Store
    sms: str
    mail: str
    admin: str
    giulia: str
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def who(self, agent: str | None = None) -> Who:
        with self.store.reading() as work:
            return Who.of(work.get_one(Agent, agent or self.admin))

    def take(self, item: Item, channel: str | None = None, *, imported: bool = False) -> Ended:
        from connectors.base import Request

        with self.store.transaction() as work:
            row = work.get_one(Channel, channel or self.sms)
            entry = journal.keep(work, row, Request("POST", "https://desk.example/", [], b"x"), imported=imported)
            return intake.take(work, row, work.get_one(JournalEntry, entry.id), item)

    def text(self, text: str = "Ciao", *, sender: str = "+447700900123", **more: Any) -> Inbound:
        """An SMS."""
        at = more.pop("at", clock.now() - dt.timedelta(seconds=1))
        return Inbound(f"SM{next(self.numbers)}", sender=Address(sender), text=text, at=at, **more)

    def letter(self, text: str = "Buongiorno", *, sender: str = "chiara@studio.example", **more: Any) -> Inbound:
        """A mail."""
        number = next(self.numbers)
        identifier = more.pop("external_id", f"<m{number}@studio.example>")
        at = more.pop("at", clock.now() - dt.timedelta(seconds=1))
        return Inbound(
            identifier,
            sender=Address(sender, "Chiara Lombardi"),
            text=text,
            at=at,
            subject=more.pop("subject", "Sito"),
            **more,
        )


@pytest.fixture
def desk(settings: Settings) -> Iterator[SmallDesk]:
    store = Store(settings, registry())
    with store.transaction() as work:
        admin = create(work, FirstDesk("Cirro", "en", "Europe/Rome", "Luca Moretti", "luca@cirro.example", PASSWORD)).id
        giulia = people.add_agent(work, SYSTEM, email="giulia@cirro.example", name="Giulia Ferri", password=PASSWORD).id
        sms = channels.add(
            work,
            SYSTEM,
            kind="sms",
            name="sms",
            values={"account_sid": "AC" + "0" * 32, "auth_token": "secret", "number": "+12025550142"},
        ).id
        mail = channels.add(
            work,
            SYSTEM,
            kind="email",
            name="mail",
            values={"address": "support@cirro.example", "smtp_host": "127.0.0.1", "smtp_security": "plain"},
        ).id
    yield SmallDesk(store, sms, mail, admin, giulia)
    store.close()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.timedelta], None]:
    """Moves the desk's clock on."""
    real = clock.now
    shift = dt.timedelta()

    def move(by: dt.timedelta) -> None:
        nonlocal shift
        shift += by

    monkeypatch.setattr(clock, "now", lambda: real() + shift)
    return move
