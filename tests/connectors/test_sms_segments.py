"""SMS segments are counted as the network bills them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sms_segments import GSM7, GSM7_EXTENDED, Segments, segments


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments("gsm7", 0, 0, 160)),
        ("a", Segments("gsm7", 1, 1, 159)),
        ("a" * 160, Segments("gsm7", 1, 160, 0)),
        ("a" * 161, Segments("gsm7", 2, 161, 145)),
        ("a" * 306, Segments("gsm7", 2, 306, 0)),
        ("a" * 307, Segments("gsm7", 3, 307, 152)),
        ("è" * 160, Segments("gsm7", 1, 160, 0)),
        ("€" * 80, Segments("gsm7", 1, 160, 0)),
        ("€" * 81, Segments("gsm7", 2, 162, 143)),
        ("ç", Segments("ucs2", 1, 1, 69)),
        ("Ç", Segments("gsm7", 1, 1, 159)),
        ("`", Segments("ucs2", 1, 1, 69)),
        ("ы" * 70, Segments("ucs2", 1, 70, 0)),
        ("ы" * 71, Segments("ucs2", 2, 71, 63)),
        ("👍", Segments("ucs2", 1, 2, 68)),
        ("👍" * 35, Segments("ucs2", 1, 70, 0)),
    ],
)
def test_known_lengths(text: str, expected: Segments) -> None:
    assert segments(text) == expected


def test_an_escape_is_not_parted_from_its_character() -> None:
    # 152 + "€" does not fit into the first part's 153, so one septet stays empty.
    assert segments("a" * 152 + "€" + "a" * 152).count == 3
    assert segments("a" * 151 + "€" + "a" * 153).count == 2


def test_a_pair_of_surrogates_is_not_parted() -> None:
    assert segments("ы" * 66 + "👍" + "ы" * 66).count == 3
    assert segments("ы" * 65 + "👍" + "ы" * 67).count == 2


def test_the_alphabet_has_its_127_characters_besides_the_escape_and_its_ten_extensions() -> None:
    assert (len(GSM7), len(GSM7_EXTENDED)) == (127, 10)
    assert not GSM7 & GSM7_EXTENDED


@given(text=st.text(max_size=400))
def test_a_longer_text_never_takes_fewer_segments(text: str) -> None:
    counted = segments(text)
    assert segments(text + "a").count >= counted.count
    assert 0 <= counted.left <= 160
    assert (counted.count == 0) == (text == "")
