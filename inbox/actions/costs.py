"""What work and channels cost: loaded hourly rates and monthly fees, as events from a date."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from decimal import Decimal, InvalidOperation
from itertools import takewhile
from typing import Any, Final

from sqlalchemy import select

from inbox import clock
from inbox.actions import currencies, events
from inbox.actions.desk import audit, get
from inbox.actions.who import SYSTEM, Who, require
from inbox.errors import Invalid
from inbox.store import Agent, Event, Membership, Team, Work

__all__ = [
    "OWN",
    "TEAM",
    "amount_of",
    "carry_fees",
    "exchange",
    "fee",
    "fees",
    "follow_teams",
    "lines",
    "month_of",
    "of_a_file",
    "rate",
    "rates",
    "standing_fee",
    "team_rate",
    "team_rates",
    "unambiguous",
]

MOST = Decimal(1_000_000)
MONTHS_BACK = 120
EARLIEST = dt.date(1999, 1, 1)
AHEAD = dt.timedelta(days=3 * 366)
#: From what a line of one person's rate follows that nobody set for them on that day: their team's, everybody's, or the
#: rate that was set for them before, where a team's stood in its way.
TEAM: Final = "team:"
EVERYBODY: Final = "everybody"
OWN: Final = "own"


#: What parts thousands for one reader and decimals for another.
_TWO_WAYS: Final = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")


def unambiguous(text: str, field: str) -> str:
    """An amount with a point, where it can be read in one way only. Raises :class:`Invalid`."""
    plain = text.replace(",", ".")
    if _TWO_WAYS.fullmatch(text.strip()):
        msg = f"{text!r} can be read in two ways; write {plain.replace('.', '')}.00 or {plain}0"
        raise Invalid(msg, fields={field: msg})
    return plain


def of_a_file(value: Any) -> str:
    """An amount as a file of settings has it, a number or a text, written so that it is read in one way: nothing parts
    thousands there, and a point is the decimal sign."""
    text = str(value).strip()
    return f"{text}0" if "." in text and _TWO_WAYS.fullmatch(text) else text


def amount_of(text: str, field: str) -> Decimal:
    """A non-negative amount with at most six decimals; a comma is a decimal sign. Raises :class:`Invalid`."""
    try:
        value = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        msg = f"{text!r} is no amount; write it like 24.50"
        raise Invalid(msg, fields={field: msg}) from None
    exponent = value.as_tuple().exponent
    if not value.is_finite() or not 0 <= value <= MOST or not isinstance(exponent, int) or exponent < -6:
        msg = "an amount is 0 to 1,000,000 with at most six decimals"
        raise Invalid(msg, fields={field: msg})
    return value


def team_rate(work: Work, who: Who, *, per_hour: str, start: dt.date, team: str) -> list[Event]:
    """Sets the loaded hourly cost of a team from a date: of everybody who is in it now, and by :func:`follow_teams` of
    whoever comes later; a rate that was set for one person stays theirs. The line of the team is ours; the figures read
    those of its people, which are given."""
    require(who, "costs.change")
    value = amount_of(unambiguous(per_hour, "per_hour"), "per_hour")
    _plausible(start, "since", AHEAD)
    if work.get(Team, team) is None:
        msg = f"there is no team {team!r}"
        raise Invalid(msg, fields={"agent": msg})
    amount = format(value, "f")
    audit(work, who, "cost.rate", team=team, per_hour=str(value), start=start.isoformat())
    since: dict[str, Any] = {"from": start.isoformat()}
    work.append("cost.team_rate", actor=who.actor, team=team, per_hour=amount, **since)
    members = select(Membership.agent_id).join(Agent, Agent.id == Membership.agent_id)
    people = work.scalars(members.where(Membership.team_id == team, Agent.active).order_by(Membership.agent_id)).all()
    known = rates(work)
    others = [agent for agent in people if not _theirs(_standing(known.get(agent, {}), start))]
    return [_follows(work, who, agent, amount, start, f"{TEAM}{team}") for agent in others]


def team_rates(work: Work) -> dict[str, dict[dt.date, str]]:
    """What was said of each team: the hourly cost by the date from which it holds."""
    said: dict[str, dict[dt.date, str]] = {}
    for line in lines(work, "cost.team_rate"):
        said.setdefault(str(line.data["team"]), {})[dt.date.fromisoformat(str(line.data["from"]))] = str(
            line.data["per_hour"]
        )
    return said


def rates(work: Work) -> dict[str | None, dict[dt.date, Event]]:
    """The hourly rates by agent (None: everybody's) and by the day from which they hold, where the last word counts."""
    said: dict[str | None, dict[dt.date, Event]] = {}
    for line in lines(work, "cost.rate"):
        said.setdefault(line.data.get("agent"), {})[dt.date.fromisoformat(str(line.data["from"]))] = line
    return said


def lines(work: Work, kind: str) -> list[Event]:
    """What the log says of a kind in order and nobody took back, with what this transaction has said and will write at
    its end."""
    written = work.scalars(select(Event).where(Event.kind == kind).order_by(Event.seq)).all()
    return events.standing(work, [*written, *(line for line in work.events if line.kind == kind)])


def _standing(said: dict[dt.date, Event], day: dt.date) -> Event | None:
    """Of a person's rates the one that holds on a day."""
    return said[begun] if (begun := max((one for one in said if one <= day), default=None)) is not None else None


def _theirs(line: Event | None) -> bool:
    """Whether a rate was set for the one person whose it is."""
    return line is not None and line.data.get("of") in {None, OWN}


def follow_teams(work: Work) -> int:
    """Gives whoever came into a team its hourly cost from today on, and whoever left it another team's or everybody's;
    a rate that was set for one person stays theirs. Gives how many people it concerned."""
    said = team_rates(work)
    if not said:
        return 0
    known, today = rates(work), _today(work)
    everybody = {day: str(line.data["per_hour"]) for day, line in known.get(None, {}).items()}
    last: dict[str | None, tuple[int, str]] = {}  # where in the log, and from what it follows
    for n, line in enumerate(lines(work, "cost.rate")):
        if line.data.get("agent") is None or not _theirs(line):
            last[line.data.get("agent")] = n, str(line.data.get("of", ""))
    homes: dict[str, list[str]] = {}
    rows = select(Membership.agent_id, Team.id).join(Team, Team.id == Membership.team_id).order_by(Team.name)
    for agent, team in work.execute(rows):
        homes.setdefault(agent, []).append(team)
    moved = 0
    for agent in work.scalars(select(Agent.id).where(Agent.active).order_by(Agent.id)):
        mine, teams = known.get(agent, {}), [f"{TEAM}{team}" for team in homes.get(agent, ()) if team in said]
        if _theirs(_standing(mine, today)):
            continue
        told, stems = last.get(agent, (-1, EVERYBODY))
        changed = last.get(None, (-1, ""))[0]
        # what was taken over holds no more: its team was left, or what holds for everybody has changed
        grown_old = changed >= 0 <= told and (stems != EVERYBODY or changed > told)
        if stems in teams or not (teams or grown_old):
            continue
        amounts = said[teams[0].removeprefix(TEAM)] if teams else everybody
        moved += _move(work, agent, amounts, teams[0] if teams else EVERYBODY, mine)
    return moved


def _move(work: Work, agent: str, amounts: dict[dt.date, str], of: str, told: dict[dt.date, Event]) -> bool:
    """Tells what holds for a person from today on, also on the days to come of which something else was told, up to the
    day from which a rate is theirs. Gives whether there was anything to tell."""
    today = _today(work)
    own = min((day for day, line in told.items() if day > today and _theirs(line)), default=dt.date.max)
    days = {day: _newest(amounts, day) for day in {today, *amounts, *told} if today <= day < own}
    for day, amount in sorted(days.items()):
        if amount is not None:
            _follows(work, SYSTEM, agent, amount, day, of)
    return any(amount is not None for amount in days.values())


def _newest(amounts: dict[dt.date, str], day: dt.date) -> str | None:
    begun = max((one for one in amounts if one <= day), default=None)
    return None if begun is None else amounts[begun]


def _follows(work: Work, who: Who, agent: str, amount: str, start: dt.date, of: str) -> Event:
    """One person's rate, which follows from another one."""
    since: dict[str, Any] = {"from": start.isoformat()}
    return work.append("cost.rate", actor=who.actor, agent=agent, per_hour=amount, of=of, **since)


def _plausible(day: dt.date, field: str, last: dt.timedelta) -> None:
    if not EARLIEST <= day <= clock.now().date() + last:
        typed, year = day.isoformat(), EARLIEST.year
        msg = f"{typed} lies too far away; choose a day from {year} on"
        raise Invalid(msg, fields={field: msg})


def rate(work: Work, who: Who, *, per_hour: str, start: dt.date, agent: str | None = None) -> Event:
    """Sets the loaded hourly cost from a date: the default, or one agent's, which stays theirs whatever was told of
    their teams for later days."""
    require(who, "costs.change")
    value = amount_of(unambiguous(per_hour, "per_hour"), "per_hour")
    _plausible(start, "since", AHEAD)
    if agent is not None and work.get(Agent, agent) is None:
        msg = f"there is no agent {agent!r}"
        raise Invalid(msg, fields={"agent": msg})
    audit(work, who, "cost.rate", agent=agent, per_hour=str(value), start=start.isoformat())
    amount, since = format(value, "f"), dict[str, Any]({"from": start.isoformat()})
    told = rates(work)
    line = work.append("cost.rate", actor=who.actor, agent=agent, per_hour=amount, **since)
    if agent is not None:
        later = {day: one for day, one in sorted(told.get(agent, {}).items()) if day > start}
        for day in takewhile(lambda day: "of" in later[day].data, later):  # up to the next that was set for them
            _follows(work, who, agent, amount, day, OWN)
    return line


def fee(
    work: Work, who: Who, *, month: str, amount: str, kind: str | None = None, currency: str | None = None
) -> Event:
    """Sets what a kind of channel (or, without one, all together) costs in one month ``YYYY-MM``.

    What was said of that month and kind before is made void: the new amount stands alone.
    """
    value, money = _fee(work, who, month=month, amount=amount, kind=kind, currency=currency)
    audit(work, who, "cost.fixed", channel=kind, month=month, amount=str(value), currency=money)
    return _fix(work, who, (kind, month), value, money)


def standing_fee(
    work: Work, who: Who, *, month: str, amount: str, kind: str | None = None, currency: str | None = None
) -> list[Event]:
    """Sets what a kind of channel costs each month from ``month`` on, in the desk's currency if no other is named; 0
    ends it.

    The months up to now are written down at once, each later one by :func:`carry_fees` when it has begun.
    """
    value, money = _fee(work, who, month=month, amount=amount, kind=kind, currency=currency)
    months = _months(month, max(month, _this_month(work)))
    if len(months) > MONTHS_BACK:
        msg = f"a fee goes back {MONTHS_BACK} months at most"
        raise Invalid(msg, fields={"month": msg})
    audit(work, who, "cost.fee", channel=kind, month=month, amount=str(value), currency=money)
    return [_fix(work, who, (kind, one), value, money, repeats=True) for one in months]


def carry_fees(work: Work) -> int:
    """Writes down the standing fees of months that have begun since; gives how many."""
    now = _this_month(work)
    known = fees(work)
    carried = 0
    for kind in {kind for kind, _month in known}:
        standing = {
            month: line.data for (one, month), line in known.items() if one == kind and line.data.get("repeats")
        }
        for missing in _months(min(standing), now) if standing else ():
            if (kind, missing) in known:
                continue
            data = standing[max(month for month in standing if month <= missing)]  # a later one may be said already
            value, money = Decimal(data["amount"]), data["currency"]
            if value:
                name = f"cost.fixed:{kind or 'desk'}:{missing}"  # two workers carry a month on once
                _fix(work, SYSTEM, (kind, missing), value, money, repeats=True, id=name)
                carried += 1
    return carried


def fees(work: Work) -> dict[tuple[str | None, str], Event]:
    """The fee that holds for each kind and month: the last that was said."""
    return {(line.data.get("channel"), str(line.data["month"])): line for line in lines(work, "cost.fixed")}


def month_of(day: dt.date) -> str:
    """``YYYY-MM`` of a day."""
    return f"{day.year:04d}-{day.month:02d}"


def _fee(
    work: Work, who: Who, *, month: str, amount: str, kind: str | None, currency: str | None
) -> tuple[Decimal, str]:
    require(who, "costs.change")
    value = amount_of(unambiguous(amount, "amount"), "amount")
    try:
        dt.date.fromisoformat(f"{month}-01")
    except ValueError:
        msg = f"{month!r} is no month; write it like 2026-03"
        raise Invalid(msg, fields={"month": msg}) from None
    if kind is not None and kind not in work.store.connectors:
        msg = f"there is no kind of channel {kind!r}"
        raise Invalid(msg, fields={"channel": msg})
    _plausible(dt.date.fromisoformat(f"{month}-01"), "month", AHEAD)
    return value, currencies.currency(currency or get(work, "desk.currency"))


def _fix(work: Work, who: Who, of: tuple[str | None, str], value: Decimal, money: str, **more: Any) -> Event:
    """One line of the log for a kind and a month, in place of what was said of them before."""
    before = fees(work).get(of)
    if before is not None:
        work.append("void", actor=who.actor, target=before.id)
    kind, month = of
    return work.append(
        "cost.fixed", actor=who.actor, month=month, channel=kind, amount=format(value, "f"), currency=money, **more
    )


def _this_month(work: Work) -> str:
    return month_of(_today(work))


def _today(work: Work) -> dt.date:
    return clock.now().astimezone(zoneinfo.ZoneInfo(get(work, "desk.timezone"))).date()


def _months(first: str, last: str) -> list[str]:
    """The months from ``first`` to ``last``, both included."""
    begin, end = ((int(year) * 12 + int(month) - 1) for year, _, month in (one.partition("-") for one in (first, last)))
    return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(begin, end + 1)]


def exchange(work: Work, who: Who, *, currency: str, rate: str, day: dt.date) -> Event:
    """Sets what one unit of a currency is worth in the desk's own on a day (metrics.md M7: good for seven days)."""
    require(who, "costs.change")
    money = currencies.currency(currency)
    base = get(work, "desk.currency")
    if money == base:
        msg = f"an exchange rate is that of another currency than the desk's own {base}"
        raise Invalid(msg, fields={"currency": msg})
    value = amount_of(rate, "rate")
    if value == 0:
        msg = "an exchange rate is more than 0"
        raise Invalid(msg, fields={"rate": msg})
    _plausible(day, "day", dt.timedelta(days=1))
    audit(work, who, "fx.rate", currency=money, rate=str(value), day=day.isoformat())
    return work.append("fx.rate", actor=who.actor, date=day.isoformat(), ccy=money, rate=format(value, "f"))
