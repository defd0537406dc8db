"""Calls a provider's own API, and says in one way for all providers what went wrong."""

from __future__ import annotations

import datetime as dt
import email.utils
import math
from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from connectors.base import ConnectorError
from connectors.line import Answer, LineError, Target, exchange, resolve, target

__all__ = ["ApiBase", "api_base", "call", "refusal", "retry_after", "scrub"]

SECONDS = 20.0
MAX_BYTES = 8_388_608
# A request that one of these answers was turned away before anybody worked on it.
_NOT_NOW = (408, 425, 429, 503)


def api_base(url: str) -> str:
    """An API's address without a slash at the end. Raises ``ValueError`` where it is no plain http(s) address."""
    parts = target(url)
    if "?" in parts.path or "#" in url:
        raise ValueError("not an address")
    return url.rstrip("/")


ApiBase = Annotated[
    str,
    AfterValidator(api_base),
    Field(
        title="API address",
        description="Where the provider's API answers. Leave it alone unless you run a server of your own.",
    ),
]


def scrub(text: str, *secrets: str) -> str:
    """``text`` without the secrets, should a provider repeat one, and not longer than 500 characters."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "…")
    return text[:500]


def retry_after(answer: Answer) -> float | None:
    """The seconds that a ``Retry-After`` header asks for, given as a number or as a date; None without a usable one."""
    value = answer.headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            until = email.utils.parsedate_to_datetime(value)
        except ValueError:
            return None
        until = until if until.tzinfo else until.replace(tzinfo=dt.UTC)
        seconds = (until - dt.datetime.now(dt.UTC)).total_seconds()
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def refusal(who: str, answer: Answer, *, sending: bool = False) -> ConnectorError:
    """The error for an answer that is no success and carries no code of the provider's own.

    4xx is permanent, except 408, 425 and 429; 5xx is temporary, and ``ambiguous`` when ``sending`` unless it is 503:
    behind a gateway's 500, 502 or 504 the provider may have taken the message.
    """
    later = answer.status >= 500 or answer.status in _NOT_NOW
    return ConnectorError(
        f"{who} answered HTTP {answer.status}",
        code=f"http_{answer.status}",
        permanent=not later,
        retry_after=retry_after(answer),
        reauth=answer.status == 401,
        ambiguous=sending and answer.status >= 500 and answer.status not in _NOT_NOW,
        whole=answer.status in (429, 503),
    )


def call(
    who: str,
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    going_out: Callable[[], None] | None = None,
    seconds: float = SECONDS,
    max_bytes: int = MAX_BYTES,
) -> Answer:
    """One request to an API whose address an admin set (so it is not judged as a payload's would be); any status.

    ``who`` names the provider in errors, which never hold the URL: some carry a token. ``going_out`` as in
    :meth:`Connector.send`; with it, an answer that never came is ambiguous. Raises :class:`ConnectorError` with
    ``config``, ``connect``, ``tls``, ``timeout`` or ``too_large``.
    """
    to, addresses = _where(who, url)
    try:
        return exchange(
            to,
            addresses,
            method=method,
            headers=headers,
            body=body,
            seconds=seconds,
            max_bytes=max_bytes,
            before=going_out,
        )
    except LineError as error:
        ambiguous = error.sent and going_out is not None
        failure = ConnectorError(
            f"{who}: {error.message}", code=error.code, permanent=False, ambiguous=ambiguous, whole=not error.sent
        )
    # Raised out here so that no library's own text (it may hold the URL) hangs on as the context.
    raise failure


def _where(who: str, url: str) -> tuple[Target, list[str]]:
    try:
        to = target(url)
        return to, resolve(to.host, to.port)
    except ValueError:
        failure = ConnectorError(f"{who}: not a usable API address", code="config", permanent=True)
    except OSError:
        failure = ConnectorError(
            f"{who}: the name of the API has no address", code="connect", permanent=False, whole=True
        )
    raise failure
