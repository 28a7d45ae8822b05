"""The embedded engine behind the one seam: what it can do, what it refuses, and where it works."""

from __future__ import annotations

import asyncio
import unicodedata
from dataclasses import replace
from typing import get_args

from songwright.engines.base import Capabilities, Context, Rendition, Source, refuse_unless_able
from songwright.engines.local.version import ENGINE_VERSION
from songwright.errors import RequestError
from songwright.music.actions import Action, ActionName, Generate, Stems
from songwright.music.imports import ImportAudio, WebFile
from songwright.music.song import LONGEST_SONG_SECONDS, Song
from songwright.settings import SeparationChoice, Settings

__all__ = ["LocalEngine"]

_RENDER = "songwright.engines.local.render_action:render"
_IMPORT = "songwright.engines.local.recordings.importing:render_recording"
_FETCHED_FILE = "fetched"
_FETCH_SECONDS = 300.0
_FETCH_SHARE = 0.3


class LocalEngine:
    """Composes, performs, sings and mixes on this machine. Each performance runs in a child process."""

    def __init__(
        self,
        *,
        allowed_hosts: tuple[str, ...] = (),
        max_import_bytes: int = 100 * 1024**2,
        separation: SeparationChoice = "auto",
    ) -> None:
        """Make the engine; nothing is loaded.

        Args:
            allowed_hosts: Hosts that recordings may be fetched from although they are private.
            max_import_bytes: Largest recording that is fetched.
            separation: What separates recordings into stems.
        """
        self._allowed_hosts = allowed_hosts
        self._max_import_bytes = max_import_bytes
        self._separation: SeparationChoice = separation

    @classmethod
    def from_settings(cls, settings: Settings) -> LocalEngine:
        """The engine as the operator wants it."""
        return cls(
            allowed_hosts=settings.allowed_hosts,
            max_import_bytes=settings.max_import_bytes,
            separation=settings.separation,
        )

    @property
    def capabilities(self) -> Capabilities:
        """What it can do on this machine: it sings more than English where eSpeak NG is installed."""
        from songwright.engines.local.singing.abroad.tongues import sung_here

        return Capabilities(
            name="local",
            version=ENGINE_VERSION,
            summary="Built in: composes, plays and sings on this machine; no key, no network, no GPU.",
            actions=frozenset(get_args(ActionName)),
            models=("local", "local Pro", "local Raw"),
            languages=sung_here(),
            longest_song_seconds=LONGEST_SONG_SECONDS,
        )

    def sung_languages(self) -> str:
        """Which languages it sings on this machine, and by what or how to add more, in words."""
        from songwright.engines.local.language_checks import how_others_are_sung

        return how_others_are_sung()

    def write_lyric(self, prompt: str, seed: str) -> tuple[str, str]:
        """Write words for a song. Takes a moment; the first time it loads a dictionary.

        Args:
            prompt: Describes the song; may be longer than an action's.
            seed: Decides what the prompt leaves open.

        Returns:
            A title, and a lyric with section markers, in English.

        Raises:
            UnsupportedError: The prompt asks for words in another language.
        """
        from songwright.engines.local.composing.brief import read_brief
        from songwright.engines.local.composing.lyric_writing import write_words
        from songwright.engines.local.language_checks import refuse_to_write_for
        from songwright.style.genre import load_genre

        refuse_to_write_for(prompt)
        # Longer than a song's prompt may be, so it is not validated as one.
        brief = read_brief(Generate.model_construct(prompt=prompt), seed)
        plan = load_genre(brief.genre).form.plans[0]
        words = write_words(brief.theme, brief.topics, plan, seed)
        return words.title, words.lyric

    def check(self, action: Action, songs: tuple[Song, ...]) -> None:
        """Refuse what this engine cannot perform.

        Raises:
            UnsupportedError: The lyric is in a language that it does not sing, or a song is not its own.
            RequestError: The prompt has no word that it could read, or an edit does not fit its songs.
        """
        refuse_unless_able(self.capabilities, action)
        if not isinstance(action, Stems):
            from songwright.engines.local.language_checks import refuse_other_languages

            refuse_other_languages(action, songs)
        if songs:
            from songwright.engines.local.editing.checks import refuse_wrong_edit

            refuse_wrong_edit(action, songs, LONGEST_SONG_SECONDS)
        if not isinstance(action, Stems) and action.prompt:
            _refuse_unreadable(action.prompt)

    async def perform(self, action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
        """Perform an action in a child process; cancelling ends the child. Kept stems need no work."""
        if isinstance(action, Stems) and set(action.stems) <= sources[0].stems.keys():
            from songwright.engines.local.editing.separating import separate
            from songwright.engines.local.editing.sources import own_score

            score = own_score(sources[0])
            return await asyncio.to_thread(separate, action, sources[0], context, score)
        from songwright.engines.isolation import run_isolated

        context = replace(context, separation=self._separation)
        return await run_isolated(_RENDER, action, sources, context)

    async def import_audio(self, request: ImportAudio, context: Context) -> Rendition:
        """Fetch a recording, unless it is here, and make it a song in a child process.

        It is fetched by this process, which has the operator's rules; its bytes are read by the child alone.
        """
        if isinstance(request.source, WebFile):
            from songwright.outbound import AddressRules, fetch_file

            path = context.folder / _FETCHED_FILE
            await fetch_file(
                str(request.source.url),
                path,
                AddressRules.trusting(self._allowed_hosts),
                max_bytes=self._max_import_bytes,
                seconds=_FETCH_SECONDS,
                report=lambda share: context.report(_FETCH_SHARE * share, "fetching"),
            )
            context = replace(context, recording=path)
        context = replace(context, separation=self._separation)
        from songwright.engines.isolation import run_isolated

        return await run_isolated(_IMPORT, request, (), context, ready_for=_RENDER)


def _refuse_unreadable(prompt: str) -> None:
    """Refuse a prompt in a language that isn't read: half of a song's wishes is no song of theirs."""
    letters = [character for character in prompt if character.isalpha()]
    latin = sum(unicodedata.name(character, "").startswith("LATIN") for character in letters)
    if not letters and any(character.isdigit() for character in prompt):
        return
    from songwright.style.prompt_words import read_prompt
    from songwright.style.translation import read_languages, unread_language

    if letters and latin * 2 >= len(letters):
        language = unread_language(prompt)
        if language is None:
            return
        raise RequestError(
            f"it seems to be in {language}, which the local engine does not read; describe the song in "
            f"English or in one of {read_languages()}",
            field="prompt",
        )
    wishes = read_prompt(prompt)
    if wishes.understood or wishes.topics:
        return
    raise RequestError(
        "the local engine found no word in it that it reads; describe the song in English or in one of "
        f"{read_languages()}",
        field="prompt",
    )
