"""What watching programs and admins see: alive, ready, figures, the banner, each channel's health."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import delete, text

from inbox import clock
from inbox.actions import alerts, channels, people, reply
from inbox.actions import desk as settings
from inbox.actions.who import SYSTEM
from inbox.store import Alert, Canary, Channel, Lease, schema
from inbox.worker.watcher import beat
from tests.web.conftest import TestDesk, words


@pytest.fixture(scope="module")
def mail(desk: TestDesk) -> Channel:
    """A mailbox that proves its intake; nothing here asks its servers."""
    servers = {"imap_host": "127.0.0.1", "imap_security": "plain", "smtp_host": "127.0.0.1", "smtp_security": "plain"}
    return desk.add_channel("email", "posta", address="help@bottega.example", canary_minutes=15, **servers)


def status(desk: TestDesk, path: str, **headers: str) -> tuple[int, str]:
    answer = desk.app.test_client().get(path, headers=headers)
    return answer.status_code, answer.text


def test_a_desk_is_alive_without_and_ready_with_a_worker(desk: TestDesk) -> None:
    assert status(desk, "/healthz") == (200, "ok\n")
    assert status(desk, "/readyz") == (503, "worker: none was ever heard\n")
    beat(desk.store, "here:1")
    assert status(desk, "/readyz") == (200, "ok\n")
    with desk.store.transaction() as work:
        work.get_one(Lease, "worker:here:1").until = clock.now() - dt.timedelta(minutes=2)
    code, said = status(desk, "/readyz")
    assert code == 503
    assert re.fullmatch(r"worker: none was heard for 12\d seconds\n", said)
    beat(desk.store, "here:1")


def test_a_desk_with_other_tables_is_not_ready(desk: TestDesk) -> None:
    beat(desk.store, "here:1")
    with desk.store.transaction() as work:
        work.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    code, said = status(desk, "/readyz")
    assert (code, status(desk, "/healthz")[0]) == (503, 200)
    assert said.startswith("migrations: the tables are at 9999")
    with desk.store.transaction() as work:
        work.execute(text("UPDATE alembic_version SET version_num = :own"), {"own": schema.newest()})


def test_figures_are_for_this_machine_or_a_token(desk: TestDesk) -> None:
    with desk.store.transaction() as work:
        tokens = {role: people.add_token(work, SYSTEM, desk.agent(work, role)) for role in ("agent", "supervisor")}
    proxied = {"X-Forwarded-For": "203.0.113.9"}
    assert status(desk, "/metrics")[0] == 200
    assert status(desk, "/metrics", **proxied)[0] == 401
    assert status(desk, "/metrics", **proxied, Authorization=f"Bearer {tokens['agent']}")[0] == 401
    assert status(desk, "/metrics", **proxied, Authorization=f"Bearer {tokens['supervisor']}")[0] == 200
    far = desk.app.test_client().get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert far.status_code == 401
    desk.settings.public_url = "https://desk.bottega.example"
    try:
        assert status(desk, "/metrics")[0] == 401
    finally:
        desk.settings.public_url = ""


def figures(desk: TestDesk) -> dict[tuple[str, ...], float]:
    """Each figure by its name and the values of its labels."""
    families = text_string_to_metric_families(status(desk, "/metrics")[1])
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_the_figures_are_those_of_the_desk(desk: TestDesk, mail: Channel) -> None:
    ticket = desk.mail_in(mail, "Chiara <chiara@studio.example>", "Cifre")
    with desk.store.transaction() as work:
        reply.reply(work, desk.who("agent"), ticket, text="Ecco", client_key="figures")
    beat(desk.store, "here:1")
    found = figures(desk)
    messages = found["sportello_ledger_items", "posta", "email", "message"]
    assert messages >= 1
    assert found["sportello_ledger_items", "posta", "email", "received"] == messages
    assert found["sportello_ledger_balanced", "posta", "email"] == 1
    assert found["sportello_outbox_messages", "posta", "email", "queued"] >= 1
    assert found["sportello_outbox_oldest_seconds", "posta", "email"] >= 0
    assert found["sportello_channel_up", "posta", "email"] == 1
    assert found["sportello_log_seq_total",] == desk.store.last_seq()
    assert found["sportello_log_lag_events",] >= 0
    assert found["sportello_journal_pending",] == 0
    assert found["sportello_worker_heartbeat_age_seconds",] < 30
    assert clock.now().timestamp() - found["sportello_channel_last_timestamp_seconds", "posta", "email", "heard"] < 60
    with desk.store.transaction() as work:
        channels.broken(work, work.get_one(Channel, mail.id), "receive", "no answer")
    assert figures(desk)["sportello_channel_up", "posta", "email"] == 0
    with desk.store.transaction() as work:
        channels.recovered(work, work.get_one(Channel, mail.id))


def test_the_list_of_channels_says_what_waits_and_when_the_intake_was_proved(desk: TestDesk, mail: Channel) -> None:
    admin = desk.browser()
    ticket = desk.mail_in(mail, "Fabio <fabio@studio.example>", "Coda")
    with desk.store.transaction() as work:
        reply.reply(work, desk.who("agent"), ticket, text="Ecco", client_key="queue")
    assert "Waiting for the first proof of intake" in words(admin.get("/settings/channels"))
    with desk.store.transaction() as work:
        now = clock.now()
        row = Canary(channel_id=mail.id, since=now - dt.timedelta(hours=2), proved_at=now - dt.timedelta(minutes=4))
        work.add(row)
    shown = words(admin.get("/settings/channels"))
    assert "Intake works, last proof" in shown
    assert re.search(r"\d+ waits? to be sent, the oldest since", shown)
    with desk.store.transaction() as work:
        work.get_one(Canary, mail.id).proved_at = clock.now() - dt.timedelta(hours=1)
    assert "The proof of intake is late, the last one" in words(admin.get("/settings/channels"))
    with desk.store.transaction() as work:
        work.execute(delete(Canary))


def test_an_open_alert_stands_over_every_page_of_an_admin_alone(desk: TestDesk, mail: Channel) -> None:
    with desk.store.transaction() as work:
        channels.broken(work, work.get_one(Channel, mail.id), "login", "the password is wrong")
        alerts.watch(work)
    for path in ("/tickets", "/settings/general"):
        assert "cannot sign in any more." in words(desk.browser().get(path))
    assert "cannot sign in any more." not in words(desk.browser("agent").get("/tickets"))
    with desk.store.transaction() as work:
        channels.recovered(work, work.get_one(Channel, mail.id))
        alerts.watch(work)
    assert "cannot sign in any more." not in words(desk.browser().get("/tickets"))


def test_figures_that_differ_from_the_log_stand_over_every_page_of_an_admin(desk: TestDesk) -> None:
    for wrong in (2, 0):
        with desk.store.transaction() as work:
            settings.keep(work, "figures.proved", {"day": "2026-03-10", "looked": 9, "wrong": wrong, "first": "case 7"})
            alerts.watch(work)
        shown = words(desk.browser().get("/tickets"))
        assert ("Figures differ from the log." in shown) == bool(wrong)
        assert ("sportello report rebuild makes them anew" in shown) == bool(wrong)
        assert "Figures differ" not in words(desk.browser("agent").get("/tickets"))


def test_a_line_that_breaks_for_a_moment_is_no_alert(desk: TestDesk, mail: Channel) -> None:
    with desk.store.transaction() as work:
        work.execute(delete(Alert))
        channels.broken(work, work.get_one(Channel, mail.id), "receive", "no answer")
        alerts.watch(work)
        assert alerts.open_alerts(work) == []
        with clock.at(clock.now() + dt.timedelta(minutes=3)):
            alerts.watch(work)
        assert [one.code for one in alerts.open_alerts(work)] == ["receive"]
        channels.recovered(work, work.get_one(Channel, mail.id))
        alerts.watch(work)
