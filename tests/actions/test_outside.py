"""The business's own system: a real HTTP server that answers well, late, badly, hugely or elsewhere."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from inbox.actions import outside, telling
from inbox.actions.outside import Answer, Failure
from inbox.actions.who import SYSTEM
from inbox.errors import Invalid, Unavailable
from inbox.store import Audit, Event, Ticket
from tests.actions.conftest import SmallDesk
from tests.connectors.loopback import Loopback, Reply, loopback

SECRET = "a secret of the shop"
GOOD = {
    "title": "Ordini",
    "rows": [["2026/1183", "spedito"], ["Saldo", 12.5]],
    "links": [{"label": "Apri", "url": "https://s.example/7"}],
}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (GOOD, Answer("Ordini", (("2026/1183", "spedito"), ("Saldo", "12.5")), (("Apri", "https://s.example/7"),))),
        ({}, Answer()),
        ({"rows": [["<b>x</b>", "y"]], "more": 1}, Answer("", (("<b>x</b>", "y"),))),
        ([], Failure("unreadable")),
        ("words", Failure("unreadable")),
        ({"rows": [["one"]]}, Failure("unreadable")),
        ({"rows": [["a", None]]}, Failure("unreadable")),
        ({"rows": [["a", {"b": 1}]]}, Failure("unreadable")),
        ({"rows": [["a", "b"]] * 31}, Failure("unreadable")),
        ({"rows": [["a", "b" * 301]]}, Failure("unreadable")),
        ({"links": [{"label": "x", "url": "javascript:alert(1)"}]}, Failure("unreadable")),
        ({"links": [{"label": "x"}]}, Failure("unreadable")),
        ({"title": ["x"]}, Failure("unreadable")),
        ({"title": "half of \ud83d"}, Failure("unreadable")),
        ({"rows": [["a", "\udc4d"]]}, Failure("unreadable")),
        ({"links": [{"label": "x", "url": "https://s.example/\ud83d"}]}, Failure("unreadable")),
        ({"rows": [["a", float("nan")]]}, Failure("unreadable")),
        ({"rows": [["a", float("inf")]]}, Failure("unreadable")),
    ],
)
def test_an_answer_is_what_it_should_be_or_none(said: Any, found: Answer | Failure) -> None:
    assert outside.read(json.dumps(said).encode()) == found


SALE = {"id": "1183", "ts": "2025-10-05", "amount": "120.00", "margin": "80.50", "currency": "EUR"}
START = {"id": "77-1", "contract": "77", "ts": "2025-01-01", "ends": "2026-01-01"}


def told(**lists: Any) -> list[Any]:
    """What an answer tells, a fault as its sentence."""
    found = outside.read(json.dumps({"rows": [["a", "b"]], **lists}).encode())
    assert isinstance(found, Answer)
    assert found.rows == (("a", "b"),)
    return [str(one) if isinstance(one, Invalid) else one for one in found.told]


def test_contracts_and_revenue_of_an_answer_are_events_under_the_systems_own_ids() -> None:
    renewal = {**START, "id": 78, "contract": 77, "kind": "contract.renewed"}
    assert told(contracts=[START, renewal], revenue=[{**SALE, "kind": "revenue", "customer": "somebody else"}]) == [
        {**START, "kind": "contract.started", "id": "outside:contracts:77-1"},
        {**START, "kind": "contract.renewed", "id": "outside:contracts:78"},
        {**SALE, "kind": "revenue", "id": "outside:revenue:1183"},
    ]
    assert told(contracts=None) == []


@pytest.mark.parametrize(
    ("lists", "why"),
    [
        ({"contracts": "77"}, "contracts is no list in what your system answers"),
        ({"revenue": [7]}, "a line of revenue needs an id of your system"),
        ({"revenue": [{**SALE, "id": " "}]}, "a line of revenue needs an id of your system"),
        ({"revenue": [{**SALE, "id": True}]}, "a line of revenue needs an id of your system"),
        ({"revenue": [{**SALE, "id": "a\0b"}]}, "a line of revenue needs an id of your system"),
        ({"revenue": [{**SALE, "id": "x" * 61}]}, "a line of revenue needs an id of your system"),
        ({"revenue": [{**SALE, "kind": "msg.in"}]}, "'msg.in' is no kind of revenue; write one of revenue"),
        ({"contracts": [{**START, "kind": ["x"]}]}, "['x'] is no kind of contracts; write one of contract.started, "),
    ],
)
def test_a_wrong_list_is_a_fault_of_its_own_and_the_panel_stays(lists: dict[str, Any], why: str) -> None:
    (fault,) = told(**lists)
    assert fault.startswith(why)


def customer_of(desk: SmallDesk) -> str:
    number = desk.take(desk.text()).ticket
    with desk.store.reading() as work:
        return str(work.get_one(Ticket, number).customer_id)


def test_what_is_told_by_an_answer_is_kept_once_and_what_is_wrong_is_named(desk: SmallDesk) -> None:
    customer = customer_of(desk)
    lost = {**START, "id": "9", "contract": "nobody's", "kind": "contract.ended"}
    answer = outside.read(
        json.dumps({"contracts": [START, lost], "revenue": [SALE, {**SALE, "id": 2, "ts": 5}]}).encode()
    )
    assert isinstance(answer, Answer)
    question = asked("https://shop.example/x", customer=customer)
    for _look in range(2):
        faults = outside.keep(desk.store, question, answer)
        assert [why.partition(";")[0] for why in faults] == [
            'no contract "nobody\'s" has started here',
            "5 is no day and no time with a zone",
        ]
    with desk.store.reading() as work:
        lines = work.query(Event).filter(Event.id.startswith("outside:")).order_by(Event.seq).all()
        assert [(line.id, line.data["customer"]) for line in lines] == [
            ("outside:contracts:77-1", customer),
            ("outside:revenue:1183", customer),
        ]
        assert work.query(Event).filter_by(kind="log.imported").count() == 1
    with desk.store.transaction() as work:
        assert telling.take_back(work, SYSTEM, [line.id for line in lines]).added == 2
    outside.keep(desk.store, question, answer)
    with desk.store.reading() as work:
        assert telling.still(work, work.query(Event).filter(Event.id.startswith("outside:"))) == []


def test_a_store_that_is_away_breaks_no_panel(desk: SmallDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_do: object) -> None:
        text = "the database is busy or away; nothing was stored, try again"
        raise Unavailable(text)

    customer = customer_of(desk)
    monkeypatch.setattr(desk.store, "write", away)
    answer = outside.read(json.dumps({"revenue": [SALE]}).encode())
    assert isinstance(answer, Answer)
    assert outside.keep(desk.store, asked("https://shop.example/x", customer=customer), answer) == [
        "the database is busy or away; nothing was stored, try again"
    ]


def asked(url: str, **more: Any) -> outside.Question:
    facts = {"url": url, "secret": SECRET, "body": str(time.monotonic_ns()).encode(), "timeout_s": 0.5, "cache_s": 60}
    return outside.Question(**{**facts, **more})


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    with loopback() as server:
        monkeypatch.setenv("FETCH_ALLOW", server.base.removeprefix("http://"))
        yield server


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(delay=5), "timeout"),
        (Reply(body=b" " * 200, drip=0.1), "timeout"),
        (Reply(body=b"{not json"), "unreadable"),
        (Reply(body=b"[" * 60_000), "unreadable"),
        (Reply(body=b"x" * 70_000), "too_large"),
        (Reply(302, headers={"Location": "http://127.0.0.1:1/"}), "redirect"),
        (Reply(500), "http_500"),
        (Reply(hang_up=True), "connect"),
    ],
)
def test_whatever_else_happens_is_a_word_in_time(shop: Loopback, reply: Reply, code: str) -> None:
    shop.on("POST", "/x", reply)
    begin = time.monotonic()
    assert outside.ask(asked(f"{shop.base}/x"), again=True) == Failure(code)
    assert time.monotonic() - begin < 3


def test_a_system_inside_the_house_is_not_asked_without_leave(shop: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FETCH_ALLOW")
    assert outside.ask(asked(f"{shop.base}/inside")) == Failure("blocked")
    assert shop.calls == []


def test_an_answer_is_remembered_and_a_failure_gives_the_system_a_rest(shop: Loopback) -> None:
    question = asked(f"{shop.base}/cache")
    shop.on("POST", "/cache", Reply.json(GOOD), Reply(500), Reply.json({}))
    first = outside.ask(question)
    assert outside.ask(question) == first
    assert len(shop.calls) == 1
    other = asked(f"{shop.base}/cache", cache_s=0)
    assert outside.ask(other) == Failure("http_500")
    assert outside.ask(asked(f"{shop.base}/cache")) == Failure("http_500")  # at rest: nobody waits for it again
    assert outside.ask(other, again=True) == Answer()
    assert len(shop.calls) == 3


def test_the_question_is_signed_and_names_the_customers_addresses(desk: SmallDesk, shop: Loopback) -> None:
    number = desk.take(desk.text()).ticket
    assert number is not None
    with desk.store.transaction() as work:
        assert outside.question(work, desk.who(), number) is None
        outside.save(work, desk.who(), url=f"{shop.base}/lookup", secret=SECRET, timeout_s="2,5", cache_min="5")
        question = outside.question(work, desk.who(desk.giulia), number)
        assert question is not None
        assert SECRET not in str([(row.what, row.detail) for row in work.query(Audit)])
        customer = work.get_one(Ticket, number).customer_id
    shop.on("POST", "/lookup", Reply(404))
    assert outside.ask(question) == Answer()
    (call,) = shop.calls
    assert call.json == {
        "customer": customer,
        "ticket": number,
        "identities": [{"kind": "sms", "value": "+447700900123"}],
    }
    stamp = call.headers["x-sportello-timestamp"]
    right = hmac.new(SECRET.encode(), f"{stamp}.".encode() + call.body, hashlib.sha256).hexdigest()
    assert call.headers["x-sportello-signature"] == f"sha256={right}"
    assert abs(int(stamp) - time.time()) < 60


def test_what_is_wrong_in_the_form_is_said_and_an_empty_secret_stays(desk: SmallDesk) -> None:
    who = desk.who()
    with desk.store.transaction() as work:
        with pytest.raises(Invalid) as refused:
            outside.save(work, who, url="shop", secret="short", timeout_s="9", cache_min="x")
        assert set(refused.value.fields) == {"url", "secret", "timeout_s", "cache_min"}
        right = {"url": "https://shop.example/x", "timeout_s": "1", "cache_min": "0"}
        outside.save(work, who, secret=SECRET, **right)
        outside.save(work, who, secret="", **{**right, "cache_min": "9"})
        trial = outside.trial(work)
        assert trial is not None
        assert (trial.secret, trial.cache_s) == (SECRET, 540)
        outside.save(work, who, secret="", **{**right, "url": ""})
        assert outside.trial(work) is None
