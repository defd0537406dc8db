"""IMAP commands that need no folder: signing in, listing, figures, APPEND."""

from __future__ import annotations

import base64
import binascii
import fnmatch
from email.utils import parsedate_to_datetime

from inbox.sandbox.imap.meddling import meddle
from inbox.sandbox.imap.session import No, Session
from inbox.sandbox.imap.syntax import BadSyntax, Token, quote, text
from inbox.sandbox.mail.bearer import BEARERS, REFUSAL, bearer
from inbox.sandbox.mail.folders import SPECIAL_USE, Folder

__all__ = [
    "append",
    "authenticate",
    "capabilities",
    "capability",
    "create",
    "folder_of",
    "identify",
    "list_folders",
    "login",
    "logout",
    "namespace",
    "noop",
    "status",
]


def capabilities(session: Session) -> str:
    """What the server can do, now."""
    always = "IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER IDLE UIDPLUS MOVE UNSELECT NAMESPACE"
    always += " ID SPECIAL-USE"
    return always + (" STARTTLS" if session.tls is not None else "")


async def capability(session: Session, _args: list[Token]) -> str:
    """What can you do?"""
    await session.send(f"* CAPABILITY {capabilities(session)}".encode())
    return "done"


async def noop(session: Session, _args: list[Token]) -> str:
    """Anything new?"""
    await session.report()
    return "done"


async def logout(session: Session, _args: list[Token]) -> str:
    """Goodbye; the server closes after its OK."""
    await session.send(b"* BYE goodbye")
    return "done"


async def identify(session: Session, _args: list[Token]) -> str:
    """Who are you?"""
    await session.send(b'* ID ("name" "sandbox")')
    return "done"


async def login(session: Session, args: list[Token]) -> str:
    """Name and password."""
    name, password = (text(arg) for arg in args[:2])
    return await _enter(session, name, password)


async def authenticate(session: Session, args: list[Token]) -> str:
    """SASL PLAIN, XOAUTH2 or OAUTHBEARER, with or without an initial response."""
    mechanism = text(args[0]).upper()
    if mechanism not in {"PLAIN", *BEARERS}:
        raise No("[CANNOT] this is not offered")
    answer = text(args[1]).encode() if len(args) > 1 else b""
    if not answer:
        await session.send(b"+ ")
        answer = (await session.line()).strip()
    if mechanism in BEARERS:
        return await _bearer(session, mechanism, answer)
    try:
        _, name, password = base64.b64decode(answer, validate=True).decode().split("\0")
    except (ValueError, binascii.Error) as error:
        raise BadSyntax("not a PLAIN response") from error
    return await _enter(session, name, password)


async def _bearer(session: Session, mechanism: str, answer: bytes) -> str:
    """A token instead of a password; what is wrong with it is told in a challenge."""
    name, token = bearer(mechanism, answer)
    await meddle(session, "imap.login", name)
    if not session.office.identity.lets_in(name, token):
        await session.send(b"+ " + REFUSAL)
        await session.line()
        raise No("[AUTHENTICATIONFAILED] Invalid credentials")
    session.user = name.lower()
    return f"[CAPABILITY {capabilities(session)}] logged in"


async def _enter(session: Session, name: str, password: str) -> str:
    await meddle(session, "imap.login", name)
    if not session.office.store.login(name, password):
        raise No("[AUTHENTICATIONFAILED] Invalid credentials")
    session.user = name.lower()
    return f"[CAPABILITY {capabilities(session)}] logged in"


def folder_of(session: Session, token: Token) -> Folder:
    """The folder of that name. Raises ``No``."""
    name = text(token)
    found = session.office.store.folders[session.user].get("INBOX" if name.upper() == "INBOX" else name)
    if found is None:
        raise No("[NONEXISTENT] there is no such folder")
    return found


async def namespace(session: Session, _args: list[Token]) -> str:
    """One personal namespace without a prefix."""
    await session.send(b'* NAMESPACE (("" "/")) NIL NIL')
    return "done"


async def list_folders(session: Session, args: list[Token]) -> str:
    """The folders that match a pattern, with their special use."""
    pattern = text(args[0]) + text(args[1])
    if not text(args[1]):
        await session.send(b'* LIST (\\Noselect) "/" ""')
        return "done"
    for name in session.office.store.folders[session.user]:
        if fnmatch.fnmatchcase(name.upper(), pattern.upper().replace("%", "*")):
            use = SPECIAL_USE.get(name)
            flags = f"\\HasNoChildren {use}" if use else "\\HasNoChildren"
            await session.send(f'* LIST ({flags}) "/" {quote(name)}'.encode())
    return "done"


async def create(session: Session, args: list[Token]) -> str:
    """A new folder."""
    session.office.store.create(session.user, text(args[0]))
    return "created"


async def status(session: Session, args: list[Token]) -> str:
    """Figures of a folder without selecting it."""
    folder = folder_of(session, args[0])
    mails = list(folder.mails.values())
    values = {
        "MESSAGES": len(mails),
        "RECENT": 0,
        "UIDNEXT": folder.uidnext,
        "UIDVALIDITY": folder.uidvalidity,
        "UNSEEN": sum("\\Seen" not in mail.flags for mail in mails),
    }
    wanted = args[1] if isinstance(args[1], list) else [args[1]]
    try:
        shown = " ".join(f"{text(item).upper()} {values[text(item).upper()]}" for item in wanted)
    except KeyError as error:
        raise BadSyntax(f"no figure {error}") from error
    await session.send(f"* STATUS {quote(folder.name)} ({shown})".encode())
    return "done"


async def append(session: Session, args: list[Token]) -> str:
    """A mail laid into a folder by the client."""
    folder, data = folder_of(session, args[0]), args[-1]
    flags = next((frozenset(text(flag) for flag in arg) for arg in args[1:-1] if isinstance(arg, list)), frozenset())
    date = next((text(arg) for arg in args[1:-1] if not isinstance(arg, list)), "")
    if not isinstance(data, bytes):
        raise BadSyntax("a literal was expected")
    received = parsedate_to_datetime(date.strip().replace("-", " ", 2)) if date else None
    stored = folder.add(data, received, flags)
    await session.report()
    return f"[APPENDUID {folder.uidvalidity} {stored.uid}] done"
