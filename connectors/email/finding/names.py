"""What a domain's name servers say of its mail: services (RFC 6186, RFC 8314) and the hosts that take its mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.email.config import Security
from connectors.email.finding.servers import Protocol, Server, host_of

if TYPE_CHECKING:
    from dns.resolver import Resolver

__all__ = ["mx", "resolver", "services"]

#: The services in the order in which they are preferred: encrypted from the first byte on comes first (RFC 8314).
SERVICES: tuple[tuple[str, Protocol, Security], ...] = (
    ("_imaps._tcp", "imap", "tls"),
    ("_imap._tcp", "imap", "starttls"),
    ("_submissions._tcp", "smtp", "tls"),
    ("_submission._tcp", "smtp", "starttls"),
)


def resolver(seconds: float) -> Resolver | None:
    """One that asks the machine's own name servers; None where it knows none."""
    from dns.resolver import NoResolverConfiguration, Resolver  # noqa: PLC0415 - a wizard's need, not a start's

    try:
        made = Resolver()
    except NoResolverConfiguration:
        return None
    made.lifetime, made.timeout = seconds, min(2.0, seconds)
    return made


def services(domain: str, ask: Resolver) -> tuple[Server, ...]:
    """The servers that the domain names, the preferred first. One in another domain is not ``sure``: the answer of a
    name server is not signed, so a person looks at it before the password goes there."""
    found: list[Server] = []
    for service, protocol, security in SERVICES:
        records = sorted(_asked(ask, f"{service}.{domain}", "SRV"), key=lambda one: (one.priority, -one.weight))
        for record in records:
            host = host_of(record.target.to_text())
            if host and 0 < record.port < 65_536:  # a target of "." says: there is no such service
                own = host == domain or host.endswith("." + domain)
                found.append(Server(protocol, host, record.port, security, "srv", sure=own))
    return tuple(found)


def mx(domain: str, ask: Resolver) -> tuple[str, ...]:
    """The hosts that take the domain's mail, the preferred first."""
    records = sorted(_asked(ask, domain, "MX"), key=lambda one: one.preference)
    return tuple(filter(None, (host_of(one.exchange.to_text()) for one in records)))


def _asked(ask: Resolver, name: str, kind: str) -> list[Any]:
    from dns.exception import DNSException  # noqa: PLC0415 - see above

    try:
        return list(ask.resolve(name, kind, search=False))
    except (DNSException, OSError, ValueError):
        return []
