"""Full text over subjects, messages, notes and names: the same Python step feeds FTS5 and tsvector."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import snowballstemmer
from sqlalchemy import text

from inbox.store import Work

__all__ = ["find", "forget", "index", "rehome", "terms"]

_WORD = re.compile(r"[^\W_]+(?:[@.\-'][^\W_]+)*")
_ITALIAN = snowballstemmer.stemmer("italian")
_ENGLISH = snowballstemmer.stemmer("english")
LIMIT = 20_000  # letters of one message that are indexed


@lru_cache(maxsize=50_000)
def _forms(word: str) -> tuple[str, ...]:
    """A word's searchable forms: itself without accents, and its Italian and English stems."""
    if word.isascii() and word.isdigit():
        return (word, f"i_{word}", f"e_{word}")
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", word) if not unicodedata.combining(letter))
    return tuple(dict.fromkeys((plain, f"i_{_ITALIAN.stemWord(plain)}", f"e_{_ENGLISH.stemWord(plain)}")))


def _words(content: str) -> list[str]:
    found: list[str] = []
    for whole in _WORD.findall(content[:LIMIT].casefold()):
        parts = re.split(r"[@.\-']", whole)
        found.extend(parts)
        if len(parts) > 1:
            found.append("".join(parts))
    return [word for word in found if word]


@lru_cache(maxsize=50_000)
def _all_forms(whole: str) -> str:
    return " ".join(form for word in _words(whole) for form in _forms(word))


def terms(content: str) -> str:
    """The searchable forms of a text, separated by spaces; letters, digits and ``_`` only."""
    found = map(_all_forms, _WORD.findall(content[:LIMIT].casefold()))
    return " ".join(forms for forms in found if forms)


# Prepared once: every message that arrives is indexed.
_DELETE = text("DELETE FROM search_messages WHERE rowid = :id")
_INSERT = text("INSERT INTO search_messages (rowid, ticket_id, body) VALUES (:id, :ticket, :body)")
_UPSERT = text(
    "INSERT INTO search_messages (message_id, ticket_id, body)"
    " VALUES (:id, :ticket, array_to_tsvector(array_remove(string_to_array(:body, ' '), '')))"
    " ON CONFLICT (message_id) DO UPDATE SET body = excluded.body, ticket_id = excluded.ticket_id"
)


def index(work: Work, *, message: int, ticket: int, content: str, new: bool = False) -> None:
    """Makes a message findable, in the work's own transaction; again for the same message replaces it, and ``new``
    says that it was never indexed."""
    line, values = work.connection(), {"id": message, "ticket": ticket, "body": terms(content)}
    if not work.store.is_sqlite:
        line.execute(_UPSERT, values)
        return
    if not new:
        line.execute(_DELETE, values)
    line.execute(_INSERT, values)


def rehome(work: Work, messages: Iterable[int], ticket: int) -> None:
    """Lets messages be found in another ticket."""
    column = "rowid" if work.store.is_sqlite else "message_id"
    rows = [{"id": message, "ticket": ticket} for message in messages]
    if rows:
        work.execute(text(f"UPDATE search_messages SET ticket_id = :ticket WHERE {column} = :id"), rows)  # noqa: S608


def forget(work: Work, messages: Iterable[int]) -> None:
    """Makes messages that are going away impossible to find."""
    column = "rowid" if work.store.is_sqlite else "message_id"
    rows = [{"id": message} for message in messages]
    if rows:
        work.execute(text(f"DELETE FROM search_messages WHERE {column} = :id"), rows)  # noqa: S608  (our own word)


def find(work: Work, query: str, *, limit: int = 50, before: int | None = None) -> list[tuple[int, int]]:
    """(message, ticket) that hold every word of ``query``, newest first; ``before`` a message id pages on.

    The last word is also taken as a beginning, so that results come while one types.
    """
    words = _words(query)[:12]
    if not words:
        return []
    values = {"limit": limit, "before": before if before is not None else 2**62}
    if work.store.is_sqlite:
        parts = []
        for n, word in enumerate(words):
            forms = [f'"{form}"' for form in _forms(word)]
            if n == len(words) - 1:
                forms.append(f'"{_forms(word)[0]}"*')
            parts.append("(" + " OR ".join(forms) + ")")
        statement = text(
            "SELECT rowid, ticket_id FROM search_messages WHERE search_messages MATCH :query AND rowid < :before"
            " ORDER BY rowid DESC LIMIT :limit"
        )
        rows = work.execute(statement, {**values, "query": " AND ".join(parts)})
    else:
        parts = []
        for n, word in enumerate(words):
            forms = [f"'{form}'" for form in _forms(word)]
            if n == len(words) - 1:
                forms.append(f"'{_forms(word)[0]}':*")
            parts.append("(" + " | ".join(forms) + ")")
        statement = text(
            "SELECT message_id, ticket_id FROM search_messages WHERE body @@ CAST(:query AS tsquery)"
            " AND message_id < :before ORDER BY message_id DESC LIMIT :limit"
        )
        rows = work.execute(statement, {**values, "query": " & ".join(parts)})
    return [(row[0], row[1]) for row in rows]
