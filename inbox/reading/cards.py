"""Which cards the pages of figures have, what stands in each and how it is drawn: tables, and nothing else."""

from __future__ import annotations

from typing import Final

from inbox.reading.definitions import N_
from inbox.reading.pages.sheets import Card, Plot

__all__ = [
    "BESIDE",
    "CARDS",
    "COUNTS",
    "DRAWN",
    "OF",
    "PAGES",
    "PAGE_OF",
    "PARTS",
    "TILES",
    "TITLES",
    "UP_GOOD",
    "WORDS",
    "has_ways",
]

#: What cards and pages are called, as messages of the catalogue.
TITLES: Final = {
    "figures": N_("All figures"),
    "volume": N_("Volume"),
    "speed": N_("Speed"),
    "resolution": N_("Resolution"),
    "cost": N_("Time and cost"),
    "agents": N_("By agent"),
    "teams": N_("By team"),
    "reasons": N_("By reason"),
    "tags": N_("By tag"),
    "sla": N_("Promises kept"),
    "satisfaction": N_("What customers answered"),
    "touchpoints": N_("NPS by touchpoint"),
    "feeling": N_("How customers sound"),
    "loyalty": N_("Loyalty"),
    "silence": N_("Silence and loss"),
    "value": N_("Value by band"),
    "social": N_("Social"),
    "maturity": N_("Maturity self-assessment"),
    "fcr_weeks": N_("First contact resolution"),
    "contact_cost": N_("Cost per contact"),
    "fcr": N_("First contact resolution, part by part"),
    "hours": N_("When customers write"),
    "handle_time": N_("Handle time"),
    "backlog": N_("Backlog: created and resolved"),
    "mood": N_("How customers sound"),
    "inflow": N_("Volume"),
    "cohorts": N_("How long customers stay"),
}
WORDS: Final = {
    "overview": N_("Overview"),
    "channels": N_("Channels"),
    "agents": N_("Agents"),
    "reasons": N_("Reasons"),
    "sla": N_("SLA"),
    "satisfaction": N_("Satisfaction"),
    "customers": N_("Customers"),
    "social": N_("Social"),
}

_SLICED: Final = ("vol.inbound", "fcr7.rate", "reopen.rate", "aht.mean_ms", "cost.per_resolution", "csat.rate")

CARDS: Final = {
    card.name: card
    for card in (
        Card(
            "figures",
            "channel",
            (
                *("vol.inbound", "vol.handled", "vol.unanswered.rate", "frt.p50_ms", "fcr7.rate"),
                *("aht.mean_ms", "cost.per_interaction_direct", "cost.per_resolution"),
            ),
        ),
        Card(
            "volume",
            "channel",
            ("vol.inbound", "vol.handled", "vol.flow_ratio", "vol.answered.rate", "vol.unanswered.rate"),
            (Plot("bars", ("vol.inbound",)), Plot("columns", ("vol.inbound", "vol.handled"))),
        ),
        Card(
            "speed",
            "channel",
            ("frt.p50_ms", "frt.p90_ms", "frt_bh.p50_ms", "rt.p50_ms", "ttr_full.p50_ms"),
            (Plot("bars", ("frt.p50_ms",)), Plot("over", ("frt.p50_ms",))),
        ),
        Card(
            "resolution",
            "channel",
            ("fcr1.rate", "fcr7.rate", "fcr30.rate", "fcr7_strict.rate", "reopen.rate", "one_reply.rate", "ipc.mean"),
            (Plot("dots", ("fcr7.rate",)), Plot("over", ("fcr7.rate",))),
        ),
        Card(
            "cost",
            "channel",
            ("aht.mean_ms", "cost.per_interaction_direct", "cost.per_interaction_full", "cost.per_resolution"),
            (Plot("bars", ("cost.per_interaction_direct",)), Plot("bars", ("aht.mean_ms",))),
        ),
        Card(
            "agents",
            "agent",
            (
                *("vol.handled", "aht.mean_ms", "fcr7.rate", "reopen.rate", "frt.p50_ms", "csat.rate", "occ.rate"),
                "cost.per_interaction_direct",
            ),
            (Plot("bars", ("vol.handled",)), Plot("dots", ("fcr7.rate",))),
            meter="occ.rate",
            spark="vol.handled",
        ),
        Card(
            "teams",
            "team",
            ("vol.handled", "aht.mean_ms", "fcr7.rate", "reopen.rate", "frt.p50_ms", "csat.rate"),
            (Plot("bars", ("vol.handled",)), Plot("dots", ("fcr7.rate",))),
        ),
        Card("reasons", "reason", _SLICED, (Plot("bars", ("vol.inbound",)), Plot("dots", ("fcr7.rate",)))),
        Card("tags", "tag", _SLICED, (Plot("bars", ("vol.inbound",)),)),
        Card(
            "sla",
            "channel",
            ("sla_frt.rate", "sla_ttr.rate", "frt_bh.p50_ms", "backlog.open"),
            (Plot("over", ("sla_frt.rate", "sla_ttr.rate")), Plot("dots", ("sla_frt.rate",))),
        ),
        Card(
            "satisfaction",
            "channel",
            ("csat.rate", "csat.mean", "nps.score", "nps_loop.rate", "ces.rate", "fcr_survey.rate"),
            (Plot("over", ("csat.rate",)), Plot("over", ("nps.score",))),
        ),
        Card("touchpoints", None, ("nps.score", "nps.promoters", "nps.passives", "nps.detractors")),
        Card(
            "feeling",
            "channel",
            ("sent.pos", "sent.neu", "sent.neg"),
            (Plot("parts", ("sent.pos", "sent.neu", "sent.neg")),),
        ),
        Card(
            "loyalty",
            None,
            ("ret.retention.rate", "ret.churn.rate", "ret.renewal.rate"),
            (Plot("over", ("ret.retention.rate",)),),
        ),
        Card("value", None, ("clv.customers", "clv.margin12", "clv.service12", "clv.service12_full", "clv.clv")),
        Card("silence", None, ("silence.exposed.rate", "silence.unexposed.rate")),
        Card(
            "social",
            None,
            (
                *("social.likes", "social.comments", "social.shares", "social.rate", "social.mentions"),
                "social.positive.rate",
            ),
            (Plot("columns", ("social.likes", "social.comments", "social.shares")), Plot("over", ("social.rate",))),
        ),
        Card("maturity", None, ("smi.investment", "smi.innovation")),
        Card("fcr_weeks", None, ("fcr7.rate", "fcr7.before")),
        Card(
            "contact_cost",
            "channel",
            (
                *("cost.each_work", "cost.each_provider", "cost.per_interaction_direct"),
                *("cost.each_fees", "cost.per_interaction_full"),
            ),
        ),
        Card("fcr", "channel", ("fcr7.rate", "fcr7.lo", "fcr7.hi", "fcr7.pending", "fcr7.before")),
        Card("hours", None, ("vol.inbound",)),
        Card("handle_time", "channel", ("aht.mean_ms", "aht.untracked"), along="aht.mean_ms"),
        Card("backlog", None, ("case.created", "case.resolved")),
        Card("mood", "channel", ("sent.pos_rate", "sent.neu_rate", "sent.neg_rate")),
        Card("inflow", None, ("vol.inbound", "vol.handled")),
        Card("cohorts", None, ("ret.retention.rate",)),
    )
}

PAGES: Final = {
    "channels": ("volume", "speed", "resolution", "cost"),
    "agents": ("agents", "teams"),
    "reasons": ("reasons", "tags"),
    "sla": ("sla",),
    "satisfaction": ("satisfaction", "touchpoints", "feeling"),
    "customers": ("loyalty", "silence", "value"),
    "social": ("social", "maturity"),
}

#: Cards whose page draws them in its own way: they are files only.
DRAWN: Final = {
    **dict.fromkeys(
        ("fcr_weeks", "contact_cost", "fcr", "hours", "handle_time", "backlog", "mood", "inflow"), "overview"
    ),
    "cohorts": "customers",
}

#: The page on which a card stands.
PAGE_OF: Final = {"figures": "overview", **DRAWN, **{card: name for name, cards in PAGES.items() for card in cards}}

#: The headlines of a page.
TILES: Final = {
    "overview": (
        *("fcr7.rate", "aht.mean_ms", "cost.per_interaction_direct", "frt.p50_ms", "sla_frt.rate", "csat.rate"),
    ),
    "channels": ("vol.inbound", "frt.p50_ms", "fcr7.rate", "aht.mean_ms", "cost.per_interaction_direct"),
    "agents": ("vol.handled", "aht.mean_ms", "frt.p50_ms", "fcr7.rate", "cost.per_interaction_direct"),
    "reasons": ("vol.inbound", "fcr7.rate", "reopen.rate", "one_reply.rate", "cost.per_resolution"),
    "sla": ("sla_frt.rate", "sla_ttr.rate", "frt_bh.p50_ms", "vol.unanswered.rate", "backlog.open"),
    "satisfaction": ("csat.rate", "nps.score", "nps_loop.rate", "ces.rate", "fcr_survey.rate"),
    "customers": ("ret.retention.rate", "ret.churn.rate", "ret.renewal.rate"),
    "social": ("social.rate", "social.mentions", "social.positive.rate", "smi.investment", "smi.innovation"),
}

#: Which way of a figure is good; neither for what is not here.
UP_GOOD: Final = {
    **dict.fromkeys(
        (
            *("fcr1", "fcr7", "fcr30", "fcr7_strict", "one_reply", "sla_frt", "sla_ttr", "csat", "nps", "nps_loop"),
            *("ces", "fcr_survey", "ret.retention", "ret.renewal", "social", "social.positive", "smi", "vol.answered"),
        ),
        True,
    ),
    **dict.fromkeys(
        (
            *("frt", "frt_bh", "rt", "ttr_full", "reopen", "ipc", "aht", "cost", "backlog", "ret.churn"),
            *("vol.unanswered", "cost.per_resolution", "silence.exposed", "silence.unexposed"),
        ),
        False,
    ),
}

#: Where the number of a figure stands that has none of its own.
COUNTS: Final = {
    "cost.per_interaction_direct": "vol.handled",
    "cost.per_interaction_full": "vol.handled",
    "cost.per_resolution": "case.resolved",
    **dict.fromkeys(("cost.each_work", "cost.each_provider", "cost.each_fees"), "vol.handled"),
    "fcr7.before": "fcr7.before_n",
    "occ.rate": "",
    "vol.flow_ratio": "vol.inbound",
    "social.rate": "social.impressions",
}

#: Counts that are parts of a whole: of too few they would tell the figure that is hidden beside them.
PARTS: Final = frozenset({"nps.promoters", "nps.passives", "nps.detractors", "sent.pos", "sent.neu", "sent.neg"})
#: The time that a share is of.
OF: Final = {"occ.rate": "occ.online_ms"}
#: What stands beside a headline: of the same answers.
BESIDE: Final = {"csat.rate": "csat.mean", "ces.rate": "ces.mean"}


def has_ways(name: str) -> bool:
    """Whether a card is cut in the way in which the overview is grouped."""
    return PAGE_OF.get(name) == "overview" and CARDS[name].by is not None
