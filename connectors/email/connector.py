"""The email connector: what the seam asks for, put together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from connectors.base import Capabilities, Connector, Item, Mailbox, Outgoing, Polled, Receipt, Request
from connectors.email import imap, inbound, mailbox, parse, sent, smtp
from connectors.email.addresses import canonical
from connectors.email.config import EmailConfig
from connectors.email.cursor import Cursor
from connectors.email.oauth import MailGrants
from connectors.grants import Grants
from connectors.untrusted import unreadable

__all__ = ["Email"]

MEDIA_BYTES = 18 << 20  # in base64 this is what the strictest of the large providers takes


class Email(Connector[EmailConfig]):
    """A mailbox: IMAP, LMTP, a pipe or an inbound service in, SMTP out."""

    kind: ClassVar[str] = "email"
    title: ClassVar[str] = "Email"
    Config = EmailConfig
    capabilities: ClassVar[Capabilities] = Capabilities(
        markup="html",
        subject=True,
        cc=True,
        replies=True,
        media=True,
        media_bytes=MEDIA_BYTES,
        media_total=MEDIA_BYTES,
        polls=True,
        hooks=True,
        in_order=False,
    )

    grants: ClassVar[Grants[EmailConfig] | None] = MailGrants()

    def address(self, config: EmailConfig) -> str:
        return config.address

    def normalise(self, value: str) -> str:
        """Lower case; a domain in ASCII or in Unicode is one and the same customer's."""
        value = canonical(value)
        local, at, domain = value.rpartition("@")
        if at and not domain.isascii():
            try:
                domain = domain.encode("idna").decode("ascii")
            except UnicodeError:
                return value
        return f"{local}{at}{domain}"

    def must_poll(self, config: EmailConfig) -> bool:
        return bool(config.imap_host)

    def is_called(self, config: EmailConfig) -> bool:
        return config.inbound != "none"

    def hook_url(self, config: EmailConfig, url: str) -> str:
        return inbound.address(config, url)

    def verify(self, config: EmailConfig, request: Request) -> None:
        inbound.verify(config, request)

    def nonce(self, config: EmailConfig, request: Request) -> str | None:
        return inbound.nonce(config, request)

    def parse(self, config: EmailConfig, request: Request) -> list[Item]:
        """The items of the mail in the request's body: raw whichever way it came, or as an inbound service posts it."""
        if inbound.is_posted(request):
            try:
                request = inbound.mail(request)
            except ValueError as problem:
                return [unreadable(request.body, f"the service's call: {problem}")]
        return parse.items(config.address, request)

    def beginning(self, at: dt.datetime) -> dict[str, Any]:
        return Cursor.beginning(at).plain()

    def poll(self, config: EmailConfig, cursor: dict[str, Any]) -> Polled:
        """One poll on a connection of its own."""
        with mailbox.opened(config) as line:
            return line.poll(cursor)

    def mailbox(self, config: EmailConfig) -> AbstractContextManager[Mailbox]:
        return mailbox.opened(config)

    def send(self, config: EmailConfig, outgoing: Outgoing, going_out: Callable[[], None]) -> Receipt:
        return smtp.send(config, outgoing, going_out)

    def copies(self, config: EmailConfig) -> bool:
        return sent.wanted(config)

    def keep_copy(self, config: EmailConfig, outgoing: Outgoing, at: dt.datetime) -> bool:
        return sent.keep(config, outgoing, at)

    def check(self, config: EmailConfig) -> str:
        """Signs in to both servers; sends nothing."""
        folders = ", ".join(config.folders)
        if config.imap_host:
            imap.check(config)
        if config.smtp_host:
            smtp.check(config)
        if config.imap_host and config.smtp_host:
            return f"{config.imap_host} lets us read {folders} and {config.smtp_host} takes our mail."
        if config.imap_host:
            return f"{config.imap_host} lets us read {folders}."
        if config.smtp_host:
            return f"{config.smtp_host} takes our mail."
        return "Mail comes in by pipe or LMTP, and none goes out: there is no server to try."
