"""Telegram through a bot: webhook or polling in, messages, pictures and documents out."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import html
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from pydantic import Field, SecretStr, field_validator

from connectors import base
from connectors.base import (
    Attachment,
    Capabilities,
    Connector,
    ConnectorError,
    File,
    Item,
    MediaRef,
    Outgoing,
    Pace,
    Polled,
    Receipt,
    Refused,
    Request,
)
from connectors.call import ApiBase
from connectors.guard import Allowed, fetch
from connectors.line import target
from connectors.telegram_api import Api, Moved
from connectors.telegram_poll import UpdateBox, fill_holes, updates, webhook
from connectors.telegram_update import items
from connectors.untrusted import as_count, as_dict, as_list, as_text, from_seconds, load, unreadable

__all__ = ["Telegram", "TelegramConfig"]

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of the header
CAPTION = 1024
PHOTO_BYTES = 10_485_760
FILE_BYTES = 52_428_800
DOWNLOAD_BYTES = 20_971_520
PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp"})


class TelegramConfig(base.Paced):
    """One bot."""

    token: SecretStr = Field(
        min_length=1, title="Bot token", description="From @BotFather, such as 123456:ABC…; keep it secret."
    )
    username: str = Field("", title="Bot name", description="The bot's @name, as customers find it.")
    receive: Literal["polling", "webhook"] = Field(
        "polling",
        title="How messages come in",
        description="Polling works everywhere; a webhook is faster and needs a public https address of this desk.",
    )
    secret_token: SecretStr = Field(
        SecretStr(""),
        title="Webhook secret",
        description="Letters, digits, _ and -. Leave it empty: one is derived from the token.",
    )
    api_base: ApiBase = "https://api.telegram.org"

    @field_validator("secret_token")
    @classmethod
    def _as_telegram_takes_it(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", value.get_secret_value()):
            raise ValueError("only letters, digits, _ and -, at most 256")
        return value


class _Call(NamedTuple):
    method: str
    fields: dict[str, Any]
    files: tuple[tuple[str, File], ...] = ()


class Telegram(Connector[TelegramConfig]):
    """Telegram's Bot API. A bot cannot write first, sees no read receipts and costs nothing."""

    kind = "telegram"
    title = "Telegram"
    Config = TelegramConfig
    capabilities = Capabilities(
        text_limit=4096,
        text_unit="utf16",
        markup="telegram",
        media=True,
        media_bytes=FILE_BYTES,
        media_count=10,
        starts=False,
        edits=True,
        replies=True,
        hooks=True,
        polls=True,
        keep_trying=dt.timedelta(days=1),
        pace=Pace(1800, burst=30, recipient_s=1.0),
    )

    def address(self, config: TelegramConfig) -> str:
        """``@name`` in lower case, or the bot's number, which is the public part of its token."""
        if config.username:
            return "@" + config.username.removeprefix("@").lower()
        return "bot" + config.token.get_secret_value().partition(":")[0]

    def must_poll(self, config: TelegramConfig) -> bool:
        """True without a webhook."""
        return config.receive == "polling"

    def verify(self, config: TelegramConfig, request: Request) -> None:
        """The secret that we gave Telegram with the webhook; it signs nothing else."""
        shown = request.header(SECRET_HEADER).encode("utf-8", "replace")
        if not hmac.compare_digest(shown, _secret(config).encode()):
            raise Refused("the secret token is missing or wrong")

    def parse(self, config: TelegramConfig, request: Request) -> list[Item]:
        """One update: a message, an edit, a pressed button, a block or its end."""
        try:
            return list(items(as_dict(load(request.body)), request.moment()))
        except Exception as error:  # noqa: BLE001 - one strange update must not stop the worker
            return [unreadable(request.body, str(error))]

    def poll(self, config: TelegramConfig, cursor: dict[str, Any]) -> Polled:
        """Every new update, or with a webhook those that Telegram could not deliver."""
        if config.receive == "polling":
            return updates(_api(config), cursor)
        return fill_holes(_api(config), _secret(config), cursor)

    @contextmanager
    def mailbox(self, config: TelegramConfig) -> Iterator[UpdateBox]:
        """Long polling."""
        yield UpdateBox(_api(config))

    def send(self, config: TelegramConfig, outgoing: Outgoing, going_out: Callable[[], None]) -> Receipt:
        """One or two messages: text and files go together where the text fits under them."""
        api, sent = _api(config), list[Any]()
        calls = _calls(outgoing)
        for number, (method, fields, files) in enumerate(calls):
            # Our caller counts one start; a later part is told nothing but is no less ambiguous.
            start = going_out if number == 0 else _nothing
            seconds = 120 if files else 20
            try:
                try:
                    result = api(method, fields, files=files, going_out=start, seconds=seconds)
                except Moved as moved:
                    result = api(method, fields | {"chat_id": moved.chat}, files=files, seconds=seconds)
            except ConnectorError as error:
                if not sent:
                    raise
                failure = error
                break
            sent += as_list(result) or [result]
        else:
            return _receipt(sent)
        raise ConnectorError(
            f"the text was sent, its files did not follow: {failure.message}",
            code=failure.code,
            permanent=False,
            ambiguous=True,
        )

    def media(self, config: TelegramConfig, ref: MediaRef) -> Attachment:
        """A file of at most 20 MB, which is what Telegram hands to bots."""
        api = _api(config)
        path = as_text(as_dict(api("getFile", {"file_id": ref.ref})).get("file_path"))
        if not path:
            raise ConnectorError("Telegram no longer has this file", code="404", permanent=True)
        own = target(api.base)
        url = api.file_url(quote(path.lstrip("/")))
        answer = fetch(url, allow=(Allowed(host=own.host, port=own.port),), max_bytes=DOWNLOAD_BYTES)
        # Telegram serves everything as octet-stream; name and type are those of the update.
        return Attachment(ref.name, ref.content_type, data=answer.body, media=ref)

    def connect(self, config: TelegramConfig, hook_url: str | None) -> Iterator[str]:
        """Sets the webhook, or takes it away so that polling works."""
        api = _api(config)
        if config.receive == "webhook" and hook_url:
            api("setWebhook", webhook(hook_url, _secret(config)))
            yield "Telegram now calls this desk for every message."
        else:
            api("deleteWebhook", {"drop_pending_updates": False})
            yield "This desk now asks Telegram for messages; there is no webhook."

    def check(self, config: TelegramConfig) -> str:
        """Asks who the bot is and, with a webhook, how that fares."""
        api = _api(config)
        name = as_text(as_dict(api("getMe")).get("username"))
        if config.receive == "polling":
            return f"The bot @{name} answers."
        info = as_dict(api("getWebhookInfo"))
        if not as_text(info.get("url")):
            return f"The bot @{name} answers, but no webhook is set."
        trouble = as_text(info.get("last_error_message"))
        if trouble and as_count(info.get("pending_update_count")):
            return f"The bot @{name} answers, but its messages do not reach this desk: {trouble}"
        return f"The bot @{name} answers and its webhook is set."


def _api(config: TelegramConfig) -> Api:
    return Api(config.api_base, config.token.get_secret_value(), _secret(config))


def _secret(config: TelegramConfig) -> str:
    given = config.secret_token.get_secret_value()
    return given or hmac.new(config.token.get_secret_value().encode(), b"webhook", hashlib.sha256).hexdigest()


def _nothing() -> None:
    """Stands in for ``going_out`` after the first part."""


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _calls(outgoing: Outgoing) -> list[_Call]:
    """What to call, in order. Limits count after the markup is taken out."""
    chat: dict[str, Any] = {"chat_id": outgoing.to.value, **_answered(outgoing)}
    text = outgoing.text if outgoing.html is None else outgoing.html
    mode = {} if outgoing.html is None else {"parse_mode": "HTML"}
    plain = text if outgoing.html is None else html.unescape(re.sub(r"<[^>]*>", "", text))
    length, limit = _units(plain), Telegram.capabilities.text_limit or 0
    if length > limit:
        raise ConnectorError(
            f"a Telegram message holds at most 4,096 characters, this one has {length:,}", code="400", permanent=True
        )
    if not outgoing.files:
        return [_Call("sendMessage", {**chat, "text": text, **mode})]
    if len(outgoing.files) > (Telegram.capabilities.media_count or 0):
        raise ConnectorError("a Telegram message holds at most 10 files", code="400", permanent=True)
    under = length <= CAPTION
    caption = {"caption": text, **mode} if under and text else {}
    first = [] if under else [_Call("sendMessage", {**chat, "text": text, **mode})]
    return [*first, _files(chat, caption, outgoing.files)]


def _answered(outgoing: Outgoing) -> dict[str, Any]:
    """The message that this one answers; gone or not, the answer leaves."""
    chat, _colon, number = (outgoing.answers or "").rpartition(":")
    if chat != outgoing.to.value or not number.isdigit():
        return {}
    return {"reply_parameters": {"message_id": int(number), "allow_sending_without_reply": True}}


def _files(chat: dict[str, Any], caption: dict[str, str], files: Sequence[File]) -> _Call:
    photos = all(file.content_type in PHOTOS and len(file.data) <= PHOTO_BYTES for file in files)
    if len(files) == 1:
        method, field = ("sendPhoto", "photo") if photos else ("sendDocument", "document")
        return _Call(method, {**chat, **caption}, ((field, files[0]),))
    kind = "photo" if photos else "document"
    group: list[dict[str, str]] = [{"type": kind, "media": f"attach://file{n}"} for n in range(len(files))]
    group[0] |= caption
    return _Call("sendMediaGroup", {**chat, "media": group}, tuple((f"file{n}", f) for n, f in enumerate(files)))


def _receipt(sent: list[Any]) -> Receipt:
    ids = [
        f"{as_text(as_dict(message.get('chat')).get('id'))}:{as_text(message.get('message_id'))}"
        for message in map(as_dict, sent)
        if as_text(message.get("message_id"))
    ]
    if not ids:
        raise ConnectorError(
            "Telegram took the message, but its answer cannot be read", code="http_200", permanent=False, ambiguous=True
        )
    try:
        at = from_seconds(as_dict(sent[0]).get("date"))
    except ValueError:
        at = dt.datetime.now(dt.UTC)
    return Receipt(ids[0], "sent", at=at, also=tuple(ids[1:]))
