"""Named places where the crash test kills the process; without an order they do nothing."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Final

__all__ = ["NAMES", "aim", "reach"]

NAMES: Final = (
    "after_journal",
    "after_claim",
    "after_going_out",
    "after_accepted",
    "before_receipt",
    "before_announcement",
)
_aimed = ""
_order = os.environ.get("SPORTELLO_KILL_FILE", "")


def aim(name: str) -> None:
    """Chooses the place for this process; empty for none."""
    global _aimed  # noqa: PLW0603  (one per process)
    _aimed = name


def reach(name: str) -> None:
    """Dies here by SIGKILL if this place was chosen or is ordered."""
    if _aimed == name or (_order and _ordered(name)):
        os.kill(os.getpid(), signal.SIGKILL)


def _ordered(name: str) -> bool:
    """Whether the file that ``SPORTELLO_KILL_FILE`` names holds this place; the order is good for one death."""
    file = Path(_order)
    try:
        if file.read_text() != name:
            return False
        file.unlink()
    except FileNotFoundError:
        return False
    return True
