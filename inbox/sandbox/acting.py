"""What every stand-in offers to the tests and to the page: acts of customers, the judge's list, a conversation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from inbox.sandbox.courier import Delivery
from inbox.sandbox.ledger import Ledger

__all__ = ["Act", "Actor", "Bubble", "outcome"]

Act = Callable[[dict[str, Any]], dict[str, Any]]
WAIT_S = 20.0


@dataclass(frozen=True)
class Bubble:
    """One line of a conversation as the customer sees it; ``state`` is what became of it, in the provider's words."""

    mine: bool  # the customer wrote it
    text: str
    time: str
    id: str
    state: str = ""
    subject: str = ""
    files: tuple[dict[str, Any], ...] = ()


class Actor(Protocol):
    """One stand-in, seen from the customers' side."""

    provider: str
    ledger: Ledger

    def acts(self) -> dict[str, Act]:
        """What customers can do, by name; each takes and gives JSON and raises ``ValueError`` with a sentence."""

    def accepted(self) -> list[dict[str, Any]]:
        """Everything that the desk sent and the provider took over, oldest first."""

    def conversation(self, address: str) -> list[Bubble]:
        """What that customer sees, oldest first."""

    def account(self) -> dict[str, Any]:
        """How the desk signs in, as JSON."""

    def add(self, order: dict[str, Any]) -> dict[str, Any]:
        """One more address of ours at this provider."""

    def point(self, order: dict[str, Any]) -> dict[str, Any]:
        """Tells the provider where the desk is, as an admin would in the provider's console."""


def outcome(delivery: Delivery | None, order: dict[str, Any]) -> dict[str, Any] | None:
    """What the desk said to the first attempt: ``{"status", "error", "text"}``; None where nothing was called (yet).

    ``order["wait"]`` is how long to wait for it, in seconds (20); 0 does not wait.
    """
    wait = float(order.get("wait", WAIT_S))
    if delivery is None or wait <= 0 or not delivery.tried.wait(wait) or not delivery.results:
        return None
    result = delivery.results[0]
    return {"status": result.status, "error": result.error, "text": result.text}
