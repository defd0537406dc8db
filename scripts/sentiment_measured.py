"""Measures how customers' mood is read, on two sets of labelled sentences.

The first set was labelled before the word lists were written, but its sentences share expressions with them and flatter
them. The fresh one was written later, by somebody who had never seen the lists: it is the one to believe. Both are for
measuring only: a list that is mended after looking at them is measured by nothing any more.
"""

# ruff: noqa: INP001, T201  (a folder of programs, which print)
from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from inbox.sentiment import BAD, GOOD, MODEL, score

__all__ = ["CLASSES", "LANGUAGES", "SETS", "class_of", "labelled", "measured"]

LABELLED = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "sentiment"
LANGUAGES = ("it", "en")
#: How the file of a set ends after the language.
SETS = {"first": "", "fresh": "_fresh"}
CLASSES = ("pos", "neu", "neg")


def labelled(language: str, name: str = "first") -> list[tuple[str, str]]:
    """(class, sentence) of every sentence of a language in the set of that name."""
    lines = (LABELLED / f"{language}{SETS[name]}.tsv").read_text(encoding="utf-8").splitlines()
    return [(label, text) for label, _, text in (line.partition("\t") for line in lines)]


def class_of(value: float) -> str:
    """The class of a score."""
    return "neg" if value <= BAD else "pos" if value >= GOOD else "neu"


def measured(language: str, name: str = "first") -> dict[str, tuple[float, float, int]]:
    """Precision, recall and number of sentences by class, of a language in the set of that name."""
    pairs = Counter((label, class_of(score(text))) for label, text in labelled(language, name))
    found = {}
    for label in CLASSES:
        right = pairs[label, label]
        told = sum(pairs[other, label] for other in CLASSES)
        there = sum(pairs[label, other] for other in CLASSES)
        found[label] = (right / told if told else 0.0, right / there if there else 0.0, there)
    return found


def main() -> None:
    """Prints both sets beside each other; with ``--wrong`` also the sentences that are read wrongly."""
    print(f"model {MODEL}")
    print(f"{'':7}" + "".join(f"   {name + ' set: precision':>20} {'recall':>7} {'n':>4}" for name in SETS))
    for language in LANGUAGES:
        figures = [measured(language, name) for name in SETS]
        for label in CLASSES:
            told = (f"   {one[label][0]:20.2f} {one[label][1]:7.2f} {one[label][2]:4}" for one in figures)
            print(f"{language} {label:4}" + "".join(told))
    if "--wrong" in sys.argv:
        for name in SETS:
            for language in LANGUAGES:
                for label, text in labelled(language, name):
                    if class_of(score(text)) != label:
                        print(f"  {name} {label} {score(text):+.2f}  {text}")


if __name__ == "__main__":
    main()
