"""All benchmarks, one after the other: ``make bench``. Each prints its figures beside their limits in the same run."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

#: Which of them to run, in this order; a name on the command line runs that one alone.
NAMES = [
    path.stem
    for path in sorted(Path(__file__).parent.glob("*.py"))
    if path.stem not in {"__main__", "__init__"} and "def main(" in path.read_text()
]


def main() -> None:
    """Runs what is asked for, or all."""
    for name in sys.argv[1:] or NAMES:
        sys.stdout.write(f"== {name}\n")
        sys.stdout.flush()
        import_module(f"bench.{name}").main([])


if __name__ == "__main__":
    main()
