"""Quick replies at the end of an answer."""

from __future__ import annotations

import pytest

from inbox.rendering.markup import render
from inbox.rendering.quick import apart


@pytest.mark.parametrize(
    ("text", "said", "labels"),
    [
        ("Va bene?", "Va bene?", []),
        ("Va bene? [[Sì]] [[No]]", "Va bene?", ["Sì", "No"]),
        ("Va bene?\n\n[[Sì, grazie]]\n[[ Altro giorno ]]\n", "Va bene?", ["Sì, grazie", "Altro giorno"]),
        ("[[Sì]] è la risposta", "[[Sì]] è la risposta", []),
        ("[[]] [[ ]]", "[[]]", []),
        ("[[Solo]]", "", ["Solo"]),
        ("Scegli " + "[[a]]" * 9, "Scegli", ["a"] * 6),
        ("[" * 5000, "[" * 5000, []),
        ("[[a]] " * 2000 + "x", "[[a]] " * 2000 + "x", []),
    ],
)
def test_what_of_an_answer_is_a_button(text: str, said: str, labels: list[str]) -> None:
    assert apart(text) == (said, labels)


@pytest.mark.parametrize("markup", ["plain", "html", "telegram"])
def test_elsewhere_they_are_lines(markup: str) -> None:
    assert render("Va bene? [[Sì]] [[No]]", markup)[0] == "Va bene?\n– Sì\n– No"
