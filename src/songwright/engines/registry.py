"""Which engines there are, by the entry-point group ``songwright.engines``.

An entry point names a class or a function. Where it has a classmethod ``from_settings`` it is made by
``from_settings(settings)``, else by a call without arguments. Engines are imported when first used.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint, entry_points

from pydantic import SecretStr

from songwright.engines.base import (
    Capabilities,
    Engine,
    Inspectable,
    Payable,
    Readiness,
    TakesRecordings,
)
from songwright.errors import EngineError, SongwrightError, UnsupportedError
from songwright.music.actions import Action
from songwright.music.song import Song
from songwright.settings import Settings

__all__ = ["GROUP", "Choice", "Engines", "installed_engines"]

GROUP = "songwright.engines"

_FOR_TESTS = frozenset({"scripted"})

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Choice:
    """The engine for a request.

    Attributes:
        reason: Why it was chosen, in words; "" where it was asked for by name.
    """

    engine: Engine
    reason: str


class Engines:
    """Finds engines by name, and one for a request that names none. Safe to share between threads."""

    def __init__(
        self,
        factories: Mapping[str, Callable[[], Engine]],
        settings: Settings,
        *,
        only_by_name: frozenset[str] = frozenset(),
    ) -> None:
        """Know engines by name; none is made until it is used.

        Args:
            factories: Makes each engine.
            settings: The operator's choice of engine, and whether the hosted one has a key.
            only_by_name: Engines that ``auto`` never chooses, and that nobody is told of unless the operator
                chose one of them.
        """
        self._only_by_name = only_by_name
        self._factories = dict(factories)
        self._settings = settings
        self._made: dict[str, Engine] = {}
        self._lock = threading.Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all engines, sorted. Imports none of them."""
        return tuple(sorted(self._factories))

    @property
    def offered(self) -> tuple[str, ...]:
        """The names of the engines that users are told of, sorted."""
        hidden = self._only_by_name - {self._settings.engine}
        return tuple(name for name in self.names if name not in hidden)

    def engine(self, name: str, caller_token: SecretStr | None = None) -> Engine:
        """An engine by its name; with a caller's own token, paid by that.

        Raises:
            UnsupportedError: There is none of that name.
            EngineError: It is installed but broken.
        """
        if name not in self._factories:
            raise UnsupportedError(
                f"there is no such engine; there are: auto, {', '.join(self.offered)}", field="engine"
            )
        with self._lock:
            if name not in self._made:
                self._made[name] = self._make(name)
            engine = self._made[name]
        if caller_token is not None and isinstance(engine, Payable):
            return engine.for_caller(caller_token)
        return engine

    def choose(
        self,
        name: str,
        action: Action,
        songs: tuple[Song, ...] = (),
        caller_token: SecretStr | None = None,
    ) -> Choice:
        """The engine for a request, which has let the request pass.

        ``auto`` stands for the operator's choice; where that is ``auto`` too, for the engine that made the
        song to work on, then the hosted engine when it has a key, then an ACE-Step server where one is
        set, then the embedded engine, then any other that can.

        Args:
            name: The engine's name, or ``auto``.
            action: What is asked.
            songs: The songs that the action works on, the main one first.
            caller_token: The caller's own token for an engine that takes one.

        Raises:
            RequestError: The engine can't do it; from ``auto``, no engine can.
            EngineError: The engine is installed but broken.
        """
        wanted = self._settings.engine if name == "auto" else name
        if wanted != "auto":
            engine = self.engine(wanted, caller_token)
            engine.check(action, songs)
            return Choice(engine, "" if name == wanted else f"'{wanted}' is the operator's choice")
        refusal: SongwrightError | None = None
        passed_over = ""
        for candidate, merit in self._in_order_of_preference(songs, caller_token).items():
            try:
                engine = self.engine(candidate, caller_token)
                engine.check(action, songs)
            except SongwrightError as error:
                # The refusal of the first choice says most about the request.
                refusal = refusal or error
                passed_over = passed_over or f"; '{candidate}' cannot do it: {error.message}"
                continue
            return Choice(engine, f"auto chose '{candidate}', {merit}{passed_over}")
        raise refusal or UnsupportedError("no engine is installed; install one", field="engine")

    def for_recordings(self) -> TakesRecordings:
        """The engine that takes recordings: the embedded one, else the first by name that can.

        Raises:
            UnsupportedError: No engine that is installed takes any.
            EngineError: The embedded engine is broken.
        """
        for name in sorted(self._factories, key=lambda name: (name != "local", name)):
            engine = self.engine(name)
            if isinstance(engine, TakesRecordings):
                return engine
        raise UnsupportedError("no engine that is installed takes recordings; install the embedded one")

    def capabilities(self) -> tuple[Capabilities, ...]:
        """What each engine that is offered can do, sorted by name. A broken one is left out and logged."""
        found = []
        for name in self.offered:
            try:
                found.append(self.engine(name).capabilities)
            except SongwrightError as error:
                _log.warning("%s", error.message)
        return tuple(found)

    def readiness(self) -> dict[str, Readiness]:
        """Whether each engine that is offered can work now, by its name. May ask the network."""
        return {name: self._readiness(name) for name in self.offered}

    def _readiness(self, name: str) -> Readiness:
        try:
            engine = self.engine(name)
        except SongwrightError as error:
            return Readiness(ready=False, finding=error.message)
        return engine.readiness() if isinstance(engine, Inspectable) else Readiness(ready=True, finding="")

    def _in_order_of_preference(
        self, songs: tuple[Song, ...], caller_token: SecretStr | None
    ) -> dict[str, str]:
        """Names of engines, the likeliest first, and what speaks for each."""
        merits = {song.engine: "which made the song" for song in songs[:1]}
        if caller_token is not None:
            merits.setdefault("hosted", "which the caller's token pays")
        if self._settings.acedatacloud_api_token is not None:
            merits.setdefault("hosted", "whose key is set")
        if self._settings.acestep_url is not None:
            merits.setdefault("acestep", "whose server is set")
        merits.setdefault("local", "which works on this machine")
        for name in self.names:
            if name not in {"hosted", "acestep", *self._only_by_name}:
                merits.setdefault(name, "which is installed")
        return {name: merit for name, merit in merits.items() if name in self._factories}

    def _make(self, name: str) -> Engine:
        try:
            return self._factories[name]()
        except SongwrightError:
            raise
        except Exception as error:
            _log.exception("the engine %r can't be loaded", name)
            raise EngineError(
                f"the engine '{name}' is installed but can't be loaded ({type(error).__name__}); the "
                "server's log has the cause; reinstall it or choose another engine",
                retryable=False,
            ) from error


def installed_engines(settings: Settings) -> Engines:
    """The engines that installed packages offer."""
    found = entry_points(group=GROUP)
    factories = {point.name: partial(_load, point, settings) for point in found}
    return Engines(factories, settings, only_by_name=_FOR_TESTS)


def _load(point: EntryPoint, settings: Settings) -> Engine:
    factory = point.load()
    from_settings = getattr(factory, "from_settings", None)
    engine: Engine = factory() if from_settings is None else from_settings(settings)
    return engine
