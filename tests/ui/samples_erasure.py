"""Views of the page that hands out and erases: free to go, with something in the way, done."""

from __future__ import annotations

import datetime as dt

from inbox.actions.erasing import Extent
from inbox.reading.erasure import Erasure
from tests.ui.samples import chiara

free = Erasure(4821, "Il sito è giù", chiara, known=True, ticket=Extent(1, 9, 2), all=Extent(12, 87, 14))
waiting = Erasure(
    4821,
    "Il sito è giù",
    chiara,
    known=True,
    ticket=Extent(1, 9, 2, leaving=(4821,)),
    all=Extent(12, 87, 14, open=(4821, 4833), leaving=(4821,)),
)
done = Erasure(
    4821,
    "",
    chiara,
    known=True,
    ticket=Extent(1, 9, 0),
    erased_at=dt.datetime(2026, 11, 24, 9, 12, tzinfo=dt.UTC),
)
