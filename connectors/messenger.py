"""Facebook Messenger of one page: signed batches in, the Send API out."""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

from pydantic import Field, SecretStr

from connectors import base
from connectors.base import (
    Attachment,
    Capabilities,
    Connector,
    ConnectorError,
    Item,
    MediaRef,
    Outgoing,
    Profile,
    Receipt,
    Refused,
    Request,
)
from connectors.call import ApiBase
from connectors.guard import Allowed, fetch
from connectors.line import target
from connectors.messenger_api import Graph
from connectors.messenger_event import items
from connectors.untrusted import as_dict, as_text, load, unreadable

__all__ = ["Messenger", "MessengerConfig"]

SIGNATURE = "X-Hub-Signature-256"
WINDOW = dt.timedelta(hours=24)
HUMAN_WINDOW = dt.timedelta(days=7)
FILE_BYTES = 26_214_400
FIELDS = (
    "messages,messaging_postbacks,message_reads,message_deliveries,message_reactions,message_edits,message_echoes,"
    "messaging_referrals"
)
MEDIA_HOSTS = ("fbcdn.net", "fbsbx.com")


class MessengerConfig(base.Paced):
    """One Facebook page, through an app of the owner's."""

    page_id: str = Field(min_length=1, title="Page ID", description="The number of the page, under About.")
    page_token: SecretStr = Field(
        min_length=1, title="Page access token", description="From the app's Messenger settings; does not expire."
    )
    app_secret: SecretStr = Field(
        min_length=1, title="App secret", description="From the app's basic settings; it signs what Meta sends."
    )
    verify_token: SecretStr = Field(
        min_length=1, title="Verify token", description="A word of your choice; enter the same at Meta's webhook form."
    )
    app_id: str = Field(
        "", title="App ID", description="Lets the desk recognise its own messages when Meta repeats them."
    )
    human_agent: bool = Field(
        False,
        title="Human Agent permission",
        description="The app may answer for 7 days instead of 24 hours; Meta grants this by review.",
    )
    graph_version: str = Field(
        "v25.0",
        pattern=r"^v\d{1,3}\.\d{1,2}$",
        title="Graph API version",
        description="Each version lives about two years.",
    )
    api_base: ApiBase = "https://graph.facebook.com"


class Messenger(Connector[MessengerConfig]):
    """Meta's Messenger Platform."""

    kind = "messenger"
    title = "Facebook Messenger"
    Config = MessengerConfig
    capabilities = Capabilities(
        text_limit=1999,
        media=True,
        media_bytes=FILE_BYTES,
        media_count=10,
        reply_window=WINDOW,
        starts=False,
        delivered=True,
        read=True,
        edits=True,
        replies=True,
        typing=True,
        hooks=True,
        keep_trying=dt.timedelta(days=1),
    )

    def address(self, config: MessengerConfig) -> str:
        """The page's number."""
        return config.page_id

    def reply_window(self, config: MessengerConfig) -> dt.timedelta | None:
        """24 hours, or 7 days with Meta's permission."""
        return HUMAN_WINDOW if config.human_agent else WINDOW

    def challenge(self, config: MessengerConfig, request: Request) -> tuple[int, str] | None:
        """Meta's subscription check: the challenge comes back only for the right word."""
        query = request.query
        shown = query.get("hub.verify_token", "").encode("utf-8", "replace")
        right = hmac.compare_digest(shown, config.verify_token.get_secret_value().encode())
        if right and query.get("hub.mode") == "subscribe":
            return 200, query.get("hub.challenge", "")
        return 403, ""

    def verify(self, config: MessengerConfig, request: Request) -> None:
        """HMAC-SHA256 with the app secret over the raw body; the older SHA-1 header counts for nothing."""
        digest = hmac.new(config.app_secret.get_secret_value().encode(), request.body, sha256).hexdigest()
        shown = request.header(SIGNATURE).encode("utf-8", "replace")
        if not hmac.compare_digest(shown, f"sha256={digest}".encode()):
            raise Refused("the signature is missing or wrong")

    def parse(self, config: MessengerConfig, request: Request) -> list[Item]:
        """Up to 1,000 events of one call. An echo of another app's (or the page inbox's) message is an Inbound with
        ``echo``, sent by the page ``to`` the customer."""
        try:
            return list(items(as_dict(load(request.body)), config.page_id, config.app_id))
        except Exception as error:  # noqa: BLE001 - a strange envelope must not stop the worker
            return [unreadable(request.body, str(error))]

    def send(self, config: MessengerConfig, outgoing: Outgoing, going_out: Callable[[], None]) -> Receipt:
        """Text and each file are messages of their own, in that order; the receipt names the first, ``also`` the rest.
        Not idempotent."""
        common = {"recipient": {"id": outgoing.to.value}, **_permission(config, outgoing)}
        parts = _parts(outgoing)
        graph, ids = _graph(config), list[str]()
        # Meta's marks (delivered, read) are whole milliseconds from its acceptance on: ours must not lie after them.
        now = dt.datetime.now(dt.UTC)
        started = now.replace(microsecond=now.microsecond // 1000 * 1000)
        for message, file in parts:
            start = going_out if not ids else _nothing
            answers = {"reply_to": {"mid": outgoing.answers}} if outgoing.answers and not ids else {}
            try:
                said = graph.post(
                    f"{config.page_id}/messages",
                    {**common, **answers, "message": message},
                    file=file,
                    going_out=start,
                )
            except ConnectorError as error:
                if not ids:
                    raise
                failure = error
                break
            ids.append(as_text(said.get("message_id")))
        else:
            return _receipt(ids, started)
        raise ConnectorError(
            f"{len(ids)} of {len(parts)} parts were sent, then: {failure.message}",
            code=failure.code,
            permanent=False,
            ambiguous=True,
        )

    def media(self, config: MessengerConfig, ref: MediaRef) -> Attachment:
        """A file from Meta's CDN; its address is signed and dies soon."""
        api = target(config.api_base)
        answer = fetch(ref.ref, hosts=MEDIA_HOSTS, allow=(Allowed(host=api.host, port=api.port),))
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        return Attachment(ref.name, kind or ref.content_type, data=answer.body, media=ref)

    def profile(self, config: MessengerConfig, address: str) -> Profile | None:
        """First and last name; None where Meta does not tell (no consent)."""
        if not address.isalnum():
            return None
        try:
            said = _graph(config).get(address, fields="first_name,last_name")
        except ConnectorError as error:
            if error.permanent and not error.reauth:
                return None
            raise
        return Profile(f"{as_text(said.get('first_name'))} {as_text(said.get('last_name'))}".strip())

    def connect(self, config: MessengerConfig, hook_url: str | None) -> Iterator[str]:
        """Subscribes the page to the app; the app's webhook address itself is entered at Meta."""
        _graph(config).post(f"{config.page_id}/subscribed_apps", {"subscribed_fields": FIELDS})
        yield "The page now sends its messages to the app."

    def check(self, config: MessengerConfig) -> str:
        """Asks for the page with the page's own token."""
        said = _graph(config).get(config.page_id, fields="id,name")
        if as_text(said.get("id")) not in ("", config.page_id):
            raise ConnectorError("the token belongs to another page", code="login", permanent=True, reauth=True)
        return f"The page {as_text(said.get('name')) or config.page_id} answers."


def _graph(config: MessengerConfig) -> Graph:
    secrets = (config.app_secret.get_secret_value(), config.verify_token.get_secret_value())
    return Graph(config.api_base, config.graph_version, config.page_token.get_secret_value(), *secrets)


def _nothing() -> None:
    """Stands in for ``going_out`` after the first part."""


def _permission(config: MessengerConfig, outgoing: Outgoing) -> dict[str, str]:
    """By what right we write. Without a known last message Meta itself decides."""
    if outgoing.last_inbound_at is None:
        return {"messaging_type": "RESPONSE"}
    passed = dt.datetime.now(dt.UTC) - outgoing.last_inbound_at
    if passed <= WINDOW:
        return {"messaging_type": "RESPONSE"}
    # The tag is for what a person typed, so nothing automatic may use it.
    if config.human_agent and passed <= HUMAN_WINDOW and not outgoing.auto:
        return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    raise ConnectorError("the reply window is closed: the customer has to write first", code="window", permanent=True)


def _parts(outgoing: Outgoing) -> list[tuple[dict[str, Any], Any]]:
    limit = Messenger.capabilities.text_limit or 0
    if len(outgoing.text) > limit:
        raise ConnectorError(
            f"a Messenger message holds fewer than 2,000 characters, this one has {len(outgoing.text):,}",
            code="100",
            permanent=True,
        )
    named = {"metadata": outgoing.key[:999]}
    parts: list[tuple[dict[str, Any], Any]] = []
    if outgoing.text or not outgoing.files:
        parts.append(({"text": outgoing.text, **named}, None))
    for file in outgoing.files:
        noun = file.content_type.partition("/")[0]
        kind = noun if noun in ("image", "audio", "video") else "file"
        parts.append(({"attachment": {"type": kind, "payload": {}}, **named}, file))
    return parts


def _receipt(ids: list[str], at: dt.datetime) -> Receipt:
    if not all(ids):
        raise ConnectorError(
            "Messenger took the message, but its answer cannot be read",
            code="http_200",
            permanent=False,
            ambiguous=True,
        )
    return Receipt(ids[0], "sent", at=at, also=tuple(ids[1:]))
