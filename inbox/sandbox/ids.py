"""Ids of the shape that each provider gives out, random or always the same for a seed."""

from __future__ import annotations

import base64
import hashlib
import secrets

__all__ = ["digits", "hex_id", "token", "url_token"]


def _bytes(seed: str | None, count: int) -> bytes:
    """``count`` (at most 64) bytes: random without a seed, otherwise always the same ones."""
    return secrets.token_bytes(count) if seed is None else hashlib.sha512(seed.encode()).digest()[:count]


def hex_id(prefix: str, seed: str | None = None) -> str:
    """Twilio's shape: a two-letter prefix and 32 lower-case hex digits (``SM0a…``)."""
    return prefix + _bytes(seed, 16).hex()


def digits(count: int, seed: str | None = None) -> str:
    """``count`` decimal digits (at most 40), the first of them not zero: page ids, app ids, PSIDs."""
    number = int.from_bytes(_bytes(seed, 20), "big") % (9 * 10 ** (count - 1))
    return str(number + 10 ** (count - 1))


def token(length: int, seed: str | None = None) -> str:
    """``length`` (at most 80) letters and digits: access tokens."""
    text = base64.b64encode(_bytes(seed, 64)).decode().replace("+", "x").replace("/", "y").rstrip("=")
    return text[:length]


def url_token(length: int, seed: str | None = None) -> str:
    """``length`` (at most 80) characters of ``[A-Za-z0-9_-]``: bot tokens, file ids."""
    return base64.urlsafe_b64encode(_bytes(seed, 64)).decode().rstrip("=")[:length]
