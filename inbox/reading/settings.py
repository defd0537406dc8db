"""What the settings' pages show: the desk, its people, teams, words and costs; no rights are checked here."""

from __future__ import annotations

from sqlalchemy import func, select

from inbox.actions import agreements, branding
from inbox.actions import desk as settings
from inbox.actions import reasons as tree
from inbox.actions.variables import VARIABLES
from inbox.actions.who import Who, may
from inbox.reading import desk
from inbox.reading.pages import (
    AgreementRow,
    CannedPage,
    CannedRow,
    Choice,
    Form,
    GeneralPage,
    PeoplePage,
    PersonRow,
    ReasonRow,
    ReasonsPage,
    SettingsNav,
    TagRow,
    TeamRow,
    TeamsPage,
)
from inbox.reading.pages.common import Section
from inbox.store import (
    Agent,
    Canned,
    Channel,
    JournalItem,
    Membership,
    SignIn,
    Team,
    Ticket,
    TicketTag,
    Work,
)
from inbox.terms import Outcome, Role, Status

__all__ = ["RIGHTS", "canned", "general", "nav", "people", "reasons", "sections", "teams"]

#: The right that each section of the settings needs.
RIGHTS: dict[Section, str] = {
    "general": "settings.change",
    "people": "people.change",
    "teams": "people.change",
    "channels": "settings.change",
    "promises": "settings.change",
    "routing": "settings.change",
    "canned": "canned.change",
    "macros": "macro.own",
    "rules": "rules.change",
    "reasons": "reasons.change",
    "fields": "settings.change",
    "surveys": "settings.change",
    "costs": "costs.change",
    "journal": "journal.see",
    "audit": "settings.change",
}
UNFINISHED = (Status.NEW, Status.OPEN, Status.PENDING, Status.SNOOZED)
TAGS = 200
_NAMED = ("why", "date", "reference")


def sections(who: Who) -> tuple[Section, ...]:
    """The sections that this person may open."""
    return tuple(section for section, right in RIGHTS.items() if may(who, right))


def nav(work: Work, who: Who) -> SettingsNav:
    """The settings' own menu."""
    allowed = sections(who)
    quarantined = 0
    if "journal" in allowed:
        query = select(func.count()).select_from(JournalItem).where(JournalItem.outcome == Outcome.QUARANTINED)
        quarantined = work.scalar(query) or 0
    return SettingsNav(allowed, quarantined, demo=bool(settings.get(work, "desk.sample")))


def general(work: Work, who: Who) -> GeneralPage:
    """The desk's own settings as they are; the choices are the door's to fill."""
    undo, target = settings.get(work, "reply.undo_s"), settings.get(work, "report.fcr_target")
    values = {
        "name": str(settings.get(work, "desk.name")),
        "language": str(settings.get(work, "desk.language")),
        "timezone": str(settings.get(work, "desk.timezone")),
        "close_after_d": str(settings.get(work, "desk.close_after_d")),
        "undo_s": "" if undo is None else str(undo),
        "fcr_target": "" if target is None else str(target),
        "unhappy_run": str(settings.get(work, "sentiment.run")),
        "correct_d": str(settings.get(work, "handling.correct_d")),
        "push_names": "on" if settings.get(work, "push.names") else "",
    }
    of_samples = select(func.count()).select_from(Ticket).join(Channel, Channel.id == Ticket.channel_id)
    return GeneralPage(
        nav=nav(work, who),
        form=Form(values),
        languages=(),
        zones=(),
        public_url=work.store.settings.public_url,
        demo_tickets=work.scalar(of_samples.where(Channel.sample)) or 0,
        brand=Form({"colour": str(settings.get(work, "desk.colour"))}),
        logo=branding.mark(work),
        agreement=agreements.current(work),
        agreements=_agreements(work),
    )


def _agreements(work: Work) -> tuple[AgreementRow, ...]:
    """When figures per person were switched on and off, the newest first."""
    names: dict[str, str] = dict(work.execute(select(Agent.id, Agent.name)).all())
    rows = agreements.history(work)
    return tuple(
        AgreementRow(
            row.ts, names.get(row.actor_id or "", ""), **{name: row.data.get(name, "") for name in ("on", *_NAMED)}
        )
        for row in rows
    )


def people(work: Work, who: Who) -> PeoplePage:
    """Everybody who ever answered here, those who may sign in first."""
    loads = desk.loads(work)
    seen = dict(work.execute(select(SignIn.agent_id, func.max(SignIn.seen_at)).group_by(SignIn.agent_id)).all())
    agents = work.scalars(select(Agent).order_by(Agent.active.desc(), func.lower(Agent.name), Agent.id)).all()
    return PeoplePage(
        nav=nav(work, who),
        people=tuple(
            PersonRow(
                person=desk.chip(agent, loads.get(agent.id, 0)),
                email=agent.email,
                role=agent.role.value,
                teams=tuple(team.name for team in agent.teams),
                team_ids=tuple(team.id for team in agent.teams),
                active=agent.active,
                last_seen=seen.get(agent.id),
                is_me=agent.id == who.id,
            )
            for agent in agents
        ),
        teams=team_choices(work),
        new=Form({"role": Role.AGENT.value}),
    )


def team_choices(work: Work) -> tuple[Choice, ...]:
    """The teams as options."""
    return tuple(Choice(team.id, team.name) for team in work.scalars(select(Team).order_by(Team.name)))


def teams(work: Work, who: Who) -> TeamsPage:
    """The teams with their people and what is open with them."""
    agents = work.scalars(select(Agent).where(Agent.active).order_by(Agent.name)).all()
    opened = select(Ticket.team_id, func.count()).where(Ticket.status.in_(UNFINISHED), Ticket.team_id.is_not(None))
    open_tickets = dict(work.execute(opened.group_by(Ticket.team_id)).all())
    inside: dict[str, set[str]] = {}
    for row in work.scalars(select(Membership)):
        inside.setdefault(row.team_id, set()).add(row.agent_id)
    return TeamsPage(
        nav=nav(work, who),
        teams=tuple(
            TeamRow(
                id=team.id,
                name=team.name,
                private=team.private,
                members=tuple(desk.chip(agent) for agent in agents if agent.id in inside.get(team.id, ())),
                open_tickets=open_tickets.get(team.id, 0),
            )
            for team in work.scalars(select(Team).order_by(func.lower(Team.name)))
        ),
        people=tuple(desk.chip(agent) for agent in agents),
    )


def canned(work: Work, who: Who) -> CannedPage:
    """The canned replies by their short names."""
    rows = work.scalars(select(Canned).order_by(func.lower(Canned.name)))
    return CannedPage(
        nav=nav(work, who),
        replies=tuple(CannedRow(row.id, row.name, row.text, row.team_id or "") for row in rows),
        teams=team_choices(work),
        variables=tuple(f"{{{name}}}" for name in VARIABLES),
    )


def reasons(work: Work, who: Who) -> ReasonsPage:
    """The contact reasons as a tree, and the tags in use, each with its tickets."""
    nodes = tree.every(work)
    used = tree.count(work)
    tags = select(TicketTag.tag, func.count()).group_by(TicketTag.tag).order_by(func.count().desc(), TicketTag.tag)
    shut = {node.id for node in nodes if not node.open}
    return ReasonsPage(
        nav=nav(work, who),
        reasons=tuple(_reason(node, used) for node in nodes if node.open),
        archived=tuple(_reason(node, used) for node in nodes if not node.active and node.parent not in shut),
        parents=tuple(Choice(str(node.id), node.called) for node in nodes if node.open and node.depth < tree.DEEPEST),
        tags=tuple(TagRow(tag, count) for tag, count in work.execute(tags.limit(TAGS))),
        ask=settings.get(work, "reasons.ask"),
        may_ask=may(who, "settings.change"),
    )


def _reason(node: tree.Node, used: dict[str, int]) -> ReasonRow:
    return ReasonRow(
        id=node.id,
        name=node.label,
        used=used.get(node.name, 0),
        called=node.called,
        depth=node.depth,
        exempt=node.own_exempt,
        exempt_above=node.exempt and not node.own_exempt,
    )
