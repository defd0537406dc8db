"""The submission server: SMTP with authentication, and faults at every stage of the dialogue."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from inbox.sandbox.faults import Fault
from inbox.sandbox.mail.bearer import REFUSAL, bearer
from inbox.sandbox.mail.office import PostOffice
from inbox.sandbox.mail.reading import read

__all__ = ["submission"]

# aiosmtpd warns of a method of its own on every login.
logging.getLogger("mail.log").setLevel(logging.ERROR)

_SIZE = 35 * 2**20
_USUAL = {  # reply when an error is ordered without one: RFC 5321 and RFC 3463
    "smtp.connect": "421 4.3.2 Service not available",
    "smtp.auth": "454 4.7.0 Temporary authentication failure",
    "smtp.mail": "451 4.3.0 Try again later",
    "smtp.rcpt": "450 4.2.0 Mailbox temporarily unavailable",
    "smtp.data": "451 4.3.0 Try again later",
    "send": "451 4.3.0 Try again later",
}
_WORDS = {
    421: ("4.3.2", "Service not available"),
    450: ("4.2.0", "Mailbox temporarily unavailable"),
    452: ("4.2.2", "Mailbox full"),
    535: ("5.7.8", "Authentication credentials invalid"),
    550: ("5.1.1", "No such user here"),
    552: ("5.3.4", "Message too big for system"),
    554: ("5.7.1", "Message refused by policy"),
}


def _reply(fault: Fault, op: str) -> str:
    """``status`` with the enhanced ``code``, or what is usual at that stage."""
    if fault.status is None:
        return _USUAL[op]
    code, words = _WORDS.get(fault.status, (f"{fault.status // 100}.0.0", "Refused on order"))
    return f"{fault.status} {fault.code or code} {words}"


class _Dialogue(SMTP):
    """aiosmtpd's server with doors for faults before the greeting, at DATA and within the content."""

    def __init__(self, clerk: _Clerk, **options: Any) -> None:
        super().__init__(clerk, **options)
        self._clerk = clerk

    async def _handle_client(self) -> None:
        if reply := await self._clerk.meddle(self, "smtp.connect", ""):
            await self.push(reply)
            self._writer.close()
            return
        await super()._handle_client()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        recipients = " ".join(self.envelope.rcpt_tos) if self.envelope else ""
        if recipients:
            if reply := await self._clerk.meddle(self, "smtp.data", recipients):
                await self.push(reply)
                return
            if self._clerk.breaks_within(recipients):
                await self.push("354 End data with <CR><LF>.<CR><LF>")
                await self._reader.read(256)
                self.cut()
        await super().smtp_DATA(arg)

    def cut(self) -> None:
        """Breaks the line at once. Ends the dialogue by raising ``CancelledError``."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()
        raise asyncio.CancelledError


class _Clerk:
    """Decides on every command; aiosmtpd calls the ``handle_`` methods."""

    def __init__(self, office: PostOffice) -> None:
        self._office = office
        self._faults = office.stage.faults

    async def meddle(self, server: SMTP, op: str, about: str) -> str | None:
        """Waits, cuts or gives a refusal, as ordered for this stage; None to go on."""
        if slow := self._faults.take("email", "slow", op, about):
            await asyncio.sleep(slow.seconds or 0)
        for kind in ("break_before_accept", "break_after_accept"):
            if self._faults.take("email", kind, op, about) and isinstance(server, _Dialogue):
                server.cut()
        error = self._faults.take("email", "error", op, about)
        return _reply(error, op) if error else None

    def breaks_within(self, about: str) -> bool:
        """Whether the line is to be broken while the content is under way."""
        return self._faults.take("email", "break_before_accept", "smtp.body", about) is not None

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        """Checks a mailbox's password."""
        if error := self._faults.take("email", "error", "smtp.auth", ""):
            return AuthResult(success=False, handled=False, message=_reply(error, "smtp.auth"))
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        login = data.login.decode("utf-8", "replace")
        good = self._office.store.login(login, data.password.decode("utf-8", "replace"))
        return AuthResult(success=good, handled=False, auth_data=login)

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's name
        """A token instead of a password."""
        return await self._bearer(server, args)

    async def auth_OAUTHBEARER(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's name
        """The same as the RFC has it."""
        return await self._bearer(server, args)

    async def _bearer(self, server: SMTP, args: list[str]) -> AuthResult:
        if error := self._faults.take("email", "error", "smtp.auth", ""):
            return AuthResult(success=False, handled=False, message=_reply(error, "smtp.auth"))
        name, token = bearer(args[0], args[1].encode() if len(args) > 1 else b"")
        if self._office.identity.lets_in(name, token):
            return AuthResult(success=True, handled=False, auth_data=name)
        await server.push(f"334 {REFUSAL.decode()}")
        await server._reader.readuntil()  # noqa: SLF001 - the client's empty answer
        return AuthResult(success=False, handled=False, message="535 5.7.8 Authentication credentials invalid")

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Wants authentication; the sender may be any address."""
        if reply := await self.meddle(server, "smtp.mail", address):
            return reply
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Anybody may be written to; in our own domains only mailboxes that exist."""
        if reply := await self.meddle(server, "smtp.rcpt", address):
            return reply
        if self._office.store.is_ours(address) and self._office.store.owner(address) is None:
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """After the dot: accepted, refused, or broken before or after."""
        data = envelope.original_content or b""
        known = read(data)
        about = f"{' '.join(envelope.rcpt_tos)} {known.subject} {known.text}"
        if self._faults.take("email", "break_before_accept", "send", about) and isinstance(server, _Dialogue):
            server.cut()
        slow = self._faults.take("email", "slow", "send", about)
        error = self._faults.take("email", "error", "send", about)
        cut = None if error else self._faults.take("email", "break_after_accept", "send", about)
        if error:
            reply = _reply(error, "send")
        else:
            entry = self._office.accept(envelope.mail_from or "", envelope.rcpt_tos, data, str(session.auth_data))
            reply = f"250 2.0.0 OK queued as {entry['eml'][:12]}"
        if slow:
            await asyncio.sleep(slow.seconds or 0)
        if cut and isinstance(server, _Dialogue):
            server.cut()
        return reply


def submission(office: PostOffice, tls: ssl.SSLContext | None, loop: asyncio.AbstractEventLoop) -> Callable[[], SMTP]:
    """A factory of protocols for ``loop.create_server``; offers STARTTLS where there is a context."""
    clerk = _Clerk(office)

    def protocol() -> SMTP:
        return _Dialogue(
            clerk,
            loop=loop,
            hostname="mx.sandbox.example",
            ident="ESMTP sandbox",
            data_size_limit=_SIZE,
            enable_SMTPUTF8=True,
            tls_context=tls,
            auth_require_tls=False,
            auth_exclude_mechanism=["LOGIN"],  # with two on offer, smtplib would try the other after a refusal
            authenticator=clerk.authenticate,
        )

    return protocol
