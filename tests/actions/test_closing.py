"""A resolved ticket is closed by itself after quiet days: when, what stays, and what its customer's next word does."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from inbox import clock
from inbox.actions import desk as settings
from inbox.actions import tickets
from inbox.actions.who import SYSTEM
from inbox.store import Event, Ticket
from inbox.terms import Status
from inbox.worker import timers
from tests.actions.conftest import SmallDesk


def resolved(desk: SmallDesk, days: float, *, imported: bool = False) -> int:
    """A ticket that was answered for so many days."""
    number = desk.take(desk.letter(), desk.mail, imported=imported).ticket
    assert number is not None
    ago = clock.now() - dt.timedelta(days=days)
    with desk.store.transaction() as work:
        if not imported:
            tickets.set_status(work, desk.who(desk.giulia), number, "resolved")
        ticket = work.get_one(Ticket, number)
        ticket.resolved_at = ticket.active_at = ago
    return number


def status(desk: SmallDesk, number: int) -> Status:
    with desk.store.reading() as work:
        return work.get_one(Ticket, number).status


def test_it_is_closed_after_seven_days_and_not_before(desk: SmallDesk) -> None:
    old, young = resolved(desk, 7.01), resolved(desk, 6.99)
    timers.housekeeping(desk.store)
    assert (status(desk, old), status(desk, young)) == (Status.CLOSED, Status.RESOLVED)
    with desk.store.reading() as work:
        line = work.scalars(select(Event).where(Event.ticket_id == old).order_by(Event.seq.desc())).first()
        assert line is not None
        assert (line.kind, line.actor_kind, line.data["desk"], line.data["was"]) == (
            "ticket.status",
            "system",
            "closed",
            "resolved",
        )


def test_closing_leaves_the_time_of_the_answer(desk: SmallDesk) -> None:
    number = resolved(desk, 9)
    with desk.store.reading() as work:
        before = work.get_one(Ticket, number).resolved_at
    timers.housekeeping(desk.store)
    with desk.store.reading() as work:
        assert work.get_one(Ticket, number).resolved_at == before


def test_the_desk_says_after_how_many_days(desk: SmallDesk) -> None:
    number = resolved(desk, 20)
    with desk.store.transaction() as work:
        settings.put(work, SYSTEM, "desk.close_after_d", 30)
    timers.housekeeping(desk.store)
    assert status(desk, number) is Status.RESOLVED
    with desk.store.transaction() as work:
        settings.put(work, SYSTEM, "desk.close_after_d", 3)
    timers.housekeeping(desk.store)
    assert status(desk, number) is Status.CLOSED


def test_a_ticket_that_somebody_still_wrote_in_waits(desk: SmallDesk) -> None:
    number = resolved(desk, 9)
    with desk.store.transaction() as work:
        work.get_one(Ticket, number).active_at = clock.now()
    timers.housekeeping(desk.store)
    assert status(desk, number) is Status.RESOLVED


def test_imported_tickets_and_open_ones_are_left_alone(desk: SmallDesk) -> None:
    imported = resolved(desk, 400, imported=True)
    opened = desk.take(desk.letter(sender="anna@studio.example"), desk.mail).ticket
    assert opened is not None
    with desk.store.transaction() as work:
        work.get_one(Ticket, opened).active_at = clock.now() - dt.timedelta(days=90)
    timers.housekeeping(desk.store)
    assert (status(desk, imported), status(desk, opened)) == (Status.RESOLVED, Status.NEW)


def test_a_word_after_the_closing_opens_a_new_linked_ticket(desk: SmallDesk) -> None:
    first = desk.take(desk.text(), desk.sms).ticket
    assert first is not None
    with desk.store.transaction() as work:
        tickets.set_status(work, desk.who(desk.giulia), first, "resolved")
        ticket = work.get_one(Ticket, first)
        ticket.resolved_at = ticket.active_at = clock.now() - dt.timedelta(days=4)
        settings.put(work, SYSTEM, "desk.close_after_d", 3)
    timers.housekeeping(desk.store)
    second = desk.take(desk.text("Ancora io"), desk.sms).ticket
    assert second not in {None, first}
    assert status(desk, first) is Status.CLOSED
    with desk.store.reading() as work:
        assert work.get_one(Ticket, second).linked_to == first
