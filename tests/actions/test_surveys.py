"""Surveys: asked once, on the ticket's own channel, answered by a signed link, and followed up."""

from __future__ import annotations

import datetime as dt
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from inbox import clock
from inbox.actions import classifying, erasing, links, ratings, reply, steps, tickets, undo
from inbox.actions import desk as settings
from inbox.actions.desk import put
from inbox.actions.rules import keeping
from inbox.actions.surveys import answering, asking, doors, forms, quiet
from inbox.actions.surveys.words import SCALES
from inbox.actions.who import SYSTEM
from inbox.errors import Conflict, Invalid, NotFound
from inbox.reading import figures, threads
from inbox.reading import surveys as reading
from inbox.rendering.markup import render
from inbox.store import Event, JournalEntry, Message, Survey, Ticket, Work
from inbox.terms import Delivery, Direction
from inbox.worker.rules import Rules
from tests.actions.conftest import SmallDesk

FORM: dict[str, Any] = {"name": "After help", "asks": ["csat", "nps"], "delay_h": 1, "on": True, "touchpoint": "help"}


@pytest.fixture
def asking_desk(desk: SmallDesk, monkeypatch: pytest.MonkeyPatch) -> SmallDesk:
    """A desk that asks an hour after each ticket, by mail and SMS."""
    monkeypatch.setattr(desk.store.settings, "public_url", "https://desk.example")
    with desk.store.transaction() as work:
        forms.save(work, SYSTEM, "help", {**FORM, "channels": [desk.mail, desk.sms]})
    return desk


def resolved(desk: SmallDesk, *, sms: bool = False, **more: Any) -> int:
    """A ticket that was answered and resolved."""
    ended = desk.take(desk.text("Ciao", **more), desk.sms) if sms else desk.take(desk.letter("Ciao", **more), desk.mail)
    assert ended.ticket is not None
    with desk.store.transaction() as work:
        tickets.set_status(work, desk.who(), ended.ticket, "resolved")
    return ended.ticket


def later(desk: SmallDesk, hours: float = 2) -> list[Survey]:
    """What the worker does once so much time has passed: the surveys' rows."""
    desk.store.write(asking.follow)
    with desk.store.transaction() as work:
        for survey in work.query(Survey).filter(Survey.due_at.is_not(None)):
            assert survey.due_at is not None
            survey.due_at = survey.due_at - dt.timedelta(hours=hours)
    desk.store.write(asking.send_due)
    with desk.store.reading() as work:
        return work.query(Survey).order_by(Survey.created_at).all()


def token(desk: SmallDesk, survey: Survey) -> str:
    with desk.store.reading() as work:
        return doors.address(work, work.get_one(Survey, survey.id)).rpartition("/")[2]


def said(desk: SmallDesk, kind: str) -> list[dict[str, Any]]:
    with desk.store.reading() as work:
        return [one.data for one in work.query(Event).filter_by(kind=kind).order_by(Event.seq)]


def test_a_mail_brings_the_answers_as_links_that_the_desk_itself_never_shows(asking_desk: SmallDesk) -> None:
    desk, number = asking_desk, resolved(asking_desk)
    assert later(desk, 0.5)[0].sent_at is None  # not before its hour
    [survey] = later(desk)
    assert [one["type"] for one in said(desk, "survey.sent")] == ["csat", "nps"]
    assert {one["touchpoint"] for one in said(desk, "survey.sent")} == {"help"}
    with desk.store.reading() as work:
        message = work.get_one(Message, survey.message_id)
        assert message.auto == "reply"
        assert "/s/" not in message.text
        _text, html = render(links.text_of(work, message), "html")
        assert html is not None
        assert html.count(f"https://desk.example/s/{token(desk, survey)}?csat=") == SCALES["csat"][1]
        ticket = work.get_one(Ticket, number)
        assert [one.what for one in threads.history(work, ticket)][-1] == "asked"
    assert len(later(desk)) == 1  # once


@pytest.mark.parametrize(
    ("texts", "spoken", "asked"),
    [
        ({"csat": {"it": "Come siamo andati?"}}, "it", "Come siamo andati?"),
        ({"csat": {"it": "Come siamo andati?"}}, "en", "How satisfied are you with our help?"),
        ({"csat": {"it": "Come siamo andati?", "en": "How did we do?"}}, "en", "How did we do?"),
        ({"csat": "How did we do?"}, "en", "How did we do?"),  # as it was kept before: in the desk's language
        ({"csat": "How did we do?"}, "it", "Quanto ti ha soddisfatto l’assistenza?"),
    ],
)
def test_a_question_in_own_words_is_asked_in_the_customers_language_or_in_our_words(
    asking_desk: SmallDesk, texts: dict[str, Any], spoken: str, asked: str
) -> None:
    desk = asking_desk
    with desk.store.transaction() as work:
        kept = settings.get(work, "surveys.forms")
        put(work, desk.who(), "surveys.forms", {"help": {**kept["help"], "texts": texts}})
    number = resolved(desk)
    with desk.store.transaction() as work:
        customer = work.get_one(Ticket, number).customer
        assert customer is not None
        customer.language = spoken
    [survey] = later(desk)
    with desk.store.reading() as work:
        assert f"**{asked}**" in links.text_of(work, work.get_one(Message, survey.message_id))
        assert reading.page(work, token(desk, survey), {}).asks[0].text == asked


def test_own_words_without_a_language_are_kept_in_the_desks(desk: SmallDesk) -> None:
    """As a file of settings may have them, written before they had one."""
    texts = {"csat": "  How did  we do? ", "nps": {"it": "Ci consigli?", "en": " ", "fr": "Alors ?"}, "other": "x"}
    with desk.store.transaction() as work:
        forms.save(work, SYSTEM, "x", {**FORM, "channels": [], "texts": texts})
        kept = settings.get(work, "surveys.forms")["x"]["texts"]
    assert kept == {"csat": {"en": "How did we do?"}, "nps": {"it": "Ci consigli?"}}


def test_a_text_message_brings_one_short_link(asking_desk: SmallDesk) -> None:
    resolved(asking_desk, sms=True)
    [survey] = later(asking_desk)
    with asking_desk.store.reading() as work:
        text = links.text_of(work, work.get_one(Message, survey.message_id))
    assert text.endswith(f"https://desk.example/s/{token(asking_desk, survey)}")
    assert len(text) < 160


def test_a_ticket_that_is_resolved_again_because_it_was_only_a_thanks_asks_nobody_again(asking_desk: SmallDesk) -> None:
    desk = asking_desk
    resolved(desk, sms=True)
    desk.store.write(asking.follow)
    thanks = desk.take(desk.text("Grazie!", at=clock.now()), desk.sms)
    with desk.store.transaction() as work:
        classifying.classify(work, desk.who(), thanks.message or 0, "ack")
    assert desk.store.write(asking.follow) == 0
    [survey] = later(desk)
    assert (survey.withheld, survey.sent_at is not None) == ("", True)


def test_who_was_asked_at_the_end_of_a_chat_is_asked_by_no_survey(asking_desk: SmallDesk) -> None:
    number = resolved(asking_desk)
    with asking_desk.store.transaction() as work:
        survey = ratings.survey_of(work, work.get_one(Ticket, number))
        assert survey is not None
        ratings.asked(work, number, survey)
        assert ratings.survey_of(work, work.get_one(Ticket, number)) == survey  # its own question stays
    assert [one.withheld for one in later(asking_desk)] == ["quiet"]


@pytest.mark.parametrize("by", ["survey", "rating"])
def test_the_chat_asks_nobody_who_was_asked_lately(asking_desk: SmallDesk, by: str) -> None:
    desk, number = asking_desk, resolved(asking_desk)
    with desk.store.transaction() as work:
        if by == "rating":
            ratings.asked(work, number, ratings.survey_of(work, work.get_one(Ticket, number)) or "")
    if by == "survey":
        later(desk)
    other = resolved(desk, subject="Altro")
    with desk.store.transaction() as work:
        assert ratings.survey_of(work, work.get_one(Ticket, other)) is None
        put(work, desk.who(), "surveys.quiet_d", 0)
        assert ratings.survey_of(work, work.get_one(Ticket, other)) is not None


def test_a_customer_is_asked_once_within_the_quiet_period(asking_desk: SmallDesk) -> None:
    resolved(asking_desk)
    later(asking_desk)
    resolved(asking_desk, subject="Altro")
    assert [one.withheld for one in later(asking_desk)] == ["", "quiet"]


@pytest.mark.parametrize("why", ["reopened", "spam", "address"])
def test_what_has_come_between_withholds_it(asking_desk: SmallDesk, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    number = resolved(asking_desk)
    with asking_desk.store.transaction() as work:
        if why == "reopened":
            tickets.set_status(work, asking_desk.who(), number, "open")
        if why == "spam":
            tickets.tag(work, asking_desk.who(), number, "spam")
    if why == "address":
        monkeypatch.setattr(asking_desk.store.settings, "public_url", "")
    assert [one.withheld for one in later(asking_desk)] == [why]
    assert said(asking_desk, "survey.sent") == []


def asked_by_rule(desk: SmallDesk, event: str, *steps: str) -> None:
    """A rule that is on: its steps are statuses, and the survey "other", which waits five hours."""
    with desk.store.transaction() as work:
        forms.save(work, SYSTEM, "other", {**FORM, "name": "Other", "channels": [], "delay_h": 5, "on": False})
        known = {"survey": {"do": "survey", "what": "other"}, "resolved": {"do": "status", "what": "resolved"}}
        values = {"name": "Ask", "event": event, "steps": [known[one] for one in steps]}
        keeping.switch(work, SYSTEM, keeping.add(work, SYSTEM, values).id, on=True)


@pytest.fixture
def ruled_desk(desk: SmallDesk, monkeypatch: pytest.MonkeyPatch) -> SmallDesk:
    """A desk that can be reached, where no survey is sent by itself."""
    monkeypatch.setattr(desk.store.settings, "public_url", "https://desk.example")
    return desk


def act(desk: SmallDesk) -> None:
    worker = Rules(desk.store)
    while worker.work_due(at_once=True):
        pass


def test_a_survey_that_a_rule_sends_waits_the_hours_of_the_survey(ruled_desk: SmallDesk) -> None:
    desk = ruled_desk
    asked_by_rule(desk, "status", "survey")
    resolved(desk)
    act(desk)
    assert [one.sent_at for one in later(desk, 4.9)] == [None]
    assert [(one.sent_at is not None, one.withheld) for one in later(desk, 0.2)] == [(True, "")]


def test_a_survey_that_a_macro_sends_leaves_at_once(ruled_desk: SmallDesk) -> None:
    desk = ruled_desk
    asked_by_rule(desk, "late", "survey")
    number = resolved(desk)
    with desk.store.transaction() as work:
        steps.run(steps.Doing(work, desk.who(), number, key="press"), [{"do": "survey", "what": "other"}])
    assert [(one.sent_at is not None, one.withheld) for one in later(desk, 0)] == [(True, "")]


@pytest.mark.parametrize("how", ["opened", "undone", "resolved by the rule"])
def test_a_survey_that_a_rule_sends_is_withheld_where_the_ticket_is_open_again(ruled_desk: SmallDesk, how: str) -> None:
    desk = ruled_desk
    by_rule = how == "resolved by the rule"
    asked_by_rule(desk, *(("created", "survey", "resolved") if by_rule else ("status", "survey")))
    number = desk.take(desk.letter("Ciao"), desk.mail).ticket or 0
    with desk.store.transaction() as work:
        line = tickets.set_status(work, desk.who(), number, "resolved") if not by_rule else None
    act(desk)
    with desk.store.transaction() as work:
        if how == "undone" and line is not None:
            undo.undo(work, desk.who(), line.id)
        else:
            tickets.set_status(work, desk.who(), number, "open")
    assert [one.withheld for one in later(desk, 6)] == ["reopened"]


@pytest.mark.parametrize("again", [False, True])
def test_a_survey_about_an_open_ticket_or_one_that_is_resolved_again_is_sent(
    ruled_desk: SmallDesk, again: bool
) -> None:
    """One that was reopened before the rule asked is open as far as that is concerned."""
    desk, number = ruled_desk, resolved(ruled_desk)
    with desk.store.transaction() as work:
        tickets.set_status(work, desk.who(), number, "open")
    time.sleep(0.002)  # the rule acts in a millisecond of its own
    asked_by_rule(desk, "tagged", "survey")
    with desk.store.transaction() as work:
        tickets.tag(work, desk.who(), number, "vip")
    act(desk)
    with desk.store.transaction() as work:
        for status in ("resolved", "open", "resolved") if again else ("pending", "open"):
            tickets.set_status(work, desk.who(), number, status)
    assert [(one.sent_at is not None, one.withheld) for one in later(desk, 6)] == [(True, "")]


def test_answers_are_events_without_words_and_the_last_one_counts(asking_desk: SmallDesk) -> None:
    desk, number = asking_desk, resolved(asking_desk)
    [survey] = later(desk)
    for given in ({"csat": "2"}, {"csat": "5", "nps": "3"}, {"csat": "5"}):
        with desk.store.transaction() as work:
            answering.answer(work, token(desk, survey), given, "Chiamatemi" if "nps" in given else None)
    assert [(one["survey"], one["score"]) for one in said(desk, "survey.answered")] == [
        (f"{survey.id}-csat", 2),
        (f"{survey.id}-csat", 5),
        (f"{survey.id}-nps", 3),
    ]
    assert "Chiamatemi" not in str(said(desk, "survey.answered"))
    with desk.store.reading() as work:
        notes = work.query(Message).filter_by(ticket_id=number, direction="note").all()
        assert [one.text for one in notes] == ["“Chiamatemi”"]
        [row] = reading.follow_ups(work, desk.who()).rows
        assert (row.ticket, row.score, row.late) == (number, 3, False)
    with desk.store.transaction() as work:
        answering.follow_up(work, desk.who(), survey.id)
    assert [one["survey"] for one in said(desk, "survey.followup")] == [f"{survey.id}-nps"]
    with desk.store.transaction() as work, pytest.raises(Conflict):
        answering.follow_up(work, desk.who(), survey.id)


def test_two_presses_at_once_lose_no_answer(asking_desk: SmallDesk) -> None:
    desk = asking_desk
    resolved(desk)
    [survey] = later(desk)
    link, both = token(desk, survey), threading.Barrier(2)

    def press(given: dict[str, str]) -> None:
        both.wait(5)
        with desk.store.transaction() as work:
            answering.answer(work, link, given)

    for n in range(1, 6):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(press, [{"csat": str(n)}, {"nps": str(n)}]))
        with desk.store.reading() as work:
            assert work.get_one(Survey, survey.id).scores == {"csat": n, "nps": n}


def test_who_is_unhappy_again_after_somebody_spoke_with_them_waits_again(asking_desk: SmallDesk) -> None:
    """As the figures see it, which count from the last answer."""
    desk = asking_desk
    resolved(desk)
    [survey] = later(desk)

    def say(score: int) -> tuple[Any, Any, int]:
        with desk.store.transaction() as work:
            answering.answer(work, token(desk, survey), {"nps": str(score)})
        return counted()

    def counted() -> tuple[Any, Any, int]:
        with desk.store.reading() as work:
            found = figures.report(work, first="2020-01-01", end="2100-01-01")["all"]
            return found["nps_loop.n"], found["nps_loop.k"], reading.unhappy(work, desk.who())

    def speak() -> tuple[Any, Any, int]:
        with desk.store.transaction() as work:
            answering.follow_up(work, desk.who(), survey.id)
        return counted()

    assert (say(3), speak()) == ((1, 0, 1), (1, 1, 0))
    assert (say(2), speak()) == ((1, 0, 1), (1, 1, 0))
    assert say(9) == (0, 0, 0)
    assert (say(1), speak()) == ((1, 0, 1), (1, 1, 0))


def test_who_turns_out_to_be_spam_waits_for_nobody_and_words_alone_are_no_answer(asking_desk: SmallDesk) -> None:
    desk, number = asking_desk, resolved(asking_desk)
    [survey] = later(desk)

    def shown() -> tuple[int, int]:
        with desk.store.reading() as work:
            return reading.settings(work, desk.who()).surveys[0].answered, reading.unhappy(work, desk.who())

    with desk.store.transaction() as work:
        answering.answer(work, token(desk, survey), {}, "Ciao")
    assert shown() == (0, 0)
    with desk.store.transaction() as work:
        answering.answer(work, token(desk, survey), {"nps": "1"})
    assert shown() == (1, 1)
    with desk.store.transaction() as work:
        tickets.tag(work, desk.who(), number, "spam")
    assert shown() == (1, 0)


def test_a_touchpoint_may_have_any_sign_in_its_name(asking_desk: SmallDesk) -> None:
    desk = asking_desk
    for n, touchpoint in enumerate(("Negozio | Milano", "a|yes", "~b].n|no", "=cmd|'x'")):
        with desk.store.transaction() as work:
            form = {**FORM, "touchpoint": touchpoint, "channels": [desk.mail]}
            forms.save(work, SYSTEM, "help", form)
        number = resolved(desk, sender=f"kunde{n}@x.example")
        survey = next(one for one in later(desk) if one.ticket_id == number)
        with desk.store.transaction() as work:
            answering.answer(work, token(desk, survey), {"nps": "9"})
        with desk.store.reading() as work:
            found = figures.report(work, first="2020-01-01", end="2100-01-01")["all"]
        assert (found[f"nps[{touchpoint}].n"], found[f"nps[{touchpoint}].promoters"]) == (1, 1)


def test_a_link_that_was_touched_opens_nothing_and_an_old_one_takes_nothing(asking_desk: SmallDesk) -> None:
    desk = asking_desk
    resolved(desk)
    [survey] = later(desk)
    right = token(desk, survey)
    for wrong in ("", right[:-1], right[:-1] + ("a" if right[-1] != "a" else "b"), "x" * 28, right + "a", "é" * 28):
        with desk.store.reading() as work, pytest.raises(NotFound):
            doors.opened(work, wrong)
    for given in ({"csat": "6"}, {"csat": "-1"}, {"ces": "3"}, {"csat": "٣"}, {"other": "1"}):
        with desk.store.transaction() as work, pytest.raises(Invalid):
            answering.answer(work, right, given)
    with desk.store.transaction() as work:
        work.get_one(Survey, survey.id).expires_at = clock.now() - dt.timedelta(seconds=2)
    with desk.store.transaction() as work, pytest.raises(Conflict):
        answering.answer(work, token(desk, survey), {"csat": "5"})


def test_a_survey_whose_message_never_left_was_not_sent(asking_desk: SmallDesk) -> None:
    desk = asking_desk
    resolved(desk)
    [survey] = later(desk)
    with desk.store.transaction() as work:
        work.get_one(Message, survey.message_id).state = Delivery.FAILED
        reply.cancel(work, desk.who(), survey.message_id or 0)
    with desk.store.reading() as work:
        row = work.get_one(Survey, survey.id)
        voids = {one.data["target"] for one in work.query(Event).filter_by(kind="void")}
        assert (row.sent_at, row.withheld) == (None, "failed")
        assert {f"survey.sent:{survey.id}-csat", f"survey.sent:{survey.id}-nps"} <= voids


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("name", ""), ("asks", []), ("delay_h", -1), ("delay_h", "soon"), ("channels", ["nowhere"])),
        ("texts", {"csat": {"it": "?" * 201}}),
    ],
)
def test_a_survey_that_cannot_be_is_refused_by_its_field(desk: SmallDesk, field: str, value: Any) -> None:
    with desk.store.transaction() as work, pytest.raises(Invalid) as refused:
        forms.save(work, SYSTEM, "x", {**FORM, "channels": [desk.mail], field: value})
    assert list(refused.value.fields) == [field]


def test_two_workers_never_ask_one_customer_twice_in_the_same_moment(asking_desk: SmallDesk) -> None:
    desk = asking_desk
    resolved(desk)
    resolved(desk, subject="Altro")
    desk.store.write(asking.follow)
    first, second = clock.now() + dt.timedelta(hours=2), clock.now() + dt.timedelta(hours=3)
    with desk.store.transaction() as work:
        surveys = work.query(Survey).order_by(Survey.created_at).all()
        surveys[1].due_at = second
    begun = threading.Event()

    def other() -> int:
        with clock.at(second), desk.store.transaction() as work:
            begun.set()
            return asking.send_due(work)

    with ThreadPoolExecutor(1) as pool:
        with clock.at(first), desk.store.transaction() as work:
            assert asking.send_due(work) == 1
            late = pool.submit(other)
            if not desk.store.is_sqlite:  # there the other has to wait for its turn to begin at all
                assert begun.wait(5)
                with pytest.raises(TimeoutError):
                    late.result(0.3)
        assert late.result(10) == 0
    with desk.store.reading() as work:
        assert [one.withheld for one in work.query(Survey).order_by(Survey.created_at)] == ["", "quiet"]


@pytest.mark.parametrize("tickets_each", [1, 2])
def test_two_workers_that_begin_together_send_each_customer_one_invitation(
    asking_desk: SmallDesk, monkeypatch: pytest.MonkeyPatch, tickets_each: int
) -> None:
    """One survey that both find due, or two of one customer of which each takes one."""
    desk = asking_desk
    for n in range(tickets_each):
        resolved(desk, subject=f"Domanda {n}")
    desk.store.write(asking.follow)
    both, lately = threading.Barrier(2), quiet.asked_lately

    def slowly(work: Work, ticket: Ticket) -> bool:
        asked = lately(work, ticket)
        time.sleep(0.2)  # both have looked before either has sent, if nothing keeps them apart
        return asked

    monkeypatch.setattr(quiet, "asked_lately", slowly)
    monkeypatch.setattr(asking, "PORTION", 1)
    due = clock.now() + dt.timedelta(hours=2)

    def worker(_: int) -> int:
        sent = 0
        with clock.at(due):
            both.wait(5)
            for _each in range(tickets_each):
                sent += desk.store.write(asking.send_due)
        return sent

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(worker, range(2))) == 1
    with desk.store.reading() as work:
        assert sorted(one.withheld for one in work.query(Survey)) == ["", "quiet"][:tickets_each]
        assert work.query(Message).filter_by(direction=Direction.OUT).count() == 1
    assert len(said(desk, "survey.sent")) == len(FORM["asks"])


def test_the_link_of_an_erased_customer_takes_no_more_words(asking_desk: SmallDesk) -> None:
    desk, number = asking_desk, resolved(asking_desk)
    [survey] = later(desk)
    link = token(desk, survey)
    with desk.store.transaction() as work:
        for message in work.query(Message).filter_by(direction=Direction.OUT):
            message.state = Delivery.DELIVERED
        for entry in work.query(JournalEntry):
            entry.done = True  # as the worker leaves it
    with desk.store.transaction() as work:
        erasing.erase_ticket(work, desk.who(), number, why="gdpr")
    with desk.store.transaction() as work, pytest.raises(NotFound):
        answering.answer(work, link, {"nps": "1"}, "chiamatemi")
