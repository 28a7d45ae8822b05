"""Pictures of a song: its piano roll and its spectrogram."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile as sf
from tools.listening.figures import read_score
from tools.listening.renders import Render

from songwright.hearing.spectrum import ANALYSIS_RATE_HZ, magnitudes, mel_bank, to_analysis_rate
from songwright.music.score import Score
from songwright.music.song import Section

__all__ = ["draw"]

_COLOURS = {"vocals": "#d1495b", "bass": "#30638e", "other": "#8aa29e"}
_WINDOW = 2_048
_BANDS = 128
_LOWEST_HZ, _HIGHEST_HZ = 30.0, 11_000.0


def draw(render: Render, folder: Path) -> tuple[str, str]:
    """Draw both pictures where they are not there yet.

    Returns:
        The file names of the piano roll and the spectrogram.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    roll, spectrum = f"{render.key}-roll.png", f"{render.key}-spectrum.png"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / roll).exists():
        _piano_roll(read_score(render.score), render.song.facts.sections, folder / roll)
    if not (folder / spectrum).exists():
        _spectrogram(render.master, render.song.facts.sections, folder / spectrum)
    return roll, spectrum


def _piano_roll(score: Score, sections: tuple[Section, ...], path: Path) -> None:
    from matplotlib import pyplot as plt
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    figure, axes = plt.subplots(figsize=(11, 3.2), dpi=100)
    notes: list[tuple[str, float, float, int]] = [
        (part.stem, note.start_beats, note.duration_beats, note.midi_pitch)
        for part in score.parts
        if part.stem != "drums"
        for note in part.notes
    ]
    if score.vocal is not None:
        notes += [
            ("vocals", note.start_beats, note.duration_beats, note.midi_pitch)
            for line in score.vocal.lines
            for note in line.notes
        ]
    for stem in ("other", "bass", "vocals"):
        boxes = [
            Rectangle((score.seconds(start), pitch - 0.45), score.seconds(length), 0.9)
            for name, start, length, pitch in notes
            if name == stem
        ]
        axes.add_collection(PatchCollection(boxes, facecolor=_COLOURS[stem], edgecolor="none", label=stem))
    _mark(axes, sections)
    pitches = [pitch for _, _, _, pitch in notes] or [48, 72]
    axes.set(
        xlim=(0, score.seconds(score.duration_beats)),
        ylim=(min(pitches) - 2, max(pitches) + 5),
        xlabel="seconds",
        ylabel="MIDI pitch",
    )
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def _spectrogram(master: Path, sections: tuple[Section, ...], path: Path) -> None:
    from matplotlib import pyplot as plt

    frames, rate_hz = sf.read(master, dtype="float32", always_2d=True)
    samples = to_analysis_rate(np.ascontiguousarray(frames.T), int(rate_hz))
    hop = max(_WINDOW // 2, len(samples) // 1_600)
    mel = magnitudes(samples, _WINDOW, hop) @ mel_bank(_BANDS, _WINDOW, _LOWEST_HZ, _HIGHEST_HZ)
    level_db = 20.0 * np.log10(mel.T + 1e-6)
    figure, axes = plt.subplots(figsize=(11, 2.6), dpi=100)
    seconds = len(samples) / ANALYSIS_RATE_HZ
    axes.imshow(
        level_db,
        origin="lower",
        aspect="auto",
        extent=(0, seconds, 0, _BANDS),
        vmin=level_db.max() - 80,
        cmap="magma",
    )
    marks_hz = [50, 200, 500, 1_000, 2_000, 5_000, 10_000]
    top = np.log10(1 + _HIGHEST_HZ / 700) - np.log10(1 + _LOWEST_HZ / 700)
    places = [(np.log10(1 + hz / 700) - np.log10(1 + _LOWEST_HZ / 700)) / top * _BANDS for hz in marks_hz]
    axes.set_yticks(places, [f"{hz:,}" for hz in marks_hz])
    axes.set(xlabel="seconds", ylabel="Hz")
    _mark(axes, sections, colour="white")
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def _mark(axes, sections: tuple[Section, ...], colour: str = "black") -> None:  # type: ignore[no-untyped-def]
    top = axes.get_ylim()[1]
    for section in sections:
        axes.axvline(section.start_seconds, color=colour, linewidth=0.6, alpha=0.5)
        axes.text(
            section.start_seconds,
            1.0,
            f" {section.name}",
            transform=axes.get_xaxis_transform(),
            verticalalignment="top",
            fontsize=7,
            color=colour,
        )
    axes.set_ylim(top=top)
