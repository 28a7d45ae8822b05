"""What kinds of recordings are read, and that their samples come through."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from songwright.errors import RequestError
from songwright.recordings.decoding import read_stereo
from songwright.recordings.formats import probe
from standins.sound import tones

RATE_HZ = 44_100


def written(path: Path, samples: NDArray[np.generic], rate_hz: int = RATE_HZ, **kind: str) -> Path:
    soundfile.write(path, samples, rate_hz, **kind)
    return path


def read(path: Path) -> NDArray[np.float32]:
    return read_stereo(path, probe(path, field="path"), RATE_HZ, field="path")


def level(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(samples))))


@pytest.mark.parametrize(
    ("container", "subtype", "bits"),
    [
        ("WAV", "PCM_U8", 8),
        ("WAV", "PCM_16", 16),
        ("WAV", "PCM_24", 24),
        ("WAVEX", "PCM_24", 24),
        ("RF64", "PCM_24", 24),
        ("W64", "PCM_24", 24),
        ("AIFF", "PCM_16", 16),
        ("AIFF", "PCM_S8", 8),
        ("FLAC", "PCM_24", 24),
        ("CAF", "PCM_24", 24),
        ("AU", "PCM_16", 16),
    ],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_samples_of_up_to_24_bits_come_through_bit_for_bit(
    tmp_path: Path, container: str, subtype: str, bits: int, channels: int
) -> None:
    highest = 2 ** (bits - 1)
    chance = np.random.default_rng(7)
    samples = chance.integers(-highest, highest, size=(RATE_HZ + 2, channels), dtype=np.int64)
    samples[:2] = [[-highest], [highest - 1]]
    left_aligned = (samples << (32 - bits)).astype(np.int32)
    path = written(tmp_path / "any", left_aligned, format=container, subtype=subtype)
    heard = np.rint(read(path) * 2**23).astype(np.int64)
    assert np.array_equal(heard, np.broadcast_to(samples.T << (24 - bits), (2, RATE_HZ + 2)))


@pytest.mark.parametrize(
    ("container", "subtype"), [("MP3", "MPEG_LAYER_III"), ("OGG", "VORBIS"), ("OGG", "OPUS")]
)
def test_compressed_recordings_are_read(tmp_path: Path, container: str, subtype: str) -> None:
    rate_hz = 48_000 if subtype == "OPUS" else RATE_HZ
    sound = tones(2, (220.0, 330.0), rate_hz)
    path = written(tmp_path / "any", sound, rate_hz, format=container, subtype=subtype)
    heard = read(path)
    assert heard.shape[1] / RATE_HZ == pytest.approx(2, abs=0.1)
    assert level(heard) == pytest.approx(level(sound), rel=0.05)


@pytest.mark.parametrize("rate_hz", [8000, 22_050, 48_000, 96_000])
def test_other_sample_rates_are_converted_at_the_same_pitch_and_level(tmp_path: Path, rate_hz: int) -> None:
    times = np.arange(2 * rate_hz) / rate_hz
    path = written(tmp_path / "any", 0.5 * np.sin(2 * np.pi * 1000 * times), rate_hz, format="WAV")
    heard = read(path)[0]
    assert len(heard) == pytest.approx(2 * RATE_HZ, abs=2)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert np.argmax(spectrum) * RATE_HZ / len(heard) == pytest.approx(1000, abs=1)
    assert level(heard) == pytest.approx(0.5 / 2**0.5, rel=0.01)


@pytest.mark.parametrize(
    ("container", "channels", "loud", "left", "right"),
    [
        ("WAV", 6, 0, 1.0, 0.0),
        ("WAV", 6, 1, 0.0, 1.0),
        ("WAV", 6, 2, 0.5**0.5, 0.5**0.5),
        ("WAV", 6, 3, 0.0, 0.0),
        ("WAV", 6, 4, 0.5**0.5, 0.0),
        ("FLAC", 8, 7, 0.0, 0.5**0.5),
        ("OGG", 6, 1, 0.5**0.5, 0.5**0.5),
        ("WAV", 4, 3, 0.0, 0.5**0.5),
        ("WAV", 12, 2, 1 / 6, 0.0),
    ],
)
def test_more_channels_are_mixed_down_as_broadcasters_do(
    tmp_path: Path, container: str, channels: int, loud: int, left: float, right: float
) -> None:
    tone = np.sin(2 * np.pi * 441 * np.arange(2 * RATE_HZ) / RATE_HZ) / 2
    sound = np.zeros((len(tone), channels))
    sound[:, loud] = tone
    heard = read(written(tmp_path / "any", sound, format=container))
    assert [level(side) / level(tone) for side in heard] == pytest.approx([left, right], abs=0.02)


def m4a(path: Path, seconds: float = 2.0) -> Path:
    av = pytest.importorskip("av")
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=RATE_HZ, layout="stereo")
        sound = np.ascontiguousarray(tones(seconds, (220.0,)).T.astype(np.float32))
        for start in range(0, sound.shape[1], 1024):
            frame = av.AudioFrame.from_ndarray(sound[:, start : start + 1024], format="fltp", layout="stereo")
            frame.sample_rate = RATE_HZ
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_m4a_is_read_with_the_extra_and_names_it_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = m4a(tmp_path / "any")
    assert read(path).shape[1] / RATE_HZ == pytest.approx(2, abs=0.1)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(RequestError, match=r"path: .*songwright\[video\]"):
        probe(path, field="path")


@pytest.mark.parametrize("codec", [b"drms", b"ac-4", b"mha1"])
def test_sound_that_is_protected_or_in_an_unknown_codec_is_refused_in_words(
    tmp_path: Path, codec: bytes
) -> None:
    path = m4a(tmp_path / "any")
    path.write_bytes(path.read_bytes().replace(b"mp4a", codec).replace(b"esds", b"free"))
    with pytest.raises(RequestError, match=r"path: holds sound that is protected, or in a codec"):
        probe(path, field="path")


@pytest.mark.parametrize("container", ["WAV", "WAVEX", "AIFF", "AU", "RF64", "W64"])
def test_a_file_that_was_cut_off_is_refused_whatever_its_container(tmp_path: Path, container: str) -> None:
    path = written(tmp_path / "any", tones(4, (220.0,)), format=container, subtype="PCM_16")
    assert read(path).shape[1] == 4 * RATE_HZ
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(RequestError, match="path: is damaged or cut off"):
        read(path)


def test_a_file_whose_writer_could_not_know_its_length_is_read_to_its_end(tmp_path: Path) -> None:
    path = written(tmp_path / "any", tones(2, (220.0,)), format="WAV", subtype="PCM_16")
    content = path.read_bytes()
    at = content.index(b"data") + 4
    for size in (b"\xff\xff\xff\xff", b"\x00\xf0\xff\x7f"):
        path.write_bytes(content[:4] + size + content[8:at] + size + content[at + 4 :])
        assert read(path).shape[1] == 2 * RATE_HZ


@pytest.mark.parametrize(
    "playlist",
    [
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
    ],
)
def test_a_playlist_that_leads_elsewhere_is_not_followed(tmp_path: Path, playlist: bytes) -> None:
    (tmp_path / "any").write_bytes(playlist)
    with pytest.raises(RequestError, match="no recording of a kind"):
        probe(tmp_path / "any", field="path")


@pytest.mark.parametrize(
    "content",
    [
        b"words, not sound",
        b"<html>404</html>",
        b"\x89PNG\r\n\x1a\n" + bytes(1000),
        b"RIFF\x00\x00\x00\x00WAVE",
        b"fLaC" + bytes(100),
        b"\x00\x00\x00\x18ftypM4A " + bytes(200),
        b"\x1a\x45\xdf\xa3" + bytes(200),
        b"\xff\xf1" + bytes(200),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "any").write_bytes(content)
    with pytest.raises(RequestError, match=r"^path: (is|holds)"):
        probe(tmp_path / "any", field="path")


def test_a_recording_of_an_unfit_length_is_refused_with_the_limit(tmp_path: Path) -> None:
    for samples, rate_hz, said in (
        (0, RATE_HZ, "no sound"),
        (1000, RATE_HZ, "1 s"),
        (601 * 8000, 8000, "600 s"),
    ):
        path = written(tmp_path / "any", np.zeros((samples, 1), np.int16), rate_hz, format="WAV")
        with pytest.raises(RequestError, match=said):
            probe(path, field="path")


@pytest.mark.parametrize("container", ["FLAC", "WAV", "MP3"])
def test_a_recording_that_is_cut_off_is_damaged(tmp_path: Path, container: str) -> None:
    path = written(tmp_path / "any", tones(4, (220.0,)), format=container)
    recorded = probe(path, field="path")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(RequestError, match="damaged or cut off"):
        read_stereo(path, recorded, RATE_HZ, field="path")


def test_a_header_that_hides_how_long_a_recording_is_gains_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "any", np.zeros((602 * 8000, 1), np.int16), 8000, format="AU")
    recorded = probe(
        written(tmp_path / "short", np.zeros((8000, 1), np.int16), 8000, format="AU"), field="path"
    )
    with pytest.raises(RequestError, match="600 s"):
        read_stereo(path, recorded, RATE_HZ, field="path")


def test_sound_that_is_no_number_is_damaged(tmp_path: Path) -> None:
    samples = tones(2, (220.0,))
    path = written(tmp_path / "any", samples, format="WAV", subtype="FLOAT")
    content = bytearray(path.read_bytes())
    content[-4:] = struct.pack("<f", float("nan"))
    path.write_bytes(content)
    with pytest.raises(RequestError, match="damaged"):
        read(path)


def test_title_and_artist_come_from_the_tags_on_one_line(tmp_path: Path) -> None:
    with soundfile.SoundFile(tmp_path / "any", "w", RATE_HZ, 2, "PCM_16", format="FLAC") as file:
        file.title, file.artist = "Night\nDrive\x07 ", "The Agents"
        file.write(tones(1, (220.0,)))
    recorded = probe(tmp_path / "any", field="path")
    assert (recorded.title, recorded.artist) == ("Night Drive", "The Agents")
