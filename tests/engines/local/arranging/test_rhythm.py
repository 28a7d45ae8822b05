from dataclasses import replace

import pytest
from tests.engines.local.plans_help import GENRES, METERS, plan_for

from songwright.engines.local.arranging.passages import Passage, passages
from songwright.engines.local.arranging.rhythm import DRUM_KEYS, drum_notes, kick_beats
from songwright.music.score import Note

SNARES = {DRUM_KEYS[name] for name in ("snare", "stick", "clap")}
DANCE = ("house", "techno", "drum_and_bass")


def drums_by_section(genre: str, meter: str = "4/4", seed: str = "s") -> dict[str, tuple[Note, ...]]:
    plan = plan_for(genre, meter)
    return {passage.section.name: drum_notes(plan, passage, seed) for passage in passages(plan)}


def bars_of(passage: Passage, notes: tuple[Note, ...]) -> list[list[tuple[float, int]]]:
    bars: list[list[tuple[float, int]]] = [[] for _ in range(passage.bars)]
    for note in notes:
        bar = int((note.start_beats - passage.start_beats) // passage.bar_beats)
        bars[bar].append((round(note.start_beats - passage.bar_start_beats(bar), 3), note.midi_pitch))
    return bars


@pytest.mark.parametrize("genre", GENRES)
@pytest.mark.parametrize("meter", METERS)
def test_drums_stay_in_their_section_and_on_percussion_keys(genre: str, meter: str) -> None:
    plan = plan_for(genre, meter)
    for passage in passages(plan):
        for note in drum_notes(plan, passage, "s"):
            assert passage.start_beats <= note.start_beats < passage.end_beats
            assert note.midi_pitch in DRUM_KEYS.values()


@pytest.mark.parametrize("genre", GENRES)
@pytest.mark.parametrize("meter", METERS)
def test_a_fill_or_a_build_leads_into_the_fullest_section(genre: str, meter: str) -> None:
    plan = plan_for(genre, meter)
    passage = next(p for p in passages(plan) if p.following and p.following.kind == "drop")
    if passage.energy < plan.genre.drums.enters:
        pytest.skip("the genre's drums are silent there")
    bars = bars_of(passage, drum_notes(plan, passage, "s"))
    assert bars[-1] != bars[2]


@pytest.mark.parametrize("genre", GENRES)
def test_a_groove_comes_back_within_its_section(genre: str) -> None:
    plan = plan_for(genre)
    passage = next(p for p in passages(plan) if p.section.name == "chorus 1")
    bars = bars_of(passage, drum_notes(plan, passage, "s"))
    crashless = [[hit for hit in bar if hit[1] != DRUM_KEYS["crash"]] for bar in bars]
    assert any(crashless[1] == crashless[later] for later in (2, 4, 5, 6))


@pytest.mark.parametrize("genre", ["pop", "rock", "rnb", "country", "hip_hop", "lofi", "metal", "house"])
def test_the_backbeat_is_marked_on_two_and_four(genre: str) -> None:
    plan = plan_for(genre)
    passage = next(p for p in passages(plan) if p.section.name == "verse 2")
    hits = {
        (note.start_beats - passage.start_beats) % 4
        for note in drum_notes(plan, passage, "s")
        if note.midi_pitch in SNARES and note.velocity > 70
    }
    assert {1.0, 3.0} <= hits or {0.5, 1.5, 2.5, 3.5} <= hits


@pytest.mark.parametrize("genre", DANCE)
def test_a_roll_grows_and_everything_stops_before_a_drop(genre: str) -> None:
    plan = plan_for(genre)
    before = next(p for p in passages(plan) if p.following and p.following.kind == "drop")
    before = replace(
        before, energy=0.6, rises=True, into_peak=True, rest_beats=plan.genre.drums.rest_before_drop
    )
    notes = drum_notes(plan, before, "s")
    snares = [note for note in notes if note.midi_pitch == DRUM_KEYS["snare"]]
    last = [note for note in snares if note.start_beats >= before.end_beats - 4]
    earlier = [note for note in snares if before.end_beats - 12 <= note.start_beats < before.end_beats - 8]
    assert len(last) > len(earlier)
    assert max(note.start_beats for note in notes) < before.end_beats - before.rest_beats


def test_ghost_notes_are_much_softer_than_the_backbeat() -> None:
    velocities = [
        note.velocity
        for seed in "abcd"
        for note in drums_by_section("rnb", seed=seed)["chorus 1"]
        if note.midi_pitch == DRUM_KEYS["snare"]
    ]
    assert min(velocities) < 50
    assert max(velocities) > 95


@pytest.mark.parametrize("genre", ["pop", "rock", "country", "metal"])
def test_a_cymbal_marks_the_first_beat_of_a_chorus(genre: str) -> None:
    plan = plan_for(genre)
    passage = next(p for p in passages(plan) if p.section.name == "chorus 1")
    first = [n for n in drum_notes(plan, passage, "s") if n.start_beats == passage.start_beats]
    assert DRUM_KEYS["crash"] in {note.midi_pitch for note in first}
    assert DRUM_KEYS["kick"] in {note.midi_pitch for note in first}


def test_seeds_bring_different_grooves() -> None:
    drawn = {tuple(drums_by_section("pop", seed=str(seed))["verse 1"]) for seed in range(8)}
    assert len(drawn) >= 4


def test_the_same_seed_brings_the_same_drums() -> None:
    assert drums_by_section("jazz") == drums_by_section("jazz")


def test_no_kit_means_no_drums() -> None:
    plan = plan_for("rock", kit=None)
    assert all(drum_notes(plan, passage, "s") == () for passage in passages(plan))


def test_kick_beats_are_those_of_the_kick() -> None:
    assert kick_beats((Note(0, 0.25, 36, 100), Note(1, 0.25, 38, 100), Note(2, 0.25, 36, 100))) == (0, 2)


@pytest.mark.parametrize("meter", ["2/4", "5/4", "7/8", "9/8", "12/8", "3/8"])
def test_any_meter_can_be_played(meter: str) -> None:
    plan = plan_for("rock", meter)
    assert all(drum_notes(plan, passage, "s") for passage in passages(plan))
