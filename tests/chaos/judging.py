"""After the storm: the far ends' own lists say what came and what left; the desk has to agree with every line."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, select

from inbox.reading import ledger
from inbox.store import Event, JournalEntry, JournalItem, Message, Work
from inbox.terms import Delivery, Direction, Outcome
from tests.chaos.storm import Storm

__all__ = ["judge"]

ARRIVED = (Delivery.SENT, Delivery.DELIVERED, Delivery.READ)
# Why nobody can say whether a message left: the worker died, or the line broke after the provider may have taken it.
TRUE_REASONS = {"interrupted", "timeout", "connection", "broken", "lost", "ambiguous"}


def judge(storm: Storm, replies: int) -> Counter[str]:
    """Raises AssertionError for anything lost, doubled or unbalanced; gives the counts for the summary."""
    found: Counter[str] = Counter()
    with storm.desk.store.reading() as work:
        _mails(work, storm, found)
        _hooks(work, storm, found)
        _replies(work, storm, replies, found)
        _ledger(work, found)
    return found


def _mails(work: Work, storm: Storm, found: Counter[str]) -> None:
    """Every mail in the mailbox was journalled once, and is one message; the same again is a duplicate."""
    came = Counter(
        work.scalars(select(Message.external_id).where(Message.kind == "email", Message.direction == Direction.IN))
    )
    assert {key for key, times in came.items() if times > 1} == set(), "a mail became two messages"
    missing, foreign = set(storm.mails) - set(came), set(came) - set(storm.mails)
    assert not missing, f"{len(missing)} mails were lost: {sorted(missing)[:5]}"
    assert not foreign, f"mails that nobody sent: {sorted(map(str, foreign))[:5]}"
    fetched = work.scalar(
        select(func.count()).where(JournalEntry.method == "POLL", JournalEntry.channel_id == _id(storm, "email"))
    )
    assert fetched == sum(storm.mails.values()), f"{fetched} of {sum(storm.mails.values())} mails are in the journal"
    found["mails in the mailbox"], found["mails as messages"] = sum(storm.mails.values()), len(came)


def _hooks(work: Work, storm: Storm, found: Counter[str]) -> None:
    """Every SMS that the provider has is one message, however often and in whatever order it called."""
    asked = Counter(one["text"] for one in storm.desk.sandbox.received("sms"))
    came = Counter(work.scalars(select(Message.text).where(Message.kind == "sms", Message.direction == Direction.IN)))
    assert came == asked, f"lost {list(asked - came)[:5]}, doubled {list(came - asked)[:5]}"
    calls = storm.desk.sandbox.hooks("sms")
    answers = Counter(one["status"] or one["error"] for one in calls)
    assert set(answers) <= {200, 503, "connect", "broken", "timeout"}, f"the hooks answered {answers}"
    found["webhook calls"], found["of these answered 200"] = len(calls), answers[200]
    found["SMS at the provider"], found["SMS as messages"] = sum(asked.values()), sum(came.values())


def _replies(work: Work, storm: Storm, replies: int, found: Counter[str]) -> None:
    accepted = Counter(one["text"].strip().split("\n")[0] for one in storm.desk.sandbox.accepted("sms"))
    accepted += Counter(one["text"].strip().split("\n")[0] for one in storm.post.accepted("email"))
    rows = work.scalars(select(Message).where(Message.direction == Direction.OUT)).all()
    assert Counter(row.text for row in rows) == Counter(f"answer {n}" for n in range(replies)), (
        "replies lost or doubled"
    )
    for row in rows:
        times = accepted[row.text]
        if row.state is Delivery.UNKNOWN:
            assert times <= 1, f"{row.text} left {times} times"
            assert row.problem, f"{row.text} is unknown without a reason"
            assert row.code == "interrupted" or row.attempts, f"{row.text} is unknown for {row.code}"
            found[f"unknown: {row.code}"] += 1
            found["unknown that did arrive"] += times
        else:
            assert row.state in ARRIVED, f"{row.text} is {row.state}: {row.code} {row.problem}"
            assert times == 1, f"{row.text} left {times} times and is {row.state}"
            found["replies delivered once"] += 1
    assert all(times == 1 for times in accepted.values()), (
        f"left twice: {[key for key in accepted if accepted[key] > 1]}"
    )
    events = Counter(event.data.get("msg") for event in work.scalars(select(Event).where(Event.kind == "msg.out")))
    assert set(events) == {str(row.id) for row in rows}, "the log does not tell of every reply"


def _ledger(work: Work, found: Counter[str]) -> None:
    outcomes = Counter(item.outcome for item in work.scalars(select(JournalItem)))
    entries = work.scalar(select(func.count()).select_from(JournalEntry))
    assert outcomes[Outcome.PENDING] == 0, f"{outcomes[Outcome.PENDING]} are still pending"
    assert outcomes[Outcome.QUARANTINED] == 0, "something genuine was quarantined"
    assert entries == work.scalar(select(func.count(func.distinct(JournalItem.entry_id)))), "an entry has no outcome"
    day = ledger.today(work)
    lines = ledger.lines(work, *ledger.period(work, None, None))
    assert lines, f"the ledger of {day} is empty"
    assert all(line.balanced for line in lines), f"unbalanced: {[line for line in lines if not line.balanced]}"
    for outcome, count in outcomes.items():
        found[f"ledger: {outcome.value}"] = count
    found["ledger: received"] = sum(line.received for line in lines)


def _id(storm: Storm, kind: str) -> str:
    return storm.desk.channels[kind].id
