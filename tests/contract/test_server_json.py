"""What the MCP registry is told agrees with the package."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import songwright

ROOT = Path(__file__).parents[2]
ENTRY = json.loads((ROOT / "server.json").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_every_version_is_the_same() -> None:
    versions = {package["version"] for package in ENTRY["packages"]}
    assert versions | {ENTRY["version"], PROJECT["version"]} == {songwright.__version__}


def test_the_name_is_one_the_registry_takes_and_the_readme_claims_it() -> None:
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", ENTRY["name"])
    assert f"mcp-name: {ENTRY['name']} " in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_package_is_this_one_and_its_description_fits() -> None:
    assert {package["identifier"] for package in ENTRY["packages"]} == {PROJECT["name"]}
    assert 1 <= len(ENTRY["description"]) <= 100
