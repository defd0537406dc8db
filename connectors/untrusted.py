"""Reads values out of payloads that anybody may have written: every answer is usable, every failure a ValueError."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

from connectors.base import Unreadable

__all__ = ["as_count", "as_dict", "as_list", "as_text", "from_millis", "from_seconds", "load", "unreadable"]


def load(body: bytes | str) -> Any:
    """The JSON value of ``body``. Raises ``ValueError`` for anything else, also for nesting too deep to read."""
    try:
        return json.loads(body)
    except RecursionError:
        wrong = "nested too deeply"
    except ValueError as error:  # the library speaks of lines and columns, or of bytes
        wrong = f"this is not JSON ({error})"
    raise ValueError(wrong)


def as_text(value: object) -> str:
    """A string that every database and socket takes: a number becomes its digits, anything else that is no string
    becomes empty; NUL goes, half a surrogate pair becomes U+FFFD."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def as_dict(value: object) -> dict[str, Any]:
    """``value`` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """``value`` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_count(value: object) -> int | None:
    """A whole number of 0 or more below 2⁶³, also from its digits; None for anything else."""
    digits = as_text(value)
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 20):
        return None
    return int(digits) if int(digits) < 1 << 63 else None


def from_seconds(value: object) -> dt.datetime:
    """Aware UTC from Unix seconds. Raises ``ValueError`` where it is none, or not between 1970 and 9999."""
    return _from_unix(value, 1)


def from_millis(value: object) -> dt.datetime:
    """Aware UTC from Unix milliseconds. Raises ``ValueError`` as :func:`from_seconds`."""
    return _from_unix(value, 1000)


def _from_unix(value: object, per_second: int) -> dt.datetime:
    count = as_count(value)
    if count is None or count // per_second > 253_402_300_799:
        raise ValueError("no time")
    return dt.datetime.fromtimestamp(count / per_second, dt.UTC)


def unreadable(what: bytes | str, error: str) -> Unreadable:
    """The item for something that cannot be read; its id is the content's digest, so a repetition has the same."""
    raw = what if isinstance(what, bytes) else what.encode("utf-8", "replace")
    return Unreadable(external_id="sha256:" + hashlib.sha256(raw).hexdigest()[:40], error=as_text(error)[:500])
