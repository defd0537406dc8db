"""Accounts that are signed in to at their provider's own page: what a provider gives for it, and how it is asked."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, SecretStr

__all__ = ["SIGN_IN", "Device", "Grant", "Grants", "challenge", "verifier"]

#: The ``ConnectorError.code`` of an account that somebody has to sign in to (again).
SIGN_IN = "signin"
_SHARE = 0.8  # of its life is an access token used


class Grant(BaseModel):
    """What a provider gave: a token for a while, and one to get the next with."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    access_token: SecretStr
    refresh_token: SecretStr
    renew_at: dt.datetime
    until: dt.datetime

    @classmethod
    def of(cls, access: str, refresh: str, seconds: float, now: dt.datetime) -> Grant:
        """A grant whose access token lives for ``seconds``."""
        seconds = min(max(seconds, 0.0), 10 * 86_400.0)
        return cls(
            access_token=SecretStr(access),
            refresh_token=SecretStr(refresh),
            renew_at=now + dt.timedelta(seconds=seconds * _SHARE),
            until=now + dt.timedelta(seconds=seconds),
        )

    def plain(self) -> dict[str, Any]:
        """JSON with the tokens readable: to be sealed."""
        return {
            "access_token": self.access_token.get_secret_value(),
            "refresh_token": self.refresh_token.get_secret_value(),
            "renew_at": self.renew_at.isoformat(),
            "until": self.until.isoformat(),
        }


@dataclass(frozen=True)
class Device:
    """A sign-in on another device: a person types ``user_code`` at ``uri`` before ``until``."""

    device_code: str
    user_code: str
    uri: str
    interval: float
    until: dt.datetime


C_contra = TypeVar("C_contra", contravariant=True)


class Grants(Protocol[C_contra]):
    """How a connector's accounts are signed in to. All but ``wanted`` and ``consent`` ask the provider and raise
    :class:`ConnectorError`, with the code :data:`SIGN_IN` where a person has to sign in (again)."""

    def wanted(self, config: C_contra) -> str:
        """The provider's name where this channel signs in there, empty where it has a password."""

    def by_code(self, config: C_contra) -> bool:
        """Whether the provider lets people sign in on another device with a code."""

    def consent(self, config: C_contra, back: str, state: str, challenge: str) -> str:
        """The page to send the admin to; the provider sends them ``back`` with ``state`` and a code."""

    def exchange(self, config: C_contra, code: str, verifier: str, back: str) -> Grant:
        """The grant for a code."""

    def device(self, config: C_contra) -> Device:
        """Begins a sign-in on another device."""

    def device_grant(self, config: C_contra, device: Device) -> Grant | float:
        """The grant, or the seconds until it may be asked for again."""

    def renew(self, config: C_contra) -> Grant:
        """The next grant."""


def verifier() -> str:
    """A secret of PKCE (RFC 7636)."""
    return secrets.token_urlsafe(48)


def challenge(verifier: str) -> str:
    """What is shown of it at first: S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
