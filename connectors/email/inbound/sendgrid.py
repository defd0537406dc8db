"""SendGrid's Inbound Parse: signed with a key of the account's security policy, or a password in the address."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from connectors.base import File, Request
from connectors.email.config import EmailConfig
from connectors.email.inbound import basic, form
from connectors.email.inbound.rebuild import header_lines, rebuild
from connectors.untrusted import as_dict, as_list, as_text, load

__all__ = ["address", "mail", "nonce", "verify"]

SIGNATURE, STAMP = "X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp"
OTHER_TIME_S = 600


def verify(config: EmailConfig, request: Request) -> None:
    """ECDSA over time and body with the channel's key, without a key the password. Raises ``ValueError``."""
    key = config.inbound_key.get_secret_value()
    if not key:
        basic.check(config, request)
        return
    stamp, given = request.header(STAMP), request.header(SIGNATURE)
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 12 and given):
        raise ValueError("the call is not signed")
    try:
        signature = base64.b64decode(given.encode("ascii"), validate=True)
        _public(key).verify(signature, stamp.encode() + request.body, ec.ECDSA(hashes.SHA256()))
    except (binascii.Error, UnicodeEncodeError, InvalidSignature):
        raise ValueError("the signature is another one") from None
    if abs(request.moment().timestamp() - int(stamp)) > OTHER_TIME_S:
        raise ValueError("the signature is of another time")


def _public(key: str) -> ec.EllipticCurvePublicKey:
    """The verification key, in base64 as SendGrid shows it, or as PEM."""
    lines = [line for line in key.splitlines() if not line.startswith("-----")]
    try:
        found = serialization.load_der_public_key(base64.b64decode("".join("".join(lines).split()), validate=True))
    except (ValueError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, ec.EllipticCurvePublicKey):
        raise ValueError("the channel's verification key is none")
    return found


def nonce(request: Request) -> str | None:
    """None: time and body are signed, so that another mail needs another signature."""
    del request
    return None


def mail(request: Request) -> tuple[str | None, list[str], bytes]:
    """Envelope and raw mail; ``email`` where "send raw" is on, else made of the fields."""
    posted = form.read(request)
    envelope = _json(posted, "envelope")
    recipients = [as_text(one) for one in as_list(envelope.get("to")) if as_text(one)]
    sender = as_text(envelope.get("from")) if "from" in envelope else None
    raw = posted.fields.get("email") or (posted.files["email"].data if "email" in posted.files else b"")
    if raw:
        return sender, recipients, raw
    if not posted.fields.get("headers") and not posted.fields.get("from"):
        raise ValueError("there is no mail in the call")
    charsets = {name: as_text(value) or "utf-8" for name, value in _json(posted, "charsets").items()}
    headers = header_lines(posted.text("headers", charsets.get("headers", "utf-8")))
    named = {name.lower() for name, _ in headers}
    for name in ("From", "To", "Cc", "Subject"):
        value = posted.text(name.lower(), charsets.get(name.lower(), "utf-8"))
        if value and name.lower() not in named:
            headers.append((name, value))
    text, html = (posted.text(name, charsets.get(name, "utf-8")) for name in ("text", "html"))
    return sender, recipients, rebuild(headers, text, html, _files(posted))


def _json(posted: form.Form, name: str) -> dict[str, object]:
    try:
        return as_dict(load(posted.fields.get(name, b"{}")))
    except ValueError:
        return {}


def _files(posted: form.Form) -> list[File]:
    about = _json(posted, "attachment-info")
    found = []
    for name, file in posted.files.items():
        told = as_dict(about.get(name))
        found.append(
            replace(
                file,
                name=as_text(told.get("filename")) or as_text(told.get("name")) or file.name,
                content_id=as_text(told.get("content-id")) or None,
            )
        )
    return found


def address(config: EmailConfig, url: str) -> str:
    """With a key the plain address, without one that with the password."""
    url += "/sendgrid"
    return url if config.inbound_key.get_secret_value() else basic.with_password(config, url)
