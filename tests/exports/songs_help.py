"""A small song with everything that an export can hold, made without an engine."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import soundfile

from songwright.exports.material import Material, SungSyllable, SungWords
from songwright.music.actions import Generate, StemName
from songwright.music.score import (
    Chord,
    ChordSpan,
    Key,
    Note,
    Part,
    Score,
    ScoreSection,
    SungLine,
    SungNote,
    TimeSignature,
    VocalPart,
)
from songwright.music.song import Facts, Loudness, LyricLine, Section, Song

RATE_HZ = 44_100
TEMPO_BPM = 120.0
TITLE = "Žluťoučký kůň 春の歌"
WORDS = ("Čau, světe můj!", "Привет")
SONG_ID = "7f3c2f1e-58f4-4f0e-9a53-1f2d3c4b5a69"


def small_score() -> Score:
    """Four bars of 4/4 in D minor: eight seconds."""
    minor, dominant = Chord(2, (0, 3, 7), "Dm", 2), Chord(9, (0, 4, 7, 10), "A7/C#", 1)
    return Score(
        title=TITLE,
        genre="folk",
        tempo_bpm=TEMPO_BPM,
        time_signature=TimeSignature(),
        key=Key(2, "minor"),
        swing=0.0,
        sections=(ScoreSection("verse", "verse", 0, 2), ScoreSection("chorus", "chorus", 2, 2)),
        chords=(ChordSpan(0, 8, minor), ChordSpan(8, 8, dominant)),
        parts=(
            Part(
                "drums",
                "standard_kit",
                "drums",
                tuple(Note(beat, 0.25, 36 if beat % 2 == 0 else 38, 90) for beat in range(16)),
            ),
            Part("bass", "fingered_bass", "bass", tuple(Note(bar * 4, 3.5, 38, 80) for bar in range(4))),
            Part(
                "piano",
                "acoustic_grand_piano",
                "other",
                # A held note over a moving line, and a triplet.
                (
                    Note(0, 4, 62, 70),
                    *(Note(beat, 1, 65 + beat, 70) for beat in range(4)),
                    *(Note(8 + third / 3, 1 / 3, 69, 70) for third in range(3)),
                ),
            ),
        ),
        vocal=VocalPart(
            "female",
            (
                SungLine(
                    WORDS[0],
                    0,
                    (
                        SungNote(0, 1, 69, "Čau", 0, stressed=True),
                        SungNote(1, 1, 70, "svě", 1),
                        SungNote(2, 1, 69, "te", 1),
                        SungNote(3, 1, 73, "můj", 2),
                        SungNote(4, 2.5, 74, "", 2),
                    ),
                ),
                SungLine(WORDS[1], 1, (SungNote(8, 1, 69, "При", 0), SungNote(9, 1, 69, "вет", 0))),
            ),
        ),
    )


def small_sung() -> tuple[SungWords, ...]:
    """The lines of ``small_song`` as they were sung: every syllable for half a second."""
    lines = ((("Čau", 0), ("svě", 1), ("te", 1), ("můj", 2)), (("При", 0), ("вет", 0)))
    return tuple(
        SungWords(
            text,
            tuple(
                SungSyllable(syllable, word, start + place / 2, start + (place + 1) / 2)
                for place, (syllable, word) in enumerate(syllables)
            ),
        )
        for text, syllables, start in zip(WORDS, lines, (0.0, 4.0), strict=True)
    )


def small_song(**facts: object) -> Song:
    return Song(
        id=SONG_ID,
        task_id="1f0f7c1e-0f9f-4b5e-8f30-5d1a2b3c4d5e",
        created_at=datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
        engine="local",
        engine_version="1",
        action=Generate(prompt="folk", seed="7"),
        facts=Facts.model_validate(
            {
                "title": TITLE,
                "duration_seconds": 8.0,
                "tempo_bpm": TEMPO_BPM,
                "key": "D minor",
                "time_signature": "4/4",
                "genre": "folk",
                "voice": "female",
                "lyric": "[Verse]\n" + WORDS[0] + "\n[Chorus]\n" + WORDS[1],
                "sections": (
                    Section(name="verse", start_seconds=0, end_seconds=4, start_bar=1, bars=2),
                    Section(name="chorus", start_seconds=4, end_seconds=8, start_bar=3, bars=2),
                ),
                "lyric_lines": (
                    LyricLine(text=WORDS[0], start_seconds=0, end_seconds=3.25, section="verse"),
                    LyricLine(text=WORDS[1], start_seconds=4, end_seconds=5, section="chorus"),
                ),
                "loudness": Loudness(integrated_lufs=-14, true_peak_dbtp=-1),
                "seed": "7",
                "model": "local",
                **facts,
            }
        ),
        stems=("vocals", "other"),
        has_score=True,
    )


def sound(seed: int = 0, seconds: float = 8.0, peak: float = 0.5) -> np.ndarray:
    """Noise of a given sample peak as 24-bit integers in the upper bits, shape (samples, 2)."""
    noise = np.random.default_rng(seed).uniform(-peak, peak, (round(seconds * RATE_HZ), 2))
    return (np.rint(noise * 2**23).astype(np.int32)) << 8


def write_sound(path: Path, samples: np.ndarray) -> Path:
    soundfile.write(path, samples, RATE_HZ, subtype="PCM_24")
    return path


def small_material(folder: Path, samples: np.ndarray | None = None) -> Material:
    folder.mkdir(exist_ok=True)
    names: tuple[StemName, ...] = ("vocals", "other")
    return Material(
        song=small_song(),
        master=write_sound(folder / "master.flac", sound() if samples is None else samples),
        stems={name: write_sound(folder / f"{name}.flac", sound(seed=3)) for name in names},
        score=small_score(),
        sung=small_sung(),
    )
