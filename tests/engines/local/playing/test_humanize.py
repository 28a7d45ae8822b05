import time
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engines.local.plans_help import GENRES, METERS, arranged, plan_for, score_of

from songwright.engines.local.arranging.arrange import arrange
from songwright.engines.local.arranging.passages import passages
from songwright.engines.local.arranging.plan import Plan
from songwright.engines.local.playing.humanize import perform
from songwright.engines.local.playing.performed_notes import PerformedNote, PerformedPart
from songwright.music.score import Note, Part, TimeSignature
from songwright.style.genre import load_genre
from songwright.style.swing import swing_beats

FOUR = TimeSignature()


def performed(plan: Plan) -> tuple[PerformedPart, ...]:
    return perform(score_of(plan, arrange(plan, "s")), plan.genre, "s")


def played_alone(genre: str, part: Part, **changes: object) -> tuple[PerformedNote, ...]:
    plan = replace(plan_for(genre), **changes)  # type: ignore[arg-type]
    return perform(score_of(plan, (part,)), plan.genre, "s")[0].notes


@pytest.mark.parametrize("genre", GENRES)
@pytest.mark.parametrize("meter", METERS)
def test_every_note_is_performed_near_its_beat(genre: str, meter: str) -> None:
    plan = plan_for(genre, meter, swing=0.0)
    parts = arranged(genre, meter)
    score = score_of(plan, parts)
    for part, as_played in zip(parts, perform(score, plan.genre, "s"), strict=True):
        assert (part.name, part.instrument, part.stem) == (
            as_played.name,
            as_played.instrument,
            as_played.stem,
        )
        assert len(part.notes) == len(as_played.notes)
        assert all(note.start_seconds >= 0 and note.duration_seconds > 0 for note in as_played.notes)
        assert all(1 <= note.velocity <= 127 for note in as_played.notes)
        starts = [note.start_seconds for note in as_played.notes]
        assert starts == sorted(starts)
        written = sorted(score.seconds(note.start_beats) for note in part.notes)
        assert max(abs(a - b) for a, b in zip(written, starts, strict=True)) < 0.08


@pytest.mark.parametrize("genre", ["jazz", "trap", "indie_folk", "orchestral"])
def test_the_same_seed_plays_alike_and_another_does_not(genre: str) -> None:
    score = score_of(plan_for(genre), arranged(genre))
    facts = load_genre(genre)
    assert perform(score, facts, "s") == perform(score, facts, "s")
    assert perform(score, facts, "s") != perform(score, facts, "t")


@pytest.mark.parametrize("genre", GENRES)
def test_other_chords_in_one_section_leave_every_other_performance_alone(genre: str) -> None:
    plan, other = plan_for(genre), plan_for(genre, loop=1)
    target = next(p for p in passages(plan) if p.section.name == "chorus 2")
    mixed = tuple(
        theirs if target.start_beats <= ours.start_beats < target.end_beats else ours
        for ours, theirs in zip(plan.chords, other.chords, strict=True)
    )
    score = score_of(plan, ())
    start, end = (score.seconds(beats) for beats in (target.start_beats, target.end_beats))

    def outside(parts: tuple[PerformedPart, ...]) -> dict[str, list[PerformedNote]]:
        return {
            part.name: [
                n for n in part.notes if n.start_seconds < start - 0.1 or n.start_seconds >= end + 0.1
            ]
            for part in parts
        }

    assert outside(perform(score_of(plan, arranged(genre)), plan.genre, "s")) == outside(
        performed(replace(plan, chords=mixed))
    )


def test_strings_of_a_strum_sound_one_after_another_down_then_up() -> None:
    chord = (50, 57, 62, 66)
    notes = tuple(Note(beat, 0.4, pitch, 90) for beat in (4.0, 4.5) for pitch in chord)
    played = played_alone("indie_folk", Part("strummed guitar", "steel_guitar", "other", notes), swing=0.0)
    down = sorted(played[:4], key=lambda note: note.start_seconds)
    up = sorted(played[4:], key=lambda note: note.start_seconds)
    assert [note.midi_pitch for note in down] == list(chord)
    assert [note.midi_pitch for note in up] == list(reversed(chord))
    spread = down[-1].start_seconds - down[0].start_seconds
    assert 0.004 < spread < 0.04


def test_chords_of_a_machine_sound_together() -> None:
    notes = tuple(Note(4.0, 1.0, pitch, 90) for pitch in (60, 64, 67))
    played = played_alone("techno", Part("stab", "supersaw", "other", notes))
    starts = [note.start_seconds for note in played]
    assert max(starts) - min(starts) < 0.002


def test_a_bowed_line_is_legato() -> None:
    notes = (Note(0.0, 2.0, 60, 80), Note(2.0, 2.0, 62, 80))
    first, second = played_alone("orchestral", Part("horns", "cello", "other", notes))
    assert first.start_seconds + first.duration_seconds > second.start_seconds


def test_an_808_slides_into_some_of_its_notes() -> None:
    notes = tuple(Note(2.0 * place, 2.0, 30 + 7 * (place % 2), 100) for place in range(32))
    played = played_alone("trap", Part("bass", "bass_808", "bass", notes))
    slides = [note for note in played if note.bend_semitones]
    assert 2 <= len(slides) <= 24
    assert all(note.bend_semitones[0] == 0 and abs(note.bend_semitones[-1]) == 7 for note in slides)


def test_laid_back_players_come_later_than_pushing_ones() -> None:
    notes = tuple(Note(float(beat), 0.5, 40, 100) for beat in range(64))

    def lean(genre: str) -> float:
        played = played_alone(genre, Part("bass", "fingered_bass", "bass", notes), tempo_bpm=60.0, swing=0.0)
        return sum(note.start_seconds - beat for beat, note in enumerate(played)) / len(played)

    assert lean("lofi") > lean("rock") + 0.004


@pytest.mark.parametrize(("swing", "expected"), [(0.0, 0.5), (0.5, 0.5 + 1 / 12), (1.0, 2 / 3)])
def test_swung_eighths_move_toward_the_last_triplet(swing: float, expected: float) -> None:
    jazz = load_genre("jazz")
    assert swing_beats(4.5, swing, jazz, FOUR) == pytest.approx(4 + expected)
    assert swing_beats(5.0, swing, jazz, FOUR) == pytest.approx(5.0)


def test_eighths_of_a_compound_meter_do_not_swing() -> None:
    assert swing_beats(1.5, 1.0, load_genre("jazz"), TimeSignature(6, 8)) == 1.5


@given(st.lists(st.floats(0, 64), min_size=2, max_size=20), st.floats(0, 1))
def test_swing_never_changes_the_order_of_notes(beats: list[float], swing: float) -> None:
    for genre in (load_genre("jazz"), load_genre("lofi")):
        swung = [swing_beats(beat, swing, genre, FOUR) for beat in sorted(beats)]
        assert all(a <= b + 1e-6 for a, b in pairwise(swung))


def test_a_song_is_arranged_and_performed_in_half_a_second() -> None:
    plan = plan_for("metal")
    performed(plan)
    begun = time.process_time()
    performed(plan)
    assert time.process_time() - begun < 0.5
