"""What the sample's customers wrote while the company still had another system: a few lines each, as such a history is
imported, so that reports can tell who left after silence. Some of them waited for nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from inbox.actions.sample.contracts import Line

__all__ = ["lines"]

#: Days ago: it is known who left since, and the twelve weeks before the last twelve are free of it.
LAST, SPAN = 172, 90
Actor = tuple[str, str | None, str | None]


def lines(n: int, customer: str, now: dt.datetime, agent: Actor) -> Iterator[Line]:
    """The moments, kinds and facts of customer ``n``'s two letters, each of a ticket with a name of that system."""
    for again in range(2):
        begins = now - dt.timedelta(days=LAST + n * 53 % SPAN + again * SPAN, hours=n % 5)
        about = {"ticket": f"V{n:04d}-{again}", "channel": "email"}
        wrote: Actor = ("customer", customer, None)
        yield begins, "ticket.created", {**about, "actor": wrote, "customer": customer}
        yield begins, "msg.in", {**about, "actor": wrote, "msg": f"V{n:04d}-{again}-1"}
        if n % 7 == 0 or n % 3 == 1:
            yield begins + dt.timedelta(days=20), "ticket.status", {"ticket": about["ticket"], "status": "closed"}
            continue
        answered = begins + dt.timedelta(hours=4 + n % 20)
        yield answered, "msg.out", {**about, "actor": agent, "msg": f"V{n:04d}-{again}-2"}
        yield answered, "ticket.status", {"ticket": about["ticket"], "actor": agent, "status": "resolved"}
