"""What changed between two versions of a song? Sound, score, words and facts, section by section."""

from __future__ import annotations

import math
from collections.abc import Iterator
from difflib import SequenceMatcher

import numpy as np
import soundfile
from numpy.typing import NDArray

from songwright.audio.loudness import SILENT_DB
from songwright.errors import EngineError
from songwright.exports.material import Material
from songwright.hearing.agreement import parse_key
from songwright.hearing.compare import null_test
from songwright.music.comparison import (
    MAX_CHANGED_SECTIONS,
    Change,
    Comparison,
    NullTest,
    Relation,
    SectionChange,
    Stretch,
    WordChanges,
)
from songwright.music.score_changes import changed_chord_bars, melody_kept, notes_kept, part_changes
from songwright.music.song import Facts, Section, Song

__all__ = ["MAX_LINES", "compare_versions"]

MAX_LINES = 16
_MAX_STRETCHES = 12
_MAX_PARTS = 16
_LONGEST_LINE = 80
_LONGEST_NAME = 32

_HOP_SECONDS = 0.1
_JOIN_SECONDS = 1.0
_BLOCK_HOPS = 100

_Sound = NDArray[np.float32]


def compare_versions(first: Material, second: Material, relation: Relation) -> Comparison:
    """Compare two songs. Reads their masters block by block.

    Args:
        first: The earlier version, or the one to measure against.
        second: The other.
        relation: What the second song is to the first.

    Raises:
        EngineError: A master is damaged.
    """
    for song in (first, second):
        song.refuse_damaged("master.flac")
    try:
        with soundfile.SoundFile(first.master) as one, soundfile.SoundFile(second.master) as other:
            comparable = (one.samplerate, one.channels) == (other.samplerate, other.channels)
            test = _null_test(one, other) if comparable else None
            identical, changed = _sections(first, second, one, other, comparable=comparable)
            same = comparable and one.frames == other.frames and test is not None and not test.max_abs_diff
    except soundfile.SoundFileError as error:
        raise EngineError("a song's master can't be read; it may be damaged", retryable=False) from error
    scores = (first.score, second.score) if first.score and second.score else None
    words = _words(first.song, second.song)
    facts = _facts(first.song, second.song)
    shown = tuple(changed[:MAX_CHANGED_SECTIONS])
    return Comparison(
        first_id=first.song.id,
        second_id=second.song.id,
        relation=relation,
        summary=_summary(facts, identical, changed, words, same=same),
        identical=same,
        null_test=test,
        facts=facts,
        transposed_semitones=_transposed(first.song.facts, second.song.facts),
        identical_sections=tuple(identical),
        changed_sections=shown,
        sections_left_out=len(changed) - len(shown),
        words=words,
        parts=part_changes(*scores)[:_MAX_PARTS] if scores else (),
        chords_changed=changed_chord_bars(*scores) if scores else None,
    )


def _null_test(one: soundfile.SoundFile, other: soundfile.SoundFile) -> NullTest:
    rate = one.samplerate
    hop = round(_HOP_SECONDS * rate)
    largest, energy = 0.0, 0.0
    differing: list[int] = []
    for number, difference in enumerate(_differences(one, other, hop * _BLOCK_HOPS)):
        largest = max(largest, float(np.abs(difference).max(initial=0.0)))
        energy += float(np.sum(np.square(difference, dtype=np.float64)))
        anywhere = np.asarray(difference.any(axis=1))
        hops = np.add.reduceat(anywhere, np.arange(0, len(anywhere), hop))
        differing.extend((number * _BLOCK_HOPS + np.flatnonzero(hops)).tolist())
    end = max(one.frames, other.frames) / rate
    stretches = _joined(differing, end)
    mean = energy / max(1, max(one.frames, other.frames) * one.channels)
    return NullTest(
        max_abs_diff=largest,
        difference_db=round(max(SILENT_DB, 10 * math.log10(max(mean, 1e-30))), 1),
        differs_at=tuple(stretches[:_MAX_STRETCHES]),
        stretches_left_out=max(0, len(stretches) - _MAX_STRETCHES),
    )


def _differences(one: soundfile.SoundFile, other: soundfile.SoundFile, size: int) -> Iterator[_Sound]:
    for start in range(0, max(one.frames, other.frames), size):
        blocks = [_read(file, start, start + size) for file in (one, other)]
        longest = max(len(block) for block in blocks)
        before, after = (np.pad(block, ((0, longest - len(block)), (0, 0))) for block in blocks)
        yield after - before


def _read(file: soundfile.SoundFile, start: int, stop: int) -> _Sound:
    """Samples of a stretch, as far as the file has them, shape (samples, channels)."""
    start, stop = min(start, file.frames), min(stop, file.frames)
    file.seek(start)
    audio: _Sound = file.read(stop - start, dtype="float32", always_2d=True)
    return audio


def _joined(hops: list[int], end_seconds: float) -> list[Stretch]:
    found: list[list[float]] = []
    for hop in hops:
        start = hop * _HOP_SECONDS
        if found and start - found[-1][1] < _JOIN_SECONDS:
            found[-1][1] = start + _HOP_SECONDS
        else:
            found.append([start, start + _HOP_SECONDS])
    return [
        Stretch(start_seconds=round(start, 1), end_seconds=round(min(end, end_seconds), 2))
        for start, end in found
    ]


def _sections(
    first: Material,
    second: Material,
    one: soundfile.SoundFile,
    other: soundfile.SoundFile,
    *,
    comparable: bool,
) -> tuple[list[str], list[SectionChange]]:
    """Names of the sections that are identical, and the others in the order of the second song."""
    before = {_plain(section): section for section in first.song.facts.sections}
    after = {_plain(section): section for section in second.song.facts.sections}
    identical: list[str] = []
    changed: list[SectionChange] = []
    for key, section in after.items():
        if key not in before:
            changed.append(_only(section, "added"))
            continue
        change = _compared(first, second, before[key], section, one, other, comparable=comparable)
        if change is None:
            identical.append(section.name[:_LONGEST_NAME])
        else:
            changed.append(change)
    changed.extend(_only(section, "removed") for key, section in before.items() if key not in after)
    return identical, changed


def _plain(section: Section) -> str:
    # A second chorus turns "chorus" into "chorus 1".
    return section.name.removesuffix(" 1")


def _only(section: Section, change: str) -> SectionChange:
    return SectionChange.model_validate(
        {
            "name": section.name[:_LONGEST_NAME],
            "change": change,
            "start_seconds": round(section.start_seconds, 2),
            "end_seconds": round(section.end_seconds, 2),
        }
    )


def _compared(
    first: Material,
    second: Material,
    before: Section,
    after: Section,
    one: soundfile.SoundFile,
    other: soundfile.SoundFile,
    *,
    comparable: bool,
) -> SectionChange | None:
    old, new = _stretch(one, before), _stretch(other, after)
    difference = None
    if comparable and abs(len(old) - len(new)) <= 1:
        length = min(len(old), len(new))
        difference = null_test(old[:length].T, new[:length].T, one.samplerate)
        if difference.identical and before.start_seconds == after.start_seconds:
            return None
    change = _only(after, "moved" if difference is not None and difference.identical else "different")
    measured: dict[str, object] = {"words_changed": _lines(first.song, before) != _lines(second.song, after)}
    if difference is not None and not difference.identical:
        measured |= {
            "difference_db": round(difference.rms_diff_relative_db, 1),
            "level_change_db": round(difference.level_change_db, 1),
            "colour_change_db": round(difference.spectral_distance_db, 1),
        }
    if first.score is not None and second.score is not None:
        names = (first.score, before.name, second.score, after.name)
        measured |= {"notes_kept": notes_kept(*names), "melody_kept": melody_kept(*names)}
    return change.model_copy(update=measured)


def _stretch(file: soundfile.SoundFile, section: Section) -> _Sound:
    rate = file.samplerate
    return _read(file, round(section.start_seconds * rate), round(section.end_seconds * rate))


def _lines(song: Song, section: Section) -> list[str]:
    return [line.text for line in song.facts.lyric_lines if line.section == section.name]


def _words(first: Song, second: Song) -> WordChanges | None:
    old = [line.text for line in first.facts.lyric_lines]
    new = [line.text for line in second.facts.lyric_lines]
    if old == new:
        return None
    kept = 0
    added: list[str] = []
    removed: list[str] = []
    for kind, old_from, old_to, new_from, new_to in SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            kept += old_to - old_from
        else:
            removed.extend(old[old_from:old_to])
            added.extend(new[new_from:new_to])
    shown_added, shown_removed = added[: MAX_LINES // 2], removed[: MAX_LINES // 2]
    return WordChanges(
        kept=kept,
        added=tuple(line[:_LONGEST_LINE] for line in shown_added),
        removed=tuple(line[:_LONGEST_LINE] for line in shown_removed),
        left_out=len(added) + len(removed) - len(shown_added) - len(shown_removed),
    )


def _facts(first: Song, second: Song) -> dict[str, Change]:
    old, new = _told(first), _told(second)
    return {name: Change(first=old[name], second=new[name]) for name in old if old[name] != new[name]}


def _told(song: Song) -> dict[str, str | float | None]:
    facts = song.facts
    return {
        "title": facts.title,
        "duration_seconds": round(facts.duration_seconds, 2),
        "tempo_bpm": facts.tempo_bpm,
        "key": facts.key,
        "time_signature": facts.time_signature,
        "genre": facts.genre,
        "voice": facts.voice,
        "integrated_lufs": None if facts.loudness is None else round(facts.loudness.integrated_lufs, 1),
        "true_peak_dbtp": None if facts.loudness is None else round(facts.loudness.true_peak_dbtp, 1),
        "engine": f"{song.engine} {song.engine_version}",
        "model": facts.model,
        "seed": facts.seed,
    }


def _transposed(first: Facts, second: Facts) -> int | None:
    old, new = (parse_key(facts.key) if facts.key else None for facts in (first, second))
    if old is None or new is None or old.tonic == new.tonic:
        return None
    return (new.tonic - old.tonic + 5) % 12 - 5


def _summary(
    facts: dict[str, Change],
    identical: list[str],
    changed: list[SectionChange],
    words: WordChanges | None,
    *,
    same: bool,
) -> str:
    if same:
        return "The masters are bit-identical."
    said = []
    kinds = ("different", "moved", "added", "removed")
    for kind in kinds:
        names = [section.name for section in changed if section.change == kind]
        if names:
            more = f" and {len(names) - 4} more" if len(names) > 4 else ""
            said.append(f"{kind}: {', '.join(names[:4])}{more}")
    if identical:
        said.append(f"bit-identical: {len(identical)} sections")
    musical = [name for name in ("tempo_bpm", "key", "time_signature", "genre", "voice") if name in facts]
    said.extend(f"{name} {facts[name].first} -> {facts[name].second}" for name in musical)
    if words is not None:
        said.append(f"{words.kept} lines of words kept")
    return "; ".join(said) + "." if said else "Only the samples differ."
