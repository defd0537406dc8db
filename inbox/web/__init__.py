"""The agent's pages: HTML over HTTP, every action a form that also works without scripts."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_wtf import CSRFProtect

from inbox.store import Store
from inbox.throttle import Throttle
from inbox.web import agents, attachments, boards, gate, health, messages, reports, searches, sessions, setups, tickets
from inbox.web.gate import locale, timezone

__all__ = ["FOLDER", "TRANSLATIONS", "locale", "register", "timezone"]

FOLDER = Path(__file__).resolve().parent.parent
TRANSLATIONS = str(FOLDER / "translations")
PAGES = (tickets, messages, attachments, agents, searches, boards, reports, sessions, setups, health)


def register(app: Flask, store: Store, throttle: Throttle, csrf: CSRFProtect) -> None:
    """Hangs every page's blueprint in, behind the gate."""
    del store, csrf
    app.extensions["throttle"] = throttle
    gate.guard(app)
    for module in PAGES:
        app.register_blueprint(module.blueprint)
