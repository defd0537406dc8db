"""The settings of a web chat: where it may appear, how it looks, what it asks and offers."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, model_validator
from pydantic.config import JsonDict

from connectors import base
from connectors.chat_greeting import Greeting, greeting
from connectors.chat_hours import hours

__all__ = ["ChatConfig", "site"]

_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


def site(text: str) -> str:
    """A site in the form that browsers name an origin in, ``https://shop.example`` or ``https://*.shop.example``; a
    bare host means https, a usual port is left out. Raises ``ValueError`` for anything else."""
    given = text.strip().lower()
    parts = urlsplit(given if "://" in given else "https://" + given)
    port = parts.port
    host = (parts.hostname or "").encode("idna").decode("ascii") if "*" not in given else parts.hostname or ""
    rest = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in ("http", "https") or rest or not _HOST.fullmatch(host):
        raise ValueError(f"{text!r} is no site such as https://shop.example")
    usual = port in (None, {"http": 80, "https": 443}[parts.scheme])
    return f"{parts.scheme}://{host}" + ("" if usual else f":{port}")


def _greets(line: str) -> str:
    greeting(line)
    return " ".join(line.split())


Site = Annotated[str, AfterValidator(site)]
Hours = Annotated[str, AfterValidator(hours)]
Greets = Annotated[str, AfterValidator(_greets)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
MORE: JsonDict = {"advanced": True}


class ChatConfig(base.Config):
    """One widget."""

    title: str = Field(
        min_length=1,
        max_length=60,
        title="Title",
        description="What visitors see on top of the chat, such as the shop's name.",
    )
    allowed_sites: tuple[Site, ...] = Field(
        min_length=1,
        title="Allowed sites",
        description="Where the chat may appear, such as https://shop.example; https://*.shop.example for all below.",
    )
    colour: str = Field(
        "#0b6e5f", pattern=r"^#[0-9a-fA-F]{6}$", title="Colour", description="Of the button and the header, as #rrggbb."
    )
    position: Literal["right", "left"] = Field("right", title="Position", description="The corner of the page.")
    languages: tuple[Literal["it", "en"], ...] = Field(
        ("it", "en"),
        min_length=1,
        title="Languages",
        description="A visitor's own language is used if it is here, else the first.",
    )
    greeting: str = Field("", max_length=300, title="Greeting", description="The first line in an empty chat.")
    offline_note: str = Field(
        "", max_length=300, title="When nobody is here", description="Shown together with the question for an address."
    )
    ask_email: Literal["offline", "always", "never"] = Field(
        "offline",
        title="Ask for an email address",
        description="With one, an answer reaches the visitor after the page is closed.",
    )
    privacy_url: str = Field(
        "", pattern=r"^(https://\S{1,500})?$", title="Privacy page", description="Linked under the chat."
    )
    hours: tuple[Hours, ...] = Field(
        (),
        max_length=60,
        title="Opening hours",
        description="In the desk's time zone: mon-fri 9:00-13:00 15:00-19:00, or 2026-12-25 closed. Empty:"
        " those of the calendar that names this chat, else always.",
    )
    show_wait: bool = Field(
        True,
        title="Say how soon an answer comes",
        description="From the answers of the last two weeks.",
        json_schema_extra=MORE,
    )
    before: tuple[Literal["name", "email", "topic"], ...] = Field(
        (),
        title="Ask before the first message",
        description="What a visitor fills in before the chat begins.",
        json_schema_extra=MORE,
    )
    topics: tuple[Short, ...] = Field(
        (),
        max_length=12,
        title="Topics",
        description="What a visitor may choose from, where the topic is asked for.",
        json_schema_extra=MORE,
    )
    quick: tuple[Short, ...] = Field(
        (),
        max_length=6,
        title="Quick replies",
        description="Buttons under the greeting that write for the visitor.",
        json_schema_extra=MORE,
    )
    files: bool = Field(True, title="Visitors may send files", description="Pictures, PDF and office documents.")
    file_mb: int = Field(10, ge=1, le=20, title="Largest file (MB)", description="1 to 20.", json_schema_extra=MORE)
    consent: str = Field(
        "",
        max_length=500,
        title="Consent",
        description="Asked before anything is stored, with a link to the privacy page. Empty: nothing is asked.",
    )
    rating: bool = Field(True, title="Ask for a rating at the end", description="One to five, with a comment.")
    transcript: bool = Field(
        True,
        title="Visitors may have the chat sent to them by mail",
        description="Where the desk has a mailbox to send from.",
        json_schema_extra=MORE,
    )
    elsewhere: tuple[Literal["telegram", "sms"], ...] = Field(
        (), title="Continue elsewhere", description="Offered where the desk has such a channel.", json_schema_extra=MORE
    )
    show_page: bool = Field(
        True,
        title="Show agents the page",
        description="The address and title of the page where a visitor is.",
        json_schema_extra=MORE,
    )
    greetings: tuple[Greets, ...] = Field(
        (),
        max_length=20,
        title="Greet by itself",
        description="A part of the address, the seconds on the page and the text, such as /checkout 30 Can we help?"
        " Once for each visitor, in opening hours; with a consent text only for those who agreed.",
        json_schema_extra=MORE,
    )
    identity_secret: SecretStr = Field(
        SecretStr(""),
        max_length=200,
        title="Secret for signed-in customers",
        description="At least 16 letters. Your site signs a customer's id with it, so that they find their chat again.",
        json_schema_extra=MORE,
    )

    @model_validator(mode="after")
    def _sound(self) -> ChatConfig:
        if "topic" in self.before and not self.topics:
            raise ValueError("name the topics to choose from, or do not ask for one")
        if 0 < len(self.identity_secret.get_secret_value()) < 16:
            raise ValueError("the secret for signed-in customers needs at least 16 letters")
        return self

    @property
    def greets(self) -> tuple[Greeting, ...]:
        """What is said by itself, and where."""
        return tuple(greeting(line) for line in self.greetings)

    def allows(self, origin: str) -> bool:
        """Whether a browser's ``Origin`` is one of the allowed sites; ``*.`` stands for one or more names before."""
        try:
            given = site(origin)
        except ValueError:
            return False
        return any(_matches(given, allowed) for allowed in self.allowed_sites)

    @property
    def frame_ancestors(self) -> str:
        """The value of the ``frame-ancestors`` directive."""
        return " ".join(self.allowed_sites)


def _matches(origin: str, allowed: str) -> bool:
    if "*" in origin:
        return False
    if "://*." not in allowed:
        return origin == allowed
    scheme, _, below = allowed.partition("://*")
    return origin.startswith(scheme + "://") and origin.endswith(below)
