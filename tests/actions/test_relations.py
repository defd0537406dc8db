"""Following a ticket and linking two: shown to those who may see them, taken along and taken back."""

from __future__ import annotations

import pytest

from inbox.actions import events, followers, merging, relating, reply, tickets, undo
from inbox.errors import Conflict, Invalid, NotFound
from inbox.reading import relations
from inbox.reading.views import filters
from inbox.store import Event, Notice, Team, Ticket
from tests.actions.conftest import SmallDesk


@pytest.fixture
def pair(desk: SmallDesk) -> tuple[int, int]:
    one, two = (desk.take(desk.text(sender=f"+44770090030{n}")).ticket for n in (1, 2))
    assert one is not None
    assert two is not None
    return one, two


def test_a_follower_hears_of_others_finds_it_by_the_filter_and_goes_along_with_a_merge(
    desk: SmallDesk, pair: tuple[int, int]
) -> None:
    one, two = pair
    giulia, admin = desk.who(desk.giulia), desk.who()
    with desk.store.transaction() as work:
        assert followers.follow(work, giulia, one) is not None
        assert followers.follow(work, giulia, one) is None
        tickets.prioritise(work, admin, one, "high")
        tickets.prioritise(work, giulia, one, "low")
    with desk.store.reading() as work:
        query = filters.condition(filters.of({"followed": ["yes"]}), giulia)
        assert [ticket.id for ticket in work.query(Ticket).filter(query)] == [one]
        theirs, own = events.live(work, one, "ticket.priority")
        assert (followers.of_line(work, theirs), followers.of_line(work, own)) == ([desk.giulia], [])
    with desk.store.transaction() as work:
        merging.merge(work, admin, one, two)
        assert relations.followers_of(work, [two])[two] == (desk.giulia,)
        followers.follow(work, giulia, two, on=False)
        assert relations.followers_of(work, [two]) == {}


def test_whoever_follows_is_told_of_what_others_do_and_not_of_what_they_do(
    desk: SmallDesk, pair: tuple[int, int]
) -> None:
    one, _two = pair
    with desk.store.transaction() as work:
        followers.follow(work, desk.who(desk.giulia), one)
    with desk.store.transaction() as work:
        tickets.set_status(work, desk.who(), one, "pending")
    with desk.store.transaction() as work:
        tickets.set_status(work, desk.who(desk.giulia), one, "open")
        found = work.query(Notice).filter(Notice.agent_id == desk.giulia, Notice.ticket_id == one)
        assert [notice.reason for notice in found] == ["followed"]


def test_a_mention_makes_a_follower_and_a_private_team_keeps_its_ticket_to_itself(
    desk: SmallDesk, pair: tuple[int, int]
) -> None:
    one, _two = pair
    with desk.store.transaction() as work:
        reply.note(work, desk.who(), one, text="@Giulia guarda")
        assert relations.followers_of(work, [one])[one] == (desk.giulia,)
        team = Team(name="Legale", private=True)
        work.add(team)
        work.flush()
        tickets.assign(work, desk.who(), one, team=team.id)
        line = Event(kind="msg.in", ticket_id=one, data={})
        assert followers.of_line(work, line) == []
        with pytest.raises(NotFound):
            followers.follow(work, desk.who(desk.giulia), one)


def test_a_link_is_seen_from_both_sides_and_taken_back_from_either(desk: SmallDesk, pair: tuple[int, int]) -> None:
    one, two = pair
    who = desk.who()
    with desk.store.transaction() as work:
        event = relating.link(work, who, one, two)
        with pytest.raises(Conflict, match="linked already"):
            relating.link(work, who, two, one)
        with pytest.raises(Invalid, match="itself"):
            relating.link(work, who, one, one)
    with desk.store.reading() as work:
        for here, there in (pair, pair[::-1]):
            found = relations.relations(work, who, work.get_one(Ticket, here)).related
            assert [(other.id, other.how, other.undo) for other in found] == [(there, "linked", event.id)]
        mirror = events.live(work, two, "ticket.related")[0]
    with desk.store.transaction() as work:
        undo.undo(work, who, mirror.id)
    with desk.store.reading() as work:
        assert relations.relations(work, who, work.get_one(Ticket, two)).related == ()
        assert events.live(work, one, "ticket.linked") == events.live(work, two, "ticket.related") == []
