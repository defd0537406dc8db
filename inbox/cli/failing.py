"""From any error to one plain sentence and an exit code."""

from __future__ import annotations

import click

__all__ = ["sentence"]

USAGE, REFUSED, BROKEN, STOPPED, PIPE = 2, 1, 70, 130, 141


def sentence(error: BaseException) -> tuple[str, int]:
    """What to say (nothing for whoever pressed Ctrl-C) and the code to end with."""
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return "", STOPPED
    if isinstance(error, BrokenPipeError):
        return "", PIPE
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return error.format_message(), USAGE
    if isinstance(error, click.UsageError):
        where = f"; see: {error.ctx.command_path} --help" if error.ctx is not None else ""
        return _line(error.format_message().rstrip(".") + where), USAGE
    if isinstance(error, click.ClickException):
        return _line(error.format_message()), error.exit_code
    if isinstance(error, OSError):
        return _line(f"{error.strerror or error}: {error.filename}" if error.filename else str(error)), REFUSED
    return _library(error)


def _library(error: BaseException) -> tuple[str, int]:
    """Errors of parts that are imported only by the commands that use them."""
    from pydantic import ValidationError
    from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

    from connectors.base import ConnectorError
    from inbox.errors import Problem

    cause = error.__cause__
    if isinstance(cause, DBAPIError):
        error = cause if _no_tables(cause) else error
    match error:
        case Problem():
            return _line(error.detail), REFUSED
        case ConnectorError():
            return _line(error.message), REFUSED
        case ValidationError():
            wrong = error.errors()[0]
            name = ".".join(str(part) for part in wrong["loc"]).upper()
            return _line(f"{name} in the environment is wrong: {wrong['msg']}"), REFUSED
        case DBAPIError() if _no_tables(error):
            return "the database has no tables, or those of another version; run: sportello migrate", REFUSED
        case IntegrityError():
            return _line(f"the database refused a row, and nothing of this was written: {error.orig}"), REFUSED
        case SQLAlchemyError():
            reason = str(getattr(error, "orig", None) or error)
            return _line(f"the database cannot be reached; check DATABASE_URL and DATA_DIR: {reason}"), REFUSED
    text = f"an error of its own stopped sportello ({type(error).__name__}: {error})"
    return _line(f"{text}; run it again with SPORTELLO_DEBUG=1 to see where"), BROKEN


def _no_tables(error: BaseException) -> bool:
    text = str(getattr(error, "orig", error))
    return any(mark in text for mark in ("no such table", "no such column", "UndefinedTable", "does not exist"))


def _line(text: str) -> str:
    return " ".join(text.split())[:500]
