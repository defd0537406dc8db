"""Named places where the crash test kills the process; without ``SPORTELLO_KILL_POINT`` they do nothing."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Final

__all__ = ["NAMES", "reach"]

NAMES: Final = (
    "after_journal",
    "after_claim",
    "after_going_out",
    "after_accepted",
    "before_receipt",
    "before_announcement",
)
_POINT, _, _SKIP = os.environ.get("SPORTELLO_KILL_POINT", "").partition(":")
_left = int(_SKIP) if _SKIP.isdigit() else 0


def reach(name: str) -> None:
    """Dies here by SIGKILL if the environment names this place (``after_claim:2`` lets two pass first)."""
    global _left  # noqa: PLW0603  (a countdown of the process)
    if name != _POINT:
        return
    if _left > 0:
        _left -= 1
        return
    record = os.environ.get("SPORTELLO_KILL_LOG")
    if record:
        with Path(record).open("a") as file:
            file.write(f"{name}\n")
            file.flush()
            os.fsync(file.fileno())
    os.kill(os.getpid(), signal.SIGKILL)
