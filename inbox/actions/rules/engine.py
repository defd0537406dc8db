"""The engine: reads the log rule by rule, does their steps, and writes down what each did, once, in one transaction."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import delete, exists, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from inbox import clock, logs
from inbox.actions import calls, desk, steps, tickets
from inbox.actions.desk import audit
from inbox.actions.rules import timed
from inbox.actions.rules.conditions import met
from inbox.actions.rules.kinds import WHEN, Case, case_of, load
from inbox.actions.steps_alone import last_word
from inbox.actions.who import SYSTEM, Who, rule_of
from inbox.errors import Problem
from inbox.store import Event, Message, Rule, RuleRun, RuleWait, Ticket, Work
from inbox.terms import Delivery, Direction, Status

__all__ = ["act", "behind", "come_due", "finish_due", "follow", "forget_old", "on", "pause"]

log = logs.get(__name__)
PORTION: Final = 50  # lines of a transaction, which ends after so long: nobody else waits for it
LONGEST_S: Final = 0.2
DEEPEST: Final = 4  # rules that may lead to one another
PER_TICKET: Final = 10  # times that a rule acts on one ticket in a day
DAY: Final = dt.timedelta(days=1)
KEPT: Final = dt.timedelta(days=90)  # so long the log of a rule tells of what it did
#: PostgreSQL: one engine at a time, so that rules act in their order.
LOCK: Final = 0x5057_0003
LIMIT: Final = "limit"


def on(work: Work) -> list[Rule]:
    """The rules that are switched on, in their order."""
    return list(work.scalars(select(Rule).where(Rule.active).order_by(Rule.place, Rule.id)))


def behind(work: Work, rules: Iterable[Rule]) -> bool:
    """Whether the log holds a line that one of these rules has not read: a look that holds up no writer."""
    least: dict[tuple[str, ...], int] = {}
    for rule in rules:
        kinds = WHEN[rule.event].kinds
        if kinds:
            least[kinds] = min(rule.seq, least.get(kinds, rule.seq))
    return any(work.scalar(_after(kinds, seq).limit(1)) is not None for kinds, seq in least.items())


def _after(kinds: tuple[str, ...], seq: int) -> Any:
    return select(Event.seq).where(Event.kind.in_(kinds), Event.seq > seq)


def _mine(work: Work) -> bool:
    """False where another worker is at it."""
    if work.store.is_sqlite:
        return True
    return bool(work.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": LOCK}))


def follow(work: Work) -> int:
    """Reads the next portion of the log and does what the rules say of it; gives how many lines it read.

    How far each rule has read is kept by the same transaction that keeps what it did: after a crash neither counts.
    """
    rules = on(work) if _mine(work) else []
    read: dict[str, dict[int, Event]] = {}
    for name in dict.fromkeys(rule.event for rule in rules if WHEN[rule.event].kinds):
        seq = min(rule.seq for rule in rules if rule.event == name)
        lines = select(Event).where(Event.kind.in_(WHEN[name].kinds), Event.seq > seq).order_by(Event.seq)
        read[name] = {one.seq: one for one in work.scalars(lines.limit(PORTION))}
    end = min((max(lines) for lines in read.values() if len(lines) == PORTION), default=None)
    known = sorted({seq for lines in read.values() for seq in lines if end is None or seq <= end})
    held = load(work, [one for lines in read.values() for seq, one in lines.items() if end is None or seq <= end])
    begin, done = time.monotonic(), 0
    for seq in known:
        done += 1
        for rule in rules:
            event = read.get(rule.event, {}).get(seq)
            if event is not None and rule.active and rule.seq < seq:
                _read(work, rule, event)
                rule.seq = seq
        if time.monotonic() - begin > LONGEST_S:
            break
    del held
    return done


def _read(work: Work, rule: Rule, event: Event) -> None:
    case = case_of(work, rule.event, event)
    chain = _chain(work, event)
    if case is None or rule.id in chain or not met(work, rule.conditions, [case])[0]:
        return
    act(work, rule, case, chain)


def _chain(work: Work, event: Event) -> list[int]:
    """The rules that led to a line of the log, the first one first."""
    by = rule_of(event.actor_id)
    if by is None:
        return []
    runs = select(RuleRun.events, RuleRun.chain).where(RuleRun.rule_id == by, RuleRun.ticket_id == event.ticket_id)
    for events, chain in work.execute(runs.order_by(RuleRun.id.desc()).limit(PER_TICKET * 2)):
        if event.id in events:
            return [*chain, by]
    return [by]


def come_due(work: Work, number: int, only: list[int]) -> int:
    """Acts on what came due for a rule of time; gives on how many tickets."""
    rule = work.get(Rule, number) if _mine(work) else None
    if rule is None or not rule.active:
        return 0
    done = 0
    for case in timed.found(work, rule, only):
        done += act(work, rule, case, [])
    return done


# --- acting -----------------------------------------------------------------------------------------------------


def act(work: Work, rule: Rule, case: Case, chain: list[int]) -> bool:
    """Does the steps of a rule for one case, and writes down what came of it; False where it was not to act."""
    known = exists().where(RuleRun.rule_id == rule.id, RuleRun.ticket_id == case.ticket.id, RuleRun.mark == case.mark)
    if not rule.active or work.scalar(select(known)):
        return False
    run = RuleRun(rule_id=rule.id, ticket_id=case.ticket.id, mark=case.mark, chain=chain)
    recent = select(RuleRun.outcome).where(RuleRun.rule_id == rule.id, RuleRun.at > clock.now() - DAY)
    times = list(work.scalars(recent.where(RuleRun.ticket_id == case.ticket.id).order_by(RuleRun.id)))
    if len(chain) >= DEEPEST:
        run.outcome, run.detail = "skipped", "depth"
    elif len(times) >= PER_TICKET:
        run.outcome, run.detail = "skipped", "often"
        if times[-1] == "skipped":
            return False
    elif not times and _tickets(work, rule) >= rule.most:
        pause(work, rule, LIMIT)
        return False
    else:
        _do(work, rule, case, run)
    work.add(run)
    work.flush()
    return True


def _tickets(work: Work, rule: Rule) -> int:
    mine = (RuleRun.rule_id == rule.id, RuleRun.at > clock.now() - DAY, RuleRun.outcome != "skipped")
    return work.scalar(select(func.count(RuleRun.ticket_id.distinct())).where(*mine)) or 0


def pause(work: Work, rule: Rule, problem: str) -> None:
    """Takes a rule out of work until somebody has looked at it."""
    rule.active, rule.problem = False, problem
    audit(work, SYSTEM, "rule.paused", rule=rule.id, name=rule.name, problem=problem)
    log.warning("rule paused", rule=rule.id, problem=problem)


def _do(work: Work, rule: Rule, case: Case, run: RuleRun) -> None:
    who = Who.rule(rule.id, str(desk.get(work, "desk.language")))
    doing = steps.Doing(work, who, case.ticket.id, key=f"rule-{rule.id}-{case.mark}", rule=rule.name)
    doing.answers = case.message if case.mark.startswith("e") else None
    before = len(work.events), len(work.inserted)
    try:
        with work.begin_nested():
            events = steps.run(doing, rule.steps)
    except SQLAlchemyError:
        raise
    except Exception as problem:  # one bad rule holds up neither the others nor the log
        work.take_back(*before)
        run.outcome, run.detail = "failed", problem.detail if isinstance(problem, Problem) else type(problem).__name__
        if not isinstance(problem, Problem):
            log.exception("rule failed", rule=rule.id, ticket=case.ticket.id)
        return
    run.events, run.did = [line.id for line in events], list(doing.did)
    run.detail = doing.withheld[0] if doing.withheld else ""
    run.outcome = "done" if doing.did else "nothing"


# --- what a rule said it will do --------------------------------------------------------------------------------


def finish_due(work: Work) -> int:
    """Resolves the tickets that nobody wrote in since a rule asked; gives how many waits ended, this way or another."""
    due = timed.waits(work) if _mine(work) else []
    for wait in due:
        _finish(work, wait)
        work.delete(wait)
    return len(due)


def _finish(work: Work, wait: RuleWait) -> None:
    run = RuleRun(rule_id=wait.rule_id, ticket_id=wait.ticket_id, mark=f"x{wait.id}")
    ticket = work.get_one(Ticket, wait.ticket_id)
    run.detail = _stopped(work, ticket, wait)
    if run.detail:
        run.outcome = "dropped"
    else:
        event = tickets.set_status(work, Who.rule(wait.rule_id), ticket.id, "resolved")
        run.events = [event.id] if event is not None else []
        run.did = [{"do": "status", "what": "resolved"}]
    work.add(run)


def _stopped(work: Work, ticket: Ticket, wait: RuleWait) -> str:
    """Why a ticket is not resolved after all, as a word, or ""."""
    if ticket.merged_into is not None or ticket.status not in {Status.NEW, Status.OPEN, Status.PENDING}:
        return "moved"
    if last_word(work, ticket.id) != wait.message_id:
        return "wrote"
    asked = select(Message.state).where(
        Message.ticket_id == ticket.id, Message.direction == Direction.OUT, Message.auto.is_not(None)
    )
    state = work.scalar(asked.order_by(Message.id.desc()).limit(1))
    return "unasked" if state in {Delivery.FAILED, Delivery.UNKNOWN, Delivery.CANCELLED} else ""


def forget_old(work: Work) -> None:
    """The log of rules is kept for a while; what a rule of time has seen to stays as long as its ticket."""
    old = RuleRun.mark.like("e%") & (RuleRun.at < clock.now() - KEPT)
    work.execute(delete(RuleRun).where(old).execution_options(synchronize_session=False))
    calls.forget_old(work)
