"""How a cell's sums are written down so that a report reads hundreds of them quickly.

Outcomes stand in one list in the order of time; a histogram of few durations is a text with one character for each.
"""

from __future__ import annotations

import sys
from array import array
from collections import Counter
from collections.abc import Mapping
from itertools import chain

from inbox.metrics.formulas import BUCKETS, bucket_name, midpoint

__all__ = ["Counts", "bucket_of", "codes_of", "counted", "in_a_row", "middles", "out_of_row", "packed", "unpacked"]

Counts = dict[str, int]

_FIRST = 0x80  # the character of bucket 0: after all that JSON would have to escape; a bucket is below 2,048
_UTF_16 = f"utf-16-{sys.byteorder[0]}e"

_CHARACTERS = {bucket_name(n): chr(_FIRST + n) for n in range(BUCKETS)}

_FEW = 4  # durations in a bucket, on average: up to here they are shorter told one by one


def in_a_row(due: Mapping[str, Mapping[int, int]]) -> dict[str, list[int]]:
    """Of each outcome ``[sum of n, due, n, due, n, ...]`` in the order of time."""
    return {outcome: _row(by_due) for outcome, by_due in due.items()}


def _row(by_due: Mapping[int, int]) -> list[int]:
    if len(by_due) == 1:
        ((when, n),) = by_due.items()
        return [n, when, n]
    return [sum(by_due.values()), *chain.from_iterable(sorted(by_due.items()))]


def out_of_row(row: list[int]) -> dict[int, int]:
    """The counts of one outcome by their due day or month."""
    return dict(zip(row[1::2], row[2::2], strict=True))


def packed(times: Mapping[str, Counts]) -> dict[str, Counts | str]:
    """Histograms as they are kept: a text is read, joined and counted much quicker than small counts are added."""
    return {measure: _packed(counts) for measure, counts in times.items()}


def _packed(counts: Counts) -> Counts | str:
    several = counts.values()
    total, least = sum(several), min(several)
    if total > _FEW * len(counts) or least < 0:
        return counts
    if total == len(counts) and least:  # each once
        return "".join([_CHARACTERS[name] for name in sorted(counts)])
    return "".join([_CHARACTERS[name] * n for name, n in sorted(counts.items())])


def codes_of(text: str) -> array[int]:
    """One number for each duration in a packed text, to be sorted; ``bucket_of`` says its bucket."""
    return array("H", text.encode(_UTF_16))


def bucket_of(code: int) -> int:
    """The bucket that a number of ``codes_of`` stands for."""
    return code - _FIRST


def counted(text: str) -> Counts:
    """A packed text as counts by bucket."""
    return {bucket_name(code - _FIRST): n for code, n in Counter(codes_of(text)).items()}


def middles(text: str) -> dict[int, int]:
    """A packed text as counts by the middle of the bucket, in ms."""
    return {midpoint(code - _FIRST): n for code, n in Counter(codes_of(text)).items()}


def unpacked(times: Mapping[str, Counts | str]) -> dict[str, Counts]:
    """The histograms that were packed."""
    return {measure: counted(kept) if isinstance(kept, str) else kept for measure, kept in times.items()}
