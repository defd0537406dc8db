"""A real name server on loopback that knows what a test tells it, and nothing else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset


class NameServer:
    """Answers by UDP; ``tell("_imaps._tcp.shop.example", "SRV", "0 1 993 imap.shop.example.")`` adds a record."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._records: dict[tuple[str, str], list[str]] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def tell(self, name: str, kind: str, *values: str) -> None:
        self._records[f"{name}.".lower(), kind] = list(values)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                wire, peer = self._socket.recvfrom(4096)
                if not wire:
                    return
                query = dns.message.from_wire(wire)
                answer = dns.message.make_response(query)
                name = query.question[0].name.to_text().lower()
                kind = dns.rdatatype.to_text(query.question[0].rdtype)
                self.asked.append(f"{name} {kind}")
                if found := self._records.get((name, kind)):
                    answer.answer.append(dns.rrset.from_text_list(name, 60, "IN", kind, found))
                else:
                    answer.set_rcode(dns.rcode.NXDOMAIN)
                self._socket.sendto(answer.to_wire(), peer)

    def resolver(self, seconds: float = 2.0) -> dns.resolver.Resolver:
        """Asks this server only."""
        made = dns.resolver.Resolver(configure=False)
        made.nameservers, made.port, made.lifetime = ["127.0.0.1"], self.port, seconds
        return made

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@contextmanager
def name_server() -> Iterator[NameServer]:
    server = NameServer()
    try:
        yield server
    finally:
        server.close()
