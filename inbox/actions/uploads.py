"""Files of web chat visitors: of a few harmless kinds, under a clean name, kept before any message speaks of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, select

from inbox import clock
from inbox.actions import unneeded
from inbox.errors import Busy, Invalid
from inbox.store import Upload, Work

__all__ = ["KINDS", "chosen", "clean", "keep", "owner", "sweep", "taken"]

MOST: Final = 10  # files in one message
DAILY: Final = 100 * 2**20  # bytes of one visitor in a day
UNUSED: Final = timedelta(days=1)
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WORD = "application/vnd.openxmlformats-officedocument."
#: What may be sent, by the ending of its name: its type and how such a file begins; text has no beginning of its own.
KINDS: Final[dict[str, tuple[str, tuple[bytes, ...]]]] = {
    "png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "gif": ("image/gif", (b"GIF87a", b"GIF89a")),
    "webp": ("image/webp", (b"RIFF",)),
    "pdf": ("application/pdf", (b"%PDF-",)),
    "docx": (f"{_WORD}wordprocessingml.document", (_ZIP,)),
    "xlsx": (f"{_WORD}spreadsheetml.sheet", (_ZIP,)),
    "pptx": (f"{_WORD}presentationml.presentation", (_ZIP,)),
    "odt": ("application/vnd.oasis.opendocument.text", (_ZIP,)),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", (_ZIP,)),
    "doc": ("application/msword", (_OLE,)),
    "xls": ("application/vnd.ms-excel", (_OLE,)),
    "txt": ("text/plain", ()),
    "csv": ("text/csv", ()),
}
#: Letters that turn the reading direction: they make ``exe.fdp`` look like ``pdf.exe``.
_TURNS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"*/:<>?\\|.]+')


def clean(name: str, data: bytes) -> tuple[str, str]:
    """The name under which a file is kept, with one ending and no path, and its type. Raises :class:`Invalid`."""
    last = _TURNS.sub("", name.replace("\\", "/").rpartition("/")[2]).strip()
    stem, _, ending = last.rpartition(".")
    kind, begins = KINDS.get(ending.lower(), ("", ()))
    genuine = data.startswith(begins) if begins else b"\x00" not in data
    if not kind or not data or not genuine:
        msg = "this kind of file is not taken: send a picture, a PDF, an office document or plain text"
        raise Invalid(msg, fields={"file": msg})
    return f"{_UNSAFE.sub('_', stem).strip(' _')[:100] or 'file'}.{ending.lower()}", kind


def owner(digest: str) -> str:
    """Whose file it is: the session's token is known before its first message, the visitor is not."""
    return digest[:32]


def keep(work: Work, whose: str, name: str, data: bytes, limit: int) -> Upload:
    """Keeps a file until a message takes it up. Raises :class:`Invalid` or :class:`Busy`."""
    if len(data) > limit:
        msg = f"a file may have {limit // 2**20} MB"
        raise Invalid(msg, fields={"file": msg})
    kept, kind = clean(name, data)
    today = select(func.coalesce(func.sum(Upload.size), 0)).where(
        Upload.visitor == whose, Upload.at > clock.now() - timedelta(days=1)
    )
    if (work.scalar(today) or 0) + len(data) > DAILY:
        msg = "that is enough for today: send the rest by mail"
        raise Busy(msg, retry_after=3600)
    row = Upload(visitor=whose, name=kept, content_type=kind, size=len(data), sha256=work.store.files.put(data))
    work.add(row)
    work.flush()
    return row


def chosen(work: Work, whose: str, numbers: Sequence[Any]) -> list[dict[str, Any]]:
    """A visitor's own files as a frame speaks of them. Raises :class:`Invalid` for others and for too many."""
    wanted = [one for one in numbers if isinstance(one, int) and not isinstance(one, bool)]
    rows = {
        row.id: row for row in work.scalars(select(Upload).where(Upload.id.in_(wanted[:MOST]), Upload.visitor == whose))
    }
    if len(numbers) > MOST or len(rows) != len(numbers):
        msg = f"up to {MOST} files that you have just chosen"
        raise Invalid(msg, fields={"files": msg})
    for row in rows.values():
        row.used = True
    return [
        {
            "ref": str(row.id),
            "name": row.name,
            "content_type": row.content_type,
            "bytes": row.size,
            "sha256": row.sha256,
        }
        for row in (rows[number] for number in wanted)
    ]


def taken(work: Work, ref: str) -> Upload | None:
    """The file that a frame of ours speaks of."""
    return work.get(Upload, int(ref)) if ref.isascii() and ref.isdigit() and len(ref) < 16 else None


def sweep(work: Work) -> int:
    """Forgets what no message took up; gives how many files that were."""
    old = clock.now() - UNUSED
    rows = work.scalars(select(Upload).where(Upload.used.is_(False), Upload.at < old).limit(50)).all()
    for row in rows:
        work.delete(row)
    work.flush()
    unneeded.forget(work, {row.sha256 for row in rows}, old)
    return len(rows)
