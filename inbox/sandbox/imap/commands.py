"""The table of commands: each takes the session and its arguments and gives the words of its OK."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from inbox.sandbox.imap import browsing, entering
from inbox.sandbox.imap.session import Session
from inbox.sandbox.imap.syntax import Token

__all__ = ["ANYTIME", "AUTHENTICATED", "Command"]

Command = Callable[[Session, list[Token]], Awaitable[str]]

ANYTIME: dict[str, Command] = {
    "CAPABILITY": entering.capability,
    "NOOP": entering.noop,
    "CHECK": entering.noop,
    "LOGOUT": entering.logout,
    "ID": entering.identify,
    "LOGIN": entering.login,
    "AUTHENTICATE": entering.authenticate,
}
AUTHENTICATED: dict[str, Command] = {
    "NAMESPACE": entering.namespace,
    "LIST": entering.list_folders,
    "LSUB": entering.list_folders,
    "SUBSCRIBE": entering.noop,
    "CREATE": entering.create,
    "STATUS": entering.status,
    "APPEND": entering.append,
    "SELECT": browsing.select,
    "EXAMINE": browsing.examine,
    "UNSELECT": browsing.unselect,
    "CLOSE": browsing.close,
    "EXPUNGE": browsing.expunge,
    "IDLE": browsing.idle,
    "SEARCH": browsing.search,
    "FETCH": browsing.fetch,
    "STORE": browsing.store,
    "COPY": browsing.copy,
    "MOVE": browsing.move,
    "UID": browsing.uid,
}
