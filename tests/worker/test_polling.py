"""Fetching from providers: holes are filled, a busy database is no fault of a channel, nothing stops a drain."""

from __future__ import annotations

import threading

import pytest

from connectors import registry
from inbox.actions import channels
from inbox.sandbox.client import attachment
from inbox.store import Message, Store
from inbox.worker import Worker, pollers
from inbox.worker.journal import work_due
from tests.sandbox.conftest import TWIN_PNG, until
from tests.worker.conftest import Heard, Workshop, held

NOBODY = "http://127.0.0.1:9"
ANNA = "+447700900188"


def polled(shop: Workshop, channel: str) -> int:
    """One poll, and what it brought read; gives how many arrivals were kept."""
    kept = pollers.poll_once(shop.store, channel)
    work_due(shop.store)
    return kept


def test_what_a_desk_that_was_off_missed_by_sms_is_fetched_once_in_order_and_counted(shop: Workshop) -> None:
    channel = shop.connect("sms")
    assert polled(shop, channel) == 0  # the first look only notes the time
    for words in ("prima", "seconda", "terza"):
        shop.sandbox.sms.receive(ANNA, words, wait=0)  # nobody told the sandbox where the desk is
    assert polled(shop, channel) == 3
    assert polled(shop, channel) == 0
    with shop.store.reading() as work:
        assert [row.text for row in work.query(Message).order_by(Message.id)] == ["prima", "seconda", "terza"]
    assert [event["missed"] for event in shop.events("channel.recovered")] == [3]


def test_what_telegram_could_not_deliver_is_fetched_once_and_counted(shop: Workshop) -> None:
    channel = shop.connect("telegram")
    with shop.store.reading() as work:
        config = channels.config_of(work, shop.channel(channel))
    list(shop.store.connectors["telegram"].connect(config, f"{NOBODY}/hooks/telegram/{channel}"))
    for words in ("Ci siete?", "Ehi"):
        shop.sandbox.telegram.receive(700142, words, wait=0)  # nobody answers there
    assert polled(shop, channel) == 2
    polled(shop, channel)
    with shop.store.reading() as work:
        assert [row.text for row in work.query(Message).order_by(Message.id)] == ["Ci siete?", "Ehi"]
    assert [event["missed"] for event in shop.events("channel.recovered")] == [2]


def test_holes_are_looked_for_at_the_start_and_again_each_hour(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pollers, "HOURLY", 0.2)
    channel = shop.connect("sms")
    crew = pollers.Pollers(shop.store, lambda: None)
    crew.follow()
    until(lambda: shop.channel(channel).polled_at)
    shop.sandbox.sms.receive(ANNA, "Nessuno risponde?", wait=0)
    until(lambda: work_due(shop.store))
    crew.stop()
    assert shop.outcomes() == ["message"]


def test_a_locked_database_is_no_fault_of_the_mailbox_and_mail_comes_as_soon_as_it_is_free(
    impatient_shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard()
    monkeypatch.setattr(pollers, "log", heard)
    monkeypatch.setattr(pollers, "SHORTEST", 0.05)
    shop = impatient_shop
    channel = shop.connect("email")
    crew = pollers.Pollers(shop.store, lambda: None)
    crew.follow()
    until(lambda: shop.channel(channel).polled_at, 20)
    with held(shop.store):
        shop.sandbox.email.receive("chiara@studio.example", "Il sito è giù", "Aiuto")
        until(lambda: "database poll" in heard.lines, 20)
    until(lambda: work_due(shop.store), 20)
    crew.stop()
    assert (shop.outcomes(), shop.channel(channel).problem) == (["message"], "")


def test_a_key_that_does_not_fit_stops_no_drain(shop: Workshop) -> None:
    texts = shop.connect("sms")
    polled(shop, texts)
    shop.sandbox.sms.receive(ANNA, "Ecco la foto", wait=0, files=[attachment("foto.png", TWIN_PNG)])
    polled(shop, texts)  # a price and a picture are due from now on
    settings = shop.store.settings.model_copy(update={"secret_key": "another key"})
    worker = Worker(Store(settings, registry()))
    line = threading.Thread(target=worker.drain, daemon=True)
    line.start()
    line.join(60)
    assert not line.is_alive()
    worker.store.close()
    assert shop.channel(texts).problem_code == "key"
    with shop.store.reading() as work:
        assert work.query(Message).one().attachments[0].problem is None  # no try was counted


def test_a_connector_that_breaks_keeps_no_other_channel_from_being_drained(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_anything: object) -> None:
        raise RuntimeError("a bug of the connector")

    shop.connect("email")
    texts = shop.connect("sms")
    polled(shop, texts)
    shop.sandbox.sms.receive(ANNA, "Ciao", wait=0)
    monkeypatch.setattr(type(shop.store.connectors["email"]), "poll", broken)
    Worker(shop.store).drain()
    assert shop.outcomes() == ["message"]
