"""Reads the tables that the sample desk is made of, and checks every word of them before anything is written."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from inbox.actions.sample.payloads import hexed

__all__ = ["Agent", "Customer", "Desk", "Fees", "Script", "Step", "desk", "id_of", "scripts"]

FOLDER = Path(__file__).parent
Kind = Literal["email", "sms", "chat", "telegram", "messenger"]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Agent(_Row):
    """Somebody who answers. ``here``: at their desk at the moment that the sample is made."""

    name: str
    email: str
    role: Literal["agent", "supervisor", "admin"] = "agent"
    team: str
    capacity: int = 8
    here: bool = False


class Customer(_Row):
    """Somebody who writes, with one address for each kind of channel that they use. Without ``known`` the desk learns
    of them by what they write."""

    name: str = ""
    email: str = ""
    sms: str = ""
    telegram: str = ""
    messenger: str = ""
    language: Literal["it", "en"] = "it"
    known: bool = True


class Fees(_Row):
    """What work and channels cost: an hour, agents who cost more, a month of each channel, dollars week by week."""

    per_hour: str
    per_hour_of: dict[str, str]
    monthly: dict[str, str]
    dollars: list[str]


class Desk(_Row):
    """Everything that is no conversation. ``bands``: from which lifetime value one is in each, best first."""

    teams: list[str]
    agents: dict[str, Agent]
    titles: dict[Kind, str]
    teams_of: dict[Kind, str]
    reasons: list[str]
    canned: dict[str, str]
    fees: Fees
    bands: dict[str, str]
    customers: dict[str, Customer]


class Step(_Row):
    """One thing that happens at ``at``: a customer writes (``in``), or an agent (``by``) does what the fields say.

    ``work``: minutes on the ticket before it. What became of an answer: ``fails`` (a provider's code), ``lost`` (the
    line broke, nobody knows), ``read`` by the customer.
    """

    at: str
    arrives: Kind | None = Field(default=None, alias="in")
    by: str | None = None
    text: str = ""
    subject: str = ""
    files: list[str] = []
    work: float | None = None
    reply: str = ""
    via: Kind | None = None
    fails: str = ""
    lost: bool = False
    read: bool = True
    note: str = ""
    assign: str = ""
    team: str = ""
    tags: list[str] = []
    priority: Literal["", "low", "high", "urgent"] = ""
    status: Literal["", "open", "pending", "snoozed", "resolved"] = ""
    reason: str | None = None
    until: str = ""


class Script(_Row):
    """One ticket from its first word on."""

    customer: str
    step: list[Step]


def id_of(customer: str) -> str:
    """The id under which the desk knows a customer of :func:`desk`."""
    return hexed(f"known {customer}", 16)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


@cache
def desk() -> Desk:
    """The people, words and prices of the sample desk."""
    return Desk.model_validate(_read("desk.toml"))


@cache
def scripts() -> tuple[Script, ...]:
    """The tickets, in the order of their files."""
    files = sorted((FOLDER / "tickets").glob("*.toml"))
    return tuple(
        Script.model_validate(one) for file in files for one in _read(f"tickets/{file.name}").get("ticket", ())
    )
