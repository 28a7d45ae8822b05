"""Audio from elsewhere becomes a master, or is refused for a reason."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from songwright.bounded_http import bounded_async_client
from songwright.engines.hosted.stem_archive import read_archive
from songwright.engines.remote.downloads import Limits, fetch
from songwright.engines.remote.errors import DownloadError
from songwright.engines.remote.masters import UndecodableError, read_as_master
from songwright.engines.remote.stems import summing_to
from standins.pauses import TurnedClock
from standins.plain_http import answering, bomb, found, pouring
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


async def download(url: str, path: Path, max_bytes: int = 1000, retries: int = 0) -> bytes:
    """Fetch by a client that takes whatever size a body has, as those for links to audio do."""
    async with bounded_async_client(max_bytes=None, trust_env=False) as client:
        return await fetch(
            lambda url: client.stream("GET", url),
            url,
            path,
            TurnedClock(),
            Path.read_bytes,
            Limits(max_bytes=max_bytes, seconds=10, retries=retries),
        )


async def test_a_download_within_the_limit_is_whole(tmp_path: Path) -> None:
    async with answering(found(bytes(1000))) as url:
        assert await download(url, tmp_path / "a") == bytes(1000)


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"],
    ids=["told by its bytes", "told by its header"],
)
async def test_a_download_larger_than_the_limit_is_stopped(tmp_path: Path, head: bytes) -> None:
    async with pouring(head, bytes(0x10000)) as url:
        with pytest.raises(DownloadError, match="larger"):
            await download(url, tmp_path / "a", max_bytes=2 * 1024**2)


async def test_a_download_that_says_it_is_too_large_is_not_begun(tmp_path: Path) -> None:
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n") as url:
        with pytest.raises(DownloadError, match="larger"):
            await download(url, tmp_path / "a")
    assert not (tmp_path / "a").exists()


async def test_a_download_that_comes_compressed_is_refused_and_not_tried_again(tmp_path: Path) -> None:
    async with answering(bomb(1), found(b"sound")) as url:
        with pytest.raises(DownloadError, match="compressed") as caught:
            await download(url, tmp_path / "a", retries=1)
    assert not caught.value.retryable


async def test_a_download_that_was_cut_off_is_fetched_again(tmp_path: Path) -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nsou"
    async with answering(cut, found(b"sound")) as url:
        assert await download(url, tmp_path / "a", retries=1) == b"sound"


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
