"""One's own keys: what may be one, and that no two commands have the same."""

from __future__ import annotations

import pytest

from inbox.actions import keys
from inbox.errors import Invalid
from inbox.store import Agent
from tests.actions.conftest import SmallDesk


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"reply": "q"}, set()),
        ({"reply": "n", "note": "r"}, set()),  # changed places
        ({"reply": ""}, set()),
        ({"reply": "", "note": ""}, set()),  # several without any
        ({"reply": "R"}, set()),  # with Shift is another key
        ({"reply": "n"}, {"reply", "note"}),
        ({"go": "j"}, {"go", "down"}),
        ({"reply": "ctrl"}, {"reply"}),
        ({"reply": "\x07"}, {"reply"}),
        ({"nonsense": "n"}, set()),  # nothing that there is
    ],
)
def test_a_key_is_one_character_of_one_command(desk: SmallDesk, typed: dict[str, str], wrong: set[str]) -> None:
    with desk.store.transaction() as work:
        if wrong:
            with pytest.raises(Invalid) as refused:
                keys.save(work, desk.who(), typed, single=True)
            assert set(refused.value.fields) == wrong
            return
        keys.save(work, desk.who(), typed, single=False)
    with desk.store.reading() as work:
        agent = work.get_one(Agent, desk.admin)
        assert keys.of(agent.keys) == {**keys.KEYS, **{name: key for name, key in typed.items() if name in keys.KEYS}}
        assert not agent.single_keys
