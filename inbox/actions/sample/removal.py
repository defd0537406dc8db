"""Taking the sample away: its tickets, people, channels, arrivals, files and log lines, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import ColumnElement, Executable, delete, or_, select, update

from inbox import search
from inbox.actions import channels, desk, people, tickets, unneeded
from inbox.actions.sample import script
from inbox.actions.sample.contents import NAME, UNMARKED, Contents, kept
from inbox.actions.who import SYSTEM, Who, require
from inbox.errors import Conflict
from inbox.figures import keeper
from inbox.store import (
    Agent,
    Attachment,
    Audit,
    Canned,
    Channel,
    Customer,
    Event,
    Identity,
    JournalEntry,
    Lease,
    Message,
    Setting,
    SignIn,
    Team,
    Ticket,
    Visitor,
    Work,
)
from inbox.terms import Role

__all__ = ["remove"]

OURS: Final = select(Channel.id).where(Channel.sample)
TICKETS: Final = select(Ticket.id).where(Ticket.channel_id.in_(OURS))


def remove(work: Work, who: Who) -> int:
    """Takes the sample data away; gives the number of its tickets. Raises :class:`Conflict` where there is none.

    Lines of the log go too: an exception to append-only, for what was played never happened. What is real stays, also
    where it touches the sample: an agent who wrote in a real ticket stays without a way to sign in, a channel that a
    real ticket spoke through stays disconnected, a customer with a real ticket stays as they are. Where nobody real is
    admin, one of the sample's stays who can sign in.
    """
    require(who, "settings.change")
    if not desk.get(work, "desk.sample"):
        msg = "there is no sample data in this desk"
        raise Conflict(msg)
    work.append("sample.removed", actor=who.actor)
    work.write_events()  # the log's end stays where readers are: the numbers of lines that go are never given again
    brought = kept(work) or Contents()
    count = len(work.scalars(TICKETS).all())
    leaving = _leaving(work, who)
    _loosen(work, who, leaving, brought)
    files = _files(work)
    _forget_events(work, leaving, brought)
    _forget_talk(work)
    _forget_channels(work, who)
    _forget_people(work, leaving, brought)
    _forget_bands(work, brought)
    unneeded.forget(work, files)
    desk.put(work, who, "desk.sample", False)
    desk.audit(work, who, "demo.removed", tickets=count)
    return count


def _do(work: Work, *statements: Executable) -> None:
    for statement in statements:
        work.execute(statement, execution_options={"synchronize_session": False})


# --- who stays ----------------------------------------------------------------------------------------------------


def _leaving(work: Work, who: Who) -> list[str]:
    """The sample's agents who go: all but who wrote in real tickets, and the last admin."""
    wrote = select(Message.agent_id).where(Message.ticket_id.not_in(TICKETS), Message.agent_id.is_not(None))
    found = work.scalars(select(Agent.id).where(Agent.sample, Agent.id.not_in(wrote))).all()
    return [one for one in found if one != _needed(work, who)]


def _needed(work: Work, who: Who) -> str | None:
    """The sample's admin who has to stay: whoever asks, else the first; None where somebody real is admin."""
    admins = (
        select(Agent).where(Agent.active, Agent.role == Role.ADMIN, Agent.password != "").order_by(Agent.created_at)
    )
    found = work.scalars(admins).all()
    if not all(one.sample for one in found):
        return None
    return who.id if who.id in {one.id for one in found} else next((one.id for one in found), None)


def _loosen(work: Work, who: Who, leaving: list[str], brought: Contents) -> None:
    """Takes out of real tickets and channels what goes, and lets nobody of the sample in any more."""
    held = or_(Ticket.assignee_id.in_(leaving), Ticket.team_id.in_(brought.rows["teams"]))
    for ticket in work.scalars(select(Ticket).where(held, Ticket.id.not_in(TICKETS))).unique().all():
        agent = None if ticket.assignee_id in leaving else tickets.KEEP
        team = None if ticket.team_id in brought.rows["teams"] else tickets.KEEP
        tickets.assign(work, SYSTEM, ticket.id, agent=agent, team=team)
    said = Canned.team_id.in_(brought.rows["teams"]) & Canned.id.not_in(brought.rows["canned"])
    for canned in work.scalars(select(Canned).where(said)).all():
        canned.team_id = None
    routed = Channel.team_id.in_(brought.rows["teams"]) & Channel.sample.is_(False) & Channel.removed_at.is_(None)
    for channel in work.scalars(select(Channel).where(routed)).all():
        channels.change(work, who, channel.id, team="")
    needed = _needed(work, who)
    for agent_row in work.scalars(select(Agent).where(Agent.sample, Agent.id.not_in(leaving))).all():
        agent_row.sample = False
        if agent_row.id != needed:
            agent_row.password = ""
            people.change_agent(work, SYSTEM, agent_row.id, active=False)
    for signed in work.scalars(select(SignIn.agent_id).where(SignIn.agent_id.in_(leaving)).distinct()):
        work.append("agent.signed_out", agent=signed)
    work.flush()


# --- what goes ----------------------------------------------------------------------------------------------------


def _named(field: str, values: Iterable[str], kinds: str) -> ColumnElement[bool]:
    named: ColumnElement[bool] = Event.data[field].as_string().in_(list(values))
    return Event.kind.startswith(kinds) & named


def _forget_events(work: Work, leaving: list[str], brought: Contents) -> None:
    keeper.forget(work)
    ours = work.scalars(OURS).all()
    customers = work.scalars(select(Customer.id).where(Customer.sample)).all()
    _do(
        work,
        delete(Event).where(Event.ticket_id.in_(TICKETS)),
        delete(Event).where(Event.id.in_(brought.events)),
        delete(Event).where(_named("target", brought.events, "void")),
        delete(Event).where(_named("agent", leaving, "agent.") & (Event.kind != "agent.signed_out")),
        delete(Event).where(_named("channel_id", ours, "channel.")),
        delete(Event).where(_named("channel_id", ours, "journal.")),
        delete(Event).where(_named("customer", customers, "identity.")),
    )


def _forget_talk(work: Work) -> None:
    """Tickets with messages, tags, marks and focuses; arrivals; customers who are in nothing real."""
    search.forget(work, work.scalars(select(Message.id).where(Message.ticket_id.in_(TICKETS))).all())
    _do(
        work,
        update(Ticket).where(Ticket.linked_to.in_(TICKETS), Ticket.id.not_in(TICKETS)).values(linked_to=None),
        update(Ticket).where(Ticket.merged_into.in_(TICKETS), Ticket.id.not_in(TICKETS)).values(merged_into=None),
        delete(Message).where(Message.ticket_id.in_(TICKETS)),
        delete(Ticket).where(Ticket.channel_id.in_(OURS)),
    )
    read = select(Message.journal_id).where(Message.journal_id.is_not(None))
    has_ticket = select(Ticket.customer_id).where(Ticket.customer_id.is_not(None))
    has_word = select(Identity.customer_id).join(Message, Message.identity_id == Identity.id)
    unknown = Customer.id.not_in(has_ticket) & Customer.id.not_in(has_word)
    _do(
        work,
        delete(JournalEntry).where(JournalEntry.channel_id.in_(OURS), JournalEntry.id.not_in(read)),
        delete(Visitor).where(Visitor.channel_id.in_(OURS)),
        delete(Customer).where(Customer.sample, unknown),
        update(Customer).where(Customer.sample).values(sample=False),
    )


def _forget_channels(work: Work, who: Who) -> None:
    spoke = select(Message.channel_id).where(Message.channel_id.is_not(None))
    leases = [f"poll:{one}" for one in work.scalars(OURS)]
    _do(
        work,
        delete(Lease).where(Lease.name.in_(leases)),
        delete(Channel).where(Channel.sample, Channel.id.not_in(spoke)),
    )
    for channel in work.scalars(select(Channel).where(Channel.sample)).all():
        channel.sample = False
        if channel.removed_at is None:
            channels.remove(work, who, channel.id)
    work.flush()


def _forget_people(work: Work, leaving: list[str], brought: Contents) -> None:
    """Agents, and what the sample brought that carries no mark of its own."""
    _do(
        work,
        *(
            delete(table).where(table.id.in_(brought.rows[word]))
            for table, word in UNMARKED.items()
            if table is not Team
        ),
    )
    _do(
        work,
        update(Audit).where(Audit.agent_id.in_(leaving)).values(agent_id=None),
        delete(Agent).where(Agent.id.in_(leaving)),
        delete(Team).where(Team.id.in_(brought.rows["teams"])),
        delete(Setting).where(Setting.name == NAME),
    )


def _forget_bands(work: Work, brought: Contents) -> None:
    """The bands go with the sample's customers, unless somebody real is in one or they were changed."""
    real = work.scalar(select(Customer.id).where(Customer.band != "").limit(1))
    if real is None and list(desk.get(work, "routing.bands")) == list(script.desk().bands):
        _do(work, delete(Setting).where(Setting.name.in_(brought.settings)))


# --- files --------------------------------------------------------------------------------------------------------


def _files(work: Work) -> set[str]:
    """Digests of what the sample's messages and arrivals keep on disk."""
    of_messages = (
        select(Attachment.sha256)
        .join(Message, Message.id == Attachment.message_id)
        .where(Message.ticket_id.in_(TICKETS), Attachment.sha256.is_not(None))
    )
    of_arrivals = select(JournalEntry.sha256).where(JournalEntry.channel_id.in_(OURS), JournalEntry.body.is_(None))
    return {str(one) for query in (of_messages, of_arrivals) for one in work.scalars(query)}
