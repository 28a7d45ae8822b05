"""What edits write: notes, words and form, without sound."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from songwright.engines.local.composing.compose import compose
from songwright.engines.local.editing.backing_swapped import accompany_anew
from songwright.engines.local.editing.covering import cover_of
from songwright.engines.local.editing.extending import continue_song
from songwright.engines.local.editing.replacing import rewrite_stretch
from songwright.engines.local.editing.sessions import notes_kept
from songwright.engines.local.editing.singing_swapped import sing_other, sing_second
from songwright.engines.local.editing.stretch import continuation_seconds, stretch_of
from songwright.engines.local.editing.varying import variation_of
from songwright.engines.local.mixing.levels import Levels
from songwright.engines.local.mixing.mastering import MasterState
from songwright.engines.local.mixing.mixdown import MixState
from songwright.engines.local.render_action import manuscript_of
from songwright.engines.local.rendering.song_facts import facts_of
from songwright.engines.local.session import (
    SESSION_FILE,
    Manuscript,
    Session,
    read_session,
    write_session,
)
from songwright.errors import RequestError
from songwright.music.actions import (
    Cover,
    Extend,
    Generate,
    ReplaceSection,
    SwapInstrumentals,
    SwapVocals,
    Variation,
)
from songwright.music.score import SungLine
from songwright.music.song import Facts, Loudness, Understanding

SHEET = """[Verse]
Walking down the midnight street again
Thinking of the way we used to be
[Chorus]
Come and find me in the morning light
Tell me all the things you never said
"""


def written(prompt: str, seed: str = "a", lyric: str = SHEET) -> Manuscript:
    return manuscript_of(compose(Generate(prompt=prompt, lyric=lyric), seed), seed)


@pytest.fixture(scope="module")
def song() -> Manuscript:
    return written("upbeat pop in C major, 118 bpm, female voice, 100 seconds")


def facts(song: Manuscript) -> Facts:
    return facts_of(
        song,
        (),
        samples=round(song.score.seconds(song.score.duration_beats) * 44_100) + 154_350,
        loudness=Loudness(integrated_lufs=-14, true_peak_dbtp=-1),
        seed="a",
        raw=False,
        understanding=Understanding(),
    )


def replaced(song: Manuscript, seed: str = "b", **fields: object) -> Manuscript:
    action = ReplaceSection.model_validate({"audio_id": "1", **fields})
    known = facts(song)
    return rewrite_stretch(action, seed, song, known, stretch_of(action, known))[0]


def played(song: Manuscript, start: float, end: float) -> list[tuple[str, float, int, int]]:
    """Every note that begins in a stretch: instrument, start, pitch and velocity."""
    return sorted(
        (part.instrument, note.start_beats, note.midi_pitch, note.velocity)
        for part in song.score.parts
        for note in part.notes
        if start <= note.start_beats < end
    )


def sung(song: Manuscript, section: str | None = None) -> list[SungLine]:
    vocal = song.score.vocal
    return [
        line
        for line in (vocal.lines if vocal else ())
        if section is None or song.score.sections[line.section].name == section
    ]


def bounds(song: Manuscript, name: str) -> tuple[float, float]:
    bar = song.score.time_signature.beats_per_bar
    section = next(section for section in song.score.sections if section.name == name)
    return section.start_bar * bar, (section.start_bar + section.bars) * bar


def section_end_seconds(song: Manuscript, name: str) -> float:
    return next(section.end_seconds for section in facts(song).sections if section.name == name)


def test_a_session_is_read_as_it_was_written(song: Manuscript, tmp_path: Path) -> None:
    session = Session(
        **{name: getattr(song, name) for name in Manuscript.model_fields},
        engine_version="1",
        mix=MixState(),
        master=MasterState(
            static_gain_db=1, ceiling_dbtp=-1, release_db_per_second=40, tilt_db=0, finish="mastered"
        ),
        sung=(),
        levels=Levels(),
    )
    write_session(tmp_path, session)
    assert read_session(tmp_path / SESSION_FILE) == session


def test_new_words_leave_every_instrument_alone(song: Manuscript) -> None:
    new = replaced(song, section="chorus 1", lyric="Every window opens to the sea\nLeave a light for me")
    assert new.score.parts == song.score.parts
    assert [line.text for line in sung(new, "chorus 1")] == [
        "Every window opens to the sea",
        "Leave a light for me",
    ]
    assert sung(new, "verse") == sung(song, "verse")


def test_a_replaced_line_has_no_pickup_before_the_stretch(song: Manuscript) -> None:
    start, end = bounds(song, "chorus 1")
    new = replaced(song, section="chorus 1", lyric="And every window opens to the sea\nAnd leave a light")
    for line in sung(new, "chorus 1"):
        assert line.notes[0].start_beats >= start
        assert line.notes[-1].start_beats < end


def test_another_style_plays_in_the_stretch_alone(song: Manuscript) -> None:
    start, end = bounds(song, "verse")
    new = replaced(song, section="verse", prompt="heavy metal")
    assert played(new, 0, start) == played(song, 0, start)
    assert played(new, end, 1e9) == played(song, end, 1e9)
    assert played(new, start, end) != played(song, start, end)
    assert sung(new) == sung(song)
    assert [band.brief.genre for band in new.bands] == ["pop", "metal"]


def test_a_stretch_without_wishes_gets_new_notes_to_the_same_words(song: Manuscript) -> None:
    new = replaced(song, section="verse")
    assert [line.text for line in sung(new)] == [line.text for line in sung(song)]
    assert sung(new, "verse") != sung(song, "verse")
    assert sung(new, "chorus 1") == sung(song, "chorus 1")
    assert new == replaced(song, section="verse")
    assert new != replaced(song, "c", section="verse")


def test_a_wish_without_a_style_keeps_the_genre(song: Manuscript) -> None:
    new = replaced(song, section="verse", prompt="with cello")
    assert new.bands[1].brief.genre == "pop"
    assert "cello" in {part.instrument for part in new.score.parts}


def test_an_extension_keeps_all_that_was_before(song: Manuscript) -> None:
    action = Extend(audio_id="1", continue_at=20, lyric="[Bridge]\nAll the harbour bells are ringing slow")
    boundary = continuation_seconds(action, facts(song))
    new, _ = continue_song(action, "b", song, boundary, 600)
    beat = song.beats(boundary)
    assert boundary >= 20
    assert played(new, 0, beat) == played(song, 0, beat)
    kinds = [section.kind for section in new.score.sections]
    assert kinds[-2:] == ["bridge", "outro"]
    assert sung(new, "bridge")[0].notes[0].start_beats >= beat
    chords = new.score.chords
    for before, behind in pairwise(chords):
        assert behind.start_beats == pytest.approx(before.start_beats + before.duration_beats)


def test_an_extension_stays_within_the_longest_song(song: Manuscript) -> None:
    for prompt in ("5 minutes long", "with strings", "another 200 seconds"):
        action = Extend(audio_id="1", prompt=prompt)
        end = continuation_seconds(action, facts(song))
        new, _ = continue_song(action, "b", song, end, end + 40)
        assert new.score.duration_seconds <= end + 40.5


def extended(song: Manuscript, **fields: object) -> tuple[Manuscript, Understanding]:
    action = Extend.model_validate({"audio_id": "1", **fields})
    known = facts(song)
    counted_from = known.duration_seconds if action.continue_at is None else action.continue_at
    return continue_song(action, "b", song, continuation_seconds(action, known), 600, counted_from)


MORE = "[Verse]\nThe gulls are circling over stone\nI row the evening home alone\n[Bridge]\nRow, row, row"


@pytest.mark.parametrize("seconds", [5, 9.5, 20, 47, 120])
@pytest.mark.parametrize("more", [{}, {"lyric": MORE}, {"instrumental": True}, {"continue_at": 30}])
def test_an_extension_by_seconds_adds_so_many(
    song: Manuscript, seconds: float, more: dict[str, object]
) -> None:
    before = more.get("continue_at", facts(song).duration_seconds)
    new, understanding = extended(song, duration_seconds=seconds, **more)
    assert new.score.duration_seconds == pytest.approx(before + seconds, abs=0.5)
    assert f"{seconds:g} s added" in understanding.understood
    assert new.score.tempo_bpm == song.score.tempo_bpm


@pytest.mark.parametrize(
    ("prompt", "seconds"),
    [("30 seconds more", 30), ("extend it by 1:10", 70), ("half a minute of strings", 30)],
)
def test_an_extension_in_prose_adds_so_much_within_a_bar(
    song: Manuscript, prompt: str, seconds: float
) -> None:
    new, _ = extended(song, prompt=prompt)
    bar = 4 * 60 / 118
    assert abs(new.score.duration_seconds - facts(song).duration_seconds - seconds) <= bar


@pytest.mark.parametrize("more", [{}, {"duration_seconds": 30}, {"lyric": MORE}, {"prompt": "with strings"}])
def test_an_extension_leaves_no_old_outro_in_the_middle(song: Manuscript, more: dict[str, object]) -> None:
    assert song.score.sections[-1].kind == "outro"
    new, _ = extended(song, **more)
    kinds = [section.kind for section in new.score.sections]
    assert "outro" not in kinds[:-1]
    before = [section.kind for section in song.score.sections[:-1]]
    assert kinds[: len(before)] == before


def test_words_that_an_extension_has_no_room_for_are_named(song: Manuscript) -> None:
    new, understanding = extended(song, duration_seconds=12, lyric=MORE * 3)
    assert any("not sung" in note for note in understanding.notes)
    assert new.score.duration_seconds == pytest.approx(facts(song).duration_seconds + 12, abs=0.5)


def test_an_extension_goes_on_in_the_chords_that_are_asked_for(song: Manuscript) -> None:
    new, _ = extended(song, chords="Dm | G7 Cmaj7", duration_seconds=40)
    start = continuation_seconds(Extend(audio_id="1"), facts(song)) * 118 / 60
    added = [span.chord.symbol for span in new.score.chords if span.start_beats >= start - 0.01]
    assert set(added) == {"Dm", "G7", "Cmaj7"}


def test_an_extension_keeps_tempo_key_and_meter_and_says_so(song: Manuscript) -> None:
    new, understanding = extended(song, tempo_bpm=90, key="F# minor", time_signature="3/4")
    assert (new.score.tempo_bpm, str(new.score.key), str(new.score.time_signature)) == (118, "C major", "4/4")
    told = " ".join(understanding.notes)
    assert "tempo 90 bpm" in told
    assert "key F# minor" in told
    assert "time signature 3/4" in told
    assert not any("tempo" in wish for wish in understanding.understood)


def test_a_cover_keeps_melody_words_and_form(song: Manuscript) -> None:
    new, _, _ = cover_of(Cover(audio_id="1", prompt="reggae in E major, male voice"), "b", song)
    assert notes_kept(song, new) == 1.0
    assert new.lines == song.lines
    assert [(s.name, s.bars) for s in new.score.sections] == [(s.name, s.bars) for s in song.score.sections]
    assert str(new.score.key) == "E major"
    assert new.score.vocal is not None
    assert new.score.vocal.voice == "male"
    assert new.score.genre == "reggae"


@pytest.mark.parametrize("seconds", [75, 95, 130])
def test_a_cover_is_as_long_as_asked_by_its_tempo(song: Manuscript, seconds: float) -> None:
    action = Cover(audio_id="1", prompt="reggae", duration_seconds=seconds)
    new, understanding, _ = cover_of(action, "b", song)
    assert new.score.duration_seconds == pytest.approx(seconds, abs=0.5)
    assert notes_kept(song, new) == 1.0
    assert f"length {seconds} s" in understanding.understood


@pytest.mark.parametrize("fields", [{"duration_seconds": 10}, {"duration_seconds": 500}, {"tempo_bpm": 60}])
def test_a_cover_says_where_its_bars_do_not_allow_a_length(
    song: Manuscript, fields: dict[str, float]
) -> None:
    action = Cover.model_validate({"audio_id": "1", "prompt": "jazz", "duration_seconds": 95, **fields})
    new, understanding, notes = cover_of(action, "b", song)
    assert any(note.startswith(f"length {new.score.duration_seconds:.0f} s: ") for note in notes)
    assert not any(wish.startswith("length") for wish in understanding.understood)


def test_typed_tempo_key_and_chords_of_a_cover_are_taken(song: Manuscript) -> None:
    action = Cover(
        audio_id="1", prompt="folk", tempo_bpm=101, key="E", chords="E | A B7", time_signature="3/4"
    )
    new, understanding, _ = cover_of(action, "b", song)
    assert (new.score.tempo_bpm, str(new.score.key), str(new.score.time_signature)) == (101, "E major", "4/4")
    assert {span.chord.symbol for span in new.score.chords} == {"E", "A", "B7"}
    assert notes_kept(song, new) == 1.0
    assert {"tempo 101 bpm", "key E", "chords E | A B7"} <= set(understanding.understood)
    assert any("time signature 3/4" in note for note in understanding.notes)


def test_a_cover_moves_its_tempo_by_the_strength_of_the_prompt(song: Manuscript) -> None:
    tempi = [
        cover_of(Cover(audio_id="1", prompt="reggae", sound_strength=strength), "b", song)[0].score.tempo_bpm
        for strength in (0.2, 1.0)
    ]
    moved = [abs(tempo - song.score.tempo_bpm) for tempo in tempi]
    assert 0 < moved[0] < moved[1]


def test_an_instrumental_cover_plays_the_tune(song: Manuscript) -> None:
    new, _, _ = cover_of(Cover(audio_id="1", prompt="jazz", instrumental=True), "b", song)
    assert new.score.vocal is None
    assert {line.section for line in sung(song)} <= {line.section for line in new.lead}


def test_a_variation_keeps_all_but_the_notes(song: Manuscript) -> None:
    new, _ = variation_of(Variation(audio_id="1"), "b", song)
    assert (new.score.genre, new.score.key, new.score.tempo_bpm) == ("pop", song.score.key, 118)
    assert new.score.sections == song.score.sections
    assert [line.text for line in sung(new)] == [line.text for line in sung(song)]
    kept = notes_kept(song, new)
    assert kept is not None
    assert kept < 0.5


def test_another_take_of_voices_alone_has_the_second_voice_all_through_as_well() -> None:
    alone = written("a cappella folk")
    again, _ = variation_of(Variation(audio_id="1"), "b", alone)
    assert again.score.parts == ()
    assert again.backing is not None
    assert [line.text for line in again.backing.lines] == [line.text for line in sung(again)]


def test_another_voice_sings_the_same_tune_in_its_range(song: Manuscript) -> None:
    new, _ = sing_other(SwapVocals(audio_id="1", vocal_gender="m"), "b", song)
    assert notes_kept(song, new) == 1.0
    assert new.score.parts == song.score.parts


def test_new_words_are_sung_in_their_own_sections(song: Manuscript) -> None:
    lyric = "[Chorus]\nHome again\nHome again\n[Verse]\nSilver rain"
    new, _ = sing_other(SwapVocals(audio_id="1", lyric=lyric), "b", song)
    assert [line.text for line in sung(new, "verse")] == ["Silver rain"]
    choruses = {s.name for s in song.score.sections if s.kind == "chorus"}
    for name in choruses:
        assert [line.text for line in sung(new, name)] == ["Home again", "Home again"]


def test_more_sections_than_the_song_has_are_refused(song: Manuscript) -> None:
    lyric = "\n".join(f"[Verse]\nLine {number}" for number in range(20))
    with pytest.raises(RequestError, match="room for"):
        sing_other(SwapVocals(audio_id="1", lyric=lyric), "b", song)


def test_the_singing_of_a_second_song_comes_into_key_and_range(song: Manuscript) -> None:
    second = written("folk in A minor, 96 bpm, male voice", "z", SHEET.replace("midnight", "quiet"))
    new, _ = sing_second(SwapVocals(audio_id="1", swap_audio_id="2"), "b", song, second)
    assert new.score.parts == song.score.parts
    assert new.score.vocal is not None
    assert new.score.vocal.voice == "male"
    texts = {line.text for line in sung(second)}
    assert {line.text for line in sung(new)} <= texts
    scale = {0, 2, 4, 5, 7, 9, 11}
    pitches = [note.midi_pitch % 12 for line in sung(new) for note in line.notes]
    assert sum(pitch in scale for pitch in pitches) >= 0.9 * len(pitches)


def test_a_new_backing_keeps_the_singing_and_the_chords(song: Manuscript) -> None:
    new, _, _ = accompany_anew(SwapInstrumentals(audio_id="1", prompt="acoustic folk"), "b", song, None)
    assert new.score.vocal == song.score.vocal
    assert new.score.chords == song.score.chords
    assert new.score.parts != song.score.parts


def test_the_band_of_a_second_song_plays_in_this_ones_key_and_tempo(song: Manuscript) -> None:
    second = written("metal in A minor, 140 bpm, male voice", "z")
    action = SwapInstrumentals(audio_id="1", swap_audio_id="2")
    new, _, _ = accompany_anew(action, "b", song, second)
    assert new.score.genre == "metal"
    assert (new.score.key, new.score.tempo_bpm) == (song.score.key, song.score.tempo_bpm)


def test_edits_of_edits_keep_their_invariants(song: Manuscript) -> None:
    now = replaced(song, section="verse", prompt="metal")
    now = replaced(now, section="chorus 1", lyric="Home again\nHome again")
    now, _ = continue_song(
        Extend(audio_id="1", prompt="jazz"), "c", now, section_end_seconds(now, "chorus 1"), 600
    )
    now = replaced(now, "d", section="verse")
    now, _ = variation_of(Variation(audio_id="1"), "e", now)
    now, _, _ = cover_of(Cover(audio_id="1", prompt="soul"), "f", now)
    names = [part.name for part in now.score.parts]
    assert len(set(names)) == len(names)
    assert set(now.seats) == set(names)
    assert len(now.lines) == len(sung(now))
    assert now.stints[-1].end_beats == now.score.duration_beats
    assert [line.text for line in sung(now, "chorus 1")] == ["Home again", "Home again"]
