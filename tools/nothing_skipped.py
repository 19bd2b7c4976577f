"""
A pytest plugin for `./kaibo test --all`: a skipped test fails, so that no test can fall silent unnoticed.

One skip stays a skip: real data of the folder ../shared/data where that whole folder is missing, which nobody can install.
"""

from __future__ import annotations

from pathlib import Path

import pytest

OUTSIDE_DATA = "real data is not here"
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def is_allowed(reason: str) -> bool:
    return OUTSIDE_DATA in reason and not SHARED.exists()


def fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    """This function will turn a skip into a failure that carries its reason; expected failures are not skips."""
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not is_allowed(reason):
        report.outcome = "failed"
        report.longrepr = f"nothing may be skipped under --all: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    fail_if_skipped(report)
    return report
