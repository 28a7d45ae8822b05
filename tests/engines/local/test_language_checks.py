"""Songs in other languages: written, edited and exported with their letters, and never sung as English."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.engines.local.songs_help import stored_song

from songwright.engines.local import LocalEngine
from songwright.engines.local.composing.compose import compose
from songwright.engines.local.editing.covering import cover_of
from songwright.engines.local.editing.extending import continue_song
from songwright.engines.local.editing.replacing import rewrite_stretch
from songwright.engines.local.editing.singing_swapped import sing_other
from songwright.engines.local.editing.stretch import stretch_of
from songwright.engines.local.editing.varying import variation_of
from songwright.engines.local.recordings.words_on_melody import words_on_melody
from songwright.engines.local.render_action import manuscript_of
from songwright.engines.local.rendering.song_facts import facts_of
from songwright.engines.local.session import Manuscript
from songwright.errors import UnsupportedError
from songwright.exports.musicxml import musicxml_file
from songwright.exports.provenance import provenance_of
from songwright.exports.syllables import syllables
from songwright.music.actions import (
    Action,
    Cover,
    Extend,
    Generate,
    ReplaceSection,
    SwapInstrumentals,
    SwapVocals,
    Variation,
)
from songwright.music.score import Note
from songwright.music.song import Facts, Loudness, Song, Understanding
from songwright.style.languages import read_lyric
from standins import espeak_ng

SPANISH = """[Verse]
Camino por la calle de mi pueblo
Y la noche me habla de tu amor
[Chorus]
Canta, corazón, canta conmigo
Mañana vuelvo a mi niñez
"""
MIXED = """[Verse]
Camino por la calle de mi pueblo
Y la noche me habla de tu amor
[Chorus]
Come and find me in the morning light
Tell me all the things you never said
"""


@pytest.fixture
def _with_espeak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    espeak_ng.install(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def _english_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)


def written(lyric: str = SPANISH) -> Manuscript:
    return manuscript_of(compose(Generate(prompt="pop, 110 bpm, female voice", lyric=lyric), "a"), "a")


def languages(song: Manuscript) -> set[tuple[str, str]]:
    assert song.score.vocal is not None
    return {(line.text, line.language) for line in song.score.vocal.lines}


def facts(song: Manuscript, lyric: str = SPANISH) -> Facts:
    made = facts_of(
        song,
        (),
        samples=round(song.score.seconds(song.score.duration_beats) * 44_100) + 154_350,
        loudness=Loudness(integrated_lufs=-14, true_peak_dbtp=-1),
        seed="a",
        raw=False,
        understanding=Understanding(),
        promise=None,
    )
    return made.model_copy(update={"lyric": lyric})


def kept(song: Manuscript, **changes: object) -> Song:
    return stored_song(facts(song).model_dump(), **changes)


@pytest.mark.usefixtures("_with_espeak")
def test_every_line_of_a_song_is_written_in_its_language_with_its_letters() -> None:
    song = written()
    assert {language for _, language in languages(song)} == {"es"}
    assert song.score.vocal is not None
    for line in song.score.vocal.lines:
        sung = line.text.replace(",", "").split()
        assert ["".join(n.syllable for n in line.notes if n.word == k) for k in range(len(sung))] == sung


@pytest.mark.usefixtures("_with_espeak")
def test_a_mixed_song_keeps_the_language_of_each_section() -> None:
    found = dict(languages(written(MIXED)))
    assert found["Y la noche me habla de tu amor"] == "es"
    assert found["Tell me all the things you never said"] == "en"


@pytest.mark.usefixtures("_with_espeak")
def test_the_printed_score_has_the_letters_and_punctuation_as_written() -> None:
    song = written()
    printed = musicxml_file(song.score, "Canta", "songwright", provenance_of(kept(song))).decode()
    assert "<text>ña</text>" in printed
    assert "<text>zón,</text>" in printed
    assert song.score.vocal is not None
    line = next(line for line in song.score.vocal.lines if line.text.startswith("Mañana"))
    assert [each.text for each in syllables(line) if each] == [
        "Ma",
        "ña",
        "na",
        "vuel",
        "vo",
        "a",
        "mi",
        "ni",
        "ñez",
    ]


@pytest.mark.usefixtures("_with_espeak")
def test_edits_keep_the_language_of_old_words_and_find_that_of_new_ones() -> None:
    song = written()
    known = facts(song)
    old = languages(song)
    chorus = next(section.name for section in known.sections if section.name.startswith("chorus"))
    english = "Come and find me in the morning light\nTell me all the things you never said"
    replace = ReplaceSection(audio_id="1", section=chorus, lyric=english)
    edited, _ = rewrite_stretch(replace, "b", song, known, stretch_of(replace, known))
    assert ("Tell me all the things you never said", "en") in languages(edited)
    assert ("Y la noche me habla de tu amor", "es") in languages(edited)

    varied, _ = variation_of(Variation(audio_id="1"), "b", song)
    covered, _, _ = cover_of(Cover(audio_id="1", prompt="slow jazz waltz"), "b", song)
    longer, _ = continue_song(
        Extend(audio_id="1"), "b", song, song.score.seconds(song.score.duration_beats), 600.0
    )
    for other in (varied, covered, longer):
        assert languages(other) == old

    swapped, _ = sing_other(SwapVocals(audio_id="1", lyric=english, vocal_gender="m"), "b", song)
    assert {language for _, language in languages(swapped)} == {"en"}


EDITS: list[Action] = [
    Variation(audio_id="1"),
    Cover(audio_id="1", prompt="slow jazz waltz"),
    Extend(audio_id="1"),
    SwapVocals(audio_id="1", vocal_gender="m"),
    ReplaceSection(audio_id="1", replace_section_start=10.0, replace_section_end=20.0, instrumental=True),
]


@pytest.mark.parametrize("action", EDITS, ids=lambda action: action.action)
def test_a_song_whose_words_can_no_longer_be_pronounced_is_not_sung_again(
    action: Action, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    espeak_ng.install(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    song = kept(written())
    LocalEngine().check(action, (song,))

    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(UnsupportedError, match=r"^audio_id: the song's words are in Spanish, .*pip install"):
        LocalEngine().check(action, (song,))
    LocalEngine().check(SwapInstrumentals(audio_id="1", prompt="jazz"), (song,))


@pytest.mark.usefixtures("_english_alone")
def test_new_words_of_an_edit_are_refused_like_those_of_a_new_song() -> None:
    song = kept(written("[Verse]\nWalking down the midnight street again\nThinking of the way we used to be"))
    for action in (
        SwapVocals(audio_id="1", lyric=SPANISH),
        Extend(audio_id="1", lyric=SPANISH),
        ReplaceSection(
            audio_id="1",
            replace_section_start=10.0,
            replace_section_end=20.0,
            lyric="Y la noche me habla de tu amor",
        ),
    ):
        with pytest.raises(UnsupportedError, match=r"^lyric: .* words in Spanish: "):
            LocalEngine().check(action, (song,))


@pytest.mark.usefixtures("_english_alone")
def test_words_of_a_recording_find_their_notes_without_being_pronounced_and_keep_their_language() -> None:
    melody = tuple(Note(float(beat), 0.9, 60 + beat % 5, 80) for beat in range(12))
    (line,) = words_on_melody(read_lyric("[Verse]\nY la noche me habla de tu amor"), melody)
    assert line.language == "es"
    assert "".join(note.syllable for note in line.notes) == "Ylanochemehabladetuamor"
