"""Structured log lines on standard error: readable on a terminal, JSON otherwise; no body and no secret in them."""

from __future__ import annotations

import logging
import sys

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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role or "cli")
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger; bind the ticket or channel to it."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(name)
    return logger
