"""The event log: readers see a settled prefix, whoever commits when, and nothing is appended on the side."""

from __future__ import annotations

import random
import threading
import time

import pytest
from sqlalchemy import select, text

from inbox.store import Event, Store, Work, names
from inbox.store.log import NAMED


def test_a_reader_never_sees_a_number_before_a_smaller_one(store: Store) -> None:
    writers, each = 6, 25
    seen: list[int] = []
    done = threading.Event()

    def write(seed: int) -> None:
        rng = random.Random(seed)
        for _ in range(each):
            with store.transaction() as work:
                for _ in range(rng.randint(1, 3)):
                    work.append("test.line", data_of=seed)
                if rng.random() < 0.3:
                    time.sleep(rng.random() / 200)

    def read() -> None:
        last = 0
        while True:
            finished = done.is_set()
            with store.reading() as work:
                new = work.scalars(select(Event.seq).where(Event.seq > last).order_by(Event.seq)).all()
            seen.extend(new)
            last = new[-1] if new else last
            if finished:
                return

    reader = threading.Thread(target=read)
    reader.start()
    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    reader.join()
    with store.reading() as work:
        everything = list(work.scalars(select(Event.seq).order_by(Event.seq)))
    assert len(everything) >= writers * each
    assert seen == everything


def test_a_rolled_back_transaction_leaves_no_event(store: Store) -> None:
    with pytest.raises(RuntimeError, match="on purpose"), store.transaction() as work:
        _append_and_fail(work)
    assert store.last_seq() == 0


def _append_and_fail(work: Work) -> None:
    work.append("test.line")
    raise RuntimeError("on purpose")


def test_an_event_outside_a_transaction_is_refused(store: Store) -> None:
    with store.reading() as work:
        work.append("test.line")
        with pytest.raises(RuntimeError, match="outside"):
            work.commit()


def test_the_same_event_id_is_taken_once(store: Store) -> None:
    with store.transaction() as work:
        work.append("test.line", id="one")
    with pytest.raises(Exception, match=r"(?i)unique"), store.transaction() as work:
        work.append("test.line", id="one")
    assert store.last_seq() == 1


@pytest.mark.parametrize("name", NAMED)
def test_what_a_line_names_is_found_by_an_index(store: Store, name: str) -> None:
    kind, *_ = kinds = NAMED[name]
    told = [(kind, "one"), (kinds[-1], "two's"), (kind, "three"), ("test.line", "one")]
    with store.transaction() as work:
        lines = [Event(kind=kind, data={name: value}) for kind, value in told]
        work.add_all(lines)
        wanted = [line.id for line in lines[:2]]
    with store.reading() as work:
        query = select(Event.id).where(names(name, ["one", "two's", "nobody"], *kinds))
        assert set(work.scalars(query)) == {*wanted}
        if not store.is_sqlite:
            work.execute(text("SET LOCAL enable_seqscan = off"))
        asked = str(query.compile(work.connection(), compile_kwargs={"literal_binds": True}))
        explain = "EXPLAIN QUERY PLAN " if store.is_sqlite else "EXPLAIN "
        plan = [str(row[-1]) for row in work.connection().exec_driver_sql(explain + asked.replace("%%", "%"))]
    assert any(f"ix_events_{name}" in line for line in plan), plan


def test_only_kinds_with_an_index_are_asked_for(store: Store) -> None:
    with pytest.raises(ValueError, match=r"msg\.read is not in the index of msg"):
        names("msg", ["1"], "msg.in", "msg.read")
