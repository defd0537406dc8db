"""Secrets at rest: sealed with a key derived from ``SECRET_KEY`` (Fernet: AES-128-CBC with HMAC-SHA256)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from inbox.errors import Misconfigured

__all__ = ["Seal"]


class Seal:
    """Seals and opens JSON values, and derives keys for other uses from the same secret."""

    def __init__(self, secret_key: str) -> None:
        if not secret_key:
            msg = "SECRET_KEY is empty"
            raise ValueError(msg)
        self._secret = secret_key.encode()
        self._fernet = Fernet(base64.urlsafe_b64encode(self.key("channel secrets")))

    def key(self, purpose: str) -> bytes:
        """32 bytes for one purpose; knowing one tells nothing of another."""
        return hmac.new(self._secret, purpose.encode(), hashlib.sha256).digest()

    def close(self, value: dict[str, Any]) -> str:
        """The sealed text of a JSON object; empty for an empty one."""
        return self._fernet.encrypt(json.dumps(value).encode()).decode() if value else ""

    def open(self, sealed: str) -> dict[str, Any]:
        """The object again. Raises :class:`Misconfigured` where the key is not the one it was sealed with."""
        if not sealed:
            return {}
        try:
            value: dict[str, Any] = json.loads(self._fernet.decrypt(sealed.encode()))
        except InvalidToken:
            msg = (
                "the stored secrets cannot be opened with this SECRET_KEY: put the old key back, "
                "or enter the channel's secrets again"
            )
            raise Misconfigured(msg) from None
        return value

    def mark(self, purpose: str, text: str, length: int = 16) -> str:
        """A short lower-case signature (base32, 5 bits a letter) of ``text``; 16 letters are 80 bits."""
        digest = hmac.new(self.key(purpose), text.encode(), hashlib.sha256).digest()
        return base64.b32encode(digest).decode().lower()[:length]
