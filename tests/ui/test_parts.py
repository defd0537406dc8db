"""Every part of the agent's screen, drawn with believable values in both languages."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from inbox.reading import parts
from inbox.terms import Delivery
from tests.ui import samples, stage

LANGUAGES = ("en", "it")


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def app(language: str) -> Flask:
    return stage.application(language)


def frame(language: str = "en", **more: Any) -> dict[str, Any]:
    """What every signed-in page takes."""
    values = {
        "desk": samples.desk(language), "me": samples.me, "sidebar": samples.sidebar, "rooms": samples.rooms,
        "directory": samples.directory,
    }  # fmt: skip
    return {**values, **more}


def message(**changes: Any) -> parts.Leg:
    """The mail leg's own kind of leg around one changed message of ours."""
    last = replace(samples.telegram_leg.messages[1], **changes)
    return replace(samples.telegram_leg, messages=(last,))


PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "inbox": ("tickets/index.html", {"inbox": samples.inbox, "thread": samples.thread, "panel": samples.panel}),
    "inbox, panel later": ("tickets/index.html", {"inbox": samples.inbox, "thread": samples.thread, "panel": None}),
    "list alone": ("tickets/index.html", {"inbox": samples.inbox, "thread": None, "panel": None}),
    "empty list": ("tickets/index.html", {"inbox": samples.empty_inbox, "thread": None, "panel": None}),
    "nothing found": (
        "tickets/index.html",
        {"inbox": replace(samples.empty_inbox, query="acquario", first_id=None), "thread": None, "panel": None},
    ),
    "one channel": (
        "tickets/index.html",
        {"inbox": replace(samples.inbox, channel=samples.channels[1], tabs=()), "thread": None, "panel": None},
    ),
    "overtaken": (
        "tickets/index.html",
        {
            "inbox": samples.inbox,
            "panel": None,
            "thread": replace(samples.thread, composer=replace(samples.composer, moved=samples.moved, text="Subito!")),
        },
    ),
    "no way to answer": (
        "tickets/index.html",
        {
            "inbox": samples.inbox,
            "panel": None,
            "thread": replace(samples.thread, composer=replace(samples.composer, choices=samples.choices[-1:])),
        },
    ),
    "search": ("search/index.html", {"page": samples.search}),
    "search, nothing found": ("search/index.html", {"page": parts.SearchPage("acquario", total=0)}),
    "search, nothing asked": ("search/index.html", {"page": parts.SearchPage("")}),
}

PIECES: dict[str, tuple[str, dict[str, Any]]] = {
    "ticket alone": ("tickets/show.html", {"thread": samples.thread, "panel": samples.panel}),
    "customer alone": ("tickets/customer.html", {"panel": samples.panel}),
    "customer unknown": (
        "tickets/customer.html",
        {"panel": parts.CustomerPanel(1, parts.CustomerChip("x", "+1 202 555 0188"))},
    ),
    "further rows": ("tickets/rows.html", {"inbox": replace(samples.inbox, next=None)}),
    "palette": ("search/results.html", {"results": samples.results}),
    "stream of a row": ("tickets/streams/row.html", {"row": samples.rows[0]}),
    "stream of a leg": ("tickets/streams/item.html", {"item": samples.mail_leg, "ticket": 4821}),
    "stream of a note": ("tickets/streams/item.html", {"item": samples.note, "ticket": 4821}),
    "stream of a head": ("tickets/streams/head.html", {"head": samples.head}),
    "stream of what is gone": ("tickets/streams/gone.html", {"key": "106", "ticket": 4821}),
    "stream of a refusal": (
        "tickets/streams/moved.html", {"moved": samples.moved, "items": (samples.telegram_leg,)},
    ),
    "stream of a toast": ("tickets/streams/toast.html", {"text": "3 < 4"}),
}  # fmt: skip


def draw(app: Flask, name: str, language: str, **more: Any) -> str:
    template, values = {**PAGES, **PIECES}[name]
    return stage.render(app, template, **frame(language, **{**values, **more}))


@pytest.mark.parametrize("name", [*PAGES, *PIECES])
def test_nothing_inline_that_the_policy_forbids(app: Flask, language: str, name: str) -> None:
    html = draw(app, name, language)
    assert not re.search(r"\sstyle\s*=", html)
    assert not re.search(r"\son[a-z]+\s*=", html)
    assert "<style" not in html
    assert all("src=" in tag or "application/json" in tag for tag in re.findall(r"<script[^>]*>", html))
    assert "javascript:" not in html


@pytest.mark.parametrize("name", PAGES)
def test_an_id_stands_once_on_a_page(app: Flask, language: str, name: str) -> None:
    html = re.sub(r"<template.*?</template>", "", draw(app, name, language), flags=re.DOTALL)
    twice = [each for each, n in Counter(re.findall(r'\sid="([^"]*)"', html)).items() if n > 1]
    assert twice == []


@pytest.mark.parametrize("name", PAGES)
def test_what_a_control_names_is_on_the_page(app: Flask, language: str, name: str) -> None:
    html = draw(app, name, language)
    ids = set(re.findall(r'\sid="([^"]*)"', html))
    for attribute in ("popovertarget", "aria-controls", "for", "form", "aria-labelledby"):
        named = {each for value in re.findall(rf'\s{attribute}="([^"]*)"', html) for each in value.split()}
        assert named - ids - {"panel-customer", "panel-ticket", "panel-history"} == set(), attribute


@pytest.mark.parametrize("name", [*PAGES, *PIECES])
def test_every_icon_is_in_the_sprite(app: Flask, language: str, name: str) -> None:
    sprite = (stage.STATIC / stage.asset("sprite.svg").removeprefix("/static/")).read_text()
    drawn = set(re.findall(r"sprite-[0-9a-f]+\.svg#(i-[a-z0-9-]+)", draw(app, name, language)))
    assert drawn <= set(re.findall(r'id="(i-[a-z0-9-]+)"', sprite))


@pytest.mark.parametrize("name", ["stream of a row", "stream of a leg", "stream of a note", "stream of a head"])
def test_what_is_pushed_to_a_room_is_the_same_for_everybody(app: Flask, language: str, name: str) -> None:
    other = replace(samples.me, id=samples.giulia.id, name=samples.giulia.name, role="agent")
    assert draw(app, name, language) == draw(app, name, language, me=other, sidebar=None, rooms=(), directory=None)


def test_what_a_customer_wrote_is_never_markup(app: Flask, language: str) -> None:
    evil = '<img src=x onerror="alert(1)">'
    leg = replace(samples.sms_leg, messages=(replace(samples.sms_leg.messages[0], text=evil, from_name=evil),))
    row = replace(samples.rows[0], subject=evil, preview=evil, customer=parts.CustomerChip("x", evil))
    html = stage.render(app, "tickets/streams/item.html", **frame(language), item=leg, ticket=1)
    html += stage.render(app, "tickets/streams/row.html", **frame(language), row=row)
    assert "<img" not in html
    assert "&lt;img" in html


@pytest.mark.parametrize("state", list(Delivery))
def test_every_delivery_state_says_its_word(app: Flask, language: str, state: Delivery) -> None:
    view = parts.DeliveryView(state.value, reason="numero inesistente", may_retry=True, code="30003")
    html = stage.render(app, "tickets/streams/item.html", **frame(language), item=message(delivery=view), ticket=4821)
    label = re.search(r'<svg class="tick[^"]*" role="img" aria-label="([^"]+)"', html)
    assert label is not None
    assert label[1] != state.value
    broken = state in {Delivery.FAILED, Delivery.UNKNOWN}
    assert ("/messages/106/retry" in html) is broken
    assert ("numero inesistente" in html) is broken


def test_a_held_message_can_be_taken_back_until_it_leaves(app: Flask, language: str) -> None:
    held = parts.DeliveryView("held", held_until=samples.at("09:33"), may_cancel=True)
    html = stage.render(app, "tickets/streams/item.html", **frame(language), item=message(delivery=held), ticket=4821)
    assert 'action="/messages/106/cancel"' in html
    assert f'data-until="{samples.at("09:33").timestamp()}"' in html


@pytest.mark.parametrize("event", samples.every_event, ids=lambda event: f"{event.what} {event.value}".strip())
def test_every_event_is_a_sentence(app: Flask, language: str, event: parts.EventView) -> None:
    html = stage.render(app, "tickets/streams/item.html", **frame(language), item=event, ticket=4821)
    line = re.search(r'<span class="grow">(.*?)</span>', html, re.DOTALL)
    assert line is not None
    words = re.sub(r"<[^>]+>", "", line[1])
    assert len(words.split()) >= 2
    for part in (event.actor, event.who):
        assert part in words


@pytest.mark.parametrize(
    ("moves", "shown", "missing"),
    [
        (("resolve", "snooze", "pending"), ('data-run="resolve"', 'data-run="snooze"'), ('data-run="reopen"',)),
        (("reopen",), ('data-run="reopen"',), ('data-run="resolve"', 'data-run="snooze"')),
    ],
)
def test_only_moves_that_can_happen_are_offered(
    app: Flask, language: str, moves: tuple[str, ...], shown: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    head = replace(samples.head, moves=moves, status="resolved" if "reopen" in moves else "open")
    html = stage.render(app, "tickets/streams/head.html", **frame(language), head=head)
    assert all(each in html for each in shown)
    assert not any(each in html for each in missing)


def test_a_channel_that_is_closed_says_why_and_cannot_be_chosen(app: Flask, language: str) -> None:
    html = draw(app, "inbox", language)
    entry = re.search(r'<button class="menu-i"[^>]*data-channel="ch-messenger"[^>]*>', html)
    assert entry is not None
    assert 'aria-disabled="true"' in entry[0]
    assert "composer#choose" not in entry[0]


def test_doors_that_a_role_may_not_open_are_not_drawn(app: Flask, language: str) -> None:
    agent = replace(samples.me, role="agent", may_reports=False, may_settings=False, may_board=False)
    html = draw(app, "list alone", language, me=agent)
    assert "/settings" not in html
    assert "/reports" not in html
    assert "/board" not in html


def test_initials_and_colours_are_stable() -> None:
    assert parts.initials("Chiara Lombardi") == "CL"
    assert parts.initials("Marco De Santis") == "MS"
    assert parts.initials("Assistenza") == "A"
    assert parts.initials("+1 202 555 0188") == parts.initials("") == "#"
    assert parts.initials("@chiaralombardi") == "C"
    assert parts.tone("cust-chiara") == parts.tone("cust-chiara")
    assert {parts.tone(str(n)) for n in range(500)} == set(range(parts.TONES))


def test_the_composer_falls_back_to_a_way_that_is_open() -> None:
    closed = replace(samples.choices[0], closed="window")
    composer = replace(samples.composer, choices=(closed, *samples.choices[1:]))
    assert composer.choice == samples.choices[1]
    assert replace(composer, choices=(closed,)).choice is None
