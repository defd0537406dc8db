"""Rules as they are made: written, switched on and off, put in order, removed; every change is audited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import delete, func, select

from inbox import clock
from inbox.actions import calls, steps, variables
from inbox.actions.desk import audit, get
from inbox.actions.rules import conditions
from inbox.actions.rules.kinds import WHEN
from inbox.actions.rules.ready import READY
from inbox.actions.who import Who, require
from inbox.errors import Conflict, Invalid, NotFound
from inbox.store import Canned, Event, Rule, RuleWait, Work

__all__ = [
    "RIGHT",
    "USUAL",
    "add",
    "add_ready",
    "all_of",
    "braces",
    "change",
    "drafted",
    "find",
    "move",
    "problem",
    "remove",
    "switch",
]

RIGHT: Final = "rules.change"
LONGEST: Final = 80
MOST: Final = 100
#: The longest time that a rule waits, by its unit, and the tickets a day that it may act on.
WAITS: Final = {"d": 365, "h": 720}
LIMITS: Final = (1, 100_000)
USUAL: Final = 500


def all_of(work: Work) -> list[Rule]:
    """Every rule, in the order in which they act."""
    return list(work.scalars(select(Rule).order_by(Rule.place, Rule.id)))


def find(work: Work, who: Who, number: int) -> Rule:
    """A rule. Raises :class:`NotFound`."""
    require(who, RIGHT)
    row = work.get(Rule, number)
    if row is None:
        msg = "there is no such rule"
        raise NotFound(msg)
    return row


def problem(work: Work, row: Rule) -> str:
    """Why a rule was paused as a word, or what it asks for and this desk does not have as a sentence, or ""."""
    named = ((one["field"], word) for one in row.conditions for word in conditions.lost(work, one))
    return row.problem or next((f"there is no {field} {word!r} here, so it finds nothing" for field, word in named), "")


def drafted(work: Work, values: dict[str, Any], but: int | None = None, *, taken: bool = False) -> dict[str, Any]:
    """A rule as it may be stored: ``name``, ``event``, ``wait``, ``conditions``, ``steps``, ``most``. Raises
    :class:`Invalid` with everything that is wrong, :class:`Conflict` for a name that is ``taken``, unless it may be."""
    wrong: dict[str, str] = {}
    found: dict[str, Any] = {}
    for name, check in _CHECKS.items():
        try:
            found[name] = check(work, values)
        except Invalid as problem:
            wrong |= problem.fields
    if wrong:
        raise Invalid("; ".join(wrong.values()), fields=wrong)
    same = select(Rule.id).where(func.lower(Rule.name) == found["name"].lower(), Rule.id != (but or 0))
    if not taken and work.scalar(same) is not None:
        msg = "there is a rule of this name already"
        raise Conflict(msg, fields={"name": msg})
    return found


def _name(_work: Work, values: dict[str, Any]) -> str:
    wanted = " ".join(str(values.get("name", "")).split())
    if not 0 < len(wanted) <= LONGEST:
        msg = f"give the rule a name of up to {LONGEST} letters"
        raise Invalid(msg, fields={"name": msg})
    return wanted


def _event(_work: Work, values: dict[str, Any]) -> str:
    event = str(values.get("event", ""))
    if event not in WHEN:
        msg = "choose when the rule acts"
        raise Invalid(msg, fields={"event": msg})
    return event


def _wait(_work: Work, values: dict[str, Any]) -> int:
    when = WHEN.get(str(values.get("event", "")))
    if when is None or not when.unit:
        return 0
    wait, longest = values.get("wait"), WAITS[when.unit]
    if not isinstance(wait, int) or not 1 <= wait <= longest:
        msg = f"say after how many hours: 1 to {longest}"
        if when.unit == "d":
            msg = f"say after how many days: 1 to {longest}"
        raise Invalid(msg, fields={"wait": msg})
    return wait


def _steps(work: Work, values: dict[str, Any]) -> list[dict[str, str]]:
    found = steps.checked(work, values.get("steps", ()), alone=True)
    for each in found:
        row = work.get(Canned, int(each["what"])) if each["do"] == "send" else None
        if row is not None and "{agent." in row.text:
            msg = f"/{row.name} names the agent who sends it, and a rule is nobody: choose another one"
            raise Invalid(msg, fields={"steps": msg})
    return found


def _most(_work: Work, values: dict[str, Any]) -> int:
    most, (least, limit) = values.get("most", USUAL), LIMITS
    if not isinstance(most, int) or not least <= most <= limit:
        msg = f"a rule acts on {least} to {limit} tickets a day"
        raise Invalid(msg, fields={"most": msg})
    return most


_CHECKS: Final = {
    "name": _name,
    "event": _event,
    "wait": _wait,
    "conditions": lambda _work, values: conditions.checked(values.get("conditions", ())),
    "steps": _steps,
    "most": _most,
}


def add(work: Work, who: Who, values: dict[str, Any], *, ready: str = "") -> Rule:
    """Adds a rule at the end, switched off. Raises as :func:`drafted`."""
    require(who, RIGHT)
    found = drafted(work, values)
    if (work.scalar(select(func.count()).select_from(Rule)) or 0) >= MOST:
        msg = f"a desk has up to {MOST} rules; remove one first"
        raise Invalid(msg, fields={"": msg})
    last = work.scalar(select(func.max(Rule.place))) or 0
    row = Rule(**found, place=last + 1, ready=ready)
    work.add(row)
    work.flush()
    _signs(work, row)
    audit(work, who, "rule.added", rule=row.id, name=row.name)
    return row


def add_ready(work: Work, who: Who, name: str) -> Rule:
    """Adds a ready-made rule in the desk's language and switches it on. Raises :class:`NotFound`, :class:`Conflict`."""
    require(who, RIGHT)
    make = READY.get(name)
    if make is None:
        msg = "there is no such ready-made rule"
        raise NotFound(msg)
    if work.scalar(select(Rule.id).where(Rule.ready == name)) is not None:
        msg = "this rule is there already"
        raise Conflict(msg)
    row = add(work, who, make(str(get(work, "desk.language"))), ready=name)
    switch(work, who, row.id, on=True)
    return row


def change(work: Work, who: Who, number: int, values: dict[str, Any]) -> Rule:
    """Changes a rule; from here on it acts as it reads now. Raises as :func:`add`."""
    row = find(work, who, number)
    found = drafted(work, values, but=row.id)
    changes = {name: [getattr(row, name), value] for name, value in found.items() if getattr(row, name) != value}
    for name, value in found.items():
        setattr(row, name, value)
    _signs(work, row)
    if changes.keys() & {"event", "wait"}:
        _from_now(work, row)
    if changes:
        audit(work, who, "rule.changed", rule=row.id, name=row.name, changes=changes)
    return row


def _signs(work: Work, row: Rule) -> None:
    """A rule that calls another system needs what it is known by there."""
    if any(each["do"] == "webhook" for each in row.steps):
        calls.secret(work)


def switch(work: Work, who: Who, number: int, *, on: bool) -> Rule:
    """Switches a rule on, from now on, or off; what it said it will do is forgotten then."""
    row = find(work, who, number)
    if row.active != on:
        row.active = on
        audit(work, who, "rule.on" if on else "rule.off", rule=row.id, name=row.name)
    if on:
        row.problem = ""
        _from_now(work, row)
    else:
        work.execute(delete(RuleWait).where(RuleWait.rule_id == row.id).execution_options(synchronize_session=False))
    return row


def _from_now(work: Work, row: Rule) -> None:
    row.seq = work.scalar(select(func.max(Event.seq))) or 0
    row.since = clock.now()


def move(work: Work, who: Who, number: int, by: int) -> None:
    """Puts a rule earlier (-1) or later (1) in the order."""
    row = find(work, who, number)
    order = all_of(work)
    at = order.index(row)
    to = min(max(at + (1 if by > 0 else -1), 0), len(order) - 1)
    order.insert(to, order.pop(at))
    for place, each in enumerate(order, 1):
        each.place = place


def remove(work: Work, who: Who, number: int) -> None:
    """Removes a rule with its log; what it did stays done."""
    row = find(work, who, number)
    work.delete(row)
    audit(work, who, "rule.removed", rule=row.id, name=row.name)


def braces() -> Sequence[str]:
    """The variables that a rule's text may have, as typed."""
    return tuple(f"{{{name}}}" for name in variables.VARIABLES if not name.startswith("agent."))
