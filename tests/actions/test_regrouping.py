"""Split, move and merge, and each of them taken back: exactly, in the store, in the search and in the figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from inbox import clock, metrics
from inbox.actions import fields, followers, merging, people, reply, splitting, tickets, undo
from inbox.actions.threading import reply_token
from inbox.actions.who import SYSTEM
from inbox.errors import Conflict, Invalid, NotFound
from inbox.reading import compose, finding, threads
from inbox.reading import desk as counted
from inbox.reading.relations import followers_of
from inbox.reading.views import lists
from inbox.reading.views.shown import Asked
from inbox.store import Event, Membership, Message, Team, Ticket
from inbox.terms import Status
from tests.actions.conftest import SmallDesk

CHIARA, BRUNO = "chiara@studio.example", "bruno@bici.example"
#: What may differ after something was done and taken back: when it was last touched.
TOUCHED = {"updated_at", "version"}


def letter(desk: SmallDesk, text: str = "Buongiorno", **more: Any) -> tuple[int, int]:
    """A mail that comes in; (ticket, message)."""
    ended = desk.take(desk.letter(text, **more), desk.mail)
    assert ended.ticket is not None
    assert ended.message is not None
    return ended.ticket, ended.message


def answered(desk: SmallDesk, number: int, text: str = "Ecco", **more: Any) -> int:
    with desk.store.transaction() as work:
        return reply.reply(work, desk.who(), number, text=text, **more)[0].id


def merged(desk: SmallDesk, number: int, into: int) -> str:
    with desk.store.transaction() as work:
        return merging.merge(work, desk.who(), number, into).id


def split(desk: SmallDesk, number: int, *messages: int) -> tuple[int, str]:
    with desk.store.transaction() as work:
        event = splitting.split(work, desk.who(), number, messages)
        return event.ticket_id or 0, event.id


def moved(desk: SmallDesk, number: int, to: int, *messages: int) -> str:
    with desk.store.transaction() as work:
        return splitting.move(work, desk.who(), number, messages, to).id


def undone(desk: SmallDesk, event: str) -> None:
    with desk.store.transaction() as work:
        undo.undo(work, desk.who(), event)


def status(desk: SmallDesk, number: int, to: str) -> str:
    with desk.store.transaction() as work:
        event = tickets.set_status(work, desk.who(), number, to)
        assert event is not None
        return event.id


def messages_of(desk: SmallDesk, number: int) -> list[int]:
    with desk.store.reading() as work:
        return [m.id for m in work.query(Message).filter_by(ticket_id=number).order_by(Message.id)]


def ticket_of(desk: SmallDesk, number: int) -> Ticket:
    with desk.store.reading() as work:
        return work.get_one(Ticket, number)


def state(desk: SmallDesk, *, without: int = 0) -> dict[str, Any]:
    """Everything that the desk knows of its tickets and messages, and where the search finds them."""
    found: dict[str, Any] = {}
    with desk.store.reading() as work:
        for ticket in work.query(Ticket).order_by(Ticket.id):
            if ticket.id != without:
                facts = {c.key: getattr(ticket, c.key) for c in Ticket.__table__.columns if c.key not in TOUCHED}
                told = [(line.what, line.value, line.actor) for line in threads.history(work, ticket)]
                parts = {"fields": fields.values(work, ticket.id), "followers": followers_of(work, [ticket.id])}
                found[f"#{ticket.id}"] = {**facts, **parts, "tags": [tag.tag for tag in ticket.tags], "history": told}
        for message in work.query(Message).order_by(Message.id):
            found[f"m{message.id}"] = {c.key: getattr(message, c.key) for c in Message.__table__.columns}
        found["search"] = finding.tickets(work, desk.who(), "testo")
        found["counts"] = counted.counts(work, desk.who())
        found["list"] = [row.id for row in lists.inbox(work, desk.who(), Asked()).rows]
    return found


def report(desk: SmallDesk, *, drop: frozenset[str] | set[str] = frozenset()) -> dict[str, Any]:
    """The figures of everything, by channel; ``drop`` leaves events out, as if they had never been written."""
    with desk.store.reading() as work:
        events = [e.as_dict() for e in work.query(Event).order_by(Event.seq) if e.id not in drop]
    day = clock.now().date()
    first, end = str(day - dt.timedelta(days=30)), str(day + dt.timedelta(days=30))
    asked = metrics.Request.of(first, end, "2031-01-01T00:00:00Z", by="channel")
    return dict(metrics.report(events, asked))


def events_after(desk: SmallDesk, seq: int) -> set[str]:
    with desk.store.reading() as work:
        return {e.id for e in work.query(Event).filter(Event.seq > seq)}


@pytest.fixture
def two(desk: SmallDesk) -> tuple[int, int]:
    """A winner that was answered and goes on, a loser with a note, a tag, a file-less mail and a question."""
    winner, _ = letter(desk, "Primo testo", subject="Sito lento", external_id="<w1@studio.example>")
    answered(desk, winner, "Quale sito, testo?")
    loser, _ = letter(desk, "Secondo testo", subject="Sito giu", external_id="<l1@studio.example>")
    with desk.store.transaction() as work:
        reply.note(work, desk.who(), loser, text="nota testo")
        tickets.tag(work, desk.who(), loser, "urgente")
        tickets.tag(work, desk.who(), winner, "sito")
        tickets.assign(work, desk.who(), loser, agent=desk.giulia)
    return winner, loser


def test_a_merge_shows_everything_in_the_winner_and_the_loser_only_points_there(
    desk: SmallDesk, two: tuple[int, int]
) -> None:
    winner, loser = two
    theirs = messages_of(desk, loser)
    merged(desk, loser, winner)
    assert messages_of(desk, loser) == []
    assert set(theirs) < set(messages_of(desk, winner))
    row = ticket_of(desk, winner)
    assert {tag.tag for tag in row.tags} == {"sito", "urgente"}
    assert row.waiting_since is not None
    assert ticket_of(desk, loser).merged_into == winner
    with desk.store.reading() as work:
        counts = counted.counts(work, desk.who())
        assert (counts["all"], counts["mine"], counts["needs_me"]) == (1, 1, 1)
        assert [one.id for one in lists.inbox(work, desk.who(), Asked()).rows] == [winner]
        assert finding.tickets(work, desk.who(), "secondo") == {winner}


@pytest.fixture
def kept(desk: SmallDesk, two: tuple[int, int]) -> tuple[int, int]:
    """Two fields: the winner has one of them, the loser both; only the loser is followed."""
    winner, loser = two
    with desk.store.transaction() as work:
        order, plan = (fields.add(work, SYSTEM, name=name, kind="text").id for name in ("Ordine", "Piano"))
        fields.set_values(work, desk.who(), winner, {order: "17"})
        fields.set_values(work, desk.who(), loser, {order: "4", plan: "Oro"})
        followers.follow(work, desk.who(), loser)
    return order, plan


def test_a_merge_fills_what_the_winner_lacks_and_gives_it_back(
    desk: SmallDesk, two: tuple[int, int], kept: tuple[int, int]
) -> None:
    winner, loser = two
    order, plan = kept
    before = state(desk)
    event = merged(desk, loser, winner)
    now = state(desk)[f"#{winner}"]
    assert now["fields"] == {order: "17", plan: "Oro"}
    assert now["followers"] == {winner: (desk.who().id,)}
    assert ("filled", "Oro") in [(what, value) for what, value, _actor in now["history"]]
    undone(desk, event)
    assert state(desk) == before
    again = merged(desk, loser, winner)
    with desk.store.transaction() as work:
        fields.set_values(work, desk.who(), winner, {plan: "Argento"})
    undone(desk, again)
    assert state(desk)[f"#{winner}"]["fields"] == {order: "17", plan: "Argento"}, "what was said since stays"


def test_a_split_ticket_begins_with_the_fields_of_the_old_one(
    desk: SmallDesk, two: tuple[int, int], kept: tuple[int, int]
) -> None:
    _winner, loser = two
    letter(desk, "E poi, testo", subject="Sito giu", in_reply_to="<l1@studio.example>")
    before = state(desk)
    new, event = split(desk, loser, messages_of(desk, loser)[0])
    assert state(desk)[f"#{new}"]["fields"] == {kept[0]: "4", kept[1]: "Oro"}
    undone(desk, event)
    assert state(desk, without=new) == before
    assert state(desk)[f"#{new}"]["fields"] == {}


def test_what_comes_for_the_loser_reaches_the_winner(desk: SmallDesk, two: tuple[int, int]) -> None:
    winner, loser = two
    with desk.store.reading() as work:
        token = reply_token(work, loser)
    merged(desk, loser, winner)
    evidence: list[dict[str, Any]] = [
        {"reply_tokens": (token,)},
        {"in_reply_to": "<l1@studio.example>"},
        {"references": ("<l1@studio.example>",)},
        {"subject_token": f"[#{loser}]"},
    ]
    for more in evidence:
        number, message = letter(desk, "Ancora", **more)
        assert number == winner
        with desk.store.reading() as work:
            line = work.query(Event).filter_by(id=f"msg.in:{message}").one()
            assert line.ticket_id == loser  # the log keeps what it came for, and the figures follow the merge


def test_the_next_text_of_a_merged_customer_follows_to_the_winner(desk: SmallDesk) -> None:
    winner, _ = letter(desk)
    ended = desk.take(desk.text("Sono Chiara, dal telefono"))
    assert ended.ticket is not None
    merged(desk, ended.ticket, winner)
    assert desk.take(desk.text("Ancora io")).ticket == winner


def test_both_customers_of_a_merged_ticket_can_be_answered_and_nobody_else(desk: SmallDesk) -> None:
    winner, _ = letter(desk)
    loser, _ = letter(desk, sender=BRUNO)
    letter(desk, sender="altri@altrove.example")
    merged(desk, loser, winner)
    with desk.store.transaction() as work:
        ticket = work.get_one(Ticket, winner)
        assert {one.address for one in compose.choices(work, ticket)} == {CHIARA, BRUNO}
        for address in (CHIARA, BRUNO):
            message, _ = reply.reply(work, desk.who(), winner, text="Ecco", channel=desk.mail, address=address)
            assert message.to[0]["address"] == address
        with pytest.raises(Invalid, match="no address of this customer"):
            reply.reply(work, desk.who(), winner, text="x", channel=desk.mail, address="altri@altrove.example")


def test_a_resolved_winner_opens_for_a_customer_who_waits_and_not_for_one_who_was_answered(desk: SmallDesk) -> None:
    winner, _ = letter(desk)
    status(desk, winner, "resolved")
    loser, _ = letter(desk, "E questo?")
    event = merged(desk, loser, winner)
    assert ticket_of(desk, winner).status is Status.OPEN
    undone(desk, event)
    assert ticket_of(desk, winner).status is Status.RESOLVED
    answered(desk, loser)
    merged(desk, loser, winner)
    assert ticket_of(desk, winner).status is Status.RESOLVED


def test_a_merge_taken_back_restores_everything(desk: SmallDesk, two: tuple[int, int]) -> None:
    winner, loser = two
    for first in ("open", "resolved", "closed"):
        if first != "open":
            status(desk, winner, first)
        before, seq, figures = state(desk), desk.store.last_seq(), report(desk)
        event = merged(desk, loser, winner)
        assert state(desk) != before
        undone(desk, event)
        assert state(desk) == before
        assert report(desk) == figures
        assert report(desk, drop=events_after(desk, seq)) == figures


def test_equal_client_keys_meet_in_a_merge_and_part_again(desk: SmallDesk, two: tuple[int, int]) -> None:
    winner, loser = two
    answered(desk, winner, client_key="k1")
    theirs = answered(desk, loser, client_key="k1")
    before = state(desk)
    event = merged(desk, loser, winner)
    with desk.store.transaction() as work:
        assert reply.reply(work, desk.who(), winner, text="again", client_key="k1")[1] is False
        assert work.get_one(Message, theirs).client_key != "k1"
    undone(desk, event)
    assert state(desk) == before


def test_what_came_for_the_loser_goes_back_with_it_and_what_was_said_in_the_winner_stays(
    desk: SmallDesk, two: tuple[int, int]
) -> None:
    winner, loser = two
    status(desk, winner, "resolved")
    answered(desk, loser)
    status(desk, loser, "resolved")
    event = merged(desk, loser, winner)
    seq = desk.store.last_seq()
    _, late = letter(desk, "Per il secondo", in_reply_to="<l1@studio.example>")
    assert ticket_of(desk, winner).status is Status.OPEN
    _, own = letter(desk, "Per il primo, altrove", sender=BRUNO)
    undone(desk, event)
    assert late in messages_of(desk, loser)
    assert own not in messages_of(desk, loser)
    assert ticket_of(desk, loser).status is Status.OPEN
    assert ticket_of(desk, loser).waiting_since is not None
    assert ticket_of(desk, winner).status is Status.RESOLVED
    with desk.store.reading() as work:  # the figures are those of a desk on which the mail simply reached its ticket
        since = work.query(Event).filter(Event.seq > seq - 2)
        merge = {e.id for e in since if e.kind in {"ticket.merged", "ticket.absorbed", "void"}}
        merge |= {e.id for e in since if e.kind == "ticket.status" and e.ticket_id == winner}
        assert {e.ticket_id for e in since if e.kind == "ticket.status" and e.id not in merge} == {loser}
    assert report(desk) == report(desk, drop=merge)


def test_a_merge_counts_as_one_case_in_the_figures(desk: SmallDesk, two: tuple[int, int]) -> None:
    winner, loser = two
    assert report(desk)["all"]["case.created"] == 2
    merged(desk, loser, winner)
    assert report(desk)["all"]["case.created"] == 1


@pytest.mark.parametrize("what", ["itself", "merged loser", "merged winner", "unknown"])
def test_merges_that_make_no_sense_are_refused(desk: SmallDesk, two: tuple[int, int], what: str) -> None:
    winner, loser = two
    third, _ = letter(desk, "Terzo")
    if what == "itself":
        with pytest.raises(Invalid, match="itself"):
            merged(desk, winner, winner)
        return
    merged(desk, loser, winner)
    pair = {"merged loser": (loser, third), "merged winner": (third, loser), "unknown": (third, 999)}[what]
    with pytest.raises((Conflict, NotFound)):
        merged(desk, *pair)


def test_nothing_can_be_done_with_a_merged_ticket_but_the_way_on_is_named(
    desk: SmallDesk, two: tuple[int, int]
) -> None:
    winner, loser = two
    merged(desk, loser, winner)
    tries: list[Callable[[Any], Any]] = [
        lambda work: reply.reply(work, desk.who(), loser, text="x"),
        lambda work: reply.note(work, desk.who(), loser, text="x"),
        lambda work: tickets.set_status(work, desk.who(), loser, "open"),
        lambda work: tickets.assign(work, desk.who(), loser, agent=None),
        lambda work: tickets.tag(work, desk.who(), loser, "x"),
    ]
    for attempt in tries:
        with pytest.raises(Conflict, match=f"#{loser} was merged into #{winner}"), desk.store.transaction() as work:
            attempt(work)


def test_a_chain_of_merges_leads_to_its_end_and_is_taken_back_from_there(desk: SmallDesk, two: tuple[int, int]) -> None:
    winner, loser = two
    last, _ = letter(desk, "Terzo testo")
    before = state(desk)
    first = merged(desk, loser, winner)
    second = merged(desk, winner, last)
    number, late = letter(desk, "Per il primo", in_reply_to="<l1@studio.example>")
    assert number == last
    with pytest.raises(Conflict, match="take that back first"):
        undone(desk, first)
    undone(desk, second)
    assert late in messages_of(desk, winner)
    undone(desk, first)
    assert late in messages_of(desk, loser)
    after = state(desk)
    assert {name: after[name] for name in before if name.startswith("m")} == {
        name: before[name] for name in before if name.startswith("m")
    }


def test_an_undo_happens_once(desk: SmallDesk, two: tuple[int, int]) -> None:
    event = merged(desk, two[1], two[0])
    undone(desk, event)
    with pytest.raises(Conflict, match="already"):
        undone(desk, event)


def test_split_messages_become_a_ticket_of_their_customer_linked_to_the_old_one(desk: SmallDesk) -> None:
    number, first = letter(desk, "Primo testo", external_id="<a@studio.example>")
    with desk.store.transaction() as work:
        tickets.assign(work, desk.who(), number, agent=desk.giulia)
    _, second = letter(desk, "Altro testo", in_reply_to="<a@studio.example>", subject="Fattura")
    fresh, _ = split(desk, number, second)
    row = ticket_of(desk, fresh)
    assert (row.subject, row.linked_to, row.assignee_id) == ("Fattura", number, desk.giulia)
    assert row.customer_id == ticket_of(desk, number).customer_id
    assert (messages_of(desk, number), messages_of(desk, fresh)) == ([first], [second])
    assert row.last_in_id == second
    assert ticket_of(desk, number).last_in_id == first
    with desk.store.reading() as work:
        message = work.get_one(Message, second)
        assert (message.joined_rule, message.joined_ref) == ("manual", f"#{number}")
        line = work.query(Event).filter_by(kind="ticket.split").one()
        assert (line.ticket_id, line.data["from"], line.data["msgs"]) == (fresh, str(number), [str(second)])
        assert finding.tickets(work, desk.who(), "altro") == {fresh}
    assert report(desk)["all"]["case.created"] == 2


def test_the_third_party_of_a_split_is_its_customer(desk: SmallDesk) -> None:
    from connectors.base import Address

    number, _ = letter(desk, external_id="<a@studio.example>", cc=(Address(BRUNO),))
    _, theirs = letter(desk, "Sono Bruno", sender=BRUNO, in_reply_to="<a@studio.example>")
    fresh, _ = split(desk, number, theirs)
    with desk.store.reading() as work:
        customer = ticket_of(desk, fresh).customer_id
        assert customer != ticket_of(desk, number).customer_id
        [line] = work.query(Event).filter_by(kind="ticket.identified").all()
        assert (line.ticket_id, line.data["customer"]) == (fresh, customer)


def test_a_split_keeps_what_makes_sense_together(desk: SmallDesk) -> None:
    number, first = letter(desk, external_id="<a@studio.example>")
    with desk.store.transaction() as work:
        note = reply.note(work, desk.who(), number, text="nota")[0].id
    _, second = letter(desk, in_reply_to="<a@studio.example>")
    other, foreign = letter(desk, sender=BRUNO)
    for chosen in ([], [note], [first, second], [first, foreign], [first, 999]):
        with pytest.raises(Invalid):
            split(desk, number, *chosen)
    assert messages_of(desk, other) == [foreign]


@pytest.mark.parametrize("answer", [False, True])
def test_a_split_taken_back_restores_everything(desk: SmallDesk, answer: bool) -> None:
    number, _ = letter(desk, "Primo testo", external_id="<a@studio.example>")
    _, second = letter(desk, "Altro testo", in_reply_to="<a@studio.example>")
    if answer:
        answered(desk, number, "Risposta testo")
    before, figures = state(desk), report(desk)
    fresh, event = split(desk, number, second)
    with desk.store.transaction() as work:  # what was done with the new ticket goes with it
        tickets.tag(work, desk.who(), fresh, "fattura")
        tickets.set_status(work, desk.who(), fresh, "pending")
    undone(desk, event)
    assert state(desk, without=fresh) == before
    assert report(desk) == figures
    assert ticket_of(desk, fresh).merged_into == number  # whoever has its address is led on


def test_a_split_whose_ticket_went_on_is_not_taken_back(desk: SmallDesk) -> None:
    number, _ = letter(desk, external_id="<a@studio.example>")
    _, second = letter(desk, in_reply_to="<a@studio.example>")
    fresh, event = split(desk, number, second)
    answered(desk, fresh)
    with pytest.raises(Conflict, match="messages of its own"):
        undone(desk, event)
    back = merged(desk, fresh, number)
    with pytest.raises(Conflict, match="take that back first"):
        undone(desk, event)
    undone(desk, back)


def test_moved_messages_lie_in_the_other_ticket_and_come_back(desk: SmallDesk) -> None:
    number, _ = letter(desk, "Primo testo", external_id="<a@studio.example>")
    _, stray = letter(desk, "Fuori posto testo", in_reply_to="<a@studio.example>")
    other, _ = letter(desk, "Altro testo", sender=BRUNO)
    answered(desk, other)
    before, figures = state(desk), report(desk)
    event = moved(desk, number, other, stray)
    assert stray in messages_of(desk, other)
    assert ticket_of(desk, other).waiting_since is not None
    assert ticket_of(desk, number).last_in_id != stray
    undone(desk, event)
    assert state(desk) == before
    assert report(desk) == figures


def test_a_moved_question_opens_a_resolved_ticket_unless_it_is_older_and_answered(desk: SmallDesk) -> None:
    old, _ = letter(desk, sender=BRUNO, at=clock.now() - dt.timedelta(hours=5))
    number, first = letter(desk, external_id="<a@studio.example>", at=clock.now() - dt.timedelta(hours=3))
    answered(desk, number)
    status(desk, old, "resolved")
    _, fresh = letter(desk, in_reply_to="<a@studio.example>", at=clock.now())
    before = state(desk)
    event = moved(desk, number, old, first)
    assert ticket_of(desk, old).status is Status.RESOLVED
    undone(desk, event)
    event = moved(desk, number, old, fresh)
    assert ticket_of(desk, old).status is Status.OPEN
    undone(desk, event)
    assert state(desk) == before


def test_moving_the_last_message_merges_the_ticket(desk: SmallDesk) -> None:
    number, only = letter(desk)
    other, _ = letter(desk)
    event = moved(desk, number, other, only)
    assert ticket_of(desk, number).merged_into == other
    undone(desk, event)
    assert (ticket_of(desk, number).merged_into, messages_of(desk, number)) == (None, [only])


def test_messages_that_were_moved_on_are_taken_back_in_order(desk: SmallDesk) -> None:
    number, _ = letter(desk, external_id="<a@studio.example>")
    _, stray = letter(desk, in_reply_to="<a@studio.example>")
    second, _ = letter(desk)
    third, _ = letter(desk)
    before = state(desk)
    first_move = moved(desk, number, second, stray)
    next_move = moved(desk, second, third, stray)
    with pytest.raises(Conflict, match="moved on"):
        undone(desk, first_move)
    undone(desk, next_move)
    undone(desk, first_move)
    assert state(desk) == before


def test_status_assignee_tag_priority_and_reason_are_taken_back_while_they_are_the_last_word(desk: SmallDesk) -> None:
    number, _ = letter(desk)
    before, figures = state(desk), report(desk)

    def do(verb: Callable[..., Any], *args: Any, **more: Any) -> str:
        with desk.store.transaction() as work:
            event: Event = verb(work, desk.who(), number, *args, **more)
            return event.id

    verbs: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = [
        (tickets.set_status, ("resolved",), {}),
        (tickets.set_status, ("pending",), {}),
        (tickets.assign, (), {"agent": desk.giulia}),
        (tickets.tag, ("sito",), {}),
        (tickets.prioritise, ("urgent",), {}),
    ]
    for verb, args, more in verbs:
        event = do(verb, *args, **more)
        assert state(desk) != before
        undone(desk, event)
        assert state(desk) == before
        assert report(desk) == figures
    first = do(tickets.set_status, "pending")
    do(tickets.set_status, "resolved")
    with pytest.raises(Conflict, match="has been changed since"):
        undone(desk, first)


def test_what_a_customer_did_cannot_be_undone(desk: SmallDesk) -> None:
    number, message = letter(desk)
    for event in (f"msg.in:{message}", "nothing"):
        with pytest.raises((Conflict, NotFound)):
            undone(desk, event)
    status(desk, number, "resolved")
    desk.take(desk.letter("Ancora", subject_token=f"[#{number}]"), desk.mail)
    with desk.store.reading() as work:
        line = work.query(Event).filter_by(kind="ticket.status", actor_kind="system").one()
    with pytest.raises(Conflict, match="cannot be undone"):
        undone(desk, line.id)


def test_a_private_team_keeps_its_tickets_to_itself(desk: SmallDesk) -> None:
    secret, hidden = letter(desk, "Segreto", external_id="<s@studio.example>")
    _, second = letter(desk, in_reply_to="<s@studio.example>")
    open_, plain = letter(desk)
    with desk.store.transaction() as work:
        team = people.add_team(work, SYSTEM, "Contabili", private=True)
        work.flush()
        tickets.assign(work, SYSTEM, secret, team=team.id)
        private = team.id
    with desk.store.transaction() as work:
        giulia = desk.who(desk.giulia)
        attempts: list[Callable[[], Any]] = [
            lambda: merging.merge(work, giulia, secret, open_),
            lambda: merging.merge(work, giulia, open_, secret),
            lambda: splitting.split(work, giulia, secret, [second]),
            lambda: splitting.move(work, giulia, open_, [plain], secret),
            lambda: splitting.move(work, giulia, secret, [hidden], open_),
        ]
        for attempt in attempts:
            with pytest.raises(NotFound):
                attempt()
    event = merged(desk, open_, secret)
    with pytest.raises(NotFound), desk.store.transaction() as work:
        undo.undo(work, desk.who(desk.giulia), event)
    undone(desk, event)
    fresh, _ = split(desk, secret, second)
    assert ticket_of(desk, fresh).team_id == private
    with desk.store.transaction() as work:
        work.add(Membership(team_id=private, agent_id=desk.giulia))
    with desk.store.transaction() as work:
        assert work.get_one(Team, private).private
        merging.merge(work, desk.who(desk.giulia), fresh, secret)


def test_the_tickets_line_worked_out_again_is_the_one_that_grew(desk: SmallDesk) -> None:
    """After any history, working a ticket's line out from its messages changes nothing."""
    from inbox.actions import homes

    number, _ = letter(desk, external_id="<a@studio.example>")
    history: list[Callable[[], Any]] = [
        lambda: letter(desk, "due", in_reply_to="<a@studio.example>"),
        lambda: answered(desk, number),
        lambda: letter(desk, "auto", in_reply_to="<a@studio.example>", auto="reply"),
        lambda: status(desk, number, "pending"),
        lambda: letter(desk, "tre", in_reply_to="<a@studio.example>"),
        lambda: status(desk, number, "resolved"),
        lambda: letter(desk, "quattro", in_reply_to="<a@studio.example>"),
        lambda: answered(desk, number, then="resolve"),
        lambda: status(desk, number, "open"),
    ]
    for step in history:
        step()
        before = state(desk)
        with desk.store.transaction() as work:
            homes.refresh(work, work.get_one(Ticket, number))
        assert state(desk) == before
