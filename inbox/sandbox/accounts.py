"""The invented accounts that exist at the stand-ins, and the way the desk signs in to them."""

from __future__ import annotations

from dataclasses import dataclass, field

from inbox.sandbox import ids

__all__ = ["Bot", "Mailbox", "Page", "TwilioAccount", "TwilioNumber", "default_bot", "default_page", "default_twilio"]


@dataclass
class TwilioNumber:
    """A number of ours at Twilio, with the address that it calls for every message."""

    number: str
    sid: str
    sms_url: str = ""
    status_callback: str = ""


@dataclass
class TwilioAccount:
    """Credentials and numbers."""

    sid: str
    auth_token: str
    numbers: dict[str, TwilioNumber] = field(default_factory=dict)

    def add(self, number: str) -> TwilioNumber:
        """Gives the account one more number."""
        return self.numbers.setdefault(number, TwilioNumber(number, ids.hex_id("PN", number)))


@dataclass
class Bot:
    """A Telegram bot; ``token`` is ``<id>:<35 characters>``."""

    id: int
    token: str
    username: str
    name: str


@dataclass
class Page:
    """A Facebook Page and the app that speaks for it."""

    id: str
    name: str
    token: str
    app_id: str
    app_secret: str
    verify_token: str
    callback_url: str = ""
    subscribed: tuple[str, ...] = ()

    @property
    def app_token(self) -> str:
        """The app's own access token, in the form that Meta documents for servers."""
        return f"{self.app_id}|{self.app_secret}"


@dataclass(frozen=True)
class Mailbox:
    """A mailbox of ours, for IMAP and for SMTP."""

    address: str
    password: str


def default_twilio() -> TwilioAccount:
    """The account that is there from the start: one number reserved for fiction."""
    account = TwilioAccount(ids.hex_id("AC", "account"), ids.hex_id("", "auth token"))
    account.add("+12025550142")
    return account


def default_bot(username: str = "cirro_sandbox_bot") -> Bot:
    """A bot whose token is the same in every sandbox."""
    bot_id = int(ids.digits(10, username))
    return Bot(bot_id, f"{bot_id}:{ids.url_token(35, username)}", username, "Cirro Hosting")


def default_page(name: str = "Cirro Hosting") -> Page:
    """A Page whose secrets are the same in every sandbox."""
    return Page(
        id=ids.digits(15, f"page {name}"),
        name=name,
        token="EAA" + ids.token(77, f"page token {name}"),
        app_id=ids.digits(16, f"app {name}"),
        app_secret=ids.hex_id("", f"app secret {name}"),
        verify_token=ids.url_token(24, f"verify {name}"),
    )
