"""How the business looks to its customers: its colour and its logo, in mails, in the chat and where one signs in."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from typing import Final

from connectors.base import File
from inbox.actions import desk
from inbox.actions.who import Who, require
from inbox.errors import Invalid
from inbox.store import Setting, Work

__all__ = ["LOGO_BYTES", "PETROL", "change", "colour", "dress", "logo", "mark", "readable"]

#: What the product has where a business has chosen nothing.
PETROL: Final = "#0b6e75"
#: A logo goes along with every mail, so it is small.
LOGO_BYTES: Final = 100_000
WHITE_TEXT: Final = 4.5
CONTENT_ID: Final = "logo@sportello"
_HEX = re.compile(r"#[0-9a-f]{6}")
_KINDS: Final[dict[str, tuple[bytes, int]]] = {
    "image/png": (b"\x89PNG\r\n\x1a\n", 0),
    "image/jpeg": (b"\xff\xd8\xff", 0),
    "image/webp": (b"WEBP", 8),
}
_ENDS: Final = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


def readable(colour: str) -> str:
    """The same hue, dark enough for white text on it and for itself as text on white: 4.5:1 at least (WCAG 2)."""
    digits = colour.strip().lower()
    channels = [int(digits[at : at + 2], 16) for at in (1, 3, 5)]
    while 1.05 / (_luminance(channels) + 0.05) < WHITE_TEXT:
        channels = [int(one * 0.96) for one in channels]
    return "#" + "".join(f"{one:02x}" for one in channels)


def _luminance(channels: list[int]) -> float:
    linear = [(one / 3294.6) if one / 255 <= 0.04045 else ((one / 255 + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def colour(work: Work) -> str:
    """The colour that was chosen, dark enough to be read; empty where none was."""
    chosen = str(desk.get(work, "desk.colour"))
    return readable(chosen) if chosen else ""


def mark(work: Work) -> str:
    """What names the present logo, empty without one: it changes with the picture."""
    return str(desk.get(work, "desk.logo_mark"))


def logo(work: Work) -> tuple[str, bytes] | None:
    """Type and bytes of the logo."""
    kept = desk.get(work, "desk.logo")
    return (str(kept["type"]), base64.b64decode(kept["data"])) if kept else None


def change(work: Work, who: Who, *, chosen: str, picture: bytes = b"", without: bool = False) -> None:
    """Sets the colour (empty: the product's) and, where one is given, the logo. Raises :class:`Invalid`."""
    require(who, "settings.change")
    wanted = chosen.strip().lower()
    if wanted and not _HEX.fullmatch(wanted):
        msg = "write the colour as #rrggbb, such as #0b6e75"
        raise Invalid(msg, fields={"colour": msg})
    desk.put(work, who, "desk.colour", wanted)
    if picture:
        _keep(work, who, picture)
    elif without and (row := work.get(Setting, "desk.logo")) is not None:
        work.delete(row)
        desk.put(work, who, "desk.logo_mark", "")


def _keep(work: Work, who: Who, picture: bytes) -> None:
    kind = next((name for name, (begin, at) in _KINDS.items() if picture[at:].startswith(begin)), "")
    if not kind or len(picture) > LOGO_BYTES:
        msg = "a logo is a PNG, JPEG or WebP picture of up to 100 kB"
        raise Invalid(msg, fields={"logo": msg})
    value = {"type": kind, "data": base64.b64encode(picture).decode("ascii")}
    row = work.get(Setting, "desk.logo")
    if row is None:
        work.add(Setting(name="desk.logo", value=value))
    else:
        row.value = value
    desk.put(work, who, "desk.logo_mark", hashlib.sha256(picture).hexdigest()[:16])


def dress(work: Work, html: str) -> tuple[str, tuple[File, ...]]:
    """A mail's HTML in the business's colour with its logo and name, and the files that belong to it; as it was where
    neither colour nor logo was chosen."""
    shade, picture = colour(work), logo(work)
    head, found, rest = html.partition("<body>")
    if not found or not (shade or picture):
        return html, ()
    name = escape(str(desk.get(work, "desk.name")))
    shade = shade or PETROL
    inner = rest.removesuffix("</body></html>")
    shown = f'<p><img src="cid:{CONTENT_ID}" alt="{name}" height="40"></p>' if picture else ""
    dressed = (
        f'{head}<body><div style="border-top:4px solid {shade};padding-top:16px">{shown}{inner}'
        f'<p style="color:{shade};font-weight:bold">{name}</p></div></body></html>'
    )
    if picture is None:
        return dressed, ()
    kind, data = picture
    return dressed, (File(f"logo.{_ENDS[kind]}", kind, data, content_id=CONTENT_ID),)
