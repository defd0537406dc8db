"""The end of a chat: the visitor's rating in the log and beside the talk, and the talk by mail."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from sqlalchemy import select

from inbox.actions import ratings, reply, tickets
from inbox.actions.who import SYSTEM
from inbox.store import Event, JournalItem, Message
from inbox.terms import Direction
from inbox.worker.journal import work_due
from tests.web.conftest import TestDesk
from tests.web.test_widget_entry import Visiting


def ended(desk: TestDesk, **config: Any) -> tuple[Visiting, int]:
    """A chat that was answered and resolved."""
    visiting = Visiting(desk, **config)
    visiting.write("Dov'è l'ordine?")
    number = visiting.message().ticket_id
    with desk.store.transaction() as work:
        reply.reply(work, desk.who("agent"), number, text="Arriva oggi.")
        tickets.set_status(work, desk.who("agent"), number, "resolved")
    return visiting, number


def asked(desk: TestDesk, visiting: Visiting, number: int) -> str:
    """The survey that the visitor's page shows when it comes back."""
    visiting.said("hello", site=visiting.site.id, token=visiting.token)
    with desk.store.reading() as work:
        found = ratings.open_survey(work, ratings.visitor_of(work, number) or "")
        assert found is not None
    for _ in range(2):
        desk.store.write(lambda work: ratings.asked(work, number, found[1]))
    return found[1]


def events(desk: TestDesk, number: int, kind: str) -> list[dict[str, Any]]:
    while work_due(desk.store):
        pass
    with desk.store.reading() as work:
        found = select(Event).where(Event.ticket_id == number, Event.kind == kind).order_by(Event.seq)
        return [line.as_dict() for line in work.scalars(found)]


def test_a_rating_stands_in_the_log_without_its_words_and_in_the_ticket_with_them(desk: TestDesk) -> None:
    visiting, number = ended(desk)
    survey = asked(desk, visiting, number)
    assert "journal" in visiting.said("rate", survey=survey, score=4, comment="Gentili")
    (sent,) = events(desk, number, "survey.sent")
    assert (sent["type"], sent["survey"]) == ("csat", survey)
    (answer,) = events(desk, number, "survey.answered")
    assert (answer["score"], answer["comment"], answer["survey"]) == (4, True, survey)
    with desk.store.reading() as work:
        notes = select(Message.text).where(Message.ticket_id == number, Message.direction == Direction.NOTE)
        assert work.scalars(notes).all() == ["★★★★☆ Gentili"]
        assert ratings.open_survey(work, ratings.visitor_of(work, number) or "") is None


def test_nobody_rates_a_strangers_chat(desk: TestDesk) -> None:
    visiting, number = ended(desk)
    survey = asked(desk, visiting, number)
    stranger = Visiting(desk, at=visiting)
    stranger.write()
    stranger.message()
    entry = stranger.said("rate", survey=survey, score=1)["journal"]
    assert events(desk, number, "survey.answered") == []
    with desk.store.reading() as work:
        assert work.scalar(select(JournalItem.reason).where(JournalItem.entry_id == entry)) == "no_such_survey"


@pytest.mark.parametrize("score", [0, 6, "5", True, None, 4.5, [5]])
def test_what_is_no_score_is_not_even_kept(desk: TestDesk, score: Any) -> None:
    visiting = Visiting(desk)
    visiting.write()
    before = visiting.stored()
    assert visiting.said("rate", survey="chat-1-1", score=score) == {"error": "invalid"}
    assert visiting.stored() == before


def test_the_talk_goes_by_mail_without_notes_and_answers_nobody(desk: TestDesk) -> None:
    desk.add_channel("email", f"posta-{secrets.token_hex(4)}", address=f"{secrets.token_hex(4)}@bottega.example")
    visiting, number = ended(desk)
    with desk.store.transaction() as work:
        reply.note(work, SYSTEM, number, text="cliente difficile")
        for message in work.scalars(select(Message).where(Message.ticket_id == number, Message.kind == "chat")):
            if message.direction is Direction.OUT:
                message.state = None if message.state is None else type(message.state)("sent")
    assert visiting.said("transcript", address="nobody")["error"] == "invalid"
    assert visiting.said("transcript", address="omar@posta.example") == {"ok": True}
    with desk.store.reading() as work:
        mail = work.scalar(select(Message).where(Message.ticket_id == number, Message.kind == "email"))
    assert mail is not None
    assert (mail.to, mail.auto) == ([{"name": "", "address": "omar@posta.example"}], "reply")
    assert "Dov'è l'ordine?" in mail.text
    assert "Arriva oggi." in mail.text
    assert "difficile" not in mail.text
    visiting.said("transcript", address="omar@posta.example")
    assert visiting.said("transcript", address="omar@posta.example")["error"] == "too-many-requests"
