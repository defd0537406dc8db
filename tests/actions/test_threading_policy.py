"""The table in docs/email.md, line by line, with whole mails as they come in and are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from connectors.base import Request
from inbox.actions import channels, journal, reply, tickets
from inbox.actions.threading import reply_token
from inbox.actions.who import SYSTEM
from inbox.store import Channel, Customer, Identity, JournalItem, Message, Ticket
from inbox.terms import Outcome, Status
from inbox.worker.journal import process
from tests.actions.conftest import SmallDesk

CHIARA, BRUNO, OURS = "chiara@studio.example", "bruno@bici.example", "support@cirro.example"


@pytest.fixture
def sales(desk: SmallDesk) -> str:
    """A second mail address of ours."""
    with desk.store.transaction() as work:
        values = {"address": "sales@cirro.example", "smtp_host": "127.0.0.1", "smtp_security": "plain"}
        return channels.add(work, SYSTEM, kind="email", name="sales", values=values).id


def arrives(
    desk: SmallDesk, sender: str = CHIARA, body: str = "Buongiorno", *, channel: str = "", **headers: str
) -> Message:
    """A mail, written out and read like any other; gives its message. ``in_reply_to`` is the header In-Reply-To."""
    number = next(desk.numbers)
    fields = {
        "from": sender, "to": OURS, "subject": "Sito", "message-id": f"<m{number}@studio.example>",
        "date": "Thu, 26 Nov 2026 10:00:00 +0100", **{name.replace("_", "-"): value for name, value in headers.items()},
    }  # fmt: skip
    raw = "".join(f"{name.title()}: {value}\r\n" for name, value in fields.items()) + f"\r\n{body}\r\n"
    with desk.store.transaction() as work:
        row = work.get_one(Channel, channel or desk.mail)
        entry = journal.keep(work, row, Request("PIPE", f"pipe:{number}", [], raw.encode())).id
    process(desk.store, entry)
    with desk.store.reading() as work:
        [item] = work.query(JournalItem).filter_by(entry_id=entry)
        assert item.outcome is Outcome.MESSAGE, item.reason
        return work.get_one(Message, item.message_id)


def token(desk: SmallDesk, number: int) -> str:
    with desk.store.reading() as work:
        return f"support+{reply_token(work, number)}@cirro.example"


def suggested(message: Message) -> tuple[int, str] | None:
    kept = message.suggestion
    return (kept["ticket"], kept["rule"]) if kept else None


def customer_of(desk: SmallDesk, message: Message) -> str:
    with desk.store.reading() as work:
        identity = work.get_one(Identity, message.identity_id)
        assert work.get_one(Ticket, message.ticket_id).customer_id == identity.customer_id
        return identity.value


@pytest.mark.parametrize("written", [str.lower, str.upper, str.title])
@pytest.mark.parametrize("field", ["to", "cc", "delivered_to", "x_original_to"])
def test_a_token_joins_whoever_sends_it_in_any_letters_and_any_field(
    desk: SmallDesk, field: str, written: Callable[[str], str]
) -> None:
    first = arrives(desk)
    here = arrives(desk, BRUNO, **{field: written(token(desk, first.ticket_id))})
    assert (here.ticket_id, here.joined_rule) == (first.ticket_id, "token")


def test_a_forged_token_is_no_evidence(desk: SmallDesk) -> None:
    first = arrives(desk)
    forged = token(desk, first.ticket_id + 7).replace(f"+t{first.ticket_id + 7}-", f"+t{first.ticket_id}-")
    other = arrives(desk, BRUNO, to=forged)
    assert (other.ticket_id != first.ticket_id, other.joined_rule, other.suggestion) == (True, "new", None)


def test_ids_join_somebody_who_took_part_and_only_suggest_for_a_stranger(desk: SmallDesk) -> None:
    first = arrives(desk, message_id="<first@studio.example>")
    for field, rule in (("in_reply_to", "in_reply_to"), ("references", "references")):
        own = arrives(desk, **{field: "<first@studio.example>"})
        assert (own.ticket_id, own.joined_rule) == (first.ticket_id, rule)
        assert own.joined_ref == f"#{first.ticket_id} message {first.id}"
        stranger = arrives(desk, BRUNO, **{field: "<first@studio.example>"})
        assert stranger.ticket_id != first.ticket_id
        assert suggested(stranger) == (first.ticket_id, rule)


def test_outlooks_conversation_joins_and_suggests_like_ids(desk: SmallDesk) -> None:
    index = "AQHZ" + "a" * 26 + "=="
    first = arrives(desk, thread_index=index)
    own = arrives(desk, thread_index=index)
    assert (own.ticket_id, own.joined_rule) == (first.ticket_id, "thread_index")
    assert suggested(arrives(desk, BRUNO, thread_index=index)) == (first.ticket_id, "thread_index")


def test_references_to_another_channels_ticket_are_no_evidence(desk: SmallDesk, sales: str) -> None:
    first = arrives(desk, message_id="<first@studio.example>")
    other = arrives(desk, channel=sales, to="sales@cirro.example", in_reply_to="<first@studio.example>")
    assert (other.ticket_id != first.ticket_id, other.joined_rule, other.suggestion) == (True, "new", None)
    named = arrives(desk, channel=sales, to="sales@cirro.example", subject=f"Sito [#{first.ticket_id}]")
    assert (named.ticket_id != first.ticket_id, named.suggestion) == (True, None)


def test_a_number_in_the_subject_joins_the_customer_and_only_suggests_for_anybody_else(desk: SmallDesk) -> None:
    first = arrives(desk)
    own = arrives(desk, subject=f"Re: Sito [#{first.ticket_id}]")
    assert (own.ticket_id, own.joined_rule, own.joined_ref) == (
        first.ticket_id, "subject_number", f"[#{first.ticket_id}]",
    )  # fmt: skip
    stranger = arrives(desk, BRUNO, subject=f"Re: Sito [#{first.ticket_id}]")
    assert stranger.ticket_id != first.ticket_id
    assert suggested(stranger) == (first.ticket_id, "subject_number")


def test_own_looking_ids_that_we_never_gave_are_no_evidence(desk: SmallDesk) -> None:
    first = arrives(desk)
    with desk.store.transaction() as work:
        ours = reply.reply(work, desk.who(), first.ticket_id, text="Ecco")[0].header_id
    assert ours is not None
    forged = ours.replace(f"<{first.ticket_id}.", f"<{first.ticket_id}.9")
    for sender in (CHIARA, BRUNO):
        other = arrives(desk, sender, in_reply_to=forged, references=forged)
        assert (other.ticket_id != first.ticket_id, other.joined_rule, other.suggestion) == (True, "new", None)
    assert arrives(desk, in_reply_to=ours).ticket_id == first.ticket_id  # the genuine one, from who got it
    assert suggested(arrives(desk, BRUNO, in_reply_to=ours)) == (first.ticket_id, "in_reply_to")


def test_an_answer_to_a_resolved_ticket_reopens_it_and_a_late_one_opens_a_linked_one(
    desk: SmallDesk, later: Callable[[dt.timedelta], None]
) -> None:
    first = arrives(desk, message_id="<first@studio.example>")

    def resolve() -> None:
        with desk.store.transaction() as work:
            tickets.set_status(work, desk.who(), first.ticket_id, "resolved")

    def answer() -> Ticket:
        message = arrives(desk, in_reply_to="<first@studio.example>")
        with desk.store.reading() as work:
            return work.get_one(Ticket, message.ticket_id)

    resolve()
    assert (answer().id, answer().status) == (first.ticket_id, Status.OPEN)
    resolve()
    later(dt.timedelta(days=7, hours=1))
    fresh = answer()
    assert fresh.id != first.ticket_id
    assert (fresh.linked_to, fresh.status) == (first.ticket_id, Status.NEW)


def test_an_answer_to_a_closed_ticket_opens_a_linked_one(desk: SmallDesk) -> None:
    first = arrives(desk, message_id="<first@studio.example>")
    with desk.store.transaction() as work:
        tickets.set_status(work, desk.who(), first.ticket_id, "resolved")
        tickets.set_status(work, desk.who(), first.ticket_id, "closed")
    fresh = arrives(desk, to=token(desk, first.ticket_id))
    with desk.store.reading() as work:
        row = work.get_one(Ticket, fresh.ticket_id)
        assert (row.id != first.ticket_id, row.linked_to) == (True, first.ticket_id)
        assert work.get_one(Ticket, first.ticket_id).status is Status.CLOSED


def test_who_wrote_is_from_and_the_answer_goes_where_they_want_it(desk: SmallDesk) -> None:
    first = arrives(desk, reply_to="Ufficio <ufficio@studio.example>")
    assert customer_of(desk, first) == CHIARA
    with desk.store.transaction() as work:
        answer = reply.reply(work, desk.who(), first.ticket_id, text="Ecco")[0]
        assert answer.to[0]["address"] == "ufficio@studio.example"


def test_a_third_party_takes_part_once_a_message_names_them(desk: SmallDesk) -> None:
    first = arrives(desk, message_id="<first@studio.example>", cc=f"Bruno <{BRUNO}>")
    theirs = arrives(desk, BRUNO, in_reply_to="<first@studio.example>")
    assert (theirs.ticket_id, theirs.joined_rule) == (first.ticket_id, "in_reply_to")
    fourth = arrives(desk, "dario@altrove.example", in_reply_to="<first@studio.example>")
    assert suggested(fourth) == (first.ticket_id, "in_reply_to")


def test_a_mail_that_an_agent_forwards_is_the_agents_and_stays_whole(desk: SmallDesk) -> None:
    first = arrives(desk, message_id="<first@studio.example>")
    body = f"Per voi.\r\n\r\n---------- Forwarded message ---------\r\nFrom: <{CHIARA}>\r\nSubject: Sito\r\n\r\nNon va."
    forwarded = arrives(desk, "giulia@cirro.example", body, subject="Fwd: Sito", references="<first@studio.example>")
    assert customer_of(desk, forwarded) == "giulia@cirro.example"
    assert "Non va." in forwarded.text
    assert suggested(forwarded) == (first.ticket_id, "references")


def test_the_same_mail_to_two_of_our_addresses_is_a_message_on_each(desk: SmallDesk, sales: str) -> None:
    both = "support@cirro.example, sales@cirro.example"
    here = arrives(desk, to=both, message_id="<both@studio.example>")
    there = arrives(desk, to=both, message_id="<both@studio.example>", channel=sales)
    assert (here.ticket_id != there.ticket_id, here.channel_id != there.channel_id) == (True, True)
    with desk.store.reading() as work:
        assert work.query(Customer).count() == 1
    answers = [arrives(desk, channel=one, in_reply_to="<both@studio.example>").ticket_id for one in (desk.mail, sales)]
    assert answers == [here.ticket_id, there.ticket_id]


def test_a_mailing_list_is_its_own_customer_and_our_own_group_is_none(desk: SmallDesk) -> None:
    listed = arrives(desk, "Lista <lista@liste.example>", list_id="<lista.liste.example>", precedence="list")
    assert (customer_of(desk, listed), listed.auto) == ("lista@liste.example", "bulk")
    group = arrives(desk, list_post=f"<mailto:{OURS}>", list_id="<support.cirro.example>")
    assert (customer_of(desk, group), group.auto) == (CHIARA, None)
