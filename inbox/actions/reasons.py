"""Contact reasons as a tree: defined by the desk, asked for at resolve, archived instead of removed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from inbox.actions import desk
from inbox.actions.who import Who, require
from inbox.errors import Conflict, Invalid, NotFound
from inbox.store import Reason, Ticket, TicketTag, Work
from inbox.terms import Actor

__all__ = [
    "ASK",
    "DEEPEST",
    "EXEMPT",
    "MARK",
    "Node",
    "add",
    "archive",
    "ask",
    "available",
    "change",
    "every",
    "find",
    "grow",
    "needed",
]

#: How the desk asks for a reason at resolve: not at all, with a way past, or always.
ASK: Final = ("off", "ask", "require")
#: The setting that the definitions read (metrics.md): the names of the reasons that count for no net FCR.
EXEMPT: Final = "reasons.exempt"
DEEPEST: Final = 3
LONGEST: Final = 120
MARK: Final = " / "


@dataclass(frozen=True)
class Node:
    """A reason in its place. ``path``: what people read, the reasons above it first; ``open``: it can be chosen, for
    neither it nor one above it is archived; ``leaf``: none that is open stands below it."""

    id: int
    name: str
    label: str
    path: tuple[str, ...]
    parent: int | None
    active: bool
    open: bool
    leaf: bool
    exempt: bool  # by itself or by one above it
    own_exempt: bool

    @property
    def called(self) -> str:
        """The whole path in one line."""
        return MARK.join(self.path)

    @property
    def depth(self) -> int:
        """1 for one that stands below nothing."""
        return len(self.path)


def every(work: Work) -> list[Node]:
    """All reasons, archived ones too, each followed by those below it; of one level by their names."""
    return tree(work.scalars(select(Reason)).all())


def tree(rows: Iterable[Reason]) -> list[Node]:
    """The same of some rows; one whose reason above is gone stands at the top."""
    kept = list(rows)
    known = {row.id for row in kept}
    below: dict[int | None, list[Reason]] = {}
    for row in sorted(kept, key=lambda one: (one.called.casefold(), one.id)):
        below.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)
    found: list[Node] = []

    def walk(parent: Node | None) -> None:
        for row in below.get(parent.id if parent is not None else None, ()):
            usable = row.active and (parent is None or parent.open)
            node = Node(
                id=row.id,
                name=row.name,
                label=row.called,
                path=(*(parent.path if parent is not None else ()), row.called),
                parent=parent.id if parent is not None else None,
                active=row.active,
                open=usable,
                leaf=not any(one.active for one in below.get(row.id, ())),
                exempt=row.exempt or (parent is not None and parent.exempt),
                own_exempt=row.exempt,
            )
            found.append(node)
            walk(node)

    walk(None)
    return found


def available(nodes: Sequence[Node]) -> list[Node]:
    """Those that are offered at resolve: the open ones that stand above nothing."""
    return [node for node in nodes if node.open and node.leaf]


def find(work: Work, wanted: str) -> Node:
    """The open reason of that name, or that path as people read it. Raises :class:`Invalid`."""
    nodes = [node for node in every(work) if node.open]
    for node in nodes:
        if node.name == wanted:
            return node
    for node in nodes:
        if node.called == wanted:
            return node
    msg = f"{wanted!r} is no contact reason of this desk"
    raise Invalid(msg, fields={"reason": msg})


def needed(work: Work, who: Who, ticket: Ticket) -> None:
    """Before an agent resolves a ticket: raises :class:`Invalid` where the desk wants a reason and there is none.

    Nobody has to say why somebody sent spam.
    """
    if who.kind is not Actor.AGENT or ticket.reason is not None or desk.get(work, "reasons.ask") != "require":
        return
    if work.get(TicketTag, (ticket.id, "spam")) is None and available(every(work)):
        msg = "this desk asks why the customer wrote; choose a reason, then resolve"
        raise Invalid(msg, fields={"reason": msg})


# --- what the desk defines --------------------------------------------------------------------------------------


def ask(work: Work, who: Who, how: str) -> None:
    """Says how a reason is asked for: one of :data:`ASK`."""
    if how not in ASK:
        msg = f"a reason is asked for in one of these ways: {', '.join(ASK)}"
        raise Invalid(msg, fields={"ask": msg})
    desk.put(work, who, "reasons.ask", how)


def add(work: Work, who: Who, label: str, parent: int | None = None) -> Reason:
    """Adds a reason, at the top or below another; an archived one of that name comes back."""
    require(who, "reasons.change")
    wanted = _label(label)
    nodes = every(work)
    above = _above(nodes, parent)
    known = _sibling(nodes, parent, wanted)
    if known is not None and known.active:
        msg = "this reason is there already"
        raise Conflict(msg, fields={"name": msg})
    if known is not None:
        row = work.get_one(Reason, known.id)
        row.active = True
    else:
        path = (*(above.path if above is not None else ()), wanted)
        row = Reason(name=_name(nodes, " / ".join(path)), label=wanted, parent_id=parent)
        work.add(row)
    work.flush()
    desk.audit(work, who, "reason.added", reason=row.id, name=row.called)
    _settle(work)
    return row


def grow(work: Work, who: Who, path: str) -> None:
    """Adds the reason of a path as people read it, with those above it that are not there yet."""
    parent: int | None = None
    for label in path.split(MARK):
        known = _sibling(every(work), parent, " ".join(label.split()))
        parent = known.id if known is not None and known.open else add(work, who, label, parent).id


def change(work: Work, who: Who, number: int, *, label: str, exempt: bool) -> Reason:
    """Calls a reason something else, or keeps it out of the net FCR. Its name in tickets and in the log stays."""
    require(who, "reasons.change")
    row = _row(work, number)
    wanted = _label(label)
    other = _sibling(every(work), row.parent_id, wanted)
    if other is not None and other.id != row.id:
        msg = "this reason is there already"
        raise Conflict(msg, fields={"name": msg})
    before = {"name": row.called, "exempt": row.exempt}
    row.label, row.exempt = wanted, exempt
    after = {"name": row.called, "exempt": row.exempt}
    changes = {key: [before[key], after[key]] for key in before if before[key] != after[key]}
    if changes:
        work.flush()
        desk.audit(work, who, "reason.changed", reason=row.id, name=row.called, changes=changes)
        _settle(work)
    return row


def archive(work: Work, who: Who, number: int, *, back: bool = False) -> Reason:
    """Takes a reason out of what can be chosen, with those below it, or brings it ``back``. Tickets keep it, and so do
    the figures."""
    require(who, "reasons.change")
    row = _row(work, number)
    if row.active is back:
        msg = "there is no such reason"
        raise NotFound(msg)
    row.active = back
    work.flush()
    desk.audit(work, who, "reason.added" if back else "reason.removed", reason=row.id, name=row.called)
    return row


def _row(work: Work, number: int) -> Reason:
    row = work.get(Reason, number)
    if row is None:
        msg = "there is no such reason"
        raise NotFound(msg)
    return row


def _label(label: str) -> str:
    wanted = " ".join(label.split())
    if not 0 < len(wanted) <= LONGEST:
        msg = "a reason has 1 to 120 letters"
        raise Invalid(msg, fields={"name": msg})
    return wanted


def _above(nodes: Sequence[Node], parent: int | None) -> Node | None:
    if parent is None:
        return None
    above = next((node for node in nodes if node.id == parent and node.open), None)
    if above is None:
        msg = "the reason above it is not there any more"
        raise Invalid(msg, fields={"parent": msg})
    if above.depth >= DEEPEST:
        msg = f"reasons have {DEEPEST} levels at most"
        raise Invalid(msg, fields={"parent": msg})
    return above


def _sibling(nodes: Sequence[Node], parent: int | None, label: str) -> Node | None:
    return next((one for one in nodes if one.parent == parent and one.label.lower() == label.lower()), None)


def _name(nodes: Sequence[Node], wanted: str) -> str:
    """What tickets and the log know it by, from now on and for ever."""
    taken = {node.name for node in nodes}
    tries = (f"{wanted[: LONGEST - len(mark)]}{mark}" for mark in ("", *(f" ({n})" for n in range(2, len(nodes) + 3))))
    return next(name for name in tries if name not in taken)


def _settle(work: Work) -> None:
    """Keeps the definitions' setting in step: archived reasons stand on tickets of old, so they count too."""
    names = sorted(node.name for node in every(work) if node.exempt)
    if names != desk.get(work, EXEMPT):
        desk.keep(work, EXEMPT, names)


def count(work: Work) -> dict[str, int]:
    """How many tickets carry each reason, by its name."""
    counted = select(Ticket.reason, func.count()).where(Ticket.reason.is_not(None)).group_by(Ticket.reason)
    return {str(name): number for name, number in work.execute(counted)}
