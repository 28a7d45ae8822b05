import time
from itertools import combinations

import pytest

from songwright.engines.local.composing.compose import Composition, compose
from songwright.engines.local.singing.voices import VOICES
from songwright.music.actions import Generate
from songwright.music.lyrics import parse_lyric
from songwright.style.genre import genre_names, load_genre

SHEET = """[Verse]
Walking down the midnight street again
Thinking of the way we used to be
[Chorus]
Come and find me in the morning light
Tell me all the things you never said
"""


def composed(prompt: str, seed: str = "a", **fields: object) -> Composition:
    return compose(Generate.model_validate({"prompt": prompt, **fields}), seed)


def seconds(song: Composition) -> float:
    return song.score.seconds(song.score.duration_beats)


@pytest.fixture(scope="module")
def songs() -> list[Composition]:
    return [composed("upbeat pop in C major, 118 bpm", str(seed)) for seed in range(20)]


def test_the_same_request_and_seed_give_the_same_score() -> None:
    assert composed("warm pop", "x") == composed("warm pop", "x")


def test_twenty_seeds_give_at_least_four_forms_and_four_progressions(songs: list[Composition]) -> None:
    forms = {tuple((section.kind, section.bars) for section in song.form.sections) for song in songs}
    loops = {tuple(span.chord.symbol for span in song.chords) for song in songs}
    assert len(forms) >= 4
    assert len(loops) >= 4


def test_no_two_of_twenty_seeds_share_half_of_their_sung_notes(songs: list[Composition]) -> None:
    tunes = []
    for song in songs:
        assert song.vocal is not None
        tunes.append({(n.start_beats, n.midi_pitch) for line in song.vocal.lines for n in line.notes})
    for one, two in combinations(tunes, 2):
        assert len(one & two) / min(len(one), len(two)) < 0.5


def test_a_sung_song_of_written_words_is_of_usual_length(songs: list[Composition]) -> None:
    for song in songs:
        assert 75 <= seconds(song) <= 220


@pytest.mark.parametrize("name", genre_names())
def test_every_genre_makes_a_sung_song_and_an_instrumental(name: str) -> None:
    title = load_genre(name).title
    sung = composed(f"{title} song", lyric=SHEET)
    assert sung.brief.genre == name
    assert sung.vocal is not None
    assert sung.parts
    assert [line.text for line in sung.vocal.lines] == list(parse_lyric(SHEET).lines)
    played = composed(f"{title} song", instrumental=True)
    assert played.vocal is None
    assert played.lead
    assert played.lyric == ""


def test_given_words_are_sung_in_order_and_given_back_with_markers() -> None:
    song = composed("pop", lyric=SHEET)
    assert song.lyric.index("Walking down") < song.lyric.index("Come and find me")
    assert "[Verse]" in song.lyric
    assert "[Chorus 1]" in song.lyric or "[Chorus]" in song.lyric


def test_words_are_written_where_none_are_given() -> None:
    song = composed("pop song about lighthouses")
    assert "lighthouses" in song.lyric
    assert song.title


def test_a_given_title_stays() -> None:
    assert composed("pop", title="My Own").title == "My Own"


def test_wishes_reach_the_score() -> None:
    score = composed("pop in F# minor, 96 bpm, 3/4").score
    assert str(score.key) == "F# minor"
    assert score.tempo_bpm == 96
    assert str(score.time_signature) == "3/4"


def test_a_wanted_instrument_plays_and_unwanted_drums_do_not() -> None:
    song = composed("pop with cello, no drums")
    assert any(part.instrument == "cello" for part in song.parts)
    assert not any(part.stem == "drums" for part in song.parts)


def test_weirdness_brings_chords_from_outside_the_key() -> None:
    def symbols(weirdness: float) -> int:
        spans = composed("pop in C major", lyric=SHEET, weirdness=weirdness).chords
        return sum(not set(span.chord.pitch_classes) <= {0, 2, 4, 5, 7, 9, 11} for span in spans)

    assert symbols(1.0) > symbols(0.0)


def test_the_hook_is_what_the_chorus_opens_with(songs: list[Composition]) -> None:
    for song in songs:
        assert song.vocal is not None
        chorus = next(
            line for line in song.vocal.lines if song.form.sections[line.section].kind in ("chorus", "drop")
        )
        assert [note.midi_pitch for note in song.hook] == [note.midi_pitch for note in chorus.notes][
            : len(song.hook)
        ]
        assert song.hook[0].start_beats == 0


def test_backing_voices_sing_the_chorus_in_other_notes_within_reach(songs: list[Composition]) -> None:
    for song in songs:
        assert song.vocal is not None
        assert song.backing is not None
        facts = VOICES[song.backing.voice]
        leads = {line.notes[0].start_beats: line for line in song.vocal.lines}
        for line in song.backing.lines:
            lead = leads[line.notes[0].start_beats]
            assert [n.syllable for n in line.notes] == [n.syllable for n in lead.notes]
            gaps = [abs(a.midi_pitch - b.midi_pitch) for a, b in zip(line.notes, lead.notes, strict=True)]
            assert sum(gap in (3, 4, 8, 9) for gap in gaps) >= 0.5 * len(gaps)
            assert all(facts.lowest - 3 <= n.midi_pitch <= facts.highest + 2 for n in line.notes)


def test_a_lyric_without_words_becomes_an_instrumental() -> None:
    song = composed("pop", lyric="[Verse]\n***\n[Chorus]\n...")
    assert song.vocal is None
    assert song.brief.voice is None
    assert song.lead


def test_composing_is_quick(songs: list[Composition]) -> None:
    assert songs
    start = time.process_time()
    for seed in range(5):
        composed("pop", f"quick {seed}")
    assert (time.process_time() - start) / 5 < 0.6
