"""The ACE-Step engine behind the one seam: what it can do, and what its server would need for the rest."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self, get_args

from pydantic import SecretStr

from songwright.engines.acestep.requests import (
    LONGEST_SECONDS,
    MAX_LYRIC_CHARACTERS,
    sheet_for,
    task_type_of,
    words_for,
)
from songwright.engines.base import (
    Capabilities,
    Context,
    Readiness,
    Rendition,
    Source,
    refuse_unless_able,
)
from songwright.engines.remote.patience import Gaps, Patience, Pause, RealPause
from songwright.errors import ConfigurationError, RequestError, SongwrightError, UnsupportedError
from songwright.music.actions import (
    Action,
    ActionName,
    Extend,
    Generate,
    ReplaceSection,
    Stems,
    SwapInstrumentals,
    SwapVocals,
)
from songwright.music.song import Song

if TYPE_CHECKING:
    from songwright.engines.acestep.performance import Workplace
    from songwright.engines.acestep.replies import ServerFacts
    from songwright.engines.acestep.takes import Recogniser
    from songwright.engines.remote.downloads import Limits
    from songwright.settings import Settings

__all__ = ["AceStepEngine"]

URL_SETTING = "SONGWRIGHT_ACESTEP_URL"
PATIENCE = Patience(poll_gaps=Gaps(1.0, 1.3, 5.0), deadline_seconds=1800.0, lost_after_polls=12)
_FACTS_SECONDS = 20.0
_SHORTEST_HEAD_SECONDS = 1.0
_BASE_TASKS = {
    "lego": "sings over a backing",
    "complete": "plays under a voice",
    "extract": "takes a part out of a recording",
}


class AceStepEngine:
    """Has songs made by an ACE-Step 1.5 server of the operator's, on a GPU."""

    capabilities = Capabilities(
        name="acestep",
        version="1",
        summary="Your own ACE-Step 1.5 server: production sound from a GPU, without a price.",
        actions=frozenset(get_args(ActionName)),
        models=("acestep-v15-turbo", "acestep-v15-sft", "acestep-v15-base", "acestep-v15-xl-turbo"),
        languages=("en", "zh", "ja", "ko", "es", "fr", "de", "it", "pt", "ru"),
        longest_song_seconds=LONGEST_SECONDS,
        needs_network=True,
    )

    def __init__(
        self,
        base_url: str | None,
        *,
        key: SecretStr | None = None,
        whisper_model: Path | None = None,
        recogniser: Recogniser | None = None,
        pause: Pause | None = None,
        patience: Patience = PATIENCE,
        limits: Limits | None = None,
    ) -> None:
        """Describe the server.

        Args:
            base_url: Where it is; None where there is none.
            key: Its key, where it was started with one.
            whisper_model: Folder of a Whisper model for faster-whisper, to rank takes by their words.
            recogniser: Used instead of that.
            pause: The clock.
            patience: How long to wait for a song.
            limits: What a download may take.
        """
        self._base_url = None if base_url is None else base_url.rstrip("/")
        self._key = key
        self._whisper_model = whisper_model
        self._recogniser = recogniser
        self._pause = pause or RealPause()
        self._patience = patience
        self._limits = limits
        self._facts: tuple[float, ServerFacts] | None = None
        self._lock = threading.Lock()
        self._made_workplace: Workplace | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The engine that the operator's settings describe."""
        return cls(
            None if settings.acestep_url is None else str(settings.acestep_url),
            key=settings.acestep_api_key,
            whisper_model=settings.whisper_model,
        )

    def readiness(self) -> Readiness:
        """Whether the server answers, and what it can do. Asks it."""
        if self._base_url is None:
            return Readiness(
                ready=False,
                in_use=False,
                finding=f"set {URL_SETTING} to an ACE-Step 1.5 server, such as http://127.0.0.1:8001",
            )
        try:
            facts = self._server_facts()
        except SongwrightError as error:
            return Readiness(ready=False, finding=error.message)
        tasks = sorted({task for model in facts.models for task in model.tasks})
        missing = [task for task in _BASE_TASKS if task not in tasks]
        finding = f"answers; its models do: {', '.join(tasks)}"
        if missing:
            finding += "; for swaps and stems start it with ACESTEP_CONFIG_PATH=acestep-v15-base"
        return Readiness(ready=True, finding=finding)

    def check(self, action: Action, songs: tuple[Song, ...]) -> None:
        """Refuse what the server cannot do now; asks it what its models can.

        Raises:
            ConfigurationError: There is no server, it does not answer, or it does not accept the key.
            UnsupportedError: No model of it can do that; says which would.
            RequestError: A field does not fit.
        """
        refuse_unless_able(self.capabilities, action)
        song = songs[0] if songs else None
        _refuse_misfit(action, song)
        facts = self._server_facts()
        task = task_type_of(action, song)
        if facts.model_for(task) is None:
            raise UnsupportedError(
                f"needs ACE-Step's task '{task}', which {_BASE_TASKS.get(task, 'makes music')}; "
                "no model of the server can do it; start it with ACESTEP_CONFIG_PATH=acestep-v15-base, or "
                "name another engine",
                field="action",
            )
        if isinstance(action, Generate) and facts.has_planner is False and _needs_planner(action):
            raise UnsupportedError(
                "words can only be written by ACE-Step's language model, which is not loaded; give a `lyric`,"
                " set `instrumental`, or start the server with ACESTEP_INIT_LLM=true",
                field="lyric",
            )

    async def perform(self, action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
        """Have an action performed, and splice edits so that the rest of the song stays as it was.

        A task that was submitted before, as ``context.memory`` tells, is waited for and not made again.
        Cancelling stops the waiting; the server has no way to stop its work.

        Raises:
            SongwrightError: One of :mod:`songwright.engines.remote.errors`, or a refusal.
        """
        from anyio.to_thread import run_sync

        await run_sync(self.check, action, tuple(source.song for source in sources))
        facts = await run_sync(self._server_facts)
        return await self._workplace().perform(action, sources, context, facts)

    def _server_facts(self) -> ServerFacts:
        from songwright.engines.acestep.server import probe

        if self._base_url is None:
            raise ConfigurationError(
                "the acestep engine needs it; set it to an ACE-Step 1.5 server, or name another engine",
                setting=URL_SETTING,
            )
        with self._lock:
            now = self._pause.now()
            if self._facts is None or now - self._facts[0] > _FACTS_SECONDS:
                self._facts = None
                self._facts = (now, probe(self._base_url, self._key))
            return self._facts[1]

    def _workplace(self) -> Workplace:
        if self._made_workplace is None:
            from songwright.engines.acestep.performance import Workplace
            from songwright.engines.acestep.takes import installed_recogniser

            assert self._base_url is not None  # noqa: S101 - check has refused that
            self._made_workplace = Workplace(
                base_url=self._base_url,
                key=self._key,
                recogniser=self._recogniser or installed_recogniser(self._whisper_model),
                pause=self._pause,
                patience=self._patience,
                limits=self._limits,
            )
        return self._made_workplace


def _needs_planner(action: Generate) -> bool:
    return not action.instrumental and not action.sings_given_words


def _refuse_misfit(action: Action, song: Song | None) -> None:
    if isinstance(action, Stems):
        return
    if isinstance(action, SwapVocals | SwapInstrumentals):
        if action.swap_audio_id is not None:
            raise UnsupportedError(
                "the acestep engine makes a new part and takes none from a second song; leave it out, or "
                "name the engine 'local'",
                field="swap_audio_id",
            )
        if song is not None and "vocals" not in song.stems:
            raise UnsupportedError(
                "the song has no stems to keep a part of; call separate_stems on it, then swap in the song "
                "that it makes",
                field="audio_id",
            )
    sheet = sheet_for(words_for(action, song)[1], instrumental=action.instrumental)
    if len(sheet) > MAX_LYRIC_CHARACTERS:
        raise RequestError(
            f"ACE-Step takes at most {MAX_LYRIC_CHARACTERS} characters; shorten it, or name another engine",
            field="lyric",
        )
    if isinstance(action, ReplaceSection | Extend):
        from songwright.engines.remote.stretches import continue_at_of, stretch_of

        if isinstance(action, Extend):
            if continue_at_of(action, song) < _SHORTEST_HEAD_SECONDS:
                raise UnsupportedError(
                    f"ACE-Step needs at least {_SHORTEST_HEAD_SECONDS:g} s of the song to continue from; "
                    "name a later time, or call vary_song",
                    field="continue_at",
                )
        else:
            stretch_of(action, song)
