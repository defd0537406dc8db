"""The OpenAPI 3.1 document, drawn from the table of addresses and the models that really read and write."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from inbox.actions.who import RIGHTS
from inbox.api import problems
from inbox.api.reading import FILES
from inbox.api.routes import WORDS, Binary, Route
from inbox.shapes import Shape
from inbox.terms import Role

__all__ = ["document"]

TEMPLATE = "#/components/schemas/{model}"
ABOUT = """Everything an agent can do, for programs. Lists come as `{"items": […], "next": cursor|null}`: `next` goes
into `after` for the following page. Times are RFC 3339 in UTC with milliseconds; what is not known is null. Errors are
problem documents (RFC 9457) whose `detail` is one plain sentence. Fields are added over time and never renamed."""

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Which problem; its last word is stable."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and what to do, in one sentence."},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Which input is wrong, and why.",
        },
    },
}


def document(routes: Iterable[Route], base: str) -> dict[str, Any]:
    """The document; ``base`` is the address under which the API is reached."""
    lines = list(routes)
    refusals = "; ".join(f"{kind.status} {problems.title(kind)}" for kind in problems.KNOWN.values())
    names, schemas = _schemas(lines)
    paths: dict[str, dict[str, Any]] = {}
    for route in lines:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, names)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sportello", "version": version("sportello"), "description": ABOUT},
        "servers": [{"url": base}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": {**schemas, "Problem": PROBLEM},
            "responses": {
                "Problem": {
                    "description": refusals,
                    "content": {problems.CONTENT_TYPE: {"schema": {"$ref": TEMPLATE.format(model="Problem")}}},
                }
            },
        },
    }


Names = dict[Any, dict[str, Any]]


def _schemas(lines: list[Route]) -> tuple[Names, dict[str, Any]]:
    """Where each model's schema lies, and all schemas."""
    bodies = {route.body for route in lines if route.body is not None}
    answers = {one for route in lines for some in route.gives.values() for one in some if not isinstance(one, Binary)}
    found, whole = models_json_schema(
        [
            *((model, "validation") for model in sorted(bodies, key=lambda model: model.__name__)),
            *((model, "serialization") for model in sorted(answers, key=lambda model: model.__name__)),
        ],
        by_alias=True,
        ref_template=TEMPLATE,
    )
    return {model: schema for (model, _mode), schema in found.items()}, dict(whole.get("$defs", {}))


def _operation(route: Route, names: Names) -> dict[str, Any]:
    role = RIGHTS.get(route.right, Role.AGENT)
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary.rstrip("."),
        "description": route.description + ("" if route.public else f" Needs the role {role.value}."),
        "parameters": [*_path(route), *_query(route)],
        "responses": {
            **{str(status): _answer(route, some, names) for status, some in route.gives.items()},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }
    if route.public:
        operation["security"] = []
    if route.body is not None:
        operation["requestBody"] = _body(route, route.body, names)
    return operation


def _path(route: Route) -> list[dict[str, Any]]:
    kinds: dict[str, dict[str, Any]] = {name: {"type": "string"} for name in WORDS}
    return [
        {"name": name, "in": "path", "required": True, "schema": kinds.get(name, {"type": "integer", "minimum": 0})}
        for name in route.numbers
    ]


def _query(route: Route) -> list[dict[str, Any]]:
    whole = route.query.model_json_schema(by_alias=True, ref_template=TEMPLATE)
    kept = whole.get("$defs", {})
    required = set(whole.get("required", ()))
    found = []
    for name, schema in whole.get("properties", {}).items():
        facts = {"name": name, "in": "query", "required": name in required, "schema": _inlined(schema, kept)}
        if "description" in schema:
            facts["description"] = schema["description"]
        found.append(facts)
    return found


def _inlined(schema: Any, kept: dict[str, Any]) -> Any:
    """A parameter's schema without references (they are words of one enum) and without null: it is left out instead."""
    if isinstance(schema, list):
        return [_inlined(one, kept) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return kept[schema["$ref"].rpartition("/")[2]]
    plain = {name: _inlined(one, kept) for name, one in schema.items() if name not in {"description", "title"}}
    some = [one for one in plain.pop("anyOf", []) if one != {"type": "null"}]
    if plain.get("default", ...) is None:
        del plain["default"]
    return {**plain, **some[0]} if len(some) == 1 else {**plain, **({"anyOf": some} if some else {})}


def _answer(route: Route, some: tuple[type[Shape] | Binary, ...], names: Names) -> dict[str, Any]:
    content: dict[str, Any] = {}
    words = []
    for one in some:
        if isinstance(one, Binary):
            kind = "object" if one.content_type == "application/json" else "string"
            content[one.content_type] = {"schema": {"type": kind}}
            words.append(one.description)
        else:
            content["application/json"] = {"schema": names[one]}
            words.append(" ".join((one.__doc__ or "").split()))
    headers = {name: {"description": said, "schema": {"type": "string"}} for name, said in route.headers.items()}
    return {"description": " ".join(words), "content": content, **({"headers": headers} if headers else {})}


def _body(route: Route, model: type[BaseModel], names: Names) -> dict[str, Any]:
    content = {"application/json": {"schema": names[model]}}
    if route.uploads:
        whole = model.model_json_schema(by_alias=True)
        fields = {name: one for name, one in whole["properties"].items() if name != FILES}
        fields[FILES] = {"type": "array", "items": {"type": "string", "contentMediaType": "application/octet-stream"}}
        content["multipart/form-data"] = {
            "schema": {"type": "object", "properties": fields, "required": whole.get("required", [])}
        }
    required = any(field.is_required() for field in model.model_fields.values())
    return {"required": required, "content": content}
