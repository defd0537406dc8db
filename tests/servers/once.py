"""What takes long to make is made once for a whole run: by the first of its processes that asks for it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

__all__ = ["made_once"]


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The folder of that name, to copy and never to write to; ``make`` fills it where nobody has, and others wait."""
    base = factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, aside = root / name, root / f"{name}.{os.getpid()}"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go with the file, also by a process that is killed
        if not folder.exists():
            aside.mkdir()
            make(aside)
            aside.rename(folder)
    return folder
