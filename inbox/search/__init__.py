"""Full text over subjects, messages, notes and names: the same Python step feeds FTS5 and tsvector."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any, Final

import snowballstemmer
from sqlalchemy import TextClause, text

from inbox.search.asking import Asked, asked
from inbox.store import Message, Work

__all__ = [
    "Asked",
    "asked",
    "exactly",
    "find",
    "forget",
    "index",
    "index_new",
    "parts",
    "plain",
    "rehome",
    "terms",
    "words",
]

_WORD = re.compile(r"[^\W_]+(?:[@.\-'][^\W_]+)*")
_SPOKEN = re.compile(r"[^\W_]+")
_ITALIAN = snowballstemmer.stemmer("italian")
_ENGLISH = snowballstemmer.stemmer("english")
LIMIT = 20_000  # letters of one message that are indexed
LONGEST = 200  # letters of one word that are: nobody types more, and PostgreSQL keeps no more than 2,046 bytes


def plain(content: str) -> str:
    """A text without case and accents."""
    folded = content.casefold()
    if folded.isascii():
        return folded
    return "".join(letter for letter in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(letter))


def parts(content: str) -> list[str]:
    """The bare words of a text, in their order."""
    return _SPOKEN.findall(plain(content))


@lru_cache(maxsize=50_000)
def _forms(word: str) -> tuple[str, ...]:
    """A word's searchable forms: itself without accents, and its Italian and English stems."""
    if word.isascii() and word.isdigit():
        return (word, f"i_{word}", f"e_{word}")
    bare = plain(word)
    return tuple(dict.fromkeys((bare, f"i_{_ITALIAN.stemWord(bare)}", f"e_{_ENGLISH.stemWord(bare)}")))


def _stems(word: str) -> list[str]:
    """Those of a word's forms that find it: whatever has the word itself has its stems, too."""
    return [form for form in _forms(word) if "_" in form]


def words(content: str) -> list[str]:
    """The words of a text as they are indexed: an address or a file's name is its parts, and all of them joined."""
    found: list[str] = []
    for whole in _WORD.findall(content[:LIMIT].casefold()):
        parts = re.split(r"[@.\-']", whole)
        found.extend(parts)
        if len(parts) > 1:
            found.append("".join(parts))
    return [word[:LONGEST] for word in found if word]


@lru_cache(maxsize=50_000)
def _all_forms(whole: str) -> str:
    return " ".join(form for word in words(whole) for form in _forms(word))


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


#: How a message that was never indexed is, by whether the database is SQLite.
NEW: Final = {True: _INSERT, False: _UPSERT}


def content(message: Message) -> str:
    """All that a message is found by: what it says, who says it to whom, its files, its ticket's number."""
    to = [f"{one.get('name') or ''} {one.get('address') or ''}" for one in message.to if message.direction == "out"]
    files = [one.name for one in message.attachments]
    said = (message.subject or "", message.full_text or message.text, message.from_name, message.from_address)
    return " ".join((*said, *to, *files, str(message.ticket_id)))


def index(work: Work, message: Message, *, new: bool = False) -> None:
    """Makes a message findable, in the work's own transaction; again for the same message replaces it, and ``new``
    says that it was never indexed."""
    line = work.connection()
    values = {"id": message.id, "ticket": message.ticket_id, "body": terms(content(message))}
    if work.store.is_sqlite and not new:
        line.execute(_DELETE, values)
    line.execute(NEW[work.store.is_sqlite], values)


def index_new(work: Work, messages: Iterable[Message]) -> None:
    """Makes many messages findable that never were, at once."""
    rows = [{"id": one.id, "ticket": one.ticket_id, "body": terms(content(one))} for one in messages]
    if rows:
        work.connection().execute(NEW[work.store.is_sqlite], rows)


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


#: What each database calls the parts of a query: a form, the beginning of one, one of several, all of them.
_SQLITE: Final = ('"{}"', '"{}"*', " OR ", " AND ")
_POSTGRESQL: Final = ("'{}'", "'{}':*", " | ", " & ")
_MATCH: Final = text(
    "SELECT rowid FROM search_messages WHERE search_messages MATCH :query AND rowid < :before"
    " ORDER BY rowid DESC LIMIT :limit"
)
# PostgreSQL guesses badly how many rows hold some words, and worse once a statement is planned for any words at all:
# so each of the two ways is written such that it is taken, and planned for the words that are asked. The index
# compares the words' conditions, one for each, in two thirds of the time that one query of all words takes.
_LATELY: Final = (
    "SELECT ARRAY(SELECT message_id FROM search_messages WHERE {} AND message_id < :before"
    " AND message_id >= least(:before, (SELECT max(message_id) FROM search_messages)) - :near"
    " ORDER BY message_id DESC LIMIT :limit)"
)
_EVER: Final = (
    "WITH hit AS MATERIALIZED (SELECT message_id FROM search_messages WHERE {})"
    " SELECT ARRAY(SELECT message_id FROM hit WHERE message_id < :before ORDER BY message_id DESC LIMIT :limit)"
)
_BY_WORDS: Final = text(
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_seqscan', :scan, true)"
)
NEAR: Final = 20  # so many of the newest messages are read for each that is wanted before the index is asked for all
TASTE: Final = 8  # an eighth of those tells whether the words are common, and is enough if every second has them
MOST: Final = 12  # words that are looked at
FEW: Final = 30  # so many messages are enough to read


def _queries(wanted: Asked, *, sqlite: bool, begun: bool, named: bool) -> list[str]:
    """What the index is asked, a query for each word, all of which have to be met: every word by any of its forms,
    exact words and names as they are; with ``begun`` the last word also as a beginning, and names where nothing else
    is asked for: a name's beginning may be half of the index. Not ``named``, the words alone say where to look. Empty
    where no word is asked for."""
    form, beginning, either, both = _SQLITE if sqlite else _POSTGRESQL
    free = words(wanted.words)[:MOST]
    needed = [[form.format(one) for one in _stems(word)] for word in free]
    if free and begun:
        needed[-1].append(beginning.format(plain(free[-1])))
    exact = [word for phrase in wanted.exact for word in parts(phrase)]
    needed += [[form.format(word)] for word in dict.fromkeys(exact[:MOST])]
    names = wanted.operators.get("from", ())
    if names and (named or not needed):  # one of them is enough
        written = beginning if begun and not needed else form
        each = [both.join(written.format(word) for word in parts(name)[:MOST]) for name in names]
        needed.append([f"({one})" for one in each if one])
    return [f"({either.join(some)})" for some in needed if some]


def find(work: Work, wanted: Asked, *, limit: int, before: int | None = None) -> list[int]:
    """The messages that may hold what is wanted, newest first; ``before`` a message id pages on. What the index does
    not know (the order of exact words, whose name it was) is left to :func:`exactly` and the reading.

    Where whole words find little, the last one is also taken as a beginning, and names are, so that results come while
    one types: of a common word that would cost more than all the rest, for nothing.
    """

    def look(*, begun: bool, named: bool = True) -> list[int]:
        queries = _queries(wanted, sqlite=work.store.is_sqlite, begun=begun, named=named)
        return _ids(work, queries, limit, before)

    with _by_words(work):
        ids = look(begun=False)
        if len(ids) < min(limit, FEW) and _may_be_begun(wanted):
            ids = look(begun=True)
            if not ids and wanted.operators.get("from"):
                ids = look(begun=True, named=False)
        return ids


@contextmanager
def _by_words(work: Work) -> Iterator[None]:
    """Lets PostgreSQL plan what is asked within for the words that are asked, and by an index."""
    if work.store.is_sqlite:
        yield
        return
    work.execute(_BY_WORDS, {"scan": "off"})
    yield
    work.execute(_BY_WORDS, {"scan": "on"})


def _may_be_begun(wanted: Asked) -> bool:
    last = words(wanted.words)[-1:]
    return bool(wanted.operators.get("from")) or any(len(word) > 1 or not word.isascii() for word in last)


def _ids(work: Work, queries: Sequence[str], limit: int, before: int | None) -> list[int]:
    if not queries:
        return []
    values = {"limit": limit, "before": before if before is not None else 2**62}
    if work.store.is_sqlite:
        return list(work.scalars(_MATCH, values | {"query": _SQLITE[-1].join(queries)}).all())
    return _ids_by_tsvector(work, queries, values)


def _ids_by_tsvector(work: Work, queries: Sequence[str], values: dict[str, Any]) -> list[int]:
    """Common words are found among the newest messages; others are few, so that the index gives all of them at once.
    An index of tsvectors knows no order: to sort half of all messages would take longer than to read some of them."""
    limit, near = values["limit"], NEAR * values["limit"]
    lately, ever = _by_tsvector(len(queries))
    values = values | {f"query_{n}": query for n, query in enumerate(queries)}
    ids: list[int] = work.scalar(lately, values | {"near": near // TASTE}) or []
    if limit > len(ids) >= limit // TASTE:  # as common as it seems, it fills the rest
        ids = work.scalar(lately, values | {"near": near}) or []
    if len(ids) < limit:
        ids = work.scalar(ever, values) or []
    return ids


@cache
def _by_tsvector(count: int) -> tuple[TextClause, TextClause]:
    """The statements for so many words, by the newest messages and by the whole index."""
    each = " AND ".join(f"body @@ CAST(:query_{n} AS tsquery)" for n in range(count))
    return text(_LATELY.format(each)), text(_EVER.format(each))


def exactly(phrases: Iterable[str]) -> list[re.Pattern[str]]:
    """What each phrase looks like in a :func:`plain` text, whatever stands between its words."""
    spoken = [parts(phrase) for phrase in phrases]
    begun = [(_after_no_word(each[0]), *each[1:]) for each in spoken if each]
    return [re.compile(r"[\W_]+".join(each) + r"(?![^\W_])") for each in begun]


def _after_no_word(first: str) -> str:
    """A word that no other runs into. What stands before it is looked at after it: a pattern that begins with plain
    letters is searched for sixteen times as fast."""
    return rf"{first}(?<![^\W_]{first})"
