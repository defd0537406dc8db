"""Views of the journal with its ledger (``settings/journal.html``) and of the audit lines (``settings/audit.html``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from inbox.reading.pages.common import Choice, SettingsNav

__all__ = ["AuditPage", "AuditRow", "Change", "JournalItem", "JournalPage", "JournalRow", "LedgerRow"]


@dataclass(frozen=True)
class JournalItem:
    """One item of an entry; ``outcome`` is a word of ``terms.Outcome``, ``reason`` the reason or the error."""

    n: int
    outcome: str
    reason: str = ""
    external_id: str = ""
    ticket: int | None = None


@dataclass(frozen=True)
class JournalRow:
    """One arrival. ``replayable`` where an item is neither message nor status; ``opening`` is its first line."""

    id: int
    channel: str
    kind: str
    received_at: dt.datetime
    bytes: int
    items: tuple[JournalItem, ...]
    replayable: bool = False
    opening: str = ""
    erased: bool = False


@dataclass(frozen=True)
class LedgerRow:
    """One channel on one local day: ``received`` = ``pending`` + the outcomes where ``balanced``."""

    channel: str
    kind: str
    day: dt.date
    received: int
    pending: int
    message: int
    status: int
    duplicate: int
    quarantined: int
    ignored: Mapping[str, int] = field(default_factory=dict)
    balanced: bool = True
    address: str = ""


@dataclass(frozen=True)
class JournalPage:
    """``page`` of ``settings/journal.html``. GET filters: ``channel`` (id), ``outcome`` (also ``lost``), ``reason``,
    ``day`` (local), ``after`` (cursor). ``older`` is the next cursor; ``reasons`` are those of the outcome, each with
    its number of items. ``lost`` are arrivals that make the ledger not balance. ``replayable``: how many arrivals fit
    and can be read again. POST ``journal.replay`` takes nothing, ``journal.replay_all`` the filters; ``journal.raw``
    is a download."""

    nav: SettingsNav
    ledger: tuple[LedgerRow, ...]
    entries: tuple[JournalRow, ...]
    channels: tuple[Choice, ...]
    channel: str = ""
    outcome: str = ""
    older: str | None = None
    reason: str = ""
    day: str = ""
    reasons: Mapping[str, int] = field(default_factory=dict)
    lost: tuple[int, ...] = ()
    replayable: int = 0


@dataclass(frozen=True)
class Change:
    """One field before and after; a secret shows as ``None`` on both sides."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class AuditRow:
    """Who changed which setting. ``action`` is ``<thing>.<verb>``: ``channel.create``, ``rate.set``."""

    at: dt.datetime
    who: str
    action: str
    target: str = ""
    changes: tuple[Change, ...] = ()
    address: str = ""


@dataclass(frozen=True)
class AuditPage:
    """``page`` of ``settings/audit.html``; ``older`` is the cursor for ``?after=``."""

    nav: SettingsNav
    rows: tuple[AuditRow, ...]
    older: str | None = None
