"""The settings as YAML: written without secrets, compared, read back whole or not at all, the same on another desk."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from inbox import clock
from inbox.actions import (
    agreements,
    branding,
    costs,
    exporting,
    fields,
    importing,
    macros,
    outside,
    people,
    portable,
    promises,
    reasons,
    report_mails,
    routing,
    setup,
    words,
    worth,
)
from inbox.actions import (
    desk as settings,
)
from inbox.actions.rules import keeping
from inbox.actions.surveys import forms
from inbox.actions.who import SYSTEM
from inbox.errors import Invalid
from inbox.settings import Settings
from inbox.store import Agent, Store, Work
from tests.web.conftest import PASSWORD, TestDesk, told
from tests.web.conftest import words as said

SECRET = "the-mailbox-s-own-password"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(30)


def furnished(work: Work, desk: TestDesk) -> None:
    """A desk with one of everything."""
    team = people.add_team(work, SYSTEM, "Posta: clienti", private=True)
    people.change_agent(work, SYSTEM, desk.agent(work, "agent").id, teams=[team.id], capacity=7)
    answer = words.add_canned(work, SYSTEM, name="orari", text="Siamo aperti: 9-13.\nA presto", team=team.id)
    reasons.grow(work, SYSTEM, "Reso / Taglia")
    channel = desk.channel("posta")
    week = {day: "9-13, 15-19" if day != "sun" else "" for day in promises.DAYS}
    special = {"2026-12-24": {"name": "Vigilia", "hours": "9-12"}}
    calendar = {"name": "Posta", "week": week, "italy": True, "patron": "Bari", "special": special}
    promises.save_calendar(work, SYSTEM, "posta", {**calendar, "channels": [channel.id], "teams": [team.id]})
    promises.save_targets(work, SYSTEM, f"team:{team.id}", {"first": {"urgent": 1800}})
    routing.save_rule(work, SYSTEM, f"channel:{channel.id}", "round_robin", sticky=True)
    routing.save_bands(work, SYSTEM, ["oro", "argento"])
    worth.save_values(work, SYSTEM, {"oro": "1000", "argento": "100.50"})
    steps = [{"do": "transfer", "what": team.id}, {"do": "insert", "what": str(answer.id)}]
    macros.add(work, SYSTEM, name="Alla posta", what=steps, shared=True)
    furnished_with_the_rest(work, desk, team.id, channel.id, answer.id)


def furnished_with_the_rest(work: Work, desk: TestDesk, team: str, channel: str, answer: int) -> None:
    agent = desk.agent(work, "agent").id
    simple = {
        "push.names": True,
        "reply.undo_s": 8,
        "handling.correct_d": 14,
        "sentiment.run": 5,
        "report.fcr_target": 75,
    }
    settings.put_all(work, SYSTEM, simple | {"surveys.privacy_url": "https://bottega.example/privacy"})
    agreements.allow(work, SYSTEM, kind="unions", day="2026-03-02", reference="Accordo 3/2026")
    branding.change(work, SYSTEM, chosen="#7a1f5c", picture=PICTURE)
    reasons.ask(work, SYSTEM, "require")
    asked = {"name": "Com'è andata?", "asks": ["csat", "nps"], "channels": [channel], "delay_h": 2, "on": True}
    forms.save(work, SYSTEM, "andata", {**asked, "texts": {"csat": {"it": "Siamo stati utili?"}}})
    mail = {
        "name": "Posta del lunedì",
        "page": "channels",
        "period": "7d",
        "every": "week",
        "weekday": 0,
        "at": "08:00",
    }
    supervisor = desk.agent(work, "supervisor").id
    whom = {"people": [supervisor], "addresses": "socia@fuori.example", "team": team, "compare": "year"}
    report_mails.pause(work, SYSTEM, report_mails.save(work, SYSTEM, None, {**mail, **whom}).id, on=True)
    taglia = reasons.find(work, "Reso / Taglia")
    reasons.change(work, SYSTEM, taglia.id, label="Taglia sbagliata", exempt=True)
    piano = fields.add(work, SYSTEM, name="Piano", kind="list", choices="Oro\nArgento")
    fields.add(work, SYSTEM, name="Consegna", kind="date")
    people.set_abilities(work, SYSTEM, agent, skills=["resi"], speaks=["de", "fr"], capacities={"chat": 2})
    until = clock.now() + dt.timedelta(days=9)
    people.set_absence(work, SYSTEM, agent, until, desk.agent(work, "admin").id)
    outside.save(work, SYSTEM, url="https://shop.example/x", secret=SECRET, timeout_s="2", cache_min="10")
    costs.rate(work, SYSTEM, per_hour="24.50", start=dt.date(2026, 1, 1))
    costs.rate(work, SYSTEM, per_hour="31", start=dt.date(2026, 3, 1), agent=agent)
    costs.team_rate(work, SYSTEM, per_hour="28", start=dt.date(2026, 2, 1), team=team)
    costs.standing_fee(work, SYSTEM, month="2026-05", amount="12", kind="sms")
    costs.standing_fee(work, SYSTEM, month="2026-07", amount="15", kind="sms")
    costs.fee(work, SYSTEM, month="2026-06", amount="300")
    costs.exchange(work, SYSTEM, currency="usd", rate="0.92", day=dt.date(2026, 6, 30))
    conditions: list[dict[str, Any]] = [
        {"field": "channel", "words": [channel]},
        {"field": "field", "words": [f"{piano.id}:Oro"], "not": True},
        {"field": "reason", "words": [taglia.name, "none"]},
        {"field": "text", "words": ["team:fantasma", "@team/nessuno"]},
    ]
    steps = [
        {"do": "transfer", "what": team},
        {"do": "notify", "what": desk.agent(work, "admin").id},
        {"do": "send", "what": str(answer)},
        {"do": "reason", "what": taglia.name},
        {"do": "band", "what": "oro"},
        {"do": "note", "what": "@team/nessuno: team:fantasma"},
    ]
    first = {"name": "Zeta", "event": "unanswered", "wait": 4, "conditions": conditions, "steps": steps, "most": 50}
    keeping.switch(work, SYSTEM, keeping.add(work, SYSTEM, first).id, on=True)
    tags = [{"do": "tag", "what": "notte"}]
    keeping.add(work, SYSTEM, {"name": "Alfa", "event": "message", "conditions": [], "steps": tags})


@pytest.fixture(scope="module")
def filled(desk: TestDesk) -> TestDesk:
    desk.add_channel("email", "posta", address="posta@bottega.example", imap_password=SECRET)
    with desk.store.transaction() as work:
        furnished(work, desk)
    return desk


def text(store: Store) -> str:
    with store.reading() as work:
        return portable.written(work, SYSTEM)


def read(store: Store, values: str, *, dry: bool = False) -> portable.Outcome:
    return portable.run(store, SYSTEM, values, importing.apply, dry=dry)


@pytest.fixture
def other(filled: TestDesk, sqlite_url: str, data_dir: Path) -> Iterator[Store]:
    """Another desk, just set up."""
    from inbox.app import create_app

    settings = Settings(database_url=sqlite_url, data_dir=data_dir)
    settings.prepare()
    app, _socketio = create_app(settings)
    store: Store = app.extensions["sportello"]
    with store.transaction() as work:
        first = setup.FirstDesk("Altra", "it", "Europe/Rome", "Anna", "admin@bottega.example", PASSWORD)
        setup.create(work, first)
    yield store
    store.close()


def test_no_secret_is_written_and_each_is_named(filled: TestDesk) -> None:
    written = text(filled.store)
    assert SECRET not in written
    assert PASSWORD not in written
    assert yaml.safe_load(written)["channels"]["posta"]["left_out"] == ["imap_password"]


def test_reading_what_was_written_changes_nothing(filled: TestDesk) -> None:
    outcome = read(filled.store, text(filled.store))
    assert (outcome.faults, outcome.changes, outcome.done) == ((), (), True)


def test_every_part_and_every_setting_of_the_desk_is_written(filled: TestDesk) -> None:
    """What is new among the settings has to travel, or be named here with the reason."""
    written = yaml.safe_load(text(filled.store))
    assert [part for part, value in written.items() if not value] == []
    elsewhere = {"sla.calendars", "sla.targets", "routing.rules", "routing.bands", "reasons.exempt", "outside.lookup"}
    elsewhere |= {"surveys.forms", "routing.values"}
    follows = {"desk.logo_mark", "desk.sample", "rules.secret"}  # of the logo, of what lies in the desk; no secret
    follows |= {
        "surveys.seq",
        "routing.values_seq",
        "routing.values_day",
        "figures.proved",
    }  # of how far somebody looked
    assert {*exporting.DESK.values(), *elsewhere, *follows} == {*settings.DEFAULTS}
    assert [key for key, value in written["desk"].items() if value in (None, "", False)] == []
    assert list(written["rules"]) == ["Zeta", "Alfa"]


def test_another_desk_ends_with_the_same_settings(filled: TestDesk, other: Store) -> None:
    without = text(filled.store)
    refused = read(other, without)
    assert [(one.where, "write secret into it" in one.why) for one in refused.faults] == [("outside", True)]
    with_secret = broken(without, ("  left_out:\n  - secret\n", f"  left_out:\n  - secret\n  secret: {SECRET}\n"))
    outcome = read(other, with_secret)
    assert outcome.faults == ()
    here, there = yaml.safe_load(text(filled.store)), yaml.safe_load(text(other))
    here["channels"]["posta"]["left_out"] = []
    for part in ("teams", "reasons"):  # nothing is ever taken away
        for name in set(there[part]) - set(here[part]):
            del there[part][name]
    assert there == here
    assert list(there["rules"]) == ["Zeta", "Alfa"]
    assert read(other, without).changes == (), "it takes the same file again and has nothing to do"
    with other.reading() as work:
        assert people.by_email(work, "agent@bottega.example").password == "", "nobody knows a password of theirs yet"
        assert outside.trial(work).secret == SECRET  # type: ignore[union-attr]


def broken(written: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert old in written, old
        written = written.replace(old, new, 1)
    return written


def test_every_wrong_value_is_told_by_line_and_nothing_changes(filled: TestDesk) -> None:
    before = text(filled.store)
    wrong = broken(
        before,
        ("timezone: Europe/Rome", "timezone: Mars/Base"),
        ("  name: Bottega Ventura", "  name: Bottega Nuova\n  taste: sweet"),
        ("role: agent", "role: king"),
        ("way: round_robin", "way: dice"),
        ("address: posta@bottega.example", "address: posta"),
        ("team:Posta: clienti", "team:Nessuno"),
    )
    outcome = read(filled.store, wrong)
    lines = wrong.splitlines()
    assert not outcome.done
    assert {(one.where, lines[one.line - 1].strip().split(":")[0]) for one in outcome.faults} == {
        ("desk.timezone", "timezone"),
        ("desk.taste", "taste"),
        ("people.agent@bottega.example.role", "role"),
        ("routing.channel:posta.way", "way"),
        ("channels.posta.settings.address", "address"),
        ("targets.team:Nessuno", "'team"),
    }
    assert text(filled.store) == before


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ("", 1),
        ("a: [", 1),
        ("sportello: 2\n", 1),
        ("sportello: 1\ndesk: &a {x: *a}\n", 0),
        ("sportello: 1\n\tdesk: x", 2),
        ("!!python/object/apply:os.system ['true']", 1),
    ],
)
def test_what_is_no_file_of_settings_is_refused(filled: TestDesk, values: str, line: int) -> None:
    with pytest.raises(Invalid, match=f"line {line}" if line else "refers to itself"):
        read(filled.store, values)


@pytest.mark.parametrize(
    "part", ["desk", "teams", "people", "channels", "calendars", "macros", "reasons", "fields", "costs", "rules"]
)
def test_a_part_of_another_form_is_a_fault_and_no_crash(filled: TestDesk, part: str) -> None:
    for value in ("7", "[1, {}]", "{x: 3}", "{x: {}}", "text"):
        outcome = read(filled.store, f"sportello: 1\n{part}: {value}\n", dry=True)
        assert outcome.faults or part == "reasons", (part, value)


def test_what_things_cost_is_compared_and_told(filled: TestDesk) -> None:
    """Rates are lines of the log, which are written when all the rest is."""
    values = """sportello: 1
costs:
  rates: {everybody: {2026-01-01: 24.5, 2026-09-01: 26}, agent@bottega.example: {2026-03-01: 33}}
  fees: {sms: {2026-05: {amount: 13, currency: EUR}, 2026-07: {amount: "15", currency: EUR, each: month}}}
  exchange: {USD: {2026-06-30: 0.920, 2026-07-01: 0.95}}
"""
    for dry in (True, False):
        outcome = read(filled.store, values, dry=dry)
        assert outcome.faults == ()
        assert {(one.where, str(one.now)) for one in outcome.changes} == {
            ("costs.rates.everybody.2026-09-01", "26"),
            ("costs.rates.agent@bottega.example.2026-03-01", "33"),
            ("costs.fees.sms.2026-05.amount", "13"),
            ("costs.exchange.USD.2026-07-01", "0.95"),
        }, "what stands later stays as the file has it, and 24.5 is 24.50"
    told = yaml.safe_load(text(filled.store))["costs"]
    assert told["fees"]["sms"]["2026-07"]["amount"] == "15"
    assert read(filled.store, values).changes == ()


def test_numbers_of_a_file_have_a_point_for_decimals_and_nothing_else(filled: TestDesk) -> None:
    """Typed into a form 24.125 could be a thousand times as much."""
    values = """sportello: 1
costs: {rates: {everybody: {2026-09-01: 24.125}}}
bands: [oro, argento]
band_values: {oro: "2.000", argento: 1.125}
"""
    assert read(filled.store, values).faults == ()
    told = yaml.safe_load(text(filled.store))
    assert float(told["costs"]["rates"]["everybody"]["2026-09-01"]) == 24.125
    assert {band: float(value) for band, value in told["band_values"].items()} == {"oro": 2, "argento": 1.125}
    assert read(filled.store, text(filled.store)).changes == ()


def test_bands_that_change_places_alone_need_other_values(filled: TestDesk) -> None:
    before = text(filled.store)
    outcome = read(filled.store, broken(before, ("- oro\n- argento", "- argento\n- oro")))
    assert [one.where for one in outcome.faults] == ["band_values"]
    assert text(filled.store) == before


def test_a_part_of_the_costs_that_there_is_not_is_named(filled: TestDesk) -> None:
    outcome = read(filled.store, "sportello: 1\ncosts:\n  rate: {everybody: {2026-01-01: 99}}\n", dry=True)
    assert [(one.line, one.where) for one in outcome.faults] == [(3, "costs.rate")]
    outcome = read(filled.store, "sportello: 1\ncosts:\n  rates:\n    everybody:\n      2026-01-01: x\n", dry=True)
    assert [(one.line, one.where) for one in outcome.faults] == [(5, "costs.rates.everybody.2026-01-01")]


def test_the_page_compares_first_and_takes_over_when_asked(filled: TestDesk) -> None:
    admin = filled.browser("admin")
    admin.get("/settings/general")
    written = admin.get("/settings/export")
    assert "attachment" in written.headers["Content-Disposition"]
    changed = broken(written.text, ("close_after_d: 7", "close_after_d: 9")).encode()
    page = admin.post("/settings/import", file=(io.BytesIO(changed), "desk.yaml"))
    assert "desk.close_after_d 7 9" in said(page)
    assert "Take over 1 change" in said(page)
    assert _closes(filled) == 7
    done = admin.post("/settings/import", text=changed.decode().replace("\n", "\r\n"), apply="1")
    assert told(admin.follow(done)) == "The settings are taken over."
    assert _closes(filled) == 9
    wrong = admin.post("/settings/import", file=(io.BytesIO(b"sportello: 1\ndesk: {name: ''}"), "x.yaml"))
    assert (wrong.status_code, "2 desk.name Give the business a name" in said(wrong)) == (422, True)


def _closes(desk: TestDesk) -> Any:
    return yaml.safe_load(text(desk.store))["desk"]["close_after_d"]


def test_only_an_admin_reads_or_writes_them(filled: TestDesk) -> None:
    assert filled.browser("supervisor").get("/settings/export").status_code == 403
    with filled.store.reading() as work:
        assert work.query(Agent).count() == 3
