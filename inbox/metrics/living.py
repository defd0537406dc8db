"""The log kept open: which events live (copies, voids) and in which drawer each lies, whatever the order of arrival."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from inbox.metrics.log import Event

__all__ = ["DRAWERS", "Living"]

# Kind of event -> (prefix of the drawer, field that names it); an empty field is one drawer for all.
DRAWERS: dict[str, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(
        (
            "ticket.created",
            "ticket.identified",
            "msg.in",
            "msg.out",
            "note.added",
            "ticket.assigned",
            "ticket.priority",
            "ticket.band",
            "ticket.reason",
            "ticket.tag",
            "ticket.fcr_exempt",
            "ticket.status",
            "ticket.spam",
            "ticket.deleted",
            "bot.handoff",
            "call.started",
        ),
        (("ticket", "ticket"),),
    ),
    "ticket.merged": (("ticket", "ticket"), ("ticket", "into")),
    "ticket.split": (("ticket", "ticket"), ("ticket", "from")),
    "ticket.linked": (("ticket", "ticket"), ("ticket", "to")),
    **dict.fromkeys(("msg.classify", "sentiment"), (("msg", "msg"),)),
    **dict.fromkeys(("call.leg", "call.ended"), (("call", "call"),)),
    **dict.fromkeys(("handle.start", "handle.beat", "handle.end", "handle.span"), (("session", "session"),)),
    "agent.state": (("agent", "agent"),),
    "cost.provider": (("cost", "cost"), ("cost", "supersedes"), ("cost", "of")),
    **dict.fromkeys(("survey.sent", "survey.answered", "survey.followup"), (("survey", "survey"),)),
    **dict.fromkeys(("contract.started", "contract.renewed", "contract.ended"), (("contracts", ""),)),
    "cost.rate": (("rates", ""),),
    "cost.fixed": (("fees", ""),),
    "fx.rate": (("exchange", ""),),
    "customer.merged": (("people", ""),),
    "customer.erased": (),
    "revenue": (("revenue", ""),),
    "social.snapshot": (("post", "post"),),
    "social.mention": (("mention", "id"),),
    "smi.answer": (("smi", ""),),
}

Drawer = tuple[str, str]


class Living:
    """Every event that was told, and in drawers those that live."""

    def __init__(self) -> None:
        self.known: dict[str, Event] = {}
        self.last_rec = 0
        self.last_seq = 0
        self._drawers: dict[Drawer, list[Event]] = {}
        self._voids: dict[str, list[str]] = {}  # target -> the voids that name it
        self._dead: set[str] = set()
        self._copies: list[Event] = []

    def copy(self) -> Living:
        """The same in a book of its own."""
        other = Living()
        other.known = self.known.copy()
        other.last_rec, other.last_seq = self.last_rec, self.last_seq
        other._drawers = {drawer: events.copy() for drawer, events in self._drawers.items()}
        other._voids = {target: voids.copy() for target, voids in self._voids.items()}
        other._dead, other._copies = self._dead.copy(), self._copies.copy()
        return other

    def take(self, event: Event) -> list[tuple[Event, Drawer]]:
        """Take an event in; returns every (event, drawer) that this puts into or out of the living."""
        self.last_rec = max(self.last_rec, event.rec)
        self.last_seq = max(self.last_seq, event.seq)
        changed: list[tuple[Event, Drawer]] = []
        old = self.known.get(event.id)
        if old is not None:
            late, first = (event, old) if old.seq <= event.seq else (old, event)
            if late.rec < first.rec:
                self._copies.append(late)
            if late is event:
                return changed
            self._forget(old, changed)
        self.known[event.id] = event
        is_void = event.kind == "void"
        if is_void:
            self._voids.setdefault(event.body["target"], []).append(event.id)
            self._judge(event.body["target"], changed)
        if event.id in self._voids and not self._lives(event.id, frozenset()):
            self._dead.add(event.id)
        elif not is_void:
            self._file(event, changed)
        return changed

    def drawer(self, prefix: str, name: str = "") -> list[Event]:
        """The living events of a drawer, in no order."""
        return self._drawers.get((prefix, name), [])

    def lives(self, event: Event) -> bool:
        """Whether an event is among the living."""
        return self.known.get(event.id) is event and event.id not in self._dead

    def names(self, prefix: str) -> Iterator[str]:
        """The names of all drawers of a prefix that hold something."""
        return (name for (kind, name), events in self._drawers.items() if kind == prefix and events)

    def told(self) -> Iterator[Event]:
        """Everything that was told, dead or alive, copies included: an earlier instant may know only the copy."""
        yield from self.known.values()
        yield from self._copies

    def _file(self, event: Event, changed: list[tuple[Event, Drawer]]) -> None:
        for drawer in drawers_of(event):
            known = self._drawers.get(drawer)
            if known is None:
                self._drawers[drawer] = [event]
            else:
                known.append(event)
            changed.append((event, drawer))

    def _unfile(self, event: Event, changed: list[tuple[Event, Drawer]]) -> None:
        for drawer in drawers_of(event):
            self._drawers[drawer].remove(event)
            changed.append((event, drawer))

    def _forget(self, event: Event, changed: list[tuple[Event, Drawer]]) -> None:
        """A copy with a lower seq takes the place of this one."""
        del self.known[event.id]
        if event.kind == "void":
            self._voids[event.body["target"]].remove(event.id)
            self._judge(event.body["target"], changed)
        elif event.id not in self._dead:
            self._unfile(event, changed)
        self._dead.discard(event.id)

    def _judge(self, target: str, changed: list[tuple[Event, Drawer]]) -> None:
        """A void came, went, died or rose: its target may change sides, and what that target voids in turn."""
        event = self.known.get(target)
        if event is None:
            return
        dead = not self._lives(target, frozenset())
        if dead == (target in self._dead):
            return
        if dead:
            self._dead.add(target)
        else:
            self._dead.discard(target)
        if event.kind == "void":
            self._judge(event.body["target"], changed)
        elif dead:
            self._unfile(event, changed)
        else:
            self._file(event, changed)

    def _lives(self, id: str, asking: frozenset[str]) -> bool:
        killers = (k for k in self._voids.get(id, ()) if k not in asking)
        return not any(self._lives(k, asking | {id}) for k in killers)


def drawers_of(event: Event) -> Iterable[Drawer]:
    """The drawers that an event of a known kind lies in, each once."""
    body = event.body
    if event.kind == "social.mention":
        return (("mention", event.id),)
    places = DRAWERS[event.kind]
    if len(places) == 1:
        prefix, field = places[0]
        return ((prefix, body[field] if field else ""),)
    found = [(prefix, body[field]) for prefix, field in places if body.get(field) is not None]
    return dict.fromkeys(found)
