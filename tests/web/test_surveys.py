"""A survey as its customer sees it, as an admin sets it up, and those who were unhappy."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from inbox import clock
from inbox.actions import tickets
from inbox.actions.surveys import asking, doors, forms
from inbox.store import Event, Message, Survey
from tests.web.conftest import Browser, TestDesk, said, words


def sent(desk: TestDesk, monkeypatch: pytest.MonkeyPatch, name: str) -> tuple[int, str]:
    """A ticket whose customer was asked just now, and the path of the link."""
    monkeypatch.setattr(desk.store.settings, "public_url", "https://desk.example")
    mailbox = desk.add_channel("email", name, address=f"{name}@bottega.example")
    form: dict[str, Any] = {"name": name, "asks": ["csat", "nps"], "channels": [mailbox.id], "delay_h": "0", "on": "on"}
    assert desk.browser("admin").post("/settings/surveys/new", **form).status_code == 303
    number = desk.mail_in(mailbox, f"Chiara <{name}@studio.example>", f"Sito {name}")
    with desk.store.transaction() as work:
        tickets.assign(work, desk.who("agent"), number, agent=desk.who("agent").id)
        tickets.set_status(work, desk.who("agent"), number, "resolved")
    desk.store.write(asking.follow)
    desk.store.write(asking.send_due)
    with desk.store.reading() as work:
        survey = work.query(Survey).filter_by(ticket_id=number).one()
        return number, doors.address(work, survey).removeprefix("https://desk.example")


def scores(desk: TestDesk, number: int) -> list[int]:
    with desk.store.reading() as work:
        return [one.data["score"] for one in work.query(Event).filter_by(kind="survey.answered", ticket_id=number)]


def test_looking_answers_nothing_and_one_press_answers(desk: TestDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    number, path = sent(desk, monkeypatch, "mail")
    customer = Browser(desk.app)
    page = customer.get(f"{path}?csat=2")  # as a program does that looks at the links of a mail
    assert page.status_code == 200
    assert 'name="csat" value="2" checked' in page.text
    assert "How did it go with Carla?" in page.text
    assert scores(desk, number) == []
    assert "Set-Cookie" not in page.headers
    thanks = customer.client.post(path, data={"csat": "2", "nps": "4", "comment": "Troppo lento"})
    assert thanks.status_code == 303
    assert "Thank you!" in customer.get(thanks.headers["Location"]).text
    assert scores(desk, number) == [2, 4]
    assert "You have answered already" in customer.get(path).text
    kept = customer.client.post(path, data={"csat": "5"}, headers={"Accept": "application/json"})
    assert (kept.status_code, kept.json) == (200, {"kept": True})
    assert scores(desk, number) == [2, 4, 5]
    assert customer.client.post(path, data={"csat": "9"}).status_code == 422
    agent = desk.browser("agent")
    assert "Troppo lento" in words(agent.get("/follow-ups"))
    assert "5 of 5" in words(agent.get(f"/tickets/{number}"))
    assert "Troppo lento" in words(agent.get(f"/tickets/{number}/figures"))
    with desk.store.reading() as work:
        id = work.query(Survey).filter_by(ticket_id=number).one().id
    assert agent.post(f"/follow-ups/{id}").status_code == 303
    assert "Troppo lento" not in words(agent.get("/follow-ups"))
    assert agent.post(f"/follow-ups/{id}").status_code == 409


def test_a_link_that_is_over_or_unknown_says_so(desk: TestDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    number, path = sent(desk, monkeypatch, "over")
    customer = Browser(desk.app)
    assert customer.get(path[:-1] + ("a" if path[-1] != "a" else "b")).status_code == 404
    with desk.store.transaction() as work:
        survey = work.query(Survey).filter_by(ticket_id=number).one()
        survey.expires_at = clock.now() - dt.timedelta(seconds=2)
        path = doors.address(work, survey).removeprefix("https://desk.example")
    gone = customer.get(path)
    assert gone.status_code == 410
    assert "This survey is over" in gone.text
    assert customer.client.post(path, data={"csat": "5"}).status_code == 303
    assert scores(desk, number) == []


def test_a_page_speaks_the_customers_language(desk: TestDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    number, path = sent(desk, monkeypatch, "lingua")
    with desk.store.transaction() as work:
        work.query(Survey).filter_by(ticket_id=number).one().language = "it"
    page = Browser(desk.app, language="en").get(path).text
    assert '<html lang="it"' in page
    assert "Moltissimo" in page


def test_no_agent_finds_the_link_in_the_desk(desk: TestDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    number, path = sent(desk, monkeypatch, "nolink")
    with desk.store.reading() as work:
        message = work.query(Message).filter_by(ticket_id=number, auto="reply").one()
    for page in (f"/tickets/{number}", f"/messages/{message.id}/view"):
        assert path not in desk.browser("admin").get(page).text


def test_what_is_wrong_with_a_survey_is_said_where_it_was_typed(desk: TestDesk) -> None:
    admin = desk.browser("admin")
    wrong = admin.post("/settings/surveys/new", name="Mia", delay_h="soon")
    assert wrong.status_code == 422
    assert len(said(wrong)) == 2
    assert 'value="Mia"' in wrong.text
    assert admin.post("/settings/surveys-rules", quiet_d="400", keep_m="24").status_code == 422
    assert admin.post("/settings/surveys-rules", quiet_d="20", keep_m="24").status_code == 303
    assert desk.browser("supervisor").get("/settings/surveys").status_code == 403


def test_own_words_are_typed_for_each_language_and_stand_there_again(desk: TestDesk) -> None:
    admin = desk.browser("admin")
    own = {"text-csat-it": "Come siamo andati?", "text-csat-en": "", "text-nps-en": "Would you send friends to us?"}
    saved = admin.post("/settings/surveys/new", name="Parole", asks=["csat", "nps"], delay_h="1", **own)
    assert saved.status_code == 303
    with desk.store.reading() as work:
        [kept] = [one for one in forms.all_of(work).values() if one["name"] == "Parole"]
    assert kept["texts"] == {"csat": {"it": "Come siamo andati?"}, "nps": {"en": "Would you send friends to us?"}}
    page = admin.get("/settings/surveys").text
    for name, text in own.items():
        assert f'name="{name}" maxlength="200" autocomplete="off" value="{text}"' in page
    assert 'placeholder="How satisfied are you with our help?"' in page
    wrong = admin.post("/settings/surveys/new", name="", delay_h="1", **own)
    assert 'value="Come siamo andati?"' in wrong.text
