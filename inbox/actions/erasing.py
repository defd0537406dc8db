"""Erasing what a person wrote and what the desk knows of them, or what was said in one ticket.

Numbers stay: tickets, times, scores, and the log, in which no word of anybody ever stands. What arrived is kept as a
line of the ledger without its content. Nothing of it can be undone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Executable, Select, String, cast, delete, func, literal, or_, select, update

from inbox import clock, search
from inbox.actions import desk, unneeded
from inbox.actions.who import Who, find_living, find_ticket, require
from inbox.errors import Conflict, Invalid, NotFound
from inbox.store import (
    Apart,
    Attachment,
    BulkItem,
    Consent,
    Customer,
    CustomerMerge,
    CustomerNote,
    Draft,
    DraftFile,
    FieldChange,
    FieldValue,
    FirstDraft,
    Handover,
    Identity,
    JournalEntry,
    JournalItem,
    Message,
    RuleCall,
    Survey,
    Ticket,
    Upload,
    Visitor,
    Work,
)
from inbox.terms import Delivery, Outcome, Status

__all__ = ["ERASED", "WHY", "Extent", "erase_customer", "erase_ticket", "extent", "extent_of_ticket", "settle_late"]

#: Why the words of one ticket go: it was a test, it was spam, its customer wishes it. The first two count nowhere.
WHY: Final = ("gdpr", "test", "spam")
#: What stands in a message's ``extra`` since it has no words: when they went.
ERASED: Final = "erased"
#: What an erased customer is called, in the language of the desk.
CALLED: Final = {"en": "Erased customer", "it": "Cliente cancellato"}

_OVER: Final = (Status.RESOLVED, Status.CLOSED)
#: An answer that may still leave would tell a stranger's words to nobody.
_LEAVING: Final = (Delivery.SCHEDULED, Delivery.HELD, Delivery.QUEUED, Delivery.CLAIMED, Delivery.SENDING)
_AT_ONCE: Final = 500

#: Everything of a message that a person wrote or can be known by. Its number with the provider stays, by which the same
#: message is known if it ever comes again, unless there is an address in it.
_WORDLESS: Final[dict[str, Any]] = {
    **dict.fromkeys(("from_name", "from_address", "text"), ""),
    **{field: [] for field in ("to", "cc", "reply_to", "references")},
    **dict.fromkeys(("subject", "full_text", "html", "header_id", "in_reply_to", "thread", "subject_token")),
    **dict.fromkeys(("reply_address", "joined_ref", "suggestion", "problem", "bounce", "copy_at", "identity_id")),
}


@dataclass(frozen=True)
class Extent:
    """How much it is: numbers of tickets, messages and files. ``open`` are the tickets that have to be resolved before,
    ``leaving`` those with an answer that has not left yet."""

    tickets: int = 0
    messages: int = 0
    files: int = 0
    open: tuple[int, ...] = ()
    leaving: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Scope:
    """Whose words go: tickets and messages by their numbers and as they are asked for, addresses as they are known.
    What is asked for holds until the first of them has gone."""

    tickets: tuple[int, ...]
    messages: tuple[int, ...]
    in_tickets: Select[int]
    in_messages: Select[int]
    addresses: tuple[Identity, ...] = ()

    @classmethod
    def of(cls, work: Work, tickets: Select[int], messages: Select[int], addresses: Sequence[Identity] = ()) -> _Scope:
        """Everything as it stands now."""
        return cls(tuple(work.scalars(tickets)), tuple(work.scalars(messages)), tickets, messages, tuple(addresses))

    @property
    def values(self) -> list[str]:
        return [one.value for one in self.addresses]


def extent(work: Work, who: Who, customer_id: str) -> Extent:
    """What erasing a customer takes away, and what stands in its way."""
    require(who, "customer.erase")
    return _extent(work, _of_customer(work, _customer(work, customer_id)))


def extent_of_ticket(work: Work, who: Who, number: int) -> Extent:
    """The same of one ticket with all that was merged into it."""
    require(who, "customer.erase")
    return _extent(work, _of_ticket(work, find_ticket(work, who, number)))


def erase_customer(work: Work, who: Who, customer_id: str) -> Extent:
    """Erases a customer: who they are, their addresses, and all that was said with them, on both sides and by any of us
    about them. Gives how much that was.

    Raises :class:`Forbidden`, :class:`NotFound`, and :class:`Conflict` while a ticket of theirs is open, an answer has
    not left, or something of theirs is just being read.
    """
    require(who, "customer.erase")
    customer = _customer(work, customer_id)
    scope = _of_customer(work, customer)
    found = _refuse(work, scope)
    files = [*_forget_words(work, scope), *_forget_browser(work, scope)]
    _forget_person(work, customer)
    unneeded.erase(work, files)
    work.append("customer.erased", actor=who.actor, customer=customer_id)
    _tell(work, who, scope, "gdpr")
    desk.audit(work, who, "customer.erased", customer=customer_id, tickets=found.tickets)
    return found


def erase_ticket(work: Work, who: Who, number: int, why: str) -> Extent:
    """Erases what was said in one ticket. With ``test`` and ``spam`` it also leaves every figure; with ``gdpr``, the
    customer's wish, the numbers stay. Raises as :func:`erase_customer`, :class:`Invalid` for another ``why``."""
    require(who, "customer.erase")
    if why not in WHY:
        msg = f"why is one of {', '.join(WHY)}"
        raise Invalid(msg, fields={"why": msg})
    ticket = find_living(work, who, number)
    scope = _of_ticket(work, ticket)
    found = _refuse(work, scope)
    unneeded.erase(work, _forget_words(work, scope))
    _tell(work, who, scope, why)
    desk.audit(work, who, "ticket.deleted", ticket=ticket.id, why=why)
    return found


def settle_late(work: Work, entry_id: int, messages: Sequence[int]) -> bool:
    """Empties an arrival that is about messages which were erased before: a copy of one, a report on another. False
    where it is about others too."""
    about = [work.get(Message, one) for one in messages]
    if not about or any(one is None or ERASED not in one.extra for one in about):
        return False
    unneeded.erase(work, _empty(work, (entry_id,), []))
    return True


# --- whose words --------------------------------------------------------------------------------------------------


def _customer(work: Work, customer_id: str) -> Customer:
    customer = work.get(Customer, customer_id)
    if customer is None:
        became = work.scalar(select(CustomerMerge.into_id).where(CustomerMerge.customer_id == customer_id).limit(1))
        msg = f"there is no customer {customer_id}"
        if became is not None:
            msg = f"there is no customer {customer_id}; they became {became}"
        raise NotFound(msg)
    if customer.erased_at is not None:
        msg = "this customer was erased already"
        raise Conflict(msg)
    return customer


def _of_customer(work: Work, customer: Customer) -> _Scope:
    """Their tickets with everything in them, and what came from their addresses in tickets of others."""
    tickets = select(Ticket.id).where(Ticket.customer_id == customer.id)
    mine = select(Identity.id).where(Identity.customer_id == customer.id)
    messages = select(Message.id).where(or_(Message.ticket_id.in_(tickets), Message.identity_id.in_(mine)))
    return _Scope.of(work, tickets, messages, customer.identities)


def _of_ticket(work: Work, ticket: Ticket) -> _Scope:
    tickets = select(Ticket.id).where(or_(Ticket.id == ticket.id, Ticket.merged_into == ticket.id))
    return _Scope.of(work, tickets, select(Message.id).where(Message.ticket_id.in_(tickets)))


def _extent(work: Work, scope: _Scope) -> Extent:
    files, leaving = 0, set()
    for part in _parts(scope.messages):
        files += work.scalar(select(func.count()).select_from(Attachment).where(Attachment.message_id.in_(part))) or 0
        going = select(Message.ticket_id).where(Message.id.in_(part), Message.state.in_(_LEAVING))
        leaving |= set(work.scalars(going))
    is_open = Ticket.status.not_in(_OVER) & Ticket.merged_into.is_(None)
    still = [
        one
        for part in _parts(scope.tickets)
        for one in work.scalars(select(Ticket.id).where(Ticket.id.in_(part), is_open))
    ]
    return Extent(len(scope.tickets), len(scope.messages), files, tuple(sorted(still)), tuple(sorted(leaving)))


def _refuse(work: Work, scope: _Scope) -> Extent:
    found = _extent(work, scope)
    if found.open:
        msg = f"resolve {_named(found.open)} first: what is open is still being talked about"
        raise Conflict(msg)
    if found.leaving:
        msg = f"an answer in {_named(found.leaving)} has not left yet: wait for it, or take it back"
        raise Conflict(msg)
    return found


def _named(tickets: Sequence[int]) -> str:
    more = len(tickets) - 3
    return ", ".join(f"#{one}" for one in tickets[:3]) + (f" and {more} more" if more > 0 else "")


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    return (numbers[start : start + _AT_ONCE] for start in range(0, len(numbers), _AT_ONCE))


def _do(work: Work, *statements: Executable) -> None:
    work.flush()
    for statement in statements:
        work.execute(statement, execution_options={"synchronize_session": False})
    work.expire_all()


# --- what goes; each gives the digests of bytes that it named ------------------------------------------------------


def _forget_words(work: Work, scope: _Scope) -> list[str]:
    files = _empty(work, _entries(work, scope), scope.values)
    for part in _parts(scope.messages):
        files += _forget_messages(work, part, scope.values)
    for part in _parts(scope.tickets):
        files += _forget_in_tickets(work, part)
    return files


def _forget_messages(work: Work, messages: Sequence[int], values: Sequence[str]) -> list[str]:
    search.forget(work, messages)
    of_them = Attachment.message_id.in_(messages)
    files = [str(one) for one in work.scalars(select(Attachment.sha256).where(of_them, Attachment.sha256.is_not(None)))]
    wordless = {**_WORDLESS, "extra": {ERASED: clock.iso(clock.now())}}
    mine = update(Message).where(Message.id.in_(messages))
    unnamed = mine.values(external_id=literal(f"{ERASED}:") + cast(Message.id, String))
    names = (unnamed.where(Message.external_id.contains(value, autoescape=True)) for value in values)
    _do(work, delete(Attachment).where(of_them), mine.values(wordless), *names)
    return files


def _forget_in_tickets(work: Work, tickets: Sequence[int]) -> list[str]:
    """What tickets say besides messages: subject, fields, drafts, calls of other systems, comments on surveys."""
    files = list(work.scalars(select(DraftFile.sha256).where(DraftFile.ticket_id.in_(tickets))))
    now = clock.now()
    _do(
        work,
        *(delete(table).where(table.ticket_id.in_(tickets)) for table in (Draft, DraftFile, FieldChange, FieldValue)),
        delete(RuleCall).where(RuleCall.ticket_id.in_(tickets)),
        update(BulkItem).where(BulkItem.ticket_id.in_(tickets)).values(was={}, problem=""),
        update(Survey).where(Survey.ticket_id.in_(tickets)).values(comment="", unhappy_at=None, expires_at=None),
        update(Survey)
        .where(Survey.ticket_id.in_(tickets), Survey.due_at.is_not(None))
        .values(due_at=None, withheld=ERASED),
        update(Ticket)
        .where(Ticket.id.in_(tickets))
        .values(subject="", preview="", attention="", attention_at=None, updated_at=now, version=Ticket.version + 1),
    )
    return files


def _forget_browser(work: Work, scope: _Scope) -> list[str]:
    """A visitor's sessions and files, and what was begun to be written to an address."""
    about = scope.values
    files = list(work.scalars(select(Upload.sha256).where(Upload.visitor.in_(about))))
    files += work.scalars(select(DraftFile.sha256).where(DraftFile.ticket_id.is_(None), DraftFile.about.in_(about)))
    _do(
        work,
        delete(Upload).where(Upload.visitor.in_(about)),
        delete(Handover).where(Handover.visitor.in_(about)),
        delete(Visitor).where(Visitor.id.in_(about)),
        delete(DraftFile).where(DraftFile.ticket_id.is_(None), DraftFile.about.in_(about)),
        delete(FirstDraft).where(FirstDraft.about.in_(about)),
    )
    return files


def _forget_person(work: Work, customer: Customer) -> None:
    mine = customer.id
    _do(
        work,
        *(delete(table).where(table.customer_id == mine) for table in (Identity, CustomerNote, Consent)),
        delete(CustomerMerge).where(CustomerMerge.into_id == mine),
        delete(Apart).where(or_(Apart.one_id == mine, Apart.other_id == mine)),
        update(Customer)
        .where(Customer.id == mine)
        .values(
            name=CALLED[desk.get(work, "desk.language")],
            company="",
            language="",
            attributes={},
            erased_at=clock.now(),
        ),
    )


# --- what arrived -------------------------------------------------------------------------------------------------


def _entries(work: Work, scope: _Scope) -> tuple[int, ...]:
    """The arrivals that made these messages or were about them, and those about nothing that name an address."""
    found: set[int] = set()
    for part in _parts(scope.messages):
        found |= {one for one in work.scalars(select(Message.journal_id).where(Message.id.in_(part))) if one}
    # No index leads from a ticket to the items about it: each further statement would read all of them once more.
    about = or_(JournalItem.ticket_id.in_(scope.in_tickets), JournalItem.message_id.in_(scope.in_messages))
    found |= set(work.scalars(select(JournalItem.entry_id).where(about)))
    found |= set(_loose(work, scope))
    return tuple(sorted(found))


def _loose(work: Work, scope: _Scope) -> Iterator[int]:
    """Arrivals in which something led to no ticket and that name one of these addresses: an opt-out, a read receipt,
    what was ignored, what could not be read."""
    marks = {mark.lower().encode() for value in scope.values for mark in (value, quote(value, safe=""))}
    if not marks:
        return
    no_ticket = select(JournalItem.entry_id).where(JournalItem.ticket_id.is_(None))
    told = select(
        JournalEntry.id, JournalEntry.url, JournalEntry.headers, JournalEntry.body, JournalEntry.sha256
    ).where(JournalEntry.id.in_(no_ticket), JournalEntry.erased_at.is_(None))
    for id, url, headers, body, digest in work.execute(told, execution_options={"yield_per": 100}):
        head = " ".join([url, *(str(value) for _, value in headers)]).encode().lower()
        whole = (body if body is not None else _bytes(work, digest)).lower()
        if any(mark in head or mark in whole for mark in marks):
            yield id


def _bytes(work: Work, digest: str) -> bytes:
    path = work.store.files.path(digest)
    return path.read_bytes() if path.exists() else b""


def _empty(work: Work, entries: Sequence[int], values: Sequence[str]) -> list[str]:
    """Takes the content out of arrivals; how each item ended stays. What could not be read is no longer waited for."""
    files: list[str] = []
    for part in _parts(entries):
        of_them = JournalEntry.id.in_(part)
        unread = work.scalar(select(JournalEntry.id).where(of_them, JournalEntry.done.is_(False)).limit(1))
        if unread is not None:
            msg = f"arrival {unread} is just being read; try again in a minute"
            raise Conflict(msg)
        files += work.scalars(select(JournalEntry.sha256).where(of_them, JournalEntry.body.is_(None)))
        gone = {"body": b"", "url": "", "headers": [], "sha256": "", "size": 0, "erased_at": clock.now()}
        mine = JournalItem.entry_id.in_(part)
        _do(
            work,
            update(JournalEntry).where(of_them).values(gone),
            update(JournalItem)
            .where(mine, JournalItem.outcome == Outcome.QUARANTINED)
            .values(outcome=Outcome.IGNORED, reason=ERASED),
            *(
                update(JournalItem)
                .where(mine, JournalItem.external_id.contains(one, autoescape=True))
                .values(external_id=None)
                for one in values
            ),
        )
    return files


def _tell(work: Work, who: Who, scope: _Scope, why: str) -> None:
    for ticket in scope.tickets:
        work.append("ticket.deleted", actor=who.actor, ticket=ticket, why=why)
