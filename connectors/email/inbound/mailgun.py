"""Mailgun's routes: signed with the webhook signing key over time and token, and not over the mail."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

from connectors.base import File, Request
from connectors.email.config import EmailConfig
from connectors.email.inbound import form
from connectors.email.inbound.rebuild import rebuild
from connectors.untrusted import as_dict, as_list, as_text, load

__all__ = ["address", "mail", "nonce", "verify"]

#: Mailgun tries for about eight hours, each time with the time of the first.
OLDEST_S, AHEAD_S = 9 * 3600, 300
NAMED = (("From", "from"), ("To", "To"), ("Cc", "Cc"), ("Subject", "subject"), ("Date", "Date"))


def verify(config: EmailConfig, request: Request) -> None:
    """HMAC-SHA256 of time and token with the signing key, in hex. Raises ``ValueError``."""
    key = config.inbound_key.get_secret_value()
    if not key:
        raise ValueError("the channel has no signing key")
    posted = form.read(request)
    stamp, token, given = (posted.fields.get(name, b"") for name in ("timestamp", "token", "signature"))
    if not token or not (stamp.isdigit() and len(stamp) < 12):
        raise ValueError("the call is not signed")
    wanted = hmac.new(key.encode(), stamp + token, hashlib.sha256).hexdigest().encode()
    if not hmac.compare_digest(given.lower(), wanted):
        raise ValueError("the signature is another one")
    age = request.moment().timestamp() - int(stamp)
    if not -AHEAD_S <= age <= OLDEST_S:
        raise ValueError("the signature is of another time")


def nonce(request: Request) -> str | None:
    """The token: whoever saw a call could sign another mail with it."""
    token = form.read(request).fields.get("token", b"")
    return hashlib.sha256(token).hexdigest() if token else None


def mail(request: Request) -> tuple[str | None, list[str], bytes]:
    """Envelope and raw mail; ``body-mime`` where the route's address ends in ``mime``, else made of the fields."""
    posted = form.read(request)
    recipients = [one.strip() for one in posted.text("recipient").split(",") if one.strip()]
    sender = posted.text("sender") or None
    raw = posted.fields.get("body-mime") or (posted.files["body-mime"].data if "body-mime" in posted.files else b"")
    if raw:
        return sender, recipients, raw
    if not recipients and "from" not in posted.fields and "message-headers" not in posted.fields:
        raise ValueError("there is no mail in the call")
    html = posted.text("body-html")
    return sender, recipients, rebuild(_headers(posted), posted.text("body-plain"), html, _files(posted))


def _headers(posted: form.Form) -> list[tuple[str, str]]:
    try:
        pairs = as_list(load(posted.fields.get("message-headers", b"[]")))
    except ValueError:
        pairs = []
    found = [(as_text(one[0]), as_text(one[1])) for one in pairs if isinstance(one, list) and len(one) == 2]
    named = {name.lower() for name, _ in found}
    more = [(name, posted.text(field)) for name, field in (*NAMED, ("Message-Id", "Message-Id"))]
    return found + [(name, value) for name, value in more if value and name.lower() not in named]


def _files(posted: form.Form) -> list[File]:
    try:
        shown = as_dict(load(posted.fields.get("content-id-map", b"{}")))
    except ValueError:
        shown = {}
    ids = {as_text(field): as_text(cid) for cid, field in shown.items()}
    return [
        replace(file, content_id=ids.get(name) or None)
        for name, file in posted.files.items()
        if name.startswith("attachment-")
    ]


def address(config: EmailConfig, url: str) -> str:
    """The end makes Mailgun post the raw mail."""
    del config
    return url + "/mailgun/mime"
