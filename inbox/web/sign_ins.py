"""Signing in to a channel's account at its provider's own page: there, back, and by a code on another device."""

from __future__ import annotations

import hmac
import secrets
import time
from typing import Any

from flask import Blueprint, flash, redirect, request, session, url_for
from flask_babel import gettext as _

from connectors.base import ConnectorError
from connectors.grants import challenge, verifier
from inbox.actions import channels as verbs
from inbox.actions import grants
from inbox.errors import Conflict
from inbox.web import checks
from inbox.web.channels import introduce
from inbox.web.gate import right, store, who
from inbox.web.wording import sentence

__all__ = ["blueprint"]

blueprint = Blueprint("sign_ins", __name__)
#: What the browser keeps while its person is at the provider: signed, and of no use without the provider's code.
UNDER_WAY = "sign_in"
LONGEST_S = 3600


@blueprint.get("/settings/channels/<id>/sign-in")
@right("settings.change")
def begin(id: str) -> Any:
    """Sends the admin to the provider."""
    with store().reading() as work:
        channel = verbs.find(work, id)
        config = verbs.config_of(work, channel)
        ways = grants.grants_of(work, channel, config)
    if ways is None:
        msg = f"the channel {channel.name} has a password: there is nothing to sign in to"
        raise Conflict(msg)
    secret, state = verifier(), secrets.token_urlsafe(24)
    session[UNDER_WAY] = {
        "channel": channel.id,
        "state": state,
        "verifier": secret,
        "at": int(time.time()),
        "wizard": request.args.get("wizard", ""),
    }
    return redirect(ways.consent(config, _back(), state, challenge(secret)))


@blueprint.get("/settings/channels/signed-in")
@right("settings.change")
def back() -> Any:
    """The provider sends the admin back here, with a code or with what went wrong."""
    kept: dict[str, Any] = session.pop(UNDER_WAY, None) or {}
    genuine = hmac.compare_digest(str(kept.get("state", "")).encode(), request.args.get("state", "").encode())
    if not kept or not genuine or time.time() - kept["at"] > LONGEST_S:
        flash(_("This sign-in was not begun here, or too long ago. Begin again."), "bad")
        return redirect(url_for("settings.channels"), 303)
    channel = str(kept["channel"])
    code = request.args.get("code", "")
    if not code:
        flash(_("The provider did not let us in: %(why)s", why=request.args.get("error", "")[:80] or "?"), "bad")
        return _page(channel, kept)
    try:
        grants.exchange(store(), who(), channel, code=code, verifier=str(kept["verifier"]), back=_back())
    except ConnectorError as error:
        flash(f"{sentence(error.message)} {checks.remedy(error)}", "bad")
        return _page(channel, kept)
    flash(_("Signed in. What waited to leave leaves now."), "ok")
    introduce(channel)
    return _page(channel, kept)


@blueprint.post("/settings/channels/<id>/sign-in/code")
@right("settings.change")
def by_code(id: str) -> Any:
    """Begins a sign-in on another device."""
    with store().reading() as work:
        channel = verbs.find(work, id).id
    try:
        grants.begin_device(store(), who(), channel)
    except ConnectorError as error:
        flash(f"{sentence(error.message)} {checks.remedy(error)}", "bad")
    return _page(channel, {"wizard": request.form.get("wizard", "")})


def _back() -> str:
    return store().settings.base_url + url_for("sign_ins.back")


def _page(channel: str, kept: dict[str, Any]) -> Any:
    return redirect(url_for("channels.show", id=channel, step="connect", wizard=kept.get("wizard") or None), 303)
