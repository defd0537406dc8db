"""Attribution (section 4.4): what each fact of a case adds, on which day, on which channel and to whom."""

from __future__ import annotations

from dataclasses import dataclass, field

from inbox.metrics import outcomes
from inbox.metrics.cases import Closing
from inbox.metrics.config import Config
from inbox.metrics.facts import CaseFact, Who, Work, resolver_at
from inbox.metrics.fcr import reopened
from inbox.metrics.hours import Hours
from inbox.metrics.interactions import Interaction
from inbox.metrics.money import Price, Wages, labour
from inbox.metrics.promises import opening_time
from inbox.metrics.sheets import AGENT, BOTH, NEVER, TEAM, WHOLE, Came, CaseName, Entry, Heard, OpenSpan, Sheet
from inbox.metrics.sla import Clock
from inbox.metrics.speed import net_time
from inbox.metrics.surveys import Survey, answer_counts, sent_counts
from inbox.metrics.times import DAY, Days
from inbox.metrics.work import VOICE, gross

__all__ = ["Context", "price_sheet", "sheet_of", "survey_sheet", "work_sheet"]

_NATURE = {"productive": "work.prod_ms", "view": "work.view_ms", "spam": "work.spam_ms"}
_CONTACTS = ("ipc.d1", "ipc.d2", "ipc.d3", "ipc.d4plus")


@dataclass(slots=True)
class Context:
    """What every sheet is made with."""

    config: Config
    days: Days
    hours: Hours
    wages: Wages
    covered: set[str] = field(default_factory=set)  # the customers who have, or had, a contract


def sheet_of(fact: CaseFact, context: Context) -> Sheet:
    """Everything that a case adds: itself, its interactions, clocks, work, prices and surveys."""
    case = fact.case
    sheet = Sheet(case.reason, case.tags)
    sheet.case = CaseName(case.id, case.root, case.t0, case.channel)
    _backlog(sheet, fact)
    _created(sheet, fact, context)
    _first_resolved(sheet, fact, context)
    _resolved(sheet, fact, context)
    _first_response(sheet, fact, context)
    for n, one in enumerate(fact.talk.interactions):
        _interaction(sheet, fact, one, [work for work in fact.work if work.interaction == n], context)
    for name, clock in (("sla_frt", fact.frt), ("sla_ttr", fact.ttr)):
        if clock is not None:
            _clock(sheet, name, clock, context)
    if fact.feeling is not None:
        at, feeling = fact.feeling
        entry = sheet.at(context.days.of(at), fact.case.channel, *fact.owner)
        entry.count("sent.n")
        entry.count(feeling)
    for work in fact.work:
        _work(sheet, work, context)
    for price in fact.prices:
        _price(sheet, price)
    for survey in fact.surveys:
        _survey(sheet, survey, fact.case.channel, resolver_at(fact.case, fact.talk, survey.sent.at), context)
    return sheet


def work_sheet(work: Work, context: Context) -> Sheet:
    """The sheet of work whose ticket has no case."""
    sheet = Sheet()
    _work(sheet, work, context)
    return sheet


def price_sheet(price: Price) -> Sheet:
    """The sheet of a price that belongs to no case."""
    sheet = Sheet()
    _price(sheet, price)
    return sheet


def survey_sheet(survey: Survey, context: Context) -> Sheet:
    """The sheet of a survey about no ticket."""
    sheet = Sheet()
    _survey(sheet, survey, survey.sent.body.get("channel"), (None, None), context)
    return sheet


def _backlog(sheet: Sheet, fact: CaseFact) -> None:
    case = fact.case
    for begin, end in case.opened:
        if begin is not None:
            sheet.spans.append(OpenSpan(begin, end, case.t0, case.channel, *fact.owner, case.reason, case.tags))


# --- anchored on t0 ---


def _created(sheet: Sheet, fact: CaseFact, context: Context) -> None:
    case = fact.case
    day = context.days.of(case.t0)
    entry = sheet.at(day, case.channel, *fact.owner)
    entry.count("created")
    first = case.first_closing
    if case.from_customer:
        if first is not None:
            entry.time("km", first.at - case.t0)
        else:
            entry.since.append(("km", case.t0))
    base = first.at if first is not None else case.t0
    for window, verdict in fact.verdicts.items():
        if verdict.kind in {"candidate", "unanswered", "unresolved"}:
            judged = sheet.at(day, case.channel, *fact.owner, due=base + window * DAY)
            judged.count(outcomes.strict(window, success=verdict.success))


# --- anchored on R1 ---


def _first_resolved(sheet: Sheet, fact: CaseFact, context: Context) -> None:
    case, first = fact.case, fact.case.first_closing
    if first is None:
        return
    day = context.days.of(first.at)
    entry = sheet.at(day, case.channel, *fact.owner)
    entry.count("first_resolved")
    entry.time("ttr_first", first.at - case.t0)
    exempt = case.exempt or case.reason in context.config.exempt_reasons
    people = len({r.agent for r in fact.talk.replies if r.at <= first.at} | _talkers(fact, first))
    for window, verdict in fact.verdicts.items():
        if verdict.kind in {"candidate", "unanswered"}:
            outcome = outcomes.fcr(
                window,
                candidate=verdict.kind == "candidate",
                success=verdict.success,
                one_agent=people <= 1,
                exempt=exempt,
            )
            sheet.at(day, case.channel, *fact.owner, due=first.at + window * DAY).count(outcome)
    headline = context.config.headline
    entry = sheet.at(day, case.channel, *fact.owner, due=first.at + headline * DAY)
    if fact.verdicts[headline].kind == "bot" and first.how == "bot":
        entry.count(outcomes.yes_or_no("containment", yes=not fact.came_back))
    if _by_people(fact, first):
        entry.count(outcomes.yes_or_no("reopen", yes=reopened(case, first.at + headline * DAY)))


def _talkers(fact: CaseFact, first: Closing) -> set[str | None]:
    """Every agent who talked on a call of the case up to R1."""
    calls = (item.call for item in fact.case.items if item.call is not None)
    return {leg.agent for call in calls for leg in call.legs if leg.state == "talk" and leg.at <= first.at}


def _by_people(fact: CaseFact, closing: Closing) -> bool:
    """Whether a person of ours wrote, talked or closed it up to a closing."""
    return closing.how == "agent" or any(r.at <= closing.at for r in fact.talk.replies)


# --- anchored on RL ---


def _resolved(sheet: Sheet, fact: CaseFact, context: Context) -> None:
    case, last = fact.case, fact.case.last_closing
    if last is None:
        return
    entry = sheet.at(context.days.of(last.at), case.channel, *fact.resolver)
    entry.count("resolved")
    entry.time("ttr_full", last.at - case.t0)
    entry.time("ttr_net", net_time(case, last.at))
    entry.count("resolved_direct", direct_cost(fact, context.wages))
    if _by_people(fact, last):
        contacts = sum(at <= last.at for at in fact.talk.contacts)
        entry.count("one_reply.n")
        entry.count("one_reply.k", int(len(fact.talk.turns) == 1))
        entry.count("ipc.n")
        entry.count("ipc.sum", contacts)
        if contacts:
            entry.count(_CONTACTS[min(contacts, 4) - 1])


def direct_cost(fact: CaseFact, wages: Wages) -> int:
    """Labour and provider prices of a case, in micro-units of the base currency."""
    total = sum(price.amount or 0 for price in fact.prices)
    for work in fact.work:
        total += sum(labour(atom.ms, wages.per_hour(work.item.agent, atom.day)) for atom in work.atoms)
    return total


# --- anchored on an interaction ---


def _interaction(sheet: Sheet, fact: CaseFact, one: Interaction, mine: list[Work], context: Context) -> None:
    days = context.days
    if one.inbound:
        day = days.of(one.start)
        entry = sheet.at(day, one.channel, one.agent, one.team)
        entry.count("inbound")
        sheet.came.append(Came(day, one.start, one.channel, one.agent, one.team))
        if one.call is not None and one.call.abandoned:
            entry.count("abandoned")
        limit = context.config.unanswered(one.channel)
        fate = one.fate(limit)
        sheet.at(day, one.channel, one.agent, one.team, due=one.start + limit).count(outcomes.cohort(fate))
        if fact.case.customer in context.covered:
            sheet.heard.append(Heard(day, fact.case.customer, one.start + limit, fate == "unanswered"))
    if one.answered_at is not None:
        sheet.at(days.of(one.answered_at), one.channel, one.agent, one.team).time("rt", one.answered_at - one.start)
    if one.handled_at is not None:
        day = days.of(one.handled_at)
        entry = sheet.at(day, one.channel, one.agent, one.team)
        entry.count("handled_in" if one.inbound else "handled_out")
        if one.settled == "closed_no_reply":
            entry.count("closed_no_reply")
        _handle_time(sheet, day, one, mine)


def _handle_time(sheet: Sheet, day: int, one: Interaction, mine: list[Work]) -> None:
    """M5: the whole time for everybody, the own share for each agent and team that took part."""
    responder = one.agent, one.team
    pairs: dict[Who, None] = dict.fromkeys([(work.item.agent, work.item.team) for work in mine])
    if not pairs.keys() - {responder}:
        _spent(sheet.at(day, one.channel, *responder), mine)
        return
    pairs[responder] = None
    _spent(sheet.at(day, one.channel, *responder, scope=WHOLE), mine)
    for agent in dict.fromkeys(agent for agent, _ in pairs if agent is not None):
        own = [work for work in mine if work.item.agent == agent]
        _spent(sheet.at(day, one.channel, agent, None, scope=AGENT), own, responsible=agent == one.agent)
    for team in dict.fromkeys(team for _, team in pairs if team is not None):
        own = [work for work in mine if work.item.team == team]
        _spent(sheet.at(day, one.channel, None, team, scope=TEAM), own, responsible=team == one.team)
    for pair in pairs:
        own = [work for work in mine if (work.item.agent, work.item.team) == pair]
        _spent(sheet.at(day, one.channel, *pair, scope=BOTH), own, responsible=pair == responder)


def _spent(entry: Entry, work: list[Work], *, responsible: bool = True) -> None:
    total = 0
    for one in work:
        for atom in one.atoms:
            total += atom.ms
            if atom.wrap:
                entry.count("aht.wrap_ms", atom.wrap)
            for state in VOICE:
                if spent := atom.voice.get(state, 0):
                    entry.count(f"aht.voice_{state}_ms", spent)
    if work:
        entry.count("aht.gross_ms", gross(one.item for one in work))
    if total:
        entry.time("aht", total)
    elif responsible:
        entry.count("aht.untracked")


# --- anchored on the reply, on the settling of a clock ---


def _first_response(sheet: Sheet, fact: CaseFact, context: Context) -> None:
    response = fact.response
    if response is None:
        return
    reply, channel = response.reply, response.interaction.channel
    entry = sheet.at(context.days.of(reply.at), channel, reply.agent, reply.team)
    entry.time("frt", reply.at - response.since)
    spent = opening_time(fact.case, channel, response.since, reply.at, context.config, context.hours)
    entry.time("frt_bh", spent)
    if response.handoff is not None:
        entry.time("frt_handoff", reply.at - response.handoff)


def _clock(sheet: Sheet, name: str, clock: Clock, context: Context) -> None:
    who = clock.agent, clock.team
    if clock.outcome in {"breached", "pending"}:
        due = clock.at if clock.at is not None else NEVER
        sheet.at(context.days.of(clock.started), clock.channel, *who, due=due).count(f"{name}|running")
    if clock.at is None:
        return
    day = context.days.of(clock.at)
    if clock.outcome == "breached":
        sheet.at(day, clock.channel, *who, due=clock.at).count(f"{name}|breached")
    elif clock.outcome == "excluded":
        sheet.at(day, clock.channel, *who).count(f"{name}.excluded")
    else:
        sheet.at(day, clock.channel, *who).count(f"{name}|yes")


# --- anchored on the day worked, of service, of the answer ---


def _work(sheet: Sheet, work: Work, context: Context) -> None:
    """M6 and M7: adjusted time and its labour cost, on the channel of the work."""
    item = work.item
    measure = _NATURE[item.nature]
    for atom in work.atoms:
        entry = sheet.at(atom.day, item.channel, item.agent, item.team)
        entry.count(measure, atom.ms)
        entry.count("labour_direct", labour(atom.ms, context.wages.per_hour(item.agent, atom.day)))


def _price(sheet: Sheet, price: Price) -> None:
    entry = sheet.at(price.day, price.channel)
    if price.amount is None:
        entry.count("fx_missing")
        return
    entry.count("provider", price.amount)
    if price.estimated:
        entry.count("provider_estimated", price.amount)


def _survey(
    sheet: Sheet, survey: Survey, channel: str | None, who: tuple[str | None, str | None], context: Context
) -> None:
    parts = [(survey.sent.at, sent_counts(survey))]
    if survey.answer is not None:
        parts.append((survey.answer.at, answer_counts(survey)))
    for at, counts in parts:
        entry = sheet.at(context.days.of(at), channel, *who)
        for measure, n in counts.items():
            entry.count(measure, n)
