"""What programs tell: contracts, revenue, counters; bands by what customers are worth; the self-assessment."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from sqlalchemy import select

from inbox import clock
from inbox.actions import desk as settings
from inbox.actions import history, maturity, promises, routing, telling, worth
from inbox.actions.who import SYSTEM
from inbox.errors import Invalid
from inbox.figures import keeper
from inbox.reading import figures
from inbox.reading import maturity as reading
from inbox.store import Customer, Event, Macro, Rule, Store, Ticket
from inbox.worker.figures import Figures
from tests.actions.conftest import SmallDesk
from tests.figures.conftest import wrong as differences

SHEET = """kind;ts;customer;contract;ends;amount;margin;currency
contract.started;2024-01-01;email:chiara@studio.example;K1;2026-12-31;;;
revenue;2026-03-09;chiara@studio.example;;;1.200,00;800,50;EUR
revenue;2026-03-10;chiara@studio.example;;;120;80,5;EUR
revenue;2026-03-11;nobody@studio.example;;;1;1;EUR
profit;2026-03-11;chiara@studio.example;;;1;1;EUR
revenue;soon;chiara@studio.example;;;1;1;EUR
"""


def told(desk: SmallDesk, text: str = SHEET, **more: Any) -> telling.Outcome:
    with desk.store.transaction() as work:
        return telling.tell(work, SYSTEM, telling.rows_of_csv(text.encode()), **more)


def test_a_sheet_becomes_events_without_addresses_and_names_its_wrong_lines(desk: SmallDesk) -> None:
    ticket = desk.take(desk.letter(), desk.mail).ticket
    found = told(desk)
    assert (found.added, [line for line, _why in found.faults]) == (2, [3, 5, 6, 7])
    assert found.faults[1][1] == "nobody here has the address nobody@studio.example on email"
    with desk.store.reading() as work:
        lines = work.query(Event).filter(Event.kind.in_(["revenue", "contract.started"])).all()
        assert {line.data["customer"] for line in lines} == {work.get_one(Ticket, ticket).customer_id}
        assert "studio.example" not in str([line.data for line in lines])
    assert told(desk).known == 2
    assert told(desk, strict=True).added == 0


SALES = """kind;ts;customer;amount;margin;currency
revenue;2026-03-09;chiara@studio.example;120;80;EUR
revenue;2026-03-09;chiara@studio.example;120;80;EUR
revenue;2026-03-09;chiara@studio.example;120;80;EUR
"""


def test_what_a_sheet_told_is_taken_back_by_the_door_of_the_programs(desk: SmallDesk) -> None:
    desk.take(desk.letter(), desk.mail)
    found = told(desk, SALES)
    count(desk)
    with desk.store.reading() as work:
        ids = [*work.scalars(select(Event.id).where(Event.kind == "revenue").order_by(Event.seq))]
        margins = work.scalars(select(Event).where(Event.kind == "revenue"))
        assert len(telling.still(work, margins)) == found.added
    with desk.store.transaction() as work:
        assert telling.take_back(work, SYSTEM, [ids[0], "nobody's"]).added == 1
    count(desk)
    with desk.store.reading() as work:
        config = promises.config(work)
    assert differences(desk.store, config) == []
    with desk.store.reading() as work:
        left = telling.still(work, work.scalars(select(Event).where(Event.kind == "revenue").order_by(Event.seq)))
        assert [one.id for one in left] == ids[1:]
    assert told(desk, SALES).added == 0  # what was taken back does not come again


def test_equal_purchases_of_one_sheet_are_so_many_and_the_same_sheet_again_adds_none(desk: SmallDesk) -> None:
    desk.take(desk.letter(), desk.mail)
    once = "".join(SALES.splitlines(keepends=True)[:2])
    assert told(desk, once).added == 1
    found = told(desk, SALES)
    assert (found.added, found.known) == (2, 1)
    assert (told(desk, SALES).added, told(desk, once).added) == (0, 0)
    contract = "contract.started;2025-01-01;chiara@studio.example;K;2026-01-01\n"
    assert told(desk, "kind;ts;customer;contract;ends\n" + contract * 2).added == 1  # it says which one it is
    own = "revenue;7;2026-03-09;chiara@studio.example;1;1;EUR\n"
    assert told(desk, "kind;id;ts;customer;amount;margin;currency\n" + own * 2).added == 1


YESTERDAY, TO_COME = (clock.now() + dt.timedelta(days=days) for days in (-1, 400))
WRONG: list[Any] = ["", "EURO", "XYZ", "XXX", "€", "12"]
MONTHS = """kind;ts;customer;contract;ends;amount;margin;currency
contract.started;2025-09-01;chiara@studio.example;K1;2025-10-01;;;
contract.started;2025-10-01;chiara@studio.example;K2;2025-11-01;;;
revenue;2025-10-01;chiara@studio.example;;;120;80,5;EUR
"""


@pytest.mark.parametrize(
    ("zone", "midnights"),
    [
        ("Europe/Rome", ("2025-08-31T22:00", "2025-09-30T22:00", "2025-10-31T23:00")),
        ("America/New_York", ("2025-09-01T04:00", "2025-10-01T04:00", "2025-11-01T04:00")),
    ],
)
def test_a_day_in_a_sheet_begins_and_ends_where_the_days_of_the_reports_do(
    desk: SmallDesk, zone: str, midnights: tuple[str, str, str]
) -> None:
    desk.take(desk.letter(), desk.mail)
    with desk.store.transaction() as work:
        settings.put(work, SYSTEM, "desk.timezone", zone)
    assert told(desk, MONTHS).faults == []
    with desk.store.reading() as work:
        lines = work.query(Event).filter(Event.kind.in_(["revenue", "contract.started"])).order_by(Event.seq).all()
        begins = [clock.iso(line.ts)[:16] for line in lines]
        ends = [line.data["ends"][:16] for line in lines if "ends" in line.data]
    assert (begins, ends) == ([midnights[0], midnights[1], midnights[1]], [midnights[1], midnights[2]])
    with figures.looking(desk.store) as work:
        for month, left in ((9, 0), (10, 1)):
            begin, end = dt.date(2025, month, 1), dt.date(2025, month + 1, 1)
            found = figures.source(work).ask(begin, end, keys=["ret"])["all"]
            assert (found["ret.start"], found["ret.churn.n"], found["ret.churn.k"]) == (1, 1, left)


def test_a_program_may_tell_a_day_as_well(desk: SmallDesk) -> None:
    customer = customer_of(desk)
    began = {"kind": "contract.started", "id": "a", "ts": "2025-10-01", "customer": customer, "contract": "K"}
    with desk.store.transaction() as work:
        found = telling.tell(work, SYSTEM, [(1, {**began, "ends": "2025-11-01T00:00:00+02:00"})])
        assert (found.added, found.faults) == (1, [])
        assert clock.iso(work.query(Event).filter_by(kind="contract.started").one().ts) == "2025-09-30T22:00:00.000Z"


@pytest.mark.parametrize("customer", ["a\0b", "\ud83d", "a\0b@studio.example", " ", 7])
def test_a_customer_whom_no_store_can_look_for_is_refused(desk: SmallDesk, customer: Any) -> None:
    event = {"kind": "contract.ended", "id": "x", "ts": "2025-10-05", "contract": "K", "customer": customer}
    with desk.store.transaction() as work:
        found = telling.tell(work, SYSTEM, [(1, event)])
    assert found.faults == [(1, "customer is an id of this desk, or an address like email:anna@casa.example")]


def customer_of(desk: SmallDesk) -> str:
    ticket = desk.take(desk.letter(), desk.mail).ticket
    with desk.store.reading() as work:
        return str(work.get_one(Ticket, ticket).customer_id)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("revenue;05/10/2025;C;;;1;1;EUR", "'05/10/2025' is no day and no time with a zone"),
        ("revenue;2025-13-09;C;;;1;1;EUR", "'2025-13-09' is no day and no time with a zone"),
        ("revenue;2025-10-05T10:00;C;;;1;1;EUR", "'2025-10-05T10:00' is no day and no time with a zone"),
        ("revenue;0001-01-01;C;;;1;1;EUR", "'0001-01-01' is no day"),
        ("revenue;2099-10-09;C;;;1;1;EUR", "2099-10-09 lies in the future; tell it once it has happened"),
        (
            "contract.started;2099-10-09;C;K;2100-10-09;;;",
            "2099-10-09 lies in the future; tell it once it has happened",
        ),
        ("contract.ended;2099-10-09;C;K;;;;", "2099-10-09 lies in the future; tell it once it has happened"),
        ("revenue;2025-10-05;C;;;1;1;", "the field currency of revenue is missing"),
        ("revenue;2025-10-05;C;;;1;;EUR", "the field margin of revenue is missing"),
        ("revenue;2025-10-05;;;;1;1;EUR", "the field customer of revenue is missing"),
        ("revenue;2025-10-05;C;;;1.234;1;EUR", "'1.234' can be read in two ways; write 1234.00 or 1.2340"),
        ("revenue;2025-10-05;C;;;12;-12,345;EUR", "'-12,345' can be read in two ways; write -12345.00 or -12.3450"),
        ("revenue;2025-10-05;C;;;1.234,56;1;EUR", "'1.234,56' is no amount; write it like 1234.50"),
        ("revenue;2025-10-05;C;;;NaN;1;EUR", "'NaN' is no amount; write it like 1234.50"),
        ("revenue;2025-10-05;C;;;1e400;1;EUR", "'1e400' is no amount; write it like 1234.50"),
        ("contract.started;2025-10-05;C;K;2025-10-01;;;", "contract.started: an end before its start"),
        ("contract.started;2025-10-05;C;K;;;;", "the field ends of contract.started is missing"),
        ("contract.renewed;2025-10-05;C;NOPE;2026-10-01;;;", "no contract 'NOPE' has started here"),
        ("contract.ended;2025-10-05;;NOPE;;;;", "no contract 'NOPE' has started here"),
        ("contract.ended;2025-10-05;;;;;;", "the field contract of contract.ended is missing"),
        ("revenue;2025-10-05;C;;;1;1;EURO", "'EURO' is no currency in use; write its three capital letters, like EUR"),
        ("revenue;2025-10-05;C;;;1;1;XYZ", "'XYZ' is no currency in use; write its three capital letters, like EUR"),
        ("profit;2025-10-05;C;;;1;1;EUR", "kind is none of"),
    ],
)
def test_what_is_wrong_in_a_line_is_said_as_it_was_typed(desk: SmallDesk, line: str, why: str) -> None:
    desk.take(desk.letter(), desk.mail)
    head = "kind;ts;customer;contract;ends;amount;margin;currency\n"
    found = told(desk, head + line.replace(";C;", ";chiara@studio.example;"))
    assert (found.added, [place for place, _why in found.faults]) == (0, [2])
    assert why in found.faults[0][1]


@pytest.mark.parametrize("amount", ["1234", "1234,5", "1234.50", "0,500", "1234,567", "-12,3", "+7", "1.2345"])
def test_an_amount_with_a_comma_or_a_dot_is_taken(desk: SmallDesk, amount: str) -> None:
    desk.take(desk.letter(), desk.mail)
    sheet = f"kind;ts;customer;amount;margin;currency\nrevenue;2025-10-05;chiara@studio.example;{amount};1;EUR"
    assert told(desk, sheet).faults == []
    with desk.store.reading() as work:
        assert work.query(Event).filter_by(kind="revenue").one().data["amount"] == amount.replace(",", ".")


def test_a_contract_is_known_from_an_earlier_line_or_sheet(desk: SmallDesk) -> None:
    desk.take(desk.letter(), desk.mail)
    head = "kind;ts;customer;contract;ends\n"
    start = "contract.started;2025-01-01;chiara@studio.example;K1;2026-01-01\n"
    renewal = "contract.renewed;2026-01-01;;K1;2027-01-01\n"
    assert [line for line, _why in told(desk, head + renewal + start).faults] == [2]
    assert told(desk, head + renewal).added == 1
    other = start.replace("K1", "K2") + renewal.replace("K1", "K2") + "contract.ended;2026-03-01;;K2;\n"
    assert told(desk, head + other).added == 3


def test_a_clock_that_is_somewhat_fast_is_no_future(desk: SmallDesk) -> None:
    sale = {"kind": "revenue", "customer": customer_of(desk), "amount": "1", "margin": "1", "currency": "EUR"}
    soon = [clock.iso(clock.now() + dt.timedelta(minutes=minutes)) for minutes in (1, 60)]
    with desk.store.transaction() as work:
        found = telling.tell(work, SYSTEM, [(n, {**sale, "id": f"s{n}", "ts": ts}) for n, ts in enumerate(soon)])
    assert (found.added, [line for line, _why in found.faults]) == (1, [1])


def test_an_end_that_lies_ahead_costs_no_customer_today(desk: SmallDesk) -> None:
    desk.take(desk.letter(), desk.mail)
    head = "kind;ts;customer;contract;ends\n"
    began = "contract.started;2025-01-01;chiara@studio.example;K1;2100-01-01\n"
    found = told(desk, head + began + "contract.renewed;2099-12-01;;K1;2101-01-01\ncontract.ended;2099-12-01;;K1;\n")
    assert (found.added, [line for line, _why in found.faults]) == (2, [4])  # a renewal ahead of time is one


@pytest.mark.parametrize(("code", "kept"), [("EUR", "EUR"), ("usd", "USD"), ("ITL", "ITL"), *((c, "") for c in WRONG)])
@pytest.mark.parametrize("kind", ["revenue", "cost.provider"])
def test_money_is_told_in_a_currency_that_there_is(desk: SmallDesk, kind: str, code: Any, kept: str) -> None:
    event = {"kind": kind, "id": "x", "ts": "2025-10-05", "amount": "1", "margin": "1", "currency": code}
    about = {"customer": customer_of(desk), "cost": "c", "channel": "sms", "type": "actual"}
    with desk.store.transaction() as work:
        found = telling.tell(work, SYSTEM, [(1, {**event, **about})])
        assert found.added == bool(kept)
        assert [line.data["currency"] for line in work.query(Event).filter_by(kind=kind)] == [kept] * found.added
    assert found.added or f"{code!r} is no currency" in found.faults[0][1]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "kind,ts,colour\n"])
def test_what_is_no_such_sheet_is_refused(desk: SmallDesk, text: str) -> None:
    with pytest.raises(Invalid):
        told(desk, text)


@pytest.mark.parametrize("kind", ["msg.in", "ticket.status", "cost.rate", "survey.answered", "void", "", None])
def test_what_the_desk_writes_itself_is_nobody_elses_to_tell(desk: SmallDesk, kind: Any) -> None:
    with desk.store.transaction() as work:
        found = telling.tell(work, SYSTEM, [(1, {"id": "x", "ts": "2026-03-09T08:00:00Z", "kind": kind})])
    assert (found.added, len(found.faults)) == (0, 1)


def test_customers_go_into_the_band_that_their_value_reaches(desk: SmallDesk) -> None:
    ticket = desk.take(desk.letter(), desk.mail).ticket
    with desk.store.transaction() as work:
        routing.save_bands(work, SYSTEM, ["gold", "silver"])
        worth.save_values(work, SYSTEM, {"gold": "1000", "silver": "50"})
    told(desk)
    assert desk.store.write(worth.follow) == 1
    assert desk.store.write(worth.follow) == 0
    with desk.store.transaction() as work:
        row = work.get_one(Ticket, ticket)
        assert row.customer is not None
        assert row.customer.band == "silver"
        assert work.query(Event).filter_by(kind="ticket.band").one().data["band"] == "silver"
        worth.save_values(work, SYSTEM, {"gold": "60", "silver": "50"})
    assert desk.store.write(worth.follow) == 1
    with desk.store.reading() as work:
        assert work.query(Customer).filter_by(band="gold").count() == 1


def test_bands_that_are_named_anew_keep_their_values_and_their_customers(desk: SmallDesk) -> None:
    ticket = desk.take(desk.letter(), desk.mail).ticket
    with desk.store.transaction() as work:
        routing.save_bands(work, SYSTEM, ["gold", "silver"])
        worth.save_values(work, SYSTEM, {"gold": "1000", "silver": "50"})
    told(desk)
    desk.store.write(worth.follow)
    with desk.store.transaction() as work:
        settings.put(work, SYSTEM, "sla.targets", {"band:silver": {"first": {"normal": 3_600}}, "band:gold": {}})
        work.add(Rule(name="r", event="arrived", conditions=[{"field": "band", "not": False, "words": ["silver"]}]))
        work.add(Macro(name="m", steps=[{"do": "band", "what": "silver"}, {"do": "tag", "what": "silver"}]))
    with desk.store.transaction() as work:
        routing.save_bands(work, SYSTEM, ["gold", "argento"])
        assert worth.values(work) == {"gold": 1000, "argento": 50}
    assert bands(desk, ticket) == ["argento"]
    with desk.store.reading() as work:
        assert settings.get(work, "sla.targets") == {"band:argento": {"first": {"normal": 3_600}}, "band:gold": {}}
        assert work.scalars(select(Rule)).one().conditions[0]["words"] == ["argento"]
        assert [step["what"] for step in work.scalars(select(Macro)).one().steps] == ["argento", "silver"]
    with pytest.raises(Invalid, match="a better band would have a lower value"), desk.store.transaction() as work:
        routing.save_bands(work, SYSTEM, ["argento", "gold"])
    with desk.store.transaction() as work:
        worth.save_values(work, SYSTEM, {"gold": "60", "argento": "50"})
    desk.store.write(worth.follow)
    assert bands(desk, ticket) == ["gold"]
    with desk.store.transaction() as work:
        routing.save_bands(work, SYSTEM, ["argento"])
        assert worth.values(work) == {"argento": 50}
        assert "band:gold" not in settings.get(work, "sla.targets")
    assert bands(desk, ticket) == [""]
    assert desk.store.write(worth.follow) == 1, "who was in the band that is gone is looked at again"
    assert bands(desk, ticket) == ["argento"]


@pytest.mark.parametrize("typed", ["1.000", "1,000", " 12.500 "])
def test_a_value_that_can_be_read_in_two_ways_is_refused(desk: SmallDesk, typed: str) -> None:
    with desk.store.transaction() as work:
        routing.save_bands(work, SYSTEM, ["gold"])
        with pytest.raises(Invalid, match="two ways"):
            worth.save_values(work, SYSTEM, {"gold": typed})


def test_a_band_follows_the_clock_a_void_and_what_service_costs_and_leaves_a_hands_choice(desk: SmallDesk) -> None:
    """What was told once is looked at again every night, also where nothing is told any more."""
    first, second = (desk.take(desk.letter(sender=f"{name}@studio.example"), desk.mail).ticket for name in ("a", "b"))
    with desk.store.transaction() as work:
        routing.save_bands(work, SYSTEM, ["vip", "gold", "silver"])
        worth.save_values(work, SYSTEM, {"gold": "1000", "silver": "50"})
        ids = [work.get_one(Ticket, number).customer_id or "" for number in (first, second)]
        for id, who, margin in (("r1", ids[0], "1500"), ("r2", ids[0], "200"), ("r3", ids[1], "70")):
            work.append("revenue", id=id, customer=who, margin=margin, currency="EUR")
    count(desk)
    assert bands(desk, first, second) == ["", ""]
    assert worth.review(desk.store) == 2
    assert bands(desk, first, second) == ["gold", "silver"]
    writes = desk.store.last_seq()
    assert worth.review(desk.store) == 0
    assert desk.store.last_seq() == writes

    with desk.store.transaction() as work:
        work.append("void", target="r1")
        work.append(
            "cost.provider", ticket=second, cost="c1", type="actual", channel="email", amount="60", currency="EUR"
        )
    count(desk)
    assert worth.review(desk.store) == 2
    assert bands(desk, first, second) == ["silver", ""]

    with desk.store.transaction() as work:
        row = work.get_one(Ticket, first)
        assert row.customer is not None
        row.customer.band = "vip"
    assert worth.review(desk.store) == 0
    assert bands(desk, first) == ["vip"]
    with desk.store.transaction() as work:
        work.append("revenue", id="r4", customer=ids[0], margin="5", currency="EUR")
    count(desk)
    desk.store.write(worth.follow)
    assert bands(desk, first) == ["vip"], "no line of revenue takes away what a hand gave"


def test_a_year_on_what_may_follow_is_less(desk: SmallDesk) -> None:
    ticket = desk.take(desk.letter(), desk.mail).ticket
    with desk.store.transaction() as work:
        routing.save_bands(work, SYSTEM, ["gold"])
        worth.save_values(work, SYSTEM, {"gold": "1000"})
        who, now = work.get_one(Ticket, ticket).customer_id or "", clock.now()
        started: dict[str, Any] = {
            "customer": who,
            "contract": "K",
            "ends": "2090-01-01T00:00:00Z",
            "ts": now - dt.timedelta(days=900),
        }
        work.append("contract.started", **started)
        work.append("revenue", customer=who, margin="500", currency="EUR")
    count(desk)
    desk.store.write(worth.follow)
    assert bands(desk, ticket) == ["gold"]  # 500, and as much again may follow each year
    with clock.at(now + dt.timedelta(days=400)):
        assert not worth_waits(desk)
        assert worth.review(desk.store) == 1
    assert bands(desk, ticket) == [""]


def test_the_worker_looks_once_a_night_or_by_day_where_the_desk_slept(
    desk: SmallDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Store] = []

    def review(store: Store) -> int:
        looks.append(store)
        return 0

    monkeypatch.setattr(worth, "review", review)
    worker = Figures(desk.store)

    def look(moment: str) -> int:
        with clock.at(dt.datetime.fromisoformat(moment)):
            worker._review()
        return len(looks)

    assert look("2026-03-10T03:00:00+01:00") == 0  # no band has a value
    with desk.store.transaction() as work:
        routing.save_bands(work, SYSTEM, ["gold"])
        worth.save_values(work, SYSTEM, {"gold": "1000"})
    days = ("2026-03-10T12:00:00", "2026-03-10T13:00:00", "2026-03-11T01:59:00", "2026-03-11T02:00:00")
    assert [look(f"{day}+01:00") for day in days] == [1, 1, 1, 2]
    later = ("2026-03-11T04:00:00", "2026-03-12T12:00:00", "2026-03-13T00:01:00", "2026-03-13T09:00:00")
    assert [look(f"{day}+01:00") for day in later] == [2, 2, 3, 3]


def count(desk: SmallDesk) -> None:
    """As the worker does."""
    with desk.store.reading() as work:
        config = promises.config(work)
    keeper.catch_up(desk.store, config)


def bands(desk: SmallDesk, *tickets: int | None) -> list[str]:
    with desk.store.reading() as work:
        return [row.customer.band for number in tickets if (row := work.get_one(Ticket, number)).customer is not None]


def worth_waits(desk: SmallDesk) -> bool:
    with desk.store.reading() as work:
        return worth.waiting(work)


@pytest.mark.parametrize("typed", [{"gold": "5", "silver": "10"}, {"gold": "5", "silver": "5"}, {"gold": "much"}])
def test_a_better_band_has_a_higher_value(desk: SmallDesk, typed: dict[str, str]) -> None:
    with desk.store.transaction() as work:
        routing.save_bands(work, SYSTEM, ["gold", "silver"])
        with pytest.raises(Invalid):
            worth.save_values(work, SYSTEM, typed)


@pytest.mark.parametrize(
    ("invests", "innovates", "quadrant"),
    [(0, 0, "observer"), (50, 49, "conservative"), (0.49, 100, "contender"), (50, 50, "first")],
)
def test_a_desk_stands_in_one_of_four_fields(desk: SmallDesk, invests: float, innovates: float, quadrant: str) -> None:
    for item, axis, score, stands in (
        ("staff", "investment", invests, ""),
        ("networks", "innovation", innovates, quadrant),
    ):
        with desk.store.transaction() as work:
            work.append("smi.answer", item=item, axis=axis, weight=1, score=score / 100)
        with desk.store.reading() as work:
            assert reading.page(work).now.quadrant == stands


def agrees(desk: SmallDesk) -> reading.MaturityPage:
    """The page, which says what the report does."""
    count(desk)
    with figures.looking(desk.store) as work:
        page = reading.page(work)
        today = clock.now().date()
        day = dt.timedelta(days=1)
        found = figures.source(work).ask(today - day, today + 2 * day, keys=["smi"])["all"]
    for axis in ("investment", "innovation"):
        exact = found[f"smi.{axis}"]
        assert getattr(page.now, axis) == (None if exact is None else int(float(str(exact)) + 0.5))
    assert page.now.quadrant == str(found["smi.quadrant"] or "").removeprefix("social_")
    return page


def test_an_answer_that_names_a_time_to_come_blocks_none_after_it(desk: SmallDesk) -> None:
    """Imported before that was looked at: it counts from when it was recorded on."""
    staff = {"id": "s1", "kind": "smi.answer", "item": "staff", "axis": "investment", "weight": 1}
    with desk.store.transaction() as work, clock.at(YESTERDAY):
        rows = [history.read(json.dumps({**staff, "score": 0, "rec": clock.iso(YESTERDAY), "ts": clock.iso(TO_COME)}))]
        history.add(work, SYSTEM, rows)
    with desk.store.transaction() as work:
        assert maturity.answer(work, SYSTEM, {"staff": "0.75"}) == 1
    page = agrees(desk)
    assert (page.now.investment, page.answers) == (75, {"staff": "0.75"})


def test_a_void_of_a_void_brings_an_answer_back_and_a_third_takes_it_away(desk: SmallDesk) -> None:
    with desk.store.transaction() as work:
        for item, score in (("staff", 1.0), ("hours", 0.5)):
            work.append("smi.answer", id=item, item=item, axis="investment", weight=1, score=score)
    chain, stands = ["staff", "v1", "v2", "v3"], [50, 75, 50]
    for id, target, mean in zip(chain[1:], chain, stands, strict=False):
        with desk.store.transaction() as work:
            work.append("void", id=id, target=target)
        assert agrees(desk).now.investment == mean


def test_what_a_program_took_back_stands_again_where_that_was_void(desk: SmallDesk) -> None:
    event = {"id": "m", "kind": "smi.answer", "item": "staff", "axis": "investment", "weight": 1, "score": 1}
    with desk.store.transaction() as work:
        telling.tell(work, SYSTEM, [(1, {**event, "ts": "2026-03-09T08:00:00Z"})])

    def stands() -> bool:
        with desk.store.reading() as work:
            rows = telling.still(work, work.scalars(select(Event).where(Event.id == "m")))
            return [row.id for row in rows] == ["m"]

    for is_new, is_known in ((1, 0), (0, 1)):
        with desk.store.transaction() as work:
            found = telling.take_back(work, SYSTEM, ["m"])
        assert (found.added, found.known, stands()) == (is_new, is_known, False)
    with desk.store.transaction() as work:
        work.append("void", target=work.scalars(select(Event.id).where(Event.kind == "void")).one())
    assert stands()
    with desk.store.transaction() as work:
        assert telling.take_back(work, SYSTEM, ["m"]).added == 1
    assert not stands()


def test_voids_that_name_each_other_end_as_the_figures_have_it(desk: SmallDesk) -> None:
    with desk.store.transaction() as work:
        work.append("smi.answer", id="a", item="staff", axis="investment", weight=1, score=1)
        work.append("void", id="x", target="y")
        work.append("void", id="y", target="x")
        work.append("void", id="z", target="a")
        work.append("void", id="w", target="z")
        work.append("void", id="z2", target="w")
        work.append("void", id="self", target="self")
    assert agrees(desk).now.investment is None


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"axis": "innovation"}, "staff is a question of investment, not of innovation"),
        ({"ts": "2097-03-09T08:00:00Z"}, "2097-03-09T08:00:00Z lies in the future; tell it once it has happened"),
    ],
)
def test_a_program_answers_no_question_on_the_other_axis_and_none_of_the_future(
    desk: SmallDesk, wrong: dict[str, Any], why: str
) -> None:
    event = {"id": "m", "kind": "smi.answer", "item": "staff", "axis": "investment", "weight": "1.0", "score": 0.33}
    event["ts"] = "2026-03-09T08:00:00Z"
    with desk.store.transaction() as work:
        found = telling.tell(work, SYSTEM, enumerate([{**event, **wrong}, event], 1))
    assert (found.added, len(found.faults)) == (1, 1)
    assert found.faults[0][1].startswith(why)
    assert agrees(desk).answers == {"staff": "0.33"}


def test_a_history_brings_its_own_questions_which_the_page_names(desk: SmallDesk) -> None:
    foreign = [("martian", "innovation", 3, 0.335), ("", "innovation", 1, 1), ("staff", "innovation", 1, 0.5)]
    with desk.store.transaction() as work:
        for item, axis, weight, score in foreign:
            work.append("smi.answer", item=item, axis=axis, weight=weight, score=score)
    page = agrees(desk)
    named = [("martian", "innovation", 34, 3), ("–", "innovation", 100, 1), ("staff", "innovation", 50, 1)]
    assert ([tuple(one) for one in page.foreign], page.answers) == (named, {})
    with desk.store.transaction() as work:  # the same score, but to our own question
        assert maturity.answer(work, SYSTEM, {"staff": "0.5", "networks": "1"}) == 2
    page = agrees(desk)
    assert ([one.item for one in page.foreign], page.answers) == (["martian", "–"], {"staff": "0.5", "networks": "1"})
    assert (page.now.investment, page.now.innovation) == (50, 60)


def test_only_changed_answers_are_events_and_the_lowest_are_next(desk: SmallDesk) -> None:
    with desk.store.transaction() as work:
        assert maturity.answer(work, SYSTEM, {"staff": "1", "networks": "0", "budget": "0.5"}) == 3
    with desk.store.transaction() as work:
        assert maturity.answer(work, SYSTEM, {"staff": "1", "networks": "0.25"}) == 1
    with desk.store.reading() as work:
        page = reading.page(work)
        assert (page.now.investment, page.now.innovation, page.now.quadrant) == (75, 25, "conservative")
        assert len(page.history) == 1
        for wrong in ({}, {"staff": "2"}, {"sport": "1"}):
            with pytest.raises(Invalid):
                maturity.answer(work, SYSTEM, wrong)


def test_answers_that_were_taken_back_stand_nowhere(desk: SmallDesk) -> None:
    with desk.store.transaction() as work:
        maturity.answer(work, SYSTEM, {"staff": "1", "networks": "1"})
    with desk.store.transaction() as work:
        for one in work.query(Event).filter_by(kind="smi.answer").all():
            work.append("void", actor=SYSTEM.actor, target=one.id)
    with desk.store.reading() as work:
        page = reading.page(work)
        assert (page.now.quadrant, page.answers, page.history, maturity.answers(work)) == ("", {}, (), [])


def test_a_score_has_to_be_on_the_scale_of_its_survey(desk: SmallDesk) -> None:
    def tell(*lines: dict[str, Any]) -> telling.Outcome:
        told = [{"id": f"{line['kind']} {line['survey']}", "ts": "2026-03-09T08:00:00Z", **line} for line in lines]
        with desk.store.transaction() as work:
            return telling.tell(work, SYSTEM, enumerate(told, 1))

    sent, answer = {"kind": "survey.sent", "type": "nps"}, {"kind": "survey.answered"}
    found = tell({**sent, "survey": "V"}, {**sent, "survey": "W", "max": 5}, {**answer, "survey": "V", "score": 11})
    why = "the field score of survey.answered: 11 does not lie between 0 and 10"
    assert (found.added, found.faults) == (2, [(3, why)])
    assert tell({**answer, "survey": "W", "score": 7}).faults[0][1].endswith("7 does not lie between 0 and 5")
    assert tell({**answer, "survey": "V", "score": 10}, {**answer, "survey": "X", "score": 99}).added == 2


ROWS = "kind,ts,customer,amount,margin,currency"


@pytest.mark.parametrize(
    ("sheet", "says"),
    [
        (f"{ROWS}\nrevenue,2026-03-01,C,2,1234,50,EUR\n".encode(), None),
        (b"kind,ts,amount,amount\nrevenue,2026-03-01,15,99\n", "line 1: the column amount is there more than once"),
        (
            "kind,ts,contract\ncontract.started,2026-03-01,perch\u00e9\n".encode("latin-1"),
            "line 2 is none of a CSV sheet",
        ),
    ],
)
def test_a_sheet_that_says_two_things_at_once_is_refused(desk: SmallDesk, sheet: bytes, says: str | None) -> None:
    with desk.store.transaction() as work:
        if says is None:
            found = telling.tell(work, SYSTEM, telling.rows_of_csv(sheet))
            assert (found.added, [line for line, _why in found.faults]) == (0, [2])
            return
        with pytest.raises(Invalid, match=says):
            list(telling.rows_of_csv(sheet))
