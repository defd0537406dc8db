"""What an agent does with an answer on the screen: plans it, changes the hour, calls it back, helps it through."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import re
import zoneinfo
from urllib.parse import urlencode

import pytest

from connectors.base import Address, ConnectorError, Inbound, Request
from inbox import clock
from inbox.actions import intake, journal, outbox, people, words
from inbox.actions.who import SYSTEM
from inbox.live import pushes
from inbox.reading import rows
from inbox.rendering import Stage
from inbox.store import Channel, DraftFile, Event, FirstDraft, JournalEntry, Message, Ticket
from inbox.terms import Delivery
from tests.web.conftest import TestDesk

STREAM = "text/vnd.turbo-stream.html"
ROME = zoneinfo.ZoneInfo("Europe/Rome")
_numbers = itertools.count(1)


@pytest.fixture
def ticket(desk: TestDesk) -> int:
    """A new customer who wrote by SMS."""
    with desk.store.reading() as work:
        known = work.query(Channel).filter_by(name="texts").first()
    twilio = {"account_sid": "AC" + "0" * 32, "auth_token": "f" * 32, "number": "+12025550142"}
    sms = known or desk.add_channel("sms", "texts", **twilio)
    number = next(_numbers)
    with desk.store.transaction() as work:
        channel = work.get_one(Channel, sms.id)
        entry = journal.keep(work, channel, Request("POST", "https://desk.example/", [], b"x"))
        item = Inbound(
            f"SM{number}", sender=Address(f"+4477009{number:05}", "Chiara Neri"), text="Ciao", at=clock.now()
        )
        ended = intake.take(work, channel, work.get_one(JournalEntry, entry.id), item)
    assert ended.ticket is not None
    return ended.ticket


def newest(desk: TestDesk) -> Message:
    with desk.store.reading() as work:
        return work.query(Message).order_by(Message.id.desc()).first()  # type: ignore[return-value]


def test_an_answer_is_planned_for_an_hour_of_the_desks_own_day(desk: TestDesk, ticket: int) -> None:
    agent = desk.browser("agent")
    day = (dt.datetime.now(ROME) + dt.timedelta(days=1)).date()
    page = agent.get(f"/tickets/{ticket}").text
    assert 'name="send_at_typed"' in page
    form = {"text": "A domani", "send_at": "typed", "send_at_typed": f"{day}T09:30"}
    drawn = agent.post(f"/tickets/{ticket}/replies", accept=STREAM, **form)
    assert drawn.status_code == 201
    message = newest(desk)
    assert message.state is Delivery.SCHEDULED
    assert message.send_at == dt.datetime.combine(day, dt.time(9, 30), ROME)
    assert f"/messages/{message.id}/schedule" in drawn.text
    assert "Change the time" in agent.get(f"/tickets/{ticket}").text
    later = {"send_at": "typed", "send_at_typed": f"{day}T11:00"}
    assert agent.post(f"/messages/{message.id}/schedule", accept=STREAM, **later).status_code == 200
    assert newest(desk).send_at == dt.datetime.combine(day, dt.time(11), ROME)
    assert agent.post(f"/messages/{message.id}/schedule").status_code == 303
    assert newest(desk).state is Delivery.QUEUED


@pytest.mark.parametrize("when", ["", "yesterday", "2020-01-01T10:00", "9999-12-31T23:59"])
def test_no_hour_or_one_that_is_past_is_refused_with_a_sentence(desk: TestDesk, ticket: int, when: str) -> None:
    form = {"text": "A domani", "send_at": "typed", "send_at_typed": when}
    refused = desk.browser("agent").post(f"/tickets/{ticket}/replies", accept=STREAM, **form)
    assert refused.status_code == 422
    assert "within the next year" in refused.text


def failed(desk: TestDesk, ticket: int, *, ambiguous: bool = False) -> int:
    agent = desk.browser("agent")
    agent.get(f"/tickets/{ticket}")
    agent.post("/me/undo", undo_s="0")
    assert agent.post(f"/tickets/{ticket}/replies", accept=STREAM, text="Ecco").status_code == 201
    number = newest(desk).id
    with desk.store.transaction() as work:
        assert number in outbox.claim(work, "w:1", limit=50)
    with desk.store.transaction() as work:
        outbox.going_out(work, number, "w:1")
    with desk.store.transaction() as work:
        error = ConnectorError("this is no mobile number", code="21614", permanent=not ambiguous, ambiguous=ambiguous)
        outbox.fail(work, number, error)
    return number


def test_a_failure_stands_on_top_of_its_view_with_the_ways_on(desk: TestDesk, ticket: int) -> None:
    number = failed(desk, ticket)
    agent = desk.browser("agent")
    page = agent.get("/tickets?view=failed").text
    assert "Needs attention" in page
    assert f'id="row-{ticket}"' in page
    thread = agent.get(f"/tickets/{ticket}").text
    for step in ("retry", "leave"):
        assert f'action="/messages/{number}/{step}"' in thread
    assert f'action="/messages/{number}/arrived"' not in thread
    assert agent.post(f"/messages/{number}/leave", accept=STREAM).status_code == 200
    thread = agent.get(f"/tickets/{ticket}").text
    assert f'action="/messages/{number}/leave"' not in thread
    assert f'action="/messages/{number}/retry"' in thread
    with desk.store.reading() as work:
        assert rows.row(work, work.get_one(Ticket, ticket)).attention == ""


def test_doubt_is_ended_by_a_word_or_by_sending_again(desk: TestDesk, ticket: int) -> None:
    number = failed(desk, ticket, ambiguous=True)
    agent = desk.browser("agent")
    assert f'action="/messages/{number}/arrived"' in agent.get(f"/tickets/{ticket}").text
    assert agent.post(f"/messages/{number}/arrived", accept=STREAM).status_code == 200
    assert newest(desk).state is Delivery.SENT


def test_whoever_has_the_ticket_is_told_and_nobody_else(desk: TestDesk, ticket: int) -> None:
    failed(desk, ticket)
    with desk.store.reading() as work:
        mine = work.get_one(Ticket, ticket).assignee_id
        planned = pushes.plan(work, work.query(Event).filter_by(ticket_id=ticket).order_by(Event.seq).all())
        assert [room for room, push in planned.items() if push.alerts] == [f"agent:{mine}"]
        stage = Stage(desk.app, "http://127.0.0.1")
        for language, words in (("en", "did not get through"), ("it", "non è passata")):
            drawn = pushes.draw(work, stage, planned[f"agent:{mine}"], language)
            assert words in drawn
            assert re.search(rf'target="toasts".*href="/tickets/{ticket}"', drawn, re.DOTALL)


@pytest.mark.parametrize(("seconds", "status"), [("0", 303), ("10", 303), ("", 303), ("11", 422), ("-1", 422)])
def test_each_person_sets_how_long_answers_can_be_taken_back(desk: TestDesk, seconds: str, status: int) -> None:
    agent = desk.browser("agent")
    agent.get("/tickets")
    assert agent.post("/me/undo", undo_s=seconds).status_code == status


def test_the_persons_own_time_counts_before_the_desks(desk: TestDesk, ticket: int) -> None:
    agent = desk.browser("agent")
    agent.get(f"/tickets/{ticket}")
    agent.post("/me/undo", undo_s="10")
    agent.post(f"/tickets/{ticket}/replies", accept=STREAM, text="Ecco")
    message = newest(desk)
    assert message.next_at is not None
    assert 8 < (message.next_at - message.at).total_seconds() <= 10
    with desk.store.transaction() as work:
        people.change_agent(work, SYSTEM, message.agent_id or "", undo_s="")
    agent.post(f"/tickets/{ticket}/replies", accept=STREAM, text="Ecco di nuovo")
    message = newest(desk)
    assert message.next_at is not None
    assert 4 <= (message.next_at - message.at).total_seconds() <= 5


@pytest.mark.parametrize("many", [False, True])
def test_a_ticket_is_snoozed_until_an_hour_of_the_desks_own_day_or_until_its_customer_answers(
    desk: TestDesk, ticket: int, many: bool
) -> None:
    """By itself, or with others that are ticked."""
    agent = desk.browser("agent")
    day = (dt.datetime.now(ROME) + dt.timedelta(days=1)).date()
    path = "/tickets/bulk" if many else f"/tickets/{ticket}/status"
    named = {"ids": str(ticket)} if many else {}
    form = {"action": "status", "status": "snoozed", **named}
    typed = {**form, "until": "typed", "until_typed": f"{day}T09:30"}
    assert agent.post(path, **typed).status_code == 303
    with desk.store.reading() as work:
        asleep = work.get_one(Ticket, ticket)
        assert asleep.snoozed_until == dt.datetime.combine(day, dt.time(9, 30), ROME)
    assert agent.post(path, **{**typed, "until_typed": "soon"}).status_code == 422
    assert agent.post(path, **{**form, "status": "open"}).status_code == 303
    assert agent.post(path, **form, until="answer").status_code == 303
    with desk.store.reading() as work:
        assert work.get_one(Ticket, ticket).status.value == "pending"


def test_a_new_ticket_begins_with_our_message_and_keeps_what_was_typed_wrong(desk: TestDesk, ticket: int) -> None:
    del ticket
    agent = desk.browser("agent")
    with desk.store.reading() as work:
        sms = work.query(Channel).filter_by(name="texts").first().id  # type: ignore[union-attr]
    form = {"channel": sms, "to": "347 555 0142", "text": "Buongiorno, il dominio scade", "client_key": "first-1"}
    wrong = agent.post("/tickets/new", **form)
    assert wrong.status_code == 422
    assert "Write the number with its country" in wrong.text
    assert "il dominio scade" in wrong.text
    made = agent.post("/tickets/new", **{**form, "to": "+44 7700 900999"})
    assert made.status_code == 303
    assert made.headers["Location"] == agent.post("/tickets/new", **{**form, "to": "+447700900999"}).headers["Location"]
    assert "Buongiorno, il dominio scade" in agent.get(made.headers["Location"]).text


def test_what_is_written_first_is_kept_with_its_files_until_it_leaves_with_them(desk: TestDesk, ticket: int) -> None:
    agent, other = desk.browser("agent"), desk.browser("supervisor")
    with desk.store.transaction() as work:
        known = work.get_one(Ticket, ticket)
        sms, number = known.channel_id, known.customer.identities[0].value  # type: ignore[union-attr]
        words.add_canned(work, SYSTEM, name="rinnovo", text="{customer.name}, ref. {ticket.number} {agent.first_name}")
    form = {"channel": sms, "to": number, "subject": "", "text": "Il dominio scade"}
    query = urlencode({"to": number})
    to = f"/tickets/new?{query}"
    assert agent.post(f"/tickets/new/draft?{query}", **form).status_code == 204
    kept = agent.post(f"/tickets/new/files?{query}", files=(io.BytesIO(b"ciao"), "a.txt"))
    assert kept.status_code == 201
    page = agent.get(to).text
    assert "Il dominio scade" in page
    assert "a.txt" in page
    assert number in agent.get("/tickets/new").text  # begun before
    assert "Il dominio scade" not in agent.get("/tickets/new").text
    assert "Il dominio scade" not in other.get(to).text
    ready = re.search(r'data-name="rinnovo" data-missing="([^"]*)">([^<]*)<', page)
    assert ready is not None
    assert ready[2] == f"Chiara Neri, ref. {{ticket.number}} {desk.who('agent').name.split()[0]}"
    assert ready[1] == ""  # the number is filled in as the ticket begins
    left = {**form, "text": "Rif. {ticket.number}", "uploads": str(kept.json["id"]), "client_key": "first-2"}  # type: ignore[index]
    made = agent.post(to, **left)
    assert made.status_code == 303
    assert agent.post(to, **left).headers["Location"] == made.headers["Location"]  # a second press finds no file
    assert "a.txt" not in agent.get(to).text
    with desk.store.reading() as work:
        message = work.get_one(Message, newest(desk).id)
        assert message.text == f"Rif. {message.ticket_id}"
        assert [one.name for one in message.attachments] == ["a.txt"]
        assert (work.query(FirstDraft).count(), work.query(DraftFile).count()) == (0, 0)
