"""A mailbox by its wizard: its servers are found, each is tried, a probe goes round; kept as a draft in between.

Providers are asked between transactions, never within one: :func:`go_on` opens its own.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, cast

from connectors.base import Address, ConnectorError, Outgoing
from connectors.email import finding, trial
from connectors.email.config import EmailConfig
from inbox import clock
from inbox.actions import canary, channels, grants
from inbox.actions.who import Who, require
from inbox.store import Channel, Store, Work

__all__ = ["STEPS", "Result", "begin", "forget", "go_on", "next_step", "result", "searched"]

Step = Literal["find", "imap", "smtp", "probe", "back"]
State = Literal["todo", "ok", "bad", "ask", "waiting"]
STEPS: Final[tuple[Step, ...]] = ("find", "imap", "smtp", "probe", "back")
#: How long the probe may be on its way, how often its mailbox is looked at in one go, and how long in between.
PATIENCE = dt.timedelta(minutes=3)
LOOKS = 5
PAUSE_S = 1.0


@dataclass(frozen=True)
class Result:
    """How one step ended. ``code`` is a :class:`ConnectorError`'s, or one of ``closed sign_in pop none half typed``
    (find), ``app_password user_id imap_off`` (a login refused by a provider that asks for more), ``junk lost``
    (back). ``said`` is a sentence; ``values`` go into the channel's settings, ``kept`` into its draft."""

    state: State = "todo"
    code: str = ""
    said: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    kept: Mapping[str, Any] = field(default_factory=dict)


def searched(kind: str, values: Mapping[str, Any]) -> bool:
    """Whether a new channel's servers are to be searched: a mailbox with a password and no server named."""
    return (
        kind == "email"
        and bool(values.get("imap_password"))
        and not (values.get("imap_host") or values.get("smtp_host"))
        and values.get("inbound", "none") == "none"
    )


def begin(channel: Channel) -> None:
    """Makes a new mailbox a draft: it is neither read nor written by until its wizard is finished."""
    channel.enabled = False
    channel.draft = {"tests": {}}


def forget(channel: Channel) -> None:
    """After a change of the settings everything is tried again."""
    if "tests" in (channel.draft or {}):
        channel.draft = {**channel.draft, "tests": {}, "probe": {}}


def result(channel: Channel, step: Step) -> Result:
    """How that step ended."""
    kept = (channel.draft or {}).get("tests", {}).get(step, {})
    return Result(kept.get("state", "todo"), kept.get("code", ""), kept.get("said", ""))


def next_step(channel: Channel) -> Step | None:
    """The first step that has not ended well; None once all have."""
    return next((step for step in STEPS if result(channel, step).state != "ok"), None)


def go_on(store: Store, who: Who, channel_id: str, *, sure: bool = False, skip: bool = False) -> None:
    """Takes the next step of the wizard and keeps how it ended. ``sure``: a person has looked at the servers' names;
    ``skip``: goes on without the step that failed."""
    require(who, "settings.change")
    with store.reading() as work:
        channel = channels.find(work, channel_id)
        step, draft = next_step(channel), dict(channel.draft or {})
        ended = Result("ok", "skipped") if skip else result(channel, step) if step else Result()
    if step is None or not draft:
        return
    if not skip:
        ended = Result("ok", ended.code, ended.said) if sure and ended.state == "ask" else _taken(store, channel, step)
    with store.transaction() as work:
        _keep(work, who, channel_id, step, ended)


def _taken(store: Store, channel: Channel, step: Step) -> Result:
    try:
        return _HOW[step](store, channel)
    except ConnectorError as error:
        need = str((channel.draft or {}).get("need", ""))
        more = error.code == "login" and need in {"app_password", "user_id", "imap_off"}
        return Result("bad", need if more else error.code, error.message)


def _keep(work: Work, who: Who, channel_id: str, step: Step, ended: Result) -> None:
    channel = channels.find(work, channel_id)
    if next_step(channel) != step:  # somebody else was quicker, or has changed the settings meanwhile
        return
    if ended.values:
        channels.change(work, who, channel.id, values=dict(ended.values), enabled=False)
    kept = {"state": ended.state, "code": ended.code, "said": ended.said[:500]}
    tests = {**(channel.draft or {}).get("tests", {}), step: kept}
    channel.draft = {**channel.draft, **ended.kept, "tests": tests}


# --- the steps --------------------------------------------------------------------------------------------------


def _find(store: Store, channel: Channel) -> Result:
    config = _settings(store, channel)
    if config.imap_host and config.smtp_host:
        return Result("ok", "typed", f"{config.imap_host}, {config.smtp_host}")
    found = finding.find(config.address)
    kept = {"need": found.need, "provider": found.provider}
    typed = [host for host in (config.imap_host, config.smtp_host) if host]
    new = [one for one in (found.imap, found.smtp) if one and not getattr(config, f"{one.protocol}_host")]
    values = {name: value for one in new for name, value in one.settings.items()}
    if config.imap_user:  # as somebody typed it
        values.pop("imap_user", None)
    said = ", ".join([*typed, *(f"{one.host}:{one.port}" for one in new)])
    refused = found.need if found.need in {"closed", "sign_in"} else "pop" if found.pop else ""
    if refused:
        return Result("bad", refused, said or found.provider, kept=kept)
    if len(typed) + len(new) < 2:
        return Result("bad", "half" if typed or new else "none", said, values, kept)
    return Result("ok" if all(one.sure for one in new) else "ask", "", said, values, kept)


def _reads(store: Store, channel: Channel) -> Result:
    return Result("ok", said=_talk(store, channel, trial.reads))


def _writes(store: Store, channel: Channel) -> Result:
    return Result("ok", said=_talk(store, channel, trial.writes))


def _sends(store: Store, channel: Channel) -> Result:
    with store.reading() as work:
        probe = canary.probe(work, channel)
    said = _talk(store, channel, lambda config: trial.sends(config, probe, lambda: None))
    kept = {"id": probe.message_id, "headers": [list(one) for one in probe.headers], "at": clock.now().isoformat()}
    return Result("ok", said=said, kept={"probe": kept})


def _comes_back(store: Store, channel: Channel) -> Result:
    probe = (channel.draft or {}).get("probe", {})
    sent = dt.datetime.fromisoformat(probe["at"])
    headers = tuple((str(name), str(value)) for name, value in probe["headers"])
    mail = Outgoing(key="", to=Address(channel.address), text="", message_id=probe["id"], headers=headers)
    for left in reversed(range(LOOKS)):
        folder = _talk(store, channel, lambda config: trial.arrived(config, mail))
        if folder:
            read = (channel.config or {}).get("folders") or ["INBOX"]
            return Result("ok", "" if folder in read else "junk", folder)
        if left:
            time.sleep(PAUSE_S)
    return Result("bad", "lost") if clock.now() - sent > PATIENCE else Result("waiting")


def _settings(store: Store, channel: Channel) -> EmailConfig:
    with store.reading() as work:
        return cast("EmailConfig", channels.config_of(work, channels.find(work, channel.id)))


def _talk(store: Store, channel: Channel, say: Callable[[Any], str]) -> str:
    """With a token that is good, where the mailbox is signed in to at its provider."""
    return grants.talk(store, channel.id, lambda _connector, config: say(config))


_HOW: Final[dict[Step, Callable[[Store, Channel], Result]]] = {
    "find": _find,
    "imap": _reads,
    "smtp": _writes,
    "probe": _sends,
    "back": _comes_back,
}
