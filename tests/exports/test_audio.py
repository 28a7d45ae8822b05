from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.exports.songs_help import RATE_HZ, SONG_ID, TITLE, WORDS, small_material, sound, write_sound
from tinytag import TinyTag

from songwright.audio.loudness import true_peak_db
from songwright.errors import EngineError
from songwright.exports.audio import CEILING_DBTP, LossyFormat, write_flac_export, write_lossy, write_wav
from songwright.exports.formats import ExportFormat, ExportOptions
from songwright.exports.material import Material
from songwright.exports.pictures import cover_png
from songwright.exports.provenance import DIGITAL_SOURCE_TYPE
from songwright.exports.tags import Tags, tags_of
from songwright.exports.writing import written

ARTIST = "Ďábel 李"
SOUNDS: tuple[ExportFormat, ...] = ("wav", "flac", "mp3", "ogg", "opus")
LOSSY: tuple[LossyFormat, ...] = ("mp3", "ogg", "opus")


SECONDS = 1.5


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return small_material(tmp_path_factory.mktemp("song"), sound(seconds=SECONDS))


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exports")


@pytest.fixture
def tags(material: Material) -> Tags:
    return tags_of(material.song, ExportOptions(), cover=cover_png(material.song, material.master))


@pytest.mark.parametrize("name", SOUNDS)
def test_tags_survive_letters_of_every_script(name: ExportFormat, material: Material, exports: Path) -> None:
    path = written(material, name, ExportOptions(artist=ARTIST), exports)

    found = TinyTag.get(path, image=True)
    assert (found.title, found.artist, found.genre) == (TITLE, ARTIST, "folk")
    assert str(found.year).startswith("2026-03-04")
    assert "\n".join(WORDS) in found.other["lyrics"]
    assert found.duration == pytest.approx(SECONDS, abs=0.1)
    cover = found.images.front_cover
    assert cover is not None
    assert cover.data.startswith(b"\x89PNG")


@pytest.mark.parametrize("name", SOUNDS)
def test_every_file_of_sound_says_that_it_is_ai_generated(
    name: ExportFormat, material: Material, exports: Path
) -> None:
    found = TinyTag.get(written(material, name, ExportOptions(artist=ARTIST), exports))

    assert found.comment is not None
    assert found.comment.startswith("AI-generated")
    assert found.other["ai_generated"] == ["true"]
    assert found.other["digital_source_type"] == [DIGITAL_SOURCE_TYPE]
    assert found.other["engine"] == ["local 1"]
    assert found.other["song_id"] == [SONG_ID]


def test_a_wav_of_24_bits_has_the_samples_of_the_master(
    material: Material, tags: Tags, tmp_path: Path
) -> None:
    write_wav(material.master, tmp_path / "a.wav", tags, 24)

    assert soundfile.info(tmp_path / "a.wav").subtype == "PCM_24"
    copy, rate = soundfile.read(tmp_path / "a.wav", dtype="int32")
    assert rate == RATE_HZ
    assert (copy == sound(seconds=SECONDS)).all()


def test_a_wav_of_16_bits_is_dithered_alike_each_time(tags: Tags, tmp_path: Path) -> None:
    quiet = write_sound(tmp_path / "quiet.flac", np.full((RATE_HZ, 2), 2**14, np.int32))
    for name in ("a.wav", "b.wav"):
        write_wav(quiet, tmp_path / name, tags, 16)

    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    copy, _ = soundfile.read(tmp_path / "a.wav", dtype="int16")
    # A quarter of a step is kept as the mean of whole steps.
    assert set(np.unique(copy)) <= {-1, 0, 1}
    assert copy.mean() == pytest.approx(0.25, abs=0.02)


def test_a_flac_export_keeps_the_frames_of_the_master(material: Material, tags: Tags, tmp_path: Path) -> None:
    write_flac_export(material.master, tmp_path / "a.flac", tags)

    copy, _ = soundfile.read(tmp_path / "a.flac", dtype="int32")
    assert (copy == sound(seconds=SECONDS)).all()
    frames = material.master.read_bytes()[-20_000:]
    assert (tmp_path / "a.flac").read_bytes().endswith(frames)


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_copies_of_loud_masters_keep_below_the_ceiling(
    name: LossyFormat, tags: Tags, tmp_path: Path
) -> None:
    loud = write_sound(tmp_path / "loud.flac", sound(seconds=1.0, peak=0.98))

    gain_db = write_lossy(loud, tmp_path / "copy", tags, name)

    decoded, _ = soundfile.read(tmp_path / "copy", dtype="float32")
    assert true_peak_db(decoded.T) <= CEILING_DBTP
    assert -8.0 < gain_db < 0.0


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_copies_of_soft_masters_keep_their_level(name: LossyFormat, tags: Tags, tmp_path: Path) -> None:
    soft = write_sound(tmp_path / "soft.flac", sound(seconds=1.0, peak=0.2))

    assert write_lossy(soft, tmp_path / "copy", tags, name) == 0.0


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_copies_are_the_same_bytes_each_time(name: LossyFormat, tags: Tags, tmp_path: Path) -> None:
    short = write_sound(tmp_path / "short.flac", sound(seconds=1.0, peak=0.2))
    for copy in ("a", "b"):
        write_lossy(short, tmp_path / copy, tags, name)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_ogg_files_with_a_long_lyric_still_decode(material: Material, tmp_path: Path) -> None:
    # Comments of more than 64 KiB go over several pages.
    words = "la " * 40_000
    long = replace(tags_of(material.song, ExportOptions()), lyric=words)
    for name in LOSSY[1:]:
        write_lossy(material.master, tmp_path / name, long, name)

        assert TinyTag.get(tmp_path / name).other["lyrics"] == [words]
        decoded, rate = soundfile.read(tmp_path / name)
        assert len(decoded) / rate == pytest.approx(SECONDS, abs=0.05)


def pages(file: bytes) -> list[tuple[int, int, int, bytes]]:
    """Flags, granule position, number and lacing values of each page, read by RFC 3533, section 6."""
    found, at = [], 0
    while at < len(file):
        assert file[at : at + 4] == b"OggS"
        flags, granule, number = file[at + 5], *struct.unpack_from("<q4xI", file, at + 6)
        count = file[at + 26]
        lacing = file[at + 27 : at + 27 + count]
        found.append((flags, granule, number, lacing))
        at += 27 + count + sum(lacing)
    return found


@pytest.mark.parametrize("name", LOSSY[1:])
def test_pages_of_a_comment_that_goes_over_several_say_so(
    name: LossyFormat, material: Material, tmp_path: Path
) -> None:
    long = replace(tags_of(material.song, ExportOptions()), lyric="la " * 80_000)
    write_lossy(material.master, tmp_path / "song", long, name)

    laid = pages((tmp_path / "song").read_bytes())

    assert [number for _, _, number, _ in laid] == list(range(len(laid)))
    assert [bool(flags & 2) for flags, *_ in laid] == [True] + [False] * (len(laid) - 1)
    goes_on = [lacing[-1] == 255 for _, _, _, lacing in laid]
    assert sum(goes_on) >= 3
    assert [bool(flags & 1) for flags, *_ in laid] == [False, *goes_on[:-1]]
    for _, granule, _, lacing in laid:
        assert (granule == -1) == all(size == 255 for size in lacing)


def test_a_damaged_master_is_an_engine_error(tags: Tags, tmp_path: Path) -> None:
    broken = tmp_path / "broken.flac"
    broken.write_bytes(b"fLaC" + b"\0" * 3)
    for write in (
        lambda: write_flac_export(broken, tmp_path / "a", tags),
        lambda: write_wav(broken, tmp_path / "a", tags, 24),
        lambda: write_lossy(broken, tmp_path / "a", tags, "mp3"),
    ):
        with pytest.raises(EngineError):
            write()
