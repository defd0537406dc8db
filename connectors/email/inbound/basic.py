"""HTTP Basic: the password that stands in the address pasted at a provider which signs nothing."""

from __future__ import annotations

import base64
import binascii
import hmac
from urllib.parse import quote, urlsplit, urlunsplit

from connectors.base import Request
from connectors.email.config import EmailConfig

__all__ = ["USER", "check", "with_password"]

USER = "sportello"


def check(config: EmailConfig, request: Request) -> None:
    """Returns where the call carries the channel's password. Raises ``ValueError``. The user's name is anybody's."""
    wanted = config.inbound_password.get_secret_value()
    if not wanted:
        raise ValueError("the channel has no password for this provider")
    scheme, _, given = request.header("Authorization").partition(" ")
    if scheme.lower() != "basic":
        raise ValueError("the call carries no password")
    try:
        password = base64.b64decode(given.strip().encode("ascii"), validate=True).partition(b":")[2]
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("the call's password cannot be read") from None
    if not hmac.compare_digest(password, wanted.encode()):
        raise ValueError("the call carries another password")


def with_password(config: EmailConfig, url: str) -> str:
    """``https://sportello:password@host/…``."""
    password = config.inbound_password.get_secret_value()
    if not password:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{USER}:{quote(password, safe='')}@{parts.netloc}"))
