"""Debian's Postfix on loopback with a folder of its own, handing all mail on by LMTP."""

from __future__ import annotations

import os
import shutil
import signal
import smtplib
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.processes import Process, free_port

MISSING = "Postfix is missing, or the tests are not root (apt-get install postfix)"
PROGRAM, DAEMONS = Path("/usr/sbin/postfix"), Path("/usr/lib/postfix/sbin")

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
daemon_directory = {daemons}
command_directory = /usr/sbin
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = mx.bottega.example
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
local_transport = error:no local mail
virtual_mailbox_domains = {domain}
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
smtputf8_enable = yes
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
bounce_queue_lifetime = 0
notify_classes =
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 1 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
error     unix  - - n - - error
retry     unix  - - n - - error
lmtp      unix  - - n - - lmtp
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """A running Postfix: ``port`` takes mail by SMTP; ``log`` says what became of it."""

    def __init__(self, folder: Path, domain: str, lmtp: int) -> None:
        self.folder, self.log = folder, folder / "mail.log"
        self.port = free_port()
        config = folder / "etc"
        for name in ("etc", "spool", "data"):
            (folder / name).mkdir()
        shutil.chown(folder / "data", "postfix")
        values = {"folder": folder, "daemons": DAEMONS, "domain": domain, "lmtp": lmtp, "port": self.port}
        (config / "main.cf").write_text(MAIN.format(**values))
        (config / "master.cf").write_text(MASTER.format(**values))
        command: list[str | Path] = [PROGRAM, "-c", config, "start-fg"]
        self.process = Process(command, folder / "out.log", stop_by=signal.SIGTERM)

    def answers(self) -> bool:
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=5):
                return True
        except (OSError, smtplib.SMTPException):
            return False

    def stop(self) -> None:
        """Ends master and its daemons: the script that starts them does not pass a signal on."""
        command: list[str | Path] = [PROGRAM, "-c", self.folder / "etc", "stop"]
        subprocess.run(command, capture_output=True, check=False, timeout=60)
        self.process.stop()


@contextmanager
def running(domain: str, lmtp: int) -> Iterator[Postfix]:
    """A Postfix that hands the mail of ``domain`` to the LMTP port; skips where there is none, or no root."""
    if not DAEMONS.is_dir() or os.geteuid() != 0:
        pytest.skip(MISSING)
    folder = Path(tempfile.mkdtemp(prefix="postfix-", dir="/tmp"))
    folder.chmod(0o755)  # its daemons run as a user of their own
    server = Postfix(folder, domain, lmtp)
    try:
        assert server.process.wait_for(server.answers), server.process.last_words()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
