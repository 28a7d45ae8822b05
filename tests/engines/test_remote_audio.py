"""Audio from elsewhere becomes a master, or is refused for a reason."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile

from songwright.engines.hosted.stem_archive import read_archive
from songwright.engines.remote.audio import UndecodableError, read_as_master
from songwright.engines.remote.downloads import Limits, fetch
from songwright.engines.remote.errors import DownloadError
from songwright.engines.remote.stems import summing_to
from standins.pauses import TurnedClock
from standins.sound import archive, encoded, tones

RATE_HZ = 44_100


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("kind", "rate_hz"), [("WAV", 44_100), ("FLAC", 48_000), ("MP3", 44_100)])
def test_any_kind_becomes_stereo_at_one_rate(tmp_path: Path, kind: str, rate_hz: int) -> None:
    path = written(tmp_path / "any.bin", encoded(tones(2, (220.0,), rate_hz), kind, rate_hz))

    samples = read_as_master(path, longest_seconds=10)

    assert samples.shape[0] == 2
    assert samples.shape[1] / RATE_HZ == pytest.approx(2, abs=0.1)


def test_one_channel_becomes_two_and_too_loud_becomes_full_scale(tmp_path: Path) -> None:
    loud = 3 * np.sin(np.arange(RATE_HZ) / 50)
    soundfile.write(tmp_path / "loud.wav", loud, RATE_HZ, subtype="FLOAT")

    samples = read_as_master(tmp_path / "loud.wav", longest_seconds=10)

    assert (samples[0] == samples[1]).all()
    assert 2**22 < np.abs(samples).max() < 2**23


def test_aac_is_read_with_pyav_and_named_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    av = pytest.importorskip("av")
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=RATE_HZ, layout="stereo")
        sound = np.ascontiguousarray(tones(2, (220.0,)).T.astype(np.float32))
        for start in range(0, sound.shape[1], 1024):
            frame = av.AudioFrame.from_ndarray(sound[:, start : start + 1024], format="fltp", layout="stereo")
            frame.sample_rate = RATE_HZ
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    assert read_as_master(path, longest_seconds=10).shape[1] / RATE_HZ == pytest.approx(2, abs=0.1)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(UndecodableError, match="pip install av"):
        read_as_master(path, longest_seconds=10)


def test_a_playlist_is_no_audio_and_what_it_names_is_never_opened(tmp_path: Path) -> None:
    pytest.importorskip("av")
    soundfile.write(tmp_path / "secret.wav", tones(2, (220.0,)), RATE_HZ)
    lines = ["ffconcat version 1.0", "file secret.wav", ""]

    with pytest.raises(DownloadError, match="unknown kind"):
        read_as_master(written(tmp_path / "list", "\n".join(lines).encode()), longest_seconds=10)


@pytest.mark.parametrize("content", [b"", b"<html>", b"RIFF" + b"\x00" * 100, b"fLaC" + b"\x00" * 100])
def test_what_is_no_audio_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DownloadError):
        read_as_master(written(tmp_path / "x", content), longest_seconds=10)


def test_audio_that_is_too_long_or_shorter_than_was_said_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "x.wav", encoded(tones(2, (220.0,))))

    with pytest.raises(DownloadError, match="longer"):
        read_as_master(path, longest_seconds=1)
    with pytest.raises(DownloadError, match="shorter"):
        read_as_master(path, longest_seconds=10, announced_seconds=3)


async def test_a_download_larger_than_the_limit_is_stopped(tmp_path: Path) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=b"x" * 5000))
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(DownloadError, match="larger"):
            await fetch(
                lambda url: client.stream("GET", url),
                "https://x.example/a.wav",
                tmp_path / "a",
                TurnedClock(),
                Path.read_bytes,
                Limits(max_bytes=1000),
            )


def test_stems_are_recognised_by_words_in_their_names(tmp_path: Path) -> None:
    sound = encoded(0.1 * tones(1, (220.0,)))
    names = ["x - Lead_Vocals.wav", "x - Backing Vocals.wav", "Kick.wav", "Bass Guitar.wav", "Synth.wav"]
    path = written(tmp_path / "s.zip", archive(dict.fromkeys(names, sound) | {"../../evil.txt": b"x"}))

    stems = read_archive(path, tmp_path, frames=RATE_HZ, longest_seconds=10)

    assert set(stems) == {"vocals", "drums", "bass", "other"}
    assert np.abs(stems["vocals"]).max() == pytest.approx(2 * np.abs(stems["bass"]).max(), rel=0.01)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.zip"]


def test_an_instrumental_without_the_voice_is_not_the_voice(tmp_path: Path) -> None:
    sound = encoded(0.1 * tones(1, (220.0,)))
    path = written(tmp_path / "s.zip", archive({"no_vocals.wav": sound, "vocals.wav": sound}))

    assert set(read_archive(path, tmp_path, frames=RATE_HZ, longest_seconds=10)) == {"vocals", "other"}


@pytest.mark.parametrize("content", [b"no zip", archive({"readme.txt": b"x"}), archive({"a.wav": b"x"})])
def test_an_archive_without_audio_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DownloadError):
        read_archive(written(tmp_path / "s.zip", content), tmp_path, frames=1, longest_seconds=10)


def test_an_archive_that_would_unpack_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.wav", b"\x00" * 100_000)
    monkeypatch.setattr("songwright.engines.hosted.stem_archive._MAX_BYTES", 10_000)

    with pytest.raises(DownloadError, match="too large"):
        read_archive(path, tmp_path, frames=1, longest_seconds=10)


def test_stems_are_brought_to_sum_to_the_song() -> None:
    master = np.arange(20, dtype=np.int32).reshape(2, 10)
    voice = np.full((2, 10), 3, np.int32)

    stems, _ = summing_to(master, {"vocals": voice, "other": np.zeros((2, 10), np.int32)})

    assert (sum(stems.values()) == master).all()
    assert (stems["vocals"] == voice).all()
