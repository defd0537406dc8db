"""The desk's state as Prometheus reads it: each scrape looks into the database, so that any process may be asked."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from inbox import clock
from inbox.reading import channels, ledger
from inbox.store import Alert, Channel, Event, JournalEntry, Lease, Message, Work
from inbox.terms import HEARTBEAT, Outcome

__all__ = ["last_beat", "text"]

WHO = ("channel", "kind")
TIMES = ("arrived", "polled", "heard", "sent", "proved")


def last_beat(work: Work) -> dt.datetime | None:
    """When a worker was last heard; None where none ever was."""
    return work.scalar(select(func.max(Lease.until)).where(Lease.name.startswith(HEARTBEAT)))


def text(work: Work, *, announced: int) -> tuple[bytes, str]:
    """The whole text and its content type. ``announced`` is how far this process has told the log to its screens."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Now([*_desk(work, announced), *_channels(work), *_ledger(work)]))
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _Now(Collector):
    def __init__(self, found: list[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        """What was counted for this scrape."""
        return self._found


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"sportello_{name}", about, value=value)


def _age(moment: dt.datetime | None) -> float:
    return (clock.now() - moment).total_seconds() if moment is not None else 0.0


def _desk(work: Work, announced: int) -> Iterator[Metric]:
    info = GaugeMetricFamily("sportello_info", "This program.", labels=("version",))
    info.add_metric([importlib.metadata.version("sportello")], 1)
    yield info
    beat = last_beat(work)
    if beat is not None:
        yield _gauge("worker_heartbeat_age_seconds", "Since a worker was last heard.", _age(beat))
    last = work.scalar(select(func.max(Event.seq))) or 0
    yield CounterMetricFamily("sportello_log_seq", "The last number of the event log.", value=last)
    yield _gauge("log_lag_events", "Log lines that this process has not told yet.", max(0, last - announced))
    pending = select(func.count(), func.min(JournalEntry.received_at)).where(JournalEntry.done.is_(False))
    count, oldest = work.execute(pending).one()
    yield _gauge("journal_pending", "Arrivals that nobody has read to the end.", count)
    yield _gauge("journal_oldest_pending_seconds", "For how long the oldest of them waits.", _age(oldest))
    alerts = select(func.count()).select_from(Alert).where(Alert.over_at.is_(None))
    yield _gauge("alerts", "Things that are wrong now.", work.scalar(alerts) or 0)


def _channels(work: Work) -> Iterator[Metric]:
    up = GaugeMetricFamily("sportello_channel_up", "1 where no problem stands.", labels=WHO)
    times = GaugeMetricFamily("sportello_channel_last_timestamp_seconds", "When that was.", labels=(*WHO, "what"))
    oldest = GaugeMetricFamily("sportello_outbox_oldest_seconds", "How long what should have left waits.", labels=WHO)
    refused = CounterMetricFamily("sportello_channel_refused", "Calls with a wrong signature.", labels=WHO)
    late = GaugeMetricFamily("sportello_canary_late", "1 where the proof of intake is late.", labels=WHO)
    for one in channels.facts_of_all(work):
        row, proof = one.channel, one.proof
        who = (row.name, row.kind)
        up.add_metric(who, float(row.enabled and not row.problem_code))
        oldest.add_metric(who, _age(one.oldest_unsent))
        refused.add_metric(who, row.refused)
        proved = proof.proved_at if proof is not None else None
        for what, at in zip(TIMES, (row.arrived_at, row.polled_at, one.heard_at, row.sent_at, proved), strict=True):
            if at is not None:
                times.add_metric((*who, what), at.timestamp())
        if proof is not None:
            late.add_metric(who, float(proof.late))
    yield from (up, times, oldest, refused, late, _outbox(work))


def _outbox(work: Work) -> Metric:
    found = GaugeMetricFamily("sportello_outbox_messages", "Messages that have not left.", labels=(*WHO, "state"))
    query = (
        select(Channel.name, Channel.kind, Message.state, func.count())
        .join(Channel, Channel.id == Message.channel_id)
        .where(Message.state.in_(channels.UNSENT))
        .group_by(Channel.name, Channel.kind, Message.state)
    )
    for name, kind, state, count in work.execute(query):
        found.add_metric((name, kind, str(state)), count)
    return found


def _ledger(work: Work) -> Iterator[Metric]:
    """Today and yesterday: a scrape has to stay cheap."""
    items = GaugeMetricFamily("sportello_ledger_items", "Items of today by outcome.", labels=(*WHO, "outcome"))
    balanced = GaugeMetricFamily("sportello_ledger_balanced", "1 where today and yesterday balance.", labels=WHO)
    today = ledger.today(work)
    sound: dict[tuple[str, str], bool] = {}
    for line in ledger.lines(work, today - dt.timedelta(days=1), today + dt.timedelta(days=1)):
        who = (line.channel, line.kind)
        sound[who] = sound.get(who, True) and line.balanced
        if line.day == today:
            counts = {one.value: getattr(line, one.value) for one in Outcome if one is not Outcome.IGNORED}
            for outcome, count in {"received": line.received, **counts, "ignored": sum(line.ignored.values())}.items():
                items.add_metric((*who, outcome), count)
    for who, well in sound.items():
        balanced.add_metric(who, float(well))
    yield from (items, balanced)
