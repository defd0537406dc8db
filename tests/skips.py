"""Names every skipped test with its reason at the end, and makes a skip a failure where nothing may be skipped."""

from __future__ import annotations

import os
from collections import defaultdict

import pytest
from _pytest.terminal import TerminalReporter

KINDS = ("skipped", "xfailed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--strict-skips",
        action="store_true",
        default=os.environ.get("CI", "").lower() in {"1", "true"},
        help="fail when a test was skipped or only expected to fail; on by itself where CI=true",
    )


def by_reason(reporter: TerminalReporter) -> dict[str, list[str]]:
    """Reason → names of the tests that did not run for it."""
    found: dict[str, list[str]] = defaultdict(list)
    for kind in KINDS:
        for report in reporter.getreports(kind):
            at_collection = isinstance(report.longrepr, tuple)
            reason = report.longrepr[2] if at_collection else getattr(report, "wasxfail", "expected to fail")
            found[reason.removeprefix("Skipped: ")].append(report.nodeid)
    return found


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not session.config.getoption("--strict-skips"):
        return
    if by_reason(reporter) and session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    found = by_reason(terminalreporter)
    if not found:
        return
    terminalreporter.section("did not run")
    for reason, names in sorted(found.items()):
        terminalreporter.line(f"{reason}:")
        for name in sorted(set(names)):
            terminalreporter.line(f"  {name}")
    if config.getoption("--strict-skips"):
        terminalreporter.line("Nothing may be skipped here, so this run has failed.", red=True)
