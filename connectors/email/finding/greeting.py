"""Whether a mail server that somebody named answers at all: one line to it, its greeting, nothing said."""

from __future__ import annotations

import socket
import ssl

from connectors.base import ConnectorError
from connectors.email import tls
from connectors.email.finding.servers import Server
from connectors.guard import welcome

__all__ = ["greets"]

CONNECT_S = 4.0
_GREETINGS = {"imap": b"* ", "smtp": b"220"}


def greets(server: Server, *, context: ssl.SSLContext | None = None) -> bool:
    """True where it greets as its protocol does, with a certificate that can be trusted, at a public address (or one
    that ``FETCH_ALLOW`` names: whoever publishes a domain's servers must not lead us around the house)."""
    try:
        addresses = welcome(server.host, server.port)
    except ConnectorError:
        return False
    return any(_said(server, address, context or tls.context("")) for address in addresses[:2])


def _said(server: Server, address: str, context: ssl.SSLContext) -> bool:
    try:
        with socket.create_connection((address, server.port), timeout=CONNECT_S) as plain:
            if server.security != "tls":
                return _greeted(server, plain)
            with context.wrap_socket(plain, server_hostname=server.host) as line:
                return _greeted(server, line)
    except (OSError, ValueError):
        return False


def _greeted(server: Server, line: socket.socket) -> bool:
    if server.security == "plain":
        try:
            tls.checked(line, server.host)  # never away from this machine
        except ConnectorError:
            return False
    line.settimeout(CONNECT_S)
    said = b""
    while len(said) < 4 and (piece := line.recv(256)):
        said += piece
    return said.startswith(_GREETINGS[server.protocol])
