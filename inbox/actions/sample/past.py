"""Puts the stories of the weeks before into the desk in few statements: rows as they stand at the end, the log whole.

What the script plays is done by the product's own actions; these are too many for it, and all of them are over.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, Final

from inbox import clock, search
from inbox.actions import maturity
from inbox.actions.events import mood
from inbox.actions.sample import contracts, elsewhere, script
from inbox.actions.sample.meeting import meet
from inbox.actions.sample.payloads import hexed
from inbox.actions.sample.stage import Stage, Stay
from inbox.actions.sample.stories import BACK, SEED, Person, Said, Story, people, stories, words
from inbox.actions.who import SYSTEM
from inbox.store import Customer, Message, Survey, Ticket, TicketTag
from inbox.terms import Delivery, Direction, Status

__all__ = ["play"]

FIRST: Final = 1000  # contract of who is in the script
SEGMENT: Final = Decimal("0.0079")
#: What is asked by which kind of channel.
ASKS: Final = {"email": ("csat", "nps", "ces"), "sms": ("csat", "fcr"), "chat": ("csat",), "telegram": ("nps", "fcr")}
AFTERWARDS: Final = {"messenger": ("ces", "nps"), **ASKS}
TOUCHPOINTS: Final = {"Fatturazione": "amministrazione", "Trasferimento": "attivazione"}
ANSWERS: Final = {
    "csat": (5, 5, 4, 4, 4, 3, 2),
    "nps": (10, 10, 9, 9, 9, 9, 9, 9, 9, 8, 6, 6, 5, 3),
    "ces": (7, 6, 6, 5, 3),
    "fcr": (1, 1, 1, 0),
}
#: What a post of the company's page gains in a week: likes, and impressions for each.
GAINED: Final = ((38, 27), (64, 22), (29, 31), (87, 19), (52, 26), (45, 30), (98, 21))
#: The maturity of the desk two months ago and two weeks ago.
MATURE: Final = {58: ("0.25", "0.5"), 14: ("0.5", "0.75")}


def play(stage: Stage) -> int:
    """Writes the weeks before; gives the number of their tickets."""
    past = _Past(stage)
    told = stories(stage.times)
    past.meet({story.person.n for story in told})
    tickets = [past.ticket(story) for story in told]
    stage.work.add_all(tickets)
    stage.work.flush()
    for story, ticket in zip(told, tickets, strict=True):
        past.rehearse(story, ticket)
    past.business()
    past.write()
    return len(tickets)


_SYSTEM: Final = ("system", None, None)
_LINES: Final = {"note": "note.added", "hand": "bot.handoff"}


@dataclass
class _Standing:
    """How a ticket stands while its story is told: status, and whose it is."""

    status: str = "new"
    held: str | None = None


@dataclass
class _Past:
    stage: Stage
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - a sample, no secret
    persons: dict[int, Customer] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    _deeds: list[tuple[dt.datetime, int, partial[Any]]] = field(default_factory=list)

    # --- rows -----------------------------------------------------------------------------------------------------

    def meet(self, numbers: Iterable[int]) -> None:
        """The customers with an address on each kind of channel."""
        known = people()
        for n in sorted(numbers):
            person, begun = known[n], self.stage.times.now - dt.timedelta(days=BACK + n)
            id, addresses = hexed(f"past {n}", 16), _addresses(person)
            self.persons[n] = meet(self.stage.work, id, person.name, addresses, language="it", created_at=begun)
        self.stage.work.flush()

    def ticket(self, story: Story) -> Ticket:
        """The ticket as it stands at its end."""
        stage, last = self.stage, [one for one in story.said if one.do == "say"][-1]
        channel = stage.lines[story.kind].channel
        end = story.said[-1].at
        closed = end + dt.timedelta(days=7) < stage.times.now
        owner = next((one.by for one in reversed(story.said) if one.by in stage.agents), None)
        return Ticket(
            subject=story.subject,
            status=Status.CLOSED if closed else Status.RESOLVED,
            channel_id=channel.id,
            kind=story.kind,
            customer_id=self.persons[story.person.n].id,
            assignee_id=stage.agents[owner].id if owner else None,
            team_id=channel.team_id,
            reason=story.reason or None,
            created_at=story.begins,
            updated_at=end,
            active_at=last.at,
            resolved_at=end,
            preview=last.text[:200],
            preview_direction="out" if last.by else "in",
            preview_kind=story.kind,
            tags=[TicketTag(tag=tag) for tag in (["spam"] if story.said[-1].do == "spam" else story.tags)],
        )

    def message(self, story: Story, ticket: Ticket, one: Said) -> Message:
        """One message with where it went."""
        line, person = self.stage.lines[story.kind], self.persons[story.person.n]
        identity = next(each for each in person.identities if each.kind == story.kind)
        other = {"name": person.name, "address": identity.value}
        mark = hexed(f"{ticket.id} {one.at}", 32)
        agent = self.stage.agents.get(one.by)
        ours = bool(one.by)
        return Message(
            ticket_id=ticket.id,
            channel_id=line.channel.id,
            kind=story.kind,
            direction=Direction.OUT if ours else Direction.IN,
            agent_id=agent.id if agent is not None else None,
            identity_id=identity.id,
            from_name="" if ours else person.name,
            from_address=line.channel.address if ours else identity.value,
            to=[other] if ours else [{"name": "", "address": line.channel.address}],
            subject=story.subject if story.kind == "email" else None,
            text=one.text,
            auto="reply" if one.by == "bot" else None,
            external_id=f"<{mark}@{story.person.domain}>" if story.kind == "email" else mark,
            client_key=mark if ours else None,
            at=one.at,
            received_at=one.at,
            state=Delivery.DELIVERED if ours and story.kind == "sms" else Delivery.SENT if ours else None,
            sent_at=one.at if ours else None,
            segments=1 if story.kind == "sms" else None,
            cost_amount=SEGMENT if story.kind == "sms" else None,
            cost_currency="USD" if story.kind == "sms" else None,
            cost_final=True if story.kind == "sms" else None,
        )

    # --- the log --------------------------------------------------------------------------------------------------

    def later(self, at: dt.datetime, kind: str, **line: Any) -> None:
        """A line of the log at its moment."""
        self._deeds.append((at, len(self._deeds), partial(self.stage.work.append, kind, **line)))

    def rehearse(self, story: Story, ticket: Ticket) -> None:
        """All that the log has of a ticket."""
        first = story.said[0]
        owner = self.actor(first.by, ticket)
        fixed = {
            "customer": ticket.customer_id,
            "channel": ticket.kind,
            "address": ticket.channel_id,
            "team": ticket.team_id,
        }
        self.later(first.at, "ticket.created", actor=owner, ticket=ticket.id, **fixed)
        at = _Standing()
        for n, one in enumerate(story.said):
            self.does(story, ticket, one, at)
            if one.then or one.do in {"close", "spam"}:
                self.ends(story, ticket, one, at, last=n == len(story.said) - 1)
            if one.work:
                self.worked(one, story, ticket, n)
        self.over(story, ticket)

    def does(self, story: Story, ticket: Ticket, one: Said, at: _Standing) -> None:
        """One thing that is said or done."""
        told: dict[str, Any] = {"actor": self.actor(one.by, ticket), "ticket": ticket.id}
        agent = self.stage.agents.get(one.text if one.do == "assign" else one.by)
        if agent is not None and one.do in {"say", "close", "assign"} and at.held != agent.id:
            at.held = agent.id
            self.later(one.at, "ticket.assigned", agent=agent.id, team=ticket.team_id, **told)
        if one.do == "say":
            if not one.by and at.status in {"pending", "resolved"}:
                self.move(one.at, ticket, _SYSTEM, at, "open")
            self.say(story, ticket, one, told["actor"])
        elif one.do == "spam":
            self.later(one.at, "ticket.tag", tag="spam", op="add", **told)
            self.later(one.at, "ticket.spam", spam=True, **told)
        elif one.do in _LINES:
            self.later(one.at, _LINES[one.do], **told)

    def ends(self, story: Story, ticket: Ticket, one: Said, at: _Standing, *, last: bool) -> None:
        """The status that something leads to, at the end with reason and tags."""
        actor = self.actor(one.by, ticket)
        if last and story.reason:
            self.later(one.at, "ticket.reason", actor=actor, ticket=ticket.id, reason=story.reason)
            for tag in story.tags:
                self.later(one.at, "ticket.tag", actor=actor, ticket=ticket.id, tag=tag, op="add")
        self.move(one.at, ticket, actor, at, one.then or "resolved")

    def actor(self, by: str, ticket: Ticket) -> tuple[str, str | None, str | None]:
        if by in self.stage.agents:
            return self.stage.who(by).actor
        return {"": ("customer", ticket.customer_id, None), "bot": ("bot", None, None)}.get(by, ("system", None, None))

    def move(self, at: dt.datetime, ticket: Ticket, actor: Any, standing: _Standing, now: str) -> None:
        """A change of status."""
        was, standing.status = standing.status, now
        self.later(at, "ticket.status", actor=actor, ticket=ticket.id, status=now, desk=now, was=was)

    def say(self, story: Story, ticket: Ticket, one: Said, actor: Any) -> None:
        message = self.message(story, ticket, one)
        self.messages.append(message)
        self._deeds.append((one.at, len(self._deeds), partial(self.told, message, actor)))

    def told(self, message: Message, actor: Any) -> None:
        """The lines of a message, whose number is known by now."""
        work, kind = self.stage.work, "msg.out" if message.direction is Direction.OUT else "msg.in"
        number = str(message.id)
        auto: dict[str, Any] = {"auto": True} if message.auto else {}
        place: dict[str, Any] = {
            "ticket": message.ticket_id,
            "channel": message.kind,
            "msg": number,
            "address": message.channel_id,
        }
        line = work.append(kind, id=f"{kind}:{number}", actor=actor, **place, **auto)
        if kind == "msg.in":
            mood(work, message)
        else:
            message.out_event = line.id
            state = message.state.value if message.state is not None else ""
            work.append("msg.state", ticket=message.ticket_id, msg=number, state=state, channel=message.kind)
        if message.kind == "sms":
            cost = f"cost:{number}:actual"
            price: dict[str, Any] = {"cost": cost, "amount": str(SEGMENT), "currency": "USD", "type": "actual"}
            work.append("cost.provider", id=cost, **place, **price)

    def worked(self, one: Said, story: Story, ticket: Ticket, n: int) -> None:
        """A stay on the ticket around what was done; now and then somebody else had a look."""
        end = one.at + dt.timedelta(seconds=10 + self.chance.randint(0, 40))
        start = max(one.at - dt.timedelta(minutes=one.work), story.begins)
        self.stay(ticket, one.by, start, end, f"past-{ticket.id}-{n}")
        if self.chance.random() < 0.12:
            seen = end + dt.timedelta(minutes=20)
            self.stay(
                ticket, "luca", seen, seen + dt.timedelta(seconds=self.chance.randint(12, 90)), f"seen-{ticket.id}-{n}"
            )

    def stay(self, ticket: Ticket, by: str, start: dt.datetime, end: dt.datetime, session: str) -> None:
        who = self.stage.who(by)
        self.stage.stays.append(Stay(by, start, end))
        spans = [[clock.iso(start), clock.iso(end)]]
        told = {"session": session, "agent": who.id, "team": who.team, "channel": ticket.kind, "spans": spans}
        self.later(end, "handle.span", id=f"handle:{session}", actor=who.actor, ticket=ticket.id, ts=start, **told)

    def over(self, story: Story, ticket: Ticket) -> None:
        """What follows the end: the desk closes it, the customer is asked."""
        end = story.said[-1].at
        if ticket.status is Status.CLOSED:
            self.move(end + dt.timedelta(days=7), ticket, _SYSTEM, _Standing("resolved"), "closed")
        if story.said[-1].by in self.stage.agents and story.said[-1].do == "say" and self.chance.random() < 0.75:
            self.ask(story, ticket, end + dt.timedelta(hours=1))

    def ask(self, story: Story, ticket: Ticket, at: dt.datetime) -> None:
        asks, touchpoint = AFTERWARDS[story.kind], TOUCHPOINTS.get(story.reason, "assistenza")
        back = at + dt.timedelta(hours=1 + 40 * self.chance.random())
        answered = self.chance.random() < 0.6 and back < self.stage.times.now
        scores = {ask: self.chance.choice(ANSWERS[ask]) for ask in asks} if answered else {}
        unhappy = scores.get("nps", 10) <= 6
        spoken = back + dt.timedelta(hours=5 + 100 * self.chance.random())
        followed = unhappy and self.chance.random() < 0.8 and spoken < self.stage.times.now
        survey = Survey(
            id=hexed(f"asked {ticket.id}", 12),
            ticket_id=ticket.id,
            form="past",
            touchpoint=touchpoint,
            asks=list(asks),
            mark=f"past:{ticket.id}",
            language="it",
            created_at=at,
            sent_at=at,
            expires_at=at + dt.timedelta(days=30),
            scores=scores,
            comment=self.chance.choice(words()["comments"]) if answered and self.chance.random() < 0.3 else "",
            answered_at=back if answered else None,
            unhappy_at=back if unhappy and not followed else None,
            followed_at=spoken if followed else None,
        )
        self.stage.work.add(survey)
        customer: Any = ("customer", ticket.customer_id, None)
        for ask in asks:
            name = {"survey": f"{survey.id}-{ask}", "type": ask}
            together: dict[str, Any] = {"asks": list(asks)} if ask == asks[0] else {}
            sent = {"touchpoint": touchpoint, "channel": story.kind, "customer": ticket.customer_id, **together}
            self.later(at, "survey.sent", ticket=ticket.id, **name, **sent)
            if ask in scores:
                self.later(back, "survey.answered", actor=customer, ticket=ticket.id, score=scores[ask], **name)
        if followed:
            who = self.stage.who("giulia").actor
            self.later(spoken, "survey.followup", actor=who, ticket=ticket.id, survey=f"{survey.id}-nps")

    # --- the rest of the business ---------------------------------------------------------------------------------

    def business(self) -> None:
        """Contracts and what they bring in, as the accounts tell them; the letters of before; the company's page on a
        social network."""
        now = self.stage.times.now
        pay = {n: customer.id for n, customer in self.persons.items() if n % 2 == 0}
        known = (name for name, one in script.desk().customers.items() if one.known)
        pay |= {FIRST + n: script.id_of(name) for n, name in enumerate(known)}
        for n, payer in pay.items():
            for at, kind, line in contracts.lines(n, payer, now):
                self.later(at, kind, **line)
            for at, kind, line in elsewhere.lines(n, payer, now, self.stage.who("giulia").actor):
                self._deeds.append((at, len(self._deeds), partial(self.before, kind, line)))
        likes = seen = 0
        for week, (gained, each) in enumerate(((0, 0), *GAINED)):
            at = now - dt.timedelta(days=7 * (len(GAINED) + 1 - week) - 3, hours=5)
            likes, seen = likes + gained, seen + gained * each
            for post in range(1, 4):
                counts = {"likes": likes * post // 3, "comments": likes * post // 14, "shares": likes * post // 23}
                counts["impressions"] = seen * post // 3
                self.later(at, "social.snapshot", post=f"cirro-{post}", channel="social_public", **counts)
            for n in range(3):
                feeling = (0.6, 0.0, 0.4, -0.5)[(week + n) % 4]
                self.later(at + dt.timedelta(hours=n), "social.mention", channel="social_public", sentiment=feeling)
        for ago, levels in MATURE.items():
            given = {item: levels[n % 2] for n, item in enumerate(maturity.ITEMS)}
            self._deeds.append(
                (
                    now - dt.timedelta(days=ago),
                    len(self._deeds),
                    partial(maturity.answer, self.stage.work, SYSTEM, given),
                )
            )

    def before(self, kind: str, line: dict[str, Any]) -> None:
        """A line about a ticket that this desk never had: it is called by a text."""
        told = dict(line)
        ticket = told.pop("ticket")
        self.stage.work.append(kind, **told).data["ticket"] = ticket

    def write(self) -> None:
        """Everything into the store, in the order in which it happened."""
        work = self.stage.work
        self.messages.sort(key=lambda message: message.at)
        work.add_all(self.messages)
        work.flush()
        search.index_new(work, self.messages)
        for at, _order, deed in sorted(self._deeds, key=lambda one: one[:2]):
            with clock.at(at):
                deed()
        last = {message.ticket_id: message.id for message in self.messages if message.direction is Direction.IN}
        for number, message in last.items():
            work.get_one(Ticket, number).last_in_id = message
        work.write_events(followed=False)


def _addresses(person: Person) -> dict[str, str]:
    return {
        "email": f"{person.name.lower().replace(' ', '.')}@{person.domain}",
        "sms": f"+447700900{700 + person.n:03d}",
        "telegram": str(7_020_000_000 + person.n),
        "messenger": f"90020000000{person.n:05d}",
        "chat": hexed(f"chat {person.n}", 16),
    }
