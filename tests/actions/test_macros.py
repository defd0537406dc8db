"""Macros: several steps at once, all or none, whose they are, and one way back for all of them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from inbox.actions import macros, people, reply, steps, undo, words
from inbox.actions.who import SYSTEM, Who
from inbox.errors import Conflict, Forbidden, Invalid, NotFound, Problem, ThreadMoved
from inbox.store import Event, Message, Ticket
from inbox.terms import Delivery, Role, Status
from tests.actions.conftest import SmallDesk


def canned(desk: SmallDesk, text: str, name: str = "grazie") -> str:
    with desk.store.transaction() as work:
        return str(words.add_canned(work, SYSTEM, name=name, text=text).id)


def macro(
    desk: SmallDesk, *what: tuple[str, str], who: Who | None = None, shared: bool = True, name: str = "Una"
) -> int:
    with desk.store.transaction() as work:
        stored = [{"do": do, "what": value} for do, value in what]
        return macros.add(work, who or desk.who(), name=name, what=stored, shared=shared).id


def ticket(desk: SmallDesk, text: str = "Ciao") -> int:
    number = desk.take(desk.text(text)).ticket
    assert number is not None
    return number


def run(desk: SmallDesk, number: int, which: int, **more: Any) -> steps.Doing:
    with desk.store.transaction() as work:
        return macros.run(work, desk.who(), number, which, **more)


def seen(desk: SmallDesk, number: int) -> tuple[Any, ...]:
    with desk.store.reading() as work:
        row = work.get_one(Ticket, number)
        tags = tuple(tag.tag for tag in row.tags)
        return row.status, row.priority.value, row.assignee_id, tags, row.waiting_since is not None


def last_run(desk: SmallDesk) -> str:
    with desk.store.reading() as work:
        return str(work.scalars(select(Event.id).where(Event.kind == "macro.run").order_by(Event.seq.desc())).first())


def test_one_run_does_all_of_it_and_one_undo_takes_all_of_it_back(desk: SmallDesk) -> None:
    thanks = canned(desk, "Grazie da {agent.first_name}, #{ticket.number}")
    number = ticket(desk)
    before = seen(desk, number)
    which = macro(
        desk, ("assign", "me"), ("tag", "Fattura"), ("priority", "high"), ("note", "Fatto"), ("send", thanks),
        ("status", "resolved"),
    )  # fmt: skip
    doing = run(desk, number, which, key="k1")
    assert seen(desk, number) == (Status.RESOLVED, "high", desk.admin, ("fattura",), False)
    assert [one.text for one in doing.messages] == ["Fatto", f"Grazie da Luca, #{number}"]
    with desk.store.transaction() as work:
        undo.undo(work, desk.who(), last_run(desk))
    assert seen(desk, number) == before
    with desk.store.reading() as work:
        assert {work.get_one(Message, one.id).state for one in doing.messages} == {Delivery.CANCELLED}


def test_the_same_key_runs_once(desk: SmallDesk) -> None:
    number, which = ticket(desk), macro(desk, ("send", canned(desk, "Ecco")), ("tag", "a"))
    first = run(desk, number, which, key="k1")
    assert not run(desk, number, which, key="k1").messages
    with desk.store.reading() as work:
        assert work.query(Message).filter_by(ticket_id=number, direction="out").count() == len(first.messages) == 1


def test_a_step_that_cannot_be_done_leaves_the_others_undone_too(desk: SmallDesk) -> None:
    number, which = ticket(desk), macro(desk, ("tag", "a"), ("send", canned(desk, "Gentile {customer.first_name}")))
    before = seen(desk, number)
    with pytest.raises(Invalid, match=r"fill in \{customer.first_name\}"):
        run(desk, number, which)
    assert seen(desk, number) == before


def test_a_macro_that_sends_is_refused_when_the_thread_moved_on(desk: SmallDesk) -> None:
    number, which = ticket(desk), macro(desk, ("send", canned(desk, "Ecco")))
    desk.take(desk.text("Ancora io"))
    with pytest.raises(ThreadMoved):
        run(desk, number, which, seen=1)


def test_what_left_is_not_taken_back_and_neither_is_the_rest(desk: SmallDesk) -> None:
    number, which = ticket(desk), macro(desk, ("send", canned(desk, "Ecco")), ("status", "resolved"))
    doing = run(desk, number, which)
    with desk.store.transaction() as work:
        work.get_one(Message, doing.messages[0].id).state = Delivery.SENT
    with pytest.raises(Conflict, match="left already"), desk.store.transaction() as work:
        undo.undo(work, desk.who(), last_run(desk))
    assert seen(desk, number)[0] is Status.RESOLVED


def test_what_is_put_into_the_composer_keeps_its_gaps(desk: SmallDesk) -> None:
    number, which = ticket(desk), macro(desk, ("insert", canned(desk, "Gentile {customer.name}, #{ticket.number}")))
    assert run(desk, number, which).inserted == [f"Gentile {{customer.name}}, #{number}"]


@pytest.mark.parametrize(
    ("do", "what"),
    [
        ("dance", ""), ("status", "new"), ("snooze", "never"), ("assign", "nobody-here"), ("transfer", "x"),
        ("tag", " "), ("untag", "x" * 61), ("priority", "top"), ("reason", "weather"), ("insert", "999"),
        ("send", "x"), ("note", ""),
    ],
)  # fmt: skip
def test_a_step_with_a_wrong_value_is_not_stored(desk: SmallDesk, do: str, what: str) -> None:
    with pytest.raises(Invalid) as refused:
        macro(desk, (do, what))
    assert "steps" in refused.value.fields


def test_what_needs_somebody_at_the_screen_is_no_step_of_a_rule(desk: SmallDesk) -> None:
    one = [{"do": "insert", "what": canned(desk, "Ecco")}]
    with desk.store.reading() as work:
        assert steps.checked(work, one) == one
        with pytest.raises(Invalid):
            steps.checked(work, one, alone=True)


def test_an_agent_makes_macros_for_themself_only_and_nobody_else_has_those(desk: SmallDesk) -> None:
    giulia = desk.who(desk.giulia)
    with pytest.raises(Forbidden):
        macro(desk, ("tag", "a"), who=giulia)
    own = macro(desk, ("tag", "a"), who=giulia, shared=False)
    everybodys = macro(desk, ("tag", "b"), name="Altra")
    with desk.store.reading() as work:
        assert [row.id for row in macros.mine(work, giulia)] == [everybodys, own]
        assert [row.id for row in macros.mine(work, desk.who())] == [everybodys]
    cases: list[tuple[type[Problem], Who, int]] = [(Forbidden, giulia, everybodys), (NotFound, desk.who(), own)]
    for problem, who, number in cases:
        with pytest.raises(problem), desk.store.transaction() as work:
            macros.remove(work, who, number)


def test_names_are_unique_where_they_are_seen_together(desk: SmallDesk) -> None:
    macro(desk, ("tag", "a"))
    with pytest.raises(Conflict):
        macro(desk, ("tag", "b"), name="una")
    macro(desk, ("tag", "a"), shared=False)


def test_a_canned_reply_of_a_team_is_its_members(desk: SmallDesk) -> None:
    from inbox.reading import compose

    number = ticket(desk)
    with desk.store.transaction() as work:
        team = people.add_team(work, SYSTEM, "Domini")
        words.add_canned(work, SYSTEM, name="dns", text="Ecco", team=team.id)
        people.change_agent(work, SYSTEM, desk.giulia, teams=[team.id])
    with desk.store.reading() as work:
        row = work.get_one(Ticket, number)
        assert [one.name for one in compose.canned(work, desk.who(desk.giulia), row)] == ["dns"]
        assert compose.canned(work, desk.who(), row) == ()


def test_no_answer_leaves_with_an_empty_variable(desk: SmallDesk) -> None:
    number = ticket(desk)
    assert desk.who().role is Role.ADMIN
    with pytest.raises(Invalid), desk.store.transaction() as work:
        reply.reply(work, desk.who(), number, text="Gentile {customer.name},")
    with desk.store.transaction() as work:  # other braces are somebody's own text
        reply.reply(work, desk.who(), number, text="Scriva {nome.cognome}")
