"""From a mail address to its servers: what is known, what the domain publishes, what is worth a try."""

from connectors.email.finding.search import Found, find
from connectors.email.finding.servers import Need, Server

__all__ = ["Found", "Need", "Server", "find"]
