"""Customers: what is written down about them, and two who are joined on evidence and parted again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from inbox.actions import apart, joining, profiles, tickets
from inbox.errors import Conflict, Invalid, NotFound
from inbox.reading import profiles as shown
from inbox.reading import same
from inbox.store import Customer, CustomerNote, Event, Identity, Team, Ticket, Work
from tests.actions.conftest import SmallDesk


@dataclass
class Two:
    """A ticket by mail and one by SMS, of two customers."""

    mail: int
    sms: int


@pytest.fixture
def two(desk: SmallDesk) -> Two:
    mail, sms = desk.take(desk.letter(), desk.mail).ticket, desk.take(desk.text()).ticket
    assert mail is not None
    assert sms is not None
    return Two(mail, sms)


def customer(work: Work, number: int) -> Customer:
    return work.get_one(Customer, work.get_one(Ticket, number).customer_id)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Piano: Oro\n\n Server :  mi-7 ", {"Piano": "Oro", "Server": "mi-7"}),
        ("Ora: 9:30", {"Ora": "9:30"}),
        ("", {}),
        ("senza due punti", None),
        (": Oro", None),
        ("Piano:", None),
        ("\n".join(f"a{n}: b" for n in range(41)), None),
    ],
)
def test_attributes_are_typed_one_a_line(typed: str, found: dict[str, str] | None) -> None:
    if found is None:
        with pytest.raises(Invalid):
            profiles.attributes_of(typed)
    else:
        assert profiles.attributes_of(typed) == found


def test_what_is_written_down_is_in_the_panel_and_no_word_of_it_in_the_log(desk: SmallDesk, two: Two) -> None:
    who = desk.who(desk.giulia)
    with desk.store.transaction() as work:
        facts: dict[str, Any] = {"name": "Chiara", "company": "Studio L", "language": "IT"}
        facts["attributes"] = {"Piano": "Oro"}
        profiles.change(work, who, two.mail, **facts)
        profiles.agree(work, who, two.mail, what="Novità", given=True, source="telefono")
        profiles.agree(work, who, two.mail, what="Novità", given=False, source="lettera")
        note = profiles.add_note(work, who, two.mail, "Preferisce la mattina")
        with pytest.raises(Invalid, match="two letters"):
            profiles.change(work, who, two.mail, **{**facts, "language": "italiano"})
        with pytest.raises(NotFound):
            profiles.remove_note(work, who, two.sms, note.id)
    with desk.store.reading() as work:
        view = shown.profile(work, customer(work, two.mail))
        assert (view.company, view.language, view.lines) == ("Studio L", "it", "Piano: Oro")
        assert [(one.author, one.text) for one in view.notes] == [("Giulia Ferri", "Preferisce la mattina")]
        assert [(one.how, one.source) for one in view.consents] == [("taken", "lettera"), ("given", "telefono")]
        lines = work.scalars(select(Event).where(Event.kind.like("customer.%"))).all()
        assert [line.kind for line in lines] == ["customer.changed", *["customer.consent"] * 2, "customer.noted"]
        assert not any(word in str(line.data) for line in lines for word in ("Chiara", "Studio", "Oro", "mattina"))


def test_two_customers_become_one_and_are_parted_with_what_was_theirs_and_came_since(desk: SmallDesk, two: Two) -> None:
    who = desk.who(desk.giulia)
    with desk.store.transaction() as work:
        facts: dict[str, Any] = {"name": "", "language": "", "attributes": {}}
        profiles.change(work, who, two.mail, company="Studio L", **{**facts, "name": "Chiara"})
        profiles.change(work, who, two.sms, company="Altra", **facts)
        profiles.add_note(work, who, two.mail, "Gentile")
        gone = customer(work, two.mail).id
        event = joining.join_by_hand(work, who, two.sms, two.mail).event
        with pytest.raises(Invalid, match="same customer already"):
            joining.join_by_hand(work, who, two.sms, two.mail)
    late = desk.take(desk.letter("Ancora io, un'altra cosa", subject="Altro"), desk.mail)
    with desk.store.reading() as work:
        one = customer(work, two.sms)
        assert (one.name, one.company, len(one.identities)) == ("Chiara", "Altra", 2)
        assert customer(work, two.mail).id == one.id
        assert [row.name for row in same.joined(work, one)] == ["Chiara"]
        said = shown.timeline(work, who, work.get_one(Ticket, two.sms)).said
        assert [one.kind for one in said] == ["email", "sms", "email"]
    with desk.store.transaction() as work:
        joining.part(work, who, two.sms, event)
        with pytest.raises(NotFound, match="parted already"):
            joining.part(work, who, two.sms, event)
    with desk.store.reading() as work:
        back, stays = customer(work, two.mail), customer(work, two.sms)
        assert (back.id, back.name, back.company) == (gone, "Chiara", "Studio L")
        assert (stays.name, stays.company) == ("", "Altra")
        assert work.get_one(Ticket, late.ticket).customer_id == gone
        assert work.scalars(select(CustomerNote.customer_id)).all() == [gone]
        assert [one.kind for one in back.identities] == ["email"]
        voided = work.scalars(select(Event).where(Event.kind == "void")).all()
        assert [line.data["target"] for line in voided] == [event]


def test_only_a_number_that_a_provider_vouches_for_suggests_that_two_are_one(desk: SmallDesk, two: Two) -> None:
    who = desk.who(desk.giulia)
    with desk.store.transaction() as work:
        first, second = customer(work, two.mail), customer(work, two.sms)
        number = second.identities[0].value
        work.add(Identity(kind="voice", value=number, customer_id=first.id))
        work.add(Identity(kind="chat", value="chiara@studio.example", customer_id=second.id))
        work.flush()
        work.expire_all()
        found = same.same(work, who, customer(work, two.mail))
        assert [(one.ticket, one.why) for one in found] == [(two.sms, "phone")]
        assert [one.ticket for one in same.same(work, who, customer(work, two.sms))] == [two.mail]
        team = Team(name="Legale", private=True)
        work.add(team)
        work.flush()
        tickets.assign(work, desk.who(), two.sms, team=team.id)
        assert same.same(work, who, customer(work, two.mail)) == ()
        with pytest.raises(NotFound):
            joining.join_by_hand(work, who, two.mail, two.sms)


def test_two_who_are_told_apart_are_suggested_again_by_something_new_or_when_it_is_taken_back(
    desk: SmallDesk, two: Two
) -> None:
    who = desk.who(desk.giulia)

    def suggested(work: Work) -> list[str]:
        work.expire_all()
        return [one.proof for one in same.same(work, who, customer(work, two.mail))]

    with desk.store.transaction() as work:
        first, second = customer(work, two.mail), customer(work, two.sms)
        with pytest.raises(Invalid, match="nothing suggests"):
            apart.tell_apart(work, who, two.mail, two.sms)
        work.add(Identity(kind="voice", value=second.identities[0].value, customer_id=first.id))
        work.flush()
        assert len(suggested(work)) == 1
        event = apart.tell_apart(work, who, two.mail, two.sms).event
        assert suggested(work) == []
        for number, other in ((two.mail, two.sms), (two.sms, two.mail)):  # it is true of both
            (row,) = same.set_apart(work, who, customer(work, number))
            assert (row.ticket, row.by, row.event) == (other, "Giulia Ferri", event)
        work.add(Identity(kind="whatsapp", value="+447700900999", customer_id=first.id))
        work.add(Identity(kind="sms", value="+447700900999", customer_id=second.id))
        work.flush()
        assert suggested(work) == ["+44 7700 900999"]
        again = apart.tell_apart(work, who, two.sms, two.mail).event
        assert suggested(work) == []
    third = desk.take(desk.letter(sender="altra@studio.example"), desk.mail).ticket or 0
    with desk.store.transaction() as work:
        joining.join_by_hand(work, who, third, two.sms)
        assert suggested(work) == [], "it holds for whom they became"
        with pytest.raises(NotFound):
            apart.suggest_again(work, who, two.mail, event)
        apart.suggest_again(work, who, two.mail, again)
        assert len(suggested(work)) == 1
        assert same.set_apart(work, who, customer(work, two.mail)) == ()
        lines = [line.data for line in work.scalars(select(Event).where(Event.kind == "customer.apart"))]
        assert "7700" not in str(lines)


def test_an_unknown_customer_cannot_be_written_about(desk: SmallDesk, two: Two) -> None:
    with desk.store.transaction() as work:
        work.get_one(Ticket, two.mail).customer_id = None
        work.flush()
        with pytest.raises(Conflict, match="not known"):
            profiles.add_note(work, desk.who(), two.mail, "?")
