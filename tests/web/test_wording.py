"""What actions and pydantic say, as a reader takes it."""

from __future__ import annotations

import re

import pytest

from inbox.errors import Invalid
from inbox.web import wording
from tests.web.conftest import TestDesk


def test_every_value_that_a_sentence_shows_is_found_by_its_pattern(desk: TestDesk) -> None:
    with desk.app.test_request_context():
        for pattern, words in wording._sentences():
            shown = set(re.findall(r"%\((\w+)\)s", words))
            assert shown == set(re.compile(pattern).groupindex), pattern
            assert "%" not in re.sub(r"%\(\w+\)s", "", words)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("Value error, this is no mail address", "Write a whole mail address, like anna@shop.example."),
        ("String should have at least 1 character", "Fill this in."),
        ("String should have at most 60 characters", "At most 60 characters."),
        ("Input should be less than or equal to 65535", "Write 65535 or less."),
        ("'100%s' is no amount; write it like 24.50", "'100%s' is no amount: write it like 24.50."),
        ("something nobody has foreseen, 100% sure", "Something nobody has foreseen, 100% sure"),
        ("", ""),
    ],
)
def test_a_sentence_is_worded_for_its_reader(desk: TestDesk, said: str, read: str) -> None:
    with desk.app.test_request_context():
        assert wording.worded(said) == read


def test_a_problem_without_fields_is_about_the_form_as_a_whole(desk: TestDesk) -> None:
    with desk.app.test_request_context():
        assert wording.errors(Invalid("this reason is there already")) == {"": "This reason is there already."}
        assert wording.errors(Invalid("a; b", fields={"name": "give the team a name"})) == {
            "name": "Give the team a name."
        }
