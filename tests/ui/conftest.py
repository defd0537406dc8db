"""A whole desk for the tests of the agent's screen, one for all of them: each writes in tickets of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from inbox.actions import people
from inbox.actions.who import SYSTEM
from inbox.store import Ticket
from tests.journeys.desk import PASSWORD, RunningDesk, until
from tests.servers.chromium import OpenPage

#: ``sign_in("luca")`` gives the inbox as that agent sees it, in a browser of its own.
SignIn = Callable[..., Page]
#: ``receives("chiara", subject, text)`` lets a mail come in; gives (its ticket, its id in the sandbox).
Receives = Callable[..., tuple[int, str]]


def open_ticket(page: Page, number: int) -> None:
    """Opens a ticket by its row of the list."""
    page.locator(f"#row-{number} .conv-a").click()
    expect(page.locator(f"#ticket-{number}")).to_be_visible()
    page.wait_for_url(f"**/tickets/{number}*")


@pytest.fixture(scope="package")
def desk(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[RunningDesk]:
    """Luca, Giulia and Sara, with a number and a mailbox."""
    folder: Path = tmp_path_factory.mktemp("desk")
    shutil.copyfile(sqlite_template, folder / "sportello.db")
    with RunningDesk("", folder) as running:
        for kind in ("sms", "email"):
            running.add_channel(kind)
        with running.store.transaction() as work:
            people.add_agent(
                work, SYSTEM, email="sara@cirro.example", name="Sara Conti", role="agent", password=PASSWORD
            )
        running.start()
        yield running


@pytest.fixture(scope="package")
def signed(desk: RunningDesk) -> dict[str, Any]:
    """Name → the cookies of who has signed in, once for all tests: the desk lets nobody try twenty times a minute."""
    del desk
    return {}


@pytest.fixture
def sign_in(desk: RunningDesk, signed: dict[str, Any], open_page: OpenPage) -> SignIn:
    def signed_in(name: str, url: str = "", **options: object) -> Page:
        page, address = open_page(**options), url or desk.url
        if name in signed:
            page.context.add_cookies(signed[name])
            page.goto(f"{address}/tickets")
        else:
            page.goto(f"{address}/login")
            page.fill("[name=email]", f"{name}@cirro.example")
            page.fill("[name=password]", PASSWORD)
            page.keyboard.press("Enter")
        page.wait_for_selector("#list")
        signed[name] = page.context.cookies()
        return page

    return signed_in


@pytest.fixture
def receives(desk: RunningDesk) -> Receives:
    def came_in(sender: str, subject: str, text: str = "Buongiorno", **more: object) -> tuple[int, str]:
        came = desk.sandbox.email.receive(f"{sender}@studio.example", text, subject, **more)

        def ticket() -> int | None:
            with desk.store.reading() as work:
                found = work.query(Ticket).filter_by(subject=subject).order_by(Ticket.id.desc()).first()
                return found.id if found is not None else None

        return until(f"the mail {subject!r} is a ticket", ticket), came["id"]

    return came_in
