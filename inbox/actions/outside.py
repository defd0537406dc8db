"""The business's own system: asked by a signed request who a customer is there; its answer, or why there is none. What
the answer tells of contracts and revenue is kept."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from connectors import guard
from connectors.base import ConnectorError
from connectors.line import target
from inbox import clock, logs
from inbox.actions import desk, history, telling
from inbox.actions.who import SYSTEM, Who, find_ticket, require
from inbox.errors import Invalid, Problem
from inbox.store import Event, Store, Work

__all__ = ["Answer", "Failure", "Question", "ask", "keep", "question", "read", "save", "sign", "trial"]

log = logs.get("outside")

NAME: Final = "outside.lookup"
LONGEST_BYTES: Final = 65_536
ROWS, LINKS, TEXT = 30, 5, 300
#: After a failure nobody waits for the system again for so long.
REST_S: Final = 30.0
KEPT: Final = 500
#: The lists of an answer whose lines become events, with the kinds of each; the first kind need not be said.
LISTS: Final = {
    "contracts": ("contract.started", "contract.renewed", "contract.ended"),
    "revenue": ("revenue",),
}
FIELDS: Final = ("ts", "contract", "ends", "why", "amount", "margin", "currency")
LONGEST_ID: Final = 60


@dataclass(frozen=True)
class Answer:
    """What is shown: texts as they came, to be escaped; links are http or https. ``told`` are contracts and revenue as
    events without their customer, or what is wrong with one."""

    title: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    told: tuple[telling.Told, ...] = ()


@dataclass(frozen=True)
class Failure:
    """Why nothing is shown: ``timeout connect tls blocked too_large redirect unreadable http_<status>``."""

    code: str


@dataclass(frozen=True)
class Question:
    """One request, made while the store was read; asking needs no store."""

    url: str
    secret: str
    body: bytes
    timeout_s: float
    cache_s: float
    customer: str = ""

    @property
    def key(self) -> str:
        """The same for the same question to the same system."""
        return hashlib.sha256(b"\0".join((self.url.encode(), self.secret.encode(), self.body))).hexdigest()


_lock = threading.Lock()
_kept: OrderedDict[str, tuple[float, Answer]] = OrderedDict()
_rests: dict[str, tuple[float, Failure]] = {}


def sign(secret: str, stamp: str, body: bytes) -> str:
    """The hex HMAC-SHA256 of ``<stamp>.<body>``."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def question(work: Work, who: Who, number: int) -> Question | None:
    """What to ask about a ticket's customer; None where nothing is asked, or nobody knows them."""
    ticket = find_ticket(work, who, number)
    set_up: dict[str, Any] = desk.get(work, NAME)
    if not set_up or ticket.customer is None:
        return None
    told = {
        "customer": ticket.customer.id,
        "ticket": ticket.id,
        "identities": [{"kind": one.kind, "value": one.value} for one in ticket.customer.identities],
    }
    return _of(work, set_up, told)


def trial(work: Work) -> Question | None:
    """The same about somebody who is not."""
    set_up: dict[str, Any] = desk.get(work, NAME)
    nobody = {"customer": "trial", "ticket": 0, "identities": [{"kind": "email", "value": "trial@customer.example"}]}
    return _of(work, set_up, nobody) if set_up else None


def _of(work: Work, set_up: Mapping[str, Any], told: Mapping[str, Any]) -> Question:
    secret = str(work.store.seal.open(set_up["sealed"])["secret"])
    body = json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
    timeout_s, cache_s = float(set_up["timeout_s"]), float(set_up["cache_min"]) * 60
    return Question(set_up["url"], secret, body, timeout_s, cache_s, told["customer"])


def ask(asked: Question, *, again: bool = False) -> Answer | Failure:
    """The system's answer, remembered as long as the desk says; ``again`` asks anew. Raises nothing."""
    now = time.monotonic()
    with _lock:
        kept, rest = _kept.get(asked.key), _rests.get(asked.url)
    if not again and kept is not None and now - kept[0] < asked.cache_s:
        return kept[1]
    if not again and rest is not None and now - rest[0] < REST_S:
        return rest[1]
    found = _ask(asked)
    with _lock:
        if isinstance(found, Failure):
            _rests[asked.url] = (now, found)
        else:
            _rests.pop(asked.url, None)
            _kept[asked.key] = (now, found)
            _kept.move_to_end(asked.key)
            while len(_kept) > KEPT:
                _kept.popitem(last=False)
    return found


def _ask(asked: Question) -> Answer | Failure:
    stamp = str(int(clock.now().timestamp()))
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "X-Sportello-Timestamp": stamp,
        "X-Sportello-Signature": f"sha256={sign(asked.secret, stamp, asked.body)}",
    }
    try:
        answer = guard.post(asked.url, asked.body, headers=headers, seconds=asked.timeout_s, max_bytes=LONGEST_BYTES)
    except ConnectorError as problem:
        return Failure(problem.code)
    if answer.status in {204, 404}:
        return Answer()
    if 300 <= answer.status < 400:
        return Failure("redirect")
    return read(answer.body) if answer.status == 200 else Failure(f"http_{answer.status}")


def read(body: bytes) -> Answer | Failure:
    """What a body says, if it is what it should be: anything else in it is a :class:`Failure`."""
    try:
        said = json.loads(body)
        title = _text(said.get("title", ""))
        rows = tuple((_text(label), _text(value)) for label, value in said.get("rows", ()))
        links = tuple((_text(one["label"]), _url(one["url"])) for one in said.get("links", ()))
        told = tuple(_told(said))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Failure("unreadable")
    if len(rows) > ROWS or len(links) > LINKS:
        return Failure("unreadable")
    return Answer(title, rows, links, told)


def _told(said: Mapping[str, Any]) -> Iterator[telling.Told]:
    for name, kinds in LISTS.items():
        lines = said.get(name)
        if isinstance(lines, list):
            yield from (_line(name, kinds, one) for one in lines)
        elif lines is not None:
            yield Invalid(f"{name} is no list in what your system answers")


def _line(name: str, kinds: tuple[str, ...], one: Any) -> telling.Told:
    """An event under the system's own id, so that the same answer twice is one."""
    id = _id(one.get("id")) if isinstance(one, dict) else ""
    if not 0 < len(id) <= LONGEST_ID or not id.isprintable():
        return Invalid(f"a line of {name} needs an id of your system, a text or number of up to {LONGEST_ID} letters")
    kind = one.get("kind", kinds[0])
    if kind not in kinds:
        return Invalid(f"{kind!r} is no kind of {name}; write one of {', '.join(kinds)}")
    line = {field: one[field] for field in FIELDS if field in one}
    if "contract" in line:
        line["contract"] = _id(line["contract"]) or None
    return {**line, "kind": kind, "id": f"outside:{name}:{id}"}


def _id(said: Any) -> str:
    return str(said).strip() if isinstance(said, str | int) and not isinstance(said, bool) else ""


def keep(store: Store, asked: Question, found: Answer) -> list[str]:
    """Appends what an answer tells of the customer's contracts and revenue, once, and gives why some of it was not
    taken. Most looks at a ticket bring nothing new: they only read. Raises nothing, as :func:`ask`."""
    told = [one if isinstance(one, Invalid) else {**one, "customer": asked.customer} for one in found.told]
    if not told:
        return []
    ids = [one["id"] for one in told if not isinstance(one, Invalid)]
    try:
        with store.reading() as work:
            known = {*work.scalars(select(Event.id).where(Event.id.in_(ids)))}
            numbered = enumerate(told, 1)
            fresh = [(n, one) for n, one in numbered if isinstance(one, Invalid) or one["id"] not in known]
            rows, faults = telling.read(work, SYSTEM, fresh)
        if rows:
            store.write(lambda work: history.add(work, SYSTEM, rows))
    except Problem as problem:
        faults = [(0, problem.detail)]
    for place, why in faults:
        log.warning("outside not taken", customer=asked.customer, place=place, why=why)
    return [why for _place, why in faults]


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise TypeError
    text = " ".join(str(value).split())
    if len(text) > TEXT or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError
    text.encode()  # half of a pair of surrogates can stand in JSON, and in no page
    return text


def _url(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 2000 or not value.startswith(("https://", "http://")):
        raise ValueError
    value.encode()
    return value


def save(work: Work, who: Who, *, url: str, secret: str, timeout_s: str, cache_min: str) -> None:
    """Says which system is asked; an empty address switches it off, an empty secret stays as it is.

    Raises :class:`Invalid` with every field that is wrong.
    """
    require(who, "settings.change")
    before: dict[str, Any] = desk.get(work, NAME)
    after: dict[str, Any] = {}
    if url.strip():
        wrong: dict[str, str] = {}
        after = {
            "url": _address(url, wrong),
            "timeout_s": _number("timeout_s", timeout_s, (0.5, 3), "wait 0.5 to 3 seconds", wrong),
            "cache_min": _number("cache_min", cache_min, (0, 1440), "remember an answer for 0 to 1440 minutes", wrong),
            "sealed": before.get("sealed", ""),
        }
        if secret or not after["sealed"]:
            after["sealed"] = work.store.seal.close({"secret": secret})
            if not 16 <= len(secret) <= 200:
                wrong |= {"secret": "the secret has 16 to 200 letters"}
        if wrong:
            raise Invalid("; ".join(wrong.values()), fields=wrong)
    if after != before:
        desk.keep(work, NAME, after)
        open_ = [{name: one for name, one in each.items() if name != "sealed"} for each in (before, after)]
        desk.audit(work, who, "outside.changed", was=open_[0], now=open_[1])


def _address(url: str, wrong: dict[str, str]) -> str:
    wanted = url.strip()
    try:
        target(wanted)
    except ValueError:
        wrong["url"] = "write the whole address, like https://shop.example/sportello"
    return wanted


def _number(name: str, typed: str, span: tuple[float, float], words: str, wrong: dict[str, str]) -> float:
    try:
        value = float(typed.strip().replace(",", "."))
    except ValueError:
        value = -1.0
    if not span[0] <= value <= span[1]:
        wrong[name] = words
    return value
