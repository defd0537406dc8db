"""Exchange rates out of the ECB's file: every form of it, and what cannot be believed."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from decimal import Decimal

import pytest

from inbox.actions import costs, ecb
from inbox.actions import desk as settings
from inbox.actions.who import SYSTEM
from inbox.errors import Invalid
from inbox.store import Event, Work
from tests.actions.conftest import SmallDesk

CSV = b"Date,USD,JPY,BGN,\n2026-03-10,1.0833,160.55,1.9558,\n2026-03-09,1.0800,N/A,1.9558,\n"
XML = b"""<?xml version="1.0"?>
<gesmes:Envelope><Cube>
<Cube time='2026-03-10'><Cube currency='USD' rate='1.0833'/>
<Cube currency='JPY' rate='-1'/></Cube>
<Cube time="2026-03-09"><Cube currency="USD" rate="1.0800"/></Cube>
</Cube></gesmes:Envelope>"""


def packed(data: bytes, name: str = "eurofxref-hist.csv") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(name, data)
    return out.getvalue()


DAILY = b"Date, USD, JPY, \n10 March 2026, 1.0833, 160.55, \n"


@pytest.mark.parametrize("data", [DAILY, packed(DAILY, "eurofxref.csv")])
def test_the_file_of_one_day_names_its_month(data: bytes) -> None:
    assert ecb.read(data) == ({dt.date(2026, 3, 10): {"USD": Decimal("1.0833"), "JPY": Decimal("160.55")}}, [])


@pytest.mark.parametrize("data", [CSV, packed(CSV), b"\xef\xbb\xbf" + CSV.replace(b"\n", b"\r\n"), XML])
def test_each_form_of_the_file_is_read(data: bytes) -> None:
    rates, _faults = ecb.read(data)
    assert rates[dt.date(2026, 3, 10)]["USD"] == Decimal("1.0833")
    assert rates[dt.date(2026, 3, 9)]["USD"] == Decimal("1.0800")
    assert "JPY" not in rates[dt.date(2026, 3, 9)]


@pytest.mark.parametrize(
    ("data", "line", "why"),
    [
        (b"Date,USD\n2026-03-10,x\n", 2, "USD: 'x' is no rate"),
        (b"Date,USD\n2026-03-10,0\n", 2, "USD: '0' is no plausible rate"),
        (b"Date,USD\n\n2026-02-30,1\n", 3, "'2026-02-30' is no date"),
        (b"Date,USD\n31 Smarch 2026,1\n", 2, "'31 Smarch 2026' is no date"),
        (b"Date,USD\n31 February 2026,1\n", 2, "'31 February 2026' is no date"),
        (b"Date,USD\n2999-01-01,1\n", 2, "2999-01-01 lies outside the days of the euro"),
        (b"Date,usd\n2026-03-10,1\n", 2, "'usd' is no currency"),
        (XML, 4, "JPY: '-1' is no plausible rate"),
    ],
)
def test_what_cannot_be_believed_is_named_by_its_line(data: bytes, line: int, why: str) -> None:
    assert ecb.read(data)[1] == [(line, why)]


@pytest.mark.parametrize(
    "data", [b"", b"\x00\xff" * 50, b"a,b\n1,2\n", b"PK\x03\x04broken", packed(b"", "x.txt"), b"<html>"]
)
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        ecb.read(data)


@pytest.mark.parametrize(("base", "worth"), [("EUR", "0.9231053263"), ("JPY", "148.2045601403")])
def test_the_rates_of_named_currencies_become_events_once(desk: SmallDesk, base: str, worth: str) -> None:
    with desk.store.transaction() as work:
        settings.put(work, SYSTEM, "desk.currency", base)
        found = ecb.bring(work, SYSTEM, CSV, ["usd"], dt.date(2026, 3, 10))
        assert (found.added, found.faults) == (1, [])
    with desk.store.transaction() as work:
        [line] = work.query(Event).filter_by(kind="fx.rate").all()
        assert line.data == {"date": "2026-03-10", "ccy": "USD", "rate": worth}
        assert ecb.bring(work, SYSTEM, CSV, ["USD"], dt.date(2026, 3, 10)).known == 1
        with pytest.raises(Invalid):
            ecb.bring(work, SYSTEM, CSV, ["dollars"], dt.date(2026, 3, 10))


@pytest.mark.parametrize(
    ("wanted", "since", "added", "absent"),
    [
        (["usd", "RUB", "GBP"], dt.date(2026, 3, 9), 2, "GBP, RUB from 2026-03-09 on"),
        (["USD"], dt.date(2026, 3, 11), 0, "USD from 2026-03-11 on"),
    ],
)
def test_what_the_file_does_not_have_is_said(
    desk: SmallDesk, wanted: list[str], since: dt.date, added: int, absent: str
) -> None:
    with desk.store.transaction() as work:
        found = ecb.bring(work, SYSTEM, CSV, wanted, since)
    assert (found.added, found.faults) == (added, [(0, f"the file has no rate of {absent}")])


@pytest.mark.parametrize(
    ("what", "field"),
    [
        (lambda work: costs.rate(work, SYSTEM, per_hour="20", start=dt.date(1066, 1, 1)), "since"),
        (lambda work: costs.fee(work, SYSTEM, month="2999-01", amount="20"), "month"),
        (lambda work: costs.fee(work, SYSTEM, month="2026-01", amount="20", currency="euro"), "currency"),
        (lambda work: costs.standing_fee(work, SYSTEM, month="2026-01", amount="20", currency="XXX"), "currency"),
        (lambda work: costs.exchange(work, SYSTEM, currency="ÀÉÈ", rate="1", day=dt.date(2026, 1, 1)), "currency"),
        (lambda work: costs.exchange(work, SYSTEM, currency="XTS", rate="1", day=dt.date(2026, 1, 1)), "currency"),
        (lambda work: ecb.bring(work, SYSTEM, CSV, ["USD", "ABC"], dt.date(2026, 1, 1)), "currencies"),
        (lambda work: settings.put(work, SYSTEM, "desk.currency", "ÀÉÈ"), "currency"),
        (lambda work: settings.put(work, SYSTEM, "desk.currency", "XXX"), "currency"),
        (lambda work: costs.exchange(work, SYSTEM, currency="USD", rate="1", day=dt.date(2999, 1, 1)), "day"),
        (lambda work: costs.team_rate(work, SYSTEM, per_hour="20", start=dt.date(2026, 1, 1), team="no"), "agent"),
    ],
)  # fmt: skip
def test_wrong_days_and_currencies_are_refused_with_a_sentence(
    desk: SmallDesk, what: Callable[[Work], object], field: str
) -> None:
    with desk.store.transaction() as work, pytest.raises(Invalid) as refused:
        what(work)
    assert list(refused.value.fields) == [field]
