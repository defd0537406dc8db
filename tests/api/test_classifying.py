"""What a message was, and a ticket left out of net FCR, said and taken back by the API."""

from __future__ import annotations

from tests.api.conftest import Api, Desk


def last_in(call: Api, number: int) -> int:
    return int(call.get(f"/tickets/{number}/messages")["items"][-1]["id"])


def test_a_thanks_closes_what_it_had_opened_and_undo_opens_it(call: Api, desk: Desk) -> None:
    number = desk.text("Il sito è giù")
    call.post(f"/tickets/{number}/replies", {"text": "Ora va", "client_key": "a", "then": "resolve"}, status=201)
    assert desk.text("Grazie!") == number
    message = last_in(call, number)
    said = call.of("luca").post(f"/messages/{message}/classify", {"what": "ack"})
    assert said["message"]["meant"] == "ack"
    assert call.get(f"/tickets/{number}")["status"] == "resolved"
    [line] = [one for one in call.get("/events", ticket=number)["items"] if one["id"] == said["event"]]
    assert (line["kind"], line["msg"], line["ack"]) == ("msg.classify", str(message), True)
    assert call.post(f"/messages/{message}/classify", {"what": "ack"})["event"] is None
    assert call.post(f"/events/{said['event']}/undo", {})["ticket"]["status"] == "open"
    assert call.get(f"/messages/{message}")["meant"] is None
    automatic = call.post(f"/messages/{message}/classify", {"what": "auto"})
    assert (automatic["message"]["auto"], automatic["message"]["meant"]) == ("other", None)
    back = call.post(f"/messages/{message}/classify", {"what": None})
    assert back["message"]["auto"] is None
    assert call.get(f"/tickets/{number}")["status"] == "open"


def test_what_makes_no_sense_is_refused(call: Api, desk: Desk) -> None:
    number = desk.text("Il sito è giù")
    ours = call.post(f"/tickets/{number}/replies", {"text": "Ora va", "client_key": "a"}, status=201)["id"]
    call.post(f"/messages/{ours}/classify", {"what": "ack"}, status=409)
    call.post(f"/messages/{ours}/classify", {"what": "spam"}, status=422)
    call.post("/messages/999/classify", {"what": "ack"}, status=404)
    call.post("/tickets/999/fcr-exempt", status=404)


def test_a_ticket_is_left_out_of_fcr_once_and_counted_again(call: Api, desk: Desk) -> None:
    number = desk.text("Il sito è giù")
    done = call.of("luca").post(f"/tickets/{number}/fcr-exempt")
    assert done["ticket"]["id"] == number
    [line] = [one for one in call.get("/events", ticket=number)["items"] if one["id"] == done["event"]]
    assert line["kind"] == "ticket.fcr_exempt"
    assert call.post(f"/tickets/{number}/fcr-exempt")["event"] is None
    call.post(f"/events/{done['event']}/undo", {})
    assert call.post(f"/tickets/{number}/fcr-exempt")["event"] is not None
