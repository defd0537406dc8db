"""The bench of the figures in its small form: it runs, and what it proves holds."""

from __future__ import annotations

from bench.figures import main


def test_it_measures_a_rebuild_appends_reports_and_proves_them() -> None:
    small = ["--tickets", "30", "--appends", "20", "--sample", "30", "--processes", "2", "--only", "sqlite"]
    (measured,) = main(small).values()
    found = measured.figures
    assert found["tickets"] == 30
    assert found["differences found by verify"] == 0
    several = "rebuild by 2 processes, events per second"
    for name in (
        "rebuild, events per second",
        several,
        "slowest standard report, ms",
        "append with figures beside without",
    ):
        assert found[name] > 0, name
    assert found["intake with the keeper's share beside without"] > 1
