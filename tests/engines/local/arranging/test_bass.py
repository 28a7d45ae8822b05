from itertools import pairwise

import pytest
from tests.engines.local.plans_help import GENRES, METERS, plan_for

from songwright.engines.local.arranging.bass import bass_notes, choose_style
from songwright.engines.local.arranging.passages import Passage, passages
from songwright.engines.local.arranging.plan import Plan
from songwright.engines.local.arranging.ranges import playing_of
from songwright.music.score import SCALES, Note
from songwright.style.genre import BassFacts, BassStyle


def played(plan: Plan, facts: BassFacts, passage: Passage, kicks: tuple[float, ...] = ()) -> tuple[Note, ...]:
    return bass_notes(plan, facts, passage, kicks, "s")


def only(facts: BassFacts, style: BassStyle) -> BassFacts:
    return facts.model_copy(update={"styles": {"low": (style,), "mid": (style,), "high": (style,)}})


def bass_of(plan: Plan) -> BassFacts:
    assert plan.genre.bass is not None
    return plan.genre.bass


def verse_of(plan: Plan) -> Passage:
    return next(p for p in passages(plan) if p.section.name == "verse 1")


@pytest.mark.parametrize("genre", GENRES)
@pytest.mark.parametrize("meter", METERS)
def test_the_bass_stays_in_its_section_and_range_one_note_at_a_time(genre: str, meter: str) -> None:
    plan = plan_for(genre, meter)
    facts = bass_of(plan)
    playing = playing_of(facts.instrument)
    for passage in passages(plan):
        notes = played(plan, facts, passage)
        assert notes
        assert all(playing.lowest <= note.midi_pitch <= playing.highest for note in notes)
        assert passage.start_beats <= notes[0].start_beats
        assert notes[-1].start_beats + notes[-1].duration_beats <= passage.end_beats + 1e-6
        for note, later in pairwise(notes):
            assert note.start_beats + note.duration_beats <= later.start_beats + 1e-6


@pytest.mark.parametrize(
    "genre", [name for name in GENRES if name not in ("techno", "house", "reggae", "ambient")]
)
def test_most_chords_start_on_their_bass_note(genre: str) -> None:
    plan = plan_for(genre)
    passage = verse_of(plan)
    notes = {round(note.start_beats, 3): note for note in played(plan, bass_of(plan), passage)}
    starts = [
        notes[span.start_beats].midi_pitch % 12 == span.chord.bass
        for span in passage.chords
        if span.start_beats in notes
    ]
    assert starts
    assert sum(starts) >= 0.9 * len(starts)


def test_a_walking_bass_plays_every_beat_and_mostly_steps() -> None:
    plan = plan_for("jazz")
    passage = verse_of(plan)
    notes = [
        note for note in played(plan, only(bass_of(plan), "walking"), passage) if note.start_beats % 1 == 0
    ]
    assert len(notes) == passage.bars * 4
    leaps = [abs(later.midi_pitch - note.midi_pitch) for note, later in pairwise(notes)]
    assert sum(leap <= 5 for leap in leaps) >= 0.85 * len(leaps)
    assert len({note.midi_pitch for note in notes}) >= 8


def test_a_bass_that_follows_the_kick_strikes_with_it() -> None:
    plan = plan_for("hip_hop")
    passage = verse_of(plan)
    kicks = tuple(passage.start_beats + beat for beat in (0, 0.75, 2.5, 4, 6.5))
    notes = played(plan, only(bass_of(plan), "follow-kick"), passage, kicks)
    assert [n.start_beats for n in notes if n.start_beats < passage.start_beats + 8] == list(kicks)


def test_octaves_alternate() -> None:
    plan = plan_for("house")
    facts = only(bass_of(plan), "octave").model_copy(update={"patterns": {}})
    first, second = played(plan, facts, verse_of(plan))[:2]
    assert second.midi_pitch - first.midi_pitch == 12


def test_a_drone_holds_the_tonic() -> None:
    plan = plan_for("ambient")
    notes = played(plan, only(bass_of(plan), "drone"), verse_of(plan))
    assert {note.midi_pitch % 12 for note in notes} == {plan.key.tonic}


@pytest.mark.parametrize("genre", GENRES)
def test_most_of_the_line_belongs_to_the_chord_or_the_key(genre: str) -> None:
    plan = plan_for(genre)
    scale = {(plan.key.tonic + step) % 12 for step in SCALES[plan.key.mode]}
    for passage in passages(plan):
        notes = played(plan, bass_of(plan), passage)
        inside = sum(
            note.midi_pitch % 12 in scale | set(passage.chord_at(note.start_beats).chord.pitch_classes)
            for note in notes
        )
        assert inside >= 0.75 * len(notes)


def test_sections_of_a_kind_share_their_behaviour() -> None:
    plan = plan_for("pop")
    first, second = (p for p in passages(plan) if p.kind == "chorus")
    assert choose_style(bass_of(plan), first, "s") == choose_style(bass_of(plan), second, "s")


def test_the_line_does_not_depend_on_the_next_section() -> None:
    plan, other = plan_for("jazz"), plan_for("jazz", loop=1)
    mixed = tuple(
        theirs if theirs.start_beats >= verse_of(plan).end_beats else ours
        for ours, theirs in zip(plan.chords, other.chords, strict=True)
    )
    changed = plan_for("jazz", chords=mixed)
    assert played(changed, bass_of(plan), verse_of(changed)) == played(plan, bass_of(plan), verse_of(plan))
