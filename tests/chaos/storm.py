"""Plays a plan against a running desk: arrivals and replies go on while its processes and servers are cut down."""

from __future__ import annotations

import contextlib
import os
import queue
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any, Self

import requests
from sqlalchemy import func, select

from inbox.errors import Problem
from inbox.sandbox.running import SandboxProcess
from inbox.store import JournalEntry, Message
from inbox.terms import Delivery, Direction
from tests.chaos.disk import Disk
from tests.chaos.plan import Step
from tests.journeys.desk import RunningDesk, until
from tests.servers.processes import free_port

__all__ = ["PostOffice", "Storm"]

ROLES = ("web", "worker")
CUSTOMERS = 40
LARGE = 400_000  # a file beside the mail: such a body lies on the disk, not in the database
ENDED = (Delivery.SENT, Delivery.DELIVERED, Delivery.READ)
PATIENCE_S = 120.0  # how long a slow machine may take to start a process
ORDER_S = 20.0  # how long an order to die is waited for before the next blow


class PostOffice(SandboxProcess):
    """Mail servers that come back on the same ports with all that they had."""

    def __init__(self, state: Path) -> None:
        super().__init__(state, http=free_port(), smtp=free_port(), imap=free_port())

    def restart(self) -> None:
        """Dies without a word, and is there again."""
        self.process.kill()
        self.process.wait(10)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
        self.start()


class Storm:
    """``with Storm(…) as storm: storm.play(steps)``; then ask it what happened."""

    def __init__(
        self, desk: RunningDesk, post: PostOffice, disk: Disk, token: str, restart_database: Callable[[], None] | None
    ) -> None:
        self.desk, self.post, self.disk = desk, post, disk
        self.happened: Counter[str] = Counter()
        self.refused: Counter[int] = Counter()  # answers of the API that were no success, by status
        self.mails: Counter[str] = Counter()  # how often each Message-ID was laid into the mailbox
        self._restart_database = restart_database
        self._token = token
        self._order = desk.settings.data_dir.parent / "kill"
        desk.environment["SPORTELLO_KILL_FILE"] = str(self._order)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._begun: dict[str, int] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._replies: queue.Queue[Step | None] = queue.Queue()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        for role in ROLES:
            self._start(role)
        until("the web role answers", self.desk._answers, PATIENCE_S)
        targets = [self._supervise, *[self._answer_all] * 3]
        self._threads = [threading.Thread(target=target, daemon=True) for target in targets]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for _thread in self._threads:
            self._replies.put(None)
        for thread in self._threads:
            thread.join(20)
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            process.wait(30)

    def play(self, steps: list[Step], fill: Callable[[], object]) -> None:
        """Every step in its order; returns when the last reply was taken over by the desk. ``fill`` is the poll that
        fetches what no call told of."""
        for step in steps:
            getattr(self, f"_{step.what}")(step)
        self._withdraw()
        fill()
        until("every reply is taken over", lambda: self._replies.unfinished_tasks == 0, 600)

    # --- what happens anyway ---

    def _mail(self, step: Step) -> None:
        chance = random.Random(step.number)
        number = step.number if step.number % 30 else max(step.number - 1, 0)  # every thirtieth comes twice
        mail = EmailMessage(policy=SMTP)
        mail["From"] = f"Cliente {number % CUSTOMERS} <cliente{number % CUSTOMERS}@posta.example>"
        mail["To"] = "support@cirro.example"
        mail["Subject"] = f"Domanda {number}"
        mail["Message-ID"] = f"<storm-{number}@posta.example>"
        mail["Date"] = "Mon, 04 May 2026 12:00:00 +0200"
        mail.set_content(f"mail {number}\n")
        if number % 50 == 7:
            mail.add_attachment(chance.randbytes(LARGE), maintype="image", subtype="png", filename="foto.png")
        self.post.email.deliver(mail.as_bytes(), from_=f"cliente{number % CUSTOMERS}@posta.example")
        self.mails[f"<storm-{number}@posta.example>"] += 1

    def _hook(self, step: Step) -> None:
        self.desk.sandbox.sms.receive(f"+4477009{step.number % CUSTOMERS:05d}", f"hook {step.number}", wait=False)

    def _reply(self, step: Step) -> None:
        self._replies.put(step)

    def _repeat(self, _step: Step) -> None:
        self.desk.sandbox.fault("sms", "repeat", count=10, times=3)
        self.happened["webhooks repeated"] += 10

    def _reorder(self, _step: Step) -> None:
        self.desk.sandbox.fault("sms", "reorder", count=10)
        self.happened["webhooks reordered"] += 10

    def _line(self, step: Step) -> None:
        provider, kind = step.word.split()
        client = self.desk.sandbox if provider == "sms" else self.post
        details: dict[str, Any] = {"seconds": 0.3} if kind == "slow" else {}
        if kind == "error":
            details = {"status": 503} if provider == "sms" else {"code": "451"}
        client.fault(provider, kind, **details)  # type: ignore[arg-type]
        self.happened[f"{provider}: {kind.replace('_', ' ')}"] += 1

    # --- the blows ---

    def _kill(self, step: Step) -> None:
        """Any moment, but of a process that has come so far as to work."""
        process = self._at_work(step.word)
        for pid in (*_children(process.pid), process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait(10)
        self.happened[f"{step.word} killed at random"] += 1

    def _aim(self, step: Step) -> None:
        """Whoever comes to that place next dies there."""
        self._withdraw(wait=ORDER_S)
        self._at_work("worker")
        self._order.write_text(step.word)
        self._aimed = step.word

    _aimed = ""

    def _withdraw(self, wait: float = 0.0) -> None:
        """Waits for the order before to be obeyed; takes it back where nobody came by."""
        end = time.monotonic() + wait
        while self._aimed and self._order.exists() and time.monotonic() < end:
            time.sleep(0.02)
        if self._aimed:
            obeyed = not self._order.exists()
            self._order.unlink(missing_ok=True)
            self.happened[f"killed {self._aimed}" if obeyed else f"nobody came by {self._aimed}"] += 1
        self._aimed = ""

    def _post(self, _step: Step) -> None:
        self.post.restart()
        self.happened["mail servers restarted"] += 1

    def _database(self, _step: Step) -> None:
        if self._restart_database is not None:
            self._restart_database()
            self.happened["PostgreSQL restarted"] += 1

    def _disk(self, step: Step) -> None:
        for role in ROLES:
            self._at_work(role)
        with self.disk.full([process.pid for process in self._running.values()]):
            for n in range(10):
                self._hook(Step("hook", 1_000_000 + step.number * 10 + n))
            time.sleep(1.5)
        self.happened["disk full"] += 1

    # --- the desk's processes ---

    def _start(self, role: str) -> None:
        with self._lock:
            self._begun[role] = self._progress()
            self._running[role] = self.desk.role(role)

    def _supervise(self) -> None:
        """Starts again whoever has died, as ``serve`` does."""
        while not self._over.wait(0.05):
            for role in ROLES:
                code = self._running[role].poll()
                if code is not None and not self._over.is_set():
                    if code != -signal.SIGKILL:
                        self.happened[f"{role} ended by itself with {code}"] += 1
                    self._start(role)

    def _at_work(self, role: str) -> subprocess.Popen[bytes]:
        """The role's process once it has done a few things since it was started, or has nothing to do."""

        def working() -> subprocess.Popen[bytes] | None:
            process = self._running[role]
            ready = self.desk._answers() if role == "web" else self._progress() > self._begun[role] + 5
            return process if process.poll() is None and (ready or self._idle()) else None

        found: subprocess.Popen[bytes] = until(f"{role} works", working, PATIENCE_S)
        return found

    def _idle(self) -> bool:
        """True while nothing waits for the worker."""
        with contextlib.suppress(Problem), self.desk.store.reading() as work:
            return work.scalar(select(JournalEntry.id).where(JournalEntry.done.is_(False)).limit(1)) is None
        return False

    def _progress(self) -> int:
        """Grows with everything that the worker does."""
        with contextlib.suppress(Problem), self.desk.store.reading() as work:
            read = work.scalar(select(func.count()).where(JournalEntry.done.is_(True)))
            sent = work.scalar(select(func.count()).where(Message.direction == Direction.OUT, Message.state.in_(ENDED)))
            return int(read or 0) + int(sent or 0)
        return -1

    # --- the agents ---

    def _answer_all(self) -> None:
        """One agent at a terminal: answers what is on the pile until the desk has taken it over."""
        http = requests.Session()
        http.headers["Authorization"] = f"Bearer {self._token}"
        while (step := self._replies.get()) is not None:
            if self._answered(http, step) or self._over.is_set():
                self._replies.task_done()
            else:
                self._replies.put(step)
                self._replies.task_done()
                time.sleep(0.05)

    def _answered(self, http: requests.Session, step: Step) -> bool:
        """True once the desk has said 201 (or 200: it had it already)."""
        ticket = self._ticket(step.word)
        if ticket is None:
            return False
        body = {"text": f"answer {step.number}", "client_key": f"storm-{step.number}"}
        try:
            answer = http.post(f"{self.desk.url}/api/v1/tickets/{ticket}/replies", json=body, timeout=20)
        except requests.RequestException:
            self.refused[0] += 1
            return False
        if answer.status_code not in {200, 201}:
            self.refused[answer.status_code] += 1
        return answer.status_code in {200, 201}

    def _ticket(self, arrival: str) -> int | None:
        kind, number = arrival.split()
        if kind == "mail" and int(number) % 30 == 0:
            arrival = f"mail {max(int(number) - 1, 0)}"
        with contextlib.suppress(Problem), self.desk.store.reading() as work:
            wanted = Message.external_id == f"<storm-{arrival.split()[1]}@posta.example>"
            if kind == "hook":
                wanted = Message.text == arrival
            return work.scalar(select(Message.ticket_id).where(Message.direction == Direction.IN, wanted).limit(1))
        return None


def _children(pid: int) -> list[int]:
    """The web role's own workers: they do its work."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
