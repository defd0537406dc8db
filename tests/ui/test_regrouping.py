"""Merge, split, move and what a message says of itself: on the real screen, in two agents' browsers at once."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.desk import RunningDesk, until
from tests.ui.conftest import Receives, SignIn, open_ticket


def opens(page: Page, key: str, what: str) -> None:
    """Presses a key until its menu or bar is there: a page that is just being put into the history closes menus."""

    def pressed() -> bool:
        page.keyboard.press(key)
        page.wait_for_timeout(200)
        return page.locator(what).is_visible()

    until(f"{key} opens {what}", pressed)


def test_a_merge_leads_everybody_to_the_winner_and_its_undo_brings_both_back(
    receives: Receives, sign_in: SignIn
) -> None:
    winner, _ = receives("chiara", "Sito lento da ieri")
    loser, _ = receives("chiara", "Sito ancora lento", "E adesso è fermo")
    luca, giulia = sign_in("luca"), sign_in("giulia")
    for page in (luca, giulia):
        open_ticket(page, loser)
    opens(luca, "u", "#merge-menu")
    luca.locator("#merge-menu").get_by_role("button", name=f"#{winner}").click()
    for page in (luca, giulia):
        expect(page.locator(f"#log-{winner}")).to_contain_text("E adesso è fermo")
        expect(page.locator(f"#log-{winner}")).to_contain_text(f"merged #{loser} into this ticket")
        expect(page.locator(f"#row-{loser}")).to_have_count(0)
    luca.locator(f"#log-{winner}").get_by_role("button", name="Undo").click()
    expect(luca.locator(f"#log-{loser}")).to_contain_text("E adesso è fermo")
    for page in (luca, giulia):
        expect(page.locator(f"#row-{loser}")).to_be_visible()
    expect(giulia.locator(f"#log-{winner}")).not_to_contain_text("E adesso è fermo")
    expect(giulia.locator(f"#log-{winner}")).not_to_contain_text("merged")


def test_who_is_writing_in_a_merged_ticket_keeps_the_text_and_is_told(receives: Receives, sign_in: SignIn) -> None:
    winner, _ = receives("bruno", "Rinnovo del dominio")
    loser, _ = receives("bruno", "Rinnovo, sollecito")
    luca, giulia = sign_in("luca"), sign_in("giulia")
    open_ticket(giulia, loser)
    giulia.locator(".comp-in").fill("Sto rispondendo")
    open_ticket(luca, loser)
    opens(luca, "u", "#merge-menu")
    luca.locator("#merge-into").fill(f"#{winner}")
    luca.keyboard.press("Enter")
    expect(luca.locator(f"#ticket-{winner}")).to_be_visible()
    toast = giulia.locator(".toast", has_text=f"merged into #{winner}")
    expect(toast).to_be_visible()
    expect(giulia.locator(".comp-in")).to_have_value("Sto rispondendo")
    toast.get_by_role("button", name="Go there").click()
    expect(giulia.locator(f"#ticket-{winner}")).to_be_visible()


def test_chosen_messages_become_a_ticket_of_their_own_on_every_screen(
    desk: RunningDesk, receives: Receives, sign_in: SignIn
) -> None:
    number, first = receives("dario", "Certificato scaduto", "Il certificato è scaduto")
    desk.sandbox.email.receive(
        "dario@studio.example", "E la fattura?", "Re: Certificato scaduto", headers={"In-Reply-To": first}
    )
    luca, giulia = sign_in("luca"), sign_in("giulia")
    for page in (luca, giulia):
        open_ticket(page, number)
        expect(page.locator(f"#log-{number} .mail")).to_have_count(2)
    second = luca.locator(f"#log-{number} .mail", has_text="E la fattura?")
    expect(second.locator(".why")).to_have_text(re.compile(rf"^Here by In-Reply-To of #{number} message \d+$"))
    expect(second.locator(".pick")).to_be_hidden()
    opens(luca, "s", "#regroup")
    second.locator(".pick input").check()
    expect(luca.locator("#regroup")).to_contain_text("1 selected")
    luca.locator("#regroup").get_by_role("button", name="New ticket").click()
    expect(luca.get_by_text(f"Brought here from #{number}", exact=True)).to_have_count(1)
    expect(giulia.locator(f"#log-{number} .mail")).to_have_count(1)
    expect(giulia.locator(f"#log-{number}")).to_contain_text("moved 1 message to #")
    giulia.locator(f"#log-{number}").get_by_role("button", name="Undo").click()
    expect(giulia.locator(f"#log-{number} .mail")).to_have_count(2)
    expect(luca.locator(f"#log-{number} .mail")).to_have_count(2)  # the split ticket is gone: its readers are led back


@pytest.mark.parametrize("answer", ["Join", "Not this one"])
def test_a_suggestion_is_followed_or_refused_on_the_screen(receives: Receives, sign_in: SignIn, answer: str) -> None:
    theirs, first = receives("elena", f"Migrazione {answer}")
    number, _ = receives("fabio", f"Re: Migrazione {answer}", "Sono il collega", headers={"In-Reply-To": first})
    page = sign_in("luca")
    open_ticket(page, number)
    guess = page.locator(".guess")
    expect(guess).to_contain_text(f"It answers a message of #{theirs}, but its sender took no part there.")
    guess.get_by_role("button", name=answer).click()
    if answer == "Join":
        expect(page.locator(f"#log-{theirs}")).to_contain_text("Sono il collega")
        expect(page.locator(f"#row-{number}")).to_have_count(0)
    else:
        expect(page.locator(".guess")).to_have_count(0)
        expect(page.locator(f"#log-{number}")).to_contain_text("Sono il collega")
