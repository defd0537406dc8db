"""What all stand-ins share: faults, courier, timetable, files, pace and the address that they are reached at."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from inbox.sandbox.courier import Courier
from inbox.sandbox.faults import Faults
from inbox.sandbox.files import Files
from inbox.sandbox.ledger import Ledger
from inbox.sandbox.timetable import Timetable

__all__ = ["Pace", "Stage"]


@dataclass
class Pace:
    """How long things take, in seconds."""

    sent: float = 0.15  # from accepted to "sent"
    delivered: float = 0.4  # from accepted to "delivered"
    price: float = 1.0  # from "delivered" until the price is known
    retry: float = 0.5  # the first pause before a webhook is tried again
    token: float = 3600.0  # how long a mailbox's access token is good
    batch: float = 0.02  # how long Meta gathers events into one call

    def change(self, new: dict[str, Any]) -> None:
        """Sets some of them. Raises ``ValueError``."""
        known = {item.name for item in fields(self)}
        for name, value in new.items():
            if name not in known:
                raise ValueError(f"unknown pace: {name}")
            setattr(self, name, float(value))


class Stage:
    """The surroundings of one sandbox; everything it keeps lies under ``state``."""

    def __init__(self, state: Path) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self.state = state
        self.timetable = Timetable()
        self.faults = Faults(self.timetable.sleep)
        self.hooks = Ledger(state / "hooks.jsonl")
        self.courier = Courier(self.timetable, self.faults, self.hooks)
        self.files = Files(state / "files")
        self.pace = Pace()
        self.url = ""  # http://127.0.0.1:PORT, known once the port is

    def stop(self) -> None:
        """Ends all work that is due or under way."""
        self.timetable.stop()
        self.hooks.close()
