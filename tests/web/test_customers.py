"""The customer beside a ticket: forms of the panel, the line of everything that was said, joining and parting."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import select

from inbox import clock
from inbox.actions import desk as settings
from inbox.actions import joining, telling
from inbox.actions.who import SYSTEM
from inbox.reading import figures
from inbox.store import Identity, Message, Ticket, Work
from tests.web.conftest import TestDesk, words


def test_the_panel_takes_what_agents_write_down_and_joins_and_parts_by_forms(desk: TestDesk) -> None:
    agent = desk.browser("agent")
    mailbox = desk.add_channel("email", "people", address="people@bottega.example")
    one = desk.mail_in(mailbox, "Chiara <chiara@studio.example>", "Sito giù")
    two = desk.mail_in(mailbox, "C. Lombardi <c@lombardi.example>", "Fattura due")
    panel = f"/tickets/{one}/customer"
    facts = {"name": "Chiara L.", "company": "Studio Lombardi", "language": "it", "attributes": "Piano: Oro"}
    agent.follow(agent.post(panel, **facts))
    agent.post(f"{panel}/notes", text="Dopo le cinque")
    agent.post(f"{panel}/consents", what="Novità", source="telefono", given="yes")
    seen = words(agent.get(panel))
    for said in ("Studio Lombardi", "Piano Oro", "Dopo le cinque", "Novità given", "telefono"):
        assert said in seen
    assert agent.post(panel, **{**facts, "attributes": "Oro"}).status_code == 422
    assert f'<turbo-frame id="worth-{one}"></turbo-frame>' in agent.get(f"/tickets/{one}/worth").text
    assert agent.post(f"{panel}/join", other="x").status_code == 422
    agent.follow(agent.post(f"{panel}/join", other=f"#{two}"))
    line = words(agent.get(f"/tickets/{one}/timeline"))
    assert line.index("Fattura due") < line.index("Sito giù")
    page = agent.get(panel).text
    event = page.split('name="event" value="')[1].split('"')[0]
    agent.follow(agent.post(f"{panel}/part", event=event))
    assert "Fattura due" not in words(agent.get(f"/tickets/{one}/timeline"))


def test_what_is_known_of_a_customers_worth_comes_from_every_survey_and_every_name_of_theirs(desk: TestDesk) -> None:
    mailbox = desk.add_channel("email", "worth", address="worth@bottega.example")
    one = desk.mail_in(mailbox, "W <w1@studio.example>", "Ciao")
    two = desk.mail_in(mailbox, "W <w2@studio.example>", "Ciao di nuovo")
    with desk.store.transaction() as work:
        mine, before = (work.get_one(Ticket, number).customer_id or "" for number in (one, two))
        work.append("survey.sent", ticket=one, survey="a", type="csat", customer=mine)
        work.append("survey.answered", ticket=one, survey="a", score=2)
        work.append("survey.answered", ticket=one, survey="a", score=4)  # they thought again
        work.append("survey.sent", survey="b", type="csat", customer=before, min=0, max=10)
        work.append("survey.answered", survey="b", score=10)
        work.append("survey.sent", ticket=one, survey="c", type="nps", customer=mine)
        work.append("survey.answered", ticket=one, survey="c", score=1)
        ts = "2026-03-09T08:00:00Z"
        asked = {"id": "d1", "kind": "survey.sent", "ts": ts, "survey": "d", "type": "csat", "customer": mine}
        answered = {"id": "d2", "kind": "survey.answered", "ts": ts, "survey": "d", "score": 1}
        telling.tell(work, SYSTEM, [(1, asked), (2, answered)])
        telling.take_back(work, SYSTEM, ["d2"])  # a program was wrong
        for whose, margin in ((mine, "120.50"), (before, "30")):
            work.append("revenue", customer=whose, margin=margin, currency="EUR")
        for n, score in enumerate((-0.6, -0.4, -0.3)):
            work.append("sentiment", ticket=two, msg=f"w{n}", score=score, model="m")
        joining.join_by_hand(work, desk.who(), one, two)
    seen = words(desk.browser("agent").get(f"/tickets/{one}/worth"))
    for said in ("Margin so far €150.50", "Satisfaction 4.5 of 5 2 answers Last answers 4 5", "Last messages sound"):
        assert said in seen


def test_an_answer_on_a_scale_from_0_is_read_on_that_scale(desk: TestDesk) -> None:
    mailbox = desk.add_channel("email", "scala", address="scala@bottega.example")
    number = desk.mail_in(mailbox, "S <s@studio.example>", "Ciao")
    with desk.store.transaction() as work:
        customer = work.get_one(Ticket, number).customer_id
        for name, score in (("s1", 0), ("s2", 5)):
            work.append("survey.sent", ticket=number, survey=name, type="csat", customer=customer, min=0, max=10)
            work.append("survey.answered", ticket=number, survey=name, score=score)
    seen = words(desk.browser("agent").get(f"/tickets/{number}/worth"))
    assert "Satisfaction 2 of 5 2 answers Last answers 1 3" in seen


def test_how_a_customer_sounds_is_heard_once_in_each_message_that_still_stands(desk: TestDesk) -> None:
    mailbox = desk.add_channel("email", "umore", address="umore@bottega.example")
    sender = "U <u@studio.example>"
    number = desk.mail_in(mailbox, sender, "Ciao")
    page, agent = f"/tickets/{number}/worth", desk.browser("agent")

    def score(msg: str, *scores: float) -> None:
        with desk.store.transaction() as work:
            for one in scores:
                work.append("sentiment", ticket=number, msg=msg, score=one, model="m")

    score("u1", -0.9, -0.8, -0.9, 0.9)
    assert "sound" not in words(agent.get(page)), "with the mail two messages, one of them corrected"
    score("u2", 0.9)
    assert "Last messages sound good" in words(agent.get(page))
    with desk.store.transaction() as work:
        first = work.scalars(select(Message).where(Message.ticket_id == number)).one()
        work.append("sentiment", ticket=number, msg=str(first.id), score=-1.0, model="m")
        work.append("sentiment", ticket=number, msg="u4", score=-1.0, model="m")
    assert "Last messages sound neither" in words(agent.get(page))
    for gone in ("erased", "deleted"):
        with desk.store.transaction() as work:
            work.get_one(Message, first.id).extra = {gone: "2026-03-01T08:00:00Z"}
        assert "Last messages sound good" in words(agent.get(page))


def test_what_a_customer_cost_and_is_worth_is_that_of_the_figures_and_for_whoever_sees_reports(desk: TestDesk) -> None:
    """A void line brings nothing, another currency counts at the rate of its day, and what has no rate is said."""
    mailbox = desk.add_channel("email", "valore", address="valore@bottega.example")
    number = desk.mail_in(mailbox, "V <v@studio.example>", "Ciao")
    now = clock.now()
    with desk.store.transaction() as work:
        customer = work.get_one(Ticket, number).customer_id or ""
        for id, margin, currency in (
            ("v1", "100", "EUR"),
            ("v2", "30", "EUR"),
            ("v3", "50", "USD"),
            ("v4", "9", "GBP"),
        ):
            work.append("revenue", id=id, customer=customer, margin=margin, currency=currency)
        work.append("void", target="v1")
        work.append("fx.rate", date=f"{now - dt.timedelta(days=2):%Y-%m-%d}", ccy="USD", rate="0.8")
    page = f"/tickets/{number}/worth"
    seen = words(desk.browser("agent").get(page))
    assert "Margin so far €70.00" in seen
    assert "without £9.00, for which there is no exchange rate" in seen
    assert "Cost" not in words(desk.browser("supervisor").get(page))  # there is no hourly rate

    with desk.store.transaction() as work:
        work.append("cost.rate", **RATE)
        work.append("cost.fixed", month=f"{now:%Y-%m}", amount="900", currency="EUR")
        session(work, number, now, "valore-1", 90)
        work.append("contract.started", customer=customer, contract="K", ends="2090-01-01T00:00:00Z", ts=now - YEARS)
    seen = words(desk.browser("supervisor").get(page))
    assert re.search(r"Cost so far €1\.50 · €[1-9]\d*\.\d\d in full Lifetime value €[1-9]\d+\.\d\d", seen), seen
    for hidden in ("Cost so far", "Lifetime value"):
        assert hidden not in words(desk.browser("agent").get(page))


RATE: dict[str, Any] = {"from": "2020-01-01", "per_hour": "60", "currency": "EUR"}
YEARS = dt.timedelta(days=700)


def session(work: Work, number: int, end: dt.datetime, name: str, seconds: int) -> None:
    """As a browser that was open until then."""
    spans = [[clock.iso(end - dt.timedelta(seconds=seconds)), clock.iso(end)]]
    told: dict[str, Any] = {
        "session": name,
        "agent": name.partition("-")[0],
        "team": None,
        "channel": "email",
        "spans": spans,
    }
    work.append("handle.span", id=f"handle:{name}", ticket=number, ts=end - dt.timedelta(seconds=seconds), **told)


def test_the_time_and_the_cost_of_a_ticket_are_those_of_the_figures(desk: TestDesk) -> None:
    """Two windows on one ticket are one time, what was corrected counts no more, and a price may be told elsewhere."""
    mailbox = desk.add_channel("email", "tempo", address="tempo@bottega.example")
    number = desk.mail_in(mailbox, "T <t@studio.example>", "Ciao")
    page, now = f"/tickets/{number}/figures", clock.now()
    unsaid = "Handling not said while figures per person are off"
    assert unsaid in words(desk.browser("agent").get(page)), "it is mostly one person's time"
    with desk.store.transaction() as work:
        settings.put(work, SYSTEM, "report.agent_time", "Accordo 3/2026")
    allowed = words(desk.browser("agent").get(page))
    assert "Handling –" in allowed
    assert unsaid not in allowed
    with desk.store.transaction() as work:
        session(work, number, now, "tempo-1", 130)
        session(work, number, now, "tempo-2", 130)
        work.append("cost.rate", **RATE)
        price: dict[str, Any] = {"type": "actual", "channel": "email", "currency": "EUR"}
        work.append("cost.provider", ticket=number, cost="told", amount="0.40", **price)
    seen = words(desk.browser("supervisor").get(page))
    assert "Handling 2m Providers €0.40 Work €2.17 Cost so far €2.57 · €" in seen
    agents = words(desk.browser("agent").get(page))
    assert "Handling 2m Providers €0.40" in agents
    assert "Cost so far" not in agents

    with desk.store.transaction() as work:
        for name in ("tempo-1", "tempo-2"):
            work.append("void", ticket=number, target=f"handle:{name}")
        session(work, number, now, "tempo-3", 60)
        work.append("cost.provider", ticket=number, cost="pounds", amount="1", **{**price, "currency": "GBP"})
    seen = words(desk.browser("supervisor").get(page))
    assert "Handling 1m Providers no exchange rate Work €1.00 Cost so far no data" in seen


def test_while_a_long_log_is_worked_through_for_the_first_time_the_panel_says_the_rest(
    desk: TestDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = desk.add_channel("email", "attesa", address="attesa@bottega.example")
    number = desk.mail_in(mailbox, "A <a@studio.example>", "Ciao")
    with desk.store.transaction() as work:
        for n, score in enumerate((0.6, 0.4, 0.3)):
            work.append("sentiment", ticket=number, msg=f"a{n}", score=score, model="m")
    monkeypatch.setattr(figures, "kept", lambda *_args: None)
    monkeypatch.setattr(figures, "MOST", 0)
    supervisor = desk.browser("supervisor")
    assert "Providers no data Work no data" in words(supervisor.get(f"/tickets/{number}/figures"))
    assert words(supervisor.get(f"/tickets/{number}/worth")) == "Worth Last messages sound good"


def test_a_suggestion_is_refused_for_good_and_brought_back_by_a_form(desk: TestDesk) -> None:
    agent = desk.browser("agent")
    mailbox = desk.add_channel("email", "twins", address="twins@bottega.example")
    one, two = (desk.mail_in(mailbox, f"Z <z{n}@studio.example>", f"Ciao {n}") for n in (1, 2))
    with desk.store.transaction() as work:
        for number, kind in ((one, "sms"), (two, "voice")):
            owner = work.get_one(Ticket, number).customer_id or ""
            work.add(Identity(kind=kind, value="+447700900777", customer_id=owner))
    panel = f"/tickets/{one}/customer"
    assert "has the same number, +44 7700 900777 Not the same Join" in words(agent.get(panel))
    agent.follow(agent.post(f"{panel}/apart", other=two))
    page = agent.get(panel)
    assert "has the same number" not in words(page)
    assert "is somebody else, says" in words(page)
    event = page.text.split('name="event" value="')[1].split('"')[0]
    agent.follow(agent.post(f"{panel}/apart", event=event))
    assert "has the same number" in words(agent.get(panel))
