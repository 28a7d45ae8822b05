from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import mido
import pytest

from songwright.music.actions import parse_action
from songwright.music.task import Succeeded
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs


@pytest.mark.slow
async def test_exports_of_the_embedded_engine_have_its_notes_and_words(
    settings: Settings,
) -> None:
    request = {
        "action": "generate",
        "prompt": "indie folk, 30 seconds",
        "lyric": "[Verse]\nWalking home along the river\nEvery light begins to shiver",
        "seed": "1",
    }
    async with Studio.open(settings, jobs=InProcessJobs) as studio:
        task = await studio.submit(parse_action(request), engine="local")
        done = await studio.wait(task.id, 120)
        assert isinstance(done.state, Succeeded), done.state
        song = await studio.song(done.state.song_id)
        paths = {name: await studio.export(song.id, name) for name in ("midi", "musicxml", "lyrics_json")}

    midi = mido.MidiFile(paths["midi"], charset="utf-8")
    sung = "".join(message.text for track in midi.tracks for message in track if message.type == "lyrics")
    assert sung.replace("\r", "\n").startswith("Walking home along the river\nEvery light")
    assert midi.length == pytest.approx(song.facts.sections[-1].end_seconds, abs=0.1)

    sheet = ET.parse(paths["musicxml"]).getroot()  # noqa: S314 - ours
    assert sheet.find("part/measure/harmony") is not None
    assert {"Voice", "drums", "bass"} & {name.text for name in sheet.iter("part-name")}

    for line in json.loads(paths["lyrics_json"].read_text(encoding="utf-8"))["lines"]:
        assert [word["text"] for word in line["words"]] == line["text"].split()
        starts = [word["start_seconds"] for word in line["words"]]
        assert starts == sorted(starts)
        assert starts[0] == pytest.approx(line["start_seconds"], abs=0.01)
        assert line["words"][-1]["end_seconds"] <= line["end_seconds"] + 0.01
