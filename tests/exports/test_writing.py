from __future__ import annotations

import json
import os
import time
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import TypeAdapter
from tests.exports.songs_help import (
    SONG_ID,
    TITLE,
    small_material,
    small_score,
    small_song,
    small_sung,
    sound,
)

from songwright.errors import ConfigurationError, NotFoundError, RequestError, UnsupportedError
from songwright.exports.cache import prune
from songwright.exports.formats import EXPORT_FORMATS, ExportFormat, ExportOptions
from songwright.exports.material import Material, SungWords, file_stem, read_stored
from songwright.exports.pictures import cover_png, piano_roll_png, waveform_png
from songwright.exports.provenance import DIGITAL_SOURCE_TYPE
from songwright.exports.writing import written
from songwright.music.score import Score


@pytest.fixture
def material(tmp_path: Path) -> Material:
    return small_material(tmp_path / "song", sound(seconds=8.0))


def bare(material: Material) -> Material:
    return Material(song=material.song.model_copy(update={"stems": ()}), master=material.master)


@pytest.mark.parametrize(
    "name",
    ["midi", "musicxml", "lrc", "lyrics_json", "srt", "ass", "webvtt", "stems", "waveform", "piano_roll"],
)
def test_exports_are_named_after_the_title(name: ExportFormat, material: Material, tmp_path: Path) -> None:
    path = written(material, name, ExportOptions(), tmp_path / "exports")

    assert path.name == TITLE + EXPORT_FORMATS[name].suffix
    assert path.stat().st_size > 50


def test_an_export_is_written_once(material: Material, tmp_path: Path) -> None:
    first = written(material, "midi", ExportOptions(), tmp_path)
    first.write_bytes(b"kept")

    assert written(material, "midi", ExportOptions(), tmp_path).read_bytes() == b"kept"
    assert written(material, "midi", ExportOptions(artist="Another"), tmp_path) != first
    assert not list(tmp_path.rglob(".arriving*"))


def test_what_fails_leaves_nothing_behind(material: Material, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    with pytest.raises(NotFoundError, match="stems"):
        written(bare(material), "stems", ExportOptions(), folder)
    assert not [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["midi", "musicxml", "piano_roll"])
def test_a_song_without_a_score_says_so(name: ExportFormat, material: Material, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="score"):
        written(bare(material), name, ExportOptions(), tmp_path / "exports")


def test_options_that_a_format_has_no_room_for_are_refused(material: Material, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="bit_depth"):
        written(material, "mp3", ExportOptions(bit_depth=16), tmp_path)
    for artist in ("", " ", "two\nlines", "x" * 200):
        with pytest.raises(RequestError, match="artist"):
            ExportOptions(artist=artist)


def test_a_folder_that_cannot_be_written_is_the_operators_to_mend(material: Material, tmp_path: Path) -> None:
    (tmp_path / "exports").write_text("a file")
    with pytest.raises(ConfigurationError, match="SONGWRIGHT_HOME"):
        written(material, "midi", ExportOptions(), tmp_path / "exports")


@given(st.text(max_size=300))
def test_no_title_leads_out_of_its_folder(title: str) -> None:
    name = file_stem(title)
    assert name
    assert Path(name).name == name
    assert name not in (".", "..")
    assert len(name.encode()) <= 200


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("../../etc/passwd", "etc passwd"),
        ("CON", "song"),
        ("nul.flac", "song"),
        ("...", "song"),
        ("AC/DC: live?", "AC DC live"),
        ("春の歌", "春の歌"),
    ],
)
def test_titles_become_plain_file_names(title: str, name: str) -> None:
    assert file_stem(title) == name


def test_the_stems_are_in_the_bundle_with_their_samples(material: Material, tmp_path: Path) -> None:
    path = written(material, "stems", ExportOptions(), tmp_path / "exports")

    with zipfile.ZipFile(path) as archive:
        assert set(archive.namelist()) == {
            f"{TITLE} - vocals.flac",
            f"{TITLE} - other.flac",
            "provenance.json",
        }
        stem, _ = soundfile.read(BytesIO(archive.read(f"{TITLE} - vocals.flac")), dtype="int32")
        assert (stem == sound(seed=3)).all()
        told = json.loads(archive.read("provenance.json"))
    assert told["ai_generated"] == "true"
    assert told["song_id"] == SONG_ID


def test_pictures_say_that_they_are_ai_generated(material: Material) -> None:
    song = material.song
    for png in (
        waveform_png(song, material.master),
        piano_roll_png(song, small_score()),
        cover_png(song, material.master),
    ):
        with Image.open(BytesIO(png)) as image:
            assert image.text["Title"] == TITLE
            assert DIGITAL_SOURCE_TYPE in image.text["XML:com.adobe.xmp"]
            assert SONG_ID in image.text["Comment"]


def test_a_waveform_is_as_high_as_the_sound_is_loud(tmp_path: Path) -> None:
    def lit(peak: float) -> int:
        material = small_material(tmp_path / str(peak), sound(seconds=1.0, peak=peak))
        with Image.open(BytesIO(waveform_png(small_song(title=" a"), material.master))) as image:
            return int((np.asarray(image) == (122, 162, 247)).all(axis=2).sum())

    assert lit(0.8) > 3 * lit(0.2)


def test_score_and_words_are_read_from_what_an_engine_stored(tmp_path: Path) -> None:
    stored = tmp_path / "score.json"
    score = TypeAdapter(Score).dump_python(small_score(), mode="json")
    sung = TypeAdapter(tuple[SungWords, ...]).dump_python(small_sung(), mode="json")
    stored.write_text(json.dumps({"seed": "7", "score": score, "sung": sung}), encoding="utf-8")
    assert read_stored(stored) == (small_score(), small_sung())

    for other in ('{"seed": "7"}', '{"score": {"title": 1}, "sung": 3}', "not json", "[]"):
        stored.write_text(other)
        assert read_stored(stored) == (None, ())


def test_exports_that_were_used_longest_ago_make_room(material: Material, tmp_path: Path) -> None:
    old, used, new = (
        written(material, name, ExportOptions(), tmp_path) for name in ("lrc", "lyrics_json", "midi")
    )
    hours_ago = time.time() - 8 * 3600
    for age, path in enumerate((used, old)):
        os.utime(path.parent, (hours_ago + age, hours_ago + age))
    written(material, "lyrics_json", ExportOptions(), tmp_path)

    prune(tmp_path, largest_bytes=10**9)
    assert old.exists()
    prune(tmp_path, largest_bytes=0)
    assert not old.exists()
    assert used.exists()
    assert new.exists()
