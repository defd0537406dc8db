"""Signing in with a token by SASL, as mail servers read it."""

from __future__ import annotations

import base64
import binascii
import re

__all__ = ["BEARERS", "REFUSAL", "bearer"]

BEARERS = ("XOAUTH2", "OAUTHBEARER")
REFUSAL = base64.b64encode(b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}')
_USER = {"XOAUTH2": re.compile(r"user=([^\x01]*)\x01"), "OAUTHBEARER": re.compile(r"n,a=([^,]*),\x01")}
_TOKEN = re.compile(r"\x01auth=Bearer ([^\x01]*)\x01\x01", re.IGNORECASE)


def bearer(mechanism: str, answer: bytes) -> tuple[str, str]:
    """User and token of a client's first answer; empty ones where it cannot be read."""
    try:
        text = base64.b64decode(answer, validate=True).decode()
    except (ValueError, binascii.Error):
        return "", ""
    user, token = _USER[mechanism].search(text), _TOKEN.search(text)
    return (user[1], token[1]) if user and token else ("", "")
