"""Every mail of the corpus reads as the paper beside it says: strange bytes, one truth each."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Attachment, Inbound, Item, Request, StatusUpdate
from connectors.email import Email, EmailConfig

CORPUS = Path(__file__).parents[1] / "fixtures" / "email"
RECEIVED = dt.datetime(2026, 5, 4, 12, 0, tzinfo=dt.UTC)
CONFIG = EmailConfig(address="support@shop.example", name="La Bottega")
NAMES = sorted(path.stem for path in CORPUS.glob("*.eml"))
MARKS = ("calendar", "signed", "encrypted", "limits", "no_auto_reply")

connector = Email()


def read(name: str) -> tuple[list[Item], dict[str, Any], bytes]:
    """The items of one mail, what is expected of them, and its bytes."""
    paper = json.loads((CORPUS / f"{name}.json").read_text())
    raw = (CORPUS / f"{name}.eml").read_bytes()
    headers = [(key, value) for key, value in paper.get("request", [])]
    return connector.parse(CONFIG, Request("PIPE", "pipe:", headers, raw, RECEIVED)), paper["expect"], raw


def message_of(items: list[Item]) -> Inbound:
    """The message, or the notice that came with the news of another."""
    first = items[0]
    message = first.notice if isinstance(first, StatusUpdate) else first
    assert isinstance(message, Inbound)
    return message


def people(addresses: Any) -> list[dict[str, str]]:
    return [{"name": one.name, "address": one.value} for one in addresses]


def file(one: Attachment) -> dict[str, Any]:
    assert one.data is not None
    told: dict[str, Any] = {
        "name": one.name,
        "content_type": one.content_type,
        "bytes": len(one.data),
        "sha256": hashlib.sha256(one.data).hexdigest(),
        "inline": one.inline,
    }
    return told | ({"content_id": one.content_id} if one.content_id else {})


def status(one: Item) -> dict[str, Any]:
    assert isinstance(one, StatusUpdate)
    names = ("state", "status", "code", "message", "recipient", "permanent", "complaint", "reason")
    return {name: getattr(one, name) for name in names}


def told(message: Inbound) -> dict[str, Any]:
    """The message in the words of the papers."""
    facts: dict[str, Any] = {
        "external_id": message.external_id,
        "subject": message.subject,
        "from": people([message.sender])[0],
        "to": people(message.to),
        "cc": people(message.cc),
        "reply_to": people(message.reply_to),
        "text": message.text,
        "full_text": message.full_text if message.full_text is not None else message.text,
        "html": message.html or "",
        "in_reply_to": message.in_reply_to,
        "references": list(message.references),
        "reply_tokens": list(message.reply_tokens),
        "subject_token": message.subject_token,
        "thread": message.thread,
        "auto": message.auto,
        "echo": message.echo,
        "date": message.date.isoformat() if message.date else None,
        "attachments": [file(one) for one in message.attachments],
        "attachment_names": [one.name for one in message.attachments],
        "attachment_count": len(message.attachments),
        "to_count": len(message.to),
    }
    return facts | {name: message.extra.get(name) for name in MARKS}


def assert_as_expected(expected: dict[str, Any], items: list[Item], raw: bytes) -> None:
    message = message_of(items)
    facts = told(message)
    statuses = [status(one) for one in items if isinstance(one, StatusUpdate)]
    assert len(statuses) == len(expected.get("statuses", []))
    for wanted, found in zip(expected.get("statuses", []), statuses, strict=True):
        assert wanted.pop("reason_has", "") in (found["reason"] or "")
        assert {key: found[key] for key in wanted} == wanted
    for key, wanted in expected.items():
        if key == "statuses":
            continue
        if key == "last_attachment_is_the_mail":
            assert message.attachments[-1].data == raw
        elif key.endswith("_has"):
            assert wanted in facts[key.removesuffix("_has")]
        elif key.endswith("_starts"):
            assert facts[key.removesuffix("_starts")].startswith(wanted)
        else:
            assert (key, facts[key]) == (key, wanted)


@pytest.mark.parametrize("name", NAMES)
def test_reads_as_its_paper_says(name: str) -> None:
    items, expected, raw = read(name)
    assert_as_expected(expected, items, raw)


@pytest.mark.parametrize("name", NAMES)
def test_reads_the_same_twice_and_can_be_stored(name: str) -> None:
    first, _, raw = read(name)
    again, _, _ = read(name)
    assert first == again
    message = message_of(first)
    assert message.at == RECEIVED
    assert message.extra["size"] == len(raw)
    for text in (message.text, message.full_text or "", message.html or "", message.subject or "", message.external_id):
        assert "\x00" not in text
        text.encode()
    json.dumps(dict(message.extra))


def test_the_corpus_is_as_large_as_it_was_said_to_be() -> None:
    assert len(NAMES) >= 150
    assert {path.stem for path in CORPUS.glob("*.json")} == set(NAMES)
