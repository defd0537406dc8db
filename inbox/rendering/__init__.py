"""Drawing: the one Jinja environment, the built assets by name, and pieces rendered outside of any request."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, render_template
from flask_babel import force_locale

from inbox.settings import home

__all__ = ["LANGUAGES", "STATIC", "Stage", "asset", "templates_folder"]

LANGUAGES = ("en", "it")
STATIC = Path(__file__).resolve().parent.parent / "web" / "static"


def templates_folder() -> Path:
    """Where the templates lie, in checkout and wheel."""
    return home() / "templates"


@cache
def _manifest() -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads((STATIC / "manifest.json").read_text())
    except FileNotFoundError:
        msg = "the browser's part is not built; run: make setup"
        raise RuntimeError(msg) from None
    return found


def asset(name: str) -> str:
    """The address of a built file, its name with a hash. Raises ``KeyError`` for one that was not built."""
    return f"/static/{_manifest()[name]}"


class Stage:
    """Draws templates for sockets: no request, so no cookie and no token of anybody can get into what all will see."""

    def __init__(self, app: Flask, base_url: str) -> None:
        self.app = app
        self.base_url = base_url

    def draw(self, template: str, language: str, **parts: Any) -> str:
        """One template in one language."""
        with self.app.test_request_context("/", base_url=self.base_url), force_locale(language):
            return render_template(template, **parts)
