"""What the settings show of routing; no rights are checked here."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Sequence

from sqlalchemy import select

from inbox.actions import desk as settings
from inbox.actions import routing
from inbox.actions.choosing import MANUAL, WAYS
from inbox.actions.who import Who
from inbox.reading import desk
from inbox.reading.pages import AbleRow, Absence, Choice, RoutingPage, RuleRow
from inbox.reading.settings import nav
from inbox.store import Agent, Channel, Team, Work

__all__ = ["absence", "page"]


def page(work: Work, who: Who) -> RoutingPage:
    """Every rule, the one for everybody first, and every person."""
    channels = work.scalars(select(Channel).where(Channel.removed_at.is_(None)).order_by(Channel.kind, Channel.title))
    known = list(channels)
    names = {f"team:{team.id}": team.name for team in work.scalars(select(Team).order_by(Team.name))}
    names |= {f"channel:{row.id}": row.title or row.name for row in known}
    told = routing.rules(work)
    agents = work.scalars(select(Agent).where(Agent.active).order_by(Agent.name)).all()
    loads, kinds = desk.loads(work), sorted({row.kind for row in known})
    return RoutingPage(
        nav=nav(work, who),
        rules=tuple(
            RuleRow(scope, names.get(scope, ""), rule["way"], rule["sticky"])
            for scope, rule in told.items()
            if scope in names or scope == routing.ALL
        ),
        ways=(MANUAL, *WAYS),
        scopes=tuple(Choice(scope, name) for scope, name in names.items() if scope not in told),
        bands=", ".join(settings.get(work, "routing.bands")),
        values=tuple(
            (band, str(settings.get(work, "routing.values").get(band, "")))
            for band in settings.get(work, "routing.bands")
        ),
        currency=str(settings.get(work, "desk.currency")),
        people=tuple(_able(work, agent, loads.get(agent.id, 0), kinds) for agent in agents),
    )


def _able(work: Work, agent: Agent, load: int, kinds: Sequence[str]) -> AbleRow:
    return AbleRow(
        person=desk.chip(agent, load),
        skills=", ".join(agent.skills or ()),
        speaks=", ".join(agent.speaks or ()),
        capacities=tuple((kind, str((agent.capacities or {}).get(kind, ""))) for kind in kinds),
        absence=absence(work, agent),
    )


def absence(work: Work, agent: Agent) -> Absence:
    """Until when somebody is away, as a day of the desk's zone."""
    if not routing.away(agent) or agent.away_until is None:
        return Absence()
    zone = zoneinfo.ZoneInfo(settings.get(work, "desk.timezone"))
    last = agent.away_until.astimezone(zone) - dt.timedelta(minutes=1)
    return Absence(last.date().isoformat(), agent.deputy_id or "")
