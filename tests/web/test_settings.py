"""The desk's own settings, its people, teams, words and costs: each form, what it refuses, what it leaves behind."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from inbox.actions import costs as cost_actions
from inbox.actions import desk as settings
from inbox.actions.threading import CASE_GAP
from inbox.actions.variables import VARIABLES
from inbox.actions.who import SYSTEM
from inbox.metrics import Config
from inbox.reading import ledger, reports
from inbox.store import Agent, Audit, Canned, Event, Reason, Setting, SignIn, Team
from tests.web.conftest import PASSWORD, Browser, TestDesk, said, told, words

GENERAL = {
    "name": "Bottega Ventura",
    "language": "en",
    "timezone": "Europe/Rome",
    "close_after_d": "7",
    "undo_s": "",
    "fcr_target": "",
    "correct_d": "7",
    "unhappy_run": "3",
}
PERSON = {"role": "agent", "capacity": "8", "password": PASSWORD}


def audited(desk: TestDesk, what: str) -> dict[str, object]:
    """The newest audit line of a kind."""
    with desk.store.reading() as work:
        row = work.scalars(select(Audit).where(Audit.what == what).order_by(Audit.id.desc())).first()
    assert row is not None, what
    return dict(row.detail)


# --- the desk ---------------------------------------------------------------------------------------------------


def test_the_desk_is_changed_and_the_change_is_kept(desk: TestDesk, admin: Browser) -> None:
    answer = admin.follow(
        admin.post("/settings/general", **{**GENERAL, "close_after_d": "14", "undo_s": "12", "correct_d": "3"})
    )
    assert told(answer) == "Saved."
    assert 'value="14"' in answer.text
    assert 'value="12"' in answer.text
    with desk.store.reading() as work:
        assert settings.get(work, "desk.close_after_d") == 14
        assert settings.get(work, "reply.undo_s") == 12
        assert settings.get(work, "handling.correct_d") == 3
    assert audited(desk, "setting.changed") == {"setting": "handling.correct_d", "was": 7, "now": 3}
    admin.post("/settings/general", **GENERAL)


def test_a_target_stands_in_the_reports_and_nothing_but_a_share_is_one(desk: TestDesk, admin: Browser) -> None:
    assert told(admin.follow(admin.post("/settings/general", **{**GENERAL, "fcr_target": "75"}))) == "Saved."
    with desk.store.reading() as work:
        assert reports.page(work, SYSTEM, {}).fcr_target == 0.75
    for wrong in ("0", "101", "much"):
        assert admin.post("/settings/general", **{**GENERAL, "fcr_target": wrong}).status_code == 422
    admin.post("/settings/general", **GENERAL)
    with desk.store.reading() as work:
        assert reports.page(work, SYSTEM, {}).fcr_target is None


def test_what_did_not_change_leaves_no_line(desk: TestDesk, admin: Browser) -> None:
    admin.post("/settings/general", **GENERAL)
    with desk.store.reading() as work:
        before = len(work.scalars(select(Audit.id)).all())
    assert admin.post("/settings/general", **GENERAL).status_code == 303
    with desk.store.reading() as work:
        assert len(work.scalars(select(Audit.id)).all()) == before


def test_every_wrong_field_of_the_desk_is_named_and_nothing_is_saved(desk: TestDesk, admin: Browser) -> None:
    answer = admin.post(
        "/settings/general",
        name=" ",
        language="fr",
        timezone="Mars/Base",
        close_after_d="0",
        undo_s="61",
        correct_d="91",
        unhappy_run="often",
    )
    assert answer.status_code == 422
    assert said(answer) == [
        "Give the business a name of up to 80 letters.",
        "Choose one of the values offered.",
        "'Mars/Base' is no time zone: write it like Europe/Rome.",
        "Write 1 to 365 days.",
        "Write 0 to 60 seconds, or nothing.",
        "Write a whole number from 0 to 90",
        "Write a whole number from 0 to 20",
    ]
    assert 'value="0"' in answer.text
    with desk.store.reading() as work:
        assert work.get(Setting, "desk.close_after_d") is None or settings.get(work, "desk.close_after_d") == 7


# --- people -----------------------------------------------------------------------------------------------------


def test_a_new_person_can_sign_in_at_once(desk: TestDesk, admin: Browser) -> None:
    with desk.store.reading() as work:
        team = work.scalars(select(Team.id)).first()
    answer = admin.post(
        "/settings/people/create", **PERSON, name="Dino Sala", email="Dino@Bottega.Example", teams=[team]
    )
    assert told(admin.follow(answer)) == "Dino Sala can sign in now."
    assert Browser(desk.app, "dino@bottega.example").get("/tickets").status_code == 200
    with desk.store.reading() as work:
        dino = work.scalars(select(Agent).where(Agent.email == "dino@bottega.example")).one()
        assert (dino.capacity, [one.id for one in dino.teams]) == (8, [team])


@pytest.mark.parametrize(
    ("wrong", "words_of_it"),
    [
        ({"email": "dino@bottega"}, "Write a whole mail address, like anna@shop.example."),
        ({"email": "admin@bottega.example"}, "Somebody has this address already."),
        ({"name": "  "}, "Give the person's name."),
        ({"password": "short"}, "A password has at least 10 characters."),
        ({"password": ""}, "Give a first password."),
        ({"role": "king"}, "Choose one of the values offered."),
        ({"capacity": "0"}, "Write a number from 1 to 200."),
        ({"capacity": "many"}, "Write a number from 1 to 200."),
        ({"teams": ["nobodys"]}, ""),
    ],
)
def test_a_wrong_person_is_shown_what_to_put_right(
    desk: TestDesk, admin: Browser, wrong: dict[str, Any], words_of_it: str
) -> None:
    form = {**PERSON, "name": "Elio Basso", "email": "elio@bottega.example", **wrong}
    answer = admin.post("/settings/people/create", **form)
    assert answer.status_code in {409, 422}
    assert words_of_it in "".join(said(answer))
    assert PASSWORD not in answer.text
    with desk.store.reading() as work:
        assert work.scalar(select(Agent.id).where(Agent.email == "elio@bottega.example")) is None


def test_who_is_switched_off_is_signed_out_everywhere(desk: TestDesk, admin: Browser) -> None:
    admin.post("/settings/people/create", **PERSON, name="Fausto Lupi", email="fausto@bottega.example")
    fausto = Browser(desk.app, "fausto@bottega.example")
    with desk.store.reading() as work:
        number = work.scalars(select(Agent.id).where(Agent.email == "fausto@bottega.example")).one()
    form = {"name": "Fausto Lupi", "role": "supervisor", "capacity": "3", "password": ""}
    assert admin.post(f"/settings/people/{number}", **form).status_code == 303
    assert fausto.get("/tickets").headers["Location"].startswith("/login")
    assert audited(desk, "agent.changed")["changes"] == {
        "role": ["agent", "supervisor"],
        "active": [True, False],
        "capacity": [8, 3],
    }
    assert "Switched off" in words(admin.get("/settings/people"))


def test_nobody_switches_themselves_off_and_the_last_admin_stays_one(desk: TestDesk, admin: Browser) -> None:
    me = desk.who("admin").id
    form = {"name": "Anna Ventura", "role": "admin", "capacity": "8", "password": ""}
    off = admin.post(f"/settings/people/{me}", **form)
    assert (off.status_code, said(off)) == (409, ["Nobody switches themselves off: ask another admin."])
    less = admin.post(f"/settings/people/{me}", **{**form, "role": "agent"}, active="on")
    assert (less.status_code, said(less)) == (409, ["This is the last admin: make somebody else admin first."])


def test_a_new_password_of_ones_own_ends_the_other_sign_ins_and_not_this_one(desk: TestDesk) -> None:
    desk.browser("admin").post(
        "/settings/people/create", **{**PERSON, "role": "admin"}, name="Gaia Monti", email="gaia@bottega.example"
    )
    here, there = Browser(desk.app, "gaia@bottega.example"), Browser(desk.app, "gaia@bottega.example")
    with desk.store.reading() as work:
        number = work.scalars(select(Agent.id).where(Agent.email == "gaia@bottega.example")).one()
    form = {"name": "Gaia Monti", "role": "agent", "capacity": "8", "password": "another long one", "active": "on"}
    assert here.post(f"/settings/people/{number}", **form).status_code == 303
    assert here.get("/tickets").status_code == 200
    assert there.get("/tickets").status_code == 302
    with desk.store.reading() as work:
        assert len(work.scalars(select(SignIn).where(SignIn.agent_id == number)).all()) == 1


def test_a_person_who_is_not_there_is_not_found(admin: Browser) -> None:
    form = {"name": "X", "role": "agent", "capacity": "8", "password": "", "active": "on"}
    assert admin.post("/settings/people/nobody", **form).status_code == 404


# --- teams ------------------------------------------------------------------------------------------------------


def test_a_team_is_made_of_its_people_and_changes_with_them(desk: TestDesk, admin: Browser) -> None:
    agent, supervisor = desk.who("agent").id, desk.who("supervisor").id
    made = admin.post("/settings/teams/create", name="  Resi   e cambi ", private="on", members=[agent, supervisor])
    assert told(admin.follow(made)) == "The team Resi e cambi is there now."
    with desk.store.reading() as work:
        team = work.scalars(select(Team).where(Team.name == "Resi e cambi")).one()
        assert team.private
        assert {one.email for one in work.scalars(select(Agent)) if team in one.teams} == {
            "agent@bottega.example",
            "supervisor@bottega.example",
        }
    assert admin.post(f"/settings/teams/{team.id}", name="Resi", members=[supervisor]).status_code == 303
    with desk.store.reading() as work:
        changed = work.get_one(Team, team.id)
        assert (changed.name, changed.private) == ("Resi", False)
        assert [one.email for one in work.scalars(select(Agent)) if changed in one.teams] == [
            "supervisor@bottega.example"
        ]
    assert audited(desk, "team.changed")["changes"] == {
        "name": ["Resi e cambi", "Resi"],
        "private": [True, False],
        "members": [["Bruno Riva", "Carla Neri"], ["Bruno Riva"]],
    }


def test_a_wrong_team_is_shown_what_to_put_right(desk: TestDesk, admin: Browser) -> None:
    admin.post("/settings/teams/create", name="Vendite")
    twice = admin.post("/settings/teams/create", name="vendite")
    assert (twice.status_code, said(twice)) == (409, ["There is a team vendite already."])
    assert said(admin.post("/settings/teams/create", name=" ")) == ["Give the team a name."]
    with desk.store.reading() as work:
        vendite = work.scalars(select(Team.id).where(Team.name == "Vendite")).one()
    assert said(admin.post(f"/settings/teams/{vendite}", name="")) == ["Give the team a name."]
    assert admin.post(f"/settings/teams/{vendite}", name="Vendite").status_code == 303
    assert admin.post("/settings/teams/nobodys", name="X").status_code == 404
    assert admin.post("/settings/teams/create", name="Altri", members=["nobody"]).status_code == 422


# --- canned replies and reasons ---------------------------------------------------------------------------------


def test_a_canned_reply_is_added_changed_and_removed(desk: TestDesk) -> None:
    supervisor = desk.browser("supervisor")
    added = supervisor.post("/settings/canned/create", name="/Saluti", text="Ciao {customer.first_name},\r\ngrazie.")
    assert told(supervisor.follow(added)) == "/saluti is there now."
    with desk.store.reading() as work:
        row = work.scalars(select(Canned).where(Canned.name == "saluti")).one()
    assert row.text == "Ciao {customer.first_name},\ngrazie."
    assert supervisor.post(f"/settings/canned/{row.id}", name="saluti", text="Ciao!").status_code == 303
    assert audited(desk, "canned.changed")["changes"] == {"text": ["Ciao {customer.first_name},\ngrazie.", "Ciao!"]}
    assert supervisor.post(f"/settings/canned/{row.id}/remove").status_code == 303
    assert supervisor.post(f"/settings/canned/{row.id}/remove").status_code == 404
    with desk.store.reading() as work:
        assert work.get(Canned, row.id) is None


def test_a_wrong_canned_reply_is_shown_what_to_put_right(desk: TestDesk, admin: Browser) -> None:
    admin.post("/settings/canned/create", name="orari", text="Aperti dalle 9 alle 18.")
    assert said(admin.post("/settings/canned/create", name="due parole", text="x")) == [
        "One word of up to 40 letters, please."
    ]
    assert said(admin.post("/settings/canned/create", name="Orari", text="x")) == [
        "There is a canned reply of this name already."
    ]
    assert said(admin.post("/settings/canned/create", name="vuoto", text="  ")) == [
        "Write the text of the answer, up to 10,000 letters."
    ]
    with desk.store.reading() as work:
        orari = work.scalars(select(Canned.id).where(Canned.name == "orari")).one()
    empty = admin.post(f"/settings/canned/{orari}", name="orari", text="")
    assert empty.status_code == 422
    assert f'id="canned-{orari}" open' in empty.text


def test_the_variables_named_on_the_page_are_those_the_composer_fills(admin: Browser, desk: TestDesk) -> None:
    page = words(admin.get("/settings/canned"))
    assert all(f"{{{name}}}" in page for name in VARIABLES)
    text = " ".join(f"{{{name}}}" for name in VARIABLES)
    admin.post("/settings/canned/create", name="tutte", text=text)
    mailbox = desk.add_channel("email", "variables", address="variables@bottega.example")
    number = desk.mail_in(mailbox, "Chiara Lombardi <chiara@studio.example>", "Una domanda")
    drawn = words(admin.get(f"/tickets/{number}"))
    assert f"Chiara Chiara Lombardi Anna Anna Ventura {number} Una domanda Bottega Ventura" in drawn + admin.get(
        f"/tickets/{number}"
    ).text.replace("&#34;", '"')


def test_a_reason_is_added_removed_and_brought_back(desk: TestDesk, admin: Browser) -> None:
    assert (
        told(admin.follow(admin.post("/settings/reasons/create", name="Spedizione"))) == "Spedizione can be chosen now."
    )
    twice = admin.post("/settings/reasons/create", name="spedizione")
    assert (twice.status_code, said(twice)) == (409, ["This reason is there already."])
    assert said(admin.post("/settings/reasons/create", name="")) == ["A reason has 1 to 120 letters."]
    with desk.store.reading() as work:
        row = work.scalars(select(Reason).where(Reason.name == "Spedizione")).one()
    assert told(admin.follow(admin.post(f"/settings/reasons/{row.id}/remove"))) == "Archived. Old tickets keep it."
    assert "1 archived reason Spedizione" in words(admin.get("/settings/reasons"))
    assert admin.post(f"/settings/reasons/{row.id}/remove").status_code == 404
    admin.post("/settings/reasons/create", name="Spedizione")
    with desk.store.reading() as work:
        assert work.get_one(Reason, row.id).active


# --- costs ------------------------------------------------------------------------------------------------------


def test_an_hourly_rate_counts_from_its_day(desk: TestDesk, admin: Browser) -> None:
    agent = desk.who("agent").id
    assert (
        told(admin.follow(admin.post("/settings/costs/rate", per_hour="24,50", since="2026-01-01")))
        == "The hourly rate is set."
    )
    admin.post("/settings/costs/rate", per_hour="31", since="2026-02-01", agent=agent)
    page = words(admin.get("/settings/costs"))
    assert "Everybody €24.50 1 Jan 2026 now" in page
    assert "Carla Neri €31.00 1 Feb 2026 now" in page
    with desk.store.reading() as work:
        line = work.scalars(select(Event).where(Event.kind == "cost.rate").order_by(Event.seq)).first()
    assert line is not None
    assert (line.data["per_hour"], line.data["from"], line.data["agent"]) == ("24.50", "2026-01-01", None)


def test_a_monthly_fee_is_written_down_for_every_month_and_corrected_in_place(desk: TestDesk, admin: Browser) -> None:
    with desk.store.reading() as work:
        today = ledger.today(work)
    start = (today.replace(day=1) - dt.timedelta(days=32)).replace(day=1)
    months = {cost_actions.month_of(day) for day in (start, start + dt.timedelta(days=32), today)}
    assert len(months) == 3
    for amount in ("9.90", "11"):
        answer = admin.post("/settings/costs/fee", channel="sms", amount=amount, since=cost_actions.month_of(start))
        assert told(admin.follow(answer)) == "The monthly fee is set."
    with desk.store.reading() as work:
        held = {
            month: event.data["amount"] for (kind, month), event in cost_actions.fees(work).items() if kind == "sms"
        }
        voided = {event.data["target"] for event in work.scalars(select(Event).where(Event.kind == "void"))}
        first = {
            event.id
            for event in work.scalars(select(Event).where(Event.kind == "cost.fixed"))
            if event.data["amount"] == "9.90"
        }
    assert held == dict.fromkeys(months, "11")
    assert voided >= first
    page = words(admin.get("/settings/costs"))
    assert page.count("SMS €11.00") == 1
    assert "€9.90" not in page


def test_a_standing_fee_is_carried_into_a_month_that_has_begun_once(desk: TestDesk, admin: Browser) -> None:
    with desk.store.transaction() as work:
        this = cost_actions.month_of(ledger.today(work))
        before = cost_actions.month_of(ledger.today(work).replace(day=1) - dt.timedelta(days=1))
        money: dict[str, Any] = {"amount": "5", "currency": "EUR"}
        work.append("cost.fixed", month=before, channel="telegram", repeats=True, **money)
        work.append("cost.fixed", month=before, channel="messenger", **money)  # said of that month only
    with desk.store.transaction() as work:
        assert cost_actions.carry_fees(work) == 1
    with desk.store.transaction() as work:
        assert cost_actions.carry_fees(work) == 0
        known = cost_actions.fees(work)
    assert known["telegram", this].data["amount"] == "5"
    assert ("messenger", this) not in known


def test_an_exchange_rate_is_asked_for_where_prices_lack_one(desk: TestDesk, admin: Browser) -> None:
    with desk.store.transaction() as work:
        work.append("cost.provider", cost="p1", channel="sms", amount="0.0075", currency="USD", type="actual")
    page = words(admin.get("/settings/costs"))
    assert "Prices in USD have come in without a rate: they are missing from the costs." in page
    with desk.store.reading() as work:
        today = ledger.today(work)
    answer = admin.post("/settings/costs/exchange", currency="USD", rate="0.92", day=today.isoformat())
    page = words(admin.follow(answer))
    assert "The exchange rate is set." in page
    assert "have come in without a rate" not in page
    assert "USD 0.92" in page
    old = admin.post("/settings/costs/exchange", currency="GBP", rate="1.15", day="2025-01-01")
    assert "GBP 1.15 1 Jan 2025 too old" in words(admin.follow(old))


def test_fees_and_revenue_without_an_exchange_rate_are_named_too(desk: TestDesk, admin: Browser) -> None:
    with desk.store.transaction() as work:
        today = ledger.today(work)
        month, next_month = today.replace(day=1), (today.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        for day, money in ((month, "CHF"), (next_month, "SEK")):
            cost_actions.fee(
                work, desk.who(), month=cost_actions.month_of(day), amount="9", kind="email", currency=money
            )
        work.append("revenue", customer="c", amount="10", margin="5", currency="NOK")
    fees = "Fees in CHF have no rate for the first day of their month: they are missing from the costs."
    revenue = "Revenue in NOK has come in without a rate: it is missing from what customers are worth."
    page = words(admin.get("/settings/costs"))
    assert fees in page
    assert revenue in page
    assert "Prices in" not in page
    admin.post("/settings/costs/exchange", currency="CHF", rate="1.05", day=month.isoformat())
    page = words(
        admin.follow(admin.post("/settings/costs/exchange", currency="NOK", rate="0.09", day=today.isoformat()))
    )
    assert "no rate for" not in page
    assert "without a rate" not in page


def test_the_currency_of_the_reports_is_set(desk: TestDesk, admin: Browser) -> None:
    with desk.store.transaction() as work:
        cost_actions.rate(work, desk.who(), per_hour="24", start=dt.date(2026, 1, 1))
    refused = admin.post("/settings/costs/currency", currency="chf")
    assert said(refused)[-1].startswith(
        "Hourly rates, exchange rates and values of bands were said in EUR and would be"
    )
    assert "The amounts that are here were meant in this currency" in words(refused)
    assert admin.post("/settings/costs/currency", currency="chf", meant="on").status_code == 303
    with desk.store.reading() as work:
        assert settings.get(work, "desk.currency") == "CHF"
    assert (
        said(admin.post("/settings/costs/currency", currency="euros"))[-1]
        == "'EUROS' is no currency in use; write its three capital letters, like EUR"
    )
    admin.post("/settings/costs/currency", currency="EUR", meant="on")


@pytest.mark.parametrize(
    ("path", "form", "sentence"),
    [
        ("rate", {"per_hour": "much", "since": "2026-01-01"}, "'much' is no amount: write it like 24.50."),
        (
            "rate",
            {"per_hour": "-1", "since": "2026-01-01"},
            "Write an amount from 0 to 1,000,000, with six decimals at most.",
        ),
        ("rate", {"per_hour": "1", "since": "soon"}, "Choose a day."),
        ("rate", {"per_hour": "1", "since": "2026-01-01", "agent": "nobody"}, "This person is not there any more."),
        ("fee", {"amount": "9", "since": "March"}, "'March' is no month: write it like 2026-03."),
        ("fee", {"amount": "9", "since": "1999-01"}, "A fee goes back 120 months at most."),
        (
            "fee",
            {"amount": "NaN", "since": "2026-01"},
            "Write an amount from 0 to 1,000,000, with six decimals at most.",
        ),
        ("fee", {"amount": "9", "since": "2026-01", "channel": "fax"}, "There is no such kind of channel."),
        (
            "exchange",
            {"currency": "EUR", "rate": "1", "day": "2026-01-01"},
            "An exchange rate is that of another currency than the desk's own EUR",
        ),
        (
            "exchange",
            {"currency": "XXX", "rate": "1", "day": "2026-01-01"},
            "'XXX' is no currency in use; write its three capital letters, like EUR",
        ),
        ("exchange", {"currency": "USD", "rate": "0", "day": "2026-01-01"}, "An exchange rate is more than 0."),
        ("exchange", {"currency": "USD", "rate": "1", "day": ""}, "Choose a day."),
    ],
)
def test_a_wrong_cost_is_shown_what_to_put_right(
    admin: Browser, path: str, form: dict[str, str], sentence: str
) -> None:
    answer = admin.post(f"/settings/costs/{path}", **form)
    assert answer.status_code == 422
    assert sentence in said(answer)


# --- records ----------------------------------------------------------------------------------------------------


def test_the_audit_says_who_changed_what(desk: TestDesk, admin: Browser) -> None:
    admin.post("/settings/general", **{**GENERAL, "undo_s": "30"})
    admin.post("/settings/general", **GENERAL)
    page = words(admin.get("/settings/audit"))
    assert "Anna Ventura Changed a setting" in page
    assert "Time to take an answer back (seconds): 30 → –" in page


def test_the_audit_is_read_in_pages(desk: TestDesk, admin: Browser) -> None:
    with desk.store.transaction() as work:
        for number in range(60):
            settings.audit(work, desk.who(), "setting.changed", setting=f"test.{number}", was=None, now=number)
    first = admin.get("/settings/audit")
    assert "test.59" in first.text
    assert "test.9:" not in words(first)
    older = admin.get(
        next(part for part in first.text.split('"') if part.startswith("/settings/audit?after=")).replace("&amp;", "&")
    )
    assert "test.9:" in words(older)


def test_the_days_after_which_tickets_close_are_not_said_to_be_those_of_the_figures(desk: TestDesk) -> None:
    page = words(desk.browser("admin").get("/settings/general"))
    assert Config.of().case_gap == CASE_GAP / dt.timedelta(milliseconds=1)
    assert f"more than {CASE_GAP.days} days after it was resolved" in page
    assert f"These {CASE_GAP.days} days, by which the figures tell cases apart, are fixed." in page
