"""From a request's bytes to checked values: the query, the JSON or multipart body, the files."""

from __future__ import annotations

import json
import re
from typing import Any, Final, TypeVar

from flask import Request
from pydantic import BaseModel, ValidationError

from inbox.actions.reply import Upload
from inbox.api.problems import Malformed
from inbox.api.routes import Route
from inbox.errors import Invalid

__all__ = ["FILES", "JSON_LIMIT", "body", "limit", "query"]

M = TypeVar("M", bound=BaseModel)

JSON_LIMIT: Final = 2 * 2**20
FILES_TOTAL: Final = 2  # times the limit of one attachment
FILES: Final = "attachments"
DEEPEST: Final = 20
#: What a database cannot keep in a text: NUL, and half of a surrogate pair.
UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def limit(route: Route, attachment_limit_mb: int) -> int:
    """How many bytes a request to that address may have; base64 makes files a third longer."""
    return JSON_LIMIT + (FILES_TOTAL * attachment_limit_mb * 2**20 * 4 // 3 if route.uploads else 0)


def query(model: type[M], request: Request) -> M:
    """What stands behind the question mark; an empty value is none. Raises :class:`Invalid`."""
    twice = [name for name, values in request.args.lists() if len(values) > 1]
    if twice:
        msg = "say it once"
        raise Invalid(msg, fields=dict.fromkeys(twice, msg))
    values = {name: value for name, value in request.args.items() if value != ""}
    return _checked(model, values)


def body(model: type[M], request: Request, *, uploads: bool) -> tuple[M, tuple[Upload, ...]]:
    """The body, and the files of a multipart form (those of JSON are in the body).

    Raises :class:`Malformed` where it cannot be read and :class:`Invalid` where it is not what is taken.
    """
    if uploads and request.mimetype == "multipart/form-data":
        values = {name: value for name, value in request.form.items() if value != ""}
        files = tuple(
            Upload(one.filename or "file", one.mimetype or "application/octet-stream", one.read())
            for one in request.files.getlist(FILES)
        )
        return _checked(model, values), files
    return _checked(model, _json(request.get_data(cache=False))), ()


def _json(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw.decode("utf-8-sig")) if raw.strip() else {}
    except (ValueError, RecursionError) as error:
        raise Malformed(f"the body is not JSON: {str(error)[:200]}") from None
    if not isinstance(value, dict):
        raise Malformed("the body is not a JSON object")
    return value


def _storable(value: Any, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise Malformed("the body is nested too deeply")
    if isinstance(value, str) and UNSTORABLE.search(value):
        raise Malformed("a text holds a character that cannot be stored")
    if isinstance(value, dict):
        _storable(list(value), depth)
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            _storable(inner, depth + 1)


def _checked(model: type[M], values: dict[str, Any]) -> M:
    _storable(values)
    try:
        return model.model_validate(values)
    except ValidationError as problem:
        fields: dict[str, str] = {}
        for one in problem.errors(include_url=False, include_context=False, include_input=False):
            name = ".".join(str(part) for part in one["loc"]) or "body"
            fields.setdefault(name, one["msg"].removeprefix("Value error, "))
        sentence = "; ".join(f"{name}: {text}" for name, text in fields.items())
        raise Invalid(sentence, fields=fields) from None
