"""Web Push: a notice to a browser, sealed for it alone (RFC 8291, 8188), signed as ours (RFC 8292), sent (RFC 8030).

On ``cryptography`` alone: the ready-made library brings HTTP clients of its own, which would go past the guarded line,
for a few steps that the RFCs lay down to the byte.
"""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from connectors.base import ConnectorError
from connectors.call import refusal
from connectors.guard import Allowed, reachable
from connectors.line import LineError, exchange, target

__all__ = ["GONE", "Subscription", "authorization", "checked", "encrypt", "new_keys", "send"]

#: The subscription is no more: its browser is to be forgotten.
GONE = frozenset({"http_404", "http_410"})
LONGEST = 3_900  # of a payload, so that a push service takes it (4,096 with what sealing adds)
SECONDS = 10.0
MAX_BYTES = 65_536
HOURS = 12 * 3600
CURVE = ec.SECP256R1()
_RECORD = 4096


@dataclass(frozen=True)
class Subscription:
    """A browser as it described itself: its push service's address, its public key and secret, both base64url."""

    endpoint: str
    key: str
    secret: str


def b64(raw: bytes) -> str:
    """base64url without padding, as the RFCs write it."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The bytes of :func:`b64`'s text. Raises ``ValueError``."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def checked(endpoint: str, key: str, secret: str) -> Subscription:
    """A subscription whose parts are what they should be. Raises ``ValueError``."""
    target(endpoint)
    _public(unb64(key))
    if len(unb64(secret)) != 16:
        raise ValueError("not a secret")
    return Subscription(endpoint, key, secret)


def _public(raw: bytes) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, raw)


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(unb64(text)), CURVE)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def new_keys() -> tuple[str, str]:
    """A desk's own pair: (private, public), base64url; browsers are subscribed with the public one."""
    key = ec.generate_private_key(CURVE)
    return b64(key.private_numbers().private_value.to_bytes(32)), b64(_point(key.public_key()))


def _mac(key: bytes, text: bytes) -> bytes:
    mac = hmac.HMAC(key, hashes.SHA256())
    mac.update(text)
    return mac.finalize()


def encrypt(payload: bytes, to: Subscription, *, private: str = "", salt: bytes = b"") -> bytes:
    """The payload that only this browser can open: one record of aes128gcm. ``private`` and ``salt`` are for tests.

    RFC 8291 section 3.4: the key comes from the meeting of a fresh key of ours with the browser's, and its secret.
    """
    if len(payload) > LONGEST:
        raise ValueError("too long for a push")
    ours = _private(private) if private else ec.generate_private_key(CURVE)
    salt = salt or os.urandom(16)
    point, theirs = _point(ours.public_key()), unb64(to.key)
    shared = ours.exchange(ec.ECDH(), _public(theirs))
    input_key = _mac(_mac(unb64(to.secret), shared), b"WebPush: info\x00" + theirs + point + b"\x01")
    drawn = _mac(salt, input_key)
    key = _mac(drawn, b"Content-Encoding: aes128gcm\x00\x01")[:16]
    nonce = _mac(drawn, b"Content-Encoding: nonce\x00\x01")[:12]
    sealed = AESGCM(key).encrypt(nonce, payload + b"\x02", None)
    return salt + _RECORD.to_bytes(4) + bytes([len(point)]) + point + sealed


def authorization(endpoint: str, private: str, public: str, subject: str) -> str:
    """The ``Authorization`` that says who sends: a token for the push service's origin, good for twelve hours.

    ``subject`` is a ``mailto:`` or ``https:`` address at which the push service finds somebody.
    """
    to = target(endpoint)
    claims = {"aud": f"{to.scheme}://{to.host_header}", "exp": int(time.time()) + HOURS, "sub": subject}
    parts = [b64(json.dumps(part, separators=(",", ":")).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims)]
    text = ".".join(parts)
    signature = _private(private).sign(text.encode(), ec.ECDSA(hashes.SHA256()))
    r, s = decode_dss_signature(signature)
    return f"vapid t={text}.{b64(r.to_bytes(32) + s.to_bytes(32))}, k={public}"


def send(
    to: Subscription,
    payload: bytes,
    signed: str,
    *,
    ttl: int,
    urgency: str = "normal",
    topic: str = "",
    allow: Iterable[Allowed] = (),
    before: Callable[[], None] | None = None,
) -> None:
    """Hands a payload to the browser's push service. ``topic`` replaces what waits there under the same name.

    Raises :class:`ConnectorError`; with a code of :data:`GONE` the browser is not subscribed any more.
    """
    place = target(to.endpoint)
    headers = {
        "Authorization": signed,
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(ttl),
        "Urgency": urgency,
        **({"Topic": topic} if topic else {}),
    }
    body = encrypt(payload, to)
    try:
        answer = exchange(
            place,
            reachable(place, allow=allow),
            method="POST",
            headers=headers,
            body=body,
            seconds=SECONDS,
            max_bytes=MAX_BYTES,
            before=before,
        )
    except LineError as error:
        failure = ConnectorError(error.message, code=error.code, permanent=False)
    else:
        if 200 <= answer.status < 300:
            return
        failure = refusal(place.host, answer)
    raise failure
