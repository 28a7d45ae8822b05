"""The hosted engine behind the one seam: what it can do, what it refuses, whose account it uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, get_args

from pydantic import SecretStr

from songwright.engines.base import (
    Capabilities,
    Context,
    Readiness,
    Rendition,
    Source,
    refuse_unless_able,
)
from songwright.engines.hosted.prices import USD_BY_ACTION
from songwright.engines.hosted.refusals import TOKEN_SETTING
from songwright.engines.hosted.requests import is_known_there, not_published, request_for
from songwright.engines.remote.patience import Gaps, Patience, Pause, RealPause
from songwright.errors import ConfigurationError, UnsupportedError
from songwright.music.actions import Action, ActionName, ModelName, SwapInstrumentals, SwapVocals
from songwright.music.song import Song

if TYPE_CHECKING:
    from songwright.engines.hosted.performance import Workplace
    from songwright.engines.hosted.service import Timeouts
    from songwright.engines.remote.downloads import Limits
    from songwright.settings import Settings

__all__ = ["HostedEngine"]

DEFAULT_URL = "https://api.acedata.cloud"
PATIENCE = Patience(poll_gaps=Gaps(5.0, 1.3, 15.0), deadline_seconds=900.0)


class HostedEngine:
    """Has songs made by the hosted Producer API, and keeps them here."""

    capabilities = Capabilities(
        name="hosted",
        version="1",
        summary="The hosted Producer API: production sound for a price; needs a key and the network.",
        actions=frozenset(get_args(ActionName)),
        models=get_args(ModelName),
        languages=("en", "zh"),
        longest_song_seconds=480.0,
        needs_network=True,
        usd_per_song=USD_BY_ACTION["generate"],
        usd_by_action=USD_BY_ACTION,
    )

    def __init__(
        self,
        token: SecretStr | None,
        *,
        base_url: str = DEFAULT_URL,
        publishes: bool = False,
        allowed_hosts: frozenset[str] = frozenset(),
        pause: Pause | None = None,
        patience: Patience = PATIENCE,
        timeouts: Timeouts | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Describe the account and the way to it.

        Args:
            token: Of the account that pays; None where only callers with tokens of their own may use it.
            base_url: Where the API is.
            publishes: Whether other engines' songs have a public address to be fetched from.
            allowed_hosts: Hosts of results that may be private, see ``AddressRules``.
            pause: The clock.
            patience: How long to wait for a song.
            timeouts: How long to wait for one answer.
            limits: What a download may take.
        """
        self._token = token
        self._base_url = base_url
        self._publishes = publishes
        self._allowed_hosts = allowed_hosts
        self._pause = pause or RealPause()
        self._patience = patience
        self._timeouts = timeouts
        self._limits = limits
        self._made_workplace: Workplace | None = None
        self._find_workplace = self._workplace

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The engine that the operator's settings describe."""
        return cls(
            settings.acedatacloud_api_token,
            base_url=str(settings.hosted_url),
            publishes=settings.public_url is not None,
            allowed_hosts=frozenset(host.lower() for host in settings.allowed_hosts),
        )

    def for_caller(self, token: SecretStr) -> HostedEngine:
        """The same engine, paid by a caller's own token."""
        other = HostedEngine(
            token,
            base_url=self._base_url,
            publishes=self._publishes,
            allowed_hosts=self._allowed_hosts,
            pause=self._pause,
            patience=self._patience,
            timeouts=self._timeouts,
            limits=self._limits,
        )
        other._find_workplace = self._find_workplace
        return other

    def readiness(self) -> Readiness:
        """Whether there is a token. Asks nobody, since every question to the service needs a paid account."""
        if self._token is None:
            return Readiness(
                ready=False, in_use=False, finding=f"set {TOKEN_SETTING} to a token of the Producer API"
            )
        return Readiness(ready=True, finding=f"a token is set; it is used at {self._base_url}")

    def check(self, action: Action, songs: tuple[Song, ...]) -> None:
        """Refuse what the API does not offer.

        Raises:
            ConfigurationError: There is no token.
            UnsupportedError: A swap names a second song, or the song is another engine's and there is no
                public address to fetch it from.
            RequestError: A time lies outside the song.
        """
        if self._token is None:
            raise ConfigurationError(
                "the hosted engine needs it; set it to a token of the Producer API, or name another engine",
                setting=TOKEN_SETTING,
            )
        refuse_unless_able(self.capabilities, action)
        if isinstance(action, SwapVocals | SwapInstrumentals) and action.swap_audio_id is not None:
            raise UnsupportedError(
                "the hosted engine makes a new part and takes none from a second song; leave it out, or "
                "name the engine 'local'",
                field="swap_audio_id",
            )
        if songs and not is_known_there(songs[0]) and not self._publishes:
            raise not_published(songs[0])
        request_for(action, songs[0] if songs else None, "0")

    async def perform(self, action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
        """Submit an action, wait for it, and fetch what was made.

        A task that was submitted before, as ``context.memory`` tells, is waited for and not paid again.
        Cancelling stops the waiting; the API has no way to stop its work.

        Raises:
            SongwrightError: One of :mod:`songwright.engines.remote.errors`, or a refusal.
        """
        self.check(action, tuple(source.song for source in sources))
        assert self._token is not None  # noqa: S101 - check has refused that
        return await self._find_workplace().perform(self._token, action, sources, context)

    def _workplace(self) -> Workplace:
        if self._made_workplace is None:
            from songwright.engines.hosted.performance import Workplace

            self._made_workplace = Workplace(
                base_url=self._base_url,
                allowed_hosts=self._allowed_hosts,
                pause=self._pause,
                patience=self._patience,
                timeouts=self._timeouts,
                limits=self._limits,
                longest_seconds=self.capabilities.longest_song_seconds + 120,
            )
        return self._made_workplace
