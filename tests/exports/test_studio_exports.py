from __future__ import annotations

import pytest
import soundfile

from songwright.errors import NotFoundError
from songwright.music.actions import parse_action
from songwright.music.song import Song
from songwright.music.task import Succeeded
from songwright.settings import Settings
from songwright.studio import Studio


async def made(studio: Studio, **request: object) -> Song:
    task = await studio.submit(parse_action(request))
    done = await studio.wait(task.id, 20)
    assert isinstance(done.state, Succeeded), done.state
    return await studio.song(done.state.song_id)


async def test_a_studio_exports_below_its_home_folder(studio: Studio, settings: Settings) -> None:
    song = await made(studio, action="generate", prompt="folk", title="Über uns", seed="1")

    path = await studio.export("last", "wav", bit_depth=16, artist="Émile")

    assert path == await studio.export(song.id, "wav", bit_depth=16, artist="Émile")
    assert path.is_relative_to(settings.home / "cache")
    assert path.name == "Über uns.wav"
    copy, _ = soundfile.read(path, dtype="int16")
    master, _ = soundfile.read(await studio.audio_path(song.id), dtype="int16")
    assert (copy == master).all()


async def test_exporting_leaves_the_master_as_it_is(studio: Studio) -> None:
    song = await made(studio, action="generate", prompt="folk", seed="1")
    before = (await studio.audio_path(song.id)).read_bytes()
    path = await studio.export(song.id, "flac")
    assert (await studio.audio_path(song.id)).read_bytes() == before
    assert song.id.encode() in path.read_bytes()
    assert song.id.encode() not in before


async def test_songs_of_others_are_not_exported(studio: Studio) -> None:
    song = await made(studio, action="generate", prompt="folk")
    with pytest.raises(NotFoundError):
        await studio.export(song.id, "lrc", principal="someone else")


async def test_a_comparison_names_what_stayed_and_what_changed(studio: Studio) -> None:
    first = await made(studio, action="generate", lyric="[Verse]\nStay\n[Chorus]\nGo", seed="1")
    again = await made(studio, action="generate", lyric="[Verse]\nStay\n[Chorus]\nGo", seed="1")
    other = await made(
        studio, action="variation", audio_id=first.id, lyric="[Verse]\nStay\n[Chorus]\nCome", seed="2"
    )

    same = await studio.compare(first.id, again.id)
    assert same.identical
    assert same.identical_sections == ("verse", "chorus")
    assert same.relation == "not related"

    changed = await studio.compare(first.id, other.id)
    assert not changed.identical
    assert changed.relation == "made from it"
    assert (await studio.compare(other.id, first.id)).relation == "its source"
    assert changed.words is not None
    assert (changed.words.added, changed.words.removed, changed.words.kept) == (("Come",), ("Go",), 1)
    with pytest.raises(NotFoundError, match="second_id"):
        await studio.compare(first.id, "0000")


async def test_a_lineage_goes_from_the_first_idea_to_this_version(studio: Studio) -> None:
    first = await made(studio, action="generate", prompt="folk", weirdness=0.7)
    other = await made(studio, action="generate", prompt="jazz")
    cover = await made(studio, action="cover", audio_id=first.id, prompt="techno")
    swapped = await made(studio, action="swap_vocals", audio_id=cover.id, swap_audio_id=other.id)

    lineage = await studio.lineage(swapped.id)

    assert [step.song_id for step in lineage.steps] == [first.id, other.id, cover.id, swapped.id]
    assert lineage.steps[0].asked == {"prompt": "folk", "weirdness": 0.7}
    assert lineage.missing == ()
    assert (await studio.lineage(first.id)).children == (cover.id,)
    assert (await studio.compare(first.id, swapped.id)).relation == "made from it"


async def test_the_same_again_makes_the_same_sound_and_but_changes_it(studio: Studio) -> None:
    first = await made(studio, action="generate", prompt="folk", lyric="One line\nTwo", seed="7")

    again = await made(studio, **(await studio.again(first.id)).model_dump())
    but = await made(studio, **(await studio.again(first.id, {"seed": "8"})).model_dump())

    assert (await studio.compare(first.id, again.id)).identical
    assert not (await studio.compare(first.id, but.id)).identical
