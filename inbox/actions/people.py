"""Agents, teams, passwords, sign-ins and tokens."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select, update

from inbox import clock
from inbox.actions.desk import LANGUAGES, audit
from inbox.actions.who import Who, require
from inbox.errors import Conflict, Forbidden, Invalid, NotFound
from inbox.store import Agent, Device, Membership, SignIn, Team, Token, Work
from inbox.terms import Role

__all__ = [
    "add_agent",
    "add_team",
    "add_token",
    "agent_of_token",
    "by_email",
    "change_agent",
    "change_team",
    "find_team",
    "password_hash",
    "set_abilities",
    "set_absence",
    "set_state",
    "sign_in",
    "sign_out",
    "signed_in",
    "who_of_token",
]

HASHER = PasswordHasher()  # argon2id with the library's parameters (RFC 9106, low memory)
STAYS = timedelta(days=30)
SHORTEST = 10
CAPACITY_MOST = 1000
UNDO_MOST = 10
EMAIL = re.compile(r"[^@\s<>\",;:]+@[^@\s<>\",;:]+\.[^@\s<>\",;:]+")
STATES = ("online", "away", "offline")


def _email(address: str) -> str:
    value = address.strip().lower()
    if not EMAIL.fullmatch(value) or len(value) > 254:
        msg = f"{address!r} is no mail address"
        raise Invalid(msg, fields={"email": msg})
    return value


def password_hash(password: str) -> str:
    """The argon2id hash of an acceptable password. Raises :class:`Invalid`."""
    if len(password) < SHORTEST:
        msg = f"a password has at least {SHORTEST} characters"
        raise Invalid(msg, fields={"password": msg})
    if len(password) > 1000:
        msg = "a password has at most 1,000 characters"
        raise Invalid(msg, fields={"password": msg})
    return HASHER.hash(password)


def _person_name(name: str) -> str:
    value = " ".join(name.split())
    if not 0 < len(value) <= 200:
        msg = "give the person's name"
        raise Invalid(msg, fields={"name": msg})
    return value


def _role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError:
        msg = f"role is one of {', '.join(Role)}"
        raise Invalid(msg, fields={"role": msg}) from None


def _language(language: str) -> str:
    if language and language not in LANGUAGES:
        msg = f"language is one of {', '.join(LANGUAGES)}, or empty for the desk's"
        raise Invalid(msg, fields={"language": msg})
    return language


def by_email(work: Work, email: str) -> Agent:
    """The active agent of that address. Raises :class:`NotFound`."""
    agent = work.scalar(select(Agent).where(Agent.email == email.strip().lower(), Agent.active))
    if agent is None:
        msg = f"there is no agent {email}; add them with: sportello agent add {email} --name NAME --role agent"
        raise NotFound(msg)
    return agent


def add_agent(  # noqa: PLR0913  (that is what an agent is)
    work: Work,
    who: Who,
    *,
    email: str,
    name: str,
    role: str = "agent",
    password: str = "",
    teams: Sequence[str] = (),
    capacity: int | None = None,
    language: str = "",
    sample: bool = False,
) -> Agent:
    """Adds a person. Without a password they cannot sign in yet. Raises :class:`Invalid`, :class:`Conflict`."""
    require(who, "people.change")
    address = _email(email)
    if work.scalar(select(Agent).where(Agent.email == address)) is not None:
        msg = f"{address} is an agent already"
        raise Conflict(msg, fields={"email": msg})
    agent = Agent(
        email=address,
        name=_person_name(name),
        role=_role(role),
        password=password_hash(password) if password else "",
        language=_language(language),
        sample=sample,
    )
    agent.teams = [find_team(work, one) for one in teams]
    if capacity is not None:
        agent.capacity = max(1, min(capacity, CAPACITY_MOST))
    work.add(agent)
    work.flush()
    audit(work, who, "agent.added", agent=agent.id, role=agent.role.value)
    return agent


def change_agent(  # noqa: PLR0913
    work: Work,
    who: Who,
    agent_id: str,
    *,
    name: str | None = None,
    role: str | None = None,
    password: str | None = None,
    active: bool | None = None,
    teams: Sequence[str] | None = None,
    capacity: int | None = None,
    language: str | None = None,
    undo_s: int | str | None = None,
) -> Agent:
    """Changes a person; who may not sign in any more is signed out everywhere. The last admin stays one."""
    own = who.id == agent_id and role is None and active is None and teams is None
    if not own:
        require(who, "people.change")
    agent = work.get(Agent, agent_id)
    if agent is None:
        msg = "there is no such agent"
        raise NotFound(msg)
    _keep_an_admin(work, agent, role, active=active)
    before = _facts(agent)
    agent.name = _person_name(name) if name is not None else agent.name
    agent.role = _role(role) if role is not None else agent.role
    agent.language = _language(language) if language is not None else agent.language
    if capacity is not None:
        agent.capacity = max(1, min(capacity, CAPACITY_MOST))
    if undo_s is not None:
        agent.undo_s = _undo(undo_s)
    if password:
        agent.password = password_hash(password)
    if teams is not None:
        agent.teams = [find_team(work, one) for one in teams]
    if active is not None:
        agent.active = active
    if password or active is False:
        _out_everywhere(work, agent)
    after = _facts(agent)
    changes = {key: [before[key], after[key]] for key in before if before[key] != after[key]}
    if password:
        changes["password"] = [None, None]
    audit(work, who, "agent.changed", agent=agent.id, changes=changes)
    return agent


def set_absence(work: Work, who: Who, agent_id: str, until: dt.datetime | None, deputy: str | None) -> None:
    """Says that somebody is out of office until then, and who stands in; None is here again. Their open tickets go to
    the deputy, without one back to the queue. Raises :class:`Invalid`."""
    if who.id != agent_id:
        require(who, "people.change")
    agent = work.get(Agent, agent_id)
    if agent is None:
        msg = "there is no such agent"
        raise NotFound(msg)
    if until is not None and until <= clock.now():
        msg = "choose a day that is still to come"
        raise Invalid(msg, fields={"away_until": msg})
    found = work.get(Agent, deputy) if deputy else None
    if deputy and (found is None or not found.active or found.id == agent_id):
        msg = "choose somebody else as deputy"
        raise Invalid(msg, fields={"deputy": msg})
    agent.away_until, agent.deputy_id = until, deputy if until is not None else None
    audit(work, who, "agent.absent", agent=agent.id, until=clock.iso(until) if until is not None else None)


def set_abilities(
    work: Work, who: Who, agent_id: str, *, skills: Sequence[str], speaks: Sequence[str], capacities: Mapping[str, int]
) -> None:
    """What routing knows of somebody: tags and reasons that they know about, languages, and how many tickets of a kind
    of channel they take at a time. Raises :class:`Invalid`."""
    require(who, "people.change")
    agent = work.get(Agent, agent_id)
    if agent is None:
        msg = "there is no such agent"
        raise NotFound(msg)
    if any(not 1 <= most <= CAPACITY_MOST for most in capacities.values()):
        msg = f"write a number from 1 to {CAPACITY_MOST}"
        raise Invalid(msg, fields={"capacities": msg})
    agent.skills = _words(skills)
    agent.speaks = _words(speaks)
    agent.capacities = dict(capacities)


def _words(typed: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(word for one in typed if (word := " ".join(one.split()).lower()[:120])))[:50]


def _undo(seconds: int | str) -> int | None:
    """How long one's answers can be taken back; empty is as the desk has it. Raises :class:`Invalid`."""
    text = str(seconds).strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:4]) <= UNDO_MOST):
        msg = f"the undo time is 0 to {UNDO_MOST} seconds"
        raise Invalid(msg, fields={"undo_s": msg})
    return int(text)


def _facts(agent: Agent) -> dict[str, Any]:
    """What the audit holds of a person besides who they are; their name and address stand at the agent alone."""
    return {
        "role": agent.role.value,
        "active": agent.active,
        "capacity": agent.capacity,
        "language": agent.language,
        "teams": sorted(team.name for team in agent.teams),
    }


def _keep_an_admin(work: Work, agent: Agent, role: str | None, *, active: bool | None) -> None:
    losing = (role is not None and _role(role) is not Role.ADMIN) or active is False
    if agent.role is Role.ADMIN and losing and not _other_admin(work, agent):
        msg = "this is the last admin; make somebody else admin first"
        raise Conflict(msg)


def _other_admin(work: Work, agent: Agent) -> bool:
    count = work.scalar(select(func.count()).where(Agent.role == Role.ADMIN, Agent.active, Agent.id != agent.id))
    return bool(count)


def _out_everywhere(work: Work, agent: Agent) -> None:
    for row in work.scalars(select(SignIn).where(SignIn.agent_id == agent.id)):
        work.delete(row)
    work.execute(delete(Device).where(Device.agent_id == agent.id))
    work.append("agent.signed_out", agent=agent.id)


def find_team(work: Work, team: str) -> Team:
    """A team by its id or name. Raises :class:`Invalid`."""
    found = work.get(Team, team) or work.scalar(select(Team).where(Team.name == team))
    if found is None:
        msg = f"there is no team {team!r}"
        raise Invalid(msg, fields={"teams": msg})
    return found


def add_team(work: Work, who: Who, name: str, *, private: bool = False, members: Sequence[str] = ()) -> Team:
    """Adds a team of these agents. Raises :class:`Invalid`, :class:`Conflict` for a name that is taken."""
    require(who, "people.change")
    team = Team(name=_team_name(work, name), private=private)
    work.add(team)
    work.flush()
    _staff(work, team, members)
    audit(work, who, "team.added", team=team.id, name=team.name, private=private, members=len(set(members)))
    return team


def change_team(
    work: Work, who: Who, team_id: str, *, name: str, private: bool, members: Sequence[str] | None = None
) -> Team:
    """Renames a team, makes it private or not, and says who is in it; without ``members`` they stay."""
    require(who, "people.change")
    team = work.get(Team, team_id)
    if team is None:
        msg = "there is no such team"
        raise NotFound(msg)
    before = {"name": team.name, "private": team.private, "members": _names(work, team)}
    team.name, team.private = _team_name(work, name, but=team.id), private
    if members is not None:
        _staff(work, team, members)
    after = {"name": team.name, "private": team.private, "members": _names(work, team)}
    changes = {key: [before[key], after[key]] for key in before if before[key] != after[key]}
    audit(work, who, "team.changed", team=team.id, name=team.name, changes=changes)
    return team


def _team_name(work: Work, name: str, *, but: str | None = None) -> str:
    wanted = " ".join(name.split())[:200]
    if not wanted:
        msg = "give the team a name"
        raise Invalid(msg, fields={"name": msg})
    other = work.scalar(select(Team.id).where(func.lower(Team.name) == wanted.lower()))
    if other is not None and other != but:
        msg = f"there is a team {wanted} already"
        raise Conflict(msg, fields={"name": msg})
    return wanted


def _staff(work: Work, team: Team, members: Sequence[str]) -> None:
    """Makes exactly these agents the team's."""
    wanted = set(members)
    known = set(work.scalars(select(Agent.id).where(Agent.id.in_(wanted))))
    if known != wanted:
        msg = "there is no such agent"
        raise Invalid(msg, fields={"members": msg})
    now = {row.agent_id: row for row in work.scalars(select(Membership).where(Membership.team_id == team.id))}
    for agent in now.keys() - wanted:
        work.delete(now[agent])
    work.add_all(Membership(team_id=team.id, agent_id=agent) for agent in sorted(wanted - now.keys()))
    work.flush()


def _names(work: Work, team: Team) -> list[str]:
    of_team = select(Membership.agent_id).where(Membership.team_id == team.id)
    return list(work.scalars(select(Agent.name).where(Agent.id.in_(of_team)).order_by(Agent.name)))


@cache
def _nobody() -> str:
    """Verified when nobody of that name exists, so that the answer takes as long."""
    return HASHER.hash(secrets.token_hex(16))


def digest(secret: str) -> str:
    """What is stored of a random secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def sign_in(work: Work, email: str, password: str, *, browser: str = "", address: str = "") -> tuple[Agent, str]:
    """Checks a password and opens a sign-in; gives the agent and the cookie's token. Raises :class:`Forbidden`."""
    agent = work.scalar(select(Agent).where(Agent.email == email.strip().lower(), Agent.active))
    try:
        HASHER.verify(agent.password if agent is not None and agent.password else _nobody(), password)
    except (VerificationError, InvalidHashError):
        agent = None
    if agent is None or not agent.password:
        msg = "mail address or password is wrong"
        raise Forbidden(msg)
    if HASHER.check_needs_rehash(agent.password):
        agent.password = HASHER.hash(password)
    token = secrets.token_urlsafe(32)
    work.add(
        SignIn(
            digest=digest(token),
            agent_id=agent.id,
            expires_at=clock.now() + STAYS,
            browser=browser[:200],
            address=address[:64],
        )
    )
    return agent, token


def signed_in(work: Work, token: str) -> Agent | None:
    """The agent behind a cookie's token, while the sign-in lasts."""
    if not token:
        return None
    mine = select(Agent).join(SignIn, SignIn.agent_id == Agent.id).where(SignIn.digest == digest(token))
    return work.scalar(mine.where(SignIn.expires_at >= clock.now(), Agent.active))


def sign_out(work: Work, token: str) -> None:
    """Ends one sign-in; its browser rings no more."""
    row = work.get(SignIn, digest(token))
    if row is not None:
        work.delete(row)
        work.execute(delete(Device).where(Device.sign_in == row.digest))


def add_token(work: Work, who: Who, agent: Agent, name: str = "") -> str:
    """Makes a bearer token that acts as ``agent``; it is shown this once."""
    if who.id != agent.id:
        require(who, "people.change")
    secret = f"spt_{secrets.token_urlsafe(32)}"
    work.add(Token(agent_id=agent.id, digest=digest(secret), name=name[:200]))
    audit(work, who, "token.added", agent=agent.id, name=name[:200])
    return secret


def agent_of_token(work: Work, secret: str) -> Agent | None:
    """The active agent behind a bearer token that was not revoked."""
    found = _behind_token(work, secret)
    return found[0] if found is not None else None


def who_of_token(work: Work, secret: str) -> Who | None:
    """The same as the one behind an action, with the token's id."""
    found = _behind_token(work, secret)
    return replace(Who.of(found[0]), token=found[1].id) if found is not None else None


def _behind_token(work: Work, secret: str) -> tuple[Agent, Token] | None:
    row = work.scalar(select(Token).where(Token.digest == digest(secret), Token.revoked_at.is_(None)))
    agent = work.get(Agent, row.agent_id) if row is not None else None
    return (agent, row) if row is not None and agent is not None and agent.active else None


def set_state(work: Work, agent_id: str, state: str) -> None:
    """Says whether an agent is online (paid), away or offline; the log keeps the change."""
    if state not in STATES:
        msg = f"state is one of {', '.join(STATES)}"
        raise Invalid(msg, fields={"state": msg})
    agent = work.get(Agent, agent_id)
    if agent is None or agent.state == state:
        return
    work.execute(update(Agent).where(Agent.id == agent_id).values(state=state, seen_at=clock.now()))
    work.append(
        "agent.state", actor=("agent", agent.id, agent.team_id), agent=agent.id, team=agent.team_id, state=state
    )
