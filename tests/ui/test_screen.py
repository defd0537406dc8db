"""The agent's screen at work: real desk, real sockets, two agents' browsers, a customer's SMS from the sandbox."""

from __future__ import annotations

import itertools
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from inbox.actions import macros, words
from inbox.actions.who import SYSTEM
from inbox.store import Message
from inbox.terms import Delivery
from tests.journeys.desk import RunningDesk, until
from tests.ui.conftest import SignIn
from tests.ui.line import Line

numbers = itertools.count(100)


class Customer:
    """Somebody with a telephone: writes SMS to the desk and sees what comes back."""

    def __init__(self, desk: RunningDesk) -> None:
        self.desk = desk
        self.number = f"+447700900{next(numbers)}"
        self.desk_number = desk.sandbox.accounts()["sms"]["number"]

    def writes(self, text: str) -> None:
        self.desk.sandbox.sms.receive(self.number, text)

    def received(self) -> list[str]:
        return [each["text"] for each in self.desk.sandbox.sms.accepted() if each["to"] == self.number]


@pytest.fixture
def customer(desk: RunningDesk) -> Customer:
    return Customer(desk)


def row(page: Page, text: str) -> Locator:
    return page.locator(".conv", has_text=text)


def open_ticket(page: Page, text: str) -> None:
    """Opens a ticket by its row, and waits until it is in the history: that closes what stands open over the list."""
    link = row(page, text).locator(".conv-a")
    path = urlsplit(link.get_attribute("href") or "").path
    link.click()
    expect(page.locator(".pane-thread h2")).to_have_text(text)
    page.wait_for_url(lambda url: urlsplit(url).path == path)


#: After how many times 80 ms the line is cut while a ticket is opened.
MOMENTS = 4


def two_at(sign_in: SignIn, customer: Customer, text: str) -> tuple[Page, Page]:
    """Sara's and Giulia's browsers on the ticket of what the customer writes."""
    customer.writes(text)
    pages = sign_in("sara"), sign_in("giulia")
    for page in pages:
        open_ticket(page, text)
    return pages


def write(page: Page, text: str) -> None:
    page.locator(".comp-in").fill(text)


def test_a_new_ticket_is_in_every_list_without_a_reload(sign_in: SignIn, customer: Customer) -> None:
    pages = [sign_in("sara"), sign_in("giulia")]
    customer.writes("Il sito è lento oggi")
    for page in pages:
        expect(row(page, "Il sito è lento oggi")).to_be_visible()
        expect(row(page, "Il sito è lento oggi").locator("[data-unread]")).to_have_text("1")


def test_an_answer_stands_once_in_both_browsers_and_leaves_once(sign_in: SignIn, customer: Customer) -> None:
    customer.writes("Mi serve il codice EPP")
    sara, giulia = sign_in("sara"), sign_in("giulia")
    for page in (sara, giulia):
        open_ticket(page, "Mi serve il codice EPP")
    write(sara, "Lo mando subito.")
    sara.keyboard.press("Control+Enter")
    expect(sara.locator(".comp-in")).to_have_value("")
    for page in (sara, giulia):
        expect(page.locator(".msg.out")).to_have_count(1)
        expect(page.locator(".msg.out [aria-label=Delivered]")).to_be_visible()
        expect(page.locator(".msg.out")).to_have_count(1)
    assert customer.received() == ["Lo mando subito."]


def test_undo_gives_the_text_back_and_nothing_leaves(desk: RunningDesk, sign_in: SignIn, customer: Customer) -> None:
    customer.writes("Vorrei disdire il dominio")
    page = sign_in("sara")
    open_ticket(page, "Vorrei disdire il dominio")
    write(page, "Certo, disdico.")
    page.keyboard.press("Control+Enter")
    page.locator(".toast button").click()
    expect(page.locator(".msg.out")).to_have_count(0)
    expect(page.locator(".comp-in")).to_have_value("Certo, disdico.")

    def cancelled() -> bool:
        with desk.store.reading() as work:
            [answer] = work.query(Message).filter_by(text="Certo, disdico.")
        return answer.state is Delivery.CANCELLED

    until("it is cancelled, so that it never leaves", cancelled)
    assert customer.received() == []


def test_an_answer_is_planned_from_the_menu_and_sent_before_its_hour(sign_in: SignIn, customer: Customer) -> None:
    customer.writes("Quando scade il certificato")
    page = sign_in("sara")
    open_ticket(page, "Quando scade il certificato")
    write(page, "Domani le scrivo la data.")
    page.get_by_role("button", name="More ways to send").click()
    page.get_by_role("group", name="Send later").get_by_role("button", name="Tomorrow morning").click()
    expect(page.locator(".comp-in")).to_have_value("")
    expect(page.locator("#send-menu")).to_be_hidden()
    planned = page.locator(".msg.out")
    expect(planned.locator(".trouble")).to_contain_text("Leaves on")
    expect(planned.get_by_label("Scheduled")).to_be_visible()
    assert customer.received() == []
    planned.get_by_role("button", name="Send now").click()
    expect(planned.get_by_label("Delivered")).to_be_visible()
    assert customer.received() == ["Domani le scrivo la data."]


def test_a_draft_stays_with_its_ticket_and_its_kind(sign_in: SignIn, desk: RunningDesk) -> None:
    first, second = Customer(desk), Customer(desk)
    first.writes("Prima domanda sul PHP")
    second.writes("Seconda domanda sul PHP")
    page = sign_in("sara")
    open_ticket(page, "Prima domanda sul PHP")
    write(page, "Bozza di risposta")
    page.locator("#tab-note").click()
    expect(page.locator(".comp-in")).to_have_value("")
    page.locator(".comp-in").fill("Bozza di nota")
    open_ticket(page, "Seconda domanda sul PHP")
    expect(page.locator(".comp-in")).to_have_value("")
    page.reload()
    open_ticket(page, "Prima domanda sul PHP")
    expect(page.locator(".comp-in")).to_have_value("Bozza di risposta")
    page.locator("#tab-note").click()
    expect(page.locator(".comp-in")).to_have_value("Bozza di nota")


def arrived(page: Page, path: str) -> None:
    """Waits until the history has come to a ticket too: its words stand there a moment sooner."""
    page.wait_for_function("(path) => location.pathname === path && !Turbo.navigator.currentVisit", arg=path)


def test_a_ticket_is_asked_for_as_the_press_begins_and_stands_there_again_on_the_way_back(
    sign_in: SignIn, desk: RunningDesk
) -> None:
    for text in ("Prima di tutto", "Subito dopo"):
        Customer(desk).writes(text)
    page = sign_in("sara")
    open_ticket(page, "Prima di tutto")
    arrived(page, urlsplit(row(page, "Prima di tutto").locator(".conv-a").get_attribute("href") or "").path)
    write(page, "Ne parliamo")
    link = row(page, "Subito dopo").locator(".conv-a")
    path = urlsplit(link.get_attribute("href") or "").path  # a row that is pushed names no view behind it
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.url) if urlsplit(each.url).path == path else None)
    with page.expect_request(lambda each: urlsplit(each.url).path == path):
        link.dispatch_event("pointerdown", {"button": 0, "pointerType": "mouse"})
    expect(page.locator(".pane-thread h2")).to_have_text("Prima di tutto")
    link.dispatch_event("click")
    expect(page.locator(".pane-thread h2")).to_have_text("Subito dopo")
    assert len(asked) == 1
    arrived(page, path)
    page.go_back()
    expect(page.locator(".pane-thread h2")).to_have_text("Prima di tutto")
    expect(page.locator(".comp-in")).to_have_value("Ne parliamo")
    expect(page.locator(".conv.sel")).to_have_count(1)
    expect(page.locator(".conv.sel")).to_contain_text("Prima di tutto")
    arrived(page, urlsplit(page.url).path)
    open_ticket(page, "Subito dopo")  # at once, without a pause between press and click
    for _ in range(
        200
    ):  # what was drawn before may stand there sooner; a pointer that rests on the row has asked for it
        if len(asked) > 1:
            break
        page.wait_for_timeout(50)
    page.wait_for_load_state("networkidle")
    assert len(asked) == 2


def test_what_is_being_written_outlives_what_comes_in(sign_in: SignIn, customer: Customer) -> None:
    customer.writes("La casella è piena")
    page = sign_in("sara")
    open_ticket(page, "La casella è piena")
    page.locator(".comp-in").click()
    page.keyboard.type("Buongiorno ")
    customer.writes("e non ricevo più nulla")
    expect(page.locator(".msg.from")).to_have_count(2)
    page.keyboard.type("a lei")
    expect(page.locator(".comp-in")).to_have_value("Buongiorno a lei")


def test_an_overtaken_answer_waits_until_it_is_sent_anyway(sign_in: SignIn, customer: Customer) -> None:
    customer.writes("Avete un piano business?")
    sara, giulia = sign_in("sara"), sign_in("giulia")
    for page in (sara, giulia):
        open_ticket(page, "Avete un piano business?")
    write(sara, "Sì, da 20 euro.")
    write(giulia, "Sì, eccolo.")
    giulia.keyboard.press("Control+Enter")
    expect(sara.locator(".msg.out")).to_have_count(1)
    sara.keyboard.press("Control+Enter")
    expect(sara.locator(".moved")).to_be_visible()
    expect(sara.locator(".comp-in")).to_have_value("Sì, da 20 euro.")
    expect(sara.locator(".msg.out")).to_have_count(1)
    sara.get_by_text("Send anyway").click()
    expect(sara.locator(".msg.out")).to_have_count(2)
    until("both left", lambda: sorted(customer.received()) == ["Sì, da 20 euro.", "Sì, eccolo."])


def test_after_a_cut_nothing_is_missing_and_nothing_doubled(
    sign_in: SignIn, desk: RunningDesk, customer: Customer
) -> None:
    customer.writes("Numero uno")
    with Line(desk.port) as line:
        page = sign_in("sara", line.url)
        open_ticket(page, "Numero uno")
        line.cut()
        expect(page.locator("#offline")).to_be_visible()
        customer.writes("Numero due")
        customer.writes("Numero tre")
        other = Customer(desk)
        other.writes("Intanto un altro")
        write(page, "Scritto senza linea")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".msg.out.pending")).to_have_count(1)
        expect(page.locator("[data-offline-words]")).to_contain_text("1 message is queued")
        line.mend()
        expect(page.locator("#offline")).to_be_hidden()
        expect(page.locator(".msg.from .bub")).to_have_text(["Numero uno", "Numero due", "Numero tre"])
        expect(row(page, "Intanto un altro")).to_have_count(1)
        # Two messages came meanwhile: the answer comes back with the bar, its text kept.
        expect(page.locator(".moved")).to_be_visible()
        page.get_by_text("Send anyway").click()
        expect(page.locator(".msg.out")).to_have_count(1)
        until("it left", lambda: customer.received() == ["Scritto senza linea"])
        expect(page.locator(".msg.from")).to_have_count(3)


def test_a_ticket_that_a_cut_stopped_on_its_way_comes_when_the_line_is_back(
    sign_in: SignIn, desk: RunningDesk, customer: Customer
) -> None:
    others = [Customer(desk) for _ in range(MOMENTS)]
    for n, other in enumerate(others):
        other.writes(f"Taglio {n}")
    with Line(desk.port, slow=0.05) as line:
        page = sign_in("sara", line.url)
        for n in range(MOMENTS):
            page.locator(".conv", has_text=f"Taglio {n}").hover()  # fetched ahead, too
            page.wait_for_timeout(80 * n)
            page.locator(".conv", has_text=f"Taglio {n}").locator(".conv-a").click()
            page.wait_for_timeout(80 * n)
            line.cut()
            page.wait_for_timeout(100)
            line.mend()
            expect(page.locator(".msg.from .bub")).to_have_text(f"Taglio {n}")


def test_three_hundred_things_missed_come_once_each_over_a_slow_line(
    sign_in: SignIn, desk: RunningDesk, customer: Customer
) -> None:
    customer.writes("Prima del buio")
    with Line(desk.port, slow=0.15) as line:
        page = sign_in("sara", line.url)
        open_ticket(page, "Prima del buio")
        line.cut()
        expect(page.locator("#offline")).to_be_visible()
        with desk.store.transaction() as work:
            ticket = work.scalars(select(Message.ticket_id).where(Message.text == "Prima del buio")).one()
            for n in range(300):
                work.append("ticket.tag", ticket=ticket, tag=f"giro {n}", op="add")
        customer.writes("E la luce torna")
        until("it came in", lambda: _texts(desk, ticket)[-1] == "E la luce torna")
        line.mend()
        expect(page.locator("#offline")).to_be_hidden()
        expect(page.locator(".msg.from .bub")).to_have_text(["Prima del buio", "E la luce torna"])
        told = page.locator(".pane-thread").inner_text()
        assert [told.count(f"giro {n}\n") + told.count(f"giro {n} ") for n in range(300)] == [1] * 300
        write(page, "Eccola")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".msg.out:not(.pending)")).to_have_count(1)


def _texts(desk: RunningDesk, ticket: int) -> list[str]:
    with desk.store.reading() as work:
        return list(work.scalars(select(Message.text).where(Message.ticket_id == ticket).order_by(Message.id)))


def test_a_row_that_waited_for_the_list_to_rest_stands_there_once(
    sign_in: SignIn, desk: RunningDesk, customer: Customer
) -> None:
    customer.writes("Riga che riposa")
    page = sign_in("sara")
    expect(row(page, "Riga che riposa")).to_have_count(1)
    page.keyboard.press("j")  # who walks through the list by keys sees no row move
    other = Customer(desk)
    other.writes("Riga che aspetta")
    expect(page.locator("[data-list-target='pill']")).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    other.writes("E ancora la stessa")
    expect(page.locator(".conv", has_text="E ancora la stessa")).to_have_count(1)
    page.locator(".conv").first.hover()
    page.mouse.move(1200, 500)
    expect(page.locator("[data-list-target='pill']")).to_be_hidden()
    expect(page.locator(".conv", has_text="stessa")).to_have_count(1)


def test_who_looks_and_who_writes_is_seen_by_the_others(sign_in: SignIn, customer: Customer) -> None:
    sara, giulia = two_at(sign_in, customer, "Chi mi risponde?")
    expect(sara.locator("[data-viewers] [aria-label='Giulia Ferri']")).to_be_visible()
    giulia.locator(".comp-in").press_sequentially("Ecco")
    expect(sara.locator(".collide")).to_contain_text("Giulia is writing a reply on SMS")
    sara.reload()  # who comes later sees it too
    expect(sara.locator(".collide")).to_contain_text("Giulia is writing a reply on SMS")
    giulia.locator(".comp-in").blur()
    expect(sara.locator(".collide")).to_be_hidden()
    giulia.goto(giulia.url.split("/tickets")[0] + "/tickets")
    expect(sara.locator("[data-viewers] .av")).to_have_count(0)


def test_a_note_is_for_agents_and_looks_like_one(sign_in: SignIn, customer: Customer) -> None:
    customer.writes("Nessuno mi ha richiamato")
    sara, giulia = sign_in("sara"), sign_in("giulia")
    for page in (sara, giulia):
        open_ticket(page, "Nessuno mi ha richiamato")
    sara.keyboard.press("n")
    expect(sara.locator(".composer")).to_have_class("composer is-note")
    sara.keyboard.type("Richiamo io alle 12")
    sara.keyboard.press("Control+Enter")
    for page in (sara, giulia):
        expect(page.locator(".note")).to_contain_text("Richiamo io alle 12")
        expect(page.locator(".note")).to_have_count(1)
    assert customer.received() == []


def test_keys_work_the_list_and_the_ticket_but_not_while_writing(sign_in: SignIn, desk: RunningDesk) -> None:
    for text in ("Tasto primo", "Tasto secondo"):
        Customer(desk).writes(text)
    page = sign_in("sara")
    expect(row(page, "Tasto secondo")).to_be_visible()
    page.locator("body").press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".pane-thread h2")).to_have_text("Tasto secondo")
    page.keyboard.press("m")
    expect(page.locator("[data-run=assign]")).to_contain_text("Sara")
    page.keyboard.press("r")
    page.keyboard.type("resto e nota")
    expect(page.locator(".comp-in")).to_have_value("resto e nota")
    expect(page.locator("#resolve-menu")).to_be_hidden()
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.locator("#resolve-menu")).to_be_visible()
    page.keyboard.press("2")
    expect(page.locator(".heads")).to_have_attribute("data-status", "resolved")
    expect(row(page, "Tasto secondo")).to_have_count(0)
    page.keyboard.press("e")
    expect(page.locator(".heads")).to_have_attribute("data-status", "open")
    expect(row(page, "Tasto secondo")).to_have_count(1)


def test_a_change_of_one_agent_is_on_the_screen_of_the_other(sign_in: SignIn, customer: Customer) -> None:
    customer.writes("Fattura sbagliata")
    sara, giulia = sign_in("sara"), sign_in("giulia")
    for page in (sara, giulia):
        open_ticket(page, "Fattura sbagliata")
    sara.keyboard.press("a")
    sara.locator("#assign-menu").get_by_text("Giulia Ferri").click()
    expect(giulia.locator("[data-run=assign]")).to_contain_text("Giulia")
    sara.keyboard.press("l")
    sara.locator("#priority-menu").get_by_text("Urgent").click()
    expect(giulia.locator("[data-run=priority]")).to_contain_text("Urgent")
    sara.keyboard.press("t")
    sara.keyboard.type("fattura")
    sara.keyboard.press("Enter")
    expect(giulia.locator(".tag")).to_have_text("fattura")
    giulia.keyboard.press("t")
    giulia.locator("#tag-menu").get_by_text("fattura").click()
    expect(sara.locator(".tag")).to_have_count(0)
    expect(row(giulia, "Fattura sbagliata").locator("[aria-label='Giulia Ferri']")).to_be_visible()


def test_many_tickets_are_resolved_at_once(sign_in: SignIn, desk: RunningDesk) -> None:
    for text in ("Spam numero uno", "Spam numero due", "Questo resta"):
        Customer(desk).writes(text)
    page = sign_in("sara")
    for text in ("Spam numero uno", "Spam numero due"):
        row(page, text).locator(".chk").click()
    expect(page.locator("[data-bulk-target=count]")).to_have_text("2 selected")
    page.locator("#bulk").get_by_label("Resolve").click()
    for text in ("Spam numero uno", "Spam numero due"):
        expect(row(page, text)).to_have_count(0)
    expect(row(page, "Questo resta")).to_have_count(1)
    expect(page.locator("#bulk")).to_be_hidden()


def test_reading_for_a_second_clears_the_badge(sign_in: SignIn, customer: Customer) -> None:
    customer.writes("Da leggere")
    page = sign_in("sara")
    expect(row(page, "Da leggere").locator("[data-unread]")).to_have_text("1")
    customer.writes("Ancora da leggere")
    expect(row(page, "Ancora da leggere").locator("[data-unread]")).to_have_text("2")
    row(page, "Ancora da leggere").locator(".conv-a").click()
    expect(page.locator("[data-new]")).to_be_visible()
    expect(row(page, "Ancora da leggere").locator("[data-unread]")).to_be_hidden()
    page.reload()
    expect(row(page, "Ancora da leggere").locator("[data-unread]")).to_be_hidden()


def test_the_palette_finds_tickets_and_runs_actions(sign_in: SignIn, customer: Customer) -> None:
    customer.writes("Lucchetto rosso su Chrome")
    page = sign_in("sara")
    expect(row(page, "Lucchetto rosso su Chrome")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("lucchetto")
    expect(page.locator("#palette a.pal-i")).to_contain_text("Lucchetto rosso su Chrome")
    page.keyboard.press("Enter")
    expect(page.locator(".pane-thread h2")).to_have_text("Lucchetto rosso su Chrome")
    page.keyboard.press("Control+k")
    page.keyboard.type("assign to me")
    page.keyboard.press("Enter")
    expect(page.locator("[data-run=assign]")).to_contain_text("Sara")


def test_files_go_with_an_answer(sign_in: SignIn, customer: Customer, tmp_path: Path) -> None:
    picture = tmp_path / "schermata.png"
    picture.write_bytes(bytes.fromhex("89504e470d0a1a0a") + b"0" * 100)
    customer.writes("Mi manda la schermata?")
    page = sign_in("sara")
    open_ticket(page, "Mi manda la schermata?")
    page.locator("input[type=file]").set_input_files(picture)
    expect(page.locator(".comp-files .att")).to_contain_text("schermata.png")
    write(page, "Eccola.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".msg.out .atts")).to_be_visible()
    expect(page.locator(".comp-files")).to_be_hidden()
    until("it left", customer.received)


def test_a_phone_shows_one_pane_at_a_time(sign_in: SignIn, customer: Customer) -> None:
    customer.writes("Scrivo dal telefono")
    page = sign_in("sara", viewport={"width": 390, "height": 844})
    row(page, "Scrivo dal telefono").locator(".conv-a").click()
    expect(page.locator(".comp-in")).to_be_visible()
    expect(page.locator("#rows")).to_be_hidden()
    page.locator(".thread-sub").get_by_label("Customer").click()
    expect(page.locator("#panel-customer")).to_be_visible()
    page.locator("#details").get_by_label("Back").click()
    page.locator(".thread-head").get_by_label("Back to the list").click()
    expect(row(page, "Scrivo dal telefono")).to_be_visible()


def test_a_macro_is_run_by_its_name_and_one_undo_takes_all_of_it_back(
    sign_in: SignIn, desk: RunningDesk, customer: Customer
) -> None:
    customer.writes("La migrazione è finita?")
    with desk.store.transaction() as work:
        text = words.add_canned(work, SYSTEM, name="finita", text="Sì, #{ticket.number} è finita.")
        words.add_canned(work, SYSTEM, name="finito", text="{customer.company}: è finito.")
        what = [("tag", "migrazione"), ("send", str(text.id)), ("status", "resolved")]
        macros.add(
            work, SYSTEM, name="Migrazione conclusa", what=[{"do": do, "what": it} for do, it in what], shared=True
        )
    page = sign_in("sara")
    open_ticket(page, "La migrazione è finita?")
    page.locator(".comp-in").click()
    page.keyboard.type("/finit")
    for name, gap in (("/finita", ""), ("/finito", "customer.company")):  # what it lacks is told before it is chosen
        offer = page.locator("#offers-menu [role=option]", has_text=name)
        expect(offer.locator("[data-gap]")).to_be_visible(visible=bool(gap))
        expect(offer.locator("[data-gaps]")).to_have_text(gap)
    page.locator(".comp-in").fill("")
    page.keyboard.press("Control+k")
    page.locator("#palette input").fill("conclusa")
    page.keyboard.press("Enter")
    expect(page.locator(".msg.out")).to_have_count(1)
    expect(page.locator(".thread-sub .tag")).to_have_text("migrazione")
    expect(page.locator('[data-run="reopen"]:visible')).to_be_visible()
    page.locator(".toast", has_text="Migrazione conclusa").get_by_role("button", name="Undo").click()
    expect(page.locator(".msg.out")).to_have_count(0)
    expect(page.locator(".thread-sub .tag")).to_have_count(0)
    expect(page.locator('[data-run="resolve"]:visible')).to_be_visible()
    assert customer.received() == []


def test_a_note_names_a_colleague_and_is_edited_with_the_arrow(sign_in: SignIn, customer: Customer) -> None:
    customer.writes("Il record CAA manca")
    page, other = sign_in("sara"), sign_in("giulia")
    for each in (page, other):
        open_ticket(each, "Il record CAA manca")
    page.locator("#tab-note").click()
    page.keyboard.type("Serve aiuto, @giu")
    expect(page.locator("#offers-menu [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".comp-in")).to_have_value("Serve aiuto, @Giulia Ferri ")
    page.keyboard.press("Control+Enter")
    for each in (page, other):
        expect(each.locator(".note .mention")).to_have_text("@Giulia Ferri")
    page.locator(".comp-in").click()
    page.keyboard.press("ArrowUp")
    expect(page.locator(".comp-in")).to_have_value("Serve aiuto, @Giulia Ferri")
    page.keyboard.type(" e @Luca")
    page.keyboard.press("Control+Enter")
    for each in (page, other):
        expect(each.locator(".note")).to_have_count(1)
        expect(each.locator(".note")).to_contain_text("@Giulia Ferri e @Luca")
        expect(each.locator(".note .edited summary")).to_be_visible()


def drop(page: Page, path: Path) -> None:
    """Drags a file out of the system's own window onto the thread, and lets it go there."""
    box = page.locator(".msgs").bounding_box()
    assert box is not None
    line = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for step in ("dragEnter", "dragOver", "drop"):
        where = {"x": box["x"] + 200, "y": box["y"] + 100}
        line.send("Input.dispatchDragEvent", {"type": step, **where, "data": data})


def paste_picture(page: Page) -> None:
    """Copies a picture as another program would, and pastes it by the keys."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate(
        """async () => {
          const canvas = new OffscreenCanvas(20, 20);
          canvas.getContext("2d").fillRect(0, 0, 9, 9);
          await navigator.clipboard.write([new ClipboardItem({ "image/png": await canvas.convertToBlob() })]);
        }"""
    )
    page.locator(".comp-in").press("Control+v")


def test_a_draft_and_its_file_wait_on_the_desk_and_leave_with_the_answer(
    sign_in: SignIn, customer: Customer, tmp_path: Path
) -> None:
    (tmp_path / "modulo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 40)
    customer.writes("Mi manda il modulo?")
    page = sign_in("sara")
    open_ticket(page, "Mi manda il modulo?")
    page.locator(".comp-in").click()
    page.keyboard.type("Eccolo, **firmato**")
    with page.expect_response(lambda answer: answer.url.endswith("/files")):
        drop(page, tmp_path / "modulo.png")
    expect(page.locator(".comp-saved")).to_have_text("Draft saved")
    elsewhere = sign_in("sara")
    open_ticket(elsewhere, "Mi manda il modulo?")
    expect(elsewhere.locator(".comp-in")).to_have_value("Eccolo, **firmato**")
    expect(elsewhere.locator(".comp-files .att")).to_contain_text("modulo.png")
    paste_picture(elsewhere)
    expect(elsewhere.locator(".comp-files .att")).to_have_count(2)
    elsewhere.locator("[popovertarget=send-menu]").click()
    elsewhere.locator("#send-menu [name=send_at]:not([value=typed])").last.click()
    expect(elsewhere.locator(".msg.out")).to_contain_text("Leaves on")
    expect(elsewhere.locator(".msg.out .pic")).to_have_count(2)
    expect(elsewhere.locator(".comp-files .att")).to_have_count(0)
    assert customer.received() == []
    elsewhere.locator(".msg.out").get_by_role("button", name="Send now").click()
    until("it left", customer.received)


def test_who_sees_a_colleague_write_takes_over_and_no_text_is_lost(sign_in: SignIn, customer: Customer) -> None:
    sara, giulia = two_at(sign_in, customer, "Chi se ne occupa oggi?")
    sara.locator(".comp-in").click()
    sara.keyboard.type("Le rispondo io")
    bar = giulia.locator(".collide")
    expect(bar).to_contain_text("Sara is writing a reply")
    expect(giulia.locator("[data-viewers] .av")).to_have_count(1)
    bar.get_by_role("button", name="Take over").click()
    for page in (sara, giulia):
        expect(page.locator("[data-run=assign]")).to_contain_text("Giulia")
    expect(sara.locator(".comp-in")).to_have_value("Le rispondo io")
    write(giulia, "Eccomi.")
    giulia.keyboard.press("Control+Enter")
    expect(sara.locator(".msg.out")).to_have_count(1)
    sara.locator(".comp-in").press("Control+Enter")
    sara.locator(".moved").get_by_role("button", name="Show").click()
    expect(sara.locator(".comp-in")).to_have_value("Le rispondo io")
    until("only one left", lambda: customer.received() == ["Eccomi."])


def test_a_push_that_is_being_drawn_does_not_bring_back_the_focus_that_escape_took(
    sign_in: SignIn, customer: Customer
) -> None:
    customer.writes("Una domanda")
    page = sign_in("sara")
    open_ticket(page, "Una domanda")
    page.locator(".comp-in").click()
    left = page.evaluate("""() => new Promise((seen) => {
      const field = document.activeElement, push = '<turbo-stream action="update" target="none"></turbo-stream>';
      window.Turbo.renderStreamMessage(push);
      field.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
      setTimeout(() => seen([field.className, document.activeElement === field]), 80);
    })""")
    assert left == ["comp-in", False]
    page.keyboard.press("n")
    expect(page.locator("form.composer")).to_have_class("composer is-note")
    expect(page.locator(".comp-in")).to_be_focused()
