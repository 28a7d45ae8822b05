"""A pytest plugin: which lines of the source each test runs, and how much processor time each test takes.

``SONGWRIGHT_RECORD`` names the folder of the source, ``SONGWRIGHT_RECORD_TO`` the JSON file that is written:
``{"tests": [[test, seconds]], "lines": {path: {line: [place in tests]}}, "failed": [test]}``. Lines that run
before any test, as a module's own, belong to nobody.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest

_SOURCE = Path(os.environ["SONGWRIGHT_RECORD"])
_TARGET = Path(os.environ["SONGWRIGHT_RECORD_TO"])
_seconds: dict[str, float] = {}
_failed: set[str] = set()
# Started on import, which comes before any test file and so before songwright.
_coverage = coverage.Coverage(
    data_file=str(_TARGET.with_suffix(".coverage")), source=[str(_SOURCE)], config_file=False
)
_coverage.start()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Tell whose lines are run from here on."""
    _coverage.switch_context(item.nodeid)
    began = _processor_seconds()
    try:
        return (yield)  # type: ignore[return-value]
    finally:
        _seconds[item.nodeid] = _processor_seconds() - began
        _coverage.switch_context("")


def _processor_seconds() -> float:
    """Of this process and of those it has waited for; unlike the time on the wall, whatever else runs."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what fails without any change."""
    if report.failed:
        _failed.add(report.nodeid)


def pytest_unconfigure() -> None:
    """Write down what was seen."""
    _coverage.stop()
    _coverage.save()
    data = _coverage.get_data()
    place = {test: number for number, test in enumerate(_seconds)}
    lines: dict[str, dict[int, list[int]]] = {}
    for name in data.measured_files():
        contexts = data.contexts_by_lineno(name).items()
        lines[Path(name).relative_to(_SOURCE).as_posix()] = {
            line: [place[test] for test in tests if test] for line, tests in contexts if any(tests)
        }
    told = {"tests": list(_seconds.items()), "lines": lines, "failed": sorted(_failed)}
    _TARGET.write_text(json.dumps(told))
    data.close()
