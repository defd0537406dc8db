"""SMS keeps the contract, and lets in what Twilio signed and nothing else."""

from __future__ import annotations

import dataclasses
from hashlib import sha256
from urllib.parse import parse_qsl

import pytest
from pydantic import ValidationError
from twilio.request_validator import RequestValidator

from connectors.base import Address, Outgoing, Refused, Request
from connectors.sms import Sms, SmsConfig
from tests.connectors.contract import HttpContract, HttpLine
from tests.connectors.loopback import Loopback, Reply
from tests.connectors.payloads import names, payload

ACCOUNT = "AC00000000000000000000000000000001"
TOKEN = "s3cret-twilio-auth-token"
HOOK = "https://desk.example/hooks/sms/Zk3"
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


def config(api_base: str = "http://127.0.0.1:9", **changes: str) -> SmsConfig:
    given = {"account_sid": ACCOUNT, "auth_token": TOKEN, "number": "+44 7700 900100", "api_base": api_base}
    return SmsConfig.model_validate(given | changes)


def called(body: bytes, url: str = HOOK, signed_url: str | None = None, token: str = TOKEN) -> Request:
    """A webhook call, signed by Twilio's own library."""

    class Fields(dict[str, list[str]]):
        def getlist(self, name: str) -> list[str]:
            return self[name]

    fields = Fields()
    for name, value in parse_qsl(body.decode(), keep_blank_values=True):
        fields.setdefault(name, []).append(value)
    signature = RequestValidator(token).compute_signature(signed_url or url, fields)
    kind = ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
    return Request("POST", url, [kind, ("X-Twilio-Signature", signature)], body)


def polled(body: bytes) -> Request:
    return Request("POLL", f"https://api.twilio.com{MESSAGES}", [("Content-Type", "application/json")], body)


def arrival(name: str) -> Request:
    return called(payload("sms", name)) if name.endswith(".form") else polled(payload("sms", name))


TAKEN = {
    "sid": "SM00000000000000000000000000000042",
    "status": "queued",
    "num_segments": "1",
    "price": None,
    "price_unit": "USD",
    "error_code": None,
    "date_created": "Sat, 21 Nov 2026 10:00:00 +0000",
}


class TestContract(HttpContract):
    connector = Sms()
    secrets = (TOKEN,)

    @pytest.fixture
    def config(self, provider: Loopback) -> SmsConfig:
        return config(provider.base)

    @pytest.fixture
    def arrivals(self) -> list[Request]:
        return [arrival(name) for name in names("sms")]

    @pytest.fixture
    def outgoing(self) -> Outgoing:
        return Outgoing(key="7-abc", to=Address("+447700900123"), text="Il sito è di nuovo in linea.")

    @pytest.fixture
    def line(self, provider: Loopback) -> HttpLine:
        return HttpLine(provider, MESSAGES, Reply.json(TAKEN, status=201))


def test_the_published_example_of_a_signature_is_let_in() -> None:
    """From Twilio's page on webhook security; the token and the numbers are that page's."""
    request = Request(
        "POST",
        "https://mycompany.com/myapp.php?foo=1&bar=2",
        [("x-twilio-signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8=")],
        b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212",
    )
    Sms().verify(config(auth_token="12345"), request)


def test_every_changed_byte_of_the_body_is_refused() -> None:
    genuine = called(b"Body=ciao&From=%2B447700900123&MessageSid=SM1")
    for index in range(len(genuine.body)):
        changed = bytearray(genuine.body)
        changed[index] ^= 1
        with pytest.raises(Refused):
            Sms().verify(config(), dataclasses.replace(genuine, body=bytes(changed)))


def test_another_accounts_token_is_refused() -> None:
    with pytest.raises(Refused):
        Sms().verify(config(), called(b"Body=ciao", token="somebody-elses"))


def test_another_address_is_refused() -> None:
    with pytest.raises(Refused):
        Sms().verify(config(), dataclasses.replace(called(b"Body=ciao"), url="https://desk.example/hooks/sms/other"))


@pytest.mark.parametrize(
    ("called_url", "signed_url"),
    [
        ("https://desk.example/h", "https://desk.example:443/h"),
        ("https://desk.example:443/h", "https://desk.example/h"),
        ("https://desk.example/h?a=1&b=", "https://desk.example/h?a=1&b="),
        ("https://desk.example/h#rc=5&rp=all", "https://desk.example/h"),
    ],
)
def test_the_port_may_be_said_or_not_and_the_fragment_never_counts(called_url: str, signed_url: str) -> None:
    Sms().verify(config(), called(b"Body=ciao", called_url, signed_url))


def test_a_json_body_counts_by_the_digest_in_the_signed_address() -> None:
    body = '{"text":"così"}'.encode()
    url = f"{HOOK}?bodySHA256={sha256(body).hexdigest()}"
    signature = RequestValidator(TOKEN).compute_signature(url, {})
    headers = [("Content-Type", "application/json"), ("X-Twilio-Signature", signature)]
    Sms().verify(config(), Request("POST", url, headers, body))
    with pytest.raises(Refused):
        Sms().verify(config(), Request("POST", url, headers, body + b" "))


def test_a_json_body_without_a_digest_in_the_address_is_refused() -> None:
    signature = RequestValidator(TOKEN).compute_signature(HOOK, {})
    headers = [("Content-Type", "application/json"), ("X-Twilio-Signature", signature)]
    with pytest.raises(Refused):
        Sms().verify(config(), Request("POST", HOOK, headers, b'{"text":"x"}'))


def test_the_hook_answers_with_empty_twiml() -> None:
    assert Sms().answer(config()) == ("<Response/>", "text/xml")


def test_the_address_for_the_console_asks_twilio_to_retry() -> None:
    assert Sms().hook_fragment == "#rc=5&rp=all"


def test_numbers_have_one_spelling() -> None:
    spellings = ["+447700900123", " +44 7700 900123 ", "0044 7700 900123", "+44 (7700) 900-123", "tel:+447700900123"]
    assert {Sms().normalise(text) for text in spellings} == {"+447700900123"}


@pytest.mark.parametrize(("given", "kept"), [("48600", "48600"), ("Studio Rossi", "StudioRossi"), ("", "")])
def test_short_codes_and_names_stay_as_they_are(given: str, kept: str) -> None:
    assert Sms().normalise(given) == kept


def test_the_channels_address_is_its_number_or_else_its_service() -> None:
    assert Sms().address(config()) == "+447700900100"
    assert Sms().address(config(number="", messaging_service_sid="MG1")) == "MG1"


def test_a_channel_without_number_and_service_cannot_be_made() -> None:
    with pytest.raises(ValidationError, match="number or a Messaging Service"):
        config(number="")


@pytest.mark.parametrize("url", ["ftp://api.example", "https://u:p@api.example", "https://api.example/?a=1", "x"])
def test_an_api_address_that_is_none_cannot_be_set(url: str) -> None:
    with pytest.raises(ValidationError):
        config(url)
