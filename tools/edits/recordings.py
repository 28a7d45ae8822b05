"""Imports recordings, edits them in all ways, and prints every promise with its figure.

The recordings are songs of the engine in the form that strangers' songs come in: cut in the middle of a bar,
one as MP3 with its words, one as WAV at another rate without them. Nothing of their scores is used.
"""

from __future__ import annotations

from pathlib import Path

import anyio
import anyio.to_thread
import soundfile
import soxr
from tools.edits.report import Report
from tools.edits.workshop import STEMS, Made, Workshop

from songwright.music.actions import (
    Cover,
    Extend,
    ReplaceSection,
    Stems,
    SwapInstrumentals,
    SwapVocals,
    Variation,
)
from songwright.music.imports import ImportAudio, LocalFile
from songwright.music.timeline import bar_lines

__all__ = ["edit_recordings"]

_RATE_HZ = 44_100
_OTHER_RATE_HZ = 48_000
_CUT_SECONDS = 1.37
_NEAR_BPM = 0.02
_FURTHEST_SECONDS = 0.06
_FEWEST_LINES_FOUND = 0.8
NEW_VERSE = """[Verse]
Silver trains along the valley floor
Every light we left is burning low"""


async def edit_recordings(work: Workshop, report: Report, songs: dict[str, Made], folder: Path) -> None:
    """Run the checks.

    Args:
        work: Where songs are made.
        report: Where checks are noted.
        songs: The engine's own songs, "pop" and "jazz" among them.
        folder: A folder that imports may come from.
    """
    await anyio.Path(folder).mkdir(parents=True, exist_ok=True)
    sung = await _imported(work, report, songs["pop"], folder / "pop.mp3", with_words=True)
    played = await _imported(work, report, songs["jazz"], folder / "jazz.wav", with_words=False)
    await _splices(work, report, sung)
    await _remade(work, report, sung, played)
    await _swapped(work, report, sung)


async def _imported(work: Workshop, report: Report, song: Made, path: Path, *, with_words: bool) -> Made:
    await anyio.to_thread.run_sync(_record, song, path)
    name = f"{path.stem}-imported"
    facts = song.song.facts
    made = await work.take(
        name,
        ImportAudio(
            source=LocalFile(path=str(path)), title=path.stem, lyric=facts.lyric if with_words else ""
        ),
    )
    heard, true = made.song.facts, facts.tempo_bpm or 0.0
    tempo = heard.tempo_bpm or 0.0
    report.check(
        name,
        "the tempo is heard",
        f"{tempo:.2f} of {true:g} bpm",
        holds=abs(tempo / true - 1) < _NEAR_BPM,
    )
    report.check(name, "the key is heard", f"{heard.key}, {facts.key}", holds=heard.key == facts.key)
    lines = bar_lines(heard.sections, heard.bar_seconds)
    bar = 240.0 / true
    off = max(min((line + _CUT_SECONDS) % bar, bar - (line + _CUT_SECONDS) % bar) for line in lines[1:-1])
    report.check(
        name, "bar lines are heard", f"none is off by more than {off * 1000:.0f} ms", holds=off < 0.06
    )
    if with_words:
        found = len(heard.lyric_lines)
        share = found / len(facts.lyric_lines)
        report.check(
            name, "its words are kept, with their notes", f"{found} lines", holds=share >= _FEWEST_LINES_FOUND
        )
    return made


def _record(song: Made, path: Path) -> None:
    """Write a song as a stranger's file."""
    sound = song.samples()[round(_CUT_SECONDS * _RATE_HZ) :] / 2**31
    if path.suffix == ".wav":
        sound = soxr.resample(sound, _RATE_HZ, _OTHER_RATE_HZ)
        soundfile.write(path, sound, _OTHER_RATE_HZ, subtype="PCM_24")
    else:
        soundfile.write(path, sound, _RATE_HZ)


async def _splices(work: Workshop, report: Report, song: Made) -> None:
    lines = bar_lines(song.song.facts.sections, song.song.facts.bar_seconds)
    new = await work.make(
        "imported-new-style",
        ReplaceSection(audio_id=song.song.id, section="bars 9-16", prompt="rock with organ", seed="1"),
    )
    report.same_outside("imported-new-style", song, new, lines[8], lines[16])
    again = await work.make(
        "imported-new-words",
        ReplaceSection(
            audio_id=new.song.id,
            replace_section_start=40.5,
            replace_section_end=52,
            lyric="Leave a little light for me",
            seed="1",
        ),
    )
    report.same_outside("imported-new-words", new, again, 40.5, 52)
    longer = await work.make(
        "imported-longer",
        Extend(
            audio_id=again.song.id, continue_at=60, lyric="[Chorus]\nEvery window opens to the sea", seed="1"
        ),
    )
    promise = longer.song.facts.promise
    boundary = float(promise.kept.split("-")[1].split()[0]) if promise else 0.0
    exact = min(lines, key=lambda line: abs(line - boundary))
    report.same_outside("imported-longer", again, longer, exact, None)


async def _remade(work: Workshop, report: Report, sung: Made, played: Made) -> None:
    cover = await work.make("imported-cover", Cover(audio_id=sung.song.id, prompt="synthwave", seed="1"))
    promise = cover.song.facts.promise
    kept = promise.notes_kept if promise else None
    report.check("imported-cover", "keeps the melody that was heard", f"{kept}", holds=kept == 1.0)
    report.sums("imported-cover", cover)
    varied = await work.make("imported-variation", Variation(audio_id=played.song.id, seed="1"))
    forms = [[(part.name, part.bars) for part in made.song.facts.sections] for made in (varied, played)]
    report.check(
        "imported-variation", "keeps the form", f"{len(forms[0])} sections", holds=forms[0] == forms[1]
    )
    report.sums("imported-variation", varied)


async def _swapped(work: Workshop, report: Report, song: Made) -> None:
    apart = await work.make("imported-stems", Stems(audio_id=song.song.id))
    report.sums("imported-stems", apart)
    said = [note for note in apart.song.facts.understanding.notes if "eparated" in note]
    report.check("imported-stems", "say how they were heard", " ".join(said)[:60], holds=bool(said))
    report.check(
        "imported-stems",
        "are all four",
        ", ".join(apart.song.stems),
        holds=set(apart.song.stems) == set(STEMS),
    )
    words = await work.make("imported-sings", SwapVocals(audio_id=apart.song.id, lyric=NEW_VERSE, seed="1"))
    report.same_stems("imported-sings", apart, words, ("drums", "bass", "other"))
    band = await work.make(
        "imported-new-band", SwapInstrumentals(audio_id=apart.song.id, prompt="strings and piano", seed="1")
    )
    report.same_stems("imported-new-band", apart, band, ("vocals",))
