"""What a ticket's line of the list says: its subject, and its last message in a few words."""

from __future__ import annotations

from inbox.store import Message, Ticket

__all__ = ["cut", "show", "subject_of"]

PREVIEW = 160


def show(ticket: Ticket, message: Message) -> None:
    """Puts the message into the ticket's line of the list."""
    ticket.active_at = max(ticket.active_at, message.at)
    ticket.preview = _first_line(message.text) or ", ".join(one.name for one in message.attachments)[:PREVIEW]
    ticket.preview_direction = message.direction.value
    ticket.preview_kind = message.kind


def subject_of(subject: str | None, text: str) -> str:
    """A new ticket's subject: its message's, or the first line of what has none."""
    return " ".join((subject if subject is not None else _first_line(text)).split())[:500]


def cut(text: str, most: int) -> str:
    """The beginning of a text on one line; that something follows is said by dots."""
    words = " ".join(text.split())
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


def _first_line(text: str) -> str:
    return next((" ".join(line.split())[:PREVIEW] for line in text.splitlines() if line.strip()), "")
