"""The pages and endpoints of an identity provider, in the paths of Google and of Microsoft."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from werkzeug.routing import Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from inbox.sandbox.mail.identity import CLIENT_ID, Wrong
from inbox.sandbox.mail.office import PostOffice
from inbox.sandbox.web import json_response, route

__all__ = ["SigningIn"]

BASE = "/oauth"


class SigningIn:
    """``api_base`` of a mail channel is ``<url>/oauth``."""

    def __init__(self, office: PostOffice) -> None:
        self._office = office

    def rules(self) -> list[Rule]:
        """Where people sign in and the desk asks for tokens."""
        tenant = f"{BASE}/<tenant>/oauth2/v2.0"
        return [
            route(f"{BASE}/o/oauth2/v2/auth", self._ask, "GET"),
            route(f"{tenant}/authorize", self._ask, "GET"),
            route(f"{BASE}/consent", self._consent, "POST"),
            route(f"{BASE}/token", self._token, "POST"),
            route(f"{tenant}/token", self._token, "POST"),
            route(f"{tenant}/devicecode", self._device, "POST"),
        ]

    def _ask(self, request: Request, tenant: str = "") -> Response:
        """The page that asks whether the desk may read and send."""
        del tenant
        asked = request.args
        if asked.get("client_id") != CLIENT_ID or asked.get("code_challenge_method") != "S256":
            return Response("this client is not known here, or it does not use PKCE", 400, content_type="text/plain")
        kept = "".join(
            f'<input type="hidden" name="{name}" value="{escape(asked.get(name, ""))}">'
            for name in ("redirect_uri", "state", "code_challenge")
        )
        hint = asked.get("login_hint", "").lower()
        boxes = "".join(
            f"<option{' selected' if name == hint else ''}>{escape(name)}</option>"
            for name in self._office.store.folders
        )
        page = (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Sandbox sign-in</title>'
            f'<h1>Sandbox sign-in</h1><form method="post" action="{BASE}/consent">{kept}'
            f'<p><label>Mailbox <select name="address">{boxes}</select></label>'
            f'<p><button name="answer" value="yes">Allow</button> <button name="answer" value="no">Decline</button>'
            f"</form></html>"
        )
        return Response(page, content_type="text/html; charset=utf-8", headers={"Cache-Control": "no-store"})

    def _consent(self, request: Request) -> Response:
        """Sends the admin back with a code, or with what they said instead."""
        form = request.form
        back, state = form.get("redirect_uri", ""), form.get("state", "")
        if form.get("answer") == "no":
            return redirect(f"{back}?{urlencode({'error': 'access_denied', 'state': state})}", 303)
        code = self._office.identity.allow(form.get("address", ""), form.get("code_challenge", ""), back)
        return redirect(f"{back}?{urlencode({'code': code, 'state': state})}", 303)

    def _token(self, request: Request, tenant: str = "") -> Response:
        fault = self._office.stage.faults.take("email", "error", "token", "")
        if fault:
            return json_response({"error": fault.code or "server_error"}, fault.status or 503)
        try:
            return json_response(self._office.identity.token(request.form.to_dict(), rotate=bool(tenant)))
        except Wrong as wrong:
            return json_response({"error": str(wrong)}, 400)

    def _device(self, request: Request, tenant: str) -> Response:
        del tenant
        if request.form.get("client_id") != CLIENT_ID:
            return json_response({"error": "invalid_client"}, 400)
        return json_response(self._office.identity.device(f"{self._office.stage.url}{BASE}/device"))
