"""The engine that docs/engines.md shows, installed as a package of its own."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from songwright.engines.registry import installed_engines
from songwright.music.actions import parse_action
from songwright.music.task import Succeeded
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs

DOCUMENT = Path(__file__).parents[2] / "docs" / "engines.md"


def shown_engine() -> str:
    text = DOCUMENT.read_text(encoding="utf-8")
    return text.split("```python\n", 1)[1].split("```", 1)[0]


def wheel(folder: Path) -> Path:
    """A wheel of the shown module and the shown entry point."""
    path = folder / "hum_engine-1-py3-none-any.whl"
    info = "hum_engine-1.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hum_engine.py", shown_engine())
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: hum-engine\nVersion: 1\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/entry_points.txt", "[songwright.engines]\nhum = hum_engine:HumEngine\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "packages"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    subprocess.run([*pip, "--no-index", "--no-deps", "--target", target, wheel(tmp_path)], check=True)
    monkeypatch.syspath_prepend(str(target))


def test_the_shown_engine_has_at_most_forty_lines() -> None:
    assert len(shown_engine().strip().splitlines()) <= 40


@pytest.mark.usefixtures("installed")
async def test_an_engine_of_another_package_makes_songs_like_any_other(settings: Settings) -> None:
    assert "hum" in installed_engines(settings).names

    async with Studio.open(settings, jobs=InProcessJobs) as studio:
        task = await studio.submit(parse_action({"action": "generate", "prompt": "any"}), engine="hum")
        done = await studio.wait(task.id, 30)
        assert isinstance(done.state, Succeeded), done.state
        song = await studio.song(done.state.song_id)

    assert (song.engine, song.facts.title, song.facts.duration_seconds) == ("hum", "Hum", 2.0)
