"""What a storm does, step by step: made from a seed alone, so that the same seed is the same storm."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

from inbox.killpoints import NAMES

__all__ = ["FULL", "SMALL", "Size", "Step", "plan"]

What = Literal["mail", "hook", "reply", "kill", "aim", "post", "disk", "database", "repeat", "reorder", "line"]


@dataclass(frozen=True)
class Size:
    """How much happens in a storm."""

    mails: int
    hooks: int
    replies: int
    kills: int  # at random, web and worker in turn
    aimed: int  # at the named places in turn
    posts: int  # restarts of the mail servers
    disks: int  # moments without room on the disk
    databases: int  # restarts of the database server, where there is one
    lines: int  # sendings that the provider takes over and leaves without an answer, or does not take over


SMALL = Size(mails=60, hooks=60, replies=30, kills=3, aimed=3, posts=1, disks=1, databases=1, lines=4)
FULL = Size(mails=2_000, hooks=2_000, replies=1_000, kills=28, aimed=36, posts=8, disks=3, databases=5, lines=40)


@dataclass(frozen=True)
class Step:
    """One thing that happens. ``number``: which mail, webhook or reply; ``word``: whom it hits, where, or what about.

    A reply's ``word`` is the arrival that it answers: ``mail 12`` or ``hook 7``.
    """

    what: What
    number: int = 0
    word: str = ""


def plan(seed: int, size: Size) -> list[Step]:
    """The steps in their order: arrivals in any order, blows spread evenly among them, replies to what has come."""
    chance = random.Random(seed)
    arrivals = [Step("mail", n) for n in range(size.mails)] + [Step("hook", n) for n in range(size.hooks)]
    chance.shuffle(arrivals)
    blows = _blows(chance, size)
    chance.shuffle(blows)
    steps: list[Step] = []
    come: list[Step] = []
    replies = 0
    for done, arrival in enumerate(arrivals, 1):
        steps.append(arrival)
        come.append(arrival)
        while replies * len(arrivals) < size.replies * done and replies < size.replies:
            answered = chance.choice(come)
            steps.append(Step("reply", replies, f"{answered.what} {answered.number}"))
            replies += 1
        while blows and (len(blows) * len(arrivals) > (size_of(size) * (len(arrivals) - done))):
            steps.append(blows.pop())
    return steps + blows


def size_of(size: Size) -> int:
    """How many blows a storm of that size has."""
    kinds = size.kills + size.aimed + size.posts + size.disks + size.databases + size.lines
    return kinds + 2 * max(size.hooks // 50, 1)


def _blows(chance: random.Random, size: Size) -> list[Step]:
    kills = [Step("kill", n, ("worker", "web")[n % 2]) for n in range(size.kills)]
    aimed = [Step("aim", n, NAMES[(n * 2 + 1 + n * 2 // len(NAMES)) % len(NAMES)]) for n in range(size.aimed)]
    posts = [Step("post", n) for n in range(size.posts)]
    disks = [Step("disk", n) for n in range(size.disks)]
    databases = [Step("database", n) for n in range(size.databases)]
    faults = ("break_after_accept", "break_before_accept", "error", "slow")
    lines = [Step("line", n, f"{chance.choice(('sms', 'email'))} {faults[n % len(faults)]}") for n in range(size.lines)]
    crowds = [Step(what, n) for what in ("repeat", "reorder") for n in range(max(size.hooks // 50, 1))]
    return kills + aimed + posts + disks + databases + lines + crowds
