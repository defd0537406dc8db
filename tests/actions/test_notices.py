"""Who is told of what, and what ends a notice: each line of the log that concerns somebody, on a real desk."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from inbox import clock
from inbox.actions import clocks, merging, notices, people, reply, tickets
from inbox.actions.who import SYSTEM, Who
from inbox.reading import notices as reading
from inbox.reading.views import tally
from inbox.store import Agent, Event, Notice, Ticket
from tests.actions.conftest import SmallDesk


def told(desk: SmallDesk, agent: str = "", *, unread: bool = True) -> list[tuple[int, str, int]]:
    """(ticket, reason, how often) of what an agent was told, the first first."""
    query = select(Notice).where(Notice.agent_id == (agent or desk.giulia)).order_by(Notice.id)
    if unread:
        query = query.where(Notice.read_at.is_(None))
    with desk.store.reading() as work:
        return [(one.ticket_id, one.reason, one.count) for one in work.scalars(query)]


def ticket(desk: SmallDesk, *, mine: bool = True, sender: str = "+447700900123") -> int:
    number = desk.take(desk.text(sender=sender)).ticket
    assert number is not None
    if mine:
        with desk.store.transaction() as work:
            tickets.assign(work, desk.who(), number, agent=desk.giulia)
    return number


def test_a_ticket_without_agent_tells_nobody(desk: SmallDesk) -> None:
    ticket(desk, mine=False)
    with desk.store.reading() as work:
        assert work.scalars(select(Notice)).all() == []


def test_who_is_given_a_ticket_is_told_and_who_takes_one_is_not(desk: SmallDesk) -> None:
    number = ticket(desk)
    assert told(desk) == [(number, "assigned", 1)]
    with desk.store.transaction() as work:
        tickets.assign(work, desk.who(), number, agent=desk.admin)
    assert told(desk) == []  # it is theirs no more
    assert told(desk, desk.admin, unread=False) == []


def test_answers_of_the_customer_are_counted_in_one_notice_until_it_is_read(desk: SmallDesk) -> None:
    number = ticket(desk)
    with desk.store.transaction() as work:
        tickets.read(work, desk.who(desk.giulia), number, 1)
    desk.take(desk.text("Ancora io"))
    desk.take(desk.text("E ancora"))
    assert told(desk) == [(number, "reply", 2)]
    with desk.store.reading() as work:
        notice = work.scalars(select(Notice).where(Notice.reason == "reply")).one()
        lines = work.scalars(select(Event.id).where(Event.kind == "msg.in").order_by(Event.seq)).all()
        assert lines[1] == f"msg.in:{notice.message_id}"  # it opens at the first that was not read
        assert notice.event == lines[2]
    with desk.store.transaction() as work:
        tickets.read(work, desk.who(desk.giulia), number, 9)
    assert told(desk) == []
    with desk.store.reading() as work:
        line = work.scalars(select(Event).where(Event.kind == "notice.read").order_by(Event.seq.desc())).first()
        assert line is not None
        assert (line.actor_id, line.ticket_id, line.data) == (desk.giulia, number, {})


@pytest.mark.parametrize("act", ["reply", "note", "status", "away"])
def test_acting_on_a_ticket_ends_its_notices(desk: SmallDesk, act: str) -> None:
    number = ticket(desk)
    who: Who = desk.who(desk.giulia)
    with desk.store.transaction() as work:
        if act == "reply":
            reply.reply(work, who, number, text="Eccomi")
        elif act == "note":
            reply.note(work, who, number, text="Chiamo io")
        elif act == "status":
            tickets.set_status(work, who, number, "pending")
        else:
            tickets.assign(work, SYSTEM, number, agent=None)
    assert told(desk) == []


def test_a_mention_is_told_once_to_whom_it_names(desk: SmallDesk) -> None:
    number = ticket(desk, mine=False)
    with desk.store.transaction() as work:
        note, _new = reply.note(work, desk.who(), number, text="@Giulia Ferri guarda, @Luca Moretti anche")
    assert told(desk) == [(number, "mention", 1)]
    assert told(desk, desk.admin) == []
    with desk.store.reading() as work:
        page = reading.page(work, desk.who(desk.giulia))
        [view] = page.notices
    assert (view.name, view.message, page.unread) == ("Luca Moretti", note.id, 1)


def test_a_clock_tells_whose_ticket_it_is_until_somebody_answers(
    desk: SmallDesk, later: Callable[[dt.timedelta], None]
) -> None:
    number = ticket(desk)
    with desk.store.transaction() as work:
        notices.read_all(work, desk.who(desk.giulia))
        past = clock.now() - dt.timedelta(minutes=1)
        work.execute(update(Ticket).where(Ticket.id == number).values(due_at=past, due_soon_at=past, due_clock="first"))
    desk.store.write(clocks.tell_due)
    assert told(desk) == [(number, "late", 1)]
    with desk.store.transaction() as work:
        reply.reply(work, desk.who(), number, text="Rispondo io")
    assert told(desk) == []


def test_who_stands_in_for_somebody_is_told_so(desk: SmallDesk) -> None:
    number = ticket(desk)
    with desk.store.transaction() as work:
        people.set_absence(work, desk.who(), desk.giulia, clock.now() + dt.timedelta(days=1), desk.admin)
        tickets.assign(work, SYSTEM, number, {"why": "deputy"}, agent=desk.admin)
    assert told(desk) == []
    assert told(desk, desk.admin) == [(number, "handover", 1)]


def test_a_merged_ticket_takes_its_notices_along(desk: SmallDesk) -> None:
    one, other = ticket(desk), ticket(desk, sender="+447700900999")
    with desk.store.transaction() as work:
        merging.merge(work, desk.who(), one, other)
    assert {number for number, _reason, _count in told(desk)} == {other}


def test_what_somebody_wants_no_notice_of_makes_none(desk: SmallDesk) -> None:
    with desk.store.transaction() as work:
        work.get_one(Agent, desk.giulia).notices = {"assigned": [], "mention": ["push"]}
    number = ticket(desk)
    with desk.store.transaction() as work:
        reply.note(work, desk.who(), number, text="@Giulia Ferri ?")
    with desk.store.reading() as work:
        [notice] = work.scalars(select(Notice).where(Notice.agent_id == desk.giulia))
        assert (notice.reason, notice.page, notice.mail_at) == ("mention", False, None)
        assert notice.push_at is not None
        assert tally.told(work, desk.who(desk.giulia))["notices"] == 0


def test_a_follower_of_a_ticket_is_told_unless_a_better_reason_is_there(desk: SmallDesk) -> None:
    number = ticket(desk, mine=False)
    notices.followers.append(lambda _work, _line: [desk.giulia, desk.admin])
    try:
        with desk.store.transaction() as work:
            reply.note(work, desk.who(), number, text="@Giulia Ferri guarda")
        desk.take(desk.text("Allora?"))
    finally:
        notices.followers.pop()
    assert told(desk) == [(number, "followed", 2), (number, "mention", 1)]
    assert told(desk, desk.admin) == [(number, "followed", 1)]


def test_old_notices_go(desk: SmallDesk, later: Callable[[dt.timedelta], None]) -> None:
    first, second = ticket(desk), ticket(desk, sender="+447700900999")
    with desk.store.transaction() as work:
        tickets.read(work, desk.who(desk.giulia), first, 9)
    later(dt.timedelta(days=31))
    desk.store.write(notices.forget_old)
    assert told(desk, unread=False) == [(second, "assigned", 1)]
    later(dt.timedelta(days=160))
    desk.store.write(notices.forget_old)
    assert told(desk, unread=False) == []
