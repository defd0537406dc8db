"""Where a message goes and why: strong evidence joins, weak evidence is only suggested, old tickets are linked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from inbox.actions import tickets
from inbox.actions.threading import reply_token, ticket_of_token
from inbox.store import Event, Message, Ticket
from inbox.terms import Outcome, Status
from tests.actions.conftest import SmallDesk

CHIARA, BRUNO = "chiara@studio.example", "bruno@bici.example"


def joined(desk: SmallDesk, message: int | None) -> tuple[str, object]:
    with desk.store.reading() as work:
        row = work.get_one(Message, message)
        return row.joined_rule, row.suggestion


def test_the_first_message_opens_a_ticket_and_the_same_one_again_is_a_duplicate(desk: SmallDesk) -> None:
    item = desk.text("Il sito non va")
    first, second = desk.take(item), desk.take(item)
    assert (first.outcome, second.outcome) == (Outcome.MESSAGE, Outcome.DUPLICATE)
    assert (second.ticket, second.message) == (first.ticket, first.message)


def test_a_customer_without_threads_goes_on_in_their_newest_ticket(desk: SmallDesk) -> None:
    assert desk.take(desk.text("uno")).ticket == desk.take(desk.text("due")).ticket
    assert desk.take(desk.text("tre", sender="+447700900456")).ticket == 2


def test_a_message_soon_after_resolving_reopens_and_a_late_one_opens_a_linked_ticket(
    desk: SmallDesk, later: Callable[[dt.timedelta], None]
) -> None:
    number = desk.take(desk.text("uno")).ticket
    assert number is not None
    with desk.store.transaction() as work:
        tickets.set_status(work, desk.who(), number, "resolved")
    assert desk.take(desk.text("ancora")).ticket == number
    with desk.store.transaction() as work:
        assert work.get_one(Ticket, number).status is Status.OPEN
        tickets.set_status(work, desk.who(), number, "resolved")
    later(dt.timedelta(days=8))
    fresh = desk.take(desk.text("di nuovo")).ticket
    with desk.store.reading() as work:
        assert fresh != number
        assert work.get_one(Ticket, fresh).linked_to == number
        kinds = [event.kind for event in work.query(Event).filter_by(ticket_id=fresh)]
    assert "ticket.linked" in kinds


def test_the_reply_token_brings_a_mail_home_whoever_sends_it(desk: SmallDesk) -> None:
    number = desk.take(desk.letter(), desk.mail).ticket
    assert number is not None
    with desk.store.reading() as work:
        token = reply_token(work, number)
    home = desk.take(desk.letter("Rispondo", sender="altro@casa.example", reply_tokens=(token,)), desk.mail)
    assert home.ticket == number
    assert joined(desk, home.message)[0] == "token"
    upper = desk.take(desk.letter("Rispondo", reply_tokens=(token.upper(),)), desk.mail)
    assert upper.ticket == number


@pytest.mark.parametrize(
    "forged", ["t1-aaaaaaaaaaaaaaaa", "t1-", "t-", "", "1", "t1", "t99999999999999999999-x", "t\u0661-x"]
)
def test_a_forged_token_is_no_evidence(desk: SmallDesk, forged: str) -> None:
    desk.take(desk.letter(), desk.mail)
    with desk.store.reading() as work:
        assert ticket_of_token(work, forged) is None
    assert desk.take(desk.letter(sender=BRUNO, reply_tokens=(forged,)), desk.mail).ticket == 2


def test_an_answer_by_its_ids_joins_for_the_customer_and_is_only_suggested_for_a_stranger(desk: SmallDesk) -> None:
    first = desk.take(desk.letter(external_id="<first@studio.example>"), desk.mail)
    own = desk.take(desk.letter(in_reply_to="<first@studio.example>"), desk.mail)
    assert own.ticket == first.ticket
    assert joined(desk, own.message)[0] == "in_reply_to"
    by_reference = desk.take(desk.letter(references=("<x@y.example>", "<first@studio.example>")), desk.mail)
    assert by_reference.ticket == first.ticket
    assert joined(desk, by_reference.message)[0] == "references"
    stranger = desk.take(desk.letter(sender=BRUNO, in_reply_to="<first@studio.example>"), desk.mail)
    assert stranger.ticket != first.ticket
    assert joined(desk, stranger.message) == ("new", {"ticket": first.ticket, "rule": "in_reply_to"})


def test_a_number_in_the_subject_joins_its_own_customer_only(desk: SmallDesk) -> None:
    first = desk.take(desk.letter(), desk.mail)
    token = f"[#{first.ticket}]"
    assert desk.take(desk.letter(subject_token=token), desk.mail).ticket == first.ticket
    stranger = desk.take(desk.letter(sender=BRUNO, subject_token=token), desk.mail)
    assert stranger.ticket != first.ticket
    assert joined(desk, stranger.message) == ("new", {"ticket": first.ticket, "rule": "subject_number"})


def test_who_was_written_to_in_a_ticket_may_answer_in_it(desk: SmallDesk) -> None:
    from connectors.base import Address

    first = desk.take(desk.letter(external_id="<cc@studio.example>", cc=(Address(BRUNO),)), desk.mail)
    assert desk.take(desk.letter(sender=BRUNO, in_reply_to="<cc@studio.example>"), desk.mail).ticket == first.ticket


def test_a_fresh_mail_is_a_fresh_ticket(desk: SmallDesk) -> None:
    assert desk.take(desk.letter(), desk.mail).ticket != desk.take(desk.letter(), desk.mail).ticket


def test_an_automatic_answer_reopens_nothing_and_waits_for_nobody(desk: SmallDesk) -> None:
    first = desk.take(desk.letter(external_id="<a@studio.example>"), desk.mail)
    assert first.ticket is not None
    with desk.store.transaction() as work:
        tickets.set_status(work, desk.who(), first.ticket, "resolved")
    auto = desk.take(desk.letter("Sono in ferie", in_reply_to="<a@studio.example>", auto="reply"), desk.mail)
    assert auto.ticket == first.ticket
    with desk.store.reading() as work:
        ticket = work.get_one(Ticket, first.ticket)
        assert (ticket.status, ticket.waiting_since) == (Status.RESOLVED, None)
        [event] = work.query(Event).filter_by(kind="msg.in", id=f"msg.in:{auto.message}").all()
    assert event.data["auto"] is True


def test_older_mail_comes_in_resolved_and_outside_the_figures_until_it_is_answered(desk: SmallDesk) -> None:
    old = desk.letter(at=dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC), external_id="<old@studio.example>")
    first = desk.take(old, desk.mail, imported=True)
    with desk.store.reading() as work:
        assert work.get_one(Ticket, first.ticket).status is Status.RESOLVED
        assert {event.kind for event in work.query(Event).filter_by(ticket_id=first.ticket)} == {
            "ticket.imported",
            "msg.imported",
        }
    again = desk.take(desk.letter(in_reply_to="<old@studio.example>"), desk.mail)
    with desk.store.reading() as work:
        fresh = work.get_one(Ticket, again.ticket)
        kinds = [event.kind for event in work.query(Event).filter_by(ticket_id=fresh.id)]
    assert "ticket.created" in kinds
    assert "msg.in" in kinds
