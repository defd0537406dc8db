"""The customer beside a ticket: forms of the panel, the line of everything that was said, joining and parting."""

from __future__ import annotations

from inbox.actions import joining
from inbox.store import Identity, Ticket
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
        for whose, margin in ((mine, "120.50"), (before, "30")):
            work.append("revenue", customer=whose, margin=margin, currency="EUR")
        for score in (-0.6, -0.4, -0.3):
            work.append("sentiment", ticket=two, msg="1", score=score, model="m")
        joining.join_by_hand(work, desk.who(), one, two)
    seen = words(desk.browser("agent").get(f"/tickets/{one}/worth"))
    for said in ("Margin so far €150.50", "Satisfaction 4.5 of 5 2 answers Last answers 4 5", "Last messages sound"):
        assert said in seen


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
