"""How long a second start takes up to its first page.

python -m bench.first_page [--rounds 5]
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import requests

LIMIT_S = 3.0


def once(folder: str) -> float:
    """Seconds from the command to the first answered page; the desk is ended again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began = time.perf_counter()
    environment = {**os.environ, "DATA_DIR": folder, "PORT": str(port), "HOST": "127.0.0.1", "DATABASE_URL": ""}
    desk = subprocess.Popen([sys.executable, "-m", "inbox.cli", "serve"], env=environment, stdout=subprocess.DEVNULL)
    try:
        while time.perf_counter() - began < 60:
            try:
                if requests.get(f"http://127.0.0.1:{port}/setup", timeout=5).ok:
                    return time.perf_counter() - began
            except requests.RequestException:
                time.sleep(0.02)
        raise TimeoutError("no page within a minute")
    finally:
        desk.send_signal(signal.SIGTERM)
        desk.wait(30)


def main(argv: list[str] | None = None) -> None:
    """Prints the median and the range."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--rounds", type=int, default=5)
    asked = options.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        once(folder)
        times = [once(folder) for _ in range(asked.rounds)]
    sys.stdout.write(
        f"second start to first page: median {statistics.median(times):.2f} s, {min(times):.2f} to {max(times):.2f} s"
        f" (aim: under {LIMIT_S:.0f} s)\n"
    )


if __name__ == "__main__":
    main()
