"""What every connector keeps, whatever its provider: one class that each connector's test inherits.

A subclass sets ``connector`` and ``secrets`` and gives the fixtures ``config``, ``arrivals``, ``outgoing``, ``line``.
:class:`Contract` is for all, :class:`FarContract` for those with a provider, :class:`HttpContract` for HTTP APIs.
"""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import json
import traceback
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Protocol
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import connectors
from connectors.base import Config, Connector, ConnectorError, Item, Outgoing, Refused, Request
from tests.connectors.loopback import Loopback, Reply


class Line(Protocol):
    """The far end, as far as the contract has to move it."""

    def accept(self) -> None:
        """Takes messages over from now on."""

    def refuse(self) -> None:
        """Says no for good."""

    def delay(self) -> None:
        """Says not now."""

    def die(self) -> None:
        """Is not there any more."""

    def taken(self) -> int:
        """How many messages it has got."""


class Boom(Exception):
    """The desk could not commit that the message is going out."""


def strings(value: Any) -> Iterator[str]:
    """Every string in an item, however deep."""
    if isinstance(value, str):
        yield value
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from strings(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for pair in value.items():
            yield from strings(pair)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from strings(part)


def times(value: Any) -> Iterator[dt.datetime]:
    """Every time in an item, however deep."""
    if isinstance(value, dt.datetime):
        yield value
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from times(getattr(value, field.name))


HOSTILE: list[Any] = [
    None,
    True,
    -1,
    10**30,
    1.5,
    float("inf"),
    "",
    "\x00",
    "\ud800",
    "9" * 400,
    "x" * 70_000,
    [],
    [[]],
    {},
    {"id": {}},
]


def json_mutants(value: Any) -> Iterator[Any]:
    """The value with each of its parts in turn replaced by each hostile one, or left out."""
    yield from HOSTILE
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            shorter = copy.deepcopy(value)
            del shorter[key]
            yield shorter
            for mutant in json_mutants(value[key]):
                changed = copy.deepcopy(value)
                changed[key] = mutant
                yield changed


def mutants(request: Request) -> Iterator[Request]:
    """The arrival, damaged in many ways."""
    body = request.body
    for cut in (0, 1, len(body) // 2, max(len(body) - 1, 0)):
        yield dataclasses.replace(request, body=body[:cut])
        yield dataclasses.replace(request, body=body[:cut] + b"\xff\x00\xc3" + body[cut:])
    try:
        value = json.loads(body)
    except ValueError:
        fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        for index, (name, _) in enumerate(fields):
            rest = fields[:index] + fields[index + 1 :]
            yield dataclasses.replace(request, body=urlencode(rest).encode())
            for hostile in ("", "\x00", "9" * 400, "x" * 70_000, "%zz", "-1"):
                yield dataclasses.replace(request, body=urlencode([*rest, (name, hostile)]).encode())
    else:
        for mutant in json_mutants(value):
            yield dataclasses.replace(request, body=json.dumps(mutant).encode())


class Contract:
    """The seam's promises."""

    connector: ClassVar[Connector[Any]]
    secrets: ClassVar[tuple[str, ...]] = ()

    @pytest.fixture
    def config(self) -> Config:
        raise NotImplementedError

    @pytest.fixture
    def arrivals(self) -> list[Request]:
        """Genuine ones, signed where the provider signs, of every sort that the connector knows."""
        raise NotImplementedError

    @pytest.fixture
    def outgoing(self) -> Outgoing:
        raise NotImplementedError

    @pytest.fixture
    def line(self) -> Line:
        raise NotImplementedError

    def error(self, config: Config, outgoing: Outgoing) -> ConnectorError:
        with pytest.raises(ConnectorError) as caught:
            self.connector.send(config, outgoing, lambda: None)
        return caught.value

    def assert_no_secret(self, error: BaseException) -> None:
        shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
        assert not [secret for secret in self.secrets if secret in shown]
        chained = error.__context__ or error.__cause__
        if chained is not None:
            self.assert_no_secret(chained)

    # --- what it is ---

    def test_is_found_by_its_kind(self) -> None:
        assert type(connectors.registry()[self.connector.kind]) is type(self.connector)

    def test_every_setting_explains_itself(self) -> None:
        fields = self.connector.Config.model_fields
        assert not [name for name, field in fields.items() if not (field.title and field.description)]

    def test_a_printed_config_shows_no_secret(self, config: Config) -> None:
        shown = f"{config!r} {config} {config.model_dump_json()}"
        assert not [secret for secret in self.secrets if secret in shown]

    def test_has_one_address_of_ours(self, config: Config) -> None:
        address = self.connector.address(config)
        assert address
        assert address == address.strip()

    # --- what arrives ---

    def test_the_same_arrival_twice_gives_the_same_items(self, config: Config, arrivals: list[Request]) -> None:
        for request in arrivals:
            now = dataclasses.replace(request, received_at=dt.datetime(2026, 11, 21, 10, 0, tzinfo=dt.UTC))
            assert self.connector.parse(config, now) == self.connector.parse(config, now)

    def test_an_id_does_not_depend_on_the_time_of_reading(self, config: Config, arrivals: list[Request]) -> None:
        def ids(request: Request) -> list[str]:
            return [item.external_id for item in self.connector.parse(config, request)]

        for request in arrivals:
            assert ids(request) == ids(dataclasses.replace(request, received_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)))

    def test_every_item_has_an_id_of_its_own(self, config: Config, arrivals: list[Request]) -> None:
        for request in arrivals:
            items = self.connector.parse(config, request)
            keys = [(type(item), item.external_id) for item in items]
            assert items
            assert all(item.external_id for item in items)
            assert len(set(keys)) == len(keys)

    def test_times_are_aware_and_utc(self, config: Config, arrivals: list[Request]) -> None:
        found = [at for request in arrivals for item in self.connector.parse(config, request) for at in times(item)]
        assert not [at for at in found if at.utcoffset() != dt.timedelta(0)]

    def test_damaged_arrivals_are_read_or_named_unreadable(self, config: Config, arrivals: list[Request]) -> None:
        for request in arrivals:
            for mutant in mutants(request):
                self.assert_storable(self.connector.parse(config, mutant))

    def test_arbitrary_bytes_are_named_unreadable(self, config: Config, arrivals: list[Request]) -> None:
        @settings(max_examples=100, deadline=None)
        @given(body=st.binary(max_size=200))
        def read(body: bytes) -> None:
            self.assert_storable(self.connector.parse(config, dataclasses.replace(arrivals[0], body=body)))

        read()

    def assert_storable(self, items: list[Item]) -> None:
        assert all(item.external_id for item in items)
        for item in items:
            for text in strings(item):
                assert "\x00" not in text
                text.encode()

    # --- who may call ---

    def test_genuine_calls_are_let_in(self, config: Config, arrivals: list[Request]) -> None:
        for request in arrivals:
            if self.connector.capabilities.hooks and request.method in ("GET", "POST"):
                self.connector.verify(config, request)

    def test_unsigned_calls_are_refused(self, config: Config, arrivals: list[Request]) -> None:
        for request in arrivals:
            with pytest.raises(Refused):
                self.connector.verify(config, dataclasses.replace(request, headers=[]))

    @pytest.mark.parametrize("value", ["", "x", "sha256=", "é", "\udcff", "\ud800a", "A" * 10_000, "====="])
    def test_wrongly_signed_calls_are_refused(self, config: Config, arrivals: list[Request], value: str) -> None:
        for request in arrivals:
            headers = [(name, value) for name, _ in request.headers]
            with pytest.raises(Refused):
                self.connector.verify(config, dataclasses.replace(request, headers=headers))

    def test_hostile_calls_are_refused_and_nothing_else(self, config: Config, arrivals: list[Request]) -> None:
        urls = ["", "https://", "https://[", "http://u:p@h/", "https://h:99999/", "\x00", "https://h/?bodySHA256=0"]
        for request in arrivals:
            for url in urls:
                headers = [(name, "0") for name, _ in request.headers]
                hostile = dataclasses.replace(request, url=url, headers=headers, body=b"\xff\x00%")
                with pytest.raises(Refused):
                    self.connector.verify(config, hostile)

    # --- what leaves ---

    def test_a_message_taken_over_has_an_id(self, config: Config, outgoing: Outgoing, line: Line) -> None:
        line.accept()
        receipt = self.connector.send(config, outgoing, lambda: None)
        assert receipt.external_id
        assert receipt.at is None or receipt.at.utcoffset() == dt.timedelta(0)

    def test_going_out_is_said_once_and_before_the_first_byte(
        self, config: Config, outgoing: Outgoing, line: Line
    ) -> None:
        line.accept()
        before = line.taken()
        said: list[int] = []
        self.connector.send(config, outgoing, lambda: said.append(line.taken() - before))
        assert said == [0]

    def test_nothing_leaves_where_going_out_fails(self, config: Config, outgoing: Outgoing, line: Line) -> None:
        def going_out() -> None:
            raise Boom

        line.accept()
        before = line.taken()
        with pytest.raises(Boom):
            self.connector.send(config, outgoing, going_out)
        assert line.taken() == before


class FarContract(Contract):
    """And what every connector keeps that has a provider at the far end of a line."""

    def test_a_refusal_for_good_is_permanent(self, config: Config, outgoing: Outgoing, line: Line) -> None:
        line.refuse()
        error = self.error(config, outgoing)
        assert error.permanent
        assert error.code
        self.assert_no_secret(error)

    def test_a_refusal_for_now_is_temporary(self, config: Config, outgoing: Outgoing, line: Line) -> None:
        line.delay()
        error = self.error(config, outgoing)
        assert not error.permanent
        self.assert_no_secret(error)

    def test_a_dead_line_is_temporary_and_certain(self, config: Config, outgoing: Outgoing, line: Line) -> None:
        line.die()
        error = self.error(config, outgoing)
        assert not error.permanent
        assert not error.ambiguous
        self.assert_no_secret(error)

    def test_a_check_on_a_dead_line_says_so(self, config: Config, line: Line) -> None:
        line.die()
        with pytest.raises(ConnectorError) as caught:
            self.connector.check(config)
        assert not caught.value.permanent
        self.assert_no_secret(caught.value)


class HttpLine:
    """A provider's HTTP API as the contract's far end: ``send_path`` is where messages go, ``taken_reply`` what it
    says then."""

    def __init__(self, server: Loopback, send_path: str, taken_reply: Reply) -> None:
        self.server = server
        self._path = send_path
        self._taken_reply = taken_reply

    def say(self, reply: Reply) -> None:
        self.server.on("*", "", reply)

    def accept(self) -> None:
        self.server.on("POST", self._path, self._taken_reply)

    def refuse(self) -> None:
        self.say(Reply(400, b"no"))

    def delay(self) -> None:
        self.say(Reply(429, b"later"))

    def die(self) -> None:
        self.server.die()

    def taken(self) -> int:
        return len([call for call in self.server.calls if call.path.endswith(self._path)])


class HttpContract(FarContract):
    """And what every HTTP API's connector keeps besides. Gives ``line`` as :class:`HttpLine`."""

    @pytest.mark.parametrize("status", [400, 403, 404, 410, 422])
    def test_http_4xx_is_permanent(self, config: Config, outgoing: Outgoing, line: HttpLine, status: int) -> None:
        line.say(Reply(status, b"<html>no</html>"))
        assert self.error(config, outgoing).permanent

    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    def test_http_429_and_5xx_are_temporary(
        self, config: Config, outgoing: Outgoing, line: HttpLine, status: int
    ) -> None:
        line.say(Reply(status, b"<html>busy</html>"))
        assert not self.error(config, outgoing).permanent

    def test_http_401_asks_for_a_new_login(self, config: Config, outgoing: Outgoing, line: HttpLine) -> None:
        line.say(Reply(401, b"who?"))
        assert self.error(config, outgoing).reauth

    def test_a_gateways_failure_leaves_it_open_whether_the_message_left(
        self, config: Config, outgoing: Outgoing, line: HttpLine
    ) -> None:
        line.say(Reply(502, b"<html>bad gateway</html>"))
        assert self.error(config, outgoing).ambiguous

    @pytest.mark.parametrize("status", [400, 429, 503])
    def test_a_clear_no_is_not_ambiguous(self, config: Config, outgoing: Outgoing, line: HttpLine, status: int) -> None:
        line.say(Reply(status, b"no"))
        assert not self.error(config, outgoing).ambiguous

    def test_retry_after_is_heard(self, config: Config, outgoing: Outgoing, line: HttpLine) -> None:
        line.say(Reply(429, b"", {"Retry-After": "37"}))
        assert self.error(config, outgoing).retry_after == 37

    def test_an_answer_that_never_came_is_ambiguous(self, config: Config, outgoing: Outgoing, line: HttpLine) -> None:
        line.say(Reply(hang_up=True))
        error = self.error(config, outgoing)
        assert error.ambiguous
        assert not error.permanent
        self.assert_no_secret(error)

    @pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"null", b"{}", b'{"ok":true}', b"[" * 100_000])
    def test_a_success_that_cannot_be_read_is_ambiguous(
        self, config: Config, outgoing: Outgoing, line: HttpLine, body: bytes
    ) -> None:
        line.say(Reply(200, body))
        error = self.error(config, outgoing)
        assert error.ambiguous
        assert not error.permanent
        self.assert_no_secret(error)

    def test_on_a_dead_line_nothing_is_said_to_go_out(self, config: Config, outgoing: Outgoing, line: HttpLine) -> None:
        line.die()
        said: list[str] = []
        with pytest.raises(ConnectorError):
            self.connector.send(config, outgoing, lambda: said.append("going out"))
        assert said == []

    def test_nothing_is_sent_twice(self, config: Config, outgoing: Outgoing, line: HttpLine) -> None:
        line.say(Reply(500, b"no"))
        self.error(config, outgoing)
        assert len(line.server.calls) == 1

    def test_a_provider_that_repeats_our_secrets_is_not_quoted(
        self, config: Config, outgoing: Outgoing, line: HttpLine
    ) -> None:
        said = " ".join(self.secrets)
        shapes: list[dict[str, Any]] = [
            {"code": 20003, "message": said, "status": 401},
            {"ok": False, "error_code": 400, "description": said},
            {"error": {"code": 190, "message": said}},
        ]
        for shape in shapes:
            line.say(Reply.json(shape, status=400))
            self.assert_no_secret(self.error(config, outgoing))

    def test_an_unusable_api_address_is_a_matter_of_the_config(self, config: Config, outgoing: Outgoing) -> None:
        nowhere = config.model_copy(update={"api_base": f"https://{'a' * 64}.example"})
        error = self.error(nowhere, outgoing)
        assert error.code == "config"
        assert error.permanent
        self.assert_no_secret(error)
