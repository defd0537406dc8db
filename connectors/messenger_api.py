"""Calls Meta's Graph API for a page and turns its error codes into ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from urllib3.filepost import encode_multipart_formdata

from connectors.base import ConnectorError, File
from connectors.call import SECONDS, call, refusal, retry_after, scrub
from connectors.line import Answer
from connectors.untrusted import as_count, as_dict, as_text

__all__ = ["Graph"]


class _Entry(NamedTuple):
    means: str = ""
    later: bool = False
    login: bool = False
    code: str = ""
    ambiguous: bool = False
    whole: bool = False


_WINDOW = _Entry("the reply window is closed: the customer has to write first", code="window")
_BUSY = _Entry(later=True)
_TOO_FAST = _Entry(later=True, whole=True)
_LOGIN = _Entry(login=True)

# (code, subcode), then (code, None). Subcodes are from community code: Meta's page of them is not public.
_CODES: dict[tuple[int, int | None], _Entry] = {
    (10, 2018278): _WINDOW,
    (10, 2018065): _WINDOW,
    (10, 2534022): _WINDOW,
    (10, 2018028): _Entry("the app is in development mode and may only write to its own people"),
    (100, 2018001): _Entry("Messenger does not know this person"),
    (551, None): _Entry("this person cannot be reached at the moment"),
    (368, None): _Entry("Meta has blocked the page for a breach of its rules"),
    (1, None): _Entry(later=True, ambiguous=True),
    (2, None): _BUSY,
    (1200, None): _BUSY,
    (4, None): _TOO_FAST,
    (17, None): _TOO_FAST,
    (32, None): _TOO_FAST,
    (613, None): _TOO_FAST,
    (80006, None): _TOO_FAST,
    (3, None): _LOGIN,
    (10, None): _LOGIN,
    (190, None): _LOGIN,
    **{(number, None): _LOGIN for number in range(200, 300)},
}


class Graph:
    """One page's Graph API."""

    def __init__(self, api_base: str, version: str, token: str, *secrets: str) -> None:
        self._root = f"{api_base}/{version}"
        self._token = token
        self._secrets = (token, *secrets)

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """GETs ``path``. Raises :class:`ConnectorError`."""
        return self._said(call("Messenger", self._url(path, query)), sending=False)

    def post(
        self,
        path: str,
        fields: Mapping[str, Any],
        *,
        file: File | None = None,
        going_out: Callable[[], None] | None = None,
    ) -> dict[str, Any]:
        """POSTs JSON, or with ``file`` a form whose ``filedata`` it is. Raises :class:`ConnectorError`."""
        content_type, body = "application/json", json.dumps(fields).encode()
        if file is not None:
            parts: list[tuple[str, Any]] = [
                (name, value if isinstance(value, str) else json.dumps(value)) for name, value in fields.items()
            ]
            body, content_type = encode_multipart_formdata(
                [*parts, ("filedata", (file.name, file.data, file.content_type))]
            )
        answer = call(
            "Messenger",
            self._url(path, {}),
            method="POST",
            headers={"Content-Type": content_type},
            body=body,
            going_out=going_out,
            seconds=120 if file else SECONDS,
        )
        return self._said(answer, sending=going_out is not None)

    def _url(self, path: str, query: Mapping[str, str]) -> str:
        return f"{self._root}/{quote(path)}?{urlencode({**query, 'access_token': self._token})}"

    def _said(self, answer: Answer, *, sending: bool) -> dict[str, Any]:
        said = answer.json()
        error = as_dict(as_dict(said).get("error"))
        if error:
            raise self._refused(answer, error, sending=sending)
        if not 200 <= answer.status < 300:
            raise refusal("Messenger", answer, sending=sending)
        if not isinstance(said, dict):
            raise ConnectorError(
                "Messenger's answer cannot be read", code=f"http_{answer.status}", permanent=False, ambiguous=sending
            )
        return said

    def _refused(self, answer: Answer, error: dict[str, Any], *, sending: bool) -> ConnectorError:
        number, sub = as_count(error.get("code")), as_count(error.get("error_subcode"))
        known = None if number is None else _CODES.get((number, sub)) or _CODES.get((number, None))
        entry = known or _Entry(later=answer.status >= 500 or answer.status == 429)
        words = entry.means or as_text(error.get("message")) or "no reason given"
        label = as_text(number) + (f"/{sub}" if sub else "")
        # Meta repeats a malformed token in its message.
        return ConnectorError(
            scrub(f"Messenger: {words} ({label})", *self._secrets),
            code=entry.code or as_text(number) or f"http_{answer.status}",
            permanent=not entry.later,
            retry_after=retry_after(answer),
            reauth=entry.login or answer.status == 401,
            ambiguous=sending and entry.ambiguous,
            whole=entry.whole or answer.status == 429,
        )
