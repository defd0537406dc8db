"""Views: what each holds and in which order, saved and shared, and addresses that lead nowhere."""

from __future__ import annotations

import datetime as dt
import itertools
import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, select

from inbox import clock
from inbox.actions import people, views
from inbox.actions.who import SYSTEM, Who
from inbox.errors import Forbidden, NotFound
from inbox.reading import customers, threads
from inbox.reading import desk as frame
from inbox.reading.views import filters, lists
from inbox.reading.views.shown import END, FIXED, TABS, Asked
from inbox.store import Agent, Customer, Reason, Ticket, TicketTag, Work
from inbox.terms import Priority, Status
from tests.web.conftest import TestDesk, words

HOURS = [None, 0.5, 2, 5, 30, 100]
RANK = {"urgent": 0, "high": 1, "normal": 2, "low": 3}


@pytest.fixture(scope="module")
def full(desk: TestDesk) -> TestDesk:
    """A desk of tickets of every sort, some of them of a private team that the agent is not in."""
    channels = [desk.add_channel("chat", f"chat{n}", title="Chat", allowed_sites=["https://x.example"]) for n in (1, 2)]
    dice = random.Random(7)
    with desk.store.transaction() as work:
        open_team = people.add_team(work, SYSTEM, "Vendite")
        private = people.add_team(work, SYSTEM, "Direzione", private=True)
        work.add(Reason(name="Resi"))
        callers = [Customer(name=word, language=word) for word in ("", "it", "de")]
        work.add_all(callers)
        work.flush()
        agents = [agent.id for agent in work.scalars(select(Agent))]
        now = clock.now()
        for n in range(160):
            waits = dice.choice(HOURS)
            ticket = Ticket(
                subject=f"n{n}",
                status=dice.choice(list(Status)),
                priority=dice.choice(list(Priority)),
                channel_id=dice.choice(channels).id,
                kind="chat",
                assignee_id=dice.choice([None, *agents]),
                team_id=dice.choice([None, open_team.id, private.id]),
                reason=dice.choice([None, "Resi"]),
                customer_id=dice.choice([None, *(one.id for one in callers)]),
                active_at=now - dt.timedelta(minutes=dice.randrange(90)),  # several at the same moment
                waiting_since=None if waits is None else now - dt.timedelta(hours=waits),
                attention=dice.choice(["", "", "failed"]),
            )
            hours = dice.choice([None, -30, -1, 1, 1, 40])  # a clock ends then, and is soon from three hours before
            if hours is not None:
                ticket.due_at = now + dt.timedelta(hours=hours)
                ticket.due_soon_at = ticket.due_at - dt.timedelta(hours=3)
            ticket.attention_at = ticket.active_at if ticket.attention else None
            ticket.tags = [TicketTag(tag=tag) for tag in dice.sample(["vip", "dns", "posta"], dice.randrange(3))]
            work.add(ticket)
        work.flush()
        work.get_one(Ticket, 1).merged_into = 2
    desk.ids |= {"open": open_team.id, "private": private.id, "channel": channels[0].id}
    return desk


def holds(ticket: Ticket, filter: filters.Filter, me: str) -> bool:
    """The same in plain words."""
    waited = (clock.now() - ticket.waiting_since).total_seconds() / 3600 if ticket.waiting_since else -1
    status = filter.get("status", ("open",))
    tests: dict[str, Callable[[filters.Words], bool]] = {
        "agent": lambda w: (ticket.assignee_id or "none") in w or (ticket.assignee_id == me and "me" in w),
        "team": lambda w: (ticket.team_id or "none") in w,
        "channel": lambda w: ticket.channel_id in w,
        "priority": lambda w: ticket.priority.value in w,
        "tag": lambda w: any(tag.tag in w for tag in ticket.tags),
        "reason": lambda w: (ticket.reason or "none") in w,
        "waiting": lambda w: waited > min(map(int, w)),
        "due": lambda w: clock_state(ticket) in w,
        "language": lambda w: ((ticket.customer.language if ticket.customer else "") or "none") in w,
        "attention": lambda _w: bool(ticket.attention),
        "status": lambda _w: True,
    }
    stands = "any" in status or ("open" if ticket.status is Status.NEW else ticket.status.value) in status
    return ticket.merged_into is None and stands and all(tests[name](each) for name, each in filter.items())


def clock_state(ticket: Ticket) -> str:
    now = clock.now()
    if ticket.due_at is None or ticket.due_soon_at is None:
        return ""
    return "late" if ticket.due_at < now else "soon" if ticket.due_soon_at <= now else ""


def order(ticket: Ticket, sort: str) -> tuple[Any, ...]:
    far = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
    late, at = -ticket.active_at.timestamp(), ticket.active_at
    return {
        "newest": (late, -ticket.id),
        "oldest": (at, ticket.id),
        "waiting": (
            ticket.waiting_since or far,
            *((0, ticket.id) if ticket.waiting_since else (late, -ticket.id)),
        ),
        "due": (ticket.due_at or far, *((0, ticket.id) if ticket.due_at else (late, -ticket.id))),
        "priority": (RANK[ticket.priority.value], late, -ticket.id),
    }[sort]


def walked(work: Work, who: Who, asked: Asked) -> list[int]:
    """All pages of a list, one after the other."""
    found: list[int] = []
    after = ""
    while True:
        page = lists.inbox(work, who, replace(asked, after=after))
        found += [row.id for row in page.rows]
        if page.next is None:
            return found
        after = page.next


def walked_back(work: Work, who: Who, asked: Asked) -> list[int]:
    """The same from the last page towards the first."""
    found: list[int] = []
    until = END
    while True:
        page = lists.inbox(work, who, replace(asked, until=until))
        found = [row.id for row in page.rows] + found
        assert (page.next is None) == (until == END)
        if page.previous is None:
            return found
        until = page.previous


CASES: list[dict[str, tuple[str, ...]]] = [
    {},
    {"status": ("any",)},
    {"status": ("pending", "snoozed", "resolved"), "priority": ("high", "urgent")},
    {"status": ("closed",), "tag": ("vip", "dns")},
    {"agent": ("me", "none"), "reason": ("Resi",), "waiting": ("4",)},
    {"agent": ("none",), "team": ("none",)},
    {"due": ("soon", "late"), "priority": ("high", "low")},
    {"status": ("any",), "due": ("late",)},
    {"status": ("any",), "attention": ("yes",)},
    {"status": ("any",), "language": ("de",)},
    {"language": ("it", "none"), "priority": ("high", "low")},
    {"status": ("any",), "reason": ("none",), "channel": ("CHANNEL",), "tag": ("posta",)},
    {"status": ("open", "pending"), "team": ("PRIVATE", "none"), "waiting": ("72", "1")},
]


@pytest.mark.parametrize("role", ["agent", "admin"])
def test_a_filter_holds_what_its_words_say_in_every_order_and_over_every_page(
    full: TestDesk, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE", 23)
    who = full.who(role)
    swap = {"CHANNEL": full.ids["channel"], "PRIVATE": full.ids["private"]}
    cases = [{name: tuple(swap.get(w, w) for w in each) for name, each in case.items()} for case in CASES]
    with full.store.reading() as work:
        every = work.scalars(select(Ticket)).unique().all()
        seen = [one for one in every if role == "admin" or one.team_id != full.ids["private"]]
        for case, sort in itertools.product(cases, lists.SORTS):
            expected = sorted((one for one in seen if holds(one, case, who.id or "")), key=lambda t: order(t, sort))
            found = walked(work, who, Asked(view="custom", filter=case, sort=sort))
            assert found == [one.id for one in expected], (case, sort)
            if case in cases[1:3]:
                assert walked_back(work, who, Asked(view="custom", filter=case, sort=sort)) == found, (case, sort)


@pytest.mark.parametrize("role", ["agent", "admin"])
def test_the_sidebars_figures_are_the_lengths_of_its_lists(full: TestDesk, role: str) -> None:
    who = full.who(role)
    with full.store.transaction() as work:
        view = views.save(
            work, who, name="Urgent dns", filter={"tag": ("dns",), "priority": ("urgent",)}, sort="oldest"
        )
    with full.store.reading() as work:
        figures = frame.counts(work, who)
        for key in {*FIXED} - {"resolved"}:
            assert len(walked(work, who, Asked(view=key))) == figures[key], key
        assert len(walked(work, who, Asked(view=str(view.id)))) == figures[f"view:{view.id}"]
        assert len(walked(work, who, Asked(channel=full.ids["channel"]))) == figures[f"channel:{full.ids['channel']}"]
        assert len(walked(work, who, Asked(team=full.ids["open"]))) == figures[f"team:{full.ids['open']}"]
        if role == "agent":
            assert figures[f"team:{full.ids['private']}"] == 0
        for tab in TABS:
            statuses = {row.status for row in lists.inbox(work, who, Asked(view="mine", tab=tab)).rows}
            assert statuses <= {"open": {"new", "open"}, "pending": {"pending"}}.get(tab, {"resolved", "closed"})


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tickets?view=nothing", 404),
        ("/tickets?view=999999", 404),
        ("/tickets?view=all&team=nobodys", 404),
        ("/tickets?view=all&channel=gone", 404),
        ("/tickets?view=all&sort=best", 404),
        ("/tickets?view=mine&status=lost", 404),
        ("/tickets?view=custom&base=999999", 404),
        ("/tickets?view=custom&priority=enormous", 422),
        ("/tickets?view=custom&waiting=-1", 422),
        ("/tickets?view=custom&tag=nobody-has-it&agent=nobody&after=rubbish", 200),
    ],
)
def test_an_address_that_leads_nowhere_says_so_and_shows_the_way_back(full: TestDesk, path: str, status: int) -> None:
    answer = full.browser("agent").get(path)
    assert answer.status_code == status
    assert 'href="/tickets"' in answer.text
    if status == 404:
        assert "not shared with you" in words(answer)


def test_languages_are_offered_as_the_reader_calls_them_and_a_view_keeps_one(full: TestDesk) -> None:
    browser = full.browser("agent")
    offered = browser.get("/views/filter?view=custom&language=de").text
    assert re.search(r'name="language" value="de" checked>\s*<span[^>]*>German<', offered)
    assert "Language not known" in offered
    page = browser.follow(browser.post("/views/create", name="Tedeschi", language=["de"], audience="me"))
    assert 'title="Language: German"' in page.text
    assert 'data-language="de"' in page.text
    assert 'data-language="it"' not in page.text


def test_a_private_teams_list_is_nothing_to_others(full: TestDesk) -> None:
    path = f"/tickets?view=all&team={full.ids['private']}"
    assert full.browser("agent").get(path).status_code == 404
    assert full.browser("supervisor").get(path).status_code == 200


def test_a_view_is_saved_shared_renamed_put_in_order_and_removed(full: TestDesk) -> None:
    chief, agent = full.browser("supervisor"), full.browser("agent")
    page = chief.follow(
        chief.post("/views/create", name="  Grandi   clienti ", tag=["vip", "dns"], status="open", audience="me")
    )
    assert "Grandi clienti" in words(page)
    number = int(page.request.args["view"])
    assert agent.get(f"/tickets?view={number}").status_code == 404
    assert "Grandi clienti" not in words(agent.get("/tickets"))

    chief.follow(chief.post(f"/views/{number}", name="VIP", audience="all"))
    assert "VIP" in words(agent.get(f"/tickets?view={number}"))
    assert agent.post(f"/views/{number}", name="Mine now", audience="all").status_code == 403
    assert agent.post(f"/views/{number}/filter", tag="posta").status_code == 403
    assert agent.post(f"/views/{number}/remove").status_code == 403

    own = int(agent.follow(agent.post("/views/create", name="Eigene", reason="Resi")).request.args["view"])
    agent.follow(agent.post(f"/views/{own}/move", by="up"))
    with full.store.reading() as work:
        last_two = [one.id for one in views.mine(work, full.who("agent"))][-2:]
        assert last_two == [own, number]  # for them
        assert [one.id for one in views.mine(work, full.who("supervisor"))][-1] == number  # the others keep theirs

    chief.follow(chief.post(f"/views/{number}/filter", tag="posta", status="any", sort="oldest"))
    with full.store.reading() as work:
        view = views.find(work, full.who("agent"), number)
        assert (view.filter, view.sort) == ({"status": ["any"], "tag": ["posta"]}, "oldest")
    chief.follow(chief.post(f"/views/{number}/remove"))
    assert agent.get(f"/tickets?view={number}").status_code == 404


def test_only_who_may_reassign_shares_with_everybody_and_anybody_with_a_team_of_theirs(full: TestDesk) -> None:
    who = full.who("agent")

    def share(work: Work, audience: str, team: str = "") -> int:
        return views.save(work, who, name="x", filter={}, sort="newest", audience=audience, team=team).id

    with full.store.transaction() as work:
        for audience, team in (("all", ""), ("team", full.ids["open"])):
            with pytest.raises(Forbidden):
                share(work, audience, team)
        mine = people.add_team(work, SYSTEM, "Assistenza", members=[who.id or ""])
        number = share(work, "team", mine.id)
    with full.store.reading() as work:
        assert views.find(work, full.who("supervisor"), number).name == "x"
        outsider = Who(SYSTEM.kind.AGENT, "somebody-else", role=who.role)
        with pytest.raises(NotFound):
            views.find(work, outsider, number)


def test_the_order_of_a_list_is_remembered_for_whoever_chose_it(full: TestDesk) -> None:
    browser = full.browser("agent")
    page = browser.follow(browser.post("/views/sort", view="mine", status="pending", sort="waiting"))
    assert page.request.args.get("status") == "pending"
    assert "sort" not in page.request.args
    with full.store.reading() as work:
        assert lists.inbox(work, full.who("agent"), Asked(view="mine")).sort == "waiting"
        assert lists.inbox(work, full.who("agent"), Asked(view="all")).sort == "newest"
        assert lists.inbox(work, full.who("admin"), Asked(view="mine")).sort == "newest"
    shared = browser.post("/views/sort", view="custom", tag="vip", sort="oldest").headers["Location"]
    assert "sort=oldest" in shared
    assert "tag=vip" in shared
    assert browser.post("/views/sort", view="mine", sort="best").status_code == 422


#: How a database says that it reads a table as a whole, and what makes it look for an index first.
WHOLE = {
    "sqlite": ("", "EXPLAIN QUERY PLAN ", re.compile(r"SCAN (tickets|messages)$")),
    "postgresql": ("SET enable_seqscan = off", "EXPLAIN ", re.compile(r"Seq Scan on (tickets|messages)")),
}


def test_no_list_and_no_ticket_reads_a_whole_table(full: TestDesk) -> None:
    asked: list[tuple[str, Any]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    who = full.who("agent")
    event.listen(full.store.reader, "before_cursor_execute", keep)
    try:
        with full.store.reading() as work:
            for view, sort in itertools.product(FIXED, lists.SORTS):
                lists.inbox(work, who, Asked(view=view, sort=sort))
            threads.thread(work, who, work.get_one(Ticket, 3))
            customers.panel(work, who, work.get_one(Ticket, 3))
    finally:
        event.remove(full.store.reader, "before_cursor_execute", keep)
    assert len(asked) > 40
    first, explain, said = WHOLE[full.store.reader.dialect.name]
    whole = set()
    with full.store.reader.connect() as connection:
        if first:
            connection.exec_driver_sql(first)
        for statement, values in asked:
            plan = connection.exec_driver_sql(explain + statement, values)
            whole |= {f"{row[-1]}: {statement}" for row in plan if said.search(str(row[-1]))}
    assert whole == set()
