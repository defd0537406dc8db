"""The wiring of the web role: store, connectors and doors meet here and nowhere else."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, request
from flask_babel import Babel
from flask_socketio import SocketIO
from flask_wtf import CSRFProtect

from connectors import registry
from inbox import api, hooks, live, web
from inbox.rendering import Stage, asset, catalogue, charts, figures, markup, sentences, templates_folder
from inbox.rendering.compiled import Compiled
from inbox.settings import Settings
from inbox.store import Store
from inbox.throttle import Throttle
from inbox.web import packed

__all__ = ["create_app"]

LARGEST = hooks.LARGEST


def create_app(settings: Settings) -> tuple[Flask, SocketIO]:
    """The web role's Flask application and its Socket.IO server. ``settings`` are prepared; the tables are migrated."""
    store = Store(settings, registry())
    throttle = Throttle(settings.redis_url)
    app = Flask("inbox", template_folder=str(templates_folder()), static_folder="web/static", root_path=str(web.FOLDER))
    app.config.update(
        SECRET_KEY=store.seal.key("session").hex(),
        SESSION_COOKIE_NAME="sportello",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
        SESSION_REFRESH_EACH_REQUEST=False,  # else every answer, the cacheable ones too, carries the cookie
        MAX_CONTENT_LENGTH=LARGEST,
        MAX_FORM_MEMORY_SIZE=2 * 2**20,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # the proxy in front ends TLS; the token itself is checked
        BABEL_DEFAULT_LOCALE="en",
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
    )
    app.jinja_options = {"bytecode_cache": Compiled(settings.data_dir / "templates", store.seal.key("templates"))}
    app.jinja_env.globals.update(asset=asset, charts=charts, figures=figures)
    app.jinja_env.filters.update(figures.FILTERS, said=sentences.said, written=markup.written, noted=markup.noted)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Babel(
        app,
        locale_selector=web.locale,
        timezone_selector=web.timezone,
        default_translation_directories=web.TRANSLATIONS,
    )
    catalogue.use(app)
    packed.serve(app)
    csrf = CSRFProtect(app)
    socketio = SocketIO(
        app,
        async_mode="threading",
        cors_allowed_origins=None,
        max_http_buffer_size=1_000_000,
        ping_interval=20,
        ping_timeout=25,
        message_queue=settings.redis_url or None,
        always_connect=False,
        cookie=None,
    )
    for blueprint in (hooks.blueprint(store, throttle), api.blueprint(store, throttle)):
        csrf.exempt(blueprint)
        app.register_blueprint(blueprint)
    web.register(app, store, throttle, csrf)
    app.extensions["live"] = live.attach(socketio, store, Stage(app, settings.base_url), throttle)
    app.after_request(_safe)
    app.extensions["sportello"] = store
    return app, socketio


def _safe(response: Response) -> Response:
    """Headers that every answer carries unless it brought stricter ones of its own."""
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault(
        "Content-Security-Policy",
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self';"
        " connect-src 'self' ws: wss:; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self';"
        " object-src 'none'",
    )
    if "frame-ancestors 'none'" in headers["Content-Security-Policy"]:
        headers.setdefault("X-Frame-Options", "DENY")
    if not request.path.startswith("/static/"):
        headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
