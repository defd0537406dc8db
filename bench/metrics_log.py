"""A seeded generator of event logs: whole customer histories with everything that section 2 of docs/metrics.md knows.

The same seed and numbers give the same log. Names are surrogate ids, prices and people are invented. ``quirks`` is the
share of tickets to which something unusual happens; a small log with many quirks tests, a large one with few measures.

    python bench/metrics_log.py --tickets 60 --seed 7 > log.jsonl
"""

from __future__ import annotations

import argparse
import datetime as dt
import heapq
import json
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

CHANNELS = {"email": 40, "chat": 15, "whatsapp": 15, "voice": 15, "social_dm": 7, "social_public": 4, "telegram": 4}
TEXT_GAP = {"email": 300, "chat": 1800}
REASONS = ["delivery", "invoice", "refund", "login", "warranty", "order", "cancel", "rma", "privacy", "price"]
TAGS = ["vip", "b2b", "promo", "bug", "complaint"]
TEAMS = ["care", "tech", "social", "sales"]

Body = dict[str, Any]


@dataclass(frozen=True)
class Shape:
    """How large and how odd a log is."""

    tickets: int
    seed: int = 1
    first: str = "2026-01-05"
    per_day: float = 1370.0
    agents: int = 60
    customers: int = 0  # 0: one for every three tickets
    quirks: float = 0.1
    beats: bool = False  # sessions beat by beat instead of as spans
    contracts: float = 0.05  # share of the customers who have one
    duplicates: float = 0.002
    prefix: str = ""  # before every surrogate id, so that several logs do not meet


def iso(at: int) -> str:
    """RFC 3339 with milliseconds."""
    return (EPOCH + dt.timedelta(milliseconds=at)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Story:
    """The events of one ticket or of the house, each with the moment at which the log learns of it."""

    def __init__(self, log: Generator) -> None:
        self.log = log
        self.rng = log.rng
        self.events: list[tuple[int, int, Body]] = []

    def tell(self, at: int, kind: str, *, rec: int | None = None, **body: Any) -> Body:
        """Note an event; ``rec`` only where we learn of it late."""
        event: Body = {"id": "", "seq": 0, "ts": iso(at), "kind": kind}
        event |= {name.rstrip("_"): value for name, value in body.items()}
        if rec is not None and rec != at:
            event["rec"] = iso(rec)
        self.events.append((at if rec is None else rec, len(self.events), event))
        return event


class Generator:
    """Draws tickets in the order of their arrival and hands out their events in the order of recording."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.rng = random.Random(shape.seed)
        self.start = (
            int((dt.datetime.fromisoformat(shape.first).replace(tzinfo=dt.UTC) - EPOCH).total_seconds()) * SECOND
        )
        self.days = max(1, round(shape.tickets / shape.per_day))
        self.customers = shape.customers or max(1, shape.tickets // 3)
        self.count = 0
        self.counters: dict[str, int] = {}
        self.recent: list[tuple[str, str]] = []
        self.resolved: list[Body] = []

    def name(self, letter: str) -> str:
        """The next surrogate id of a kind."""
        self.counters[letter] = self.counters.get(letter, 0) + 1
        return f"{self.shape.prefix}{letter}{self.counters[letter]}"

    def agent(self) -> tuple[str, str]:
        """An agent and the one team that they work in."""
        n = self.rng.randrange(self.shape.agents)
        return f"A{n:02d}", TEAMS[n % len(TEAMS)]

    def customer(self) -> str:
        return f"{self.shape.prefix}C{self.rng.randrange(self.customers):05d}"

    def events(self) -> Iterator[Body]:
        """All events with id and seq, in append order."""
        queue: list[tuple[int, int, int, Body]] = []
        serial = 0
        arrivals = sorted(self.rng.uniform(0, self.days) for _ in range(self.shape.tickets))
        house = self._house()
        stories: Iterator[tuple[int, Callable[[], Story]]] = heapq.merge(
            ((self.start, lambda: house),),
            ((self._office_hour(day), self._ticket) for day in arrivals),
            key=lambda pair: pair[0],
        )
        for at, make in stories:
            while queue and queue[0][0] < at:
                yield from self._append(heapq.heappop(queue)[3])
            self.now = at
            for known, _, event in make().events:
                serial += 1
                heapq.heappush(queue, (known, serial, 0, event))
        while queue:
            yield from self._append(heapq.heappop(queue)[3])

    def _append(self, event: Body) -> Iterator[Body]:
        self.count += 1
        event["seq"] = self.count * 2
        event["id"] = event["id"] or f"{self.shape.prefix}e{self.count}"
        if "target_of" in event:
            event["target"] = event.pop("target_of")["id"]
        yield event
        if self.rng.random() < self.shape.duplicates:
            yield {**event, "seq": event["seq"] + 1}

    def _office_hour(self, day: float) -> int:
        """Most write by day, some at night."""
        whole, part = divmod(day, 1)
        hour = 7 + 12 * part if part < 0.97 else 24 * (part - 0.97) / 0.03
        return self.start + int(whole) * DAY + int(hour * HOUR)

    # --- the house: people, prices, contracts, posts ---

    def _house(self) -> Story:
        story = Story(self)
        rng = self.rng
        at = self.start
        story.tell(at, "cost.rate", agent=None, per_hour="22.00", from_="2020-01-01")
        for n in range(0, self.shape.agents, 3):
            story.tell(
                at,
                "cost.rate",
                agent=f"A{n:02d}",
                per_hour=f"{rng.randrange(1800, 3400) / 100:.2f}",
                from_=self.shape.first,
            )
        for day in range(-3, self.days + 2):
            date = (EPOCH + dt.timedelta(milliseconds=self.start + day * DAY)).date().isoformat()
            story.tell(
                self.start + day * DAY + 15 * HOUR,
                "fx.rate",
                date=date,
                ccy="USD",
                rate=f"{rng.uniform(0.85, 0.95):.4f}",
            )
            if date.endswith("-02"):
                for channel, amount in ((None, "3100.00"), ("voice", "450.00"), ("whatsapp", "99.00")):
                    currency = "USD" if channel == "whatsapp" else "EUR"
                    story.tell(
                        self.start + day * DAY,
                        "cost.fixed",
                        month=date[:7],
                        channel=channel,
                        amount=amount,
                        currency=currency,
                    )
            self._shifts(story, self.start + day * DAY)
            self._posts(story, self.start + day * DAY)
        for item, axis in (
            ("staff", "investment"),
            ("budget", "investment"),
            ("apps", "innovation"),
            ("inchannel", "innovation"),
        ):
            for at in (self.start, self.start + self.days * DAY // 2):
                story.tell(
                    at,
                    "smi.answer",
                    item=item,
                    axis=axis,
                    weight=rng.choice([1, 2]),
                    score=rng.choice(["0", "0.25", "0.5", "1"]),
                )
        for n in range(self.customers):
            if rng.random() < self.shape.contracts:
                self._contract(story, f"{self.shape.prefix}C{n:05d}")
        return story

    def _shifts(self, story: Story, midnight: int) -> None:
        for n in range(self.shape.agents):
            if self.rng.random() < 0.7:
                team = TEAMS[n % len(TEAMS)]
                begin = midnight + 7 * HOUR + self.rng.randrange(2 * HOUR)
                story.tell(begin, "agent.state", agent=f"A{n:02d}", team=team, state="online")
                if self.rng.random() < 0.3:
                    story.tell(begin + 4 * HOUR, "agent.state", agent=f"A{n:02d}", team=team, state="break")
                    story.tell(begin + 5 * HOUR, "agent.state", agent=f"A{n:02d}", team=team, state="online")
                if self.rng.random() < 0.95:
                    story.tell(begin + 9 * HOUR, "agent.state", agent=f"A{n:02d}", team=team, state="offline")

    def _posts(self, story: Story, midnight: int) -> None:
        rng = self.rng
        for post in ("P1", "P2"):
            day = (midnight - self.start) // DAY + 4
            counts = {
                "likes": 30 * day + rng.randrange(20),
                "comments": 8 * day,
                "shares": 4 * day,
                "impressions": 900 * day,
            }
            story.tell(midnight + rng.randrange(DAY), "social.snapshot", post=post, channel="social_public", **counts)
        if rng.random() < 0.3:
            story.tell(
                midnight + rng.randrange(DAY),
                "social.mention",
                channel="social_public",
                sentiment=round(rng.uniform(-1, 1), 2),
            )

    def _contract(self, story: Story, customer: str) -> None:
        rng = self.rng
        contract = self.name("K")
        at = self.start - rng.randrange(400) * DAY
        ends = at + rng.choice([90, 180, 365]) * DAY
        story.tell(at, "contract.started", contract=contract, customer=customer, ends=iso(ends))
        while ends < self.start + (self.days + 60) * DAY and rng.random() < 0.8:
            at = ends + rng.randrange(-10, 45) * DAY
            ends += 180 * DAY
            story.tell(at, "contract.renewed", contract=contract, ends=iso(ends))
        if rng.random() < 0.15:
            story.tell(ends - rng.randrange(80) * DAY, "contract.ended", contract=contract, why="cancelled")
        for _ in range(rng.randrange(3)):
            day = self.start + rng.randrange(self.days) * DAY
            amount = rng.randrange(1000, 20000)
            story.tell(
                day,
                "revenue",
                customer=customer,
                amount=f"{amount / 100:.2f}",
                margin=f"{amount * 0.4 / 100:.2f}",
                currency=rng.choice(["EUR", "USD"]),
            )

    # --- tickets ---

    def _ticket(self) -> Story:
        return Ticket(self, self.now).write()


class Ticket(Story):
    """One ticket from its first word on."""

    def __init__(self, log: Generator, at: int) -> None:
        super().__init__(log)
        rng = self.rng
        self.id = log.name("T")
        self.channel = rng.choices(list(CHANNELS), list(CHANNELS.values()))[0]
        self.owner: str | None = log.customer() if rng.random() > 0.05 else None
        self.at = at
        self.agent, self.team = log.agent()
        self.last_in = ""

    def quirk(self, share: float = 0.1) -> bool:
        """Whether one of several unusual things happens here."""
        return self.rng.random() < self.log.shape.quirks * share * 10

    def actor(self) -> Body:
        return {"kind": "agent", "id": self.agent, "team": self.team}

    def later(self, low: int, high: int) -> int:
        self.at += self.rng.randrange(low * SECOND, high * SECOND)
        return self.at

    def write(self) -> Ticket:
        rng = self.rng
        ours = rng.random() < 0.03 and self.channel != "voice"
        extra: Body = {"origin": "agent"} if ours else {}
        self.tell(self.at, "ticket.created", ticket=self.id, customer=self.owner, channel=self.channel, **extra)
        if ours:
            self._out()
            self.later(HOUR // SECOND, 2 * DAY // SECOND)
        if self.channel == "voice":
            self._call()
        else:
            self._texts()
        if rng.random() < 0.85:
            self.tell(
                self.at,
                "ticket.reason",
                ticket=self.id,
                reason=rng.choice(REASONS),
                actor={"kind": "system", "id": "sys"},
            )
        if rng.random() < 0.4:
            self.tell(self.at + 1, "ticket.tag", ticket=self.id, tag=rng.choice(TAGS), op="add", actor=self.actor())
        self._after()
        self._close_by_itself()
        self._odd()
        self.log.recent = [*self.log.recent[-30:], (self.id, self.channel)]
        return self

    # words

    def _in(self, channel: str | None = None, **flags: Any) -> None:
        self.last_in = self.log.name("m")
        late = self.at + self.rng.randrange(2 * HOUR) if self.quirk() else None
        if self.quirk(0.02):
            late = self.at - self.rng.randrange(30 * MINUTE)
        self.tell(
            self.at, "msg.in", rec=late, ticket=self.id, channel=channel or self.channel, msg=self.last_in, **flags
        )
        if self.rng.random() < 0.2:
            score = round(self.rng.uniform(-1, 1), 2)
            self.tell(self.at + 2 * SECOND, "sentiment", msg=self.last_in, score=score, model="words-1")

    def _out(self, channel: str | None = None) -> None:
        msg = self.log.name("m")
        channel = channel or self.channel
        self.tell(self.at, "msg.out", ticket=self.id, channel=channel, msg=msg, actor=self.actor())
        if channel in {"whatsapp", "email", "sms"} and self.rng.random() < 0.4:
            self._price(channel, msg=msg)

    def _price(self, channel: str, **of: str) -> None:
        rng = self.rng
        base: Body = {"ticket": self.id, "channel": channel, **of}
        estimate = None
        if rng.random() < 0.4:
            estimate = self.log.name("p")
            self.tell(self.at, "cost.provider", cost=estimate, amount="0.05", currency="EUR", type="estimate", **base)
        actual = self.log.name("p")
        more: Body = {"supersedes": estimate} if estimate is not None else {}
        amount, currency = (
            f"{rng.randrange(4, 800) / 10000:.4f}",
            rng.choices(["EUR", "USD", "GBP"], [5, 4, self.quirk() * 1])[0],
        )
        self.tell(
            self.at,
            "cost.provider",
            rec=self.at + rng.randrange(HOUR, 12 * HOUR),
            cost=actual,
            amount=amount,
            currency=currency,
            type="actual",
            **base,
            **more,
        )
        if self.quirk(0.05):
            at = self.at + rng.randrange(5) * DAY + DAY
            self.tell(
                at,
                "cost.provider",
                cost=self.log.name("p"),
                amount=f"-{amount}",
                currency=currency,
                type="refund",
                of=actual,
                **base,
            )

    def _texts(self) -> None:
        rng = self.rng
        self._in()
        if self.channel in {"email", "chat"} and rng.random() < 0.3:
            self.tell(
                self.at + SECOND,
                "msg.out",
                ticket=self.id,
                channel=self.channel,
                msg=self.log.name("m"),
                auto=True,
                actor={"kind": "system", "id": "sys"},
            )
        if self.channel in {"chat", "whatsapp"} and rng.random() < 0.2 and self._bot():
            return
        if rng.random() < 0.05:
            if rng.random() < 0.5:
                self.later(DAY // SECOND, 10 * DAY // SECOND)
                self._status("closed", {"kind": "system", "id": "sys"})
            return
        for _ in range(rng.choices([1, 2, 3, 4], [60, 25, 10, 5])[0]):
            self._exchange()
        if rng.random() < 0.95:
            self._status("resolved")

    def _exchange(self) -> None:
        """One answer, with what may come before and after it."""
        rng = self.rng
        if self.quirk(0.1):
            self.later(HOUR // SECOND, 30 * HOUR // SECOND)
            self._in()
        self._answer()
        if self.quirk(0.05):
            self._pending()
        if self.quirk(0.05):
            self.agent, self.team = self.log.agent()
            self.tell(self.at, "ticket.assigned", ticket=self.id, agent=self.agent, team=self.team, actor=self.actor())
        if rng.random() < 0.3:
            self.later(30, TEXT_GAP.get(self.channel, 3600) * 2)
            self._in(cont=True) if self.quirk(0.05) else self._in()
            self._answer()

    def _bot(self) -> bool:
        bot = {"kind": "bot", "id": "bot"}
        self.later(2, 60)
        self.tell(self.at, "msg.out", ticket=self.id, channel=self.channel, msg=self.log.name("m"), actor=bot)
        self.later(10, 300)
        if self.rng.random() < 0.4:
            self._status("resolved", bot)
            return True
        self.tell(self.at, "bot.handoff", ticket=self.id, actor=bot)
        return False

    def _answer(self) -> None:
        """A session around a reply."""
        rng = self.rng
        self.later(20, 600) if rng.random() < 0.8 else self.later(600, 20 * 3600)
        begin = self.at
        self.later(20, 400)
        channel = "social_dm" if self.channel == "social_public" and self.quirk(0.3) else self.channel
        if self.quirk(0.03):
            channel = "email"
        self._out(channel)
        self.session(begin, self.at + rng.randrange(5, 90) * SECOND)
        if channel == "social_dm" != self.channel:
            self.later(60, 3600)
            self._in("social_dm")
            self._out("social_dm")

    def session(self, begin: int, end: int, channel: str | None = None, ticket: str | None = None) -> None:
        """What an agent's browser says of having a ticket open."""
        who: Body = {
            "ticket": ticket or self.id,
            "agent": self.agent,
            "team": self.team,
            "channel": channel or self.channel,
        }
        session = self.log.name("S")
        if self.quirk(0.1):
            end = begin + (end - begin) // 2  # the browser died
        if not self.log.shape.beats:
            gap = self.quirk(0.1) and end - begin > 40 * SECOND
            middle = (begin + end) // 2
            spans = [[begin, middle - 5 * SECOND], [middle + 5 * SECOND, end]] if gap else [[begin, end]]
            self.tell(end, "handle.span", session=session, spans=[[iso(a), iso(b)] for a, b in spans], **who)
            return
        self.tell(begin, "handle.start", session=session, **who)
        at = begin + 15 * SECOND
        while at < end:
            if self.quirk(0.02):
                at += self.rng.randrange(40, 3000) * SECOND
            idle: Body = {"idle": True} if self.quirk(0.05) else {}
            self.tell(at, "handle.beat", session=session, **idle)
            at += 15 * SECOND
        if not self.quirk(0.1):
            self.tell(max(end, at - 14 * SECOND), "handle.end", session=session)

    def _pending(self) -> None:
        self._status("pending")
        self.later(600, 40 * 3600)
        if self.rng.random() < 0.7:
            self._in()
        else:
            self._status(self.rng.choice(["open", "hold"]))

    def _status(self, status: str, actor: Body | None = None, **more: Any) -> Body:
        return self.tell(self.at, "ticket.status", ticket=self.id, status=status, actor=actor or self.actor(), **more)

    # calls

    def _call(self) -> None:
        rng = self.rng
        call = self.log.name("Q")
        self.tell(self.at, "call.started", call=call, ticket=self.id, direction="in", channel="voice")
        if rng.random() < 0.15:
            self.later(20, 150)
            self.tell(self.at, "call.ended", call=call, why="abandoned")
            self._after_hang_up()
            return
        self._talk(call, "ring")
        if rng.random() < 0.5:
            self._price("voice", call=call)
        if rng.random() < 0.4:
            begin = self.at - 60 * SECOND
            self.later(10, 120)
            self.tell(self.at, "note.added", ticket=self.id, actor=self.actor())
            self.session(begin, self.at + 5 * SECOND)
        if rng.random() < 0.93:
            self.later(10, 100)
            self._status("resolved")

    def _after_hang_up(self) -> None:
        choice = self.rng.random()
        if choice < 0.3:
            self.later(60, 300)
            self._call()
        elif choice < 0.65:
            self.later(300, 7200)
            call = self.log.name("Q")
            self.tell(self.at, "call.started", call=call, ticket=self.id, direction="out", channel="voice")
            self._talk(call, "dial")
            self._status("resolved")
        elif choice < 0.85:
            self.later(DAY // SECOND, DAY // SECOND + 1)
            self._status("resolved", {"kind": "system", "id": "sys"})

    def _talk(self, call: str, first: str) -> None:
        rng = self.rng
        self._leg(call, first)
        self.later(2, 40)
        if first == "dial" and rng.random() < 0.2:
            self._leg(call, "end")
            self.tell(self.at, "call.ended", call=call, why="missed")
            return
        self._leg(call, "talk")
        self.later(30, 400)
        if rng.random() < 0.3:
            self._leg(call, "hold")
            self.later(10, 90)
            self._leg(call, "talk")
            self.later(10, 200)
        if self.quirk(0.1):
            self._other_leg(call)
        self._leg(call, "wrap")
        self.tell(self.at, "call.ended", call=call, why="completed")
        if rng.random() < 0.9:
            self.later(5, 120 if rng.random() < 0.95 else 900)
            self._leg(call, "end")

    def _other_leg(self, call: str) -> None:
        """A colleague joins for a while, or takes over."""
        mine = self.agent, self.team
        other = self.log.agent()
        if self.rng.random() < 0.5:
            self._leg(call, "conf")
            self.agent, self.team = other
            self._leg(call, "conf")
            self.later(20, 120)
            self._leg(call, "end")
            self.agent, self.team = mine
            self._leg(call, "talk")
        else:
            self._leg(call, "wrap")
            self.agent, self.team = other
            self._leg(call, "talk")
        self.later(20, 200)

    def _leg(self, call: str, state: str) -> None:
        self.tell(self.at, "call.leg", call=call, agent=self.agent, team=self.team, state=state)

    # afterwards

    def _after(self) -> None:
        rng = self.rng
        if rng.random() < 0.15:
            self._survey()
        choice = rng.random()
        if choice < 0.06:
            self._thanks()
        elif choice < 0.12:
            self._again(600, 5 * DAY // SECOND)
        elif choice < 0.13:
            self._again(8 * DAY // SECOND, 14 * DAY // SECOND)

    def _close_by_itself(self) -> None:
        """Most of what nobody resolved is closed by the clock after ten days."""
        closed = any(e["kind"] == "ticket.status" and e["status"] in {"resolved", "closed"} for _, _, e in self.events)
        if not closed and self.rng.random() < 0.95:
            self.at += 10 * DAY
            self._status("closed", {"kind": "system", "id": "sys"})

    def _survey(self) -> None:
        rng = self.rng
        survey, type = self.log.name("V"), rng.choices(["csat", "nps", "ces", "fcr"], [5, 3, 1, 1])[0]
        more: Body = {"touchpoint": rng.choice(["post_ticket", "delivery"])} if type == "nps" else {}
        if type == "csat" and rng.random() < 0.1:
            more |= {"min": 0, "max": 1}
        sent = self.at + HOUR
        self.tell(sent, "survey.sent", survey=survey, type=type, ticket=self.id, customer=self.owner, **more)
        low, high = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7), "fcr": (0, 1)}[type]
        low, high = more.get("min", low), more.get("max", high)
        if rng.random() < 0.5:
            for _ in range(2 if rng.random() < 0.1 else 1):
                sent += rng.randrange(20 * HOUR)
                self.tell(sent, "survey.answered", survey=survey, score=rng.randint(low, high))
            if type == "nps" and rng.random() < 0.3:
                self.tell(sent + rng.randrange(5 * DAY), "survey.followup", survey=survey)

    def _thanks(self) -> None:
        """A thanks after the resolution, recognised at once, later, or never."""
        self.later(600, DAY // SECOND)
        known = self.rng.random()
        self._in(ack=True) if known < 0.6 else self._in()
        if self.rng.random() < 0.5:
            self._status("open", {"kind": "system", "id": "sys"}, cause=self.last_in)
        if 0.6 <= known < 0.9:
            self.tell(
                self.at + self.rng.randrange(5 * DAY), "msg.classify", msg=self.last_in, ack=True, actor=self.actor()
            )
        self.later(600, DAY // SECOND)
        self._status("resolved")

    def _again(self, low: int, high: int) -> None:
        """The customer writes again."""
        self.later(low, high)
        self._in("email" if self.channel == "voice" else None)
        if self.rng.random() < 0.7:
            self._status("open", {"kind": "system", "id": "sys"})
        if self.rng.random() < 0.8:
            self.agent, self.team = self.log.agent()
            self._answer()
            self._status("resolved")

    def _odd(self) -> None:
        """The rarer kinds of events."""
        rng, other = self.rng, rng_choice(self.rng, self.log.recent)
        sys = {"kind": "system", "id": "sys"}
        happenings: list[Callable[[], object]] = [
            lambda: self.tell(self.at, "ticket.spam", ticket=self.id, spam=True, actor=self.actor()),
            lambda: self.tell(
                self.at, "ticket.deleted", ticket=self.id, why=rng.choice(["gdpr", "test", "spam"]), actor=sys
            ),
            lambda: self.tell(self.at, "ticket.identified", ticket=self.id, customer=self.log.customer()),
            lambda: self.tell(self.at, "customer.merged", customer=self.log.customer(), into=self.log.customer()),
            lambda: self.tell(self.at, "customer.erased", customer=self.log.customer()),
            lambda: self.tell(self.at, "ticket.fcr_exempt", ticket=self.id, actor=self.actor()),
            lambda: self.tell(
                self.at, "ticket.tag", ticket=self.id, tag=rng.choice(TAGS), op="remove", actor=self.actor()
            ),
            lambda: self.tell(self.at + MINUTE, "void", target_of=rng.choice(self.events)[2], actor=self.actor()),
            self._void_void,
            self._just_look,
            lambda: self.tell(
                self.at, "msg.out", ticket=self.id, channel=self.channel, msg=self.log.name("m"), actor=self.actor()
            ),
        ]
        if other is not None:
            happenings += [
                lambda: self.tell(self.at, "ticket.merged", ticket=self.id, into=other[0], actor=self.actor()),
                lambda: self.tell(self.at, "ticket.merged", ticket=self.id, into=other[0], actor=self.actor()),
                lambda: self.tell(self.at, "ticket.linked", ticket=self.id, to=other[0], actor=self.actor()),
                self._split,
            ]
        if self.quirk(0.1):
            rng.choice(happenings)()

    def _void_void(self) -> None:
        """An undo that is itself undone."""
        undo = self.tell(self.at + MINUTE, "void", target_of=self.rng.choice(self.events)[2], actor=self.actor())
        self.tell(self.at + 2 * MINUTE, "void", target_of=undo, actor=self.actor())

    def _just_look(self) -> None:
        self.agent, self.team = self.log.agent()
        begin = self.at - self.rng.randrange(HOUR)
        self.session(begin, begin + self.rng.choice([5, 30, 180]) * SECOND)

    def _split(self) -> None:
        """A message is a matter of its own."""
        moved = [e["msg"] for _, _, e in self.events if e["kind"] == "msg.in"][1:2]
        if moved:
            new = self.log.name("T")
            self.tell(self.at, "ticket.split", ticket=new, msgs=moved, actor=self.actor(), from_=self.id)
            self.later(60, 3600)
            mine, self.id = self.id, new
            self._answer()
            self._status("resolved")
            self.id = mine


def rng_choice(rng: random.Random, values: list[tuple[str, str]]) -> tuple[str, str] | None:
    """One of the values, None if there are none."""
    return rng.choice(values) if values else None


def generate(shape: Shape) -> Iterator[Body]:
    """The events of a log in append order."""
    return Generator(shape).events()


def main() -> None:
    """Write a log as JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-day", type=float, default=1370.0)
    parser.add_argument("--agents", type=int, default=60)
    parser.add_argument("--customers", type=int, default=0)
    parser.add_argument("--quirks", type=float, default=0.1)
    parser.add_argument("--beats", action="store_true")
    wanted = parser.parse_args()
    shape = Shape(
        wanted.tickets,
        wanted.seed,
        per_day=wanted.per_day,
        agents=wanted.agents,
        customers=wanted.customers,
        quirks=wanted.quirks,
        beats=wanted.beats,
    )
    for event in generate(shape):
        sys.stdout.write(json.dumps(event, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
