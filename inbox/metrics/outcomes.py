"""Outcomes that hold from an instant on: one word each while they are added up, spelt out as measures at the end.

``fcr7|held by one`` is one count instead of five; before it is due it is one pending case.
"""

from __future__ import annotations

from functools import lru_cache

__all__ = ["NOT_YET", "cohort", "fcr", "spelt_out", "strict", "yes_or_no"]

NOT_YET = "~"  # before an outcome that is not due yet

# What an outcome counts as, after the name of its family; and whether it is pending until it is due.
_MEANS: dict[str, tuple[tuple[str, ...], bool]] = {
    "unanswered": ((), True),
    "failed": ((".n", "_net.n"), True),
    "failed, exempt": ((".n",), True),
    "held": ((".n", ".k", "_net.n", "_net.k"), True),
    "held, exempt": ((".n", ".k"), True),
    "held by one": ((".n", ".k", ".point_k", "_net.n", "_net.k"), True),
    "held by one, exempt": ((".n", ".k", ".point_k"), True),
    "failed in strict": ((".n",), True),
    "held in strict": ((".n", ".k"), True),
    "answered in time": ((".cohort", ".answered"), True),
    "by a bot": ((".cohort", ".bot"), True),
    "left unanswered": ((".cohort", ".unanswered"), True),
    "running": ((), True),
    "breached": ((".n",), False),
    "yes": ((".n", ".k"), False),
    "no": ((".n",), False),
}

_FATES = {"answered": "vol|answered in time", "bot": "vol|by a bot", "unanswered": "vol|left unanswered"}


def fcr(window: int, *, candidate: bool, success: bool, one_agent: bool, exempt: bool) -> str:
    """The outcome of an FCR verdict on the cases resolved in a period."""
    if not candidate:
        return f"fcr{window}|unanswered"
    word = ("held by one" if one_agent else "held") if success else "failed"
    return f"fcr{window}|{word}, exempt" if exempt else f"fcr{window}|{word}"


def strict(window: int, *, success: bool) -> str:
    """The outcome of an FCR verdict on the cases created in a period."""
    return f"fcr{window}_strict|held in strict" if success else f"fcr{window}_strict|failed in strict"


def cohort(fate: str) -> str:
    """The outcome of an inbound interaction once it is old enough to be judged."""
    return _FATES[fate]


def yes_or_no(family: str, *, yes: bool) -> str:
    """The outcome of a plain rate."""
    return f"{family}|yes" if yes else f"{family}|no"


def spelt_out(counts: dict[str, int]) -> dict[str, int]:
    """The same counts with every outcome as the measures that it means."""
    found: dict[str, int] = {}
    for name, n in counts.items():
        for measure in _measures(name):
            found[measure] = found.get(measure, 0) + n
    return found


@lru_cache(maxsize=4096)
def _measures(name: str) -> tuple[str, ...]:
    family, _, outcome = name.rpartition("|")
    if outcome not in _MEANS:  # a measure; a touchpoint in its name may have any sign
        return (name,)
    suffixes, pends = _MEANS[outcome]
    if not family.startswith(NOT_YET):
        return tuple(family + suffix for suffix in suffixes)
    return (f"{family[1:]}.pending",) if pends else ()
