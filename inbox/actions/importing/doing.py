"""Out of a settings text: fields, macros and rules, the panel of the business's own system, and what things cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import func, select

from inbox.actions import costs as money
from inbox.actions import desk as settings
from inbox.actions import fields as custom
from inbox.actions import macros as several
from inbox.actions import outside as panel
from inbox.actions import report_mails as mails
from inbox.actions.exporting import EVERYBODY, WHOLE
from inbox.actions.importing.reading import Reading
from inbox.actions.naming import Names
from inbox.actions.rules import keeping
from inbox.actions.surveys import forms
from inbox.errors import Invalid
from inbox.store import Macro, Rule, TicketField

__all__ = ["costs", "fields", "macros", "outside", "report_mails", "rules", "surveys"]


def macros(reading: Reading, values: Any) -> None:
    """Everybody's macros by their names."""
    for name, value in reading.changed("macros", values):
        with reading.at("macros", name):
            steps = Names(reading.work).steps(value, back=True)
            known = reading.work.scalar(select(Macro).where(Macro.name == name, Macro.agent_id.is_(None)))
            if known is None:
                several.add(reading.work, reading.who, name=name, what=steps, shared=True)
            else:
                several.change(reading.work, reading.who, known.id, name=name, what=steps, shared=True)


def fields(reading: Reading, values: Any) -> None:
    """Custom fields; of one that is here already the kind stays."""
    for name, value in reading.changed("fields", values):
        with reading.at("fields", name):
            choices = "\n".join(str(one) for one in value.get("choices", ()))
            known = reading.work.scalar(select(TicketField).where(TicketField.name == name, TicketField.active))
            if known is None:
                custom.add(reading.work, reading.who, name=name, kind=str(value["kind"]), choices=choices)
            elif known.kind != value["kind"]:
                msg = f"{name} is a field of the kind {known.kind} here"
                raise Invalid(msg)
            else:
                custom.change(reading.work, reading.who, known.id, name=name, choices=choices)


def surveys(reading: Reading, values: Any) -> None:
    """Surveys by their ids."""
    for id, value in reading.changed("surveys", values):
        with reading.at("surveys", id):
            forms.save(reading.work, reading.who, id, Names(reading.work).known(dict(value)))


def report_mails(reading: Reading, values: Any) -> None:
    """Pages of figures that leave by mail, by their names."""
    known = {one.name: one.id for one in mails.all_of(reading.work)}
    for name, value in reading.changed("report_mails", values):
        with reading.at("report_mails", name):
            given = Names(reading.work).known({**value, **value.get("filters", {})})
            given |= {"name": name, "addresses": " ".join(given.get("addresses", ()))}
            row = mails.save(reading.work, reading.who, known.get(name), given)
            mails.pause(reading.work, reading.who, row.id, on=bool(value.get("paused")))


def outside(reading: Reading, values: Any) -> None:
    """The panel of the business's own system, whose secret is written into it where this desk has none."""
    if not values or values == reading.before["outside"]:
        return
    with reading.at("outside"):
        if not values.get("secret") and not reading.before["outside"]:
            msg = "write secret into it (no export holds secrets), or leave this part out"
            raise Invalid(msg)
        panel.save(
            reading.work,
            reading.who,
            url=str(values["url"]),
            secret=str(values.get("secret", "")),
            timeout_s=str(values["timeout_s"]),
            cache_min=str(values["cache_min"]),
        )


# --- what things cost -------------------------------------------------------------------------------------------


def costs(reading: Reading, values: Any) -> None:
    """Rates, fees and exchange rates, each written down where this desk has it otherwise."""
    if values is None:
        return
    if not isinstance(values, Mapping):
        reading.fault(("costs",), "this has another form than the same part of an export")
        return
    for part, told in values.items():
        with reading.at("costs", str(part)):
            if part not in _COSTS:
                msg = f"there is no such part; there are {', '.join(_COSTS)}"
                raise Invalid(msg)
            for name in sorted(told or {}, key=lambda name: not str(name).startswith(money.TEAM)):
                _dated(reading, part, str(name), told[name])


def _dated(reading: Reading, part: str, name: str, told: Any) -> None:
    """What one name has by day or month. A fee for each month reaches over those said of later ones before, which are
    said anew."""
    take, same = _COSTS[part]
    known = reading.before["costs"][part].get(name, {})
    anew = False
    with reading.at("costs", part, name):
        for when, what in sorted((str(day), one) for day, one in told.items()):
            with reading.at("costs", part, name, when):
                if anew or when not in known or not same(reading, known[when], what):
                    take(reading, name, when, what)
                    anew = part == "fees" and what.get("each", "month") == "month"


def _same_amount(_reading: Reading, known: str, told: Any) -> bool:
    return money.amount_of(str(told), "amount") == Decimal(known)


def _same_fee(reading: Reading, known: Mapping[str, str], told: Mapping[str, Any]) -> bool:
    usual = {"each": "month", "currency": settings.get(reading.work, "desk.currency")}
    given = usual | {name: one for name, one in told.items() if one is not None}
    alike = all(str(given[name]) == known[name] for name in usual)
    return alike and _same_amount(reading, known["amount"], given["amount"])


def _rate(reading: Reading, whose: str, day: str, amount: Any) -> None:
    per_hour, start = money.of_a_file(amount), dt.date.fromisoformat(day)
    if whose.startswith(money.TEAM):
        team = Names(reading.work).id("team", whose.removeprefix(money.TEAM))
        money.team_rate(reading.work, reading.who, per_hour=per_hour, start=start, team=team)
        return
    agent = None if whose == EVERYBODY else Names(reading.work).id("agent", whose)
    money.rate(reading.work, reading.who, per_hour=per_hour, start=start, agent=agent)


def _fee(reading: Reading, kind: str, month: str, what: Mapping[str, Any]) -> None:
    told: dict[str, Any] = {
        "month": month,
        "amount": money.of_a_file(what["amount"]),
        "kind": None if kind == WHOLE else kind,
        "currency": str(what["currency"]) if what.get("currency") else None,
    }
    take = money.standing_fee if what.get("each", "month") == "month" else money.fee
    take(reading.work, reading.who, **told)


def _exchange(reading: Reading, currency: str, day: str, rate: Any) -> None:
    money.exchange(reading.work, reading.who, currency=currency, rate=str(rate), day=dt.date.fromisoformat(day))


#: The parts: how a value is taken, and whether one is what the desk has already, however it is written.
_COSTS: Final[dict[str, tuple[Callable[..., None], Callable[..., bool]]]] = {
    "rates": (_rate, _same_amount),
    "fees": (_fee, _same_fee),
    "exchange": (_exchange, _same_amount),
}


# --- rules ------------------------------------------------------------------------------------------------------


def rules(reading: Reading, values: Any) -> None:
    """Rules by their names, in the order of the text where they are new here."""
    for name, value in reading.changed("rules", values):
        with reading.at("rules", name):
            names, who = Names(reading.work), reading.who
            wanted = {
                "name": name,
                "event": str(value["when"]),
                "wait": int(value.get("wait") or 0),
                "conditions": names.asked(value.get("if", ()), back=True),
                "steps": names.steps(value["then"], back=True),
                "most": int(value.get("most", keeping.USUAL)),
            }
            known = reading.work.scalar(select(Rule).where(func.lower(Rule.name) == name.lower()))
            if known is None:
                known = keeping.add(reading.work, who, wanted, ready=str(value.get("ready", "")))
            else:
                keeping.change(reading.work, who, known.id, wanted)
            if known.active is not bool(value.get("on", False)):
                keeping.switch(reading.work, who, known.id, on=not known.active)
