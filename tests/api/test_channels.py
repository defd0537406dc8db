"""The channels' health for programs."""

from __future__ import annotations

from inbox.actions import channels
from inbox.store import Channel
from tests.api.conftest import Api, Desk


def test_each_channel_tells_how_it_is(call: Api, desk: Desk) -> None:
    desk.text()
    mail, texts = call.get("/channels")["items"]
    assert (mail["name"], mail["health"], mail["heard_at"], mail["proof"]) == ("support-mail", "ok", None, None)
    assert (texts["name"], texts["today"], texts["queue"], texts["problem"]) == ("shop-sms", 1, 0, None)
    assert texts["heard_at"] is not None
    assert texts["arrived_at"] is not None
    assert call.get(f"/channels/{texts['id']}") == texts


def test_a_broken_channel_says_what_to_do(call: Api, desk: Desk) -> None:
    with desk.store.transaction() as work:
        channels.broken(work, work.get_one(Channel, desk.mail.id), "login", "the password is wrong")
    found = call.get("/channels/support-mail")
    assert found["health"] == "bad"
    assert found["problem"]["detail"] == "the password is wrong"
    assert found["problem"]["do"] == "enter the channel's login again"
    assert found["problem"]["since"] is not None


def test_a_channel_that_is_not_there_and_a_role_that_may_not(call: Api) -> None:
    call.refused("GET", "/channels/nowhere", 404, "not-found")
    call.of("luca").refused("GET", "/channels", 403, "forbidden")
