"""The Bot API under ``/telegram``: ``bot<token>/<method>`` and ``file/bot<token>/<path>``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from inbox.sandbox.courier import loopback
from inbox.sandbox.files import Blob, Upload
from inbox.sandbox.telegram.bots import Bots, Line
from inbox.sandbox.telegram.entities import MarkupError, parse_html, utf16
from inbox.sandbox.telegram.errors import TelegramError, ordered
from inbox.sandbox.web import fields, json_response, route

__all__ = ["TelegramApi"]

_TEXT, _CAPTION = 4096, 1024
_PHOTO_BYTES, _DOCUMENT_BYTES, _DOWNLOAD_BYTES = 10 * 2**20, 50 * 2**20, 20 * 2**20
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_PORTS = (443, 80, 88, 8443)

Params = dict[str, Any]


class TelegramApi:
    """Each method takes the bot's line and the parameters, and gives the ``result``."""

    def __init__(self, bots: Bots) -> None:
        self._bots = bots
        self._methods: dict[str, tuple[str, Callable[[Line, Params], Any]]] = {
            "getme": ("account", self._get_me),
            "setwebhook": ("webhook", self._set_webhook),
            "deletewebhook": ("webhook", self._delete_webhook),
            "getwebhookinfo": ("webhook", self._webhook_info),
            "getupdates": ("poll", self._get_updates),
            "sendmessage": ("send", self._send_message),
            "sendphoto": ("send", self._send_photo),
            "senddocument": ("send", self._send_document),
            "getfile": ("file", self._get_file),
            "answercallbackquery": ("action", self._action),
            "sendchataction": ("action", self._action),
            "setmessagereaction": ("action", self._action),
        }

    def rules(self) -> list[Rule]:
        """Where the stand-in answers."""
        return [
            route("/telegram/bot<token>/<method>", self._call, "GET", "POST"),
            route("/telegram/file/bot<token>/<path:path>", self._download),
        ]

    def _call(self, request: Request, token: str, method: str) -> Response:
        try:
            line = self._bots.lines.get(token)
            if line is None:
                raise TelegramError(401, "Unauthorized")
            op, serve = self._methods.get(method.lower(), ("", None))
            if serve is None:
                raise TelegramError(404, "Not Found: method not found")
            params = _params(request) | {"_method": method}
            about = f"{params.get('chat_id', '')} {params.get('text') or params.get('caption') or ''}"
            return self._bots.stage.faults.call(
                "telegram",
                op,
                about,
                lambda: json_response({"ok": True, "result": serve(line, params)}),
                lambda fault: _error(ordered(fault)),
            )
        except TelegramError as error:
            return _error(error)
        except (TypeError, ValueError):
            return _error(TelegramError(400, "Bad Request: a parameter is of the wrong type"))

    # --- the bot, its webhook, its updates ------------------------------------------------------------------------

    def _get_me(self, line: Line, _params: Params) -> Params:
        bot = line.bot
        return {
            "id": bot.id,
            "is_bot": True,
            "first_name": bot.name,
            "username": bot.username,
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    def _set_webhook(self, line: Line, params: Params) -> bool:
        url, secret = str(params.get("url", "")), str(params.get("secret_token", ""))
        if not url:
            return self._delete_webhook(line, params)
        parts = urlsplit(url)
        if parts.scheme != "https" and not loopback(url):
            raise TelegramError(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if parts.scheme == "https" and (parts.port or 443) not in _PORTS:
            raise TelegramError(
                400, "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"
            )
        if secret and not _SECRET.fullmatch(secret):
            raise TelegramError(400, "Bad Request: secret token contains unallowed characters")
        settings = {"url": url, "secret_token": secret, "max_connections": int(params.get("max_connections", 40))}
        self._bots.set_webhook(line, settings, self._allowed(line, params), drop=_flag(params, "drop_pending_updates"))
        return True

    def _delete_webhook(self, line: Line, params: Params) -> bool:
        self._bots.set_webhook(line, None, line.updates.allowed, drop=_flag(params, "drop_pending_updates"))
        return True

    def _webhook_info(self, line: Line, _params: Params) -> Params:
        updates, webhook = line.updates, line.updates.webhook or {}
        info: Params = {
            "url": webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": updates.count,
        }
        if webhook:
            info |= {"max_connections": webhook["max_connections"], "ip_address": "127.0.0.1"}
        if updates.last_error:
            info |= {"last_error_date": updates.last_error[0], "last_error_message": updates.last_error[1]}
        return info | ({"allowed_updates": updates.allowed} if updates.allowed else {})

    def _get_updates(self, line: Line, params: Params) -> list[Params]:
        line.updates.allowed = self._allowed(line, params)
        limit = min(max(int(params.get("limit", 100)), 1), 100)
        return line.updates.poll(int(params.get("offset", 0)), limit, float(params.get("timeout", 0)))

    def _allowed(self, line: Line, params: Params) -> list[str]:
        given = _decoded(params.get("allowed_updates"))
        return [str(name) for name in given] if isinstance(given, list) else line.updates.allowed

    # --- sending --------------------------------------------------------------------------------------------------

    def _send_message(self, line: Line, params: Params) -> Params:
        text, entities = _marked_up(str(params.get("text", "")), str(params.get("parse_mode", "")))
        if not text.strip():
            raise TelegramError(400, "Bad Request: message text is empty")
        if utf16(text) > _TEXT:
            raise TelegramError(400, "Bad Request: message is too long")
        content = {"text": text} | ({"entities": entities} if entities else {})
        return self._accept(line, params, text, content)

    def _send_photo(self, line: Line, params: Params) -> Params:
        return self._send_file(line, params, "photo", _PHOTO_BYTES)

    def _send_document(self, line: Line, params: Params) -> Params:
        return self._send_file(line, params, "document", _DOCUMENT_BYTES)

    def _send_file(self, line: Line, params: Params, field: str, limit: int) -> Params:
        caption, entities = _marked_up(str(params.get("caption", "")), str(params.get("parse_mode", "")))
        if utf16(caption) > _CAPTION:
            raise TelegramError(400, "Bad Request: message caption is too long")
        blob = self._given_file(params, field, limit)
        content: Params = self._bots.describe(blob, as_photo=field == "photo")
        content |= {"caption": caption} if caption else {}
        content |= {"caption_entities": entities} if entities else {}
        return self._accept(line, params, caption, content, [blob])

    def _given_file(self, params: Params, field: str, limit: int) -> Blob:
        """A file comes as an upload, as ``attach://name``, as a known file id, or as an address to fetch."""
        given = params.get(field)
        if isinstance(given, str) and given.startswith("attach://"):
            given = params.get(given.removeprefix("attach://"))
        if isinstance(given, str) and given in self._bots.files:
            return self._bots.files[given]
        if isinstance(given, str) and given.startswith(("http://", "https://")):
            given = self._bots.stage.courier.fetch(given)
            if given is None:
                raise TelegramError(400, "Bad Request: failed to get HTTP URL content")
        if not isinstance(given, Upload):
            raise TelegramError(400, f"Bad Request: there is no {field} in the request")
        if len(given.data) > limit:
            raise TelegramError(413, "Request Entity Too Large")
        return self._bots.keep(given)

    def _accept(self, line: Line, params: Params, text: str, content: Params, files: Sequence[Blob] = ()) -> Params:
        chat = self._chat(params)
        reply = _decoded(params.get("reply_parameters"))
        if isinstance(reply, dict):
            answered = line.messages.get((chat, int(reply.get("message_id", 0))))
            if answered is None and not reply.get("allow_sending_without_reply"):
                raise TelegramError(400, "Bad Request: message to be replied not found")
            content |= {"reply_to_message": answered} if answered else {}
        raw = {name: _plain(value) for name, value in params.items() if name != "_method"}
        facts = {"method": params["_method"], "text": text, "raw": raw, "files": [asdict(file) for file in files]}
        return self._bots.accept(line, chat, content, facts)

    def _chat(self, params: Params) -> int:
        try:
            return int(params["chat_id"])
        except KeyError:
            raise TelegramError(400, "Bad Request: chat_id is empty") from None
        except ValueError:
            raise TelegramError(400, "Bad Request: chat not found") from None

    def _action(self, line: Line, params: Params) -> bool:
        if "chat_id" in params and self._chat(params) not in line.chats:
            raise TelegramError(400, "Bad Request: chat not found")
        raw = {name: _plain(value) for name, value in params.items() if name != "_method"}
        self._bots.ledger.append("action", bot=line.bot.id, method=params["_method"], raw=raw)
        return True

    # --- files ----------------------------------------------------------------------------------------------------

    def _get_file(self, _line: Line, params: Params) -> Params:
        file_id = str(params.get("file_id", ""))
        blob = self._bots.files.get(file_id)
        if blob is None:
            raise TelegramError(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if blob.bytes > _DOWNLOAD_BYTES:
            raise TelegramError(400, "Bad Request: file is too big")
        folder = "photos" if blob.content_type.startswith("image/") else "documents"
        return {
            "file_id": file_id,
            "file_unique_id": f"AgAD{blob.id[:12]}",
            "file_size": blob.bytes,
            "file_path": f"{folder}/{blob.id}",
        }

    def _download(self, _request: Request, token: str, path: str) -> Response:
        files = self._bots.stage.files

        def serve() -> Response:
            data = files.data(files.get(path.rpartition("/")[2]))
            return Response(data, content_type="application/octet-stream")

        try:
            if token not in self._bots.lines:
                raise TelegramError(401, "Unauthorized")
            return self._bots.stage.faults.call("telegram", "file", path, serve, lambda fault: _error(ordered(fault)))
        except KeyError:
            return _error(TelegramError(404, "Not Found"))
        except TelegramError as error:
            return _error(error)


def _error(error: TelegramError) -> Response:
    return json_response(error.body(), error.code)


def _params(request: Request) -> Params:
    """Query, form, JSON or multipart, all mixed as the API allows; files as :class:`Upload`."""
    try:
        params = fields(request)
    except ValueError:
        raise TelegramError(400, "Bad Request: can't parse the JSON object") from None
    for name, file in request.files.items():
        params[name] = Upload(file.filename or name, file.mimetype or "application/octet-stream", file.read())
    return params


def _decoded(value: Any) -> Any:
    """A parameter that is an object or a list: as JSON it is one, in a form it is its text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise TelegramError(400, "Bad Request: can't parse a JSON-serialized parameter") from None


def _flag(params: Params, name: str) -> bool:
    return str(params.get(name, "")).lower() in ("true", "1")


def _plain(value: Any) -> Any:
    return f"<{len(value.data)} bytes of {value.name}>" if isinstance(value, Upload) else value


def _marked_up(text: str, mode: str) -> tuple[str, list[Params]]:
    """The text that a person sees. This stand-in reads HTML; the Markdown dialects are refused."""
    if not mode:
        return text, []
    if mode.lower() != "html":
        raise TelegramError(400, "Bad Request: unsupported parse_mode")
    try:
        return parse_html(text)
    except MarkupError as error:
        raise TelegramError(400, f"Bad Request: can't parse entities: {error}") from None
