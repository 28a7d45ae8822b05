from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engines.local.plans_help import GENRES, METERS, arranged, plan_for

from songwright.engines.local.arranging.arrange import arrange
from songwright.engines.local.arranging.passages import passages
from songwright.engines.local.arranging.plan import Plan
from songwright.engines.local.arranging.ranges import playing_of
from songwright.music.score import Note, Part
from songwright.style.instruments import INSTRUMENTS

GUESTS = (
    "cello",
    "violin",
    "banjo",
    "trumpet",
    "harp",
    "choir_aahs",
    "distortion_guitar",
    "vibraphone",
    "flute",
)


def section_notes(parts: tuple[Part, ...], plan: Plan, name: str) -> dict[str, list[Note]]:
    passage = next(p for p in passages(plan) if p.section.name == name)
    found: dict[str, list[Note]] = defaultdict(list)
    for part in parts:
        for note in part.notes:
            if passage.start_beats - 1e-6 <= note.start_beats < passage.end_beats - 1e-6:
                found[part.name].append(note)
    return found


def loudness(notes: dict[str, list[Note]]) -> float:
    return sum(
        (note.velocity / 127) ** 2 * min(note.duration_beats, 1) for part in notes.values() for note in part
    )


@pytest.mark.parametrize("genre", GENRES)
@pytest.mark.parametrize("meter", METERS)
def test_every_genre_can_be_arranged_in_every_common_meter(genre: str, meter: str) -> None:
    plan = plan_for(genre, meter)
    parts = arranged(genre, meter)
    assert [part.name for part in parts[:2]] == ["drums", "bass"]
    assert len(parts) >= 5
    assert len({part.name for part in parts}) == len(parts)
    end = plan.sections[-1].start_bar + plan.sections[-1].bars
    for part in parts:
        playing = INSTRUMENTS[part.instrument]
        assert part.notes
        for note in part.notes:
            assert note.start_beats >= 0
            assert note.duration_beats > 0
            assert note.start_beats + note.duration_beats <= end * plan.time_signature.beats_per_bar + 1.0
            assert playing.is_kit or playing.low <= note.midi_pitch <= playing.high


@pytest.mark.parametrize("genre", GENRES)
def test_layers_end_with_their_section(genre: str) -> None:
    plan = plan_for(genre)
    for passage in passages(plan):
        for name, notes in section_notes(arranged(genre), plan, passage.section.name).items():
            if name != "drums":
                assert all(n.start_beats + n.duration_beats <= passage.end_beats + 1e-6 for n in notes)


@pytest.mark.parametrize("genre", GENRES)
@pytest.mark.parametrize("meter", METERS)
def test_a_chorus_is_fuller_than_its_verse(genre: str, meter: str) -> None:
    plan = plan_for(genre, meter)
    for seed in ("a", "b"):
        parts = arranged(genre, meter, seed)
        verse, chorus = (section_notes(parts, plan, name) for name in ("verse 1", "chorus 1"))
        assert loudness(chorus) > loudness(verse)


@pytest.mark.parametrize("genre", GENRES)
def test_layers_come_and_go(genre: str) -> None:
    plan = plan_for(genre)
    parts = arranged(genre)
    orchestras = {frozenset(section_notes(parts, plan, section.name)) for section in plan.sections}
    assert len(orchestras) >= 3


@pytest.mark.parametrize("genre", GENRES)
def test_nothing_sounds_before_a_drop_where_the_genre_stops_for_it(genre: str) -> None:
    plan = plan_for(genre)
    parts = arranged(genre)
    for passage in passages(plan):
        if passage.rest_beats == 0:
            continue
        for part in parts:
            if part.instrument in ("riser", "noise_sweep", "impact"):
                continue
            for note in part.notes:
                if passage.start_beats <= note.start_beats < passage.end_beats and part.name != "drums":
                    assert (
                        note.start_beats + note.duration_beats
                        <= passage.end_beats - passage.rest_beats + 1e-6
                    )


@pytest.mark.parametrize("instrument", GUESTS)
@pytest.mark.parametrize("genre", ["lofi", "techno", "jazz"])
def test_an_instrument_that_was_asked_for_is_heard(genre: str, instrument: str) -> None:
    plan = plan_for(genre, wanted=(instrument,))
    notes = [note for part in arrange(plan, "s") if part.instrument == instrument for note in part.notes]
    heard = {int(note.start_beats // (8 * plan.time_signature.beats_per_bar)) for note in notes}
    assert len(heard) >= 3


def test_a_bass_that_was_asked_for_plays_the_bass_line() -> None:
    plan = plan_for("pop", wanted=("slap_bass",))
    assert next(part for part in arrange(plan, "s") if part.name == "bass").instrument == "slap_bass"


@pytest.mark.parametrize("genre", GENRES)
def test_instruments_that_were_declined_do_not_play(genre: str) -> None:
    kits = set(plan_for(genre).genre.kits)
    usual = sorted({part.instrument for seed in "ab" for part in arranged(genre, "4/4", seed)} - kits)
    for declined in (usual[::2], usual[1::2], usual):
        plan = plan_for(genre, unwanted=tuple(declined))
        assert {part.instrument for part in arrange(plan, "a")}.isdisjoint(declined)


def test_no_drums_and_no_bass_means_none() -> None:
    parts = arrange(plan_for("rock", kit=None, has_bass=False), "s")
    assert {"drums", "bass"}.isdisjoint(part.name for part in parts)
    assert {part.stem for part in parts} == {"other"}


def test_a_piano_takes_the_bass_where_there_is_none() -> None:
    plan = plan_for("pop", has_bass=False, wanted=("acoustic_grand_piano",))
    piano = next(part for part in arrange(plan, "s") if part.instrument == "acoustic_grand_piano")
    assert min(note.midi_pitch for note in piano.notes) < 48


@pytest.mark.parametrize("genre", GENRES)
def test_chords_are_clear_below_c3(genre: str) -> None:
    for part in arranged(genre):
        if part.stem != "other" or part.instrument in ("distortion_guitar", "overdriven_guitar", "timpani"):
            continue
        together: dict[float, list[int]] = defaultdict(list)
        for note in part.notes:
            together[note.start_beats].append(note.midi_pitch)
        for pitches in together.values():
            low = sorted(pitches)[:2]
            if len(low) == 2 and low[0] < 48:
                assert low[1] - low[0] >= 5


@pytest.mark.parametrize("genre", GENRES)
def test_the_same_seed_makes_the_same_parts_and_another_seed_makes_others(genre: str) -> None:
    assert arrange(plan_for(genre), "a") == arranged(genre, "4/4", "a")
    assert arranged(genre, "4/4", "a") != arranged(genre, "4/4", "b")


@pytest.mark.parametrize("genre", GENRES)
def test_other_chords_in_one_section_leave_every_other_section_alone(genre: str) -> None:
    plan, other = plan_for(genre), plan_for(genre, loop=1)
    target = next(p for p in passages(plan) if p.section.name == "verse 2")
    mixed = tuple(
        theirs if target.start_beats <= ours.start_beats < target.end_beats else ours
        for ours, theirs in zip(plan.chords, other.chords, strict=True)
    )
    before, after = arranged(genre), arrange(replace(plan, chords=mixed), "s")
    for section in plan.sections:
        if section.name != "verse 2":
            assert section_notes(before, plan, section.name) == section_notes(after, plan, section.name)


def test_a_section_can_be_drawn_anew_with_the_same_orchestra() -> None:
    plan = plan_for("pop")
    before, after = arranged("pop"), arrange(plan, "s", {3: "new"})
    assert {part.name: part.instrument for part in before} == {part.name: part.instrument for part in after}
    for index, section in enumerate(plan.sections):
        same = section_notes(before, plan, section.name) == section_notes(after, plan, section.name)
        assert same == (index != 3)


def test_the_solo_is_played_by_a_lead() -> None:
    plan = plan_for("rock")
    solo = section_notes(arranged("rock"), plan, "solo")
    assert len(solo["lead guitar"]) == 8


@settings(max_examples=10, deadline=None)
@given(
    genre=st.sampled_from(GENRES),
    numerator=st.integers(2, 12),
    denominator=st.sampled_from([4, 8]),
    weirdness=st.floats(0, 1),
    seed=st.text(max_size=4),
)
def test_any_meter_and_mood_gives_notes_in_range(
    genre: str, numerator: int, denominator: int, weirdness: float, seed: str
) -> None:
    plan = plan_for(genre, f"{numerator}/{denominator}", weirdness=weirdness)
    for part in arrange(plan, seed):
        playing = INSTRUMENTS[part.instrument]
        assert playing.is_kit or all(playing.low <= n.midi_pitch <= playing.high for n in part.notes)


def test_ranges_lie_within_what_the_catalogue_can_sound() -> None:
    for name, instrument in INSTRUMENTS.items():
        if not instrument.is_kit:
            playing = playing_of(name)
            assert instrument.low <= playing.lowest < playing.highest <= instrument.high, name
