"""Who acted on which case and when: what makes a session productive, and where its text wrap-up begins (4.5)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from inbox.metrics.config import Config
from inbox.metrics.log import Event
from inbox.metrics.tickets import Family
from inbox.metrics.work import VOICE, WorkItem

__all__ = ["Actions", "unseen"]

_ACTS = {
    "note.added": ("ticket",),
    "ticket.status": ("ticket",),
    "ticket.assigned": ("ticket",),
    "ticket.reason": ("ticket",),
    "ticket.tag": ("ticket",),
    "ticket.merged": ("ticket", "into"),
    "ticket.split": ("ticket", "from"),
    "ticket.linked": ("ticket", "to"),
    "ticket.spam": ("ticket",),
}


class Actions:
    """The instants at which each agent acted on each root of a family."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self._acts: dict[tuple[str, str], list[int]] = {}
        self._replies: dict[tuple[str, str], list[int]] = {}
        for event in family.events:
            if event.actor_kind == "agent" and event.actor is not None:
                self._by_agent(event, event.actor)
        for call in family.calls.values():
            root = family.root(call.ticket)
            for leg in call.legs:
                if leg.state in VOICE:
                    self._acts.setdefault((root, leg.agent), []).append(leg.at)
        for acts in self._acts.values():
            acts.sort()

    def _by_agent(self, event: Event, agent: str) -> None:
        family = self._family
        if event.kind == "msg.out":
            if family.human(event):
                key = family.root(family.ticket_of(event)), agent
                self._acts.setdefault(key, []).append(event.at)
                self._replies.setdefault(key, []).append(event.at)
            return
        for field in _ACTS.get(event.kind, ()):
            key = family.root(event.body[field]), agent
            self._acts.setdefault(key, []).append(event.at)

    def nature_of(self, item: WorkItem, config: Config) -> tuple[str, int | None]:
        """The nature of an item, and for a text session its agent's last reply in it."""
        family = self._family
        root = family.root(item.ticket)
        holder = family.holder(item.ticket, (item.start, True, 0))
        if holder in family.gone:
            nature = "spam"
        elif item.is_leg or self._acted(root, item, config.act_window):
            nature = "productive"
        else:
            nature = unseen(item, config)
        return nature, None if item.is_leg else self._last_reply(root, item)

    def _acted(self, root: str, item: WorkItem, window: int) -> bool:
        acts = self._acts.get((root, item.agent), ())
        n = bisect_left(acts, item.start)
        return n < len(acts) and acts[n] <= item.end + window

    def _last_reply(self, root: str, item: WorkItem) -> int | None:
        replies = self._replies.get((root, item.agent), ())
        n = bisect_right(replies, item.end) - 1
        return replies[n] if n >= 0 and replies[n] >= item.start else None


def unseen(item: WorkItem, config: Config) -> str:
    """The nature of a session in which its agent did nothing: a view, or a mere peek that is dropped."""
    return "view" if item.covered >= config.peek else "dropped"
