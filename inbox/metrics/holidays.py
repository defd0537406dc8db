"""Public holidays of Italy with those that move, and the patron saint's day of its cities."""

from __future__ import annotations

import datetime as dt

__all__ = ["FIRST", "LAST", "PATRONS", "easter", "italian", "patron_day", "yearly"]

#: Years for which holidays are laid out: the same whenever one asks, so that old figures stay what they were.
FIRST, LAST = 2015, 2049
_SAINT_FRANCIS = 2026  # a public holiday again from that year on (law 151 of 2025)
_FIXED = ((1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26))

#: City → (month, day) of its patron saint.
PATRONS: dict[str, tuple[int, int]] = {
    "Alessandria": (11, 10),
    "Ancona": (5, 4),
    "Aosta": (9, 7),
    "Arezzo": (8, 7),
    "Bari": (12, 6),
    "Bergamo": (8, 26),
    "Bologna": (10, 4),
    "Brescia": (2, 15),
    "Cagliari": (10, 30),
    "Campobasso": (4, 23),
    "Catania": (2, 5),
    "Catanzaro": (7, 16),
    "Como": (8, 31),
    "Cosenza": (2, 12),
    "Cremona": (11, 13),
    "Ferrara": (4, 23),
    "Firenze": (6, 24),
    "Foggia": (3, 22),
    "Genova": (6, 24),
    "L'Aquila": (6, 10),
    "Lecce": (8, 26),
    "Livorno": (5, 22),
    "Lucca": (7, 12),
    "Mantova": (3, 18),
    "Messina": (6, 3),
    "Milano": (12, 7),
    "Modena": (1, 31),
    "Monza": (6, 24),
    "Napoli": (9, 19),
    "Novara": (1, 22),
    "Padova": (6, 13),
    "Palermo": (7, 15),
    "Parma": (1, 13),
    "Pavia": (12, 9),
    "Perugia": (1, 29),
    "Pescara": (10, 10),
    "Piacenza": (7, 4),
    "Pisa": (6, 17),
    "Potenza": (5, 30),
    "Prato": (12, 26),
    "Ravenna": (7, 23),
    "Reggio Calabria": (4, 23),
    "Reggio Emilia": (11, 24),
    "Rimini": (10, 14),
    "Roma": (6, 29),
    "Salerno": (9, 21),
    "Sassari": (12, 6),
    "Siena": (12, 1),
    "Siracusa": (12, 13),
    "Taranto": (5, 10),
    "Torino": (6, 24),
    "Trento": (6, 26),
    "Treviso": (4, 27),
    "Trieste": (11, 3),
    "Udine": (7, 12),
    "Varese": (5, 8),
    "Venezia": (4, 25),
    "Verona": (5, 21),
    "Vicenza": (9, 8),
}


def easter(year: int) -> dt.date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    month, day = divmod(d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114, 31)
    return dt.date(year, month, day + 1)


def italian(year: int) -> list[dt.date]:
    """The public holidays of a year, in order."""
    days = {dt.date(year, month, day) for month, day in _FIXED}
    days |= {easter(year), easter(year) + dt.timedelta(days=1)}
    if year >= _SAINT_FRANCIS:
        days.add(dt.date(year, 10, 4))
    return sorted(days)


def patron_day(word: str) -> tuple[int, int] | None:
    """(month, day) of a city's patron, or of a day written ``DD/MM``; None for anything else."""
    if word in PATRONS:
        return PATRONS[word]
    try:
        day, month = (int(part) for part in word.split("/"))
        dt.date(2024, month, day)
    except ValueError:
        return None
    return month, day


def yearly(*, italy: bool, patron: str = "") -> list[str]:
    """Every holiday from ``FIRST`` to ``LAST`` as ``YYYY-MM-DD``; 29 February only where there is one."""
    days: set[dt.date] = set()
    saint = patron_day(patron)
    for year in range(FIRST, LAST + 1):
        days.update(italian(year) if italy else ())
        if saint is not None and (saint != (2, 29) or year % 4 == 0):
            days.add(dt.date(year, *saint))
    return [day.isoformat() for day in sorted(days)]
