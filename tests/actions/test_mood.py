"""What customers write is scored as it comes in; automatic and older mail is not, and agents' words never are."""

from __future__ import annotations

from typing import Any

from connectors.base import Inbound
from inbox.actions import reply
from inbox.reading import figures
from inbox.sentiment import MODEL
from inbox.store import Event
from tests.actions.conftest import SmallDesk


def moods(desk: SmallDesk) -> list[dict[str, Any]]:
    with desk.store.reading() as work:
        return [event.data for event in work.query(Event).filter_by(kind="sentiment").order_by(Event.seq)]


def test_a_message_of_a_customer_is_scored_under_the_models_name(desk: SmallDesk) -> None:
    taken = desk.take(desk.text("Pessimo servizio, sono furioso"))
    [mood] = moods(desk)
    assert (mood["msg"], mood["model"]) == (str(taken.message), MODEL)
    assert mood["score"] < -0.5


def test_automatic_and_older_mail_and_what_agents_write_have_no_mood(desk: SmallDesk) -> None:
    first = desk.take(desk.letter("Sono fuori ufficio, un disastro", auto="reply"), desk.mail)
    desk.take(desk.letter("Pessimo, anni fa"), desk.mail, imported=True)
    assert first.ticket is not None
    with desk.store.transaction() as work:
        reply.reply(work, desk.who(), first.ticket, text="Che disastro, ci dispiace")
    assert moods(desk) == []


def test_a_corrected_message_is_scored_again(desk: SmallDesk) -> None:
    first = desk.text("Tutto perfetto, grazie mille")
    desk.take(first)
    desk.take(Inbound("edit-1", sender=first.sender, text="Tutto pessimo", at=first.at, edits=first.external_id))
    good, bad = moods(desk)
    assert good["msg"] == bad["msg"]
    assert bad["score"] < 0 < good["score"]


def test_the_report_counts_each_case_by_its_last_mood(desk: SmallDesk) -> None:
    desk.take(desk.text("Non funziona niente, che vergogna"))
    desk.take(desk.text("Perfetto, ora funziona tutto. Siete bravissimi!"))
    desk.take(desk.text("A che ora aprite?", sender="+447700900456"))
    desk.take(desk.text("Servizio orribile", sender="+447700900789"))
    with desk.store.reading() as work:
        row = figures.report(work, first="2020-01-01", end="2100-01-01")["all"]
    assert [row[f"sent.{name}"] for name in ("n", "pos", "neu", "neg")] == [3, 1, 1, 1]
