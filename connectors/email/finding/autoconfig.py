"""What a domain publishes of its mail servers for mail programs: Mozilla's form of it (config-v1.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from lxml import etree

from connectors.email.config import Security
from connectors.email.finding.servers import Protocol, Server, host_of

__all__ = ["MOST", "addresses", "read"]

#: Such a file has some kilobytes.
MOST = 65_536
_SECURITY: dict[str, Security] = {"ssl": "tls", "starttls": "starttls", "plain": "plain"}
_PROTOCOLS: tuple[tuple[str, Protocol], ...] = (("incomingServer", "imap"), ("outgoingServer", "smtp"))


def addresses(address: str) -> tuple[str, ...]:
    """Where the file may lie, https only: without it anybody on the way could name a server of their own."""
    domain = address.rpartition("@")[2]
    asked = f"?emailaddress={quote(address, safe='@')}"
    return (
        f"https://autoconfig.{domain}/mail/config-v1.1.xml{asked}",
        f"https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml{asked}",
    )


def read(body: bytes, address: str) -> tuple[tuple[Server, ...], bool]:
    """The servers that the file names, in its order, and whether mail can be fetched by POP3 only.

    Raises ``ValueError`` for what is no such file. No entity is ever resolved and nothing is ever loaded.
    """
    root = _root(body)
    servers: list[Server] = []
    pop = False
    for tag, protocol in _PROTOCOLS:
        for node in root.iterfind(f"emailProvider/{tag}"):
            kind = (node.get("type") or "").lower()
            pop = pop or kind == "pop3"
            server = _server(node, protocol, address) if kind == protocol else None
            if server is not None:
                servers.append(server)
    return tuple(servers), pop and not any(one.protocol == "imap" for one in servers)


def _root(body: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise ValueError("this is no autoconfiguration") from None
    declared: Any = root.getroottree().docinfo
    if root.tag != "clientConfig" or declared.doctype:
        raise ValueError("this is no autoconfiguration")
    return root


def _server(node: etree._Element, protocol: Protocol, address: str) -> Server | None:
    host = host_of(_filled(node.findtext("hostname") or "", address))
    port = (node.findtext("port") or "").strip()
    security = _SECURITY.get((node.findtext("socketType") or "").strip().lower())
    if not host or security is None or not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        return None
    server = Server(protocol, host, int(port), security, "autoconfig")
    user = _filled((node.findtext("username") or "").strip(), address)
    return server if user in {"", address} or len(user) > 320 else replace(server, user=user)


def _filled(text: str, address: str) -> str:
    local, _, domain = address.rpartition("@")
    for name, value in (("%EMAILADDRESS%", address), ("%EMAILLOCALPART%", local), ("%EMAILDOMAIN%", domain)):
        text = text.replace(name, value)
    return text
