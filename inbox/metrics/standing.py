"""What concerns everybody, read once for many books: rates, contracts, who is whom, and the voids of no ticket."""

from __future__ import annotations

from collections.abc import Iterable

from inbox.metrics.config import Config
from inbox.metrics.living import Living
from inbox.metrics.log import Event
from inbox.metrics.loyalty import Cover, contracts_of
from inbox.metrics.money import Exchange, Wages
from inbox.metrics.people import People

__all__ = ["Standing"]


class Standing:
    """Never changed once it is made: a book begins with a copy of ``living`` and puts others in place of the rest."""

    def __init__(self, events: Iterable[Event], config: Config) -> None:
        self.events = list(events)
        self.living = Living()
        for event in self.events:
            self.living.take(event)
        drawer = self.living.drawer
        self.people = People(drawer("people"))
        self.exchange = Exchange(drawer("exchange"), config)
        self.cover = Cover(contracts_of(drawer("contracts"), config), self.people.root)
        self.wages = Wages(drawer("rates"))
        self.covered = {name for one in self.cover.customers() for name in self.people.names(one)}
