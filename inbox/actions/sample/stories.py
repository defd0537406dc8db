"""The weeks before the sample's script: who wrote when and about what, made up by chance that is always the same."""

from __future__ import annotations

import datetime as dt
import random
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from inbox.actions.sample.script import FOLDER
from inbox.actions.sample.times import SATURDAY, Times

__all__ = ["BACK", "MANY", "Person", "Said", "Story", "people", "stories", "words"]

#: So many tickets, so many days back.
MANY: Final = 352
BACK: Final = 60
PEOPLE: Final = 150
SEED: Final = 20_260_301
OPENS, CLOSES = dt.time(9, 5), dt.time(17, 55)

#: How a ticket goes, and how often.
WAYS: Final = {
    "plain": 42, "talk": 20, "again": 8, "chased": 7, "handed": 7, "silent": 3, "bot": 4, "bot_hands": 3,
    "spam": 2, "ours": 2, "lapsed": 2,
}  # fmt: skip
KINDS: Final = {"email": 46, "sms": 14, "chat": 22, "telegram": 10, "messenger": 8}
#: Minutes until somebody answers, least and most, in working hours.
WAITS: Final = {"email": (12, 300), "sms": (6, 90), "chat": (1, 9), "telegram": (4, 70), "messenger": (5, 120)}
AGENTS: Final = {"davide": 45, "giulia": 25, "sara": 20, "luca": 10}


@dataclass(frozen=True)
class Person:
    """A customer of the weeks before; ``n`` makes their addresses."""

    n: int
    name: str
    domain: str


@dataclass(frozen=True)
class Said:
    """One thing in a ticket at a moment. ``by``: "" is the customer, else an agent, ``bot`` or ``desk``. ``do``: say,
    note, assign, spam, close, hand (of a bot)."""

    at: dt.datetime
    by: str
    do: str = "say"
    text: str = ""
    work: float = 0.0
    then: str = ""


@dataclass
class Story:
    """A ticket that is over."""

    person: Person
    kind: str
    reason: str
    tags: list[str]
    subject: str
    said: list[Said] = field(default_factory=list)

    @property
    def begins(self) -> dt.datetime:
        """The moment of its first word."""
        return self.said[0].at


@cache
def words() -> dict[str, Any]:
    """The texts."""
    return tomllib.loads((FOLDER / "history.toml").read_text(encoding="utf-8"))


def people() -> list[Person]:
    """The customers, each with a name of their own."""
    told, chance = words(), random.Random(SEED)  # noqa: S311 - a sample, no secret
    names = [f"{first} {last}" for first in told["first"] for last in told["last"]]
    chance.shuffle(names)
    return [
        Person(n, name, f"{chance.choice(told['trade'])}{name.split()[1].lower()}{n}.example")
        for n, name in enumerate(names[:PEOPLE])
    ]


def stories(times: Times) -> list[Story]:
    """The tickets, the oldest first; all of them are over a day before the sample's now."""
    chance = random.Random(SEED)  # noqa: S311
    known = people()
    made = [_Maker(chance, times, known).story() for _ in range(MANY)]
    return sorted(made, key=lambda story: story.begins)


@dataclass
class _Maker:
    chance: random.Random
    times: Times
    known: list[Person]

    def story(self) -> Story:
        told, chance = words(), self.chance
        topic = chance.choice(told["topic"])
        person = self.known[min(int(chance.expovariate(1 / 45)), len(self.known) - 1)]
        subject, first = chance.choice(topic["says"])
        kind, way = self.one_of(KINDS), self.one_of(WAYS)
        if way in {"bot", "bot_hands"}:
            kind = "chat"
        reason = topic["reason"] if chance.random() < 0.92 else ""
        story = Story(person, kind, reason, topic["tags"] if chance.random() < 0.6 else [], subject)
        self.filled = {"dominio": person.domain, "nome": person.name.split()[0]}
        start = self.moment()
        story.said += _WAYS[way](self, story, start, first.format(**self.filled), self.text(topic["answers"]))
        story.said = [replace(one, at=one.at.replace(microsecond=0)) for one in story.said]
        limit = self.times.now - dt.timedelta(days=1)
        return story if story.said[-1].at < limit else self.story()

    def one_of(self, weights: dict[str, int]) -> str:
        return self.chance.choices(list(weights), list(weights.values()))[0]

    def text(self, texts: list[str]) -> str:
        return self.chance.choice(texts).format(**self.filled)

    def moment(self) -> dt.datetime:
        """When a customer writes: mostly on working days, in the day."""
        day = self.times.today - dt.timedelta(days=self.chance.randint(2, BACK))
        if day.weekday() >= SATURDAY and self.chance.random() < 0.7:
            day -= dt.timedelta(days=2 if day.weekday() > SATURDAY else 1)
        minute = int(self.chance.triangular(7 * 60, 22 * 60, 10 * 60 + 30))
        return self.times.local(day, *divmod(minute, 60)) + dt.timedelta(seconds=self.chance.randint(0, 59))

    def answered(self, since: dt.datetime, kind: str) -> dt.datetime:
        """When somebody at their desk answers."""
        least, most = WAITS[kind]
        at = self.at_work(since)
        return self.at_work(at + dt.timedelta(minutes=least + (most - least) * self.chance.random() ** 3))

    def at_work(self, at: dt.datetime) -> dt.datetime:
        if at.weekday() < SATURDAY and OPENS <= at.time() <= CLOSES:
            return at
        day = at.date() if at.time() < OPENS else at.date() + dt.timedelta(days=1)
        while day.weekday() >= SATURDAY:
            day += dt.timedelta(days=1)
        return self.times.local(day, 9, 5) + dt.timedelta(seconds=self.chance.randint(0, 1500))

    def reply(self, at: dt.datetime, by: str, text: str, then: str = "") -> Said:
        return Said(at, by, "say", text, 0.6 + len(text) / 90 + 3 * self.chance.random() ** 2, then)

    # --- the ways -------------------------------------------------------------------------------------------------

    def plain(self, story: Story, start: dt.datetime, first: str, answer: str) -> Iterator[Said]:
        yield Said(start, "", text=first)
        yield self.reply(self.answered(start, story.kind), self.one_of(AGENTS), answer, "resolved")

    def talk(self, story: Story, start: dt.datetime, first: str, answer: str) -> Iterator[Said]:
        by = self.one_of(AGENTS)
        yield Said(start, "", text=first)
        asked = self.answered(start, story.kind)
        yield self.reply(asked, by, self.text(words()["asks"]), "pending")
        back = asked + dt.timedelta(minutes=3 + 200 * self.chance.random() ** 2)
        yield Said(back, "", text=self.text(words()["more"]))
        yield self.reply(self.answered(back, story.kind), by, answer, "resolved")

    def again(self, story: Story, start: dt.datetime, first: str, answer: str) -> Iterator[Said]:
        yield Said(start, "", text=first)
        solved = self.answered(start, story.kind)
        yield self.reply(solved, self.one_of(AGENTS), answer, "resolved")
        back = solved + dt.timedelta(days=1 + 4 * self.chance.random())
        yield Said(back, "", text=self.text(words()["again"]))
        yield self.reply(
            self.answered(back, story.kind), self.one_of(AGENTS), self.text(words()["closing"]), "resolved"
        )

    def chased(self, story: Story, start: dt.datetime, first: str, answer: str) -> Iterator[Said]:
        yield Said(start, "", text=first)
        last = start
        for n in range(self.chance.choice((1, 1, 2, 3))):
            last += dt.timedelta(hours=25 + 20 * self.chance.random())
            yield Said(last, "", text=self.text(words()["chase" if n == 0 else "angry"]))
        yield self.reply(self.answered(last, story.kind), self.one_of(AGENTS), answer, "resolved")

    def handed(self, story: Story, start: dt.datetime, first: str, answer: str) -> Iterator[Said]:
        yield Said(start, "", text=first)
        looked = self.answered(start, story.kind)
        yield Said(looked, "davide", "note", "Serve chi segue i contratti.", 1.5)
        yield Said(looked + dt.timedelta(seconds=20), "davide", "assign", "sara")
        asked = self.answered(looked, story.kind)
        yield self.reply(asked, "davide", "Ho girato la richiesta alla collega che segue i contratti.", "")
        yield self.reply(self.answered(asked, story.kind), "sara", answer, "resolved")

    def silent(self, story: Story, start: dt.datetime, first: str, answer: str) -> Iterator[Said]:
        del answer
        yield Said(start, "", text=first)
        yield Said(self.answered(start, story.kind), self.one_of(AGENTS), "close", work=1.2)

    def lapsed(self, story: Story, start: dt.datetime, first: str, answer: str) -> Iterator[Said]:
        del answer, story
        yield Said(start, "", text=first)
        yield Said(start + dt.timedelta(days=6), "desk", "close")

    def bot(self, story: Story, start: dt.datetime, first: str, answer: str) -> Iterator[Said]:
        del story
        yield Said(start, "", text=first)
        yield Said(start + dt.timedelta(seconds=4), "bot", "say", answer, then="resolved")

    def bot_hands(self, story: Story, start: dt.datetime, first: str, answer: str) -> Iterator[Said]:
        yield Said(start, "", text=first)
        yield Said(start + dt.timedelta(seconds=4), "bot", "say", "Ti passo una persona: arriva subito.")
        yield Said(start + dt.timedelta(seconds=6), "bot", "hand")
        yield self.reply(self.answered(start, story.kind), self.one_of(AGENTS), answer, "resolved")

    def spam(self, story: Story, start: dt.datetime, first: str, answer: str) -> Iterator[Said]:
        del first, answer
        story.subject, story.reason, story.tags = "Guadagna subito da casa", "", []
        yield Said(start, "", text="Offerta valida solo oggi: raddoppia le visite al tuo sito senza fatica.")
        yield Said(self.answered(start, story.kind), self.one_of(AGENTS), "spam", work=0.4)

    def ours(self, story: Story, start: dt.datetime, first: str, answer: str) -> Iterator[Said]:
        del first, answer
        by, at = self.one_of(AGENTS), self.at_work(start)
        story.subject, story.kind = "Rinnovo in arrivo", "email"
        yield self.reply(
            at, by, "Il rinnovo di {dominio} è fra trenta giorni. Vuoi cambiare piano?".format(**self.filled)
        )
        back = at + dt.timedelta(hours=2 + 20 * self.chance.random())
        yield Said(back, "", text="Grazie dell'avviso: resto sul piano attuale.")
        yield self.reply(self.answered(back, "email"), by, "Perfetto, non devi fare altro.", "resolved")


_Way = Callable[[_Maker, Story, dt.datetime, str, str], Iterator[Said]]
_WAYS: Final[dict[str, _Way]] = {name: getattr(_Maker, name) for name in WAYS}
