"""Out of a settings text: fields, macros and rules, the panel of the business's own system, and what things cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from inbox.actions import costs as money
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
    before = reading.before["costs"]
    for part, take in {"rates": _rate, "fees": _fee, "exchange": _exchange}.items():
        told = values.get(part) if isinstance(values, Mapping) else None
        if told is not None and not isinstance(told, Mapping):
            reading.fault(("costs", part), "this has another form than the same part of an export")
            continue
        for name, dated in sorted((told or {}).items(), key=lambda one: not str(one[0]).startswith(money.TEAM)):
            with reading.at("costs", part, str(name)):
                known = before[part].get(str(name), {})
                for when, what in sorted({str(day): one for day, one in dated.items()}.items()):
                    if known.get(when) != what:
                        take(reading, str(name), when, what)


def _rate(reading: Reading, whose: str, day: str, amount: Any) -> None:
    if whose.startswith(money.TEAM):
        team = Names(reading.work).id("team", whose.removeprefix(money.TEAM))
        money.team_rate(reading.work, reading.who, per_hour=str(amount), start=dt.date.fromisoformat(day), team=team)
        return
    agent = None if whose == EVERYBODY else Names(reading.work).id("agent", whose)
    start = dt.date.fromisoformat(day)
    money.rate(reading.work, reading.who, per_hour=str(amount), start=start, agent=agent)


def _fee(reading: Reading, kind: str, month: str, what: Mapping[str, Any]) -> None:
    told: dict[str, Any] = {
        "month": month,
        "amount": str(what["amount"]),
        "kind": None if kind == WHOLE else kind,
        "currency": str(what["currency"]) if what.get("currency") else None,
    }
    take = money.standing_fee if what.get("each", "month") == "month" else money.fee
    take(reading.work, reading.who, **told)


def _exchange(reading: Reading, currency: str, day: str, rate: Any) -> None:
    money.exchange(reading.work, reading.who, currency=currency, rate=str(rate), day=dt.date.fromisoformat(day))


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
