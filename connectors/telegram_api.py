"""Calls Telegram's Bot API and turns its refusals into ours; the token is in the URL, so no URL leaves this file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from urllib3.filepost import encode_multipart_formdata

from connectors.base import ConnectorError, File
from connectors.call import SECONDS, call, refusal, scrub
from connectors.line import Answer
from connectors.untrusted import as_count, as_dict, as_text

__all__ = ["Api", "Moved"]

_LATER = (409, 429)


class Moved(ConnectorError):
    """A group has become a supergroup with another id; nothing was sent."""

    def __init__(self, chat: str) -> None:
        super().__init__(f"Telegram: the group is now {chat}", code="400", permanent=True)
        self.chat = chat


class Api:
    """One bot's API: ``api("sendMessage", {...})`` returns the ``result``."""

    def __init__(self, api_base: str, token: str, *secrets: str) -> None:
        self.base = api_base
        self._token = token
        self._secrets = (token, *secrets)

    def file_url(self, path: str) -> str:
        """Where a file lies. Holds the token: never to be stored, logged or shown."""
        return f"{self.base}/file/bot{self._token}/{path}"

    def __call__(
        self,
        method: str,
        fields: Mapping[str, Any] | None = None,
        *,
        files: Sequence[tuple[str, File]] = (),
        going_out: Callable[[], None] | None = None,
        seconds: float = SECONDS,
    ) -> Any:
        """Raises :class:`ConnectorError`; ``ambiguous`` only where ``going_out`` was given."""
        given = {name: value for name, value in (fields or {}).items() if value is not None}
        content_type, body = "application/json", json.dumps(given).encode()
        if files:
            parts: list[tuple[str, Any]] = [(name, _plain(value)) for name, value in given.items()]
            parts += [(name, (file.name, file.data, file.content_type)) for name, file in files]
            body, content_type = encode_multipart_formdata(parts)
        answer = call(
            "Telegram",
            f"{self.base}/bot{self._token}/{method}",
            method="POST",
            headers={"Content-Type": content_type},
            body=body,
            going_out=going_out,
            seconds=seconds,
        )
        said = as_dict(answer.json())
        if said.get("ok") is not True or "result" not in said:
            raise self._refused(answer, said, sending=going_out is not None)
        return said["result"]

    def _refused(self, answer: Answer, said: dict[str, Any], *, sending: bool) -> ConnectorError:
        if said.get("ok") is not False:
            if answer.status >= 300:
                return refusal("Telegram", answer, sending=sending)
            return ConnectorError(
                "Telegram's answer cannot be read", code=f"http_{answer.status}", permanent=False, ambiguous=sending
            )
        number = as_count(said.get("error_code")) or answer.status
        parameters = as_dict(said.get("parameters"))
        chat = as_text(parameters.get("migrate_to_chat_id"))
        if chat:
            return Moved(chat)
        wait = as_count(parameters.get("retry_after"))
        words = as_text(said.get("description")) or "no reason given"
        return ConnectorError(
            scrub(f"Telegram: {words} ({number})", *self._secrets),
            code=str(number),
            permanent=number not in _LATER and number < 500,
            retry_after=wait,
            whole=number == 429,
            # "Not Found" alone is what Telegram says to a token that was never one; other 404s say what is missing.
            reauth=number == 401 or (number == 404 and words == "Not Found"),
        )


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
