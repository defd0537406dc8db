"""Files of messages, served so that none of them can run here."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, request

from inbox.actions import drafts
from inbox.errors import NotFound
from inbox.reading.parts import AUDIO
from inbox.store import Attachment
from inbox.web.gate import store, who
from inbox.web.messages import visible_message

__all__ = ["INLINE", "blueprint", "safe_headers"]

blueprint = Blueprint("attachments", __name__)
PDF = "application/pdf"
#: What a browser may show in place; everything else is downloaded.
INLINE = {"image/png", "image/jpeg", "image/gif", "image/webp", PDF, *AUDIO}
#: Nothing of a file may run or fetch. Browsers show a PDF in a process of their own, which ``sandbox`` would forbid.
POLICIES = {PDF: "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"}
SANDBOXED = "sandbox; default-src 'none'; frame-ancestors 'self'"


def safe_headers(name: str, content_type: str, *, download: bool = False) -> dict[str, str]:
    """Headers for a file that a stranger sent: its type only if harmless, never a page of ours, a clean name."""
    shown = content_type in INLINE and not download
    ascii_name = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in name) or "file"
    way = "inline" if shown else "attachment"
    return {
        "Content-Type": content_type if shown else "application/octet-stream",
        "Content-Disposition": f"{way}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": POLICIES.get(content_type, SANDBOXED) if shown else SANDBOXED,
        "Cache-Control": "private, max-age=86400",
    }


@blueprint.get("/attachments/<int:id>")
def show(id: int) -> Response:
    """The bytes."""
    with store().reading() as work:
        row = work.get(Attachment, id)
        if row is None or row.message_id is None or row.sha256 is None:
            msg = "this file is not here (yet)"
            raise NotFound(msg)
        visible_message(work, row.message_id)
    download = request.args.get("download") == "1"
    data = store().files.get(row.sha256)
    response = Response(data, headers=safe_headers(row.name, row.content_type, download=download))
    response.make_conditional(request, accept_ranges=True, complete_length=len(data))  # a player looks for its place
    return response


@blueprint.get("/uploads/<int:id>")
def uploaded(id: int) -> Response:
    """The bytes of a file of one's own draft."""
    with store().reading() as work:
        row = drafts.stored(work, who(), id)
    return Response(store().files.get(row.sha256), headers=safe_headers(row.name, row.content_type))
