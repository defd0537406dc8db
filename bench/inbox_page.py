"""The inbox page at 1,000 and at 100,000 tickets, side by side in one run.

python -m bench.inbox_page [--small 1000] [--large 100000]
"""

from __future__ import annotations

import argparse
import datetime as dt
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from flask import Flask
from sqlalchemy import insert, select, update

from bench.intake import desk
from inbox import clock
from inbox.actions import people, promises, views
from inbox.actions.who import SYSTEM, Who
from inbox.reading.views.filters import Filter
from inbox.store import Agent, Customer, Identity, Message, Store, Team, Ticket, TicketTag

ROUNDS = 15
#: Every kind of view, a saved one, a filter in the address, each order, a ticket; filters fill a page at either size.
PATHS = {
    "inbox, all open": "/tickets",
    "inbox, resolved": "/tickets?view=resolved",
    "mine": "/tickets?view=mine",
    "unassigned": "/tickets?view=unassigned",
    "late": "/tickets?view=late",
    "needs attention": "/tickets?view=failed",
    "snoozed": "/tickets?view=snoozed",
    "a channel": "/tickets?view=all&channel={channel}",
    "a team": "/tickets?view=all&team={team}",
    "saved, three filters": "/tickets?view={saved}",
    "filter over every status": "/tickets?view=custom&status=any&tag=dns&priority=high&priority=normal",
    "by the longest wait": "/tickets?sort=waiting",
    "by priority": "/tickets?sort=priority",
    "the oldest of the archive": "/tickets?view=resolved&sort=oldest",
    "a ticket": "/tickets/1",
}


def fill(store: Store, channel: str, count: int, *, first: int = 1) -> None:
    """``count`` tickets of 1,000 customers, one message each; every tenth is open, every third of those somebody's.

    Every fourth has a tag, every seventh a high priority, every other a team; numbers begin with ``first``.
    """
    now = clock.now()
    with store.transaction() as work:
        agents = [None, None, *work.scalars(select(Agent.id))]
        teams = [None, people.add_team(work, SYSTEM, "Vendite in prova").id]
        for n in range(1000):
            customer = Customer(id=f"c{n:015}", name=f"Cliente {n}")
            customer.identities.append(Identity(kind="sms", value=f"+39320000{n:05}"))
            work.add(customer)
        work.flush()
        for start in range(0, count, 5000):
            rows, lines, tags = [], [], []
            for n in range(start, min(start + 5000, count)):
                at = now - dt.timedelta(minutes=n)
                status = "open" if n % 10 == 0 else "resolved"
                rows.append(
                    {
                        "id": n + first,
                        "subject": f"Richiesta {n}",
                        "status": status,
                        "priority": "high" if n % 7 == 0 else "normal",
                        "assignee_id": agents[n // 10 % len(agents)],
                        "team_id": teams[n // 20 % 2],
                        "channel_id": channel,
                        "kind": "sms",
                        "customer_id": f"c{n % 1000:015}",
                        "created_at": at,
                        "updated_at": at,
                        "active_at": at,
                        "waiting_since": at if status == "open" else None,
                        "preview": "Quando torna il sito?",
                        "preview_direction": "in",
                        "preview_kind": "sms",
                        "attention": "",
                        "imported": False,
                        "version": 1,
                    }
                )
                tags += [{"ticket_id": n + first, "tag": ("dns", "posta", "fatture")[n // 4 % 3]}] if n % 4 == 0 else []
                lines.append(
                    {
                        "id": n + first,
                        "ticket_id": n + first,
                        "channel_id": channel,
                        "kind": "sms",
                        "direction": "in",
                        "text": "Quando torna il sito?",
                        "external_id": f"SM{n}",
                        "at": at,
                        "received_at": at,
                        "to": [],
                        "cc": [],
                        "reply_to": [],
                        "references": [],
                        "extra": {},
                        "from_name": "",
                        "from_address": "",
                        "echo": False,
                        "joined_rule": "new",
                        "attempts": 0,
                        "price_tries": 0,
                    }
                )
            work.execute(insert(Ticket), rows)
            work.execute(insert(Message), lines)
            work.execute(insert(TicketTag), tags)
        # their clocks are set, as on a desk at rest: else the worker would set them all while something is measured
        rules = promises.config(work).digest
        work.execute(update(Ticket).where(Ticket.id >= first).values(due_rules=rules))


def signed_in(app: Flask) -> object:
    """A client with the admin's cookie."""
    client = app.test_client()
    form = client.get("/login").get_data(as_text=True)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
    assert found is not None
    answer = client.post(
        "/login", data={"email": "admin@bench.example", "password": "long enough password", "csrf_token": found[1]}
    )
    assert answer.status_code == 303, answer.data
    return client


def saved(store: Store) -> int:
    """A saved view with three filters; gives its number."""
    with store.transaction() as work:
        who = Who.of(work.scalars(select(Agent)).one())
        three: Filter = {"status": ("open", "pending"), "tag": ("dns", "posta", "fatture"), "agent": ("none", "me")}
        return views.save(work, who, name="Three", filter=three, sort="waiting").id


def _team(store: Store) -> str:
    with store.reading() as work:
        return work.scalars(select(Team.id).where(Team.name == "Vendite in prova")).one()


def timed(asks: Sequence[Callable[[], float]]) -> list[float]:
    """The medians of some rounds in ms, asked in turn so that a busy machine is busy for all; the first is left out."""
    rounds = [[ask() for ask in asks] for _ in range(ROUNDS + 1)]
    return [statistics.median(times) for times in zip(*rounds[1:], strict=True)]


def ask(client: object, path: str) -> float:
    """How long a page takes, in ms."""
    start = time.perf_counter()
    answer = client.get(path)  # type: ignore[attr-defined]
    took = (time.perf_counter() - start) * 1000
    assert answer.status_code == 200, (path, answer.status_code)
    return took


@contextmanager
def filled(count: int) -> Iterator[tuple[object, dict[str, object]]]:
    """A desk with so many tickets: somebody signed in, and what the addresses name."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        _settings, store, sms, _mail = desk(Path(name))
        fill(store, sms, count)
        spots = {"channel": sms, "saved": saved(store), "team": _team(store)}
        yield signed_in(store.app), spots  # type: ignore[attr-defined]
        store.close()


def main(argv: list[str] | None = None) -> None:
    """Prints a line per page."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--small", type=int, default=1000)
    options.add_argument("--large", type=int, default=100_000)
    asked = options.parse_args(argv)
    with filled(asked.small) as few, filled(asked.large) as many:
        for what, path in PATHS.items():
            small, large = timed([partial(ask, client, path.format(**spots)) for client, spots in (few, many)])
            sys.stdout.write(
                f"{what:<30}{small:>8.1f} ms at {asked.small:,}{large:>10.1f} ms at {asked.large:,}"
                f"   x {large / small:.2f}\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
