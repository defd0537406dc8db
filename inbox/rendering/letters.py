"""Figures as a mail: in words, as a table, as a file; drawn outside of any request, in its reader's language."""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from typing import Final, NamedTuple

from flask import Flask, render_template
from flask_babel import Babel, force_locale
from flask_babel import gettext as _

from inbox.reading.definitions import defined
from inbox.reading.pages.sheets import SheetsPage
from inbox.rendering import charts, figures, sentences, templates_folder, workbooks

__all__ = ["Letter", "report"]

#: Stands in a letter for the address at which its reader stops it: each has their own.
_STOP: Final = "urn:stop"
_TAGS = re.compile(r"<[^>]+>")
_BLANK = re.compile(r" +")
_LINES = re.compile(r"\s*\n\s*\n\s*")


class Letter(NamedTuple):
    """A mail without its addresses; ``book`` is None where every card was refused."""

    subject: str
    text: str
    html: str
    file: str
    book: bytes | None

    def stopped_at(self, link: str) -> Letter:
        """The same for the one who stops it by that link."""
        return self._replace(text=self.text.replace(_STOP, link), html=self.html.replace(_STOP, link))


@cache
def _stage() -> Flask:
    """An application for its templates alone: it answers nothing."""
    app = Flask("letters", template_folder=str(templates_folder()), static_folder=None)
    app.jinja_env.globals.update(charts=charts, figures=figures)
    app.jinja_env.filters.update(figures.FILTERS, said=sentences.said)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Babel(app, default_translation_directories=str(sentences.TRANSLATIONS), default_locale="en")
    return app


def report(page: SheetsPage, *, name: str, desk: str, link: str, manage: str, language: str) -> Letter:
    """A page of figures as a mail. ``link`` opens the page, ``manage`` the list of reports by mail."""
    with _stage().test_request_context("/"), force_locale(language):
        said = workbooks.about(page.asked, _(page.word), page.rebuilt)
        values = {"page": page, "name": name, "said": said, "link": link, "manage": manage, "defined": defined}
        values["stop"] = _STOP
        html = render_template("reports/mail.html", desk=desk, language=language, **values)
        days = figures.period(page.asked.period.start, page.asked.period.end)
        shown = [one for one in page.sheets if not one.refused]
        book = workbooks.workbook(shown, said, page.currency) if shown else None
    file = f"{page.name}-{page.asked.period.start}-{page.asked.period.end}.xlsx"
    return Letter(f"[{desk}] {name}, {days}", _plain(html), html, file, book)


def _plain(html: str) -> str:
    """The same words without marks, one row of a table in a line."""
    body = html[html.index("<body") :]
    for mark, sign in (
        ("</td>", "\t"),
        ("</th>", "\t"),
        ("<li>", "– "),
        ("</li>", "\n"),
        ("</p>", "\n\n"),
        ("</tr>", "\n"),
    ):
        body = body.replace(mark, sign)
    body = re.sub(r'<a href="([^"]+)"[^>]*>(.*?)</a>', r"\2: \1", body, flags=re.DOTALL)
    lines = (_BLANK.sub(" ", unescape(_TAGS.sub("", line))).strip().replace("\t", "   ") for line in body.splitlines())
    return _LINES.sub("\n\n", "\n".join(lines)).strip() + "\n"
