"""What a message was, as somebody says: the message, its ticket and the figures follow, and each comes back by undo."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from inbox import clock
from inbox.actions import classifying, reply, splitting, tickets, undo
from inbox.actions.who import Who
from inbox.errors import Conflict, Forbidden, Invalid, NotFound
from inbox.figures import keeper
from inbox.figures.asking import kept
from inbox.metrics import Config, Figures, Request
from inbox.reading import threads
from inbox.store import Event, Message, Ticket
from inbox.terms import Actor, Status
from tests.actions.conftest import SmallDesk

CONFIG = Config.of()


def writes(desk: SmallDesk, text: str, **more: Any) -> tuple[int, int]:
    """A text of one customer, this very moment; (ticket, message)."""
    ended = desk.take(desk.text(text, at=clock.now(), **more))
    assert ended.ticket is not None
    assert ended.message is not None
    return ended.ticket, ended.message


def resolved(desk: SmallDesk) -> int:
    """A ticket that was answered and resolved."""
    number, _message = writes(desk, "Il sito è giù")
    with desk.store.transaction() as work:
        reply.reply(work, desk.who(), number, text="Ora va", then="resolve")
    return number


def says(desk: SmallDesk, message: int, word: str) -> Event | None:
    with desk.store.transaction() as work:
        return classifying.classify(work, desk.who(), message, word)


def undone(desk: SmallDesk, event: Event | None) -> None:
    assert event is not None
    with desk.store.transaction() as work:
        undo.undo(work, desk.who(), event.id)


def ticket_of(desk: SmallDesk, number: int) -> Ticket:
    with desk.store.reading() as work:
        return work.get_one(Ticket, number)


def message_of(desk: SmallDesk, number: int) -> Message:
    with desk.store.reading() as work:
        return work.get_one(Message, number)


def history(desk: SmallDesk, number: int, *what: str) -> list[tuple[str, str, str]]:
    with desk.store.reading() as work:
        lines = threads.history(work, work.get_one(Ticket, number))
    return [(line.what, line.value, line.actor) for line in lines if line.what in what]


def figures(desk: SmallDesk) -> Figures:
    """Everything that began here, seen when each window is over, as the store keeps it."""
    keeper.catch_up(desk.store, CONFIG)
    day = clock.now().date()
    asked = Request.of(str(day - dt.timedelta(days=2)), str(day + dt.timedelta(days=2)), "2099-01-01T00:00:00Z")
    with desk.store.reading() as work:
        found = kept(work)
        assert found is not None
        return found.report(asked)["all"]


@pytest.mark.parametrize("word", ["ack", "auto"])
def test_what_asks_for_nothing_lets_the_ticket_be_resolved_again_and_undo_reopens_it(
    desk: SmallDesk, word: str
) -> None:
    number = resolved(desk)
    assert writes(desk, "Grazie!")[0] == number
    before = ticket_of(desk, number)
    assert (before.status, before.waiting_since is None, before.due_at is None) == (Status.OPEN, False, False)
    message = before.last_in_id or 0
    event = says(desk, message, word)
    after = ticket_of(desk, number)
    assert (after.status, after.waiting_since, after.due_at) == (Status.RESOLVED, None, None)
    assert classifying.word_of(message_of(desk, message)) == word
    assert history(desk, number, "classified") == [("classified", word, "Luca Moretti")]
    assert says(desk, message, word) is None
    undone(desk, event)
    again = ticket_of(desk, number)
    assert (again.status, again.waiting_since, again.resolved_at) == (Status.OPEN, before.waiting_since, None)
    assert again.due_at == before.due_at
    assert classifying.word_of(message_of(desk, message)) == ""
    assert history(desk, number, "classified") == []
    assert [value for _what, value, _by in history(desk, number, "status")] == ["resolved", "open"]


def test_taking_the_word_back_is_the_undo_of_it(desk: SmallDesk) -> None:
    number = resolved(desk)
    _, message = writes(desk, "Grazie!")
    first = says(desk, message, "ack")
    assert first is not None
    back = says(desk, message, "")
    assert back is not None
    assert (back.kind, back.data["target"]) == ("void", first.id)
    assert ticket_of(desk, number).status is Status.OPEN
    with pytest.raises(Conflict, match="undone already"):
        undone(desk, first)


def test_one_word_after_the_other_is_undone_in_that_order(desk: SmallDesk) -> None:
    number = resolved(desk)
    _, message = writes(desk, "Grazie!")
    first, second = says(desk, message, "ack"), says(desk, message, "cont")
    assert second is not None
    assert {name: second.data[name] for name in second.data.keys() & set(classifying.WORDS)} == {
        "ack": False,
        "cont": True,
    }
    assert ticket_of(desk, number).status is Status.OPEN
    assert ticket_of(desk, number).waiting_since is not None
    with pytest.raises(Conflict, match="changed since"):
        undone(desk, first)
    undone(desk, second)
    assert ticket_of(desk, number).status is Status.RESOLVED
    undone(desk, first)
    assert ticket_of(desk, number).status is Status.OPEN


def test_two_thanks_are_both_said_to_be_that_in_any_order(desk: SmallDesk) -> None:
    number = resolved(desk)
    (_, first), (_, second) = writes(desk, "Grazie!"), writes(desk, "E buona giornata")
    says(desk, first, "ack")
    assert ticket_of(desk, number).status is Status.OPEN
    assert ticket_of(desk, number).waiting_since == message_of(desk, second).at
    event = says(desk, second, "ack")
    assert ticket_of(desk, number).status is Status.RESOLVED
    undone(desk, event)
    assert ticket_of(desk, number).status is Status.OPEN


def test_a_ticket_in_which_somebody_wrote_since_stays_as_it_is(desk: SmallDesk) -> None:
    number = resolved(desk)
    _, message = writes(desk, "Grazie!")
    with desk.store.transaction() as work:
        reply.reply(work, desk.who(), number, text="Di nulla")
    says(desk, message, "ack")
    assert ticket_of(desk, number).status is Status.OPEN


def test_a_ticket_that_somebody_resolved_since_is_not_opened_by_taking_the_word_back(desk: SmallDesk) -> None:
    number = resolved(desk)
    _, message = writes(desk, "Grazie!")
    with desk.store.transaction() as work:
        tickets.set_status(work, desk.who(), number, "resolved")
    event = says(desk, message, "ack")
    undone(desk, event)
    assert ticket_of(desk, number).status is Status.RESOLVED


def test_a_thanks_in_a_waiting_ticket_leaves_what_waits(desk: SmallDesk) -> None:
    number, question = writes(desk, "Quanto costa?")
    _, message = writes(desk, "Grazie intanto")
    says(desk, message, "ack")
    assert ticket_of(desk, number).waiting_since == message_of(desk, question).at
    says(desk, question, "ack")
    row = ticket_of(desk, number)
    assert (row.status, row.waiting_since) == (Status.NEW, None)


def test_what_a_machine_seemed_to_write_and_a_person_did_opens_the_ticket_and_waits(desk: SmallDesk) -> None:
    number = resolved(desk)
    _, message = writes(desk, "Sono fuori, ma il sito è giù", auto="reply")
    assert ticket_of(desk, number).status is Status.RESOLVED
    event = says(desk, message, "")
    row = ticket_of(desk, number)
    assert (row.status, row.waiting_since) == (Status.OPEN, message_of(desk, message).at)
    assert figures(desk)["fcr7.k"] == 0
    undone(desk, event)
    assert message_of(desk, message).auto == "reply"
    assert ticket_of(desk, number).status is Status.RESOLVED
    assert figures(desk)["fcr7.k"] == 1


def test_a_thanks_that_is_moved_stays_one_and_opens_nothing(desk: SmallDesk) -> None:
    target = resolved(desk)
    source, _ = writes(desk, "Altro", sender="+447700900177")
    _, message = writes(desk, "Grazie!", sender="+447700900177")
    says(desk, message, "ack")
    with desk.store.transaction() as work:
        splitting.move(work, desk.who(), source, [message], target)
    assert ticket_of(desk, target).status is Status.RESOLVED
    assert says(desk, message, "ack") is None


def test_who_may_and_what_may_be_said(desk: SmallDesk) -> None:
    number, message = writes(desk, "Ciao")
    with desk.store.transaction() as work:
        ours, _ = reply.reply(work, desk.who(), number, text="Ciao")
    for what, word, problem in ((message, "spam", Invalid), (ours.id, "ack", Conflict), (999, "ack", NotFound)):
        with pytest.raises(problem):
            says(desk, what, word)
    customer = Who(Actor.CUSTOMER)
    with desk.store.transaction() as work, pytest.raises(Forbidden):
        classifying.classify(work, customer, message, "ack")
    with desk.store.transaction() as work, pytest.raises(Forbidden):
        tickets.exempt(work, customer, number)


def test_a_resolved_case_with_a_thanks_is_a_success_once_somebody_says_that_it_was_one(desk: SmallDesk) -> None:
    resolved(desk)
    _, message = writes(desk, "Grazie!")
    assert (figures(desk)["fcr7.n"], figures(desk)["fcr7.k"]) == (1, 0)
    event = says(desk, message, "ack")
    assert (figures(desk)["fcr7.n"], figures(desk)["fcr7.k"]) == (1, 1)
    undone(desk, event)
    assert (figures(desk)["fcr7.n"], figures(desk)["fcr7.k"]) == (1, 0)


def test_a_ticket_left_out_of_net_fcr_counts_again_after_the_undo(desk: SmallDesk) -> None:
    number = resolved(desk)
    assert figures(desk)["fcr7_net.n"] == 1
    with desk.store.transaction() as work:
        event = tickets.exempt(work, desk.who(), number)
    with desk.store.transaction() as work:
        assert tickets.exempt(work, desk.who(), number) is None
    assert (figures(desk)["fcr7.n"], figures(desk)["fcr7_net.n"]) == (1, 0)
    assert history(desk, number, "exempted") == [("exempted", "", "Luca Moretti")]
    with desk.store.reading() as work:
        assert event is not None
        assert threads.exempt(work, work.get_one(Ticket, number)) == event.id
    undone(desk, event)
    assert figures(desk)["fcr7_net.n"] == 1
    with desk.store.reading() as work:
        assert threads.exempt(work, work.get_one(Ticket, number)) == ""
