"""Each step of a script, done by the action that does it in the product."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from functools import partial

from sqlalchemy import func, select

from connectors.base import Request
from inbox import clock
from inbox.actions import desk, events, handling, reply, tickets, visitors
from inbox.actions.sample import pictures, script, sending
from inbox.actions.sample.meeting import meet
from inbox.actions.sample.payloads import File, hexed, letter
from inbox.actions.sample.script import Customer, Script, Step
from inbox.actions.sample.stage import Stage, Stay
from inbox.actions.who import SYSTEM
from inbox.store import Attachment, Beat, Identity, Message, Ticket
from inbox.store import Customer as CustomerRow
from inbox.terms import Move, Status

__all__ = ["Act"]

KINDS = ("email", "sms", "telegram", "messenger")
BEAT = dt.timedelta(seconds=30)  # as far apart as beats may be and still cover everything
SLOWEST = 12.0  # minutes


@dataclass
class Act:
    """One script on the stage. ``rehearse`` orders its steps; ``ticket`` is known once the first word arrived."""

    stage: Stage
    script: Script
    person: Customer
    number: int
    ticket: Ticket | None = None
    visitor: str = ""
    subject: str = ""
    done: Message | None = None  # the last answer of ours

    def rehearse(self) -> None:
        """Finds the moment of each step, and orders it."""
        moment: dt.datetime | None = None
        for n, step in enumerate(self.script.step):
            moment = self.stage.times.at(step.at, moment)
            seed = f"{self.script.customer} {self.number} {n}"
            odd = dt.timedelta(seconds=int(hexed(seed, 2), 16) % 50)
            moment = min(moment + odd, self.stage.times.now)
            self.stage.later(moment, partial(self._do, step, seed))

    def _do(self, step: Step, seed: str) -> None:
        if step.arrives is not None:
            self._arrives(step, seed)
        if step.by is not None:
            self._acts(step, seed)

    # --- the customer -------------------------------------------------------------------------------------------------

    def _arrives(self, step: Step, seed: str) -> None:
        kind = step.arrives or "email"
        self._meet(kind)
        files = [pictures.file(name) for name in step.files]
        found = self.stage.arrive(kind, self._request(kind, step, seed, files))
        if found is None:
            msg = f"the step at {step.at} of {self.script.customer} is no message"
            raise RuntimeError(msg)
        ticket, message = found
        if self.ticket is not None and ticket.id != self.ticket.id:
            msg = f"the step at {step.at} of {self.script.customer} went to ticket {ticket.id}, not {self.ticket.id}"
            raise RuntimeError(msg)
        self.ticket = ticket
        self._fetched(message, files)
        if kind == "sms":
            price = sending.PICTURE if files else sending.SEGMENT
            self.stage.after(62, lambda: sending.paid(self.stage, message, price))

    def _meet(self, kind: str) -> None:
        """A known customer is in the desk with every address before their first word arrives."""
        work, known = self.stage.work, self.stage.identities
        if self.person.known and (self.script.customer, "") not in known:
            taken = {kind: value for kind in KINDS if (value := getattr(self.person, kind, ""))}
            row = meet(work, script.id_of(self.script.customer), self.person.name, taken)
            work.flush()
            known[self.script.customer, ""] = row.identities[0]
        if kind == "chat" and not self.visitor:
            visitor = visitors.open_session(work, self.stage.lines["chat"].channel, secrets.token_urlsafe(32))
            self.visitor = visitor.id
            if self.person.known:
                customer = work.get_one(CustomerRow, known[self.script.customer, ""].customer_id)
                customer.identities.append(Identity(kind="chat", value=visitor.id, name=self.person.name))
                work.flush()

    def _request(self, kind: str, step: Step, seed: str, files: list[File]) -> Request:
        line, person = self.stage.lines[kind], self.person
        match kind:
            case "sms":
                return line.sms(person.sms, step.text.strip(), seed, files)
            case "telegram":
                return line.telegram(person.telegram, person.name, step.text.strip(), next(self.stage.numbers), files)
            case "messenger":
                return line.messenger(
                    person.messenger, message={"mid": f"m_{hexed(seed, 40)}", "text": step.text.strip()}
                )
            case "chat":
                page = {
                    "url": "https://www.cirro.example/hosting",
                    "title": "Cirro Hosting",
                    "language": person.language,
                }
                named = {"name": person.name} | ({"email": person.email} if person.email and not person.known else {})
                return line.chat(
                    self.visitor, type="message", id=hexed(seed, 16), text=step.text.strip(), page=page, **named
                )
        self.subject = step.subject or self.subject
        answers = self.done if self.done is not None and self.done.kind == "email" else None
        subject = self.subject if answers is None or self.subject.startswith("Re:") else f"Re: {self.subject}"
        raw = letter(
            (person.name, person.email),
            line.channel.address,
            subject,
            step.text.strip(),
            seed,
            answers=answers,
            files=files,
            english=person.language == "en",
        )
        return line.mail(raw, next(self.stage.uids))

    def _fetched(self, message: Message, files: list[File]) -> None:
        """Files that lie with the provider are fetched a moment later."""
        waiting = [row for row in message.attachments if row.sha256 is None]
        for row, (_name, content_type, data) in zip(waiting, files, strict=False):
            self.stage.after(1, partial(self._fetch, message, row, content_type, data))

    def _fetch(self, message: Message, row: Attachment, content_type: str, data: bytes) -> None:
        work = self.stage.work
        row.sha256, row.size, row.content_type = work.store.files.put(data), len(data), content_type
        row.fetch_at, row.fetch_tries = None, 1
        work.append("msg.file", ticket=message.ticket_id, msg=str(message.id), ready=True)

    # --- the agent ----------------------------------------------------------------------------------------------------

    def _acts(self, step: Step, seed: str) -> None:
        if self.ticket is None or step.by is None:
            msg = f"nobody wrote before the step at {step.at} of {self.script.customer}"
            raise RuntimeError(msg)
        work, who, number = self.stage.work, self.stage.who(step.by), self.ticket.id
        if step.assign:
            tickets.assign(work, who, number, agent=self.stage.agents[step.assign].id)
        if step.team:
            tickets.assign(work, who, number, team=self.stage.teams[step.team])
        for tag in step.tags:
            tickets.tag(work, who, number, tag)
        if step.priority:
            tickets.prioritise(work, who, number, step.priority)
        if step.note:
            reply.note(work, who, number, text=step.note, client_key=hexed(seed + " note"))
        if step.reason:
            tickets.set_reason(work, who, number, step.reason)
        if step.reply:
            self._answer(self.ticket, step, seed)
        elif step.status:
            until = self.stage.times.at(step.until) if step.until else None
            tickets.set_status(work, who, number, step.status, until=until)
        self._comes_due(self.ticket)
        rows = select(func.max(Message.id), func.min(Message.at)).where(Message.ticket_id == number)
        last, first = work.execute(rows).one()
        tickets.read(work, who, number, last)
        self._worked(self.ticket, step, seed, first)

    def _answer(self, ticket: Ticket, step: Step, seed: str) -> None:
        work, line = self.stage.work, self.stage.lines[step.via] if step.via else None
        chosen, _identity = reply.choose(work, ticket, line.channel.id if line is not None else None)
        message, _new = reply.reply(
            work,
            self.stage.who(step.by or ""),
            ticket.id,
            text=step.reply,
            client_key=hexed(seed),
            channel=chosen.id,
            files=[reply.Upload(*pictures.file(name)) for name in step.files],
            then={"resolved": "resolve", "pending": "pending"}.get(step.status),
            undo_s=self.stage.lines[chosen.kind].connector.capabilities.undo_s,
        )
        self.done = message
        sending.leave(self.stage, message, step, seed)

    def _comes_due(self, ticket: Ticket) -> None:
        """A snooze ends by itself, and what stays quiet after its end is closed by the desk."""
        until = ticket.snoozed_until
        if until is not None:
            self.stage.later(until, lambda: self._wake(ticket, until), unless_ahead=True)
        if ticket.status is Status.RESOLVED:
            days = dt.timedelta(days=int(desk.get(self.stage.work, "desk.close_after_d")))
            self.stage.later(clock.now() + days, lambda: self._close(ticket, days), unless_ahead=True)

    def _wake(self, ticket: Ticket, until: dt.datetime) -> None:
        if ticket.status is Status.SNOOZED and ticket.snoozed_until == until:
            events.move(self.stage.work, ticket, SYSTEM, Move.WAKE)

    def _close(self, ticket: Ticket, days: dt.timedelta) -> None:
        quiet = clock.now() - days
        since = max(ticket.resolved_at or clock.now(), ticket.active_at)
        if ticket.status is Status.RESOLVED and since <= quiet:
            events.move(self.stage.work, ticket, SYSTEM, Move.CLOSE)

    def _worked(self, ticket: Ticket, step: Step, seed: str, first: dt.datetime) -> None:
        """The ticket was on the agent's screen before the step, and a little while after it."""
        said = len(step.reply) + len(step.note)
        minutes = min(step.work if step.work is not None else 0.8 + said / 110, SLOWEST)
        start = max(clock.now() - dt.timedelta(minutes=minutes), first)
        end = clock.now() + dt.timedelta(seconds=12 + int(hexed(seed, 2), 16) % 25)
        agent, session = step.by or "", hexed(seed + " focus", 40)
        self.stage.stays.append(Stay(agent, start, min(end, self.stage.times.now)))
        self.stage.later(end, lambda: self._focus(ticket, agent, start, session))

    def _focus(self, ticket: Ticket, agent: str, start: dt.datetime, session: str) -> None:
        work, end = self.stage.work, clock.now()
        with clock.at(start):
            handling.start(work, self.stage.who(agent), session, ticket)
        beats = int((end - start) / BEAT)
        work.add_all(Beat(session=session, at=start + BEAT * n) for n in range(1, beats + 1) if start + BEAT * n < end)
        work.flush()
        handling.end(work, session)
