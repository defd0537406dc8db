"""Reports by mail: what leaves at its time by a real SMTP server, to whom, in which language, and never twice."""

from __future__ import annotations

import contextlib
import datetime as dt
import email
import email.policy
import threading
import zoneinfo
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from typing import Any

import pytest

from inbox import clock
from inbox.actions import channels, exporting, people, report_mails, report_sending, report_stops
from inbox.actions.who import SYSTEM, Who
from inbox.errors import Forbidden, Invalid, NotFound
from inbox.reading import report_mails as mails_page
from inbox.store import Agent, ReportMail
from inbox.terms import Actor, Role
from inbox.worker import reports
from inbox.worker.reports import Mailer
from tests.connectors.email_servers import Script
from tests.sending.conftest import Sending

Later = Callable[[dt.timedelta], None]
MONDAY = dt.datetime(2026, 11, 23, 7, 0, tzinfo=dt.UTC)  # 08:00 in Rome


@pytest.fixture(autouse=True)
def sees_reports(sending: Sending) -> None:
    with sending.desk.store.transaction() as work:
        people.change_agent(work, SYSTEM, sending.desk.giulia, role=Role.SUPERVISOR)


def made(sending: Sending, **values: Any) -> str:
    with sending.desk.store.transaction() as work:
        people_of = {"people": [sending.desk.giulia], **values}
        given = {"name": "Canali", "page": "channels", "every": "day", "at": "08:00", **people_of}
        return report_mails.save(work, SYSTEM, None, given).id


def row(sending: Sending, id: str) -> ReportMail:
    with sending.desk.store.reading() as work:
        return work.get_one(ReportMail, id)


def look(sending: Sending) -> int:
    return Mailer(sending.desk.store, "test:1").look()


def mails(sending: Sending) -> list[tuple[str, EmailMessage]]:
    found = []
    for taken in sending.sink.taken:
        parsed = email.message_from_bytes(taken.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        found.append((taken.recipients[0], parsed))
    return found


def test_a_report_leaves_at_its_time_once_to_each_in_their_language(sending: Sending, later: Later) -> None:
    desk = sending.desk
    with desk.store.transaction() as work:
        people.change_agent(work, SYSTEM, desk.giulia, language="it")
    id = made(sending, addresses="Socia@Fuori.example, socia@fuori.example", channel="email", period="7d")
    assert look(sending) == 0
    later(dt.timedelta(days=1))
    assert look(sending) == 2
    assert look(sending) == 0
    found = dict(mails(sending))
    assert set(found) == {"giulia@cirro.example", "socia@fuori.example"}
    mail = found["giulia@cirro.example"]
    assert str(mail["Subject"]).startswith("[Cirro] Canali, ")
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert f"{desk.store.settings.base_url}/reports/channels?from=" in text.get_content().replace("\n", "")
    assert "Tempo di gestione" in text.get_content()
    assert "<table" in html.get_content()
    [file] = mail.iter_attachments()
    assert str(file.get_filename()).endswith(".xlsx")
    assert file.get_content()[:2] == b"PK"
    done = row(sending, id)
    assert (done.last_sent, done.last_failed, done.problem) == (2, 0, "")
    assert done.next_at is not None
    assert done.next_at > clock.now()
    later(dt.timedelta(days=1))
    assert look(sending) == 2


def test_a_crash_right_after_it_left_sends_nothing_twice(
    sending: Sending, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(sending, addresses="socia@fuori.example")
    later(dt.timedelta(days=1))

    class Killed(BaseException):
        pass

    def dies(self: Mailer, one: Any, to: Any, letter: Any) -> str:
        result = mail(self, one, to, letter)
        assert result == ""
        raise Killed

    mail = Mailer._mail
    monkeypatch.setattr(Mailer, "_mail", dies)
    with pytest.raises(Killed):
        look(sending)
    monkeypatch.setattr(Mailer, "_mail", mail)
    assert Mailer(sending.desk.store, "other:2").look() == 0  # the dead one's lease
    assert look(sending) == 1
    assert look(sending) == 0
    assert sorted(to for to, _mail in mails(sending)) == ["giulia@cirro.example", "socia@fuori.example"]


def test_two_workers_whose_turns_overlap_send_each_mail_once(
    sending: Sending, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "lease", lambda *_: True)  # as after a long pause of the one whose turn it was
    made(sending, addresses="socia@fuori.example")
    later(dt.timedelta(days=1))
    both = threading.Barrier(2)
    before = report_sending.leaves

    def leaves(*args: Any) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(timeout=5)
        before(*args)

    monkeypatch.setattr(report_sending, "leaves", leaves)
    with ThreadPoolExecutor(2) as pool:
        sent = list(pool.map(lambda owner: Mailer(sending.desk.store, owner).look(), ("one:1", "two:2")))
    assert sorted(to for to, _mail in mails(sending)) == ["giulia@cirro.example", "socia@fuori.example"]
    assert look(sending) == 0
    assert sum(sent) >= 2


def test_what_was_not_taken_is_tried_again_later_and_given_up_in_the_end(sending: Sending, later: Later) -> None:
    id = made(sending)
    later(dt.timedelta(days=1))
    sending.sink.script = Script(say={"rcpt": "450 4.2.1 later"})
    assert look(sending) == 0
    assert row(sending, id).problem
    sending.sink.script = Script()
    assert look(sending) == 0  # not before its time
    later(dt.timedelta(minutes=2))
    assert look(sending) == 1
    later(dt.timedelta(days=1))
    sending.sink.script = Script(say={"rcpt": "450 4.2.1 later"})
    for pause in (dt.timedelta(), *report_sending.AGAIN):
        later(pause)
        assert look(sending) == 0
    given_up = row(sending, id)
    assert (given_up.last_sent, given_up.last_failed, given_up.tries) == (0, 1, 0)
    assert given_up.next_at is not None
    assert given_up.next_at > clock.now()


@pytest.mark.parametrize("why", ["paused", "left", "own", "no mailbox"])
def test_no_report_goes_to_whom_none_should(sending: Sending, later: Later, why: str) -> None:
    id = made(sending)
    with sending.desk.store.transaction() as work:
        giulia = work.get_one(Agent, sending.desk.giulia)
        if why == "paused":
            report_mails.pause(work, SYSTEM, id, on=True)
        elif why == "left":
            giulia.active = False
        elif why == "own":
            giulia.email = "support@cirro.example"
        else:
            channels.change(work, SYSTEM, sending.desk.mail, enabled=False)
    later(dt.timedelta(days=1))
    assert look(sending) == 0
    assert sending.sink.taken == []


def test_send_now_leaves_the_schedule_as_it_is(sending: Sending, later: Later) -> None:
    id = made(sending)
    before = row(sending, id).next_at
    with sending.desk.store.transaction() as work:
        report_mails.ask(work, SYSTEM, id)
    assert look(sending) == 1
    assert (row(sending, id).next_at, row(sending, id).asked_at) == (before, None)


def test_what_people_may_not_see_is_said_and_not_attached(sending: Sending, later: Later) -> None:
    made(sending, page="agents")
    later(dt.timedelta(days=1))
    assert look(sending) == 1
    [(_to, mail)] = mails(sending)
    body = mail.get_body(("plain",))
    assert body is not None
    assert "per person are switched off" in body.get_content().replace("\n", " ")


ROME = "Europe/Rome"


@pytest.mark.parametrize(
    ("every", "weekday", "after", "expected"),
    [
        ("day", 0, MONDAY, "2026-11-24 08:00"),
        ("day", 0, MONDAY - dt.timedelta(seconds=1), "2026-11-23 08:00"),
        ("week", 0, MONDAY, "2026-11-30 08:00"),
        ("week", 4, MONDAY, "2026-11-27 08:00"),
        ("month", 0, MONDAY, "2026-12-01 08:00"),
        ("day", 0, dt.datetime(2026, 3, 28, 7, 0, tzinfo=dt.UTC), "2026-03-29 08:00"),  # the clocks go on that night
    ],
)
def test_the_next_time_follows_the_clocks_of_the_desk(
    every: str, weekday: int, after: dt.datetime, expected: str
) -> None:
    found = report_mails.following(every, weekday, "08:00", ROME, after)
    assert f"{found.astimezone(zoneinfo.ZoneInfo(ROME)):%Y-%m-%d %H:%M}" == expected


def test_a_period_ends_before_the_day_on_which_it_leaves() -> None:
    day = dt.date(2026, 3, 1)
    assert report_mails.period("7d", day) == (dt.date(2026, 2, 22), day)
    assert report_mails.period("last_month", day) == (dt.date(2026, 2, 1), day)


def test_every_wrong_field_is_named_and_strangers_need_an_admin(sending: Sending) -> None:
    wrong = {"name": "", "page": "x", "every": "year", "period": "3d", "at": "8", "people": ["nobody"], "weekday": "9"}
    with pytest.raises(Invalid) as problem, sending.desk.store.transaction() as work:
        report_mails.save(work, SYSTEM, None, {**wrong, "addresses": "no address"})
    assert set(problem.value.fields) == {*wrong, "addresses"}
    supervisor = Who(Actor.AGENT, sending.desk.giulia, role=Role.SUPERVISOR)
    values = {"name": "Fuori", "page": "sla", "every": "day", "people": [sending.desk.giulia]}
    with pytest.raises(Forbidden), sending.desk.store.transaction() as work:
        report_mails.save(work, supervisor, None, {**values, "addresses": "a@b.example"})
    with sending.desk.store.transaction() as work:
        report_mails.save(work, supervisor, None, values)


def without(sending: Sending, id: str) -> list[tuple[str, str]]:
    with sending.desk.store.reading() as work:
        shown = mails_page.page(work, SYSTEM)
        return [(one.who, one.why) for each in shown.rows if each.id == id for one in each.skipped]


def test_only_people_who_may_see_reports_are_offered_chosen_and_sent_one(sending: Sending, later: Later) -> None:
    desk = sending.desk
    id = made(sending, addresses="socia@fuori.example, giulia@cirro.example")
    assert without(sending, id) == []
    with desk.store.transaction() as work:
        people.change_agent(work, SYSTEM, desk.giulia, role=Role.AGENT)
    assert without(sending, id) == [("Giulia Ferri", "right")]
    with desk.store.reading() as work:
        assert [name for _id, name in mails_page.page(work, SYSTEM).people] == ["Luca Moretti"]
    values = {"name": "Altro", "page": "sla", "every": "day", "people": [desk.giulia]}
    with pytest.raises(Invalid, match="who may see reports"), desk.store.transaction() as work:
        report_mails.save(work, SYSTEM, None, values)
    later(dt.timedelta(days=1))
    assert look(sending) == 1
    assert [to for to, _mail in mails(sending)] == ["socia@fuori.example"]
    assert (row(sending, id).last_sent, row(sending, id).last_failed) == (1, 0)


def test_whoever_loses_the_right_while_a_report_is_leaving_gets_none(
    sending: Sending, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(sending)
    later(dt.timedelta(days=1))
    drawn = Mailer._drawn

    def meanwhile(self: Mailer, one: Any, language: str) -> Any:
        with sending.desk.store.transaction() as work:
            people.change_agent(work, SYSTEM, sending.desk.giulia, role=Role.AGENT)
        return drawn(self, one, language)

    monkeypatch.setattr(Mailer, "_drawn", meanwhile)
    look(sending)
    assert sending.sink.taken == []


@pytest.mark.parametrize("more", [{"agent": "x", "page": "sla"}, {"by": "agent"}, {"by": "team"}])
def test_a_report_about_single_people_goes_nowhere_while_such_figures_are_off(
    sending: Sending, later: Later, more: dict[str, str]
) -> None:
    id = made(sending, **{"page": "overview", "addresses": "socia@fuori.example", **more})
    later(dt.timedelta(days=1))
    assert look(sending) == 0
    for _again in report_sending.AGAIN:
        later(report_sending.AGAIN[-1])
        assert look(sending) == 0
    assert sending.sink.taken == []
    assert "figures per" in row(sending, id).problem


def test_every_reader_stops_a_report_by_a_link_of_their_own(sending: Sending, later: Later) -> None:
    desk, store = sending.desk, sending.desk.store
    id = made(sending, addresses="socia@fuori.example, socio@fuori.example")
    later(dt.timedelta(days=1))
    assert look(sending) == 3
    found = dict(mails(sending))
    links = {to: str(mail["List-Unsubscribe"]).strip("<>") for to, mail in found.items()}
    assert len(set(links.values())) == 3
    for to, mail in found.items():
        assert links[to].startswith(f"{store.settings.base_url}/stop/{id}")
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        for kind in ("plain", "html"):
            body = mail.get_body((kind,))
            assert body is not None
            assert links[to] in body.get_content()
            assert "urn:stop" not in body.get_content()
    token = links["socia@fuori.example"].rpartition("/")[2]
    for _twice in range(2):
        with store.transaction() as work:
            report_stops.stop(work, token)
    assert without(sending, id) == [("socia@fuori.example", "stopped")]
    later(dt.timedelta(days=91))
    assert look(sending) == 2
    later(dt.timedelta(days=1))
    assert look(sending) == 2
    with store.reading() as work:
        [exported_mail] = exporting.exported(work)["report_mails"].values()
    assert exported_mail["addresses"] == ["socio@fuori.example"]
    values = {"name": "Canali", "page": "channels", "every": "day", "people": [desk.giulia]}
    for addresses in ("", "socia@fuori.example"):  # taken out, and chosen again on purpose
        with store.transaction() as work:
            report_mails.save(work, SYSTEM, id, {**values, "addresses": addresses})
        assert without(sending, id) == []


@pytest.mark.parametrize("how", ["other report", "other address", "cut", "taken out", "nothing"])
def test_a_link_stops_nothing_but_what_its_reader_was_sent(sending: Sending, how: str) -> None:
    store = sending.desk.store
    id, other = made(sending, addresses="socia@fuori.example"), made(sending, name="Altro", addresses="a@b.example")
    token = report_stops.link(store, id, "socia@fuori.example").rpartition("/")[2]
    if how == "taken out":
        with store.transaction() as work:
            report_mails.save(work, SYSTEM, id, {"name": "x", "page": "sla", "people": [sending.desk.giulia]})
    wrong = {
        "other report": other + token[12:],
        "other address": report_stops.link(store, id, "a@b.example").rpartition("/")[2],
        "cut": token[:-1],
        "taken out": token,
        "nothing": "è" * 28,
    }[how]
    with pytest.raises(NotFound), store.transaction() as work:
        report_stops.stop(work, wrong)
