"""Pictures in the text of an answer: ``![what it shows](name of the file)`` stands where the picture is to be seen."""

from __future__ import annotations

import re
import uuid
from typing import Final

from inbox.store import Attachment, Message

__all__ = ["place", "resolved", "shown"]

MARK: Final = re.compile(r"!\[([^\]\n]*)\]\(([^()\n]{1,255})\)")
#: What every mail program shows.
KINDS: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def place(message: Message, domain: str) -> None:
    """Gives each picture that its text names a content id; for a channel that shows pictures within the text."""
    named = {name for _alt, name in MARK.findall(message.text)}
    for one in message.attachments:
        if one.name in named and one.content_type in KINDS and not one.linked:
            one.content_id, one.inline = f"{uuid.uuid4().hex}@{domain}", True


def resolved(message: Message) -> str:
    """The text with each mark as the renderer takes it: ``cid:`` for a picture that is shown there, else its words."""
    files = {one.name: one for one in message.attachments}
    return MARK.sub(lambda mark: _said(mark, files.get(mark[2])), message.text)


def shown(message: Message) -> str:
    """The text as the desk shows it: the pictures stand below it anyway."""
    names = {one.name for one in message.attachments}
    return MARK.sub(lambda mark: f"[{mark[1] or mark[2]}]" if mark[2] in names else mark[0], message.text)


def _said(mark: re.Match[str], file: Attachment | None) -> str:
    if file is None:
        return mark[0]
    return f"![{mark[1]}](cid:{file.content_id})" if file.inline and file.content_id and not file.linked else mark[1]
