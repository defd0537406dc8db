"""Real mail servers on loopback: an SMTP sink that fails where it is told to, Dovecot, pymap, their certificates."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import grp
import imaplib
import os
import pwd
import shutil
import socket
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from imapclient import IMAPClient

from tests.connectors.tls import _certificate
from tests.servers.processes import Process, free_port

USER, PASSWORD = "support@shop.example", "geheim-Straße-42"
PLAIN_PASSWORD = "s3cret-of-the-mailbox"
NO_DOVECOT = "Dovecot is missing (apt-get install dovecot-imapd)"


@dataclass
class Authority:
    """A certificate authority of the test's own, and a certificate for ``localhost`` from it."""

    ca_file: Path
    cert: Path
    key: Path

    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        return context


def authority(folder: Path, name: str = "localhost") -> Authority:
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate("Test authority", None, root_key, root_key)
    leaf = _certificate(name, root.subject, key, root_key)
    pem = serialization.Encoding.PEM
    made = Authority(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    made.ca_file.write_bytes(root.public_bytes(pem))
    made.cert.write_bytes(leaf.public_bytes(pem))
    made.key.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return made


# --- SMTP ---


@dataclass
class Taken:
    """One mail that the sink took over."""

    sender: str
    recipients: list[str]
    content: bytes


@dataclass
class Script:
    """What goes wrong. ``say`` gives the reply at a stage instead of the usual one; ``drop`` names the stage at which
    the line breaks. Stages: ``banner ehlo auth mail rcpt data content dot``; ``rcpt`` also per address."""

    say: dict[str, str] = field(default_factory=dict)
    drop: str = ""
    password: str = PLAIN_PASSWORD
    login_code: str = "535 5.7.8 Authentication credentials invalid"
    size: int = 33_554_432


class MailSink:
    """An SMTP server with the list of what it took over, and of every login that was tried."""

    def __init__(self, tls: ssl.SSLContext | None = None, *, implicit: bool = False, utf8: bool = True) -> None:
        self.taken: list[Taken] = []
        self.logins: list[tuple[str, bool]] = []
        self.commands: list[str] = []
        self.script = Script()
        self._tls, self._implicit, self._utf8 = tls, implicit, utf8
        self._loop = asyncio.new_event_loop()
        self._transports: set[asyncio.BaseTransport] = set()
        self._server: asyncio.Server | None = None
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(
            self._loop.create_server(self._protocol, "127.0.0.1", 0, ssl=self._tls if self._implicit else None)
        )
        self.port = int(self._server.sockets[0].getsockname()[1])
        ready.set()
        self._loop.run_forever()

    def _protocol(self) -> SMTP:
        return _Scripted(
            self,
            _Handler(self),
            hostname="mx.sink.example",
            enable_SMTPUTF8=self._utf8,
            decode_data=False,
            data_size_limit=self.script.size,
            tls_context=None if self._implicit else self._tls,
            authenticator=self._login,
            auth_require_tls=False,
            loop=self._loop,
        )

    def _login(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        good = given.password.decode() == self.script.password
        self.logins.append((given.login.decode(), good))
        return AuthResult(success=good, handled=False, message=None if good else self.script.login_code)

    def close(self) -> None:
        """Nobody listens any more."""
        if not self._thread.is_alive():
            return

        def end() -> None:
            assert self._server is not None
            self._server.close()
            for transport in list(self._transports):
                transport.close()
            self._loop.call_later(0.05, self._loop.stop)

        self._loop.call_soon_threadsafe(end)
        self._thread.join(10)
        self._loop.close()


class _Handler:
    def __init__(self, sink: MailSink) -> None:
        self._sink = sink

    async def handle_MAIL(  # noqa: N802 - the library finds it by this name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := self._sink.script.say.get("mail"):
            return reply
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(  # noqa: N802 - the library finds it by this name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := self._sink.script.say.get(address) or self._sink.script.say.get("rcpt"):
            return reply
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: _Scripted, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library finds it by this name
        script = self._sink.script
        if script.drop == "dot":
            server.cut()
        reply = script.say.get("dot", "250 2.0.0 Ok: queued as 4Zk")
        if reply.startswith("2") and script.drop != "refused":
            content = envelope.content
            assert isinstance(content, bytes)
            self._sink.taken.append(Taken(str(envelope.mail_from), list(envelope.rcpt_tos), content))
        return reply


class _Scripted(SMTP):
    def __init__(self, sink: MailSink, *positional: Any, **named: Any) -> None:
        self._sink = sink
        super().__init__(*positional, **named)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._sink._transports.add(transport)
        if self._sink.script.drop == "banner":
            transport.close()
            return
        if reply := self._sink.script.say.get("banner"):
            assert isinstance(transport, asyncio.Transport)
            transport.write(reply.encode() + b"\r\n")
            transport.close()
            return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        with contextlib.suppress(Exception):
            super().connection_lost(error)

    def cut(self) -> None:
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.abort()

    async def _handle_hooked(self, stage: str) -> bool:
        self._sink.commands.append(stage)
        if self._sink.script.drop == stage:
            self.cut()
            return True
        if (reply := self._sink.script.say.get(stage)) and stage in {"ehlo", "data"}:
            await self.push(reply)
            return True
        return False

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - the library finds it by this name
        if not await self._handle_hooked("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802 - the library finds it by this name
        if not await self._handle_hooked("auth"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802 - the library finds it by this name
        if not await self._handle_hooked("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802 - the library finds it by this name
        if not await self._handle_hooked("rcpt"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - the library finds it by this name
        if await self._handle_hooked("data"):
            return
        if self._sink.script.drop == "content":
            await self.push("354 Go ahead")
            await self._reader.readline()
            self.cut()
            return
        await super().smtp_DATA(arg)


@contextmanager
def mail_sink(tls: ssl.SSLContext | None = None, *, implicit: bool = False, utf8: bool = True) -> Iterator[MailSink]:
    sink = MailSink(tls, implicit=implicit, utf8=utf8)
    try:
        yield sink
    finally:
        sink.close()


# --- lines ---


@contextmanager
def dripping(target: int, pace: float = 0.002) -> Iterator[int]:
    """A port that leads to another one, on which what the server says arrives byte by byte."""
    listener = socket.create_server(("127.0.0.1", 0))
    lines: list[socket.socket] = []

    def carry(source: socket.socket, into: socket.socket, size: int, wait: float) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(size):
                into.sendall(piece)
                time.sleep(wait)
            into.shutdown(socket.SHUT_WR)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", target))
                near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                lines.extend((near, far))
                threading.Thread(target=carry, args=(near, far, 65_536, 0), daemon=True).start()
                threading.Thread(target=carry, args=(far, near, 1, pace), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        for one in (listener, *lines):
            one.close()


# --- IMAP ---

DOVECOT = """
base_dir = {folder}/run
log_path = {folder}/log
state_dir = {folder}/state
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
imap_capability = {capability}
mail_location = mdbox:{folder}/mail/%u
first_valid_uid = 1
mailbox_idle_check_interval = 1 s
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  process_min_avail = 1
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service stats {{
  chroot =
}}
"""


@dataclass
class ImapServer:
    """Where a server listens, and a client of our own on it for the test's side."""

    port: int
    tls_port: int
    user: str
    password: str
    process: Process

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        with IMAPClient("127.0.0.1", self.port, ssl=False, timeout=20) as client:
            token = f"\0{self.user}\0{self.password}".encode()
            client.sasl_login("PLAIN", lambda _challenge: token)
            yield client

    def put(self, raw: bytes, folder: str = "INBOX", at: dt.datetime | None = None) -> None:
        with self.client() as client:
            client.append(folder, raw, msg_time=at)

    def flags(self, folder: str = "INBOX") -> list[tuple[bytes, ...]]:
        with self.client() as client:
            client.select_folder(folder, readonly=True)
            found = client.get_flags(client.search("ALL"))
            return [found[uid] for uid in sorted(found)]


def _runs_as() -> pwd.struct_passwd:
    return pwd.getpwnam("dovecot") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


@contextmanager
def dovecot(tls: Authority, *, password: str = PLAIN_PASSWORD, capability: str = "") -> Iterator[ImapServer]:
    """Dovecot as an ordinary user; ``capability`` replaces what it offers, to see how we do without."""
    program = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert program is not None
    who = _runs_as()
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    for name in ("run", "state", "mail"):
        (folder / name).mkdir()
    for source in (tls.cert, tls.key):
        shutil.copy(source, folder / source.name)
    port, tls_port = free_port(), free_port()

    (folder / "dovecot.conf").write_text(
        DOVECOT.format(
            folder=folder,
            user=who.pw_name,
            group=grp.getgrgid(who.pw_gid).gr_name,
            uid=who.pw_uid,
            gid=who.pw_gid,
            cert=folder / tls.cert.name,
            key=folder / tls.key.name,
            password=password,
            capability=capability,
            port=port,
            tls_port=tls_port,
        )
    )
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, who.pw_uid, who.pw_gid)
    process = Process([program, "-F", "-c", folder / "dovecot.conf"], folder / "out", user=who.pw_name)
    server = ImapServer(port, tls_port, USER, password, process)
    try:
        assert process.wait_for(lambda: _answers(server)), process.last_words()
        yield server
    finally:
        process.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def pymap() -> Iterator[ImapServer]:
    """pymap with its mail in memory."""
    folder = Path(tempfile.mkdtemp(prefix="pymap-"))
    port = free_port()
    command = [Path(sys.executable).with_name("pymap")]
    options = ["--no-service", "admin", "--host", "127.0.0.1", "--port", str(port)]
    backend = ["dict", "--demo-data", "--demo-user", "demo", "--demo-password", "demo-password"]
    process = Process([*command, *options, *backend], folder / "log")
    server = ImapServer(port, 0, "demo", "demo-password", process)
    try:
        assert process.wait_for(lambda: _answers(server)), process.last_words()
        yield server
    finally:
        process.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _answers(server: ImapServer) -> bool:
    try:
        with server.client() as client:
            return bool(client.capabilities())
    except (OSError, imaplib.IMAP4.error):
        return False
