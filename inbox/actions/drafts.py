"""What an agent has written and not sent yet, with its files: kept on the desk, for the same agent on any machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, select

from inbox import clock
from inbox.actions import reply
from inbox.actions.who import Who, find_ticket
from inbox.errors import Invalid, NotFound
from inbox.store import Draft, DraftFile, FirstDraft, Ticket, Work

__all__ = [
    "KEPT",
    "MODES",
    "attach",
    "detach",
    "drop",
    "files_at",
    "forget_due",
    "keep",
    "keep_first",
    "stored",
    "take",
]

#: Where a draft is: a ticket's number, or to whom a first message was begun, "" where nobody was named.
Place = int | str

MODES: Final = ("reply", "note")
LONGEST: Final = 100_000
ADDRESS: Final = 320
FIRST: Final = ("channel", "to", "name", "subject", "text")  # what a first message consists of
MOST: Final = 50  # files of one draft
#: An untouched draft is forgotten after that long, the files of one that was never sent too.
KEPT: Final = timedelta(days=90)


def _mode(mode: str) -> str:
    if mode not in MODES:
        msg = "a draft is a reply or a note"
        raise Invalid(msg, fields={"mode": msg})
    return mode


def keep(work: Work, who: Who, number: int, mode: str, text: str) -> None:
    """Keeps a draft's text; an empty one is forgotten."""
    ticket = find_ticket(work, who, number)
    row = work.get(Draft, (who.id, ticket.id, _mode(mode)))
    if not text.strip():
        if row is not None:
            work.delete(row)
        return
    if row is None:
        row = Draft(agent_id=who.id or "", ticket_id=ticket.id, mode=mode, text="")
        work.add(row)
    row.text, row.at = text[:LONGEST], clock.now()


def keep_first(work: Work, who: Who, about: str, fields: Mapping[str, str]) -> None:
    """Keeps what a first message has so far; one without a word is forgotten."""
    about = about[:ADDRESS]
    row = work.get(FirstDraft, (who.id, about))
    kept = {name: fields[name][:LONGEST] for name in FIRST if fields.get(name, "").strip()}
    if "text" not in kept and "subject" not in kept:
        if row is not None:
            work.delete(row)
        return
    if row is None:
        row = FirstDraft(agent_id=who.id or "", about=about)
        work.add(row)
    row.fields, row.at = kept, clock.now()


def attach(work: Work, who: Who, place: Place, mode: str, file: reply.Upload) -> DraftFile:
    """Puts a file to a draft. Raises :class:`Invalid` for one that no message of this desk takes."""
    ticket, about = _place(work, who, place)
    top = work.store.settings.attachment_limit_mb
    if len(file.data) > top * 2**20:
        msg = f"{file.name} is larger than {top} MB"
        raise Invalid(msg, fields={"files": msg})
    rows = files_at(work, who, place)
    if len(rows) >= MOST:
        msg = f"a message takes {MOST} files"
        raise Invalid(msg, fields={"files": msg})
    row = DraftFile(
        agent_id=who.id or "",
        ticket_id=ticket,
        about=about,
        mode=_mode(mode),
        name=file.name[-255:],
        content_type=file.content_type[:120],
        sha256=work.store.files.put(file.data),
        size=len(file.data),
    )
    work.add(row)
    work.flush()
    return row


def stored(work: Work, who: Who, number: int) -> DraftFile:
    """A file of one's own drafts. Raises :class:`NotFound`."""
    row = work.get(DraftFile, number)
    if row is None or row.agent_id != who.id:
        msg = "this file is not here (any more)"
        raise NotFound(msg)
    return row


def detach(work: Work, who: Who, number: int) -> None:
    """Takes a file out of one's own draft. Raises :class:`NotFound`."""
    work.delete(stored(work, who, number))


def _place(work: Work, who: Who, place: Place) -> tuple[int | None, str]:
    """The two columns that say where a file lies."""
    return (None, place[:ADDRESS]) if isinstance(place, str) else (find_ticket(work, who, place).id, "")


def _mine(who: Who, ticket: int | None, about: str) -> ColumnElement[bool]:
    return and_(DraftFile.agent_id == who.id, DraftFile.ticket_id == ticket, DraftFile.about == about)


def files_at(work: Work, who: Who, place: Place) -> list[DraftFile]:
    """The files of one's own drafts there, in order. Raises :class:`NotFound` for a ticket that one may not see."""
    return _files(work, _mine(who, *_place(work, who, place)))


def files_of(work: Work, who: Who, ticket: Ticket) -> list[DraftFile]:
    """The same for a ticket that ``who`` is looking at."""
    return _files(work, _mine(who, ticket.id, ""))


def _files(work: Work, which: ColumnElement[bool]) -> list[DraftFile]:
    return list(work.scalars(select(DraftFile).where(which).order_by(DraftFile.id)))


def take(work: Work, who: Who, place: Place, ids: Sequence[int]) -> list[reply.Upload]:
    """The named files of the drafts there as a message takes them. Raises :class:`NotFound` for one that is not there:
    no message leaves without a file that its writer saw with it."""
    found = {row.id: row for row in files_at(work, who, place)} if ids else {}
    if not set(ids) <= found.keys():
        msg = "a file is not here any more; attach it again"
        raise NotFound(msg)
    chosen = [found[one] for one in dict.fromkeys(ids)]
    return [reply.Upload(row.name, row.content_type, work.store.files.get(row.sha256)) for row in chosen]


def drop(work: Work, who: Who, place: Place, mode: str, ids: Sequence[int] = ()) -> None:
    """The draft has left as a message, with those files: they and its text are forgotten."""
    ticket, about = (None, place[:ADDRESS]) if isinstance(place, str) else (place, "")
    text = (
        delete(FirstDraft).where(FirstDraft.agent_id == who.id, FirstDraft.about == about)
        if ticket is None
        else delete(Draft).where(Draft.agent_id == who.id, Draft.ticket_id == ticket, Draft.mode == mode)
    )
    for gone in (text, delete(DraftFile).where(_mine(who, ticket, about), DraftFile.id.in_(ids))):
        work.execute(gone.execution_options(synchronize_session=False))


def forget_due(work: Work) -> None:
    """Forgets what nobody has touched for :data:`KEPT`."""
    for table in (Draft, FirstDraft, DraftFile):
        work.execute(delete(table).where(table.at < clock.now() - KEPT).execution_options(synchronize_session=False))
