"""Search: words, exact words and operators, on both databases; only what somebody may see, newest first, marked."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
from sqlalchemy import select

from connectors.base import Address, Attachment, Inbound, Request
from inbox import search
from inbox.actions import intake, journal, people, reply, tickets
from inbox.actions.who import SYSTEM
from inbox.reading import finding, searching
from inbox.search import Asked, asked, exactly
from inbox.store import Channel, JournalEntry, Ticket
from inbox.terms import Status
from tests.web.conftest import TestDesk, words

ROME = dt.timezone(dt.timedelta(hours=1))


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ("", Asked()),
        ("  fattura   mensile ", Asked("fattura mensile")),
        ('"il mio sito" giù', Asked("giù", ("il mio sito",))),
        ('"senza fine', Asked("", ("senza fine",))),
        ('from:chiara is:open "il sito"', Asked("", ("il sito",), {"from": ("chiara",), "is": ("open",)})),
        ("da:Marta stato:aperto", Asked("", (), {"from": ("Marta",), "is": ("aperto",)})),
        ('from:"Marta Bianchi" tag:dns tag:ssl', Asked("", (), {"from": ("Marta Bianchi",), "tag": ("dns", "ssl")})),
        ("https://studio.example re:cosa", Asked("https://studio.example re:cosa")),
        ("is: tag:", Asked()),
        ("#4821", Asked("#4821")),
    ],
)
def test_a_query_is_read_into_its_parts(query: str, read: Asked) -> None:
    assert asked(query) == read
    assert asked("#4821").number == 4821


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("il sito", "il, sito", True),
        ("il sito", "il bel sito", False),
        ("il sito", "il sitone", False),
        ("perche no", "perché no", False),
        ("perche no", "perche\nno", True),
        ("l'ordine", "per l' ordine", True),
    ],
)
def test_exact_words_stand_beside_each_other(phrase: str, text: str, found: bool) -> None:
    assert all(pattern.search(text) for pattern in exactly([phrase])) is found


def test_a_word_without_an_end_is_found_by_what_anybody_would_type() -> None:
    """PostgreSQL keeps words of 2,046 bytes at most."""
    forms = search.terms("è" * 30_000).split()
    assert max(len(form.encode()) for form in forms) < 500
    assert forms[0] == "e" * search.LONGEST


@pytest.fixture(scope="module")
def found(desk: TestDesk) -> dict[str, int]:
    """Tickets by a name of their own."""
    mail = desk.add_channel("email", "posta", address="support@bottega.example", smtp_host="127.0.0.1")
    numbers = {"account_sid": "AC" + "0" * 32, "auth_token": "secret", "number": "+12025550142"}
    sms = desk.add_channel("sms", "numero", **numbers)
    made: dict[str, int] = {}

    def came(name: str, channel: Channel, sender: Address, text: str, day: str, **more: object) -> None:
        at = dt.datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=ROME)
        item = Inbound(f"<{name}@studio.example>", sender=sender, text=text, at=at, **more)  # type: ignore[arg-type]
        with desk.store.transaction() as work:
            entry = journal.keep(work, work.get_one(Channel, channel.id), Request("PIPE", "pipe:", [], name.encode()))
            row = work.get_one(JournalEntry, entry.id)
            made[name] = intake.take(work, work.get_one(Channel, channel.id), row, item).ticket or 0

    chiara, marta = (
        Address("chiara@studio.example", "Chiara Lombardi"),
        Address("marta@vivaio.example", "Marta Bianchi"),
    )
    came("old", mail, chiara, "Il rinnovo del dominio è fallito", "2025-03-10", subject="Scadenza")
    came("file", mail, marta, "In allegato", "2026-02-10", subject="Ordine",
         attachments=(Attachment("fattura-tulipani.pdf", "application/pdf", b"%PDF"),))  # fmt: skip
    came("sms", sms, Address("+447700900123"), "Domini: fallito il rinnovo?", "2026-03-20")
    came("private", mail, chiara, "Riservatissimo rinnovo", "2026-04-01", subject="Contratto")
    came(
        "subject",
        mail,
        Address("ugo@nord.example", "Ugo"),
        "Come da oggetto",
        "2026-05-05",
        subject="Perché certificati?",
    )
    with desk.store.transaction() as work:
        who = desk.who()
        tickets.tag(work, who, made["sms"], "dns")
        tickets.assign(work, who, made["sms"], agent=who.id)
        reply.note(work, who, made["file"], text="Telefonare al fioraio", client_key="a note")
        team = people.add_team(work, SYSTEM, "Soci", private=True)
        tickets.assign(work, who, made["private"], team=team.id)
        tickets.set_status(work, who, made["old"], "resolved")
    return made


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("dominio", "sms old"),
        ("DOMÌNI", "sms old"),
        ("rinnovo fall", "sms old"),
        ("certificate", "subject"),
        ("perche", "subject"),
        ("tulipani", "file"),
        ("fattura-tulipani.pdf", "file"),
        ("fioraio", "file"),
        ("lombardi", "private old"),
        ("chiara@studio.example", "private old"),
        ('"il rinnovo"', "sms old"),
        ('"rinnovo il"', ""),
        ('"Il rinnovo del dominio"', "old"),
        ('"fattura tulipani"', "file"),
        ("from:chiara", "private old"),
        ('from:"chiara lombardi" rinnovo', "private old"),
        ("from:studio.example", "private old"),
        ("from:rinnovo", ""),
        ("from:chiara from:marta", "private file old"),
        ("da:lomb acquario", ""),
        ("channel:sms", "sms"),
        ("rinnovo channel:posta", "private old"),
        ("canale:email tulipani", "file"),
        ("tag:dns", "sms"),
        ("rinnovo etichetta:DNS", "sms"),
        ("is:resolved", "old"),
        ("rinnovo is:open", "private sms"),
        ("rinnovo is:unassigned is:mine", "private sms old"),
        ("rinnovo stato:risolto", "old"),
        ("rinnovo before:2026", "old"),
        ("rinnovo before:2026-03-20", "old"),
        ("rinnovo before:21/3/2026", "sms old"),
        ("rinnovo after:2026-03 prima:2027", "private"),
        ("rinnovo after:2025", "private sms"),
        ("before:2025-04", "old"),
        ('"il rinnovo" channel:posta is:resolved before:2026 da:chiara', "old"),
        ("language:it is:resolved", "old"),
        ("rinnovo lingua:italiano before:2026-03-21", "sms old"),
        ("language:French", ""),
        ("acquario", ""),
    ],
)
def test_what_is_asked_for_is_found_the_newest_first(
    desk: TestDesk, found: dict[str, int], query: str, names: str
) -> None:
    with desk.store.reading() as work:
        rows = finding.find(work, desk.who(), asked(query)).rows
    said = {number: name for name, number in found.items()}
    assert [said[row.ticket] for row in rows] == names.split()


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("is:lost", "“is:” takes open, new,"),
        ("language:klingonish", "“language:” takes a language"),
        ("channel:fax", "“channel:” takes the name of a channel"),
        ("before:yesterday", "“before:” takes a day such as"),
        ("after:2026-13", "“after:” takes a day such as"),
        ("after:9999", "“after:” takes a day such as"),
    ],
)
def test_a_value_that_an_operator_does_not_take_is_explained(
    desk: TestDesk, found: dict[str, int], query: str, says: str
) -> None:
    assert found
    answer = desk.browser().get(f"/search?q={query}")
    assert answer.status_code == 200
    assert says in words(answer)
    assert desk.browser().get(f"/search?palette=1&q={query}").status_code == 200


def test_what_was_asked_for_is_marked_in_subject_text_and_names_of_files(desk: TestDesk, found: dict[str, int]) -> None:
    def marked(query: str) -> list[str]:
        answer = desk.browser().get(f"/search?q={query}")
        return [unescape(each) for each in re.findall(r"<mark>(.*?)</mark>", answer.text)]

    assert marked("dominio") == ["Domini", "Domini", "dominio"]  # of the SMS subject and text
    assert marked("%22del dominio%22") == ["del dominio"]
    assert marked("certificati") == ["certificati"]
    assert marked("tulip") == ["tulipani"]
    assert marked(str(found["sms"])) == []


def test_nobody_finds_what_they_may_not_see(desk: TestDesk, found: dict[str, int]) -> None:
    for query in (
        "rinnovo",
        "riservatissimo",
        f"{found['private']}",
        "from:chiara",
        "is:open",
        '"riservatissimo rinnovo"',
    ):
        with desk.store.reading() as work:
            seen = {row.ticket for row in finding.find(work, desk.who("agent"), asked(query)).rows}
            all_of_it = {row.ticket for row in finding.find(work, desk.who(), asked(query)).rows}
        assert found["private"] not in seen, query
        assert found["private"] in all_of_it, query


def test_a_look_ends_somewhere_and_can_go_on(
    desk: TestDesk, found: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    short = finding.Depth((1, 1), 1)
    with desk.store.reading() as work:
        first = finding.find(work, desk.who(), asked("rinnovo channel:sms"), depth=short)
        assert ([row.ticket for row in first.rows], first.more) == ([found["sms"]], True)
        rest = finding.find(work, desk.who(), asked("rinnovo channel:sms"), before=first.older, depth=short)
        assert ([row.ticket for row in rest.rows], rest.more) == ([], False)
    monkeypatch.setattr(finding, "A_PAGE", short)
    page = desk.browser().get("/search?q=rinnovo").text
    older = re.search(r'href="(/search\?[^"]*before=\d+[^"]*)"', page)
    assert older is not None
    assert "+</b>" in page
    assert desk.browser().get(unescape(older[1])).status_code == 200


def test_tickets_of_several_states_come_in_one_order(desk: TestDesk, found: dict[str, int]) -> None:
    assert found
    states = (Status.NEW, Status.OPEN, Status.RESOLVED)
    with desk.store.reading() as work:
        newest = select(Ticket.id).where(Ticket.status.in_(states)).order_by(Ticket.active_at.desc())
        every = work.scalars(newest).all()
        for enough in (2, len(every)):
            depth = finding.Depth((1,), enough)
            seen = finding.find(work, desk.who(), asked("is:open is:resolved is:open"), depth=depth)
            assert [row.ticket for row in seen.rows] == every[:enough]
            assert {Status(row.status) for row in seen.rows} <= set(states)
            assert seen.more is (enough < len(every))
        mine = finding.find(work, desk.who(), asked("is:resolved is:mine")).rows
    assert {row.ticket for row in mine} == {found["sms"], found["old"]}


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_a_rare_word_is_found_behind_many_newer_messages_and_a_common_one_in_its_order(
    desk: TestDesk, limit: int
) -> None:
    """Whichever way the database takes, the newest come first and none is passed over."""
    said = [f"ordine {'tulipano ' * (n % 60 == 0)}{n}" for n in range(240)]
    with desk.store.transaction() as work:
        first = 1_000_000  # beyond what the desk of these tests holds
        rows = [{"id": first + n, "ticket": 1, "body": search.terms(text)} for n, text in enumerate(said)]
        work.connection().execute(search.NEW[desk.store.is_sqlite], rows)
        for word, every in (("tulipano", 60), ("ordine", 1)):
            newest = [first + n for n in reversed(range(0, 240, every))]
            ids: list[int] = []
            while len(ids) < min(12, len(newest)):
                ids += search.find(work, asked(word), limit=limit, before=ids[-1] if ids else None)
            assert ids == newest[: len(ids)]
        search.forget(work, range(first, first + len(rows)))


def test_what_somebody_wrote_once_is_found_behind_many_newer_messages_of_others(desk: TestDesk) -> None:
    said = ["Zenobia: ordine", *(f"Ugo: ordine {n}" for n in range(60))]
    with desk.store.transaction() as work:
        first = 1_000_000
        rows = [{"id": first + n, "ticket": 1, "body": search.terms(text)} for n, text in enumerate(said)]
        work.connection().execute(search.NEW[desk.store.is_sqlite], rows)
        for query, ids in (
            ("from:zenobia ordine", [first]),
            ("from:zenobia ord", [first]),
            ("from:zenobia", [first]),
            ("from:zeno", [first]),
            ("from:nobody from:zenobia ordine", [first]),
            ("from:zenobia acquario", []),
        ):
            assert search.find(work, asked(query), limit=20) == ids, query
        search.forget(work, range(first, first + len(rows)))


def test_the_palette_finds_customers_by_what_is_their_own(desk: TestDesk, found: dict[str, int]) -> None:
    def people(query: str, role: str = "admin") -> list[str]:
        with desk.store.reading() as work:
            return [one.customer.name for one in searching.results(work, desk.who(role), query).customers]

    assert people("lomb") == ["Chiara Lombardi"]
    assert people("chiara@studio.example") == ["Chiara Lombardi"]
    assert people("rinnovo") == [], "they wrote it, but it is not theirs"
    page = desk.browser().get("/search?palette=1&q=@lombardi")
    assert f'href="/tickets/{found["private"]}/timeline"' in page.text
    assert "Scadenza" not in page.text, "after @ no tickets"
    with desk.store.reading() as work:
        hits = searching.results(work, desk.who("agent"), "@lombardi").customers
    assert [one.ticket for one in hits] == [found["old"]], "by a ticket that they may see"
