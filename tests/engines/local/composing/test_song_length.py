"""Lengths asked for, and the lengths of the songs that are written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songwright.engines.local.composing.compose import Composition, compose
from songwright.engines.local.composing.song_length import song_length
from songwright.music.actions import Generate
from songwright.music.score import TimeSignature

LYRIC = """[Verse]
The kettle sings upon the stove
The rain has come to stay
[Chorus]
Stay in with me, stay in with me
We have nowhere to be today
"""
METERS = st.sampled_from([TimeSignature(4, 4), TimeSignature(3, 4), TimeSignature(6, 8), TimeSignature(5, 4)])


def composed(prompt: str, seed: str = "a", **fields: object) -> Composition:
    return compose(Generate.model_validate({"prompt": prompt, **fields}), seed)


@given(st.floats(5, 600), st.floats(40, 240), METERS, st.booleans())
def test_bars_and_ring_fill_any_length_exactly(
    seconds: float, tempo_bpm: float, meter: TimeSignature, tempo_is_free: bool
) -> None:
    fit = song_length(seconds, tempo_bpm, meter, tempo_is_free=tempo_is_free, loops=False)
    bar = meter.beats_per_bar * 60 / fit.tempo_bpm
    assert fit.bars * bar + fit.ring_seconds == pytest.approx(seconds)
    assert -0.75 * bar <= fit.ring_seconds <= max(4.6, 0.75 * bar)
    if not tempo_is_free:
        assert fit.tempo_bpm == tempo_bpm
    assert abs(fit.tempo_bpm / tempo_bpm - 1) <= 0.0202


@given(st.floats(5, 600), st.floats(40, 240), METERS)
def test_a_loop_of_free_tempo_has_whole_bars_and_the_exact_length(
    seconds: float, tempo_bpm: float, meter: TimeSignature
) -> None:
    fit = song_length(seconds, tempo_bpm, meter, tempo_is_free=True, loops=True)
    assert fit.ring_seconds == 0
    assert fit.bars * meter.beats_per_bar * 60 / fit.tempo_bpm == pytest.approx(seconds)


STYLES = ["pop", "rock", "jazz", "techno", "folk", "ambient", "waltz for strings", "metal", "reggae", "trap",
          "bossa nova", "orchestral"]  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
def test_a_typed_length_is_met_sung_and_not(style: str) -> None:
    for seconds in (5, 10, 15, 20, 30, 45, 60, 90, 180):
        for more in ({"instrumental": True}, {}, {"lyric": LYRIC}):
            song = composed(style, duration_seconds=seconds, **more)
            assert song.score.duration_seconds == pytest.approx(seconds, abs=0.5), (seconds, more)
            assert (song.vocal is None) == ("instrumental" in more)
            assert f"length {seconds} s" in song.brief.understanding.understood


def test_the_longest_song_is_as_long_as_asked() -> None:
    for more in ({"instrumental": True}, {"lyric": LYRIC}):
        assert composed("pop", duration_seconds=600, **more).score.duration_seconds == pytest.approx(600)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(5, 240),
    st.sampled_from(STYLES),
    st.sampled_from(["{} seconds of {}", "{1}, {0} seconds", "{1} with a {0} s length", "{1}, {0} sec"]),
    st.integers(0, 99),
)
def test_a_length_in_prose_is_met_within_a_bar(seconds: int, style: str, words: str, seed: int) -> None:
    score = composed(words.format(seconds, style), str(seed), instrumental=seed % 2 == 0).score
    bar = score.time_signature.beats_per_bar * 60 / score.tempo_bpm
    assert abs(score.duration_seconds - seconds) <= bar


@pytest.mark.parametrize("tempo", [40, 63, 90.5, 128, 240])
def test_an_asked_tempo_is_kept_to_whatever_the_length(tempo: float) -> None:
    for seconds in (5, 8, 31, 77):
        score = composed("rock", duration_seconds=seconds, tempo_bpm=tempo, instrumental=True).score
        assert score.tempo_bpm == tempo
        assert score.duration_seconds == pytest.approx(seconds, abs=0.5)


def test_a_tempo_that_was_not_asked_for_moves_by_two_percent_at_most() -> None:
    for seed in range(8):
        free = composed("pop", str(seed), instrumental=True).score.tempo_bpm
        for seconds in (7, 12, 33, 150):
            tempo = composed("pop", str(seed), instrumental=True, duration_seconds=seconds).score.tempo_bpm
            assert abs(tempo / free - 1) <= 0.0201


@pytest.mark.parametrize(
    ("prompt", "bars"), [("16 bars of funk", 16), ("jazz, 5 bars", 5), ("8-bar loop", 8)]
)
def test_bars_asked_for_are_bars_written(prompt: str, bars: int) -> None:
    assert composed(prompt, instrumental=True).score.bars == bars


@pytest.mark.parametrize(
    "prompt", ["rock with a long guitar solo", "folk, long intro", "indie, I lived a long 13 years"]
)
def test_a_long_part_makes_no_long_song(prompt: str) -> None:
    song = composed(prompt, lyric=LYRIC)
    assert song.score.duration_seconds < 90
    assert song.lyric.count("Stay in with me, stay in with me") == 1


def test_words_that_have_no_room_are_named() -> None:
    song = composed("pop", lyric=LYRIC * 6, duration_seconds=20)
    notes = " ".join(song.brief.understanding.notes)
    assert "not sung" in notes
    assert f"'{song.form.left_out[0]}'" in notes
    assert song.score.duration_seconds == pytest.approx(20, abs=0.5)


def test_words_that_the_engine_wrote_are_never_said_to_be_left_out() -> None:
    for seconds in (5, 12, 40):
        song = composed("pop", duration_seconds=seconds)
        assert song.vocal is not None
        assert not any("not sung" in note for note in song.brief.understanding.notes)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"duration_seconds": 40}, "length 40 s"),
        ({"tempo_bpm": 100}, "tempo 100 bpm"),
        ({"key": "Eb minor"}, "key Eb minor"),
        ({"time_signature": "6/8"}, "time signature 6/8"),
        ({"chords": "Dm | A7"}, "chords Dm | A7"),
    ],
)
def test_a_typed_figure_wins_over_the_prompt_and_the_answer_says_so(
    fields: dict[str, object], told: str
) -> None:
    song = composed("pop, 90 seconds, 150 bpm, in C major, 3/4", instrumental=True, **fields)
    understanding = song.brief.understanding
    assert told in understanding.understood
    if "chords" not in fields:
        (field,) = fields
        assert any(note.startswith(f"{field}: {told}, over the prompt's ") for note in understanding.notes)
    score = song.score
    said = {
        f"length {score.duration_seconds:g} s",
        f"tempo {score.tempo_bpm:g} bpm",
        f"time signature {score.time_signature}",
        f"chords {' | '.join(dict.fromkeys(span.chord.symbol for span in score.chords))}",
    }
    assert told in said or (score.key.tonic, score.key.mode) == (3, "minor")


@pytest.mark.parametrize("seconds", [10, 17, 30])
def test_a_loop_is_whole_bars_without_a_way_in_or_out(seconds: int) -> None:
    song = composed("seamless lofi loop", duration_seconds=seconds, instrumental=True)
    assert song.score.loops
    assert song.score.ring_seconds == 0
    assert song.score.duration_seconds == pytest.approx(seconds, abs=0.01)
    assert not {"intro", "outro"} & {section.kind for section in song.form.sections}


def test_a_loop_of_a_given_tempo_tells_the_length_that_its_bars_make() -> None:
    song = composed("loop, techno", duration_seconds=31, tempo_bpm=120, instrumental=True)
    assert song.score.duration_seconds in (30, 32)
    assert any("so that it loops" in note for note in song.brief.understanding.notes)
    assert "length 31 s" not in song.brief.understanding.understood
