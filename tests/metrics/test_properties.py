"""What must not change a figure: copies, undone undos, order of arrival, compaction, names, whole weeks, strangers."""

from __future__ import annotations

import datetime as dt
import json
import random
from itertools import pairwise
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bench.metrics_log import Shape, generate
from inbox.metrics import Config, Log, Report, Request, State, read_lines, report
from inbox.metrics.times import DAY, iso, millis
from inbox.metrics.work import session_of
from tests.metrics.comparing import LATER, cells, corrected, differences, early_ends, read, same, sentences

Body = dict[str, Any]

seeds = st.integers(0, 10_000)
# A seed cannot be made simpler: report the first that fails.
few = settings(max_examples=8, phases=(Phase.explicit, Phase.reuse, Phase.generate))

#: Fields that name things, by kind of name.
NAMES = {
    "ticket": "T", "into": "T", "to": "T", "from": "T", "customer": "C", "agent": "A", "team": "D", "msg": "m",
    "cause": "m", "call": "Q", "session": "S", "survey": "V", "cost": "p", "supersedes": "p", "of": "p",
    "contract": "K", "post": "P", "id": "e", "target": "e",
}  # fmt: skip


def odd(seed: int, tickets: int = 25, **more: Any) -> list[Body]:
    shape = Shape(tickets, seed, per_day=3, agents=5, customers=9, quirks=1.0, contracts=0.5, **more)
    return list(generate(shape))


def asked(
    by: str | None = "channel", first: str = "2026-01-01", end: str = "2026-02-01", as_of: str = LATER
) -> Request:
    return Request.of(first, end, as_of, by=by)


@few
@given(seed=seeds, data=st.data())
def test_copies_change_nothing(seed: int, data: st.DataObject) -> None:
    events = odd(seed)
    copies = data.draw(st.lists(st.sampled_from(events), max_size=20))
    doubled = events + [{**event, "seq": event["seq"] + 100_000 + n} for n, event in enumerate(copies)]
    assert differences(report(doubled, asked()), report(events, asked())) == []


@few
@given(seed=seeds, data=st.data())
def test_a_void_takes_an_event_out_and_its_own_void_brings_it_back(seed: int, data: st.DataObject) -> None:
    events = [event for event in odd(seed) if event["kind"] != "void"]
    target = data.draw(st.sampled_from(events))
    undo = {"id": "undo", "seq": 10**6, "ts": target["ts"], "kind": "void", "target": target["id"]}
    redo = {"id": "redo", "seq": 10**6 + 1, "ts": target["ts"], "kind": "void", "target": "undo"}
    without = [event for event in events if event["id"] != target["id"]]
    assert differences(report([*events, undo], asked()), report(without, asked())) == []
    assert differences(report([*events, undo, redo], asked()), report(events, asked())) == []


@few
@given(seed=seeds)
def test_the_order_of_arrival_changes_nothing(seed: int) -> None:
    events = odd(seed)
    mixed = random.Random(seed).sample(events, len(events))
    assert differences(report(mixed, asked("agent")), report(events, asked("agent"))) == []


@few
@given(seed=seeds)
def test_an_end_before_its_start_changes_nothing(seed: int) -> None:
    events = odd(seed, beats=True)
    early = early_ends(events, random.Random(seed))
    wanted = report(events, asked("agent"))
    mixed = random.Random(seed).sample([*events, *early], len(events) + len(early))
    assert early
    assert differences(report(mixed, asked("agent")), wanted) == []
    whole = read_lines(map(json.dumps, [*early, *events]))
    assert len(whole.problems) == len(early)
    assert differences(report(whole, asked("agent")), wanted) == []


@few
@given(seed=seeds)
def test_a_file_read_whole_gives_what_its_lines_give_one_by_one(seed: int) -> None:
    events = odd(seed, beats=True)
    early = early_ends(events, random.Random(seed))
    told = [*early, *events, *corrected(early, events)]
    state = State()
    for event in told:
        state.append([event])
    whole = read_lines(map(json.dumps, told))
    known = Request.of("2026-01-01", "2026-02-01", iso(state.book.living.last_rec), by="agent")
    assert differences(report(whole, known), report(told, known)) == []
    assert sentences(cells(state), cells(built(whole))) == []


def built(log: Log) -> State:
    state = State()
    state.append(log.events)
    return state


@few
@given(seed=seeds)
def test_beats_compacted_to_spans_change_nothing(seed: int) -> None:
    events = odd(seed, beats=True, duplicates=0.0)
    assert differences(report(compacted(events), asked("agent")), report(events, asked("agent"))) == []


def compacted(events: list[Body]) -> list[Body]:
    """Every session that nobody undid as one handle.span (section 7.5)."""
    undone = {event["target"] for event in events if event["kind"] == "void"}
    sessions: dict[str, list[Body]] = {}
    for event in events:
        if event["kind"].startswith("handle."):
            sessions.setdefault(event["session"], []).append(event)
    kept = [event for event in events if not event["kind"].startswith("handle.")]
    for own in sessions.values():
        if any(event["id"] in undone for event in own):
            kept += own
            continue
        item = session_of(sorted(read(own), key=lambda e: e.order), Config.of(), 1 << 62)
        start = next((event for event in own if event["kind"] == "handle.start"), None)
        assert item is not None
        assert start is not None
        spans = [[iso(a), iso(b)] for a, b, _ in item.spans]
        kept.append({**start, "kind": "handle.span", "ts": iso(item.start), "spans": spans})
    return kept


@few
@given(seed=seeds)
def test_other_names_give_the_same_figures(seed: int) -> None:
    events = odd(seed)
    assert differences(report([renamed(e, seed) for e in events], asked()), report(events, asked())) == []


def renamed(event: Body, seed: int) -> Body:
    """The same event with every id replaced by one that sorts elsewhere."""
    new = dict(event)
    names = NAMES | {"into": "C"} if event["kind"] == "customer.merged" else NAMES
    for field, kind in names.items():
        if isinstance(event.get(field), str) and not (field == "from" and event["kind"] == "cost.rate"):
            new[field] = another(event[field], kind, seed)
    if "actor" in event:
        new["actor"] = dict(event["actor"])
        new["actor"] |= {"id": another(event["actor"]["id"], "A", seed)}
        if "team" in event["actor"]:
            new["actor"] |= {"team": another(event["actor"]["team"], "D", seed)}
    if "msgs" in event:
        new["msgs"] = [another(msg, "m", seed) for msg in event["msgs"]]
    return new


def another(name: str, kind: str, seed: int) -> str:
    return f"{random.Random(f'{seed} {kind} {name}').getrandbits(64):016x}"


@few
@given(seed=seeds, weeks=st.integers(1, 4))
def test_whole_weeks_inside_one_offset_move_nothing(seed: int, weeks: int) -> None:
    events = [event for event in odd(seed) if event["kind"] != "cost.fixed"]  # a month cannot move by weeks
    moved = [later(event, 7 * weeks) for event in events]
    as_of = "2026-02-20T00:00:00Z"
    first = report(events, asked(as_of=as_of))
    second = report(
        moved,
        asked(None, day("2026-01-01", 7 * weeks), day("2026-02-01", 7 * weeks), later_time(as_of, 7 * weeks)),
    )
    assert differences({"all": second["all"]}, {"all": first["all"]}) == []


def later_time(text: str, days: int) -> str:
    return iso(millis(text) + days * DAY)


def day(text: str, days: int) -> str:
    return (dt.date.fromisoformat(text) + dt.timedelta(days=days)).isoformat()


def later(event: Body, days: int) -> Body:
    """The same event some days later, with every time and date in it."""
    new = dict(event)
    for field in ("ts", "rec", "ends"):
        if field in event:
            new[field] = later_time(event[field], days)
    for field in ("date", "from"):
        if field in event and event["kind"] in {"fx.rate", "cost.rate"}:
            new[field] = day(event[field], days)
    if "spans" in event:
        new["spans"] = [[later_time(text, days) for text in pair] for pair in event["spans"]]
    return new


@few
@given(seed=seeds)
def test_strangers_do_not_move_the_figures(seed: int) -> None:
    shared = {"cost.fixed", "cost.rate", "fx.rate", "void"}
    mine = [event for event in odd(seed) if event["kind"] not in {"cost.fixed", "void"}]
    theirs = [
        stranger(event) for event in odd(seed + 1) if event["kind"] not in shared and event["kind"] != "agent.state"
    ]
    alone, together = report(mine, asked()), report(mine + theirs, asked())
    for name in alone.keys() - {"all", "channel=unallocated"}:
        assert differences({"x": together[name]}, {"x": alone[name]}) == []


def stranger(event: Body) -> Body:
    """An event of other people on other channels."""
    new = renamed(event, 99) | {"id": f"other {event['id']}", "seq": event["seq"] + 1}
    if isinstance(event.get("channel"), str):
        new["channel"] = f"other {event['channel']}"
    return new


WHOLES = (
    "vol.inbound", "vol.handled", "vol.abandoned", "vol.pending", "vol.bot", "vol.answered.n", "vol.answered.k",
    "vol.unanswered.k", "case.created", "case.resolved", "frt.n", "frt.sum_ms", "rt.sum_ms", "ttr_full.sum_ms",
    "ttr_net.sum_ms", "ttr_km.n", "backlog.open", "fcr7.n", "fcr7.k", "fcr30_strict.n", "reopen.k", "ipc.sum", "aht.n",
    "aht.sum_ms", "aht.untracked", "work.prod_ms", "work.view_ms", "work.spam_ms", "cost.labour_direct",
    "cost.labour_full", "cost.provider", "cost.fixed", "cost.full_total", "cost.resolved_direct", "sla_frt.n",
    "sla_ttr.k", "csat.n", "nps.promoters", "sent.neg", "social.weighted", "social.mentions",
)  # fmt: skip


@few
@given(seed=seeds)
def test_channels_add_up_to_the_whole(seed: int) -> None:
    # Without its first message a case can be on no known channel, and then it is in no slice.
    found = report([event for event in odd(seed) if event["kind"] != "void"], asked())
    for key in WHOLES:
        assert same(total(found, key), found["all"][key]), key


def total(found: Report, key: str) -> int:
    values = [own[key] for name, own in found.items() if name != "all"]
    return sum(value for value in values if isinstance(value, int))


@few
@given(seed=seeds)
def test_days_add_up_to_a_week(seed: int) -> None:
    events = odd(seed, tickets=10)
    days = [f"2026-01-{n:02}" for n in range(5, 13)]
    week = report(events, asked(None, days[0], days[-1]))["all"]
    each = [report(events, asked(None, a, b))["all"] for a, b in pairwise(days)]
    for key in set(WHOLES) - {"backlog.open"}:
        parts = [own[key] for own in each]
        assert same(sum(part for part in parts if isinstance(part, int)), week[key]), key
