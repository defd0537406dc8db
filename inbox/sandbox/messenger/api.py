"""The Graph API under ``/graph``, as far as a Page's Messenger needs it; any version is served."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from inbox.sandbox.accounts import Page
from inbox.sandbox.files import Blob, Upload
from inbox.sandbox.messenger.errors import GraphError, ordered
from inbox.sandbox.messenger.pages import Pages
from inbox.sandbox.web import Endpoint, fields, json_response, route

__all__ = ["MessengerApi"]

_TEXT = 2000  # UTF-8 text must stay below
_METADATA = 1000
_FILE_BYTES = 25 * 2**20
_TYPES = ("RESPONSE", "UPDATE", "MESSAGE_TAG")
_ACTIONS = ("typing_on", "typing_off", "mark_seen")

Params = dict[str, Any]


class MessengerApi:
    """The endpoints; each finds the Page by its access token first and then obeys the open faults."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def rules(self) -> list[Rule]:
        """Where the stand-in answers."""
        base = "/graph/v<version>"
        return [
            route(f"{base}/me", self._guarded("account", self._me)),
            route(f"{base}/<node>", self._guarded("profile", self._node)),
            route(f"{base}/<node>/messages", self._guarded("send", self._send), "POST"),
            route(f"{base}/<node>/message_attachments", self._guarded("send", self._attach), "POST"),
            route(
                f"{base}/<node>/subscribed_apps",
                self._guarded("subscribe", self._subscribed),
                "GET",
                "POST",
                "DELETE",
            ),
            route(f"{base}/<app>/subscriptions", self._subscriptions, "GET", "POST"),
            route("/graph/cdn/<blob>/<name>", self._cdn),
        ]

    def _guarded(self, op: str, serve: Callable[..., Any]) -> Endpoint:
        """An endpoint with access token, ``appsecret_proof``, faults and errors in Meta's shape."""

        def endpoint(request: Request, version: str, **parts: str) -> Response:
            del version
            try:
                params = _params(request)
                page = self._page_of(_token(request, params), str(params.get("appsecret_proof", "")))
                about = f"{_part(params, 'recipient').get('id', '')} {_part(params, 'message').get('text', '')}"
                return self._pages.stage.faults.call(
                    "messenger",
                    op,
                    about,
                    lambda: json_response(serve(request, page, params, **parts)),
                    lambda fault: _error(ordered(fault)),
                )
            except GraphError as error:
                return _error(error)

        return endpoint

    def _page_of(self, token: str, proof: str) -> Page:
        page = next((page for page in self._pages.pages.values() if page.token == token), None)
        if not token:
            raise GraphError(104, None, "An access token is required to request this resource.")
        if page is None:
            raise GraphError(190)
        wanted = hmac.new(page.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        if proof and not hmac.compare_digest(proof.encode(), wanted.encode()):
            raise GraphError(100, None, "Invalid appsecret_proof provided in the API argument")
        return page

    # --- the Page and people --------------------------------------------------------------------------------------

    def _me(self, _request: Request, page: Page, params: Params) -> Params:
        return _selected({"name": page.name, "id": page.id}, params)

    def _node(self, _request: Request, page: Page, params: Params, node: str) -> Params:
        if node == page.id:
            return self._me(_request, page, params)
        return _selected(self._pages.profile(page, node), params)

    # --- sending --------------------------------------------------------------------------------------------------

    def _send(self, request: Request, page: Page, params: Params, node: str) -> Params:
        self._mine(page, node)
        recipient, message = _part(params, "recipient"), _part(params, "message")
        psid = str(recipient.get("id", ""))
        if not psid:
            raise GraphError(100, None, "(#100) The parameter recipient is required")
        kind, tag = str(params.get("messaging_type", "RESPONSE")), str(params.get("tag", ""))
        if kind not in _TYPES or (kind == "MESSAGE_TAG") != bool(tag):
            raise GraphError(100, None, "(#100) Param messaging_type and tag do not fit each other")
        self._pages.check_window(page, psid, tag)
        if action := str(params.get("sender_action", "")):
            return self._act(page, psid, action)
        text, blob = self._content(request, message)
        raw = {name: value for name, value in params.items() if name not in ("access_token", "appsecret_proof")}
        mid = self._pages.accept(page, psid, text, blob, raw | {"recipient": recipient, "message": message})
        return {"recipient_id": psid, "message_id": mid}

    def _act(self, page: Page, psid: str, action: str) -> Params:
        if action not in _ACTIONS:
            raise GraphError(100, None, "(#100) Param sender_action must be one of typing_on, typing_off, mark_seen")
        self._pages.ledger.append("action", page=page.id, to=psid, action=action)
        return {"recipient_id": psid}

    def _content(self, request: Request, message: Params) -> tuple[str, Blob | None]:
        """A text, or one attachment: by address, by attachment id, or uploaded as ``filedata``."""
        text, attachment = message.get("text", ""), message.get("attachment")
        if not isinstance(text, str) or bool(text) == bool(attachment):
            raise GraphError(100, None, "(#100) Param message must have either a text or an attachment")
        if len(text) >= _TEXT:
            raise GraphError(100, None, "(#100) Length of param message[text] must be less than or equal to 2000")
        if len(str(message.get("metadata", ""))) >= _METADATA:
            raise GraphError(100, None, "(#100) Length of param message[metadata] must be less than 1000")
        return (text, None) if text else ("", self._blob(request, attachment))

    def _blob(self, request: Request, attachment: Any) -> Blob:
        given = attachment.get("payload", {}) if isinstance(attachment, dict) else {}
        known = self._pages.attachments.get(str(given.get("attachment_id", "")))
        if known:
            return known
        return self._pages.stage.files.put(self._upload(request, given))

    def _upload(self, request: Request, given: Params) -> Upload:
        file = request.files.get("filedata")
        if file is not None:
            upload: Upload | None = Upload(file.filename or "file", file.mimetype or "", file.read())
        else:
            upload = self._pages.stage.courier.fetch(str(given.get("url", "")))
        if upload is None or len(upload.data) > _FILE_BYTES:
            raise GraphError(100, 2018047)
        return upload

    def _attach(self, request: Request, page: Page, params: Params, node: str) -> Params:
        self._mine(page, node)
        given = _part(params, "message").get("attachment", {})
        upload = self._upload(request, given.get("payload", {}) if isinstance(given, dict) else {})
        return {"attachment_id": self._pages.attach(upload)[0]}

    # --- subscriptions --------------------------------------------------------------------------------------------

    def _subscribed(self, request: Request, page: Page, params: Params, node: str) -> Params:
        self._mine(page, node)
        if request.method == "GET":
            return {
                "data": [{"id": page.app_id, "subscribed_fields": list(page.subscribed)}] if page.subscribed else []
            }
        wanted = params.get("subscribed_fields", "") if request.method == "POST" else ""
        listed = wanted if isinstance(wanted, list) else [name for name in str(wanted).split(",") if name]
        if request.method == "POST" and not listed:
            raise GraphError(100, None, "(#100) The parameter subscribed_fields is required.")
        self._pages.subscribe(page, tuple(str(name).strip() for name in listed))
        return {"success": True}

    def _subscriptions(self, request: Request, version: str, app: str) -> Response:
        """The app's webhook; wants the app's own token. The address is asked for the challenge at once."""
        del version
        try:
            params = _params(request)
            token = _token(request, params)
            page = next(
                (item for item in self._pages.pages.values() if (item.app_id, item.app_token) == (app, token)), None
            )
            if page is None:
                raise GraphError(190)
            if request.method == "GET":
                shown = {"object": "page", "callback_url": page.callback_url, "active": bool(page.callback_url)}
                return json_response({"data": [shown | {"fields": [{"name": name} for name in page.subscribed]}]})
            url, verify = str(params.get("callback_url", "")), str(params.get("verify_token", ""))
            if not self._pages.asks(page, url, verify):
                raise GraphError(2200, None, "(#2200) Callback verification failed")
            self._pages.set_callback(page, url, verify)
            return json_response({"success": True})
        except GraphError as error:
            return _error(error)

    def _mine(self, page: Page, node: str) -> None:
        if node not in ("me", page.id):
            raise GraphError(
                100, 33, "Unsupported request. Object with this ID does not exist or permissions are missing."
            )

    def _cdn(self, _request: Request, blob: str, name: str) -> Response:
        del name
        try:
            found = self._pages.stage.files.get(blob)
            data = self._pages.stage.files.data(found)
        except KeyError:
            return Response("URL signature expired", 403)
        return Response(data, content_type=found.content_type)


def _error(error: GraphError) -> Response:
    headers = {"WWW-Authenticate": f'OAuth "Facebook Platform" "invalid_token" "{error.text}"'}
    return json_response(error.body(), error.status, headers if error.code == 190 else {})


def _params(request: Request) -> Params:
    try:
        return fields(request)
    except ValueError:
        raise GraphError(100, None, "(#100) The body is not valid JSON") from None


def _part(params: Params, name: str) -> Params:
    """An object among the parameters; in a form it is JSON text."""
    value = params.get(name, {})
    try:
        value = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        raise GraphError(100, None, f"(#100) param {name} must be an object.") from None
    if not isinstance(value, dict):
        raise GraphError(100, None, f"(#100) param {name} must be an object.")
    return value


def _token(request: Request, params: Params) -> str:
    """From the parameters, or a bearer header."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    return str(params.get("access_token") or (bearer.strip() if scheme.lower() in ("bearer", "oauth") else ""))


def _selected(node: Params, params: Params) -> Params:
    """The fields that were asked for; the id is always among them."""
    wanted = [name for name in str(params.get("fields", "")).split(",") if name]
    return {name: value for name, value in node.items() if not wanted or name in (*wanted, "id")}
