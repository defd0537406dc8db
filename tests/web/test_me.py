"""What somebody chooses for themselves: the language they read in, and how long they stay signed in."""

from __future__ import annotations

from tests.web.conftest import PASSWORD, Browser, TestDesk


def words_of(browser: Browser, path: str = "/tickets") -> str:
    """The language that a page says it is in."""
    return browser.get(path).text.split('<html lang="')[1].split('"')[0]


def test_each_reads_in_a_language_of_their_own(desk: TestDesk) -> None:
    anna, bruno = desk.browser("agent"), desk.browser("supervisor")
    answer = anna.client.post(
        "/me/language",
        data={"csrf_token": anna.token, "language": "it"},
        headers={"Referer": "http://localhost/tickets?view=mine&sort=oldest"},
    )
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/tickets?view=mine&sort=oldest"
    assert words_of(anna) == "it"
    assert words_of(bruno) == "en"
    anna.post("/me/language", language="")
    assert words_of(anna) == "en"


def test_a_language_that_nobody_wrote_is_refused(desk: TestDesk) -> None:
    browser = desk.browser("agent")
    assert browser.post("/me/language", language="tlh").status_code == 422
    assert words_of(browser) == "en"


def test_nobody_is_sent_elsewhere_after_choosing(desk: TestDesk) -> None:
    browser = desk.browser("agent")
    answer = browser.client.post(
        "/me/language",
        data={"csrf_token": browser.token, "language": "en"},
        headers={"Referer": "http://evil.example//evil.example/x"},
    )
    assert answer.headers["Location"] == "/tickets"


def test_the_language_of_the_sign_in_page_stays(desk: TestDesk) -> None:
    browser = desk.browser("agent")
    browser.post("/logout")
    assert words_of(browser, "/login?lang=it") == "it"
    browser.post("/login?lang=it", email=browser.email, password=PASSWORD)
    assert words_of(browser) == "it"
    browser.post("/me/language", language="")


def test_a_sign_in_outlives_the_browser_only_where_asked(desk: TestDesk) -> None:
    browser = desk.browser("agent")

    def lasting(**form: str) -> bool:
        browser.post("/logout")
        answer = browser.post("/login", email=browser.email, password=PASSWORD, **form)
        [cookie] = [each for each in answer.headers.getlist("Set-Cookie") if "Path=/" in each and "HttpOnly" in each]
        return "Expires=" in cookie

    assert not lasting()
    assert lasting(remember="on")
