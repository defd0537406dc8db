"""Measures how customers' mood is read, on sentences that were labelled before the word lists were written.

They are for measuring only: a list that is mended after looking at them is measured by nothing any more.
"""

# ruff: noqa: INP001, T201  (a folder of programs, which print)
from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from inbox.sentiment import BAD, GOOD, MODEL, score

__all__ = ["CLASSES", "class_of", "labelled", "measured"]

LABELLED = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "sentiment"
CLASSES = ("pos", "neu", "neg")


def labelled(language: str) -> list[tuple[str, str]]:
    """(class, sentence) of every labelled sentence of a language."""
    lines = (LABELLED / f"{language}.tsv").read_text(encoding="utf-8").splitlines()
    return [(name, text) for name, _, text in (line.partition("\t") for line in lines)]


def class_of(value: float) -> str:
    """The class of a score."""
    return "neg" if value <= BAD else "pos" if value >= GOOD else "neu"


def measured(language: str) -> dict[str, tuple[float, float, int]]:
    """Precision, recall and number of sentences by class."""
    pairs = Counter((name, class_of(score(text))) for name, text in labelled(language))
    found = {}
    for name in CLASSES:
        right = pairs[name, name]
        told = sum(pairs[other, name] for other in CLASSES)
        there = sum(pairs[name, other] for other in CLASSES)
        found[name] = (right / told if told else 0.0, right / there if there else 0.0, there)
    return found


def main() -> None:
    """Prints a table; with ``--wrong`` also the sentences that are read wrongly."""
    print(f"model {MODEL}")
    print(f"{'':12} {'precision':>10} {'recall':>8} {'n':>5}")
    for language in ("it", "en"):
        for name, (precision, recall, n) in measured(language).items():
            print(f"{language} {name:9} {precision:10.2f} {recall:8.2f} {n:5}")
        if "--wrong" in sys.argv:
            for name, text in labelled(language):
                if class_of(score(text)) != name:
                    print(f"  {name} {score(text):+.2f}  {text}")


if __name__ == "__main__":
    main()
