"""Section 12: the published keys, each computed from the sums of its slice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import NamedTuple

from inbox.metrics.config import Config
from inbox.metrics.formulas import half_even, kaplan_meier, nps_interval, ratio, wilson
from inbox.metrics.outcomes import spelt_out
from inbox.metrics.runs import Runs
from inbox.metrics.sums import TOTAL, Durations, Filter, Sums
from inbox.metrics.surveys import MICRO
from inbox.metrics.times import HOUR
from inbox.metrics.wanted import EVERYTHING, Wanted
from inbox.metrics.work import VOICE

__all__ = ["Figures", "Value", "figures"]

Value = int | float | str | bool | None
Figures = dict[str, Value]
Pairs = Iterator[tuple[str, Value]]

_TOUCHPOINT = re.compile(r"(nps\[.*\])\.n")


class _Asked(NamedTuple):
    """A slice whose figures are asked for."""

    sums: Sums
    filter: Filter
    config: Config
    as_of: int
    paid_log: bool


def figures(
    sums: Sums, filter: Filter, config: Config, as_of: int, *, paid_log: bool, wanted: Wanted = EVERYTHING
) -> Figures:
    """The sliceable keys of one slice, whole families of what is wanted.

    ``paid_log`` says whether the log has any ``agent.state``.
    """
    asked = _Asked(Sums(spelt_out(sums.counts), sums.durations, sums.since), filter, config, as_of, paid_log)
    found: Figures = {}
    for heads, pairs in _families(config.windows):
        if wanted.family(*heads):
            found.update(pairs(asked))
    return found


_Family = tuple[tuple[str, ...], Callable[[_Asked], Pairs]]


@cache
def _families(windows: tuple[int, ...]) -> tuple[_Family, ...]:
    """Section 12 in its order: the words with which the keys of each family begin, and what computes them."""
    return (
        (("vol",), _volume),
        *(((name,), partial(_times, name=name)) for name in ("frt", "frt_bh", "frt_handoff", "rt")),
        (("case", "ttr_first", "ttr_full", "ttr_net", "ttr_km", "backlog"), _cases),
        *(((f"fcr{w}", f"fcr{w}_net", f"fcr{w}_strict"), partial(_fcr, name=f"fcr{w}")) for w in windows),
        *(((name,), partial(_part, name=name)) for name in ("containment", "reopen", "one_reply")),
        (("ipc",), _contacts),
        (("aht",), _handle_time),
        (("work", "occ"), _work),
        (("cost",), _cost),
        *(((name,), partial(_promise, name=name)) for name in ("sla_frt", "sla_ttr")),
        (("csat", "nps", "ces", "fcr", "fcr_survey", "nps_loop"), _surveys),
        (("sent",), _feelings),
        (("social",), _social),
    )


def _times(asked: _Asked, name: str) -> Pairs:
    yield from duration(asked.sums, name)


def _part(asked: _Asked, name: str) -> Pairs:
    yield from rate(name, asked.sums[f"{name}.k"], asked.sums[f"{name}.n"])


def _promise(asked: _Asked, name: str) -> Pairs:
    """M8."""
    yield from _part(asked, name)
    yield f"{name}.pending", asked.sums[f"{name}.pending"]
    yield f"{name}.excluded", asked.sums[f"{name}.excluded"]


def _feelings(asked: _Asked) -> Pairs:
    for leaf in ("n", "pos", "neu", "neg"):
        yield f"sent.{leaf}", asked.sums[f"sent.{leaf}"]


def rate(name: str, k: int, n: int) -> Pairs:
    """k, n, the rate and its Wilson interval; null without data."""
    low, high = wilson(k, n)
    yield f"{name}.n", n
    yield f"{name}.k", k
    yield f"{name}.rate", ratio(k, n)
    yield f"{name}.lo", low
    yield f"{name}.hi", high


def duration(sums: Sums, name: str) -> Pairs:
    """n, sum, mean, median and 90th percentile in ms; null without data."""
    durations, total = sums.of(name), sums[name + TOTAL]
    p50, p90 = durations.percentiles(50, 90)
    yield f"{name}.n", durations.n
    yield f"{name}.sum_ms", total
    yield f"{name}.mean_ms", ratio(total, durations.n)
    yield f"{name}.p50_ms", p50
    yield f"{name}.p90_ms", p90


def _volume(asked: _Asked) -> Pairs:
    """M1."""
    sums = asked.sums
    for name in ("inbound", "handled_in", "handled_out"):
        yield f"vol.{name}", sums[name]
    yield "vol.handled", handled(sums)
    yield "vol.closed_no_reply", sums["closed_no_reply"]
    yield "vol.flow_ratio", ratio(sums["handled_in"], sums["inbound"])
    yield "vol.abandoned", sums["abandoned"]
    yield "vol.pending", sums["vol.pending"]
    yield "vol.bot", sums["vol.bot"]
    yield from rate("vol.answered", sums["vol.answered"], sums["vol.cohort"])
    yield from rate("vol.unanswered", sums["vol.unanswered"], sums["vol.cohort"])


def handled(sums: Sums) -> int:
    """Handled interactions, both directions."""
    return sums["handled_in"] + sums["handled_out"]


def _cases(asked: _Asked) -> Pairs:
    """M2: times to resolution, with the open cases censored where they count."""
    sums, as_of = asked.sums, asked.as_of
    yield "case.created", sums["created"]
    yield "case.first_resolved", sums["first_resolved"]
    yield "case.resolved", sums["resolved"]
    for name in ("ttr_first", "ttr_full", "ttr_net"):
        yield from duration(sums, name)
    ended, since = sums.of("km"), sums.since.get("km", [])
    yield "ttr_km.n", ended.n + len(since)
    yield "ttr_km.censored", len(since)
    yield "ttr_km.median_ms", kaplan_meier(ended.counts(), ended.n, [as_of - at for at in since])
    ages = Durations(Runs(sums.since.get("backlog", [])))
    yield "backlog.open", ages.n
    yield "backlog.age_p50_ms", ages.percentiles(50)[0]


def _fcr(asked: _Asked, name: str) -> Pairs:
    """M3."""
    sums = asked.sums
    yield from rate(name, sums[f"{name}.k"], sums[f"{name}.n"])
    yield from rate(f"{name}_net", sums[f"{name}_net.k"], sums[f"{name}_net.n"])
    yield f"{name}.pending", sums[f"{name}.pending"]
    yield f"{name}.point_k", sums[f"{name}.point_k"]
    yield from rate(f"{name}_strict", sums[f"{name}_strict.k"], sums[f"{name}_strict.n"])
    yield f"{name}_strict.pending", sums[f"{name}_strict.pending"]


def _contacts(asked: _Asked) -> Pairs:
    """M4."""
    sums = asked.sums
    yield "ipc.n", sums["ipc.n"]
    yield "ipc.sum", sums["ipc.sum"]
    yield "ipc.mean", ratio(sums["ipc.sum"], sums["ipc.n"])
    for leaf in ("d1", "d2", "d3", "d4plus"):
        yield f"ipc.{leaf}", sums[f"ipc.{leaf}"]


def _handle_time(asked: _Asked) -> Pairs:
    """M5."""
    sums = asked.sums
    yield from duration(sums, "aht")
    yield "aht.untracked", sums["aht.untracked"]
    yield "aht.gross_ms", sums["aht.gross_ms"]
    yield "aht.wrap_ms", sums["aht.wrap_ms"]
    yield "aht.concurrency", ratio(sums["aht.gross_ms"], sums["aht" + TOTAL])
    for state in VOICE:
        yield f"aht.voice_{state}_ms", sums[f"aht.voice_{state}_ms"]


def _work(asked: _Asked) -> Pairs:
    """M6; occupancy is known of agents and teams only."""
    sums, filter = asked.sums, asked.filter
    for name in ("work.prod_ms", "work.view_ms", "work.spam_ms"):
        yield name, sums[name]
    yield "work.per_active_hour", ratio(handled(sums), sums["work.prod_ms"] / HOUR)
    if filter.only("agent", "team"):
        online, busy = sums["occ.online_ms"], sums["occ.busy_ms"]
        yield "occ.online_ms", online
        yield "occ.busy_ms", busy
        yield "occ.rate", ratio(busy, online)
        yield "occ.per_online_hour", ratio(handled(sums), online / HOUR)


def _cost(asked: _Asked) -> Pairs:
    """M7, in micro-units of the base currency."""
    sums, filter = asked.sums, asked.filter
    direct, provider = sums["labour_direct"], sums["provider"]
    full = sums["labour_full"] if asked.paid_log else direct
    fixed, n = sums["fixed"], handled(sums)
    loaded, shared = filter.only("channel", "agent", "team"), filter.only("channel")
    yield "cost.labour_direct", direct
    if loaded:
        yield "cost.labour_full", full
    yield "cost.provider", provider
    yield "cost.provider_estimated", sums["provider_estimated"]
    yield "cost.fx_missing", sums["fx_missing"]
    if shared:
        yield "cost.fixed", fixed
    yield "cost.per_interaction_direct", per(direct + provider, n)
    if shared:
        yield "cost.full_total", full + provider + fixed
        yield "cost.per_interaction_full", per(full + provider + fixed, n)
    yield "cost.resolved_direct", sums["resolved_direct"]
    yield "cost.per_resolution", per(sums["resolved_direct"], sums["resolved"])


def per(amount: int, n: int) -> int | None:
    """Money per piece, half to even; null without a piece."""
    return half_even(amount, n) if n else None


def _surveys(asked: _Asked) -> Pairs:
    """M9."""
    sums = asked.sums
    for type in ("csat", "nps", "ces", "fcr"):
        yield f"{type}.sent", sums[f"{type}.sent"]
        yield f"{type}.sent_answered", sums[f"{type}.sent_answered"]
    yield from rate("csat", sums["csat.k"], sums["csat.n"])
    yield "csat.mean", ratio(sums["csat.raw"] / MICRO, sums["csat.n"])
    yield from rate("fcr_survey", sums["fcr_survey.k"], sums["fcr_survey.n"])
    yield from rate("ces", sums["ces.k"], sums["ces.n"])
    yield "ces.mean", ratio(sums["ces.raw"] / MICRO, sums["ces.n"])
    yield from _nps(sums, "nps")
    for measure in sorted(measure for measure in sums.counts if measure.endswith("].n")):
        if match := _TOUCHPOINT.fullmatch(measure):
            yield from _nps(sums, match[1])
    yield from rate("nps_loop", sums["nps_loop.k"], sums["nps_loop.n"])


def _nps(sums: Sums, name: str) -> Pairs:
    n, promoters, detractors = (sums[f"{name}.{leaf}"] for leaf in ("n", "promoters", "detractors"))
    low, high = nps_interval(promoters, detractors, n)
    yield f"{name}.n", n
    yield f"{name}.promoters", promoters
    yield f"{name}.detractors", detractors
    yield f"{name}.passives", sums[f"{name}.passives"]
    yield f"{name}.score", ratio(100 * (promoters - detractors), n)
    yield f"{name}.lo", low
    yield f"{name}.hi", high


def _social(asked: _Asked) -> Pairs:
    """M13."""
    sums, config = asked.sums, asked.config
    for name in ("likes", "comments", "shares", "impressions"):
        yield f"social.{name}", sums[f"social.{name}"]
    weights = config.raw["social_weights"]
    engaged = {name: sums[f"social.{name}"] for name in ("likes", "comments", "shares")}
    yield "social.weighted", sum(n * weights.get(name, 0) for name, n in engaged.items())
    yield "social.rate", ratio(sum(engaged.values()), sums["social.impressions"])
    yield "social.mentions", sums["social.mentions"]
    yield from rate("social.positive", sums["social.positive"], sums["social.mentions"])
