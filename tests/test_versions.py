from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.exports.songs_help import RATE_HZ, small_material, small_song, sound, write_sound

from songwright.exports.material import Material
from songwright.music.comparison import MAX_CHANGED_SECTIONS
from songwright.music.score import Key, Note, Score
from songwright.music.song import LyricLine, Section
from songwright.versions import compare_versions


@pytest.fixture
def first(tmp_path: Path) -> Material:
    return small_material(tmp_path / "first")


def changed(
    material: Material, tmp_path: Path, samples: np.ndarray, score: Score | None = None, **facts: object
) -> Material:
    song = small_song(duration_seconds=len(samples) / RATE_HZ, **facts)
    song = song.model_copy(update={"id": "00000000-0000-4000-8000-000000000000"})
    path = write_sound(tmp_path / "second.flac", samples)
    return replace(material, song=song, master=path, score=score or material.score)


def test_equal_masters_are_told_to_be_bit_identical(first: Material, tmp_path: Path) -> None:
    told = compare_versions(first, changed(first, tmp_path, sound()), "not related")

    assert told.identical
    assert told.null_test is not None
    assert told.null_test.max_abs_diff == 0
    assert told.null_test.differs_at == ()
    assert told.identical_sections == ("verse", "chorus")
    assert told.facts == {}
    assert told.words is None
    assert told.parts == ()
    assert told.chords_changed == 0


def test_a_replaced_section_is_named_and_the_other_is_identical(first: Material, tmp_path: Path) -> None:
    samples = sound()
    samples[4 * RATE_HZ :] //= 2
    told = compare_versions(first, changed(first, tmp_path, samples), "made from it")

    assert told.identical_sections == ("verse",)
    assert [section.name for section in told.changed_sections] == ["chorus"]
    chorus = told.changed_sections[0]
    assert chorus.change == "different"
    assert chorus.level_change_db == pytest.approx(-6.0, abs=0.1)
    assert chorus.difference_db == pytest.approx(-6.0, abs=0.1)
    assert chorus.colour_change_db == pytest.approx(0.0, abs=0.1)
    assert told.null_test is not None
    assert [(at.start_seconds, at.end_seconds) for at in told.null_test.differs_at] == [(4.0, 8.0)]
    assert told.null_test.max_abs_diff == pytest.approx(0.25, abs=0.01)


def test_sections_that_came_and_went_and_moved_are_told(first: Material, tmp_path: Path) -> None:
    samples = sound()
    # Two new seconds before the chorus, and no verse.
    moved = np.concatenate([samples[: 2 * RATE_HZ] // 3, samples[4 * RATE_HZ :]])
    told = compare_versions(
        first,
        changed(
            first,
            tmp_path,
            moved,
            sections=(
                Section(name="intro", start_seconds=0, end_seconds=2, start_bar=1, bars=1),
                Section(name="chorus 1", start_seconds=2, end_seconds=6, start_bar=2, bars=2),
            ),
            lyric_lines=(),
        ),
        "made from it",
    )

    assert {section.name: section.change for section in told.changed_sections} == {
        "intro": "added",
        "chorus 1": "moved",
        "verse": "removed",
    }


def test_differences_of_the_score_are_told_by_part_and_section(first: Material, tmp_path: Path) -> None:
    assert first.score is not None
    bass = first.score.parts[1]
    other = replace(bass, instrument="acoustic_bass", notes=(*bass.notes[:3], Note(12, 3.5, 45, 80)))
    score = replace(first.score, key=Key(4, "minor"), parts=(first.score.parts[0], other))
    told = compare_versions(
        first, changed(first, tmp_path, sound(seed=5), score, key="E minor"), "made from it"
    )

    by_name = {part.part: part for part in told.parts}
    assert by_name.keys() == {"bass", "piano"}
    assert (by_name["bass"].kept, by_name["bass"].added, by_name["bass"].removed) == (3, 1, 1)
    assert by_name["bass"].instrument is not None
    assert by_name["bass"].instrument.second == "acoustic_bass"
    assert by_name["piano"].removed == 8
    assert told.transposed_semitones == 2
    assert told.facts["key"].second == "E minor"
    chorus = next(section for section in told.changed_sections if section.name == "chorus")
    assert chorus.melody_kept == 1.0
    assert chorus.notes_kept is not None
    assert chorus.notes_kept < 1.0


def test_masters_of_other_rates_are_compared_by_everything_but_samples(
    first: Material, tmp_path: Path
) -> None:
    import soundfile

    second = changed(first, tmp_path, sound())
    soundfile.write(second.master, sound(), 48_000, subtype="PCM_24")
    told = compare_versions(first, second, "not related")

    assert told.null_test is None
    assert not told.identical
    assert [section.difference_db for section in told.changed_sections] == [None, None]


def test_a_comparison_of_long_songs_with_nothing_in_common_stays_short(
    first: Material, tmp_path: Path
) -> None:
    def busy(word: str) -> dict[str, object]:
        sections = tuple(
            Section(
                name=f"chorus {n + 1}", start_seconds=n / 4, end_seconds=(n + 1) / 4, start_bar=n + 1, bars=1
            )
            for n in range(30)
        )
        lines = tuple(
            LyricLine(
                text=f"{word} {n} " + "la la " * 30,
                start_seconds=n / 8,
                end_seconds=(n + 1) / 8,
                section=f"chorus {n // 2 + 1}",
            )
            for n in range(60)
        )
        return {"sections": sections, "lyric_lines": lines, "title": word * 20}

    base = changed(first, tmp_path, sound(), **busy("one"))
    second = changed(first, tmp_path / "..", sound(seed=9), **busy("two"), seed="other")
    told = compare_versions(base, second, "not related")

    assert len(told.changed_sections) == MAX_CHANGED_SECTIONS
    assert told.sections_left_out == 14
    # Four characters a token, as English and JSON have it.
    assert len(told.model_dump_json(exclude_none=True)) / 4 < 2_000
