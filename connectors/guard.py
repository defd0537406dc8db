"""Fetches what somebody else's payload points at, and reaches no address inside the house while doing so."""

from __future__ import annotations

import ipaddress
import logging
import os
import ssl
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from connectors.base import ConnectorError
from connectors.call import refusal
from connectors.line import PORTS, Answer, LineError, Target, exchange, resolve, target

__all__ = ["Allowed", "allowed", "fetch", "post", "public", "reachable", "welcome"]

log = logging.getLogger(__name__)

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], list[str]]

MAX_BYTES = 26_214_400
MAX_REDIRECTS = 3
SECONDS = 30.0
_REDIRECTS = (301, 302, 303, 307, 308)

# ``is_global`` is True for some of these (192.88.99.0/24, fec0::/10 …); 64:ff9b:1::/48 leads wherever its owner likes.
DENIED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "64:ff9b:1::/48",
        "100::/64",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")


def public(address: str) -> bool:
    """Whether an IP address belongs to the public Internet, also through every tunnel that it may name: an IPv4
    address inside an IPv6 one (mapped, compatible, NAT64, 6to4, Teredo) is judged itself. False for what is none."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return all(_public(inner) for inner in _inside(ip))


def _inside(ip: IP) -> tuple[IP, ...]:
    if isinstance(ip, ipaddress.IPv4Address):
        return (ip,)
    if ip.ipv4_mapped is not None:
        return (ip.ipv4_mapped,)
    if ip.sixtofour is not None:
        return (ip.sixtofour,)
    if ip.teredo is not None:
        return ip.teredo
    if ip in _NAT64 or ip in _COMPATIBLE:
        return (ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF),)
    return (ip,)


def _public(ip: IP) -> bool:
    if any(ip.version == network.version and ip in network for network in DENIED):
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local:
        return False
    closed = ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_link_local or ip.is_loopback
    return ip.is_global and not closed


@dataclass(frozen=True)
class Allowed:
    """One exception: a name as it stands in the URL, or a network that every resolved address has to lie in; with a
    port or for all. It also opens plain http and unusual ports."""

    host: str = ""
    network: Network | None = None
    port: int | None = None

    def may_cover(self, to: Target) -> bool:
        """Whether this exception could be about that target, as far as can be said without asking for its addresses."""
        return self.port in (None, to.port) and (self.network is not None or self.host == to.host)

    def covers(self, to: Target, addresses: Collection[str]) -> bool:
        """Whether this exception is about that target at these addresses."""
        network = self.network
        return self.may_cover(to) and (network is None or all(_within(address, network) for address in addresses))


def _within(address: str, network: Network) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return ip.version == network.version and ip in network


def allowed(text: str) -> tuple[Allowed, ...]:
    """Reads ``FETCH_ALLOW``: names, addresses or networks, each with a port or none (``n8n:5678 10.0.0.0/8
    http://127.0.0.1:8025 [::1]:80``), parted by blanks or commas. Raises ``ValueError`` naming the entry."""
    return tuple(_entry(word) for word in text.replace(",", " ").split())


def _entry(word: str) -> Allowed:
    try:
        return Allowed(network=ipaddress.ip_network(word, strict=False))
    except ValueError:
        pass
    try:
        parts = urlsplit(word if "://" in word else "//" + word)
        port = PORTS.get(parts.scheme) if parts.port is None else parts.port
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if not host or parts.path not in ("", "/") or "@" in word:
        raise ValueError(f"FETCH_ALLOW: {word!r} is neither a host, host:port nor a network")
    try:
        return Allowed(network=ipaddress.ip_network(host), port=port)
    except ValueError:
        return Allowed(host=host, port=port)


def _exceptions(given: Iterable[Allowed]) -> tuple[Allowed, ...]:
    """Those passed in and those of the environment; the only place that reads ``FETCH_ALLOW``."""
    complaint = ""
    try:
        return (*given, *allowed(os.environ.get("FETCH_ALLOW", "")))
    except ValueError as error:
        complaint = str(error)
    raise ConnectorError(complaint, code="config", permanent=True)


def reachable(
    to: Target, *, allow: Iterable[Allowed] = (), hosts: Collection[str] | None = None, resolver: Resolver = resolve
) -> list[str]:
    """The addresses to connect to, all of them judged; connect to one of these and to nothing else.

    Without an exception: https on port 443, every address public, and, where ``hosts`` is given, one of these domains
    or a name below one. Raises :class:`ConnectorError`, ``blocked`` (permanent) or ``connect``.
    """
    exceptions = [exception for exception in _exceptions(allow) if exception.may_cover(to)]
    welcome = hosts is None or any(to.host == host or to.host.endswith("." + host) for host in hosts)
    usual = welcome and to.scheme == "https" and to.port == PORTS["https"]
    if not usual and not exceptions:
        # Before anybody is asked for the name: that question alone could carry something out.
        raise ConnectorError("blocked address", code="blocked", permanent=True)
    addresses: list[str] = []
    with suppress(OSError, UnicodeError):
        addresses = resolver(to.host, to.port)
    if not addresses:
        raise ConnectorError(f"the name {to.host} has no address", code="connect", permanent=False)
    if any(exception.covers(to, addresses) for exception in exceptions):
        log.info("fetch from %s allowed by exception", to.origin)
    elif not (usual and all(map(public, addresses))):
        raise ConnectorError("blocked address", code="blocked", permanent=True)
    return addresses


def welcome(host: str, port: int, *, resolver: Resolver = resolve) -> list[str]:
    """The addresses of a server of another protocol that somebody else named: every one public, or all of them covered
    by an exception. Raises :class:`ConnectorError`, ``blocked`` (permanent) or ``connect``."""
    to = Target("https", host, port, "/")
    addresses: list[str] = []
    with suppress(OSError, UnicodeError):
        addresses = resolver(host, port)
    if not addresses:
        raise ConnectorError(f"the name {host} has no address", code="connect", permanent=False)
    if all(map(public, addresses)) or any(exception.covers(to, addresses) for exception in _exceptions(())):
        return addresses
    raise ConnectorError("blocked address", code="blocked", permanent=True)


def fetch(
    url: str,
    *,
    auth: Mapping[str, str] | None = None,
    hosts: Collection[str] | None = None,
    allow: Iterable[Allowed] = (),
    max_bytes: int = MAX_BYTES,
    seconds: float = SECONDS,
    resolver: Resolver = resolve,
    context: ssl.SSLContext | None = None,
) -> Answer:
    """GETs ``url`` and follows at most 3 redirects, each judged as the first. ``auth`` headers go only to the first
    origin. ``seconds`` bound all hops together, ``max_bytes`` the body.

    Raises :class:`ConnectorError` with ``blocked``, ``too_large``, ``timeout``, ``connect``, ``tls`` or, for everything
    but a 2xx, ``http_<status>``.
    """
    exceptions = tuple(allow)
    ends = time.monotonic() + seconds
    first: Target | None = None
    for _ in range(1 + MAX_REDIRECTS):
        to = _target(url)
        first = first or to
        addresses = reachable(to, allow=exceptions, hosts=hosts, resolver=resolver)
        headers = dict(auth or {}) if to.origin == first.origin else {}
        answer = _get(to, addresses, headers, max(ends - time.monotonic(), 0.001), max_bytes, context)
        if answer.status not in _REDIRECTS or not answer.headers.get("location"):
            break
        url = urljoin(to.url, answer.headers["location"])
    else:
        raise ConnectorError("more than 3 redirects", code="blocked", permanent=True)
    if not 200 <= answer.status < 300:
        raise refusal(to.host, answer)
    return answer


def post(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str],
    allow: Iterable[Allowed] = (),
    max_bytes: int,
    seconds: float,
    resolver: Resolver = resolve,
) -> Answer:
    """POSTs to an address that is judged as :func:`fetch` judges one; gives whatever it answers. No redirect is
    followed: what was signed for one address goes to no other.

    Raises :class:`ConnectorError` with ``blocked``, ``too_large``, ``timeout``, ``connect`` or ``tls``.
    """
    to = _target(url)
    addresses = reachable(to, allow=allow, resolver=resolver)
    try:
        return exchange(to, addresses, method="POST", headers=headers, body=body, seconds=seconds, max_bytes=max_bytes)
    except LineError as error:
        failure = ConnectorError(error.message, code=error.code, permanent=error.code == "too_large")
    raise failure


def _target(url: str) -> Target:
    try:
        return target(url)
    except ValueError:
        pass
    raise ConnectorError("blocked address", code="blocked", permanent=True)


def _get(
    to: Target,
    addresses: list[str],
    headers: dict[str, str],
    seconds: float,
    max_bytes: int,
    context: ssl.SSLContext | None,
) -> Answer:
    try:
        return exchange(to, addresses, headers=headers, seconds=seconds, max_bytes=max_bytes, context=context)
    except LineError as error:
        failure = ConnectorError(error.message, code=error.code, permanent=error.code == "too_large")
    raise failure
