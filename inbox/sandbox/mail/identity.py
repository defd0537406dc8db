"""The identity provider's memory: who allowed whom, which tokens are good, and who asked for them."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any

from inbox.sandbox.ledger import Ledger
from inbox.sandbox.stage import Pace

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "Identity", "Wrong"]

CLIENT_ID, CLIENT_SECRET = "sandbox-client", "sandbox-client-secret"
DEVICE_LIFE_S = 900


class Wrong(Exception):
    """What OAuth calls the error."""


@dataclass
class _Code:
    address: str
    challenge: str
    back: str


@dataclass
class _Device:
    user_code: str
    until: float
    address: str = ""  # once somebody has allowed it
    declined: bool = False
    asked_at: float = 0.0


class Identity:
    """In memory: after a new start of the sandbox everybody signs in again."""

    def __init__(self, pace: Pace, ledger: Ledger) -> None:
        self._pace, self._ledger = pace, ledger
        self._lock = threading.Lock()
        self._codes: dict[str, _Code] = {}
        self._devices: dict[str, _Device] = {}
        self._access: dict[str, tuple[str, float]] = {}
        self._refresh: dict[str, str] = {}

    def allow(self, address: str, challenge: str, back: str) -> str:
        """A mailbox's owner says yes: a code, once, for whoever knows the challenge's verifier."""
        with self._lock:
            code = secrets.token_urlsafe(24)
            self._codes[code] = _Code(address.lower(), challenge, back)
            return code

    def lets_in(self, address: str, token: str) -> bool:
        """Whether a token is that mailbox's, and still good."""
        with self._lock:
            owner, until = self._access.get(token, ("", 0.0))
            return bool(token) and owner == address.lower() and time.monotonic() < until

    def token(self, form: dict[str, Any], *, rotate: bool) -> dict[str, Any]:
        """The token endpoint; with ``rotate`` a refresh token is good once. Raises :class:`Wrong`."""
        if form.get("client_id") != CLIENT_ID or form.get("client_secret", CLIENT_SECRET) != CLIENT_SECRET:
            raise Wrong("invalid_client")
        kind = str(form.get("grant_type", ""))
        with self._lock:
            if kind == "authorization_code":
                address = self._by_code(form)
            elif kind == "refresh_token":
                address = self._by_refresh(str(form.get("refresh_token")), rotate=rotate)
            elif kind.endswith(":device_code"):
                address = self._by_device(str(form.get("device_code")))
            else:
                raise Wrong("unsupported_grant_type")
            told = self._granted(address, new=rotate or kind != "refresh_token")
        self._ledger.append("token", kind=kind, address=address)
        return told

    def _by_code(self, form: dict[str, Any]) -> str:
        code = self._codes.pop(str(form.get("code")), None)
        shown = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
        if code is None or code.back != form.get("redirect_uri"):
            raise Wrong("invalid_grant")
        if base64.urlsafe_b64encode(shown).decode().rstrip("=") != code.challenge:
            raise Wrong("invalid_grant")
        return code.address

    def _by_refresh(self, token: str, *, rotate: bool) -> str:
        address = self._refresh.get(token)
        if address is None:
            raise Wrong("invalid_grant")
        if rotate:
            del self._refresh[token]
        return address

    def _by_device(self, code: str) -> str:
        device = self._devices.get(code)
        if device is None or time.monotonic() > device.until:
            raise Wrong("expired_token")
        if device.declined:
            raise Wrong("authorization_declined")
        if not device.address:
            raise Wrong("authorization_pending")
        del self._devices[code]
        return device.address

    def _granted(self, address: str, *, new: bool) -> dict[str, Any]:
        access = secrets.token_urlsafe(32)
        self._access[access] = (address, time.monotonic() + self._pace.token)
        told: dict[str, Any] = {"token_type": "Bearer", "access_token": access, "expires_in": int(self._pace.token)}
        if new:
            told["refresh_token"] = secrets.token_urlsafe(32)
            self._refresh[told["refresh_token"]] = address
        return told

    def device(self, uri: str) -> dict[str, Any]:
        """A code to type on another device."""
        with self._lock:
            code, user_code = secrets.token_urlsafe(24), secrets.token_hex(4).upper()
            self._devices[code] = _Device(user_code, time.monotonic() + DEVICE_LIFE_S)
        return {
            "device_code": code,
            "user_code": user_code,
            "verification_uri": uri,
            "expires_in": DEVICE_LIFE_S,
            "interval": 1,
        }

    def type_code(self, user_code: str, address: str) -> None:
        """Somebody types a code; without an address they decline. Raises ``ValueError``."""
        with self._lock:
            device = next((one for one in self._devices.values() if one.user_code == user_code.upper()), None)
            if device is None:
                raise ValueError("there is no such code")
            device.address, device.declined = address.lower(), not address

    def expire(self, address: str) -> None:
        """The mailbox's access tokens end now."""
        with self._lock:
            self._access = {token: one for token, one in self._access.items() if one[0] != address.lower()}

    def revoke(self, address: str) -> None:
        """The mailbox's owner takes everything back."""
        self.expire(address)
        with self._lock:
            self._refresh = {token: one for token, one in self._refresh.items() if one != address.lower()}
