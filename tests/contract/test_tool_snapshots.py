"""The tools as agents see them, one reviewed file each.

``SONGWRIGHT_UPDATE_SNAPSHOTS=1 pytest tests/contract`` writes them anew; the difference is for review.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from songwright.server.tool import Tool
from songwright.server.tools import CATALOGUE

FOLDER = Path(__file__).parent / "tools"
UPDATE = os.environ.get("SONGWRIGHT_UPDATE_SNAPSHOTS") == "1"


def written(tool: Tool) -> str:
    definition = tool.definition().model_dump(mode="json", by_alias=True, exclude_none=True)
    return json.dumps(definition, indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("tool", CATALOGUE, ids=[tool.name for tool in CATALOGUE])
def test_a_tool_is_as_its_snapshot_says(tool: Tool) -> None:
    snapshot = FOLDER / f"{tool.name}.json"
    if UPDATE:
        snapshot.write_text(written(tool), encoding="utf-8")
    assert snapshot.exists(), "no snapshot; run with SONGWRIGHT_UPDATE_SNAPSHOTS=1 and review it"
    assert snapshot.read_text(encoding="utf-8") == written(tool)


def test_no_snapshot_outlives_its_tool() -> None:
    names = {tool.name for tool in CATALOGUE}
    stale = [path for path in FOLDER.glob("*.json") if path.stem not in names]
    if UPDATE:
        for path in stale:
            path.unlink()
    assert UPDATE or stale == []
