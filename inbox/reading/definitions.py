"""What each figure of the reports is called, counts and is measured in: one table for pages, API and files."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

__all__ = ["DEFINITIONS", "N_", "PROVISIONAL", "Definition", "Unit", "defined", "family", "unit"]

Unit = Literal["count", "share", "ms", "money", "number", "ratio", "score"]


class Definition(NamedTuple):
    """``name`` and ``meaning`` are messages of the catalogue."""

    name: str
    meaning: str


def N_(text: str) -> str:  # noqa: N802  (the word by which the catalogue finds it)
    """A message that is read in the reader's language later."""
    return text


#: Of figures of contracts in a period that has just ended.
PROVISIONAL: Final = N_(
    "Provisional: who renews at most 30 days late has not left, so retention, churn and renewal may still change."
)

_FCR_TEXT = N_(
    "Of the cases that were resolved, the share that took one contact and was followed by no new one about the same"
    " thing within that time, on whatever channel. A case is counted once that time is over; until then it is pending."
)

#: By family: the key of docs/metrics.md without its leaf.
DEFINITIONS: Final[dict[str, Definition]] = {
    "vol.inbound": Definition(
        N_("Came in"),
        N_("Contacts that customers began. Messages in a row are one; automatic mails and thanks do not count."),
    ),
    "vol.handled": Definition(
        N_("Handled"), N_("Answered by a person, or closed on purpose, in the period in which that happened.")
    ),
    "case.created": Definition(N_("Created"), N_("Cases that customers or we began in the period.")),
    "case.resolved": Definition(N_("Resolved"), N_("Cases whose last resolution so far lies in the period.")),
    "vol.flow_ratio": Definition(N_("Handled per contact"), N_("Above one, the backlog of earlier days shrank.")),
    "vol.answered": Definition(
        N_("Answered"), N_("Of the contacts old enough to be judged, the share that a person answered in time.")
    ),
    "vol.unanswered": Definition(
        N_("Unanswered"), N_("Of the contacts old enough to be judged, the share that no person answered in time.")
    ),
    "frt": Definition(
        N_("First response"),
        N_(
            "From the customer's first message to the first answer by a person, nights and holidays included."
            " Automatic answers do not stop the clock."
        ),
    ),
    "frt_bh": Definition(
        N_("First response, opening hours"), N_("The same as the first response, in opening hours only.")
    ),
    "rt": Definition(N_("Response time"), N_("From the beginning of each contact to its answer by a person.")),
    "ttr_full": Definition(
        N_("Time to resolve"), N_("From the first message to the last resolution of each case, waiting included.")
    ),
    "fcr1": Definition(N_("FCR, 1 day"), _FCR_TEXT),
    "fcr3": Definition(N_("FCR, 3 days"), _FCR_TEXT),
    "fcr7": Definition(N_("FCR, 7 days"), _FCR_TEXT),
    "fcr30": Definition(N_("FCR, 30 days"), _FCR_TEXT),
    "fcr7_strict": Definition(
        N_("FCR of all cases"),
        N_("Of all cases that customers began, resolved or not: those without an answer count as failed."),
    ),
    "reopen": Definition(N_("Reopened"), N_("The share of resolved cases that were opened again within 7 days.")),
    "one_reply": Definition(N_("One reply"), N_("The share of resolved cases that took exactly one reply of ours.")),
    "ipc": Definition(N_("Contacts per case"), N_("How often customers had to write until their case was resolved.")),
    "aht": Definition(
        N_("Handle time"),
        N_(
            "Time in which a ticket stood open and active on somebody's screen, wrap-up included. Idle time is cut off,"
            " two tickets at once share it fairly. Contacts without measured time are not in the mean."
        ),
    ),
    "occ": Definition(N_("Occupancy"), N_("The share of the time online that was spent working on tickets.")),
    "cost": Definition(
        N_("Cost per contact"),
        N_(
            "Measured time at the hourly rate of that day and what providers charged, per handled contact."
            " In full: all paid time and the monthly fees as well."
        ),
    ),
    "cost.per_resolution": Definition(
        N_("Cost per resolution"), N_("The direct cost of the resolved cases, divided by their number.")
    ),
    "sla_frt": Definition(
        N_("First response in time"), N_("The share of first responses within what was promised, in opening hours.")
    ),
    "sla_ttr": Definition(
        N_("Resolved in time"),
        N_("The share of cases resolved within what was promised, without waiting for customers."),
    ),
    "backlog": Definition(N_("Backlog"), N_("Cases that were open at the end of the period.")),
    "csat": Definition(N_("CSAT"), N_("The share of answers that were good: 4 or 5 of 5, or a thumb up.")),
    "nps": Definition(
        N_("NPS"), N_("Promoters (9, 10) minus detractors (0 to 6), per hundred answers: from −100 to 100.")
    ),
    "nps_loop": Definition(
        N_("Detractors followed up"), N_("The share of detractors whom somebody followed up within 72 hours.")
    ),
    "ces": Definition(N_("CES"), N_("The share of customers to whom it was easy: 5 to 7 of 7.")),
    "fcr_survey": Definition(
        N_("Was it solved?"),
        N_("The share of customers who said yes; beside FCR and never mixed with it."),
    ),
    "sent": Definition(
        N_("How customers sound"),
        N_(
            "Scored from the words and emoji of each case's last message, in Italian and English, on this machine."
            " It is no survey; irony is not understood."
        ),
    ),
    "ret.retention": Definition(
        N_("Retention"), N_("Of the customers with a contract at the start, the share that still had one at the end.")
    ),
    "ret.churn": Definition(
        N_("Churn"), N_("Of the customers with a contract at the start, the share that had none at the end.")
    ),
    "ret.renewal": Definition(
        N_("Renewal"), N_("Of the contracts that ended in the period, the share renewed at most 30 days late.")
    ),
    "silence.exposed": Definition(
        N_("Lost after silence"),
        N_(
            "Of the customers whom nobody answered in time, the share lost 90 days after the period. An association, no"
            " proof; known once those 90 days are over."
        ),
    ),
    "silence.unexposed": Definition(
        N_("Lost otherwise"),
        N_(
            "Of the customers who were always answered in time, the share lost 90 days after the period; known once"
            " those 90 days are over."
        ),
    ),
    "clv": Definition(
        N_("Lifetime value"),
        N_(
            "What a customer brought, less what serving them cost, and what may follow at today's retention, less the"
            " discount. A model, no promise; the mean of the customers with revenue, at the end of the period. With a"
            " filter, of those who had a contact in it. Of a band of more than 500, 500 of them are looked at."
        ),
    ),
    "clv.service12": Definition(
        N_("Cost of serving, 12 months"),
        N_("Measured time at the hourly rate and what providers charged, for each customer with revenue."),
    ),
    "clv.service12_full": Definition(
        N_("Cost of serving, in full"),
        N_("The same with all paid time and the monthly fees: each channel's by the direct cost of its customers."),
    ),
    "social": Definition(
        N_("Engagement"), N_("Likes, comments and shares in the period; the rate is per time that posts were shown.")
    ),
    "social.positive": Definition(N_("Positive mentions"), N_("The share of mentions that were positive.")),
    "smi": Definition(
        N_("Maturity self-assessment"),
        N_("Investment and innovation in social service, 0 to 100, by your answers."),
    ),
}

_UNITS: Final[dict[str, Unit]] = {
    "cost.per_interaction_direct": "money",
    "cost.per_interaction_full": "money",
    "cost.per_resolution": "money",
    "cost.provider": "money",
    "cost.fixed": "money",
    "clv.margin12": "money",
    "clv.service12": "money",
    "clv.service12_full": "money",
    "clv.clv": "money",
    **dict.fromkeys(("cost.each_work", "cost.each_provider", "cost.each_fees"), "money"),
    **dict.fromkeys(("fcr7.before", "fcr7.lo", "fcr7.hi"), "share"),
    **dict.fromkeys(("sent.pos_rate", "sent.neu_rate", "sent.neg_rate"), "share"),
    "vol.flow_ratio": "ratio",
    "ipc.mean": "ratio",
    "csat.mean": "ratio",
    "ces.mean": "ratio",
    "nps.score": "score",
    "smi.investment": "score",
    "smi.innovation": "score",
    "aht.concurrency": "ratio",
}


def family(key: str) -> str:
    """The family under which a key is defined."""
    while key not in DEFINITIONS and "." in key:
        key = key.rpartition(".")[0]
    return key


#: What single figures of a family are called.
_LEAVES: Final[dict[str, str]] = {
    "frt.p90_ms": N_("First response, 9 of 10"),
    "csat.mean": N_("CSAT, mean score"),
    "cost.per_interaction_direct": N_("Cost per contact, direct"),
    "cost.per_interaction_full": N_("Cost per contact, in full"),
    "cost.each_work": N_("Work"),
    "cost.each_provider": N_("Provider"),
    "cost.each_fees": N_("Monthly fees"),
    "fcr7.before": N_("FCR, before"),
    "fcr7.lo": N_("FCR, at least"),
    "fcr7.hi": N_("FCR, at most"),
    "fcr7.pending": N_("FCR, pending"),
    "aht.untracked": N_("not measured"),
    "sent.pos_rate": N_("good"),
    "sent.neu_rate": N_("neither"),
    "sent.neg_rate": N_("bad"),
    "sent.pos": N_("good"),
    "sent.neu": N_("neither"),
    "sent.neg": N_("bad"),
    "social.rate": N_("Engagement rate"),
    "social.likes": N_("Likes"),
    "social.comments": N_("Comments"),
    "social.shares": N_("Shares"),
    "social.mentions": N_("Mentions"),
    "nps.promoters": N_("Promoters"),
    "nps.passives": N_("Passives"),
    "nps.detractors": N_("Detractors"),
    "clv.customers": N_("Customers"),
    "clv.margin12": N_("Margin, 12 months"),
    "smi.investment": N_("Investment"),
    "smi.innovation": N_("Innovation"),
}


#: What leaves mean that are no share, sum or median of their family.
_MEANT: Final[dict[str, str]] = {
    "cost.each_work": N_("Measured time at the hourly rate of that day, per handled contact."),
    "cost.each_provider": N_("What providers charged, per handled contact."),
    "cost.each_fees": N_("The monthly fees of the channel, per handled contact."),
    "fcr7.lo": N_("The true share is hardly smaller: 19 times out of 20 it lies between both."),
    "fcr7.hi": N_("The true share is hardly larger: 19 times out of 20 it lies between both."),
    "fcr7.pending": N_("Cases that were resolved, but are not old enough to be judged."),
    "aht.untracked": N_("Handled contacts of which no time was measured."),
    "cost.per_interaction_direct": N_(
        "Measured time at the hourly rate of that day and what providers charged, per handled contact. Monthly fees and"
        " time that was paid but not measured are not in it."
    ),
    "cost.per_interaction_full": N_(
        "All paid time at the hourly rate of that day, what providers charged and the monthly fees, per handled"
        " contact."
    ),
    "csat.mean": N_("The mean of the scores that customers gave."),
    "ces.mean": N_("The mean of the scores that customers gave."),
}


def defined(key: str) -> Definition:
    """What a key is called and means. Raises ``KeyError`` for one that is not in the table."""
    found = DEFINITIONS[family(key)]
    return found._replace(name=_LEAVES.get(key, found.name), meaning=_MEANT.get(key, found.meaning))


def unit(key: str) -> Unit:
    """What a key is measured in."""
    if key in _UNITS:
        return _UNITS[key]
    return "share" if key.endswith(".rate") else "ms" if key.endswith("_ms") else "count"
