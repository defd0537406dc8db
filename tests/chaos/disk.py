"""A disk that can be full for a moment: a small one of its own where that is allowed, else a limit on file sizes."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Disk", "small_disk"]

SIZE_MB = 768


class Disk:
    """A folder, and a way to leave no room in it."""

    def __init__(self, folder: Path, *, mounted: bool) -> None:
        self.folder = folder
        self._mounted = mounted

    @property
    def way(self) -> str:
        """How it gets full, for the summary."""
        return f"tmpfs of {SIZE_MB} MB" if self._mounted else "RLIMIT_FSIZE of 0 on the desk's processes"

    @contextmanager
    def full(self, pids: list[int]) -> Iterator[None]:
        """No byte more can be written by the processes ``pids`` until the end."""
        if self._mounted:
            ballast = self.folder / "ballast"
            try:
                _fill(ballast)
                yield
            finally:
                ballast.unlink(missing_ok=True)
            return
        before = {pid: _limit(pid, 0) for pid in pids}
        try:
            yield
        finally:
            for pid, soft in before.items():
                if soft is not None:
                    _limit(pid, soft)


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """A disk of its own at ``folder`` where this user may mount one."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "sportello-chaos", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield Disk(folder, mounted=mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


def _fill(ballast: Path) -> None:
    piece = b"\0" * 65_536
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(piece)
    with ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0")


def _limit(pid: int, soft: int) -> int | None:
    """Sets the largest size of a file that a process may write; gives what it was, None for a dead process."""
    try:
        old, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
    except ProcessLookupError:
        return None
    return old
