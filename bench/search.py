"""Search in a million messages, on SQLite and on PostgreSQL: median and 95th percentile of what people ask.

python -m bench.search [--messages 1000000] [--rounds 20] [--only sqlite|postgresql]
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from bench.intake import desk
from inbox import clock, heap, search
from inbox.actions import people
from inbox.actions.who import SYSTEM, Who
from inbox.reading import searching
from inbox.store import Agent, Customer, Message, Store, Ticket, TicketTag
from tests.servers.postgresql import Cluster, binaries

LIMIT_MS = 100
EACH = 5  # messages of a ticket
BATCH = 10_000
#: What is asked, by what is hard about it. Half of the messages hold "sito", one in 10,000 "tulipano".
QUERIES = {
    "a rare word": "tulipano",
    "a common word": "sito",
    "two common words": "sito dominio",
    "a stem in the other language": "domains",
    "the beginning of a word": "tuli",
    "the beginning of a common word": "dom",
    "exact words": '"il sito" tulipano',
    "common exact words": '"non va il sito"',
    "common words in the other order": '"sito il va non"',
    "from somebody": "from:cliente77",
    "from somebody, a common word": "from:cliente77 sito",
    "from somebody rare, a common word": "from:raffaella sito",
    "a rare and a begun common word": "tulipano dom",
    "a channel and a common word": "sito channel:email",
    "a tag and a common word": "sito tag:dns",
    "a rare tag and a common word": "sito tag:raro",
    "open ones and a common word": "sito is:open",
    "before a day and a common word": "sito before:2020",
    "everything at once": 'from:cliente "il sito" channel:sms is:open tag:dns after:2020',
    "open ones alone": "is:open",
    "a number": "4821",
    "the beginning of a number": "48",
    "a letter": "s",
    "nothing": "acquario",
}


def said(rng: random.Random, vocabulary: list[str]) -> str:
    """What a customer writes: some thirty words, the first of the vocabulary far more often than the last."""
    words = [vocabulary[min(int(rng.paretovariate(0.6)) + 3, len(vocabulary) - 1)] for _ in range(24)]
    opening = "non va il sito" if rng.random() < 0.5 else "buongiorno il dominio"
    return f"{opening} {' '.join(words)}"


def rows(count: int, channels: tuple[str, str]) -> Iterator[tuple[list[dict[str, Any]], ...]]:
    """Tickets, tags, messages and lines of the index, in batches; text and index come from the desk's own step."""
    rng = random.Random(7)
    syllables = [a + b for a in "bcdfglmnprstvz" for b in "aeiou"]
    vocabulary = ["".join(rng.choices(syllables, k=rng.randint(2, 4))) for _ in range(30_000)]
    texts = [said(rng, vocabulary) for _ in range(20_000)]
    forms = [search.terms(each) for each in texts]
    now = clock.now()
    for start in range(0, count, BATCH):
        tickets, tags, messages, lines = [], [], [], []
        for n in range(start, min(start + BATCH, count)):
            number, kind = n // EACH + 1, n // EACH % 2
            at = now - dt.timedelta(minutes=count - n)
            who = f"cliente{number % 5_000}" if number % 40_000 != 9_000 else "raffaella"
            rare = " tulipano" if n % 10_000 == 9_000 else ""
            if n % EACH == 0:
                status = "open" if number % 20 == 0 else "resolved"
                tickets.append(
                    {"id": number, "subject": texts[n % 20_000][:60], "status": status, "channel_id": channels[kind]}
                    | {"kind": ("sms", "email")[kind], "customer_id": f"c{number % 5_000:015}", "active_at": at}
                    | {
                        "created_at": at,
                        "updated_at": at,
                        "preview": texts[n % 20_000][:150],
                        "preview_direction": "in",
                    }
                )
                tags += [{"ticket_id": number, "tag": "dns"}] if number % 10 == 0 else []
                tags += [{"ticket_id": number, "tag": "raro"}] if number % 20_000 == 5_000 else []
            messages.append(
                {
                    "id": n + 1,
                    "ticket_id": number,
                    "channel_id": channels[kind],
                    "kind": ("sms", "email")[kind],
                    "direction": "in",
                }
                | {"text": texts[n % 20_000] + rare, "from_name": who, "from_address": f"{who}@posta.example", "at": at}
                | {"external_id": f"b{n}", "received_at": at}
            )
            body = f"{forms[n % 20_000]} {search.terms(f'{rare} {who} {who}@posta.example {number}')}"
            lines.append({"id": n + 1, "ticket": number, "body": body})
        yield tickets, tags, messages, lines


DEFAULTS: dict[type, dict[str, Any]] = {
    Ticket: {"priority": "normal", "preview_kind": "", "attention": "", "imported": False, "version": 1}
    | {"due_clock": "", "due_told": "", "due_rules": ""},
    Message: {"to": [], "cc": [], "reply_to": [], "references": [], "extra": {}, "echo": False, "joined_rule": "new"}
    | {"attempts": 0, "price_tries": 0, "copy_tries": 0},
    TicketTag: {},
}


def fill(store: Store, channels: tuple[str, str], count: int) -> None:
    """``count`` messages in a fifth as many tickets of 5,000 customers, and the index as intake writes it."""
    with store.transaction() as work:
        work.add_all([Customer(id=f"c{n:015}", name=f"Cliente {n}") for n in range(5_000)])
    lines_of = search.NEW[store.is_sqlite]
    with store.transaction() as work:
        for tickets, tags, messages, lines in rows(count, channels):
            for table, some in ((Ticket, tickets), (TicketTag, tags), (Message, messages)):
                if some:
                    work.execute(insert(table), [DEFAULTS[table] | one for one in some])
            work.connection().execute(lines_of, lines)
    with store.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as line:
        line.execute(text("ANALYZE" if store.is_sqlite else "VACUUM (ANALYZE)"))  # or it begins by itself meanwhile


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of an empty database in a server of its own, which is removed afterwards."""
    found = binaries()
    if found is None:
        raise SystemExit("PostgreSQL is missing (apt-get install postgresql), or ask for --only sqlite")
    with tempfile.TemporaryDirectory(prefix="bench-pg-") as folder:
        Path(folder).chmod(0o755)
        inner = Path(folder) / "cluster"
        inner.mkdir()
        cluster = Cluster(found, inner)
        try:
            yield cluster.url(cluster.create())
        finally:
            cluster.process.stop()


def asked(store: Store, who: Who, query: str, rounds: int) -> tuple[float, float, float, int]:
    """Of the search page's reading the median and 95th percentile in ms, the median of this process's own CPU, and how
    many tickets it gives."""
    times, own, total = [], [], 0
    for n in range(rounds + 1):
        start, begun = time.perf_counter(), time.process_time()
        with store.reading() as work:
            page = searching.page(work, who, query, {})
        if n:
            times.append((time.perf_counter() - start) * 1000)
            own.append((time.process_time() - begun) * 1000)
        total = page.total or 0
        assert not page.problem, page.problem
    return statistics.median(times), sorted(times)[int(len(times) * 0.95)], statistics.median(own), total


def measured(kind: str, url: str, count: int, rounds: int) -> None:
    """Fills a desk, asks, and prints a line per query."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        start = time.perf_counter()
        _settings, store, sms, mail = desk(Path(name), url)
        fill(store, (sms, mail), count)
        with store.transaction() as work:
            people.add_team(work, SYSTEM, "Soci", private=True)
            agent = people.add_agent(work, SYSTEM, email="b@bench.example", name="B", role="agent", password="x" * 20)
            who = Who.of(work.get_one(Agent, agent.id))
        heap.settle()  # as the web role does
        took, load = time.perf_counter() - start, os.getloadavg()[0]
        sys.stdout.write(f"{kind}: {count:,} messages, filled in {took:.0f} s, load {load:.1f}\n")
        for what, query in QUERIES.items():
            median, worst, own, total = asked(store, who, query, rounds)
            missed = "" if worst <= LIMIT_MS else "   over the limit"
            times = f"{median:>8.1f} ms{worst:>9.1f} ms p95 (limit {LIMIT_MS}), own CPU{own:>7.1f} ms"
            sys.stdout.write(f"  {what:<34}{times}{total:>6} tickets{missed}\n")
            sys.stdout.flush()
        store.close()


def main(argv: list[str] | None = None) -> None:
    """Prints a table per database."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--messages", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--only", choices=("sqlite", "postgresql"))
    wanted = options.parse_args(argv)
    if wanted.only != "postgresql":
        measured("SQLite", "", wanted.messages, wanted.rounds)
    if wanted.only != "sqlite":
        with postgresql() as url:
            measured("PostgreSQL", url, wanted.messages, wanted.rounds)


if __name__ == "__main__":
    main()
