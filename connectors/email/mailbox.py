"""An open mailbox: polled as often as asked, and watched by IDLE, or by asking, in between."""

from __future__ import annotations

import imaplib
import selectors
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from imapclient import IMAPClient

from connectors.base import ConnectorError, Polled
from connectors.email import imap
from connectors.email.config import EmailConfig
from connectors.email.poll import Looked, poll

__all__ = ["ImapMailbox", "NoMailbox", "opened"]

SLICE_S = 1.0  # how soon a stop is noticed
IDLE_AGAIN_S = 9 * 60.0  # RFC 2177 allows 29 minutes; routers forget a silent line after ten
ASK_S = 15.0  # between two looks where the server has no IDLE


class NoMailbox:
    """What a channel has that is fed by pipe or LMTP: nothing to fetch."""

    def poll(self, cursor: dict[str, Any]) -> Polled:
        return Polled([], cursor)

    def wait(self, seconds: float, stop: Callable[[], bool]) -> bool:
        _sleep(seconds, stop)
        return False


class ImapMailbox:
    """A signed-in connection to the folders of one channel."""

    def __init__(self, client: IMAPClient, config: EmailConfig) -> None:
        self._client = client
        self._config = config
        self._folders, self._junk = imap.folders(client, config)
        self._looked: dict[str, Looked] = {}
        self._stands = True

    def poll(self, cursor: dict[str, Any]) -> Polled:
        """What arrived since ``cursor``. Raises :class:`ConnectorError`; then the mailbox is to be opened anew."""
        if not self._stands:
            raise ConnectorError(f"the line to {self._config.imap_host} broke", code="connect", permanent=False)
        try:
            polled, self._looked, self._stands = poll(self._client, self._config, cursor, self._folders, self._junk)
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            self._stands = False
            raise imap.broken(self._config, error) from None
        return polled

    def wait(self, seconds: float, stop: Callable[[], bool]) -> bool:
        """True as soon as something may have arrived since the last poll, False after ``seconds`` or on ``stop``."""
        if not self._stands:
            return True
        try:
            return self._wait(time.monotonic() + seconds, stop)
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            self._stands = False
            raise imap.broken(self._config, error) from None

    def _wait(self, until: float, stop: Callable[[], bool]) -> bool:
        # The folders beside the first are only asked; the first is left selected, and is the one that is watched.
        if any(self._changed(name) for name in reversed(self._folders)):
            return True
        watch = self._idle if self._client.has_capability("IDLE") else self._ask
        while (left := until - time.monotonic()) > 0 and not stop():
            if watch(min(left, IDLE_AGAIN_S), stop):
                return True
        return False

    def _changed(self, folder: str) -> bool:
        """Whether mail came into a folder between the last poll and now: nothing slips in before the watch begins."""
        before = self._looked.get(folder)
        if before is None:
            return folder == self._folders[0]  # never polled; another folder is not there
        if folder == self._folders[0]:
            about = self._client.select_folder(folder, readonly=True)
        else:
            about = self._client.folder_status(folder, ["UIDNEXT", "UIDVALIDITY"])
        validity, next_uid = int(about.get(b"UIDVALIDITY") or 0), int(about.get(b"UIDNEXT") or 0)
        return validity != before.validity or next_uid > before.next_uid

    def _idle(self, seconds: float, stop: Callable[[], bool]) -> bool:
        """Whether the server tells of mail within ``seconds``.

        What it says is read once IDLE is over, whole: a line that is read as it trickles in may break off anywhere,
        and the library's own look at an idle line takes the half for all of it.
        """
        until = time.monotonic() + seconds
        self._client.idle()
        spoke = _was_read_ahead(self._client)
        while not spoke and (left := until - time.monotonic()) > 0 and not stop():
            spoke = _readable(self._client.socket(), min(left, SLICE_S))
        _, said = self._client.idle_done()
        arrived = _tells_of_mail(said)
        if spoke and not arrived:  # flags of other mails: one who talks without end is heard once a second
            _sleep(min(SLICE_S, until - time.monotonic()), stop)
        return arrived

    def _ask(self, seconds: float, stop: Callable[[], bool]) -> bool:
        _sleep(min(seconds, ASK_S), stop)
        if stop():
            return False
        return any(self._changed(name) for name in self._folders)


def _readable(line: Any, seconds: float) -> bool:
    """Whether a socket, encrypted or plain, has something to read within ``seconds``, its end included."""
    if isinstance(line, ssl.SSLSocket) and line.pending():
        return True
    with selectors.DefaultSelector() as waiting:
        waiting.register(line, selectors.EVENT_READ)
        return bool(waiting.select(seconds))


def _was_read_ahead(client: IMAPClient) -> bool:
    """Whether more than the server's leave to idle was read with it: such words wait in the library's buffer, and a
    look at the socket would miss them until IDLE is taken up again."""
    line = client.socket()
    waits = line.gettimeout()
    line.settimeout(0)
    try:
        return bool(client._imap.file.peek(1))  # noqa: SLF001 - nothing public says it
    except ssl.SSLWantReadError:
        return False
    finally:
        line.settimeout(waits)


def _tells_of_mail(responses: list[Any]) -> bool:
    """Whether a server's unasked words speak of mail. Raises ``IMAP4.abort`` where it takes leave."""
    for one in responses:
        if isinstance(one, tuple) and one and one[0] == b"BYE":
            raise imaplib.IMAP4.abort("the server ended the session")
        if isinstance(one, tuple) and len(one) > 1 and one[1] in (b"EXISTS", b"RECENT"):
            return True
    return False


def _sleep(seconds: float, stop: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and not stop():
        time.sleep(min(left, SLICE_S))


@contextmanager
def opened(config: EmailConfig) -> Iterator[ImapMailbox | NoMailbox]:
    """The channel's mailbox, signed in. Raises :class:`ConnectorError`."""
    if not config.imap_host:
        yield NoMailbox()
        return
    with imap.opened(config) as client:
        yield ImapMailbox(client, config)
