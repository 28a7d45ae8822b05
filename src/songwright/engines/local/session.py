"""What the engine keeps beside a song's sound, so that an edit can go on exactly where it left off."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from songwright.engines.local.arranging.plan import LeadLine
from songwright.engines.local.composing.brief import Brief
from songwright.engines.local.composing.form import Form, PlacedLine
from songwright.engines.local.mixing.levels import Levels
from songwright.engines.local.mixing.mastering import MasterState
from songwright.engines.local.mixing.mixdown import MixState
from songwright.engines.local.mixing.strips import VoiceRole, is_sung_channel, sung_channel
from songwright.engines.local.singing.singer import LineTimes
from songwright.errors import EngineError
from songwright.music.base import Model
from songwright.music.score import Note, Part, Score, VocalPart

__all__ = [
    "SESSION_FILE",
    "Band",
    "Manuscript",
    "Seat",
    "Session",
    "Stint",
    "read_session",
    "write_session",
]

SESSION_FILE = "session.json"

_GRID_A_BEAT = 960


@dataclass(frozen=True, slots=True)
class Band:
    """Who plays: a style, and the seed that its orchestra and its notes were drawn from."""

    brief: Brief
    seed: str


@dataclass(frozen=True, slots=True)
class Seat:
    """Which band a part of the score belongs to, and its name in that band's genre."""

    band: int
    layer: str


@dataclass(frozen=True, slots=True)
class Stint:
    """A stretch of the song and the band that plays it, by its index; None where a recording sounds."""

    band: int | None
    start_beats: float
    end_beats: float


class Manuscript(Model):
    """A song as written: all that its sound follows from, and all that an edit needs to write on.

    Attributes:
        seed: Decided the tunes, the range of the voice, and how everything is performed.
        score: What is played and sung.
        backing: The second voice's lines.
        lines: The place of every sung line, in the order of the score's lines.
        lead: Melodies of the lead instrument.
        hook: The chorus's opening motif.
        bands: The first is the song's own; others came with edits that brought another style.
        seats: For every part that is played, by its name. A part without one is heard in a recording.
        stints: Who plays when: contiguous from beat 0 to the end.
        vocal_gain_db: How far the request lifted the voice over the genre's habit.
    """

    seed: str
    score: Score
    backing: VocalPart | None
    lines: tuple[PlacedLine, ...]
    lead: tuple[LeadLine, ...]
    hook: tuple[Note, ...]
    bands: tuple[Band, ...]
    seats: dict[str, Seat]
    stints: tuple[Stint, ...]
    vocal_gain_db: float

    @property
    def brief(self) -> Brief:
        """The song's own style."""
        return self.bands[0].brief

    @property
    def form(self) -> Form:
        """The sections, and the place of every line."""
        return Form(self.score.sections, self.lines)

    def beats(self, seconds: float) -> float:
        """The beat at a time, on a grid so fine that notes lie on it and rounded times meet them again."""
        return round(self.score.beats(seconds) * _GRID_A_BEAT) / _GRID_A_BEAT

    @property
    def is_recorded(self) -> bool:
        """Whether some of its sound is a recording, for which there is no multitrack."""
        return any(stint.band is None for stint in self.stints)

    @property
    def heard(self) -> tuple[Note, ...]:
        """The melody that was heard in a recording, in order."""
        notes = (note for part in self.heard_parts for note in part.notes)
        return tuple(sorted(notes, key=lambda note: note.start_beats))

    @property
    def heard_parts(self) -> tuple[Part, ...]:
        """The parts that nobody plays, as they were heard in a recording."""
        return tuple(part for part in self.score.parts if part.name not in self.seats)


class Session(Manuscript):
    """A manuscript, and the few numbers that decided its mix and its master.

    Attributes:
        engine_version: The version that wrote it.
        sung: When each sung line is heard.
        levels: Of the master.
    """

    engine_version: str
    mix: MixState
    master: MasterState
    sung: tuple[LineTimes, ...]
    levels: Levels


def write_session(folder: Path, session: Session) -> None:
    """Write the session into a folder, under its fixed name."""
    (folder / SESSION_FILE).write_text(session.model_dump_json(), encoding="utf-8")


def read_session(path: Path) -> Session:
    """Read a session.

    Raises:
        EngineError: It is damaged, or another version wrote it in another form.
    """
    try:
        return _with_sung_channels(Session.model_validate_json(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise EngineError(
            "the song's score can't be read; it may come from another version of the engine", retryable=False
        ) from error


def _with_sung_channels(session: Session) -> Session:
    """A session whose sung takes have gains of their own.

    Older ones kept them under the take's role alone. Where a part has that name too, the take's gain had
    overwritten the part's, which is found anew.
    """
    gains = session.mix.part_gains_db
    if session.score.vocal is None or any(map(is_sung_channel, gains)):
        return session
    roles: tuple[VoiceRole, ...] = get_args(VoiceRole)
    sung = {sung_channel(role): gains[role] for role in roles if role in gains}
    named = {name: gain for name, gain in gains.items() if name not in roles} | sung
    return session.model_copy(update={"mix": session.mix.model_copy(update={"part_gains_db": named})})
