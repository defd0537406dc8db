"""The catalogue of the reader's language, looked up once per drawing: a page asks it for hundreds of sentences."""

from __future__ import annotations

from typing import Any

from flask import Flask, g
from flask_babel import get_locale, get_translations
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

__all__ = ["use"]


def _catalogue() -> Any:
    locale = get_locale()
    if locale is None:  # outside of any request
        return get_translations()
    kept = g.get("catalogue")
    if kept is None or kept[0] is not locale:  # the language may change in the middle, by force_locale
        kept = g.catalogue = (locale, get_translations())
    return kept[1]


@pass_context
def _say(context: Context, said: str, /, **values: Any) -> str:
    """As Jinja's own ``_``, without its two detours on the way to the catalogue."""
    text: str = _catalogue().ugettext(said)
    if context.eval_ctx.autoescape:
        text = Markup(text)  # noqa: S704  (the desk's own sentences; what is put into them is escaped)
    return text % values if "%" in text else text


def use(app: Flask) -> None:
    """Lets the application's templates take their sentences from there."""
    environment: Any = app.jinja_env
    environment.install_gettext_callables(
        lambda said: _catalogue().ugettext(said),
        lambda one, many, n: _catalogue().ungettext(one, many, n),
        newstyle=True,
        pgettext=lambda context, said: _catalogue().upgettext(context, said),
        npgettext=lambda context, one, many, n: _catalogue().unpgettext(context, one, many, n),
    )
    environment.globals.update(_=_say, gettext=_say)
