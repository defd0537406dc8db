"""Structured log lines on standard error: readable on a terminal, JSON otherwise; no body and no secret in them."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import TextIO

import structlog

__all__ = ["configure", "get"]


def configure(level: str = "INFO", role: str = "") -> None:
    """Sets the process's log up once; ``role`` (web, worker) is on every line."""
    terminal = sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if not terminal:
        shared.append(structlog.processors.format_exc_info)
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if terminal
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=lambda *_names: _Printer(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role or "cli")
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")


class _Printer(structlog.PrintLogger):
    """Prints lines; one that cannot be printed is lost, and whoever wrote it goes on: a disk that is full of logs must
    refuse no call and end no thread of the worker."""

    def __init__(self, file: TextIO) -> None:
        super().__init__(file)

    def msg(self, message: str) -> None:
        with contextlib.suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger; bind the ticket or channel to it."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(name)
    return logger
