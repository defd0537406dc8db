"""The bench of the figures in its small form: it runs, and what it proves holds."""

from __future__ import annotations

from bench.figures import main


def test_it_measures_a_rebuild_appends_reports_and_proves_them() -> None:
    (measured,) = main(["--tickets", "30", "--appends", "20", "--sample", "30", "--only", "sqlite"]).values()
    found = measured.figures
    assert found["tickets"] == 30
    assert found["differences found by verify"] == 0
    for name in ("rebuild, events per second", "slowest standard report, ms", "append with figures beside without"):
        assert found[name] > 0, name
    assert found["intake with the keeper's share beside without"] > 1
