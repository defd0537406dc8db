"""What can happen: verbs that guard, change and append their event; they never commit and never emit."""

from __future__ import annotations

from inbox import store
from inbox.actions import clocks, followers, notices

store.followers += [clocks.follow, notices.follow]
notices.followers.append(followers.of_line)
