"""One sandbox: the stand-ins, their HTTP, SMTP and IMAP servers, and the threads that these run in."""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from inbox.sandbox.acting import Actor
from inbox.sandbox.control import Control
from inbox.sandbox.imap.server import imap
from inbox.sandbox.mail.acts import EmailActor
from inbox.sandbox.mail.identity import CLIENT_ID, CLIENT_SECRET
from inbox.sandbox.mail.office import PostOffice
from inbox.sandbox.mail.signing_in import SigningIn
from inbox.sandbox.mail.submission import submission
from inbox.sandbox.messenger.acts import MessengerActor
from inbox.sandbox.messenger.api import MessengerApi
from inbox.sandbox.messenger.pages import Pages
from inbox.sandbox.page import Page
from inbox.sandbox.sms.acts import SmsActor
from inbox.sandbox.sms.api import SmsApi
from inbox.sandbox.sms.exchange import Exchange
from inbox.sandbox.stage import Stage
from inbox.sandbox.telegram.acts import TelegramActor
from inbox.sandbox.telegram.api import TelegramApi
from inbox.sandbox.telegram.bots import Bots
from inbox.sandbox.web import App

__all__ = ["Server"]

_HOST = "127.0.0.1"
_LINE_LIMIT = 2**20
_Listener = tuple[str, int, ssl.SSLContext | None, ssl.SSLContext | None]  # name, port, TLS at once, STARTTLS
_log = logging.getLogger(__name__)


class _Handler(WSGIRequestHandler):
    """Logs errors only."""

    def log(self, type: str, message: str, *args: Any) -> None:
        if type == "error":
            _log.error(message, *args)


class Server:
    """Starts on construction, on loopback only. ``ports`` holds what was asked for, or what the kernel chose."""

    def __init__(self, state: Path, *, http: int = 0, smtp: int = 0, imap: int = 0, tls: bool = False) -> None:
        self._stage = stage = Stage(state)
        self._exchange, self._bots = Exchange(stage), Bots(stage)
        self._pages, self._office = Pages(stage), PostOffice(stage)
        email = EmailActor(self._office)
        actors: dict[str, Actor] = {
            "sms": SmsActor(self._exchange),
            "telegram": TelegramActor(self._bots),
            "messenger": MessengerActor(self._pages),
            "email": email,
        }
        self.ports: dict[str, Any] = {}
        self._control = Control(stage, actors, lambda: self.ports)
        self._loop = asyncio.new_event_loop()
        self._threads = [threading.Thread(target=self._loop.run_forever, name="sandbox-mail", daemon=True)]
        self._threads[0].start()
        mail_ports = self._in_loop(self._start_mail(smtp, imap, tls=tls))
        self._http = self._start_http(http, actors)
        stage.url = f"http://{_HOST}:{self._http.port}"
        self.ports |= {"url": stage.url, "http": self._http.port} | mail_ports
        email.sign_in = {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "api_base": f"{stage.url}/oauth",
        }
        email.servers = {
            "smtp": {"host": _HOST, "port": mail_ports["smtp"]},
            "imap": {"host": _HOST, "port": mail_ports["imap"]},
        } | {
            name: {"host": _HOST, "port": mail_ports[name]} if name != "ca_file" else mail_ports[name]
            for name in ("smtps", "imaps", "ca_file")
            if name in mail_ports
        }
        self._exchange.resume()
        self._bots.resume()

    def _start_http(self, port: int, actors: dict[str, Actor]) -> BaseWSGIServer:
        apis = (SmsApi(self._exchange), TelegramApi(self._bots), MessengerApi(self._pages))
        doors = (*apis, SigningIn(self._office), self._control, Page(self._stage, actors, self._control))
        app = App(rule for door in doors for rule in door.rules())
        server = make_server(_HOST, port, app, threaded=True, request_handler=_Handler)
        thread = threading.Thread(
            target=lambda: server.serve_forever(poll_interval=0.05), name="sandbox-http", daemon=True
        )
        self._threads.append(thread)
        thread.start()
        return server

    async def _start_mail(self, smtp: int, imap_port: int, *, tls: bool) -> dict[str, Any]:
        """Plain ports, with STARTTLS where there is TLS; then also ports that are encrypted from the start."""
        loop, context, found = asyncio.get_running_loop(), None, {}
        if tls:
            from inbox.sandbox.tls import context as make_context  # noqa: PLC0415 - slow to import, seldom wanted

            context, ca_file = make_context(self._stage.state / "tls")
            found["ca_file"] = str(ca_file)
        plain: list[_Listener] = [("smtp", smtp, None, context), ("imap", imap_port, None, context)]
        direct: list[_Listener] = [("smtps", 0, context, None), ("imaps", 0, context, None)] if context else []
        self._listeners = []
        for name, port, encrypted, starttls in plain + direct:
            listener = await self._listen(name, port, encrypted, starttls, loop)
            self._listeners.append(listener)
            found[name] = listener.sockets[0].getsockname()[1]
        return found

    async def _listen(
        self,
        name: str,
        port: int,
        direct: ssl.SSLContext | None,
        starttls: ssl.SSLContext | None,
        loop: asyncio.AbstractEventLoop,
    ) -> asyncio.Server:
        if name.startswith("smtp"):
            dialogue = submission(self._office, starttls, loop)
            return await loop.create_server(dialogue, _HOST, port, ssl=direct)
        connected = imap(self._office, starttls)
        return await asyncio.start_server(connected, _HOST, port, ssl=direct, limit=_LINE_LIMIT)

    def _in_loop(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def stop(self) -> None:
        """Closes all ports and ends all threads; what was accepted is on disk already."""
        self._stage.stop()
        self._bots.close()
        self._http.shutdown()
        self._in_loop(self._stop_mail())
        self._loop.call_soon_threadsafe(self._loop.stop)
        for thread in self._threads:
            thread.join(2)
        self._loop.close()
        for ledger in (self._exchange.ledger, self._pages.ledger, self._office.ledger):
            ledger.close()

    async def _stop_mail(self) -> None:
        for listener in self._listeners:
            listener.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
