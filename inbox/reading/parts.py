"""What each template takes: plain frozen values, one class per thing on the agent's screen.

A part that is pushed to a room (row, message, note, event, thread head) says nothing about who looks at it: unread,
mine and selected are matched by the browser from ``data-`` attributes. Times are aware UTC; the browser writes them in
the desk's zone. Text is what people wrote, never markup; templates escape it.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal

from inbox.actions.keys import KEYS

__all__ = [
    "AgentChip",
    "AttachmentView",
    "BulkView",
    "CannedReply",
    "ChannelChoice",
    "ChannelCount",
    "Composer",
    "CustomerChip",
    "CustomerHit",
    "CustomerPanel",
    "DayView",
    "DeliveryView",
    "Desk",
    "Directory",
    "Due",
    "EventView",
    "Facet",
    "FacetValue",
    "FilterChip",
    "IdentityView",
    "Inbox",
    "Item",
    "Leg",
    "Me",
    "MessageView",
    "Money",
    "Moved",
    "NoteView",
    "PreviousTicket",
    "ReasonChoice",
    "Results",
    "Room",
    "SavedChip",
    "SavedCount",
    "SearchHit",
    "SearchPage",
    "Sidebar",
    "Snooze",
    "Suggestion",
    "Tab",
    "TagView",
    "TeamChip",
    "TeamCount",
    "Thread",
    "ThreadHead",
    "TicketFacts",
    "TicketRow",
    "ViewCount",
    "Why",
    "initials",
    "tone",
]

#: Avatar and tag colours are classes of the style sheet, ``data-tone="0"`` to ``"11"``.
TONES = 12

View = Literal["mine", "mentions", "unassigned", "soon", "late", "failed", "all", "snoozed", "resolved"]


def tone(seed: str) -> int:
    """A colour for a person or a tag: the same for the same seed, from 0 to ``TONES`` - 1."""
    return zlib.crc32(seed.encode()) % TONES


def initials(name: str) -> str:
    """Up to two capitals of a name; ``#`` for a number or an empty name."""
    words = [word for word in name.replace("@", " ").split() if word[0].isalpha()]
    if not words:
        return "#"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


# --- the desk and who looks at it -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Desk:
    """The business. ``timezone`` is an IANA name; ``sample`` marks the sample data."""

    name: str
    language: str
    timezone: str
    sample: bool = False


@dataclass(frozen=True)
class Alert:
    """Something that is wrong with a channel or, without one, with the desk itself, for those who can put it right;
    ``code`` is a word of its problem."""

    channel_id: str
    channel: str
    code: str
    since: dt.datetime


@dataclass(frozen=True)
class Room:
    """A room this page listens to and the last log ``seq`` its HTML already holds: ``desk``, ``ticket:4821``."""

    name: str
    seq: int


@dataclass(frozen=True)
class Money:
    """An amount in ``currency`` (ISO 4217)."""

    amount: Decimal
    currency: str
    final: bool = True


@dataclass(frozen=True)
class AgentChip:
    """An agent as a small face. ``state``: ``online``, ``away``, ``offline``; ``load`` of ``capacity`` open tickets."""

    id: str
    name: str
    state: str = "offline"
    load: int | None = None
    capacity: int | None = None

    @property
    def initials(self) -> str:
        """Two capitals."""
        return initials(self.name)

    @property
    def first_name(self) -> str:
        """What colleagues call them."""
        return self.name.split()[0] if self.name.split() else self.name

    @property
    def tone(self) -> int:
        """Their colour."""
        return tone(self.id)


@dataclass(frozen=True)
class TeamChip:
    """A team one can transfer to."""

    id: str
    name: str


@dataclass(frozen=True)
class CustomerChip:
    """A customer as a small face; ``name`` falls back to an address where nobody knows the name."""

    id: str
    name: str

    @property
    def initials(self) -> str:
        """Two capitals, or ``#``."""
        return initials(self.name)

    @property
    def first_name(self) -> str:
        """The first word of the name."""
        return self.name.split()[0] if self.name.split() else self.name

    @property
    def tone(self) -> int:
        """Their colour."""
        return tone(self.id)


@dataclass(frozen=True)
class Me:
    """The signed-in agent. ``role`` is a value of ``terms.Role``; the flags say which doors to draw."""

    id: str
    name: str
    role: str
    state: str = "online"
    load: int | None = None
    capacity: int | None = None
    teams: tuple[str, ...] = ()
    may_board: bool = True
    may_reports: bool = False
    may_settings: bool = False
    may_share: bool = False  # views, with everybody
    single_keys: bool = True
    keys: Mapping[str, str] = field(default_factory=lambda: KEYS)  # command → key
    then: Literal["", "pending", "resolve"] = "pending"  # what the send button does after sending
    undo_s: int | None = None  # how long their answers can be taken back; None: as the desk has it

    @property
    def chip(self) -> AgentChip:
        """As others see them."""
        return AgentChip(self.id, self.name, self.state, self.load, self.capacity)


@dataclass(frozen=True)
class Directory:
    """Who tickets can be given to."""

    agents: tuple[AgentChip, ...] = ()
    teams: tuple[TeamChip, ...] = ()


# --- the sidebar ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ViewCount:
    """One of the fixed views; the template knows its name and icon. ``count`` None draws no figure."""

    key: View
    count: int | None = None
    alert: bool = False


@dataclass(frozen=True)
class ChannelCount:
    """One configured channel with its open tickets. ``problem``: the channel needs a look."""

    id: str
    kind: str
    name: str
    count: int | None = None
    problem: bool = False


@dataclass(frozen=True)
class SavedCount:
    """A saved view. ``shared``: others see it too; ``count`` None draws no figure."""

    id: int
    name: str
    count: int | None = None
    shared: bool = False


@dataclass(frozen=True)
class TeamCount:
    """A team with its open tickets."""

    id: str
    name: str
    count: int = 0


@dataclass(frozen=True)
class Sidebar:
    """The first column. ``current``: a view's key, ``channel:<id>``, ``team:<id>``, ``view:<id>``, ``board``,
    ``reports``, ``settings``, ``search``.

    The browser keeps the figures alive by ``counts {"mine": 7, "channel:<id>": 14, "needs_me": 3}``: the same keys.
    ``needs_me`` counts my tickets in which somebody waits, and others that I was told of; it stands in the tab's title.
    ``notices`` are those not read.
    """

    views: tuple[ViewCount, ...] = ()
    channels: tuple[ChannelCount, ...] = ()
    saved: tuple[SavedCount, ...] = ()
    teams: tuple[TeamCount, ...] = ()
    current: str = ""
    needs_me: int = 0
    notices: int = 0


# --- the list ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TagView:
    """A tag in its colour."""

    name: str

    @property
    def tone(self) -> int:
        """Its colour."""
        return tone(self.name)


@dataclass(frozen=True)
class Due:
    """A clock that runs: ``name`` is first (answer), next (answer) or resolve. ``state`` is that of the moment of
    drawing; the browser goes on from the times."""

    name: str
    since: dt.datetime
    soon: dt.datetime
    at: dt.datetime
    state: Literal["", "soon", "late"] = ""
    share: int = 0  # hundredths of the way from since to at


@dataclass(frozen=True)
class TicketRow:
    """One line of the list, the same for everybody. ``preview_direction``: ``in``, ``out`` or ``note``."""

    id: int
    subject: str
    customer: CustomerChip
    kind: str  # channel kind of the last message
    channel: str  # id of the ticket's channel
    status: str
    priority: str
    preview: str
    preview_direction: str
    active_at: dt.datetime
    delivery: str = ""  # of the last message if it is ours: a value of terms.Delivery
    last_in: int = 0  # id of the last inbound message; greater than before means one more unread
    assignee: AgentChip | None = None
    team: TeamChip | None = None
    waiting_since: dt.datetime | None = None  # the customer waits for us since then
    due: Due | None = None
    attention: str = ""  # "failed" or "unknown": an answer did not leave
    attention_at: dt.datetime | None = None  # since when
    snoozed_until: dt.datetime | None = None
    tags: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()  # words of custom fields that a list is filtered by
    followers: tuple[str, ...] = ()  # ids of agents
    reason: str = ""
    language: str = ""  # of the customer, where it is known

    @property
    def number(self) -> int:
        """What people say: ``#4821``."""
        return self.id


@dataclass(frozen=True)
class FilterChip:
    """One field of a filter: its ``words``, how people call them (``labels``, "" for what is gone, ids otherwise worded
    by the template), and the address of the list without it."""

    field: str
    words: tuple[str, ...]
    labels: tuple[str, ...]
    without: Mapping[str, str | list[str]]


@dataclass(frozen=True)
class SavedChip:
    """The saved view that a list is, or came from."""

    id: int
    name: str
    may_change: bool = False


@dataclass(frozen=True)
class BulkView:
    """One thing done to many tickets: ``state`` is ``running``, ``done``, ``stopped``, ``undoing`` or ``undone``, the
    figures are tickets, ``problems`` the commonest reasons with how many each, in the reader's words."""

    id: int
    state: str
    total: int
    done: int
    failed: int
    back: int
    problems: tuple[tuple[str, int], ...] = ()

    @property
    def under_way(self) -> bool:
        """True while a worker has something left to do."""
        return self.state in {"running", "undoing"}

    @property
    def passed(self) -> int:
        """How many it has been through."""
        return self.failed + (self.back if self.state == "undoing" else self.done)

    @property
    def of(self) -> int:
        """Out of how many."""
        return self.done if self.state == "undoing" else self.total


@dataclass(frozen=True)
class Tab:
    """One of the list's tabs: ``open``, ``pending``, ``resolved``."""

    key: Literal["open", "pending", "resolved"]
    count: int | None = None


@dataclass(frozen=True)
class Inbox:
    """The list pane: what is listed and how. ``unread`` is mine: ticket id → unread messages.

    ``view`` is the view's word in the address, ``key`` its key in the sidebar; ``args`` are the address's parameters,
    ``params`` the same as text; ``filter`` is what the list holds, for rows that come by the line.
    """

    rows: tuple[TicketRow, ...]
    view: str = "all"
    key: str = ""
    channel: ChannelCount | None = None
    team: TeamChip | None = None
    saved: SavedChip | None = None
    chips: tuple[FilterChip, ...] = ()
    query: str = ""
    total: int | None = None
    tabs: tuple[Tab, ...] = ()
    tab: Literal["open", "pending", "resolved"] = "open"
    sort: str = "newest"  # newest, oldest, waiting, priority
    order: str = "newest"  # the same, or "trouble"
    sorts: tuple[str, ...] = ()
    args: Mapping[str, str | list[str]] = field(default_factory=lambda: {"view": "all"})
    params: str = ""
    filter: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    previous: str | None = None  # cursor of the rows before these
    next: str | None = None  # cursor of the rows after these
    unread: Mapping[int, int] = field(default_factory=dict)
    unassigned: int = 0  # for the empty state: how many wait for somebody
    first_id: int | None = None  # "take the next one": the unassigned ticket that has waited longest
    reasons: tuple[ReasonChoice, ...] = ()  # one has to be chosen to resolve many; none where none has to
    snoozes: tuple[Snooze, ...] = ()
    bulk: BulkView | None = None  # what I am doing to many tickets, or did a moment ago


#: What browsers play: a voice note, a recording.
AUDIO: Final = frozenset(
    f"audio/{kind}" for kind in ("ogg", "opus", "mpeg", "mp4", "aac", "wav", "x-wav", "webm", "flac")
)


# --- the thread -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AttachmentView:
    """A file of a message. ``ready`` is False while it still lies with the provider."""

    id: int
    name: str
    content_type: str
    bytes: int | None = None
    ready: bool = True
    linked: bool = False  # it left as a link

    @property
    def is_image(self) -> bool:
        """True where a browser can show it."""
        return self.content_type in {"image/png", "image/jpeg", "image/gif", "image/webp"}

    @property
    def is_pdf(self) -> bool:
        """True where a browser can show it in a frame."""
        return self.content_type == "application/pdf"

    @property
    def is_audio(self) -> bool:
        """True where a browser can play it."""
        return self.content_type in AUDIO


@dataclass(frozen=True)
class Way:
    """Another way by which an answer can go instead."""

    channel: str  # id of our channel
    kind: str
    address: str  # the customer's, canonical
    label: str  # the same, as people read it


@dataclass(frozen=True)
class DeliveryView:
    """Where an outgoing message stands. ``may_cancel``: undo is possible; ``may_retry``: "send again" makes sense.

    ``dealt``: somebody has seen to its failure, so it is told but asks for nothing. ``ways``: where else it can go.
    """

    state: str
    held_until: dt.datetime | None = None
    send_at: dt.datetime | None = None  # it waits for its hour
    next_at: dt.datetime | None = None
    dealt: bool = False
    uncopied: str = ""  # why no copy lies in the mailbox's folder for sent mail
    ways: tuple[Way, ...] = ()
    attempts: int = 0
    reason: str = ""
    code: str = ""
    status: str = ""  # a mail's enhanced code
    permanent: bool | None = None
    may_cancel: bool = False
    may_retry: bool = False
    cost: Money | None = None


@dataclass(frozen=True)
class Why:
    """Why a message is in its ticket: the rule, and the ticket, message or text that it goes by."""

    rule: str
    ticket: int | None = None
    message: int | None = None
    text: str = ""


@dataclass(frozen=True)
class Suggestion:
    """The ticket that a message may belong to, and the rule that says so."""

    ticket: int
    rule: str


@dataclass(frozen=True)
class Version:
    """What a message said before it was edited, and until when."""

    text: str
    until: dt.datetime | None


@dataclass(frozen=True)
class Quoted:
    """The message that another one answers: ``key`` leads to it, ``text`` is its beginning."""

    key: str
    who: str
    text: str


@dataclass(frozen=True)
class MessageView:
    """One message in a leg. ``key`` makes its id ``msg-<key>``: the client's key where one sent it, else the id.

    A mail is drawn as a card that can be folded, everything else as a bubble. ``frame`` shows the mail's own HTML in
    the sandboxed frame instead of ``text``; ``original`` offers it behind a button (quoted rest, full headers).
    """

    key: str
    id: int
    ticket: int
    direction: Literal["in", "out"]
    kind: str
    at: dt.datetime
    text: str
    author: AgentChip | CustomerChip | None
    from_name: str = ""
    from_address: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    subject: str = ""
    folded: bool = False
    frame: bool = False
    original: bool = False
    language: str = ""
    auto: str = ""  # reply, bounce, report, bulk, complaint, other
    meant: str = ""  # what a customer's message is taken for: ack, auto, cont
    attachments: tuple[AttachmentView, ...] = ()
    delivery: DeliveryView | None = None
    bounced: bool = False
    why: Why | None = None
    suggestion: Suggestion | None = None
    pictures: Literal["", "blocked", "shown"] = ""  # of elsewhere: what happens to them in the frame
    sender_known: bool = False  # the choice can be remembered
    versions: tuple[Version, ...] = ()  # what it said before its writer edited it
    answers: Quoted | None = None
    reactions: tuple[str, ...] = ()  # what customers put on it
    meeting: Any = None  # what its calendar file is about (reading.invitations.Meeting)
    deleted_at: dt.datetime | None = None  # its writer took it back
    erased: bool = False  # its words are gone, at the customer's wish

    @property
    def is_mail(self) -> bool:
        """True where it is drawn as a card."""
        return self.kind == "email"


@dataclass(frozen=True)
class Leg:
    """Messages in a row on one channel with one address of the customer: ``address`` canonical, ``label`` as read."""

    kind: str
    channel: str
    channel_name: str
    address: str
    messages: tuple[MessageView, ...]
    label: str = ""
    part: Literal["leg"] = "leg"

    @property
    def key(self) -> str:
        """What must be equal for a message to join this leg."""
        return f"{self.channel}|{self.address}"

    @property
    def at(self) -> dt.datetime:
        """When it begins."""
        return self.messages[0].at


@dataclass(frozen=True)
class NoteView:
    """A note: agents only. Its id is ``msg-<key>`` as a message's."""

    key: str
    id: int
    author: AgentChip | None
    at: dt.datetime
    text: str
    attachments: tuple[AttachmentView, ...] = ()
    mentions: tuple[str, ...] = ()  # the names in it that lead to somebody
    versions: tuple[Version, ...] = ()
    erased: bool = False
    part: Literal["note"] = "note"


What = Literal[
    "created", "assigned", "unassigned", "transferred", "status", "tagged", "untagged", "priority",
    "reason", "merged", "absorbed", "split", "linked", "moved", "received", "recovered", "failed", "cancelled",
    "imported", "macro", "overdue", "filled", "ticked", "emptied",
    "related", "asked", "answered", "spoken", "timed", "erased", "classified", "exempted",
]  # fmt: skip


@dataclass(frozen=True)
class EventView:
    """One line of the ticket's history. The sentence is the template's, by ``what``; its words are the fields.

    ``actor`` is a name, or "" where the desk itself did it, by its ``rule`` or without one; ``who`` the agent, team or
    field it is about; ``value`` a status, tag, priority, reason or ticket number; ``until`` the end of a snooze;
    ``count`` how many.
    """

    seq: int
    what: What
    at: dt.datetime
    actor: str = ""
    who: str = ""
    value: str = ""
    until: dt.datetime | None = None
    count: int = 0
    undo: str = ""  # the event's id where it can be undone
    why: str = ""  # the rule that chose: a word of actions.choosing, "balance", "deputy", "absent"
    rule: str = ""
    part: Literal["event"] = "event"


@dataclass(frozen=True)
class DayView:
    """A new day in the desk's zone. ``key`` is the ISO date."""

    day: dt.date
    part: Literal["day"] = "day"

    @property
    def key(self) -> str:
        """The date as ``2026-11-21``."""
        return self.day.isoformat()


Item = Leg | NoteView | EventView | DayView


@dataclass(frozen=True)
class ReasonChoice:
    """A contact reason to choose: ``name`` as tickets and the log know it, ``label`` as people read it, ``above`` the
    reasons that it stands below."""

    name: str
    label: str
    above: str = ""

    @property
    def called(self) -> str:
        """The whole path."""
        return f"{self.above}{self.label}"


@dataclass(frozen=True)
class Snooze:
    """A moment to snooze to; the template knows the key's words."""

    key: Literal["later", "tomorrow", "monday", "week"]
    until: dt.datetime


@dataclass(frozen=True)
class ThreadHead:
    """The thread's two upper lines, replaced by themselves when something about the ticket changes."""

    id: int
    subject: str
    status: str
    priority: str
    customer: CustomerChip
    assignee: AgentChip | None = None
    team: TeamChip | None = None
    tags: tuple[TagView, ...] = ()
    reason: str = ""  # as people read it
    reason_name: str = ""  # as tickets and the log know it
    waiting_since: dt.datetime | None = None
    due: Due | None = None
    snoozed_until: dt.datetime | None = None
    moves: tuple[str, ...] = ()  # what terms.Move may happen now: pending, snooze, resolve, reopen, open
    merged_into: int | None = None

    @property
    def number(self) -> int:
        """What people say: ``#4821``."""
        return self.id


@dataclass(frozen=True)
class ChannelChoice:
    """One way to reach the customer. ``closed`` says why it cannot be used now: ``window``, ``opted_out``,
    ``undeliverable``, ``channel_off``, ``cannot_start``; "" means it can."""

    kind: str
    channel: str  # id of our channel
    channel_name: str
    address: str  # the customer's, canonical
    label: str  # the customer's, as people read it
    closed: str = ""
    window_until: dt.datetime | None = None
    cost: Money | None = None  # per message or segment; None: unknown
    free: bool = False
    text_limit: int | None = None
    text_unit: Literal["characters", "bytes", "utf16"] = "characters"
    segments: bool = False
    media: bool = False
    media_bytes: int | None = None
    media_count: int | None = None
    media_total: int | None = None
    links: bool = False  # what it does not take leaves as links
    replies: bool = False  # it can show which message an answer answers
    undo_s: int = 0

    @property
    def key(self) -> str:
        """Unique among the choices; equal to the key of the leg it would continue."""
        return f"{self.channel}|{self.address}"


@dataclass(frozen=True)
class CannedReply:
    """A canned reply, filled in for this customer. ``missing``: variables without a value, still ``{name}`` in it."""

    name: str
    text: str
    missing: tuple[str, ...] = ()
    id: int = 0


@dataclass(frozen=True)
class StepView:
    """One step of a macro or a rule: its name, its value, and what the value is called."""

    do: str
    what: str
    called: str


@dataclass(frozen=True)
class MacroView:
    """Several steps under one name; ``shared`` is everybody's, else it is the reader's own."""

    id: int
    name: str
    shared: bool
    steps: tuple[StepView, ...]


@dataclass(frozen=True)
class Moved:
    """Somebody wrote meanwhile: ``count`` messages up to ``seen``; the latest one's writer and time."""

    ticket: int
    count: int
    seen: int
    who: str
    at: dt.datetime


@dataclass(frozen=True)
class UploadView:
    """A file that lies with a draft already."""

    id: int
    name: str
    bytes: int


@dataclass(frozen=True)
class DraftView:
    """What this agent wrote here and did not send, on whatever machine. Of a first message each field is one."""

    mode: str
    text: str
    at: dt.datetime | None
    files: tuple[UploadView, ...] = ()


@dataclass(frozen=True)
class Composer:
    """Where the answer is written. ``seen`` is the last public message in this HTML; ``client_key`` is for browsers
    without script, others make their own per message."""

    ticket: int
    choices: tuple[ChannelChoice, ...]
    chosen: str = ""  # a choice's key: the channel of the last inbound message
    seen: int = 0
    client_key: str = ""
    canned: tuple[CannedReply, ...] = ()
    drafts: tuple[DraftView, ...] = ()
    blind: tuple[str, ...] = ()  # agents who may not see this ticket: nobody mentions them here
    laters: tuple[Snooze, ...] = ()  # the hours at which an answer may be meant to leave
    text: str = ""
    mode: Literal["reply", "note"] = "reply"
    moved: Moved | None = None
    max_bytes: int | None = None
    first_name: str = ""
    language: str = ""  # of the customer: what the browser checks the spelling by

    @property
    def kept(self) -> dict[str, Any]:
        """The drafts as the browser takes them."""
        return {
            one.mode: {
                "text": one.text,
                "at": one.at.isoformat() if one.at is not None else "",
                "files": [{"id": file.id, "name": file.name, "bytes": file.bytes} for file in one.files],
            }
            for one in self.drafts
        }

    @property
    def choice(self) -> ChannelChoice | None:
        """The chosen channel, or the first that can be used."""
        usable = [choice for choice in self.choices if not choice.closed]
        return next((choice for choice in usable if choice.key == self.chosen), usable[0] if usable else None)


@dataclass(frozen=True)
class Thread:
    """A ticket as it is read. ``earlier`` is a cursor where older items were left out."""

    head: ThreadHead
    items: tuple[Item, ...]
    composer: Composer
    room: Room
    snoozes: tuple[Snooze, ...] = ()
    reasons: tuple[ReasonChoice, ...] = ()  # what is asked at resolve; none where nothing is asked
    reason_required: bool = False
    known_tags: tuple[str, ...] = ()
    macros: tuple[MacroView, ...] = ()
    others: tuple[PreviousTicket, ...] = ()  # the customer's other tickets: what this one could be merged into
    earlier: str | None = None
    unread_from: int | None = None  # id of my first unread message: the line "New" goes above it
    exempt: str = ""  # the event that leaves it out of net FCR


# --- the customer -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class IdentityView:
    """One address of the customer. ``state``: "", ``undeliverable``, ``opted_out``, ``complained``."""

    kind: str
    label: str
    name: str = ""
    state: str = ""
    window_until: dt.datetime | None = None
    main: bool = False
    pictures: bool = False  # of elsewhere are shown in their mails
    message: int | None = None  # a message of theirs, by which that is changed


@dataclass(frozen=True)
class PreviousTicket:
    """Another ticket of the same customer."""

    id: int
    subject: str
    kind: str
    status: str
    at: dt.datetime


@dataclass(frozen=True)
class TicketFacts:
    """What is known about the ticket itself. Figures are None where nobody knows them."""

    created_at: dt.datetime
    channel_kind: str
    channel_name: str
    first_response: dt.timedelta | None = None
    messages_in: int = 0
    messages_out: int = 0
    resolved_at: dt.datetime | None = None
    reason: str = ""  # as tickets and the log know it
    reasons: tuple[ReasonChoice, ...] = ()  # those that it can have; the one that it has is always among them
    fields: tuple[Any, ...] = ()  # the desk's own (reading.fields.FieldView)
    relations: Any = None  # reading.relations.Relations
    exempt: str = ""  # the event that leaves it out of net FCR


@dataclass(frozen=True)
class VisitView:
    """The page of the site where a web chat's visitor is, or was last. ``url`` is http(s) without secrets."""

    url: str
    title: str
    at: dt.datetime


@dataclass(frozen=True)
class CustomerPanel:
    """The right column: the customer, this ticket, its history."""

    ticket: int
    customer: CustomerChip
    line: str = ""  # company, place: whatever is known
    tickets: int = 0
    messages: int = 0
    since: dt.datetime | None = None
    identities: tuple[IdentityView, ...] = ()
    given_name: str = ""  # as somebody wrote it down or the customer said; the chip falls back to an address
    profile: Any = None  # reading.profiles.Profile
    same: tuple[Any, ...] = ()  # who may be this customer (reading.same.Same)
    apart: tuple[Any, ...] = ()  # who is not this customer, as somebody said (reading.same.SetApart)
    joined: tuple[Any, ...] = ()  # who became this customer (reading.same.Joined)
    outside: bool = False  # the business's own system is asked about the customer
    previous: tuple[PreviousTicket, ...] = ()
    previous_total: int = 0
    facts: TicketFacts | None = None
    band: str = ""
    bands: tuple[str, ...] = ()  # those that the desk names
    clocks: tuple[Due, ...] = ()
    settled: tuple[tuple[str, str, dt.timedelta], ...] = ()  # (clock, met or breached, how long it took)
    history: tuple[EventView, ...] = ()
    visit: VisitView | None = None
    may_export: bool = False  # the way to all that is known of them, and to its end


# --- search -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SearchHit:
    """A ticket found. ``snippet`` and ``title``, its subject, in pieces: text, and whether it matched."""

    id: int
    subject: str
    customer: CustomerChip
    kind: str
    status: str
    at: dt.datetime
    snippet: tuple[tuple[str, bool], ...] = ()
    assignee: AgentChip | None = None
    title: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True)
class FacetValue:
    """One choice of a filter: ``value`` goes into the address; ``label`` only where the template has no word for it."""

    value: str
    count: int
    chosen: bool = False
    label: str = ""


@dataclass(frozen=True)
class Facet:
    """A filter of the search page; its key is the name in the address."""

    key: Literal["status", "channel", "assignee", "tag"]
    values: tuple[FacetValue, ...]


@dataclass(frozen=True)
class CustomerHit:
    """A customer that was found, by their last ticket among what was found; ``line``: a company or an address."""

    customer: CustomerChip
    ticket: int
    line: str = ""


@dataclass(frozen=True)
class Results:
    """What the palette shows while typing."""

    query: str
    hits: tuple[SearchHit, ...]
    customers: tuple[CustomerHit, ...] = ()


@dataclass(frozen=True)
class SearchPage:
    """The search page. ``total`` and ``took`` are None before anything was asked, ``problem`` says what an operator
    does not take. With ``more`` not everything was looked at: ``older`` is where to look on, ``before`` where it began.
    """

    query: str
    hits: tuple[SearchHit, ...] = ()
    total: int | None = None
    took: dt.timedelta | None = None
    facets: tuple[Facet, ...] = ()
    sort: Literal["best", "newest"] = "best"
    next: str | None = None
    more: bool = False
    before: int | None = None
    older: int | None = None
    problem: str = ""
