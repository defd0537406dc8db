"""Custom fields: what each kind takes, all or nothing, in the history and out of it again."""

from __future__ import annotations

import pytest

from inbox.actions import fields, undo
from inbox.errors import Conflict, Invalid
from inbox.reading import fields as shown
from inbox.reading import threads
from inbox.reading.views import filters
from inbox.store import Ticket, TicketField
from tests.actions.conftest import SmallDesk

FIELD = TicketField(name="Piano", kind="list", choices=["Base", "Oro"])


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("text", "Ordine 7", "Ordine 7"),
        ("number", "1 200,50", "1200.5"),
        ("number", "-0", "0"),
        ("number", "100", "100"),
        ("date", "2026-03-31", "2026-03-31"),
        ("list", "Oro", "Oro"),
        ("tick", "on", "yes"),
        ("tick", "No", ""),
    ],
)
def test_each_kind_keeps_its_values_in_one_way(kind: str, typed: str, kept: str) -> None:
    assert fields.KINDS[kind](FIELD, typed) == kept


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("text", "x" * 501),
        ("number", "1.200,50"),
        ("number", "1e9"),
        ("number", "NaN"),
        ("number", "9" * 400),
        ("date", "31/03/2026"),
        ("list", "oro"),
        ("tick", "maybe"),
    ],
)
def test_what_is_no_value_is_refused_with_a_sentence(kind: str, typed: str) -> None:
    with pytest.raises(ValueError, match=r"write|choose|say"):
        fields.KINDS[kind](FIELD, typed)


@pytest.fixture
def filled(desk: SmallDesk) -> tuple[int, int, int]:
    """A ticket, and a field of each of two kinds."""
    number = desk.take(desk.text()).ticket
    assert number is not None
    with desk.store.transaction() as work:
        plan = fields.add(work, desk.who(), name="Piano", kind="list", choices="Base\nOro\n")
        seats = fields.add(work, desk.who(), name="Caselle", kind="number")
        return number, plan.id, seats.id


def test_a_change_is_one_line_of_the_history_without_its_words_in_the_log(
    desk: SmallDesk, filled: tuple[int, int, int]
) -> None:
    number, plan, seats = filled
    with desk.store.transaction() as work:
        (first,) = fields.set_values(work, desk.who(desk.giulia), number, {plan: "Oro", seats: ""})
        assert fields.set_values(work, desk.who(), number, {plan: "Oro"}) == []
    with desk.store.transaction() as work:
        assert set(first.data) == {"field", "change"}
        told = [one for one in threads.history(work, work.get_one(Ticket, number)) if one.what == "filled"]
        assert [(one.actor, one.who, one.value) for one in told] == [("Giulia Ferri", "Piano", "Oro")]
        undo.undo(work, desk.who(), first.id)
        assert fields.values(work, number) == {}
        with pytest.raises(Conflict, match="undone already"):
            undo.undo(work, desk.who(), first.id)


def test_one_wrong_field_keeps_all_of_them_as_they_were(desk: SmallDesk, filled: tuple[int, int, int]) -> None:
    number, plan, seats = filled
    with desk.store.transaction() as work:
        with pytest.raises(Invalid) as refused:
            fields.set_values(work, desk.who(), number, {plan: "Oro", seats: "molte", 999: "x"})
        assert set(refused.value.fields) == {fields.key(seats), fields.key(999)}
        assert fields.values(work, number) == {}


def test_a_value_that_is_offered_no_more_stays_and_an_archived_field_comes_back_full(
    desk: SmallDesk, filled: tuple[int, int, int]
) -> None:
    number, plan, _seats = filled
    with desk.store.transaction() as work:
        fields.set_values(work, desk.who(), number, {plan: "Oro"})
        fields.change(work, desk.who(), plan, name="Contratto", choices="Base\nArgento")
        fields.set_values(work, desk.who(), number, {plan: "Oro"})
        assert shown.shown(work, number)[0].choices == ("Base", "Argento", "Oro")
        fields.archive(work, desk.who(), plan)
        assert [one.label for one in shown.shown(work, number)] == ["Caselle"]
        fields.archive(work, desk.who(), plan, back=True)
        assert shown.shown(work, number)[0].value == "Oro"


def test_a_list_is_filtered_by_lists_and_ticks(desk: SmallDesk, filled: tuple[int, int, int]) -> None:
    number, plan, _seats = filled
    who = desk.who()
    with desk.store.transaction() as work:
        signed = fields.add(work, who, name="Firmato", kind="tick")
        fields.set_values(work, who, number, {plan: "Oro", signed.id: "yes"})

        def found(*words: str) -> bool:
            query = filters.condition(filters.of({"field": words}), who)
            return number in {one.id for one in work.query(Ticket).filter(query)}

        assert found(f"{plan}:Oro")
        assert found(f"{plan}:Oro", f"{plan}:Base", f"{signed.id}:yes")
        assert not found(f"{plan}:Base", f"{signed.id}:yes")
        assert not found("nonsense")
    with desk.store.reading() as work:
        assert set(shown.of_rows(work, [number])[number]) == {f"{plan}:Oro", f"{signed.id}:yes"}
