"""Carries the twilio library's requests over our own line: to ``api_base``, with a deadline, never twice."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from connectors.base import ConnectorError
from connectors.call import SECONDS, call, refusal, retry_after, scrub
from connectors.line import Answer
from connectors.sms_codes import code
from connectors.untrusted import as_dict, as_text

__all__ = ["Line", "at_api", "basic", "client"]

log = logging.getLogger(__name__)


def at_api(url: str, api_base: str) -> str:
    """``url`` with ``api_base`` for its scheme and host, if the host is Twilio's; any other URL as it is."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host != "twilio.com" and not host.endswith(".twilio.com"):
        return url
    return api_base + parts.path + ("?" + parts.query if parts.query else "")


def basic(user: str, password: str) -> dict[str, str]:
    """The Authorization header of HTTP Basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")}


def client(account_sid: str, auth_token: str, line: Line) -> Client:
    """Twilio's client over ``line``, without a look at the TWILIO_* variables of the environment."""
    nothing = {"TWILIO_REGION": "", "TWILIO_EDGE": ""}
    return Client(account_sid, auth_token, http_client=line, environment=nothing)


class Line(HttpClient):  # type: ignore[misc]
    """An HTTP client in the twilio library's sense. ``going_out`` is called right before the first byte of a POST;
    ``answered`` says whether Twilio's answer was a success, whatever the library makes of it."""

    def __init__(self, api_base: str, secret: str, going_out: Callable[[], None] | None = None) -> None:
        super().__init__(log, is_async=False)
        self.answered = False
        self._api_base = api_base
        self._secret = secret
        self._going_out = going_out

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,  # noqa: FBT001, FBT002 - the library's signature
    ) -> Response:
        """Raises :class:`ConnectorError` for everything but a 2xx, so the library never sees a failure."""
        url = at_api(uri, self._api_base)
        if params:
            url += ("&" if "?" in url else "?") + urlencode(params, doseq=True)
        answer = call(
            "Twilio",
            url,
            method=method.upper(),
            headers=dict(headers or {}) | (basic(*auth) if auth else {}),
            body=urlencode(data, doseq=True).encode() if data else None,
            going_out=self._going_out if method.upper() == "POST" else None,
            seconds=timeout or SECONDS,
        )
        if not 200 <= answer.status < 300:
            raise _refused(answer, self._secret)
        self.answered = True
        if not isinstance(answer.json(), dict):
            raise ConnectorError(
                "Twilio's answer cannot be read",
                code=f"http_{answer.status}",
                permanent=False,
                ambiguous=self._going_out is not None,
            )
        return Response(answer.status, answer.text, dict(answer.headers))


def _refused(answer: Answer, secret: str) -> ConnectorError:
    """Twilio's error JSON has ``code`` and ``message``, the newer one ``code``, ``title`` and ``detail``."""
    said = as_dict(answer.json())
    number = as_text(said.get("code"))
    if not number:
        return refusal("Twilio", answer, sending=True)
    entry = code(number)
    words = as_text(said.get("message")) or as_text(said.get("detail")) or as_text(said.get("title")) or entry.means
    later = entry.later or answer.status >= 500 or answer.status == 429
    wait = retry_after(answer)
    return ConnectorError(
        scrub(f"Twilio: {words} ({number})", secret),
        code=number,
        permanent=not later,
        retry_after=entry.wait_s if wait is None else wait,
        reauth=entry.admin == "login" or answer.status == 401,
        whole=answer.status == 429 or number in {"20429", "21611"},
    )
