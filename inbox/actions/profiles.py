"""What agents write down about a customer: company, language, attributes, notes, what they agreed to."""

from __future__ import annotations

import re
from typing import Final

from inbox.actions import hearing
from inbox.actions.who import Who, find_living
from inbox.errors import Conflict, Invalid, NotFound
from inbox.sentiment import spoken
from inbox.store import Consent, Customer, CustomerNote, Identity, Work

__all__ = ["add_note", "agree", "attributes_of", "change", "customer_of", "learn_language", "remove_note"]

MOST = 40
LONGEST: Final = {"name": 200, "company": 200, "note": 4000, "what": 200, "source": 200}
_LANGUAGE = re.compile(r"[a-z]{2}(-[a-z]{2,4})?")


def customer_of(work: Work, who: Who, number: int) -> Customer:
    """The customer of a ticket that ``who`` may see. Raises :class:`Conflict` where nobody knows them."""
    ticket = find_living(work, who, number)
    customer = work.get(Customer, ticket.customer_id) if ticket.customer_id else None
    if customer is None:
        msg = "this customer is not known"
        raise Conflict(msg)
    return customer


def attributes_of(typed: str) -> dict[str, str]:
    """Attributes from lines like ``Plan: Business 50``. Raises :class:`Invalid` for a line that is none."""
    found: dict[str, str] = {}
    for line in typed.splitlines():
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not name and not value:
            continue
        if not (colon and 0 < len(name) <= 60 and 0 < len(value) <= 500):
            msg = f"write each attribute on a line of its own, like Plan: Business, not {line.strip()[:60]!r}"
            raise Invalid(msg, fields={"attributes": msg})
        found[name] = value
    if len(found) > MOST:
        msg = f"a customer has {MOST} attributes at most"
        raise Invalid(msg, fields={"attributes": msg})
    return found


def change(
    work: Work, who: Who, number: int, *, name: str, company: str, language: str, attributes: dict[str, str]
) -> None:
    """Writes down who the customer of a ticket is. The log says what was changed and by whom, never to what."""
    customer = customer_of(work, who, number)
    language = language.strip().lower()
    if language and not _LANGUAGE.fullmatch(language):
        msg = "a language is two letters, like it or en"
        raise Invalid(msg, fields={"language": msg})
    wanted = {
        "name": _short("name", name),
        "company": _short("company", company),
        "language": language,
        "attributes": attributes,
    }
    changed = [part for part, value in wanted.items() if getattr(customer, part) != value]
    for part in changed:
        setattr(customer, part, wanted[part])
    if changed:
        work.append("customer.changed", actor=who.actor, customer=customer.id, what=changed)


def learn_language(work: Work, identity: Identity, text: str) -> None:
    """Keeps the language of a customer of whom none is known: the one that their chat speaks, else what their first
    words are written in. What people write down stands above it."""
    customer = work.get(Customer, identity.customer_id)
    if customer is None or customer.language:
        return
    customer.language = hearing.chosen(work, identity) or spoken(text)


def add_note(work: Work, who: Who, number: int, text: str) -> CustomerNote:
    """Writes a note on the customer of a ticket."""
    customer = customer_of(work, who, number)
    note = CustomerNote(customer_id=customer.id, agent_id=who.id, text=_said("note", text))
    work.add(note)
    work.flush()
    work.append("customer.noted", actor=who.actor, customer=customer.id, note=note.id)
    return note


def remove_note(work: Work, who: Who, number: int, note: int) -> None:
    """Takes a note on the customer of a ticket away."""
    customer = customer_of(work, who, number)
    row = work.get(CustomerNote, note)
    if row is None or row.customer_id != customer.id:
        msg = "there is no such note"
        raise NotFound(msg)
    work.delete(row)
    work.append("customer.noted", actor=who.actor, customer=customer.id, note=note, removed=True)


def agree(work: Work, who: Who, number: int, *, what: str, given: bool, source: str) -> Consent:
    """Writes down what the customer of a ticket agreed to, or took back, and where that is known from. What was
    written before stays: it held until now."""
    customer = customer_of(work, who, number)
    row = Consent(
        customer_id=customer.id,
        agent_id=who.id,
        what=_said("what", what),
        given=given,
        source=_short("source", source),
    )
    work.add(row)
    work.flush()
    work.append("customer.consent", actor=who.actor, customer=customer.id, consent=row.id, given=given)
    return row


def _short(field: str, text: str) -> str:
    wanted = " ".join(text.split())
    if len(wanted) > LONGEST[field]:
        msg = f"write up to {LONGEST[field]} letters"
        raise Invalid(msg, fields={field: msg})
    return wanted


def _said(field: str, text: str) -> str:
    wanted = text.replace("\r\n", "\n").strip()
    if not 0 < len(wanted) <= LONGEST[field]:
        msg = f"write 1 to {LONGEST[field]} letters"
        raise Invalid(msg, fields={field: msg})
    return wanted
