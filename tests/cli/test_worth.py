"""What one customer is worth, of the desk and of its exported log: the same digits."""

from __future__ import annotations

import json
from pathlib import Path

from inbox.store import Store
from tests.cli.conftest import Run
from tests.figures.test_worth import NOON, told


def test_the_desk_and_its_exported_log_say_the_same_of_a_customer(run: Run, store: Store, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("".join(f"{json.dumps(line)}\n" for line in told()))
    assert run("log", "import", log).code == 0
    exported = tmp_path / "exported.jsonl"
    assert run("log", "export", exported).code == 0
    asked = ("--at", NOON, "--json")
    customers = sorted({line["customer"] for line in told() if line["kind"] == "revenue"})
    for who in customers[:2]:
        ours = run("report", "--clv", who, *asked).json
        assert ours == run("report", "--log", exported, "--clv", who, *asked).json
        assert ours["clv.margin12"] > 0
        assert ours["cost.direct"] > 0
    said = run("report", "--clv", customers[0], "--at", NOON).out
    assert "Cost of service so far, in full" in said
    assert run("report", "--clv", customers[0], "--at", "noon").code == 2
    assert "--at" in run("report", "--clv", customers[0]).err
