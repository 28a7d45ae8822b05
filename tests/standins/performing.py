"""Performs single actions on an engine, without a studio."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from songwright.engines.base import Context, Engine, Rendition, Source
from songwright.music.actions import StemName, parse_action
from songwright.music.song import Facts, Loudness, Section, Song
from standins.sound import tones


@dataclass
class Stage:
    """A folder to perform in, and what tasks remember there."""

    folder: Path
    memory: dict[str, Any] = field(default_factory=dict)
    stages: list[str] = field(default_factory=list)
    written: int = 0
    publish: Callable[[Song], str] | None = None
    on_remember: Callable[[str, Any], None] = lambda _name, _value: None

    async def perform(
        self, engine: Engine, body: dict[str, Any], *sources: Source, seed: str = "7"
    ) -> Rendition:
        """Check and perform one action, as a studio does."""
        action = parse_action(body)
        engine.check(action, tuple(source.song for source in sources))
        return await engine.perform(action, sources, self.context(seed))

    def context(self, seed: str = "7") -> Context:
        self.written += 1
        folder = self.folder / str(self.written)
        folder.mkdir(parents=True)

        def remember(name: str, value: Any) -> None:
            self.memory[name] = json.loads(json.dumps(value))
            self.on_remember(name, value)

        return Context(
            folder=folder,
            seed=seed,
            report=lambda _fraction, stage: self.stages.append(stage),
            memory=dict(self.memory),
            remember=remember,
            publish=self.publish,
        )

    def path(self, name: str) -> Path:
        """A file of the newest performance."""
        return self.folder / str(self.written) / name

    def master(self) -> NDArray[np.int32]:
        return read(self.path("master.flac"))


def read(path: Path) -> NDArray[np.int32]:
    """Shape (samples, 2), 24-bit integers."""
    samples: NDArray[np.int32] = soundfile.read(path, dtype="int32", always_2d=True)[0] >> 8
    return samples


def song_on_disk(
    folder: Path,
    *,
    engine: str,
    seconds: float = 4.0,
    remote_id: str | None = None,
    stems: bool = False,
    lyric: str = "[Verse]\nOne line\n[Chorus]\nAnother",
    frequencies_hz: tuple[float, ...] = (220.0, 277.0, 330.0),
) -> Source:
    """A song that an engine made, with its files."""
    folder.mkdir(parents=True, exist_ok=True)
    audio = np.rint(tones(seconds, frequencies_hz) * 2**23).astype(np.int32)
    master = folder / "master.flac"
    soundfile.write(master, audio << 8, 44_100, subtype="PCM_24")
    files: dict[StemName, Path] = {}
    if stems:
        half = audio // 2
        parts: dict[StemName, NDArray[np.int32]] = {"vocals": half, "other": audio - half}
        for name, part in parts.items():
            files[name] = folder / f"{name}.flac"
            soundfile.write(files[name], part << 8, 44_100, subtype="PCM_24")
    middle = seconds / 2
    song = Song(
        id="11111111-2222-4333-8444-555555555555",
        task_id="t",
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
        engine=engine,
        engine_version="1",
        action=parse_action({"action": "generate", "prompt": "warm folk", "lyric": lyric}),
        facts=Facts(
            title="Parent",
            duration_seconds=seconds,
            tempo_bpm=120.0,
            key="A major",
            lyric=lyric,
            sections=(
                Section(name="verse", start_seconds=0, end_seconds=middle, start_bar=1, bars=1),
                Section(name="chorus", start_seconds=middle, end_seconds=seconds, start_bar=2, bars=1),
            ),
            loudness=Loudness(integrated_lufs=-14.0, true_peak_dbtp=-1.0),
            seed="1",
            model="FUZZ-2.0",
            remote_id=remote_id,
        ),
        stems=tuple(files),
    )
    return Source(song=song, master=master, stems=files, score=None)
