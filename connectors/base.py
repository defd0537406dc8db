"""The seam between the desk and a provider: what a connector is given, what it gives back.

A connector knows one provider's protocol and nothing of the desk: no session, no Flask, no ticket. It is a
:class:`Connector` with up to four verbs (``verify`` and ``parse``, ``poll``, ``send``, ``price``), a pydantic
``Config`` and its ``Capabilities``. Everything here is plain data, so that a recorded payload is a whole test.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from connectors.grants import Grants

__all__ = [
    "Address",
    "Attachment",
    "Capabilities",
    "Config",
    "Connector",
    "ConnectorError",
    "Cost",
    "File",
    "Ignored",
    "Inbound",
    "Item",
    "Mailbox",
    "MediaRef",
    "Outgoing",
    "Pace",
    "Paced",
    "Polled",
    "Profile",
    "Rating",
    "Reaction",
    "Receipt",
    "Refused",
    "Request",
    "Signal",
    "StatusUpdate",
    "Unreadable",
]


# --- errors -----------------------------------------------------------------------------------------------------


class Refused(Exception):
    """The arrival is not from the provider: bad or missing signature. The hook answers 403 and keeps the bytes."""


class ConnectorError(Exception):
    """A provider said no, or did not answer.

    ``code``: the provider's own code as text, or one of ``timeout connect tls login config http_<status>``, or
    ``blocked`` and ``too_large`` (the guarded fetch) or ``window`` (the reply window is closed).
    ``permanent``: the same call will fail again; the desk stops and shows it.
    ``retry_after``: seconds the provider asked to wait, if it did.
    ``reauth``: the channel's login is no longer accepted; an admin has to sign in again.
    ``ambiguous``: the provider may have accepted the message although no answer came.
    ``whole``: what was said holds for the whole channel, not only for this message: nothing is sent before
    ``retry_after``.
    The text never holds a secret or an address with one.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        permanent: bool,
        retry_after: float | None = None,
        reauth: bool = False,
        ambiguous: bool = False,
        whole: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.permanent = permanent
        self.retry_after = retry_after
        self.reauth = reauth
        self.ambiguous = ambiguous
        self.whole = whole


# --- what arrives -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Request:
    """One arrival, byte-exact: a webhook call, or anything a poll or a pipe took in, in the same clothes.

    ``method`` is the HTTP method, or ``POLL``, ``PIPE``, ``LMTP``; ``url`` is the full public address that the
    provider called (it is signed by some), or where the arrival came from (``imap://INBOX;UIDVALIDITY=1;UID=7``).
    ``received_at`` is the journal's time: some providers (Twilio) send no clock of their own, and a replay must give
    the same times as the first reading.
    """

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes
    received_at: dt.datetime | None = None

    def moment(self) -> dt.datetime:
        """When it arrived, aware UTC: ``received_at``, or now where nobody noted it."""
        return self.received_at or dt.datetime.now(dt.UTC)

    def header(self, name: str, default: str = "") -> str:
        """The first header of that name, in any case; ``default`` without one."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), default)

    @property
    def query(self) -> dict[str, str]:
        """The query of the address; the last of equal names wins, empty values count."""
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    def form(self) -> dict[str, str]:
        """The urlencoded body; the last of equal names wins, undecodable bytes become U+FFFD."""
        text = self.body.decode("utf-8", "replace")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=2_000))

    def json(self) -> Any:
        """The JSON body. Raises ``ValueError`` where it is none."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Address:
    """One address of a person on one kind of channel: ``+447700900123``, ``chiara@studio.example``, a PSID."""

    value: str
    name: str = ""
    kind: str = ""  # the channel kind if it differs from the connector's own


@dataclass(frozen=True)
class MediaRef:
    """A file that still lies with the provider; the worker fetches it with ``Connector.media``."""

    ref: str  # a URL or a provider's file id
    name: str = ""
    content_type: str = "application/octet-stream"
    bytes: int | None = None


@dataclass(frozen=True)
class Attachment:
    """A file that came with a message: its bytes, or a ``media`` reference to fetch later."""

    name: str
    content_type: str
    data: bytes | None = None
    media: MediaRef | None = None
    content_id: str | None = None
    inline: bool = False


@dataclass(frozen=True)
class Item:
    """One thing an arrival is about. ``external_id`` is unique within the channel for its type, and stable:
    the same payload parsed twice gives the same ids in the same order."""

    external_id: str


@dataclass(frozen=True)
class Inbound(Item):
    """A message of a customer (or, with ``echo``, one of ours that was sent elsewhere)."""

    sender: Address
    text: str  # what was written, without the quoted rest
    at: dt.datetime  # aware UTC: the provider's clock
    full_text: str | None = None  # all of it, where it differs from ``text``
    html: str | None = None  # as it came, not sanitised
    subject: str | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    thread: str | None = None  # the provider's own thread id, if there is one
    in_reply_to: str | None = None  # external id of the message it answers
    references: tuple[str, ...] = ()
    reply_tokens: tuple[str, ...] = ()  # plus-parts of our addresses it was sent to, lower-case
    subject_token: str | None = None  # "[#123]" in the subject, without the brackets and the sign
    auto: Literal["reply", "bounce", "report", "bulk", "complaint"] | None = None
    echo: bool = False
    edits: str | None = None  # external id of the message that this one replaces
    date: dt.datetime | None = None  # a mail's own Date header, where readable
    extra: Mapping[str, Any] = field(default_factory=dict)  # provider facts worth keeping (page address, locale)


State = Literal["sent", "delivered", "read", "failed"]


@dataclass(frozen=True)
class StatusUpdate(Item):
    """News of a message that we sent. ``message`` is its external id, or None with ``watermark``: every message to
    ``recipient`` sent up to then."""

    message: str | None
    state: State
    at: dt.datetime
    code: str | None = None
    status: str | None = None  # enhanced code of mail, 5.1.1
    reason: str | None = None
    permanent: bool = False
    recipient: str | None = None
    watermark: dt.datetime | None = None
    ours: str | None = None  # our own ``Outgoing.key`` where the provider gives it back: finds what lost its receipt
    complaint: bool = False  # a feedback loop's complaint: no more automatic mail to that address
    notice: Inbound | None = None  # the mail that brought the news, to be shown folded where its message is


@dataclass(frozen=True)
class Signal(Item):
    """Something that is neither message nor status but changes what we may do: opt-out, opt-in, blocked."""

    sender: Address
    what: Literal["opt_out", "opt_in", "blocked", "unblocked"]
    at: dt.datetime


@dataclass(frozen=True)
class Rating(Item):
    """A customer's answer to a survey of ours: ``score`` 1 to 5, and what they wrote beside it."""

    sender: Address
    survey: str
    score: int
    comment: str
    at: dt.datetime


@dataclass(frozen=True)
class Reaction(Item):
    """What a customer put on a message, theirs or ours; an empty ``emoji`` takes it off. ``message`` is external."""

    sender: Address
    message: str
    emoji: str
    at: dt.datetime


@dataclass(frozen=True)
class Retraction(Item):
    """A customer took a message of theirs back. ``message`` is its external id."""

    sender: Address
    message: str
    at: dt.datetime


@dataclass(frozen=True)
class Ignored(Item):
    """Understood and deliberately left: ``reason`` is one word for the ledger (``echo``, ``unknown_type``)."""

    reason: str


@dataclass(frozen=True)
class Unreadable(Item):
    """One item of a batch that could not be read; its neighbours can. It ends as quarantined with ``error``."""

    error: str


@dataclass(frozen=True)
class Polled:
    """What one poll brought: arrivals to journal, and the cursor to commit with them.

    ``backlog`` of the arrivals were missed earlier (a hole, an outage) and are announced as recovered;
    ``imported`` arrivals are older than the channel and stay outside the figures.
    """

    arrivals: list[Request]
    cursor: dict[str, Any]
    more: bool = False
    backlog: int = 0
    imported: bool = False


class Mailbox(Protocol):
    """An open connection to poll on: ``wait`` returns True as soon as something may have arrived."""

    def poll(self, cursor: dict[str, Any]) -> Polled: ...

    def wait(self, seconds: float, stop: Callable[[], bool]) -> bool: ...


# --- what leaves ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class File:
    """A file that leaves with a message. ``url`` is a short-lived public address of the same bytes."""

    name: str
    content_type: str
    data: bytes
    url: str | None = None
    content_id: str | None = None


@dataclass(frozen=True)
class Outgoing:
    """A message as the desk wants it sent: already rendered for the channel."""

    key: str  # ours, unique and stable over retries
    to: Address
    text: str
    html: str | None = None
    subject: str | None = None
    files: tuple[File, ...] = ()
    cc: tuple[Address, ...] = ()
    from_name: str = ""
    reply_to: str | None = None  # the plus-address that brings the answer home
    message_id: str | None = None  # mail: with angle brackets, stored before sending
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    answers: str | None = None  # external id of the one message that this answers, to be shown as such
    thread: str | None = None
    status_url: str | None = None  # where the provider may report; its ``message`` parameter is ``key``
    auto: bool = False  # sent by no person
    stop_url: str | None = None  # mail: where its reader stops such mails, by a POST without a page (RFC 8058)
    headers: tuple[tuple[str, str], ...] = ()  # mail: further ones, whose names begin with X-
    last_inbound_at: dt.datetime | None = None  # opens the reply window of some channels


@dataclass(frozen=True)
class Cost:
    """What the provider charges: positive for a charge, in ``currency`` (ISO 4217, upper case)."""

    amount: Decimal
    currency: str
    final: bool = True


@dataclass(frozen=True)
class Receipt:
    """The provider has taken the message over. ``state`` is ``queued`` where it only promised to send."""

    external_id: str
    state: Literal["queued", "sent", "delivered"] = "sent"
    at: dt.datetime | None = None
    cost: Cost | None = None
    segments: int | None = None
    also: tuple[str, ...] = ()  # further ids, where one message left in parts


@dataclass(frozen=True)
class Profile:
    """What a provider tells about a customer."""

    name: str = ""
    locale: str = ""


# --- the connector ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pace:
    """How fast a provider takes messages. ``None`` means no limit known; a channel's ``per_minute`` setting wins."""

    per_minute: float | None = None
    burst: int = 1  # how many may leave at once after a rest
    recipient_s: float = 0.0  # between two messages to the same person


@dataclass(frozen=True)
class Capabilities:
    """What the composer obeys. ``None`` means no limit known."""

    text_limit: int | None = None
    text_unit: Literal["characters", "bytes", "utf16"] = "characters"
    segments: bool = False  # billed in SMS segments
    markup: Literal["plain", "html", "telegram"] = "plain"
    subject: bool = False
    cc: bool = False
    media: bool = False
    media_bytes: int | None = None
    media_count: int | None = None
    media_total: int | None = None  # bytes of all files of a message together
    reply_window: dt.timedelta | None = None
    starts: bool = True  # we may write first
    delivered: bool = False
    read: bool = False
    edits: bool = False
    replies: bool = False  # a message can be shown as the answer to one
    typing: bool = False
    idempotent: bool = False  # the provider documents an idempotency key: an unknown outcome may be resent
    hooks: bool = False
    polls: bool = False
    prices: bool = False
    undo_s: int = 5  # default undo window in seconds
    keep_trying: dt.timedelta = dt.timedelta(days=3)  # how long a message that does not get through is tried
    in_order: bool = True  # a message waits for the earlier ones to the same person; False where overtaking is no harm
    pace: Pace = Pace()


class Config(BaseModel):
    """A channel's settings. Fields drive the form, the command line and ``.env``: give each a ``title`` and a
    ``description`` in plain words; a secret is ``pydantic.SecretStr``."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)


class Paced(Config):
    """The settings of a channel whose provider limits how fast messages may leave."""

    per_minute: int | None = Field(
        None,
        ge=1,
        le=100_000,
        title="Messages a minute",
        description="How fast answers may leave; empty means as fast as this provider usually takes them.",
    )

    @field_validator("per_minute", mode="before")
    @classmethod
    def _empty_is_usual(cls, value: object) -> object:
        return None if value == "" else value


C = TypeVar("C", bound=Config)


class Connector(Generic[C]):
    """A provider's protocol. Subclass, set the class variables, implement the verbs that the provider has."""

    kind: ClassVar[str]  # channel kind: email sms chat telegram messenger
    title: ClassVar[str]  # as a person reads it
    Config: type[C]
    capabilities: ClassVar[Capabilities]
    grants: ClassVar[Grants[Any] | None] = None  # where accounts can be signed in to at the provider's own page
    hook_fragment: ClassVar[str] = ""  # what the hook's address has to end in where a person copies it: "#rc=5&rp=all"

    def address(self, config: C) -> str:
        """The address of ours that customers write to, canonical (E.164, lower-case mail)."""
        raise NotImplementedError

    def normalise(self, value: str) -> str:
        """One spelling per customer address on this kind of channel."""
        return value.strip()

    def must_poll(self, config: C) -> bool:
        """Whether arrivals only come by polling. Where False and ``capabilities.polls``, a poll (on start and hourly)
        lists what the provider has since the cursor to fill holes: most of it is known already, so the desk drops
        what ``parse`` gives a known id for and announces the rest as recovered."""
        return self.capabilities.polls

    def is_called(self, config: C) -> bool:
        """Whether the provider has to be told an address of ours, and arrivals come by its calls."""
        return self.capabilities.hooks and not self.must_poll(config)

    def hook_url(self, config: C, url: str) -> str:
        """What a person pastes at the provider for a hook at ``url``."""
        return url + self.hook_fragment

    def reply_window(self, config: C) -> dt.timedelta | None:
        """How long after the customer's last message we may write, or None for ever."""
        return self.capabilities.reply_window

    def challenge(self, config: C, request: Request) -> tuple[int, str] | None:
        """The answer to a provider's GET on the hook (status, plain text), or None where there is no such thing."""
        return None

    def verify(self, config: C, request: Request) -> None:
        """Returns if the provider signed ``request``; raises :class:`Refused` otherwise, and nothing else."""
        raise Refused("this channel takes no webhooks")

    def nonce(self, config: C, request: Request) -> str | None:
        """What a genuine call carries once only (80 characters at most), where the provider's signature says nothing of
        the content; None where it does. The desk turns a second call with another content away."""
        return None

    def answer(self, config: C) -> tuple[str, str]:
        """What the hook says on success: body and content type."""
        return "", "text/plain"

    def parse(self, config: C, request: Request) -> list[Item]:
        """The items of one arrival, in order; total: hostile bytes give ``Unreadable`` or ``Ignored``."""
        raise NotImplementedError

    def beginning(self, at: dt.datetime) -> dict[str, Any]:
        """The cursor of a channel that is connected at ``at``, so that the first poll, which comes later, knows what
        arrived in between; {} where the first poll is early enough."""
        return {}

    def poll(self, config: C, cursor: dict[str, Any]) -> Polled:
        """What arrived since ``cursor`` ({} at first). Raises :class:`ConnectorError`."""
        raise NotImplementedError

    def mailbox(self, config: C) -> AbstractContextManager[Mailbox]:
        """An open connection to poll and wait on; only where ``capabilities.polls`` is True and it pays."""
        raise NotImplementedError

    def send(self, config: C, outgoing: Outgoing, going_out: Callable[[], None]) -> Receipt:
        """Hands one message to the provider. Calls ``going_out()`` right before the first byte that the provider
        could accept. Raises :class:`ConnectorError`."""
        raise NotImplementedError

    def copies(self, config: C) -> bool:
        """Whether what was sent has to be filed with the provider by us, see :meth:`keep_copy`."""
        return False

    def keep_copy(self, config: C, outgoing: Outgoing, at: dt.datetime) -> bool:
        """Files a copy of what was sent ``at``, once however often it is called; gives whether it did now. Raises
        :class:`ConnectorError`."""
        raise NotImplementedError

    def price(self, config: C, receipt: Receipt) -> Cost | None:
        """What that message cost, or None while the provider does not know."""
        return None

    def media(self, config: C, ref: MediaRef) -> Attachment:
        """Fetches a file that lies with the provider, through the guard. Raises :class:`ConnectorError`."""
        raise NotImplementedError

    def profile(self, config: C, address: str) -> Profile | None:
        """What the provider tells about a customer, or None."""
        return None

    def connect(self, config: C, hook_url: str | None) -> Iterator[str]:
        """Sets the provider up to reach us (a webhook). Yields what was done, in plain sentences."""
        return iter(())

    def check(self, config: C) -> str:
        """A real round trip to the provider: one sentence on success, :class:`ConnectorError` otherwise."""
        raise NotImplementedError
