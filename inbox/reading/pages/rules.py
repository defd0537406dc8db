"""Views of the settings: rules, one rule with its form, its dry run and its log."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from inbox.reading.pages.common import Choice, Form, SettingsNav
from inbox.reading.pages.settings import StepGroup
from inbox.reading.parts import StepView

__all__ = ["AskGroup", "AskView", "CallLine", "RuleLine", "RulePage", "RulesPage", "RunLine", "Trial", "TrialRow"]


@dataclass(frozen=True)
class AskView:
    """A condition: its field, its words with what each is called, and whether it asks for the contrary; ``lost`` are
    words that name nothing of this desk."""

    field: str
    words: tuple[tuple[str, str], ...]
    contrary: bool = False
    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class AskGroup:
    """What can be asked of one field; ``typed``: words of one's own instead. A label may be "": the page words it."""

    field: str
    choices: tuple[Choice, ...] = ()
    typed: bool = False


@dataclass(frozen=True)
class RuleLine:
    """A rule in the list: ``runs`` counts its tickets of the last 30 days, ``problem`` is why it was paused."""

    id: int
    name: str
    event: str
    wait: int
    conditions: tuple[AskView, ...]
    steps: tuple[StepView, ...]
    active: bool
    problem: str = ""
    most: int = 500
    last_at: dt.datetime | None = None
    runs: int = 0


@dataclass(frozen=True)
class RulesPage:
    """``page`` of ``settings/rules.html``. POST ``rules.switch`` (``id``): ``on`` or nothing; ``rules.move`` (``id``):
    ``by`` -1 or 1; ``rules.ready``: ``ready``, one of those that are not there yet."""

    nav: SettingsNav
    rules: tuple[RuleLine, ...]
    ready: tuple[str, ...] = ()
    secret: str = ""  # what calls are signed with, for whoever may see it


@dataclass(frozen=True)
class CallLine:
    """A call of another system: its host, ``state`` and ``code`` as ``store.RuleCall``."""

    host: str
    state: str
    code: str = ""
    attempts: int = 0
    next_at: dt.datetime | None = None


@dataclass(frozen=True)
class RunLine:
    """A line of a rule's log; ``outcome`` and ``detail`` as ``store.RuleRun``, ``did`` what changed something."""

    ticket: int
    subject: str
    at: dt.datetime
    outcome: str
    detail: str = ""
    did: tuple[StepView, ...] = ()
    calls: tuple[CallLine, ...] = ()


@dataclass(frozen=True)
class TrialRow:
    """A ticket that the rule would have acted on; ``withheld`` is why its answer would not have left, or ""."""

    ticket: int
    subject: str
    customer: str
    at: dt.datetime
    times: int = 1
    withheld: str = ""


@dataclass(frozen=True)
class Trial:
    """What the dry run found: numbers of events looked at and met, of tickets, and the newest of those. ``cut``: it
    stopped at ``since``. ``busiest``: the most tickets of one day, of ``most`` that are allowed."""

    looked: int
    met: int
    tickets: int
    rows: tuple[TrialRow, ...]
    steps: tuple[StepView, ...]
    since: dt.datetime
    cut: bool = False
    busiest: int = 0
    most: int = 500


@dataclass(frozen=True)
class RulePage:
    """``page`` of ``settings/rule.html``. POST ``rules.create``, ``rules.update`` (``id``) and ``rules.trial``:
    ``name``, ``event``, ``wait``, ``most``, ``if-N`` (``field:word``, empty for none), ``not-N`` (on for the contrary),
    ``words-N``, ``step-N`` (``do:what``) and ``text-N``; ``rules.remove``: nothing. ``older`` is the key of the log's
    next page."""

    nav: SettingsNav
    form: Form
    events: tuple[str, ...]
    asks: tuple[AskGroup, ...]
    groups: tuple[StepGroup, ...]
    variables: tuple[str, ...]
    rule: RuleLine | None = None
    runs: tuple[RunLine, ...] = ()
    older: int | None = None
    trial: Trial | None = None
    lines: tuple[int, int] = field(default=(3, 3))  # conditions and steps that the form has room for
