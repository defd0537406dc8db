"""Addresses as people read them."""

from __future__ import annotations

import phonenumbers

__all__ = ["label"]


def label(identity_kind: str, value: str, name: str = "") -> str:
    """An address as people read it: phone numbers spaced, ids of apps behind a name."""
    if identity_kind == "sms":
        try:
            number = phonenumbers.parse(value)
        except phonenumbers.NumberParseException:
            return value
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    if identity_kind == "chat":
        return name or f"Web {value[:4].upper()}"
    if identity_kind in {"telegram", "messenger"}:
        return name or value[:12]
    return value
