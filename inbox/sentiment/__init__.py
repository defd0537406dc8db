"""How a customer sounds, from -1 to 1: counted from word lists, offline, the same for ever for the same text."""

from inbox.sentiment.scoring import BAD, GOOD, MODEL, score, spoken

__all__ = ["BAD", "GOOD", "MODEL", "score", "spoken"]
