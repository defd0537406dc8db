"""Our addresses: added, changed and removed, their secrets sealed, their health told."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from pydantic import SecretStr, ValidationError
from sqlalchemy import select

from connectors.base import Config, Connector
from inbox import clock
from inbox.actions import pacing
from inbox.actions.desk import audit
from inbox.actions.who import SYSTEM, Who, require
from inbox.errors import Conflict, Invalid, Misconfigured, NotFound
from inbox.store import Channel, Team, Work

__all__ = [
    "add",
    "broken",
    "change",
    "checked",
    "config_of",
    "find",
    "free_name",
    "hook_path",
    "recovered",
    "remove",
    "secret_fields",
]

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
KEPT = "__kept__"  # what a form sends for a secret that stays


def connector_of(work: Work, kind: str) -> Connector[Any]:
    """The connector of a kind. Raises :class:`Invalid` with the kinds there are."""
    connector = work.store.connectors.get(kind)
    if connector is None:
        msg = f"there is no kind of channel {kind!r}; choose one of {', '.join(work.store.connectors)}"
        raise Invalid(msg, fields={"kind": msg})
    return connector


def secret_fields(connector: Connector[Any]) -> set[str]:
    """The names of a connector's secret settings."""
    return {name for name, field in connector.Config.model_fields.items() if "SecretStr" in str(field.annotation)}


def _checked(connector: Connector[Any], values: dict[str, Any]) -> tuple[Config, dict[str, Any], dict[str, Any]]:
    """The config, and its open and secret values apart. Raises :class:`Invalid` naming each wrong field."""
    try:
        config = connector.Config.model_validate(values)
    except ValidationError as problem:
        fields = {".".join(str(part) for part in one["loc"]) or "config": one["msg"] for one in problem.errors()}
        msg = "; ".join(f"{name}: {text}" for name, text in fields.items())
        raise Invalid(msg, fields=fields) from None
    hidden = secret_fields(connector)
    raw = config.model_dump(mode="json", exclude=hidden)
    sealed = {}
    for name in hidden:
        value = getattr(config, name)
        if value is not None:
            sealed[name] = value.get_secret_value() if isinstance(value, SecretStr) else value
    return config, raw, sealed


def add(
    work: Work,
    who: Who,
    *,
    kind: str,
    name: str,
    values: dict[str, Any],
    title: str = "",
    team: str | None = None,
    sample: bool = False,
) -> Channel:
    """Adds a channel. Raises :class:`Invalid` with the wrong fields, :class:`Conflict` for a name that is taken."""
    require(who, "settings.change")
    connector = connector_of(work, kind)
    slug = name.strip().lower()
    if not SLUG.fullmatch(slug):
        msg = "a channel's name has small letters, digits and hyphens, like support-mail"
        raise Invalid(msg, fields={"name": msg})
    if work.scalar(select(Channel).where(Channel.name == slug)) is not None:
        msg = f"there is a channel {slug} already"
        raise Conflict(msg, fields={"name": msg})
    _known_team(work, team)
    config, opened, sealed = _checked(connector, values)
    channel = Channel(
        kind=kind,
        name=slug,
        title=title.strip()[:200] or connector.title,
        address=connector.address(config)[:320],
        config=opened,
        secrets=work.store.seal.close(sealed),
        team_id=team,
        sample=sample,
        cursor=connector.beginning(clock.now()),
    )
    work.add(channel)
    work.flush()
    audit(work, who, "channel.added", channel=channel.id, kind=kind, name=slug, title=channel.title)
    work.append("channel.added", actor=who.actor, channel_id=channel.id, channel=kind)
    return channel


def free_name(work: Work, title: str, kind: str) -> str:
    """A channel's name made of its title, one that no other has: ``assistenza``, ``assistenza-2``."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or kind
    taken = set(work.scalars(select(Channel.name).where(Channel.name.startswith(base, autoescape=True))))
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    return name


def change(
    work: Work,
    who: Who,
    channel_id: str,
    *,
    values: dict[str, Any] | None = None,
    title: str | None = None,
    team: str | None = None,
    enabled: bool | None = None,
) -> Channel:
    """Changes a channel; a secret that is empty or :data:`KEPT` stays. Its problem is forgotten: it is tried again."""
    require(who, "settings.change")
    channel = find(work, channel_id)
    connector = connector_of(work, channel.kind)
    _known_team(work, team or None)
    before = _shown(channel)
    changes: dict[str, list[Any]] = {}
    if values is not None:
        old = _opened(work, channel)
        hidden = secret_fields(connector)
        merged = {**channel.config, **values}
        for name in hidden:
            if merged.get(name) in {None, "", KEPT}:
                merged.pop(name, None)
                if name in old:
                    merged[name] = old[name]
        config, opened, sealed = _checked(connector, merged)
        channel.config, channel.secrets = opened, work.store.seal.close(sealed)
        channel.address = connector.address(config)[:320]
        changes = {name: [None, None] for name in sorted(hidden) if (old.get(name) or "") != (sealed.get(name) or "")}
    channel.title = (title or "").strip()[:200] or channel.title
    channel.team_id = (team or None) if team is not None else channel.team_id
    if enabled and not channel.enabled and channel.polled_at is None:  # its set-up is done
        channel.cursor = connector.beginning(clock.now())
    channel.enabled = enabled if enabled is not None else channel.enabled
    channel.problem = channel.problem_code = ""
    channel.problem_at = None
    pacing.lift(work, channel, always=True)
    after = _shown(channel)
    changes |= {
        name: [before.get(name), after.get(name)]
        for name in sorted(before | after)
        if before.get(name) != after.get(name)
    }
    audit(work, who, "channel.changed", channel=channel.id, name=channel.name, title=channel.title, changes=changes)
    work.append("channel.changed", actor=who.actor, channel_id=channel.id, channel=channel.kind)
    return channel


def _opened(work: Work, channel: Channel) -> dict[str, Any]:
    """The stored secrets; none where the key does not fit any more, so that they can be entered again."""
    try:
        return work.store.seal.open(channel.secrets)
    except Misconfigured:
        return {}


def _known_team(work: Work, team: str | None) -> None:
    if team is not None and work.get(Team, team) is None:
        msg = f"there is no team {team!r}"
        raise Invalid(msg, fields={"team": msg})


def _shown(channel: Channel) -> dict[str, Any]:
    """What the audit may hold of a channel: everything but its secrets."""
    return {**channel.config, "title": channel.title, "team": channel.team_id, "enabled": channel.enabled}


def remove(work: Work, who: Who, channel_id: str) -> None:
    """Disconnects a channel and forgets its secrets; tickets, journal and figures stay. Its name becomes free."""
    require(who, "settings.change")
    channel = find(work, channel_id)
    channel.removed_at = clock.now()
    channel.enabled = False
    channel.secrets = channel.sign_in = ""
    channel.device_at = None
    channel.name = f"{channel.name}~{channel.id[:8]}"
    audit(work, who, "channel.removed", channel=channel.id, title=channel.title)
    work.append("channel.removed", actor=who.actor, channel_id=channel.id, channel=channel.kind)


def find(work: Work, name: str) -> Channel:
    """A channel by id or name. Raises :class:`NotFound` with the names there are."""
    channel = work.scalar(
        select(Channel).where((Channel.id == name) | (Channel.name == name), Channel.removed_at.is_(None))
    )
    if channel is None:
        names = work.scalars(select(Channel.name).where(Channel.removed_at.is_(None)).order_by(Channel.name)).all()
        msg = f"there is no channel {name!r}" + (f"; there are {', '.join(names)}" if names else "; add one first")
        raise NotFound(msg)
    return channel


def config_of(work: Work, channel: Channel) -> Config:
    """The channel's settings with its secrets opened. Raises :class:`Misconfigured` where the key does not fit, or
    where settings that another version stored do not."""
    connector = connector_of(work, channel.kind)
    values = {**channel.config, **work.store.seal.open(channel.secrets)}
    if connector.grants is not None and (grant := work.store.seal.open(channel.sign_in).get("grant")):
        values["grant"] = grant
    try:
        return connector.Config.model_validate(values)  # type: ignore[no-any-return]
    except ValidationError as problem:
        wrong = ", ".join(sorted({str(one["loc"][0]) for one in problem.errors() if one["loc"]})) or "they"
        msg = f"the settings of channel {channel.name} do not fit this version ({wrong}); save them again"
        raise Misconfigured(msg) from None


def hook_path(channel: Channel) -> str:
    """Where a provider reaches this channel."""
    return f"/hooks/{channel.kind}/{channel.id}"


def broken(work: Work, channel: Channel, code: str, problem: str) -> None:
    """Marks a channel as not working and tells it once; ``code`` is login, signin (at the provider's page), receive,
    send or key."""
    if channel.problem_code == code and channel.problem == problem[:500]:
        return
    first = channel.problem_code != code
    channel.problem, channel.problem_code = problem[:500], code
    channel.problem_at = channel.problem_at if not first and channel.problem_at else clock.now()
    if first:
        work.append("channel.broken", actor=SYSTEM.actor, channel_id=channel.id, channel=channel.kind, code=code)


def checked(work: Work, who: Who, channel_id: str, *, code: str = "", problem: str = "") -> Channel:
    """Keeps what a round trip to the provider showed: a ``problem`` with its ``code``, or that all is well.

    The sentence of a problem stands at the channel, the log only hears of it.
    """
    require(who, "settings.change")
    channel = find(work, channel_id)
    if problem:
        broken(work, channel, code or "receive", problem)
    else:
        recovered(work, channel)
    work.append(
        "channel.checked", actor=who.actor, channel_id=channel.id, channel=channel.kind, ok=not problem, code=code
    )
    return channel


def recovered(work: Work, channel: Channel, *, missed: int = 0) -> None:
    """Says that a channel works again, and how many arrivals it had missed and now has."""
    if channel.problem_code:
        channel.problem = channel.problem_code = ""
        channel.problem_at = None
        work.append("channel.working", channel_id=channel.id, channel=channel.kind)
    if missed:
        work.append("channel.recovered", channel_id=channel.id, channel=channel.kind, missed=missed)
