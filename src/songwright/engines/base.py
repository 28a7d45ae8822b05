"""The one seam for sound: an engine performs an action and returns a rendition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Protocol, runtime_checkable

from pydantic import Field, SecretStr

from songwright.errors import UnsupportedError
from songwright.music.actions import Action, ActionName, StemName
from songwright.music.base import Model
from songwright.music.imports import ImportAudio
from songwright.music.song import Facts, Parent, Song
from songwright.settings import SeparationChoice

__all__ = [
    "MASTER_FILE",
    "Capabilities",
    "Context",
    "Engine",
    "FileName",
    "Inspectable",
    "Payable",
    "Readiness",
    "Rendition",
    "Report",
    "Source",
    "TakesRecordings",
    "expected_cost_usd",
    "refuse_unless_able",
    "stem_file",
]

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
"""A plain file name inside the folder that an engine was given to write in."""

MASTER_FILE: FileName = "master.flac"
"""What this project's own engines call a song's master."""


def stem_file(stem: StemName) -> FileName:
    """What this project's own engines call a stem's file."""
    return f"{stem}.flac"


class Capabilities(Model):
    """What an engine can do, as data."""

    name: str
    version: str
    summary: str = Field(description="One sentence for people who choose an engine.")
    actions: frozenset[ActionName]
    models: tuple[str, ...] = Field(description="What `model` in a result may say.")
    languages: tuple[str, ...] = Field(description="ISO 639-1 codes of the languages it sings.")
    longest_song_seconds: float
    needs_network: bool = False
    usd_per_song: float = 0.0
    usd_by_action: dict[ActionName, float] = Field(
        default_factory=dict, description="What an action costs where it is not `usd_per_song`."
    )


class Readiness(Model):
    """Whether an engine can work now."""

    ready: bool
    in_use: bool = Field(default=True, description="Whether the operator has set it up at all.")
    finding: str = Field(description="What was found; where it is not ready, the one thing to do.")


class Report(Protocol):
    """Receives progress."""

    def __call__(self, fraction: float, stage: str) -> None:
        """Say that ``fraction`` (0..1) of the work is done and ``stage`` is under way."""


@dataclass(frozen=True, slots=True)
class Context:
    """What an engine is given besides the action.

    Attributes:
        folder: An empty folder of its own to write files in.
        seed: The seed to use: the request's, or one drawn when the task was accepted.
        report: Receives progress.
        memory: Facts to keep across a restart of the same task, such as a remote job's id.
        remember: ``remember(name, value)`` stores one such fact, as JSON, durably before it returns.
        publish: ``publish(song)`` gives a source a public address for a while, so that a service elsewhere
            can fetch it; None where this server has none.
        recording: Where the recording to import is, as it came; None where it is still to be fetched, and
            for every action.
        separation: What separates recordings into stems.
    """

    folder: Path
    seed: str
    report: Report
    memory: dict[str, Any] = field(default_factory=dict)
    remember: Any = None
    publish: Callable[[Song], str] | None = None
    recording: Path | None = None
    separation: SeparationChoice = "auto"


@dataclass(frozen=True, slots=True)
class Source:
    """A song to work on, with its files on local disk.

    Attributes:
        master: FLAC.
        stems: FLAC, as long as the master; they sum to it.
        score: The stored score as JSON, where the song has one.
    """

    song: Song
    master: Path
    stems: dict[StemName, Path]
    score: Path | None


class Rendition(Model):
    """What an engine made: facts, and files in the folder it was given."""

    facts: Facts
    master: FileName = Field(description="FLAC, stereo.")
    stems: dict[StemName, FileName] = Field(default_factory=dict, description="FLAC, summing to the master.")
    score: FileName | None = None
    parents: tuple[Parent, ...] = ()
    cost_usd: float = Field(default=0.0, ge=0)


class Engine(Protocol):
    """Makes sound. Engines are registered under the entry-point group ``songwright.engines``."""

    @property
    def capabilities(self) -> Capabilities:
        """What this engine can do."""
        ...

    def check(self, action: Action, songs: tuple[Song, ...]) -> None:
        """Refuse an action that this engine can't perform, before it becomes a task.

        Args:
            action: What is asked.
            songs: The songs that ``source_ids(action)`` names, in that order.

        Raises:
            RequestError: Names the field and the rule, and the engines or values that would do.
        """
        ...

    async def perform(self, action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
        """Perform an action. Cancelling the coroutine stops the work and frees the processor.

        Args:
            action: One that ``check`` has let pass.
            sources: The songs that ``source_ids(action)`` names, in that order.
            context: Where to write, which seed to use, whom to tell.

        Raises:
            RequestError: The action does not fit its sources.
            EngineError: The work failed.
        """
        ...


@runtime_checkable
class Inspectable(Protocol):
    """An engine that can say whether it is ready. One that can't counts as ready."""

    def readiness(self) -> Readiness:
        """Whether it can work now. May ask the network, for some seconds at most."""
        ...


@runtime_checkable
class Payable(Protocol):
    """An engine that a caller may use with a token of the caller's own."""

    def for_caller(self, token: SecretStr) -> Engine:
        """The same engine, paid by the token's account."""
        ...


@runtime_checkable
class TakesRecordings(Protocol):
    """An engine that makes songs of recordings."""

    @property
    def capabilities(self) -> Capabilities:
        """What this engine can do besides."""
        ...

    async def import_audio(self, request: ImportAudio, context: Context) -> Rendition:
        """Make a recording a song. Cancelling the coroutine stops the work and frees the processor.

        Args:
            request: What is known of the recording.
            context: As for :meth:`Engine.perform`, with the recording where its bytes are here already.

        Raises:
            RequestError: It can't be fetched, or is no recording that can be read.
            EngineError: The work failed.
        """
        ...


def expected_cost_usd(capabilities: Capabilities, action: Action) -> float:
    """What an action is expected to cost, in US dollars."""
    return capabilities.usd_by_action.get(action.action, capabilities.usd_per_song)


def refuse_unless_able(capabilities: Capabilities, action: Action) -> None:
    """Refuse an action that is not among an engine's.

    Raises:
        UnsupportedError: It is not.
    """
    if action.action not in capabilities.actions:
        able = ", ".join(sorted(capabilities.actions))
        raise UnsupportedError(
            f"the engine '{capabilities.name}' cannot perform '{action.action}'; it performs: {able}",
            field="action",
        )
