"""Views of the chat widget's documents: the iframe (``widget/frame.html``), a page to try it (``widget/try.html``)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

__all__ = ["WidgetFrame", "WidgetTry"]


@dataclass(frozen=True)
class WidgetFrame:
    """``page`` of ``widget/frame.html``. ``colour`` is ``#rrggbb`` (darkened in the browser until white reads well on
    it), ``lang`` is ``it`` or ``en`` (the door renders it in that language), ``theme`` is ``light``, ``dark`` or
    ``auto`` (``?color=``, ``?lang=`` and ``?theme=`` of the loader), ``greeting`` may be empty; ``offline_note`` stands
    above the question for an address, which is asked after the first message where ``ask_email`` says so.

    ``consent`` is asked for before anything is stored, ``before``
    (name, email, topic) before the first message; ``file_mb`` 0 takes no files. ``wait_min``
    is the usual wait (0: not known), ``back`` when it opens again, in the desk's zone."""

    site: str
    title: str
    colour: str
    lang: str
    greeting: str = ""
    online: bool = False
    wait_min: int = 0
    back: dt.datetime | None = None
    back_today: bool = False
    theme: str = "light"
    offline_note: str = ""
    ask_email: Literal["offline", "always", "never"] = "offline"
    privacy_url: str = ""
    consent: str = ""
    before: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    quick: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    file_mb: int = 0
    transcript: bool = False


@dataclass(frozen=True)
class WidgetTry:
    """``page`` of ``widget/try.html``: a plain host page. ``snippet`` is the line shown for copying."""

    site: str
    title: str
    colour: str
    lang: str
    snippet: str
