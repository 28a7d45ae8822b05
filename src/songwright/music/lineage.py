"""From the first idea to this version: which requests made a song, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from songwright.errors import UnsupportedError
from songwright.music.actions import Action, parse_action
from songwright.music.base import Model
from songwright.music.imports import ImportAudio, WorkName
from songwright.music.lyrics import parse_lyric
from songwright.music.song import Parent, Song

__all__ = ["MAX_STEPS", "Lineage", "LineageStep", "lineage_of", "same_again"]

MAX_STEPS = 40
"""How many steps a lineage shows at most: the first idea, and the newest."""

_NOT_ASKED = frozenset(
    {"action", "audio_id", "swap_audio_id", "callback_url", "async_", "lyric", "seed", "source"}
)


class LineageStep(Model):
    """One song on the way, and the request that made it."""

    song_id: str
    title: str
    made_by: WorkName
    parents: tuple[Parent, ...] = ()
    engine: str
    seed: str
    asked: dict[str, Any] = Field(
        default_factory=dict, description="What the request said beyond the defaults, without the words."
    )
    lyric_lines: int = Field(default=0, description="Lines of words in the request.")


class Lineage(Model):
    """Where a song comes from and what became of it."""

    song_id: str
    steps: tuple[LineageStep, ...] = Field(description="Oldest first; the last is the song itself.")
    left_out: int = Field(default=0, ge=0, description="Steps behind the first that are not shown.")
    missing: tuple[str, ...] = Field(default=(), description="Ids of parents that the library lacks.")
    children: tuple[str, ...] = Field(default=(), description="Ids of songs made from it, oldest first.")
    again: Action | None = Field(
        default=None,
        description="The request that makes the song again: as it was, with its seed. None of a recording.",
    )


def lineage_of(song: Song, ancestors: Iterable[Song], children: Iterable[Song] = ()) -> Lineage:
    """The lineage of a song.

    Args:
        song: The song.
        ancestors: Its parents, their parents and so on, in any order.
        children: The songs made from it.
    """
    family = {ancestor.id: ancestor for ancestor in ancestors}
    ordered = sorted(family.values(), key=lambda ancestor: (ancestor.created_at, ancestor.id))
    steps = [_step(ancestor) for ancestor in ordered] + [_step(song)]
    named = {parent.song_id for member in (*ordered, song) for parent in member.parents}
    left_out = max(0, len(steps) - MAX_STEPS)
    if left_out:
        steps = [steps[0], *steps[left_out + 1 :]]
    return Lineage(
        song_id=song.id,
        steps=tuple(steps),
        left_out=left_out,
        missing=tuple(sorted(named - family.keys())),
        children=tuple(child.id for child in children),
        again=None if isinstance(song.action, ImportAudio) else same_again(song),
    )


def same_again(song: Song, changes: Mapping[str, Any] | None = None) -> Action:
    """The request that made a song, once more: the same again, but with ``changes``.

    The seed is the one that was used, given or drawn, so without changes the same engine makes the same
    song. Where the answer goes (``callback_url``, ``async``) belongs to the first request and is dropped.

    Args:
        song: The song.
        changes: Fields of the request that become different, by name, such as ``{"prompt": "slower"}``.

    Raises:
        UnsupportedError: The song is a recording that was imported.
        pydantic.ValidationError: The changes do not fit the song's action.
    """
    if isinstance(song.action, ImportAudio):
        raise UnsupportedError(
            "the song is a recording, which no request makes again; import_audio takes it in anew",
            field="song_id",
        )
    body: dict[str, Any] = song.action.model_dump(exclude={"callback_url", "async_"}, exclude_unset=True)
    body["action"] = song.action.action
    if "seed" in type(song.action).model_fields:
        body["seed"] = song.facts.seed
    return parse_action({**body, **(changes or {})})


def _step(song: Song) -> LineageStep:
    action = song.action
    asked = action.model_dump(mode="json", exclude=set(_NOT_ASKED), exclude_defaults=True)
    return LineageStep(
        song_id=song.id,
        title=song.facts.title,
        made_by=action.action,
        parents=song.parents,
        engine=f"{song.engine} {song.engine_version}",
        seed=song.facts.seed,
        asked=asked,
        lyric_lines=len(parse_lyric(getattr(action, "lyric", "")).lines),
    )
