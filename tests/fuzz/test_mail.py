"""Any bytes are a mail: no exception, nothing that cannot be stored, and no mail that takes long."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import Inbound, Request, StatusUpdate
from connectors.email import Email, EmailConfig
from tests.fuzz.mutations import mutated, soup

CORPUS = [path.read_bytes() for path in sorted((Path(__file__).parents[1] / "fixtures" / "email").glob("*.eml"))]
CONFIG = EmailConfig(address="support@shop.example", name="La Bottega")
CPU_S = 3.0  # of a mail of at most 300 kB; hundred times what the slowest should need

connector = Email()


def read(raw: bytes) -> None:
    """Reads one and says what is wrong with what came of it."""
    begin = time.process_time()
    items = connector.parse(CONFIG, Request("PIPE", "pipe:", [("X-Envelope-To", "support@shop.example")], raw))
    assert time.process_time() - begin < CPU_S
    assert items
    for item in items:
        message = item.notice if isinstance(item, StatusUpdate) else item
        assert item.external_id
        if message is None:
            continue
        assert isinstance(message, Inbound)
        assert message.extra.get("limits") != ["error"], "our own reader failed on it"
        people = [message.sender, *message.to, *message.cc, *message.reply_to]
        files = [part for one in message.attachments for part in (one.name, one.content_type, one.content_id or "")]
        texts = [message.text, message.full_text or "", message.html or "", message.subject or "", message.external_id]
        texts += [part for one in people for part in (one.name, one.value)] + files + list(message.references)
        texts += [message.in_reply_to or "", message.thread or "", json.dumps(dict(message.extra), ensure_ascii=False)]
        if isinstance(item, StatusUpdate):
            texts += [item.reason or "", item.code or "", item.status or "", item.recipient or "", item.message or ""]
        for text in texts:
            assert "\x00" not in text
            text.encode()


@given(st.binary(max_size=3_000))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    read(raw)


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_mail_is_still_a_mail(seed: int, full: bool) -> None:
    chance = random.Random(seed)
    for _ in range(25_000 if full else 250):
        read(mutated(chance, chance.choice(CORPUS), CORPUS))


def test_pieces_of_mails_in_no_order_are_a_mail(full: bool) -> None:
    chance = random.Random(7)
    for _ in range(50_000 if full else 500):
        read(soup(chance))
