from collections import Counter
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songwright.engines.local.composing.brief import Brief, read_brief
from songwright.engines.local.composing.compose import (
    vocal_register,
    write_form,
    write_harmony,
    write_lead,
    write_vocal,
)
from songwright.engines.local.composing.form import Form
from songwright.engines.local.composing.metrical_grid import metric_weight
from songwright.engines.local.composing.pitches import scale_at
from songwright.engines.local.composing.prosody import syllabify
from songwright.engines.local.singing.voices import VOICES
from songwright.music.actions import Generate
from songwright.music.lyrics import parse_lyric
from songwright.music.score import Chord, ChordSpan, Key, SungLine, SungNote, TimeSignature, VocalPart
from songwright.style.genre import genre_names

SHEET = """[Verse]
Walking down the midnight street again
Thinking of the way we used to be
Every window holds a light for someone
None of them are shining out for me

[Chorus]
Come and find me in the morning light
Tell me all the things you never said
Let the river carry us tonight
Over every word inside my head

[Verse]
I kept your letters in a wooden drawer
The ink has faded but the words remain
You said you'd write me when the spring was over
I only ever heard the falling rain

[Chorus]
Come and find me in the morning light
Tell me all the things you never said
Let the river carry us tonight
Over every word inside my head
"""


class Sung:
    """A song as far as its vocal."""

    def __init__(
        self, seed: str, prompt: str = "pop 110 bpm in C major", text: str = SHEET, **fields: object
    ) -> None:
        action = Generate.model_validate({"prompt": prompt, "lyric": text, **fields})
        self.brief: Brief = read_brief(action, seed)
        self.form: Form = write_form(self.brief, parse_lyric(text), seed)
        self.chords: tuple[ChordSpan, ...] = write_harmony(self.brief, self.form.sections, seed)
        vocal = write_vocal(self.brief, self.form, self.chords, seed)
        assert vocal is not None
        self.vocal: VocalPart = vocal

    @property
    def notes(self) -> list[SungNote]:
        return [note for line in self.vocal.lines for note in line.notes]

    def lines_of(self, kind: str) -> list[SungLine]:
        return [line for line in self.vocal.lines if self.form.sections[line.section].kind == kind]

    def bars_of(self, kind: str) -> int:
        sung = {line.section for line in self.lines_of(kind)}
        return sum(self.form.sections[index].bars for index in sung)


@pytest.fixture(scope="module")
def songs() -> list[Sung]:
    return [Sung(str(seed)) for seed in range(20)]


def mean_pitch(lines: list[SungLine]) -> float:
    notes = [note for line in lines for note in line.notes]
    beats = sum(note.duration_beats for note in notes)
    return sum(note.midi_pitch * note.duration_beats for note in notes) / beats


def end_of(note: SungNote) -> float:
    return note.start_beats + note.duration_beats


def test_every_syllable_is_sung_once_in_order(songs: list[Sung]) -> None:
    for song in songs:
        for line in song.vocal.lines:
            sung = [note.syllable for note in line.notes if note.syllable]
            assert sung == [syllable.text for syllable in syllabify(line.text)]


def test_a_line_never_starts_with_a_carried_syllable(songs: list[Sung]) -> None:
    assert all(line.notes[0].syllable for song in songs for line in song.vocal.lines)


def test_a_melody_lies_in_the_voices_comfortable_range(songs: list[Sung]) -> None:
    for song in songs:
        facts = VOICES[song.vocal.voice]
        assert all(facts.lowest <= note.midi_pitch <= facts.highest for note in song.notes)


def test_the_whole_song_spans_what_a_singer_can_sing(songs: list[Sung]) -> None:
    for song in songs:
        pitches = [note.midi_pitch for note in song.notes]
        assert 7 <= max(pitches) - min(pitches) <= 17


def test_there_is_a_breath_of_a_beat_between_lines(songs: list[Sung]) -> None:
    for song in songs:
        for before, after in pairwise(song.vocal.lines):
            assert after.notes[0].start_beats - end_of(before.notes[-1]) >= 1 - 1e-6


def test_a_chorus_is_higher_than_its_verse(songs: list[Sung]) -> None:
    for song in songs:
        assert mean_pitch(song.lines_of("chorus")) > mean_pitch(song.lines_of("verse")) + 1


def test_a_chorus_is_at_least_as_dense_as_its_verse(songs: list[Sung]) -> None:
    for song in songs:
        chorus, verse = (
            sum(len(line.notes) for line in song.lines_of(kind)) / song.bars_of(kind)
            for kind in ("chorus", "verse")
        )
        assert chorus >= 0.99 * verse


def test_stressed_syllables_fall_on_stronger_beats_than_others(songs: list[Sung]) -> None:
    meter = TimeSignature()
    for song in songs:
        strong = [
            metric_weight(meter, note.start_beats) for note in song.notes if note.stressed and note.syllable
        ]
        weak = [
            metric_weight(meter, note.start_beats)
            for note in song.notes
            if not note.stressed and note.syllable
        ]
        assert sum(strong) / len(strong) > sum(weak) / len(weak) + 0.2


def test_lyrics_strength_binds_stress_to_the_beat_more_tightly() -> None:
    def on_beat(strength: float) -> float:
        notes = [
            note
            for seed in range(8)
            for note in Sung(str(seed), lyrics_strength=strength).notes
            if note.stressed
        ]
        return sum(note.start_beats % 1 == 0 for note in notes) / len(notes)

    assert on_beat(1.0) > on_beat(0.0)


def test_a_chorus_that_comes_back_keeps_its_tune(songs: list[Sung]) -> None:
    for song in songs:
        choruses: dict[int, list[SungLine]] = {}
        for line in song.lines_of("chorus"):
            choruses.setdefault(line.section, []).append(line)
        first, second = list(choruses.values())[:2]
        tunes = [[note.midi_pitch for line in lines for note in line.notes] for lines in (first, second)]
        same = sum(a == b for a, b in zip(*tunes, strict=True))
        assert same >= 0.8 * len(tunes[0])


def test_verse_two_takes_up_the_tune_of_verse_one(songs: list[Sung]) -> None:
    def contour(line: SungLine, bars_start: float) -> dict[float, int]:
        return {round(note.start_beats - bars_start, 3): note.midi_pitch for note in line.notes}

    near = total = 0
    for song in songs:
        verses = song.lines_of("verse")
        placed = [line for line in song.form.lines if song.form.sections[line.section].kind == "verse"]
        for one, two, first, second in zip(verses[:4], verses[4:8], placed[:4], placed[4:8], strict=True):
            a, b = contour(one, first.start_bar * 4.0), contour(two, second.start_bar * 4.0)
            for beat in a.keys() & b.keys():
                total += 1
                near += abs(a[beat] - b[beat]) <= 2
    assert near / total > 0.7


def test_a_motif_comes_back_within_a_chorus(songs: list[Sung]) -> None:
    def steps(line: SungLine) -> list[int]:
        return [b.midi_pitch - a.midi_pitch for a, b in pairwise(line.notes)][:3]

    returning = 0
    for song in songs:
        chorus = song.lines_of("chorus")[:4]
        returning += any(
            sum(abs(a - b) <= 1 for a, b in zip(steps(one), steps(two), strict=False)) >= 2
            for one, two in combinations(chorus, 2)
        )
    assert returning >= 16


def test_twenty_seeds_give_twenty_melodies_that_share_less_than_half_of_their_notes(
    songs: list[Sung],
) -> None:
    tunes = [{(note.start_beats, note.midi_pitch) for note in song.notes} for song in songs]
    assert len({frozenset(tune) for tune in tunes}) == 20
    for one, two in combinations(tunes, 2):
        assert len(one & two) / min(len(one), len(two)) < 0.5


def test_twenty_seeds_share_few_scale_degrees_syllable_by_syllable(songs: list[Sung]) -> None:
    tunes = [
        {
            (i, j, (note.midi_pitch - song.brief.key.tonic) % 12)
            for i, line in enumerate(song.vocal.lines)
            for j, note in enumerate(line.notes)
        }
        for song in songs
    ]
    for one, two in combinations(tunes, 2):
        assert len(one & two) / min(len(one), len(two)) < 0.5


def test_intervals_are_spread_as_in_songs_that_people_sing(songs: list[Sung]) -> None:
    sizes = Counter(
        abs(b.midi_pitch - a.midi_pitch)
        for song in songs
        for line in song.vocal.lines
        for a, b in pairwise(line.notes)
    )
    total = sum(sizes.values())
    assert 0.12 <= sizes[0] / total <= 0.35
    assert 0.35 <= (sizes[1] + sizes[2]) / total <= 0.65
    assert 0.08 <= (sizes[3] + sizes[4]) / total <= 0.3
    assert 0.02 <= sum(count for size, count in sizes.items() if size >= 5) / total <= 0.2
    assert max(sizes) <= 12
    assert sizes[6] / total < 0.01


def test_leaps_turn_back_more_often_than_they_go_on(songs: list[Sung]) -> None:
    back = onward = 0
    for song in songs:
        for line in song.vocal.lines:
            pitches = [note.midi_pitch for note in line.notes]
            for a, b, c in zip(pitches, pitches[1:], pitches[2:], strict=False):
                if abs(b - a) >= 5:
                    back += (c - b) * (b - a) < 0
                    onward += (c - b) * (b - a) > 0
    assert back > 2 * onward


def test_long_notes_on_strong_beats_are_chord_tones(songs: list[Sung]) -> None:
    hits = total = 0
    for song in songs:
        for note in song.notes:
            if note.duration_beats >= 1 and note.start_beats % 2 == 0:
                total += 1
                sounding = next(s for s in reversed(song.chords) if s.start_beats <= note.start_beats + 1e-6)
                hits += note.midi_pitch % 12 in sounding.chord.pitch_classes
    assert hits / total > 0.8


def test_most_sections_close_on_a_stable_degree(songs: list[Sung]) -> None:
    stable = total = 0
    for song in songs:
        for before, after in pairwise(song.vocal.lines):
            if before.section != after.section:
                total += 1
                stable += (before.notes[-1].midi_pitch - song.brief.key.tonic) % 12 in (0, 3, 4, 7)
    assert stable / total > 0.6


def test_a_section_can_be_composed_anew_while_the_others_stay() -> None:
    song = Sung("a")
    verse = next(i for i, section in enumerate(song.form.sections) if section.kind == "verse")
    other = write_vocal(song.brief, song.form, song.chords, "a", {verse: "new"})
    assert other is not None
    for before, after in zip(song.vocal.lines, other.lines, strict=True):
        if before.section == verse:
            assert before.notes != after.notes
        else:
            assert before.notes == after.notes
    for before, after in pairwise(other.lines):
        assert after.notes[0].start_beats - end_of(before.notes[-1]) >= 1 - 1e-6


def test_a_register_fits_every_voice_and_key() -> None:
    for voice, facts in VOICES.items():
        for tonic in range(12):
            register = vocal_register(voice, Key(tonic, "major"), 14, "a")
            assert facts.lowest <= register.lowest < register.highest <= facts.highest


def test_the_scale_bends_to_a_chord_from_outside_the_key() -> None:
    e7 = Chord(root=4, intervals=(0, 4, 7, 10), symbol="E7", bass=4)
    assert scale_at(Key(9, "minor"), e7) == {9, 11, 0, 2, 4, 5, 8}
    b_flat = Chord(root=10, intervals=(0, 4, 7), symbol="Bb", bass=10)
    assert scale_at(Key(0, "major"), b_flat) == {0, 2, 4, 5, 7, 9, 10}


def test_a_solo_and_an_instrumental_have_tunes() -> None:
    for seed in range(6):
        action = Generate(prompt="instrumental pop")
        brief = read_brief(action, str(seed))
        form = write_form(brief, None, str(seed))
        chords = write_harmony(brief, form.sections, str(seed))
        lead = write_lead(brief, form, chords, None, str(seed))
        assert len(lead) >= len(form.sections) / 2
        for tune in lead:
            section = form.sections[tune.section]
            start, end = section.start_bar * 4.0, (section.start_bar + section.bars) * 4.0
            assert start <= tune.notes[0].start_beats
            assert tune.notes[-1].start_beats + tune.notes[-1].duration_beats <= end
            assert all(
                b.start_beats >= a.start_beats + a.duration_beats - 1e-6 for a, b in pairwise(tune.notes)
            )
            assert all(55 <= note.midi_pitch <= 84 for note in tune.notes)


LINES = st.lists(
    st.text(st.sampled_from("abcdeghilmnorstuwy '-,.!7\u00e9"), min_size=1, max_size=80),
    min_size=1,
    max_size=8,
)


@settings(max_examples=30, deadline=None)
@given(LINES, st.sampled_from(genre_names()), st.sampled_from(("", "3/4", "6/8", "60 bpm", "200 bpm")))
def test_any_lyric_can_be_sung_in_any_genre(lines: list[str], genre: str, wish: str) -> None:
    text = "\n".join(lines)
    written = [line for line in parse_lyric(text).lines if syllabify(line)]
    if not written:
        return
    song = Sung("a", f"{genre.replace('_', ' ')}, {wish}", text)
    assert [line.text for line in song.vocal.lines][: len(written)] == written
    facts = VOICES[song.vocal.voice]
    end = 0.0
    for line in song.vocal.lines:
        assert [note.syllable for note in line.notes if note.syllable] == [
            s.text for s in syllabify(line.text)
        ]
        for note in line.notes:
            assert note.start_beats >= end - 1e-6
            assert note.duration_beats > 0
            assert facts.lowest <= note.midi_pitch <= facts.highest
            end = end_of(note)
    last = song.form.sections[-1]
    assert end <= (last.start_bar + last.bars) * song.brief.time_signature.beats_per_bar
