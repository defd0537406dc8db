"""Encrypted lines that check whom they talk to."""

from __future__ import annotations

import socket
import ssl
from functools import lru_cache
from pathlib import Path

from connectors.base import ConnectorError
from connectors.email.config import is_loopback

__all__ = ["checked", "context", "unreachable"]


@lru_cache(maxsize=64)
def _made(ca_file: str, _changed: float) -> ssl.SSLContext:
    made = ssl.create_default_context()
    if ca_file:
        made.load_verify_locations(ca_file)
    return made


def context(ca_file: str) -> ssl.SSLContext:
    """A context that verifies names and certificates; the system's authorities, and those in ``ca_file``."""
    try:
        return _made(ca_file, Path(ca_file).stat().st_mtime if ca_file else 0.0)
    except (OSError, ValueError):
        raise ConnectorError(f"the CA file {ca_file} cannot be read", code="config", permanent=True) from None


def checked(sock: socket.socket, host: str) -> None:
    """Refuses a line without encryption that leaves this machine, whatever the host's name promised."""
    try:
        peer = str(sock.getpeername()[0])
    except OSError:
        raise ConnectorError(f"{host} closed the line", code="connect", permanent=False) from None
    if not is_loopback(peer):
        raise ConnectorError(
            f"{host} is another machine: it takes TLS or STARTTLS", code="config", permanent=True
        ) from None


def unreachable(error: Exception, what: str, host: str, port: int) -> ConnectorError:
    """The sentence for a line that did not come about or broke."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = error.verify_message or "not valid"
        return ConnectorError(f"the certificate of {host} cannot be trusted: {reason}", code="tls", permanent=False)
    if isinstance(error, ssl.SSLError):
        return ConnectorError(f"{host}:{port} does not speak TLS as {what} asks for", code="tls", permanent=False)
    if isinstance(error, TimeoutError):
        return ConnectorError(f"{host}:{port} did not answer in time", code="timeout", permanent=False)
    if isinstance(error, socket.gaierror):
        return ConnectorError(f"there is no server called {host}", code="connect", permanent=False)
    if isinstance(error, ConnectionRefusedError):
        return ConnectorError(f"{host}:{port} takes no connection", code="connect", permanent=False)
    return ConnectorError(f"the line to {host}:{port} broke", code="connect", permanent=False)
