from __future__ import annotations

from pathlib import Path

import pytest
from tests.exports.songs_help import SONG_ID, TITLE, WORDS, small_material
from tinytag import TinyTag

from songwright.errors import UnsupportedError
from songwright.exports.formats import ExportOptions
from songwright.exports.provenance import DIGITAL_SOURCE_TYPE
from songwright.exports.video import FRAMES_PER_SECOND, HEIGHT, WIDTH, write_video
from songwright.exports.writing import written


def test_without_the_extra_a_video_is_refused_by_the_name_of_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    material = small_material(tmp_path / "song")
    with pytest.raises(UnsupportedError, match=r"songwright\[video\]"):
        written(material, "video", ExportOptions(), tmp_path / "exports")


@pytest.mark.slow
def test_a_video_has_picture_sound_and_tags(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    material = small_material(tmp_path / "song")
    target = tmp_path / "song.mp4"

    write_video(material, target, ExportOptions())

    with av.open(str(target)) as container:
        video, sound = container.streams.video[0], container.streams.audio[0]
        assert (video.width, video.height) == (WIDTH, HEIGHT)
        assert video.frames == 8 * FRAMES_PER_SECOND
        assert float(sound.duration * sound.time_base) == pytest.approx(8.0, abs=0.1)
        pictures = [frame.to_ndarray(format="gray").astype(int) for frame in container.decode(video=0)]
    # The words move: the lyric's half of the picture is another one when the second line begins.
    half = WIDTH // 2 + 40
    assert abs(pictures[6][:-10, half:] - pictures[-1][:-10, half:]).max() > 50
    found = TinyTag.get(target)
    assert found.title == TITLE
    assert found.other["lyrics"] == ["\n".join(WORDS)]
    assert SONG_ID in (found.comment or "")
    assert DIGITAL_SOURCE_TYPE.encode() in target.read_bytes()[-2_000:]
