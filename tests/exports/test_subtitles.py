"""Subtitles, as FFmpeg's own parsers read them."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import av
import pytest
from tests.exports.songs_help import SONG_ID, TITLE, WORDS, small_material, small_song, small_sung, sound

from songwright.errors import UnsupportedError
from songwright.exports.formats import ExportFormat, ExportOptions
from songwright.exports.subtitles import ass, srt, webvtt
from songwright.exports.writing import written
from songwright.music.song import LyricLine

FORMATS: tuple[ExportFormat, ...] = ("srt", "ass", "webvtt")


def cues(path: Path) -> list[tuple[float, float, str]]:
    """Start and end in seconds, and the text, of what FFmpeg finds in a file."""
    found = []
    with av.open(str(path)) as container:
        for packet in container.demux(container.streams.subtitles[0]):
            if packet.size and packet.pts is not None and packet.duration and packet.time_base:
                start, length = packet.pts * packet.time_base, packet.duration * packet.time_base
                found.append((float(start), float(start + length), bytes(packet).decode()))
    return found


@pytest.mark.parametrize("name", FORMATS)
def test_subtitles_are_read_by_ffmpeg_with_the_times_of_each_line(name: ExportFormat, tmp_path: Path) -> None:
    material = small_material(tmp_path / "song", sound(seconds=8.0))

    found = cues(written(material, name, ExportOptions(), tmp_path / "exports"))

    assert [cue[:2] for cue in found] == [(0.0, 3.25), (4.0, 5.0)]
    plain = [re.sub(r"<[^>]*>|\{[^}]*\}", "", text) for _, _, text in found]
    assert [text.endswith(words) for text, words in zip(plain, WORDS, strict=True)] == [True, True]


def test_srt_is_numbered_cues_and_nothing_else() -> None:
    assert srt(small_song()) == (
        f"1\n00:00:00,000 --> 00:00:03,250\n{WORDS[0]}\n\n2\n00:00:04,000 --> 00:00:05,000\n{WORDS[1]}\n"
    )


def test_webvtt_has_the_time_of_each_word_inside_its_cue_and_in_order() -> None:
    text = webvtt(small_song(), small_sung())

    assert "<00:00:00.500>světe" in text
    for cue in text.split("\n\n")[2:]:
        times = re.findall(r"\d\d:\d\d:\d\d\.\d{3}", cue)
        start, end, *words = times
        assert all(one < other for one, other in pairwise([start, *words, end]))


def test_ass_sweeps_over_the_words_for_just_as_long_as_the_line_is_sung() -> None:
    text = ass(small_song(), "The Agents", small_sung())

    lines = [line for line in text.splitlines() if line.startswith("Dialogue:")]
    assert [sum(map(int, re.findall(r"\\kf?(\d+)", line))) for line in lines] == [325, 100]
    assert "Original Script: The Agents" in text


def test_subtitles_without_the_times_of_words_have_those_of_lines() -> None:
    assert f"00:00:04.000 --> 00:00:05.000\n{WORDS[1]}\n" in webvtt(small_song())
    assert f"0:00:04.00,0:00:05.00,Lyrics,,0,0,0,,{WORDS[1]}\n" in ass(small_song())


def test_signs_that_mean_something_to_a_format_stay_signs() -> None:
    line = LyricLine(text=r"a <b> & {c} \N --> d", start_seconds=3661.5, end_seconds=3661.5, section="verse")
    song = small_song(lyric_lines=(line,))

    assert "01:01:01.500 --> 01:01:01.501\na &lt;b&gt; &amp; {c} \\N --&gt; d\n" in webvtt(song)
    assert "1:01:01.50,1:01:01.51,Lyrics,,0,0,0,,a <b> & \\{c\\} \\\N{WORD JOINER}N --> d\n" in ass(song)


def test_subtitles_say_what_made_the_song_where_the_format_has_a_place() -> None:
    for text in (webvtt(small_song()), ass(small_song())):
        head = text.partition("-->")[0]
        assert f"song_id: {SONG_ID}" in head
        assert "made: AI-generated" in head
        assert f"title: {TITLE}" in head


@pytest.mark.parametrize("name", FORMATS)
def test_a_song_without_sung_lines_has_no_subtitles_and_says_what_there_is(
    name: ExportFormat, tmp_path: Path
) -> None:
    material = small_material(tmp_path / "song", sound(seconds=8.0))
    silent = small_song(lyric_lines=())
    material = type(material)(song=silent, master=material.master)

    with pytest.raises(UnsupportedError, match=r"format: .*lrc and lyrics_json"):
        written(material, name, ExportOptions(), tmp_path / "exports")
