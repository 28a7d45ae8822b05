"""What the engine keeps beside a song's sound, so that an edit can go on exactly where it left off."""

from __future__ import annotations

from pathlib import Path

from songwright.engines.local.mastering import MasterState
from songwright.engines.local.mixdown import MixState
from songwright.errors import EngineError
from songwright.music.base import Model
from songwright.music.score import Score, VocalPart

__all__ = ["SESSION_FILE", "Session", "read_session", "write_session"]

SESSION_FILE = "session.json"


class Session(Model):
    """A song's score, and the few numbers that decided its performance and its mix.

    Attributes:
        engine_version: The version that wrote it.
        seed: Decided everything that the request left open.
        backing: The second voice's lines.
        vocal_gain_db: How far the request lifted the voice over the genre's habit.
    """

    engine_version: str
    seed: str
    score: Score
    backing: VocalPart | None
    vocal_gain_db: float
    mix: MixState
    master: MasterState


def write_session(folder: Path, session: Session) -> None:
    """Write the session into a folder, under its fixed name."""
    (folder / SESSION_FILE).write_text(session.model_dump_json(), encoding="utf-8")


def read_session(path: Path) -> Session:
    """Read a session.

    Raises:
        EngineError: It is damaged, or another version wrote it in another form.
    """
    try:
        return Session.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EngineError(
            "the song's score can't be read; it may come from another version of the engine", retryable=False
        ) from error
