"""Structured log lines on standard error: readable on a terminal, JSON otherwise; no body and no secret in them."""

from __future__ import annotations

import contextlib
import logging
import sys
from io import RawIOBase
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
    refuse no call and end no thread of the worker. Past the buffer, which would keep such a line for later and, once
    it is full, halves of lines."""

    def __init__(self, file: TextIO) -> None:
        super().__init__(file)
        self._raw: RawIOBase | None = getattr(getattr(file, "buffer", None), "raw", None)

    def msg(self, message: str) -> None:
        with contextlib.suppress(OSError):
            if self._raw is None:
                super().msg(message)
                return
            left = f"{message}\n".encode(errors="backslashreplace")
            with self._lock:
                while left and (written := self._raw.write(left)):
                    left = left[written:]

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger; bind the ticket or channel to it."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(name)
    return logger
