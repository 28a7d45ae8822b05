"""Make eleven short songs over every action, and compare their bytes with those that were made before.

Sound is compared on the machine that made it, as sums of floats differ in their last bits between processors:
what is kept lies in ``build/golden.json``; the first run, and a run with ``--accept``, write it. The scores'
hashes hold anywhere: they lie in ``tests/golden/scores.json``, and ``make evidence`` compares them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
from pydantic import TypeAdapter

from songwright.engines.base import Context, Rendition, Source
from songwright.engines.local import LocalEngine
from songwright.exports.midi import midi_file
from songwright.exports.provenance import Provenance
from songwright.music.actions import parse_action, source_ids
from songwright.music.imports import ImportAudio, Received
from songwright.music.score import Score
from songwright.music.song import Song

__all__ = ["SCORES", "Golden", "make_golden_songs", "score_hashes"]

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "build" / "golden.json"
SCORES = ROOT / "tests" / "golden" / "scores.json"

Hashes = dict[str, dict[str, str]]

_WORDS = """[Verse]
Paper boats along the harbour wall
Every name we wrote has washed away
[Chorus]
Turn the lights up over the avenue
I am coming home to you"""
_RECORDING = "a recording"

REQUESTS: dict[str, dict[str, Any]] = {
    "pop": {"action": "generate", "prompt": "bright pop, 126 bpm, in C major, female voice", "lyric": _WORDS},
    "house": {
        "action": "generate",
        "prompt": "house, 124 bpm, in A minor, 14 seconds",
        "instrumental": True,
        "model": "FUZZ-2.0 Raw",
    },
    "jazz": {
        "action": "generate",
        "prompt": "sad jazz waltz in 3/4, 132 bpm, male voice, 16 seconds",
        "weirdness": 0.9,
    },
    "cover": {"action": "cover", "audio_id": "pop", "prompt": "reggae, male voice"},
    "extend": {"action": "extend", "audio_id": "house", "prompt": "house, 10 seconds", "instrumental": True},
    "variation": {"action": "variation", "audio_id": "house", "instrumental": True},
    "new words": {
        "action": "replace_section",
        "audio_id": "pop",
        "section": "chorus",
        "lyric": "Every window opens to the sea\nLeave a little light for me",
    },
    "new voice": {"action": "swap_vocals", "audio_id": "pop", "prompt": "deep male voice"},
    "new band": {"action": "swap_instrumentals", "audio_id": "pop", "prompt": "rock with distorted guitar"},
    _RECORDING: {"action": "import_audio", "of": "house"},
    "stems": {"action": "stems", "audio_id": _RECORDING},
}
"""What is asked, by the name of the song; ``audio_id`` names one before it."""


@dataclass(frozen=True, slots=True)
class Golden:
    """A finished song.

    Attributes:
        source: The song with its files.
        score: None where the engine kept none.
        facts: Its facts as JSON.
    """

    source: Source
    score: Score | None
    facts: str

    def machine_hashes(self) -> dict[str, str]:
        """SHA-256 of what floats had a part in, by name: master, stems, session and facts."""
        files = {"master": self.source.master, **self.source.stems}
        if self.source.score is not None:
            files["session"] = self.source.score
        return {name: _sha256(path.read_bytes()) for name, path in files.items()} | {
            "facts": _sha256(self.facts.encode())
        }


def make_golden_songs(folder: Path) -> dict[str, Golden]:
    """Make every song, in the order of the requests.

    Args:
        folder: An empty folder for their files.
    """
    return anyio.run(_make_all, folder)


def score_hashes(made: dict[str, Golden]) -> Hashes:
    """SHA-256 of each written song's score as JSON and as MIDI, which are the same on every machine.

    What is heard in a recording, and what is made from it, follows from floats and is left out.
    """
    return {
        name: {
            "score": _sha256(_SCORE.dump_json(golden.score)),
            "midi": _sha256(midi_file(golden.score, name, _PROVENANCE)),
        }
        for name, golden in made.items()
        if golden.score is not None and not _is_of_a_recording(name)
    }


def _is_of_a_recording(name: str) -> bool:
    body = REQUESTS[name]
    return body["action"] == "import_audio" or ("audio_id" in body and _is_of_a_recording(body["audio_id"]))


_SCORE = TypeAdapter(Score)
_PROVENANCE = Provenance(
    software="songwright", engine="local", model="local", song_id="1", created_at="2026-01-01T00:00:00Z"
)


async def _make_all(folder: Path) -> dict[str, Golden]:
    engine = LocalEngine()
    made: dict[str, Golden] = {}
    for name, body in REQUESTS.items():
        made[name] = await _make(engine, name, body, made, folder / name.replace(" ", "-"))
    return made


async def _make(
    engine: LocalEngine, name: str, body: dict[str, Any], made: dict[str, Golden], folder: Path
) -> Golden:
    await anyio.Path(folder).mkdir()
    recording = made[body["of"]].source.master if "of" in body else None
    context = Context(folder, seed=name, report=lambda _fraction, _stage: None, recording=recording)
    if recording is not None:
        work = ImportAudio(source=Received(receipt="0" * 32, name="night drive.flac"))
        return _golden(name, work.model_dump(mode="json"), await engine.import_audio(work, context), folder)
    action = parse_action(body)
    sources = tuple(made[source].source for source in source_ids(action))
    engine.check(action, tuple(source.song for source in sources))
    return _golden(name, body, await engine.perform(action, sources, context), folder)


def _golden(name: str, body: dict[str, Any], rendition: Rendition, folder: Path) -> Golden:
    song = Song.model_validate(
        {
            "id": name,
            "task_id": name,
            "created_at": datetime(2026, 1, 1, tzinfo=UTC),
            "engine": "local",
            "engine_version": LocalEngine().capabilities.version,
            "action": body,
            "parents": rendition.parents,
            "facts": rendition.facts,
            "stems": tuple(rendition.stems),
            "has_score": rendition.score is not None,
        }
    )
    kept = folder / rendition.score if rendition.score is not None else None
    score = None if kept is None else _SCORE.validate_python(json.loads(kept.read_text("utf-8"))["score"])
    stems = {stem: folder / file for stem, file in rendition.stems.items()}
    source = Source(song, folder / rendition.master, stems, kept)
    return Golden(source, score, rendition.facts.model_dump_json())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _differences(now: Hashes, before: Hashes) -> list[str]:
    names = [(song, file) for song in now | before for file in now.get(song, {}) | before.get(song, {})]
    return [
        f"{song}: {file}"
        for song, file in names
        if now.get(song, {}).get(file) != before.get(song, {}).get(file)
    ]


def main() -> int:
    """Make the songs and compare them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accept", action="store_true", help="keep what is made now, to compare with later")
    accept = parser.parse_args().accept
    with tempfile.TemporaryDirectory() as folder:
        made = make_golden_songs(Path(folder))
        sounds = {name: golden.machine_hashes() for name, golden in made.items()}
        scores = score_hashes(made)
    count = sum(map(len, sounds.values())) + sum(map(len, scores.values()))
    if accept or not KEPT.exists():
        KEPT.parent.mkdir(parents=True, exist_ok=True)
        KEPT.write_text(json.dumps(sounds, indent=1) + "\n", "utf-8")
        print(f"kept the sound of {len(made)} songs in {KEPT.relative_to(ROOT)}")
    if accept or not SCORES.exists():
        SCORES.write_text(json.dumps(scores, indent=1) + "\n", "utf-8")
        print(f"kept the scores of {len(scores)} songs in {SCORES.relative_to(ROOT)}")
    different = _differences(sounds, json.loads(KEPT.read_text("utf-8")))
    different += _differences(scores, json.loads(SCORES.read_text("utf-8")))
    for what in different:
        print(f"other bytes: {what}", file=sys.stderr)
    print(f"{count} hashes of {len(made)} songs compared, {len(different)} differ")
    return 1 if different else 0


if __name__ == "__main__":
    raise SystemExit(main())
