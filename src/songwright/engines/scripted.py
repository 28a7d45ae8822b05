"""A fast, repeatable engine that plays a script instead of music, for tests of whoever uses songwright.

It performs every action in milliseconds: a second of quiet tones per section, with sections and timed
lyric lines like a real song's. A test can hold it, make it fail, and let it go on::

    gate = threading.Event()
    engine = ScriptedEngine(hold=lambda: not gate.is_set())
    async with Studio.open(settings, engines={"scripted": lambda: engine}) as studio: ...
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from songwright.engines.base import (
    MASTER_FILE,
    Capabilities,
    Context,
    Rendition,
    Source,
    refuse_unless_able,
    stem_file,
)
from songwright.music.actions import (
    Action,
    ActionName,
    Extend,
    ReplaceSection,
    StemName,
    Stems,
    source_ids,
)
from songwright.music.imports import ImportAudio, Work
from songwright.music.lyrics import parse_lyric
from songwright.music.song import (
    LONGEST_SONG_SECONDS,
    EditPromise,
    Facts,
    Loudness,
    LyricLine,
    Parent,
    Section,
    Song,
)
from songwright.music.timeline import name_sections

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ScriptedEngine"]

_SAMPLE_RATE_HZ = 44_100
_SECTION_SECONDS = 2.0
_TEMPO_BPM = 120.0
_STEMS: tuple[StemName, ...] = get_args(StemName)
_HOLD_POLL_SECONDS = 0.005


class ScriptedEngine:
    """Performs all eight actions by a script.

    Attributes:
        performed: The actions and imports that were begun, in order.
    """

    def __init__(
        self,
        *,
        stages: Iterable[str] = ("writing", "playing", "mixing"),
        hold: Callable[[], bool] | None = None,
        failures: Iterable[Exception] = (),
        name: str = "scripted",
    ) -> None:
        """Write the script.

        Args:
            stages: What it reports, in order, in even shares of the work.
            hold: Asked again and again before each stage after the first report; while it is true, the
                engine waits. It may look at a file, so another process can hold the engine.
            failures: Raised by the first tries, one each; tries after the last one succeed.
            name: The engine's name.
        """
        self._stages = tuple(stages)
        self._hold = hold or (lambda: False)
        self._failures = list(failures)
        self._lock = threading.Lock()
        self.performed: list[Work] = []
        self._capabilities = Capabilities(
            name=name,
            version="1",
            summary="Plays a script in milliseconds; for tests, not for listening.",
            actions=frozenset(get_args(ActionName)),
            models=("scripted",),
            languages=("en",),
            longest_song_seconds=LONGEST_SONG_SECONDS,
        )

    @property
    def capabilities(self) -> Capabilities:
        """All eight actions, no network, no cost."""
        return self._capabilities

    def check(self, action: Action, songs: tuple[Song, ...]) -> None:
        """Let every action pass."""
        del songs
        refuse_unless_able(self._capabilities, action)

    async def perform(self, action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
        """Play the script: report each stage, hold, fail or write a song.

        Raises:
            Exception: The next of ``failures``, where one is left.
        """
        await self._play(action, context)
        return await asyncio.to_thread(_render, action, sources, context)

    async def import_audio(self, request: ImportAudio, context: Context) -> Rendition:
        """Play the script, whatever the recording is; it is neither fetched nor read.

        Raises:
            Exception: The next of ``failures``, where one is left.
        """
        await self._play(request, context)
        return await asyncio.to_thread(_render, request, (), context)

    async def _play(self, work: Work, context: Context) -> None:
        with self._lock:
            self.performed.append(work)
            failure = self._failures.pop(0) if self._failures else None
        for number, stage in enumerate(self._stages):
            context.report(number / len(self._stages), stage)
            while self._hold():  # noqa: ASYNC110 - another process may be holding
                await asyncio.sleep(_HOLD_POLL_SECONDS)
        if failure is not None:
            raise failure


def _render(action: Work, sources: tuple[Source, ...], context: Context) -> Rendition:
    facts = _facts(action, sources, context)
    stems = _stems(context.seed, facts.duration_seconds)
    for name, samples in stems.items():
        _write(context.folder / stem_file(name), samples)
    _write(context.folder / MASTER_FILE, sum(stems.values(), start=_silence(facts.duration_seconds)))
    (context.folder / "score.json").write_text(json.dumps({"seed": context.seed}), encoding="utf-8")
    song_ids = () if isinstance(action, ImportAudio) else source_ids(action)
    kept = action.stems if isinstance(action, Stems) else _STEMS
    return Rendition(
        facts=facts,
        master=MASTER_FILE,
        stems={name: stem_file(name) for name in kept},
        score="score.json",
        parents=tuple(
            Parent(song_id=song_id, role=role)
            for song_id, role in zip(song_ids, ("source", _second_role(action)), strict=False)
        ),
    )


def _facts(action: Work, sources: tuple[Source, ...], context: Context) -> Facts:
    parent = sources[0].song.facts if sources else None
    lyric = getattr(action, "lyric", "") or (parent.lyric if parent else "")
    instrumental = getattr(action, "instrumental", False)
    sheet = parse_lyric("" if instrumental else lyric)
    kinds = [section.kind for section in sheet.sections] or ["verse", "chorus"]
    if isinstance(action, Extend) and not action.lyric:
        kinds = [*kinds, "outro"]
    sections: list[Section] = []
    lines: list[LyricLine] = []
    for number, name in enumerate(name_sections(kinds)):
        start = number * _SECTION_SECONDS
        sections.append(
            Section(
                name=name,
                start_seconds=start,
                end_seconds=start + _SECTION_SECONDS,
                start_bar=number + 1,
                bars=1,
            )
        )
        words = sheet.sections[number].lines if number < len(sheet.sections) else ()
        share = _SECTION_SECONDS / max(1, len(words))
        lines.extend(
            LyricLine(
                text=text,
                start_seconds=start + index * share,
                end_seconds=start + (index + 1) * share,
                section=name,
            )
            for index, text in enumerate(words)
        )
    title = getattr(action, "title", None) or (parent.title if parent else None)
    return Facts(
        title=title or (lines[0].text[:60] if lines else "Scripted Song"),
        duration_seconds=len(sections) * _SECTION_SECONDS,
        tempo_bpm=_TEMPO_BPM,
        key="C major",
        time_signature="4/4",
        genre="scripted",
        voice="sine" if lines else None,
        lyric=lyric if lines else "",
        sections=tuple(sections),
        lyric_lines=tuple(lines),
        loudness=Loudness(integrated_lufs=-14.0, true_peak_dbtp=-1.0),
        seed=context.seed,
        model="scripted",
        promise=(
            EditPromise(kept="outside the section", outside_max_abs_diff=0, seam_max_step=0, song_max_step=0)
            if isinstance(action, ReplaceSection)
            else None
        ),
    )


def _second_role(action: Work) -> str:
    return "vocals" if action.action == "swap_vocals" else "instrumentals"


def _stems(seed: str, duration_seconds: float) -> dict[StemName, NDArray[np.int16]]:
    import numpy as np

    frames = round(duration_seconds * _SAMPLE_RATE_HZ)
    times = np.arange(frames) / _SAMPLE_RATE_HZ
    base_hz = 110.0 * 2 ** (sum(seed.encode()) % 12 / 12)
    stems: dict[StemName, NDArray[np.int16]] = {}
    for number, name in enumerate(_STEMS, start=1):
        tone = np.rint(2000 * np.sin(2 * np.pi * base_hz * number * times)).astype(np.int16)
        stems[name] = np.stack([tone, tone], axis=1)
    return stems


def _silence(duration_seconds: float) -> NDArray[np.int16]:
    import numpy as np

    return np.zeros((round(duration_seconds * _SAMPLE_RATE_HZ), 2), dtype=np.int16)


def _write(path: Path, samples: NDArray[np.int16]) -> None:
    import soundfile

    soundfile.write(path, samples, _SAMPLE_RATE_HZ, subtype="PCM_16")
