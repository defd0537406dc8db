"""Who and what the sample desk consists of before anybody writes: teams, agents, channels, words, prices."""

from __future__ import annotations

import datetime as dt
import secrets
import zoneinfo
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from sqlalchemy import func, select

from inbox import clock
from inbox.actions import channels, costs, desk, people, reasons, routing, words, worth
from inbox.actions.sample.payloads import Line
from inbox.actions.sample.script import Desk, Kind
from inbox.actions.sample.stage import Stage
from inbox.actions.who import Who
from inbox.store import Agent, Canned, Event, Reason, Team, Work

__all__ = [
    "EARLY",
    "NOWHERE",
    "add_agents",
    "add_bands",
    "add_channels",
    "add_costs",
    "add_words",
    "go_on",
    "values_of",
]

#: A loopback port that nobody listens on (RFC 863's, which no system offers any more): whatever is called there fails.
NOWHERE = 9
EARLY = dt.timedelta(days=68)  # so long before its last moment the sample begins
BACK = dt.timedelta(days=60)
BANDS: Final = ("routing.bands", "routing.values", "routing.values_seq")
Accounts = Mapping[str, Mapping[str, Any]]


def add_agents(work: Work, who: Who, cast: Desk, password: str) -> tuple[dict[str, str], dict[str, Agent]]:
    """Teams by name and agents by key; those who are there already take part, new ones are marked as sample.

    With a ``password`` all of them belong to the sample and sign in with it; without one the new ones cannot sign in.
    """
    teams = {}
    for name in cast.teams:
        team = work.scalar(select(Team).where(func.lower(Team.name) == name.lower()))
        teams[name] = (team or people.add_team(work, who, name)).id
    agents = {}
    for key, one in cast.agents.items():
        row = work.scalar(select(Agent).where(Agent.email == one.email))
        if row is None:
            row = people.add_agent(
                work,
                who,
                email=one.email,
                name=one.name,
                role=one.role,
                password=password,
                teams=[teams[one.team]],
                capacity=one.capacity,
                sample=True,
            )
        elif password:
            row.sample = True
        agents[key] = row
    return teams, agents


def add_channels(work: Work, who: Who, cast: Desk, teams: Mapping[str, str], accounts: Accounts) -> dict[str, Line]:
    """One channel of each kind, by kind: at the accounts given, else at addresses where nobody answers."""
    found = {}
    for kind, title in cast.titles.items():
        channel = channels.add(
            work,
            who,
            kind=kind,
            name=f"cirro-{kind}",
            title=title,
            values=values_of(kind, accounts.get(kind, {}), accounts.get("chat", {})),
            team=teams[cast.teams_of[kind]],
            sample=True,
        )
        found[str(kind)] = Line.of(work, channel)
    return found


def values_of(kind: Kind, account: Mapping[str, Any], shop: Mapping[str, Any]) -> dict[str, Any]:
    """A channel's settings at a sandbox's account; without one every server is :data:`NOWHERE` on this machine."""
    if kind == "email":
        return _mailbox(account)
    if kind == "chat":
        return {
            "title": "Cirro Hosting",
            "allowed_sites": list(shop.get("sites") or ["https://www.cirro.example"]),
            "greeting": "Ciao! Scrivici qui: rispondiamo in pochi minuti.",
        }
    base = _LOGINS[kind] | dict.fromkeys(_SECRETS[kind], secrets.token_hex(16))
    known = {name: account[name] for name in base if account.get(name)}
    return {**base, **known, "api_base": account.get("api_base") or f"http://127.0.0.1:{NOWHERE}"}


#: How the sample signs in where there is no sandbox: nowhere, with secrets that open nothing.
_LOGINS: Final[dict[str, dict[str, Any]]] = {
    "sms": {"account_sid": "AC" + "0" * 32, "number": "+12025550142"},
    "telegram": {"username": "cirro_sandbox_bot", "receive": "webhook"},
    "messenger": {"page_id": "550142550142550", "app_id": "5501425501425501"},
}
_SECRETS: Final = {
    "sms": ("auth_token",),
    "telegram": ("token",),
    "messenger": ("page_token", "app_secret", "verify_token"),
}


def _mailbox(account: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "address": account.get("address") or "support@cirro.example",
        "name": "Cirro Hosting",
        "imap_password": account.get("password") or secrets.token_hex(16),
    }
    for name in ("imap", "smtp"):
        port = (account.get(name) or {}).get("port") or NOWHERE
        found |= {f"{name}_host": "127.0.0.1", f"{name}_port": port, f"{name}_security": "plain"}
    return found


def add_words(work: Work, who: Who, cast: Desk) -> None:
    """Contact reasons and canned replies that are not there yet."""
    for name in cast.reasons:
        if work.scalar(select(Reason).where(func.lower(Reason.name) == name.lower(), Reason.active)) is None:
            reasons.add(work, who, name)
    for name, text in cast.canned.items():
        if work.scalar(select(Canned).where(Canned.name == name)) is None:
            words.add_canned(work, who, name=name, text=text)


def add_costs(work: Work, who: Who, cast: Desk, agents: Mapping[str, Agent]) -> None:
    """An hourly rate, what some agents cost, and monthly fees, each only where nobody said one."""
    zone = zoneinfo.ZoneInfo(desk.get(work, "desk.timezone"))
    start = clock.now().astimezone(zone).date() - BACK
    said = _said(work, "cost.rate", "agent") | _said(work, "cost.fixed", "channel")
    if ("cost.rate", None) not in said:
        costs.rate(work, who, per_hour=cast.fees.per_hour, start=start)
    for key, per_hour in cast.fees.per_hour_of.items():
        if ("cost.rate", agents[key].id) not in said:
            costs.rate(work, who, per_hour=per_hour, start=start, agent=agents[key].id)
    for kind, amount in cast.fees.monthly.items():
        wanted = None if kind == "desk" else kind
        if ("cost.fixed", wanted) not in said:
            costs.standing_fee(work, who, month=costs.month_of(start), amount=amount, kind=wanted)


def add_bands(work: Work, who: Who, cast: Desk) -> list[str]:
    """The bands of customers with the value from which each holds, where the desk names none; the settings' names."""
    if desk.get(work, "routing.bands"):
        return []
    routing.save_bands(work, who, list(cast.bands))
    worth.save_values(work, who, cast.bands)
    return list(BANDS)


def _said(work: Work, kind: str, field: str) -> set[tuple[str, str | None]]:
    return {(kind, line.data.get(field)) for line in work.scalars(select(Event).where(Event.kind == kind))}


def go_on(stage: Stage, who: Who, cast: Desk) -> None:
    """What the desk does meanwhile: a new month's fees, and each week the dollar's rate where nobody said one."""
    work, times = stage.work, stage.times

    def carried() -> None:
        work.write_events()  # the standing fees are read from the log
        costs.carry_fees(work)

    for ago in (times.today - dt.timedelta(days=n) for n in range(EARLY.days)):
        if ago.day == 1:
            stage.later(times.local(ago, 0, 0), carried)
    if desk.get(work, "desk.currency") == "EUR" and not _said(work, "fx.rate", "ccy"):
        for weeks, rate in enumerate(reversed(cast.fees.dollars)):
            day = times.today - dt.timedelta(days=7 * weeks)
            told = partial(costs.exchange, work, who, currency="USD", rate=rate, day=day)
            stage.later(times.local(day, 8, 30), told)
