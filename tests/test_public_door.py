"""What ``import songwright`` offers."""

from __future__ import annotations

import subprocess
import sys

import pytest

import songwright


def test_the_public_names_are_sorted_and_each_can_be_had() -> None:
    assert list(songwright.__all__) == sorted(songwright.__all__)
    for name in songwright.__all__:
        assert getattr(songwright, name).__name__ if name != "Action" else songwright.Action


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Banana"):
        songwright.Banana  # noqa: B018 - the look-up is what is tested


def test_importing_the_package_loads_nothing_heavy() -> None:
    check = (
        "import sys, songwright; "
        "print([m for m in ('numpy', 'scipy', 'pydantic', 'mcp', 'sqlalchemy', 'dbos') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
