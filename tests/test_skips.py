"""A run says which tests did not run and why, and fails for it where nothing may be skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

SKIPPING = """
    import pytest

    def test_that_holds():
        assert True

    def test_that_wants_a_server():
        pytest.skip("the server is missing (apt-get install server)")

    @pytest.mark.xfail(reason="known fault")
    def test_that_cannot_hold():
        assert False
"""

NEVER_READ = """
    import pytest

    pytest.importorskip("no_such_library", reason="the library is missing")
"""


ALONE: tuple[str, ...] = ()
IN_PARALLEL = ("-n", "2")


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("CI", raising=False)
    pytester.makeini(f"[pytest]\npythonpath = {Path(__file__).parents[1]}\n")
    pytester.makeconftest('pytest_plugins = ["tests.skips"]')
    return pytester


def test_a_skipped_test_is_named_with_its_reason_and_the_run_still_passes(run: pytest.Pytester) -> None:
    run.makepyfile(SKIPPING)
    result = run.runpytest_subprocess()
    assert result.ret == 0
    result.stdout.fnmatch_lines(["the server is missing (apt-get install server):", "  *::test_that_wants_a_server"])
    result.stdout.fnmatch_lines(["known fault:", "  *::test_that_cannot_hold"])


@pytest.mark.parametrize("arguments", [ALONE, IN_PARALLEL], ids=["in one process", "in two"])
@pytest.mark.parametrize("source", [SKIPPING, NEVER_READ], ids=["a test", "a whole file"])
def test_where_nothing_may_be_skipped_a_skip_fails_the_run(
    run: pytest.Pytester, source: str, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    run.makepyfile(source)
    result = run.runpytest_subprocess(*arguments)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["Nothing may be skipped here, so this run has failed."])


def test_where_nothing_was_skipped_the_strict_run_passes(run: pytest.Pytester) -> None:
    run.makepyfile("def test_that_holds(): pass")
    result = run.runpytest_subprocess("--strict-skips")
    assert result.ret == 0
    result.stdout.no_fnmatch_line("*did not run*")
