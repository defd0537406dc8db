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


def terms(content: str) -> str:
    """The searchable forms of a text, separated by spaces; letters, digits and ``_`` only."""
    return " ".join(form for word in _words(content) for form in _forms(word))


def index(work: Work, *, message: int, ticket: int, content: str) -> None:
    """Makes a message findable, in the work's own transaction; again for the same message replaces it."""
    values = {"id": message, "ticket": ticket, "body": terms(content)}
    if work.store.is_sqlite:
        work.execute(text("DELETE FROM search_messages WHERE rowid = :id"), values)
        work.execute(text("INSERT INTO search_messages (rowid, ticket_id, body) VALUES (:id, :ticket, :body)"), values)
    else:
        work.execute(
            text(
                "INSERT INTO search_messages (message_id, ticket_id, body)"
                " VALUES (:id, :ticket, array_to_tsvector(array_remove(string_to_array(:body, ' '), '')))"
                " ON CONFLICT (message_id) DO UPDATE SET body = excluded.body, ticket_id = excluded.ticket_id"
            ),
            values,
        )


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
