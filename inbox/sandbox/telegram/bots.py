"""The Telegram stand-in's inside: bots, private chats, what was said in them, and the updates that tell of it."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import asdict, dataclass, field
from typing import Any

from inbox.sandbox import ids
from inbox.sandbox.accounts import Bot, default_bot
from inbox.sandbox.files import Blob, Upload
from inbox.sandbox.ledger import Entry, Ledger, now
from inbox.sandbox.people import known_by
from inbox.sandbox.stage import Stage
from inbox.sandbox.telegram.errors import TelegramError
from inbox.sandbox.telegram.updates import Pending, Updates

__all__ = ["Bots", "Line"]


@dataclass
class Line:
    """One bot with its queue and its chats. ``messages`` is keyed by chat and message id, for both directions."""

    bot: Bot
    updates: Updates
    messages: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    blocked: set[int] = field(default_factory=set)
    last_message: int = 100
    last_update: int = 0

    @property
    def chats(self) -> set[int]:
        """Everybody who ever wrote to this bot."""
        return {chat for chat, _ in self.messages}


class Bots:
    """Everything that Telegram would know. Safe from any thread; rebuilt from its ledger on start."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.ledger = Ledger(stage.state / "telegram.jsonl")
        self.lines: dict[str, Line] = {}
        self.files: dict[str, Blob] = {}
        self._lock = threading.RLock()
        self._add(default_bot())
        for entry in self.ledger.entries():
            self._apply(entry)

    def resume(self) -> None:
        """Posts what an earlier run could not."""
        for line in self.lines.values():
            line.updates.start_posting()

    def close(self) -> None:
        """Ends every long poll."""
        for line in self.lines.values():
            line.updates.wake()
        self.ledger.close()

    def add(self, username: str) -> Bot:
        """One more bot, with the token that its name always has."""
        bot = default_bot(username)
        if bot.token not in self.lines:
            self._apply(self.ledger.append("bot", username=username))
        return bot

    def line(self, username: str | None) -> Line:
        """The bot of that name, or the first. Raises ``ValueError``."""
        for line in self.lines.values():
            if username in (None, "", line.bot.username):
                return line
        raise ValueError(f"there is no bot {username}")

    # --- what customers do ----------------------------------------------------------------------------------------

    def receive(
        self,
        line: Line,
        chat: int,
        text: str,
        files: list[Upload] | None = None,
        *,
        person: dict[str, Any] | None = None,
        reply_to: int | None = None,
    ) -> list[Pending]:
        """A customer writes; several pictures make an album of as many updates."""
        group = {"media_group_id": ids.digits(17)} if files and len(files) > 1 else {}
        parts = [self._attached(upload) | group for upload in files or []] or [{}]
        sent = []
        for number, part in enumerate(parts):
            words = {"caption" if part else "text": text} if text and number == 0 else {}
            message = self._inbound(line, chat, person) | words | part
            if text.startswith("/") and "text" in words:
                length = len(text.split(maxsplit=1)[0])
                message["entities"] = [{"offset": 0, "length": length, "type": "bot_command"}]
            if reply_to is not None and (chat, reply_to) in line.messages:
                message["reply_to_message"] = line.messages[chat, reply_to]
            sent.append(self._update(line, "received", "message", message, text if number == 0 else ""))
        return sent

    def edit(self, line: Line, chat: int, message_id: int, text: str) -> Pending:
        """A customer changes what they wrote. Raises ``ValueError``."""
        old = line.messages.get((chat, message_id))
        if old is None or old["from"]["is_bot"]:
            raise ValueError("that is not a message of the customer")
        message = old | {"text": text, "edit_date": int(now().timestamp())}
        return self._update(line, "edited", "edited_message", message, text)

    def press(self, line: Line, chat: int, message_id: int, data: str) -> Pending:
        """A customer presses a button under one of our messages."""
        query = {
            "id": ids.digits(18),
            "from": self._person(chat, None),
            "message": line.messages.get((chat, message_id), {}),
            "chat_instance": ids.digits(19, f"chat {chat}"),
            "data": data,
        }
        return self._update(line, "pressed", "callback_query", query, data)

    def react(self, line: Line, chat: int, message_id: int, emoji: str) -> Pending:
        """A customer puts a reaction on a message; an empty one takes it away."""
        reaction = {
            "chat": self._chat(chat, None),
            "message_id": message_id,
            "user": self._person(chat, None),
            "date": int(now().timestamp()),
            "old_reaction": [],
            "new_reaction": [{"type": "emoji", "emoji": emoji}] if emoji else [],
        }
        return self._update(line, "reacted", "message_reaction", reaction, emoji)

    def block(self, line: Line, chat: int, *, blocked: bool) -> Pending:
        """A customer blocks the bot, or lets it in again."""
        user = {"id": line.bot.id, "is_bot": True, "first_name": line.bot.name, "username": line.bot.username}
        states = ("member", "kicked") if blocked else ("kicked", "member")
        change = {
            "chat": self._chat(chat, None),
            "from": self._person(chat, None),
            "date": int(now().timestamp()),
            "old_chat_member": {"user": user, "status": states[0]},
            "new_chat_member": {"user": user, "status": states[1]} | ({"until_date": 0} if blocked else {}),
        }
        return self._update(line, "membership", "my_chat_member", change, states[1])

    def _update(self, line: Line, what: str, kind: str, content: dict[str, Any], text: str) -> Pending:
        with self._lock:
            update = {"update_id": line.last_update + 1, kind: content}
            chat = content.get("chat") or content.get("message", {}).get("chat") or {"id": content["from"]["id"]}
            entry = self.ledger.append(
                what,
                id=f"{chat['id']}:{content.get('message_id', '')}",
                bot=line.bot.id,
                to=line.bot.username,
                **{"from": str(chat["id"])},
                text=text,
                update=update,
            )
            self._apply(entry, live=True)
        return line.updates.add(update, f"{chat['id']} {text}")

    def _inbound(self, line: Line, chat: int, person: dict[str, Any] | None) -> dict[str, Any]:
        with self._lock:
            line.last_message += 1
            return {
                "message_id": line.last_message,
                "from": self._person(chat, person),
                "chat": self._chat(chat, person),
                "date": int(now().timestamp()),
            }

    def _person(self, chat: int, person: dict[str, Any] | None) -> dict[str, Any]:
        known = known_by("telegram", str(chat))
        base = {"first_name": known.first_name, "last_name": known.last_name} if known else {"first_name": "Customer"}
        language = {"language_code": known.language if known else "en"}
        return {"id": chat, "is_bot": False} | base | language | (person or {})

    def _chat(self, chat: int, person: dict[str, Any] | None) -> dict[str, Any]:
        named = self._person(chat, person)
        kept = {name: named[name] for name in ("first_name", "last_name", "username") if name in named}
        return {"id": chat} | kept | {"type": "private"}

    # --- what the desk does ---------------------------------------------------------------------------------------

    def accept(self, line: Line, chat: int, content: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
        """Takes a message of the bot over and returns it as the API shows it; ``facts`` are for the judge.

        Raises :class:`TelegramError`.
        """
        with self._lock:
            if chat not in line.chats:
                known = known_by("telegram", str(chat))
                code = 403 if known else 400
                raise TelegramError(
                    code,
                    "Forbidden: bot can't initiate conversation with a user"
                    if known
                    else "Bad Request: chat not found",
                )
            if chat in line.blocked:
                raise TelegramError(403, "Forbidden: bot was blocked by the user")
            line.last_message += 1
            bot = line.bot
            message = {
                "message_id": line.last_message,
                "from": {"id": bot.id, "is_bot": True, "first_name": bot.name, "username": bot.username},
                "chat": self._chat(chat, None),
                "date": int(now().timestamp()),
            } | content
            entry = self.ledger.append(
                "accepted",
                id=f"{chat}:{message['message_id']}",
                bot=bot.id,
                to=str(chat),
                **{"from": bot.username},
                message=message,
                **facts,
            )
            self._apply(entry)
            return message

    def keep(self, upload: Upload) -> Blob:
        """Stores a file and gives it a file id."""
        blob = self.stage.files.put(upload)
        self._apply(self.ledger.append("file", file_id=f"BQACAgQAAx{ids.url_token(60)}", blob=asdict(blob)))
        return blob

    def file_id(self, blob: Blob) -> str:
        """The id by which the bot knows a file."""
        return next(file_id for file_id, kept in self.files.items() if kept == blob)

    def _attached(self, upload: Upload) -> dict[str, Any]:
        return self.describe(self.keep(upload), as_photo=upload.content_type in ("image/jpeg", "image/png"))

    def describe(self, blob: Blob, *, as_photo: bool) -> dict[str, Any]:
        """A message's ``photo`` or ``document``."""
        file = {"file_id": self.file_id(blob), "file_unique_id": f"AgAD{blob.id[:12]}", "file_size": blob.bytes}
        if as_photo:
            small = file | {"file_unique_id": f"AQAD{blob.id[:12]}", "width": 90, "height": 67}
            return {"photo": [small, file | {"width": 1280, "height": 960}]}
        return {"document": {"file_name": blob.name, "mime_type": blob.content_type} | file}

    # --- memory ---------------------------------------------------------------------------------------------------

    def set_webhook(self, line: Line, settings: dict[str, Any] | None, allowed: list[str], *, drop: bool) -> None:
        """Remembers where a bot's updates go."""
        entry = self.ledger.append("webhook", bot=line.bot.id, settings=settings, allowed=allowed)
        self._apply(entry)
        line.updates.set_webhook(settings, drop=drop)

    def _add(self, bot: Bot) -> None:
        first = int(ids.digits(9, bot.token))
        self.lines[bot.token] = Line(bot, Updates(self.stage, bot, self.ledger), last_update=first)

    def _apply(self, entry: Entry, *, live: bool = False) -> None:
        with self._lock:
            line = next((item for item in self.lines.values() if item.bot.id == entry.get("bot")), None)
            match entry["what"]:
                case "bot":
                    self._add(default_bot(entry["username"]))
                case "file":
                    self.files[entry["file_id"]] = Blob(**entry["blob"])
                case "webhook" if line:
                    line.updates.webhook, line.updates.allowed = entry["settings"], entry["allowed"]
                case "confirmed" if line:
                    line.updates.forget(entry["update_ids"])
                case "accepted" if line:
                    self._remember(line, entry["message"])
                case _ if line and "update" in entry:
                    self._tell(line, entry, live=live)

    def _remember(self, line: Line, message: dict[str, Any]) -> None:
        line.messages[message["chat"]["id"], message["message_id"]] = message
        line.last_message = max(line.last_message, message["message_id"])

    def _tell(self, line: Line, entry: Entry, *, live: bool) -> None:
        update = entry["update"]
        line.last_update = update["update_id"]
        if message := update.get("message") or update.get("edited_message"):
            self._remember(line, message)
            line.blocked.discard(message["chat"]["id"])
        if change := update.get("my_chat_member"):
            blocked = change["new_chat_member"]["status"] == "kicked"
            (line.blocked.add if blocked else line.blocked.discard)(change["chat"]["id"])
        if not live:
            line.updates.restore(update, dt.datetime.fromisoformat(entry["time"]).timestamp())
