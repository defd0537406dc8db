"""What a message was, and a ticket left out of FCR: said in the menus and taken back, on two agents' screens."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from inbox.actions import reply
from inbox.actions.who import Who
from inbox.store import Agent
from tests.journeys.desk import RunningDesk, until
from tests.ui.conftest import Receives, SignIn, open_ticket


def resolves(desk: RunningDesk, number: int) -> None:
    """Luca answers and resolves."""
    with desk.store.transaction() as work:
        luca = work.scalar(select(Agent).where(Agent.email == "luca@cirro.example"))
        assert luca is not None
        reply.reply(work, Who.of(luca), number, text="Ora va di nuovo", then="resolve")


def thanks(page: Page, number: int) -> Locator:
    """The customer's last mail: by its words, for a mail's time has no parts of a second, and an answer's has."""
    return page.locator(f"#log-{number} .mail.from", has_text="Grazie mille!")


def message_menu(page: Page, number: int, words: str) -> None:
    """Chooses something in its menu."""
    thanks(page, number).hover()
    thanks(page, number).get_by_role("button", name="What to do with this message").click()
    page.locator("#message-menu").get_by_role("button", name=words).click()


def test_a_thanks_is_marked_and_the_ticket_is_resolved_again_until_the_undo(
    desk: RunningDesk, receives: Receives, sign_in: SignIn
) -> None:
    number, first = receives("gianni", "Posta ferma", "La posta non parte")
    resolves(desk, number)
    desk.sandbox.email.receive(
        "gianni@studio.example", "Grazie mille!", "Re: Posta ferma", headers={"In-Reply-To": first}
    )
    luca, giulia = sign_in("luca"), sign_in("giulia")
    for page in (luca, giulia):
        expect(page.locator(f"#row-{number}")).to_be_visible()
        open_ticket(page, number)
        expect(thanks(page, number)).to_be_visible()
        expect(page.locator(f"#head-{number}")).to_have_attribute("data-status", "open")
    message_menu(luca, number, "Only a thanks")
    for page in (luca, giulia):
        expect(thanks(page, number).locator("[data-meant].badge")).to_have_text("Only a thanks")
        expect(page.locator(f"#head-{number}")).to_have_attribute("data-status", "resolved")
        expect(page.locator(f"#log-{number}")).to_contain_text("Luca Moretti said that a message is only a thanks")
    line = giulia.locator(f"#log-{number} .sysline", has_text="only a thanks")
    line.get_by_role("button", name="Undo").click()
    for page in (luca, giulia):
        expect(page.locator(f"#log-{number} [data-meant].badge")).to_have_count(0)
        expect(page.locator(f"#head-{number}")).to_have_attribute("data-status", "open")
        expect(page.locator(f"#log-{number}")).not_to_contain_text("only a thanks")

    message_menu(luca, number, "Automatic message")
    expect(thanks(luca, number).locator(".badge")).to_have_text("Automatic message")
    message_menu(luca, number, "Automatic message")  # what holds is taken back
    expect(luca.locator(f"#log-{number} [data-meant].badge")).to_have_count(0)


def test_a_ticket_is_left_out_of_fcr_and_counted_again(receives: Receives, sign_in: SignIn) -> None:
    number, _ = receives("ilaria", "Domanda strana")
    page = sign_in("luca")
    open_ticket(page, number)

    def opened() -> bool:
        page.locator(f"#head-{number}").get_by_role("button", name="More actions").click()
        page.wait_for_timeout(200)
        return page.locator("#more-menu").is_visible()

    until("the menu is open", opened)
    page.locator("#more-menu").get_by_role("button", name="Leave out of FCR").click()
    expect(page.locator(f"#log-{number}")).to_contain_text("Luca Moretti left the ticket out of FCR")
    page.locator("#tab-ticket").click()
    details = page.locator("#panel-ticket")
    expect(details).to_contain_text("Left out of FCR")
    details.get_by_role("button", name="Undo").click()
    expect(page.locator(f"#log-{number}")).not_to_contain_text("left the ticket out of FCR")
    page.locator("#tab-ticket").click()
    expect(page.locator("#panel-ticket")).not_to_contain_text("Left out of FCR")
