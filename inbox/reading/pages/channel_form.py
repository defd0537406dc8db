"""A connector's ``Config`` as a form: its JSON schema read into fields, and what was posted read back for pydantic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["ConfigField", "config_fields", "config_input"]

FieldKind = Literal["text", "secret", "number", "switch", "select", "choices", "lines", "email", "url", "colour"]

#: What hardly anybody changes is folded away, whichever connector it belongs to.
ADVANCED = frozenset({"api_base", "graph_version", "ca_file", "size_limit_mb"})
COLOUR = "^#[0-9a-fA-F]{6}$"


@dataclass(frozen=True)
class ConfigField:
    """One setting. ``label`` and ``hint`` are the connector's English words, put through ``_()`` by the template.
    ``value`` is what stands in the control, one thing per line where it holds several; a secret is never shown,
    ``stored`` says that there is one."""

    name: str
    kind: FieldKind
    label: str
    hint: str = ""
    value: str = ""
    required: bool = False
    options: tuple[tuple[str, str], ...] = ()
    placeholder: str = ""
    stored: bool = False
    advanced: bool = False
    minimum: float | None = None
    maximum: float | None = None

    @property
    def control(self) -> str:
        """The name of its control in the form, ``config.<name>``."""
        return f"config.{self.name}"

    @property
    def chosen(self) -> frozenset[str]:
        """The boxes that are ticked."""
        return frozenset(self.value.splitlines())


def config_fields(
    schema: Mapping[str, Any],
    values: Mapping[str, Any] | None = None,
    *,
    stored: frozenset[str] = frozenset(),
) -> tuple[ConfigField, ...]:
    """The form of a ``Config.model_json_schema()``, in the order of its fields.

    ``values`` are the current settings (plain data, secrets left out), or what was posted. ``stored`` names the
    secrets that are set. A field may carry ``json_schema_extra``: ``advanced`` folds it away, ``hidden`` leaves it out,
    ``placeholder`` and ``labels`` (of an enum's values) are shown.
    """
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    required = set(schema.get("required", ()))
    definitions: Mapping[str, Mapping[str, Any]] = schema.get("$defs", {})
    now = values or {}
    return tuple(
        _field(name, _resolved(part, definitions), now, required=name in required, stored=name in stored)
        for name, part in properties.items()
        if not part.get("hidden")
    )


def config_input(
    fields: tuple[ConfigField, ...], posted: Mapping[str, str], lists: Callable[[str], list[str]] | None = None
) -> dict[str, Any]:
    """What was posted, as input for ``Config.model_validate``: switches as booleans, lines as lists, empty ones left
    out so that a default holds. An empty secret is left out too: the caller puts the stored one in its place."""
    out: dict[str, Any] = {}
    for each in fields:
        raw = posted.get(each.control, "")
        if each.kind == "switch":
            out[each.name] = raw not in {"", "0", "false", "off"}
        elif each.kind in {"lines", "choices"}:
            rows = lists(each.control) if lists is not None else [raw]
            out[each.name] = [line.strip() for row in rows for line in row.splitlines() if line.strip()]
        elif raw.strip():
            out[each.name] = raw if each.kind == "secret" else raw.strip()
    return out


def _resolved(part: Mapping[str, Any], definitions: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """``part`` with its reference followed and the ``null`` of an optional field dropped; its own words win."""
    merged = dict(part)
    for alternatives in (part.get("anyOf"), part.get("allOf"), part.get("oneOf")):
        real = [each for each in alternatives or () if each.get("type") != "null"]
        if len(real) == 1:
            merged = {**_resolved(real[0], definitions), **merged}
    reference = str(merged.get("$ref", ""))
    if reference:
        target = definitions.get(reference.rsplit("/", 1)[-1], {})
        merged = {**_resolved(target, definitions), **merged}
    return merged


def _field(
    name: str, part: Mapping[str, Any], values: Mapping[str, Any], *, required: bool, stored: bool
) -> ConfigField:
    kind = _kind(part)
    value = values.get(name, part.get("default"))
    labels: Mapping[str, str] = part.get("labels", {})
    items: Mapping[str, Any] = part.get("items", {})
    choices = part.get("enum") or items.get("enum") or ([part["const"]] if "const" in part else [])
    return ConfigField(
        name=name,
        kind=kind,
        label=str(part.get("title") or name.replace("_", " ").capitalize()),
        hint=str(part.get("description", "")),
        value="" if kind == "secret" else _shown(value),
        required=required,
        options=tuple((str(each), labels.get(str(each), str(each))) for each in choices),
        placeholder=str(part.get("placeholder", "")),
        stored=stored,
        advanced=bool(part.get("advanced", name in ADVANCED)),
        minimum=part.get("minimum", part.get("exclusiveMinimum")),
        maximum=part.get("maximum", part.get("exclusiveMaximum")),
    )


def _kind(part: Mapping[str, Any]) -> FieldKind:
    if part.get("writeOnly") or part.get("format") == "password":
        return "secret"
    if part.get("enum") or "const" in part:
        return "select"
    if part.get("items", {}).get("enum"):
        return "choices"
    if part.get("pattern") == COLOUR:
        return "colour"
    by_type: dict[str, FieldKind] = {"boolean": "switch", "integer": "number", "number": "number", "array": "lines"}
    if part.get("type") in by_type:
        return by_type[part["type"]]
    by_format: dict[str, FieldKind] = {"email": "email", "uri": "url"}
    return by_format.get(str(part.get("format", "")), "text")


def _shown(value: Any) -> str:
    """A value as it stands in a control."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else ""
    if isinstance(value, list | tuple | set | frozenset):
        return "\n".join(str(each) for each in value)
    return str(value)
