"""IMAP commands on a folder: SELECT, SEARCH, FETCH, STORE, IDLE and the like."""

from __future__ import annotations

import itertools

from inbox.sandbox.imap import fetch as fetching
from inbox.sandbox.imap import search as searching
from inbox.sandbox.imap.entering import folder_of
from inbox.sandbox.imap.meddling import meddle
from inbox.sandbox.imap.session import No, Session
from inbox.sandbox.imap.syntax import BadSyntax, Token, sequence, text
from inbox.sandbox.mail.folders import Folder

__all__ = [
    "close",
    "copy",
    "examine",
    "expunge",
    "fetch",
    "idle",
    "move",
    "search",
    "select",
    "store",
    "uid",
    "unselect",
]

_FLAGS = "\\Answered \\Flagged \\Deleted \\Seen \\Draft"


async def _open(session: Session, args: list[Token], *, read_only: bool) -> str:
    folder = folder_of(session, args[0])
    await meddle(session, "imap.select", folder.name)
    session.select(folder, read_only=read_only)
    kept = "()" if read_only else f"({_FLAGS} \\*)"
    await session.send(
        f"* FLAGS ({_FLAGS})".encode(),
        b"* %d EXISTS" % len(session.view),
        b"* 0 RECENT",
        b"* OK [UIDVALIDITY %d] valid" % folder.uidvalidity,
        b"* OK [UIDNEXT %d] next" % folder.uidnext,
        f"* OK [PERMANENTFLAGS {kept}] kept".encode(),
    )
    return "[READ-ONLY] done" if read_only else "[READ-WRITE] done"


async def select(session: Session, args: list[Token]) -> str:
    """Opens a folder to change it."""
    return await _open(session, args, read_only=False)


async def examine(session: Session, args: list[Token]) -> str:
    """Opens a folder to look at it."""
    return await _open(session, args, read_only=True)


async def unselect(session: Session, _args: list[Token]) -> str:
    """Closes the folder and changes nothing."""
    session.unselect()
    return "done"


async def close(session: Session, _args: list[Token]) -> str:
    """Closes the folder and removes what is marked as deleted."""
    folder = session.selected()
    if not session.read_only:
        folder.remove([uid for uid in session.view if uid in folder.mails and "\\Deleted" in folder.mails[uid].flags])
    session.unselect()
    return "done"


async def expunge(session: Session, args: list[Token]) -> str:
    """Removes what is marked as deleted, with UID only within a set."""
    folder = _writable(session)
    uids = sequence(args[0], session.view) if args else session.view
    folder.remove([uid for uid in uids if uid in folder.mails and "\\Deleted" in folder.mails[uid].flags])
    await session.report()
    return "done"


def _writable(session: Session) -> Folder:
    folder = session.selected()
    if session.read_only:
        raise No("[READ-ONLY] the folder was opened with EXAMINE")
    return folder


async def idle(session: Session, _args: list[Token]) -> str:
    """Waits and reports until DONE."""
    session.selected()
    await meddle(session, "imap.idle", session.user)
    await session.send(b"+ idling")
    await session.report()
    if (await session.idle()).strip().upper() != b"DONE":
        raise BadSyntax("DONE was expected")
    return "done"


async def search(session: Session, args: list[Token], *, by_uid: bool = False) -> str:
    """The mails that match."""
    folder = session.selected()
    await meddle(session, "imap.search", folder.name)
    found = searching.search(args, session.view, folder.mails)
    numbers = found if by_uid else [session.view.index(uid) + 1 for uid in found]
    await session.send(" ".join(["* SEARCH", *map(str, numbers)]).encode())
    await session.report(expunged=by_uid)
    return "done"


def _chosen(session: Session, token: Token, *, by_uid: bool) -> list[tuple[int, int]]:
    """Number and UID of the mails of a set."""
    if by_uid:
        return [(session.view.index(uid) + 1, uid) for uid in sequence(token, session.view)]
    return [(number, session.view[number - 1]) for number in sequence(token, range(1, len(session.view) + 1))]


async def fetch(session: Session, args: list[Token], *, by_uid: bool = False) -> str:
    """Parts of mails."""
    folder = session.selected()
    wanted = fetching.items(args[1])
    if by_uid and all(item.label != "UID" for item in wanted):
        wanted.insert(0, fetching.Item("UID"))
    await meddle(session, "imap.fetch", folder.name)
    for number, uid in _chosen(session, args[0], by_uid=by_uid):
        if (mail := folder.mails.get(uid)) is None:
            continue
        items = list(wanted)
        if not session.read_only and any(not item.peek for item in wanted) and "\\Seen" not in mail.flags:
            session.known(uid, mail.flags | {"\\Seen"})
            folder.set_flags(mail, mail.flags | {"\\Seen"})
            items.append(fetching.Item("FLAGS"))
        await session.send(b"* %d FETCH " % number + fetching.write(mail, items))
    await session.report(expunged=by_uid)
    return "done"


async def store(session: Session, args: list[Token], *, by_uid: bool = False) -> str:
    """Sets, adds or takes away flags."""
    folder, how = _writable(session), text(args[1]).upper()
    listed = list(itertools.chain.from_iterable(arg if isinstance(arg, list) else [arg] for arg in args[2:]))
    flags = {text(flag) for flag in listed}
    for number, uid in _chosen(session, args[0], by_uid=by_uid):
        if (mail := folder.mails.get(uid)) is None:
            continue
        new = mail.flags | flags if how.startswith("+") else mail.flags - flags if how.startswith("-") else flags
        session.known(uid, new)
        folder.set_flags(mail, new)
        if not how.endswith(".SILENT"):
            await session.send(f"* {number} FETCH (UID {uid} FLAGS ({' '.join(sorted(new))}))".encode())
    return "done"


async def copy(session: Session, args: list[Token], *, by_uid: bool = False) -> str:
    """Copies mails into another folder."""
    folder, target = session.selected(), folder_of(session, args[1])
    pairs = []
    for _, uid in _chosen(session, args[0], by_uid=by_uid):
        mail = folder.mails[uid]
        pairs.append((uid, target.add(mail.data(), mail.received, frozenset(mail.flags)).uid))
    if not pairs:
        return "nothing to copy"
    old, new = (",".join(str(pair[side]) for pair in pairs) for side in (0, 1))
    return f"[COPYUID {target.uidvalidity} {old} {new}] done"


async def move(session: Session, args: list[Token], *, by_uid: bool = False) -> str:
    """Moves mails into another folder (RFC 6851)."""
    folder = _writable(session)
    uids = [uid for _, uid in _chosen(session, args[0], by_uid=by_uid)]
    words = await copy(session, args, by_uid=by_uid)
    if words.startswith("["):
        await session.send(f"* OK {words}".encode())
    folder.remove(uids)
    await session.report()
    return "done"


async def uid(session: Session, args: list[Token]) -> str:
    """The same commands by UID."""
    name, rest = text(args[0]).upper(), args[1:]
    match name:
        case "SEARCH":
            return await search(session, rest, by_uid=True)
        case "FETCH":
            return await fetch(session, rest, by_uid=True)
        case "STORE":
            return await store(session, rest, by_uid=True)
        case "COPY":
            return await copy(session, rest, by_uid=True)
        case "MOVE":
            return await move(session, rest, by_uid=True)
        case "EXPUNGE":
            return await expunge(session, rest)
    raise BadSyntax(f"no command UID {name}")
