"""One source text, written with a few Markdown marks, rendered for the channel that carries it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Final

from markupsafe import Markup

from inbox.rendering import quick

__all__ = ["MARKS", "noted", "render", "written"]

#: The marks that an agent's toolbar writes. Everything else, a lone star included, stays as typed.
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_ITALIC = re.compile(r"(?<![\w_])_(?=[^\s_])(.+?)(?<=[^\s_])_(?![\w_])")
_CODE = re.compile(r"`([^`\n]+)`")
_IMAGE = re.compile(r"!\[([^\]\n]*)\]\(cid:([^\s()<>\"']{1,200})\)")  # inbox/actions/pictures.py
_LINK = re.compile(r"\[([^\]\n]+)\]\((https?://[^\s()<>\"]+)\)")
_URL = re.compile(r"(?<![\"'>=\w])(https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]])")


def _plain(text: str) -> tuple[str, None]:
    """Without marks: links keep their address behind them."""
    text = _IMAGE.sub(lambda m: f"[{m[1]}]" if m[1] else "", text)
    text = _LINK.sub(lambda m: m[1] if m[1] == m[2] else f"{m[1]} ({m[2]})", text)
    text = _BOLD.sub(r"\1", text)
    text = _ITALIC.sub(r"\1", text)
    return _CODE.sub(r"\1", text), None


def _inline(text: str, *, bold: str, italic: str, code: str, link: str, names: Sequence[str] = ()) -> str:
    """Marks to tags in escaped text; links are put aside first, so that nothing inside an address is a mark, and so are
    ``names`` that are mentioned."""
    kept: list[str] = []

    def keep(tag: str) -> str:
        kept.append(tag)
        return f"\x00{len(kept) - 1}\x00"

    text = text.replace("\x00", "")
    text = _IMAGE.sub(lambda m: keep(f'<img src="cid:{escape(m[2])}" alt="{escape(m[1])}">'), text)
    text = _CODE.sub(lambda m: keep(code.format(escape(m[1]))), text)
    text = _LINK.sub(lambda m: keep(link.format(escape(m[2]), escape(m[1]))), text)
    text = _URL.sub(lambda m: keep(link.format(escape(m[1]), escape(m[1]))), text)
    if names:
        longest = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
        text = re.sub(rf"(?<![\w@.])@({longest})(?!\w)", lambda m: keep(f'<b class="mention">{escape(m[0])}</b>'), text)
    text = escape(text, quote=False)
    text = _BOLD.sub(lambda m: bold.format(m[1]), text)
    text = _ITALIC.sub(lambda m: italic.format(m[1]), text)
    return re.sub("\x00(\\d+)\x00", lambda m: kept[int(m[1])], text)


def _mail(text: str) -> tuple[str, str]:
    """The text part without marks, and an HTML part of paragraphs."""
    body = _inline(text, bold="<b>{}</b>", italic="<i>{}</i>", code="<code>{}</code>", link='<a href="{}">{}</a>')
    paragraphs = [part.strip("\n").replace("\n", "<br>\n") for part in re.split(r"\n{2,}", body)]
    html = "\n".join(f"<p>{part}</p>" for part in paragraphs if part.strip())
    return _plain(text)[0], f"<!doctype html><html><body>{html}</body></html>"


def _telegram(text: str) -> tuple[str, str]:
    """Telegram's HTML: bold, italic, code, links; newlines stay."""
    html = _inline(text, bold="<b>{}</b>", italic="<i>{}</i>", code="<code>{}</code>", link='<a href="{}">{}</a>')
    return _plain(text)[0], html


MARKS: Final[dict[str, Callable[[str], tuple[str, str | None]]]] = {
    "plain": _plain,
    "html": _mail,
    "telegram": _telegram,
}


def render(text: str, markup: str) -> tuple[str, str | None]:
    """(plain text, HTML or None) for a channel whose ``Capabilities.markup`` is ``plain``, ``html`` or ``telegram``."""
    return MARKS[markup](quick.spelled(text))


def written(text: str) -> Markup:
    """An answer of ours as its customer reads it, for the thread."""
    return noted(text, ())


def noted(text: str, names: Sequence[str]) -> Markup:
    """A note for the thread, the ``names`` that it mentions marked."""
    link = '<a href="{}" rel="noopener nofollow" target="_blank">{}</a>'
    html = _inline(text, bold="<b>{}</b>", italic="<i>{}</i>", code="<code>{}</code>", link=link, names=names)
    return Markup(html)  # noqa: S704 - what was typed went through escape()
