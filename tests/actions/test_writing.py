"""What is written: notes that name people, notes that are changed, drafts with their files, answers to one message."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from inbox.actions import drafts, later, lines, mentions, notes, outbox, people, reply, starting, tickets
from inbox.actions.who import SYSTEM
from inbox.errors import Forbidden, Invalid, NotFound
from inbox.reading import compose, threads
from inbox.reading import mentions as reading
from inbox.reading.parts import Leg, NoteView
from inbox.rendering.markup import noted
from inbox.store import Channel, DraftFile, Event, Message, Ticket, Work
from inbox.terms import Delivery, Status
from tests.actions.conftest import SmallDesk


def ticket(desk: SmallDesk) -> int:
    number = desk.take(desk.text()).ticket
    assert number is not None
    return number


def note(desk: SmallDesk, number: int, text: str, agent: str | None = None) -> int:
    with desk.store.transaction() as work:
        return reply.note(work, desk.who(agent), number, text=text)[0].id


def unread(desk: SmallDesk, agent: str) -> int:
    with desk.store.reading() as work:
        return reading.unread(work, desk.who(agent))


# --- mentions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@Giulia Ferri guarda", ["Giulia Ferri"]),
        ("(@giulia), @Luca Moretti", ["giulia", "Luca Moretti"]),
        ("@Domini e @Domini", ["Domini"]),
        ("giulia@cirro.example, @Giuliana, @@giulia", []),
        ("@nessuno", []),
    ],
)
def test_a_text_names_whom_it_says(desk: SmallDesk, text: str, names: list[str]) -> None:
    with desk.store.transaction() as work:
        people.add_team(work, SYSTEM, "Domini")
        assert [one.name for one in mentions.named(work, text)] == names


def test_who_is_named_hears_of_it_until_they_have_looked(desk: SmallDesk) -> None:
    number = ticket(desk)
    first = note(desk, number, "@Giulia Ferri e @Luca, serve il CAA")
    assert (unread(desk, desk.giulia), unread(desk, desk.admin)) == (1, 0)  # nobody mentions themself
    with desk.store.reading() as work:
        who = desk.who(desk.giulia)
        [found] = reading.listed(work, who, unread_only=True)
        assert (found.ticket, found.note, found.author, found.read) == (number, first, "Luca Moretti", False)
        assert reading.of_note(work, who, first) == found
        assert list(work.scalars(reading.tickets(who))) == [number]
        told = [row.data["agents"] for row in work.query(Event).filter_by(kind="note.mentioned")]
        assert told == [[desk.giulia]]
    with desk.store.transaction() as work:
        tickets.read(work, desk.who(desk.giulia), number, 1)
    assert unread(desk, desk.giulia) == 0


def test_a_team_is_everybody_in_it_and_nobody_is_led_where_they_may_not_look(desk: SmallDesk) -> None:
    number = ticket(desk)
    with desk.store.transaction() as work:
        team = people.add_team(work, SYSTEM, "Domini")
        private = people.add_team(work, SYSTEM, "Direzione", private=True)
        people.change_agent(work, SYSTEM, desk.giulia, teams=[team.id])
    note(desk, number, "@Domini guardate")
    assert unread(desk, desk.giulia) == 1
    with desk.store.transaction() as work:
        tickets.assign(work, SYSTEM, number, team=private.id)
        assert mentions.blind(work, work.get_one(Ticket, number)) == {desk.giulia}
    note(desk, number, "@Giulia anche qui")
    with desk.store.transaction() as work:
        tickets.assign(work, SYSTEM, number, team=None)
    assert unread(desk, desk.giulia) == 1


def test_a_changed_note_tells_only_the_new_ones_and_keeps_what_it_said(desk: SmallDesk) -> None:
    number = ticket(desk)
    one = note(desk, number, "@Giulia guarda")
    with desk.store.transaction() as work:
        notes.change(work, desk.who(), one, "@Giulia guarda qui")
    with desk.store.reading() as work:
        view = threads.item_of_message(work, work.get_one(Message, one))
        assert isinstance(view, NoteView)
        assert (view.text, [old.text for old in view.versions]) == ("@Giulia guarda qui", ["@Giulia guarda"])
        assert work.query(Event).filter_by(kind="note.mentioned").count() == 1
    with pytest.raises(Forbidden), desk.store.transaction() as work:
        notes.change(work, desk.who(desk.giulia), one, "altro")
    with desk.store.transaction() as work:
        notes.remove(work, desk.who(), one)
    assert unread(desk, desk.giulia) == 0


def test_a_note_shows_names_and_marks_and_nothing_typed_is_a_tag() -> None:
    assert noted("@Ada <b> **x** a@Ada.it", ["Ada"]) == '<b class="mention">@Ada</b> &lt;b&gt; <b>x</b> a@Ada.it'


# --- drafts -----------------------------------------------------------------------------------------------------


def test_a_draft_waits_with_its_files_for_the_same_agent_and_leaves_with_the_message(desk: SmallDesk) -> None:
    number, who = ticket(desk), desk.who()
    file = reply.Upload("a.txt", "text/plain", b"ciao")
    with desk.store.transaction() as work:
        drafts.keep(work, who, number, "reply", "Bozza")
        own = drafts.attach(work, who, number, "reply", file).id
        other = drafts.attach(work, desk.who(desk.giulia), number, "reply", file).id
    with desk.store.reading() as work:
        [draft] = compose.drafts(work, who, work.get_one(Ticket, number))
        assert (draft.mode, draft.text, [one.id for one in draft.files]) == ("reply", "Bozza", [own])
    with pytest.raises(NotFound), desk.store.transaction() as work:
        drafts.take(work, who, number, [other])
    with desk.store.transaction() as work:
        assert drafts.take(work, who, number, [own]) == [file]
        drafts.drop(work, who, number, "reply", [own])
    with desk.store.reading() as work:
        assert compose.drafts(work, who, work.get_one(Ticket, number)) == ()
        assert [row.id for row in work.query(DraftFile)] == [other]


def test_an_untouched_draft_is_forgotten(desk: SmallDesk, later: Callable[[dt.timedelta], None]) -> None:
    number = ticket(desk)
    with desk.store.transaction() as work:
        drafts.keep(work, desk.who(), number, "note", "Bozza")
    later(drafts.KEPT + dt.timedelta(days=1))
    with desk.store.transaction() as work:
        drafts.forget_due(work)
        assert compose.drafts(work, desk.who(), work.get_one(Ticket, number)) == ()


# --- answers to one message -------------------------------------------------------------------------------------


def test_a_mail_answers_the_one_that_was_chosen_and_not_the_last(desk: SmallDesk) -> None:
    first = desk.take(desk.letter("Prima", external_id="<uno@studio.example>"), desk.mail)
    desk.take(desk.letter("Poi", external_id="<due@studio.example>", in_reply_to="<uno@studio.example>"), desk.mail)
    with desk.store.transaction() as work:
        plain, _new = reply.reply(work, desk.who(), first.ticket or 0, text="A")
        chosen, _new = reply.reply(work, desk.who(), first.ticket or 0, text="B", answers=first.message)
        assert (plain.in_reply_to, chosen.in_reply_to) == ("<due@studio.example>", "<uno@studio.example>")


def test_what_a_message_answers_is_said_to_the_provider_and_shown(desk: SmallDesk) -> None:
    ended = desk.take(desk.text("Quanto costa?"))
    desk.take(desk.text("Grazie"))
    with desk.store.transaction() as work:
        plain, _new = reply.reply(work, desk.who(), ended.ticket or 0, text="A")
        chosen, _new = reply.reply(work, desk.who(), ended.ticket or 0, text="20 euro", answers=ended.message)
        work.flush()
        assert outbox.load(work, plain.id, lambda text, _markup: (text, None)).outgoing.answers is None
        answers = outbox.load(work, chosen.id, lambda text, _markup: (text, None)).outgoing.answers
        assert answers == work.get_one(Message, ended.message).external_id
        leg = threads.item_of_message(work, chosen)
        assert isinstance(leg, Leg)
        quoted = leg.messages[0].answers
        assert quoted is not None
        assert (quoted.key, quoted.text) == (str(ended.message), "Quanto costa?")


def test_a_planned_answer_keeps_what_it_answers(desk: SmallDesk) -> None:
    first = desk.take(desk.letter("Prima", external_id="<uno@studio.example>"), desk.mail)
    desk.take(desk.letter("Poi", external_id="<due@studio.example>", in_reply_to="<uno@studio.example>"), desk.mail)
    with desk.store.transaction() as work:
        from inbox import clock

        hour = clock.now() + dt.timedelta(hours=1)
        message, _new = reply.reply(
            work, desk.who(), first.ticket or 0, text="A", answers=first.message, send_at=hour, then="resolve"
        )
    with desk.store.transaction() as work:
        later.reschedule(work, desk.who(), message.id, None)
    with desk.store.reading() as work:
        assert work.get_one(Message, message.id).in_reply_to == "<uno@studio.example>"


def test_only_a_message_of_the_ticket_is_answered(desk: SmallDesk) -> None:
    number = ticket(desk)
    own = note(desk, number, "Nota")
    for answers in (own, 9999):
        with pytest.raises(Invalid), desk.store.transaction() as work:
            reply.reply(work, desk.who(), number, text="A", answers=answers)


# --- what becomes of the ticket with an answer ------------------------------------------------------------------


@pytest.mark.parametrize("then", ["pending", "snooze-tomorrow", "resolve"])
def test_an_answer_that_is_taken_back_takes_back_what_became_of_the_ticket(desk: SmallDesk, then: str) -> None:
    number = ticket(desk)
    with desk.store.transaction() as work:
        first, _new = reply.reply(work, desk.who(), number, text="A")
        first.state = Delivery.SENT
    desk.take(desk.text("Ancora"))
    with desk.store.transaction() as work:
        message, _new = reply.reply(work, desk.who(), number, text="B", then=then, undo_s=5)
    with desk.store.reading() as work:
        row = work.get_one(Ticket, number)
        assert (row.status.value, row.snoozed_until is not None) == {
            "pending": ("pending", False),
            "snooze-tomorrow": ("snoozed", True),
            "resolve": ("resolved", False),
        }[then]
    with desk.store.transaction() as work:
        reply.cancel(work, desk.who(), message.id)
    with desk.store.reading() as work:
        row = work.get_one(Ticket, number)
        assert (row.status, row.snoozed_until, row.waiting_since is not None) == (Status.OPEN, None, True)


def test_a_reaction_stands_at_its_message_until_it_is_taken_off(desk: SmallDesk) -> None:
    from connectors.base import Address, Reaction
    from inbox import clock

    ended = desk.take(desk.text("Quanto costa?", sender="+447700900123"))
    with desk.store.reading() as work:
        external = work.get_one(Message, ended.message).external_id or ""

    def shown(emoji: str, seconds: int, message: str = external) -> tuple[str | None, tuple[str, ...]]:
        at = clock.now() + dt.timedelta(seconds=seconds)
        reason = desk.take(Reaction(f"r{seconds}", Address("+447700900123"), message, emoji, at)).reason
        with desk.store.reading() as work:
            leg = threads.item_of_message(work, work.get_one(Message, ended.message))
        assert isinstance(leg, Leg)
        return reason, leg.messages[0].reactions

    assert shown("👍", 0) == ("reaction", ("👍",))
    assert shown("🙏", -60) == ("reaction", ("👍",))  # older than what stands there
    assert shown("", 60) == ("reaction", ())
    assert shown("👍", 90, "elsewhere") == ("no_such_message", ())


def test_a_message_that_its_writer_takes_back_leaves_its_place_and_no_word(desk: SmallDesk) -> None:
    from connectors.base import Address, Retraction
    from inbox import clock
    from inbox.reading import finding
    from inbox.terms import Outcome

    ended = desk.take(desk.text("Il mio codice segreto", sender="+447700900123"))
    with desk.store.reading() as work:
        external = work.get_one(Message, ended.message).external_id or ""
        assert finding.tickets(work, desk.who(), "segreto") == {ended.ticket}

    def taken_back(sender: str) -> tuple[Outcome, str | None]:
        found = desk.take(Retraction("d1", Address(sender), external, clock.now()))
        return found.outcome, found.reason

    assert taken_back("+447700900999") == (Outcome.IGNORED, "no_such_message"), "only whoever wrote it"
    assert taken_back("+447700900123") == (Outcome.STATUS, "deleted")
    assert taken_back("+447700900123") == (Outcome.DUPLICATE, None)
    with desk.store.reading() as work:
        leg = threads.item_of_message(work, work.get_one(Message, ended.message))
        assert isinstance(leg, Leg)
        assert (leg.messages[0].text, leg.messages[0].deleted_at is not None) == ("", True)
        assert finding.tickets(work, desk.who(), "segreto") == set()
        assert work.get_one(Ticket, ended.ticket).preview == ""


# --- writing first ------------------------------------------------------------------------------------------------


def test_a_ticket_that_we_begin_is_ours_and_waits_for_nobody(desk: SmallDesk) -> None:
    given: dict[str, Any] = {
        "channel": desk.mail,
        "to": " Anna@Shop.example ",
        "name": "Anna",
        "subject": "Rinnovo",
        "text": "Ciao Anna",
    }
    with desk.store.transaction() as work:
        first, new = starting.start(work, desk.who(desk.giulia), **given, client_key="k1", then="pending", held=True)
        assert (new, first.state) == (True, Delivery.HELD)
        assert starting.start(work, desk.who(desk.giulia), **given, client_key="k1") == (first, False)
        made = work.get_one(Ticket, first.ticket_id)
        assert (made.subject, made.status, made.assignee_id) == ("Rinnovo", Status.PENDING, desk.giulia)
        assert (made.waiting_since, made.due_at, first.subject) == (None, None, "Rinnovo")
        assert first.to == [{"name": "Anna", "address": "anna@shop.example"}]
        again = reply.reply(work, desk.who(desk.giulia), made.id, text="E poi")[0]
        assert (again.subject, again.in_reply_to) == ("Re: Rinnovo", first.header_id)
    answered = desk.take(desk.letter("Grazie", sender="anna@shop.example", in_reply_to=first.header_id), desk.mail)
    assert answered.ticket == first.ticket_id


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"to": "anna"}, "to"),
        ({"channel": "sms", "to": "347 555 0142"}, "to"),
        ({"text": " "}, "text"),
        ({"text": "Ciao {customer.name}"}, "text"),
        ({"channel": "no"}, "channel"),
    ],
)
def test_what_is_wrong_with_a_first_message_is_said_and_nothing_is_kept(
    desk: SmallDesk, given: dict[str, Any], wrong: str
) -> None:
    given = {"channel": "mail", "to": "anna@shop.example", "text": "Ciao", **given}
    given["channel"] = {"mail": desk.mail, "sms": desk.sms}.get(given["channel"], "no")
    with pytest.raises(Invalid) as refused, desk.store.transaction() as work:
        starting.start(work, desk.who(), **given)
    assert wrong in refused.value.fields
    with desk.store.reading() as work:
        assert work.scalar(select(func.count(Ticket.id))) == 0


def test_nobody_writes_first_by_the_channel_of_a_private_team_that_is_not_theirs(desk: SmallDesk) -> None:
    with desk.store.transaction() as work:
        closed = people.add_team(work, SYSTEM, "Legale", private=True)
        work.get_one(Channel, desk.mail).team_id = closed.id
        work.flush()
        assert [one.id for one in starting.ways(work, desk.who(desk.giulia))] == [desk.sms]
        assert {one.id for one in starting.ways(work, desk.who())} == {desk.sms, desk.mail}


@pytest.mark.parametrize("known", [True, False])
def test_two_presses_of_one_button_in_the_same_moment_make_one_ticket(
    desk: SmallDesk, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    if known:
        desk.take(desk.text())
    subject_of = lines.subject_of

    def slowly(*said: Any) -> str:
        time.sleep(0.2)  # both have looked for what the other makes, if nothing keeps them apart
        return subject_of(*said)

    monkeypatch.setattr(lines, "subject_of", slowly)
    who = desk.who(desk.giulia)

    def begin(work: Work) -> int:
        made, _new = starting.start(work, who, channel=desk.sms, to="+447700900123", text="Ciao", client_key="k1")
        return made.ticket_id

    def press(_: int) -> int:
        return desk.store.write(begin)

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(press, range(2)))
    assert made[0] == made[1]
    with desk.store.reading() as work:
        assert work.scalar(select(func.count()).select_from(Message).where(Message.client_key == "k1")) == 1
        assert work.scalar(select(func.count()).select_from(Ticket)) == 1 + known
