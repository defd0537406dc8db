"""SEARCH: keys as predicates over mails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email import message_from_bytes
from email.policy import compat32

from inbox.sandbox.imap.syntax import BadSyntax, Token, day, sequence, text
from inbox.sandbox.mail.folders import Stored
from inbox.sandbox.mail.reading import read

__all__ = ["search"]

Test = Callable[[Stored], bool]

_FLAGS = {
    "ANSWERED": "\\Answered",
    "DELETED": "\\Deleted",
    "DRAFT": "\\Draft",
    "FLAGGED": "\\Flagged",
    "SEEN": "\\Seen",
}
_HEADERS = frozenset({"BCC", "CC", "FROM", "SUBJECT", "TO"})


def search(keys: list[Token], view: list[int], mails: Mapping[int, Stored]) -> list[int]:
    """The UIDs of ``view`` that match all keys, ascending. Raises :class:`BadSyntax`."""
    if len(keys) > 1 and isinstance(keys[0], str) and keys[0].upper() == "CHARSET":
        keys = keys[2:]
    test = _all(_Keys(keys, view))
    return [uid for uid in view if uid in mails and test(mails[uid])]


class _Keys:
    """The keys still to be read."""

    def __init__(self, keys: list[Token], view: list[int]) -> None:
        self._keys = list(keys)
        self.view = view

    def __bool__(self) -> bool:
        return bool(self._keys)

    def take(self) -> Token:
        if not self._keys:
            raise BadSyntax("a search key lacks its argument")
        return self._keys.pop(0)


def _all(keys: _Keys) -> Test:
    tests = []
    while keys:
        tests.append(_one(keys))
    return lambda mail: all(test(mail) for test in tests)


def _one(keys: _Keys) -> Test:
    token = keys.take()
    if isinstance(token, list):
        return _all(_Keys(token, keys.view))
    key = text(token).upper()
    if key in _FLAGS or key.removeprefix("UN") in _FLAGS:
        flag = _FLAGS[key if key in _FLAGS else key.removeprefix("UN")]
        return (lambda mail: flag in mail.flags) if key in _FLAGS else (lambda mail: flag not in mail.flags)
    if key in _HEADERS:
        return _header(key, text(keys.take()))
    if maker := _MAKERS.get(key):
        return maker(keys)
    return _numbers(token, keys.view)


def _numbers(token: Token, view: list[int]) -> Test:
    uids = {view[number - 1] for number in sequence(token, range(1, len(view) + 1))}
    return lambda mail: mail.uid in uids


def _uids(keys: _Keys) -> Test:
    uids = set(sequence(keys.take(), keys.view))
    return lambda mail: mail.uid in uids


def _header(name: str, value: str) -> Test:
    def test(mail: Stored) -> bool:
        message = message_from_bytes(mail.data(), policy=compat32)
        return any(value.lower() in str(found).lower() for found in message.get_all(name, []))

    return test


def _named_header(keys: _Keys) -> Test:
    name = text(keys.take())
    return _header(name, text(keys.take()))


def _keyword(keys: _Keys) -> Test:
    flag = text(keys.take())
    return lambda mail: flag in mail.flags


def _unkeyword(keys: _Keys) -> Test:
    flag = text(keys.take())
    return lambda mail: flag not in mail.flags


def _negated(keys: _Keys) -> Test:
    inner = _one(keys)
    return lambda mail: not inner(mail)


def _either(keys: _Keys) -> Test:
    first, second = _one(keys), _one(keys)
    return lambda mail: first(mail) or second(mail)


def _since(keys: _Keys) -> Test:
    limit = day(keys.take())
    return lambda mail: mail.received.date() >= limit


def _before(keys: _Keys) -> Test:
    limit = day(keys.take())
    return lambda mail: mail.received.date() < limit


def _on(keys: _Keys) -> Test:
    limit = day(keys.take())
    return lambda mail: mail.received.date() == limit


def _sent_since(keys: _Keys) -> Test:
    limit = day(keys.take())
    return lambda mail: read(mail.data()).date.date() >= limit


def _sent_before(keys: _Keys) -> Test:
    limit = day(keys.take())
    return lambda mail: read(mail.data()).date.date() < limit


def _larger(keys: _Keys) -> Test:
    limit = int(text(keys.take()))
    return lambda mail: mail.size > limit


def _smaller(keys: _Keys) -> Test:
    limit = int(text(keys.take()))
    return lambda mail: mail.size < limit


def _text(keys: _Keys) -> Test:
    wanted = text(keys.take()).encode("utf-8", "surrogateescape").lower()
    return lambda mail: wanted in mail.data().lower()


_MAKERS: dict[str, Callable[[_Keys], Test]] = {
    "ALL": lambda _keys: lambda _mail: True,
    "NEW": lambda _keys: lambda mail: "\\Seen" not in mail.flags,
    "OLD": lambda _keys: lambda _mail: True,
    "RECENT": lambda _keys: lambda _mail: False,
    "UID": _uids,
    "HEADER": _named_header,
    "KEYWORD": _keyword,
    "UNKEYWORD": _unkeyword,
    "NOT": _negated,
    "OR": _either,
    "SINCE": _since,
    "BEFORE": _before,
    "ON": _on,
    "SENTSINCE": _sent_since,
    "SENTBEFORE": _sent_before,
    "LARGER": _larger,
    "SMALLER": _smaller,
    "TEXT": _text,
    "BODY": _text,
}
