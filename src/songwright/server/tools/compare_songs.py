"""compare_songs: what changed between two versions."""

from __future__ import annotations

from typing import Annotated, Any

import mcp_types as wire
from pydantic import Field, WithJsonSchema

from songwright.music.base import Model
from songwright.music.comparison import (
    MAX_CHANGED_SECTIONS,
    Change,
    Comparison,
    NullTest,
    PartChange,
    SectionChange,
    WordChanges,
)
from songwright.server.parameters import SongId
from songwright.server.replies import reply
from songwright.server.song_choice import songs_by_title
from songwright.server.tool import Call, Tool

__all__ = ["COMPARE_SONGS"]


class CompareSongs(Model):
    """What compare_songs takes."""

    first_id: SongId
    second_id: SongId
    limit: int = Field(
        default=MAX_CHANGED_SECTIONS,
        ge=0,
        le=MAX_CHANGED_SECTIONS,
        description="Changed sections to show at most.",
    )


def _outlined(kind: str, words: str) -> WithJsonSchema:
    return WithJsonSchema({"type": kind, "description": words})


class ComparisonReply(Comparison):
    """A comparison whose published shape names its parts and leaves their inside to the reader."""

    null_test: Annotated[NullTest | None, _outlined("object", "max_abs_diff, difference_db, differs_at")] = (
        None
    )
    facts: Annotated[dict[str, Change], _outlined("object", "first, second of each that differs")]
    changed_sections: Annotated[
        tuple[SectionChange, ...], _outlined("array", "name, change, times, measures")
    ] = ()
    words: Annotated[WordChanges | None, _outlined("object", "kept, added, removed")] = None
    parts: Annotated[tuple[PartChange, ...], _outlined("array", "part, kept, added, removed")] = ()


async def compare_songs(call: Call, arguments: CompareSongs) -> wire.CallToolResult:
    """Compare two songs."""
    studio = await call.studio()
    ids = await songs_by_title(call, {"first_id": arguments.first_id, "second_id": arguments.second_id})
    comparison = await studio.compare(ids["first_id"], ids["second_id"], call.principal)
    shown = comparison.changed_sections[: arguments.limit]
    left_out = len(comparison.changed_sections) - len(shown)
    comparison = comparison.model_copy(
        update={
            "changed_sections": shown,
            "sections_left_out": comparison.sections_left_out + left_out,
        }
    )
    lines = [
        f"{name.replace('_', ' ')}: {_words(value)}"
        for name, value in comparison.model_dump(mode="json", exclude_none=True).items()
        if value not in ([], {}, 0)
    ]
    return reply(comparison, "\n".join(lines))


def _words(value: Any) -> str:
    match value:
        case dict():
            return ", ".join(f"{name.replace('_', ' ')} {_words(inner)}" for name, inner in value.items())
        case list():
            return "; ".join(_words(inner) for inner in value)
        case float():
            return f"{value:g}"
        case _:
            return str(value)


COMPARE_SONGS = Tool(
    name="compare_songs",
    title="Compare two songs",
    description=(
        "Compares two songs, such as an original and its new version, side by side: how they differ and "
        "what did not change. Measures samples, sections, notes, words and facts of both: which is louder, "
        "which faster. For the facts of one song use get_song."
    ),
    annotations=wire.ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
    inputs=(CompareSongs,),
    output=ComparisonReply,
    handler=compare_songs,
)
