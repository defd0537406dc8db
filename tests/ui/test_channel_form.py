"""A connector's configuration as a form: every connector's own, there and back."""

from __future__ import annotations

import enum
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, SecretStr, ValidationError

from connectors import registry
from inbox.reading.pages import ConfigField, config_fields, config_input


class Region(enum.StrEnum):
    EUROPE = "eu"
    AMERICA = "us"


class Config(BaseModel):
    server: str = Field(
        title="Server", description="Where it stands.", json_schema_extra={"placeholder": "mail.example"}
    )
    password: SecretStr = Field(title="Password")
    port: int = Field(993, ge=1, le=65_535, title="Port")
    region: Region = Field(Region.EUROPE, title="Region")
    folders: list[str] = Field(default_factory=lambda: ["INBOX"], title="Folders")
    languages: tuple[Literal["it", "en"], ...] = Field(("it", "en"), title="Languages")
    live: bool = Field(default=True, title="Live")
    note: str | None = Field(default=None, title="Note")
    colour: str = Field("#0b6e75", pattern="^#[0-9a-fA-F]{6}$", title="Colour")
    api_base: str = Field("https://api.example", title="API")
    inner: str = Field("x", json_schema_extra={"hidden": True})


def fields(**values: Any) -> dict[str, ConfigField]:
    return {each.name: each for each in config_fields(Config.model_json_schema(), values)}


def test_each_kind_of_setting_gets_its_own_kind_of_control() -> None:
    assert {name: each.kind for name, each in fields().items()} == {
        "server": "text",
        "password": "secret",
        "port": "number",
        "region": "select",
        "folders": "lines",
        "languages": "choices",
        "live": "switch",
        "note": "text",
        "colour": "colour",
        "api_base": "text",
    }


def test_titles_hints_defaults_and_limits_come_from_the_configuration() -> None:
    found = fields(region="us")
    assert (found["server"].label, found["server"].hint, found["server"].placeholder) == (
        "Server",
        "Where it stands.",
        "mail.example",
    )
    assert (found["server"].required, found["port"].required) == (True, False)
    assert (found["port"].value, found["port"].minimum, found["port"].maximum) == ("993", 1, 65_535)
    assert (found["region"].value, [value for value, _ in found["region"].options]) == ("us", ["eu", "us"])
    assert found["languages"].chosen == {"it", "en"}
    assert (found["api_base"].advanced, found["server"].advanced) == (True, False)


def test_a_secret_never_comes_back_into_the_page() -> None:
    found = config_fields(Config.model_json_schema(), {"password": "ponte"}, stored=frozenset({"password"}))
    secret = next(each for each in found if each.kind == "secret")
    assert (secret.value, secret.stored) == ("", True)


def test_what_is_posted_is_what_the_configuration_reads() -> None:
    posted = {
        "config.server": ["  mail.example "],
        "config.password": [" ponte "],
        "config.port": ["143"],
        "config.region": ["us"],
        "config.folders": ["INBOX\r\n\r\nArchivio\r\n"],
        "config.languages": ["en"],
        "config.colour": ["#7a4a22"],
        "config.note": [""],
        "config.api_base": [""],
    }
    first = {name: values[0] for name, values in posted.items()}
    found = config_input(config_fields(Config.model_json_schema()), first, lambda name: posted.get(name, []))
    read = Config.model_validate(found)
    assert (read.server, read.port, read.region) == ("mail.example", 143, Region.AMERICA)
    assert read.password.get_secret_value() == " ponte "
    assert (read.folders, read.languages) == (["INBOX", "Archivio"], ("en",))
    assert (read.live, read.note, read.api_base) == (False, None, "https://api.example")


def test_an_empty_secret_is_left_out_so_that_the_stored_one_can_take_its_place() -> None:
    found = config_input(config_fields(Config.model_json_schema()), {"config.server": "a", "config.password": ""})
    assert "password" not in found
    with pytest.raises(ValidationError):
        Config.model_validate(found)


@pytest.mark.parametrize("kind", registry())
def test_the_form_of_every_connector_can_be_drawn_and_its_defaults_survive_the_round(kind: str) -> None:
    schema = registry()[kind].Config.model_json_schema()
    drawn = config_fields(schema)
    assert drawn
    posted = {each.control: each.value.splitlines() or [""] for each in drawn}
    found = config_input(drawn, {name: "\n".join(rows) for name, rows in posted.items()}, lambda name: posted[name])
    for each in drawn:
        default = schema["properties"][each.name].get("default")
        if each.kind == "secret" or default in (None, "", [], ()):
            continue
        expected = list(default) if isinstance(default, list | tuple) else default
        assert str(found[each.name]) == str(expected), each.name
