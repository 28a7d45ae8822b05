from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

WALK = Path(__file__).parents[2] / "tools" / "chaos" / "walk.py"


@pytest.mark.skipif(sys.platform == "win32", reason="the walk forks")
def test_operations_on_the_way_of_a_task_go_wrong_and_nothing_is_lost() -> None:
    # The whole walk is `make chaos`. The stride has no divisor in common with what repeats on the way.
    walked = subprocess.run(
        [sys.executable, WALK, "--every", "37", "--processes", "1"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert walked.returncode == 0, walked.stdout + walked.stderr
    assert "| kill | 3 | 3 | 0 |" in walked.stdout
