"""Web Push to the byte: the example of RFC 8291, and what is refused before anything is sent."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from connectors import webpush
from connectors.base import ConnectorError

BROWSER = webpush.Subscription(
    "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "BTBZMqHH6r4Tts7J_aSIgg",
)


def test_the_example_of_the_rfc_comes_out_to_the_byte() -> None:
    sealed = webpush.encrypt(
        b"When I grow up, I want to be a watermelon",
        BROWSER,
        private="yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw",
        salt=webpush.unb64("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert webpush.b64(sealed) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
        "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_the_token_is_for_the_push_service_alone_and_signed_with_the_desks_key() -> None:
    private, public = webpush.new_keys()
    told = webpush.authorization("https://push.example.net/a/b", private, public, "https://desk.example")
    token, key = told.removeprefix("vapid t=").split(", k=")
    assert key == public
    head, claims, signature = token.split(".")
    assert json.loads(webpush.unb64(claims))["aud"] == "https://push.example.net"
    raw = webpush.unb64(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), webpush.unb64(public))
    point.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "ftp://push.example/x"},
        {"endpoint": "https://user@push.example/x"},
        {"key": "BCVx"},
        {"key": BROWSER.key[:-2] + "AA"},  # on no curve
        {"key": "nonsense!"},
        {"secret": "AAAA"},
        {"secret": ""},
    ],
)
def test_a_browser_that_says_nonsense_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of whatever kind
        webpush.checked(**{"endpoint": BROWSER.endpoint, "key": BROWSER.key, "secret": BROWSER.secret, **wrong})


@pytest.mark.parametrize("inside", ["https://127.0.0.1/x", "http://push.example/x", "https://[::1]/x"])
def test_nothing_inside_the_house_is_rung(inside: str) -> None:
    to = webpush.Subscription(inside, BROWSER.key, BROWSER.secret)
    with pytest.raises(ConnectorError) as refused:
        webpush.send(to, b"x", "vapid", ttl=1)
    assert refused.value.code == "blocked"
