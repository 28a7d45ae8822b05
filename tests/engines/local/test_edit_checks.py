"""What an edit is refused for, from the facts of its songs alone."""

from __future__ import annotations

import pytest
from tests.engines.local.songs_help import stored_song

from songwright.engines.local import LocalEngine
from songwright.errors import RequestError, UnsupportedError
from songwright.music.actions import (
    Action,
    Cover,
    Extend,
    ReplaceSection,
    Stems,
    SwapInstrumentals,
    SwapVocals,
    Variation,
)
from songwright.music.song import Song

BARS = 4
BAR_SECONDS = 2.0


def song(**changes: object) -> Song:
    """A minute of 4/4: an intro, a verse, a chorus and an outro of four bars each, and its ring-out."""
    names = ("intro", "verse", "chorus", "outro")
    sections = [
        {
            "name": name,
            "start_seconds": index * BARS * BAR_SECONDS,
            "end_seconds": (index + 1) * BARS * BAR_SECONDS,
            "start_bar": index * BARS + 1,
            "bars": BARS,
        }
        for index, name in enumerate(names)
    ]
    facts = {
        "title": "Song",
        "duration_seconds": 35.5,
        "tempo_bpm": 120,
        "time_signature": changes.pop("time_signature", "4/4"),
        "voice": changes.pop("voice", "female"),
        "sections": sections,
        "lyric_lines": [
            {"text": "A line", "start_seconds": 8.1, "end_seconds": 11.0, "section": "verse"},
            {"text": "Another", "start_seconds": 16.1, "end_seconds": 19.0, "section": "chorus"},
        ],
        "seed": "1",
        "model": "local",
    }
    return stored_song(facts, **changes)


def refusal(action: Action, *songs: Song) -> RequestError:
    with pytest.raises(RequestError) as caught:
        LocalEngine().check(action, songs or (song(),))
    assert len(caught.value.message) <= 300
    return caught.value


def stretch(start: float, end: float, **fields: object) -> ReplaceSection:
    return ReplaceSection.model_validate(
        {"audio_id": "1", "replace_section_start": start, "replace_section_end": end, **fields}
    )


@pytest.mark.parametrize(
    ("action", "field"),
    [
        (stretch(10, 36), "replace_section_end"),
        (stretch(40, 50), "replace_section_start"),
        (stretch(33, 35), "replace_section_start"),
        (stretch(10, 10.01), "replace_section_end"),
        (ReplaceSection(audio_id="1", section="bridge"), "section"),
        (ReplaceSection(audio_id="1", section="bars 15-20"), "section"),
        (Extend(audio_id="1", continue_at=35.6), "continue_at"),
        (Cover(audio_id="1"), "prompt"),
        (SwapVocals(audio_id="1", instrumental=True), "instrumental"),
        (SwapInstrumentals(audio_id="1", prompt="jazz", instrumental=True), "instrumental"),
    ],
)
def test_what_does_not_fit_the_song_is_refused_by_field(action: Action, field: str) -> None:
    assert refusal(action).field == field


def test_a_range_behind_the_end_is_answered_with_the_songs_length() -> None:
    assert "35.50 s" in refusal(stretch(10, 50)).message


def test_an_unknown_section_is_answered_with_those_there_are() -> None:
    assert "verse" in refusal(ReplaceSection(audio_id="1", section="chorus 9")).message


def test_words_need_a_whole_bar() -> None:
    assert refusal(stretch(8.5, 9.5, lyric="La la")).field == "lyric"
    LocalEngine().check(stretch(8, 10, lyric="La la"), (song(),))


def test_more_lines_than_bars_are_refused() -> None:
    error = refusal(stretch(8, 12, lyric="One\nTwo\nThree"))
    assert error.field == "lyric"
    assert "room for 2" in error.message


def test_more_syllables_than_can_be_sung_are_refused() -> None:
    assert refusal(stretch(8, 10, lyric="la " * 20)).field == "lyric"


@pytest.mark.parametrize("kind", [SwapVocals, SwapInstrumentals])
def test_songs_in_other_meters_are_not_swapped(kind: type[SwapVocals | SwapInstrumentals]) -> None:
    error = refusal(kind(audio_id="1", swap_audio_id="2"), song(), song(id="2", time_signature="3/4"))
    assert error.field == "swap_audio_id"
    assert "3/4" in error.message
    assert "4/4" in error.message


def test_an_instrumental_has_no_singing_to_keep_or_to_take() -> None:
    played = song(voice=None)
    assert refusal(SwapInstrumentals(audio_id="1", prompt="jazz"), played).field == "audio_id"
    assert refusal(SwapVocals(audio_id="1", swap_audio_id="2"), song(), played).field == "swap_audio_id"
    assert refusal(SwapVocals(audio_id="1"), played).field == "lyric"


def test_a_song_of_another_engine_is_taken_to_be_heard() -> None:
    foreign = song(engine="hosted", has_score=False, stems=[])
    LocalEngine().check(Variation(audio_id="1"), (foreign,))
    LocalEngine().check(Stems(audio_id="1"), (foreign,))
    LocalEngine().check(SwapInstrumentals(audio_id="1", prompt="strings"), (foreign,))


def test_the_band_of_a_recording_is_not_called_into_another_song() -> None:
    recording = song(engine="hosted", has_score=False, stems=[])
    error = refusal(SwapInstrumentals(audio_id="1", swap_audio_id="2"), song(), recording)
    assert isinstance(error, UnsupportedError)
    assert error.field == "swap_audio_id"


def test_a_record_of_some_stems_is_not_edited() -> None:
    part = song(stems=["drums"], parents=[{"song_id": "whole"}])
    assert "whole" in refusal(Variation(audio_id="1"), part).message


def test_stems_that_a_song_was_kept_without_are_refused() -> None:
    assert refusal(Stems(audio_id="1"), song(stems=["bass"])).field == "stems"
    LocalEngine().check(Stems(audio_id="1", stems=("bass",)), (song(stems=["bass"]),))


@pytest.mark.parametrize(
    "action",
    [
        stretch(0, 35.5),
        ReplaceSection(audio_id="1", section="Chorus", lyric="Sing me home"),
        Extend(audio_id="1"),
        Extend(audio_id="1", continue_at=0),
        Extend(audio_id="1", continue_at=35.5),
        Cover(audio_id="1", prompt="jazz"),
        Variation(audio_id="1"),
        SwapVocals(audio_id="1"),
        SwapInstrumentals(audio_id="1"),
        Stems(audio_id="1"),
    ],
)
def test_what_fits_passes(action: Action) -> None:
    LocalEngine().check(action, (song(),))
