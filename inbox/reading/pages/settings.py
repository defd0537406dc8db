"""Views of the settings: general, channels, people, teams, canned replies, reasons and tags, costs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from inbox.actions.agreements import KINDS, Agreement
from inbox.reading.pages.channel_form import ConfigField
from inbox.reading.pages.common import Choice, Form, Section, SettingsNav
from inbox.reading.parts import AgentChip, MacroView, tone

__all__ = [
    "AgreementRow",
    "CannedPage",
    "CannedRow",
    "ChannelKind",
    "ChannelPage",
    "ChannelRow",
    "ChannelStep",
    "ChannelsPage",
    "Check",
    "CostsPage",
    "ExchangeRow",
    "FeeRow",
    "GeneralPage",
    "Health",
    "Hook",
    "ImportPage",
    "MacrosPage",
    "PeoplePage",
    "PersonRow",
    "RateRow",
    "ReasonRow",
    "ReasonsPage",
    "SettingHit",
    "SettingsIndex",
    "StepGroup",
    "TagRow",
    "TeamRow",
    "TeamsPage",
    "TrialPart",
]

Health = Literal["ok", "warn", "bad", "new", "off", "draft"]
ChannelStep = Literal["account", "connect", "test", "routing"]


@dataclass(frozen=True)
class SettingHit:
    """A setting that was found: the section it stands in, its name and its one line, where it is changed; ``kind`` of
    channel where it is one of a channel's."""

    section: Section
    label: str
    line: str
    href: str
    kind: str = ""


@dataclass(frozen=True)
class SettingsIndex:
    """``page`` of ``settings/index.html``. GET ``settings.index`` with ``q`` finds settings by their words."""

    nav: SettingsNav
    query: str = ""
    hits: tuple[SettingHit, ...] = ()


@dataclass(frozen=True)
class AgreementRow:
    """Figures per person were switched on by an authorisation (``why`` is its kind), or off."""

    at: dt.datetime
    who: str
    on: bool
    why: str = ""
    date: str = ""
    reference: str = ""


@dataclass(frozen=True)
class GeneralPage:
    """``page`` of ``settings/general.html``. POST ``settings.general``: ``name``, ``language``, ``timezone``,
    ``close_after_d`` (days until a resolved ticket is closed), ``undo_s`` (seconds in which a reply can be taken
    back; empty leaves it to each channel), ``fcr_target`` (per cent, empty for none), ``unhappy_run`` (messages in
    a row), ``correct_d`` (days back in which people may correct their own day),
    ``push_names`` (on: notices on devices name the customer).
    ``public_url`` is shown only. POST ``brand.change``: ``coloured`` (on or absent) with ``colour``, the file ``logo``,
    ``without`` (on takes it away); ``logo`` names the present one. POST
    ``agreements.change``: ``on`` (yes or no), ``kind``, ``date``, ``reference``; ``agreement`` is the authorisation of
    figures per person that holds, ``agreements`` when they were switched on and off."""

    nav: SettingsNav
    form: Form
    languages: tuple[Choice, ...]
    zones: tuple[Choice, ...]
    public_url: str = ""
    demo_tickets: int = 0
    brand: Form = field(default_factory=Form)
    logo: str = ""
    agreement: Agreement | None = None
    agreed: Form = field(default_factory=Form)
    agreements: tuple[AgreementRow, ...] = ()
    kinds: tuple[str, ...] = KINDS


@dataclass(frozen=True)
class ImportPage:
    """``page`` of ``settings/import.html``: what a file of settings would change, as (where, was, now), or what is
    wrong in it, as (line, where, why). POST ``portable.take`` with ``text`` and ``apply`` does it."""

    nav: SettingsNav
    text: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()
    faults: tuple[tuple[int, str, str], ...] = ()


# --- channels ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChannelKind:
    """A connector that can be added: ``kind`` (``email``), its ``title`` and one line on what it needs."""

    kind: str
    title: str
    hint: str = ""


@dataclass(frozen=True)
class ChannelRow:
    """A configured channel in the list. ``health_text`` is the short reason where it is not ``ok`` (the connector's
    sentence, untranslated); ``today`` counts messages in. ``looked_at``: the last successful poll or call. ``queue``
    has not left, ``oldest_unsent`` is since when the first of what should have left waits. ``proof`` of the intake:
    empty where no probes are sent."""

    id: str
    kind: str
    name: str
    address: str
    connector: str
    health: Health
    health_text: str = ""
    today: int = 0
    last_at: dt.datetime | None = None
    quarantined: int = 0
    looked_at: dt.datetime | None = None
    queue: int = 0
    oldest_unsent: dt.datetime | None = None
    proof: Literal["", "waiting", "ok", "late"] = ""
    proved_at: dt.datetime | None = None
    draft: str = ""  # the step at which its wizard goes on


@dataclass(frozen=True)
class ChannelsPage:
    """``page`` of ``settings/channels.html``."""

    nav: SettingsNav
    channels: tuple[ChannelRow, ...]
    kinds: tuple[ChannelKind, ...]


@dataclass(frozen=True)
class Check:
    """One line of the live check list. ``title`` and ``detail`` are sentences in the reader's language; ``ticket`` is
    what came in, to be opened, ``at`` when."""

    state: Literal["ok", "bad", "waiting", "todo"]
    title: str
    detail: str = ""
    ticket: int | None = None
    at: dt.datetime | None = None


@dataclass(frozen=True)
class Hook:
    """A value that the admin pastes at the provider: an address or a token (``secret`` hides it until asked)."""

    label: str
    value: str
    hint: str = ""
    secret: bool = False


@dataclass(frozen=True)
class SignInPart:
    """The account that has to be signed in to at its ``provider``'s page. ``back`` is what an admin enters there as the
    way back, ``since`` when somebody signed in, ``again`` that it has to be done (again). ``by_code``: also on another
    device, where ``code`` is typed at ``uri`` while such a sign-in is under way."""

    provider: str
    back: str
    since: dt.datetime | None = None
    again: bool = True
    by_code: bool = False
    code: str = ""
    uri: str = ""


@dataclass(frozen=True)
class TrialPart:
    """A mailbox's wizard while its steps are tried. ``going``: the next one is taken by itself (POST ``trials.go_on``);
    ``ask`` names servers that somebody has to look at first (the same POST with ``sure``). ``problem`` is what went
    wrong, ``remedy`` what to do; ``skip`` offers to go on without (the same POST with ``skip``). ``note`` is worth
    knowing either way."""

    going: bool = False
    done: bool = False
    ask: str = ""
    problem: str = ""
    remedy: str = ""
    note: str = ""
    skip: bool = False


@dataclass(frozen=True)
class ChannelPage:
    """``page`` of ``settings/channel.html``: a new channel (``channel`` None, step ``account``) or an existing one.

    POST ``channels.create``: ``kind``, ``name``, ``config.<field>``. POST ``channels.update``: ``part`` = ``account``
    with ``name`` and ``config.<field>`` (an empty secret keeps the stored one), or ``routing`` with ``team`` (id or
    empty) and ``active`` (on or absent). ``wizard`` draws the steps and leads on to the next one; it travels as
    ``?wizard=1``.
    Errors of a configuration field are keyed ``config.<field>``. ``hooks`` are drawn at ``connect`` together with
    ``snippet`` (web chat's one line) or ``sign_in`` (GET ``sign_ins.begin``, POST ``sign_ins.by_code``). ``public``
    says that providers can reach this server.
    """

    nav: SettingsNav
    kind: ChannelKind
    step: ChannelStep
    fields: tuple[ConfigField, ...] = ()
    form: Form = field(default_factory=Form)
    channel: ChannelRow | None = None
    wizard: bool = False
    steps: tuple[ChannelStep, ...] = ("account", "connect", "test", "routing")
    hooks: tuple[Hook, ...] = ()
    snippet: str = ""
    sign_in: SignInPart | None = None
    site: str = ""
    checks: tuple[Check, ...] = ()
    teams: tuple[Choice, ...] = ()
    active: bool = True
    public: bool = False
    open_tickets: int = 0
    trial: TrialPart | None = None


# --- people and teams -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PersonRow:
    """An agent in the list; ``person`` carries load and capacity, ``role`` is a word of ``terms.Role``. Nobody
    switches themselves off (``is_me``)."""

    person: AgentChip
    email: str
    role: str
    teams: tuple[str, ...] = ()
    team_ids: tuple[str, ...] = ()
    active: bool = True
    last_seen: dt.datetime | None = None
    is_me: bool = False


@dataclass(frozen=True)
class PeoplePage:
    """``page`` of ``settings/people.html``. POST ``people.create``: ``name``, ``email``, ``role``, ``password``,
    ``capacity``, ``teams`` (repeated ids). POST ``people.update``: ``name``, ``role``, ``capacity``, ``teams``,
    ``active`` (on or absent), ``password`` (empty keeps it). ``editing`` is the id whose row stands open with ``edit``
    (a failed update)."""

    nav: SettingsNav
    people: tuple[PersonRow, ...]
    teams: tuple[Choice, ...]
    new: Form = field(default_factory=Form)
    editing: str | None = None
    edit: Form = field(default_factory=Form)


@dataclass(frozen=True)
class TeamRow:
    """A team. A ``private`` team's tickets are seen by its members and by supervisors only."""

    id: str
    name: str
    private: bool = False
    members: tuple[AgentChip, ...] = ()
    open_tickets: int = 0


@dataclass(frozen=True)
class TeamsPage:
    """``page`` of ``settings/teams.html``. POST ``teams.create`` and ``teams.update``: ``name``, ``private``,
    ``members`` (repeated agent ids)."""

    nav: SettingsNav
    teams: tuple[TeamRow, ...]
    people: tuple[AgentChip, ...]
    new: Form = field(default_factory=Form)
    editing: str | None = None
    edit: Form = field(default_factory=Form)


# --- canned replies, reasons and tags ---------------------------------------------------------------------------


@dataclass(frozen=True)
class CannedRow:
    """A canned reply: typed as ``/name`` in the composer."""

    id: int
    name: str
    text: str
    team: str = ""  # id of the only team that has it


@dataclass(frozen=True)
class CannedPage:
    """``page`` of ``settings/canned.html``. POST ``canned.create`` and ``canned.update``: ``name``, ``text``,
    ``team`` (empty: everybody's); ``canned.remove``: nothing. ``variables`` are the placeholders that the composer
    can fill, as typed: ``{customer.name}``."""

    nav: SettingsNav
    replies: tuple[CannedRow, ...]
    variables: tuple[str, ...] = ()
    teams: tuple[Choice, ...] = ()
    new: Form = field(default_factory=Form)
    editing: int | None = None
    edit: Form = field(default_factory=Form)


@dataclass(frozen=True)
class StepGroup:
    """What one step can take; ``typed``: a text of one's own instead. The page has the words for both."""

    do: str
    choices: tuple[Choice, ...] = ()
    typed: bool = False


@dataclass(frozen=True)
class MacrosPage:
    """``page`` of ``settings/macros.html``. POST ``macros.create`` and ``macros.update``: ``name``, ``for``
    (``everybody`` or ``me``), ``step-N`` (``do:what``, empty for none) and ``text-N``; ``macros.remove``: nothing.
    ``editing`` is the macro whose form stands open; ``form`` is what was typed in that one or, without it, in the new
    one."""

    nav: SettingsNav
    macros: tuple[MacroView, ...]
    groups: tuple[StepGroup, ...]
    may_share: bool = False
    editing: int | None = None
    form: Form = field(default_factory=Form)


@dataclass(frozen=True)
class ReasonRow:
    """A contact reason in its place in the tree, with the number of tickets that carry it. ``name`` is the label,
    ``called`` the whole path; ``exempt`` is its own mark, ``exempt_above`` one of a reason above it."""

    id: int
    name: str
    used: int = 0
    called: str = ""
    depth: int = 1
    exempt: bool = False
    exempt_above: bool = False


@dataclass(frozen=True)
class TagRow:
    """A tag in use, with the number of tickets that carry it; tags are made on a ticket."""

    name: str
    used: int

    @property
    def tone(self) -> int:
        """Its colour."""
        return tone(self.name)


@dataclass(frozen=True)
class ReasonsPage:
    """``page`` of ``settings/reasons.html``. POST ``reasons.create``: ``name parent``; ``reasons.update``: ``name
    exempt``; ``reasons.remove``, ``reasons.restore``: nothing; ``reasons.ask``: ``ask``. Old tickets keep an archived
    reason. ``parents`` are those that others can stand below."""

    nav: SettingsNav
    reasons: tuple[ReasonRow, ...]
    tags: tuple[TagRow, ...]
    new: Form = field(default_factory=Form)
    archived: tuple[ReasonRow, ...] = ()
    parents: tuple[Choice, ...] = ()
    ask: str = "ask"
    may_ask: bool = False
    editing: int | None = None
    edit: Form = field(default_factory=Form)


# --- costs ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RateRow:
    """An hourly rate from a date on; ``agent`` None is the default for everybody."""

    agent: AgentChip | None
    per_hour: Decimal
    since: dt.date
    current: bool = False
    team: str = ""  # its name, where it is a team's


@dataclass(frozen=True)
class FeeRow:
    """A monthly fee from a month on (its first day); ``channel`` None belongs to the desk as a whole. ``currency`` is
    empty for the desk's own."""

    channel: str | None
    kind: str | None
    amount: Decimal
    since: dt.date
    current: bool = False
    currency: str = ""


@dataclass(frozen=True)
class ExchangeRow:
    """The newest rate of a currency: what one unit of it is worth in the desk's own, said for ``day``; ``current``
    while it still holds."""

    currency: str
    rate: Decimal
    day: dt.date
    current: bool = False


@dataclass(frozen=True)
class CostsPage:
    """``page`` of ``settings/costs.html``. POST ``costs.rate``: ``agent`` (id, ``team:ID`` or empty), ``per_hour``,
    ``since`` (date). POST ``costs.fee``: ``channel`` (a kind or empty), ``amount``, ``since`` (``YYYY-MM``). POST
    ``costs.currency``: ``currency``. POST ``costs.exchange``: ``currency``, ``rate``, ``day`` (date). POST
    ``costs.rates_file``: ``file``, ``currencies`` (with commas), ``since`` (date). POST
    ``costs.sheet``: ``file``, with ``columns``. ``channels`` are
    kinds of channel, for the figures know no other. ``missing`` are currencies that something has come in without a
    rate, ``unpriced`` the same by what it was: ``prices``, ``fees``, ``revenue``. ``currency`` also takes ``meant``:
    what is here already was meant in the new one. ``today`` is the desk's date."""

    nav: SettingsNav
    currency: str
    currencies: tuple[Choice, ...]
    rates: tuple[RateRow, ...]
    fees: tuple[FeeRow, ...]
    people: tuple[Choice, ...]
    channels: tuple[Choice, ...]
    today: dt.date
    exchanges: tuple[ExchangeRow, ...] = ()
    missing: tuple[str, ...] = ()
    rate: Form = field(default_factory=Form)
    fee: Form = field(default_factory=Form)
    exchange: Form = field(default_factory=Form)
    rates_file: Form = field(default_factory=Form)
    sheet: Form = field(default_factory=Form)
    columns: tuple[str, ...] = ()
    used: tuple[str, ...] = ()  # foreign currencies that prices and rates name
    year_ago: dt.date = dt.date.min
    teams: tuple[Choice, ...] = ()
    money: Form = field(default_factory=Form)
    unpriced: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
