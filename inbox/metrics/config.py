"""The configuration of section 2.1: its defaults, and a file merged into them key by key."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from inbox.metrics.times import DAY, SECOND, Days

__all__ = ["DEFAULTS", "Config"]

_OFFICE = ["09:00-18:00"]

DEFAULTS: dict[str, Any] = {
    "tz": "Europe/Rome",
    "base": "EUR",
    "channels": {
        "voice": {"gap_s": 0, "group": "voice"},
        "email": {"gap_s": 300, "group": "email"},
        "chat": {"gap_s": 1800, "group": "chat"},
        "whatsapp": {"gap_s": 3600, "group": "whatsapp"},
        "sms": {"gap_s": 3600, "group": "sms"},
        "social_dm": {"gap_s": 3600, "group": "social"},
        "social_public": {"gap_s": 3600, "group": "social"},
    },
    "chase_s": 86400,
    "invite_s": 86400,
    "fcr_windows_d": [1, 3, 7, 30],
    "headline_w": 7,
    "case_gap_d": 7,
    "fcr_exempt_reasons": [],
    "beat_grace_s": 30,
    "peek_s": 10,
    "act_window_s": 14400,
    "wrap_cap_s": 600,
    "wrap_unclosed_s": 30,
    "leg_cap_s": 14400,
    "shift_cap_s": 43200,
    "unanswered_s": {"default": 259200},
    "calendars": {
        "default": {
            "tz": "Europe/Rome",
            "week": {
                "mon": _OFFICE,
                "tue": _OFFICE,
                "wed": _OFFICE,
                "thu": _OFFICE,
                "fri": _OFFICE,
                "sat": [],
                "sun": [],
            },
            "holidays": [],
            "special": {},
        }
    },
    "channel_calendar": {"default": "default"},
    "sla": {"frt_s": {"default": 14400}, "nrt_s": {"default": 14400}, "ttr_s": {"default": 86400}},
    "promises": [],
    "fx_stale_d": 7,
    "renew_grace_d": 30,
    "churn_lag_d": 90,
    "social_weights": {"likes": 1, "comments": 2, "shares": 3},
    "clv_discount": "0.10",
    "smi_threshold": 50,
}

CLOCKS = frozenset({"frt_s", "nrt_s", "ttr_s"})
FACTS = frozenset({"channel", "address", "team", "priority", "band"})  # what a promise may depend on
_OTHER_GAP_S = 3600  # any channel that the configuration does not name


@dataclass(frozen=True)
class Config:
    """What a report depends on beside the log; every duration is in ms.

    ``raw`` is the merged file. Make one with ``Config.of``, which raises ``ValueError`` with a sentence.
    """

    raw: Mapping[str, Any]
    zone: str
    base: str
    chase: int
    invite: int
    windows: tuple[int, ...]
    headline: int
    case_gap: int
    exempt_reasons: frozenset[str]
    grace: int
    peek: int
    act_window: int
    wrap_cap: int
    wrap_unclosed: int
    leg_cap: int
    shift_cap: int
    fx_stale: int
    renew_grace: int
    churn_lag_d: int
    discount: Decimal
    digest: str
    _gaps: dict[str, int] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, changes: Mapping[str, Any] | None = None) -> Config:
        """The defaults with a file's changes; a key that the file does not name keeps its default."""
        raw = _merged(DEFAULTS, changes or {})
        if unknown := sorted(set(raw) - set(DEFAULTS)):
            raise ValueError(f"unknown configuration keys: {', '.join(unknown)}")
        try:
            _look_at(raw)
            return cls(
                raw=raw,
                zone=str(raw["tz"]),
                base=str(raw["base"]),
                chase=_ms(raw["chase_s"]),
                invite=_ms(raw["invite_s"]),
                windows=tuple(int(w) for w in raw["fcr_windows_d"]),
                headline=int(raw["headline_w"]),
                case_gap=_ms(raw["case_gap_d"], DAY),
                exempt_reasons=frozenset(raw["fcr_exempt_reasons"]),
                grace=_ms(raw["beat_grace_s"]),
                peek=_ms(raw["peek_s"]),
                act_window=_ms(raw["act_window_s"]),
                wrap_cap=_ms(raw["wrap_cap_s"]),
                wrap_unclosed=_ms(raw["wrap_unclosed_s"]),
                leg_cap=_ms(raw["leg_cap_s"]),
                shift_cap=_ms(raw["shift_cap_s"]),
                fx_stale=int(raw["fx_stale_d"]),
                renew_grace=_ms(raw["renew_grace_d"], DAY),
                churn_lag_d=int(raw["churn_lag_d"]),
                discount=Decimal(str(raw["clv_discount"])),
                digest=hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()[:16],
            )
        except (TypeError, ValueError, ArithmeticError, KeyError, AttributeError) as error:
            raise ValueError(f"a configuration value has the wrong form: {error}") from error

    def gap(self, channel: str) -> int:
        """How long after the last word a customer's text still belongs to the answered interaction."""
        known = self._gaps.get(channel)
        if known is None:
            known = _ms(self.raw["channels"].get(channel, {}).get("gap_s", _OTHER_GAP_S))
            self._gaps[channel] = known
        return known

    def group(self, channel: str) -> str:
        """The family of channels between which an invitation makes one contact."""
        return str(self.raw["channels"].get(channel, {}).get("group", channel))

    def unanswered(self, channel: str) -> int:
        """The limit after which an inbound interaction without a human answer counts as unanswered."""
        return _ms(_by_channel(self.raw["unanswered_s"], channel))

    def allowance(self, clock: str, channel: str, facts: Mapping[str, str | None] | None = None) -> int:
        """The SLA target of a clock (``frt_s``, ``nrt_s`` or ``ttr_s``) on a channel, in business ms.

        The first of ``promises`` that names the clock and fits the ``facts`` (address, team, priority, band) decides,
        else what the channel is given in ``sla``.
        """
        own = self._promised(clock, channel, facts)
        return _ms(_by_channel(self.raw["sla"][clock], channel) if own is None else own)

    def calendar(self, channel: str, facts: Mapping[str, str | None] | None = None) -> str:
        """The name of the calendar that was promised on a channel, to a ticket with those facts."""
        own = self._promised("calendar", channel, facts)
        return str(_by_channel(self.raw["channel_calendar"], channel) if own is None else own)

    def _promised(self, name: str, channel: str, facts: Mapping[str, str | None] | None) -> Any:
        told = {**(facts or {}), "channel": channel}
        for promise in self.raw["promises"]:
            if name in promise and all(told.get(key) == value for key, value in promise.get("where", {}).items()):
                return promise[name]
        return None


def _look_at(raw: Mapping[str, Any]) -> None:
    """Read every table of durations and hours once, so that what makes no sense is said at once."""
    Days(str(raw["tz"]))
    for channel in raw["channels"].values():
        _ms(channel.get("gap_s", _OTHER_GAP_S))
    for table in (raw["unanswered_s"], *(raw["sla"][clock] for clock in CLOCKS)):
        for seconds in table.values():
            _ms(seconds)
    _look_at_calendars(raw)
    for weight in (*raw["social_weights"].values(), raw["smi_threshold"]):
        Decimal(str(weight))


def _look_at_calendars(raw: Mapping[str, Any]) -> None:
    named = [*raw["channel_calendar"].values()]
    for promise in raw["promises"]:
        if unknown := sorted(set(promise) - {"where", "calendar", *CLOCKS}):
            raise ValueError(f"a promise has no {', '.join(unknown)}")
        if unknown := sorted(set(promise.get("where", {})) - FACTS):
            raise ValueError(f"a promise cannot look at {', '.join(unknown)}")
        named += [promise["calendar"]] if "calendar" in promise else []
        for clock in CLOCKS & set(promise):
            _ms(promise[clock])
    for calendar in named:
        if calendar not in raw["calendars"]:
            raise ValueError(f"a calendar that nobody described: {calendar!r}")


def _by_channel(table: Mapping[str, Any], channel: str) -> Any:
    return table[channel] if channel in table else table["default"]


def _ms(amount: float, unit: int = SECOND) -> int:
    if isinstance(amount, bool) or not isinstance(amount, int | float):
        raise TypeError(f"no number: {amount!r}")
    return round(amount * unit)


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Nested objects are merged key by key, everything else is replaced."""
    merged = copy.deepcopy(dict(base))
    for key, value in changes.items():
        old = merged.get(key)
        both = isinstance(old, dict) and isinstance(value, Mapping)
        merged[key] = _merged(old or {}, value) if both else copy.deepcopy(value)
    return merged
