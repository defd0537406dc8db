"""A mail server as a search names it: where it is, how its line is encrypted, and who said so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from connectors.email.config import Security

__all__ = ["Need", "Protocol", "Server", "Source", "host_of", "unique"]

Protocol = Literal["imap", "smtp"]
Source = Literal["table", "autoconfig", "srv", "mx", "guess"]
#: What a provider asks for besides the mailbox's own password: a password made for one program, a sign-in at its page,
#: another user name than the address, IMAP switched on first; ``closed`` gives no IMAP to anybody.
Need = Literal["", "app_password", "sign_in", "user_id", "imap_off", "closed"]
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?:\.(?!-)[a-z0-9-]{1,63})*")


@dataclass(frozen=True)
class Server:
    """One server. ``user`` is the login's name, empty for the address itself. ``sure``: whoever named it may be
    trusted with the password; otherwise a person looks at the name first (RFC 6186, section 6)."""

    protocol: Protocol
    host: str
    port: int
    security: Security
    source: Source = "table"
    user: str = ""
    sure: bool = True

    @property
    def settings(self) -> dict[str, str | int]:
        """As a mail channel's settings name it."""
        name = self.protocol
        found: dict[str, str | int] = {f"{name}_host": self.host, f"{name}_port": self.port}
        return {**found, f"{name}_security": self.security, f"{name}_user": self.user}

    @property
    def place(self) -> tuple[str, str, int, str]:
        """What makes two the same."""
        return self.protocol, self.host, self.port, self.security


def host_of(text: str) -> str:
    """A host's name in small letters, without the final dot; empty where it is none."""
    name = text.strip().rstrip(".").lower()
    return name if len(name) <= 253 and _HOST.fullmatch(name) else ""


def unique(servers: Iterable[Server]) -> tuple[Server, ...]:
    """Each once, the first word counts."""
    found: dict[tuple[str, str, int, str], Server] = {}
    for server in servers:
        found.setdefault(server.place, server)
    return tuple(found.values())
