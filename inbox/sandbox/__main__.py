"""``python -m inbox.sandbox``: the stand-ins as a process of their own, until it is told to stop."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

_EXAMPLE = "example: python -m inbox.sandbox --port 8025 --state data/sandbox"


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m inbox.sandbox",
        description="Stand-ins on loopback for Twilio, Telegram, Messenger and a mail provider.",
        epilog=_EXAMPLE,
    )
    parser.add_argument("--port", type=int, default=0, help="HTTP port (the kernel chooses)")
    parser.add_argument("--smtp-port", type=int, default=0, help="SMTP port (the kernel chooses)")
    parser.add_argument("--imap-port", type=int, default=0, help="IMAP port (the kernel chooses)")
    parser.add_argument("--state", type=Path, default=Path("data/sandbox"), help="where everything is kept")
    parser.add_argument("--tls", action="store_true", help="also SMTP and IMAP over TLS, with a CA of its own")
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input is closed")
    parser.add_argument(
        "--supervised", action="store_true", help="say nothing, and stop when the parent process is gone"
    )
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> int:
    """Prints one line of JSON with the ports (unless ``--supervised``), then runs until SIGTERM or SIGINT."""
    options = _arguments(given)
    try:
        from inbox.sandbox.server import Server  # noqa: PLC0415 - so that --help and the next line need no extras
    except ModuleNotFoundError as error:
        _say(f"The sandbox needs {error.name}: install sportello[sandbox].")
        return 1
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        server = Server(
            options.state, http=options.port, smtp=options.smtp_port, imap=options.imap_port, tls=options.tls
        )
    except OSError as error:
        _say(f"The sandbox cannot start: {error}.")
        return 1
    if options.supervised:
        threading.Thread(target=_until_alone, args=(os.getppid(),), daemon=True).start()
    else:
        sys.stdout.write(json.dumps(server.ports) + "\n")
        sys.stdout.flush()
    if options.with_parent:
        threading.Thread(target=_until_closed, daemon=True).start()
    signal.sigwait(signals)
    server.stop()
    return 0


def _say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")


def _until_closed() -> None:
    """Reads past Python's buffer: a thread that waits in there would abort the interpreter's end."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _until_alone(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
