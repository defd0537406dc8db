"""What the floors below say in English is read in the reader's language, with its values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from inbox.rendering.sentences import HOLE, said
from scripts.words import spoken
from tests.i18n.catalogues import TRANSLATED, committed

Reader = Callable[[str], AbstractContextManager[object]]


@pytest.fixture
def reader() -> Iterator[Reader]:
    app = Flask("sentences")
    Babel(app)
    with app.test_request_context():
        yield force_locale


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_found_again_with_its_values(reader: Reader, language: str) -> None:
    with reader(language):
        for message in committed(language, "sentences"):
            if message.id:
                values = {name: f"value {name}" for name in HOLE.findall(str(message.id))}
                read = str(message.string) % values if values else str(message.string)
                assert said(str(message.id) % values if values else str(message.id)) == read


@pytest.mark.parametrize(
    ("sentence", "read"),
    [
        ("there is no team 'acquisti'", "non c’è un team 'acquisti'"),
        ("there is no ticket #812 that you may see", "non c’è un ticket #812 che tu possa vedere"),
        ("too many tries; wait 30 seconds", "troppi tentativi; aspetta 30 secondi"),
        ("mail.bottega.example:993 takes no connection", "mail.bottega.example:993 non accetta connessioni"),
        ("100% of what nobody foresaw", "100% of what nobody foresaw"),
        ("", ""),
    ],
)
def test_a_sentence_is_read_in_italian_and_an_unknown_one_stays(reader: Reader, sentence: str, read: str) -> None:
    with reader("it"):
        assert said(sentence) == read


def test_what_a_providers_code_means_is_read_inside_of_its_sentence(reader: Reader) -> None:
    with reader("it"):
        english = "Twilio: the phone is off or out of reach (30003)"
        assert said(english) == "Twilio: il telefono è spento o non raggiungibile (30003)"


def test_an_english_reader_takes_the_sentence_as_it_is(reader: Reader) -> None:
    with reader("en"):
        assert said("there is no team 'acquisti'") == "there is no team 'acquisti'"


def test_the_values_in_a_sentence_are_named_by_what_they_are() -> None:
    source = """
def find(work, name, limit):
    msg = f"there is no room {name!r}" if name else "give a room"
    raise NotFound(msg)
def full(room):
    raise Conflict(f"{room.title} holds {len(room.seats):,} people, at 100% {room.title}", fields={})
def other():
    raise ValueError("this is said to nobody")
"""
    assert spoken(source) == {
        "there is no room %(name)s",
        "give a room",
        "%(title)s holds %(seats)s people, at 100%% %(title_2)s",
    }
