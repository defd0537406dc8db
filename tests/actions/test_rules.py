"""Rules: what they ask, what they do once, what stops them, and what they never do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from inbox import clock
from inbox.actions import reply, tickets
from inbox.actions.desk import put
from inbox.actions.rules import conditions, engine, keeping
from inbox.actions.rules.kinds import Case
from inbox.actions.rules.ready import READY
from inbox.actions.who import SYSTEM
from inbox.errors import Conflict, Forbidden, Invalid
from inbox.store import Event, Message, Rule, RuleRun, Ticket
from inbox.terms import Delivery
from inbox.worker.rules import Rules
from tests.actions.conftest import SmallDesk

Later = Callable[[dt.timedelta], None]


def step(do: str, what: str) -> dict[str, str]:
    return {"do": do, "what": what}


def ask(field: str, *words: str, but: bool = False) -> dict[str, Any]:
    return {"field": field, "not": but, "words": list(words)}


def rule(desk: SmallDesk, event: str, steps: list[dict[str, str]], *asked: dict[str, Any], **more: Any) -> int:
    values = {"name": f"Rule {clock.now()}", "event": event, "steps": steps, "conditions": list(asked), **more}
    with desk.store.transaction() as work:
        number = keeping.add(work, SYSTEM, values).id
        keeping.switch(work, SYSTEM, number, on=True)
        return number


def run(desk: SmallDesk) -> None:
    worker = Rules(desk.store)
    while worker.work_due(at_once=True):
        pass


def letter(desk: SmallDesk, text: str = "Buongiorno", **more: Any) -> int:
    number = desk.take(desk.letter(text, **more), desk.mail).ticket
    assert number is not None
    return number


def tags(desk: SmallDesk, number: int) -> list[str]:
    with desk.store.reading() as work:
        return [tag.tag for tag in work.get_one(Ticket, number).tags]


def ended(desk: SmallDesk, which: int) -> list[tuple[str, str]]:
    with desk.store.reading() as work:
        rows = work.scalars(select(RuleRun).where(RuleRun.rule_id == which).order_by(RuleRun.id))
        return [(row.outcome, row.detail) for row in rows]


def answers(desk: SmallDesk, number: int) -> list[str]:
    with desk.store.reading() as work:
        mine = select(Message.text).where(Message.ticket_id == number, Message.auto == "reply")
        mine = mine.where(Message.direction == "out")
        return list(work.scalars(mine.order_by(Message.id)))


def answer(desk: SmallDesk, number: int, then: str | None = None) -> None:
    with desk.store.transaction() as work:
        message, _new = reply.reply(work, desk.who(), number, text="Ecco", then=then)
        message.state = Delivery.SENT


CASES: list[tuple[dict[str, Any], bool]] = [
    (ask("text", "fattura", "URGENTE"), True),
    (ask("text", "rimborso"), False),
    (ask("text", "rimborso", but=True), True),
    (ask("subject", "sito"), True),
    (ask("subject", "pec"), False),
    (ask("sender", "chiara@studio.example"), True),
    (ask("sender", "example", "altro.example"), True),
    (ask("sender", "@studio.example"), True),
    (ask("sender", "udio.example"), False),
    (ask("sender", "anna@studio.example"), False),
    (ask("first", "yes"), True),
    (ask("first", "no"), False),
    (ask("language", "it"), True),
    (ask("language", "en", "other"), False),
    (ask("mood", "bad"), True),
    (ask("hours", "closed"), True),
    (ask("hours", "open"), False),
    (ask("band", "none"), True),
    (ask("band", "oro"), False),
    (ask("tag", "vip"), True),
    (ask("tag", "vip", but=True), False),
    (ask("priority", "low", "normal"), True),
    (ask("priority", "urgent"), False),
    (ask("agent", "none"), True),
    (ask("team", "none", but=True), False),
    (ask("status", "open"), True),
    (ask("status", "resolved"), False),
    (ask("score", "1"), False),
    (ask("score", "1", but=True), False),  # nobody answered: neither so nor not so
    (ask("fcr", "no", but=True), False),
    (ask("field", "1:yes"), False),
    (ask("field", "1:yes", but=True), True),
]


def test_each_condition_is_asked_as_it_reads(desk: SmallDesk) -> None:
    number = letter(desk, "È urgente: la fattura non arriva e sono davvero molto arrabbiata con voi, pessimo servizio")
    with desk.store.transaction() as work:
        tickets.tag(work, SYSTEM, number, "vip")
    sunday = dt.datetime(2026, 3, 1, 10, tzinfo=dt.UTC)
    with desk.store.reading() as work:
        ticket = work.get_one(Ticket, number)
        case = Case(ticket, sunday, "e1", work.get_one(Message, ticket.last_in_id))
        wrong = [
            (asked, wanted)
            for asked, wanted in CASES
            if conditions.met(work, conditions.checked([asked]), [case]) != [wanted]
        ]
        assert wrong == []
        told = Case(ticket, sunday, "e2", case.message, {"tag": frozenset({"new"}), "score": frozenset({"1"})})
        assert conditions.met(work, [ask("tag", "vip"), ask("score", "1")], [told, case]) == [False, False]
        assert conditions.met(work, [ask("tag", "new"), ask("score", "1", "2")], [told]) == [True]


@pytest.mark.parametrize(
    "asked",
    [
        *(ask("weather", "rain"), ask("text"), ask("mood", "sunny"), ask("priority", "top"), ask("status", "gone")),
        *(ask("score", "6"), ask("score", "0"), ask("ces", "8"), ask("nps", "11"), ask("fcr", "1")),
    ],
)
def test_a_condition_that_can_never_be_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        conditions.checked([asked])


#: What is told of a survey: the question, the answer → the conditions that it meets.
ANSWERS: list[tuple[dict[str, Any], dict[str, Any], set[str]]] = [
    ({"type": "csat"}, {"score": 1, "type": "csat"}, {"csat 1", "csat not 5"}),
    ({"type": "csat"}, {"score": 5, "type": "csat"}, set()),
    ({"type": "fcr"}, {"score": 1, "type": "fcr"}, {"solved"}),
    ({"type": "fcr"}, {"score": 0, "type": "fcr"}, {"unsolved"}),
    ({"type": "nps"}, {"score": 0, "type": "nps"}, {"nps 0", "detractor"}),
    ({"type": "nps"}, {"score": 1, "type": "nps"}, {"detractor"}),
    ({"type": "nps"}, {"score": 7, "type": "nps"}, set()),
    ({"type": "nps"}, {"score": 10, "type": "nps"}, {"promoter"}),
    ({"type": "ces"}, {"score": 1, "type": "ces"}, set()),
    ({"type": "ces"}, {"score": 7, "type": "ces"}, {"ces 6 or 7"}),
    ({"type": "csat"}, {"score": 1}, {"csat 1", "csat not 5"}),  # as a chat's rating is told
    ({"type": "nps"}, {"score": 1}, {"detractor"}),  # as a program may tell it
    ({"type": "csat", "min": 0, "max": 1}, {"score": 1}, set()),  # a thumb up
    ({"type": "csat", "min": "0", "max": "1"}, {"score": "0"}, {"csat 1", "csat not 5"}),
    ({"type": "mood"}, {"score": 1}, set()),
]


def test_a_condition_on_an_answer_knows_its_question_and_the_scale_of_that(desk: SmallDesk) -> None:
    asked = {
        "csat 1": ask("score", "1"),  # as it was stored when it asked of any survey
        "csat not 5": ask("score", "5", but=True),
        "nps 0": ask("nps", "0"),
        "detractor": ask("nps", "detractors"),
        "promoter": ask("nps", "promoters"),
        "ces 6 or 7": ask("ces", "6", "7"),
        "solved": ask("fcr", "yes"),
        "unsolved": ask("fcr", "no"),
    }
    for tag, condition in asked.items():
        rule(desk, "survey", [step("tag", tag)], condition, name=tag)
    numbers = [letter(desk, sender=f"kunde{n}@x.example") for n in range(len(ANSWERS))]
    with desk.store.transaction() as work:
        for number, (sent, answered, _met) in zip(numbers, ANSWERS, strict=True):
            work.append("survey.sent", actor=SYSTEM.actor, ticket=number, survey=f"s{number}", **sent)
            work.append("survey.answered", actor=SYSTEM.actor, ticket=number, survey=f"s{number}", **answered)
    run(desk)
    found = [
        (sent, answered, set(tags(desk, number)))
        for number, (sent, answered, _met) in zip(numbers, ANSWERS, strict=True)
    ]
    assert found == ANSWERS


def test_a_rule_acts_once_and_the_log_names_it(desk: SmallDesk) -> None:
    before = letter(desk, "prima")
    which = rule(desk, "message", [step("tag", "hello"), step("priority", "high")], ask("text", "ciao"))
    number, other = letter(desk, "Ciao a tutti"), letter(desk, "Buonasera", sender="anna@altro.example")
    run(desk)
    assert (tags(desk, number), tags(desk, other), tags(desk, before)) == (["hello"], [], [])
    with desk.store.reading() as work:
        mine = select(Event.kind).where(Event.actor_id == f"rule:{which}", Event.ticket_id == number)
        assert list(work.scalars(mine.order_by(Event.seq))) == ["ticket.tag", "ticket.priority"]
        row = work.scalars(select(RuleRun)).one()
        assert [one["do"] for one in row.did] == ["tag", "priority"]
        assert len(row.events) == 2


def test_what_dies_before_its_commit_happens_once_all_the_same(
    desk: SmallDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    which = rule(desk, "message", [step("reply", "Grazie"), step("tag", "once")])
    number = letter(desk)
    real = engine.act

    def dies(*args: Any) -> bool:
        real(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "act", dies)
    with pytest.raises(KeyboardInterrupt):
        run(desk)
    monkeypatch.setattr(engine, "act", real)
    assert (tags(desk, number), answers(desk, number), ended(desk, which)) == ([], [], [])
    run(desk)
    with desk.store.transaction() as work:  # even where the place in the log was lost
        work.get_one(Rule, which).seq = 0
    run(desk)
    assert (tags(desk, number), answers(desk, number), ended(desk, which)) == (["once"], ["Grazie"], [("done", "")])


def test_rules_that_lead_to_one_another_end(desk: SmallDesk) -> None:
    first = rule(desk, "tagged", [step("untag", "a"), step("tag", "b")], ask("tag", "a"))
    second = rule(desk, "tagged", [step("untag", "b"), step("tag", "a")], ask("tag", "b"))
    number = letter(desk)
    with desk.store.transaction() as work:
        tickets.tag(work, SYSTEM, number, "a")
    run(desk)
    assert (ended(desk, first), ended(desk, second), tags(desk, number)) == ([("done", "")], [("done", "")], ["a"])


def test_a_rule_that_acts_on_too_many_tickets_is_paused_and_says_so(desk: SmallDesk) -> None:
    which = rule(desk, "created", [step("tag", "new")], most=2)
    numbers = [letter(desk, sender=f"{n}@studio.example") for n in "abc"]
    run(desk)
    assert [tags(desk, number) for number in numbers] == [["new"], ["new"], []]
    with desk.store.transaction() as work:
        row = work.get_one(Rule, which)
        assert (row.active, row.problem) == (False, "limit")
        assert keeping.switch(work, SYSTEM, which, on=True).problem == ""


def test_one_ticket_is_not_acted_on_again_and_again(desk: SmallDesk) -> None:
    which = rule(desk, "message", [step("note", "Ancora")])
    for _n in range(engine.PER_TICKET + 3):
        letter(desk)
    with desk.store.reading() as work:
        numbers = work.scalars(select(Ticket.id)).all()
    for _n in range(engine.PER_TICKET + 3):
        desk.take(desk.text("Ciao"))
    run(desk)
    outcomes = [outcome for outcome, _why in ended(desk, which)]
    assert outcomes.count("skipped") == 1
    assert len(numbers) > 1
    assert outcomes.count("done") == len(numbers) + engine.PER_TICKET


def test_no_machine_is_answered_and_nobody_twice_a_day(desk: SmallDesk) -> None:
    which = rule(desk, "message", [step("reply", "Siamo chiusi"), step("tag", "seen")])
    automatic = rule(desk, "automatic", [step("reply", "Siamo chiusi")])
    number = letter(desk)
    run(desk)
    letter(desk, in_reply_to="<m1@studio.example>", auto="reply")
    letter(desk, in_reply_to="<m1@studio.example>")
    run(desk)
    assert answers(desk, number) == ["Siamo chiusi"]
    assert ended(desk, automatic) == [("nothing", "automatic")]
    assert ended(desk, which)[0] == ("done", "")
    assert ended(desk, which)[1:] == [("nothing", "once")]
    old = letter(desk, sender="b@due.example", at=clock.now() - dt.timedelta(days=2))
    run(desk)
    assert (answers(desk, old), tags(desk, old)) == ([], ["seen"])
    with desk.store.reading() as work:
        assert work.get_one(Ticket, number).waiting_since is not None  # it answers nobody


def test_one_bad_step_leaves_the_ticket_as_it_was_and_the_next_rule_acts(desk: SmallDesk) -> None:
    bad = rule(desk, "created", [step("tag", "half"), step("assign", desk.giulia)])
    good = rule(desk, "created", [step("tag", "whole")])
    with desk.store.transaction() as work:
        from inbox.store import Agent

        work.get_one(Agent, desk.giulia).active = False
    number = letter(desk)
    run(desk)
    assert tags(desk, number) == ["whole"]
    assert ended(desk, bad) == [("failed", f"there is no active agent {desk.giulia!r}")]
    assert ended(desk, good) == [("done", "")]


def test_a_silent_customer_is_asked_once_and_the_ticket_resolved(desk: SmallDesk, later: Later) -> None:
    old = letter(desk, sender="old@studio.example")
    answer(desk, old)
    later(dt.timedelta(days=6))
    which = rule(desk, "silent", [step("reply", "Tutto a posto?"), step("finish", "2")], wait=5)
    done, wrote = letter(desk, sender="a@uno.example"), letter(desk, sender="b@due.example", external_id="<b1@x>")
    answer(desk, done, "pending")
    answer(desk, wrote)
    run(desk)
    assert ended(desk, which) == []
    later(dt.timedelta(days=5, minutes=1))
    run(desk)
    assert answers(desk, done) == answers(desk, wrote) == ["Tutto a posto?"]
    assert answers(desk, old) == []  # it was silent long before the rule
    letter(desk, sender="b@due.example", in_reply_to="<b1@x>")
    later(dt.timedelta(days=2, minutes=1))
    run(desk)
    run(desk)
    with desk.store.reading() as work:
        assert work.get_one(Ticket, done).status.value == "resolved"
        assert work.get_one(Ticket, wrote).status.value in {"new", "open"}
        assert work.scalar(select(func.count()).where(RuleRun.rule_id == which, RuleRun.outcome == "dropped")) == 1
    later(dt.timedelta(days=30))
    run(desk)
    assert len(answers(desk, done)) == 1


def test_a_ticket_that_nobody_answers_is_seen_once(desk: SmallDesk, later: Later) -> None:
    asked = (ask("team", "none"), ask("agent", desk.giulia, but=True))
    which = rule(desk, "unanswered", [step("tag", "late"), step("notify", desk.giulia)], *asked, wait=4)
    number, answered = letter(desk), letter(desk, sender="b@due.example")
    answer(desk, answered)
    later(dt.timedelta(hours=4, minutes=1))
    run(desk)
    later(dt.timedelta(hours=9))
    run(desk)
    assert (ended(desk, which), tags(desk, number), tags(desk, answered)) == ([("done", "")], ["late"], [])
    with desk.store.reading() as work:
        assert work.scalar(select(func.count()).where(Event.kind == "note.mentioned")) == 1


def test_rules_are_kept_by_supervisors_and_say_what_is_wrong(desk: SmallDesk) -> None:
    with pytest.raises(Forbidden), desk.store.transaction() as work:
        keeping.add_ready(work, desk.who(desk.giulia), "hours")
    bad = {"name": "", "event": "moon", "steps": [step("assign", "me")], "conditions": [ask("text")], "most": 0}
    with pytest.raises(Invalid) as refused, desk.store.transaction() as work:
        keeping.add(work, desk.who(), bad)
    assert set(refused.value.fields) == {"name", "event", "steps", "conditions", "most"}
    with pytest.raises(Invalid, match="agent's name"), desk.store.transaction() as work:
        keeping.add(work, desk.who(), {"name": "x", "event": "sent", "steps": [step("reply", "{agent.name}")]})
    with pytest.raises(Invalid, match="how many days"), desk.store.transaction() as work:
        keeping.add(work, desk.who(), {"name": "x", "event": "silent", "steps": [step("tag", "x")]})
    first, second = rule(desk, "sent", [step("tag", "x")]), rule(desk, "sent", [step("tag", "y")])
    with desk.store.transaction() as work:
        keeping.move(work, desk.who(), second, -1)
        assert [row.id for row in keeping.all_of(work)] == [second, first]
        keeping.remove(work, desk.who(), first)


@pytest.mark.parametrize("language", ["en", "it"])
def test_every_ready_made_rule_is_one_click_and_only_once(desk: SmallDesk, language: str) -> None:
    with desk.store.transaction() as work:
        put(work, SYSTEM, "desk.language", language)
    for name in READY:
        with desk.store.transaction() as work:
            assert keeping.add_ready(work, desk.who(), name).active
        with pytest.raises(Conflict), desk.store.transaction() as work:
            keeping.add_ready(work, desk.who(), name)
    urgent = letter(desk, "È urgente, non posso lavorare")
    run(desk)
    with desk.store.reading() as work:
        assert work.get_one(Ticket, urgent).priority.value == "urgent"


def test_an_answer_outside_the_hours_says_when_we_are_back(desk: SmallDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    saturday = dt.datetime(2026, 11, 28, 10, tzinfo=dt.UTC)
    monkeypatch.setattr(clock, "now", lambda: saturday)
    with desk.store.transaction() as work:
        put(work, SYSTEM, "desk.language", "it")
        keeping.add_ready(work, SYSTEM, "hours")
    number = letter(desk, at=saturday)
    run(desk)
    assert "lunedì 30 novembre alle 09:00" in answers(desk, number)[0]
