"""What customers write is scored as it comes in; automatic and older mail is not, and agents' words never are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.base import Address, Inbound
from inbox import clock
from inbox.actions import channels, people, profiles, reply, tickets
from inbox.actions.desk import put
from inbox.actions.moods import heard
from inbox.actions.rules import conditions, engine, keeping
from inbox.actions.rules.kinds import Case
from inbox.actions.who import SYSTEM
from inbox.reading import figures
from inbox.sentiment import MODEL
from inbox.store import Event, Message, Notice, Ticket, Visitor
from inbox.terms import Direction
from tests.actions.conftest import SmallDesk


def moods(desk: SmallDesk) -> list[dict[str, Any]]:
    with desk.store.reading() as work:
        return [event.data for event in work.query(Event).filter_by(kind="sentiment").order_by(Event.seq)]


def test_a_message_of_a_customer_is_scored_under_the_models_name(desk: SmallDesk) -> None:
    taken = desk.take(desk.text("Pessimo servizio, sono furioso"))
    [mood] = moods(desk)
    assert (mood["msg"], mood["model"]) == (str(taken.message), MODEL)
    assert mood["score"] < -0.5


def test_a_message_is_read_in_the_language_of_its_customer_their_chat_or_the_desk(desk: SmallDesk) -> None:
    """Italian "male" is "badly"; of what the writer of a mail speaks nothing is known yet."""
    said, site = desk.letter("Male!"), _site(desk)
    for visitor, language in (("anna", "en"), ("bice", "it")):
        with desk.store.transaction() as work:
            work.add(Visitor(digest=visitor, id=visitor, channel_id=site, language=language))
        desk.take(replace(said, sender=Address(visitor), external_id=visitor), site)
    assert [mood["score"] < 0 for mood in moods(desk)] == [False, True]
    number = desk.take(said, desk.mail).ticket or 0
    asked = {"field": "mood", "not": False, "words": ["bad"]}
    for language in ("en", "it"):
        with desk.store.transaction() as work:
            profiles.change(work, SYSTEM, number, name="", company="", language=language, attributes={})
        desk.take(desk.letter("Male!", external_id=f"<{language}@studio.example>"), desk.mail)
        with desk.store.reading() as work:
            ticket = work.get_one(Ticket, number)
            case = Case(ticket, clock.now(), "e1", work.get_one(Message, ticket.last_in_id))
            assert conditions.met(work, [asked], [case]) == [language == "it"]
    assert [mood["score"] < 0 for mood in moods(desk)[2:]] == [True, False, True]


def test_between_two_languages_that_say_as_much_the_desk_decides(
    desk: SmallDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def score(*given: str) -> float:
        asked.append(given)
        return 0.0

    monkeypatch.setattr("inbox.actions.hearing.score", score)
    desk.take(desk.text("Ciao"))
    with desk.store.transaction() as work:
        put(work, SYSTEM, "desk.language", "it")
    desk.take(desk.text("Ciao"))
    assert asked == [("Ciao", "", "en"), ("Ciao", "", "it")]


def test_automatic_and_older_mail_and_what_agents_write_have_no_mood(desk: SmallDesk) -> None:
    first = desk.take(desk.letter("Sono fuori ufficio, un disastro", auto="reply"), desk.mail)
    desk.take(desk.letter("Pessimo, anni fa"), desk.mail, imported=True)
    assert first.ticket is not None
    with desk.store.transaction() as work:
        reply.reply(work, desk.who(), first.ticket, text="Che disastro, ci dispiace")
    assert moods(desk) == []


def test_a_corrected_message_is_scored_again(desk: SmallDesk) -> None:
    first = desk.text("Tutto perfetto, grazie mille")
    desk.take(first)
    desk.take(Inbound("edit-1", sender=first.sender, text="Tutto pessimo", at=first.at, edits=first.external_id))
    good, bad = moods(desk)
    assert good["msg"] == bad["msg"]
    assert bad["score"] < 0 < good["score"]


def test_the_report_counts_each_case_by_its_last_mood(desk: SmallDesk) -> None:
    desk.take(desk.text("Non funziona niente, che vergogna"))
    desk.take(desk.text("Perfetto, ora funziona tutto. Siete bravissimi!"))
    desk.take(desk.text("A che ora aprite?", sender="+447700900456"))
    desk.take(desk.text("Servizio orribile", sender="+447700900789"))
    with desk.store.reading() as work:
        row = figures.report(work, first="2020-01-01", end="2100-01-01")["all"]
    assert [row[f"sent.{name}"] for name in ("n", "pos", "neu", "neg")] == [3, 1, 1, 1]


def test_a_run_of_bad_ones_is_told_once_to_the_teams_supervisors_and_a_rule_can_act_on_it(desk: SmallDesk) -> None:
    with desk.store.transaction() as work:
        team, other = (people.add_team(work, SYSTEM, name).id for name in ("Posta", "Altri"))
        mine, theirs = (
            people.add_agent(
                work, SYSTEM, email=f"{home}@cirro.example", name="Capo", role="supervisor", teams=[home]
            ).id
            for home in (team, other)
        )
        rule = {"name": "Calma", "event": "unhappy", "steps": [{"do": "tag", "what": "calma"}], "conditions": []}
        keeping.switch(work, SYSTEM, keeping.add(work, SYSTEM, rule).id, on=True)
    number = 0
    for n, words in enumerate(("Pessimo", "Che vergogna, pessimo", "Perfetto, grazie", "Pessimo", "Orribile")):
        number = desk.take(desk.text(words)).ticket or 0
        if n == 0:
            with desk.store.transaction() as work:
                tickets.assign(work, SYSTEM, number, team=team)

    assert runs(desk) == []
    desk.take(desk.text("Disastro, sono furioso"))
    desk.take(desk.text("Servizio pessimo", sender="+447700900456"))  # of somebody else
    desk.take(desk.text("Sempre peggio, una vergogna"))  # the run goes on
    assert [n for _message, n in runs(desk)] == [3]
    with desk.store.reading() as work:
        told = [(one.agent_id, one.reason) for one in work.query(Notice).filter_by(reason="unhappy")]
    assert told == [(mine, "unhappy")]
    assert theirs not in dict(told)
    desk.store.write(engine.follow)
    with desk.store.reading() as work:
        assert "calma" in [tag.tag for tag in work.get_one(Ticket, number).tags]


def runs(desk: SmallDesk) -> list[tuple[int, int]]:
    """The message and the length of each run that was told."""
    return [(int(line.data["msg"]), line.data["n"]) for line in _lines(desk, "sentiment.run")]


def corrected(desk: SmallDesk, first: Inbound, text: str) -> None:
    desk.take(desk.text(text, edits=first.external_id))


def ask_for(desk: SmallDesk, least: int) -> None:
    with desk.store.transaction() as work:
        put(work, SYSTEM, "sentiment.run", least)


def test_corrections_of_a_run_do_not_tell_it_again(desk: SmallDesk) -> None:
    said = [desk.text(text) for text in ("Pessimo", "Orribile", "Una vergogna")]
    numbers = [desk.take(one).message for one in said]
    for n, text in enumerate(("Una vera vergogna", "Che schifo", "Ottimo", "Che schifo, davvero")):
        corrected(desk, said[n % 3], text)
    assert runs(desk) == [(numbers[2], 3)]


def test_a_correction_can_make_a_run_and_end_one(desk: SmallDesk) -> None:
    said = [desk.text(text) for text in ("Pessimo", "Ottimo", "Orribile")]
    numbers = [desk.take(one).message for one in said]
    for _ in range(9):
        corrected(desk, said[2], "Davvero orribile")
    assert runs(desk) == []
    corrected(desk, said[1], "Altro che ottimo: una vergogna, pessimo")
    assert runs(desk) == [(numbers[1], 3)]
    corrected(desk, said[2], "Ora è perfetto, grazie mille")
    desk.take(desk.text("Che disastro"))
    desk.take(desk.text("Che schifo"))
    corrected(desk, said[0], "Pessimo, lo ripeto")  # stands in no run that goes on
    assert len(runs(desk)) == 1
    last = desk.take(desk.text("Una vergogna")).message
    assert runs(desk)[1:] == [(last, 3)]


def test_a_run_that_was_too_short_for_what_was_asked_is_told_when_less_is_asked_for(desk: SmallDesk) -> None:
    ask_for(desk, 5)
    for _ in range(4):
        desk.take(desk.text("Pessimo"))
    ask_for(desk, 3)
    first, *_others = [desk.take(desk.text("Orribile")).message for _ in range(6)]
    assert runs(desk) == [(first, 5)]
    ask_for(desk, 2)
    desk.take(desk.text("Pessimo"))
    assert len(runs(desk)) == 1


def test_a_run_may_be_longer_than_anybody_asks_for_and_stays_one(desk: SmallDesk) -> None:
    ask_for(desk, 0)
    for _ in range(12):
        desk.take(desk.text("Pessimo"))
    ask_for(desk, 3)
    told, *_others = [desk.take(desk.text("Pessimo")).message for _ in range(12)]
    assert runs(desk) == [(told, 13)]
    desk.take(desk.text("Grazie, ottimo lavoro!"))
    again = [desk.take(desk.text("Pessimo")).message for _ in range(4)][2]
    assert runs(desk) == [(told, 13), (again, 3)]


def test_all_tickets_of_a_customer_make_one_run_also_where_they_come_in_one_work(desk: SmallDesk) -> None:
    """And what another system's log says of messages that this desk does not know stands in nobody's way."""
    taken = desk.take(desk.text("Pessimo"))
    with desk.store.transaction() as work:
        for msg in ("old-9", "§"):
            work.append("sentiment", ticket=taken.ticket, msg=msg, score=0.9, model="other")
        work.append("sentiment.run", ticket=taken.ticket, msg="old-9", n=3)
    with desk.store.transaction() as work:
        ticket = work.get_one(Ticket, taken.ticket)
        other = Ticket(subject="", channel_id=ticket.channel_id, kind="sms", customer_id=ticket.customer_id)
        work.add(other)
        work.flush()
        for place in (ticket, other, ticket, other):
            said = Message(ticket_id=place.id, kind="sms", direction=Direction.IN, text="Pessimo")
            work.add(said)
            work.flush()
            heard(work, said)
    assert [line.data["n"] for line in _lines(desk, "sentiment.run") if line.data["msg"].isdecimal()] == [3]


def _site(desk: SmallDesk) -> str:
    with desk.store.transaction() as work:
        values = {"title": "Bottega", "allowed_sites": ["https://bottega.example"]}
        return channels.add(work, SYSTEM, kind="chat", name="sito", values=values).id


def _lines(desk: SmallDesk, kind: str) -> list[Event]:
    with desk.store.reading() as work:
        return list(work.query(Event).filter_by(kind=kind).order_by(Event.seq))
