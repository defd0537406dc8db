"""Values out of strange payloads are usable or a ValueError."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.untrusted import as_count, as_text, from_millis, from_seconds, load, unreadable


@given(text=st.text(alphabet=st.characters(), max_size=50))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert as_text(text.replace("\x00", "")) == text.replace("\x00", "")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\x00b", "ab"),
        ("\ud83d", "\ufffd"),
        ("\ud83d\ude1f", "😟"),
        (7, "7"),
        (-7, "-7"),
        (True, ""),
        (None, ""),
        (1.5, ""),
        ([], ""),
    ],
)
def test_everything_becomes_storable_text(value: object, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("value", "count"),
    [(0, 0), ("12", 12), (-1, None), ("٣", None), ("1e3", None), (2**63, None), (None, None), (True, None), ("", None)],
)
def test_counts_are_whole_and_not_negative(value: object, count: int | None) -> None:
    assert as_count(value) == count


def test_times_are_aware_utc() -> None:
    assert from_seconds("1795255200") == dt.datetime(2026, 11, 21, 10, tzinfo=dt.UTC)
    assert from_millis(1795255200123) == dt.datetime(2026, 11, 21, 10, 0, 0, 123_000, tzinfo=dt.UTC)


@pytest.mark.parametrize("value", [None, "", "soon", -1, 10**15, 1.5, True, [], float("nan")])
def test_a_time_that_is_none_is_a_value_error(value: Any) -> None:
    with pytest.raises(ValueError, match="no time"):
        from_seconds(value)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 200_000, b'{"a":' * 200_000, b"9" * 5000])
def test_json_that_is_none_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        load(body)


def test_the_same_unreadable_thing_has_the_same_id_and_a_short_reason() -> None:
    assert unreadable(b"x", "why").external_id == unreadable("x", "other").external_id
    assert unreadable(b"x", "why").external_id != unreadable(b"y", "why").external_id
    assert len(unreadable(b"x", "y" * 9000).error) == 500
