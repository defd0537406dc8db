"""Web Push to a real HTTP push service on this machine, which opens what it gets as the browser would."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select

from connectors.webpush import b64
from inbox.actions import desk as settings
from inbox.actions import devices, people, reply, tickets
from inbox.actions.who import SYSTEM
from inbox.store import Agent, Device, Notice, Post, Setting
from inbox.worker.notices import Teller
from tests.actions.conftest import SmallDesk

Later = Callable[[dt.timedelta], None]
SECRET = b"0123456789abcdef"


class PushService:
    """A push service and the browser behind it: ``heard`` is what it opened, ``answers`` what it says next."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.private = ec.generate_private_key(ec.SECP256R1())
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers = service.answers.pop(0) if service.answers else (201, {})
                if status == 201:
                    service.heard.append((dict(self.headers.items()), json.loads(service.opened(body))))
                self.send_response(status)
                for name, value in {**headers, "Content-Length": "0"}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}/push/abc"

    @property
    def key(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def opened(self, body: bytes) -> bytes:
        """RFC 8291 from the other end."""
        salt, point, sealed = body[:16], body[21:86], body[86:]
        shared = self.private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))

        def drawn(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
            return HKDF(hashes.SHA256(), length, salt, info).derive(secret)

        secret = drawn(SECRET, shared, b"WebPush: info\x00" + self.key + point, 32)
        key = drawn(salt, secret, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = drawn(salt, secret, b"Content-Encoding: nonce\x00", 12)
        plain = AESGCM(key).decrypt(nonce, sealed, None)
        assert plain.endswith(b"\x02")
        return plain[:-1]


@pytest.fixture
def service(desk: SmallDesk, monkeypatch: pytest.MonkeyPatch) -> Iterator[PushService]:
    """The service, with Giulia's browser subscribed at it."""
    found = PushService()
    monkeypatch.setattr(desk.store.settings, "fetch_allow", f"127.0.0.1:{found.server.server_port}")
    with desk.store.transaction() as work:
        devices.subscribe(work, desk.who(desk.giulia), found.endpoint, b64(found.key), b64(SECRET), browser="Firefox")
    yield found
    found.server.shutdown()
    found.server.server_close()


def given(desk: SmallDesk, sender: str = "chiara@studio.example") -> int:
    number = desk.take(desk.letter(sender=sender), desk.mail).ticket
    assert number is not None
    with desk.store.transaction() as work:
        tickets.assign(work, desk.who(), number, agent=desk.giulia)
    return number


def look(desk: SmallDesk) -> int:
    return Teller(desk.store, "test:1").look()


def rows(desk: SmallDesk, kind: type[Any]) -> list[Any]:
    with desk.store.reading() as work:
        return list(work.scalars(select(kind)))


SOON = dt.timedelta(seconds=6)


def test_a_device_rings_once_and_says_nothing_of_the_customer(
    desk: SmallDesk, service: PushService, later: Later
) -> None:
    number = given(desk)
    assert look(desk) == 0  # it may be read on the screen within a moment
    later(SOON)
    assert look(desk) == 1
    assert look(desk) == 0
    [(headers, told)] = service.heard
    assert told == {
        "title": "Cirro",
        "lang": "en",
        "url": f"/tickets/{number}",
        "tag": f"ticket-{number}",
        "body": f"Ticket #{number} is yours now",
    }
    assert (headers["Content-Encoding"], headers["Urgency"], headers["Topic"]) == (
        "aes128gcm",
        "high",
        f"ticket{number}",
    )
    assert int(headers["TTL"]) > 0
    assert headers["Authorization"].startswith("vapid t=")
    assert headers["Authorization"].endswith(f"k={devices.keys(desk.store).public}")
    assert rows(desk, Post) == []


def test_names_are_told_where_the_desk_allows_it(desk: SmallDesk, service: PushService, later: Later) -> None:
    with desk.store.transaction() as work:
        settings.put(work, SYSTEM, "push.names", value=True)
        people.change_agent(work, SYSTEM, desk.giulia, language="it")
    number = given(desk)
    with desk.store.transaction() as work:
        tickets.read(work, desk.who(desk.giulia), number, 1)
        note, _new = reply.note(work, desk.who(), number, text="@Giulia Ferri segreto")
    later(SOON)
    look(desk)
    [(_headers, told)] = service.heard
    assert (told["title"], told["body"]) == ("Luca Moretti ti ha menzionato", f"#{number} Sito")
    assert told["url"] == f"/tickets/{number}?message={note.id}#msg-{note.id}"
    assert "segreto" not in str(told)


def test_several_at_once_are_one_ring(desk: SmallDesk, service: PushService, later: Later) -> None:
    given(desk)
    given(desk, "fabio@studio.example")
    later(SOON)
    assert look(desk) == 1
    [(_headers, told)] = service.heard
    assert (told["body"], told["url"]) == ("2 notices wait for you", "/notices")


def test_what_was_read_in_time_does_not_ring(desk: SmallDesk, service: PushService, later: Later) -> None:
    number = given(desk)
    with desk.store.transaction() as work:
        tickets.read(work, desk.who(desk.giulia), number, 1)
    later(SOON)
    assert look(desk) == 0
    assert service.heard == []


def test_quiet_hours_hold_it_back_until_they_end(desk: SmallDesk, service: PushService, later: Later) -> None:
    with desk.store.transaction() as work:
        from inbox import clock

        opens = clock.now() + dt.timedelta(hours=2)
        times = {"from": f"{opens:%H:%M}", "to": f"{opens + dt.timedelta(hours=1):%H:%M}"}
        work.get_one(Agent, desk.giulia).quiet = {"days": list(range(7)), "zone": "UTC", **times}
    given(desk)
    later(SOON)
    assert look(desk) == 0
    [notice] = rows(desk, Notice)
    assert notice.push_at == opens.replace(second=0, microsecond=0)
    later(dt.timedelta(hours=2))
    assert look(desk) == 1
    assert len(service.heard) == 1


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(desk: SmallDesk, service: PushService, later: Later, status: int) -> None:
    given(desk)
    later(SOON)
    service.answers.append((status, {}))
    assert look(desk) == 0
    assert rows(desk, Device) == rows(desk, Post) == []


@pytest.mark.parametrize(
    ("answer", "wait"), [((429, {"Retry-After": "300"}), 300), ((500, {}), 30), ((503, {"Retry-After": "5"}), 30)]
)
def test_a_busy_push_service_is_asked_again_later(
    desk: SmallDesk, service: PushService, later: Later, answer: tuple[int, dict[str, str]], wait: int
) -> None:
    given(desk)
    later(SOON)
    service.answers += [answer]
    assert look(desk) == 0
    [device] = rows(desk, Device)
    assert f"HTTP {answer[0]}" in device.problem
    later(dt.timedelta(seconds=wait - 3))
    assert look(desk) == 0
    later(dt.timedelta(seconds=4))
    assert look(desk) == 1
    [device] = rows(desk, Device)
    assert device.problem == ""


def test_what_a_push_service_never_takes_is_given_up(desk: SmallDesk, service: PushService, later: Later) -> None:
    given(desk)
    later(SOON)
    service.answers.append((400, {}))
    assert look(desk) == 0
    assert rows(desk, Post) == []
    assert len(rows(desk, Device)) == 1
    with desk.store.transaction() as work:
        devices.ring(work, desk.who(desk.giulia), rows(desk, Device)[0].id)
    service.answers += [(500, {})] * 20
    for _try in range(devices.TRIES):
        assert len(rows(desk, Post)) == 1
        look(desk)
        later(dt.timedelta(hours=1, minutes=10))
    assert rows(desk, Post) == []


def test_a_browser_rings_for_whoever_used_it_last_until_they_leave(desk: SmallDesk, service: PushService) -> None:
    with desk.store.transaction() as work:
        _agent, token = people.sign_in(work, "luca@cirro.example", "correct horse battery")
        mine = people.digest(token)
        devices.subscribe(work, desk.who(), service.endpoint, b64(service.key), b64(SECRET), sign_in=mine)
    [device] = rows(desk, Device)
    assert device.agent_id == desk.admin
    with desk.store.transaction() as work:
        people.sign_out(work, token)
    assert rows(desk, Device) == []


def test_the_desks_keys_are_made_once_and_sealed(desk: SmallDesk, service: PushService) -> None:
    first = devices.keys(desk.store)
    assert devices.keys(desk.store) == first
    [row] = [one for one in rows(desk, Setting) if one.name == devices.SETTING]
    assert first.private not in str(row.value)
    with desk.store.transaction() as work:  # as after a lost SECRET_KEY
        work.get_one(Setting, devices.SETTING).value = {**row.value, "sealed": "gAAAAA"}
    assert devices.keys(desk.store).public != first.public
    assert rows(desk, Device) == []
