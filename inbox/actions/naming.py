"""Names in place of ids, and back: what one desk calls a team, an agent or a canned reply, another finds by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from inbox.actions import reasons
from inbox.actions.steps import STEPS
from inbox.errors import Invalid
from inbox.store import Agent, Canned, Channel, Team, TicketField, Work

__all__ = ["Names"]

#: What the value of a step or the words of a condition refer to; all others say what they say.
STEP_REFERS = {"agent": "agent", "person": "agent", "team": "team", "canned": "canned", "reason": "reason"}
ASKED_REFERS = {"agent": "agent", "team": "team", "channel": "channel", "reason": "reason"}


class Names:
    """Ids and names of what settings refer to, both ways."""

    def __init__(self, work: Work) -> None:
        rows = [("team", one.id, one.name) for one in work.scalars(select(Team))]
        rows += [("agent", one.id, one.email) for one in work.scalars(select(Agent))]
        present = select(Channel).where(Channel.removed_at.is_(None))
        rows += [("channel", one.id, one.name) for one in work.scalars(present)]
        self._by_id = {id: (kind, name) for kind, id, name in rows}
        self._by_name = {(kind, name): id for kind, id, name in rows}
        self._canned = {str(one.id): one.name for one in work.scalars(select(Canned))}
        self._reasons = {node.name: node.called for node in reasons.every(work) if node.open}
        for kind, called in (("canned", self._canned), ("reason", self._reasons)):
            self._by_name |= {(kind, name): id for id, name in called.items()}
        self._fields = {str(one.id): one.name for one in work.scalars(select(TicketField).where(TicketField.active))}
        self._by_name |= {("field", name): id for id, name in self._fields.items()}

    def steps(self, steps: Sequence[Mapping[str, str]], *, back: bool = False) -> list[dict[str, str]]:
        """Steps with names in place of ids, or with ids again; texts stay as they are."""
        return [{**one, "what": self._refer(_kind(one), one["what"], back=back)} for one in steps]

    def asked(self, conditions: Sequence[Mapping[str, Any]], *, back: bool = False) -> list[dict[str, Any]]:
        """A rule's conditions with names in place of ids, or with ids again."""
        return [
            {**one, "words": [self._word(str(one["field"]), str(word), back=back) for word in one["words"]]}
            for one in conditions
        ]

    def _word(self, field: str, word: str, *, back: bool) -> str:
        if field != "field":
            return self._refer(ASKED_REFERS.get(field, ""), word, back=back)
        if back:
            name, _mark, value = word.removeprefix("@").partition("=")
            return f"{self.id('field', name)}:{value}" if word.startswith("@") else word
        number, _colon, value = word.partition(":")
        return f"@{self._fields[number]}={value}" if number in self._fields else word

    def _refer(self, kind: str, value: str, *, back: bool) -> str:
        if not kind:
            return value
        if back:
            mark = f"@{kind}/"
            return self.id(kind, value.removeprefix(mark)) if value.startswith(mark) else value
        known = {"canned": self._canned, "reason": self._reasons}.get(kind)
        name = known.get(value) if known is not None else self._by_id.get(value, ("", ""))[1]
        return f"@{kind}/{name}" if name else value

    def named(self, value: Any) -> Any:
        """``value`` with names for ids: ``team:0a1b`` is ``team:Support``, one alone ``@team/Support``."""
        if isinstance(value, Mapping):
            return {self.named(key): self.named(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.named(one) for one in value]
        if not isinstance(value, str):
            return value
        kind, colon, id = value.partition(":")
        if colon and self._by_id.get(id, ("", ""))[0] == kind:
            return f"{kind}:{self._by_id[id][1]}"
        return f"@{'/'.join(self._by_id[value])}" if value in self._by_id else value

    def known(self, value: Any) -> Any:
        """The other way round. Raises :class:`Invalid` for a name that nobody has."""
        if isinstance(value, Mapping):
            return {self.known(str(key)): self.known(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.known(one) for one in value]
        if not isinstance(value, str):
            return value
        if value.startswith("@") and "/" in value:
            kind, _, name = value[1:].partition("/")
            return self.id(kind, name)
        kind, colon, name = value.partition(":")
        return f"{kind}:{self.id(kind, name)}" if colon and kind in {"team", "agent", "channel"} else value

    def id(self, kind: str, name: str) -> str:
        """The id behind a name. Raises :class:`Invalid`."""
        found = self._by_name.get((kind, name))
        if found is None:
            msg = f"nothing here is called {name!r} ({kind})"
            raise Invalid(msg)
        return found


def _kind(step: Mapping[str, str]) -> str:
    known = STEPS.get(step["do"])
    return STEP_REFERS.get(known.takes, "") if known is not None else ""
