"""The search itself: all sources at once, under one deadline; then the first servers that really answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.base import ConnectorError
from connectors.email.addresses import canonical
from connectors.email.finding import autoconfig, names, providers
from connectors.email.finding.greeting import greets
from connectors.email.finding.servers import Need, Server, unique
from connectors.guard import fetch

if TYPE_CHECKING:
    from dns.resolver import Resolver

__all__ = ["SECONDS", "Found", "find", "guesses"]

#: For everything together; half of it is for asking, half for trying.
SECONDS = 10.0
#: Where a mail server usually stands when nobody says so.
GUESSED = (
    *(("imap", name, 993, "tls") for name in ("imap", "mail")),
    *(("smtp", name, 465, "tls") for name in ("smtp", "mail")),
    *(("smtp", name, 587, "starttls") for name in ("smtp", "mail")),
)


@dataclass(frozen=True)
class Found:
    """What is known of an address: the servers that answered, else None; ``provider`` and ``need`` where it is one
    of the table; ``pop``: it publishes POP3 and no IMAP. ``tried`` are all that were named."""

    address: str
    imap: Server | None = None
    smtp: Server | None = None
    provider: str = ""
    need: Need = ""
    pop: bool = False
    tried: tuple[Server, ...] = ()

    @property
    def sure(self) -> bool:
        """Whether the password may go there without a person looking at the names first."""
        return all(one is None or one.sure for one in (self.imap, self.smtp))


def guesses(domain: str) -> tuple[Server, ...]:
    """The usual names."""
    return tuple(
        Server(protocol, f"{name}.{domain}", port, security, "guess")  # type: ignore[arg-type]
        for protocol, name, port, security in GUESSED
    )


def find(
    address: str,
    *,
    seconds: float = SECONDS,
    ask: Resolver | None = None,
    look: Callable[[str], bytes] | None = None,
    greet: Callable[[Server], bool] = greets,
) -> Found:
    """The servers of an address within ``seconds``. ``ask`` and ``look`` are how name servers and web servers are
    asked, ``greet`` says whether a server answers; none of them is given the password."""
    address = canonical(address)
    domain = _ascii(address.rpartition("@")[2])
    ends = time.monotonic() + seconds
    known = providers.by_domain(domain)
    if known is not None:
        return _tried(Found(address, provider=known.name, need=known.need), known.servers("table"), greet, ends)
    half = seconds / 2
    ask = ask or names.resolver(half)
    fetched = look or (lambda url: fetch(url, seconds=half, max_bytes=autoconfig.MOST).body)
    pool = ThreadPoolExecutor(4, thread_name_prefix="finding")
    try:
        published = [pool.submit(_published, url, address, fetched) for url in autoconfig.addresses(address)]
        served: Future[tuple[Server, ...]] | None = pool.submit(names.services, domain, ask) if ask else None
        taken: Future[tuple[str, ...]] | None = pool.submit(names.mx, domain, ask) if ask else None
        asked: list[Future[Any]] = [*published, *(one for one in (served, taken) if one is not None)]
        wait(asked, timeout=half)
        files = [_done(one, ((), False)) for one in published]
        hosts = _done(taken, ()) if taken is not None else ()
        services = _done(served, ()) if served is not None else ()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    theirs = next(filter(None, map(providers.by_mx, hosts)), None)
    named = [server for servers, _pop in files for server in servers]
    known_by_mx = theirs.servers("mx") if theirs is not None else ()
    pop = any(pop for _servers, pop in files) and not any(one.protocol == "imap" for one in (*services, *known_by_mx))
    about = Found(address, provider=theirs.name if theirs else "", need=theirs.need if theirs else "", pop=pop)
    closed = about.need == "closed"
    rest = () if closed or pop else guesses(domain)
    return _tried(about, unique((*named, *services, *known_by_mx, *rest)), greet, ends)


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return domain


def _published(url: str, address: str, look: Callable[[str], bytes]) -> tuple[tuple[Server, ...], bool]:
    """What lies at that address; nothing where there is no such file, which is the usual case."""
    try:
        return autoconfig.read(look(url), address)
    except (ConnectorError, OSError, ValueError):
        return (), False


def _done(future: Future[Any], otherwise: Any) -> Any:
    return future.result() if future.done() and not future.cancelled() and future.exception() is None else otherwise


def _tried(about: Found, servers: Sequence[Server], greet: Callable[[Server], bool], ends: float) -> Found:
    """``about`` with the first server of each protocol that answers: their order decides, not their pace."""
    pool = ThreadPoolExecutor(max(1, len(servers)), thread_name_prefix="greeting")
    try:
        answers = [(server, pool.submit(greet, server)) for server in servers]
        chosen: dict[str, Server] = {}
        for server, answer in answers:
            if server.protocol not in chosen and _in_time(answer, ends):
                chosen[server.protocol] = server
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return Found(
        about.address, chosen.get("imap"), chosen.get("smtp"), about.provider, about.need, about.pop, tuple(servers)
    )


def _in_time(answer: Future[bool], ends: float) -> bool:
    try:
        return answer.result(timeout=max(0.0, ends - time.monotonic()))
    except (TooLate, OSError):
        return False
