"""The embedded engine behind the one seam: what it can do, what it refuses, and where it works."""

from __future__ import annotations

import asyncio
import unicodedata
from typing import get_args

from songwright.engines.base import Capabilities, Context, Rendition, Source, refuse_unless_able
from songwright.errors import RequestError, UnsupportedError
from songwright.music.actions import Action, ActionName, Stems
from songwright.music.lyrics import parse_lyric
from songwright.music.song import Song

__all__ = ["ENGINE_VERSION", "LocalEngine"]

ENGINE_VERSION = "1"
"""Changes whenever the same request and seed would give other bytes."""

LONGEST_SONG_SECONDS = 600.0


class LocalEngine:
    """Composes, performs, sings and mixes on this machine. Each performance runs in a child process."""

    capabilities = Capabilities(
        name="local",
        version=ENGINE_VERSION,
        summary="Built in: composes, plays and sings on this machine; no key, no network, no GPU.",
        actions=frozenset(get_args(ActionName)),
        models=("local", "local Pro", "local Raw"),
        languages=("en",),
        longest_song_seconds=LONGEST_SONG_SECONDS,
    )

    def check(self, action: Action, songs: tuple[Song, ...]) -> None:
        """Refuse what this engine cannot perform.

        Raises:
            UnsupportedError: The lyric is in a language that it does not sing, or a song is not its own.
            RequestError: The prompt has no word that it could read, or an edit does not fit its songs.
        """
        refuse_unless_able(self.capabilities, action)
        if songs:
            from songwright.engines.local.editing.checks import refuse_wrong_edit

            refuse_wrong_edit(action, songs, LONGEST_SONG_SECONDS)
        if isinstance(action, Stems):
            return
        if action.sings_given_words:
            _refuse_unsingable(action.lyric)
        if action.prompt:
            _refuse_unreadable(action.prompt)

    async def perform(self, action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
        """Perform an action in a child process; cancelling ends the child. Kept stems need no work."""
        if isinstance(action, Stems) and set(action.stems) <= sources[0].stems.keys():
            from songwright.engines.local.editing.separating import separate

            return await asyncio.to_thread(separate, action, sources[0], context)
        from songwright.engines.isolation import run_isolated

        return await run_isolated("songwright.engines.local.render:render", action, sources, context)


def _refuse_unsingable(lyric: str) -> None:
    from songwright.engines.local.composing.prosody import unsingable

    lines = parse_lyric(lyric).lines
    if lines and not any(character.isalnum() for line in lines for character in line):
        raise RequestError("has no words to sing; add some, or set `instrumental` to true", field="lyric")
    reason = unsingable(lyric)
    if reason is not None:
        raise UnsupportedError(
            f"the local engine sings English and cannot sing {reason}; write the words in English, "
            "or set `instrumental` to true",
            field="lyric",
        )


def _refuse_unreadable(prompt: str) -> None:
    letters = [character for character in prompt if character.isalpha()]
    latin = sum(unicodedata.name(character, "").startswith("LATIN") for character in letters)
    if latin * 2 < len(letters) or (not letters and not any(character.isdigit() for character in prompt)):
        raise RequestError(
            "the local engine reads descriptions in English; describe the song in English words",
            field="prompt",
        )
