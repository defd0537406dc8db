"""What docs/metrics.md says where the worked cases are silent, one tiny log per sentence."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from inbox.metrics import Config, Figures, Report, Request, explain, report
from inbox.metrics.times import millis

Body = dict[str, Any]

MINUTE, HOUR = 60_000, 3_600_000
LATE = "2026-05-15T00:00:00Z"


class Log(list[Body]):
    """Events written as they are told, on days of March 2026."""

    numbers = count(1)

    def tell(self, when: str, kind: str, **body: Any) -> Log:
        day, _, time = when.partition(" ")
        n = next(self.numbers)
        event = {"id": f"e{n}", "seq": n, "ts": f"2026-03-{day}T{time}:00Z", "kind": kind}
        self.append(event | {name.rstrip("_"): value for name, value in body.items()})
        return self

    def created(self, when: str, ticket: str, customer: str | None = "C1", **more: Any) -> Log:
        return self.tell(when, "ticket.created", ticket=ticket, customer=customer, **more)

    def came(self, when: str, ticket: str, channel: str = "email", **more: Any) -> Log:
        return self.tell(when, "msg.in", ticket=ticket, channel=channel, **{"msg": f"m{next(self.numbers)}", **more})

    def went(self, when: str, ticket: str, agent: str = "A1", channel: str = "email", **more: Any) -> Log:
        msg = f"m{next(self.numbers)}"
        return self.tell(when, "msg.out", ticket=ticket, channel=channel, actor=person(agent), **{"msg": msg, **more})

    def status(self, when: str, ticket: str, status: str = "resolved", agent: str | None = "A1", **more: Any) -> Log:
        actor = person(agent) if agent else {"kind": "system", "id": "sys"}
        return self.tell(when, "ticket.status", ticket=ticket, status=status, actor=actor, **more)

    def solved(self, begun: str, done: str, ticket: str, customer: str | None = "C1") -> Log:
        """An e-mail, its answer and the resolution."""
        return self.created(begun, ticket, customer).came(begun, ticket).went(done, ticket).status(done, ticket)

    def call(self, when: str, call: str, ticket: str, direction: str = "in") -> Log:
        return self.tell(when, "call.started", call=call, ticket=ticket, direction=direction, channel="voice")

    def leg(self, when: str, call: str, state: str, agent: str = "A1") -> Log:
        return self.tell(when, "call.leg", call=call, agent=agent, team="T", state=state)

    def hung_up(self, when: str, call: str) -> Log:
        return self.tell(when, "call.ended", call=call, why="abandoned")

    def span(self, begin: str, end: str, session: str, ticket: str, agent: str = "A1", channel: str = "email") -> Log:
        spans = [[f"2026-03-{at.replace(' ', 'T')}:00Z" for at in (begin, end)]]
        who = {"ticket": ticket, "agent": agent, "team": "T", "channel": channel}
        return self.tell(begin, "handle.span", session=session, spans=spans, **who)


def person(agent: str) -> Body:
    return {"kind": "agent", "id": agent, "team": "T"}


def figures(log: Log, by: str | None = None, as_of: str = LATE, **config: Any) -> Report:
    return report(log, Request.of("2026-03-01", "2026-04-01", as_of, by=by), Config.of(config))


def all_of(log: Log, as_of: str = LATE, **config: Any) -> Figures:
    return figures(log, as_of=as_of, **config)["all"]


def case(log: Log, name: str, as_of: str = LATE) -> Body:
    return next(found for found in explain(log, millis(as_of)) if found["case"] == name)


# --- cases ---


def test_a_message_that_reaches_a_merged_ticket_reopens_the_one_it_was_merged_into() -> None:
    log = Log().solved("03 08:00", "03 09:00", "T1").created("03 09:30", "T2").came("03 09:30", "T2")
    log.tell("03 10:00", "ticket.merged", ticket="T2", into="T1", actor=person("A1"))
    assert case(log, "T1")["open"] is False
    assert [closing["how"] for closing in case(log, "T1")["closings"]] == ["agent", "merge"]
    assert case(log.came("04 08:00", "T2"), "T1")["open"] is True


def test_a_status_on_a_merged_ticket_says_nothing_any_more() -> None:
    log = Log().created("03 08:00", "T1").came("03 08:00", "T1").created("03 08:10", "T2").came("03 08:10", "T2")
    log.tell("03 08:20", "ticket.merged", ticket="T2", into="T1", actor=person("A1")).status("03 09:00", "T2")
    assert all_of(log)["case.resolved"] == 0


def test_merges_in_a_circle_end() -> None:
    log = Log().solved("03 08:00", "03 09:00", "T1").solved("03 08:00", "03 09:00", "T2")
    log.tell("03 10:00", "ticket.merged", ticket="T1", into="T2").tell(
        "03 10:01", "ticket.merged", ticket="T2", into="T1"
    )
    assert all_of(log)["case.created"] == 1


def test_a_thanks_answers_no_pending_and_what_it_caused_is_nothing() -> None:
    log = (
        Log()
        .created("03 08:00", "T1")
        .came("03 08:00", "T1")
        .went("03 09:00", "T1")
        .status("03 09:00", "T1", "pending")
    )
    log.came("03 10:00", "T1", msg="thx", ack=True).status("03 10:00", "T1", "open", None, cause="thx")
    log.status("03 12:00", "T1")
    assert all_of(log)["ttr_net.sum_ms"] == HOUR


def test_what_was_resolved_before_anybody_spoke_began_when_it_was_opened() -> None:
    log = Log().created("03 08:00", "T1", channel="email").status("03 09:00", "T1").came("04 08:00", "T1")
    own = all_of(log)
    assert (own["ttr_first.sum_ms"], own["case.created"]) == (HOUR, 1)


def test_an_erasure_for_privacy_removes_nothing_a_test_does() -> None:
    log = Log().solved("03 08:00", "03 09:00", "T1").solved("03 08:00", "03 09:00", "T2", "C2")
    assert all_of(log.tell("04 08:00", "ticket.deleted", ticket="T1", why="gdpr"))["case.created"] == 2
    assert all_of(log.tell("04 08:00", "ticket.deleted", ticket="T2", why="test"))["case.created"] == 1


def test_tags_come_and_go_until_the_span_of_the_case_ends() -> None:
    log = Log().solved("03 08:00", "03 09:00", "T1")
    log.tell("03 08:10", "ticket.tag", ticket="T1", tag="vip", op="add").tell(
        "03 08:20", "ticket.tag", ticket="T1", tag="b2b"
    )
    log.tell("03 08:30", "ticket.tag", ticket="T1", tag="vip", op="remove")
    log.came("20 08:00", "T1").tell("20 09:00", "ticket.tag", ticket="T1", tag="late", op="add")
    assert case(log, "T1")["tags"] == ["b2b"]
    assert case(log, "T1~2")["tags"] == ["b2b", "late"]


def test_a_status_that_an_automatic_message_of_ours_caused_opens_nothing() -> None:
    log = Log().solved("03 08:00", "03 09:00", "T1").went("03 09:05", "T1", msg="bulk", auto=True)
    assert case(log.status("03 09:06", "T1", "open", None, cause="bulk"), "T1")["open"] is False


def test_the_age_of_a_case_of_which_nobody_has_said_anything_counts_from_its_opening() -> None:
    log = Log().created("01 08:00", "T1").went("20 08:00", "T1")
    own = report(log, Request.of("2026-03-01", "2026-03-03", LATE), Config.of())["all"]
    assert (own["backlog.open"], own["backlog.age_p50_ms"]) == (1, 39 * HOUR)  # from 01 08:00 to midnight in Rome


def test_a_message_in_the_millisecond_of_a_merge_but_after_it_reopens_what_the_merge_closed() -> None:
    log = Log().created("03 08:00", "T2").came("03 08:00", "T2").went("03 09:00", "T2")
    log.tell("03 10:00", "ticket.merged", ticket="T2", into="T1", actor=person("A1")).came("03 10:00", "T2")
    assert all_of(log.went("03 10:30", "T1").status("03 11:00", "T1"))["reopen.k"] == 1


# --- interactions and contacts ---


def test_a_hang_up_that_nobody_followed_up_is_one_contact() -> None:
    log = Log().created("03 09:00", "T1").call("03 09:00", "K1", "T1").hung_up("03 09:02", "K1")
    assert len(case(log, "T1")["contacts"]) == 1
    log.came("03 10:00", "T1")
    assert case(log, "T1")["contacts"] == ["2026-03-03T10:00:00.000Z"]


def test_who_tries_again_in_the_millisecond_of_our_reply_but_before_it_has_tried_again() -> None:
    log = Log().created("03 09:00", "T1").call("03 09:00", "K1", "T1").hung_up("03 09:02", "K1")
    log.came("03 10:00", "T1", "chat").went("03 10:00", "T1", channel="chat")
    assert case(log, "T1")["contacts"] == ["2026-03-03T10:00:00.000Z"]


def test_a_hang_up_fails_the_case_before_it() -> None:
    log = Log().solved("03 08:00", "03 09:00", "T1").created("05 09:00", "T2").call("05 09:00", "K1", "T2")
    own = all_of(log.hung_up("05 09:01", "K1").status("06 09:00", "T2", agent=None))
    assert (own["fcr1.k"], own["fcr3.k"]) == (1, 0)


def test_what_an_agent_closed_without_a_word_is_that_agent_s() -> None:
    log = Log().created("03 08:00", "T1").came("03 08:00", "T1").status("03 09:00", "T1", agent="A7")
    own = figures(log, "agent")["agent=A7"]
    assert (own["vol.closed_no_reply"], own["vol.unanswered.k"], own["vol.handled"]) == (1, 1, 1)
    assert (own["fcr7.n"], own["fcr7.k"], own["one_reply.n"], own["one_reply.k"]) == (1, 0, 1, 0)


def test_cont_joins_whatever_the_pause() -> None:
    log = Log().solved("03 08:00", "03 09:00", "T1").came("05 08:00", "T1", cont=True)
    own = all_of(log)
    assert (own["vol.inbound"], own["reopen.k"]) == (1, 1)


def test_a_case_that_we_began_relates_to_nothing() -> None:
    log = Log().created("02 08:00", "T0", origin="agent").went("02 08:00", "T0").solved("03 08:00", "03 09:00", "T1")
    assert case(log, "T1")["fcr"]["7"]["class"] == "candidate"
    assert all_of(log)["ttr_km.n"] == 1


def test_a_link_relates_what_reasons_do_not() -> None:
    log = Log().solved("03 08:00", "03 09:00", "T1").solved("04 08:00", "04 09:00", "T2")
    for ticket, reason in (("T1", "invoice"), ("T2", "delivery")):
        log.tell("04 10:00", "ticket.reason", ticket=ticket, reason=reason)
    assert all_of(log)["fcr7.k"] == 2
    assert all_of(log.tell("04 11:00", "ticket.linked", ticket="T1", to="T2"))["fcr7.n"] == 1


def test_the_next_case_of_an_unknown_customer_is_no_repeat() -> None:
    log = (
        Log()
        .solved("03 08:00", "03 09:00", "T1", None)
        .came("12 08:00", "T1")
        .went("12 09:00", "T1")
        .status("12 09:00", "T1")
    )
    assert case(log, "T1~2")["fcr"]["30"]["class"] == "candidate"


def test_an_exempt_ticket_is_out_of_net_fcr_only() -> None:
    own = all_of(Log().solved("03 08:00", "03 09:00", "T1").tell("03 10:00", "ticket.fcr_exempt", ticket="T1"))
    assert (own["fcr7.n"], own["fcr7_net.n"]) == (1, 0)


def test_whoever_was_merged_twice_is_one_person_with_both() -> None:
    log = Log().solved("03 08:00", "03 09:00", "T1", "C1").solved("04 08:00", "04 09:00", "T2", "C2")
    log.solved("05 08:00", "05 09:00", "T3", "C3").tell("06 08:00", "customer.merged", customer="C1", into="C2")
    log.tell("07 08:00", "customer.merged", customer="C1", into="C3").tell(
        "08 08:00", "customer.merged", customer="C3", into="C1"
    )
    assert {case(log, name)["customer"] for name in ("T1", "T2", "T3")} == {"C3"}
    assert all_of(log)["fcr7.n"] == 1


# --- work, as it stands at an instant ---


def test_two_tabs_on_one_ticket_share_the_instant_and_are_gross_once() -> None:
    log = Log().created("03 08:00", "T1").came("03 08:00", "T1").went("03 09:30", "T1")
    own = all_of(log.span("03 09:00", "03 10:00", "S1", "T1").span("03 09:00", "03 10:00", "S2", "T1"))
    assert (own["aht.sum_ms"], own["aht.gross_ms"], own["aht.wrap_ms"]) == (HOUR, HOUR, HOUR // 2)


def test_two_calls_of_one_agent_at_once_are_gross_once_and_a_session_beside_them_for_itself() -> None:
    log = Log().created("03 09:00", "T1")
    for call, talk in (("K1", "03 09:00"), ("K2", "03 09:10")):
        log.call("03 09:00", call, "T1").leg(talk, call, "talk").leg("03 09:20", call, "end")
    log.span("03 09:00", "03 09:20", "S1", "T1", channel="voice")
    assert all_of(log)["aht.gross_ms"] == 40 * MINUTE


def test_a_session_on_a_ticket_that_nobody_told_of_is_a_view() -> None:
    own = all_of(Log().span("03 09:00", "03 10:00", "S1", "T9"))
    assert (own["work.view_ms"], own["work.prod_ms"]) == (HOUR, 0)


def test_a_session_may_be_compacted_in_parts() -> None:
    log = Log().span("03 09:00", "03 09:10", "S1", "T9").span("03 09:30", "03 09:35", "S1", "T9")
    assert all_of(log)["work.view_ms"] == 15 * MINUTE


def test_a_call_that_is_going_on_counts_until_now_and_a_forgotten_one_no_longer_than_the_cap() -> None:
    log = Log().created("03 09:00", "T1").call("03 09:00", "K1", "T1").leg("03 09:00", "K1", "talk")
    assert all_of(log, "2026-03-03T09:20:00Z")["work.prod_ms"] == 20 * MINUTE
    assert all_of(log)["work.prod_ms"] == 4 * HOUR


def test_a_shift_that_is_going_on_is_paid_until_now_and_a_forgotten_one_no_longer_than_the_cap() -> None:
    log = Log().tell("03 08:00", "cost.rate", agent=None, per_hour="36", from_="2026-01-01")
    log.tell("03 08:00", "agent.state", agent="A1", team="T", state="online")
    own = all_of(log, "2026-03-03T10:00:00Z")
    assert (own["occ.online_ms"], own["cost.labour_full"]) == (2 * HOUR, 72_000_000)
    assert all_of(log)["occ.online_ms"] == 12 * HOUR


def test_a_month_s_fee_counts_for_the_days_that_have_come() -> None:
    log = Log().tell("01 08:00", "cost.fixed", month="2026-03", channel="sms", amount="31", currency="EUR")
    log.tell("01 08:00", "cost.fixed", month="2026-03", channel="sms", amount="31", currency="EUR")
    assert all_of(log, "2026-03-10T12:00:00Z")["cost.fixed"] == 20_000_000
    assert all_of(log)["cost.fixed"] == 62_000_000


def test_a_price_finds_its_ticket_by_the_message_too() -> None:
    log = Log().solved("03 08:00", "03 09:00", "T1")
    msg = next(event["msg"] for event in log if event["kind"] == "msg.out")
    log.tell(
        "03 09:00", "cost.provider", cost="p1", msg=msg, channel="email", amount="0.5", currency="EUR", type="actual"
    )
    assert all_of(log)["cost.per_resolution"] == 500_000


def test_the_price_of_a_message_goes_with_it_to_the_ticket_that_it_was_split_to() -> None:
    log = Log().created("03 08:00", "T1").came("03 08:00", "T1").came("03 08:05", "T1", msg="other")
    price = {"channel": "email", "amount": "0.5", "currency": "EUR", "type": "actual"}
    log.tell("03 08:05", "cost.provider", cost="p1", msg="other", **price)
    log.tell("03 08:30", "ticket.split", ticket="T2", from_="T1", msgs=["other"], actor=person("A1"))
    log.status("03 09:00", "T2")
    assert all_of(log)["cost.per_resolution"] == 500_000


def test_the_price_of_a_message_that_was_undone_belongs_to_no_case_whichever_came_first() -> None:
    log = Log().solved("03 08:00", "03 09:00", "T1").went("03 08:30", "T1", msg="undone")
    sent = log[-1]["id"]
    log.tell(
        "03 08:30", "cost.provider", cost="p1", msg="undone", channel="email", amount="1", currency="EUR", type="actual"
    )
    log.tell("03 08:31", "void", target=sent)
    assert all_of(log)["cost.resolved_direct"] == all_of(Log(reversed(log)))["cost.resolved_direct"] == 0


def test_the_price_of_what_reached_spam_is_spent_but_on_no_case() -> None:
    log = Log().solved("03 08:00", "03 09:00", "T1").created("02 08:00", "T2").came("02 08:00", "T2")
    log.tell("02 09:00", "ticket.merged", ticket="T2", into="T3").tell(
        "02 10:00", "ticket.spam", ticket="T3", spam=True
    )
    log.came("02 11:00", "T2").tell(
        "02 11:00", "cost.provider", cost="p", ticket="T2", channel="email", amount="1", currency="EUR", type="actual"
    )
    log.tell("02 12:00", "ticket.merged", ticket="T3", into="T1")
    assert (all_of(log)["cost.provider"], all_of(log)["cost.resolved_direct"]) == (1_000_000, 0)


def test_an_agent_who_only_helped_has_a_slice_under_a_filter_on_the_channel() -> None:
    log = Log().solved("03 08:00", "03 09:00", "T1").span("03 08:10", "03 08:20", "S1", "T1", "A2", "chat")
    log.tell("03 08:15", "note.added", ticket="T1", actor=person("A2"))
    request = Request.of("2026-03-01", "2026-04-01", LATE, by="agent", where={"channel": "email"})
    assert report(log, request)["agent=A2"]["aht.sum_ms"] == 10 * MINUTE


def test_where_a_fee_alone_makes_a_slice_its_older_period_had_nothing() -> None:
    log = Log().tell("03 08:00", "cost.fixed", month="2026-03", channel="sms", amount="31", currency="EUR")
    request = Request.of("2026-03-01", "2026-04-01", LATE, by="channel", compare="previous")
    own = report(log, request)["channel=sms"]
    assert (own["prev:cost.fixed:old"], own["prev:vol.inbound:old"]) == (0, 0)


def test_without_any_agent_state_direct_labour_stands_in_for_the_full_one() -> None:
    log = Log().tell("03 07:00", "cost.rate", agent=None, per_hour="36", from_="2026-01-01")
    log.solved("03 08:00", "03 09:00", "T1").span("03 08:50", "03 09:00", "S1", "T1")
    assert all_of(log)["cost.per_interaction_full"] == all_of(log)["cost.per_interaction_direct"] == 6_000_000


def test_an_answer_about_spam_is_out_of_every_count() -> None:
    log = (
        Log().solved("03 08:00", "03 09:00", "T1").tell("03 10:00", "survey.sent", survey="V", type="csat", ticket="T1")
    )
    log.tell("03 11:00", "survey.answered", survey="V", score=5)
    assert all_of(log)["csat.n"] == 1
    assert all_of(log.tell("03 12:00", "ticket.spam", ticket="T1", spam=True))["csat.sent"] == 0


# --- contracts ---


def contract(*more: tuple[str, str]) -> Log:
    """A year's contract that ends on 10 March at midnight UTC, and what became of it."""
    log = Log()
    log.tell("01 00:00", "contract.started", contract="K", customer="C1", ends="2026-03-10T00:00:00Z")
    log[-1]["ts"] = "2025-03-10T00:00:00Z"
    for when, kind in more:
        ends = {"ends": "2027-03-10T00:00:00Z"} if kind == "contract.renewed" else {}
        log.tell(when, kind, contract="K", **ends)
    return log


def test_an_end_after_the_term_was_over_takes_no_late_renewal_away() -> None:
    own = all_of(contract(("12 00:00", "contract.ended"), ("20 00:00", "contract.renewed")))
    assert (own["ret.churn.k"], own["ret.renewal.n"], own["ret.renewal.k"]) == (0, 1, 1)


def test_a_second_end_brings_no_cover_back() -> None:
    log = contract(("03 00:00", "contract.ended"), ("08 00:00", "contract.ended"))
    own = report(log, Request.of("2026-03-01", "2026-03-06", LATE), Config.of())["all"]
    assert (own["ret.churn.n"], own["ret.churn.k"]) == (1, 1)


# --- time that passes ---


def test_a_clock_is_pending_until_the_instant_at_which_it_is_breached() -> None:
    log = Log().created("03 08:00", "T1").came("03 08:00", "T1")  # 09:00 in Rome; four business hours later
    before, after = all_of(log, "2026-03-03T11:59:59Z"), all_of(log, "2026-03-03T12:00:00Z")
    assert (before["sla_frt.pending"], before["sla_frt.n"]) == (1, 0)
    assert (after["sla_frt.pending"], after["sla_frt.n"], after["sla_frt.k"]) == (0, 1, 0)


@pytest.mark.parametrize(("as_of", "pending", "n"), [("2026-03-10T08:59:59Z", 1, 0), ("2026-03-10T09:00:00Z", 0, 1)])
def test_a_case_is_judged_from_the_millisecond_at_which_its_window_ends(as_of: str, pending: int, n: int) -> None:
    own = all_of(Log().solved("03 08:00", "03 09:00", "T1"), as_of)
    assert (own["fcr7.pending"], own["fcr7.n"], own["fcr7_strict.pending"], own["fcr7_strict.n"]) == (
        pending,
        n,
        pending,
        n,
    )


def test_an_unresolved_case_is_judged_in_strict_from_its_beginning() -> None:
    log = Log().created("03 08:00", "T1").came("03 08:00", "T1")
    assert all_of(log, "2026-03-10T07:59:59Z")["fcr7_strict.pending"] == 1
    assert all_of(log, "2026-03-10T08:00:00Z")["fcr7_strict.n"] == 1


def test_a_resolution_before_the_customer_spoke_settles_no_clock() -> None:
    log = Log().created("03 08:00", "T1").came("03 08:00", "T1", auto=True).status("03 08:30", "T1")
    own = all_of(log.came("03 09:00", "T1"))
    assert (own["sla_frt.excluded"], own["sla_frt.n"], own["sla_frt.k"]) == (0, 1, 0)
