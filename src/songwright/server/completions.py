"""What an argument may be: songs by how their titles begin, sections, genres, models, stems."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

import anyio.to_thread
import mcp_types as wire

from songwright.errors import SongwrightError
from songwright.music.actions import ModelName, StemName
from songwright.server.prompts import SONG_ARGUMENTS
from songwright.server.tool import Call

__all__ = ["complete"]

_MOST_VALUES = 100
_PAGE = 100


async def complete(call: Call, params: wire.CompleteRequestParams) -> wire.Completion:
    """Values for an argument of a prompt or a resource template that begin with what was typed.

    An argument that can't be completed, or a library that can't be opened, has none.
    """
    name, typed = params.argument.name, params.argument.value
    try:
        match params.ref:
            case wire.ResourceTemplateReference(uri=uri):
                return await _of_template(call, uri, name, typed)
            case wire.PromptReference():
                filled = (params.context.arguments if params.context else None) or {}
                return await _of_prompt(call, name, typed, filled)
    except SongwrightError:
        return _among((), typed)


async def _of_template(call: Call, uri: str, name: str, typed: str) -> wire.Completion:
    if uri.startswith("song://") and name == "id":
        return await _songs(call, typed)
    if uri.startswith("song://") and name == "name":
        return _among(get_args(StemName), typed)
    if uri.startswith("task://") and name == "id":
        page = await (await call.studio()).tasks(limit=_PAGE, principal=call.principal)
        return _among((task.id for task in page.items), typed)
    return _among((), typed)


async def _of_prompt(call: Call, name: str, typed: str, filled: dict[str, str]) -> wire.Completion:
    if name in SONG_ARGUMENTS:
        return await _songs(call, typed)
    if name == "section":
        song = await (await call.studio()).song(filled.get("song") or "last", principal=call.principal)
        return _among((section.name for section in song.facts.sections), typed)
    if name == "genre":
        return _among(await anyio.to_thread.run_sync(_genres), typed)
    if name == "model":
        return _among(get_args(ModelName), typed)
    return _among((), typed)


async def _songs(call: Call, typed: str) -> wire.Completion:
    """Ids of the songs whose title or id begins with what was typed, the newest first."""
    studio = await call.studio()
    found = await studio.song_ids(typed, _MOST_VALUES + 1, principal=call.principal)
    more = len(found) > _MOST_VALUES
    # How many there are in all would cost a look at each.
    total = None if more else len(found)
    return wire.Completion(values=found[:_MOST_VALUES], total=total, has_more=more)


def _among(values: Iterable[str], typed: str) -> wire.Completion:
    return _completion([value for value in values if value.casefold().startswith(typed.casefold())])


def _completion(values: list[str]) -> wire.Completion:
    return wire.Completion(
        values=values[:_MOST_VALUES], total=len(values), has_more=len(values) > _MOST_VALUES
    )


def _genres() -> tuple[str, ...]:
    from songwright.style.genre import genre_names

    return tuple(name.replace("_", " ") for name in genre_names())
