"""Views of the pages before the desk: sign-in (``sessions/new.html``) and first set-up (``setup/show.html``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from inbox.reading.pages.common import Choice, Form
from inbox.reading.pages.settings import ChannelKind

__all__ = ["DemoAccount", "LoginPage", "SetupPage", "SetupStep"]

SetupStep = Literal["business", "admin", "hours", "team", "channel"]


@dataclass(frozen=True)
class DemoAccount:
    """A sample agent who may be signed in with as printed; only ever filled while sample data is in the desk."""

    name: str
    email: str
    password: str


@dataclass(frozen=True)
class LoginPage:
    """``page`` of ``sessions/new.html``. POST ``sessions.create``: ``email``, ``password``, ``remember`` (on or
    absent), ``next`` (a path). The language links go to ``sessions.new?lang=``."""

    business: str
    form: Form = field(default_factory=Form)
    next: str = ""
    logo: str = ""
    colour: str = ""
    demo: tuple[DemoAccount, ...] = ()


@dataclass(frozen=True)
class SetupPage:
    """``page`` of ``setup/show.html``. POST ``setup.save`` carries ``step`` and that step's fields:
    ``business``: ``name``, ``language``, ``timezone``, and ``code`` where ``needs_code``;
    ``admin``: ``name``, ``email``, ``password``;
    ``hours``: ``week-mon`` … ``week-sun``, ``italy``, ``answer``; ``team``: ``name-N``, ``email-N``, ``role-N``,
    ``password-N`` for so many ``colleagues``; both take ``skip``;
    ``channel``: ``first`` = a channel kind, ``sample`` or ``later``.
    ``business`` and ``admin`` are what the earlier steps stored."""

    step: SetupStep
    form: Form = field(default_factory=Form)
    needs_code: bool = False
    languages: tuple[Choice, ...] = ()
    zones: tuple[Choice, ...] = ()
    kinds: tuple[ChannelKind, ...] = ()
    business: str = ""
    admin: str = ""
    colleagues: int = 0
    closed: str = ""  # what customers would get outside hours
