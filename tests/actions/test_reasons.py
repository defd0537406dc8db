"""Contact reasons: a tree with names that never change, asked for at resolve, kept out of the net FCR if need be."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from inbox.actions import promises, reasons, reply, steps, tickets
from inbox.actions.who import SYSTEM
from inbox.errors import Conflict, Invalid, NotFound
from inbox.reading import threads
from inbox.store import Event, Reason, Ticket
from tests.actions.conftest import SmallDesk

TREE = [
    Reason(name="Posta"),
    Reason(name="Siti"),
    Reason(name="Siti / Lento", label="Va piano", parent_id=2),
    Reason(name="Siti / Lento / Foto", label="Foto", parent_id=3),
    Reason(name="Siti / Fax", label="Fax", parent_id=2, active=False),
    Reason(name="Siti / Fax / Rotto", label="Rotto", parent_id=5, exempt=True),
]
for number, one in enumerate(TREE, 1):
    one.id = number
TREE[2].exempt = True


@pytest.mark.parametrize(
    ("name", "called", "usable", "leaf", "exempt"),
    [
        ("Posta", "Posta", True, True, False),
        ("Siti", "Siti", True, False, False),
        ("Siti / Lento", "Siti / Va piano", True, False, True),
        ("Siti / Lento / Foto", "Siti / Va piano / Foto", True, True, True),
        ("Siti / Fax", "Siti / Fax", False, False, False),
        ("Siti / Fax / Rotto", "Siti / Fax / Rotto", False, True, True),
    ],
)
def test_a_reason_is_called_by_its_path_and_shares_the_fate_of_those_above(
    name: str, called: str, *, usable: bool, leaf: bool, exempt: bool
) -> None:
    node = next(one for one in reasons.tree(TREE) if one.name == name)
    assert (node.called, node.open, node.leaf, node.exempt) == (called, usable, leaf, exempt)


def test_what_is_offered_stands_above_nothing_and_in_the_order_of_the_tree() -> None:
    assert [node.called for node in reasons.available(reasons.tree(TREE))] == ["Posta", "Siti / Va piano / Foto"]


def ticket_of(desk: SmallDesk, sender: str = "+447700900123") -> int:
    number = desk.take(desk.text(sender=sender)).ticket
    assert number is not None
    return number


def test_a_reason_keeps_its_name_in_tickets_and_log_whatever_it_is_called(desk: SmallDesk) -> None:
    who = desk.who()
    number = ticket_of(desk)
    with desk.store.transaction() as work:
        above = reasons.add(work, who, "Spedizioni")
        below = reasons.add(work, who, "In ritardo", above.id)
        tickets.set_reason(work, who, number, "Spedizioni / In ritardo")  # as people read it
        reasons.change(work, who, below.id, label="Tardi", exempt=False)
        tickets.set_reason(work, who, number, "Spedizioni / In ritardo")  # it has it already
    with desk.store.reading() as work:
        ticket = work.get_one(Ticket, number)
        assert ticket.reason == "Spedizioni / In ritardo"
        assert threads.head(work, ticket).reason == "Spedizioni / Tardi"
        lines = work.scalars(select(Event).where(Event.ticket_id == number, Event.kind == "ticket.reason")).all()
        assert [line.data["reason"] for line in lines] == ["Spedizioni / In ritardo"]
        assert [one.value for one in threads.history(work, ticket) if one.what == "reason"] == ["Spedizioni / Tardi"]


def test_archiving_takes_what_stands_below_along_and_tickets_keep_it(desk: SmallDesk) -> None:
    who = desk.who()
    number = ticket_of(desk)
    with desk.store.transaction() as work:
        above = reasons.add(work, who, "Resi")
        below = reasons.add(work, who, "Taglia", above.id)
        tickets.set_reason(work, who, number, below.name)
        reasons.archive(work, who, above.id)
        with pytest.raises(Invalid, match="no contact reason"):
            reasons.find(work, below.name)
        with pytest.raises(NotFound):
            reasons.archive(work, who, above.id)
        assert work.get_one(Ticket, number).reason == "Resi / Taglia"
        assert threads.reason_choices(work, "Resi / Taglia")[0].called == "Resi / Taglia"
        reasons.archive(work, who, above.id, back=True)
        assert reasons.find(work, below.name).open


def test_the_tree_has_three_levels_and_no_two_of_one_name_side_by_side(desk: SmallDesk) -> None:
    who = desk.who()
    with desk.store.transaction() as work:
        one = reasons.add(work, who, "A")
        two = reasons.add(work, who, "B", one.id)
        three = reasons.add(work, who, "C", two.id)
        with pytest.raises(Invalid, match="3 levels at most"):
            reasons.add(work, who, "D", three.id)
        with pytest.raises(Conflict, match="there already"):
            reasons.add(work, who, "b", one.id)
        assert reasons.add(work, who, "B", three.parent_id).name == "A / B / B"
        with pytest.raises(Invalid, match="not there any more"):
            reasons.add(work, who, "E", 999)


def test_the_engine_hears_of_exempt_reasons_and_of_those_below_them(desk: SmallDesk) -> None:
    who = desk.who()
    with desk.store.transaction() as work:
        before = promises.config(work).digest
        above = reasons.add(work, who, "Guasti")
        below = reasons.add(work, who, "Rete", above.id)
        reasons.change(work, who, above.id, label="Guasti", exempt=True)
        assert promises.config(work).exempt_reasons == {above.name, below.name}
        assert promises.config(work).digest != before
        added = reasons.add(work, who, "Luce", above.id)
        assert added.name in promises.config(work).exempt_reasons


def test_a_desk_that_requires_a_reason_resolves_nothing_without_one_but_spam(desk: SmallDesk) -> None:
    who = desk.who()
    first, second, third, fourth = (ticket_of(desk, f"+44770090{n:04}") for n in range(200, 204))
    with desk.store.transaction() as work:
        name = reasons.available(reasons.every(work))[0].name
        reasons.ask(work, who, "require")
    with desk.store.transaction() as work:
        with pytest.raises(Invalid, match="choose a reason, then resolve"):
            tickets.set_status(work, who, first, "resolved")
        with pytest.raises(Invalid, match="choose a reason, then resolve"):
            reply.reply(work, who, second, text="Ecco.", then="resolve")
        with pytest.raises(Invalid, match="choose a reason, then resolve"):
            steps.run(steps.Doing(work, who, first), [{"do": "status", "what": "resolved"}])
        tickets.set_status(work, who, first, "resolved", reason=name)
        tickets.spam(work, who, third)
        tickets.set_status(work, SYSTEM, fourth, "resolved")
    with desk.store.transaction() as work:
        message, _new = reply.reply(work, who, second, text="Ecco.", then="resolve", reason=name)
        lines = [line.kind for line in work.events]
        assert lines.index("msg.out") < lines.index("ticket.status")
        assert message.text == "Ecco."
    with desk.store.reading() as work:
        found = [work.get_one(Ticket, number) for number in (first, second, third, fourth)]
        assert [(one.status.value, one.reason) for one in found] == [
            ("resolved", name),
            ("resolved", name),
            ("resolved", None),
            ("resolved", None),
        ]
